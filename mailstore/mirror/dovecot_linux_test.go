package mirror_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/mailstoretest/corpus"
	"lifeboat/mailstore/mailstoretest/line"
	"lifeboat/mailstore/store"
)

// office is a Dovecot with one user's mail, and a store that mirrors it from other
// processes.
type office struct {
	t           testing.TB
	dovecot     *servers.Dovecot
	authority   *servers.Authority
	certificate *servers.Certificate
	order       order
	rounds      *int       // of small changes in benchmarks
	line        *line.Line // before the Dovecot in benchmarks, to count
}

const anna = "anna@example.test"

// newOffice starts a Dovecot with so many messages of the corpus.
func newOffice(t testing.TB, options corpus.Options) *office {
	t.Helper()
	return newOfficeFor(t, options, imapHost)
}

// newOfficeFor is newOffice with names for the certificate.
func newOfficeFor(t testing.TB, options corpus.Options, names ...string) *office {
	t.Helper()
	authority := servers.NewAuthority(t)
	certificate := authority.Issue(t, names...)
	o := &office{t: t, authority: authority, certificate: certificate, rounds: new(int)}
	o.dovecot = servers.StartDovecot(t, servers.DovecotConfig{Certificate: certificate})
	uid, gid := o.dovecot.Owner()
	if err := corpus.WriteMaildir(o.dovecot.Maildir(anna), uid, gid, corpus.Messages(options)); err != nil {
		t.Fatal(err)
	}
	o.order = order{
		Cache: cacheDir(t), Address: o.dovecot.IMAPS, CA: authority.File, User: anna, Password: o.dovecot.Password,
	}
	o.newStore()
	return o
}

// newStore gives the children an empty store.
func (o *office) newStore() { o.order.Dir = filepath.Join(o.t.TempDir(), "mail") }

// cacheDir keeps compiled code from one test to the next.
func cacheDir(t testing.TB) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		return t.TempDir()
	}
	return filepath.Join(dir, "lifeboat-test")
}

// behind puts a line before the Dovecot.
func (o *office) behind(options line.Options) *line.Line {
	o.t.Helper()
	if options.Filter != nil {
		options.Serve = &tls.Config{Certificates: []tls.Certificate{o.certificate.TLS}, MinVersion: tls.VersionTLS12}
		options.Dial = &tls.Config{RootCAs: o.authority.Pool(), ServerName: imapHost, MinVersion: tls.VersionTLS12}
	}
	l := line.Start(o.t, o.dovecot.IMAPS, options)
	o.order.Address = l.Addr()
	return l
}

// child prepares a mirror in a process of its own.
func (o *office) child(ctx context.Context) *exec.Cmd {
	o.t.Helper()
	text, err := json.Marshal(o.order)
	if err != nil {
		o.t.Fatal(err)
	}
	// Not os.Executable: in a namespace the program's file may have no name any more.
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	return cmd
}

// once runs a child to its end.
func (o *office) once() outcome {
	o.t.Helper()
	out, state := o.run()
	if out.Failed != "" || !state.Success() {
		o.t.Fatalf("the mirror failed: %s", out.Failed)
	}
	return out
}

func (o *office) run() (outcome, *os.ProcessState) {
	o.t.Helper()
	cmd := o.child(o.t.Context())
	var said, cried bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &cried
	ran := cmd.Run()
	var out outcome
	if err := json.Unmarshal(said.Bytes(), &out); err != nil {
		o.t.Fatalf("the mirror said %q, %s: %v", said.String(), cried.String(), ran)
	}
	return out, cmd.ProcessState
}

// desk opens the children's store, to look into it.
func (o *office) desk() *desk {
	o.t.Helper()
	d, err := o.openDesk()
	if err != nil || d.account.ID == 0 {
		o.t.Fatalf("%+v, %v", d, err)
	}
	return d
}

func (o *office) openDesk() (*desk, error) {
	s, err := store.Open(o.t.Context(), store.Options{Dir: o.order.Dir, Key: childKey, Cache: o.order.Cache})
	if err != nil {
		return nil, err
	}
	d := &desk{t: o.t, store: s}
	accounts, err := s.Accounts(o.t.Context())
	if len(accounts) > 0 {
		d.account = accounts[0]
	}
	return d, err
}

// same wants the store to verify and to hold what Dovecot serves.
func (o *office) same() {
	o.t.Helper()
	d := o.desk()
	defer func() { _ = d.store.Close() }()
	found, err := d.store.Verify(o.t.Context(), func(mailstore.VerifyProgress) {})
	if err != nil || len(found.Damaged) > 0 || len(found.Lost) > 0 {
		o.t.Errorf("the store does not verify: %+v, %v", found, err)
	}
	r := o.primary()
	defer r.close() // a campaign would have too many
	if got, want := d.held(), r.held(); got != want {
		o.t.Errorf("the store does not hold what Dovecot serves: %s", firstDifference(got, want))
	}
}

