package mime

import (
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// parseDate reads a date (RFC 5322 section 3.3) with the sender's zone, also as old
// and broken programs write it; zero where nobody could.
func parseDate(raw []byte) time.Time {
	text := clean(unfold(raw))
	if text == "" || len(text) > 200 {
		return time.Time{}
	}
	if t, err := mail.ParseDate(text); err == nil && plausible(t) {
		return t
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", time.ANSIC, time.UnixDate, "Mon Jan 2 15:04:05 -0700 2006", "2006/01/02 15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil && plausible(t) {
			return t
		}
	}
	return looseDate(text)
}

func plausible(t time.Time) bool { return t.Year() >= 1970 && t.Year() < 2200 }

var (
	dayMonthYear = regexp.MustCompile(`(?i)\b(\d{1,2})[ \-]+(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[ \-,]+(\d{2,4})\b`)
	clock        = regexp.MustCompile(`\b(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?`)
	zone         = regexp.MustCompile(`([+-])(\d{2}):?(\d{2})\b`)
)

// looseDate finds day, month, year, time and zone wherever they stand.
func looseDate(text string) time.Time {
	date := dayMonthYear.FindStringSubmatch(text)
	if date == nil {
		return time.Time{}
	}
	day, _ := strconv.Atoi(date[1])
	year, _ := strconv.Atoi(date[3])
	switch len(date[3]) { // RFC 5322 section 4.3
	case 3:
		year += 1900
	case 2:
		if year += 1900; year < 1950 {
			year += 100
		}
	}
	month := 1 + strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(date[2]))/3
	var hour, minute, second int
	if c := clock.FindStringSubmatch(text); c != nil {
		hour, _ = strconv.Atoi(c[1])
		minute, _ = strconv.Atoi(c[2])
		second, _ = strconv.Atoi(c[3])
	}
	where := time.UTC
	if z := zone.FindStringSubmatch(text); z != nil {
		hours, _ := strconv.Atoi(z[2])
		minutes, _ := strconv.Atoi(z[3])
		offset := hours*3600 + minutes*60
		if z[1] == "-" {
			offset = -offset
		}
		if offset > -24*3600 && offset < 24*3600 {
			where = time.FixedZone("", offset)
		}
	}
	if day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 {
		return time.Time{}
	}
	if t := time.Date(year, time.Month(month), day, hour, minute, second, 0, where); plausible(t) {
		return t
	}
	return time.Time{}
}
