package shell

import (
	"context"
	"os"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/screen"
	"lifeboat/app/widgets"
	"lifeboat/failover"
)

func (d *desk) testsView() *view {
	t, p := d.tongue, d.parts.Tests
	if p == nil {
		return nil
	}
	return &view{
		page: Page{Key: pageTests, Title: t.T("Tests"), Icon: look.IconTests},
		make: func() page {
			return screen.NewTests(t, p, screen.TestsDeeds{
				Run:    d.runTests,
				RunOne: func(id string) { d.window.work(func() { p.RunOne(d.ctx, id, d.knock) }) },
				Cancel: p.Cancel, Copy: d.Copy,
			})
		},
		badge: func() Badge {
			if p.Running() {
				return Badge{Shape: widgets.Working}
			}
			if l := p.Brief().Light; l == presenter.LightDown || l == presenter.LightCare {
				return Badge{Shape: screen.ShapeOf(l)}
			}
			return Badge{}
		},
		speak: p.Speak,
		busy:  p.Running,
	}
}

// runTests has all connections tested.
func (d *desk) runTests() {
	d.present()
	if p := d.parts.Tests; p != nil {
		d.window.work(func() { p.Run(d.ctx, d.knock) })
	}
}

func (d *desk) mailView() *view {
	t, mail, write := d.tongue, d.parts.Mail, d.parts.Compose
	if mail == nil || write == nil {
		return nil
	}
	return &view{
		page: Page{Key: pageMail, Title: t.T("Mail"), Icon: look.IconMail, Full: true},
		make: func() page {
			return screen.NewMail(t, mail, write, screen.MailDeeds{
				Background: d.Background, Work: d.Work, Toast: d.Toast, Problem: d.Problem, OpenFile: d.OpenFile, OpenPage: d.OpenPage,
				ChooseFile: d.ChooseFile, SaveFile: d.SaveFile, Copy: d.Copy, Ask: d.Ask, Go: d.Go, Canvas: d.window.window.Canvas,
				Details: t.T("Details"), CopyWords: t.T("Copy details"),
			})
		},
		speak: func(t *i18n.Tongue) { mail.Speak(t); write.Speak(t) },
	}
}

func (d *desk) queueView() *view {
	t, p := d.tongue, d.parts.Queue
	if p == nil {
		return nil
	}
	return &view{
		page: Page{Key: pageQueue, Title: t.T("Queue"), Icon: look.IconQueue},
		make: func() page {
			return screen.NewQueue(t, p, screen.QueueDeeds{Background: d.Background, Ask: d.Ask, Copy: d.Copy})
		},
		badge: func() Badge {
			n, light := p.Brief()
			if light == presenter.LightCare || light == presenter.LightDown {
				return Badge{Shape: screen.ShapeOf(light)}
			}
			return Badge{Count: n}
		},
		speak: p.Speak,
	}
}

func (d *desk) logView() *view {
	t, p := d.tongue, d.parts.Log
	if p == nil {
		return nil
	}
	return &view{
		page: Page{Key: pageLog, Title: t.T("Log"), Icon: look.IconLog},
		make: func() page {
			return screen.NewLog(t, p, screen.LogDeeds{
				Background: d.Background, Copy: d.Copy, Save: d.saveData,
				Report: func(id string) {
					d.Background(func(_ context.Context, changed func()) {
						d.parts.Drills.Open(id)
						changed()
						d.Go(pageDrills)
					})
				},
			})
		},
		speak: p.Speak,
	}
}

// saveData asks where data is to go, and writes it there.
func (d *desk) saveData(title, name string, data []byte) {
	d.SaveFile(title, name, func(file string) {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			d.Failed(failover.Fail(failover.ErrDisk, "{file} could not be written: choose a folder that is yours and has room", "file", file).Because(err))
			return
		}
		d.Toast(d.window.Tongue().T("Saved in {file}", "file", file))
	})
}

func (d *desk) setupView() *view {
	t, p := d.tongue, d.parts.Setup
	if p == nil {
		return nil
	}
	return &view{
		// Whoever practises has it in sight; later it is part of the settings.
		page: Page{Key: pageSetup, Title: t.T("First set-up"), Icon: look.IconBuilding, Foot: true, Hidden: d.parts.Practice == nil},
		make: func() page {
			if d.parts.Practice != nil && !d.setup { // a real world has it at work from the beginning
				d.setup = true
				d.window.work(func() { p.Work(d.ctx, d.knock) })
			}
			return screen.NewSetup(t, p, screen.SetupDeeds{
				Background: d.Background, Copy: d.Copy, OpenPage: d.OpenPage, ChooseFile: d.ChooseFile, Problem: d.Problem,
				Close: d.leaveSetup,
				Print: d.printCode,
			})
		},
		speak: p.Speak,
		busy:  p.Busy,
	}
}

