package assets

import "embed"

// The faces, under the SIL Open Font License (fonts/OFL.txt). `make fonts` makes
// them again out of the whole ones: Noto Sans JP with the characters that Japanese
// mail is written in, in two weights for both languages, and Noto Sans Mono with
// ASCII for records.
var (
	//go:embed fonts/NotoSansJP-Regular.otf
	FontRegular []byte
	//go:embed fonts/NotoSansJP-Medium.otf
	FontMedium []byte
	//go:embed fonts/NotoSansMono-Regular.ttf
	FontMono []byte
)

// Icons holds icons/*.svg: signs on a grid of 20, each one black outline to be
// coloured; the lights, light-*.svg; and lifebuoy.svg, the program's own, in its
// colours. `make icons` draws them again.
//
//go:embed icons/*.svg
var Icons embed.FS
