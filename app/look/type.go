package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Type is a kind of text: its size, its weight and its colour.
type Type int

// The kinds of text, and their sizes in pixels at scale 1.
const (
	Body    Type = iota // 14
	Strong              // 14, medium
	Quiet               // 14, in the second ink
	Caption             // 13, in the second ink
	Small               // 13, in ink
	Lead                // 15, in the second ink
	Heading             // 18, medium: the title of a card
	Title               // 22, medium: the title of a page
	State               // 28, medium: the one sentence on Home
	Clock               // 40, medium
	Record              // 13, fixed width: records and evidence
	Sign                // 22, in the second ink: what joins figures
)

// Size names the size.
func (t Type) Size() fyne.ThemeSizeName {
	switch t {
	case Caption, Small, Record:
		return theme.SizeNameCaptionText
	case Lead:
		return SizeLead
	case Heading:
		return theme.SizeNameSubHeadingText
	case Title, Sign:
		return theme.SizeNameHeadingText
	case State:
		return SizeState
	case Clock:
		return SizeClock
	default:
		return theme.SizeNameText
	}
}

// Style is the weight and the face.
func (t Type) Style() fyne.TextStyle {
	switch t {
	case Strong, Heading, Title, State, Clock:
		return fyne.TextStyle{Bold: true}
	case Record:
		return fyne.TextStyle{Monospace: true}
	default:
		return fyne.TextStyle{}
	}
}

// Ink names the colour that this kind of text has where nothing else is said.
func (t Type) Ink() fyne.ThemeColorName {
	switch t {
	case Quiet, Caption, Lead, Sign:
		return theme.ColorNamePlaceHolder
	default:
		return theme.ColorNameForeground
	}
}
