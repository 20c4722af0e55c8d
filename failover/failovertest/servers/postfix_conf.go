package servers

import (
	"fmt"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// postfixMaster finds the program that starts all others. It is run directly: `postfix start` is a script that takes
// two seconds to check an installation that is new each time here.
func postfixMaster(t testing.TB) string {
	t.Helper()
	return filepath.Join(postfixDefault(t, "daemon_directory"), "master")
}

func postfixDefault(t testing.TB, parameter string) string {
	t.Helper()
	return strings.TrimSpace(command(t, "postfix", "postconf", "-d", "-h", parameter))
}

// makeQueue makes the directories that postfix-files(5) describes, with their owners.
func makeQueue(t testing.TB, dir string) {
	t.Helper()
	owner := userID(t, "postfix")
	drop, err := user.LookupGroup("postdrop")
	if err != nil {
		t.Fatalf("Postfix's group is missing: install the Debian package postfix: %v", err)
	}
	dropID, err := strconv.Atoi(drop.Gid)
	if err != nil {
		t.Fatalf("the group postdrop has the number %q: %v", drop.Gid, err)
	}
	make1 := func(path string, mode os.FileMode, uid, gid int) {
		t.Helper()
		path = filepath.Join(dir, path)
		err := os.Mkdir(path, 0o700)
		if err == nil {
			err = os.Chown(path, uid, gid)
		}
		if err == nil {
			err = os.Chmod(path, mode) // unlike Mkdir's, not cut by the umask
		}
		if err != nil {
			t.Fatalf("no directory for Postfix's queue: %v", err)
		}
	}
	make1("data", 0o700, owner, 0)
	make1("queue", 0o755, 0, 0)
	make1("queue/pid", 0o755, 0, 0)
	make1("queue/public", 0o710, owner, dropID)
	make1("queue/maildrop", 0o730, owner, dropID)
	for _, name := range []string{
		"active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace",
	} {
		make1("queue/"+name, 0o700, owner, 0)
	}
}

func userID(t testing.TB, name string) int {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatalf("the user %s, who comes with the server's Debian package, is missing: %v", name, err)
	}
	id, err := strconv.Atoi(u.Uid)
	if err != nil {
		t.Fatalf("the user %s has the number %q: %v", name, u.Uid, err)
	}
	return id
}

func mainCF(t testing.TB, dir string, config PostfixConfig) string {
	t.Helper()
	host, _ := hostPort(t, config.Listen)
	set := map[string]string{
		"compatibility_level":   "3.6",
		"queue_directory":       filepath.Join(dir, "queue"),
		"data_directory":        filepath.Join(dir, "data"),
		"command_directory":     postfixDefault(t, "command_directory"),
		"daemon_directory":      postfixDefault(t, "daemon_directory"),
		"mail_owner":            "postfix",
		"setgid_group":          "postdrop",
		"maillog_file":          filepath.Join(dir, "mail.log"),
		"maillog_file_prefixes": dir,
		"myhostname":            config.Hostname,
		// master.cf names the addresses. This parameter must be an interface's own address, which most of 127.0.0.0/8
		// are not, and with all of them Postfix would take every MX here for itself ("loops back to myself").
		"inet_interfaces": "127.0.0.1",
		"inet_protocols":  "all",
		"mydestination":   "",
		"alias_maps":      "",
		"alias_database":  "",
		// Its own address outwards, as a machine of its own would have.
		"smtp_bind_address":       host,
		"smtp_helo_name":          config.Hostname,
		"smtp_tls_security_level": "may",
		// A postmaster would hear of refused clients.
		"notify_classes": "",
		"biff":           "no",
	}
	maps.Copy(set, tryAgainSoon)
	if len(config.Domains) > 0 {
		maps.Copy(set, providerCF(t, dir, config))
	} else {
		maps.Copy(set, map[string]string{
			"mynetworks":           "127.0.0.0/8, [::1]/128",
			"smtp_connect_timeout": "2s", "smtp_helo_timeout": "5s", "smtp_mail_timeout": "5s", "smtp_rcpt_timeout": "5s",
		})
	}
	if config.Certificate != nil {
		set["smtpd_tls_security_level"] = "may"
		set["smtpd_tls_chain_files"] = config.Certificate.KeyFile + ", " + config.Certificate.File
	}
	maps.Copy(set, config.Parameters)
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(set)) {
		fmt.Fprintf(&text, "%s = %s\n", name, set[name])
	}
	return text.String()
}

// tryAgainSoon are the waits between two tries to deliver: minutes in the world, seconds in a test. A message's own wait
// must be longer than two seconds. The queue manager takes one up to a second before it is due, so after a wait of one
// second at once, while the delivery agent that gave it back still holds its file; then it sets the message aside for a
// minute ("skipped, still being delivered").
var tryAgainSoon = map[string]string{
	"queue_run_delay": "1s", "minimal_backoff_time": "3s", "maximal_backoff_time": "4s", "transport_retry_time": "1s",
}

// providerCF takes mail for its domains alone.
func providerCF(t testing.TB, dir string, config PostfixConfig) map[string]string {
	t.Helper()
	var table strings.Builder
	for _, address := range config.Recipients {
		fmt.Fprintf(&table, "%s x\n", strings.ToLower(address))
	}
	path := writeSettings(t, dir, "recipients", table.String())
	set := map[string]string{
		"mynetworks":               "",
		"smtpd_relay_restrictions": "permit_sasl_authenticated, reject_unauth_destination",
		"virtual_mailbox_domains":  strings.Join(config.Domains, ", "),
		"virtual_mailbox_maps":     "texthash:" + path,
	}
	if config.Deliver != "" {
		set["virtual_transport"] = "lmtp:unix:" + config.Deliver
	}
	if config.SignIn != "" {
		set["smtpd_sasl_type"], set["smtpd_sasl_path"] = "dovecot", config.SignIn
	}
	return set
}

// writeSettings makes a file of Postfix's settings, dated back: Postfix takes a file that was changed within the last
// second to be half written, and every one of its programs waits and reads it again.
func writeSettings(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := writePublic(t, dir, name, text)
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, past, past); err != nil {
		t.Fatalf("cannot date a server's file: %v", err)
	}
	return path
}

// masterCF lists Postfix's parts, none of them in a chroot. The queue manager is woken every second (the 1 in its line;
// Postfix's own file has 300): what it set aside, it looks for only then or when the next message arrives, and in a test
// no other may come.
func masterCF(config PostfixConfig) string {
	text := config.Listen + ` inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
lmtp unix - - n - - lmtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`
	if config.Submission != "" {
		text += config.Submission + ` inet n - n - - smtpd
 -o syslog_name=postfix/submission -o smtpd_sasl_auth_enable=yes -o smtpd_tls_security_level=encrypt
 -o smtpd_relay_restrictions=permit_sasl_authenticated,reject -o smtpd_recipient_restrictions=
`
	}
	for _, d := range config.Doors {
		text += d.Listen + " inet n - n - - smtpd\n"
		set := maps.Clone(d.Parameters)
		if set == nil {
			set = map[string]string{}
		}
		if d.Certificate != nil {
			set["smtpd_tls_chain_files"] = d.Certificate.KeyFile + ", " + d.Certificate.File
		}
		for _, name := range slices.Sorted(maps.Keys(set)) {
			text += fmt.Sprintf(" -o { %s = %s }\n", name, set[name])
		}
	}
	return text
}
