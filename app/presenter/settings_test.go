package presenter_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/failover"
)

// shown is a view that remembers what was chosen.
type shown struct {
	brightness, text int
	language         i18n.Language
	notices          bool
}

func (v *shown) Brightness() int             { return v.brightness }
func (v *shown) SetBrightness(b int)         { v.brightness = b }
func (v *shown) TextSize() int               { return v.text }
func (v *shown) SetTextSize(percent int)     { v.text = percent }
func (v *shown) SetLanguage(l i18n.Language) { v.language = l }
func (v *shown) Notices() bool               { return v.notices }
func (v *shown) SetNotices(on bool)          { v.notices = on }

// starter starts with the computer, or says why it cannot.
type starter struct {
	on  bool
	err error
}

func (s *starter) On() bool { return s.on }
func (s *starter) Set(on bool) error {
	if s.err == nil {
		s.on = on
	}
	return s.err
}

func TestSettingsChooseHowTheWindowLooks(t *testing.T) {
	v := &shown{text: 100, notices: true}
	s := presenter.NewSettings(tongue(t, i18n.English), presenter.SettingsOptions{View: v, Now: presentertest.Now})
	s.ChooseBrightness(2)
	s.ChooseText(4)
	s.ChooseText(99)
	s.ChooseLanguage(1)
	s.ChooseLanguage(-1)
	s.SetNotices(false)
	if *v != (shown{brightness: 2, text: 150, language: i18n.Japanese}) {
		t.Errorf("chosen: %+v", *v)
	}
	st := s.State()
	if st.Light != 2 || st.Texts[st.Text] != "150 %" || st.Languages[st.Language] != "English" || st.Notices {
		t.Errorf("shown: %+v", st)
	}
	v.text = 121 // by the keys, which go in smaller steps
	if st = s.State(); st.Texts[st.Text] != "125 %" {
		t.Errorf("text of 121 percent is shown as %s", st.Texts[st.Text])
	}
}

func TestSettingsStartWithTheComputer(t *testing.T) {
	start := &starter{}
	s := presenter.NewSettings(tongue(t, i18n.English), presenter.SettingsOptions{View: &shown{}, Start: start, Now: presentertest.Now})
	s.Load()
	if st := s.State(); st.Starts || !st.CanStart {
		t.Errorf("at first: %+v", st)
	}
	if err := s.StartWithComputer(true); err != nil || !s.State().Starts {
		t.Errorf("on: %v, %v", s.State().Starts, err)
	}
	start.err = errors.New("read-only")
	if err := s.StartWithComputer(false); err == nil || !s.State().Starts {
		t.Errorf("what could not be changed is shown as %v, %v", s.State().Starts, err)
	}
}

// The kit is written wholly or not at all, whatever is in the way.
func TestHandOverKitIsWholeOrNotThere(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "kit.age")
	var fail error
	s := presenter.NewSettings(tongue(t, i18n.English), presenter.SettingsOptions{View: &shown{}, LeastPassphrase: 8, Now: presentertest.Now, HandOver: func(_ context.Context, w io.Writer, passphrase string) error {
		_, err := io.WriteString(w, "half of "+passphrase)
		return errors.Join(err, fail)
	}})
	if err := s.HandOver(t.Context(), file, "correct horse"); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "half of correct horse" {
		t.Errorf("written: %q, %v", b, err)
	}
	fail = failover.Fail(failover.ErrCredential, "the key does not open")
	if err := s.HandOver(t.Context(), file, "another"); !errors.Is(err, failover.ErrCredential) {
		t.Errorf("a kit that fails: %v", err)
	}
	fail = nil
	err := s.HandOver(t.Context(), filepath.Join(dir, "no", "such", "folder", "kit"), "x")
	if !errors.Is(err, failover.ErrDisk) || !strings.Contains(err.Error(), "no/such/folder") {
		t.Errorf("a folder that is not there: %v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "half of correct horse" {
		t.Errorf("the kit before is now %q, %v", b, err)
	}
	for text, weak := range map[string]bool{"": false, "1234567": true, "あいうえおかきく": false} {
		if got := s.WeakPassphrase(text) != ""; got != weak {
			t.Errorf("%q is weak: %v", text, got)
		}
	}
}

func TestSettingsListKeys(t *testing.T) {
	var slots []presenter.KeySlot
	var err error
	s := presenter.NewSettings(tongue(t, i18n.English), presenter.SettingsOptions{
		View: &shown{}, Now: presentertest.Now, Keys: func() ([]presenter.KeySlot, error) { return slots, err },
		NewCode: func(context.Context) (string, error) {
			slots = append(slots, presenter.KeySlot{Kind: "recovery", Made: presentertest.Noon})
			return "ABCD-EFGH", nil
		},
	})
	s.Load()
	if st := s.State(); st.KeysSay == "" || st.CanMakeCode {
		t.Errorf("without a key: %+v", st)
	}
	slots = []presenter.KeySlot{{Kind: "machine", Made: presentertest.Noon.Add(-48 * time.Hour)}}
	code, cerr := s.NewCode(t.Context())
	st := s.State()
	if cerr != nil || code != "ABCD-EFGH" || len(st.Keys) != 2 || st.Keys[0].Title != "This computer" || st.Keys[1].Title != "A recovery code" || !st.CanMakeCode {
		t.Errorf("after a new code: %v, %q, %+v", cerr, code, st.Keys)
	}
	slots, err = nil, failover.Fail(failover.ErrDisk, "the keys cannot be read")
	s.Load()
	if st := s.State(); !strings.Contains(st.KeysSay, "cannot be read") {
		t.Errorf("of keys that cannot be read it says %q", st.KeysSay)
	}
}
