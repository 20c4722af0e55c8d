package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
)

// Check holds a plan, wherever it comes from, against what plans may do: it must
// be whole, touch only the kinds of record a plan may touch, each once and inside
// its own domains, and never leave a domain without MX. The error is
// failover.ErrInvalid.
func Check(p failover.Plan) error {
	if p.Version < oldest || p.Version > failover.PlanVersion {
		return otherVersion(p.Version)
	}
	if !p.Intact() {
		return failover.Fail(failover.ErrInvalid, "the plan is not as it was saved (its hash differs): make it anew")
	}
	if why := shapeless(p); why != nil {
		return failover.Fail(failover.ErrInvalid, "the plan is not one that Lifeboat writes: make it anew").Because(why)
	}
	ids, keys, below := map[string]bool{}, map[failover.Key]bool{}, map[string]string{}
	if err := checkRoutes(p, ids); err != nil {
		return err
	}
	for _, s := range p.Steps {
		key := s.After.Key
		err := improper(p, s)
		switch {
		case err != nil:
		case s.ID == "" || ids[s.ID]:
			err = errors.New("two steps have one ID, or one has none")
		case keys[key]:
			err = errors.New("two steps change one record set")
		case key.Type == "MX" && key.Name != s.Domain && below[s.Domain] != "":
			err = errors.New("a domain has one emergency subdomain")
		}
		if err != nil {
			return failover.Fail(failover.ErrInvalid, "step {step} of the plan would change {set} in a way that no plan may: make the plan anew",
				"step", s.ID, "set", key.String()).Because(err)
		}
		ids[s.ID], keys[key] = true, true
		if key.Type == "MX" && key.Name != s.Domain {
			below[s.Domain] = key.Name
		}
	}
	return nil
}

// oldest is the oldest version of a plan that is read.
const oldest = 1

// checkRoutes holds a plan's route steps against what plans may do, and takes their IDs
// down.
func checkRoutes(p failover.Plan, ids map[string]bool) error {
	moved := map[string]bool{}
	for _, s := range p.Routes {
		err := improperRoute(p, s)
		switch {
		case err != nil:
		case s.ID == "" || ids[s.ID]:
			err = errors.New("two steps have one ID, or one has none")
		case moved[s.Domain]:
			err = errors.New("two steps move one domain's send route")
		}
		if err != nil {
			return failover.Fail(failover.ErrInvalid, "step {step} of the plan would move the send route of {domain} in a way that no plan may: make the plan anew",
				"step", s.ID, "domain", failover.Display(s.Domain)).Because(err)
		}
		ids[s.ID], moved[s.Domain] = true, true
	}
	return nil
}

// improperRoute says why a route step is not one that a plan of this kind may have.
func improperRoute(p failover.Plan, s failover.RouteStep) error {
	switch {
	case p.Version < 2 || p.Kind == failover.Prepare:
		return errors.New("such a plan moves no send route")
	case !slices.Contains(p.Domains, s.Domain):
		return errors.New("its domain is not one of the plan's")
	case s.After != failover.Primary && s.After != failover.Secondary || s.Before != s.After.Other():
		return errors.New("it leads from no provider to another")
	case (p.Kind == failover.Failover || p.Kind == failover.Failback) && s.After != p.Kind.Target():
		return errors.New("it leads the other way than the plan")
	default:
		return nil
	}
}

func otherVersion(version int) error {
	return failover.Fail(failover.ErrInvalid,
		"the plan has version {version}, and this Lifeboat reads version {ours}: make the plan anew", "version", version, "ours", failover.PlanVersion)
}

// shapeless says what is wrong with a plan as a whole.
func shapeless(p failover.Plan) error {
	switch p.Kind {
	case failover.Failover, failover.Failback, failover.Prepare, failover.Rollback:
	case failover.SendRoute:
		if len(p.Steps) > 0 {
			return errors.New("records in a plan for the send route alone")
		}
	default:
		return fmt.Errorf("unknown kind %q", p.Kind)
	}
	// The ID stands in the lock record and on the command line.
	odd := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"\;`, r) }
	if p.ID == "" || len(p.ID) > 64 || strings.ContainsFunc(p.ID, odd) {
		return fmt.Errorf("the ID %q", p.ID)
	}
	for _, d := range p.Domains {
		if d == "." || failover.FQDN(d) != d {
			return fmt.Errorf("the domain %q", d)
		}
	}
	return nil
}

