package presenter

import (
	"context"
	"slices"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
)

// MailOptions is what the mail page goes by beside the mail itself.
type MailOptions struct {
	// Open opens the mirror; it is called again where that failed.
	Open func(context.Context) (engine.MailSource, error)
	// Browse opens another server's mail, of which nothing is stored; nil where none can be.
	Browse func(context.Context, MailServer) (engine.MailSource, error)
	// Secondary names the provider whose mailboxes can be looked at with the sign-in of the
	// settings; nil or "": there is none.
	Secondary func() string
	// Mine takes down that a mailbox is that of whoever is at work here; nil where nobody
	// can say so.
	Mine func(ctx context.Context, address string) error
	// Update brings the mirror up to date now; nil where that is not to be asked for.
	Update func(context.Context) error
	// SendsThrough names the provider that mail leaves through; "" where none does.
	SendsThrough func() string
	Now          func() time.Time
	// Pause is how long a search waits for the next letter; Every how often it is asked
	// whether mail came. 0: the usual ones.
	Pause, Every time.Duration
	// Mark marks a file as having come from the internet; from says what it came in.
	Mark func(file, from string) error
	// Home is the folder that attachments are opened in, made anew, private, and removed
	// when the window is closed.
	Temp string
	// Practice: it is the built-in world's mail.
	Practice bool
}

const (
	usualPause  = 120 * time.Millisecond
	usualEvery  = time.Second
	quickly     = 300    // so many messages are shown at once, the others as soon as they are known
	pageLines   = 64     // lines are read in pieces of so many
	linesKept   = 20_000 // so many lines are kept
	linesAtOnce = 2      // so many pieces are read at the same time
	noRow       = -1     // no row of a list
)

// Mail shows mail: of the mirror, or of any server. It knows the whole list by its IDs,
// and of the messages in it only those that were looked at, so that a list of 100,000 is
// there at once. Everything that takes time is done by [Mail.Work]; what it was asked
// for before is dropped by number when something else is asked for meanwhile.
type Mail struct {
	opt MailOptions

	mu     sync.Mutex
	tongue *i18n.Tongue
	kicked chan struct{} // there is something to do

	source   engine.MailSource
	mirror   engine.MailSource // kept open while another server is browsed
	server   MailServer        // that is browsed; the zero one is the mirror
	openFail error
	tries    int

	accounts []engine.MailAccount
	folders  map[string][]engine.MailFolder // by account
	names    map[string]string              // people's, by address
	opened   map[string]bool                // accounts whose folders are shown
	all      bool                           // other people's accounts are shown
	revision string

	here    mailPlace
	query   string
	typedAt time.Time
	list    mailList
	picked  mailPicks
	read    mailRead

	folderVersion int
	updating      bool
	updateFail    error
}

// mailPlace is what the list shows: a folder of an account.
type mailPlace struct{ account, folder string }

// NewMail returns the presenter.
func NewMail(t *i18n.Tongue, opt MailOptions) *Mail {
	if opt.Pause == 0 {
		opt.Pause = usualPause
	}
	if opt.Every == 0 {
		opt.Every = usualEvery
	}
	if opt.SendsThrough == nil {
		opt.SendsThrough = func() string { return "" }
	}
	return &Mail{
		opt: opt, tongue: t, kicked: make(chan struct{}, 1), folders: map[string][]engine.MailFolder{},
		names: map[string]string{}, opened: map[string]bool{}, list: newMailList(), picked: newMailPicks(), read: mailRead{says: &MessageState{}},
	}
}

// Speak goes on in another language.
func (m *Mail) Speak(t *i18n.Tongue) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tongue = t
	m.folderVersion++
	m.list.version++
	m.read.again()
}

// kick has Work look what there is to do. It never waits.
func (m *Mail) kick() {
	select {
	case m.kicked <- struct{}{}:
	default:
	}
}

