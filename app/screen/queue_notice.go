package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/look"
	"lifeboat/app/widgets"
)

// notice is a sentence about the whole page, with a light before it. However long it is,
// all of it is shown.
type notice struct {
	box   *fyne.Container
	light *widgets.Light
	says  *widgets.Paragraph
}

func newNotice() *notice {
	n := &notice{light: widgets.NewLight(18, widgets.Triangle), says: widgets.NewParagraph(look.Strong, "")}
	n.box = line(8, 1, column(0, widgets.Space(1), n.light), n.says)
	n.box.Hide()
	return n
}

func (n *notice) show(says string) {
	n.says.SetText(says)
	show(n.box, says != "")
}

// newTitle is a [header] whose sentence is as large as a page's title.
func newTitle(corner ...fyne.CanvasObject) *header {
	h := &header{
		light: widgets.NewLight(headLight, widgets.NoShape), headline: widgets.NewParagraph(look.Title, ""), lead: widgets.NewParagraph(look.Lead, ""),
	}
	words := column(2, widgets.Space(titleDrop), h.headline, h.lead)
	h.box = container.New(headLayout{}, h.light, words, line(inside, -1, corner...))
	return h
}

// titleDrop brings the middle of the title's first line to that of the light, in pixels
// at scale 1.
const titleDrop = 2
