package presenter

import (
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// Notice is something worth disturbing a person for who is not looking at the window.
type Notice struct {
	// Cause is why it is sent. However long that lasts, one notice is enough.
	Cause string
	Title string
	Text  string
	Page  string // that it leads to
}

// The pages that presenters lead to, by their keys in the navigation.
const (
	toHome   = "home"
	toMail   = "mail"
	toDrills = "drills"
)

// drillEvery is how long after the last drill the next one is due.
const drillEvery = 180 * 24 * time.Hour

// Notices finds what is worth a notice: an outage that was found, its end, a mirror
// that has grown old, a drill that is due.
type Notices struct {
	home   *Home
	drills *Drills // nil where none are held
	now    func() time.Time

	mu     sync.Mutex
	tongue *i18n.Tongue
	mirror *engine.MirrorStatus
	down   map[string]string // by domain: the cause of the outage that was told of
	over   []Notice          // ends of outages, to be told of once: the last few
	stale  string            // the cause of the mirror's trouble that was told of; empty: there is none
	about  string            // what that trouble is
}

// overKept bounds the ends of outages: they were told long before as many have come.
const overKept = 8

// NewNotices returns what finds notices over Home and the drills.
func NewNotices(t *i18n.Tongue, home *Home, drills *Drills, now func() time.Time) *Notices {
	return &Notices{home: home, drills: drills, now: now, tongue: t, down: map[string]string{}}
}

// Speak goes on in another language.
func (n *Notices) Speak(t *i18n.Tongue) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tongue = t
}

// SawMirror takes in how the mirror is.
func (n *Notices) SawMirror(s engine.MirrorStatus) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mirror = &s
}

// Due is all that is worth a notice now, whether it was sent or not.
func (n *Notices) Due() []Notice {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := n.outages()
	all = append(all, n.over...)
	if m, ok := n.oldMirror(); ok {
		all = append(all, m)
	}
	if d, ok := n.drillDue(); ok {
		all = append(all, d)
	}
	return all
}

// outages tells of each domain's outage, and takes down where one has ended.
func (n *Notices) outages() []Notice {
	n.home.mu.Lock()
	defer n.home.mu.Unlock()
	var all []Notice
	for _, d := range n.home.opt.Domains {
		f := n.home.facts(d)
		is := f.situation()
		cause, was := n.down[d.Name], n.down[d.Name] != ""
		switch {
		case is == isSwitching || is == isUnfinished:
			continue // somebody is at work on it
		case is.light() == LightDown:
			if !was {
				cause = "outage " + d.Name + " " + f.began().UTC().Format(time.RFC3339)
				n.down[d.Name] = cause
			}
			all = append(all, Notice{Cause: cause, Title: f.headline(is), Text: n.tongue.T("Open Lifeboat to see the evidence and to switch."), Page: toHome})
		case was && f.state != nil && f.state.Primary.Health == detect.Healthy:
			delete(n.down, d.Name)
			n.over = append(n.over, Notice{
				Cause: "end of " + cause,
				Title: n.tongue.T("{provider} works again for {domain}", "provider", d.Primary.Name, "domain", failover.Display(d.Name)),
				Text:  f.headline(is), Page: toHome,
			})
			n.over = n.over[max(len(n.over)-overKept, 0):]
		}
	}
	return all
}

// began is when the trouble began, as far as is known.
func (f facts) began() time.Time {
	if f.state == nil {
		return time.Time{}
	}
	since := f.state.Primary.Since
	if since.IsZero() {
		since = f.state.Records.Since
	}
	return since
}

// oldMirror tells of what is wrong with the mirror and has to be seen to: once, however
// often the mirror is complete meanwhile, as when one of its folders is held.
func (n *Notices) oldMirror() (Notice, bool) {
	if n.mirror == nil || n.mirror.State != engine.ReadyMirror || n.mirror.Complete.IsZero() {
		return Notice{}, false
	}
	alarm, pressing := facts{mirror: n.mirror}.alarm()
	if !pressing {
		n.stale, n.about = "", ""
		return Notice{}, false
	}
	if about := alarm.Account + " " + alarm.Say.Template; n.stale == "" || n.about != about {
		n.stale, n.about = "mirror of "+n.mirror.Complete.UTC().Format(time.RFC3339)+" "+about, about
	}
	return Notice{Cause: n.stale, Title: n.tongue.T("The mirror of the mail needs to be looked at"), Text: say(n.tongue, alarm.Say), Page: toMail}, true
}

func (n *Notices) drillDue() (Notice, bool) {
	if n.drills == nil {
		return Notice{}, false
	}
	last, known := n.drills.newest()
	if !known || n.now().Sub(last) < drillEvery {
		return Notice{}, false
	}
	return Notice{
		Cause: "drill after " + last.UTC().Format(time.RFC3339),
		Title: n.tongue.T("A drill is due"),
		Text:  n.tongue.T("The last one was {ago}. A drill takes a quarter of an hour and touches nothing real.", "ago", ago(n.tongue, last, n.now())), Page: toDrills,
	}, true
}

// newest is when a drill was held last; false where none was, or none was read.
func (d *Drills) newest() (time.Time, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var last time.Time
	for _, h := range d.held {
		if h.Started.After(last) {
			last = h.Started
		}
	}
	return last, !last.IsZero()
}

// SendsThrough is the name of the provider that mail of the domain that is shown leaves
// through; empty where none does.
func (h *Home) SendsThrough() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.opt.Domains) == 0 {
		return ""
	}
	if i := h.statusOf(h.focus().Name); i >= 0 {
		return h.status.Domains[i].SendsThrough
	}
	return ""
}
