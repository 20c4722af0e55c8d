package compose_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lifeboat/mailstore"
	"lifeboat/mailstore/compose"
)

// Letters of all kinds that people's names, subjects and texts are made of.
const letters = "abcXYZ019 .,:;!?()[]<>@\"'\\=_-+/*#%&~^`|{}$" + "äéßøñ" + "あいうカキ会議株式髙﨑𠮷ｶﾅ＠（）～" + "がぎ" + "가나다" + "привет" + "שלום" + "😀👍🏽👨‍👩‍👧🇯🇵" + "\u200b\u00a0\u3000\ufeff"

func words(least, most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		pieces := []string{"Re: ", "=?UTF-8?B?eA==?=", "  ", "= =", "From ", strings.Repeat("long", 30), "\u304b\u3099", "?=", " ", "会議の件"}
		var out strings.Builder
		for range rapid.IntRange(least, most).Draw(t, "pieces") {
			if rapid.IntRange(0, 4).Draw(t, "kind") == 0 {
				out.WriteString(rapid.SampledFrom(pieces).Draw(t, "piece"))
			} else {
				out.WriteRune(rapid.SampledFrom([]rune(letters)).Draw(t, "letter"))
			}
		}
		return out.String()
	})
}

func anyDraft(t *rapid.T) compose.Draft {
	address := func(domain string) mailstore.Address {
		local := rapid.StringMatching(`[a-z][a-z0-9.+-]{0,20}[a-z]`).Filter(func(s string) bool { return !strings.Contains(s, "..") }).Draw(t, "local")
		return person(words(0, 30).Draw(t, "name"), local+"@"+domain)
	}
	d := compose.Draft{From: address("example.jp"), Subject: words(0, 80).Draw(t, "subject")}
	for range rapid.IntRange(1, 5).Draw(t, "recipients") {
		d.To = append(d.To, address("example.org"))
	}
	d.Text = "Hello\n" // without a text, readers show that of an attachment
	for range rapid.IntRange(0, 12).Draw(t, "lines") {
		line := rapid.SampledFrom([]string{"", "", "> ", ">> ", " ", "-- ", ".", "From ", "\t"}).Draw(t, "start") + words(0, 60).Draw(t, "line")
		d.Text += line + rapid.SampledFrom([]string{"\n", "\n", "\n", " \n", "\r\n", ""}).Draw(t, "end")
	}
	for range rapid.IntRange(0, 3).Draw(t, "files") {
		short := func(s string) bool { return len(s) <= 190 } // longer ones are cut
		name := words(1, 40).Filter(short).Draw(t, "file") + rapid.SampledFrom([]string{".pdf", ".xlsx", ".txt", ""}).Draw(t, "kind")
		d.Attachments = append(d.Attachments, compose.Attachment{Name: name, Content: rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "content")})
	}
	return d
}

// What is written is read again as it was meant: by our own reader, for each draft...
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := anyDraft(rt)
		m, err := d.Message(fixed())
		if err != nil {
			rt.Fatal(err)
		}
		wellFormed(t, m)
		got := read(t, m)
		if want := seen(d.Subject); seen(got.Subject) != want {
			rt.Fatalf("the subject %q is read as %q in\n%s", want, got.Subject, m.Bytes)
		}
		sameText(rt, d.Text, got.Text, m)
		if len(got.To) != len(d.To) {
			rt.Fatalf("%d recipients are read as %v", len(d.To), got.To)
		}
		for i, a := range append(got.To, got.From...) {
			want := append(slices.Clone(d.To), d.From)[i]
			if a.Address != want.Address || seenName(a.Name) != seenName(want.Name) {
				rt.Fatalf("%q is read as %q in\n%s", want, a, m.Bytes)
			}
		}
		for i, a := range got.Attachments {
			if want := d.Attachments[i]; a.Size != int64(len(want.Content)) {
				rt.Fatalf("%q of %d octets is read as %+v", want.Name, len(want.Content), a)
			}
		}
		if len(got.Attachments) != len(d.Attachments) {
			rt.Fatalf("%d files are read as %v in\n%s", len(d.Attachments), got.Attachments, m.Bytes)
		}
	})
}

