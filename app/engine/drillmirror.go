package engine

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/lab"
	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mirror"
	"lifeboat/mailstore/signin"
	"lifeboat/mailstore/store"
)

// drillMirror mirrors the mailboxes of a world's staff at the primary, with the same
// connections, stages and store as in life, in the drill's own folder. Beside that it
// remembers when each message came to be safe.
type drillMirror struct {
	world *lab.World
	dir   string
	log   *slog.Logger
	// mirror is made by Begin.
	mirror *mirror.Mirror

	mu    sync.Mutex
	store *store.Store
	safe  map[mailstore.FolderID]map[mailstore.UID]time.Time // in the world's time
}

// drillPoll is how often, in the world's time, the staff's mailboxes are looked at
// beside the server's own word that something came.
const drillPoll = 10 * time.Second

func newDrillMirror(w *lab.World, dir string, logger *slog.Logger) *drillMirror {
	return &drillMirror{world: w, dir: filepath.Join(dir, "mail"), log: logger, safe: map[mailstore.FolderID]map[mailstore.UID]time.Time{}}
}

// Begin brings the mirror up to date before the drill begins: in life it has long been
// running when something breaks.
func (d *drillMirror) Begin(ctx context.Context) error {
	s, err := d.open(ctx)
	if err != nil {
		return inDrill(err)
	}
	d.mirror, err = mirror.New(mirror.Options{
		Store: noting{s, d}, Connect: d.connect, Parallel: 2,
		Poll: d.real(drillPoll), Pause: d.real(time.Second), Now: d.world.Now, Log: d.log,
	})
	if err == nil {
		_, err = d.mirror.Once(ctx)
	}
	return inDrill(err)
}

// Keep mirrors until ctx ends.
func (d *drillMirror) Keep(ctx context.Context) error { return inDrill(d.mirror.Watch(ctx)) }

// real is how long a time of the world takes.
func (d *drillMirror) real(t time.Duration) time.Duration {
	return time.Duration(float64(t) / d.world.Factor())
}

// open makes the store, with a key that ends with the drill.
func (d *drillMirror) open(ctx context.Context) (*store.Store, error) {
	o := store.Options{Dir: d.dir, Now: d.world.Now, Log: d.log}
	if _, err := rand.Read(o.Key[:]); err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	var accounts []mailstore.Account
	for _, r := range d.world.Domain().Recipients {
		if user, _ := d.world.StaffLogin(failover.Primary, r.Address); user != "" {
			accounts = append(accounts, mailstore.Account{Address: r.Address, Kind: mailstore.Personal, Days: 30})
		}
	}
	if _, err := s.SaveAccounts(ctx, accounts); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	d.mu.Lock()
	d.store = s
	d.mu.Unlock()
	return s, nil
}

// connect signs in as one of the staff, over the line of the world's office.
func (d *drillMirror) connect(ctx context.Context, a mailstore.Account) (mirror.Link, error) {
	user, password := d.world.StaffLogin(failover.Primary, a.Address)
	at := d.world.Domain().Primary.IMAP
	return imaplink.Dial(ctx, imaplink.Options{
		Server: imaplink.Endpoint{Host: at.Host, Port: int(at.Port)}, Dialer: d.world.Dialer(), TLS: d.world.TLSConfig(),
		SignIn: signin.Password(user, func(context.Context) (string, error) { return password, nil }), Log: d.log,
	})
}

// noting is the store, and the moment at which what it took was safe.
type noting struct {
	*store.Store
	d *drillMirror
}

// Apply takes a batch in, and notes when it was safe.
func (n noting) Apply(ctx context.Context, b mailstore.Batch) (mailstore.Applied, error) {
	done, err := n.Store.Apply(ctx, b)
	if err == nil {
		n.d.note(b)
	}
	return done, err
}

func (d *drillMirror) note(b mailstore.Batch) {
	now := d.world.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	in := d.safe[b.Folder]
	if in == nil {
		in = map[mailstore.UID]time.Time{}
		d.safe[b.Folder] = in
	}
	for _, a := range b.Arrived {
		if _, before := in[a.UID]; !before {
			in[a.UID] = now
		}
	}
}

// Held tells when each message of the world came to be safe, in the first mailbox
// that had it.
func (d *drillMirror) Held(ctx context.Context) (map[int]time.Time, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	held := map[int]time.Time{}
	if d.store == nil {
		return held, nil
	}
	for folder, safe := range d.safe {
		for uid, at := range safe {
			number, ok, err := d.number(ctx, folder, uid)
			if err != nil {
				return nil, inDrill(err)
			}
			if first, before := held[number]; ok && (!before || at.Before(first)) {
				held[number] = at
			}
		}
	}
	return held, nil
}

// number reads a mirrored message's number off its header.
func (d *drillMirror) number(ctx context.Context, folder mailstore.FolderID, uid mailstore.UID) (int, bool, error) {
	m, err := d.store.Place(ctx, folder, uid)
	if err != nil {
		return 0, false, err
	}
	r, err := d.store.Open(ctx, m.ID)
	if err != nil {
		return 0, false, err
	}
	defer func() { _ = r.Close() }()
	head, err := header(r)
	number, ok := d.world.Number(head)
	return number, ok, err
}

// header reads up to the empty line.
func header(r io.Reader) ([]byte, error) {
	var head bytes.Buffer
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadSlice('\n')
		head.Write(line)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF), err == nil && len(bytes.TrimRight(line, "\r\n")) == 0:
			return head.Bytes(), nil
		case err != nil:
			return nil, err
		}
	}
}

// Close ends the store; its folder is the world's to remove.
func (d *drillMirror) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.store != nil {
		_ = d.store.Close() // it is thrown away
		d.store = nil
	}
}

// inDrill says an error of the mail's room in the words of a drill's.
func inDrill(err error) error {
	var e *mailstore.Error
	if !errors.As(err, &e) {
		return err
	}
	template, args := e.Sentence()
	return (&failover.Error{Kind: failover.ErrBlocked, Say: failover.Sentence{Template: template, Args: args}}).Because(err)
}
