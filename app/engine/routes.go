package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/journal"
	"lifeboat/failover/probe"
	"lifeboat/failover/relay"
	"lifeboat/failover/run"
)

// routesFile is in the data folder. Whoever holds the folder's lease writes it; whoever
// sends mail on reads it, in another process too.
var routesFile = filepath.Join("relay", "routes.json")

// routesEvery is how often the file is looked at for what another process moved, and
// routesBelieved how long what was seen is believed where mail asks for its way: shorter
// than anybody takes who hands a message in after a move was said to be done.
const (
	routesEvery    = 500 * time.Millisecond
	routesBelieved = 5 * time.Millisecond
)

// routeBook knows which provider each domain's mail leaves through. It is safe for use
// by several goroutines.
//
// The record of a move is the journal, as for all that a run does. The file is what
// follows from it, small enough to be read twice a second; when it is damaged or gone,
// the journal says what was in it, and mail goes on leaving where it did.
type routeBook struct {
	file    string
	domains []failover.Domain
	journal func() ([]journal.Operation, error)
	now     func() time.Time
	log     *slog.Logger
	moved   func(domain string, to failover.Role) // may be nil

	mu      sync.Mutex
	looked  time.Time
	begun   bool
	content []byte // of the file, when it was looked at last
	unread  error  // why there is no content
	problem error  // what is to be said of a file that cannot be made out
	routes  map[string]relay.Routing
	changed chan struct{}
}

// routeBook returns the engine's book, the same one each time.
func (e *Engine) routeBook() *routeBook {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.book == nil {
		domains, _ := e.Domains(nil) // none where the settings have none
		e.book = &routeBook{
			file: e.path(routesFile), domains: domains, journal: e.operations, now: e.opt.Now, log: e.opt.Logger, moved: e.opt.RouteMoved,
			changed: make(chan struct{}),
		}
	}
	return e.book
}

// Routes returns the send route of each domain that has one, in the order of the
// settings. When there is an error as well, the file of routes could not be read, and
// the routes are those that the journal tells.
func (e *Engine) Routes(context.Context) ([]relay.Routing, error) { return e.routeBook().list() }

// RouteAlone returns the domains among those named (none: all) whose mail could be led
// out through the secondary by itself, and is not: what is left to do where the records
// cannot be changed. There are none while a run is open, which comes first.
func (e *Engine) RouteAlone(names []string) []failover.Domain {
	domains, err := e.Domains(names)
	ops, jerr := e.operations()
	open := slices.ContainsFunc(ops, func(op journal.Operation) bool { return op.Open() && len(op.Plan.Steps) > 0 })
	if err != nil || jerr != nil || open {
		return nil
	}
	return slices.DeleteFunc(domains, func(d failover.Domain) bool {
		return !d.HasSendRoute() || e.routeBook().Route(d.Name) == failover.Secondary
	})
}

// Route returns the provider that mail from a domain leaves through: the primary, where
// nothing was ever moved. Mail from below a domain goes its way, but for the emergency
// subdomain, which is known to the secondary alone.
func (b *routeBook) Route(domain string) failover.Role {
	name := failover.FQDN(domain)
	var of failover.Domain
	for _, d := range b.domains {
		switch {
		case d.Emergency != "" && failover.Within(name, d.Emergency) && name != d.Name:
			return failover.Secondary
		case failover.Within(name, d.Name) && len(d.Name) > len(of.Name):
			of = d
		}
	}
	if of.Name == "" {
		return failover.Primary
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if since := b.now().Sub(b.looked); !b.begun || since < 0 || since >= routesBelieved {
		b.look()
	}
	return b.roleOf(of.Name)
}

// roleOf is the route of a domain of the settings, as it was seen last.
func (b *routeBook) roleOf(name string) failover.Role {
	if r, ok := b.routes[name]; ok {
		return r.Role
	}
	return failover.Primary
}

// Changed returns a channel that is closed when a route has changed, by whomever, if
// somebody follows the file ([routeBook.Follow]).
func (b *routeBook) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

// Poke looks at the file now.
func (b *routeBook) Poke() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.look()
}

