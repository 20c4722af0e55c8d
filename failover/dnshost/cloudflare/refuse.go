package cloudflare

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"lifeboat/failover"
)

// Errors that Apply and Lock understand: the transaction was not carried out.
var (
	// errGone: a record that the batch names does not exist (any more).
	errGone = errors.New("a record of the change is gone")
	// errExists: a record that the batch creates is there already.
	errExists = errors.New("a record of the change is there already")
)

// The error codes that are told apart. Cloudflare documents no list of them; these
// are from its answers as people report them, named in the fixtures in testdata.
var (
	codesGone   = []int{81044}
	codesExists = []int{81057, 81058}
	codesAlias  = []int{81053, 81054}
	codesZone   = []int{1001, 1049, 7000, 7003}
	codesToken  = []int{1000, 6003, 6102, 6103, 6111, 9103, 9106, 9107, 9109, 10000, 10001}
	codesPlan   = []int{1038}
)

// refuse says what is wrong with an answer, nil if nothing.
func (h *Host) refuse(rep reply, r request) error {
	cause := h.cause(rep)
	is := func(codes []int) bool { return hasCode(rep.Errors, codes) }
	switch {
	case rep.status == http.StatusTooManyRequests:
		return &throttled{after: h.retryAfter(rep.header)}
	case rep.status >= 500:
		if r.change {
			return failover.Fail(failover.ErrUncertain,
				"Cloudflare failed while making the change; it may or may not be carried out. Read again before anything else").Because(cause)
		}
		return failover.Fail(failover.ErrUnreachable,
			"Cloudflare's API fails at the moment; nothing was changed. Try again, and look at www.cloudflarestatus.com").Because(cause)
	case rep.Success && rep.status < 300:
		return nil
	case is(codesGone):
		return errGone
	case is(codesExists):
		return errExists
	case is(codesZone):
		return failover.Fail(failover.ErrZone,
			"Cloudflare does not know the zone any more, or the API token may not see it; check that the token covers the zone").Because(cause)
	case is(codesAlias):
		return failover.Fail(failover.ErrInvalid,
			"Cloudflare refuses the record, because an alias (CNAME) and other records cannot stand at one name; nothing was changed. Remove the one or the other first").Because(cause)
	case is(codesPlan):
		return failover.Fail(failover.ErrUnsupported,
			"Cloudflare does not let this zone be changed through its API: {message}", "message", h.message(rep)).Because(cause)
	case rep.status == http.StatusUnauthorized, rep.status == http.StatusForbidden, is(codesToken):
		return h.noAccess(r, cause)
	default:
		return failover.Fail(failover.ErrInvalid,
			"Cloudflare refuses the request, and nothing was changed: {message}", "message", h.message(rep)).Because(cause)
	}
}

// noAccess: the zone is read before it is changed, so a token that fails at a
// change only is a token for reading.
func (h *Host) noAccess(r request, cause error) error {
	if r.change {
		return failover.Fail(failover.ErrReadOnly,
			"the Cloudflare API token may read this zone, but not change it; nothing was changed. Give the token the permission DNS:Edit (Zone, DNS, Edit) at dash.cloudflare.com, My Profile, API Tokens").Because(cause)
	}
	return failover.Fail(failover.ErrCredential,
		"Cloudflare rejects the API token; check that it is copied whole, has not expired or been revoked, and has the permissions Zone:Read and DNS:Edit for this zone").Because(cause)
}

// garbled is the error for an answer that makes no sense.
func (h *Host) garbled(r request, cause error) error {
	if r.change {
		return failover.Fail(failover.ErrUncertain,
			"Cloudflare's answer to the change cannot be understood; it may or may not be carried out. Read again before anything else").Because(h.scrub(cause))
	}
	return failover.Fail(failover.ErrUnreachable,
		"Cloudflare's answer cannot be understood; nothing was changed. Something between may have answered in its place; try again in a moment").Because(h.scrub(cause))
}

// stopped is the error for a call that was called off before it changed anything.
func (h *Host) stopped(ctx context.Context) error {
	return failover.Fail(failover.ErrUnreachable, "stopped before anything was changed at Cloudflare").Because(context.Cause(ctx))
}

func hasCode(errs []apiError, codes []int) bool {
	for _, e := range errs {
		for _, c := range codes {
			if e.Code == c {
				return true
			}
		}
		if hasCode(e.Chain, codes) {
			return true
		}
	}
	return false
}

// cause is the technical side of an answer that refuses.
func (h *Host) cause(rep reply) error {
	return fmt.Errorf("HTTP status %d: %s", rep.status, h.message(rep))
}

// message is what Cloudflare says, with its codes, on one line.
func (h *Host) message(rep reply) string {
	var parts []string
	var add func(errs []apiError)
	add = func(errs []apiError) {
		for _, e := range errs {
			parts = append(parts, fmt.Sprintf("%s (%d)", e.Message, e.Code))
			add(e.Chain)
		}
	}
	add(rep.Errors)
	return h.clean(strings.Join(parts, "; "))
}

// clean keeps a foreign text to one line of bearable length, without the token.
func (h *Host) clean(s string) string {
	s = strings.ReplaceAll(s, h.token(), "[secret]")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
	if runes := []rune(s); len(runes) > 300 {
		s = string(runes[:300]) + "..."
	}
	return s
}

// scrub makes sure that an error's text does not hold the token, and keeps the
// error as it is if so.
func (h *Host) scrub(err error) error {
	if text := err.Error(); strings.Contains(text, h.token()) {
		return errors.New(h.clean(text))
	}
	return err
}
