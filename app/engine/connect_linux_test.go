package engine_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/failovertest/servers"
)

// cellAt is where a cell of the table stands.
type cellAt struct {
	test string
	side engine.Side
}

// connect makes all tests of a town and returns them by their place. No secret stands in
// any, and what is not well says what to do.
func (w *town) connect(req engine.ConnectRequest) map[cellAt]engine.TestCell {
	w.t.Helper()
	got, err := w.engine().Connect(w.t.Context(), req)
	if err != nil {
		w.t.Fatal(err)
	}
	text, err := json.Marshal(got)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, secret := range []string{signInPassword, "not-the-password", w.key.Secret, w.secret} {
		if strings.Contains(string(text), secret) {
			w.t.Errorf("a result shows the secret %.6s…", secret)
		}
	}
	limit := map[string]engine.TestInfo{}
	for _, i := range got.Tests {
		limit[i.ID] = i
	}
	out := map[cellAt]engine.TestCell{}
	for _, c := range got.Cells {
		out[cellAt{c.Test, c.Side}] = c
		if c.State == engine.CellDone && c.Took > limit[c.Test].Limit {
			w.t.Errorf("%s of the %s took %s, beyond its limit of %s", c.Test, c.Side, c.Took, limit[c.Test].Limit)
		}
		for _, f := range c.Findings {
			if f.Verdict != failover.Pass && f.Remedy.IsZero() {
				w.t.Errorf("%s of the %s says %q and no remedy", c.Test, c.Side, f.Say)
			}
		}
	}
	return out
}

// fault is what has to be seen where something is wrong.
type fault struct {
	verdict failover.Verdict
	word    string
	say     string // in the worst finding
	remedy  string
	proof   string // in its evidence
}

// expect holds a table against what has to be wrong in it, and nothing else.
func (w *town) expect(what string, cells map[cellAt]engine.TestCell, wrong map[cellAt]fault) {
	w.t.Helper()
	for at, want := range wrong {
		c := cells[at]
		if c.Verdict != want.verdict || !strings.Contains(c.Word.String(), want.word) || len(c.Findings) == 0 {
			w.t.Errorf("%s: %s of the %s is %s, %q: %+v", what, at.test, at.side, c.Verdict, c.Word, c.Findings)
			continue
		}
		f := c.Findings[0]
		if !strings.Contains(f.Say.String(), want.say) || !strings.Contains(f.Remedy.String(), want.remedy) || !strings.Contains(strings.Join(f.Evidence, "\n"), want.proof) {
			w.t.Errorf("%s: %s of the %s says %q, to do %q, for %q", what, at.test, at.side, f.Say, f.Remedy, f.Evidence)
		}
	}
	for at, c := range cells {
		if _, is := wrong[at]; !is && c.State != engine.CellUnused && c.Verdict != failover.Pass {
			w.t.Errorf("%s: %s of the %s is %s as well, %q: %+v", what, at.test, at.side, c.Verdict, c.Word, c.Findings)
		}
	}
}

