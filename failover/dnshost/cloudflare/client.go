package cloudflare

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"lifeboat/failover"
)

const (
	// maxBody bounds an answer; a page of 100 records is some 100 KB.
	maxBody = 8 << 20
	perPage = 100
	// maxPages bounds a listing: 10,000 records of one name and type are no set.
	maxPages = 100
	// patience is how long a call waits, in all, when it is asked to.
	patience = 10 * time.Second
	// penalty is how long requests are blocked after too many
	// (https://developers.cloudflare.com/fundamentals/api/reference/limits/).
	penalty = 5 * time.Minute
)

// envelope is what every answer comes in.
type envelope struct {
	Success bool            `json:"success"`
	Errors  []apiError      `json:"errors"`
	Result  json.RawMessage `json:"result"`
	Info    struct {
		Page       int `json:"page"`
		TotalPages int `json:"total_pages"`
	} `json:"result_info"`
}

type apiError struct {
	Code    int        `json:"code"`
	Message string     `json:"message"`
	Chain   []apiError `json:"error_chain"`
}

// reply is an answer of the API that could be read as one.
type reply struct {
	status int
	header http.Header
	envelope
}

// request is one call of the API. A change is a request that may change something:
// when its answer is lost, nobody knows whether it did.
type request struct {
	method string
	path   []string
	query  url.Values
	body   any
	change bool
}

// call makes a request and decodes the result into out. Errors are as refuse makes
// them; a request to come back later is *throttled.
func (h *Host) call(ctx context.Context, r request, out any) (reply, error) {
	if ctx.Err() != nil {
		return reply{}, h.stopped(ctx)
	}
	rep, sent, err := h.exchange(ctx, r)
	switch {
	case err != nil && sent && r.change:
		return reply{}, failover.Fail(failover.ErrUncertain,
			"the change was sent to Cloudflare and its answer was lost; it may or may not be carried out. Read again before anything else").Because(h.scrub(err))
	case err != nil && ctx.Err() != nil:
		return reply{}, h.stopped(ctx)
	case err != nil:
		return reply{}, failover.Fail(failover.ErrUnreachable,
			"Cloudflare's API at {host} cannot be reached, or does not answer; nothing was changed. Check this line and try again in a moment",
			"host", h.base.Host).Because(h.scrub(err))
	}
	if err := h.refuse(rep, r); err != nil {
		return rep, err
	}
	if out == nil {
		return rep, nil
	}
	if err := json.Unmarshal(rep.Result, out); err != nil {
		return rep, h.garbled(r, err)
	}
	return rep, nil
}

// exchange sends a request and reads the answer. When err is not nil, sent tells
// whether Cloudflare may have got the request.
func (h *Host) exchange(ctx context.Context, r request) (rep reply, sent bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	var wrote atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }})

	var body io.Reader
	if r.body != nil {
		b, err := json.Marshal(r.body)
		if err != nil {
			return reply{}, false, err
		}
		body = bytes.NewReader(b)
	}
	u := h.base.JoinPath(r.path...)
	u.RawQuery = r.query.Encode()
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), body)
	if err != nil {
		return reply{}, false, err
	}
	req.Header.Set("Authorization", "Bearer "+h.token())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "lifeboat")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := h.client.Do(req)
	if err != nil {
		return reply{}, wrote.Load(), err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return reply{}, true, err
	}
	if len(b) > maxBody {
		return reply{}, true, fmt.Errorf("the answer is longer than %d bytes", maxBody)
	}
	rep, err = decode(res.StatusCode, res.Header, b)
	return rep, true, err
}

// decode reads an answer. One that is none of the API's, such as a gateway's page,
// is an error, except where its status says enough: too many requests.
func decode(status int, header http.Header, body []byte) (reply, error) {
	rep := reply{status: status, header: header}
	err := json.Unmarshal(body, &rep.envelope)
	if status == http.StatusTooManyRequests {
		return rep, nil
	}
	if err != nil {
		return rep, fmt.Errorf("HTTP status %d with an answer that is none of the API's: %w: %.80q", status, err, body)
	}
	if !rep.Success && len(rep.Errors) == 0 {
		return rep, fmt.Errorf("HTTP status %d with an answer that is none of the API's: %.80q", status, body)
	}
	return rep, nil
}

// list gets all pages of a listing.
func list[T any](ctx context.Context, h *Host, path []string, query url.Values) ([]T, error) {
	var all []T
	query.Set("per_page", strconv.Itoa(perPage))
	for page := 1; page <= maxPages; page++ {
		query.Set("page", strconv.Itoa(page))
		r := request{method: http.MethodGet, path: path, query: query}
		var items []T
		rep, err := h.call(ctx, r, &items)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if page >= rep.Info.TotalPages || len(items) == 0 {
			return all, nil
		}
	}
	return nil, h.garbled(request{}, fmt.Errorf("more than %d pages of %s", maxPages, path[0]))
}

// throttled is Cloudflare's request to come back later.
type throttled struct{ after time.Duration }

func (t *throttled) Error() string { return "asked to wait " + t.after.String() }

// patiently does the whole of a call again after each short wait that Cloudflare
// asks for: what was read before the wait is old. A long one is
// failover.ErrThrottled.
func (h *Host) patiently(ctx context.Context, do func() error) error {
	left := patience
	for {
		err := do()
		var t *throttled
		if !errors.As(err, &t) {
			if errors.Is(err, failover.ErrZone) {
				h.forget()
			}
			return err
		}
		if t.after > left {
			return failover.Fail(failover.ErrThrottled,
				"Cloudflare takes no more requests for now (it allows 1,200 in five minutes, from all programs together); nothing was changed. Try again after {time}",
				"time", h.now().Add(t.after).UTC().Format("15:04:05 MST"))
		}
		left -= max(t.after, time.Second)
		if h.wait(ctx, t.after) != nil {
			return h.stopped(ctx)
		}
	}
}

// forget drops what is known of zones: one of them may have been made anew.
func (h *Host) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.ids)
}

// retryAfter reads the header of RFC 9110 section 10.2.3: seconds, or a date.
func (h *Host) retryAfter(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	if s, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(s) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(h.now()))
	}
	return penalty
}
