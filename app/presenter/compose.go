package presenter

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/mailstore"
)

// MailDesk is what the composer needs of the engine.
type MailDesk interface {
	DraftMail(ctx context.Context, m engine.MailToSend) (engine.MailDraft, error)
	Senders(ctx context.Context) ([]string, error)
	KeepDraft(ctx context.Context, id string, content []byte) error
	KeptDrafts(ctx context.Context) ([]engine.KeptDraft, error)
	DropDraft(ctx context.Context, id string) error
}

// ComposeOptions is what the composer goes by.
type ComposeOptions struct {
	Engine MailDesk
	// Send hands a message in, and waits a while for what becomes of it.
	Send func(context.Context, engine.MailToSend) (engine.MailSent, error)
	// Provider is the name of a provider, by its role.
	Provider func(failover.Role) string
	Now      func() time.Time
	// Pause is how long writing must pause before it is kept; 0: the usual one.
	Pause time.Duration
	// Most is the greatest size of all attachments together, in octets; 0: any.
	Most int64
}

const (
	usualKeep  = 700 * time.Millisecond
	keepAgain  = 5 * time.Second // where it could not be kept
	sendWait   = 8 * time.Second
	offersMost = 5
)

// ComposeField is one of the fields with addresses.
type ComposeField int

// The fields.
const (
	FieldTo ComposeField = iota
	FieldCc
	FieldBcc
	composeFields
)

// letterDraft is a message that is being written, as it is kept.
type letterDraft struct {
	ID      string                  `json:"id"`
	From    string                  `json:"from"`
	People  [composeFields][]string `json:"people"`
	Subject string                  `json:"subject"`
	Text    string                  `json:"text"`
	Files   []string                `json:"files"` // where they are
	Reply   string                  `json:"reply,omitempty"`
	Forward string                  `json:"forward,omitempty"`
	Quoted  string                  `json:"quoted,omitempty"` // what will stand below
	Passed  []string                `json:"passed,omitempty"` // files of the message that is passed on
}

// empty says that nothing would be lost with it.
func (d *letterDraft) empty() bool {
	return strings.TrimSpace(d.Text) == "" && len(d.Files) == 0 &&
		(d.Reply+d.Forward != "" || d.Subject == "" && len(d.People[FieldTo])+len(d.People[FieldCc])+len(d.People[FieldBcc]) == 0)
}

// Compose writes messages. What is written is kept while it is written, and stays until
// it was handed in or thrown away: a crash, or a server that refuses it, loses nothing.
type Compose struct {
	opt  ComposeOptions
	mail *Mail // what is answered lies there, and people's addresses

	mu      sync.Mutex
	tongue  *i18n.Tongue
	kicked  chan struct{}
	kept    []letterDraft // newest first; the one that is open is among them
	open    string        // its ID; "" is none
	key     int           // another than before: another message, or changed by other than typing
	senders []string
	dirty   map[string]time.Time // when drafts were changed, by ID
	typed   [composeFields]string
	offers  [composeFields][]mailstore.Address
	asked   ComposeField
	asking  string // what offers are wanted for
	loading *composeWish
	sending bool
	problem error // why it was not sent, or what else went wrong
	unkept  error // why what is written is not kept; it is tried again
	// sizes are those of attached files, in octets; -1: it cannot be read. They are looked
	// up away from the UI thread: a file may lie at the other end of a slow line.
	sizes map[string]int64
	sent  *SentState
}

// composeWish is a message that is to be begun as an answer.
type composeWish struct {
	id   string // of the draft
	want engine.MailToSend
}

// SentState is what became of the last message.
type SentState struct {
	Light   Light
	Text    string
	Details string
}

// NewCompose returns the composer over the mail page.
func NewCompose(t *i18n.Tongue, mail *Mail, opt ComposeOptions) *Compose {
	if opt.Pause == 0 {
		opt.Pause = usualKeep
	}
	if opt.Provider == nil {
		opt.Provider = func(r failover.Role) string { return string(r) }
	}
	return &Compose{opt: opt, mail: mail, tongue: t, kicked: make(chan struct{}, 1), dirty: map[string]time.Time{}, sizes: map[string]int64{}}
}

// Speak goes on in another language.
func (c *Compose) Speak(t *i18n.Tongue) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tongue = t
	c.key++
}

func (c *Compose) kick() {
	select {
	case c.kicked <- struct{}{}:
	default:
	}
}

// current is the message that is open. The lock is held.
func (c *Compose) current() *letterDraft {
	i := slices.IndexFunc(c.kept, func(d letterDraft) bool { return d.ID == c.open })
	if i < 0 {
		return nil
	}
	return &c.kept[i]
}