// Each fault is met at a real server that has it and no other, and only its own test
// fails.
func TestConnectFaults(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{ResolvConf: "nameserver 127.0.0.53\n"}) {
		return
	}
	w := newTown(t)
	both := []engine.Side{engine.SidePrimary, engine.SideSecondary}
	w.twenty()

	for _, c := range []struct {
		host, word, say, remedy string
	}{
		{"expired.secondary.test", "expired", "The certificate of expired.secondary.test expired on", "Ask the provider for a valid certificate"},
		{"name.secondary.test", "wrong name", "is for another name: somebody.else.test", "use the host name that the certificate bears"},
		{"self.secondary.test", "not trusted", "not signed by an authority that senders trust", "Ask the provider for a valid certificate"},
	} {
		w.mxHost = c.host
		w.expect(c.host, w.connect(engine.ConnectRequest{Sides: both}), map[cellAt]fault{
			{"tls", engine.SideSecondary}: {failover.Red, c.word, c.say, c.remedy, "certificate 0:"},
		})
	}

	w.mxHost = "everybody.secondary.test"
	w.expect("everybody is taken", w.connect(engine.ConnectRequest{Sides: both}), map[cellAt]fault{
		{"unknown", engine.SideSecondary}: {failover.Red, "250: takes everybody", "accepts every address", "refuse unknown addresses (550 5.1.1)", "250 2.1.5"},
		{"rcpt", engine.SideSecondary}:    {failover.Unknown, "0 of 20", "this proves nothing", "refuse unknown addresses", "250 2.1.5"},
	})
	w.mxHost = "mx.secondary.test"

	w.password["person07@example.test"] = "not-the-password"
	refused := func(say, proof string) fault {
		return fault{failover.Red, "19 of 20", say, "Store the right password of person07@example.test", proof}
	}
	w.expect("a wrong password", w.connect(engine.ConnectRequest{}), map[cellAt]fault{
		{"submission", engine.SidePrimary}:   refused("mx.primary.test does not let person07@example.test sign in", "535 5.7.8"),
		{"submission", engine.SideSecondary}: refused("mx.secondary.test does not let person07@example.test sign in", "535 5.7.8"),
		{"imap", engine.SidePrimary}:         refused("mx.primary.test does not let person07@example.test sign in", "AUTHENTICATIONFAILED"),
		{"imap", engine.SideSecondary}:       refused("mx.secondary.test does not let person07@example.test sign in", "AUTHENTICATIONFAILED"),
	})
	clear(w.password)

	w.secret = servers.NewKey("lifeboat.").Secret
	w.expect("a wrong key", w.connect(engine.ConnectRequest{Tests: []string{"dns-host", "dns"}, Sides: both[:1]}), map[cellAt]fault{
		{"dns-host", engine.SidePrimary}: {failover.Red, "wrong credential", "the secret is wrong", "Renew the credential", "BADSIG"},
	})
	w.secret = w.key.Secret
	w.stale()
}

// stale changes the zone at the server that takes changes; one server does not follow.
func (w *town) stale() {
	w.t.Helper()
	before := w.ns[0].Transfer(w.t, "example.test.")
	m := new(dns.Msg).SetUpdate("example.test.")
	rr, err := dns.NewRR("example.test. 5 MX 20 mx.primary.test.")
	if err != nil {
		w.t.Fatal(err)
	}
	m.Insert([]dns.RR{rr})
	if rcode := w.ns[0].Update(w.t, m); rcode != dns.RcodeSuccess {
		w.t.Fatalf("the update was refused: %s", dns.RcodeToString[rcode])
	}
	servers.Await(w.t, "ns2 to follow", w.follows)
	behind := fault{failover.Red, "2 of 3 addresses", "The name server ns3.example.test (127.0.53.3) is behind", "Ask the DNS host why ns3.example.test (127.0.53.3) does not follow", "(serial 1)"}
	old := behind
	old.verdict, old.say = failover.Warn, "The name server ns3.example.test (127.0.53.3) has an older version of the zone"
	w.expect("a server is behind", w.connect(engine.ConnectRequest{}), map[cellAt]fault{
		{"dns", engine.SidePrimary}: behind, {"dns", engine.SideSecondary}: behind, {"dns", engine.SideEmergency}: old,
	})
	if after := w.ns[0].Transfer(w.t, "example.test."); len(after) != len(before)+1 {
		w.t.Errorf("the tests changed the zone: %d records, and %d before", len(after), len(before))
	}
}

