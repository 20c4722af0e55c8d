package widgets

import (
	"bytes"
	"image"
	"image/color"
	"image/png"

	"fyne.io/fyne/v2"
	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"

	"lifeboat/app/look"
)

// Sign is the program's sign with a light in its corner, as a PNG picture whose side
// is given in pixels: what a system's tray shows, which knows no SVG. The light
// stands on white, since nobody knows what the tray is painted in. With NoShape there
// is none.
func Sign(s Shape, side int) (fyne.Resource, error) {
	picture := image.NewNRGBA(image.Rect(0, 0, side, side))
	if err := drawIcon(picture, look.Lifebuoy(), picture.Bounds()); err != nil {
		return nil, err
	}
	if s != NoShape {
		from := side - side*signLight/100
		corner := image.Rect(from, from, side, side)
		disc(picture, corner.Inset(-side/40), color.White)
		drawing := s.drawing()
		if s == Working {
			drawing = "light-working"
		}
		ink := look.NewThemeIn(look.Light).Color(s.Color(), 0)
		if err := drawIcon(picture, drawing.In(ink), corner); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return nil, err
	}
	return fyne.NewStaticResource("lifeboat-sign.png", b.Bytes()), nil
}

// signLight is the side of the light, in percent of that of the sign.
const signLight = 56

// drawIcon draws an SVG drawing into a place.
func drawIcon(into *image.NRGBA, drawing fyne.Resource, at image.Rectangle) error {
	icon, err := oksvg.ReadIconStream(bytes.NewReader(drawing.Content()))
	if err != nil {
		return err
	}
	icon.SetTarget(float64(at.Min.X), float64(at.Min.Y), float64(at.Dx()), float64(at.Dy()))
	bounds := into.Bounds()
	icon.Draw(rasterx.NewDasher(bounds.Dx(), bounds.Dy(), rasterx.NewScannerGV(bounds.Dx(), bounds.Dy(), into, bounds)), 1)
	return nil
}

// disc paints a circle that fills a place.
func disc(into *image.NRGBA, at image.Rectangle, c color.Color) {
	radius := float64(at.Dx()) / 2
	x, y := float64(at.Min.X)+radius, float64(at.Min.Y)+radius
	filler := rasterx.NewFiller(into.Bounds().Dx(), into.Bounds().Dy(), rasterx.NewScannerGV(into.Bounds().Dx(), into.Bounds().Dy(), into, into.Bounds()))
	filler.SetColor(c)
	rasterx.AddCircle(x, y, radius, filler)
	filler.Draw()
}
