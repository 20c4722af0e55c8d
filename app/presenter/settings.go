package presenter

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"lifeboat/app/i18n"
	"lifeboat/failover"
)

// View is how the window looks and speaks. It belongs to the window's own thread: it is
// asked and changed there alone.
type View interface {
	Brightness() int // 0 as the system, 1 light, 2 dark
	SetBrightness(b int)
	TextSize() int // in percent of the usual size
	SetTextSize(percent int)
	SetLanguage(l i18n.Language)
	Notices() bool
	SetNotices(on bool)
}

// Starter starts the program with the computer.
type Starter interface {
	On() bool
	Set(on bool) error
}

// KeySlot is a way to open the mirrored mail.
type KeySlot struct {
	Kind  string // keychain, passphrase, machine, recovery
	Label string
	Made  time.Time
}

// SettingsOptions is what the settings page goes by.
type SettingsOptions struct {
	View    View
	Start   Starter // nil where that cannot be
	Version string
	// File is the settings file, and DataDir the data folder.
	File, DataDir string
	// Practice: it is the built-in world's page. Real says whether there is a world of
	// the settings behind it.
	Practice bool
	Real     func() bool
	// SetUp is the set-up, of which the page shows the steps; nil where there is none.
	SetUp func() []SetupStepLine
	// Keys lists the ways to open the mirrored mail, and NewCode makes another one, a
	// recovery code that is shown once; nil where there is no mirror.
	Keys    func() ([]KeySlot, error)
	NewCode func(ctx context.Context) (string, error)
	// HandOver writes all that another computer needs; nil without settings.
	HandOver func(ctx context.Context, w io.Writer, passphrase string) error
	// LeastPassphrase is how many characters the kit's passphrase has at least.
	LeastPassphrase int
	Now             func() time.Time
}

// Settings is the settings page: how the window looks and speaks, and what is done
// rarely.
type Settings struct {
	opt SettingsOptions

	mu     sync.Mutex
	tongue *i18n.Tongue
	starts bool
	keys   []KeySlot
	locked error // why the keys cannot be listed
}

// NewSettings returns the presenter.
func NewSettings(t *i18n.Tongue, opt SettingsOptions) *Settings {
	return &Settings{opt: opt, tongue: t}
}

// Speak goes on in another language.
func (s *Settings) Speak(t *i18n.Tongue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tongue = t
}

