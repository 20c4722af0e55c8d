// Package presenter turns what the engine knows into what a person is told, in
// words and without any drawing: the command line and the window say the same
// thing because both say it through here.
package presenter

import (
	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
)

// Headline is the one sentence on a domain that is true now.
func Headline(t *i18n.Tongue, d engine.DomainStatus) string {
	parts := []any{"domain", failover.Display(d.Domain), "provider", d.Provider, "span", t.Span(d.SwitchTakes)}
	switch d.Route {
	case failover.RoutePrimary:
		if d.Secondary == "" {
			return t.T("Mail for {domain} goes to {provider}.", parts...)
		}
		return t.T("Mail for {domain} goes to {provider}. A switch would reach every sender within {span}.", parts...)
	case failover.RouteSecondary:
		return t.T("Mail for {domain} is SWITCHED: it goes to the secondary, {provider}.", parts...)
	case failover.RouteMixed:
		return t.T("Mail for {domain} is split between both providers.", parts...)
	case failover.RouteForeign:
		return t.T("Mail for {domain} goes to hosts that the settings do not know.", parts...)
	case failover.RouteNone:
		return t.T("{domain} has no MX record: its mail has nowhere to go.", parts...)
	default:
		return t.T("Where mail for {domain} goes is unknown: no name server answers.", parts...)
	}
}

// Readiness is the sentence on whether a switch could be made now, by the
// evidence at hand.
func Readiness(t *i18n.Tongue, d engine.DomainStatus) string {
	switch {
	case d.Secondary == "":
		return t.T("No secondary provider is set up, so mail could not be switched.")
	case d.Ready.Allowed:
		return t.T("Ready: the evidence for a switch is there and fresh.")
	case len(d.Ready.Blocking) > 0:
		return t.T("Not ready: {first}", "first", d.Ready.Blocking[0].Say)
	case d.Route == failover.RouteSecondary:
		return t.T("Whether the primary accepts again is unknown: give lifeboat check --to primary.")
	default:
		return t.T("Readiness unknown: give lifeboat check.")
	}
}

// AnswerState is how a name server answered, in a word or two.
func AnswerState(t *i18n.Tongue, a failover.AnswerState) string {
	switch a {
	case failover.Answered:
		return t.T("gives other records")
	case failover.Lame:
		return t.T("not responsible")
	case failover.Refused:
		return t.T("refuses")
	case failover.Unresolved:
		return t.T("has no address")
	case failover.NoIPv6:
		return t.T("not asked (no IPv6 here)")
	case failover.BlockedLine:
		return t.T("not asked (our line blocks DNS)")
	default:
		return t.T("unreachable")
	}
}

// Verdict is a verdict's glyph and word: its shape alone must do.
func Verdict(t *i18n.Tongue, v failover.Verdict) string {
	switch v {
	case failover.Pass:
		return "✓ " + t.T("pass")
	case failover.Warn:
		return "! " + t.T("care")
	case failover.Red:
		return "× " + t.T("fail")
	default:
		return "? " + t.T("unknown")
	}
}

// Result is how a run ended, in a word.
func Result(t *i18n.Tongue, r engine.RunSummary) string {
	switch r.Result {
	case "done":
		return t.T("done")
	case "aborted":
		return t.T("nothing changed")
	case "abandoned":
		return t.T("closed unfinished")
	default:
		return t.T("unfinished")
	}
}
