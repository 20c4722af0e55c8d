package plan

import (
	"bytes"
	"encoding/json"
	"strings"

	"lifeboat/failover"
)

// Check holds a plan, wherever it comes from, against what plans may do: it must
// be whole, touch only the kinds of record a plan may touch, inside its own
// domains, and never leave a domain without MX. The error is failover.ErrInvalid.
func Check(p failover.Plan) error {
	if p.Version != failover.PlanVersion {
		return failover.Fail(failover.ErrInvalid,
			"the plan has version {version}, and this Lifeboat reads version {ours}: make the plan anew", "version", p.Version, "ours", failover.PlanVersion)
	}
	if !p.Intact() {
		return failover.Fail(failover.ErrInvalid, "the plan is not as it was saved (its hash differs): make it anew")
	}
	for _, s := range p.Steps {
		if !allowed(p, s) {
			return failover.Fail(failover.ErrInvalid, "step {step} of the plan would change {set} in a way that no plan may: make the plan anew",
				"step", s.ID, "set", s.After.Key.String())
		}
	}
	return nil
}

func allowed(p failover.Plan, s failover.Step) bool {
	key := s.After.Key
	inside := key.Name == s.Domain || strings.HasSuffix(key.Name, "."+s.Domain)
	calm := p.Kind == failover.Prepare || p.Kind == failover.Rollback
	switch {
	case s.Before.Key != key || !inside:
		return false
	case key.Type == "MX":
		gone := !s.After.Exists() && key.Name == s.Domain
		return !gone && len(s.After.MX()) == len(s.After.Values)
	case key.Type == "TXT" && key.Name == s.Domain:
		return calm && sameBut(s, func(v string) bool { return isSPF(unquote(v)) })
	case key.Type == "TXT" || key.Type == "CNAME":
		return calm && strings.HasSuffix(key.Name, "._domainkey."+s.Domain)
	default:
		return false
	}
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
	if err := d.Decode(&p); err != nil {
		return failover.Plan{}, failover.Fail(failover.ErrInvalid, "this is no saved plan: write one with lifeboat plan failover --out FILE").Because(err)
	}
	return p, Check(p)
}

// Write returns the plan's file form.
func Write(p failover.Plan) ([]byte, error) {
	b, err := json.MarshalIndent(p, "", "  ")
	return append(b, '\n'), err
}
