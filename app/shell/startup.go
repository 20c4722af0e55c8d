package shell

import (
	"image"
	"os"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// startupStamp writes, to the file that LIFEBOAT_STARTUP names, when the window was
// painted first and when its pages were: for whoever measures how long a start takes.
// A line each: what, a space, the time (RFC 3339, with nanoseconds).
func (w *Window) startupStamp() {
	if file := os.Getenv("LIFEBOAT_STARTUP"); file != "" {
		w.stamp = func(what string) {
			f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			if err == nil {
				_, err = f.WriteString(what + " " + time.Now().Format(time.RFC3339Nano) + "\n")
				_ = f.Close() // a measurement
			}
			if err != nil {
				w.log.Warn("startup", "error", err)
			}
		}
	}
}

// stamped takes down that something was painted, where anybody measures.
func (w *Window) stamped(what string) {
	if w.stamp != nil {
		w.stamp(what)
	}
}

// painted returns an object of one pixel that tells, once, that what it lies in was
// painted: Fyne asks for its picture then.
func painted(tell func()) fyne.CanvasObject {
	told := false
	pixel := image.NewRGBA(image.Rect(0, 0, 1, 1)) // transparent
	r := canvas.NewRaster(func(int, int) image.Image {
		if !told {
			told = true
			tell()
		}
		return pixel
	})
	r.SetMinSize(fyne.NewSize(1, 1))
	return r
}