// Follow looks at the file twice a second until ctx ends.
func (b *routeBook) Follow(ctx context.Context) {
	t := time.NewTicker(routesEvery)
	defer t.Stop()
	for {
		b.Poke()
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

// look takes in what the file says, if that is something new.
func (b *routeBook) look() {
	content, err := os.ReadFile(b.file)
	b.looked = b.now()
	if b.begun && bytes.Equal(content, b.content) && (err == nil) == (b.unread == nil) {
		return
	}
	known := b.begun
	b.begun, b.content, b.unread, b.problem = true, content, err, nil
	var routes map[string]relay.Routing
	if err == nil {
		routes, err = readRoutes(content)
	}
	if err == nil {
		b.take(routes)
		return
	}
	if !errors.Is(err, fs.ErrNotExist) {
		b.problem = failover.Fail(failover.ErrDamaged,
			"the file of send routes {file} cannot be read, so the routes are taken from the journal; the next lifeboat relay route writes it anew", "file", b.file).Because(err)
		b.log.Warn("send routes", "error", b.problem)
	}
	if !known { // else what was read last is as good
		b.take(b.journalled())
	}
}

// take puts other routes in the place of those known.
func (b *routeBook) take(routes map[string]relay.Routing) {
	same := maps.EqualFunc(b.routes, routes, func(a, b relay.Routing) bool { return a.Role == b.Role && a.Operation == b.Operation })
	b.routes = routes
	if !same {
		close(b.changed)
		b.changed = make(chan struct{})
	}
}

// journalled is what the journal tells of routes: the last move of each domain. One
// that was only intended may have been made, and is made when its run is gone on with.
func (b *routeBook) journalled() map[string]relay.Routing {
	ops, err := b.journal()
	if err != nil {
		b.log.Warn("send routes", "error", err)
	}
	out := map[string]relay.Routing{}
	for _, op := range ops {
		for _, s := range op.Plan.Routes {
			if op.Steps[s.ID].Made() {
				out[s.Domain] = relay.Routing{
					Domain: mailDomain(s.Domain), Role: s.After, Since: op.Acked[s.ID].UTC(), By: op.Who, Operation: op.ID, Reason: s.Reason,
				}
			}
		}
	}
	return out
}

func (b *routeBook) list() ([]relay.Routing, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.look()
	out := []relay.Routing{}
	for _, d := range b.domains {
		r, known := b.routes[d.Name]
		switch {
		case known:
			out = append(out, r)
		case d.Primary.Submission.Host != "" || d.Secondary.Submission.Host != "":
			out = append(out, relay.Routing{Domain: mailDomain(d.Name), Role: failover.Primary})
		}
	}
	return out, b.problem
}

// mailDomain is a domain as addresses have it.
func mailDomain(name string) string { return strings.TrimSuffix(name, ".") }

// mover is the book as a run moves routes in it, under the folder's lease.
type mover struct{ *routeBook }

// Route is what the file says this moment.
func (m mover) Route(domain string) failover.Role {
	m.Poke()
	return m.routeBook.Route(domain)
}

// SetRoute writes a domain's route down. A file that cannot be read is put aside.
func (m mover) SetRoute(_ context.Context, to run.RouteMove) error {
	if err := m.set(to); err != nil {
		return err
	}
	if m.moved != nil {
		m.moved(to.Domain, to.Role)
	}
	return nil
}

func (b *routeBook) set(to run.RouteMove) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.look()
	routing := relay.Routing{
		Domain: mailDomain(to.Domain), Role: to.Role, Since: b.now().UTC(), By: to.By, Operation: to.Operation, Reason: to.Reason,
	}
	if is := b.routes[to.Domain]; is.Role == to.Role && is.Operation == to.Operation {
		routing.Since = is.Since // the same move once more
	}
	routes := maps.Clone(b.routes)
	if routes == nil {
		routes = map[string]relay.Routing{}
	}
	routes[to.Domain] = routing
	if err := b.write(routes); err != nil {
		return failover.Fail(failover.ErrDisk,
			"the send route of {domain} could not be written to {file}: make room on the disk, and see that the folder is yours", "domain", failover.Display(to.Domain), "file", b.file).Because(err)
	}
	b.look()
	return nil
}

// write replaces the file.
func (b *routeBook) write(routes map[string]relay.Routing) error {
	data, err := writeRoutes(routes)
	if err != nil {
		return err
	}
	if err := makeDir(filepath.Dir(b.file)); err != nil {
		return err
	}
	if b.problem != nil {
		_ = os.Rename(b.file, b.file+".damaged") // for the record; nothing depends on it
	}
	return probe.ReplaceFile(b.file, data)
}

// routesForm is the file: one line of JSON.
type routesForm struct {
	Version int             `json:"version"`
	Routes  json.RawMessage `json:"routes"` // of relay.Routing
	// Sum is SHA-256, in hexadecimal, over the octets of Routes.
	Sum string `json:"sum"`
}

const routesVersion = 1

func writeRoutes(routes map[string]relay.Routing) ([]byte, error) {
	list := []relay.Routing{}
	for _, name := range slices.Sorted(maps.Keys(routes)) {
		list = append(list, routes[name])
	}
	body, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(routesForm{Version: routesVersion, Routes: body, Sum: sumOf(body)})
	return append(data, '\n'), err
}

// readRoutes reads what writeRoutes wrote, by domain as failover.FQDN makes it.
func readRoutes(data []byte) (map[string]relay.Routing, error) {
	var f routesForm
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	if f.Version != routesVersion {
		return nil, errors.New("it is of another version")
	}
	if sumOf(f.Routes) != f.Sum {
		return nil, errors.New("its checksum is wrong")
	}
	var list []relay.Routing
	if err := json.Unmarshal(f.Routes, &list); err != nil {
		return nil, err
	}
	out := map[string]relay.Routing{}
	for _, r := range list {
		if r.Role != failover.Primary && r.Role != failover.Secondary {
			return nil, errors.New("a route leads to neither provider")
		}
		out[failover.FQDN(r.Domain)] = r
	}
	return out, nil
}

func sumOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