// seen is a line as a reader shows it: without what cannot be seen.
func seen(text string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r == '\u200b' || r == '\ufeff' {
			return -1
		}
		return r
	}, text)), " ")
}

// seenName is a name as our reader shows it: without the quotes around it.
func seenName(name string) string { return strings.Trim(seen(name), `"' `) }

// sameText compares texts as readers show them: blanks at ends of lines, empty lines in a
// row, and whether a blank follows a quotation mark do not matter.
func sameText(t interface{ Fatalf(string, ...any) }, want, got string, m compose.Message) {
	shown := func(text string) string {
		var out []string
		for line := range strings.SplitSeq(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n") {
			marks := line[:len(line)-len(strings.TrimLeft(line, ">"))]
			line = strings.TrimPrefix(line[len(marks):], " ")
			if line = seen(marks + " " + line); line != "" {
				out = append(out, line)
			}
		}
		return strings.Join(out, "\n")
	}
	if shown(want) != shown(got) {
		t.Fatalf("the text\n%q\nis read as\n%q\nin\n%s", want, got, m.Bytes)
	}
}

const pythonProgram = `
import sys, json, base64, email, email.policy
def unflow(text):
    out, open_, depth = [], False, 0
    for line in text.split("\n"):
        d = len(line) - len(line.lstrip(">"))
        line = line[d:]
        if line.startswith(" "): line = line[1:]
        if open_ and d == depth: out[-1] += line
        else: out.append((">" * d + " " if d else "") + line)
        depth, open_ = d, line.endswith(" ") and line != "-- "
    return "\n".join(out)
out = []
for m in json.load(sys.stdin):
    msg = email.message_from_bytes(base64.b64decode(m), policy=email.policy.default)
    body = msg.get_body()
    text = body.get_content()
    if body.get_param("format") == "flowed": text = unflow(text)
    out.append({"subject": str(msg["Subject"]), "to": [[a.display_name, a.addr_spec] for a in msg["To"].addresses],
      "text": text, "defects": [repr(x) for x in msg.defects] + [repr(x) for x in msg["Subject"].defects] + [repr(x) for x in msg["To"].defects],
      "files": [[p.get_filename(), base64.b64encode(p.get_payload(decode=True) or b"").decode()] for p in msg.iter_attachments()],
      "old": [p.get_param("name", header="content-type") or "" for p in msg.iter_attachments()]})
json.dump(out, sys.stdout)
`

type asPythonReads struct {
	Subject string      `json:"subject"`
	To      [][2]string `json:"to"`
	Text    string      `json:"text"`
	Defects []string    `json:"defects"`
	Files   [][2]string `json:"files"`
}

// ... and by Python's.
func TestRoundTripPython(t *testing.T) {
	t.Parallel()
	drafts := rapid.Custom(anyDraft)
	var given []compose.Draft
	var messages []compose.Message
	var encoded []string
	for seed := range 60 {
		d := drafts.Example(seed)
		m := write(t, d)
		given, messages, encoded = append(given, d), append(messages, m), append(encoded, base64.StdEncoding.EncodeToString(m.Bytes))
	}
	in, err := json.Marshal(encoded)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "python3", "-c", pythonProgram)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) && runtime.GOOS != "linux" {
		t.Skip("python3 is not installed here")
	}
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		t.Fatalf("%v: %s", err, exit.Stderr)
	}
	var got []asPythonReads
	if err := errors.Join(err, json.Unmarshal(out, &got)); err != nil {
		t.Fatal(err)
	}
	for i, g := range got {
		d, m := given[i], messages[i]
		if len(g.Defects) > 0 {
			t.Fatalf("Python finds %v in\n%s", g.Defects, m.Bytes)
		}
		if seen(g.Subject) != seen(d.Subject) {
			t.Fatalf("the subject %q is read as %q in\n%s", d.Subject, g.Subject, m.Bytes)
		}
		sameText(t, d.Text, g.Text, m)
		for j, a := range g.To {
			if want := d.To[j]; a[1] != want.Address || joined(a[0]) != joined(want.Name) {
				t.Fatalf("%q is read as %q in\n%s", want, a, m.Bytes)
			}
		}
		if len(g.Files) != len(d.Attachments) {
			t.Fatalf("%d files are read as %v", len(d.Attachments), g.Files)
		}
		for j, f := range g.Files {
			want := d.Attachments[j]
			if f[1] != base64.StdEncoding.EncodeToString(want.Content) || seen(f[0]) != seen(saved(want.Name)) {
				t.Fatalf("the file %q is read as %q in\n%s", want.Name, f[0], m.Bytes)
			}
		}
	}
}

