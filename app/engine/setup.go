package engine

import (
	"context"
	"crypto/cipher"
	"sync"
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
	// Replace puts secrets into the place of others, in one step: by gives for each name
	// the one under which its new secret is. See [secret.Store.Replace].
	Replace(ctx context.Context, by map[string]string) error
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
// go to the keeper at once, apart from those in use, and the draft says which are there.
type SetupDraft struct {
	Step         SetupStep        `json:"step"` // where to go on
	Organization string           `json:"organization,omitempty"`
	Language     string           `json:"language,omitempty"` // auto, en or ja; empty: auto
	Domain       string           `json:"domain,omitempty"`
	Found        *Discovery       `json:"found,omitempty"`
	Primary      SetupProvider    `json:"primary"`
	Secondary    SetupProvider    `json:"secondary"`
	Emergency    string           `json:"emergency,omitempty"` // a label or a full name; empty: none
	DNS          SetupDNS         `json:"dns"`
	Recipients   []SetupRecipient `json:"recipients,omitempty"`
	MirrorDays   int              `json:"mirror_days,omitempty"` // 0: 30
	Secrets      []string         `json:"secrets,omitempty"`     // names that are kept
	// Staged are secrets that settings in use name and whose new ones wait apart for
	// [Setup.Write]; false: it is to be forgotten then.
	Staged map[string]bool    `json:"staged,omitempty"`
	Done   map[SetupStep]bool `json:"done,omitempty"`
	// Unsaved: there is something here that the settings do not have.
	Unsaved bool                `json:"-"`
	Open    []failover.Sentence `json:"-"` // what is still to be done, for Home's next step
	Changed time.Time           `json:"changed,omitzero"`
	// Answers are the last ones of the fields, with their age.
	Answers map[SetupField]SetupAnswer `json:"answers,omitempty"`
}

// SetupRecipient is somebody, or something, that has to go on receiving mail.
type SetupRecipient struct {
	Address       string   `json:"address"`
	Kind          string   `json:"kind"` // account, group, shared
	Aliases       []string `json:"aliases,omitempty"`
	PrimaryUser   string   `json:"primary_user,omitempty"`
	SecondaryUser string   `json:"secondary_user,omitempty"`
	// File names the CSV file of the settings that lists it: it is changed there.
	File string `json:"file,omitempty"`
}

// NoneYet is a secondary's Preset while none is chosen on purpose.
const NoneYet = "none"

// SetupProvider is a provider as it is set up. What a preset says need not be said:
// see [Setup.Provider] for what counts then.
type SetupProvider struct {
	Preset     string   `json:"preset,omitempty"` // empty: not chosen; NoneYet; else see configs.Presets
	Name       string   `json:"name,omitempty"`
	MX         []string `json:"mx,omitempty"`       // "10 mx1.example.net"
	IMAP       string   `json:"imap,omitempty"`     // host or host:port
	IMAPTLS    string   `json:"imap_tls,omitempty"` // implicit, starttls; empty: as the port has it
	Submission string   `json:"submission,omitempty"`
	SubmitTLS  string   `json:"submission_tls,omitempty"`
	// Method is how to sign in: one of [SetupMethods].
	Method string `json:"method,omitempty"`
	// Each: with the method password, every mailbox has a password of its own.
	Each bool `json:"each,omitempty"`
	// User makes the sign-in name of the account's, for a master user: "{user}*admin".
	User string `json:"user,omitempty"`
	// Username hands in everybody's mail with one credential; empty: each sender's own.
	Username string `json:"username,omitempty"`
	// Trial is the mailbox that is signed in to while there are no recipients yet.
	Trial         string       `json:"trial,omitempty"`
	Tenant        string       `json:"tenant,omitempty"`
	Client        string       `json:"client,omitempty"`
	SecretExpires string       `json:"secret_expires,omitempty"` // 2027-03-31
	CAFile        string       `json:"ca_file,omitempty"`
	SPFInclude    string       `json:"spf_include,omitempty"`
	DKIM          []SetupDKIM  `json:"dkim,omitempty"`
	Told          map[int]bool `json:"told,omitempty"` // steps of the console's guide that are ticked off
}

// SetupDKIM is a DKIM record of a provider, as its console shows it.
type SetupDKIM struct {
	Selector string `json:"selector"`
	Type     string `json:"type"` // CNAME or TXT
	Value    string `json:"value"`
}

// SetupDNS is who changes the records.
type SetupDNS struct {
	Host      string `json:"host,omitempty"` // rfc2136, cloudflare, manual
	Server    string `json:"server,omitempty"`
	KeyName   string `json:"key_name,omitempty"`
	Algorithm string `json:"algorithm,omitempty"` // see configs.TSIGAlgorithms; empty: the first
	API       string `json:"api,omitempty"`       // of Cloudflare; empty: the usual one
	Console   string `json:"console,omitempty"`   // see configs.Consoles
	Zone      string `json:"zone,omitempty"`
}

// SetupOptions are what a set-up works with.
type SetupOptions struct {
	File, DataDir string // the settings file, which need not be there, and the data folder
	Env           []string
	// Domain is the one to change where the settings have several; empty: the first.
	Domain     string
	Discoverer *Discoverer
	Secrets    Keeper
	// Keys seal the draft, which names addresses; nil in a world of practice, whose
	// folder is thrown away.
	Keys *KeyMeans
	// Open puts an engine over settings, for tests and for the first mirror.
	Open func(*configs.Settings) (*Engine, error)
	// Translate tells the comments of a new settings file in another language; see
	// configs.Draft.
	Translate func(template string, parts ...any) string
	Now       func() time.Time
}

// Setup leads from a domain name to settings that were tested. What was entered is
// kept at once, so that it may be left and gone on with at any time; with settings
// that are there already, it is how they are changed. Its methods may be called from
// several goroutines.
//
// Nothing that is entered is written into the settings before [Setup.Write], and no
// secret is ever in the draft: it goes to the keeper, under a name of its own until then.
type Setup struct {
	opt  SetupOptions
	seal cipher.AEAD // nil: the draft is kept as it is

	mu      sync.Mutex
	draft   SetupDraft
	began   failover.Sentence
	base    *configs.Settings // the settings as they are; nil: there are none
	basedOn string            // what baseOf said of their file
	dirty   bool              // the draft has what is not written
}

// SetupMethod is a way of signing in to a provider.
type SetupMethod struct {
	Method string            `json:"method"` // see configs.SignIns
	Title  failover.Sentence `json:"title"`
	Needs  []string          `json:"needs"` // tenant, client, username, each
}

// SecretKind says what a secret is, for its label.
type SecretKind string

// The kinds of secrets.
const (
	SecretPassword       SecretKind = "password"        // of all mailboxes, or of the one user
	SecretPasswords      SecretKind = "passwords"       // one for each mailbox: a list
	SecretApplication    SecretKind = "application"     // of Microsoft 365's application, or Google's OAuth client
	SecretServiceAccount SecretKind = "service_account" // the text of Google's key file
	SecretTSIG           SecretKind = "tsig"            // in base64
	SecretToken          SecretKind = "token"           // Cloudflare's API token
	SecretConsent        SecretKind = "consent"         // a person's, by device code: see Agree
)

// SetupSecret is a secret that a step asks for.
type SetupSecret struct {
	Name string     `json:"name"` // for SetSecret; empty for SecretPasswords and SecretConsent
	Kind SecretKind `json:"kind"`
	// Kept is how many of Of are there.
	Kept int `json:"kept"`
	Of   int `json:"of"`
}

// SetupPrompt is what a person is to do, on any device with a browser, to let Lifeboat
// into a mailbox.
type SetupPrompt struct {
	Mailbox string    `json:"mailbox"`
	URL     string    `json:"url"`
	Code    string    `json:"code"`
	Expires time.Time `json:"expires"`
}

// GuideStep is something to do at the provider's own console.
type GuideStep struct {
	Index int               `json:"index"` // for Told
	Say   failover.Sentence `json:"say"`
	// Copy are values to be copied into the console, such as addresses.
	Copy []string `json:"copy,omitempty"`
	Page string   `json:"page,omitempty"` // the console's https address, where it is known
	Done bool     `json:"done"`           // ticked off, see SetupProvider.Told
}

// Written is what came of writing the settings.
type Written struct {
	Engine *Engine  `json:"-"`
	File   string   `json:"file"`
	Set    []string `json:"set,omitempty"` // keys that were changed; none for a new file
	// Code is the recovery code of the data key, where it is new: it is shown this
	// once, to be printed. See RecoveryPage.
	Code string `json:"-"`
}

// SetupField is something in the set-up that can be tested where it stands.
type SetupField string

// The fields, by steps.
const (
	FieldDomain SetupField = "domain" // there is such a domain, and it has mail

	FieldPrimaryMX         SetupField = "primary.mx"
	FieldPrimaryIMAP       SetupField = "primary.imap"    // every account that is known
	FieldPrimarySignIn     SetupField = "primary.sign_in" // one mailbox
	FieldPrimarySubmission SetupField = "primary.submission"

	FieldSecondaryApart      SetupField = "secondary.apart" // independent of the primary; tested when chosen
	FieldSecondarySignIn     SetupField = "secondary.sign_in"
	FieldSecondaryMX         SetupField = "secondary.mx" // every recipient: "38 of 40"
	FieldSecondarySubmission SetupField = "secondary.submission"
	FieldSecondaryIMAP       SetupField = "secondary.imap"

	FieldEmergencyName SetupField = "emergency.name" // free, or leads to the secondary
	FieldEmergencySeed SetupField = "emergency.seed" // a message received there and answered

	FieldDNSCredential SetupField = "dns.credential" //nolint:gosec // a field's name: read, and a write that changes nothing

	FieldRecipients SetupField = "recipients" // duplicates, unknown to the secondary

	FieldMirror SetupField = "mirror" // the first list of folders
)

// SetupAnswer is what a test of a field came to.
type SetupAnswer struct {
	Field   SetupField        `json:"field"`
	Working bool              `json:"working,omitempty"` // not done yet: Word says how far it is
	Verdict failover.Verdict  `json:"verdict,omitempty"`
	Word    failover.Sentence `json:"word"`            // "38 of 40"
	Detail  failover.Sentence `json:"detail,omitzero"` // beside it: whom, where, how long
	Remedy  failover.Sentence `json:"remedy,omitzero"`
	Exact   []string          `json:"exact,omitempty"` // exact answers, to be copied
	// Each is what was found about each address, where a test asks for addresses.
	Each map[string]SetupSays `json:"each,omitempty"`
	At   time.Time            `json:"at,omitzero"`
	Took time.Duration        `json:"took,omitempty"` // nanoseconds
}

// SetupSays is what a provider makes of an address.
type SetupSays struct {
	Verdict failover.Verdict  `json:"verdict"`
	Say     failover.Sentence `json:"say"`
	Answer  string            `json:"answer,omitempty"` // the server's own, its last line
}
