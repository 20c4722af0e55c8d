package mime

import (
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // Windows has no table of zones of its own
)

// zones are the time zones that an iCalendar object describes (VTIMEZONE, RFC 5545
// section 3.6.5), by their names.
type zones map[string][]observance

// observance is a rule of a zone: from a time on, in each year or once, the clock is so
// far ahead of UTC.
type observance struct {
	start  time.Time // on the zone's own clock, without a zone
	offset int       // seconds east of UTC
	before int       // the offset until then
	name   string
	// A rule for each year: the nth weekday of a month, from its end where n < 0.
	yearly  bool
	month   time.Month
	nth     int
	weekday time.Weekday
}

// Bounds of what is read of zones.
const (
	maxZones       = 50
	maxObservances = 200
)

func readZones(text string) zones {
	if !strings.Contains(strings.ToUpper(text), "BEGIN:VTIMEZONE") {
		return nil
	}
	r := zoneReader{zones: zones{}}
	for line := range unfoldedSeq(text) {
		key, _, value := splitProperty(line)
		r.line(key, strings.TrimSpace(value))
	}
	return r.zones
}

// zoneReader reads the lines of an iCalendar object for its zones.
type zoneReader struct {
	zones zones
	name  string
	all   []observance
	now   *observance // that is being read
}

func (r *zoneReader) line(key, value string) {
	kind := strings.ToUpper(value)
	rule := kind == "STANDARD" || kind == "DAYLIGHT"
	switch {
	case key == "BEGIN" && kind == "VTIMEZONE":
		r.name, r.all = "", nil
	case key == "TZID" && r.now == nil:
		r.name = value
	case key == "BEGIN" && rule && len(r.all) < maxObservances:
		r.now = &observance{}
	case key == "END" && rule && r.now != nil:
		r.all = append(r.all, *r.now)
		r.now = nil
	case key == "END" && kind == "VTIMEZONE":
		if r.name != "" && len(r.all) > 0 && len(r.zones) < maxZones {
			r.zones[r.name] = r.all
		}
		r.now = nil
	case r.now != nil:
		r.now.property(key, value)
	}
}

func (o *observance) property(key, value string) {
	switch key {
	case "DTSTART":
		if t, err := time.Parse("20060102T150405", strings.TrimSuffix(value, "Z")); err == nil {
			o.start = t
		}
	case "TZOFFSETTO":
		o.offset = offset(value)
	case "TZOFFSETFROM":
		o.before = offset(value)
	case "TZNAME":
		o.name = cutText(clean(value), 20)
	case "RRULE":
		o.rule(value)
	}
}

// offset reads +0900 and -023000, in seconds.
func offset(text string) int {
	sign := 1
	if strings.HasPrefix(text, "-") {
		sign = -1
	}
	text = strings.TrimLeft(text, "+-")
	n, err := strconv.Atoi(text)
	if err != nil || len(text) != 4 && len(text) != 6 {
		return 0
	}
	if len(text) == 4 {
		n *= 100
	}
	if seconds := n/10000*3600 + n/100%100*60 + n%100; seconds < 24*3600 {
		return sign * seconds
	}
	return 0
}

var weekdays = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// rule reads FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU, which is what rules of zones look like.
func (o *observance) rule(text string) {
	for part := range strings.SplitSeq(strings.ToUpper(text), ";") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "BYMONTH":
			if n, err := strconv.Atoi(value); err == nil && n >= 1 && n <= 12 {
				o.month = time.Month(n)
			}
		case "BYDAY":
			if len(value) < 2 {
				continue
			}
			day := slices.Index(weekdays, value[len(value)-2:])
			n, err := strconv.Atoi(value[:len(value)-2])
			if value[:len(value)-2] == "" {
				n, err = 1, nil
			}
			if day >= 0 && err == nil && n >= -5 && n <= 5 && n != 0 {
				o.weekday, o.nth = time.Weekday(day), n
			}
		}
	}
	o.yearly = o.month != 0 && o.nth != 0
}

