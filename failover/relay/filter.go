package relay

import (
	"strings"

	"lifeboat/failover"
)

// Match reports whether the filter selects the message, which waits for the provider
// role. IDs are compared by their beginning, as people type them: in either case, and
// with the letters that Crockford's base 32 takes for digits. Whether a beginning is one
// message's only, the caller sees who knows the others.
func (f Filter) Match(item Item, role failover.Role) bool {
	switch {
	case f.State != "" && f.State != item.State,
		f.Role != "" && f.Role != role,
		f.Domain != "" && !strings.EqualFold(f.Domain, item.Domain()):
		return false
	}
	return f.matchID(item.ID) && f.matchAddress(item)
}

func (f Filter) matchID(id ID) bool {
	for _, begin := range f.IDs {
		if begin != "" && strings.HasPrefix(string(id), string(begin.Normal())) {
			return true
		}
	}
	return len(f.IDs) == 0
}

func (f Filter) matchAddress(item Item) bool {
	part := strings.ToLower(f.Address)
	if part == "" || strings.Contains(strings.ToLower(item.Envelope.Sender()), part) {
		return true
	}
	for _, to := range item.To {
		if strings.Contains(strings.ToLower(to.Address), part) {
			return true
		}
	}
	return false
}

// typed are the letters and marks that Crockford's base 32 reads as something else.
var typed = strings.NewReplacer("O", "0", "I", "1", "L", "1", "-", "", " ", "")

// Normal returns the ID, or the beginning of one, as the queue writes it.
func (id ID) Normal() ID { return ID(typed.Replace(strings.ToUpper(string(id)))) }

// RoleOf returns the provider that the message waits for: the one that a person chose
// for it, or that of its domain's route.
func RoleOf(routes Routes, item Item) failover.Role {
	if item.Via != "" {
		return item.Via
	}
	return routes.Route(item.Domain())
}
