// Package local is the local API: how a face (the window, a command) reaches the
// Lifeboat that runs in a data folder in another process.
//
// It is HTTP with JSON over a Unix socket, or a named pipe on Windows, that only the
// folder's owner can open; there is no port, so nothing on the network and no web page
// comes near it. The file serve.json in the data folder says where it is and who
// answers there. Requests are small and read strictly: what is not understood is
// refused, since the two sides are the same program. One of another version is not
// spoken to at all, and both sides say so.
package local

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/local/door"
	"lifeboat/failover"
)

// purpose is what a data folder has its door for.
const purpose = "serve"

// API is the local API of one version of the program.
type API struct {
	// Version must be the same on both sides.
	Version string
	Now     func() time.Time
	Log     *slog.Logger
}

// What one side waits for the other at most. Nothing here crosses a network.
const (
	connectTimeout = 5 * time.Second
	headerTimeout  = 10 * time.Second
	bodyTimeout    = 5 * time.Minute // of the longest message, on a busy disk
	idleTimeout    = 2 * time.Minute
	farewell       = 2 * time.Second // for answers that are under way at the end
	// answerTimeout is for what a large queue and a busy disk may need.
	answerTimeout = 2 * time.Minute
)

// connectionsAtOnce bounds who is served side by side; who comes later waits.
const connectionsAtOnce = 64

// Serve answers faces until ctx ends, which is no error, and calls ready once they can
// be heard. Only one may serve a data folder at a time; the caller holds the lock that
// sees to it. What a killed predecessor left behind is removed.
func (a *API) Serve(ctx context.Context, dataDir string, s engine.Served, ready func()) error {
	if old, err := readRecord(dataDir); err == nil {
		door.Remove(old.Address, purpose)
	}
	l, address, err := door.Open(dataDir, purpose)
	if err != nil {
		return failover.Fail(failover.ErrDisk,
			"other windows and commands cannot reach this Lifeboat: its door in {folder} cannot be opened", "folder", dataDir).Because(err)
	}
	defer door.Remove(address, purpose)
	defer func() { _ = l.Close() }() // the server has closed it by now, as a rule
	me := record{PID: os.Getpid(), Version: a.Version, Address: address, Started: a.Now().UTC().Truncate(time.Second)}
	if err := writeRecord(dataDir, me); err != nil {
		return err
	}
	defer removeRecord(dataDir, me)
	ready()
	return a.answer(ctx, &gate{Listener: l, log: a.Log, room: make(chan struct{}, connectionsAtOnce)}, s)
}

// answer serves a listener until ctx ends.
func (a *API) answer(ctx context.Context, l net.Listener, s engine.Served) error {
	srv := &http.Server{
		Handler: a.handler(s), ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug),
		BaseContext:    func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	bye, stop := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer stop()
	if srv.Shutdown(bye) != nil {
		_ = srv.Close() // whoever is still asking sees the connection end
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// gate lets the owner of this process in, and not too many at once.
type gate struct {
	net.Listener
	log  *slog.Logger
	room chan struct{}
}

// Accept implements net.Listener.
func (g *gate) Accept() (net.Conn, error) {
	for {
		g.room <- struct{}{}
		c, err := g.Listener.Accept()
		if err != nil {
			<-g.room
			return nil, err
		}
		if err := door.CheckPeer(c); err != nil {
			g.log.Warn("local API: a caller was turned away", "error", err)
			_ = c.Close()
			<-g.room
			continue
		}
		return &guest{Conn: c, leave: func() { <-g.room }}, nil
	}
}

// guest gives its room back when it leaves.
type guest struct {
	net.Conn
	once  sync.Once
	leave func()
}

// Close implements net.Conn.
func (g *guest) Close() error {
	g.once.Do(g.leave)
	return g.Conn.Close()
}

// Dial reaches the Lifeboat that runs in a data folder. failover.ErrUnreachable: none
// does. failover.ErrUnsupported: it is one of another version.
func (a *API) Dial(ctx context.Context, dataDir string) (engine.Remote, error) {
	r, err := readRecord(dataDir)
	if err != nil {
		return nil, failover.Fail(failover.ErrUnreachable, "no Lifeboat is running in {folder}: start one with \"lifeboat serve\"", "folder", dataDir).Because(err)
	}
	connect := func(ctx context.Context) (net.Conn, error) {
		ctx, stop := context.WithTimeout(ctx, connectTimeout)
		defer stop()
		return door.Dial(ctx, r.Address)
	}
	c, err := connect(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, failover.Fail(failover.ErrUnreachable, "no Lifeboat is running in {folder}: start one with \"lifeboat serve\"", "folder", dataDir).Because(err)
	}
	if err := door.CheckPeer(c); err != nil {
		_ = c.Close()
		return nil, failover.Fail(failover.ErrUnsupported,
			"what answers for {folder} belongs to another user of this computer: sign in as the user that runs Lifeboat", "folder", dataDir).Because(err)
	}
	if r.Version != a.Version {
		_ = c.Close()
		return nil, otherVersion(r, a.Version)
	}
	return newClient(r, a.Version, c, connect), nil
}

func otherVersion(r record, ours string) error {
	return failover.Fail(failover.ErrUnsupported,
		"the Lifeboat that is running here (process {pid}) is version {theirs}, and this is version {ours}: stop it and start it again with this version",
		"pid", r.PID, "theirs", r.Version, "ours", ours)
}
