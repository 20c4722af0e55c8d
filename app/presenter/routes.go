package presenter

import (
	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// RoutesState is who sends where in the built-in world, as a map of it shows it.
type RoutesState struct {
	Title     string
	Senders   []SenderState
	DNS       PlaceState
	PointsTo  failover.Role // empty is neither provider
	Primary   PlaceState
	Secondary PlaceState
	Staff     PlaceState
	ReadsAt   failover.Role // empty is nowhere
	OnTheWay  string
	// Legend: on the way, waiting, live route, not in use.
	Legend [4]string
}

// SenderState is one group outside, and what waits in its queue.
type SenderState struct {
	Key     string
	Name    string
	Note    string
	Waiting int
	Live    bool // follows the MX records as they are now
}

// PlaceState is a box on the map.
type PlaceState struct {
	Name  string
	Note  string
	Light Light
}

// Hop is a message that went from one place to another: a sender's key or a role,
// or "staff".
type Hop struct{ From, To string }

// hopStaff is where mail is read.
const hopStaff = "staff"

// routes puts a picture of the world into words.
func routes(t *i18n.Tongue, p lab.Picture, lineDown bool) RoutesState {
	s := RoutesState{
		Title: t.T("Who sends where"), PointsTo: p.DNS.PointsTo,
		Legend: [4]string{t.T("on the way"), t.T("waiting"), t.T("live route"), t.T("not in use")},
	}
	way := 0
	for _, g := range p.Senders {
		s.Senders = append(s.Senders, senderState(t, g, p))
		way += g.OnTheWay
	}
	if way > 0 {
		s.OnTheWay = t.T("{count} on the way", "count", way)
	}
	s.DNS = PlaceState{Name: "DNS", Light: LightHealthy, Note: pointsTo(t, p)}
	if p.DNS.PointsTo == "" {
		s.DNS.Light = LightDown
	}
	s.Primary = providerPlace(t, t.T("Primary"), p.Primary, p.DNS.PointsTo == failover.Primary)
	s.Secondary = providerPlace(t, t.T("Secondary"), p.Secondary, p.DNS.PointsTo == failover.Secondary)
	s.Staff, s.ReadsAt = staffPlace(t, p, lineDown)
	return s
}

func pointsTo(t *i18n.Tongue, p lab.Picture) string {
	switch p.DNS.PointsTo {
	case failover.Primary:
		return t.T("MX leads to the primary")
	case failover.Secondary:
		return t.T("MX leads to the secondary")
	default:
		return t.T("MX leads astray")
	}
}

func senderState(t *i18n.Tongue, g lab.SenderPicture, p lab.Picture) SenderState {
	waits := max(g.Waiting-g.OnTheWay, 0)
	s := SenderState{Key: string(g.Group), Name: groupName(t, g.Group), Waiting: waits, Note: t.T("none waiting")}
	s.Live = g.Route == "" || g.Route == p.DNS.PointsTo
	old := g.Route != "" && g.Route != p.DNS.PointsTo
	switch {
	case old && p.DNS.OldUntil.After(p.At):
		s.Note = t.T("{count} waiting, old MX {left}", "count", waits, "left", clock(p.DNS.OldUntil.Sub(p.At)))
	case waits > 0 && g.NextTry.After(p.At):
		s.Note = t.T("{count} waiting, next try {left}", "count", waits, "left", clock(g.NextTry.Sub(p.At)))
	case waits > 0:
		s.Note = t.T("{count} waiting", "count", waits)
	}
	return s
}

func groupName(t *i18n.Tongue, g lab.Group) string {
	switch g {
	case lab.Customers:
		return t.T("Customers")
	case lab.Suppliers:
		return t.T("Suppliers")
	case lab.Partners:
		return t.T("Partners")
	default:
		return t.T("Staff")
	}
}

// providerPlace is a provider as it really is: the map shows the world, not what
// detection makes of it.
func providerPlace(t *i18n.Tongue, name string, p lab.ProviderPicture, live bool) PlaceState {
	s := PlaceState{Name: name, Light: LightReady, Note: t.T("took {count} messages", "count", p.Took)}
	if live {
		s.Light = LightHealthy
	}
	if p.Fault != lab.None {
		s.Light, s.Note = LightCare, faultWords(t, p.Fault)
		if lab.StopsMail(p.Fault) || lab.Bounces(p.Fault) {
			s.Light = LightDown
		}
	}
	return s
}

// faultWords is a fault in a few plain words.
func faultWords(t *i18n.Tongue, f lab.Fault) string {
	switch f {
	case lab.Reset:
		return t.T("resets every connection")
	case lab.Refuse:
		return t.T("refuses connections")
	case lab.Silent:
		return t.T("does not answer")
	case lab.Hang:
		return t.T("says nothing")
	case lab.Slow:
		return t.T("answers slowly")
	case lab.Busy:
		return t.T("turns all away (421)")
	case lab.Defer:
		return t.T("puts everyone off (451)")
	case lab.Reject:
		return t.T("refuses everyone (550)")
	case lab.NoTLS, lab.BadCertificate:
		return t.T("encryption is broken")
	case lab.NoSignIn:
		return t.T("nobody can sign in")
	case lab.NoReading:
		return t.T("nobody can read")
	case lab.DelayAttachments:
		return t.T("holds attachments back")
	case lab.NoName:
		return t.T("its name is gone")
	default:
		return t.T("does not work right")
	}
}

// manyRead is from how many messages on only what was read is told.
const manyRead = 100

// staffPlace is the domain's own people, and where they read.
func staffPlace(t *i18n.Tongue, p lab.Picture, lineDown bool) (PlaceState, failover.Role) {
	st := p.Staff
	s := PlaceState{Name: t.T("Staff"), Note: t.T("read {read}, wrote {wrote}", "read", st.Read, "wrote", st.Wrote)}
	if st.Read >= manyRead || st.Wrote >= manyRead {
		s.Note = t.T("read {count}", "count", st.Read) // the box has no room for both
	}
	at := p.DNS.PointsTo
	if at == "" {
		at = failover.Primary
	}
	switch {
	case lineDown:
		s.Light, s.Note, at = LightDown, t.T("line is down"), ""
	case st.CannotRead > 0 && st.CannotSend > 0:
		s.Light, s.Note, at = LightCare, t.T("cannot work"), ""
	case st.CannotRead > 0:
		s.Light, s.Note, at = LightCare, t.T("cannot read"), ""
	case st.CannotSend > 0:
		s.Light, s.Note = LightCare, t.T("cannot send")
	}
	return s, at
}

// hopOf is the move that an event of the world shows; none for most of them.
func hopOf(e lab.Event) (Hop, bool) {
	switch {
	case e.Kind == lab.EventDelivered && e.Way == lab.Inbound && e.Role != "":
		return Hop{string(e.Sender), string(e.Role)}, true
	case e.Kind == lab.EventRead && e.Role != "":
		return Hop{string(e.Role), hopStaff}, true
	default:
		return Hop{}, false
	}
}

// LedgerState adds up: everything sent is somewhere.
type LedgerState struct {
	Total  Figure
	Parts  []Figure
	Checks []Figure
}

// Figure is one number of the ledger; it has a light where it must be nothing.
type Figure struct {
	Label string
	Value int
	Light Light
}

// ledger adds up what was sent. What bounced stands among the parts only where
// something did.
func ledger(t *i18n.Tongue, l lab.Totals, onTheWay int) LedgerState {
	way := min(onTheWay, l.Waiting)
	s := LedgerState{
		Total: Figure{Label: t.T("Sent"), Value: l.Sent},
		Parts: []Figure{
			{Label: t.T("Delivered"), Value: l.Delivered},
			{Label: t.T("On the way"), Value: way},
			{Label: t.T("Waiting"), Value: l.Waiting - way},
		},
		Checks: []Figure{
			{t.T("Lost"), l.Lost, mustBeNone(l.Lost)},
			{t.T("Doubled"), l.Doubled, mustBeNone(l.Doubled)},
		},
	}
	if l.Bounced > 0 {
		s.Parts = append(s.Parts, Figure{t.T("Bounced"), l.Bounced, LightDown})
	}
	if l.Lost > 0 {
		s.Parts = append(s.Parts, Figure{t.T("Lost"), l.Lost, LightDown})
	}
	return s
}

func mustBeNone(n int) Light {
	if n > 0 {
		return LightDown
	}
	return LightHealthy
}

// onTheWay counts the messages that are being tried at this moment.
func onTheWay(p lab.Picture) int {
	n := 0
	for _, g := range p.Senders {
		n += g.OnTheWay
	}
	return n
}

// hopsKept bounds the moves that wait to be drawn: when nobody draws them they are
// dropped, for the figures tell all.
const hopsKept = 48

// hops collects moves until a screen takes them.
type hops []Hop

func (h *hops) add(e lab.Event) {
	if hop, moves := hopOf(e); moves && len(*h) < hopsKept {
		*h = append(*h, hop)
	}
}

func (h *hops) take() []Hop {
	out := *h
	*h = nil
	return out
}
