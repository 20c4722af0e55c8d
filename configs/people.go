package configs

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Person is somebody to call when mail fails, as the run card names them.
type Person struct {
	Name  string `yaml:"name"`
	Role  string `yaml:"role"` // in their own words: "IT", "managing director"
	Phone string `yaml:"phone"`
	// Decides is set for those who may say yes to a switch.
	Decides bool `yaml:"decides"`
}

// Targets are what the organisation has set itself for its mail (ISO 22301:2019
// section 8.2.2), and what a time without mail costs it. Zero is not set.
type Targets struct {
	RTO Span `yaml:"rto"` // mail works again within
	RPO Span `yaml:"rpo"` // so much of the latest mail may be out of reach
	// MTPD is the maximum tolerable period of disruption.
	MTPD Span `yaml:"mtpd"`
	// CostPerHour of no mail and SecondaryPerYear, what the second provider costs, are
	// both in Currency.
	CostPerHour      float64 `yaml:"cost_per_hour"`
	SecondaryPerYear float64 `yaml:"secondary_per_year"`
	Currency         string  `yaml:"currency"` // ISO 4217, as in JPY
}

// Runcard is what the printed page says beside what Lifeboat knows.
type Runcard struct {
	// Credentials says where passwords and keys are kept; never what they are.
	Credentials string    `yaml:"credentials"`
	DNSSignIn   string    `yaml:"dns_sign_in"` // the web page of the DNS host
	Support     []Support `yaml:"support"`
	Notes       []string  `yaml:"notes"`
}

// Support is where a provider or the DNS host can be asked for help.
type Support struct {
	Name  string `yaml:"name"`
	Phone string `yaml:"phone"`
	Page  string `yaml:"page"` // a web address
}

// The run card is one page, so what stands on it has its measure, in characters
// and in entries.
const (
	cardName  = 60
	cardPhone = 40
	cardLine  = 160
	cardNotes = 3
)

func (c *checker) checkPeople() {
	decides := len(c.s.People) == 0
	for i := range c.s.People {
		p, path := &c.s.People[i], itemPath("people", i)
		if p.Name == "" {
			c.fail(path+".name", Say("{at}: {key} is missing. Write who it is."))
		}
		c.cardText(path+".name", p.Name, cardName)
		c.cardText(path+".role", p.Role, cardName)
		c.phone(path+".phone", p.Phone)
		decides = decides || p.Decides
	}
	if !decides {
		c.warn("people", Say("{at}: nobody under {key} has decides: true, so the run card leaves blank who says yes to a switch."))
	}
}

// cardText holds a text of the run card to one printable line of some length.
func (c *checker) cardText(path, text string, most int) {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		c.fail(path, Say("{at}: {key} must be one line of text."))
		return
	}
	if utf8.RuneCountInString(text) > most {
		c.fail(path, Say("{at}: {key} is too long for the printed page: at most {most} characters.", "most", strconv.Itoa(most)))
	}
}

func (c *checker) phone(path, number string) {
	if number != "" && !strings.ContainsFunc(number, unicode.IsDigit) {
		c.fail(path, Say("{at}: {key} is {value}, which is no phone number.", "value", show(number)))
		return
	}
	c.cardText(path, number, cardPhone)
}

func (c *checker) checkTargets() {
	t := &c.s.Targets
	if t.MTPD > 0 && t.RTO > t.MTPD {
		c.fail("targets.rto", Say("{at}: {key} is {value}, longer than what can be borne at most (mtpd, {most}). Make it shorter.",
			"value", t.RTO.String(), "most", t.MTPD.String()))
	}
	const most = 1e12
	c.between("targets.cost_per_hour", t.CostPerHour, 0, most)
	c.between("targets.secondary_per_year", t.SecondaryPerYear, 0, most)
	t.Currency = strings.ToUpper(t.Currency)
	switch letters := strings.Trim(t.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""; {
	case t.Currency == "" && (t.CostPerHour > 0 || t.SecondaryPerYear > 0):
		c.fail("targets.currency", Say("{at}: {key} is missing. Write what the costs are in, as in JPY."))
	case t.Currency != "" && (!letters || len(t.Currency) != 3):
		c.fail("targets.currency", Say("{at}: {key} is {value}, but must be three letters, as in JPY.", "value", show(t.Currency)))
	}
}

func (c *checker) checkRuncard() {
	card := &c.s.Runcard
	const where = "runcard.credentials"
	if strings.HasPrefix(strings.ToLower(card.Credentials), secretPrefix) {
		c.fail(where, Say("{at}: {key} is printed on paper: say in words where passwords and keys are kept, as in \"safe in the office\"."))
	}
	c.cardText(where, card.Credentials, cardLine)
	if card.DNSSignIn != "" {
		c.secureURL("runcard.dns_sign_in", &card.DNSSignIn)
		c.cardText("runcard.dns_sign_in", card.DNSSignIn, cardLine)
	}
	c.support(card.Support)
	if len(card.Notes) > cardNotes {
		c.fail("runcard.notes", Say("{at}: {key} has {count} entries, and the page has room for {most}.",
			"count", strconv.Itoa(len(card.Notes)), "most", strconv.Itoa(cardNotes)))
	}
	for i, note := range card.Notes {
		c.cardText(itemPath("runcard.notes", i), note, cardLine)
	}
}

func (c *checker) support(list []Support) {
	const path = "runcard.support"
	if len(list) > cardNotes {
		c.fail(path, Say("{at}: {key} has {count} entries, and the page has room for {most}.",
			"count", strconv.Itoa(len(list)), "most", strconv.Itoa(cardNotes)))
	}
	for i := range list {
		s, at := &list[i], itemPath(path, i)
		if s.Name == "" {
			c.fail(at+".name", Say("{at}: {key} is missing. Write who it is."))
		}
		c.cardText(at+".name", s.Name, cardName)
		c.phone(at+".phone", s.Phone)
		if s.Page != "" {
			c.secureURL(at+".page", &s.Page)
			c.cardText(at+".page", s.Page, cardLine)
		}
	}
}
