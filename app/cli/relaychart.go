package cli

import (
	"context"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/chart"
)

// chartFlags say what is drawn.
type chartFlags struct {
	since, until, domain, svg string
	width                     int
}

func (s *session) relayChart() *cobra.Command {
	t := s.tongue
	f := chartFlags{since: "24h"}
	c := &cobra.Command{
		Use: "chart", Short: t.T("Draw how many messages waited for which provider, and when the route was switched"), Args: count(0, 0),
		RunE: func(c *cobra.Command, _ []string) error { return s.chart(c.Context(), f) },
	}
	c.Flags().StringVar(&f.since, "since", f.since, t.T("from this `TIME` on: 2h, 3d, 2026-11-01 or 2026-11-01 09:30"))
	c.Flags().StringVar(&f.until, "until", "", t.T("up to this `TIME`"))
	c.Flags().StringVar(&f.domain, "domain", "", t.T("only of senders in this `DOMAIN`"))
	c.Flags().StringVar(&f.svg, "svg", "", t.T("write the picture into this `FILE` as SVG, for a report"))
	c.Flags().IntVar(&f.width, "width", 0, t.T("columns of the terminal, a `NUMBER` (default: as the terminal says, else 80)"))
	return c
}

// charted is the document of a chart: what it is drawn from.
type charted struct {
	Since   time.Time      `json:"since"`
	Until   time.Time      `json:"until"`
	Samples []relay.Sample `json:"samples"`
	Routes  []relay.Event  `json:"routes"` // switches of the send route
	SVG     string         `json:"svg,omitempty"`
}

// samplesDrawn is how many points are asked for: more than any terminal or picture has
// columns.
const samplesDrawn = 2000

func (s *session) chart(ctx context.Context, f chartFlags) error {
	now := s.Now()
	since, err := moment(f.since, now)
	if err != nil {
		return err
	}
	until, err := moment(f.until, now)
	if err != nil {
		return err
	}
	if until.IsZero() || until.After(now) {
		until = now
	}
	if !since.Before(until) {
		return failover.Fail(failover.ErrInvalid, "--since has to be before --until")
	}
	doc := charted{Since: since, Until: until, Samples: []relay.Sample{}, Routes: []relay.Event{}, SVG: f.svg}
	err = s.atDesk(ctx, func(_ *engine.Engine, d engine.Desk) error { return doc.read(ctx, d, f.domain) })
	if err != nil {
		return err
	}
	c := chart.New(chart.Input{
		Samples: doc.Samples, Routes: doc.Routes, Since: doc.Since, Until: doc.Until, Whole: true,
		Say: func(say failover.Sentence) string { return s.tongue.Say(say) },
	})
	if f.svg != "" {
		if err := os.WriteFile(f.svg, []byte(c.SVG()), 0o600); err != nil {
			return failover.Fail(failover.ErrDisk, "the picture cannot be written to {file}: choose another place, or make room", "file", f.svg).Because(err)
		}
		s.printT("Written: {file}", "file", f.svg)
		return s.document(doc)
	}
	for _, l := range c.Text(s.columns(f.width)) {
		s.print(l)
	}
	return s.document(doc)
}

// read asks for what the picture needs. A little more than the time shown is asked for,
// so that it is known how things stood when it began.
func (c *charted) read(ctx context.Context, d engine.Desk, domain string) error {
	before := max(c.Until.Sub(c.Since)/10, 10*time.Minute)
	samples, err := d.Samples(ctx, c.Since.Add(-before), c.Until, samplesDrawn)
	if err != nil {
		return err
	}
	for _, v := range samples {
		if domain == "" || strings.EqualFold(v.Domain, domain) {
			c.Samples = append(c.Samples, v)
		}
	}
	routes, err := d.Log(ctx, relay.LogQuery{Kinds: []relay.EventKind{relay.RouteChange}, Since: c.Since, Until: c.Until})
	if err != nil {
		return err
	}
	for _, e := range routes {
		if domain == "" || strings.EqualFold(failover.Display(e.Domain), domain) {
			c.Routes = append(c.Routes, e)
		}
	}
	now, err := d.Queue(ctx, relay.Filter{}, 1)
	if err == nil && !now.At.Before(c.Since) && now.At.Sub(c.Until) < time.Minute {
		c.present(now, domain)
	}
	return err
}

// present adds how things stand now, which no sample may tell yet, and the switches
// that the log does not have.
func (c *charted) present(now relay.Listing, domain string) {
	type pair struct {
		domain string
		role   failover.Role
	}
	last := map[pair]relay.Sample{}
	for _, v := range c.Samples {
		v.At, v.Waiting, v.Held, v.Uncertain, v.Bytes, v.Oldest = now.At, 0, 0, 0, 0, time.Time{}
		last[pair{v.Domain, v.Role}] = v
	}
	for _, v := range now.Totals {
		if domain != "" && !strings.EqualFold(v.Domain, domain) {
			continue
		}
		before := last[pair{v.Domain, v.Role}]
		v.At, v.Delivered, v.Again = now.At, max(v.Delivered, before.Delivered), max(v.Again, before.Again)
		last[pair{v.Domain, v.Role}] = v
	}
	c.Samples = slices.AppendSeq(c.Samples, maps.Values(last))
	if c.Until.Before(now.At) {
		c.Until = now.At
	}
	for _, r := range now.Routes {
		name := failover.Display(r.Domain)
		known := slices.ContainsFunc(c.Routes, func(e relay.Event) bool {
			return failover.Display(e.Domain) == name && e.Role == r.Role && e.At.Sub(r.Since).Abs() < time.Minute
		})
		if !known && r.Since.After(c.Since) && (domain == "" || strings.EqualFold(name, domain)) {
			c.Routes = append(c.Routes, relay.Event{At: r.Since, Kind: relay.RouteChange, Domain: name, Role: r.Role, By: r.By, Say: r.Reason})
		}
	}
}

// columns is how wide the terminal is: as it was said, else as the shell says.
func (s *session) columns(said int) int {
	const usual, most = 80, 500
	if said <= 0 {
		said, _ = strconv.Atoi(s.Getenv("COLUMNS"))
	}
	if said <= 0 {
		said = usual
	}
	return min(said, most)
}
