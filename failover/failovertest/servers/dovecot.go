package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// DovecotConfig describes a Dovecot.
type DovecotConfig struct {
	// Name is what messages call it; "dovecot" by default.
	Name string
	// Listen is the address of IMAP with STARTTLS and without, ListenTLS that of IMAP over TLS (with a Certificate); a
	// free one each by default.
	Listen, ListenTLS string
	// Certificate is for TLS; nil: none.
	Certificate *Certificate
	// Password signs every user in, whatever the name; "secret" by default.
	Password string
	// Settings are added to its configuration, in its own language.
	Settings string
}

// Dovecot is a running Dovecot. Every user exists: the name is the whole address. Stop and Start keep the mail.
type Dovecot struct {
	*Process
	// IMAP and IMAPS are the addresses for mail clients, "127.0.0.1:1143"; IMAPS is empty without a certificate.
	IMAP, IMAPS string
	// Password is every user's.
	Password string
	// LMTP is the Unix socket that takes mail in, SignIn the one that checks passwords for Postfix.
	LMTP, SignIn string

	mail     string
	uid, gid int
}

// Maildir is where a user's mail lies, for messages that a test puts there itself; the folder is made when the user
// first signs in, or by the test. Owner is whose the files must be.
func (d *Dovecot) Maildir(user string) string { return filepath.Join(d.mail, user, "Maildir") }

// Owner is the user and the group that Dovecot opens mailboxes as.
func (d *Dovecot) Owner() (uid, gid int) { return d.uid, d.gid }

// StartDovecot starts Dovecot 2.3 (Debian's dovecot-core, dovecot-imapd, dovecot-lmtpd), with IMAP, LMTP and a Maildir
// for every user.
func StartDovecot(t testing.TB, config DovecotConfig) *Dovecot {
	t.Helper()
	if config.Name == "" {
		config.Name = "dovecot"
	}
	if config.Listen == "" {
		config.Listen = FreeAddress(t)
	}
	if config.Password == "" {
		config.Password = "secret"
	}
	listen := []string{config.Listen}
	if config.Certificate == nil {
		config.ListenTLS = ""
	} else {
		if config.ListenTLS == "" {
			config.ListenTLS = FreeAddress(t)
		}
		listen = append(listen, config.ListenTLS)
	}
	dir := tempDir(t)
	d := &Dovecot{
		IMAP: config.Listen, IMAPS: config.ListenTLS, Password: config.Password,
		LMTP: filepath.Join(dir, "lmtp"), SignIn: filepath.Join(dir, "signin"), mail: filepath.Join(dir, "mail"),
	}
	conf := write(t, dir, "dovecot.conf", d.conf(t, dir, config))
	d.Process = Run(t, Program{
		Name: config.Name, Binary: "dovecot", Package: "dovecot-core", Dir: dir, Args: []string{"-F", "-c", conf},
		Listen: listen, Hide: []string{config.Password},
		Ready: func(ctx context.Context) error {
			if err := greeting(ctx, "tcp", config.Listen, "* OK "); err != nil {
				return err
			}
			return greeting(ctx, "unix", d.LMTP, "220 ")
		},
	})
	return d
}

// greeting connects and reads the beginning of what a server says first.
func greeting(ctx context.Context, network, address, want string) error {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetReadDeadline(deadline)
	}
	got := make([]byte, len(want))
	n, err := conn.Read(got)
	if string(got[:n]) != want {
		return fmt.Errorf("%s says %q: %w", address, got[:n], err)
	}
	return nil
}

func (d *Dovecot) conf(t testing.TB, dir string, config DovecotConfig) string {
	t.Helper()
	var conf strings.Builder
	set := func(format string, args ...any) { fmt.Fprintf(&conf, format+"\n", args...) }
	for _, name := range []string{"run", "state"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatalf("no directory for Dovecot's files: %v", err)
		}
	}
	set("base_dir = %s/run\nstate_dir = %s/state\nlog_path = /dev/stderr", dir, dir)
	set("protocols = imap lmtp\nmail_location = maildir:~/Maildir\nauth_username_format = %%Lu")
	set("disable_plaintext_auth = no") // else it depends on the client's address
	set("auth_failure_delay = 0")      // it is 2 seconds, against guessing
	set("mail_plugins = $mail_plugins zlib\nprotocol imap {\n  mail_plugins = $mail_plugins imap_zlib\n}")
	set("service stats {\n  client_limit = 1000\n}")
	uid, gid := d.owner(t, set)
	d.uid, d.gid = uid, gid
	set("passdb {\n  driver = static\n  args = password=%s\n}", config.Password)
	set("userdb {\n  driver = static\n  args = uid=%d gid=%d home=%s/%%u allow_all_users=yes\n}", uid, gid, d.mail)
	set("service imap-login {\n  inet_listener imap {\n    %s\n  }", listener(t, config.Listen))
	if config.Certificate == nil {
		set("  inet_listener imaps {\n    port = 0\n  }\n}\nssl = no")
	} else {
		set("  inet_listener imaps {\n    %s\n    ssl = yes\n  }\n}", listener(t, config.ListenTLS))
		set("ssl = yes\nssl_cert = <%s\nssl_key = <%s", config.Certificate.File, config.Certificate.KeyFile)
	}
	set("service lmtp {\n  unix_listener %s {\n    mode = 0666\n  }\n}", d.LMTP)
	set("service auth {\n  unix_listener %s {\n    mode = 0666\n  }\n}\nauth_mechanisms = plain login", d.SignIn)
	set("%s", config.Settings)
	return conf.String()
}

func listener(t testing.TB, address string) string {
	t.Helper()
	host, port := hostPort(t, address)
	return fmt.Sprintf("address = %s\n    port = %d", host, port)
}

// owner chooses who the mail belongs to and makes its directory: nobody where there are other users, since Dovecot
// opens no mailbox as root, else the one who runs the test, who is then everybody that Dovecot works as.
func (d *Dovecot) owner(t testing.TB, set func(string, ...any)) (uid, gid int) {
	t.Helper()
	err := os.Mkdir(d.mail, 0o700)
	if os.Geteuid() == 0 {
		needUsers(t, "Dovecot")
		uid, gid = userID(t, "nobody"), 65534
		if err == nil {
			err = os.Chown(d.mail, uid, gid)
		}
		set("first_valid_uid = 1")
	} else {
		uid, gid = os.Geteuid(), os.Getegid()
		me, lookUp := user.LookupId(strconv.Itoa(uid))
		group, lookUpGroup := user.LookupGroupId(strconv.Itoa(gid))
		if err := errors.Join(lookUp, lookUpGroup); err != nil {
			t.Fatalf("Dovecot needs the name of the user who runs it: %v", err)
		}
		set("default_internal_user = %s\ndefault_internal_group = %s\ndefault_login_user = %s", me.Username, group.Name, me.Username)
		set("service anvil {\n  chroot =\n}\nservice imap-login {\n  chroot =\n}\nfirst_valid_uid = %d", uid)
	}
	if err != nil {
		t.Fatalf("no directory for the mail: %v", err)
	}
	return uid, gid
}
