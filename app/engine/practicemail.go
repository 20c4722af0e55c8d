package engine

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"lifeboat/app/i18n"
	"lifeboat/assets"
	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// samples is the sample mail of the practice world in one language: what lies in the
// mailboxes when it begins, and what people write from then on.
type samples struct {
	// Names are those of the staff, by the local part of their addresses.
	Names   map[string]string `yaml:"names"`
	Folders struct {
		Sent     string `yaml:"sent"`
		Archive  string `yaml:"archive"`
		Projects string `yaml:"projects"`
	} `yaml:"folders"`
	Messages []sample `yaml:"messages"`
	Letters  struct {
		Inbound  []sampleLetter `yaml:"inbound"`
		Outbound []sampleLetter `yaml:"outbound"`
		Internal []sampleLetter `yaml:"internal"`
	} `yaml:"letters"`
}

// sample is a message that lies in a mailbox.
type sample struct {
	Key     string       `yaml:"key"` // begins its Message-ID
	Days    int          `yaml:"days"`
	At      string       `yaml:"at"` // 15:04
	From    string       `yaml:"from"`
	To      []string     `yaml:"to"`
	Cc      []string     `yaml:"cc"`
	Re      string       `yaml:"re"` // the key of what it answers
	Seen    bool         `yaml:"seen"`
	Flagged bool         `yaml:"flagged"`
	Folder  string       `yaml:"folder"` // "archive", "projects"; empty: the inbox
	Subject string       `yaml:"subject"`
	Text    string       `yaml:"text"`
	HTML    string       `yaml:"html"`
	Files   []sampleFile `yaml:"files"`
	Invite  *struct {
		Title   string `yaml:"title"`
		Place   string `yaml:"place"`
		InDays  int    `yaml:"in days"` // from today
		At      string `yaml:"at"`
		Minutes int    `yaml:"minutes"`
	} `yaml:"invite"`
	Report *struct {
		Recipient string `yaml:"recipient"`
		Status    string `yaml:"status"`
		Answer    string `yaml:"answer"`
		Subject   string `yaml:"subject"` // of the message that came back
	} `yaml:"report"`
}

type sampleFile struct {
	Name string `yaml:"name"`
	Kind string `yaml:"kind"` // "pdf", "csv", "png"
	Text string `yaml:"text"`
}

type sampleLetter struct {
	Subject string `yaml:"subject"`
	Text    string `yaml:"text"`
}

// loadSamples reads the sample mail of a language.
func loadSamples(l i18n.Language) (*samples, error) {
	data, err := assets.Practice.ReadFile("practice/" + string(l) + ".yaml")
	if err != nil {
		return nil, err
	}
	s := &samples{}
	if err := yaml.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("practice/%s.yaml: %w", l, err)
	}
	return s, nil
}

// letter completes what somebody of the world writes: the same words for the same
// number each time.
func (s *samples) letter(l lab.Letter) lab.Letter {
	all := s.Letters.Inbound
	switch l.Way {
	case lab.Outbound:
		all = s.Letters.Outbound
	case lab.Internal:
		all = s.Letters.Internal
	default:
	}
	if len(all) == 0 {
		return l
	}
	of := all[l.Number%len(all)]
	number := strings.NewReplacer("{n}", fmt.Sprint(practiceNumber+l.Number))
	l.Subject, l.Text = number.Replace(of.Subject), number.Replace(of.Text)
	return l
}

// practiceNumber is what orders are counted from: a house that has been in business
// for a while has no order 1.
const practiceNumber = 2240

// stocker writes the samples of a world's staff out as messages.
type stocker struct {
	*samples
	domain failover.Domain
	now    time.Time
	keys   map[string]sample
	boxes  map[string]map[string]*lab.Stock // by address, and folder
}

