package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// PassKey hands a key on that a widget with the focus has no use for, to whoever
// listens for the whole window: Fyne gives keys to the widget with the focus alone.
// Call it in TypedKey.
func PassKey(w fyne.CanvasObject, k *fyne.KeyEvent) {
	c := canvasOf(w)
	if c == nil {
		return
	}
	if whole := c.OnTypedKey(); whole != nil {
		whole(k)
	}
}

// PassShortcut does the same with a shortcut, for widgets that take shortcuts
// themselves. Those that edit text are never handed on.
func PassShortcut(w fyne.CanvasObject, s fyne.Shortcut) {
	if _, ok := s.(*desktop.CustomShortcut); !ok {
		return
	}
	if c, ok := canvasOf(w).(fyne.Shortcutable); ok {
		c.TypedShortcut(s)
	}
}

func canvasOf(w fyne.CanvasObject) fyne.Canvas {
	if app := fyne.CurrentApp(); app != nil {
		return app.Driver().CanvasForObject(w)
	}
	return nil
}
