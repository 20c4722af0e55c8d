package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/look"
)

// componentsSetup shows what things are typed and chosen with, in every state.
func componentsSetup() fyne.CanvasObject {
	fields := container.New(Rows(12), componentFields()...)
	choice := NewChoice(3)
	choice.Set(ChoiceData{Chosen: "a", Options: []ChoiceOption{{"a", "Fastmail", ""}, {"b", "Google Workspace", ""}, {"c", "IIJ", "Secure MX"}, {"d", "さくらのメールボックス", ""}, {"e", "そのほか（IMAP と SMTP）", ""}}})
	focused := NewChoice(3)
	focused.Set(ChoiceData{Chosen: "b", Options: []ChoiceOption{{"a", "Mirror", ""}, {"b", "Send", ""}, {"c", "Both", ""}}})
	focused.focused = true
	focused.Refresh()
	off := NewChoice(3)
	off.Set(ChoiceData{Chosen: "a", Options: []ChoiceOption{{"a", "Off", ""}, {"b", "Off", ""}}})
	off.Disable()
	steps := NewSteps(func(string) {})
	steps.Set(StepsData{Title: "はじめての設定", Where: "8段階の3番目", Now: "c", Foot: "入力は自動で保存されます。", Items: []StepItem{
		{"a", "ドメイン", "aoba.example", Disc}, {"b", "普段のプロバイダー", "Microsoft 365", Triangle}, {"c", "予備のプロバイダー", "", Waiting}, {"d", "緊急用サブドメイン", "", Waiting},
	}})
	box := NewTextBox(3, "Placeholder")
	written := NewTextBox(3, "")
	written.SetText("keiri@aoba.example\nsaiyo@aoba.example")
	right := container.New(Rows(12), choice, focused, off, componentChecks(), container.New(Columns(12), box, written))
	return container.New(LineUp(20, 1), container.NewGridWrap(fyne.NewSize(NavWidth, 360), steps), container.New(Rows(20), NewCard(fields), right))
}

// componentFields is a field in each of its states.
func componentFields() []fyne.CanvasObject {
	port := NewSelect(132)
	port.Set(SelectData{Options: []SelectOption{{"465", "465, TLS"}}, Chosen: "465"})
	portOff := NewSelect(132)
	portOff.Set(port.Data())
	portOff.Disable()
	field := func(o FieldOptions, text string, r FieldResult) *Field {
		o.LabelWidth = 166
		f := NewField(o)
		f.SetText(text)
		f.SetResult(r)
		return f
	}
	secret := field(FieldOptions{Label: "App password", Secret: true, TestText: "Test"}, "no secret at all", FieldResult{Shape: Disc, Word: "Signed in", Detail: "admin@aoba.example, kept in the system’s keychain"})
	secret.entry.focused = true
	secret.Refresh()
	testing := field(FieldOptions{Label: "Reading (IMAP)", TestText: "Test", StopText: "Stop"}, "imap.fastmail.com", FieldResult{Shape: Working, Word: "Testing", Detail: "26 of 40, for 3 s"})
	testing.SetTesting(true, "")
	off := field(FieldOptions{Label: "Off", TestText: "Test", Beside: portOff}, "imap.fastmail.com", FieldResult{Shape: Question, Word: "Unknown", Detail: "the line is down"})
	off.Disable()
	return []fyne.CanvasObject{
		secret,
		field(FieldOptions{Label: "Receiving (MX)", TestText: "Test"}, "in1-smtp.messagingengine.com", FieldResult{Shape: Triangle, Word: "38 of 40", Detail: "keiri@ and saiyo@ are not at Fastmail yet", Link: "How to mend it"}),
		field(FieldOptions{Label: "Sending (SMTP)", TestText: "Test", Beside: port}, "smtp.fastmail.co", FieldResult{Shape: Octagon, Word: "No such name", Detail: "did you mean .com?"}),
		testing, off,
		field(FieldOptions{Label: "Empty", Placeholder: "example.com", Icon: look.IconGlobe}, "", FieldResult{}),
	}
}

// componentChecks is a check in each of its states.
func componentChecks() fyne.CanvasObject {
	on, focused, off := NewCheck("On"), NewCheck("Focus"), NewCheck("Off")
	on.Set(true)
	focused.focused = true
	focused.Refresh()
	off.Set(true)
	off.Disable()
	return container.New(Columns(12), NewCheck("Not on"), on, focused, off)
}
