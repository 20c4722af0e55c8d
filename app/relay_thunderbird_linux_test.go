package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lifeboat/failover/failovertest/servers"
)

// prefs of a Thunderbird that has been set up as "lifeboat user add" tells a person to.
// 3 of try_ssl is TLS from the first byte, 2 is STARTTLS; 3 of authMethod is a normal
// password. The rest keeps it from asking and telling.
const thunderbirdPrefs = `
user_pref("mail.accountmanager.accounts", "account1");
user_pref("mail.accountmanager.defaultaccount", "account1");
user_pref("mail.account.account1.identities", "id1");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.server.server1.type", "none");
user_pref("mail.server.server1.hostname", "Local Folders");
user_pref("mail.server.server1.name", "Local Folders");
user_pref("mail.server.server1.userName", "nobody");
user_pref("mail.server.server1.directory-rel", "[ProfD]Mail/Local Folders");
user_pref("mail.identity.id1.fullName", "Anna Sato");
user_pref("mail.identity.id1.useremail", "%[1]s");
user_pref("mail.identity.id1.valid", true);
user_pref("mail.identity.id1.smtpServer", "smtp1");
user_pref("mail.identity.id1.fcc", false);
user_pref("mail.identity.id1.compose_html", false);
user_pref("mail.smtpservers", "smtp1");
user_pref("mail.smtp.defaultserver", "smtp1");
user_pref("mail.smtpserver.smtp1.hostname", "127.0.0.1");
user_pref("mail.smtpserver.smtp1.port", %[2]d);
user_pref("mail.smtpserver.smtp1.try_ssl", %[3]d);
user_pref("mail.smtpserver.smtp1.authMethod", 3);
user_pref("mail.smtpserver.smtp1.username", "%[1]s");
user_pref("mail.warn_on_send_accel_key", false);
user_pref("mail.provider.enabled", false);
user_pref("mail.rights.version", 1);
user_pref("mail.shell.checkDefaultClient", false);
user_pref("mail.spotlight.firstRunDone", true);
user_pref("mailnews.start_page.enabled", false);
user_pref("mailnews.start_page_override.mstone", "ignore");
user_pref("app.donation.eoy.version.viewed", 999);
user_pref("app.update.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("datareporting.policy.dataSubmissionPolicyBypassNotification", true);
user_pref("toolkit.telemetry.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
`

// TestLongThunderbird: somebody writes in Thunderbird, presses Ctrl+Return, and types the
// app password where it asks; once for each way of TLS.
func TestLongThunderbird(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	w := newRelayWorld(t, relayPlan{})
	w.user(anna, "--label", "Thunderbird")
	w.serve("--no-mirror", "--no-watch")
	w.trusts()
	display := w.display()
	for subject, how := range map[string]struct{ port, tls int }{"by starttls": {2587, 2}, "by tls": {2465, 3}} {
		w.writeInThunderbird(display, subject, how.port, how.tls)
	}
	w.awaitEmpty()
	for _, e := range w.log("--kind", "submitted") {
		if e.User != anna || !strings.HasPrefix(e.Subject, "by ") {
			t.Errorf("handed in: %+v", e)
		}
	}
	for id, copies := range w.messages(w.primary) {
		if len(copies) != 1 || !bytes.Contains(copies[0], []byte("User-Agent: Mozilla Thunderbird")) || !bytes.Contains(copies[0], []byte("boss@customer.test")) {
			t.Errorf("%s arrived as %q", id, copies)
		}
	}
	if n := len(w.messages(w.primary)); n != 2 {
		t.Errorf("%d messages arrived", n)
	}
}

// trusts has Thunderbird trust the world's authority, by the policy that an administrator
// would write; it is this mount namespace's own.
func (w *relayWorld) trusts() {
	w.t.Helper()
	const dir = "/etc/thunderbird"
	policy, err := json.Marshal(map[string]any{"policies": map[string]any{
		"Certificates": map[string]any{"Install": []string{w.ca.File}}, "DisableAppUpdate": true, "DisableTelemetry": true,
	}})
	if err == nil {
		err = unix.Mount("tmpfs", dir, "tmpfs", 0, "")
	}
	if err == nil {
		err = os.Mkdir(filepath.Join(dir, "policies"), 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "policies", "policies.json"), policy, 0o600)
	}
	if err != nil {
		w.t.Fatalf("no policy for Thunderbird, of the Debian package thunderbird: %v", err)
	}
}

