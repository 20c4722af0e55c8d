package presentertest

import (
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// Picture is the built-in world at Noon, as it is when mail is led to a provider and
// the primary suffers from a fault.
func Picture(to failover.Role, fault lab.Fault) lab.Picture {
	p := lab.Picture{
		At:      Noon,
		DNS:     lab.DNSPicture{PointsTo: to},
		Primary: lab.ProviderPicture{Role: failover.Primary, Name: "Microsoft 365", Fault: fault, Took: 53}, Secondary: lab.ProviderPicture{Role: failover.Secondary, Name: "Fastmail"},
		Staff: lab.StaffPicture{Read: 37, Wrote: 6, SendRoute: to},
	}
	for _, g := range []lab.Group{lab.Customers, lab.Suppliers, lab.Partners} {
		p.Senders = append(p.Senders, lab.SenderPicture{Group: g, Name: "mail." + string(g) + ".test", Route: to})
	}
	p.Senders[0].OnTheWay, p.Senders[0].Waiting = 2, 2
	stopped := to == failover.Primary && lab.StopsMail(fault)
	if stopped {
		for i := range p.Senders {
			p.Senders[i] = lab.SenderPicture{Group: p.Senders[i].Group, Name: p.Senders[i].Name, Route: to, Waiting: 4 + 7*i, NextTry: Noon.Add(20 * time.Second)}
		}
		p.Staff.CannotRead, p.Staff.CannotSend = 3, 3
	}
	if to == failover.Secondary {
		p.Secondary.Took = 84
		p.DNS.Old, p.DNS.OldUntil = failover.Primary, Noon.Add(108*time.Second)
		p.Senders[2] = lab.SenderPicture{Group: lab.Partners, Name: "mail.partners.test", Route: failover.Primary, Waiting: 11, NextTry: Noon.Add(9 * time.Second)}
	}
	return p
}

// Totals are 214 messages, of which some wait.
func Totals(waiting int) lab.Totals {
	return lab.Totals{Sent: 214, Waiting: waiting, Delivered: 214 - waiting, Primary: 53, Secondary: 84}
}

// World is a built-in world that does nothing by itself: it shows what it is given,
// and takes down what is done to it.
type World struct {
	mu       sync.Mutex
	picture  lab.Picture
	totals   lab.Totals
	Broken   map[failover.Role]lab.Trouble
	Line     lab.Line
	Sends    failover.Role
	events   chan lab.Event
	Refusing error // what BreakPart answers
}

// NewWorld returns a world that shows a picture.
func NewWorld(p lab.Picture, t lab.Totals) *World {
	return &World{picture: p, totals: t, Broken: map[failover.Role]lab.Trouble{}, events: make(chan lab.Event, 64)}
}

// Show changes what is shown.
func (w *World) Show(p lab.Picture, t lab.Totals) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.picture, w.totals = p, t
}

// Tell has something happen.
func (w *World) Tell(e lab.Event) { w.events <- e }

// Picture is what the world shows.
func (w *World) Picture() lab.Picture { w.mu.Lock(); defer w.mu.Unlock(); return w.picture }

// Totals is what the world counts.
func (w *World) Totals() lab.Totals { w.mu.Lock(); defer w.mu.Unlock(); return w.totals }

// Now is Noon.
func (w *World) Now() time.Time { return Noon }

// Subscribe gives what is told.
func (w *World) Subscribe(int) (<-chan lab.Event, func()) { return w.events, func() {} }

// BreakPart takes a trouble down.
func (w *World) BreakPart(r failover.Role, t lab.Trouble) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.Refusing == nil {
		w.Broken[r] = t
	}
	return w.Refusing
}

// Mend forgets a trouble.
func (w *World) Mend(r failover.Role) { w.mu.Lock(); defer w.mu.Unlock(); delete(w.Broken, r) }

// SetLine takes the line down.
func (w *World) SetLine(l lab.Line) { w.mu.Lock(); defer w.mu.Unlock(); w.Line = l }

// SetSendRoute takes the send route down.
func (w *World) SetSendRoute(r failover.Role) { w.mu.Lock(); defer w.mu.Unlock(); w.Sends = r }

// Suffers returns what the world suffers from.
func (w *World) Suffers() (primary, secondary lab.Fault, lineDown bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Broken[failover.Primary].Fault, w.Broken[failover.Secondary].Fault, w.Line.Down
}
