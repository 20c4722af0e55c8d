package widgets

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// swatch is a colour of the theme, with its name and its value.
type swatch struct {
	widget.BaseWidget
	name    fyne.ThemeColorName
	surface *canvas.Rectangle
	label   *label
	value   *label
}

func newSwatch(title string, name fyne.ThemeColorName) *swatch {
	s := &swatch{name: name, surface: box(4), label: newLabel(look.Body, title), value: newLabel(look.Record, "")}
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer draws the colour.
func (s *swatch) CreateRenderer() fyne.WidgetRenderer {
	s.ExtendBaseWidget(s)
	r := &sheet{owner: s, objects: []fyne.CanvasObject{s.surface, s.label.text, s.value.text}}
	r.paint = func() {
		c := ink(s, s.name)
		n, _ := color.NRGBAModel.Convert(c).(color.NRGBA)
		s.surface.FillColor, s.surface.StrokeColor, s.surface.StrokeWidth = c, ink(s, theme.ColorNameInputBorder), 1
		s.value.full = fmt.Sprintf("#%02X%02X%02X", n.R, n.G, n.B)
		s.label.paint(s)
		s.value.paint(s)
	}
	r.least = func() fyne.Size { return fyne.NewSize(s.label.width()+s.value.width()+44, 26) }
	r.lay = func(size fyne.Size) {
		put(s.surface, 0, 3, 20, 20)
		s.label.lay(28, middle(size.Height, s.label.height()), size.Width)
		s.value.right(size.Width, middle(size.Height, s.value.height()), s.value.width())
	}
	return r.start()
}

// componentsColours shows all tokens.
func componentsColours() fyne.CanvasObject {
	grid := container.New(Columns(28))
	for _, column := range [][]struct {
		title string
		name  fyne.ThemeColorName
	}{
		{{"ink", theme.ColorNameForeground}, {"ink2", theme.ColorNamePlaceHolder}, {"accent", theme.ColorNamePrimary}, {"hover", look.ColorAccentHover}, {"press", look.ColorAccentPress}, {"accent text", theme.ColorNameHyperlink}, {"accent tint", theme.ColorNameSelection}},
		{{"ok", theme.ColorNameSuccess}, {"warn", theme.ColorNameWarning}, {"fail", theme.ColorNameError}, {"unknown", look.ColorUnknown}, {"ok tint", look.ColorOKTint}, {"warn tint", look.ColorWarnTint}, {"fail tint", look.ColorFailTint}},
		{{"background", theme.ColorNameBackground}, {"nav", look.ColorNav}, {"card", look.ColorCard}, {"sunk", theme.ColorNameHeaderBackground}, {"line", theme.ColorNameSeparator}, {"control", theme.ColorNameInputBorder}, {"unknown tint", look.ColorUnkTint}},
	} {
		list := container.New(Rows(0))
		for _, c := range column {
			list.Add(newSwatch(c.title, c.name))
		}
		grid.Add(list)
	}
	return grid
}

// componentsType shows all kinds of text.
func componentsType() fyne.CanvasObject {
	line := container.New(LineUp(16, -1))
	for _, k := range []struct {
		kind look.Type
		says string
	}{{look.Clock, "40"}, {look.State, "State 28 状態"}, {look.Title, "Title 22 見出し"}, {look.Heading, "Card 18"}, {look.Lead, "Lead 15"}} {
		line.Add(NewWords(k.kind, k.says))
	}
	second := container.New(LineUp(16, -1))
	for _, k := range []struct {
		kind look.Type
		says string
	}{{look.Body, "Body 14 本文"}, {look.Strong, "Strong 14"}, {look.Quiet, "Quiet 14"}, {look.Caption, "Caption 13"}, {look.Small, "Small 13"}, {look.Record, "Record 13 MX 10"}, {look.Sign, "= + −"}} {
		second.Add(NewWords(k.kind, k.says))
	}
	japanese := "停止中でも、社員は普段どおりにメールを読んで返信できます。行の頭に「、」や「。」は来ません（自分で行を折り返すからです）。"
	return container.New(Rows(10), line, second,
		NewParagraph(look.Lead, "A paragraph breaks into lines by rules that suit both languages, and takes the height that it needs. "+japanese),
		NewWords(look.Body, "Words that may shrink end in dots where there is no room for all of them, and never take more than their room; the whole is reachable elsewhere.").Shrinking())
}

// componentsButtons shows every kind of button in every state.
func componentsButtons() fyne.CanvasObject {
	states := func(k ButtonKind, name string) fyne.CanvasObject {
		hover, held, focus, off := NewButton(k, "Hover", nil), NewButton(k, "Held", nil), NewButton(k, "Focus", nil), NewButton(k, "Off", nil)
		hover.hovered, held.hovered, held.pressed, focus.focused = true, true, true, true
		off.Disable()
		return container.New(LineUp(12, -1), NewButton(k, name, nil), hover, held, focus, off, NewButton(k, "Copy", nil).WithIcon(look.IconCopy))
	}
	sizes := container.New(LineUp(12, -1),
		NewButton(Outlined, "In a row", nil).Sized(ButtonInRow), NewButton(Outlined, "Usual", nil), NewButton(Outlined, "In a bar", nil).Sized(ButtonInBar),
		NewButton(Filled, "Switch to Fastmail", nil).WithIcon(look.IconSwitch).Sized(ButtonBig))
	return container.New(Rows(12), states(Filled, "Switch"), states(Outlined, "Wait"), states(Plain, "More"), sizes)
}

// componentsStatus shows all lights, pills and the banner.
func componentsStatus() fyne.CanvasObject {
	lights, pills := container.New(LineUp(14, -1)), container.New(LineUp(10, -1))
	for _, s := range []struct {
		shape Shape
		word  string
	}{{Disc, "Healthy"}, {Ring, "Ready"}, {Triangle, "Degraded"}, {Octagon, "Down"}, {Question, "Unknown"}, {Working, "Working"}, {Waiting, "Waiting"}} {
		lights.Add(container.New(LineUp(6, -1), NewLight(LightInRow, s.shape), NewWords(look.Body, s.word)))
		pills.Add(NewPill(Status(s.shape, s.word)))
	}
	pills.Add(NewPill(Count("86")))
	pills.Add(NewPill(PillData{Icon: look.IconFlag, Text: "Practice", Tone: ToneAccent}))
	banners := container.New(Rows(8))
	for _, b := range []BannerData{
		{Triangle, "Mirror is 40 minutes old", "Sign-in was refused at 10:52.", "Try again"},
		{Octagon, "Mail is not arriving", "Since 10:42.", "Switch"},
		{Disc, "Mail flows again", "", ""},
		{Working, "Checking", "12 of 40 mailboxes", ""},
	} {
		banner := NewBanner(func() {})
		banner.Set(b)
		banners.Add(banner)
	}
	signs := container.New(LineUp(10, -1))
	for s := NoShape; s <= Waiting; s++ {
		if picture, err := Sign(s, 64); err == nil {
			image := canvas.NewImageFromResource(picture)
			image.FillMode = canvas.ImageFillContain
			image.SetMinSize(fyne.NewSize(32, 32))
			signs.Add(image)
		}
	}
	return container.New(Rows(12), lights, pills, banners, signs)
}