// improper says why a step is not one that a plan of this kind may have.
func improper(p failover.Plan, s failover.Step) error {
	key := s.After.Key
	switch {
	case !slices.Contains(p.Domains, s.Domain):
		return errors.New("its domain is not one of the plan's")
	case s.Before.Key != key || !canonical(s.Before) || !canonical(s.After):
		return errors.New("its record sets are not of one name and type, sorted and in canonical form")
	case !inside(key.Name, s.Domain) || !inside(key.Name, s.Zone):
		return errors.New("the name is outside the domain or the zone")
	case !s.After.Exists() && (p.Kind != failover.Rollback || key == failover.Key{Name: s.Domain, Type: "MX"}):
		return errors.New("the record set would be gone")
	case s.After.TTL > maxTTL:
		return errors.New("the TTL is too long")
	case key.Type == "MX":
		return improperMX(p, s)
	case p.Kind != failover.Prepare && p.Kind != failover.Rollback:
		return errors.New("only MX sets are changed by a switch")
	case key.Type == "TXT" && key.Name == s.Domain:
		return improperSPF(p, s)
	case (key.Type == "TXT" || key.Type == "CNAME") && strings.HasSuffix(key.Name, "._domainkey."+s.Domain):
		return nil
	default:
		return errors.New("plans do not touch such records")
	}
}

// maxTTL is the longest TTL that there is, in seconds (RFC 2181 section 8).
const maxTTL = 1<<31 - 1

func improperMX(p failover.Plan, s failover.Step) error {
	after := failover.MXSet(s.After.Name, s.After.TTL, s.After.MX())
	if !after.Equal(s.After) {
		return errors.New("a value is no MX data in canonical form")
	}
	// A null MX (RFC 7505) is as good as none, and worse than the A record.
	nobody := slices.ContainsFunc(s.After.MX(), func(m failover.MX) bool { return m.Host == "." })
	if nobody && p.Kind != failover.Rollback {
		return errors.New("it would refuse all mail")
	}
	if p.Kind == failover.Prepare && s.After.Name == s.Domain && !s.After.SameValues(s.Before) {
		return errors.New("a preparation leads mail nowhere else")
	}
	return nil
}

func improperSPF(p failover.Plan, s failover.Step) error {
	if !sameBut(s, isSPF) {
		return errors.New("of TXT at a domain only the SPF string may change")
	}
	_, at, several := dnswire.SPF(s.After.Values)
	if p.Kind == failover.Prepare && (at < 0 || several) {
		return errors.New("there must be one SPF string")
	}
	return nil
}

// canonical reports whether a set is written as sets are everywhere here.
func canonical(s failover.RRset) bool {
	return s.Key == failover.Key{Name: failover.FQDN(s.Name), Type: strings.ToUpper(s.Type)} &&
		slices.Equal(s.Values, failover.NewRRset(s.Name, s.Type, s.TTL, s.Values...).Values)
}

// isSPF reports whether a TXT value is an SPF record.
func isSPF(value string) bool { return dnswire.IsSPF(text(value)) }

// inside reports whether a name is the top or below it. The root holds nothing
// here: no plan is about all of the DNS.
func inside(name, top string) bool {
	return top != "" && top != "." && failover.Within(name, top)
}

// sameBut reports whether before and after differ only in the values that may.
func sameBut(s failover.Step, may func(string) bool) bool {
	strip := func(values []string) string {
		var kept []string
		for _, v := range values {
			if !may(v) {
				kept = append(kept, v)
			}
		}
		return strings.Join(kept, "\n")
	}
	return strip(s.Before.Values) == strip(s.After.Values)
}

// Read reads a saved plan and checks it.
func Read(data []byte) (failover.Plan, error) {
	var p failover.Plan
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(&p)
	if err == nil {
		if _, end := d.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("there is something after the plan")
		}
	}
	if err == nil {
		return p, Check(p)
	}
	var v struct {
		Version int `json:"version"`
	}
	if json.Unmarshal(data, &v) == nil && v.Version > failover.PlanVersion {
		return failover.Plan{}, otherVersion(v.Version)
	}
	return failover.Plan{}, failover.Fail(failover.ErrInvalid, "this is no saved plan: write one with lifeboat plan failover --out FILE").Because(err)
}

// Write returns the plan's file form.
func Write(p failover.Plan) ([]byte, error) {
	b, err := json.MarshalIndent(p, "", "  ")
	return append(b, '\n'), err
}
