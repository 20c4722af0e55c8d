package engine

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"lifeboat/assets"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

// DrillRequest asks for a functional drill.
type DrillRequest struct {
	Scenario   drill.Scenario
	Unattended bool // nobody decides but detection's advice
	// Factor and TTL, when set, take the place of the scenario's own: how many times
	// faster than life, and the MX set's.
	Factor       float64
	TTL          time.Duration
	Seed         uint64 // of a random drill, for the record
	Facilitator  string
	Participants []drill.Participant
	Targets      drill.Targets
	Version      string // of Lifeboat
	// Tell is told everything as it happens; see drill.SessionOptions. It may be nil.
	Tell func(drill.Event)
}

// Drill is a functional drill: a mail world made for it, Lifeboat's own engine in the
// world's office, and the session that plays the scenario there. It needs no settings,
// and no network beyond loopback.
type Drill struct {
	practice *Practice
	session  *drill.Session
	mirror   *drillMirror
	relay    *drillRelay
}

// NewDrill makes the world of a drill and starts it. Close it in the end. The
// language is of what is written into the world's settings ("auto", "en", "ja").
func NewDrill(ctx context.Context, req DrillRequest, language string, logger *slog.Logger) (*Drill, error) {
	req.Scenario = req.shaped()
	if ttl := time.Duration(req.Scenario.World.TTL); ttl != 0 && (ttl < leastTTL || ttl > mostTTL || ttl%time.Second != 0) {
		return nil, failover.Fail(failover.ErrInvalid, "the TTL of a drill's MX records is of whole seconds, from {least} to {most}, not {ttl}", "least", leastTTL, "most", mostTTL, "ttl", ttl)
	}
	// The world outlives ctx: what a stopped drill came to is counted in it.
	p, err := StartPracticeIn(context.WithoutCancel(ctx), worldOf(req.Scenario, logger), language, logger)
	if err != nil {
		return nil, err
	}
	d, err := p.drill(req)
	if err != nil {
		p.Close()
		return nil, err
	}
	if err := errors.Join(d.mirror.Begin(ctx), d.relay.Begin(ctx)); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// shaped is the scenario with what the request changes of its world.
func (req DrillRequest) shaped() drill.Scenario {
	s := req.Scenario
	if req.Factor > 0 {
		s.World.Factor = req.Factor
	}
	if req.TTL > 0 {
		s.World.TTL = drill.Span(req.TTL)
	}
	if s.World.WatchEvery == 0 {
		s.World.WatchEvery = drill.Span(time.Second)
	}
	if s.World.Factor > 1 {
		s.World.WatchEvery = max(s.World.WatchEvery, drill.Span(float64(leastRound)*s.World.Factor))
	}
	return s
}

// leastRound is the real time that detection has for a round of looks, however fast the
// world runs: the network does not run faster, and what cannot be seen in time would
// look like an outage of the line.
const leastRound = 300 * time.Millisecond

// worldOf shapes a mail world as a scenario wants it.
func worldOf(s drill.Scenario, logger *slog.Logger) lab.Options {
	o := lab.Options{
		TTL:      uint32(time.Duration(s.World.TTL) / time.Second), //nolint:gosec // bounded by NewDrill
		Interval: time.Duration(s.World.Interval), Lag: time.Duration(s.World.Lag),
		Secondaries: s.World.Secondaries, Factor: s.World.Factor, Staff: true, Log: logger,
		Retry: lab.Retry{Notice: drillNotice},
	}
	if o.TTL == 0 {
		o.TTL = drillTTL
	}
	if o.Interval == 0 {
		o.Interval = practiceInterval
	}
	return o
}

// drillNotice is after how long a provider of a drill tells that a message waits. Real
// ones wait for hours.
const drillNotice = 20 * time.Second

// drillTTL, in seconds, is that of a drill's MX set where its scenario does not say,
// and leastTTL the shortest that the settings of a domain may have.
const (
	drillTTL = 10
	leastTTL = 5 * time.Second
)

// drill prepares a session in the world.
func (p *Practice) drill(req DrillRequest) (*Drill, error) {
	mail, out := newDrillMirror(p.World, p.dir, p.parts.Logger), newDrillRelay(p.World, p.dir, p.parts.Logger)
	session, err := drill.NewSession(drill.SessionOptions{
		ID: drill.NewID(time.Now(), req.Scenario.Name), Scenario: req.Scenario, World: p.World, Operator: &operator{engine: p.Engine}, Mirror: mail, Relay: out,
		Unattended: req.Unattended, Participants: req.Participants, Facilitator: req.Facilitator,
		Version: req.Version, Targets: req.Targets, Seed: req.Seed, Tell: req.Tell,
	})
	if err != nil {
		return nil, err
	}
	return &Drill{practice: p, session: session, mirror: mail, relay: out}, nil
}

// Session is the drill as it is played: decisions go to it, snapshots come from it.
func (d *Drill) Session() *drill.Session { return d.session }

// World is where the drill is played.
func (d *Drill) World() *lab.World { return d.practice.World }

// Run plays the drill to its end; see drill.Session.
func (d *Drill) Run(ctx context.Context) (drill.Result, error) { return d.session.Run(ctx) }

// Close ends the world and removes its folder.
func (d *Drill) Close() {
	d.mirror.Close()
	d.relay.Close()
	d.practice.Close()
}

// Drills is the history of drills in a data folder.
func Drills(dataDir string) *drill.History { return drill.NewHistory(filepath.Join(dataDir, "drills")) }

// Scenarios lists what is built in, by name.
func Scenarios() ([]drill.Scenario, error) {
	return drill.Builtin(assets.Drills)
}

// Targets are the settings' targets in the words of drills.
func Targets(s *configs.Settings) drill.Targets {
	t := s.Targets
	return drill.Targets{
		RTO: drill.Span(t.RTO), RPO: drill.Span(t.RPO), MTPD: drill.Span(t.MTPD),
		CostPerHour: t.CostPerHour, SecondaryPerYear: t.SecondaryPerYear, Currency: t.Currency,
	}
}
