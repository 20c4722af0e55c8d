package detect

import "slices"

// Differs reports whether the state says something else than an earlier one, in what
// a person would be told again: a health, a fault, whose it is, what a switch would
// do, which ports are shut, how many hosts fail, which domains of others are waited for. Times, counts and exact
// answers alone are no difference.
func (s State) Differs(from State) bool {
	return s.Line.Differs(from.Line) || s.Records.Differs(from.Records) ||
		s.Primary.Differs(from.Primary) || s.Secondary.Differs(from.Secondary) ||
		!slices.EqualFunc(s.Elsewhere, from.Elsewhere, func(a, b Wait) bool { return a.Domain == b.Domain && a.Role == b.Role })
}

// Differs is [State.Differs] for the line.
func (l Line) Differs(from Line) bool {
	return l.Health != from.Health || !slices.Equal(l.Shut, from.Shut)
}

// Differs is [State.Differs] for a provider. That its status page says something
// else is a difference while there is trouble.
func (p Provider) Differs(from Provider) bool {
	trouble := p.Health == Down || p.Health == Degraded
	return p.Health != from.Health || p.Fault != from.Fault || p.Blame != from.Blame || p.Switch != from.Switch ||
		trouble && p.Status.Says != from.Status.Says || !slices.EqualFunc(p.Parts, from.Parts, func(a, b Part) bool { return !a.Differs(b) })
}

// Differs is [State.Differs] for a direction or for the records.
func (p Part) Differs(from Part) bool {
	return p.Direction != from.Direction || p.Health != from.Health || p.Fault != from.Fault || p.Failing != from.Failing
}
