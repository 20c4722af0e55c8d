package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/drill"
)

// ready is a card with everything on it.
func ready() Card {
	last := before()[3]
	return Card{
		Organization: "Aoba Trading Co., Ltd.", Domains: []string{"aoba.example", "aoba-trading.example"}, Printed: start,
		Primary: "Harbormail", Secondary: "Lighthouse Mail",
		People: []Person{
			{Name: "Taro Suzuki", Role: "managing director", Phone: "090-0000-0002", Decides: true},
			{Name: "Hanako Yamada", Role: "IT", Phone: "090-0000-0001", Decides: true},
			{Name: "Jiro Sato", Phone: "03-0000-0004"},
		},
		Machine: "hanako@desk01", OldTTL: drill.Span(5 * time.Minute),
		Emergency:   []string{"info@emergency.aoba.example", "sales@emergency.aoba.example"},
		Credentials: "Sealed envelope in the office safe; Ms Yamada has the key.",
		DNS:         []DNSHost{{Name: "Cloudflare", Page: "https://dash.cloudflare.com/login", Domains: []string{"aoba.example"}}},
		Support:     []Support{{Name: "Lighthouse Mail", Phone: "03-0000-0003", Page: "https://support.lighthouse.example"}},
		Notes:       []string{"The spare key to the office is at the reception."},
		Last:        &last, Readiness: failover.Say("Ready: every recipient was tried at {provider}", "provider", "Lighthouse Mail"), Ready: true,
	}
}

// crowded has as much as settings can hold, in the widest letters.
func crowded(letter string) Card {
	long := func(n int) string { return strings.Repeat(letter, n) }
	c := ready()
	c.Organization, c.Primary, c.Secondary, c.Machine = long(200), long(200), long(200), long(100)
	c.Flags = "--config /" + long(200) + " --data /" + long(200)
	c.Credentials, c.Readiness = long(160), failover.Say("Not ready: {first}", "first", long(500))
	c.People, c.Domains, c.Emergency, c.DNS, c.Support, c.Notes = nil, nil, nil, nil, nil, nil
	for range 30 {
		c.People = append(c.People, Person{long(60), long(60), long(40), true})
		c.Domains = append(c.Domains, long(250))
		c.Emergency = append(c.Emergency, long(60)+"@"+long(200))
		c.DNS = append(c.DNS, DNSHost{long(60), "https://" + long(150), []string{long(250)}})
		c.Support = append(c.Support, Support{long(60), long(40), "https://" + long(150)})
		c.Notes = append(c.Notes, long(160))
	}
	last := before()[0]
	c.Last = &last
	return c
}

func cards() map[string]Card {
	return map[string]Card{"ready": ready(), "empty": {Printed: start}, "crowded": crowded("W"), "crowded wide": crowded("鯨"), "crowded words": crowded("ab ")}
}

func TestCardsAsKept(t *testing.T) {
	for language, tell := range tellers(t) {
		for _, name := range []string{"ready", "empty"} {
			s := layOut(cards()[name], tell)
			for form, write := range map[string]func(*bytes.Buffer) error{
				"txt":  func(b *bytes.Buffer) error { return writeCardText(b, s) },
				"md":   func(b *bytes.Buffer) error { return writeCardMarkdown(b, s) },
				"html": func(b *bytes.Buffer) error { return writeCardHTML(b, s) },
			} {
				var out bytes.Buffer
				if err := write(&out); err != nil {
					t.Fatal(err)
				}
				golden(t, "card-"+name+"."+language+"."+form, out.Bytes())
			}
		}
	}
}

// fits reports what is wrong with a card as text.
func fits(c Card, tell teller) error {
	var out bytes.Buffer
	s := layOut(c, tell)
	if err := writeCardText(&out, layOut(c, tell)); err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) > pageLines {
		return fmt.Errorf("%d lines:\n%s", len(lines), out.String())
	}
	for _, l := range lines {
		if columns(l) > pageColumns {
			return fmt.Errorf("%d columns: %s", columns(l), l)
		}
		if strings.ContainsRune(l, markOpen) || strings.ContainsRune(l, markShut) {
			return fmt.Errorf("a mark stayed in %q", l)
		}
	}
	// What tells what to do is whole.
	told := strings.Join(strings.Fields(strings.ReplaceAll(out.String(), "\n", "")), "")
	for _, section := range s.sections {
		for _, l := range section.lines {
			if whole := strings.Join(strings.Fields(unmarked(l.words)), ""); !l.spare && l.right == "" && !strings.Contains(told, whole) {
				return fmt.Errorf("%q is not whole in\n%s", l.words, out.String())
			}
		}
	}
	return nil
}

