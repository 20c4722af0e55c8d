package shell

import (
	"runtime"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/widgets"
)

// command is what a shortcut does.
type command string

// The commands. Those that go to a page are "page" and its number.
const (
	cmdPage     command = "page"
	cmdSettings command = "settings"
	cmdFind     command = "find"
	cmdNew      command = "new"
	cmdRefresh  command = "refresh"
	cmdHelp     command = "help"
	cmdArea     command = "area"      // the next of navigation, page, bar
	cmdAreaBack command = "area back" // the one before
	cmdEscape   command = "escape"
	cmdLarger   command = "larger"
	cmdSmaller  command = "smaller"
	cmdUsual    command = "usual"
	cmdQuit     command = "quit"
)

// shortcut is a key that does something wherever the focus is.
type shortcut struct {
	key  fyne.KeyName
	with fyne.KeyModifier // 0: the key alone
	do   command
	page int  // of cmdPage, counted from 1
	also bool // another way to do what stands above it: not listed
}

// shortcuts is the table of all keys for a system (a GOOS): Command takes the place of
// Ctrl on a Mac.
func shortcuts(system string) []shortcut {
	ctrl := fyne.KeyModifierControl
	if system == "darwin" {
		ctrl = fyne.KeyModifierSuper
	}
	all := make([]shortcut, 0, 32)
	for i, key := range []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5, fyne.Key6, fyne.Key7} {
		all = append(all, shortcut{key: key, with: ctrl, do: cmdPage, page: i + 1})
	}
	all = append(all,
		shortcut{key: fyne.KeyComma, with: ctrl, do: cmdSettings},
		shortcut{key: fyne.KeyF, with: ctrl, do: cmdFind},
		shortcut{key: fyne.KeyN, with: ctrl, do: cmdNew},
		shortcut{key: fyne.KeyR, with: ctrl, do: cmdRefresh},
		shortcut{key: fyne.KeyF5, do: cmdRefresh, also: true},
		shortcut{key: fyne.KeyF6, do: cmdArea},
		shortcut{key: fyne.KeyF6, with: ctrl, do: cmdAreaBack},
		shortcut{key: fyne.KeyEscape, do: cmdEscape},
		shortcut{key: fyne.KeyEqual, with: ctrl, do: cmdLarger},
		shortcut{key: fyne.KeyPlus, with: ctrl, do: cmdLarger, also: true},
		shortcut{key: fyne.KeyMinus, with: ctrl, do: cmdSmaller},
		shortcut{key: fyne.Key0, with: ctrl, do: cmdUsual},
		shortcut{key: fyne.KeyF1, do: cmdHelp},
		shortcut{key: fyne.KeySlash, with: ctrl, do: cmdHelp, also: true},
	)
	return append(all, shortcut{key: fyne.KeyQ, with: ctrl, do: cmdQuit})
}

// keys listens for the shortcuts: those with a modifier come from the canvas, the
// others from whatever has the focus and has no use for them.
func (w *Window) keys() {
	c := w.window.Canvas()
	alone := map[fyne.KeyName]shortcut{}
	for _, s := range shortcuts(runtime.GOOS) {
		if s.with == 0 {
			alone[s.key] = s
			continue
		}
		c.AddShortcut(&desktop.CustomShortcut{KeyName: s.key, Modifier: s.with}, func(fyne.Shortcut) { w.command(s) })
	}
	c.SetOnTypedKey(func(k *fyne.KeyEvent) {
		if s, ok := alone[k.Name]; ok {
			w.command(s)
		} else if c.Overlays().Top() == nil {
			w.frame.scroll(k.Name)
		}
	})
}

// command does what a shortcut says.
func (w *Window) command(s shortcut) {
	w.dog.Time("key "+string(s.do), func() { w.obey(s) })
}

func (w *Window) obey(s shortcut) {
	if s.do == cmdEscape {
		w.escape()
		return
	}
	if s.do == cmdQuit { // over a dialog, too, as closing the window does
		w.leave()
		return
	}
	if w.window.Canvas().Overlays().Top() != nil {
		return // a dialog wants its answer first
	}
	if w.desk == nil {
		w.early = &s // done once there are pages
		return
	}
	d := w.desk
	switch s.do {
	case cmdPage:
		w.goNumber(s.page)
	case cmdSettings:
		w.frame.Go(pageSettings)
		w.frame.before.enter()
	case cmdFind, cmdNew:
		w.inMail(s.do)
	case cmdRefresh:
		if p, ok := d.here().(refresher); ok {
			p.Refresh()
		} else {
			d.parts.Home.Refresh()
		}
	case cmdArea, cmdAreaBack:
		w.nextArea(s.do == cmdAreaBack)
	case cmdLarger, cmdSmaller, cmdUsual:
		w.resizeText(s.do)
	case cmdHelp:
		w.showShortcuts()
	default:
	}
}

// catchUp does what was asked for last before there was anything to do it on.
func (w *Window) catchUp() {
	if s := w.early; s != nil {
		w.early = nil
		w.obey(*s)
	}
}

