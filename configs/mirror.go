package configs

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Mirror says what mail of the primary is kept here as well, for reading while the
// primary is down. There is a mirror once the primary has a sign_in.
type Mirror struct {
	// Days is the window: mail that was received in these last days is kept.
	Days    int           `yaml:"days"`
	Folders MirrorFolders `yaml:"folders"`
	// Every is how often each account is looked at with "mirror --watch", beside
	// what the server announces by itself.
	Every Span `yaml:"every"`
	// Connections is how many connections to the primary are open at once, for all
	// accounts together; 0 takes what the preset says.
	Connections int `yaml:"connections"`
	// BytesPerDay is how much is fetched for one account in a day; 0 takes what the
	// preset says.
	BytesPerDay Size `yaml:"bytes_per_day"`
	// Grace is how long mail that the primary no longer has is kept here, hidden.
	Grace Span `yaml:"grace"`
	// AlarmAfter is how old the last complete look at an account may grow before an
	// alarm.
	AlarmAfter Span `yaml:"alarm_after"`
	// UnusualShare of a folder that vanishes at once stops it until somebody decides.
	UnusualShare Share `yaml:"unusual_share"`
}

// MirrorFolders says which folders are mirrored.
type MirrorFolders struct {
	Junk  bool `yaml:"junk"`
	Trash bool `yaml:"trash"`
	// Include are mirrored whatever else says no, by name or with * for anything;
	// Exclude are not, nor what lies below them.
	Include []string `yaml:"include"`
	Exclude []string `yaml:"exclude"`
}

// MirrorLimits is how much of itself a provider lets a mirror have; 0 is no known
// limit.
type MirrorLimits struct {
	Connections int  `yaml:"connections"`   // at once
	BytesPerDay Size `yaml:"bytes_per_day"` // for one account
}

// usualConnections are open at once where neither the settings nor the preset say:
// few enough for a small server, enough for a line to be busy.
const usualConnections = 4

func usualMirror() Mirror {
	return Mirror{
		Days: 30, Every: Span(time.Minute), Grace: Span(14 * day),
		AlarmAfter: Span(time.Hour), UnusualShare: 0.2,
	}
}

// What may be mirrored: from yesterday's mail to that of ten years.
const (
	mostMirrorDays        = 3660
	mostMirrorConnections = 100
	leastMirrorEvery      = 30 * time.Second
	mostMirrorEvery       = 24 * time.Hour
	leastGrace            = day
	mostGrace             = 3660 * day
	leastAlarm            = 5 * time.Minute
	mostAlarm             = 30 * day
)

func (c *checker) checkMirror() {
	m := &c.s.Mirror
	c.between("mirror.days", float64(m.Days), 1, mostMirrorDays)
	c.between("mirror.connections", float64(m.Connections), 0, mostMirrorConnections)
	c.span("mirror.every", m.Every, leastMirrorEvery, mostMirrorEvery)
	c.span("mirror.grace", m.Grace, leastGrace, mostGrace)
	c.span("mirror.alarm_after", m.AlarmAfter, leastAlarm, mostAlarm)
	if m.AlarmAfter < m.Every {
		c.fail("mirror.alarm_after", Say("{at}: {key} must be at least as long as every, or there would be an alarm between any two looks."))
	}
	for path, list := range map[string][]string{"mirror.folders.include": m.Folders.Include, "mirror.folders.exclude": m.Folders.Exclude} {
		for i, name := range list {
			if name == "" {
				c.fail(itemPath(path, i), Say("{at}: {key} is empty. Write a folder's name as the mail program shows it, with * for anything."))
			}
		}
	}
}

// span checks a length of time.
func (c *checker) span(path string, value Span, least, most time.Duration) {
	if value < Span(least) || value > Span(most) {
		c.fail(path, Say("{at}: {key} must be from {least} to {most}, not {value}.",
			"least", Span(least).String(), "most", Span(most).String(), "value", value.String()))
	}
}

// Size is a number of bytes, written with a unit: "500 MB", "2.5 GB". A KB is 1,000
// bytes.
type Size int64

var sizeForm = regexp.MustCompile(`^(\d{1,9}(?:\.\d{1,12})?)(kb|mb|gb|tb)$`)

// sizeUnits are the units from the smallest to the greatest.
func sizeUnits() []string { return []string{"kb", "mb", "gb", "tb"} }

// String returns the size as the settings write it.
func (s Size) String() string {
	if s == 0 {
		return "0"
	}
	value, unit := int64(s), int64(1000)
	for i, name := range slices.Backward(sizeUnits()) {
		in := unit
		for range i {
			in *= unit
		}
		if value%in == 0 || value > 10*in {
			return strconv.FormatFloat(float64(value)/float64(in), 'f', -1, 64) + " " + strings.ToUpper(name)
		}
	}
	return strconv.FormatFloat(float64(value)/float64(unit), 'f', -1, 64) + " KB"
}

// MarshalYAML writes the size as String does.
func (s Size) MarshalYAML() (any, error) { return s.String(), nil }

// setShort reads "2.5 GB". A bare number is refused but for 0, since nobody could
// tell its unit.
func (s *Size) setShort(text string) (Problem, bool) {
	text = strings.ToLower(strings.Join(strings.Fields(text), ""))
	if text == "0" {
		*s = 0
		return Problem{}, true
	}
	parts := sizeForm.FindStringSubmatch(text)
	if parts == nil {
		return Say("{at}: {key} is {value}, which is no amount of data. Write it like 500 MB or 2.5 GB.", "value", show(text)), false
	}
	number, err := strconv.ParseFloat(parts[1], 64)
	for range slices.Index(sizeUnits(), parts[2]) + 1 {
		number *= 1000
	}
	const most = 1e17 // far from where an int64 ends
	if err != nil || number > most {
		return Say("{at}: {key} is {value}, which is too small or too large.", "value", show(text)), false
	}
	*s = Size(math.Round(number))
	return Problem{}, true
}

// Share is a part of a whole, from 0 to 1, written as "30%".
type Share float64

// String returns the share as the settings write it.
func (s Share) String() string {
	const digits = 4
	return strconv.FormatFloat(float64(s)*100, 'g', digits, 64) + "%"
}

// MarshalYAML writes the share as String does.
func (s Share) MarshalYAML() (any, error) { return s.String(), nil }

// setShort reads "30%".
func (s *Share) setShort(text string) (Problem, bool) {
	number, isShare := strings.CutSuffix(strings.Join(strings.Fields(text), ""), "%")
	percent, err := strconv.ParseFloat(number, 64)
	if !isShare || err != nil || !(percent >= 1 && percent <= 100) { // false for NaN
		return Say("{at}: {key} is {value}, but must be from 1% to 100%, as in 30%.", "value", show(text)), false
	}
	*s = Share(percent / 100)
	return Problem{}, true
}
