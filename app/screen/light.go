// Package screen lays widgets out over presenters, one file a screen. A screen
// shows what its presenter says and hands presses on; it decides nothing.
package screen

import (
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// gap is the room between cards, in pixels at scale 1.
const gap = 16

// shapeOf is the light of a state.
func shapeOf(l presenter.Light) widgets.Shape {
	switch l {
	case presenter.LightHealthy:
		return widgets.Disc
	case presenter.LightReady:
		return widgets.Ring
	case presenter.LightCare:
		return widgets.Triangle
	case presenter.LightDown:
		return widgets.Octagon
	default:
		return widgets.Question
	}
}
