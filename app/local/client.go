package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// client is the Lifeboat that runs elsewhere, as a face sees it.
type client struct {
	who     record
	version string
	http    *http.Client
	close   func()
}

// newClient speaks over first, and over what connect gives when that has ended.
func newClient(who record, version string, first net.Conn, connect func(context.Context) (net.Conn, error)) *client {
	var mu sync.Mutex
	take := func() net.Conn {
		mu.Lock()
		defer mu.Unlock()
		c := first
		first = nil
		return c
	}
	t := &http.Transport{
		DisableCompression: true, MaxIdleConns: 2, IdleConnTimeout: idleTimeout / 2,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			if c := take(); c != nil {
				return c, nil
			}
			return connect(ctx)
		},
	}
	return &client{who: who, version: version, http: &http.Client{Transport: t}, close: func() {
		if c := take(); c != nil {
			_ = c.Close()
		}
		t.CloseIdleConnections()
	}}
}

// Running implements [engine.Desk].
func (*client) Running() bool { return true }

// Close implements [engine.Desk].
func (c *client) Close() error {
	c.close()
	return nil
}

// Queue implements [engine.Desk].
func (c *client) Queue(ctx context.Context, f relay.Filter, limit int) (out relay.Listing, err error) {
	err = c.ask(ctx, pathQueue, queueCall{f, limit}, &out)
	return out, err
}

// Log implements [engine.Desk].
func (c *client) Log(ctx context.Context, q relay.LogQuery) (out []relay.Event, err error) {
	err = c.ask(ctx, pathLog, logCall(q), &out)
	return out, err
}

// Samples implements [engine.Desk].
func (c *client) Samples(ctx context.Context, since, until time.Time, most int) (out []relay.Sample, err error) {
	err = c.ask(ctx, pathSamples, samplesCall{since, until, most}, &out)
	return out, err
}

// Act implements [engine.Desk].
func (c *client) Act(ctx context.Context, a relay.Act) (out []relay.Line, err error) {
	err = c.ask(ctx, pathAct, a, &out)
	return out, err
}

// Status implements [engine.Served].
func (c *client) Status(ctx context.Context) (out engine.ServeStatus, err error) {
	err = c.ask(ctx, pathStatus, statusCall{}, &out)
	out.Version = c.version
	return out, err
}

// Send implements [engine.Desk].
func (c *client) Send(ctx context.Context, o engine.Outgoing) (out engine.SentMail, err error) {
	line, err := json.Marshal(sendCall{Envelope: o.Envelope, WaitMillis: o.Wait.Milliseconds()})
	if err != nil {
		return out, err
	}
	body := io.MultiReader(bytes.NewReader(append(line, '\n')), bytes.NewReader(o.Message))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://lifeboat"+pathSend, body)
	if err != nil {
		return out, err
	}
	r.ContentLength = int64(len(line)) + 1 + int64(len(o.Message))
	r.Header.Set("Content-Type", outgoingType)
	err = c.do(r, o.Wait+answerTimeout, &out)
	return out, err
}

func (c *client) ask(ctx context.Context, path string, call, into any) error {
	b, err := json.Marshal(call)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://lifeboat"+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", jsonType)
	return c.do(r, answerTimeout, into)
}

// do sends a request and reads what comes of it, within a time.
func (c *client) do(r *http.Request, within time.Duration, into any) error {
	r.Header.Set(versionHeader, c.version)
	ctx, stop := context.WithTimeout(r.Context(), within)
	defer stop()
	resp, err := c.http.Do(r.WithContext(ctx))
	if err != nil {
		return c.broken(r.Context(), err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	b, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return c.broken(r.Context(), err)
	}
	if resp.StatusCode == http.StatusOK {
		if err := decode(b, into); err != nil {
			return c.broken(r.Context(), err)
		}
		return nil
	}
	return c.failed(r.Context(), resp, b)
}

// failed is the error of an answer.
func (c *client) failed(ctx context.Context, resp *http.Response, b []byte) error {
	if theirs := resp.Header.Get(versionHeader); theirs != "" && theirs != c.version {
		return otherVersion(record{PID: c.who.PID, Version: theirs}, c.version)
	}
	var f failure
	if err := decode(b, &f); err != nil || f.Error == nil {
		return c.broken(ctx, errors.Join(err, errors.New(resp.Status)))
	}
	return fromWire(*f.Error)
}

// broken is the error of a conversation that broke off: what was asked for may have
// been done.
func (c *client) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return failover.Fail(failover.ErrUncertain,
		"the Lifeboat that is running here (process {pid}) stopped answering: look with \"lifeboat relay queue\" whether it was done", "pid", c.who.PID).Because(err)
}
