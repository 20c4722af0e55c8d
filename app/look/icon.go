package look

import (
	"bytes"
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"

	"lifeboat/assets"
)

// Icon names a sign, drawn on a grid of 20 with lines of 1.6.
type Icon string

// The signs. NoIcon draws nothing.
const (
	NoIcon     Icon = ""
	IconHome   Icon = "home"
	IconMail   Icon = "mail"
	IconSwitch Icon = "switch"
	IconTests  Icon = "tests"
	IconQueue  Icon = "queue"
	IconDrills Icon = "drills" // a stopwatch
	IconLog    Icon = "log"

	IconSettings Icon = "settings"
	IconFlag     Icon = "flag" // practice
	IconCopy     Icon = "copy"
	IconRefresh  Icon = "refresh"
	IconPause    Icon = "pause"
	IconPlay     Icon = "play"
	IconStop     Icon = "stop"
	IconBack     Icon = "back"  // the way back: roll back, undo
	IconArrow    Icon = "arrow" // to the right
	IconNext     Icon = "next"  // a chevron to the right
	IconDown     Icon = "down"  // a chevron down
	IconClose    Icon = "close"
	IconLock     Icon = "lock"
	IconBuilding Icon = "building"
	IconGlobe    Icon = "globe"
	IconServer   Icon = "server"
	IconPeople   Icon = "people"
	IconSave     Icon = "save"
	IconPrint    Icon = "print"
	IconBolt     Icon = "bolt" // break it
	IconTheme    Icon = "theme"
	IconLanguage Icon = "language"
	IconEye      Icon = "eye"
	IconInfo     Icon = "info"
	IconCheck    Icon = "check"
	IconNote     Icon = "note"
	IconPhone    Icon = "phone"
	IconHeading  Icon = "heading" // the way the signpost points: an arrow to the lower right
	IconRising   Icon = "rising"  // and to the upper right
)

// Icons lists all signs.
func Icons() []Icon {
	return append(mailIcons(), []Icon{
		IconHome, IconMail, IconSwitch, IconTests, IconQueue, IconDrills, IconLog, IconSettings, IconFlag, IconCopy,
		IconRefresh, IconPause, IconPlay, IconStop, IconBack, IconArrow, IconNext, IconDown, IconClose, IconLock,
		IconBuilding, IconGlobe, IconServer, IconPeople, IconSave, IconPrint, IconBolt, IconTheme, IconLanguage, IconEye,
		IconInfo, IconCheck, IconNote, IconPhone, IconHeading, IconRising,
	}...)
}

// In returns the sign in a colour, or nil where there is none.
func (i Icon) In(c color.Color) fyne.Resource {
	drawing, err := assets.Icons.ReadFile("icons/" + string(i) + ".svg")
	if i == NoIcon || err != nil {
		return nil
	}
	n, _ := color.NRGBAModel.Convert(c).(color.NRGBA)
	rgb := fmt.Sprintf("#%02X%02X%02X", n.R, n.G, n.B)
	return fyne.NewStaticResource(string(i)+rgb+".svg", bytes.ReplaceAll(drawing, []byte("#000000"), []byte(rgb)))
}

// Lifebuoy is the program's own sign, in its own colours.
func Lifebuoy() fyne.Resource { return Icon("lifebuoy").In(color.Black) }
