package drill

import "lifeboat/failover"

// Cost weighs what an outage costs against what a second provider costs.
type Cost struct {
	Currency string `json:"currency"` // ISO 4217
	// Outage is how long there would be no mail without a second provider: as long
	// as the outage lasted that the scenario is modelled on. With is how long there
	// was none in this drill, absent where it ran faster than life or none arrived.
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
