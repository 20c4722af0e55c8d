package shell

import (
	"encoding/json"
	"runtime"
	"slices"
	"sync"

	"fyne.io/fyne/v2"

	"lifeboat/app/desktop"
	"lifeboat/app/presenter"
)

// mostTold is how many causes are remembered that a notice was sent for.
const mostTold = 50

// notices sends what is worth disturbing a person for, once a cause, and only to who
// is not looking at the window.
type notices struct {
	window *Window
	send   func(n presenter.Notice, open func())

	mu   sync.Mutex
	told []string // causes, the newest last
}

func newNotices(w *Window) *notices {
	n := &notices{window: w}
	_ = json.Unmarshal([]byte(w.app.Preferences().String(keyTold)), &n.told) // what cannot be read was never told
	n.send = n.toSystem
	return n
}

// toSystem hands a notice to the system. Where it can, pressing it opens the page.
func (n *notices) toSystem(note presenter.Notice, open func()) {
	n.window.work(func() {
		err := desktop.Notify(n.window.ctx, desktop.Notice{App: "Lifeboat", Key: note.Cause, Title: note.Title, Text: note.Text, Open: open})
		if err == nil {
			return
		}
		n.window.log.Debug("notice", "error", err)
		if runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
			return // the toolkit asks the same service
		}
		n.window.ui("notice", func() { n.window.plainNotice(note.Title, note.Text) })
	})
}

// tell sends what is due and was not sent.
func (n *notices) tell(due []presenter.Notice) {
	if n.window.app.Preferences().String(keyNotices) == "off" {
		return
	}
	for _, note := range due {
		if !n.fresh(note.Cause) {
			continue
		}
		n.send(note, func() { n.window.Front(note.Page) })
	}
}

// fresh takes down that a cause was told of; false where it was before.
func (n *notices) fresh(cause string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if slices.Contains(n.told, cause) {
		return false
	}
	n.told = append(n.told, cause)
	if len(n.told) > mostTold {
		n.told = slices.Delete(n.told, 0, len(n.told)-mostTold)
	}
	if b, err := json.Marshal(n.told); err == nil {
		n.window.app.Preferences().SetString(keyTold, string(b))
	}
	return true
}

// hidden tells, once, where the window went when it was closed.
func (n *notices) hidden() {
	t := n.window.Tongue()
	n.tell([]presenter.Notice{{
		Cause: "closed to the tray", Title: t.T("Lifeboat goes on in the background"),
		Text: t.T("It watches the providers and keeps the mirror up to date. Its sign in the tray opens it again."), Page: pageHome,
	}})
}

// plainNotice sends a notice that nobody can press.
func (w *Window) plainNotice(title, text string) {
	w.app.SendNotification(fyne.NewNotification(title, text))
}

// Notices says whether notices are sent.
func (w *Window) Notices() bool { return w.app.Preferences().String(keyNotices) != "off" }

// SetNotices has notices sent, or not.
func (w *Window) SetNotices(on bool) {
	word := ""
	if !on {
		word = "off"
	}
	w.app.Preferences().SetString(keyNotices, word)
}

// tell has the tray and the notices tell of the real world.
func (w *Window) tell() {
	if w.tray != nil {
		w.tray.update()
	}
	if w.real != nil && w.real.parts.Notices != nil {
		w.notices.tell(w.real.parts.Notices.Due())
	}
}