// Work does what takes time, until the context ends. Run it once. changed is
// called when there is something new to show.
func (m *Mail) Work(ctx context.Context, changed func()) {
	defer m.close()
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lanes := &mailLanes{m: m, changed: changed, run: func(do func()) { wg.Go(do) }}
	t := time.NewTicker(m.opt.Every)
	defer t.Stop()
	for {
		lanes.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-m.kicked:
		case <-t.C:
			lanes.due = true
		}
	}
}

// close gives the mail back.
func (m *Mail) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mirror != nil && m.mirror != m.source {
		_ = m.mirror.Close() // it was only read
	}
	if m.source != nil {
		_ = m.source.Close()
	}
	m.source, m.mirror = nil, nil
}

// Go shows a row of the column of folders, by its key: a folder, an account, or all
// accounts.
func (m *Mail) Go(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	account, folder, isAll := splitKey(key)
	m.folderVersion++
	switch {
	case isAll:
		m.all = !m.all
		return
	case folder == "" && m.here.account == account && m.opened[account]:
		m.opened[account] = false // pressed once more
		return
	case folder == "":
		m.opened[account] = true
		folder = firstFolder(m.folders[account])
	}
	if at := (mailPlace{account, folder}); at != m.here {
		m.show(at)
	}
	m.kick()
}

// show has a folder shown from its beginning. The lock is held.
func (m *Mail) show(at mailPlace) {
	m.here, m.query = at, ""
	m.list.begin()
	m.picked = newMailPicks()
	m.read.clear()
}

// firstFolder is the one that an account is opened with.
func firstFolder(folders []engine.MailFolder) string {
	i := slices.IndexFunc(folders, func(f engine.MailFolder) bool { return !f.NoMail })
	if i < 0 {
		return ""
	}
	return folders[i].Name
}

// Search shows what a query finds, in the words of the mirror's search; "" shows
// everything again. It is found once typing pauses.
func (m *Mail) Search(query string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if query == m.query {
		return
	}
	m.query, m.typedAt = query, time.Now()
	m.list.stale()
	m.kick()
}

// Refresh brings the mirror up to date now, and shows what is new; elsewhere it only
// looks anew.
func (m *Mail) Refresh(ctx context.Context, changed func()) {
	m.mu.Lock()
	if m.updating {
		m.mu.Unlock()
		return // it is at it
	}
	update := m.opt.Update
	if m.server != (MailServer{}) {
		update = nil
	}
	m.updating, m.updateFail = update != nil, nil
	m.mu.Unlock()
	changed()
	var err error
	if update != nil {
		if err = update(ctx); ctx.Err() != nil {
			err = nil // whoever broke it off knows
		}
	}
	m.mu.Lock()
	m.updating, m.updateFail, m.revision = false, err, ""
	m.mu.Unlock()
	m.kick()
	changed()
}

// Unlock opens other people's mail for a reason, which is kept in the log: that of the
// account that is shown.
func (m *Mail) Unlock(ctx context.Context, reason string, changed func()) error {
	m.mu.Lock()
	source, account := m.source, m.here.account
	m.mu.Unlock()
	if source == nil {
		return nil
	}
	return m.unlocked(account, source.Unlock(ctx, account, reason), changed)
}

// Mine takes down that the mailbox that is shown is that of whoever is at work here: it
// is open to them from then on.
func (m *Mail) Mine(ctx context.Context, changed func()) error {
	m.mu.Lock()
	account := m.here.account
	m.mu.Unlock()
	if m.opt.Mine == nil {
		return nil
	}
	return m.unlocked(account, m.opt.Mine(ctx, account), changed)
}

// unlocked looks at everything anew, unless opening failed.
func (m *Mail) unlocked(account string, err error, changed func()) error {
	if err != nil {
		return err
	}
	m.mu.Lock()
	m.revision = "" // everything is looked at anew
	m.opened[account] = true
	m.list.begin()
	m.mu.Unlock()
	m.kick()
	changed()
	return nil
}
