package main_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lifeboat/app/i18n"
	"lifeboat/app/shell"
	"lifeboat/app/widgets/outline"
)

// A way is how somebody works before the window: with the mouse or by keys alone, and in
// which language. What they do is the same in each.
type way struct {
	name     string
	locale   string // as LANG has it
	theme    string // light, dark
	byKeys   bool
	language i18n.Language
}

// The ways that are tried, each for every story; make test takes the first.
func ways() []way {
	return []way{
		{name: "mouse", locale: "en_US.UTF-8", theme: "light", language: i18n.English},
		{name: "keys", locale: "en_US.UTF-8", theme: "dark", language: i18n.English, byKeys: true},
		{name: "japanese", locale: "ja_JP.UTF-8", theme: "light", language: i18n.Japanese},
	}
}

// long keeps a campaign out of an ordinary run.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
}

// inEachWay lets a story be told in every way.
func inEachWay(t *testing.T, ways []way, tell func(*testing.T, way)) {
	t.Helper()
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) { tell(t, w) })
	}
}

// sit opens the window, on this screen, for somebody who works in this way.
func (w way) sit(t *testing.T, display string, env []string) *person {
	t.Helper()
	tongue, err := i18n.New(w.language)
	if err != nil {
		t.Fatal(err)
	}
	slow := filepath.Join(t.TempDir(), "slow")
	p := sitDown(t, display, append(env, "LIFEBOAT_WATCHDOG="+slow))
	p.byKeys, p.tongue = w.byKeys, tongue
	t.Cleanup(func() { w.tellSlow(t, slow) })
	return p
}

// tellSlow fails on what held the window up for too long. What counts is the time that
// the window's thread was at work (a machine that does much else beside lets it wait for
// as long as it likes), and how much this machine gets done in that.
func (w way) tellSlow(t *testing.T, file string) {
	t.Helper()
	slow, err := shell.SlowIn(file)
	if err != nil {
		t.Error(err)
	}
	most := millis(shell.Patience) * max(yardstick(t)/usualYardstick, 1)
	for _, s := range slow {
		if s.Work > most {
			t.Errorf("%q held the window up: it was at work for %.0f ms of %.0f; %.0f ms are all right here", s.Name, s.Work, s.Millis, most)
		}
	}
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// usualYardstick is what an old laptop's processor takes for it, in milliseconds.
const usualYardstick = 15

// yardstick is what some work that is always the same takes on this machine, in
// milliseconds of its processor's time.
func yardstick(t *testing.T) float64 {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	all, random := make([]uint64, 200_000), rand.New(rand.NewPCG(1, 2))
	for i := range all {
		all[i] = random.Uint64()
	}
	var before, after unix.Rusage
	err := unix.Getrusage(unix.RUSAGE_THREAD, &before)
	slices.Sort(all)
	if err = errors.Join(err, unix.Getrusage(unix.RUSAGE_THREAD, &after)); err != nil {
		t.Fatal(err)
	}
	return millis(time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()))
}

// says is a sentence of the program in the language of this window.
func (p *person) says(template string, args ...any) string { return p.tongue.T(template, args...) }

// goes goes to a page: by the navigation, or by its keys.
func (p *person) goes(page string, key string) {
	p.t.Helper()
	if p.byKeys {
		p.keys(key)
		return
	}
	i := p.find("item "+strconv.Quote(p.says(page)), func(i outline.Item) bool {
		return i.Kind == "NavItem" && (i.Text == p.says(page) || strings.HasPrefix(i.Text, p.says(page)+"\n"))
	})
	p.clickAt(i)
}

// does presses a button, as soon as it can be pressed.
func (p *person) does(template string, args ...any) {
	p.t.Helper()
	text := p.says(template, args...)
	is := func(i outline.Item) bool { return i.Kind == "Button" && i.Text == text && !i.Disabled }
	i := p.find("button "+strconv.Quote(text), is)
	if !p.byKeys {
		p.clickAt(i)
		return
	}
	p.tabTo("button "+strconv.Quote(text), is)
	p.keys("Return")
}

