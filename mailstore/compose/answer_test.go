package compose_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lifeboat/mailstore"
	"lifeboat/mailstore/compose"
)

// To whom an answer goes.
func TestReplyRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, header   string
		one            string // an answer's To
		allTo, allCopy string // an answer to all
	}{
		{"to the sender", "From: a@x.org\nTo: me@example.jp, b@x.org\nCc: c@x.org", "a@x.org", "a@x.org b@x.org", "c@x.org"},
		{"where answers are wanted", "From: a@x.org\nReply-To: r@x.org, s@x.org\nTo: me@example.jp\nCc: r@X.ORG", "r@x.org s@x.org", "r@x.org s@x.org", ""},
		{"by my other address", "From: a@x.org\nTo: Alias@Example.JP\nCc: b@x.org", "a@x.org", "a@x.org", "b@x.org"},
		{"each once", "From: a@x.org\nTo: A@x.org, b@x.org, b@x.org\nCc: B@x.org, a@x.org, me@example.jp", "a@x.org", "a@x.org b@x.org", ""},
		{"what I wrote", "From: me@example.jp\nTo: a@x.org\nCc: b@x.org", "a@x.org", "a@x.org", "b@x.org"},
		{"a note to myself", "From: me@example.jp\nTo: alias@example.jp", "me@example.jp", "me@example.jp", ""},
		{"a list", "From: a@x.org\nTo: list@l.org\nList-Post: <mailto:list@l.org?x=y>", "a@x.org", "a@x.org list@l.org", ""},
		{"a list in a blind copy", "From: a@x.org\nTo: b@x.org\nList-Post: <mailto:list@l.org>, <https://l.org/post>", "a@x.org", "a@x.org b@x.org", "list@l.org"},
		{"a list that takes no posts", "From: a@x.org\nTo: b@x.org\nList-Post: NO (news)", "a@x.org", "a@x.org b@x.org", ""},
		{"where all answers are wanted", "From: a@x.org\nTo: list@l.org\nCc: c@x.org\nMail-Followup-To: list@l.org,\n me@example.jp", "a@x.org", "list@l.org", ""},
		{"nobody can be read", "From: broken\nTo: undisclosed-recipients:;", "", "", ""},
		{"some can be read", "From: broken@, a@x.org\nTo: me@example.jp", "a@x.org", "a@x.org", ""},
	} {
		o := compose.ReadOriginal([]byte(strings.ReplaceAll(c.header+"\n\nHello\n", "\n", "\r\n")))
		me := []string{"me@example.jp", "alias@example.jp"}
		one, all := compose.Reply(o, false, me, nil), compose.Reply(o, true, me, nil)
		if list(one.To) != c.one || len(one.Cc) > 0 {
			t.Errorf("%s: an answer goes to %q and %q", c.name, list(one.To), list(one.Cc))
		}
		if list(all.To) != c.allTo || list(all.Cc) != c.allCopy {
			t.Errorf("%s: an answer to all goes to %q and %q", c.name, list(all.To), list(all.Cc))
		}
	}
}

func list(to []mailstore.Address) string {
	var out []string
	for _, a := range to {
		out = append(out, a.Address)
	}
	return strings.Join(out, " ")
}

func TestReplyThread(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Message-ID: <2@x>\nReferences: <0@x> <1@x>\nIn-Reply-To: <1@x>": "2@x: 0@x 1@x 2@x",
		"Message-ID: <2@x>\nIn-Reply-To: <1@x>":                          "2@x: 1@x 2@x",
		"Message-ID: <2@x>\nIn-Reply-To: <0@x> <1@x>":                    "2@x: 2@x",
		"References: <0@x>": ": 0@x",
		"Subject: none":     ": ",
	} {
		d := compose.Reply(compose.ReadOriginal([]byte(header+"\n\n")), false, nil, nil)
		if got := d.InReplyTo + ": " + strings.Join(d.References, " "); got != want {
			t.Errorf("%q: got %q", header, got)
		}
	}
	long := draft(func(d *compose.Draft) {
		for i := range 300 {
			d.References = append(d.References, fmt.Sprintf("%d@x", i))
		}
	})
	refs := read(t, write(t, long)).References
	if len(refs) != 25 || refs[0] != "0@x" || refs[1] != "276@x" || refs[24] != "299@x" {
		t.Errorf("of a long thread there are %d: %v", len(refs), refs)
	}
}

func TestReplyTextAndSubject(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{
		"Hello": "Re: Hello", "Re: Hello": "Re: Hello", "RE: re[3]: 返信： Hello": "Re: Hello", "": "Re:", "Report": "Re: Report", "AW: x": "Re: x",
	} {
		o := compose.Original{Letter: mailstore.Letter{Subject: subject}}
		if d := compose.Reply(o, false, nil, nil); d.Subject != want {
			t.Errorf("%q is answered as %q", subject, d.Subject)
		}
	}
	o := compose.ReadOriginal([]byte("From: A <a@x.org>\nDate: Fri, 20 Nov 2026 18:00:00 +0900\n\nOne\n\n> two\n-- \nA\n"))
	want := "On 2026-11-20 18:00 +0900, A wrote:\n> One\n>\n>> two\n> --\n> A\n"
	if d := compose.Reply(o, false, nil, nil); d.Text != want {
		t.Errorf("got %q", d.Text)
	}
	said := compose.Reply(o, false, nil, func(s mailstore.Sentence) string { return strings.ToUpper(s.Template) })
	if !strings.HasPrefix(said.Text, "ON {DATE}, {WHO} WROTE:\n") {
		t.Errorf("in another language: %q", said.Text)
	}
}

// What is passed on as an attachment arrives byte for byte, whatever its bytes are.
func TestForwardKeepsBytes(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"plain": "From: a@x.org\r\nSubject: a/b: \"c\"\r\n\r\nHello\r\n", "8 bit": "From: a@x.org\r\n\r\n会議\r\n", "bare LF": "From: a@x.org\n\nHello\n",
		"NUL": "From: a@x.org\r\n\r\n\x00\r\n", "mixed line ends": "From: a@x.org\r\n\r\nHello\nyou\rthere\r\n", "long line": "From: a@x.org\r\n\r\n" + strings.Repeat("x", 2000) + "\r\n", "no end": "From: a@x.org\r\n\r\nHello", "empty": "",
	} {
		d := compose.Forward(compose.ReadOriginal([]byte(raw)))
		d.From, d.To = person("", "me@example.jp"), []mailstore.Address{person("", "x@example.org")}
		m := write(t, d)
		if m.EightBit != (name == "8 bit") {
			t.Errorf("%s: needs 8BITMIME: %v", name, m.EightBit)
		}
		o, err := compose.ReadOriginal(m.Bytes).ReadFiles()
		i := slices.IndexFunc(o.Files, func(f compose.Attachment) bool { return strings.HasSuffix(f.Name, ".eml") })
		if err != nil || i < 0 {
			t.Errorf("%s: %v in %+v", name, err, o.Letter)
			continue
		}
		if name == "bare LF" {
			raw = strings.ReplaceAll(raw, "\n", "\r\n")
		}
		if got := string(o.Files[i].Content); got != raw && got+"\r\n" != raw { // the last line end belongs to the boundary
			t.Errorf("%s: %q arrives as %q", name, raw, got)
		}
	}
}
