package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"lifeboat/failover"
)

// StatusPage is how a provider's status page takes to the truth.
type StatusPage string

// The ways of a status page.
const (
	// StatusHonest: it tells of each trouble, Options.StatusDelay after it began, and
	// closes the incident when it is over. What was over before that is not told at all.
	StatusHonest StatusPage = ""
	// StatusSilent: it tells of nothing that is going on, so that all seems well.
	StatusSilent StatusPage = "silent"
	// StatusGone: it does not answer.
	StatusGone StatusPage = "gone"
)

// StatusPages lists the ways of a status page.
func StatusPages() []StatusPage { return []StatusPage{StatusHonest, StatusSilent, StatusGone} }

// SetStatusPage changes how a provider's status page is. One that is none of
// StatusPages is failover.ErrInvalid.
func (w *World) SetStatusPage(role failover.Role, s StatusPage) error {
	p, ok := w.provider[role]
	if !ok || !slices.Contains(StatusPages(), s) {
		return failover.Fail(failover.ErrInvalid,
			`The status page of "{role}" cannot be "{how}" in the practice world; see the list of ways`, "role", role, "how", s)
	}
	if !p.page.become(s) {
		return nil
	}
	ev := Event{Kind: EventBroken, Role: role}
	switch s {
	case StatusSilent:
		ev.Say = failover.Say("The status page of {provider} says that all is well, whatever happens.", "provider", p.title)
	case StatusGone:
		ev.Say = failover.Say("The status page of {provider} does not answer.", "provider", p.title)
	case StatusHonest:
		ev.Kind, ev.Say = EventMended, failover.Say("The status page of {provider} tells what it knows.", "provider", p.title)
	}
	w.events.tell(ev)
	return nil
}

// StatusURL is where a provider tells of its incidents, in the form of Google
// Workspace's incidents.json; empty where there is no such provider.
func (w *World) StatusURL(role failover.Role) string {
	if p, ok := w.provider[role]; ok {
		return p.page.url
	}
	return ""
}

const statusPath = "/incidents.json"

// statusPage is a provider's page about itself. What it says follows from what
// has happened and from the clock, so nothing runs for it.
type statusPage struct {
	url   string
	title string
	delay time.Duration
	now   func() time.Time
	host  *host
	cond  *condition // of its host alone, which works while the provider does not

	mu       sync.Mutex
	how      StatusPage
	episodes []*episode // the oldest first
}

// episode is a time of trouble, from the first fault until none is left.
type episode struct {
	begin, end time.Time // end is zero while it goes on
	changes    []change
}

type change struct {
	at    time.Time
	fault Fault
}

const (
	// keepEpisodes and keepChanges bound the page's memory.
	keepEpisodes, keepChanges = 50, 50
)

// become changes how the page is, and reports whether that is new.
func (s *statusPage) become(how StatusPage) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.how == how {
		return false
	}
	s.how = how
	fault := None
	if how == StatusGone {
		fault = Silent
	}
	s.cond.set(Trouble{Fault: fault})
	return true
}

// note takes in that the provider suffers from something else now.
func (s *statusPage) note(t Trouble) {
	at := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	var open *episode
	if n := len(s.episodes); n > 0 && s.episodes[n-1].end.IsZero() {
		open = s.episodes[n-1]
	}
	switch {
	case t.Fault == None && open == nil:
	case t.Fault == None:
		open.end = at
	case open == nil:
		s.episodes = append(s.episodes, &episode{begin: at, changes: []change{{at, t.Fault}}})
		if len(s.episodes) > keepEpisodes {
			s.episodes = slices.Delete(s.episodes, 0, 1)
		}
	case len(open.changes) < keepChanges:
		open.changes = append(open.changes, change{at, t.Fault})
	}
}

// incident is one of incidents.json, with the names that Google gives its fields
// (https://www.google.com/appsstatus/dashboard/incidents.schema.json).
type incident struct {
	ID               string     `json:"id"`
	Number           string     `json:"number"`
	Begin            time.Time  `json:"begin"`
	Created          time.Time  `json:"created"`
	End              *time.Time `json:"end,omitempty"` // absent while it goes on
	Modified         time.Time  `json:"modified"`
	ExternalDesc     string     `json:"external_desc"`
	Updates          []posting  `json:"updates"` // the newest first
	MostRecentUpdate posting    `json:"most_recent_update"`
	StatusImpact     string     `json:"status_impact"`
	Severity         string     `json:"severity"`
	ServiceKey       string     `json:"service_key"`
	ServiceName      string     `json:"service_name"`
	AffectedProducts []product  `json:"affected_products"`
	URI              string     `json:"uri"`
}