// chooses chooses a tile, to which these keys lead within its group.
func (p *person) chooses(text string, keys ...string) {
	p.t.Helper()
	if !p.byKeys {
		p.click(text)
		return
	}
	p.tabTo("tiles with "+strconv.Quote(text), func(i outline.Item) bool {
		return i.Kind == "Choice" && strings.Contains("\n"+i.Text+"\n", "\n"+text+"\n")
	})
	p.keys(keys...)
}

// fills types into a field, in place of what stands there.
func (p *person) fills(label, text string) {
	p.t.Helper()
	p.entryOf(p.says(label))
	p.keys("ctrl+a")
	p.types(text)
}

// entryOf puts the keys into the entry of a field, or into the one that says this itself
// while nothing is typed.
func (p *person) entryOf(label string) {
	p.t.Helper()
	typed := func(i outline.Item) bool { return strings.Contains(strings.ToLower(i.Kind), "entry") }
	var at outline.Item
	named := p.find("field "+strconv.Quote(label), func(i outline.Item) bool {
		return (i.Kind == "Field" || i.Kind == "Chips") && (i.Text == label || strings.HasPrefix(i.Text, label+"\n")) || typed(i) && i.Text == label
	})
	is := func(i outline.Item) bool { return typed(i) && within(i, named) }
	at = p.find("entry of "+strconv.Quote(label), is)
	if !p.byKeys {
		p.clickAt(at)
		return
	}
	p.tabTo("entry of "+strconv.Quote(label), func(i outline.Item) bool { return typed(i) && p.holds(label, i) })
}

// holds says whether an item lies in the field of this label now: a page moves as it is
// walked through.
func (p *person) holds(label string, item outline.Item) bool {
	for _, i := range p.see() {
		if (i.Kind == "Field" || i.Kind == "Chips") && (i.Text == label || strings.HasPrefix(i.Text, label+"\n")) && within(item, i) {
			return true
		}
	}
	return item.Text == label
}

// within says whether an item lies in another one.
func within(i, in outline.Item) bool {
	return i.X >= in.X-1 && i.Y >= in.Y-1 && i.X+i.W <= in.X+in.W+1 && i.Y+i.H <= in.Y+in.H+1
}

// picks picks an option of a drop-down in a field; down is how many times Down leads to it.
func (p *person) picks(label, option string, down int) {
	p.t.Helper()
	label = p.says(label)
	is := func(i outline.Item) bool { return i.Kind == "Select" && p.holds(label, i) }
	i := p.find("drop-down of "+strconv.Quote(label), is)
	if !p.byKeys {
		p.clickAt(i)
		p.click(option)
		return
	}
	p.tabTo("drop-down of "+strconv.Quote(label), is)
	p.keys("space")
	p.awaits(option)
	for range down {
		p.keys("Down")
	}
	p.keys("Return")
}

// asked answers a question for a passphrase.
func (p *person) asked(title string, again bool) {
	p.t.Helper()
	p.awaits(p.says(title))
	p.fills("Passphrase", passphrase)
	if again {
		p.fills("The same again", passphrase)
	}
	p.does("OK")
	p.awaitsGone(p.says(title))
}

const passphrase = "correct horse battery staple"

// awaitsGone waits until a text can no longer be read.
func (p *person) awaitsGone(text string) {
	p.t.Helper()
	awaitIn(p.t, strconv.Quote(text)+" to be gone", func() bool { return !p.reads(text) })
}

// scrollsUp goes back to the top of a page.
func (p *person) scrollsUp() {
	p.t.Helper()
	if p.byKeys {
		p.keys("Prior", "Prior", "Prior", "Prior")
		return
	}
	p.x("mousemove", "700", "400", "click", "--repeat", "40", "4")
}

// tabToItem leads the keys to an item of the navigation.
func (p *person) tabToItem(template string) {
	p.t.Helper()
	p.tabTo("item "+template, func(i outline.Item) bool {
		return i.Kind == "NavItem" && strings.HasPrefix(i.Text, p.says(template))
	})
}

// awaitsLike waits until a sentence can be read, whatever stands in its gaps.
func (p *person) awaitsLike(template string) {
	p.t.Helper()
	text := regexp.QuoteMeta(strings.ReplaceAll(p.says(template), " ", ""))
	like := regexp.MustCompile(regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(text, ".+?"))
	awaitIn(p.t, template, func() bool { return like.MatchString(strings.Join(strings.Fields(p.texts()), "")) })
}
