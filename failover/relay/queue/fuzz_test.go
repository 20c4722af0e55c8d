package queue

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// What a record holds is read as it was written, and nonsense is refused without harm.
func FuzzRecord(f *testing.F) {
	now := newClock().now()
	e := &entry{key: key{5, 7}, arrived: nanos(now), size: 10, home: 3}
	e.setItem(relay.Item{
		Envelope: relay.Envelope{User: "a@example.jp", From: "b@example.jp", UTF8: true, Client: "::1", As: "c"},
		To:       []relay.Recipient{{Address: "x", Fate: relay.Bounced, Answer: "550 no"}, {Address: "y", Fate: "odd"}},
		Subject:  "件名", State: relay.Held, Since: now, Why: failover.Say("{a}", "a", 1), Via: "third", Handed: failover.Primary,
	})
	e.setPlaces([]place{{1, 2, 3}, {1, 5, 6}})
	event := relay.Event{
		Login: "office",
		At:    now, ID: key{1, 2}.id(), Kind: relay.Sent, User: "u", From: "f", To: []string{"a", "b"}, MessageID: "m", Subject: "s", Size: -1,
		Domain: "d", Role: failover.Secondary, Host: "h", Answer: "250", Code: 250, TLS: &relay.TLS{Version: "1"}, Try: 3, By: "me",
		Other: "o", Say: failover.Say("{x}", "x", "y"),
	}
	sample := relay.Sample{At: now, Domain: "d", Role: failover.Primary, Waiting: 1, Held: 2, Uncertain: 3, Bytes: 4, Oldest: now, Accepted: 5, Delivered: 6, Bounced: 7, Again: 8}
	all := putUint(nil, uint64(12))
	all = putChange(all, changeBase, putBase(nil, base{begun: 5, last: key{1, 2}, tallies: map[at]tally{{"d", failover.Primary}: {1, 2, 3, 4}, {"", "x"}: {}}}))
	all = putChange(all, changeEntry, e.put())
	all = putChange(all, changeState, e.putMutable(putKey(nil, e.key)))
	all = putChange(all, changeEnd, putKey(nil, e.key))
	all = putChange(all, changeEvent, putEvent(&event))
	all = putChange(all, changeSample, putSample(nil, &sample))
	all = putChange(all, changeTally, putTally(nil, at{"d", "x"}, tally{1, 2, 3, 4}))
	all = putChange(all, 99, []byte("later"))
	f.Add(all)
	f.Add([]byte{})
	f.Add(all[:50])
	f.Add([]byte{1, changeEntry, 3, 0xff, 0xff, 0xff})
	everything := func(byte) bool { return true }
	f.Fuzz(func(t *testing.T, content []byte) {
		var again []byte
		number, err := readRecord(string(content), everything, func(c change) {
			if c.what == changeEntry {
				_ = c.entry.item() // it can be told
				c.entry.setItem(c.entry.item())
			}
			again = putChange(again, c.what, written(&c))
		})
		if err != nil {
			return
		}
		// What was read is written such that it is read as the same.
		first := fmt.Sprint(number, describe(content))
		if second := fmt.Sprint(number, describe(append(putUint(nil, number), again...))); first != second {
			t.Errorf("%s\nis read again as\n%s", first, second)
		}
	})
}

func written(c *change) []byte {
	switch c.what {
	case changeBase:
		return putBase(nil, c.base)
	case changeEntry:
		return c.entry.put()
	case changeState:
		return c.entry.putMutable(putKey(nil, c.entry.key))
	case changeEnd:
		return putKey(nil, c.entry.key)
	case changeEvent:
		return putEvent(&c.event)
	case changeSample:
		return putSample(nil, &c.sample)
	case changeTally:
		return putTally(nil, c.at, c.tally)
	}
	return []byte(c.raw)
}

func describe(content []byte) (all []string) {
	_, _ = readRecord(string(content), func(byte) bool { return true }, func(c change) {
		switch c.what {
		case changeEntry:
			all = append(all, fmt.Sprintf("%+v %v", c.entry.item(), c.entry.places()))
		case changeState:
			all = append(all, fmt.Sprintf("%v %q", c.entry.key, c.entry.putMutable(nil)))
		case changeEvent:
			tls := relay.TLS{}
			if c.event.TLS != nil {
				tls = *c.event.TLS
			}
			c.event.TLS = nil
			all = append(all, fmt.Sprintf("%+v %+v", c.event, tls))
		default:
			all = append(all, fmt.Sprintf("%v %+v %+v %+v %+v", c.what, c.base, c.sample, c.at, c.tally))
		}
	})
	return all
}