// New begins a message.
func (c *Compose) New() { c.begin(engine.MailToSend{}) }

// Reply begins an answer to the message that is shown; all: to everybody who had it.
func (c *Compose) Reply(all bool) {
	if source, id, _ := c.mail.shown(); source != nil {
		c.begin(engine.MailToSend{Reply: id, All: all, Source: source})
	}
}

// Forward begins to pass the message on that is shown.
func (c *Compose) Forward() {
	if source, id, _ := c.mail.shown(); source != nil {
		c.begin(engine.MailToSend{Forward: id, Inline: true, Source: source})
	}
}

func (c *Compose) begin(want engine.MailToSend) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.putAway()
	d := letterDraft{ID: newDraftID(), Reply: want.Reply, Forward: want.Forward}
	if len(c.senders) > 0 {
		d.From = c.senders[0]
	}
	c.kept = slices.Insert(c.kept, 0, d)
	c.show(d.ID)
	if want.Reply+want.Forward != "" {
		want.Language = c.tongue.Language
		c.loading = &composeWish{id: d.ID, want: want}
	}
	c.kick()
}

func newDraftID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// show opens a draft. The lock is held.
func (c *Compose) show(id string) {
	c.open, c.problem, c.sent, c.loading = id, nil, nil, nil
	c.typed, c.offers = [composeFields]string{}, [composeFields][]mailstore.Address{}
	c.key++
}

// Open goes on with a message that is kept.
func (c *Compose) Open(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open != id {
		c.putAway()
		c.show(id)
		c.kick()
	}
}

// Close puts the message away: it stays, unless nothing was written.
func (c *Compose) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.putAway()
	c.key++
	c.kick()
}

// putAway closes the message that is open. The lock is held.
func (c *Compose) putAway() {
	if d := c.current(); d != nil && d.empty() && !c.sending {
		c.drop(d.ID)
	}
	c.open, c.loading = "", nil
}

// drop takes a draft out; Work forgets its file. The lock is held.
func (c *Compose) drop(id string) {
	c.kept = slices.DeleteFunc(c.kept, func(d letterDraft) bool { return d.ID == id })
	c.dirty[id] = time.Time{}
}

// Discard throws the message away.
func (c *Compose) Discard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := c.current(); d != nil && !c.sending {
		c.drop(d.ID)
		c.open = ""
		c.key++
	}
	c.kick()
}

// change changes the message that is open; typing alone leaves its key.
func (c *Compose) change(do func(*letterDraft)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.current()
	if d == nil || c.sending {
		return
	}
	do(d)
	c.dirty[d.ID] = time.Now()
	c.kick()
}

// SetFrom sets who it is from.
func (c *Compose) SetFrom(from string) { c.change(func(d *letterDraft) { d.From = from }) }

// SetSubject sets what it is about.
func (c *Compose) SetSubject(s string) { c.change(func(d *letterDraft) { d.Subject = s }) }

// SetText sets what is written.
func (c *Compose) SetText(s string) { c.change(func(d *letterDraft) { d.Text = s }) }

// Add adds somebody to a field.
func (c *Compose) Add(f ComposeField, address string) {
	c.change(func(d *letterDraft) {
		if address = strings.TrimSpace(address); address != "" && !slices.Contains(d.People[f], address) {
			d.People[f] = append(d.People[f], address)
		}
	})
}

// Remove takes somebody out of a field.
func (c *Compose) Remove(f ComposeField, i int) {
	c.change(func(d *letterDraft) {
		if i >= 0 && i < len(d.People[f]) {
			d.People[f] = slices.Delete(d.People[f], i, i+1)
		}
	})
}

// Type asks whom what is typed in a field could mean.
func (c *Compose) Type(f ComposeField, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.typed[f] = text
	c.asked, c.asking = f, strings.TrimSpace(text)
	if c.asking == "" {
		c.offers[f] = nil
		return
	}
	c.kick()
}

// Take takes the offer of that number for a field.
func (c *Compose) Take(f ComposeField, i int) {
	c.mu.Lock()
	address := ""
	if i >= 0 && i < len(c.offers[f]) {
		address = c.offers[f][i].String()
	}
	c.offers[f] = nil
	c.mu.Unlock()
	if address != "" {
		c.Add(f, address)
	}
}

// Attach adds a file.
func (c *Compose) Attach(file string) {
	c.change(func(d *letterDraft) {
		if !slices.Contains(d.Files, file) {
			d.Files = append(d.Files, file)
		}
	})
}

// Detach takes a file out.
func (c *Compose) Detach(file string) {
	c.change(func(d *letterDraft) { d.Files = slices.DeleteFunc(d.Files, func(f string) bool { return f == file }) })
}