// onset is the last moment, on the zone's clock, at or before t when the rule began to
// hold; false where it never had by then.
func (o *observance) onset(t time.Time) (time.Time, bool) {
	if t.Before(o.start) {
		return time.Time{}, false
	}
	if !o.yearly {
		return o.start, true
	}
	for _, year := range []int{t.Year(), t.Year() - 1} {
		first := time.Date(year, o.month, 1, o.start.Hour(), o.start.Minute(), o.start.Second(), 0, time.UTC)
		day := first.AddDate(0, 0, (int(o.weekday)-int(first.Weekday())+7)%7+7*(o.nth-1))
		if o.nth < 0 {
			last := first.AddDate(0, 1, -1)
			day = last.AddDate(0, 0, -((int(last.Weekday())-int(o.weekday)+7)%7)+7*(o.nth+1))
		}
		if !day.After(t) && !day.Before(o.start) {
			return day, true
		}
	}
	return o.start, true
}

// in puts a time without a zone into the zone that is named: by the world's table, else
// by the object's own description, else by Microsoft's names.
func (z zones) in(t time.Time, name string) (time.Time, bool) {
	local := func(l *time.Location) (time.Time, bool) {
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, l), true
	}
	name = strings.TrimSpace(name)
	if name == "" {
		return t, false
	}
	if l := worldZone(name); l != nil {
		return local(l)
	}
	if all := z[name]; len(all) > 0 {
		best, at, found := all[0], time.Time{}, false
		for _, o := range all {
			if onset, ok := o.onset(t); ok && (!found || onset.After(at)) {
				best, at, found = o, onset, true
			}
		}
		seconds := best.offset
		if !found {
			seconds = best.before
		}
		return local(time.FixedZone(best.name, seconds))
	}
	if world, ok := windowsZones[strings.ToLower(name)]; ok {
		if l := worldZone(world); l != nil {
			return local(l)
		}
	}
	return t, false
}

// worldZone is the zone that a name means in the world's table (the IANA's), also
// behind a prefix such as "/freeassociation.sourceforge.net/"; nil: none.
func worldZone(name string) *time.Location {
	if len(name) > 200 || strings.EqualFold(name, "local") {
		return nil
	}
	parts := strings.Split(strings.Trim(name, "/"), "/")
	for _, n := range []int{len(parts), 2, 3} {
		if n > len(parts) {
			continue
		}
		if l, err := time.LoadLocation(strings.Join(parts[len(parts)-n:], "/")); err == nil {
			return l
		}
	}
	return nil
}

// windowsZones are names that Microsoft's programs use, in lower case, where most mail
// comes from (CLDR, windowsZones.xml).
var windowsZones = map[string]string{
	"tokyo standard time": "Asia/Tokyo", "korea standard time": "Asia/Seoul", "china standard time": "Asia/Shanghai", "taipei standard time": "Asia/Taipei",
	"singapore standard time": "Asia/Singapore", "se asia standard time": "Asia/Bangkok", "india standard time": "Asia/Kolkata",
	"aus eastern standard time": "Australia/Sydney", "new zealand standard time": "Pacific/Auckland", "arabian standard time": "Asia/Dubai",
	"russian standard time": "Europe/Moscow", "gtb standard time": "Europe/Bucharest", "fle standard time": "Europe/Kiev", "turkey standard time": "Europe/Istanbul",
	"w. europe standard time": "Europe/Berlin", "romance standard time": "Europe/Paris", "central europe standard time": "Europe/Budapest",
	"central european standard time": "Europe/Warsaw", "gmt standard time": "Europe/London", "greenwich standard time": "Atlantic/Reykjavik", "utc": "UTC",
	"eastern standard time": "America/New_York", "central standard time": "America/Chicago", "mountain standard time": "America/Denver",
	"us mountain standard time": "America/Phoenix", "pacific standard time": "America/Los_Angeles", "alaskan standard time": "America/Anchorage",
	"hawaiian standard time": "Pacific/Honolulu", "atlantic standard time": "America/Halifax", "e. south america standard time": "America/Sao_Paulo",
}
