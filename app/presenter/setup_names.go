package presenter

import "lifeboat/app/engine"

// SetupStep is the engine's, for the screen that shows it.
type SetupStep = engine.SetupStep

// SetupField is the engine's, for the screen that shows it.
type SetupField = engine.SetupField
