package presenter

import (
	"context"
	"errors"
	"time"

	"lifeboat/app/engine"
	"lifeboat/mailstore"
)

// mailLanes are the things that are done side by side: the accounts are looked at, a
// list is made, lines of it and a message are read. Each lane does one thing at a time, and
// is told to give up when something else is wanted.
type mailLanes struct {
	m       *Mail
	changed func()
	run     func(func())
	due     bool // it is time to ask whether mail came

	opening, looking, listing, reading lane
	lines                              int // pieces that are being read
}

// lane is where one thing at a time is done.
type lane struct {
	busy   bool
	number int // of what is being done
	cancel context.CancelFunc
}

// begin runs do in the lane; end is called with the lock held when it is over.
func (l *mailLanes) begin(ctx context.Context, at *lane, number int, do func(context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	at.busy, at.number, at.cancel = true, number, cancel
	l.run(func() {
		do(ctx)
		cancel()
		l.m.mu.Lock()
		at.busy = false
		l.m.mu.Unlock()
		l.m.kick()
		l.changed()
	})
}

// look begins whatever is wanted and not under way.
func (l *mailLanes) look(ctx context.Context) {
	m := l.m
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.source == nil {
		if !l.opening.busy && (m.tries == 0 || l.due) {
			m.tries++
			l.begin(ctx, &l.opening, 0, l.open)
		}
		l.due = false
		return
	}
	if !l.looking.busy && (l.due || m.revision == "") {
		l.due = false
		l.begin(ctx, &l.looking, 0, l.freshen)
	}
	l.lookAtList(ctx)
	l.lookAtLines(ctx)
	if m.read.wanted != m.read.shown {
		switch {
		case !l.reading.busy:
			l.begin(ctx, &l.reading, m.read.number, l.read)
		case l.reading.number != m.read.number:
			l.reading.cancel()
		}
	}
}

// lookAtList makes the list that is wanted, once typing pauses.
func (l *mailLanes) lookAtList(ctx context.Context) {
	m := l.m
	if m.list.made == m.list.wanted || m.here == (mailPlace{}) {
		return
	}
	if l.listing.busy {
		if l.listing.number != m.list.wanted {
			l.listing.cancel()
		}
		return
	}
	pause := time.Duration(0)
	if m.query != "" {
		pause = m.opt.Pause - time.Since(m.typedAt)
	}
	l.begin(ctx, &l.listing, m.list.wanted, func(ctx context.Context) {
		if pause > 0 && engine.Sleep(ctx, pause) != nil {
			return
		}
		l.make(ctx)
	})
}

// lookAtLines reads the pieces of the list that are seen.
func (l *mailLanes) lookAtLines(ctx context.Context) {
	for l.lines < linesAtOnce {
		ids, round := l.m.list.want()
		if len(ids) == 0 {
			return
		}
		l.lines++
		source := l.m.source
		l.run(func() {
			lines, err := source.Lines(ctx, ids)
			l.m.mu.Lock()
			l.m.list.take(ids, round, lines, err)
			l.lines--
			l.m.mu.Unlock()
			l.m.kick()
			l.changed()
		})
	}
}

// open opens the mirror.
func (l *mailLanes) open(ctx context.Context) {
	m := l.m
	source, err := m.opt.Open(ctx)
	if ctx.Err() != nil && source != nil {
		_ = source.Close() // nobody waits for it any more
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.openFail = err
	if err == nil {
		m.source, m.revision = source, ""
	}
}

// freshen looks whether mail came, and if so, at accounts and folders and the list.
func (l *mailLanes) freshen(ctx context.Context) {
	m := l.m
	m.mu.Lock()
	source, known, place := m.source, m.revision, m.here
	m.mu.Unlock()
	now, err := source.Revision(ctx)
	if err != nil || now == known && known != "" {
		m.mu.Lock()
		if err != nil && ctx.Err() == nil && m.source == source {
			m.list.fail, m.revision = err, "?"
		}
		m.mu.Unlock()
		return
	}
	accounts, folders, err := l.accounts(ctx, source)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.source != source || ctx.Err() != nil {
		return
	}
	m.revision = now
	if err != nil {
		m.list.fail = err
		return
	}
	m.accounts, m.folders = accounts, folders
	m.folderVersion++
	m.list.anew() // the same list: what is selected stays
	switch {
	case m.here == mailPlace{} && place == m.here:
		m.first()
	case m.here.folder == "" && len(folders[m.here.account]) > 0: // it was locked
		m.show(mailPlace{m.here.account, firstFolder(folders[m.here.account])})
	}
}

// accounts asks for accounts, the folders of those that are open, and people's names.
func (l *mailLanes) accounts(ctx context.Context, source engine.MailSource) ([]engine.MailAccount, map[string][]engine.MailFolder, error) {
	accounts, err := source.Accounts(ctx)
	if err != nil {
		return nil, nil, err
	}
	byAccount := map[string][]engine.MailFolder{}
	folders, err := source.Folders(ctx, "", false)
	if err != nil && !errors.Is(err, mailstore.ErrLocked) {
		return nil, nil, err
	}
	for _, f := range folders {
		byAccount[f.Account] = append(byAccount[f.Account], f)
	}
	names := map[string]string{}
	for _, a := range accounts {
		if a.Own || a.Shared || len(accounts) <= fewAccounts {
			if found := source.Complete(ctx, a.Address, 1); len(found) == 1 && found[0].Name != "" {
				names[a.Address] = found[0].Name
			}
		}
	}
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	for a, n := range names {
		l.m.names[a] = n
	}
	return accounts, byAccount, nil
}

// make makes the list: quickly what is newest, then the whole.
func (l *mailLanes) make(ctx context.Context) {
	m := l.m
	m.mu.Lock()
	source, place, query, number := m.source, m.here, m.query, m.list.wanted
	fresh, everywhere := len(m.list.ids) == 0, m.server == (MailServer{})
	m.mu.Unlock()
	if source == nil {
		return
	}
	sel := engine.MailSelection{Account: place.account, Folder: place.folder, Limit: quickly}
	if query != "" && everywhere {
		sel.Folder = "" // a search looks everywhere in the mailbox
	}
	if fresh || query != "" {
		index, err := source.Index(ctx, query, sel)
		if l.made(ctx, number, index, err, err == nil && len(index.IDs) == quickly) || err != nil || len(index.IDs) < quickly {
			return
		}
	}
	sel.Limit = 0
	index, err := source.Index(ctx, query, sel)
	l.made(ctx, number, index, err, false)
}

// made takes a list in, unless another one is wanted by now. more says that a longer one
// follows. It returns whether the list was not wanted any more.
func (l *mailLanes) made(ctx context.Context, number int, index engine.MailIndex, err error, more bool) bool {
	m := l.m
	m.mu.Lock()
	stale := ctx.Err() != nil || number != m.list.wanted
	if !stale {
		m.list.set(index.IDs, err, number, more)
		m.picked.rank(m.list.ids, err == nil && !more)
	}
	m.mu.Unlock()
	m.kick() // lines are wanted now
	l.changed()
	return stale
}

// read reads the message that is wanted.
func (l *mailLanes) read(ctx context.Context) {
	m := l.m
	m.mu.Lock()
	source, id, number, t := m.source, m.read.wanted, m.read.number, m.tongue
	m.mu.Unlock()
	var shown engine.ShownMail
	says := &MessageState{}
	var err error
	if id != "" {
		shown, err = source.Show(ctx, id)
		says = messageState(t, shown, m.opt.Now())
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if number == m.read.number && ctx.Err() == nil {
		m.read.take(id, shown, says, err)
	}
}
