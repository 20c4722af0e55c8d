package shell

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/look"
	"lifeboat/app/widgets"
)

// ShowComponents shows every piece of the window in every state, light and dark side by
// side, until its window is closed or ctx ends: for whoever works on how it looks.
func ShowComponents(ctx context.Context) {
	a := app.NewWithID(appID + ".components")
	a.Settings().SetTheme(look.NewThemeIn(look.Light))
	w := a.NewWindow("Lifeboat: components")
	w.SetPadded(false)
	w.SetContent(Components())
	w.Resize(fyne.NewSize(1600, 900))
	a.Lifecycle().SetOnStarted(func() {
		a.Settings().SetTheme(look.NewThemeIn(look.Light)) // what was painted before it had its own theme takes that on
	})
	stop := context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })
	defer stop()
	w.ShowAndRun()
}

// Components is the page of all pieces, light at the left and dark at the right.
func Components() fyne.CanvasObject {
	both := container.New(widgets.Columns(0),
		widgets.Components(look.NewThemeIn(look.Light)), widgets.Components(look.NewThemeIn(look.Dark)))
	return container.NewScroll(both)
}
