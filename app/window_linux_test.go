package main_test

import (
	"strings"
	"testing"

	"lifeboat/app/widgets/outline"
	"lifeboat/failover/failovertest/servers"
)

// newcomer is the environment of somebody who starts Lifeboat for the first time.
func newcomer(t *testing.T, w way) []string {
	home := t.TempDir()
	return []string{
		"HOME=" + home, "XDG_CONFIG_HOME=" + home + "/.config", "XDG_DATA_HOME=" + home + "/.local/share", "XDG_STATE_HOME=" + home + "/.local/state",
		"XDG_CACHE_HOME=" + cacheOfTests(), "LANG=" + w.locale, "LC_ALL=" + w.locale, "FYNE_THEME=" + w.theme, "LIFEBOAT_CONFIG=", "LIFEBOAT_DATA=", "DBUS_SESSION_BUS_ADDRESS=",
	}
}

// TestWindowPractice: whoever starts the window without settings is in the built-in
// world, where every page has something to show, and where an outage can be made.
func TestWindowPractice(t *testing.T) {
	t.Parallel()
	practises(t, ways()[0])
}

// TestWindowPracticeLong walks there by keys alone, and in Japanese.
func TestWindowPracticeLong(t *testing.T) {
	long(t)
	inEachWay(t, ways()[1:], practises)
}

func practises(t *testing.T, w way) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	p := w.sit(t, startScreen(t, "70", "1280x800"), newcomer(t, w))
	flows := p.says("Mail is flowing through {primary}.", "primary", "Harbormail")
	p.awaits(flows)
	p.awaitsLike("The mirror is {span} old.")
	p.picture("home")
	p.keys("ctrl+f") // of a page that was never drawn
	p.awaits(p.says("Practice mail"))
	p.find("the search, with the keys", func(i outline.Item) bool { return i.Focused && strings.Contains(strings.ToLower(i.Kind), "entry") })
	p.goes("Mail", "ctrl+2")
	p.opensFirstLetter()
	p.picture("mail")
	for _, page := range []struct{ name, key, says string }{
		{"Switch", "ctrl+3", p.says("Your mail goes to {primary}.", "primary", "Harbormail")},
		{"Tests", "ctrl+4", "Harbormail"},
		{"Queue", "ctrl+5", p.says("Sent and gone")},
		{"Drills", "ctrl+6", p.says("Decide yourself")},
		{"Log", "ctrl+7", p.says("What happened here")},
		{"Settings", "ctrl+comma", p.says("Language")},
		{"Home", "ctrl+1", flows},
	} {
		p.goes(page.name, page.key)
		p.awaits(page.says)
		p.picture(page.name)
	}
	p.does("Break it")
	p.choosesFirst("The primary resets every connection")
	p.awaits(p.says("{primary} is not taking mail from outside.", "primary", "Harbormail"))
	p.awaits(p.says("Switch mail"))
	p.picture("trouble")
}

// choosesFirst chooses what stands first in a menu that is open.
func (p *person) choosesFirst(template string) {
	p.t.Helper()
	p.awaits(p.says(template))
	if p.byKeys {
		p.keys("Down", "Return")
		return
	}
	p.click(p.says(template))
}

// opensFirstLetter reads the first message of the list.
func (p *person) opensFirstLetter() {
	p.t.Helper()
	row := p.find("a message", func(i outline.Item) bool { return i.Kind == "letterRow" && i.Text != "" })
	list := func(i outline.Item) bool { return i.Kind == "RowList" && within(row, i) }
	if p.byKeys {
		p.tabTo("the list of messages", list)
		p.keys("Home")
	} else {
		p.clickAt(row)
	}
	p.find("a message that is read", func(i outline.Item) bool { return i.Kind == "Reading" && i.Text != "" })
}
