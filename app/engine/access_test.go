package engine

import (
	"context"
	"errors"
	"slices"
	"testing"

	"lifeboat/failover"
	"lifeboat/mailstore"
)

// Mail of an account that comes into the mirror while it is open is as locked as that of
// any other.
func TestAccountThatComesLaterIsLocked(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.put(anna, "Plans", eml("Eve <eve@outside.test>", "Pelican", "One."))
	if err := s.SetOwnMailboxes(t.Context(), []string{anna}); err != nil {
		t.Fatal(err)
	}
	m := s.open("")
	same(t, "one's own", subjects(t, m, "", MailSelection{}), []string{"Pelican"})
	s.put(ben, "Plans", eml("Eve <eve@outside.test>", "Secret", "Two."))
	for name, list := range map[string]func(context.Context) ([]string, []string, error){
		"index": func(ctx context.Context) ([]string, []string, error) {
			got, err := m.Index(ctx, "", MailSelection{})
			return got.IDs, got.Locked, err
		},
		"search": func(ctx context.Context) ([]string, []string, error) {
			got, err := m.Index(ctx, "from:eve", MailSelection{})
			return got.IDs, got.Locked, err
		},
		"list": func(ctx context.Context) (out, locked []string, err error) {
			got, err := m.List(ctx, MailSelection{})
			for _, l := range got.Messages {
				out = append(out, l.Subject)
			}
			return out, got.Locked, err
		},
	} {
		got, locked, err := list(t.Context())
		if err != nil || len(got) != 1 || !slices.Equal(locked, []string{ben}) {
			t.Errorf("%s: %q, locked %q, %v", name, got, locked, err)
		}
	}
}

// Whom other people write to is not completed unnoted: only once the log says that their
// mail was opened.
func TestPeopleOfOthersAreNotToldUnnoted(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.put(ben, "Plans", eml("Yasmin <yasmin@secret.test>", "one", "x"))
	s.put(anna, "Plans", eml("Yann <yann@outside.test>", "one", "x"))
	if err := s.SetOwnMailboxes(t.Context(), []string{anna}); err != nil {
		t.Fatal(err)
	}
	m := s.open("Ben is ill")
	m.Complete(t.Context(), "", 8) // begins
	m.book.making.Wait()
	completed := func() (out []string) {
		for _, a := range m.Complete(t.Context(), "ya", 8) {
			out = append(out, a.Address)
		}
		slices.Sort(out)
		return out
	}
	same(t, "before anything was opened", completed(), []string{"yann@outside.test"})
	before := len(s.log())
	subjects(t, m, "", MailSelection{Account: ben})
	if len(s.log()) == before {
		t.Error("the list was not noted")
	}
	same(t, "afterwards", completed(), []string{"yann@outside.test", "yasmin@secret.test"})
}

// Folders whose names differ in the case of letters alone are told apart, and one that
// was made anew at the primary from the one that is gone.
func TestFolderOfANameIsTheNearest(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.put(anna, "Work", eml("Eve <eve@outside.test>", "Pelican", "One."))
	s.put(anna, "work", eml("Eve <eve@outside.test>", "Heron", "Two."))
	if err := s.SetOwnMailboxes(t.Context(), []string{anna}); err != nil {
		t.Fatal(err)
	}
	m := s.open("")
	same(t, "Work", subjects(t, m, "", MailSelection{Account: anna, Folder: "Work"}), []string{"Pelican"})
	same(t, "work", subjects(t, m, "", MailSelection{Account: anna, Folder: "work"}), []string{"Heron"})
	if _, err := m.Index(t.Context(), "", MailSelection{Account: anna, Folder: "WORK"}); !errors.Is(err, mailstore.ErrInvalid) {
		t.Errorf("both are meant: %v", err)
	}
	gone, err := m.folderNamed(reach{grants: map[mailstore.AccountID]grant{7: {}}}, "Old")
	if !errors.Is(err, mailstore.ErrInvalid) {
		t.Errorf("%+v, %v", gone, err)
	}
	m.folders[91] = mailstore.Folder{ID: 91, Account: 7, Name: "Old", Gone: s.opt.Now()}
	m.folders[92] = mailstore.Folder{ID: 92, Account: 7, Name: "Old"}
	if f, err := m.folderNamed(reach{grants: map[mailstore.AccountID]grant{7: {}}}, "Old"); err != nil || f.ID != 92 {
		t.Errorf("%+v, %v", f, err)
	}
}

// Of nested domains the one that is nearest to an address counts.
func TestIncidentOfTheNearestDomain(t *testing.T) {
	t.Parallel()
	calm, why := failover.Sentence{}, failover.Say("Mail of {domain} is led to the secondary.", "domain", "x")
	o := openings{domains: map[string]failover.Sentence{"example.test.": why, "branch.example.test.": calm}}
	for range 20 { // a map has no order
		if got := o.incident("someone@branch.example.test"); !got.IsZero() {
			t.Fatalf("the branch is in calm times: %s", got)
		}
		if got := o.incident("someone@example.test"); got.IsZero() {
			t.Fatal("the incident of the domain is not seen")
		}
	}
}
