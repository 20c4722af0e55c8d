// Package assets holds what is shipped inside the programs: translations now,
// later icons, fonts, drill scenarios and sample mail. It has no logic.
package assets

import "embed"

// Translations holds translations/<language>/*.yaml: maps from an English
// sentence template to its translation, one file for each package that speaks.
//
//go:embed translations
var Translations embed.FS

// Drills holds drills/*.yaml: the scenarios to rehearse, as package failover/drill
// reads them.
//
//go:embed drills/*.yaml
var Drills embed.FS
