package drill

import (
	"time"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// record is all that a functional drill is measured and judged by. What it says
// follows from it alone, so that a drill can be judged without one.
type record struct {
	scenario   Scenario
	unattended bool
	factor     float64
	targets    Targets
	primary    string // as people call the providers
	secondary  string

	started, ended time.Time
	moments        map[Moment]time.Time // the first time of each
	timeline       []Entry
	decisions      []Decision
	observations   []Observation
	made           []Move         // carried out, in their order
	moved          map[Move]Moved // the first of each
	unverified     []Move         // carried out, and not seen everywhere
	oldTTLEnds     time.Time

	firstMail  time.Time // at the secondary, after it was asked for
	worksAgain time.Time // when the fault was mended
	home       time.Time // first mail at the primary after that
	drained    time.Time // nothing waits any more that was sent before the move

	troubled bool      // detection called the primary less than healthy at some time
	pageCalm bool      // the status page said that all is well, while it was not
	pageTold time.Time // when it first told of the trouble
	mail     lab.Totals
	past     *Mirrored // how far the mirror was, once that is known; nil without one
	sent     *Relayed  // what became of what staff handed in, likewise
	played   bool      // to the end of the script
	route    failover.Route
	sending  failover.Role
}

func newRecord(opt SessionOptions) record {
	d := opt.World.Domain()
	return record{
		scenario: opt.Scenario, unattended: opt.Unattended, factor: opt.World.Factor(), targets: opt.Targets,
		primary: d.Primary.Name, secondary: d.Secondary.Name,
		moments: map[Moment]time.Time{}, moved: map[Move]Moved{},
	}
}

// baseline is how much mail there was before something that mail is to follow.
type baseline struct {
	at                 time.Time // of the first move that leads mail elsewhere
	primary, secondary int
	primaryAtMove      int
}

func (b *baseline) begin(n lab.Totals, at time.Time) {
	if b.at.IsZero() {
		b.at, b.secondary, b.primaryAtMove = at, n.Secondary, n.Primary
	}
}
