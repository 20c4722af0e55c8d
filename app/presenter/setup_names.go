package presenter

import "lifeboat/app/engine"

// SetupStep and SetupField are the engine's, for the screen that shows them.
type (
	SetupStep  = engine.SetupStep
	SetupField = engine.SetupField
)
