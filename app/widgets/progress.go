package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// ProgressData is how far something is.
type ProgressData struct {
	Title string
	Note  string  // "26 of 40 mailboxes"
	Share float64 // 0 to 1; below 0: nobody knows
}

// What a line of progress is made of, in pixels at scale 1.
const (
	progressBar  = 6
	progressGap  = 8
	progressPart = 0.25 // of the bar that is filled where nobody knows how far it is
)

// Progress is a bar that fills, with what is being done above it.
type Progress struct {
	widget.BaseWidget
	data        ProgressData
	title, note *label
	track, done *canvas.Rectangle
}

// NewProgress returns an empty bar.
func NewProgress() *Progress {
	p := &Progress{title: newLabel(look.Body, ""), note: newLabel(look.Quiet, ""), track: box(progressBar / 2), done: box(progressBar / 2)}
	p.ExtendBaseWidget(p)
	return p
}

// Set sets how far it is.
func (p *Progress) Set(d ProgressData) {
	if p.data != d {
		p.data = d
		p.Refresh()
	}
}

// Data is how far it is.
func (p *Progress) Data() ProgressData { return p.data }

// CreateRenderer draws the bar.
func (p *Progress) CreateRenderer() fyne.WidgetRenderer {
	p.ExtendBaseWidget(p)
	s := &sheet{owner: p, objects: []fyne.CanvasObject{p.title.text, p.note.text, p.track, p.done}}
	s.paint = func() {
		p.title.full, p.note.full = p.data.Title, p.data.Note
		p.title.paint(p)
		p.note.paint(p)
		p.track.FillColor, p.done.FillColor = ink(p, theme.ColorNameSeparator), ink(p, theme.ColorNameHyperlink)
	}
	s.least = func() fyne.Size {
		return fyne.NewSize(4*shrunk, round(p.title.height())+progressGap+progressBar)
	}
	s.lay = func(size fyne.Size) {
		note := min(p.note.width(), size.Width*2/3)
		p.note.right(size.Width, 0, note)
		p.title.lay(0, 0, max(size.Width-note-12, 0))
		y := round(p.title.height()) + progressGap
		put(p.track, 0, y, size.Width, progressBar)
		share := float32(min(p.data.Share, 1))
		if p.data.Share < 0 {
			share = progressPart
		}
		put(p.done, 0, y, size.Width*share, progressBar)
	}
	return s.start()
}

// Job is a line of long work that goes on.
type Job struct {
	Key    string
	Title  string
	Note   string
	Share  float64 // 0 to 1; below 0: nobody knows
	Ending bool    // it was cancelled, and is coming to its end
}

// What the strip is made of, in pixels at scale 1.
const (
	stripRow  = 44
	stripBar  = 160
	stripEdge = 16
	stripMost = 4 // lines; of more, the number is told
)

// Strip lists long work that goes on, a line each, to be cancelled. Without any it
// has no height.
type Strip struct {
	widget.BaseWidget
	cancel, more string
	stop         func(key string)
	jobs         []Job

	surface, edge *canvas.Rectangle
	rows          []*stripLine
	rest          *label
	sheet         *sheet
}

type stripLine struct {
	light       *Light
	title, note *label
	track, done *canvas.Rectangle
	button      *Button
}

// NewStrip returns a strip without work. cancel is what its buttons say; stop is told
// the key of what is to end.
func NewStrip(cancel string, stop func(key string)) *Strip {
	s := &Strip{cancel: cancel, stop: stop, surface: rule(), edge: rule(), rest: newLabel(look.Caption, "")}
	s.ExtendBaseWidget(s)
	return s
}

// Set sets what goes on. more says, in words, that there is more than is shown; it
// gets the number.
func (s *Strip) Set(jobs []Job, more func(n int) string) {
	if slices.Equal(s.jobs, jobs) {
		return
	}
	s.jobs, s.more = slices.Clone(jobs), ""
	if n := len(jobs) - stripMost; n > 0 && more != nil {
		s.more = more(n)
	}
	s.Refresh()
}

// SetCancel sets what the buttons say.
func (s *Strip) SetCancel(text string) {
	if s.cancel != text {
		s.cancel = text
		s.Refresh()
	}
}

// Jobs is what goes on.
func (s *Strip) Jobs() []Job { return slices.Clone(s.jobs) }

