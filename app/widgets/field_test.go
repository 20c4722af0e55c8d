package widgets

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/look"
)

func TestFieldTellsWhatIsTyped(t *testing.T) {
	dressed(t)
	f := NewField(FieldOptions{Label: "Domain", TestText: "Test", StopText: "Stop"})
	var changed, submitted []string
	tests, stops := 0, 0
	f.OnChanged = func(s string) { changed = append(changed, s) }
	f.OnSubmit = func(s string) { submitted = append(submitted, s) }
	f.OnTest, f.OnStop = func() { tests++ }, func() { stops++ }
	w := seen(t, f, 600, 120)
	f.Focus(w.Canvas())
	test.Type(f.entry, "aoba")
	f.entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if f.Text() != "aoba" || len(changed) != 4 || !slices.Equal(submitted, []string{"aoba"}) {
		t.Errorf("%q, told %q, submitted %q", f.Text(), changed, submitted)
	}
	f.SetText("aoba")
	if len(changed) != 4 {
		t.Error("setting what is there already was told as a change")
	}
	test.Tap(f.test)
	f.SetTesting(true, "26 of 40")
	if f.test.Text() != "Stop" || f.Result() != (FieldResult{Shape: Working, Word: "26 of 40"}) {
		t.Errorf("while it is tested the button says %q and the answer is %+v", f.test.Text(), f.Result())
	}
	test.Tap(f.test)
	f.SetTesting(false, "")
	if tests != 1 || stops != 1 || f.test.Text() != "Test" {
		t.Errorf("tested %d times, stopped %d times, the button says %q", tests, stops, f.test.Text())
	}
	f.Disable()
	test.Tap(f.test)
	if tests != 1 || !f.Disabled() {
		t.Error("a field that is greyed out was tested")
	}
}

// The border is 1 px in the control's colour, the ring 2 px with a gap of 2, and a
// field is 40 px high.
func TestFieldFrame(t *testing.T) {
	dressed(t)
	f := NewField(FieldOptions{LabelWidth: 166, Label: "Sending (SMTP)", TestText: "Test", Beside: NewSelect(132)})
	w := seen(t, f, 950, 40)
	if f.frame.surface.Size().Height != 40 || f.frame.surface.Position().X != 166 || f.MinSize().Height != 40 {
		t.Errorf("%v at %v, all is %v high", f.frame.surface.Size(), f.frame.surface.Position(), f.MinSize().Height)
	}
	if !f.frame.ring.Hidden || f.frame.edge.StrokeColor != ink(f, theme.ColorNameInputBorder) || f.frame.edge.StrokeWidth != 1 {
		t.Error("the border is not the control's")
	}
	f.Focus(w.Canvas())
	if f.frame.ring.Hidden || f.frame.ring.StrokeWidth != 2 || f.frame.ring.Size() != f.frame.surface.Size().AddWidthHeight(8, 8) || !f.Focused() {
		t.Errorf("the ring is %v around %v, %v wide", f.frame.ring.Size(), f.frame.surface.Size(), f.frame.ring.StrokeWidth)
	}
	f.SetResult(FieldResult{Shape: Octagon, Word: "No such name"})
	if f.frame.edge.StrokeColor != ink(f, theme.ColorNameError) {
		t.Error("the border does not say that the answer is no")
	}
	w.Canvas().Unfocus()
	if !f.frame.ring.Hidden {
		t.Error("a ring without focus")
	}
}

// An answer takes the lines that it needs, and is never cut.
func TestFieldAnswer(t *testing.T) {
	dressed(t)
	f := NewField(FieldOptions{LabelWidth: 166, Label: "Receiving (MX)", TestText: "Test"})
	seen(t, f, 900, 300)
	bare := f.MinSize().Height
	helped := 0
	f.OnHelp = func() { helped++ }
	r := FieldResult{Shape: Triangle, Word: "38 of 40", Detail: "keiri@ and saiyo@ are not at Fastmail yet", Link: "How to mend it"}
	f.SetResult(r)
	one := f.MinSize().Height
	if f.Result() != r || one <= bare || f.answer.detail.Position().Y != f.answer.word.Position().Y {
		t.Errorf("%+v, %v high where it was %v", f.Result(), one, bare)
	}
	test.Tap(f.answer.link)
	if helped != 1 {
		t.Error("the link does nothing")
	}
	r.Detail += ": make these two mailboxes in the provider’s console, then test again, and after that once more with every other address that has to go on receiving mail during an outage"
	f.SetResult(r)
	if f.MinSize().Height <= one {
		t.Error("a long answer has no more lines than a short one")
	}
	f.Resize(fyne.NewSize(420, 300))
	if f.answer.detail.Position().Y <= f.answer.word.Position().Y {
		t.Error("in a narrow field the detail has no line of its own")
	}
	f.SetResult(FieldResult{})
	if f.MinSize().Height != bare {
		t.Error("the answer that was taken away still has room")
	}
}