// Who does not answer is told from a line that lets nothing out.
func TestConnectSilence(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{ResolvConf: "nameserver 127.0.0.53\n"}) {
		return
	}
	w := newTown(t)
	port25 := engine.ConnectRequest{Tests: []string{"dns", "mx-names", "port25", "smtp", "tls", "rcpt", "unknown", "submission", "imap"}}
	undo := servers.Firewall(t, servers.Block{Host: secondAddr, Port: 25})
	unreached := func(say string) fault {
		return fault{failover.Unknown, "", say, "Ask the provider whether the host is in service", "127.0.25.2:25"}
	}
	wrong := map[cellAt]fault{}
	for _, side := range []engine.Side{engine.SideSecondary, engine.SideEmergency} {
		wrong[cellAt{"port25", side}] = fault{failover.Red, "no answer", "mx.secondary.test does not answer on port 25, while other mail servers do", "Ask the provider whether the host is in service", "i/o timeout"}
		for _, test := range []string{"smtp", "tls", "unknown"} {
			wrong[cellAt{test, side}] = unreached("mx.secondary.test could not be reached on port 25")
		}
		wrong[cellAt{"rcpt", side}] = unreached("mx.secondary.test could not be asked for person")
	}
	w.expect("a silent host", w.connect(port25), wrong)
	undo()

	undo = servers.Firewall(t, servers.Block{Port: 25})
	cells := w.connect(port25)
	clear(wrong)
	for _, side := range engine.Sides() {
		for _, test := range []string{"port25", "smtp", "tls", "rcpt", "unknown"} {
			at := cellAt{test, side}
			wrong[at] = fault{failover.Unknown, "your own line", "", "There are two other ways to know: send a seed message", ""}
			if !cells[at].OwnLine || slices.ContainsFunc(cells[at].Findings, func(f failover.Finding) bool { return !f.OwnLine }) {
				t.Errorf("%s of the %s is not owed to the line: %+v", test, side, cells[at].Findings)
			}
		}
	}
	w.expect("a line that blocks port 25", cells, wrong)
	undo()

	for _, c := range []struct {
		port int
		test string
	}{{993, "imap"}, {587, "submission"}} {
		undo = servers.Firewall(t, servers.Block{Host: firstAddr, Port: c.port})
		w.expect(c.test, w.connect(engine.ConnectRequest{Sides: []engine.Side{engine.SidePrimary}}), map[cellAt]fault{
			{c.test, engine.SidePrimary}: {failover.Red, "no answer", "mx.primary.test does not answer on port", "See whether the name and port of mx.primary.test in the settings are right", "timeout"},
		})
		undo()
	}
}

// twenty makes all tests of the domain with its 20 accounts, and at once again with seed
// messages: what they take is told, not judged.
func (w *town) twenty() {
	w.t.Helper()
	e := w.engine()
	for _, seed := range []bool{false, true} {
		got, err := e.Connect(w.t.Context(), engine.ConnectRequest{Seed: seed})
		if err != nil {
			w.t.Fatal(err)
		}
		findings := 0
		for _, c := range got.Cells {
			if c.State == engine.CellDone && c.Verdict != failover.Pass {
				w.t.Errorf("%s of the %s: %s, %+v", c.Test, c.Side, c.Word, c.Findings)
			}
			findings += len(c.Findings)
		}
		const least = 4*20 + 2*20 // sign-ins and addresses
		if findings < least {
			w.t.Errorf("only %d findings", findings)
		}
		w.t.Logf("all tests of a domain with 20 accounts, seed messages %t: %s", seed, got.Took)
	}
	// What was found out counts for the preflight, which does not ask again.
	asked := map[string]int{}
	if _, err := e.Check(w.t.Context(), engine.CheckRequest{Found: func(f failover.Finding) { asked[f.Check]++ }}); err != nil {
		w.t.Fatal(err)
	}
	for _, check := range []string{"rcpt", "mx-answers", "mx-names", "starttls", "spf"} {
		if asked[check] > 0 {
			w.t.Errorf("the preflight looks at %s again: %d findings", check, asked[check])
		}
	}
	if asked["line"] == 0 {
		w.t.Error("the preflight looked at nothing")
	}
}