// inMail searches in the mail, or begins a message, whichever page is shown.
func (w *Window) inMail(do command) {
	d := w.desk
	if d.view(pageMail) != nil {
		w.frame.Go(pageMail)
	}
	switch p := d.here(); do {
	case cmdFind:
		if p, ok := p.(finder); ok {
			p.Find()
		}
	case cmdNew:
		if p, ok := p.(newer); ok {
			p.New()
		}
	default:
	}
}

// resizeText makes text larger, smaller, or as large as it usually is.
func (w *Window) resizeText(do command) {
	switch do {
	case cmdLarger:
		w.SetTextSize(w.TextSize() + textStep)
	case cmdSmaller:
		w.SetTextSize(w.TextSize() - textStep)
	default:
		w.SetTextSize(look.UsualText)
	}
}

// textStep is what a key makes text larger or smaller by, in percent.
const textStep = 10

// goNumber shows the page of that number in the navigation, counted from 1.
func (w *Window) goNumber(n int) {
	for _, p := range w.frame.pages {
		if p.Hidden || p.Foot {
			continue
		}
		if n--; n == 0 {
			w.frame.Go(p.Key)
			w.enter()
			return
		}
	}
}

// enter puts the keys where the page that was gone to wants them first, or else before its
// first control.
func (w *Window) enter() {
	w.frame.before.enter()
	if p, ok := w.desk.here().(enterer); ok {
		p.Enter()
	}
}

// escape closes what lies over the page, else what the page says can be closed, else
// it takes the focus away.
func (w *Window) escape() {
	c := w.window.Canvas()
	switch top := c.Overlays().Top().(type) {
	case nil:
	case interface{ Escape() }:
		top.Escape()
		return
	case *widget.PopUp:
		top.Hide()
		return
	default:
		c.Overlays().Remove(top)
		return
	}
	if w.desk != nil {
		if p, ok := w.desk.here().(escaper); ok && p.Escape() {
			return
		}
	}
	c.Unfocus()
}

// showShortcuts shows the table.
func (w *Window) showShortcuts() {
	t := w.Tongue()
	table := container.New(widgets.Rows(0))
	names := map[int]string{}
	n := 0
	for _, p := range w.frame.pages {
		if !p.Hidden && !p.Foot {
			n++
			names[n] = p.Title
		}
	}
	for _, s := range shortcuts(runtime.GOOS) {
		says := commandWords(t, s.do)
		if s.do == cmdPage {
			if names[s.page] == "" {
				continue
			}
			says = t.T("Go to {page}", "page", names[s.page])
		}
		if s.also || says == "" {
			continue
		}
		table.Add(container.New(widgets.Columns(16, 3, 5),
			widgets.NewWords(look.Strong, strings.Join(keysOf(runtime.GOOS, s.do, s.page), "  ")), widgets.NewParagraph(look.Body, says)))
		table.Add(widgets.Space(6))
	}
	for _, more := range [][2]string{
		{"Tab", t.T("To the next control; with Shift to the one before")},
		{t.T("Arrows"), t.T("Move in lists, in the navigation and among choices")},
		{t.T("Enter, Space"), t.T("Press what has the focus")},
		{t.T("Page Up, Page Down"), t.T("Scroll the page")},
	} {
		table.Add(container.New(widgets.Columns(16, 3, 5), widgets.NewWords(look.Strong, more[0]), widgets.NewParagraph(look.Body, more[1])))
		table.Add(widgets.Space(6))
	}
	widgets.ShowDialog(w.window.Canvas(), widgets.DialogData{Title: t.T("Keyboard"), Content: table, No: t.T("Close"), Width: 560}, nil)
}

// commandWords says what a command does; empty where it is not listed.
func commandWords(t *i18n.Tongue, c command) string {
	switch c {
	case cmdSettings:
		return t.T("Settings")
	case cmdFind:
		return t.T("Search in the mail")
	case cmdNew:
		return t.T("Write a new mail")
	case cmdRefresh:
		return t.T("Look again now")
	case cmdArea:
		return t.T("To the next area: navigation, page, buttons below")
	case cmdAreaBack:
		return t.T("To the area before")
	case cmdEscape:
		return t.T("Close what is open, or leave the control")
	case cmdLarger:
		return t.T("Larger text")
	case cmdSmaller:
		return t.T("Smaller text")
	case cmdUsual:
		return t.T("Usual text size")
	case cmdHelp:
		return t.T("Show these keys")
	case cmdQuit:
		return t.T("Quit Lifeboat")
	default:
		return ""
	}
}

// keysOf writes all keys that do something, as people know them.
func keysOf(system string, c command, page int) []string {
	var all []string
	for _, s := range shortcuts(system) {
		if s.do == c && s.page == page {
			all = append(all, keyWords(system, s))
		}
	}
	return all
}

// keyWords writes a key as it stands on the keyboard.
func keyWords(system string, s shortcut) string {
	name := string(s.key) // of most: what stands on it
	if s.key == fyne.KeyEscape {
		name = "Esc"
	}
	if s.do == cmdPage {
		name = strconv.Itoa(s.page)
	}
	switch {
	case s.with == 0:
		return name
	case system == "darwin":
		return "Cmd+" + name
	default:
		return "Ctrl+" + name
	}
}
