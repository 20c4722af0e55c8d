package presenter

import (
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
)

// LogKind names a kind of entries of the log.
func LogKind(t *i18n.Tongue, k engine.LogKind) string {
	switch k {
	case engine.LogSwitch:
		return t.T("Switches")
	case engine.LogWatch:
		return t.T("Watch")
	case engine.LogRelay:
		return t.T("Send route")
	case engine.LogMirror:
		return t.T("Mirror")
	case engine.LogDrill:
		return t.T("Drills")
	case engine.LogAccess:
		return t.T("Reading")
	case engine.LogTest:
		return t.T("Tests")
	default:
		return string(k)
	}
}

// dated tells when something was, as short as it can be: the time of a day of today's,
// else the day in the order of the language, with the year where it is another one.
func dated(t *i18n.Tongue, at, now time.Time) string {
	at, now = at.Local(), now.Local()
	form := "2 Jan 15:04"
	if t.Language == i18n.Japanese {
		form = "1月2日 15:04"
	}
	switch {
	case at.Year() != now.Year() && t.Language == i18n.Japanese:
		form = "2006年1月2日"
	case at.Year() != now.Year():
		form = "2 Jan 2006"
	case at.YearDay() == now.YearDay():
		form = "15:04"
	}
	return at.Format(form)
}

// WidestDate is as wide as any that dated tells.
func WidestDate(t *i18n.Tongue) string {
	if t.Language == i18n.Japanese {
		return "11月22日 15:04"
	}
	return "22 Nov 15:04"
}

// lightOfVerdict is the light of a verdict; none where nothing was judged.
func lightOfVerdict(v failover.Verdict) Light {
	switch v {
	case failover.Pass:
		return LightHealthy
	case failover.Warn:
		return LightCare
	case failover.Red:
		return LightDown
	case failover.Unknown:
		return LightUnknown
	default:
		return NoLight
	}
}

// LogKindNames are the names of all kinds.
func LogKindNames(t *i18n.Tongue) (out []string) {
	for _, k := range engine.LogKinds() {
		out = append(out, LogKind(t, k))
	}
	return out
}