// Load reads what lies on the disk.
func (s *Settings) Load() {
	starts := s.opt.Start != nil && s.opt.Start.On()
	var slots []KeySlot
	var err error
	if s.opt.Keys != nil {
		slots, err = s.opt.Keys()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.starts, s.keys, s.locked = starts, slots, err
}

// textSizes are the sizes of text that can be chosen, in percent.
var textSizes = []int{90, 100, 110, 125, 150}

// ChooseLanguage speaks another language, by its place in the list. This, and the
// choices below, are for the window's own thread.
func (s *Settings) ChooseLanguage(i int) {
	if all := i18n.Languages(); i >= 0 && i < len(all) {
		s.opt.View.SetLanguage(all[i])
	}
}

// ChooseBrightness shows the window as the system is (0), light (1) or dark (2).
func (s *Settings) ChooseBrightness(i int) { s.opt.View.SetBrightness(i) }

// ChooseText sets the size of text.
func (s *Settings) ChooseText(i int) {
	if i >= 0 && i < len(textSizes) {
		s.opt.View.SetTextSize(textSizes[i])
	}
}

// SetNotices has notices sent, or not.
func (s *Settings) SetNotices(on bool) { s.opt.View.SetNotices(on) }

// StartWithComputer has the program started with the computer, or not.
func (s *Settings) StartWithComputer(on bool) error {
	if s.opt.Start == nil {
		return nil
	}
	err := s.opt.Start.Set(on)
	s.Load()
	return err
}

// HandOver writes the hand-over kit into a file, wholly or not at all.
func (s *Settings) HandOver(ctx context.Context, file, passphrase string) error {
	dir, name := filepath.Split(file)
	f, err := os.CreateTemp(dir, "."+name+"-*")
	if err == nil {
		err = s.opt.HandOver(ctx, f, passphrase)
		err = errors.Join(err, closed(f))
		if err == nil {
			err = os.Rename(f.Name(), file)
		}
		if err != nil {
			_ = os.Remove(f.Name()) // it holds half of it
		}
	}
	if said := (*failover.Error)(nil); err == nil || errors.As(err, &said) {
		return err
	}
	return failover.Fail(failover.ErrDisk, "The hand-over kit could not be written to {file}: choose a folder that is yours and has room.", "file", file).Because(err)
}

// closed brings a file to the disk and closes it.
func closed(f *os.File) error { return errors.Join(f.Sync(), f.Close()) }

// NewCode makes a recovery code, which is shown once.
func (s *Settings) NewCode(ctx context.Context) (string, error) {
	code, err := s.opt.NewCode(ctx)
	s.Load()
	return code, err
}

// SettingsState is what the page shows.
type SettingsState struct {
	Languages, Lights, Texts  []string
	Language, Light, Text     int
	Notices, Starts, CanStart bool
	Steps                     []SetupStepLine
	Practice, Real            bool // in the practice world; there is a real one behind it
	CanHandOver               bool
	Keys                      []KeyLine
	KeysSay                   string // instead of them
	CanMakeCode               bool
	Version, File, DataDir    string
}

// KeyLine is a way to open the mirrored mail.
type KeyLine struct{ Title, Detail string }

// State is what is to be shown now. Call it on the window's thread.
func (s *Settings) State() SettingsState {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, v := s.tongue, s.opt.View
	st := SettingsState{
		Lights: []string{t.T("As the system"), t.T("Light"), t.T("Dark")}, Light: v.Brightness(), Notices: v.Notices(),
		Starts: s.starts, CanStart: s.opt.Start != nil, Practice: s.opt.Practice, Real: s.opt.Real != nil && s.opt.Real(),
		CanHandOver: s.opt.HandOver != nil, CanMakeCode: s.opt.NewCode != nil && len(s.keys) > 0,
		Version: s.opt.Version, File: s.opt.File, DataDir: s.opt.DataDir,
	}
	own := map[i18n.Language]string{i18n.English: "English", i18n.Japanese: "日本語"} // each in its own words
	for i, l := range i18n.Languages() {
		st.Languages = append(st.Languages, own[l])
		if l == t.Language {
			st.Language = i
		}
	}
	for _, size := range textSizes {
		st.Texts = append(st.Texts, strconv.Itoa(size)+" %")
	}
	st.Text = nearest(v.TextSize())
	if s.opt.SetUp != nil {
		st.Steps = s.opt.SetUp()
	}
	switch {
	case s.locked != nil:
		st.KeysSay = problem(t, s.locked)
	case s.opt.Keys != nil && len(s.keys) == 0:
		st.KeysSay = t.T("There is no key yet: the first mirror makes one.")
	}
	for _, k := range s.keys {
		st.Keys = append(st.Keys, KeyLine{Title: keyKind(t, k.Kind), Detail: t.T("made {when}", "when", ago(t, k.Made, s.opt.Now()))})
	}
	return st
}

// nearest is the index of the size that a text size is nearest to: keys change it in
// smaller steps.
func nearest(percent int) int {
	best := 0
	for i, size := range textSizes {
		if abs(size-percent) < abs(textSizes[best]-percent) {
			best = i
		}
	}
	return best
}

func abs(n int) int { return max(n, -n) }

func keyKind(t *i18n.Tongue, kind string) string {
	switch kind {
	case "keychain":
		return t.T("The system’s keychain")
	case "machine":
		return t.T("This computer")
	case "passphrase":
		return t.T("A passphrase")
	case "recovery":
		return t.T("A recovery code")
	}
	return kind
}

// WeakPassphrase says what is wrong with a passphrase of the hand-over kit; empty
// where nothing is, or nothing was typed.
func (s *Settings) WeakPassphrase(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len([]rune(text)); n == 0 || n >= s.opt.LeastPassphrase {
		return ""
	}
	return s.tongue.T("Use at least {n} characters: whoever finds the kit can try for years.", "n", s.opt.LeastPassphrase)
}
