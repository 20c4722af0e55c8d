package secret

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const hunter = "hunter2-never-to-be-seen"

func TestValueIsNeverSeen(t *testing.T) {
	v := New(hunter)
	type inside struct {
		Exported   Value `xml:"exported" json:"exported"`
		unexported Value
	}
	in := inside{v, v}
	shown := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3s", "%T"} {
		shown["value "+verb] = fmt.Sprintf(verb, v)
		shown["pointer "+verb] = fmt.Sprintf(verb, &v)
		shown["inside "+verb] = fmt.Sprintf(verb, in)
		shown["list "+verb] = fmt.Sprintf(verb, []Value{v})
		shown["map "+verb] = fmt.Sprintf(verb, map[string]any{"v": v, "in": &in})
	}
	shown["print"] = fmt.Sprintln(v, in)
	shown["error"] = fmt.Errorf("with %v: %w", v, fmt.Errorf("%s", v)).Error()
	j, err := json.Marshal(map[string]any{"v": v, "p": &v, "in": in})
	if err != nil {
		t.Fatal(err)
	}
	shown["json"] = string(j)
	y, err := yaml.Marshal(map[string]any{"v": v, "in": in})
	if err != nil {
		t.Fatal(err)
	}
	shown["yaml"] = string(y)
	x, err := xml.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	shown["xml"] = string(x)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("text", "v", v, "in", in, slog.Group("g", "v", v))
	slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "v", v, "in", in)
	shown["log"] = log.String()
	for how, text := range shown {
		for _, leak := range []string{hunter, fmt.Sprintf("%x", hunter), fmt.Sprintf("%q", hunter)} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(leak)) {
				t.Errorf("%s shows the secret", how)
			}
		}
	}
	if got := v.Reveal(); got != hunter {
		t.Error("Reveal does not give the text")
	}
	if got := fmt.Sprint(v); got != "[secret]" {
		t.Errorf("prints %s, want [secret]", got)
	}
}

func TestValueEqual(t *testing.T) {
	for _, c := range []struct {
		a, b Value
		want bool
	}{
		{New("a"), New("a"), true},
		{New("a"), New("b"), false},
		{New("a"), New("ab"), false},
		{Value{}, New(""), true},
		{Value{}, New("a"), false},
	} {
		if got := c.a.Equal(c.b); got != c.want {
			t.Errorf("%q and %q: %v", c.a.Reveal(), c.b.Reveal(), got)
		}
	}
	if !(Value{}).IsEmpty() || New("a").IsEmpty() {
		t.Error("IsEmpty is wrong")
	}
}
