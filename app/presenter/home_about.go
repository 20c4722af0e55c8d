package presenter

import (
	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
)

// OpenKind is what the run that is not finished is for.
func (h *Home) OpenKind() failover.Kind {
	if o := h.Open(); o != nil {
		return o.Kind
	}
	return ""
}

// Astray reports whether the MX records that are published are not simply those of
// one provider.
func (h *Home) Astray() bool {
	r := h.Route()
	return r == failover.RouteMixed || r == failover.RouteForeign || r == failover.RouteNone
}

// Alike are the domains that go where the one that is shown goes: those with the same
// two providers, whose mail is led the same way. What helps one of them helps all.
func (h *Home) Alike() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.opt.Domains) == 0 {
		return nil
	}
	d := h.focus()
	var out []string
	for _, o := range h.opt.Domains {
		same := o.Primary.Name == d.Primary.Name && o.Secondary.Name == d.Secondary.Name && h.route(o.Name) == h.route(d.Name)
		if same || o.Name == d.Name {
			out = append(out, o.Name)
		}
	}
	return out
}

// Shown is the domain that is shown.
func (h *Home) Shown() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.opt.Domains) == 0 {
		return ""
	}
	return h.focus().Name
}

// Speak goes on in another language.
func (h *Home) Speak(t *i18n.Tongue) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tongue = t
}

// Runs are the last runs, the newest first.
func (h *Home) Runs() []engine.RunSummary {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.status.Runs
}

// Open is the run that is not finished; nil when there is none.
func (h *Home) Open() *engine.RunSummary {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.status.Open
}

// Route is where the mail of the domain that is shown is led.
func (h *Home) Route() failover.Route {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.opt.Domains) == 0 {
		return failover.RouteUnknown
	}
	return h.route(h.focus().Name)
}
