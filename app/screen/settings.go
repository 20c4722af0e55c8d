package screen

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// SettingsDeeds are what the settings page asks for.
type SettingsDeeds struct {
	SetUp      func(step string)   // the set-up, at a step
	Practice   func()              // to the practice world, or back from it
	HandOver   func()              // asks for a passphrase and a file, and writes the kit
	NewCode    func()              // makes a recovery code and shows it
	Start      func(on bool)       // with the computer
	OpenFolder func(path string)   // in the system's own window
	Copy       func(text string)   // to the clipboard
	Keyboard   func()              // shows all keys
	Chose      func(choose func()) // does what changes the whole window
}

// Settings shows how the window looks and speaks, the steps of the set-up, and what is
// done rarely: the kit for another computer, recovery codes, the practice world.
type Settings struct {
	tongue    *i18n.Tongue
	presenter *presenter.Settings
	deeds     SettingsDeeds

	language, light, text *widgets.Segmented
	notices, starts       *widgets.Check
	steps                 *fyne.Container
	shownSteps            []presenter.SetupStepLine
	setUp, kit, keys      *widgets.Card
	slots                 *widgets.Evidence
	noKeys                *widgets.Paragraph
	newCode, practice     *widgets.Button
	practiceSays          *widgets.Paragraph
	about                 *fyne.Container
	state                 presenter.SettingsState
	content               *fyne.Container
}

// NewSettings lays the screen out.
func NewSettings(t *i18n.Tongue, p *presenter.Settings, deeds SettingsDeeds) *Settings {
	s := &Settings{tongue: t, presenter: p, deeds: deeds, steps: column(0), about: column(6)}
	s.content = column(gap,
		column(4, widgets.NewParagraph(look.Title, t.T("Settings")), widgets.NewParagraph(look.Lead, t.T("How Lifeboat looks and speaks here, and what is done rarely."))),
		widgets.Space(after-2*gap+8), s.windowCard(), s.setUpCard(), s.kitCard(), s.keysCard(), s.practiceCard(), s.aboutCard())
	s.Update()
	return s
}

// Content is the screen.
func (s *Settings) Content() fyne.CanvasObject { return s.content }

func (s *Settings) windowCard() fyne.CanvasObject {
	t, p := s.tongue, s.presenter
	chosen := func(choose func(int)) func(int) {
		return func(i int) { s.deeds.Chose(func() { choose(i) }) }
	}
	s.language = widgets.NewSegmented([]string{""}, chosen(p.ChooseLanguage))
	s.light = widgets.NewSegmented([]string{""}, chosen(p.ChooseBrightness))
	s.text = widgets.NewSegmented([]string{""}, chosen(p.ChooseText))
	s.notices = widgets.NewCheck(t.T("Tell me of an outage and its end, an old mirror and a drill that is due"))
	s.notices.OnChanged = p.SetNotices
	s.starts = widgets.NewCheck(t.T("Start Lifeboat when I sign in to this computer"))
	s.starts.OnChanged = s.deeds.Start
	keys := widgets.NewButton(widgets.Outlined, t.T("Show all keys"), s.deeds.Keyboard).Sized(widgets.ButtonInRow)
	return widgets.NewCard(column(inside,
		settingRow(t.T("Language"), s.language), settingRow(t.T("Light or dark"), s.light), settingRow(t.T("Text size"), s.text),
		settingRow(t.T("Notices"), s.notices), settingRow(t.T("Start"), s.starts), settingRow(t.T("Keyboard"), line(0, -1, keys)),
	))
}

func (s *Settings) setUpCard() fyne.CanvasObject {
	t := s.tongue
	change := widgets.NewButton(widgets.Outlined, t.T("Open the set-up"), func() { s.deeds.SetUp("") })
	s.setUp = widgets.NewCard(column(inside, title(widgets.NewWords(look.Heading, t.T("Set-up")), change), s.steps))
	return s.setUp
}

func (s *Settings) kitCard() fyne.CanvasObject {
	t := s.tongue
	begin := widgets.NewButton(widgets.Outlined, t.T("Make a kit …"), s.deeds.HandOver).WithIcon(look.IconSave)
	s.kit = widgets.NewCard(column(inside, title(widgets.NewWords(look.Heading, t.T("Hand-over kit")), begin),
		widgets.NewParagraph(look.Quiet, t.T("One encrypted file with the settings, the credentials and a key to the mirrored mail. With it and its passphrase a second admin, or a new computer, takes over: they open Lifeboat and choose the kit at the first step of the set-up."))))
	return s.kit
}

func (s *Settings) keysCard() fyne.CanvasObject {
	t := s.tongue
	s.slots = widgets.NewEvidence(36, 0)
	s.noKeys = widgets.NewParagraph(look.Quiet, "")
	s.newCode = widgets.NewButton(widgets.Outlined, t.T("New recovery code …"), s.deeds.NewCode).WithIcon(look.IconPrint)
	s.keys = widgets.NewCard(column(inside, title(widgets.NewWords(look.Heading, t.T("What opens the mirrored mail")), s.newCode), s.noKeys, s.slots))
	return s.keys
}

func (s *Settings) practiceCard() fyne.CanvasObject {
	t := s.tongue
	s.practice = widgets.NewButton(widgets.Outlined, "", s.deeds.Practice).WithIcon(look.IconFlag)
	s.practiceSays = widgets.NewParagraph(look.Quiet, "")
	return widgets.NewCard(column(inside, title(widgets.NewWords(look.Heading, t.T("Practice world")), s.practice), s.practiceSays))
}

