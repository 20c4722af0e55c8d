// Package assets holds what is shipped inside the programs: translations,
// icons, fonts, drill scenarios and sample mail. It has no logic.
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

// Practice holds practice/<language>.yaml: the sample mail of the practice world, as
// package app/engine reads it.
//
//go:embed practice/*.yaml
var Practice embed.FS
