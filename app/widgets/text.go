package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Text returns a label of a named size that wraps at the width it is given.
func Text(size fyne.ThemeSizeName, text string) *widget.Label {
	l := widget.NewLabel(text)
	l.SizeName = size
	l.Wrapping = fyne.TextWrapWord
	return l
}

// Line returns a label on one line, clipped where there is no room.
func Line(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.Truncation = fyne.TextTruncateClip
	return l
}

// Caption returns small print.
func Caption(text string) *widget.Label {
	l := Text(theme.SizeNameCaptionText, text)
	l.Importance = widget.LowImportance
	return l
}
