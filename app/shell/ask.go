package shell

import (
	"context"

	"lifeboat/app/widgets"
)

// Question is something that is asked for in secret: a passphrase.
type Question struct {
	Title, Text string
	Label       string
	// Again is the label of a second field, for what is typed the first time: both must
	// be the same. Empty: it is asked once.
	Again string
}

// AskSecret asks for a passphrase, and waits until it was given. It must not be called
// on the UI thread. Whoever cancels, or closes the window, gives none: the error is
// context.Canceled.
func (w *Window) AskSecret(ctx context.Context, q Question) (string, error) {
	t := w.Tongue()
	d := widgets.DialogData{Title: q.Title, Text: q.Text, Yes: t.T("OK"), No: t.T("Cancel"), Fields: []widgets.FieldOptions{{Label: q.Label, Secret: true}}}
	if q.Again != "" {
		d.Fields = append(d.Fields, widgets.FieldOptions{Label: q.Again, Secret: true})
	}
	d.Check = func(texts []string) string {
		if len(texts) == 2 && texts[1] != "" && texts[0] != texts[1] {
			return t.T("The two differ.")
		}
		return ""
	}
	d.Ready = func(texts []string) bool {
		return texts[0] != "" && texts[len(texts)-1] == texts[0]
	}
	given := make(chan string, 1)
	var shown *widgets.Dialog
	w.ui("ask a secret", func() {
		w.window.Show()
		shown = widgets.ShowDialog(w.window.Canvas(), d, func(yes bool, texts []string) {
			if yes {
				given <- texts[0]
			}
			close(given)
		})
	})
	select {
	case text, ok := <-given:
		if !ok {
			return "", context.Canceled
		}
		return text, nil
	case <-ctx.Done():
		w.ui("ask no more", func() { shown.Close() })
		return "", ctx.Err()
	}
}