func TestCardIsOnePageOfText(t *testing.T) {
	for language, tell := range tellers(t) {
		for name, c := range cards() {
			if err := fits(c, tell); err != nil {
				t.Errorf("%s, %s: %v", language, name, err)
			}
		}
	}
}

// Whatever the settings hold, the card is one page.
func FuzzCard(f *testing.F) {
	f.Add(uint64(1), "鯨", 3)
	f.Add(uint64(2), "a b", 200)
	f.Add(uint64(3), "\u202E\n\x00|<b>", 40)
	f.Add(uint64(4), string(markOpen)+"x", 9)
	tell := tellers(f)
	f.Fuzz(func(t *testing.T, seed uint64, letters string, most int) {
		random := rand.New(rand.NewPCG(seed, 0))
		if most = min(max(most, 1), 300); len(letters) > 50 {
			return
		}
		text := func() string {
			return strings.Repeat(letters, random.IntN(most))
		}
		c := Card{
			Organization: text(), Primary: text(), Secondary: text(), Machine: text(), Flags: text(), Credentials: text(),
			OldTTL: drill.Span(random.Int64N(int64(100 * time.Hour))), Printed: start, Readiness: failover.Say("{x}", "x", text()),
		}
		for range random.IntN(12) {
			c.People = append(c.People, Person{text(), text(), text(), random.IntN(2) == 0})
			c.Domains, c.Emergency, c.Notes = append(c.Domains, text()), append(c.Emergency, text()), append(c.Notes, text())
			c.DNS, c.Support = append(c.DNS, DNSHost{Name: text(), Page: text()}), append(c.Support, Support{text(), text(), text()})
		}
		for language, tell := range tell {
			if err := fits(c, tell); err != nil {
				t.Errorf("%s: %v", language, err)
			}
			var page bytes.Buffer
			if err := writeCardHTML(&page, layOut(c, tell)); err != nil {
				t.Fatal(err)
			}
			checkHTML(t, page.String())
		}
	})
}

func TestRuncardFormats(t *testing.T) {
	for _, f := range Formats() {
		for name, c := range cards() {
			var out bytes.Buffer
			if err := Runcard(&out, c, tongue{}, f); err != nil || out.Len() == 0 {
				t.Errorf("%s, %s: %v", name, f, err)
			}
			var back Card
			if f != FormatJSON {
				continue
			}
			if err := json.Unmarshal(out.Bytes(), &back); err != nil || back.Organization != c.Organization || len(back.People) != len(c.People) {
				t.Errorf("%s: %v %+v", name, err, back)
			}
		}
	}
	var out bytes.Buffer
	if err := Runcard(&out, ready(), tongue{}, "pdf"); !errors.Is(err, failover.ErrInvalid) || out.Len() > 0 {
		t.Errorf("got %v", err)
	}
}

// The card says what to type, exactly, and where the decision stands.
func TestCardTellsWhatToDo(t *testing.T) {
	for language, tell := range tellers(t) {
		var out bytes.Buffer
		if err := writeCardText(&out, layOut(ready(), tell)); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{
			"lifeboat check", "lifeboat failover", "lifeboat verify", "lifeboat rollback", "lifeboat failback", "lifeboat status --watch",
			"090-0000-0002", "* ", "aoba.example", "info@emergency.aoba.example", "Sealed envelope", "https://dash.cloudflare.com/login", "2026-11-19", "hanako@desk01",
		} {
			if !strings.Contains(out.String(), part) {
				t.Errorf("%s: the card does not say %q:\n%s", language, part, out.String())
			}
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"", 5, ""},
		{"one two three", 8, "one two|three"},
		{"aaaaaaaaaa bb", 4, "aaaa|aaaa|aa|bb"},
		{"これは、長い文です。", 8, "これは、|長い文で|す。"},
		{"あいう。え", 6, "あい|う。え"},
		{"（あいう）", 4, "（あ|い|う）"},
		{"a  b", 1, "a|b"},
	} {
		if got := strings.Join(wrap(c.text, c.most), "|"); got != c.want {
			t.Errorf("%q in %d: got %q, want %q", c.text, c.most, got, c.want)
		}
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{{"short", 5, "short"}, {"longer text", 8, "longer…"}, {"日本語", 5, "日…"}, {"e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"}} {
		if got := clip(c.text, c.most); got != c.want {
			t.Errorf("%q to %d: got %q, want %q", c.text, c.most, got, c.want)
		}
	}
}
