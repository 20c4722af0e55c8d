package mirror_test

import (
	"sort"
	"strings"
	"testing"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mirror"
)

// Which folders are mirrored, by the rules.
func TestRules(t *testing.T) {
	names := []string{"Sent", "Junk Email", "迷惑メール", "Deleted Items", "Deleted Items/old", "Lists", "Lists/go", "Lists/rust", "Work", "Work/Trash"}
	for name, c := range map[string]struct {
		rules mirror.Rules
		want  string
	}{
		"usual":       {mirror.Rules{}, "INBOX Lists Lists/go Lists/rust Sent Work Work/Trash"},
		"junk too":    {mirror.Rules{Junk: true}, "INBOX Junk Email Lists Lists/go Lists/rust Sent Work Work/Trash 迷惑メール"},
		"trash too":   {mirror.Rules{Trash: true}, "Deleted Items Deleted Items/old INBOX Lists Lists/go Lists/rust Sent Work Work/Trash"},
		"without one": {mirror.Rules{Exclude: []string{"lists"}}, "INBOX Sent Work Work/Trash"},
		"but":         {mirror.Rules{Exclude: []string{"Li*"}, Include: []string{"*/GO"}}, "INBOX Lists/go Sent Work Work/Trash"},
		"the inbox":   {mirror.Rules{Exclude: []string{"*"}, Include: []string{"inbox"}}, "INBOX"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPrimary(imaplink.Caps{}, names...)
			d := newDesk(t, p.connect, func(o *mirror.Options) { o.Folders = c.rules })
			d.once()
			folders, err := d.store.Folders(t.Context(), d.account.ID)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range folders {
				got = append(got, f.Name)
			}
			sort.Strings(got)
			if strings.Join(got, " ") != c.want {
				t.Errorf("%q, not %q", strings.Join(got, " "), c.want)
			}
		})
	}
}

// A folder that is left out from now on is not gone: what is here stays.
func TestLeftOutLater(t *testing.T) {
	p := newPrimary(all, "Work")
	p.fill(t, "Work", 0, 30)
	d := newDesk(t, p.connect)
	d.once()
	d.options.Folders.Exclude = []string{"work"}
	if r := d.once(); r.Check.Changes != (mailstore.Applied{}) || len(r.Held) != 0 {
		t.Errorf("%+v", r)
	}
	d.same(p)
}

// Servers whose folders hold no mail, are listed twice or are another's.
func TestOddLists(t *testing.T) {
	p := newPrimary(imaplink.Caps{}, "Container", "Container/Real")
	p.folders["Container"].noSelect = true
	p.fill(t, "Container/Real", 0, 2)
	odd := func(ctx ctxt, a mailstore.Account) (mirror.Link, error) {
		link, err := p.connect(ctx, a)
		return oddList{link}, err
	}
	d := newDesk(t, odd)
	if r := d.once(); r.Folders != 2 || r.Fetched != 2 {
		t.Errorf("%+v", r)
	}
	d.same(p)
}

type oddList struct{ mirror.Link }

func (o oddList) List(ctx ctxt) ([]imaplink.Folder, error) {
	list, err := o.Link.List(ctx)
	for i := range list {
		if list[i].Name == "INBOX" {
			list[i].Name = "Inbox"
		}
	}
	return append(list, list[0], imaplink.Folder{Name: "Other Users/ben", Delimiter: "/", Namespace: "other"}), err
}