// First is the button of the first line; nil when there is none.
func (s *Strip) First() *Button {
	if len(s.jobs) == 0 || len(s.rows) == 0 {
		return nil
	}
	return s.rows[0].button
}

// CreateRenderer draws the strip.
func (s *Strip) CreateRenderer() fyne.WidgetRenderer {
	s.ExtendBaseWidget(s)
	if s.sheet != nil {
		return s.sheet.start()
	}
	s.sheet = &sheet{owner: s, paint: s.paint, lay: s.lay}
	s.sheet.least = func() fyne.Size {
		if len(s.jobs) == 0 {
			return fyne.NewSize(1, 0)
		}
		high := s.row()*float32(min(len(s.jobs), stripMost)) + 1
		if s.more != "" {
			high += round(s.rest.height()) + 10
		}
		return fyne.NewSize(8*shrunk, high)
	}
	return s.sheet.start()
}

func (s *Strip) row() float32 {
	return max(stripRow, round(newLabelIn(s, look.Body).height())+14)
}

// newLabelIn is a label that was painted, to be measured.
func newLabelIn(w themed, kind look.Type) *label {
	l := newLabel(kind, "字")
	l.paint(w)
	return l
}

func (s *Strip) paint() {
	s.surface.FillColor, s.edge.FillColor = ink(s, look.ColorNav), ink(s, theme.ColorNameSeparator)
	s.sheet.objects = s.sheet.objects[:0]
	if len(s.jobs) == 0 {
		return
	}
	s.sheet.objects = append(s.sheet.objects, s.surface, s.edge)
	for i, j := range s.jobs[:min(len(s.jobs), stripMost)] {
		if i == len(s.rows) {
			s.rows = append(s.rows, s.line(i))
		}
		r := s.rows[i]
		r.light.SetShape(Working)
		r.title.full, r.note.full = j.Title, j.Note
		r.title.paint(s)
		r.note.paint(s)
		r.track.FillColor, r.done.FillColor = ink(s, theme.ColorNameSeparator), ink(s, theme.ColorNameHyperlink)
		r.track.Hidden, r.done.Hidden = j.Share < 0, j.Share < 0
		r.button.SetText(s.cancel)
		if j.Ending {
			r.button.Disable()
		} else {
			r.button.Enable()
		}
		s.sheet.objects = append(s.sheet.objects, r.light, r.title.text, r.note.text, r.track, r.done, r.button)
	}
	s.rest.full = s.more
	s.rest.paint(s)
	s.sheet.objects = append(s.sheet.objects, s.rest.text)
}

func (s *Strip) line(at int) *stripLine {
	return &stripLine{
		light: NewLight(LightInRow, Working), title: newLabel(look.Strong, ""), note: newLabel(look.Quiet, ""),
		track: box(progressBar / 2), done: box(progressBar / 2),
		button: NewButton(Outlined, s.cancel, func() {
			if at < len(s.jobs) {
				s.stop(s.jobs[at].Key)
			}
		}).Sized(ButtonInRow),
	}
}

func (s *Strip) lay(size fyne.Size) {
	put(s.surface, 0, 0, size.Width, size.Height)
	put(s.edge, 0, 0, size.Width, 1)
	high, y := s.row(), float32(1)
	for i := range s.jobs[:min(len(s.jobs), stripMost)] {
		r := s.rows[i]
		put(r.light, stripEdge, y+middle(high, LightInRow), LightInRow, LightInRow)
		least := r.button.MinSize()
		end := size.Width - stripEdge - least.Width
		put(r.button, end, y+middle(high, least.Height), least.Width, least.Height)
		end -= stripEdge
		if !r.track.Hidden {
			bar := min(stripBar, size.Width/5)
			put(r.track, end-bar, y+middle(high, progressBar), bar, progressBar)
			put(r.done, end-bar, y+middle(high, progressBar), bar*float32(min(s.jobs[i].Share, 1)), progressBar)
			end -= bar + stripEdge
		}
		x := float32(stripEdge + afterLight + 4)
		title := min(r.title.width(), (end-x)*2/3)
		r.title.lay(x, y+middle(high, r.title.height()), title)
		x += title + 12
		r.note.lay(x, y+middle(high, r.note.height()), max(end-x, 0))
		y += high
	}
	s.rest.lay(stripEdge+afterLight+4, y, size.Width-2*stripEdge)
}
