package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// domainList lists all domains, where there are several; pressing one shows it.
type domainList struct {
	card   *widgets.Card
	list   *fyne.Container
	rows   []*domainRow
	choose func(name string)
}

type domainRow struct {
	box    *fyne.Container
	light  *widgets.Light
	button *widgets.Button
	says   *widgets.Words
	name   string
}

func newDomainList(t *i18n.Tongue, choose func(name string)) *domainList {
	l := &domainList{list: container.New(widgets.Rows(4)), choose: choose}
	l.card = widgets.NewCard(column(inside, widgets.NewWords(look.Heading, t.T("All domains")), l.list))
	return l
}

func (l *domainList) show(rows []presenter.DomainRow) {
	for len(l.rows) < len(rows) {
		r := &domainRow{light: widgets.NewLight(18, widgets.NoShape), says: widgets.NewWords(look.Caption, "").Shrinking().Trailing()}
		r.button = widgets.NewButton(widgets.Plain, "", func() { l.choose(r.name) }).Sized(widgets.ButtonInRow)
		r.box = line(inside, 2, r.light, r.button, r.says)
		l.rows = append(l.rows, r)
		l.list.Add(r.box)
	}
	for i, r := range l.rows {
		show(r.box, i < len(rows))
		if i < len(rows) {
			r.name = rows[i].Name
			r.light.SetShape(ShapeOf(rows[i].Light))
			r.button.SetText(rows[i].Name)
			r.says.SetText(rows[i].Says)
		}
	}
}
