package presenter

import (
	"errors"
	"time"

	"lifeboat/failover"
)

// title is what goes on, in a sentence.
func (v switchView) title(route failover.Route) string {
	t, names := v.tongue, v.names()
	if v.order.Kind == failover.SendRoute && v.phase != PhaseIdle {
		if title := v.titleRoute(); title != "" {
			return title
		}
	}
	home := v.order.Kind == failover.Failback
	back := v.order.Kind == failover.Rollback
	switch v.phase {
	case PhasePreparing:
		return t.T("Checking everything it needs …")
	case PhaseAsking:
		switch {
		case back:
			return t.T("Take it back?")
		case v.order.Repair:
			return t.T("Put the MX records of {domain} right?", names...)
		case home:
			return t.T("Bring mail home to {primary}?", names...)
		}
		return t.T("Switch mail to {secondary}?", names...)
	case PhaseRunning:
		switch {
		case back:
			return t.T("Taking it back")
		case home:
			return t.T("Bringing mail home to {primary}", names...)
		}
		return t.T("Switching mail to {secondary}", names...)
	case PhaseDone:
		switch {
		case v.outcome.Plan.Empty():
			return t.T("Everything is as wanted already.")
		case back:
			return t.T("It is taken back.")
		case home:
			return t.T("Mail goes to {primary} again.", names...)
		}
		return t.T("Mail goes to {secondary} now.", names...)
	case PhaseRefused:
		return t.T("It is not safe to switch now.")
	case PhaseBroken:
		if v.yesAt.IsZero() {
			return t.T("It could not begin.")
		}
		return t.T("It stopped before the end.")
	default:
		return v.idle(route)
	}
}

// titleRoute is the title of a move of the send route alone.
func (v switchView) titleRoute() string {
	t, d := v.tongue, v.domain()
	to := d.Provider(v.order.To).Name
	if route, ok := v.route(); ok {
		to = v.named(route.Domain).Provider(route.After).Name
	}
	switch v.phase {
	case PhaseAsking:
		return t.T("Send through {provider} from now on?", "provider", to)
	case PhaseRunning:
		return t.T("Moving the send route to {provider}", "provider", to)
	case PhaseDone:
		return t.T("What you write leaves through {provider}.", "provider", to)
	default:
		return ""
	}
}

// idle says where mail is led while nothing goes on.
func (v switchView) idle(route failover.Route) string {
	t, names := v.tongue, v.names()
	if v.open != nil {
		return v.openTitle()
	}
	switch route {
	case failover.RoutePrimary:
		return t.T("Your mail goes to {primary}.", names...)
	case failover.RouteSecondary:
		return t.T("Your mail goes to {secondary}.", names...)
	default:
		return t.T("Where your mail goes is not known.")
	}
}

// ifSwitched says what a switch would do, where one could be begun.
func (v switchView) ifSwitched(route failover.Route) []Point {
	d := v.domain()
	if v.open != nil || route != failover.RoutePrimary || d.Secondary.Name == "" {
		return nil
	}
	t := v.tongue
	return []Point{
		{Text: t.T("New mail arrives at {secondary}.", "secondary", d.Secondary.Name)},
		{Text: t.T("Mail that waits outside is sent again and arrives there.")},
		{Text: t.T("Staff read and write there, with the same addresses.")},
		{Text: t.T("You see every record that changes before it changes.")},
		{Text: t.T("You can go back at any moment."), Back: true},
	}
}

func (v switchView) lead(route failover.Route) string {
	t, names := v.tongue, v.names()
	switch v.phase {
	case PhaseIdle:
		if v.open != nil {
			return v.openLead()
		}
		if route == failover.RouteSecondary {
			return t.T("Nothing is being changed. When {primary} works again, bring it home.", names...)
		}
		return t.T("Nothing is being changed. A switch sends new mail to {secondary}; it can be taken back.", names...)
	case PhasePreparing:
		return t.T("Every address and every record is looked at first. Looked at so far: {count}.", "count", v.looked)
	case PhaseAsking:
		return t.T("This is all that would change. It can be taken back at any moment.")
	case PhaseRunning:
		return v.leadRunning()
	case PhaseDone:
		return v.leadDone()
	case PhaseRefused:
		return t.T("Nothing was changed. This stands in the way:")
	default:
		return join(t, problem(t, v.err), v.leadBroken())
	}
}

func (v switchView) leadRunning() string {
	t := v.tongue
	if v.guide != nil {
		return t.T("It is your turn: enter the records at {console}. Lifeboat sees by itself when they are there.", "console", v.guide.Console)
	}
	main, ok := v.main()
	if ok {
		if st := v.steps[main.ID]; st != nil && len(st.view.Answers) > 0 {
			return t.T("{count} of {all} server addresses give the new records. You can stop or take it back at any moment.",
				"count", st.view.With(main.After), "all", st.view.Asked())
		}
	}
	return t.T("You can stop or take it back at any moment.")
}

func (v switchView) leadDone() string {
	t := v.tongue
	main, ok := v.main()
	if !ok {
		return v.leadRoutes()
	}
	for _, o := range v.outcome.Steps {
		if !o.Problem.IsZero() {
			return say(t, o.Problem)
		}
	}
	took := time.Duration(0)
	if st := v.steps[main.ID]; st != nil && !st.sat.IsZero() {
		took = st.sat.Sub(v.yesAt)
	}
	if until, _ := v.oldUntil(); until.After(v.now) {
		return t.T("All name servers gave the new records {span} after your yes. Senders that remember the old ones follow by {when}.",
			"span", exact(t, took), "when", moment(t, until, v.now))
	}
	return t.T("All name servers gave the new records {span} after your yes. No sender remembers the old ones any more.", "span", exact(t, took))
}

func (v switchView) leadBroken() string {
	t := v.tongue
	if errors.Is(v.err, failover.ErrSurprise) || errors.Is(v.err, failover.ErrStale) {
		return t.T("Look at what is there now, and begin anew.")
	}
	if v.yesAt.IsZero() {
		return t.T("Nothing was changed.")
	}
	return t.T("What is done stays done. Go on with it, or take it back.")
}
