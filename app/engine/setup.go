package engine

import (
	"context"
	"time"

	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
)

// Keeper keeps secrets by name.
type Keeper interface {
	Get(ctx context.Context, name string) (secret.Value, error)
	Set(ctx context.Context, name string, v secret.Value) (secret.Place, error)
	Remove(ctx context.Context, name string) error
}

// SetupStep is a page of the set-up, and of the settings later.
type SetupStep string

// The steps, in their order.
const (
	StepDomain     SetupStep = "domain"
	StepPrimary    SetupStep = "primary"
	StepSecondary  SetupStep = "secondary"
	StepEmergency  SetupStep = "emergency"
	StepDNS        SetupStep = "dns"
	StepRecipients SetupStep = "recipients"
	StepMirror     SetupStep = "mirror"
	StepDrill      SetupStep = "drill"
)

// SetupSteps lists the steps in their order.
func SetupSteps() []SetupStep {
	return []SetupStep{StepDomain, StepPrimary, StepSecondary, StepEmergency, StepDNS, StepRecipients, StepMirror, StepDrill}
}

// SetupDraft is what has been typed and chosen so far. It holds no secret: those
// go to the keeper at once, and the draft says which are there.
type SetupDraft struct {
	Step         SetupStep           `json:"step"` // where to go on
	Organization string              `json:"organization,omitempty"`
	Domain       string              `json:"domain,omitempty"`
	Found        *Discovery          `json:"found,omitempty"`
	Primary      SetupProvider       `json:"primary"`
	Secondary    SetupProvider       `json:"secondary"`
	Emergency    string              `json:"emergency,omitempty"` // a label or a full name; empty: none
	DNS          SetupDNS            `json:"dns"`
	Recipients   []SetupRecipient    `json:"recipients,omitempty"`
	MirrorDays   int                 `json:"mirror_days,omitempty"`
	Secrets      []string            `json:"secrets,omitempty"` // names that are kept
	Done         map[SetupStep]bool  `json:"done,omitempty"`
	Open         []failover.Sentence `json:"-"` // what is still to be done, for Home's next step
	Changed      time.Time           `json:"changed,omitzero"`
}

// SetupRecipient is somebody, or something, that has to go on receiving mail.
type SetupRecipient struct {
	Address       string   `json:"address"`
	Kind          string   `json:"kind"` // account, group, shared
	Aliases       []string `json:"aliases,omitempty"`
	PrimaryUser   string   `json:"primary_user,omitempty"`
	SecondaryUser string   `json:"secondary_user,omitempty"`
}

// SetupProvider is a provider as it is set up.
type SetupProvider struct {
	Preset     string   `json:"preset,omitempty"` // empty: not chosen; "none": none yet; see configs.Presets
	Name       string   `json:"name,omitempty"`
	MX         []string `json:"mx,omitempty"` // "10 mx1.example.net"
	IMAP       string   `json:"imap,omitempty"`
	IMAPTLS    string   `json:"imap_tls,omitempty"` // implicit, starttls
	Submission string   `json:"submission,omitempty"`
	SubmitTLS  string   `json:"submission_tls,omitempty"`
	// Method is how to sign in: password, microsoft365, google, device.
	Method   string `json:"method,omitempty"`
	Username string `json:"username,omitempty"`
	Tenant   string `json:"tenant,omitempty"`
	Client   string `json:"client,omitempty"`
	CAFile   string `json:"ca_file,omitempty"`
}

// SetupDNS is who changes the records.
type SetupDNS struct {
	Host    string `json:"host,omitempty"` // rfc2136, cloudflare, manual
	Server  string `json:"server,omitempty"`
	KeyName string `json:"key_name,omitempty"`
	Console string `json:"console,omitempty"`
	Zone    string `json:"zone,omitempty"`
}

// SetupOptions are what a set-up works with.
type SetupOptions struct {
	File, DataDir string // the settings file, which need not be there, and the data folder
	Discoverer    *Discoverer
	Secrets       Keeper
	// Open puts an engine over settings, for tests and for the first mirror.
	Open func(*configs.Settings) (*Engine, error)
	Now  func() time.Time
}

// Setup leads from a domain name to settings that were tested. What was entered is
// kept at once, so that it may be left and gone on with at any time; with settings
// that are there already, it is how they are changed.
type Setup struct {
	opt   SetupOptions
	draft SetupDraft
}

// OpenSetup goes on with what was kept, or begins with the settings, or anew.
func OpenSetup(o SetupOptions) (*Setup, error) { return &Setup{opt: o}, nil }

// Draft is how far it is.
func (s *Setup) Draft() SetupDraft { return s.draft }

// Change changes the draft and keeps it.
func (s *Setup) Change(change func(*SetupDraft)) error { change(&s.draft); return nil }

// Discover looks the draft's domain up and takes into the draft what it finds.
func (s *Setup) Discover(context.Context) (Discovery, error) { return Discovery{}, nil }

// SetSecret keeps a secret; the draft says from then on that it is there.
func (s *Setup) SetSecret(context.Context, string, secret.Value) error { return nil }

// Fields lists what can be tested on a step.
func (s *Setup) Fields(SetupStep) []SetupField { return nil }

// Test tries what a field says, as far as it is filled in. tell hears how it goes.
func (s *Setup) Test(context.Context, SetupField, func(SetupAnswer)) SetupAnswer {
	return SetupAnswer{}
}

// Paste reads recipients from text as people have it: a column of a spreadsheet, a
// CSV file, addresses with names. What cannot be read is named, line by line.
func (s *Setup) Paste(string) ([]SetupRecipient, []failover.Sentence) { return nil, nil }

// Problems says what would keep the settings from being written.
func (s *Setup) Problems() []configs.Problem { return nil }

// Write writes the settings file, or amends it, and returns the engine over it.
func (s *Setup) Write(context.Context) (*Engine, error) { return nil, nil } //nolint:nilnil // see above

// SetupField is something in the set-up that can be tested where it stands.
type SetupField string

// SetupAnswer is what a test of a field came to.
type SetupAnswer struct {
	Field   SetupField        `json:"field"`
	Working bool              `json:"working,omitempty"` // not done yet: Word says how far it is
	Verdict failover.Verdict  `json:"verdict,omitempty"`
	Word    failover.Sentence `json:"word"`            // "38 of 40"
	Detail  failover.Sentence `json:"detail,omitzero"` // beside it: whom, where, how long
	Remedy  failover.Sentence `json:"remedy,omitzero"`
	Exact   []string          `json:"exact,omitempty"` // exact answers, to be copied
	At      time.Time         `json:"at,omitzero"`
}
