package presenter

import (
	"lifeboat/app/i18n"
	"lifeboat/failover/detect"
)

// Light is the state that a status light shows.
type Light string

// The lights. The empty one shows nothing, and unknown never looks healthy.
const (
	NoLight      Light = ""
	LightHealthy Light = "healthy"
	LightReady   Light = "ready"
	LightCare    Light = "care"
	LightDown    Light = "down"
	LightUnknown Light = "unknown"
	LightWorking Light = "working"
	LightWaiting Light = "waiting"
)

// Word is a light's word.
func (l Light) Word(t *i18n.Tongue) string {
	switch l {
	case LightHealthy:
		return t.T("Healthy")
	case LightReady:
		return t.T("Ready")
	case LightCare:
		return t.T("Care")
	case LightDown:
		return t.T("Down")
	case LightWorking:
		return t.T("Working")
	case LightWaiting:
		return t.T("Waiting")
	default:
		return t.T("Unknown")
	}
}

// lightOf is the light of a health that was detected.
func lightOf(h detect.Health) Light {
	switch h {
	case detect.Healthy:
		return LightHealthy
	case detect.Degraded:
		return LightCare
	case detect.Down:
		return LightDown
	default:
		return LightUnknown
	}
}