// stock puts the samples into the mailboxes of the world's primary.
func (s *samples) stock(w *lab.World, now time.Time) error {
	st := &stocker{samples: s, domain: w.Domain(), now: now, keys: map[string]sample{}, boxes: map[string]map[string]*lab.Stock{}}
	for _, m := range s.Messages {
		st.keys[m.Key] = m
	}
	for _, m := range s.Messages {
		if err := st.put(m); err != nil {
			return err
		}
	}
	for address, folders := range st.boxes {
		for _, stock := range folders {
			slices.SortStableFunc(stock.Mail, func(a, b lab.Stocked) int { return a.At.Compare(b.At) })
			if err := w.Stock(failover.Primary, address, *stock); err != nil {
				return err
			}
		}
	}
	return nil
}

// put writes a message and lays it into the mailboxes of those who have it.
func (st *stocker) put(m sample) error {
	at, err := st.time(m)
	if err != nil {
		return err
	}
	from, to, cc := st.address(m.From), st.addresses(m.To), st.addresses(m.Cc)
	data, err := st.write(m, at, from, to, cc)
	if err != nil {
		return err
	}
	all := slices.Concat(to, cc)
	msg := lab.Stocked{At: at, From: from.Address, Data: data}
	for _, a := range all {
		msg.To = append(msg.To, a.Address)
	}
	if m.Seen {
		msg.Flags = append(msg.Flags, `\Seen`)
	}
	if m.Flagged {
		msg.Flags = append(msg.Flags, `\Flagged`)
	}
	for _, address := range st.holders(all) {
		st.lay(address, m.folder(st.samples), "", msg)
	}
	for _, address := range st.holders([]mail.Address{from}) {
		own := msg
		own.Flags = []string{`\Seen`}
		st.lay(address, st.Folders.Sent, `\Sent`, own)
	}
	return nil
}

func (m sample) folder(s *samples) string {
	switch m.Folder {
	case "archive":
		return s.Folders.Archive
	case "projects":
		return s.Folders.Projects
	}
	return ""
}

func (st *stocker) lay(address, folder, role string, msg lab.Stocked) {
	if st.boxes[address] == nil {
		st.boxes[address] = map[string]*lab.Stock{}
	}
	if folder == st.Folders.Archive {
		role = `\Archive`
	}
	if st.boxes[address][folder] == nil {
		st.boxes[address][folder] = &lab.Stock{Folder: folder, Role: role}
	}
	box := st.boxes[address][folder]
	box.Mail = append(box.Mail, msg)
}

// holders are the mailboxes that mail for these addresses lies in: that of an account,
// and those of all for an alias, a group or a shared mailbox.
func (st *stocker) holders(of []mail.Address) (out []string) {
	for _, a := range of {
		for _, r := range st.domain.Recipients {
			if !strings.EqualFold(r.Address, a.Address) {
				continue
			}
			if r.Kind == failover.Account {
				out = append(out, r.Address)
				continue
			}
			for _, o := range st.domain.Recipients {
				if o.Kind == failover.Account {
					out = append(out, o.Address)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// time is when a message was written: never after now.
func (st *stocker) time(m sample) (time.Time, error) {
	clock, err := time.Parse("15:04", m.At)
	if err != nil {
		return time.Time{}, fmt.Errorf("practice: %s: %w", m.Key, err)
	}
	day := st.now.AddDate(0, 0, -m.Days)
	at := time.Date(day.Year(), day.Month(), day.Day(), clock.Hour(), clock.Minute(), 0, 0, day.Location())
	if at.After(st.now) {
		at = st.now.Add(-time.Hour)
	}
	return at, nil
}

// address reads one: people inside go by the local part of theirs.
func (st *stocker) address(text string) mail.Address {
	domain := failover.Display(st.domain.Name)
	text = strings.ReplaceAll(text, "{domain}", domain)
	if !strings.Contains(text, "@") {
		return mail.Address{Name: st.Names[text], Address: text + "@" + domain}
	}
	name, rest, _ := strings.Cut(text, "<")
	return mail.Address{Name: strings.TrimSpace(name), Address: strings.TrimSuffix(rest, ">")}
}

func (st *stocker) addresses(texts []string) (out []mail.Address) {
	for _, t := range texts {
		out = append(out, st.address(t))
	}
	return out
}
