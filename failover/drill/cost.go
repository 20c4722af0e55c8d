package drill

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"lifeboat/failover"
)

// Cost weighs what an outage costs against what a second provider costs.
type Cost struct {
	Currency string `json:"currency"` // ISO 4217
	// Outage is how long there would be no mail without a second provider: as long
	// as the outage lasted that the scenario is modelled on; 0 is unknown. With is how
	// long there was none in this drill, absent where it ran faster than life or none
	// arrived.
	Outage Span  `json:"outage,omitempty"`
	With   *Span `json:"with,omitempty"`
	// CostOutage and CostWith are what these cost, by Targets.CostPerHour.
	CostOutage float64  `json:"cost_outage,omitempty"`
	CostWith   *float64 `json:"cost_with,omitempty"`
	// BreakEven is how long mail must be gone in a year for the second provider to
	// pay for itself; 0 where either price is unknown.
	BreakEven Span `json:"break_even,omitempty"`
	// Say tells it in sentences.
	Say []failover.Sentence `json:"say"`
}

// costOf weighs a drill of a scenario. It is nil where an hour of no mail has no
// price.
func costOf(t Targets, s Scenario, measures []Measure, factor float64) *Cost {
	if t.CostPerHour <= 0 {
		return nil
	}
	c := &Cost{Currency: t.Currency}
	price := func(d Span) float64 { return t.CostPerHour * time.Duration(d).Hours() }
	if s.Outage > 0 && (s.Right.moves(Failover) || s.Right.moves(Announce)) {
		c.Outage, c.CostOutage = s.Outage, price(s.Outage)
		c.Say = append(c.Say, failover.Say("The outage that this is modelled on lasted {time}. Without a second provider that would cost about {cost}.",
			"time", c.Outage, "cost", money(t.Currency, c.CostOutage)))
	}
	if first, ok := took(measures, MeasureFirstMail); ok && factor == 1 {
		with := price(first)
		c.With, c.CostWith = &first, &with
		c.Say = append(c.Say, failover.Say("In this drill there was no mail for {time}, which would cost about {cost}.",
			"time", short(first), "cost", money(t.Currency, with)))
	}
	if t.SecondaryPerYear > 0 {
		hours := t.SecondaryPerYear / t.CostPerHour
		if hours < 24*366 {
			c.BreakEven = Span(hours * float64(time.Hour)).round()
			c.Say = append(c.Say, failover.Say("The second provider costs {cost} a year: it has paid for itself once mail would have been gone for {time} in a year.",
				"cost", money(t.Currency, t.SecondaryPerYear), "time", c.BreakEven))
		} else {
			c.Say = append(c.Say, failover.Say("The second provider costs {cost} a year, which is more than a whole year without mail would cost.",
				"cost", money(t.Currency, t.SecondaryPerYear)))
		}
	}
	if len(c.Say) == 0 {
		return nil
	}
	return c
}

// round cuts a span to minutes, or to seconds where it is short.
func (s Span) round() Span {
	if s < Span(10*time.Minute) {
		return Span(time.Duration(s).Round(time.Second))
	}
	return Span(time.Duration(s).Round(time.Minute))
}

// money writes an amount with its currency: "JPY 1,200,000", "EUR 12.50".
func money(currency string, amount float64) string {
	digits := 0
	if amount < 100 && amount != math.Trunc(amount) {
		digits = 2
	}
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(amount, 'f', digits, 64), ".")
	var groups []string
	for len(whole) > 3 {
		groups = append(groups, whole[len(whole)-3:])
		whole = whole[:len(whole)-3]
	}
	groups = append(groups, whole)
	slices.Reverse(groups)
	text := strings.Join(groups, ",")
	if fraction != "" {
		text += "." + fraction
	}
	return strings.TrimSpace(currency + " " + text)
}
