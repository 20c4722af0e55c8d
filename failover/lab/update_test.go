package lab_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/lab"
)

// rrs makes records, new ones each time, as the library writes into them.
func rrs(t *testing.T, sets ...failover.RRset) []dns.RR {
	t.Helper()
	var out []dns.RR
	for _, s := range sets {
		r, err := dnswire.Records(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r...)
	}
	return out
}

// send signs an update with a key and returns the answer.
func send(t *testing.T, w *lab.World, key lab.TSIG, m *dns.Msg) (*dns.Msg, error) {
	t.Helper()
	m.SetTsig(key.Name, key.Algorithm, 300, time.Now().Unix())
	return exchange(t, w, "tcp", w.UpdateServer(), m, dns.Client{Timeout: 5 * time.Second, TsigSecret: map[string]string{key.Name: key.Secret}})
}

func update(fill func(m *dns.Msg)) *dns.Msg {
	m := new(dns.Msg)
	m.SetUpdate("example.test.")
	fill(m)
	return m
}

func TestUpdateSwitchesTheMX(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{TTL: 300})
	events, _ := w.Subscribe(10)
	d := w.Domain()
	old, fresh := w.Truth(d.Name, "MX"), failover.MXSet(d.Name, 60, d.Secondary.MX)
	untouched := w.Truth(d.Name, "TXT")
	serial := ask(t, w, w.UpdateServer(), d.Name, "SOA").Values[0]
	swap := func() *dns.Msg {
		return update(func(m *dns.Msg) {
			m.Used(rrs(t, old))
			m.RemoveRRset(rrs(t, old))
			m.Insert(rrs(t, fresh))
		})
	}
	r, err := send(t, w, w.TSIG(), swap())
	if err != nil || r.Rcode != dns.RcodeSuccess || r.IsTsig() == nil {
		t.Fatalf("%v, %v", r, err)
	}
	if got := ask(t, w, w.UpdateServer(), d.Name, "MX"); !got.Equal(fresh) || !w.Truth(d.Name, "MX").Equal(fresh) {
		t.Errorf("the MX set is %v", got)
	}
	if got := w.Truth(d.Name, "TXT"); !got.Equal(untouched) {
		t.Errorf("TXT has become %v", got)
	}
	if e := next(t, events, lab.EventSwitched); e.Role != failover.Secondary || e.Say.String() != "The MX records of example.test now lead to Lighthouse." {
		t.Errorf("told: %q", e.Say)
	}
	if now := ask(t, w, w.UpdateServer(), d.Name, "SOA").Values[0]; now == serial {
		t.Error("the serial has stayed")
	}
	if r, err = send(t, w, w.TSIG(), swap()); err != nil || r.Rcode != dns.RcodeNXRrset {
		t.Errorf("the same once more: %v, %v", r, err)
	}
}

func TestUpdateOfSeveralWritersOneWins(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	old := w.Truth("example.test", "MX")
	lock := failover.NewRRset("_lifeboat-lock.example.test", "TXT", 60, `"taken"`)
	var wg sync.WaitGroup
	codes := make([]int, 12)
	for i := range codes {
		m := update(func(m *dns.Msg) {
			m.Used(rrs(t, old))
			m.RRsetNotUsed(rrs(t, lock))
			m.RemoveRRset(rrs(t, old))
			m.Insert(rrs(t, failover.NewRRset("example.test", "MX", 60, fmt.Sprintf("10 mx%d.lighthouse.test.", i)), lock))
		})
		wg.Go(func() {
			r, err := send(t, w, w.TSIG(), m)
			if codes[i] = -1; err == nil {
				codes[i] = r.Rcode
			}
		})
	}
	wg.Wait()
	winner := -1
	for i, code := range codes {
		switch {
		case code == dns.RcodeSuccess && winner < 0:
			winner = i
		case code != dns.RcodeYXRrset && code != dns.RcodeNXRrset:
			t.Errorf("writer %d: %d", i, code)
		}
	}
	if got := w.Truth("example.test", "MX"); winner < 0 || len(got.Values) != 1 || got.Values[0] != fmt.Sprintf("10 mx%d.lighthouse.test.", winner) {
		t.Errorf("codes %v, and the set is %v", codes, got)
	}
}

