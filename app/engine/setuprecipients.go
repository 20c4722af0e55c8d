package engine

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lifeboat/configs"
	"lifeboat/failover"
)

// pastedName is what sentences call text that was pasted; their lines are counted in it.
const pastedName = "#"

// Paste reads recipients from text as people have it: a column of a spreadsheet, a
// CSV file, addresses with names. What cannot be read is named, line by line.
func (s *Setup) Paste(text string) ([]SetupRecipient, []failover.Sentence) {
	found, bad := configs.ReadRecipients(pastedName, []byte(text))
	say := sentencesOf(bad)
	for _, s := range say {
		for i, part := range s.Args { // "#:12" is a place in a file, "#12" the twelfth line
			if rest, ok := strings.CutPrefix(part, pastedName+":"); ok {
				s.Args[i] = pastedName + rest
			}
		}
	}
	return setupRecipients(found), say
}

// PasteFile is Paste of a file, in UTF-8, UTF-16 or Shift_JIS.
func (s *Setup) PasteFile(file string) ([]SetupRecipient, []failover.Sentence, error) {
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("no regular file")
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, nil, failover.Fail(failover.ErrInvalid, "{file} cannot be read: check that it is a file and that you may read it", "file", file).Because(err)
	}
	found, bad := configs.ReadRecipients(filepath.Base(file), data)
	return setupRecipients(found), sentencesOf(bad), nil
}

func setupRecipients(list []configs.Pasted) []SetupRecipient {
	var out []SetupRecipient
	for _, p := range list {
		out = append(out, SetupRecipient{
			Address: p.Address, Kind: string(p.Kind), Aliases: p.Aliases, PrimaryUser: p.PrimaryUser, SecondaryUser: p.SecondaryUser,
		})
	}
	return out
}

// AddRecipients takes recipients into the draft. It returns how many were new; those
// that are there already are brought up to date, and aliases that belong to somebody
// already stay where they are. A group or shared mailbox stays one: a list of addresses
// without a word on what they are says account of each.
func (s *Setup) AddRecipients(list []SetupRecipient) (int, error) {
	added := 0
	err := s.Change(func(d *SetupDraft) {
		taken := map[string]int{} // the index of whom an address belongs to
		for i, r := range d.Recipients {
			for _, a := range append([]string{r.Address}, r.Aliases...) {
				taken[strings.ToLower(a)] = i
			}
		}
		for _, r := range list {
			i, known := taken[strings.ToLower(r.Address)]
			switch {
			case known && !strings.EqualFold(d.Recipients[i].Address, r.Address):
				continue // an alias of somebody
			case known && d.Recipients[i].File != "":
				continue // changed there
			case !known:
				i = len(d.Recipients)
				d.Recipients = append(d.Recipients, SetupRecipient{Address: r.Address})
				taken[strings.ToLower(r.Address)] = i
				added++
			}
			to := &d.Recipients[i]
			if to.Kind == "" || r.Kind != "" && kindOf(r.Kind) != configs.KindAccount {
				to.Kind = cmp.Or(r.Kind, string(configs.KindAccount))
			}
			to.PrimaryUser, to.SecondaryUser = cmp.Or(r.PrimaryUser, to.PrimaryUser), cmp.Or(r.SecondaryUser, to.SecondaryUser)
			for _, a := range r.Aliases {
				if _, has := taken[strings.ToLower(a)]; !has {
					to.Aliases = append(to.Aliases, a)
					taken[strings.ToLower(a)] = i
				}
			}
		}
	})
	return added, err
}

// addresses are all that have to go on receiving mail.
func (d SetupDraft) addresses() []string {
	var out []string
	for _, r := range d.Recipients {
		out = append(append(out, r.Address), r.Aliases...)
	}
	return out
}

// Guide lists what to do at the console of the provider at a side, in order.
func (s *Setup) Guide(side Side) []GuideStep {
	d := s.Draft()
	p := d.side(side)
	preset, ok := configs.PresetNamed(p.Preset)
	if !ok {
		return nil
	}
	domain := failover.Display(failover.FQDN(d.Domain))
	var out []GuideStep
	for i, step := range preset.Console {
		values := d.toCopy(step.Copy, domain)
		if len(values) == 0 && step.Copy != "" {
			continue // there are none of the kind
		}
		out = append(out, GuideStep{
			Index: i, Say: failover.Sentence{Template: step.Say, Args: failover.Say("", "domain", domain, "count", len(values)).Args},
			Copy: values, Page: preset.ConsolePage, Done: p.Told[i],
		})
	}
	return out
}

// toCopy are the values that a step at a console wants.
func (d SetupDraft) toCopy(what, domain string) []string {
	var out []string
	for _, r := range d.Recipients {
		switch {
		case what == "aliases":
			out = append(out, r.Aliases...)
		case what == "accounts" && kindOf(r.Kind) == configs.KindAccount,
			what == "groups" && kindOf(r.Kind) == configs.KindGroup,
			what == "shared" && kindOf(r.Kind) == configs.KindShared:
			out = append(out, r.Address)
		}
	}
	if what == "domain" && domain != "" {
		out = []string{domain}
	}
	return out
}

// doubled lists addresses that stand in a draft more than once.
func (d SetupDraft) doubled() []string {
	seen := map[string]int{}
	var out []string
	for _, a := range d.addresses() {
		key := strings.ToLower(a)
		if seen[key]++; seen[key] == 2 {
			out = append(out, a)
		}
	}
	slices.Sort(out)
	return out
}
