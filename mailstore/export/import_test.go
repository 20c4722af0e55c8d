package export_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeboat/mailstore"
	"lifeboat/mailstore/export"
)

// file writes a file below a folder.
func file(t testing.TB, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// Mailboxes as other programs write them.
func TestMailboxesOfOthers(t *testing.T) {
	const from = "From bert@example.test Thu Nov 19 08:12:00 2026\n"
	const another = "\nFrom carl@example.test Fri Nov 20 09:00:00 2026\n"
	cases := map[string]struct {
		mbox string
		want []string
	}{
		"mboxrd":                {from + "Subject: 1\n\n>From me\n>>From you\n" + another + "Subject: 2\n\n\n", []string{"Subject: 1\n\nFrom me\n>From you\n", "Subject: 2\n\n"}},
		"mboxo":                 {from + "Subject: 1\n\ntext\n>From me\n" + another + "Subject: 2\n\n\n", []string{"Subject: 1\n\ntext\nFrom me\n", "Subject: 2\n\n"}},
		"no quotes at all":      {from + "Subject: 1\n\ntext\nFrom here on\n\nFrom now on, too\n" + another + "Subject: 2\n", []string{"Subject: 1\n\ntext\nFrom here on\n\nFrom now on, too\n", "Subject: 2\n"}},
		"no empty line":         {from + "Subject: 1\n\ntext\nFrom carl@example.test Fri Nov 20 09:00:00 2026\nSubject: 2\n", []string{"Subject: 1\n\ntext\nFrom carl@example.test Fri Nov 20 09:00:00 2026\nSubject: 2\n"}},
		"CRLF":                  {strings.ReplaceAll(from+"Subject: 1\n\ntext\n>From me\n"+another+"Subject: 2\n\n\n", "\n", "\r\n"), []string{"Subject: 1\r\n\r\ntext\r\nFrom me\r\n", "Subject: 2\r\n\r\n"}},
		"Thunderbird":           {"From - Thu Nov 19 08:12:00 2026\nX-Mozilla-Status: 0005\n\n1\n\nFrom - \nX-Mozilla-Status: 0000\n\n2\n", []string{"X-Mozilla-Status: 0005\n\n1\n", "X-Mozilla-Status: 0000\n\n2\n"}},
		"dateless":              {"From \nSubject: 1\n\n\nFrom x@y\nSubject: 2\n", []string{"Subject: 1\n\n", "Subject: 2\n"}},
		"begins with nothing":   {"\n\r\n" + from + "Subject: 1\n", []string{"Subject: 1\n"}},
		"a byte order mark":     {"\xEF\xBB\xBF" + from + "Subject: 1\n", []string{"Subject: 1\n"}},
		"ends at once":          {from, []string{""}},
		"empty ones":            {from + another + another, []string{"", "", ""}},
		"cut off":               {from + "Subject: 1\n\ntext\n" + another + "Subj", []string{"Subject: 1\n\ntext\n", "Subj"}},
		"zones and seconds":     {"From a Thu Nov 19 08:12 CET 2026\n1\n\nFrom b Thu, Nov 19 08:12:00 2026 +0100\n2\n\nFrom c@d Thu Nov  9 08:12:00 +0900 2026 remote from x\n3\n", []string{"1\n", "2\n", "3\n"}},
		"very long lines":       {from + strings.Repeat("x", 200_000) + "\nFrom" + strings.Repeat(" ", 200_000) + "\n" + another + "2", []string{strings.Repeat("x", 200_000) + "\nFrom" + strings.Repeat(" ", 200_000) + "\n", "2"}},
		"mboxcl":                {from + "Content-Length: 9\n\n>From me\n" + another + "Content-Length: 2\n\n2\n", []string{"Content-Length: 9\n\nFrom me\n", "Content-Length: 2\n\n2\n"}},
		"mboxcl2":               {from + "Content-Length: 60\n\n>From\n\n" + from + "12345" + another + "Content-Length: 2\n\n2\n", []string{"Content-Length: 60\n\n>From\n\n" + from + "12345", "Content-Length: 2\n\n2\n"}},
		"a lying length":        {from + "Content-Length: 1\n\ntext\n" + another + "Content-Length: 10000\n\n2\n", []string{"Content-Length: 1\n\ntext\n", "Content-Length: 10000\n\n2\n"}},
		"a length in one alone": {from + "Subject: 1\n\n" + another + "Content-Length: 50\n\n2\n" + another + "3\n", []string{"Subject: 1\n\n", "Content-Length: 50\n\n2\n", "3\n"}},
		"an absurd length":      {from + "Content-Length: 9223372036854775807\n\ntext\n", []string{"Content-Length: 9223372036854775807\n\ntext\n"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			all, texts, errs := read(t, file(t, t.TempDir(), "archive", c.mbox))
			if d := cmp.Diff(c.want, texts); d != "" || len(errs) != 0 {
				t.Errorf("%v\n%s", errs, d)
			}
			if strings.HasPrefix(c.mbox, from) && !all[0].Received.Equal(time.Date(2026, 11, 19, 8, 12, 0, 0, time.UTC)) {
				t.Errorf("%v", all[0].Received)
			}
		})
	}
}

func TestMboxcl2Length(t *testing.T) {
	// What the case above counts on.
	if n := len(">From\n\nFrom bert@example.test Thu Nov 19 08:12:00 2026\n12345"); n != 60 {
		t.Errorf("%d", n)
	}
}

// Dates of the lines that begin messages, in every form that is known.
func TestDatesOfMailboxes(t *testing.T) {
	for line, want := range map[string]string{
		"From a Thu Nov 19 08:12:00 2026":                                 "2026-11-19T08:12:00Z",
		"From a Thu Nov  9 08:12 2026":                                    "2026-11-09T08:12:00Z",
		"From 1788@xxx Thu Nov 19 08:12:00 +0900 2026":                    "2026-11-18T23:12:00Z",
		"From a Thu Nov 19 08:12:00 2026 -0100":                           "2026-11-19T09:12:00Z",
		"From a Thu Nov 19 08:12:00 CEST 2026":                            "2026-11-19T08:12:00Z",
		"From a b c Thu Nov 19 08:12:00 2026 remote from x":               "2026-11-19T08:12:00Z",
		"From - Thu Nov 19 08:12:00 2026\r":                               "2026-11-19T08:12:00Z",
		"From x@y\nReceived: from a by b;\n Thu, 19 Nov 2026 09:12 +0100": "2026-11-19T08:12:00Z",
		"From x@y\nDate: Thu, 19 Nov 2026 09:12:00 +0100":                 "2026-11-19T08:12:00Z",
		"From x@y\nReceived: rubbish\nDate: Thu, 19 Nov 2026 08:12 GMT":   "2026-11-19T08:12:00Z",
		"From x@y\nSubject: none":                                         "0001-01-01T00:00:00Z",
		"From mboxrd@lifeboat Thu Jan  1 00:00:00 1970":                   "0001-01-01T00:00:00Z",
	} {
		all, _, errs := read(t, file(t, t.TempDir(), "box.mbox", line+"\nX: y\n\ntext\n"))
		if len(all) != 1 || len(errs) != 0 || all[0].Received.Format(time.RFC3339) != want {
			t.Errorf("%q: %v, %v", line, all, errs)
		}
	}
}

func TestFlagsOfMailboxes(t *testing.T) {
	for head, want := range map[string]mailstore.Flags{
		"Status: RO\n":                            {mailstore.Seen},
		"Status: O\nX-Status: AFTD\n":             {mailstore.Answered, mailstore.Deleted, mailstore.Draft, mailstore.Starred},
		"status: R\nX-STATUS: A\n":                {mailstore.Answered, mailstore.Seen},
		"X-Keywords: $Forwarded NonJunk       \n": {"$Forwarded", "NonJunk"},
		"X-Keywords: a(b \\Seen c\x01 d\n e\n":    {"d", "e"},
		"X-Mozilla-Status: 0007\n":                {mailstore.Answered, mailstore.Starred, mailstore.Seen},
		"X-Mozilla-Status: 0008\n":                {mailstore.Deleted},
		"X-Mozilla-Status: rubbish\n":             nil,
		"Subject: x\n":                            nil,
		"Subject: x\n\nStatus: RO\n":              nil,
		"X-Gmail-Labels: Inbox,Unread\n":          nil,
		"X-Gmail-Labels: Inbox,Starred,Opened\n":  {mailstore.Starred, mailstore.Seen},
		"X-Gmail-Labels: Drafts\n":                {mailstore.Draft, mailstore.Seen},
		"Status: RO\nStatus: O\nX-Status:\n":      {mailstore.Seen},
	} {
		all, texts, errs := read(t, file(t, t.TempDir(), "box.mbox", "From x@y\n"+head+"\ntext\n"))
		if len(all) != 1 || len(errs) != 0 || !slices.Equal(all[0].Flags, mailstore.MakeFlags(want...)) || texts[0] != head+"\ntext\n" {
			t.Errorf("%q: %v, %v", head, all, errs)
		}
	}
}

// Gmail's Takeout tells labels, in the person's language.
func TestTakeout(t *testing.T) {
	const box = "From 1788@xxx Thu Nov 19 08:12:00 +0000 2026\nX-GM-MSGID: 1788\nX-Gmail-Labels: Inbox,Important,\n \"Projects/2026\",Unread\nSubject: 1\n\n>From me\n\n" +
		"From 1789@xxx Thu Nov 19 08:13:00 +0000 2026\nX-Gmail-Labels: =?UTF-8?Q?=E5=8F=97=E4=BF=A1=E3=83=88=E3=83=AC=E3=82=A4,=E3=82=B9=E3=82=BF=E3=83=BC=E4=BB=98=E3=81=8D?=\nSubject: 2\n\n2\n"
	all, texts, errs := read(t, file(t, t.TempDir(), "Takeout/Mail/All mail.mbox", box))
	if len(all) != 2 || len(errs) != 0 {
		t.Fatalf("%v, %v", all, errs)
	}
	if d := cmp.Diff([][]string{{"Inbox", "Important", "Projects/2026"}, {"受信トレイ"}}, [][]string{all[0].Labels, all[1].Labels}); d != "" {
		t.Error(d)
	}
	if len(all[0].Flags) != 0 || !slices.Equal(all[1].Flags, mailstore.MakeFlags(mailstore.Seen, mailstore.Starred)) || !strings.HasSuffix(texts[0], "\n\nFrom me\n") {
		t.Errorf("%v, %v, %q", all[0].Flags, all[1].Flags, texts[0])
	}
}

// From a folder with anything in it, mail is taken, and what is none is named.
func TestFolderOfAnything(t *testing.T) {
	dir := t.TempDir()
	file(t, dir, "1.eml", "Subject: eml\r\n\r\n")
	file(t, dir, "2.EML", "From here on no header\r\n")
	file(t, dir, "3.eml", "")
	file(t, dir, "Local/Inbox", "From - Thu Nov 19 08:12:00 2026\nSubject: box\n\n")
	file(t, dir, "Local/Empty", "")
	file(t, dir, "Local/Empty.mbox", "")
	file(t, dir, "Local/Inbox.msf", "// <!-- <mdb:mork:z v=\"1.4\"/> -->")
	file(t, dir, "Apple.mbox/mbox", "From a Thu Nov 19 08:12:00 2026\nSubject: apple\n\n")
	file(t, dir, ".hidden/4.eml", "Subject: hidden\r\n\r\n")
	file(t, dir, ".DS_Store", "x")
	file(t, dir, "letter.mbox", "From all of us, a happy new year\n")
	write(t, filepath.Join(dir, "ours.zip"), export.Zip, []export.Message{message("INBOX", 1, []byte("Subject: zip\r\n\r\n"))})
	good, err := os.ReadFile(filepath.Join(dir, "ours.zip"))
	if err != nil {
		t.Fatal(err)
	}
	file(t, dir, "torn.zip", string(good[:len(good)/2]))
	z, err := zip.NewReader(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	at, err := z.File[0].DataOffset()
	if err != nil {
		t.Fatal(err)
	}
	bad := bytes.Clone(good)
	bad[at+5] ^= 0xff
	file(t, dir, "bad.zip", string(bad))
	all, texts, errs := read(t, dir)
	slices.Sort(texts)
	want := []string{"From here on no header\r\n", "Subject: apple\n", "Subject: box\n", "Subject: eml\r\n\r\n", "Subject: zip\r\n\r\n"}
	if d := cmp.Diff(want, texts); d != "" {
		t.Error(d)
	}
	named := map[string]error{"3.eml": mailstore.ErrInvalid, "Inbox.msf": mailstore.ErrInvalid, "letter.mbox": mailstore.ErrInvalid, "torn.zip": mailstore.ErrDamaged, "bad.zip": mailstore.ErrDamaged}
	for _, err := range errs {
		var e *mailstore.Error
		if !errors.As(err, &e) {
			t.Fatal(err)
		}
		for name, kind := range named {
			if strings.Contains(e.Say.String(), name) && errors.Is(err, kind) {
				delete(named, name)
			}
		}
	}
	if len(named) != 0 || len(errs) != 5 {
		t.Errorf("not named: %v; %v", named, errs)
	}
	for _, m := range all {
		if !strings.HasPrefix(m.Path, dir) {
			t.Errorf("%q", m.Path)
		}
	}
}

// A zip file with mailboxes, as Takeout is downloaded, has to be unpacked, and says so.
func TestMailboxInZip(t *testing.T) {
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for name, text := range map[string]string{"Takeout/Mail/All.mbox": "From x@y\n", "Takeout/1.eml": "Subject: 1\r\n"} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	all, _, errs := read(t, file(t, t.TempDir(), "takeout.zip", packed.String()))
	if len(all) != 1 || len(errs) != 1 {
		t.Fatalf("%v, %v", all, errs)
	}
	fails(t, errs[0], mailstore.ErrUnsupported, "takeout.zip", "Unpack it")
}

// Of an export that was changed, what is as it was is taken, and the rest is named.
func TestChangedExport(t *testing.T) {
	for _, format := range []export.Format{export.EML, export.Mbox} {
		var all []export.Message
		for i := range 5 {
			all = append(all, message("INBOX", mailstore.UID(i+1), fmt.Appendf(nil, "Subject: %d\r\n\r\nthe text\r\n", i)))
		}
		target := filepath.Join(t.TempDir(), "mail")
		write(t, target, format, all)
		found, _, _ := read(t, target)
		broken := found[2].Path
		content, err := os.ReadFile(broken)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.Replace(content, []byte("2\r\n\r\nthe text"), []byte("2\r\n\r\nthe tent"), 1)
		if err := os.WriteFile(broken, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if format == export.EML {
			if err := os.Remove(found[4].Path); err != nil {
				t.Fatal(err)
			}
		}
		_, texts, errs := read(t, target)
		want := map[export.Format]int{export.EML: 3, export.Mbox: 4}[format]
		if len(texts) != want || len(errs) != 5-want {
			t.Errorf("%s: %q, %v", format, texts, errs)
		}
		fails(t, errs[0], mailstore.ErrDamaged, broken, "left out")
	}
}

// A manifest that is no more what it was is said, as is what it cannot mean.
func TestBadManifests(t *testing.T) {
	const head = `{"format":"lifeboat-export","version":1,"kind":"eml","made":"2026-11-22T01:00:00Z","messages":[`
	const good = `{"path":"1.eml","sha256":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881","size":1,"flags":[]}`
	for list, want := range map[string]struct {
		found int
		kind  error
	}{
		head + good + "]}":     {1, nil},
		head + good:            {1, mailstore.ErrDamaged},
		head + good + ",5]":    {1, mailstore.ErrDamaged},
		head + "]":             {0, nil},
		"":                     {0, mailstore.ErrDamaged},
		"[]":                   {0, mailstore.ErrDamaged},
		`{"messages":[` + good: {0, mailstore.ErrDamaged},
		`{"format":"lifeboat-export","version":1}`:                                                                               {0, mailstore.ErrDamaged},
		`{"format":"lifeboat-export","version":2,"messages":5}`:                                                                  {0, mailstore.ErrUnsupported},
		head + strings.Replace(good, "1.eml", "../1.eml", 1) + "]}":                                                              {0, mailstore.ErrDamaged},
		head + strings.Replace(good, "1.eml", "/etc/passwd", 1) + "]}":                                                           {0, mailstore.ErrDamaged},
		head + strings.Replace(good, "2d71", "", 1) + "]}":                                                                       {0, mailstore.ErrDamaged},
		head + strings.Replace(good, `"size":1`, `"size":2`, 1) + "]}":                                                           {0, mailstore.ErrDamaged},
		head + strings.Replace(good, `"size":1`, `"size":1,"offset":-1`, 1) + "]}":                                               {0, mailstore.ErrDamaged},
		head + strings.Replace(good, `"size":1`, `"size":1,"offset":9223372036854775807,"length":9223372036854775807`, 1) + "]}": {0, mailstore.ErrDamaged},
		head + strings.Replace(good, "1.eml", "none.eml", 1) + "," + good + "]}":                                                 {1, mailstore.ErrDisk},
	} {
		dir := t.TempDir()
		file(t, dir, "1.eml", "x")
		file(t, dir, "manifest.json", list)
		all, _, errs := read(t, dir)
		if len(all) != want.found || (want.kind == nil) != (len(errs) == 0) {
			t.Errorf("%s: %v, %v", list, all, errs)
		}
		if len(errs) != 0 {
			fails(t, errs[0], want.kind, filepath.Dir(dir))
		}
	}
}

func TestImportEnds(t *testing.T) {
	dir := t.TempDir()
	for i := range 10 {
		file(t, dir, fmt.Sprint(i, ".eml"), "x")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n, last := 0, error(nil)
	for _, err := range export.Read(ctx, dir) {
		n, last = n+1, err
		if n == 3 {
			cancel()
		}
	}
	if n != 4 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d, %v", n, last)
	}
	for range export.Read(t.Context(), dir) {
		n++
		break
	}
	if n != 5 {
		t.Errorf("%d", n)
	}
	_, _, errs := read(t, filepath.Join(dir, "none"))
	fails(t, errs[0], mailstore.ErrNotFound, "none")
}