// A Japanese word stands on one line where there is room, although its runs together
// measure more than the whole.
func TestFieldAnswerInJapanese(t *testing.T) {
	dressed(t)
	f := NewField(FieldOptions{Label: "ドメイン"})
	seen(t, f, 700, 120)
	for _, word := range []string{"試せませんでした", "サインインできました", "40件中38件", "テスト中"} {
		f.SetResult(FieldResult{Shape: Question, Word: word, Detail: "このコンピューターがネットワークにつながっているか、どのリゾルバーを使っているかを確認してください。"})
		if got := f.answer.word.Lines(); len(got) != 1 {
			t.Errorf("%q is broken into %q", word, got)
		}
	}
}

func TestFieldSecret(t *testing.T) {
	dressed(t)
	f := NewField(FieldOptions{Label: "App password", Secret: true})
	w := seen(t, f, 600, 80)
	if !f.Entry().Password || f.eye.Hidden {
		t.Fatal("a secret is shown")
	}
	f.Focus(w.Canvas())
	w.Canvas().(test.WindowlessCanvas).FocusNext()
	if w.Canvas().Focused() != f.eye {
		t.Errorf("after the field the focus goes to %T", w.Canvas().Focused())
	}
	f.eye.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if f.Entry().Password {
		t.Error("the eye does not show what was typed")
	}
}

// Tab goes on from field to button to link; it is never typed.
func TestFieldByKeyboard(t *testing.T) {
	dressed(t)
	f := NewField(FieldOptions{Label: "Notes", Multiline: true, TestText: "Test"})
	f.SetResult(FieldResult{Shape: Triangle, Word: "Care", Link: "How to mend it"})
	box := NewTextBox(3, "")
	w := seen(t, container.New(Rows(8), f, box), 600, 400)
	c, _ := w.Canvas().(test.WindowlessCanvas)
	var order []fyne.Focusable
	for range 4 {
		c.FocusNext()
		order = append(order, w.Canvas().Focused())
	}
	if !slices.Equal(order, []fyne.Focusable{f.entry, f.test, f.answer.link, box.entry}) {
		t.Errorf("Tab goes to %v", order)
	}
	if f.entry.AcceptsTab() || box.entry.AcceptsTab() {
		t.Error("nobody gets out by Tab")
	}
}

// With larger text everything in a field is higher, and nothing is cut.
func TestFieldGrowsWithTheText(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(larger{look.NewThemeIn(look.Light)})
	f := NewField(FieldOptions{Label: "受け取り（MX）", LabelWidth: 166, TestText: "テスト"})
	f.SetResult(FieldResult{Shape: Disc, Word: "サインインできました", Detail: "admin@aoba.example、OS のキーチェーンに保存"})
	w := seen(t, f, 700, 200)
	if got := f.frame.surface.Size().Height; got < 50 {
		t.Errorf("the field is %v high for text of 21", got)
	}
	if dots := w.Canvas().Capture(); dots == nil {
		t.Error("not painted")
	}
}

// larger is a theme with text half as large again.
type larger struct{ fyne.Theme }

func (l larger) Size(n fyne.ThemeSizeName) float32 {
	s := l.Theme.Size(n)
	switch n {
	case theme.SizeNameText, theme.SizeNameCaptionText, theme.SizeNameSubHeadingText, theme.SizeNameHeadingText, look.SizeState, look.SizeLead, look.SizeClock:
		return s * 1.5
	default:
		return s
	}
}

