package presenter

import (
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
