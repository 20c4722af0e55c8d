package look

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
)
