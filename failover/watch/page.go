package watch

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/probe"
)

// maxPage bounds a status page. Google's goes years back, in a few MiB.
const maxPage = 16 << 20

// pageOf is the target that a provider's status page is; no host where there is none.
func (w *Watcher) pageOf(r failover.Role) detect.Target {
	u, err := url.Parse(w.opt.Access[r].StatusPage)
	if err != nil || u.Hostname() == "" {
		return detect.Target{}
	}
	return detect.Target{Role: r, Service: detect.StatusPage, Host: failover.FQDN(u.Hostname())}
}

// page reads a provider's status page. One that cannot be read says nothing.
func (w *Watcher) page(ctx context.Context, t detect.Target) []detect.Observation {
	o := detect.Observation{Target: t, Stage: detect.AtPage, Outcome: detect.OK}
	trouble, err := w.fetch(ctx, w.opt.Access[t.Role])
	switch {
	case errors.Is(err, errPage):
		o.Outcome, o.Answer = detect.Unable, err.Error()
	case err != nil:
		o.Stage, o.Outcome, o.Answer = detect.AtTCP, outcomes[probe.EndingOf(err)], clean(err.Error())
	case trouble != "":
		o.Outcome, o.Answer = detect.Temporary, trouble
	}
	return []detect.Observation{o}
}

// fetch gets the page over the dialer and reads it.
func (w *Watcher) fetch(ctx context.Context, a Access) (trouble string, err error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if a.TLS != nil {
		conf = a.TLS.Clone()
	}
	conf.Time = w.opt.Now
	transport := &http.Transport{DialContext: w.dial, TLSClientConfig: conf, DisableKeepAlives: true, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.StatusPage, http.NoBody)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errPage, err)
	}
	request.Header.Set("Accept", "application/json")
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%w: it answers with %d", errPage, answer.StatusCode)
	}
	return readPage(answer.Body)
}

// dial connects to a host by what the reader's resolvers say of it, which works
// where those of the system do not.
func (w *Watcher) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs, err := w.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	err = fmt.Errorf("%w: %s has no address", errPage, host)
	for _, a := range addrs {
		conn, failed := w.opt.Dialer.DialContext(ctx, network, net.JoinHostPort(a.String(), port))
		if failed == nil {
			return conn, nil
		}
		err = failed
	}
	return nil, err
}

// addresses finds a host, which may be given by its address.
func (w *Watcher) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(strings.TrimSuffix(host, ".")); err == nil {
		return []netip.Addr{a}, nil
	}
	addrs, _, err := w.opt.Reader.Addresses(ctx, host)
	return addrs, err
}

// errPage is why a page that was reached says nothing.
var errPage = errors.New("the status page cannot be read")

// incident is one entry of a status page, in the format of
// https://www.google.com/appsstatus/dashboard/incidents.json (its schema lies beside
// it). Names of fields are read in any case, since providers change it.
type incident struct {
	Begin    string          `json:"begin"`
	End      json.RawMessage `json:"end"` // missing while the incident is open
	Text     string          `json:"external_desc"`
	Service  string          `json:"service_name"`
	Products []struct {
		Title string `json:"title"`
	} `json:"affected_products"`
}

// readPage decides what a status page says: no trouble, or the words of the open
// incident that began last. What is no such page is errPage.
func readPage(r io.Reader) (trouble string, err error) {
	limited := &io.LimitedReader{R: r, N: maxPage}
	d := json.NewDecoder(limited)
	unread := func(err error) (string, error) {
		if limited.N <= 0 {
			err = errors.New("it is too long")
		}
		return "", fmt.Errorf("%w: %s", errPage, clean(err.Error()))
	}
	if first, err := d.Token(); err != nil {
		return unread(err)
	} else if first != json.Delim('[') {
		return unread(errors.New("it is no list of incidents"))
	}
	latest := ""
	for d.More() {
		var i incident
		if err := d.Decode(&i); err != nil {
			return unread(err)
		}
		if i.open() && i.ofMail() && i.Begin >= latest {
			latest, trouble = i.Begin, i.words()
		}
	}
	if _, err := d.Token(); err != nil {
		return unread(err)
	}
	return trouble, nil
}

func (i *incident) open() bool {
	switch strings.TrimSpace(string(i.End)) {
	case "", "null", `""`:
		return true
	}
	return false
}

// ofMail reports whether the incident concerns mail, or does not say what.
func (i *incident) ofMail() bool {
	if len(i.Products) == 0 {
		return true
	}
	for _, p := range i.Products {
		name := strings.ToLower(p.Title)
		if strings.Contains(name, "mail") || strings.Contains(name, "exchange") || strings.Contains(name, "outlook") {
			return true
		}
	}
	return false
}

func (i *incident) words() string {
	text := clean(strings.Join(strings.Fields(i.Text), " "))
	if text == "" {
		text = "an open incident"
	}
	if at, err := time.Parse(time.RFC3339, i.Begin); err == nil {
		text += " (" + at.UTC().Format(time.RFC3339) + ")"
	}
	return text
}

// clean makes text from outside safe to show, and short.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
	const most = 300
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
