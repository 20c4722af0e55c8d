package main_test

import (
	"testing"

	"lifeboat/failover/failovertest/servers"
)

// newcomer is the environment of somebody who starts Lifeboat for the first time.
func newcomer(t *testing.T, language string) []string {
	home := t.TempDir()
	return []string{
		"HOME=" + home, "XDG_CONFIG_HOME=" + home + "/.config", "XDG_DATA_HOME=" + home + "/.local/share", "XDG_STATE_HOME=" + home + "/.local/state",
		"XDG_CACHE_HOME=" + cacheOfTests(), "LANG=" + language, "LC_ALL=" + language, "FYNE_THEME=light", "LIFEBOAT_CONFIG=", "LIFEBOAT_DATA=", "DBUS_SESSION_BUS_ADDRESS=",
	}
}

// TestWindowPractice: whoever starts the window without settings is in the built-in
// world, where every page has something to show.
func TestWindowPractice(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	p := sitDown(t, startScreen(t, "71", "1280x900"), newcomer(t, "en_US.UTF-8"))
	p.awaits("Mail is flowing through Harbormail.")
	p.picture("home")
	for _, page := range []struct{ name, says string }{
		{"Switch", "Harbormail"}, {"Drills", "Decide yourself"}, {"Home", "Mail is flowing through Harbormail."},
	} {
		p.click(page.name)
		p.awaits(page.says)
		p.picture(page.name)
	}
}
