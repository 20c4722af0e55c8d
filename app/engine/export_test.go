package engine

import (
	"log/slog"

	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

// NewOperator is Lifeboat as a drill has it at hand.
func NewOperator(e *Engine) drill.Operator { return &operator{engine: e} }

// WorldOf shapes a mail world as a scenario wants it.
func WorldOf(s drill.Scenario, logger *slog.Logger) lab.Options { return worldOf(s, logger) }
