package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// Components is the sheet of all pieces in all their states, in a theme of its own:
// for whoever works on how things look, and for the pictures that are compared. What
// stands on it is nobody's mail.
func Components(t fyne.Theme) fyne.CanvasObject {
	page := container.New(Rows(28))
	for _, part := range componentParts() {
		page.Add(container.New(Rows(10), NewWords(look.Title, part.title), part.make()))
	}
	return container.NewThemeOverride(newPaper(container.New(around(28), page)), t)
}

// componentPart is a section of the sheet.
type componentPart struct {
	title string
	make  func() fyne.CanvasObject
}

// componentParts are the sections of the sheet. A new piece gets its states into one
// of them, or a section of its own.
func componentParts() []componentPart {
	return []componentPart{
		{"Colours", componentsColours},
		{"Type", componentsType},
		{"Buttons", componentsButtons},
		{"Status", componentsStatus},
		{"Set-up", componentsSetup},
		{"Choices, progress, toasts", componentsShell},
		{"Dialogs", componentsDialogs},
		{"Navigation", componentsNav},
		{"Cards, evidence, ladder", componentsCards},
		{"Checks, records that change", componentsChecks},
		{"Mail", componentsMail},
		{"Queue", componentsQueue},
		{"Charts", componentsCharts},
		{"Drills", componentsDrills},
	}
}

// paper is the background that components lie on.
type paper struct {
	widget.BaseWidget
	content fyne.CanvasObject
	surface *canvas.Rectangle
}

func newPaper(content fyne.CanvasObject) *paper {
	p := &paper{content: content, surface: rule()}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer draws the background under the content.
func (p *paper) CreateRenderer() fyne.WidgetRenderer {
	p.ExtendBaseWidget(p)
	s := &sheet{owner: p, objects: []fyne.CanvasObject{p.surface, p.content}}
	s.paint = func() { p.surface.FillColor = ink(p, theme.ColorNameBackground) }
	s.least = func() fyne.Size { return p.content.MinSize() }
	s.lay = func(size fyne.Size) {
		put(p.surface, 0, 0, size.Width, size.Height)
		put(p.content, 0, 0, size.Width, size.Height)
	}
	return s.start()
}