func TestUpdatePrerequisites(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{TTL: 300})
	mx := w.Truth("example.test", "MX")
	some := failover.NewRRset("example.test", "MX", 300, mx.Values[0])
	more := failover.NewRRset("example.test", "MX", 300, append([]string{"99 x.test."}, mx.Values...)...)
	none := failover.NewRRset("nobody.example.test", "MX", 300, "10 a.test.")
	shouted := failover.RRset{Key: failover.Key{Name: "EXAMPLE.test.", Type: "MX"}, Values: mx.Values}
	outside := failover.NewRRset("example.org", "MX", 300, "10 a.test.")
	between := failover.NewRRset("_domainkey.example.test", "TXT", 300, `"x"`)
	for name, c := range map[string]struct {
		fill func(m *dns.Msg)
		want int
	}{
		"the very set":             {func(m *dns.Msg) { m.Used(rrs(t, mx)) }, dns.RcodeSuccess},
		"in another case":          {func(m *dns.Msg) { m.Used(rrs(t, shouted)) }, dns.RcodeSuccess},
		"a part of the set":        {func(m *dns.Msg) { m.Used(rrs(t, some)) }, dns.RcodeNXRrset},
		"more than the set":        {func(m *dns.Msg) { m.Used(rrs(t, more)) }, dns.RcodeNXRrset},
		"a set that is not there":  {func(m *dns.Msg) { m.Used(rrs(t, none)) }, dns.RcodeNXRrset},
		"some set":                 {func(m *dns.Msg) { m.RRsetUsed(rrs(t, some)) }, dns.RcodeSuccess},
		"some set, missing":        {func(m *dns.Msg) { m.RRsetUsed(rrs(t, none)) }, dns.RcodeNXRrset},
		"no set":                   {func(m *dns.Msg) { m.RRsetNotUsed(rrs(t, none)) }, dns.RcodeSuccess},
		"no set, but one":          {func(m *dns.Msg) { m.RRsetNotUsed(rrs(t, some)) }, dns.RcodeYXRrset},
		"name":                     {func(m *dns.Msg) { m.NameUsed(rrs(t, some)) }, dns.RcodeSuccess},
		"name, missing":            {func(m *dns.Msg) { m.NameUsed(rrs(t, none)) }, dns.RcodeNameError},
		"name, only between":       {func(m *dns.Msg) { m.NameUsed(rrs(t, between)) }, dns.RcodeNameError},
		"no name":                  {func(m *dns.Msg) { m.NameNotUsed(rrs(t, none)) }, dns.RcodeSuccess},
		"no name, but one":         {func(m *dns.Msg) { m.NameNotUsed(rrs(t, some)) }, dns.RcodeYXDomain},
		"outside":                  {func(m *dns.Msg) { m.RRsetNotUsed(rrs(t, outside)) }, dns.RcodeNotZone},
		"with a TTL":               {func(m *dns.Msg) { m.Used(rrs(t, mx)); m.Answer[0].Header().Ttl = 1 }, dns.RcodeFormatError},
		"in a class of its own":    {func(m *dns.Msg) { m.Used(rrs(t, mx)); m.Answer[0].Header().Class = dns.ClassCHAOS }, dns.RcodeFormatError},
		"not there, but with data": {func(m *dns.Msg) { m.Used(rrs(t, mx)); m.Answer[0].Header().Class = dns.ClassNONE }, dns.RcodeFormatError},
		"one holds, one does not":  {func(m *dns.Msg) { m.Used(rrs(t, mx)); m.RRsetUsed(rrs(t, none)) }, dns.RcodeNXRrset},
	} {
		mark := failover.NewRRset("mark.example.test", "TXT", 60, dnswire.TXT(name))
		r, err := send(t, w, w.TSIG(), update(func(m *dns.Msg) { c.fill(m); m.Insert(rrs(t, mark)) }))
		if err != nil || r.Rcode != c.want {
			t.Errorf("%s: %v, %v, want %s", name, r, err, dns.RcodeToString[c.want])
		}
		done := false
		for _, v := range w.Truth("mark.example.test", "TXT").Values {
			done = done || v == mark.Values[0]
		}
		if done != (c.want == dns.RcodeSuccess) {
			t.Errorf("%s: changed: %v", name, done)
		}
	}
}

