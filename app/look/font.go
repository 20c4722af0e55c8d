package look

import (
	"fyne.io/fyne/v2"

	"lifeboat/assets"
)

// faces are the three that all text is set in: no italics, which Japanese does not
// have, and Medium where others would be bold.
type faces struct{ regular, medium, mono fyne.Resource }

func bundled() faces {
	return faces{
		regular: fyne.NewStaticResource("NotoSansJP-Regular.otf", assets.FontRegular),
		medium:  fyne.NewStaticResource("NotoSansJP-Medium.otf", assets.FontMedium),
		mono:    fyne.NewStaticResource("NotoSansMono-Regular.ttf", assets.FontMono),
	}
}

// Font returns the face for a style.
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource {
	switch {
	case s.Symbol:
		return t.base.Font(s)
	case s.Monospace:
		return t.faces.mono
	case s.Bold:
		return t.faces.medium
	default:
		return t.faces.regular
	}
}