// posting is one thing that was said about an incident.
type posting struct {
	Created           time.Time `json:"created"`
	Modified          time.Time `json:"modified"`
	When              time.Time `json:"when"`
	Text              string    `json:"text"`
	Status            string    `json:"status"`
	AffectedLocations []product `json:"affected_locations"`
}

type product struct {
	Title string `json:"title"`
	ID    string `json:"id"`
}

// What an incident does to the service, in Google's words.
const (
	serviceAvailable   = "AVAILABLE"
	serviceInformation = "SERVICE_INFORMATION"
	serviceDisruption  = "SERVICE_DISRUPTION"
	serviceOutage      = "SERVICE_OUTAGE"
)

// incidents is what the page says now, the newest first.
func (s *statusPage) incidents() []incident {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []incident{} // an empty list, not null
	for i, e := range slices.Backward(s.episodes) {
		if s.how == StatusSilent && e.end.IsZero() {
			continue
		}
		if in, told := s.tell(i, e, now); told {
			out = append(out, in)
		}
	}
	return out
}

// tell is what the page says of an episode by now, if anything.
func (s *statusPage) tell(number int, e *episode, now time.Time) (incident, bool) {
	first := e.begin.Add(s.delay)
	if first.After(now) || !e.end.IsZero() && e.end.Before(first) {
		return incident{}, false
	}
	id := sha256.Sum256([]byte(s.title + e.begin.String()))
	key := sha256.Sum256([]byte(s.title))
	mail := product{s.title + " Mail", hex.EncodeToString(key[:10])}
	in := incident{
		ID: hex.EncodeToString(id[:10]), Number: fmt.Sprint(number + 1), Begin: e.begin.UTC(), Created: first.UTC(),
		ServiceKey: mail.ID, ServiceName: mail.Title, AffectedProducts: []product{mail}, StatusImpact: serviceInformation,
	}
	in.URI = "incidents/" + in.ID
	rank := []string{serviceInformation, serviceDisruption, serviceOutage}
	for _, c := range e.changes {
		at := c.at.Add(s.delay)
		if at.After(now) || !e.end.IsZero() && at.After(e.end) {
			break
		}
		impact, text := says(c.fault)
		in.post(at, impact, text)
		if slices.Index(rank, impact) > slices.Index(rank, in.StatusImpact) {
			in.StatusImpact = impact
		}
		if in.ExternalDesc == "" {
			in.ExternalDesc = text
		}
	}
	if !e.end.IsZero() {
		end := e.end.UTC()
		in.End = &end
		in.post(end, serviceAvailable, "The problem is resolved.")
	}
	slices.Reverse(in.Updates)
	in.MostRecentUpdate, in.Modified = in.Updates[0], in.Updates[0].When
	in.Severity = map[string]string{serviceInformation: "low", serviceDisruption: "medium", serviceOutage: "high"}[in.StatusImpact]
	return in, true
}

func (in *incident) post(at time.Time, status, text string) {
	in.Updates = append(in.Updates, posting{
		Created: at.UTC(), Modified: at.UTC(), When: at.UTC(), Text: text, Status: status, AffectedLocations: []product{},
	})
}

// says is how a provider puts a fault: it speaks English, to all its customers.
func says(f Fault) (impact, text string) {
	switch f {
	case Slow:
		return serviceInformation, "Mail is delivered more slowly than usual for some users."
	case NoSignIn:
		return serviceDisruption, "Some users cannot sign in. Mail is delivered as usual."
	case NoReading:
		return serviceDisruption, "Some users cannot read their mail. Mail is delivered as usual."
	case DelayAttachments:
		return serviceDisruption, "Messages with attachments are delayed for some users."
	case Defer, Busy:
		return serviceDisruption, "Incoming mail is delayed for some users."
	default:
		return serviceOutage, "Users cannot send or receive mail."
	}
}

// ServeHTTP gives the list.
func (s *statusPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(s.incidents()) // a client that has gone needs no answer
}