// display starts a screen that nobody sees.
func (w *relayWorld) display() string {
	w.t.Helper()
	const name = ":93"
	c := exec.CommandContext(w.t.Context(), "Xvfb", name, "-screen", "0", "1280x900x24", "-nolock", "-nolisten", "unix", "-listen", "tcp", "-ac")
	if err := c.Start(); err != nil {
		w.t.Fatalf("Xvfb, of the Debian package xvfb: %v", err)
	}
	w.t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	display := "127.0.0.1" + name
	w.await("the screen", func() bool { _, err := w.x(display, "getdisplaygeometry"); return err == nil })
	return display
}

// x runs xdotool.
func (w *relayWorld) x(display string, args ...string) (string, error) {
	c := exec.CommandContext(w.t.Context(), "xdotool", args...)
	c.Env = append(os.Environ(), "DISPLAY="+display)
	out, err := c.Output()
	return strings.TrimSpace(string(out)), err
}

// focus gives a window the keys, if it is there.
func (w *relayWorld) focus(display, title string) bool {
	found, err := w.x(display, "search", "--onlyvisible", "--name", title)
	if err != nil || found == "" {
		return false
	}
	_, err = w.x(display, "windowfocus", strings.Fields(found)[0])
	return err == nil
}

// press gives a window keys until another is there, and again only after a long while: a
// program hears when it is ready, and keys that it has yet to hear are not lost.
func (w *relayWorld) press(display, title, until string, keys ...string) {
	w.t.Helper()
	tries := 0
	w.await("the window "+until, func() bool {
		if w.focus(display, until) {
			return true
		}
		if tries%100 == 0 {
			if !w.focus(display, title) {
				return false
			}
			if _, err := w.x(display, keys...); err != nil {
				w.t.Fatal(err)
			}
		}
		tries++
		return false
	})
}

func (w *relayWorld) writeInThunderbird(display, subject string, port, tls int) {
	w.t.Helper()
	profile := w.t.TempDir()
	if err := os.WriteFile(filepath.Join(profile, "prefs.js"), []byte(fmt.Sprintf(thunderbirdPrefs, anna, port, tls)), 0o600); err != nil {
		w.t.Fatal(err)
	}
	c := exec.CommandContext(w.t.Context(), "thunderbird", "--profile", profile)
	c.Env = append(os.Environ(), "DISPLAY="+display, "HOME="+profile, "LANG=C.UTF-8", "GDK_BACKEND=x11", "MOZ_CRASHREPORTER_DISABLE=1")
	out := &syncBuffer{}
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		w.t.Fatalf("thunderbird, of the Debian package of this name: %v", err)
	}
	defer func() {
		_ = c.Process.Kill()
		_ = c.Wait() // it was killed
		if w.t.Failed() {
			w.t.Logf("Thunderbird wrote:\n%s", out)
		}
	}()
	before := len(w.at(w.primary))
	w.press(display, "^Local Folders.*Thunderbird$", "^Write", "key", "ctrl+n")
	written := "^Write: " + subject // the title tells the subject when it has been written
	w.press(display, "^Write", written, "key", "alt+s", "ctrl+a", "type", "--delay", "30", subject)
	for _, keys := range [][]string{
		{"key", "ctrl+shift+t"}, {"type", "--delay", "30", boss}, {"key", "Return"}, {"key", "alt+s"}, {"key", "Tab"}, {"type", "--delay", "30", "Hello from Thunderbird."},
	} {
		if _, err := w.x(display, keys...); err != nil {
			w.t.Fatal(err)
		}
	}
	w.press(display, written, "assword", "key", "ctrl+Return")
	if _, err := w.x(display, "type", "--delay", "20", w.held[anna]); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.x(display, "key", "Return"); err != nil {
		w.t.Fatal(err)
	}
	w.await("the message of Thunderbird", func() bool { return len(w.at(w.primary)) > before })
}
