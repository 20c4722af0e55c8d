package mirror_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mirror"
	"lifeboat/mailstore/signin"
	"lifeboat/mailstore/store"
)

// childEnv tells the test binary to be a mirror and nothing else: what is killed, and
// what is measured, is a process of its own.
const childEnv = "LIFEBOAT_TEST_MIRROR"

// order is what a child is to do.
type order struct {
	Dir        string // of the store
	Cache      string // of compiled code
	Address    string // of IMAP over TLS
	CA         string // file
	User       string
	Password   string
	NoCompress bool
	Compress   bool // from the start
	NoQResync  bool
	NoTexts    bool   // stop when everything is durable
	CopyTo     string // copy all bodies into this file, and nothing else
	Profile    string // of the processor, to this file
}

// outcome is what a child says when it is done.
type outcome struct {
	Fetched int
	Bytes   int64
	Changes mailstore.Applied
	Looked  int
	Traffic imaplink.Traffic
	Failed  string
	Durable time.Duration // from its start
	Done    time.Duration // texts too
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		os.Exit(beChild(text, os.Stdout))
	}
	os.Exit(m.Run())
}

func beChild(text string, out io.Writer) int {
	began := time.Now()
	var o order
	var result outcome
	err := json.Unmarshal([]byte(text), &o)
	if err == nil {
		result, err = o.run(context.Background(), began)
	}
	if err != nil {
		result.Failed = err.Error()
	}
	result.Done = time.Since(began)
	if err := json.NewEncoder(out).Encode(result); err != nil || result.Failed != "" {
		return 1
	}
	return 0
}

// straight dials one address, whatever it is asked for.
type straight string

func (s straight) DialContext(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, string(s))
}

const imapHost = "imap.example.test"

// connect dials as the order says.
func (o order) connect() (func(context.Context, mailstore.Account) (mirror.Link, error), error) {
	pem, err := os.ReadFile(o.CA)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificates")
	}
	below := int64(0)
	if o.Compress {
		below = math.MaxInt64
	}
	return func(ctx context.Context, a mailstore.Account) (mirror.Link, error) {
		conn, err := imaplink.Dial(ctx, imaplink.Options{
			Server: imaplink.Endpoint{Host: imapHost}, Dialer: straight(o.Address),
			TLS:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			SignIn:     signin.Password(a.Address, func(context.Context) (string, error) { return o.Password, nil }),
			NoCompress: o.NoCompress, NoQResync: o.NoQResync, CompressBelow: below,
		})
		if err != nil {
			return nil, err
		}
		return conn, nil
	}, nil
}

// childKey is the key of children's stores.
var childKey = [32]byte{3, 1, 4}

func (o order) run(ctx context.Context, began time.Time) (out outcome, err error) {
	if o.CopyTo != "" {
		return out, o.copy(ctx)
	}
	if o.Profile != "" {
		file, err := os.Create(o.Profile)
		if err == nil {
			err = pprof.StartCPUProfile(file)
		}
		if err != nil {
			return out, err
		}
		defer pprof.StopCPUProfile()
	}
	connect, err := o.connect()
	if err != nil {
		return out, err
	}
	debug.SetGCPercent(400) // this and the 50 below: as the program does
	ahead := mirror.DialAhead(ctx, o.User, func(ctx context.Context) (mirror.Link, error) {
		return connect(ctx, mailstore.Account{Address: o.User})
	})
	defer ahead.Close()
	s, err := store.Open(ctx, store.Options{Dir: o.Dir, Key: childKey, Cache: o.Cache})
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	debug.SetGCPercent(50)
	if _, err := s.SaveAccounts(ctx, []mailstore.Account{{Address: o.User, Kind: mailstore.Personal, Days: 3650}}); err != nil {
		return out, err
	}
	var durable time.Duration
	m, err := mirror.New(mirror.Options{
		Store: untilDurable{s, o.NoTexts}, Folders: mirror.Rules{Junk: true, Trash: true},
		Now: time.Now, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Pause: time.Second,
		Unusual: mirror.Unusual{Share: 0.9},
		Connect: func(ctx context.Context, a mailstore.Account) (mirror.Link, error) {
			return ahead.Connect(ctx, a, connect)
		},
		Tell: func(p mirror.Progress) {
			if p.Stage == mirror.Finished {
				durable = time.Since(began)
			}
		},
	})
	if err != nil {
		return out, err
	}
	report, err := m.Once(ctx)
	if err != nil {
		return out, err
	}
	r := report.Accounts[0]
	out = outcome{Fetched: r.Fetched, Bytes: r.Bytes, Changes: r.Check.Changes, Looked: r.Looked, Traffic: r.Traffic, Durable: durable}
	if len(r.Missing) > 0 {
		return out, fmt.Errorf("%d messages are missing, the first: %s", len(r.Missing), r.Missing[0].Why)
	}
	return out, r.Err
}

// untilDurable is a store whose texts need not be read.
type untilDurable struct {
	*store.Store
	noTexts bool
}

func (u untilDurable) Undescribed(ctx context.Context, limit int) ([]mailstore.Message, error) {
	if u.noTexts {
		return nil, nil
	}
	return u.Store.Undescribed(ctx, limit)
}
