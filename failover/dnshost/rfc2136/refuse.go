package rfc2136

import (
	"context"
	"errors"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
)

// stopped is the error for a call that was called off before it changed anything.
func (h *Host) stopped(ctx context.Context) error {
	return failover.Fail(failover.ErrUnreachable, "stopped before anything was changed at {server}", "server", h.name).Because(context.Cause(ctx))
}

func rcode(a answer) error { return errors.New(dns.RcodeToString[a.Rcode]) }

// judge says what is wrong with the answer to a query, nil if nothing.
func (h *Host) judge(a answer, zone string) error {
	if err := h.signature(a); err != nil {
		return err
	}
	switch a.Rcode {
	case dns.RcodeSuccess, dns.RcodeNameError:
		if a.signed != nil {
			return failover.Fail(failover.ErrCredential,
				"the answer of {server} is not signed with the key {key} as it should be, so it cannot be believed; check that the name, algorithm and secret of the key are those of the server, and that nothing between changes DNS messages",
				"server", h.name, "key", h.keyName()).Because(a.signed)
		}
		return nil
	case dns.RcodeRefused, dns.RcodeNotAuth, dns.RcodeNotZone:
		return failover.Fail(failover.ErrZone,
			"{server} does not answer for {zone}: it is not one of its zones, or it refuses questions with the key {key} from this address",
			"server", h.name, "zone", failover.Display(zone), "key", h.keyName()).Because(rcode(a))
	case dns.RcodeNotImplemented, dns.RcodeFormatError:
		return failover.Fail(failover.ErrUnsupported,
			"{server} does not understand signed questions (TSIG); name the zone's primary server in the settings",
			"server", h.name).Because(rcode(a))
	default:
		return failover.Fail(failover.ErrUnreachable,
			"{server} cannot answer for {zone} now; nothing was changed. Try again in a moment, and look at the server's log",
			"server", h.name, "zone", failover.Display(zone)).Because(rcode(a))
	}
}

// signature says what the server holds against our signature, nil if nothing
// (RFC 8945 section 5.2).
func (h *Host) signature(a answer) error {
	switch a.badKey() {
	case dns.RcodeBadTime:
		return h.clock(a)
	case dns.RcodeBadKey:
		return failover.Fail(failover.ErrCredential,
			"{server} does not know the TSIG key {key}; check the key's name and algorithm in the settings",
			"server", h.name, "key", h.keyName()).Because(errors.New("BADKEY"))
	case dns.RcodeBadSig, dns.RcodeBadTrunc:
		return failover.Fail(failover.ErrCredential,
			"{server} knows the TSIG key {key}, but the secret is wrong; copy it again from the server's settings",
			"server", h.name, "key", h.keyName()).Because(errors.New("BADSIG"))
	}
	// PowerDNS says no more than this.
	if a.Rcode == dns.RcodeNotAuth && a.tsig == nil {
		return failover.Fail(failover.ErrCredential,
			"{server} does not accept the signature with the TSIG key {key}, and does not say why: the key's name, algorithm or secret is wrong, or this machine's clock is more than five minutes off",
			"server", h.name, "key", h.keyName()).Because(rcode(a))
	}
	return nil
}

// clock compares the clocks when the server says that ours is off.
func (h *Host) clock(a answer) error {
	theirs, ok := serverTime(a.tsig)
	if !ok || a.signed != nil {
		return failover.Fail(failover.ErrClock,
			"this machine's clock and that of {server} are more than five minutes apart, so the server refuses the signature; set the clock that is wrong",
			"server", h.name)
	}
	// What was signed is compared, not the clock as it is by now.
	diff := theirs.Sub(time.Unix(int64(a.tsig.TimeSigned), 0)) //nolint:gosec // 48 bits
	if diff < 0 {
		return failover.Fail(failover.ErrClock,
			"this machine's clock is {difference} ahead of that of {server}, which therefore refuses the signature; set the clock that is wrong",
			"difference", -diff, "server", h.name)
	}
	return failover.Fail(failover.ErrClock,
		"this machine's clock is {difference} behind that of {server}, which therefore refuses the signature; set the clock that is wrong",
		"difference", diff, "server", h.name)
}

// keyName is the key as the settings and the server call it.
func (h *Host) keyName() string { return failover.Display(h.key.name) }

// errPrerequisite: the zone is not as the update's prerequisites say (RFC 2136
// section 3.2.5). Nothing was changed; reading again tells which one failed.
var errPrerequisite = errors.New("a prerequisite of the update does not hold")

// judgeUpdate says what became of an update, nil if the server carried it out.
// The key has been read with just before, so the server knows it.
func (h *Host) judgeUpdate(a answer, zone string, record failover.Key) error {
	switch a.Rcode {
	case dns.RcodeSuccess:
		if a.signed != nil {
			return failover.Fail(failover.ErrUncertain,
				"{server} seems to have changed {record}, but its answer is not rightly signed and cannot be believed; read again before anything else",
				"server", h.name, "record", record).Because(a.signed)
		}
		return nil
	case dns.RcodeYXDomain, dns.RcodeYXRrset, dns.RcodeNXRrset, dns.RcodeNameError:
		return errPrerequisite
	case dns.RcodeRefused, dns.RcodeNotAuth:
		if a.badKey() == dns.RcodeBadTime {
			return h.clock(a)
		}
		return failover.Fail(failover.ErrReadOnly,
			"{server} knows the TSIG key {key}, but does not let it change {record}; allow this key to update the zone's MX and TXT records (BIND: update-policy; Knot: an acl with the action update; PowerDNS: TSIG-ALLOW-DNSUPDATE). Nothing was changed",
			"server", h.name, "key", h.keyName(), "record", record).Because(rcode(a))
	case dns.RcodeNotZone:
		return failover.Fail(failover.ErrZone, "{record} is not in the zone {zone}", "record", record, "zone", failover.Display(zone)).Because(rcode(a))
	case dns.RcodeNotImplemented:
		return failover.Fail(failover.ErrUnsupported,
			"{server} takes no dynamic updates; switch them on there, or name the zone's primary server in the settings",
			"server", h.name).Because(rcode(a))
	case dns.RcodeFormatError:
		return failover.Fail(failover.ErrUnsupported,
			"{server} does not understand the update of {record}; nothing was changed", "server", h.name, "record", record).Because(rcode(a))
	default:
		// SERVFAIL also comes from a server that passed the update on and got
		// no answer.
		return failover.Fail(failover.ErrUncertain,
			"{server} failed while changing {record}; it may or may not be changed. Read again before anything else, and look at the server's log",
			"server", h.name, "record", record).Because(rcode(a))
	}
}