// joined is a name without blanks: in names, unlike in subjects, Python puts one between two
// encoded-words, where RFC 2047 section 6.2 has none.
func joined(name string) string { return strings.ReplaceAll(seen(name), " ", "") }

// saved is the name under which a file goes: what looks like folders is none of it.
func saved(name string) string {
	name = strings.TrimRight(strings.TrimSpace(strings.ReplaceAll(name, `\`, "/")), "/")
	name = name[strings.LastIndexByte(name, '/')+1:]
	if name == "" || name == "." || name == ".." {
		return "attachment"
	}
	return name
}

func FuzzMessage(f *testing.F) {
	f.Add("Hello", "Taro", "taro@example.jp", "text", "a.pdf", []byte("x"))
	f.Add("会議", "山田 太郎", `"a b"@例え.jp`, "> x\n-- \nTaro \n", "会議.xlsx", []byte{0, 13, 10})
	f.Add("=?x?=\t\xff", "a\"\\", "a@b.c", strings.Repeat("x", 2000), "../../x", []byte("From: x\r\n\r\nx\r\n"))
	f.Fuzz(func(t *testing.T, subject, name, address, text, file string, content []byte) {
		d := draft(func(d *compose.Draft) {
			d.Subject, d.Text, d.To[0] = subject, text, person(name, address)
			d.Attachments = []compose.Attachment{{Name: file, Content: content}, {Name: "m", Type: "message/rfc822", Content: content}}
		})
		m, err := d.Message(fixed())
		if err != nil {
			if !errors.Is(err, mailstore.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		wellFormed(t, m)
		if l := read(t, m); len(l.To) != 1 || len(l.From) != 1 || len(l.Bcc) > 0 || l.MessageID != m.MessageID || len(l.Attachments) < 2 {
			t.Errorf("it is read as %+v:\n%s", l, m.Bytes)
		}
	})
}

func FuzzParseAddresses(f *testing.F) {
	for _, s := range []string{"", "a@b.c", "A <a@b.c>, b@c.d", `"a, b" <"x y"@例え.jp>`, "x:a@b.c;", "(c)a@b.c", "<@a,@b:c@d.e>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := compose.ParseAddresses(text)
		if err != nil {
			if !errors.Is(err, mailstore.ErrInvalid) || strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		for _, a := range list {
			if err := draft(func(d *compose.Draft) { d.To[0] = a }).Check(); err != nil && !strings.Contains(err.Error(), "control character") {
				t.Errorf("%q gives %+v, which cannot be sent: %v", text, a, err)
			}
		}
	})
}

func FuzzReply(f *testing.F) {
	f.Add([]byte("From: a@b.c\r\nReply-To: x@y.z\r\nMail-Followup-To: l@m.n\r\nList-Post: <mailto:l@m.n>\r\nSubject: Re: x\r\nReferences: <1@2>\r\n\r\nHello\r\n"))
	f.Add([]byte("From: \"\x01\" <a@b.c>\nTo: me@example.jp, bad@, =?x?= <q@r.s>\nSubject: =?UTF-8?B?DQo=?=x\n\n\xff"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := compose.ReadOriginal(raw).ReadFiles()
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []compose.Draft{compose.Reply(o, true, []string{"me@example.jp"}, nil), compose.Reply(o, false, nil, nil), compose.ForwardInline(o, nil), compose.Forward(o)} {
			d.From = person("", "me@example.jp")
			d.To = append(d.To, person("", "to@example.jp"))
			m, err := d.Message(fixed())
			if err != nil {
				t.Fatalf("a draft that cannot be sent: %v", err)
			}
			wellFormed(t, m)
		}
	})
}