func TestUpdateChangesWhatItSays(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{TTL: 300})
	mx := w.Truth("example.test", "MX")
	extra := failover.NewRRset("example.test", "MX", 77, "30 mx3.harbormail.test.")
	do := func(fill func(m *dns.Msg)) int {
		r, err := send(t, w, w.TSIG(), update(fill))
		if err != nil {
			t.Fatal(err)
		}
		return r.Rcode
	}
	if code := do(func(m *dns.Msg) { m.Insert(rrs(t, extra)) }); code != dns.RcodeSuccess {
		t.Fatal(dns.RcodeToString[code])
	}
	if got := w.Truth("example.test", "MX"); len(got.Values) != 3 || got.TTL != 77 {
		t.Errorf("after one more: %v, want three with TTL 77", got)
	}
	do(func(m *dns.Msg) { m.Remove(rrs(t, extra)) })
	if got := w.Truth("example.test", "MX"); !got.SameValues(mx) {
		t.Errorf("after one less: %v", got)
	}
	// Nothing stands beside an alias.
	beside := failover.NewRRset("harbor1._domainkey.example.test", "TXT", 60, `"x"`)
	if code := do(func(m *dns.Msg) { m.Insert(rrs(t, beside)) }); code != dns.RcodeSuccess || w.Truth(beside.Name, "TXT").Exists() {
		t.Errorf("beside an alias: %s, %v", dns.RcodeToString[code], w.Truth(beside.Name, "TXT"))
	}
	serial := w.Truth("example.test", "SOA")
	do(func(m *dns.Msg) { m.Insert(rrs(t, w.Truth("example.test", "MX"))) })
	if got := w.Truth("example.test", "SOA"); !got.Equal(serial) {
		t.Error("an update that changes nothing changed the serial")
	}
	do(func(m *dns.Msg) { m.RemoveRRset(rrs(t, mx)) })
	if got := w.Truth("example.test", "MX"); got.Exists() {
		t.Errorf("after removing all: %v", got)
	}
}