func TestSelect(t *testing.T) {
	dressed(t)
	s := NewSelect(132)
	var chosen []string
	s.OnChosen = func(k string) { chosen = append(chosen, k) }
	s.Set(SelectData{Options: []SelectOption{{"465", "465, TLS"}, {"587", "587, STARTTLS"}}, Chosen: "465"})
	w := seen(t, container.NewWithoutLayout(s), 400, 300)
	s.Resize(s.MinSize())
	if s.MinSize().Height != 40 || s.Text() != "465, TLS" {
		t.Errorf("%v, says %q", s.MinSize(), s.Text())
	}
	w.Canvas().Focus(s)
	s.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	menu := w.Canvas().Overlays().Top()
	if menu == nil {
		t.Fatal("Space does not open it")
	}
	keys := w.Canvas().Focused()
	for _, k := range []fyne.KeyName{fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn} {
		keys.TypedKey(&fyne.KeyEvent{Name: k})
	}
	if !slices.Equal(chosen, []string{"587"}) || s.Data().Chosen != "587" {
		t.Errorf("chosen %q, data %+v", chosen, s.Data())
	}
	s.Disable()
	s.Choose("465")
	if s.Data().Chosen != "587" || s.Cursor() != desktop.DefaultCursor {
		t.Error("chosen although it is off")
	}
}

func TestChoiceByKeyboard(t *testing.T) {
	dressed(t)
	c := NewChoice(3)
	var chosen []string
	c.OnChosen = func(k string) { chosen = append(chosen, k) }
	d := ChoiceData{Options: []ChoiceOption{{"a", "Fastmail", ""}, {"b", "Google Workspace", ""}, {"c", "IIJ", ""}, {"d", "Sakura", ""}, {"e", "Another (IMAP and SMTP)", ""}}}
	c.Set(d)
	w := seen(t, c, 990, 106)
	w.Canvas().Focus(c)
	if c.MinSize().Height != 106 || c.across != 3 {
		t.Errorf("two rows of 48 are %v high, %d in a row", c.MinSize().Height, c.across)
	}
	for _, k := range []fyne.KeyName{fyne.KeySpace, fyne.KeyRight, fyne.KeyDown, fyne.KeyDown, fyne.KeyLeft, fyne.KeyHome, fyne.KeyEnd, fyne.KeyTab} {
		c.TypedKey(&fyne.KeyEvent{Name: k})
	}
	if want := []string{"a", "b", "e", "d", "a", "e"}; !slices.Equal(chosen, want) {
		t.Errorf("chosen %q, want %q", chosen, want)
	}
	test.Tap(c.tiles[2])
	if c.Data().Chosen != "c" || c.ring.Position() != c.tiles[2].Position().SubtractXY(4, 4) {
		t.Errorf("the pointer chose %q, the ring is at %v", c.Data().Chosen, c.ring.Position())
	}
	c.Resize(fyne.NewSize(430, 300))
	if c.across != 2 {
		t.Errorf("%d tiles beside each other where there is room for two", c.across)
	}
	c.Disable()
	c.Choose("a")
	if c.Data().Chosen != "c" {
		t.Error("chosen although it is off")
	}
}

func TestSteps(t *testing.T) {
	dressed(t)
	var went []string
	s := NewSteps(func(k string) { went = append(went, k) })
	d := StepsData{Title: "Setting up", Where: "step 2 of 3", Now: "primary", Foot: "What is entered is kept automatically.", Items: []StepItem{
		{"domain", "Domain", "aoba.example", Disc}, {"primary", "Primary provider", "", Waiting}, {"secondary", "Secondary provider", "", NoShape},
	}}
	s.Set(d)
	w := seen(t, s, NavWidth, 500)
	items := s.Items()
	if len(items) != 3 || !items[1].Now() || items[0].Now() || items[0].Item().Detail != "aoba.example" {
		t.Fatalf("%d steps: %+v", len(items), s.Data())
	}
	if items[0].MinSize().Height <= items[2].MinSize().Height {
		t.Error("what was decided has no line of its own")
	}
	test.Tap(items[2])
	w.Canvas().Focus(items[2])
	items[2].TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	items[1].TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	if w.Canvas().Focused() != items[0] {
		t.Error("the arrows do not walk")
	}
	items[0].TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	items[0].TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if !slices.Equal(went, []string{"secondary", "domain"}) {
		t.Errorf("went to %q", went)
	}
}

func TestCheck(t *testing.T) {
	dressed(t)
	c := NewCheck("Start with the computer")
	var told []bool
	c.OnChanged = func(on bool) { told = append(told, on) }
	w := seen(t, c, 400, 32)
	w.Canvas().Focus(c)
	c.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	test.Tap(c)
	c.Set(true)
	if !slices.Equal(told, []bool{true, false}) || !c.Checked() || c.ring.Hidden {
		t.Errorf("told %v, ticked %v", told, c.Checked())
	}
	c.Disable()
	test.Tap(c)
	if !c.Checked() || len(told) != 2 {
		t.Error("ticked although it is off")
	}
}