// primary signs in to the Dovecot, whatever lies before it.
func (o *office) primary() *raw {
	o.t.Helper()
	return dialRaw(o.t, order{Address: o.dovecot.IMAPS, User: o.order.User, Password: o.order.Password})
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range w {
		if i >= len(g) || g[i] != w[i] {
			if i < len(g) {
				return fmt.Sprintf("%d lines, not %d; line %d is %q, not %q", len(g), len(w), i, g[i], w[i])
			}
			return fmt.Sprintf("%d lines, not %d; %q is not there", len(g), len(w), w[i])
		}
	}
	return fmt.Sprintf("%d lines, not %d; %q is too many", len(g), len(w), g[len(w)])
}

// change does to the mail what people do: 50 new messages, 200 changed flags, 20
// moved and 10 deleted messages. round makes it another change each time.
func (o *office) change(round int) {
	o.t.Helper()
	r := o.primary()
	defer r.close()
	folders := []string{"INBOX", "Sent", "Archive", "Projects", "Drafts"}
	for i := range 50 {
		r.appendMessage(folders[i%5], fmt.Sprintf("From: b@example.org\r\nSubject: new %d.%d\r\nDate: Sun, 22 Nov 2026 12:00:00 +0900\r\n\r\n%s\r\n", round, i, strings.Repeat("New text. ", 40)))
	}
	for i, folder := range folders {
		r.do("SELECT "+folder, nil)
		var uids []string
		r.do("UID SEARCH ALL", func(text string) {
			if list, ok := strings.CutPrefix(text, "* SEARCH "); ok {
				uids = strings.Fields(list)
			}
		})
		flagged := uids[6:min(26, len(uids))]
		if folder == "INBOX" {
			flagged = uids[6:min(126, len(uids))]
		}
		r.do(fmt.Sprintf("UID STORE %s +FLAGS ($Round%d)", strings.Join(flagged, ","), round), nil)
		r.do(fmt.Sprintf("UID MOVE %s %s", strings.Join(uids[:4], ","), folders[(i+1)%5]), nil)
		gone := strings.Join(uids[4:6], ",")
		r.do(fmt.Sprintf(`UID STORE %s +FLAGS (\Deleted)`, gone), nil)
		r.do("UID EXPUNGE "+gone, nil)
	}
}

// way is a strategy, and the line that brings it about.
type way struct {
	name    string
	prepare func(*office)
	looks   bool // every folder is looked at, as the server does not say what changed
}

var ways = []way{
	{"everything", func(o *office) { o.order.Compress = true }, false},
	{"no COMPRESS", func(o *office) { o.order.NoCompress = true }, false},
	{"no QRESYNC", func(o *office) { o.order.NoQResync = true }, false},
	{"as Microsoft 365", func(o *office) { o.behind(line.Options{Filter: line.Microsoft365}) }, true},
}

// Every message of the corpus is mirrored as Dovecot serves it, whatever the server
// can do; a second run fetches nothing, and changes cost what they are.
func TestDovecot(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			way.fidelity(t, corpus.Options{Count: 1000, Seed: 1, Now: time.Now(), Small: true}, 1000)
		})
	}
}

func TestLongDovecot(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			way.fidelity(t, corpus.Options{Count: 4_000, Seed: 1, Now: time.Now(), Huge: true}, 4_001)
		})
	}
}

// fidelity mirrors a Dovecot of its own in this way.
func (w way) fidelity(t *testing.T, options corpus.Options, messages int) {
	o := newOffice(t, options)
	w.prepare(o)
	first := o.once()
	if first.Fetched != messages {
		t.Errorf("%d fetched, not %d", first.Fetched, messages)
	}
	o.same()
	again := o.once()
	if again.Fetched != 0 || again.Changes != (mailstore.Applied{}) {
		t.Errorf("again: %+v", again)
	}
	if !w.looks && (again.Looked != 0 || again.Traffic.In+again.Traffic.Out > 8<<10 || again.Traffic.RoundTrips > 6) {
		t.Errorf("nothing changed, and %d folders were looked at with %+v", again.Looked, again.Traffic)
	}
	o.change(0)
	changes := o.once()
	want := mailstore.Applied{Arrived: 50, Moved: 20, Changed: 200, Gone: 20 + 10}
	want.Bytes = changes.Changes.Bytes
	if changes.Changes != want || changes.Fetched != 70 {
		t.Errorf("changes: %+v, %d fetched; want %+v, 70", changes.Changes, changes.Fetched, want)
	}
	o.same()
	if again := o.once(); again.Fetched != 0 || again.Changes != (mailstore.Applied{}) {
		t.Errorf("again: %+v", again)
	}
}