func TestUpdatePolicyAndSignatures(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	good := w.TSIG()
	wrong, stranger, sha1 := good, good, good
	wrong.Secret = base64.StdEncoding.EncodeToString([]byte("not the secret"))
	stranger.Name = "somebody."
	sha1.Algorithm = dns.HmacSHA1
	txt := failover.NewRRset("note.example.test", "TXT", 60, `"x"`)
	insert := func(set failover.RRset) *dns.Msg { return update(func(m *dns.Msg) { m.Insert(rrs(t, set)) }) }
	before := w.Truth("example.test", "SOA")
	// The library's client calls every NOTAUTH an error of authentication.
	for name, c := range map[string]struct {
		key   lab.TSIG
		m     *dns.Msg
		rcode int
		tsig  uint16
	}{
		"A":     {good, insert(failover.NewRRset("example.test", "A", 60, "192.0.2.9")), dns.RcodeRefused, 0},
		"NS":    {good, insert(failover.NewRRset("example.test", "NS", 60, "ns.evil.test.")), dns.RcodeRefused, 0},
		"CNAME": {good, insert(failover.NewRRset("mail.example.test", "CNAME", 60, "a.test.")), dns.RcodeRefused, 0},
		"SOA":   {good, insert(failover.NewRRset("example.test", "SOA", 60, "a.test. b.test. 9 1 1 1 1")), dns.RcodeRefused, 0},
		"MX, then A": {good, update(func(m *dns.Msg) {
			m.Insert(rrs(t, failover.NewRRset("example.test", "MX", 60, "1 a.test."), failover.NewRRset("example.test", "A", 60, "192.0.2.9")))
		}), dns.RcodeRefused, 0},
		"the whole name": {good, update(func(m *dns.Msg) { m.RemoveName(rrs(t, txt)) }), dns.RcodeRefused, 0},
		"outside":        {good, insert(failover.NewRRset("example.org", "TXT", 60, `"x"`)), dns.RcodeNotZone, 0},
		"another zone":   {good, func() *dns.Msg { m := new(dns.Msg); m.SetUpdate("harbormail.test."); return m }(), dns.RcodeNotAuth, 0},
		"no SOA":         {good, func() *dns.Msg { m := insert(txt); m.Question[0].Qtype = dns.TypeMX; return m }(), dns.RcodeFormatError, 0},
		"wrong secret":   {wrong, insert(txt), dns.RcodeNotAuth, dns.RcodeBadSig},
		"unknown key":    {stranger, insert(txt), dns.RcodeNotAuth, dns.RcodeBadKey},
		"another hash":   {sha1, insert(txt), dns.RcodeNotAuth, dns.RcodeBadKey},
	} {
		r, err := send(t, w, c.key, c.m)
		if r == nil {
			t.Errorf("%s: no answer: %v", name, err)
			continue
		}
		if sig := r.IsTsig(); r.Rcode != c.rcode || sig == nil || sig.Error != c.tsig || (err != nil) != (c.rcode == dns.RcodeNotAuth) {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
	unsigned, err := exchange(t, w, "udp", w.UpdateServer(), insert(txt), dns.Client{})
	if err != nil || unsigned.Rcode != dns.RcodeRefused {
		t.Errorf("without a signature: %v, %v", unsigned, err)
	}
	second, err := exchange(t, w, "udp", serverAddr(t, w, w.Nameservers()[1]), insert(txt), dns.Client{})
	if err != nil || second.Rcode != dns.RcodeRefused {
		t.Errorf("at a secondary: %v, %v", second, err)
	}
	if now := w.Truth("example.test", "SOA"); !now.Equal(before) {
		t.Errorf("something changed: %v", now)
	}
}

func TestUpdateFromAClockThatIsWrong(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	key := w.TSIG()
	m := update(func(m *dns.Msg) { m.Insert(rrs(t, failover.NewRRset("note.example.test", "TXT", 60, `"x"`))) })
	m.SetTsig(key.Name, key.Algorithm, 300, time.Now().Add(-time.Hour).Unix())
	r, err := exchange(t, w, "udp", w.UpdateServer(), m, dns.Client{TsigSecret: map[string]string{key.Name: key.Secret}})
	if r == nil {
		t.Fatal(err)
	}
	sig := r.IsTsig()
	if r.Rcode != dns.RcodeNotAuth || sig == nil || sig.Error != dns.RcodeBadTime || sig.OtherLen != 6 || sig.MACSize == 0 {
		t.Errorf("%v, %v", r, err)
	}
	if err != nil && !errors.Is(err, dns.ErrTime) && !errors.Is(err, dns.ErrAuth) {
		t.Errorf("%v", err)
	}
	if w.Truth("note.example.test", "TXT").Exists() {
		t.Error("the record is there")
	}
}

func TestSignedQuestionsGetSignedAnswers(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	key := w.TSIG()
	m := new(dns.Msg)
	m.SetQuestion("example.test.", dns.TypeMX)
	m.SetTsig(key.Name, key.Algorithm, 300, time.Now().Unix())
	r, err := exchange(t, w, "udp", w.UpdateServer(), m, dns.Client{TsigSecret: map[string]string{key.Name: key.Secret}})
	if err != nil || r.IsTsig() == nil || len(r.Answer) != 2 {
		t.Errorf("%v, %v", r, err)
	}
}