func (s *Settings) aboutCard() fyne.CanvasObject {
	return widgets.NewCard(column(inside, widgets.NewWords(look.Heading, s.tongue.T("About")), s.about))
}

// Update shows the presenter's state; call it on the UI thread.
func (s *Settings) Update() {
	st := s.presenter.State()
	s.language.SetOptions(st.Languages)
	s.language.Choose(st.Language)
	s.light.SetOptions(st.Lights)
	s.light.Choose(st.Light)
	s.text.SetOptions(st.Texts)
	s.text.Choose(st.Text)
	s.notices.Set(st.Notices)
	s.starts.Set(st.Starts)
	if st.CanStart {
		s.starts.Enable()
	} else {
		s.starts.Disable()
	}
	s.showSteps(st.Steps)
	show(s.kit, st.CanHandOver)
	show(s.keys, len(st.Keys) > 0 || st.KeysSay != "")
	show(s.newCode, st.CanMakeCode)
	s.noKeys.SetText(st.KeysSay)
	show(s.noKeys, st.KeysSay != "")
	var rows []widgets.EvidenceRow
	for _, k := range st.Keys {
		rows = append(rows, widgets.EvidenceRow{Shape: widgets.Disc, Label: k.Title, Value: k.Detail})
	}
	s.slots.Set(rows)
	s.showPractice(st)
	s.showAbout(st)
	s.state = st
}

// showSteps lists the steps of the set-up, each with its way there.
func (s *Settings) showSteps(steps []presenter.SetupStepLine) {
	show(s.setUp, len(steps) > 0)
	if slices.Equal(steps, s.shownSteps) {
		return
	}
	s.shownSteps = slices.Clone(steps)
	s.steps.Objects = nil
	for _, step := range steps {
		change := widgets.NewButton(widgets.Plain, s.tongue.T("Change"), func() { s.deeds.SetUp(string(step.Step)) }).Sized(widgets.ButtonInRow)
		words := column(0, widgets.NewParagraph(look.Body, step.Title))
		if step.Detail != "" {
			words.Add(widgets.NewParagraph(look.Caption, step.Detail))
		}
		s.steps.Add(line(inside, 1, widgets.NewLight(widgets.LightInRow, ShapeOf(step.Light)), words, change))
		s.steps.Add(widgets.Space(8))
	}
	s.steps.Refresh()
}

func (s *Settings) showPractice(st presenter.SettingsState) {
	t := s.tongue
	if !st.Practice {
		s.practice.SetText(t.T("Open the practice world"))
		s.practiceSays.SetText(t.T("A small mail world inside this program: break it, switch, and go back. Nothing real is touched, and the real work goes on meanwhile."))
		show(s.practice, true)
		return
	}
	s.practice.SetText(t.T("Back to the real mail"))
	show(s.practice, st.Real)
	s.practiceSays.SetText(t.T("This is the practice world: nothing real is touched."))
}

// showAbout says what this is and where it keeps its things.
func (s *Settings) showAbout(st presenter.SettingsState) {
	if st.Version == s.state.Version && st.File == s.state.File && st.DataDir == s.state.DataDir && len(s.about.Objects) > 0 {
		return
	}
	t := s.tongue
	s.about.Objects = []fyne.CanvasObject{settingRow(t.T("Version"), widgets.NewParagraph(look.Body, st.Version))}
	place := func(name, path, open string) {
		if path == "" {
			return
		}
		row := []fyne.CanvasObject{widgets.NewParagraph(look.Body, path), widgets.NewButton(widgets.Plain, t.T("Copy"), func() { s.deeds.Copy(path) }).WithIcon(look.IconCopy).Sized(widgets.ButtonInRow)}
		if open != "" {
			row = append(row, widgets.NewButton(widgets.Plain, open, func() { s.deeds.OpenFolder(path) }).Sized(widgets.ButtonInRow))
		}
		s.about.Add(settingRow(name, line(inside, 0, row...)))
	}
	place(t.T("Settings file"), st.File, "")
	place(t.T("Data folder"), st.DataDir, t.T("Open"))
	s.about.Refresh()
}

// settingRow is a control with its name before it.
func settingRow(name string, control fyne.CanvasObject) fyne.CanvasObject {
	return container.New(settingLayout{}, widgets.NewParagraph(look.Body, name), control)
}

// settingLayout gives the name a column of its own, and the control the rest; both
// stand in the middle of the row.
type settingLayout struct{}

// What the column of names takes: a part of the width, and at most so much, in pixels
// at scale 1.
const (
	settingNames = 0.22
	settingMost  = 220
)

// Layout places name and control.
func (settingLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	names := min(size.Width*settingNames, settingMost)
	for i, o := range objects {
		wide := names
		if i == 1 {
			x, wide = names+gap, size.Width-names-gap
		}
		o.Resize(fyne.NewSize(wide, size.Height))
		high := o.MinSize().Height
		o.Resize(fyne.NewSize(wide, high))
		o.Move(fyne.NewPos(x, max((size.Height-high)/2, 0)))
	}
}

// MinSize is the higher of the two.
func (settingLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	name, control := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(name.Width+gap+control.Width, max(name.Height, control.Height))
}
