package cli

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/drill"
)

// drillFlags are those of lifeboat drill run.
type drillFlags struct {
	kind         string
	unattended   bool
	factor       float64
	ttl          time.Duration
	participants []string
	facilitator  string
	file         string
	random       bool
	seed         uint64
	view         string
	domain, name string
	yes, clean   bool
}

func (s *session) drillRunCommand() *cobra.Command {
	t := s.tongue
	var f drillFlags
	c := &cobra.Command{
		Use: "run [NAME]", Short: t.T("Hold a drill: in the built-in mail world, around a table, or on a test subdomain of the real zone"), Args: count(0, 1),
		RunE: func(c *cobra.Command, a []string) error {
			sc, err := f.scenario(a)
			if err != nil {
				return err
			}
			switch kind, err := f.held(sc); {
			case err != nil:
				return err
			case kind == drill.Tabletop:
				return s.holdTable(c.Context(), sc, f)
			case kind == drill.Live:
				return s.holdLive(c.Context(), sc, f)
			default:
				return s.holdFunctional(c.Context(), sc, f)
			}
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.kind, "kind", "", t.T("how to hold it, `KIND`: functional, tabletop or live (default: the first that the scenario has)"))
	fl.BoolVar(&f.unattended, "unattended", false, t.T("functional: nobody decides; what detection advises is done"))
	fl.Float64Var(&f.factor, "factor", 0, t.T("functional: let time run `N` times as fast; then no figure is an RTO"))
	fl.DurationVar(&f.ttl, "ttl", 0, t.T("functional and live: the `TIME` that caches keep the MX records, as in 10s"))
	fl.StringArrayVar(&f.participants, "participant", nil, t.T("somebody who takes part, as `\"NAME: ROLE\"`; may be given several times"))
	fl.StringVar(&f.facilitator, "facilitator", "", t.T("the `NAME` of whoever leads the drill"))
	fl.StringVar(&f.file, "file", "", t.T("play the scenario in this YAML `FILE`"))
	fl.BoolVar(&f.random, "random", false, t.T("play an outage drawn by lot"))
	fl.Uint64Var(&f.seed, "seed", 0, t.T("with --random: the `NUMBER` that a lot was drawn with, to play it again"))
	fl.StringVar(&f.view, "view", "facilitator", t.T("tabletop: what the screen shows, `WHOSE`: facilitator or participants"))
	fl.StringVar(&f.domain, "domain", "", t.T("live: the `DOMAIN` to rehearse for"))
	fl.StringVar(&f.name, "name", "", t.T("live: the test subdomain's `NAME` below the domain (default: lifeboat-drill)"))
	fl.BoolVarP(&f.yes, "yes", "y", false, t.T("do it without asking"))
	fl.BoolVar(&f.clean, "clean", false, t.T("live: only remove what a rehearsal that broke off has left"))
	return c
}

// scenario finds what is to be played.
func (f *drillFlags) scenario(a []string) (drill.Scenario, error) {
	given := 0
	for _, is := range []bool{len(a) > 0, f.file != "", f.random} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return drill.Scenario{}, failover.Fail(failover.ErrInvalid,
			"say what to play: the NAME of a scenario (lifeboat drill list), or --file FILE, or --random; one of them")
	case f.seed != 0 && !f.random:
		return drill.Scenario{}, failover.Fail(failover.ErrInvalid, "--seed goes with --random")
	case f.random:
		if f.seed == 0 {
			f.seed = newSeed()
		}
		return engine.RandomScenario(f.seed), nil
	case f.file != "":
		data, err := os.ReadFile(f.file)
		if err != nil {
			return drill.Scenario{}, failover.Fail(failover.ErrInvalid, "the scenario {file} cannot be read", "file", f.file).Because(err)
		}
		return drill.Parse(data, filepath.Base(f.file))
	}
	all, err := engine.Scenarios()
	if err != nil {
		return drill.Scenario{}, err
	}
	return drill.Find(all, a[0])
}

// newSeed draws a seed that people can type.
func newSeed() uint64 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return 1 + uint64(binary.BigEndian.Uint32(b[:]))
}

// held decides how the drill is held, and refuses flags that mean nothing then.
func (f *drillFlags) held(sc drill.Scenario) (drill.Kind, error) {
	kind := drill.Kind(f.kind)
	if f.kind == "" && len(sc.Kinds) > 0 {
		kind = sc.Kinds[0]
	}
	switch {
	case !slices.Contains([]drill.Kind{drill.Functional, drill.Tabletop, drill.Live}, kind):
		return "", failover.Fail(failover.ErrInvalid, "--kind is functional, tabletop or live, not {value}", "value", f.kind)
	case !slices.Contains(sc.Kinds, kind):
		var kinds []string
		for _, k := range sc.Kinds {
			kinds = append(kinds, string(k))
		}
		return "", failover.Fail(failover.ErrInvalid, "{name} is not for a drill of the kind {kind}, but for {list}",
			"name", sc.Name, "kind", kind, "list", strings.Join(kinds, ", "))
	case f.view != "facilitator" && f.view != "participants":
		return "", failover.Fail(failover.ErrInvalid, "--view is facilitator or participants, not {value}", "value", f.view)
	}
	return kind, nil
}

// people are the participants, as "NAME: ROLE".
func (f *drillFlags) people() []drill.Participant {
	var out []drill.Participant
	for _, p := range f.participants {
		name, role, _ := cutColon(p)
		if name != "" {
			out = append(out, drill.Participant{Name: name, Role: role})
		}
	}
	return out
}

// deciding is who decides where nobody is named: the participant whose role says so,
// the facilitator, or else the first who takes part.
func (f *drillFlags) deciding() string {
	people := f.people()
	for _, p := range people {
		if strings.Contains(strings.ToLower(p.Role), "decide") || strings.Contains(p.Role, "決定") || strings.Contains(p.Role, "判断") {
			return p.Name
		}
	}
	switch {
	case f.facilitator != "":
		return f.facilitator
	case len(people) > 0:
		return people[0].Name
	default:
		return ""
	}
}

// targets are those of the settings, where there are any. A drill needs none, so
// settings that cannot be read are told and keep nobody from it.
func (s *session) targets() drill.Targets {
	file, _ := s.Files(s.place)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return drill.Targets{}
	}
	e, err := s.open()
	if err != nil {
		s.warn(err)
		return drill.Targets{}
	}
	return engine.Targets(e.Settings())
}

// holdFunctional plays a drill in a mail world of its own.
func (s *session) holdFunctional(ctx context.Context, sc drill.Scenario, f drillFlags) error {
	if !f.unattended && !s.Terminal {
		return failover.Fail(failover.ErrInvalid, "nobody is here to decide: add --unattended")
	}
	teller := &drillTeller{s: s}
	d, err := s.Drill(ctx, engine.DrillRequest{
		Scenario: sc, Unattended: f.unattended, Factor: f.factor, TTL: f.ttl, Seed: f.seed,
		Facilitator: f.facilitator, Participants: f.people(), Targets: s.targets(), Version: s.Version, Tell: teller.tell,
	})
	if err != nil {
		return err
	}
	defer d.Close()
	s.note(s.text(sc.Title))
	s.note(s.text(sc.Summary))
	if f.random {
		s.note(s.tongue.T("To play the same again: --random --seed {seed}", "seed", f.seed))
	}
	if !f.unattended {
		s.drillHelp()
		stop := s.listen(ctx, d.Session(), f.deciding())
		defer stop()
	}
	r, err := d.Run(ctx)
	if err != nil && r.ID == "" {
		return err
	}
	return s.keep(r, err)
}