// Whatever a file holds, going over it ends, and gives nothing but what was sealed for its
// place.
func FuzzScan(f *testing.F) {
	head, aead, err := newHeader(testKey, journalMagic, 1)
	if err != nil {
		f.Fatal(err)
	}
	file := head
	sealed := map[int64]string{}
	for n := range 5 {
		kind := recordFrame
		if n == 2 {
			kind = bodyFrame
		}
		content := bytes.Repeat([]byte{byte(n)}, n*20)
		sealed[int64(len(file))] = string(content)
		if file, err = appendFrame(file, aead, int64(len(file)), kind, content); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(0, 0, []byte{}, 0)
	f.Add(200, 1, []byte{0}, 0)
	f.Add(150, 0, []byte("inserted"), 0)
	f.Add(300, 60, []byte{}, 30)
	f.Add(len(file), 0, make([]byte, 100), 0)
	f.Fuzz(func(t *testing.T, from, remove int, insert []byte, cut int) {
		b := bytes.Clone(file)
		from = min(max(from, 0), len(b))
		remove = min(max(remove, 0), len(b)-from)
		b = append(append(b[:from:from], insert...), b[from+remove:]...)
		b = b[:len(b)-min(max(cut, 0), len(b))]
		var end int64
		got, err := scan(bytes.NewReader(b), int64(len(b)), aead, isRecord, func(fr frame, content []byte) error {
			if fr.at < end {
				t.Errorf("the frame at %d comes after %d", fr.at, end)
			}
			end = fr.at + fr.length
			if want, ok := sealed[fr.at]; fr.kind == recordFrame && (!ok || want != string(content)) {
				t.Errorf("at %d lies %q, not %q", fr.at, content, want)
			}
			return nil
		})
		if err != nil || got.end < end {
			t.Errorf("%+v, %v", got, err)
		}
		for _, d := range got.damages {
			if d.to <= d.from || d.frames < 1 {
				t.Errorf("%+v", d)
			}
		}
	})
}

// The log of a year: half a million messages, submitted and delivered.
func BenchmarkQueueLog1000000(b *testing.B) {
	tune := defaults()
	tune.wrap = func(f *os.File) file { return unflushed{f} }
	c := newClock()
	q := try(b, Options{Dir: b.TempDir(), Now: c.now}, tune)
	var some relay.ID
	var k key
	const count = 1_000_000
	for n := range count / 2 {
		c.pass(time.Minute)
		k = k.next(c.now())
		to := []string{fmt.Sprintf("customer%d@example.com", n%5000)}
		from := fmt.Sprintf("person%d@example.jp", n%200)
		if n == count/4 {
			some = k.id()
		}
		if err := q.File(b.Context(),
			relay.Event{ID: k.id(), Kind: relay.Submitted, User: from, From: from, To: to, Domain: "example.jp", Host: "192.0.2.1", Size: int64(n),
				MessageID: fmt.Sprintf("%x.%d@mail.example.jp", n*7919, n), Subject: fmt.Sprintf("お見積りの件 (%d)", n)},
			relay.Event{ID: k.id(), Kind: relay.Sent, From: from, To: to, Domain: "example.jp", Role: failover.Primary, Host: "smtp.office365.com", Code: 250,
				Answer: fmt.Sprintf("250 2.0.0 OK <%d> [Hostname=TYCPR01MB%d.jpnprd01.prod.outlook.com]", n, n%97), TLS: &relay.TLS{Version: "TLS 1.3", Cipher: "TLS_AES_256_GCM_SHA384", Name: "smtp.office365.com"}, Try: 1}); err != nil {
			b.Fatal(err)
		}
	}
	for _, where := range []string{"journal", "past"} {
		b.Logf("%s: %d bytes", where, q.writer.used)
		for name, query := range map[string]relay.LogQuery{
			"newest": {}, "message": {ID: some}, "address": {Address: "customer4321@", Limit: 10},
			"text": {Text: "(250000)"}, "day": {Since: c.now().Add(-200 * 24 * time.Hour), Until: c.now().Add(-199 * 24 * time.Hour)},
		} {
			b.Run(where+"/"+name, func(b *testing.B) {
				for b.Loop() {
					if got := events(b, q, query); len(got) == 0 {
						b.Fatal("nothing found")
					}
				}
			})
		}
		start := time.Now()
		toPast(b, q)
		b.Logf("moved to the past in %v", time.Since(start))
	}
}
