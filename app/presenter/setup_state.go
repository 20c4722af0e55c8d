package presenter

import "lifeboat/app/engine"

// SetupState is the set-up as it is shown: its steps, and the page of one of them.
type SetupState struct {
	Title, Where, Foot string
	Steps              []SetupStepLine
	Now                engine.SetupStep
	Page               SetupPage
	Bar                SetupBar
}

// SetupStepLine is a step in the navigation.
type SetupStepLine struct {
	Step   engine.SetupStep
	Title  string
	Detail string // what was decided there
	Light  Light  // healthy: done; care: done, with something left to mend; waiting: not yet
}

// SetupPage is what stands on a page, from above to below.
type SetupPage struct {
	Title, Lead string
	Blocks      []SetupBlock
}

// SetupBar is the bar below the page.
type SetupBar struct {
	Hint string
	Back SetupButton // at its left-hand end
	All  SetupButton // tests everything on the page, or stops that; without a text: nothing to test
	Next SetupButton // the filled one
}

// SetupDo is what a button asks for.
type SetupDo string

// What the presenter itself does: see [SettingUp.Do].
const (
	DoSetupNext   SetupDo = "next"
	DoSetupBack   SetupDo = "back"
	DoSetupGo     SetupDo = "go"   // the argument is the step
	DoSetupTest   SetupDo = "test" // the argument is the field
	DoSetupAll    SetupDo = "all"
	DoSetupStop   SetupDo = "stop" // the argument is the field; empty: everything
	DoSetupFold   SetupDo = "fold" // the argument is what is folded
	DoSetupNone   SetupDo = "none" // no secondary yet, or no emergency subdomain
	DoSetupAgree  SetupDo = "agree"
	DoSetupAdd    SetupDo = "add"    // the addresses that were typed
	DoSetupRemove SetupDo = "remove" // the argument is the address
	DoSetupPick   SetupDo = "pick"   // the argument is the address that is looked at
	DoSetupMirror SetupDo = "mirror" // writes the settings, and mirrors for the first time
	DoSetupWrite  SetupDo = "write"
	DoSetupDrill  SetupDo = "drill" // writes the settings, and goes on to a drill
	DoSetupTake   SetupDo = "take"  // over, with a hand-over kit
)

// What the window does.
const (
	DoSetupClose SetupDo = "close"
	DoSetupCopy  SetupDo = "copy"  // the argument
	DoSetupOpen  SetupDo = "open"  // the argument, a page of the web
	DoSetupFile  SetupDo = "file"  // asks for a file, for [SettingUp.File]; the argument is what for
	DoSetupHelp  SetupDo = "help"  // the argument is the field: see [SettingUp.Help]
	DoSetupPrint SetupDo = "print" // the recovery code
)

// SetupButton is something to press. Without a text there is none.
type SetupButton struct {
	Do       SetupDo
	Argument string
	Text     string
	Off      bool
}

// SetupKind is what a block of a page is.
type SetupKind string

// The kinds of blocks.
const (
	SetupWords  SetupKind = "words"  // a paragraph
	SetupLine   SetupKind = "line"   // a light, a word, what it means, and a link
	SetupTiles  SetupKind = "tiles"  // one of them is chosen
	SetupCard   SetupKind = "card"   // fields
	SetupFacts  SetupKind = "facts"  // what was found
	SetupGuide  SetupKind = "guide"  // what to do elsewhere, step by step
	SetupPeople SetupKind = "people" // addresses
	SetupCode   SetupKind = "code"   // something to copy or to print, set large
	SetupGauge  SetupKind = "gauge"  // how far long work is
	SetupDeeds  SetupKind = "deeds"  // buttons
)

// SetupBlock is a part of a page. Which of the fields count follows from its kind.
type SetupBlock struct {
	Key         string // the same as long as it is the same block
	Kind        SetupKind
	Light       Light
	Title, Text string
	Link        SetupButton
	Tiles       []SetupTile
	Chosen      string // the key of the tile
	Items       []SetupItem
	Rows        []Row
	Steps       []SetupGuideStep
	People      []SetupPerson
	Picked      string  // the address that is looked at
	Share       float64 // 0 to 1; below 0: not known
	Buttons     []SetupButton
}

// SetupTile is one of the things to choose from.
type SetupTile struct{ Key, Title, Note string }

// SetupItemKind is how something is entered.
type SetupItemKind string

// The kinds of items.
const (
	SetupText   SetupItemKind = "text"
	SetupSecret SetupItemKind = "secret" // its text is not in the state
	SetupLines  SetupItemKind = "lines"
	SetupFixed  SetupItemKind = "fixed" // it is only said
	SetupSelect SetupItemKind = "select"
	SetupTick   SetupItemKind = "tick" // Text is "yes", or not
)

// SetupItem is a line of a card: a field with its answer.
type SetupItem struct {
	Key         string // for [SettingUp.Type], [SettingUp.Choose] or [SettingUp.Secret]
	Kind        SetupItemKind
	Label       string
	Text        string
	Placeholder string
	Options     []SetupTile // of a drop-down: the item itself, or beside the text
	Chosen      string
	Press       SetupButton // beside it
	Testing     bool
	Answer      SetupAnswer
}

// SetupAnswer is what a test came to, under its field.
type SetupAnswer struct {
	Light        Light
	Word, Detail string
	Link         SetupButton
}

// SetupGuideStep is something to do at a provider's console.
type SetupGuideStep struct {
	Key     string // for [SettingUp.Choose], with "yes" where it is done
	Text    string
	Done    bool
	Buttons []SetupButton
}

// SetupPerson is an address that has to go on receiving mail.
type SetupPerson struct {
	Address string
	Kind    string // in words
	Note    string // aliases, where it is listed
	Light   Light  // what the secondary says of it
	Says    string
}
