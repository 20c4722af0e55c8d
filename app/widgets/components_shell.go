package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/look"
)

// componentsShell shows what the window's frame is made of: segments, progress, the
// strip of long work, toasts.
func componentsShell() fyne.CanvasObject {
	segments := func(change func(*Segmented)) *Segmented {
		s := NewSegmented([]string{"As the system", "Light", "Dark"}, nil)
		change(s)
		return s
	}
	choices := container.New(LineUp(16, -1),
		segments(func(*Segmented) {}), segments(func(s *Segmented) { s.Choose(1); s.focused = true }), segments(func(s *Segmented) { s.Choose(2); s.Disable() }))
	bars := container.New(Columns(24))
	for _, d := range []ProgressData{{"Mirroring", "26 of 40 mailboxes", 0.65}, {"Exporting", "", -1}, {"Done", "10,000 messages", 1}} {
		p := NewProgress()
		p.Set(d)
		bars.Add(p)
	}
	strip := NewStrip("Cancel", func(string) {})
	strip.Set([]Job{
		{Key: "1", Title: "First mirror", Note: "sato@aoba.example, 3,412 of 10,000", Share: 0.34},
		{Key: "2", Title: "Exporting 120 messages", Share: -1},
		{Key: "3", Title: "Testing connections", Note: "stops", Share: 0.9, Ending: true},
	}, nil)
	toasts := container.New(Columns(16))
	for _, d := range []ToastData{{Disc, "Evidence copied"}, {Triangle, "設定を保存しましたが、予備のプロバイダーのサインインはまだ確かめていません。"}} {
		t := NewToast(nil)
		t.Set(d)
		toasts.Add(t)
	}
	return container.New(Rows(14), choices, bars, strip, toasts)
}

// componentsDialogs shows dialogs as they lie over a window.
func componentsDialogs() fyne.CanvasObject {
	details := "450 4.7.1 <keiri@aoba.example>: try again later\nconnect: 192.0.2.25:25: i/o timeout"
	confirm := newDialog(DialogData{
		Title: "Switch mail to Fastmail?", Text: "Type aoba.example. You can roll back later.", Typed: "aoba.example",
		Fields: []FieldOptions{{Label: "Domain"}}, Yes: "Switch", No: "Cancel",
	}, nil)
	confirm.fields[0].SetText("aoba.exam")
	problem := newDialog(DialogData{
		Shape: Triangle, Title: "それはできませんでした", Text: "予備のプロバイダーがサインインを断りました。パスワードを確かめてください。", Details: details,
		ShowDetails: "詳しい内容", CopyWords: "コピー", No: "閉じる",
	}, nil)
	problem.details.Show()
	passphrase := newDialog(DialogData{
		Title: "Passphrase of the passwords", Text: "This computer has no keychain.", Yes: "OK", No: "Cancel",
		Fields: []FieldOptions{{Label: "Passphrase", Secret: true}, {Label: "The same again", Secret: true}},
		Check:  func([]string) string { return "The two differ." },
	}, nil)
	all := container.New(Columns(12))
	for _, d := range []*Dialog{confirm, problem, passphrase} {
		all.Add(container.NewStack(Room(1, 470), d))
	}
	return all
}

// componentsNav shows the navigation, in full and as a rail.
func componentsNav() fyne.CanvasObject {
	nav := func(rail bool, selected string, foot NavFoot) fyne.CanvasObject {
		n := NewNav(func(string) {})
		n.SetHeader("Aoba Trading", "aoba.example")
		n.SetRail(rail)
		n.SetEntries([]NavEntry{
			{Key: "home", Icon: look.IconHome, Title: "Home", Shape: Octagon}, {Key: "mail", Icon: look.IconMail, Title: "Mail"},
			{Key: "switch", Icon: look.IconSwitch, Title: "Switch", Shape: Working}, {Key: "tests", Icon: look.IconTests, Title: "Tests"},
			{Key: "queue", Icon: look.IconQueue, Title: "Queue", Count: 86}, {Key: "settings", Icon: look.IconSettings, Title: "Settings", Foot: true},
		})
		n.Select(selected)
		n.SetFoot(foot)
		width := float32(NavWidth)
		if rail {
			width = NavRailWidth
		}
		return container.NewGridWrap(fyne.NewSize(width, 620), n)
	}
	watch := NavFoot{Shape: Disc, First: "Looks every minute", Second: "last at 11:20"}
	practice := NavFoot{Icon: look.IconFlag, First: "Practice", Second: "nothing real is touched"}
	return container.New(LineUp(24, -1), nav(false, "home", watch), nav(false, "mail", practice), nav(true, "home", watch), nav(true, "queue", practice))
}
