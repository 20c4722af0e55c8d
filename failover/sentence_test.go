package failover_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lifeboat/failover"
)

func TestFill(t *testing.T) {
	for _, c := range []struct {
		say  failover.Sentence
		want string
	}{
		{failover.Say("nothing to fill"), "nothing to fill"},
		{failover.Say("{a} and {b}", "a", 1, "b", "two"), "1 and two"},
		{failover.Say("{a} and {b}", "b", "{a}", "a", "{b}"), "{b} and {a}"}, // what comes in is not filled again
		{failover.Say("{a} and {unknown}", "a", "x"), "x and {unknown}"},
		{failover.Say("{a}{a}", "a", ""), ""},
		{failover.Say("an answer: {answer}", "answer", "550 \xff\xfe no"), "an answer: 550 � no"},
	} {
		if got := c.say.String(); got != c.want {
			t.Errorf("%q %q: got %q, want %q", c.say.Template, c.say.Args, got, c.want)
		}
	}
}

func TestSentenceSurvivesAFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,6}`), 0, 4, rapid.ID).Draw(t, "names")
		template := rapid.StringN(1, -1, -1).Draw(t, "beginning")
		var parts []any
		for _, n := range names {
			template += " {" + n + "}"
			parts = append(parts, n, rapid.SliceOf(rapid.Byte()).Draw(t, "value"))
		}
		for i := 1; i < len(parts); i += 2 {
			parts[i] = string(parts[i].([]byte))
		}
		in := failover.Say(template, parts...)
		b, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var out failover.Sentence
		if err := json.Unmarshal(b, &out); err != nil {
			t.Fatal(err)
		}
		if out.String() != in.String() || out.Template != in.Template || len(out.Args) != len(in.Args) {
			t.Fatalf("%q became %q", in, out)
		}
		again, err := json.Marshal(out)
		if err != nil || string(again) != string(b) {
			t.Fatalf("%s became %s (%v)", b, again, err)
		}
	})
}

func TestSentenceInAFileIsReadable(t *testing.T) {
	b, err := json.Marshal(failover.Say("{name} stays", "name", "example.test"))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"text":"example.test stays","template":"{name} stays","args":{"name":"example.test"}}`; string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	var s failover.Sentence
	if err := json.Unmarshal([]byte(`{"text":7}`), &s); err == nil {
		t.Error("a number passes for a sentence")
	}
}

func TestErrorTellsKindSentenceAndCause(t *testing.T) {
	plain := failover.Fail(failover.ErrLocked, "{zone} is locked", "zone", "example.test")
	err := fmt.Errorf("wrapped: %w", plain.Because(io.ErrUnexpectedEOF))
	if !errors.Is(err, failover.ErrLocked) || !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, failover.ErrStale) {
		t.Errorf("kinds of %v", err)
	}
	var e *failover.Error
	if !errors.As(err, &e) || e.Say.String() != "example.test is locked" || !strings.Contains(err.Error(), io.ErrUnexpectedEOF.Error()) {
		t.Errorf("%v", err)
	}
	if plain.Cause != nil || plain.Error() != "example.test is locked" {
		t.Errorf("Because changed the error it was called on: %v", plain)
	}
	for kind, want := range map[error]bool{
		failover.ErrThrottled: true, failover.ErrUnreachable: true, failover.ErrUncertain: true,
		failover.ErrStale: false, failover.ErrCredential: false, failover.ErrDisk: false,
	} {
		if failover.Fail(kind, "x").Temporary() != want {
			t.Errorf("%v: temporary is not %v", kind, want)
		}
	}
}
