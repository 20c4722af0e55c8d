package screen

import (
	"fyne.io/fyne/v2"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// refusedCard is what stands in the way, with what mends it, and where a reason for
// going on all the same is typed.
type refusedCard struct {
	card   *widgets.Card
	rows   *facts
	reason *widgets.Field
}

func newRefusedCard(t *i18n.Tongue, changed func(string)) *refusedCard {
	c := &refusedCard{rows: newFacts(0), reason: widgets.NewField(widgets.FieldOptions{Label: t.T("Your reason for going on all the same")})}
	c.reason.OnChanged = changed
	c.card = widgets.NewCard(column(inside, c.rows.box, c.reason))
	return c
}

func (c *refusedCard) show(list []presenter.Refusal) {
	rows := make([]presenter.Row, len(list))
	for i, r := range list {
		rows[i] = r.Row
		rows[i].Value = r.Remedy
	}
	c.rows.show(rows)
}

// asideCard is something smaller that can be done although a switch is refused.
type asideCard struct {
	card   *widgets.Card
	text   *widgets.Paragraph
	button *widgets.Button
	do     presenter.SwitchDo
}

func newAsideCard(press func(presenter.SwitchDo)) *asideCard {
	c := &asideCard{text: widgets.NewParagraph(look.Body, "")}
	c.button = widgets.NewButton(widgets.Outlined, "", func() { press(c.do) })
	c.card = widgets.NewCard(line(gap, 0, c.text, c.button))
	return c
}

func (c *asideCard) show(a *presenter.Aside) {
	show(c.card, a != nil)
	if a != nil {
		c.do = a.Do
		c.text.SetText(a.Text)
		c.button.SetText(a.Button)
	}
}

// listCard is rows of facts under a heading, with a button below where there is
// something to do about them.
type listCard struct {
	card   *widgets.Card
	rows   *facts
	button *widgets.Button
	foot   *fyne.Container
}

func newListCard(heading string, words float32, press func()) *listCard {
	c := &listCard{rows: newFacts(words), button: widgets.NewButton(widgets.Outlined, "", press).Sized(widgets.ButtonInRow)}
	c.foot = line(0, -1, c.button)
	c.card = widgets.NewCard(column(inside, widgets.NewParagraph(look.Heading, heading), c.rows.box, c.foot))
	return c
}

// show shows the rows; none hides the card.
func (c *listCard) show(rows []presenter.Row, button string) {
	show(c.card, len(rows) > 0)
	c.rows.show(rows)
	c.button.SetText(button)
	show(c.foot, button != "")
}