// leaveSetup leads Home. Settings that were written in practice are from then on what
// the window is about.
func (d *desk) leaveSetup() {
	if d.parts.Setup.Written() != nil && !d.window.HasReal() {
		d.window.Renew("")
		return
	}
	d.window.frame.Go(pageHome)
}

// setUp shows the set-up, at a step where one is named.
func (d *desk) setUp(step string) {
	if d.parts.Setup == nil {
		return
	}
	if step != "" {
		d.parts.Setup.Go(engine.SetupStep(step))
	}
	d.window.frame.Go(pageSetup)
}

// printCode opens a page with a recovery code in the browser, which can print it.
func (d *desk) printCode(code string) {
	if d.parts.PrintCode == nil {
		return
	}
	d.Background(func(ctx context.Context, _ func()) {
		file, err := d.parts.PrintCode(code)
		if err == nil {
			err = d.window.opener(ctx, file)
		}
		d.Failed(err)
	})
}

func (d *desk) settingsView() *view {
	t, p := d.tongue, d.parts.Settings
	if p == nil {
		return nil
	}
	return &view{
		page: Page{Key: pageSettings, Title: t.T("Settings"), Icon: look.IconSettings, Foot: true},
		make: func() page {
			return screen.NewSettings(t, p, screen.SettingsDeeds{
				SetUp: d.setUp, Practice: d.toPractice, HandOver: d.handOver, NewCode: d.newCode, Copy: d.Copy, OpenFolder: d.OpenFile,
				Keyboard: d.window.showShortcuts,
				Start: func(on bool) {
					d.Background(func(_ context.Context, changed func()) {
						d.Failed(p.StartWithComputer(on))
						changed()
					})
				},
				// The page that was pressed is made anew by what it chose: not while it is
				// still at work on the press.
				Chose: func(choose func()) { d.window.ui("choose", choose) },
			})
		},
		speak: p.Speak,
	}
}

// toPractice leads to the practice world, or back from it.
func (d *desk) toPractice() {
	if d.parts.Practice == nil {
		d.window.Rehearse()
		return
	}
	d.window.Home()
}

// handOver asks for a passphrase and a file, and writes the hand-over kit.
func (d *desk) handOver() {
	t, p := d.tongue, d.parts.Settings
	d.Ask(widgets.DialogData{
		Title:  t.T("A passphrase for the kit"),
		Text:   t.T("Tell it to whoever takes over by another way than the kit: by telephone, say. Without it nobody opens the kit, and it is kept nowhere."),
		Fields: []widgets.FieldOptions{{Label: t.T("Passphrase"), Secret: true}, {Label: t.T("The same again"), Secret: true}},
		Check: func(texts []string) string {
			if weak := p.WeakPassphrase(texts[0]); weak != "" {
				return weak
			}
			if texts[1] != "" && texts[0] != texts[1] {
				return t.T("The two differ.")
			}
			return ""
		},
		Ready: func(texts []string) bool { return texts[0] != "" && texts[0] == texts[1] },
		Yes:   t.T("Choose a file …"), No: t.T("Cancel"),
	}, func(yes bool, texts []string) {
		if !yes {
			return
		}
		d.SaveFile(t.T("Save the hand-over kit"), "lifeboat-kit.age", func(file string) {
			d.Work(t.T("Hand-over kit"), func(ctx context.Context, _ func(string, float64)) error {
				err := p.HandOver(ctx, file, texts[0])
				if err == nil {
					d.Toast(t.T("The kit is in {file}.", "file", file))
				}
				return err
			})
		})
	})
}

// newCode makes a recovery code and shows it, to be printed.
func (d *desk) newCode() {
	t, p := d.tongue, d.parts.Settings
	d.Background(func(ctx context.Context, changed func()) {
		code, err := p.NewCode(ctx)
		changed()
		if err != nil {
			d.Failed(err)
			return
		}
		d.Ask(widgets.DialogData{
			Title: t.T("A new recovery code"), Text: t.T("It opens the mirrored mail when nothing else does. It is shown this once: print it, and keep the paper apart from this computer."),
			Details: code, ShowDetails: t.T("Show the code"), CopyWords: t.T("Copy"), Yes: t.T("Print …"), No: t.T("Close"),
		}, func(yes bool, _ []string) {
			if yes {
				d.printCode(code)
			}
		})
	})
}
