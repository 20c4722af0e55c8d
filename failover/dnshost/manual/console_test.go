package manual

import (
	"slices"
	"strings"
	"testing"

	"lifeboat/failover"
)

func TestConsoleFiles(t *testing.T) {
	t.Parallel()
	want := []string{"generic", "godaddy", "muumuu", "namecheap", "onamae", "sakura", "value-domain", "xserver"}
	if got := Consoles(); !slices.Equal(got, want) {
		t.Errorf("consoles %v, want %v", got, want)
	}
	for _, id := range Consoles() {
		if _, err := loadConsole(id); err != nil {
			t.Error(err)
		}
		data, err := consoleFiles.ReadFile("consoles/" + id + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if id != "generic" && !strings.Contains(string(data), "# Source") {
			t.Errorf("consoles/%s.yaml does not say where it is from", id)
		}
	}
}

// What is missing from a console's file, or contradicts itself, is found.
func TestConsoleFileCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*console)
		says  string
	}{
		"another id":     {func(c *console) { c.ID = "x" }, "the id"},
		"no page":        {func(c *console) { c.SignIn = "" }, "no sign_in"},
		"no servers":     {func(c *console) { c.NameServers = nil }, "name_servers"},
		"odd saving":     {func(c *console) { c.Saving = "later" }, "saving is none"},
		"odd apex":       {func(c *console) { c.Apex = "." }, "apex is neither"},
		"dot left open":  {func(c *console) { c.TargetDot = nil }, "target_dot"},
		"odd delete":     {func(c *console) { c.Delete = "x" }, "delete is neither"},
		"unknown note":   {func(c *console) { c.Notes = []note{{Note: "x"}} }, `the note "x"`},
		"field left out": {func(c *console) { c.Fields = c.Fields[1:] }, "the fields are"},
		"TTL without field": {func(c *console) {
			c.TTL = &ttlBox{}
			c.Fields = slices.DeleteFunc(slices.Clone(c.Fields), func(f fieldOf) bool { return f.Is == ttlField })
		}, "the fields are"},
		"no label":          {func(c *console) { c.Fields = slices.Clone(c.Fields); c.Fields[0].Label = "" }, "has no label"},
		"box with fields":   {func(c *console) { c.Saving, c.Box = savedBox, "" }, "a text box"},
		"box without lines": {func(c *console) { c.Saving, c.Box, c.Fields, c.TTL = savedBox, "x", nil, nil }, "no line for MX"},
	} {
		k, err := loadConsole("godaddy")
		if err != nil {
			t.Fatal(err)
		}
		c.spoil(k)
		if got := strings.Join(k.check("godaddy"), "; "); !strings.Contains(got, c.says) {
			t.Errorf("%s: found %q, want %q in it", name, got, c.says)
		}
	}
}

func TestTTLChoice(t *testing.T) {
	t.Parallel()
	list := &ttlBox{Choices: map[uint32]string{60: "1 min", 300: "5 min", 3600: "60 min"}}
	custom := &ttlBox{Min: 600, Max: 7200, Choices: map[uint32]string{3600: "1 Hour"}, Custom: "Custom: {seconds} Seconds"}
	for _, c := range []struct {
		box   *ttlBox
		want  uint32
		shown string
		made  uint32
	}{
		{&ttlBox{}, 300, "300", 300},
		{&ttlBox{Min: 600}, 300, "600", 600},
		{&ttlBox{Max: 3600}, 86400, "3600", 3600},
		{list, 300, "5 min", 300},
		{list, 900, "5 min", 300},
		{list, 10, "1 min", 60},
		{list, 86400, "60 min", 3600},
		{custom, 3600, "1 Hour", 3600},
		{custom, 900, "Custom: 900 Seconds", 900},
		{custom, 300, "Custom: 600 Seconds", 600},
	} {
		if shown, made := c.box.ttl(c.want); shown != c.shown || made != c.made {
			t.Errorf("%+v for %d: %q, %d; want %q, %d", c.box, c.want, shown, made, c.shown, c.made)
		}
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "abcd", 1}, {"abc", "xbc", 1}, {"kitten", "sitting", 3},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
		if got := distance(c.b, c.a); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.b, c.a, got, c.want)
		}
	}
}

// Mistakes in sets that are no MX records.
func TestOtherTypes(t *testing.T) {
	t.Parallel()
	generic, err := loadConsole("generic")
	if err != nil {
		t.Fatal(err)
	}
	set := func(typ string, values ...string) failover.RRset {
		return failover.NewRRset("s1._domainkey."+zoneName, typ, 300, values...)
	}
	spf := `"v=spf1 include:spf.primary.example include:spf.secondary.example -all"`
	for name, c := range map[string]struct {
		want, live failover.RRset
		says       string
	}{
		"alias doubled":      {set("CNAME", "s1.dkim.secondary.example."), set("CNAME", "s1.dkim.secondary.example.example.test."), "example.test was appended"},
		"alias mistyped":     {set("CNAME", "s1.dkim.secondary.example."), set("CNAME", "s1.dikm.secondary.example."), "typing error"},
		"text with quotes":   {set("TXT", spf), set("TXT", `"\"v=spf1 include:spf.primary.example include:spf.secondary.example -all\""`), "beginning with v=spf1"},
		"text mistyped":      {set("TXT", spf), set("TXT", `"v=spf1 inlcude:spf.primary.example include:spf.secondary.example -all"`), "almost right"},
		"text quite another": {set("TXT", spf), set("TXT", `"hello"`), `"hello" belongs neither`},
	} {
		said := generic.diagnose(zoneName, set(c.want.Type), c.want, c.live)
		if len(said) == 0 || !strings.Contains(said[0].String(), c.says) {
			t.Errorf("%s: said %v, want %q", name, said, c.says)
		}
	}
}
