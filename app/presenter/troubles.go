package presenter

import (
	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// Levers are what practice moves in the built-in world; *lab.World has them.
type Levers interface {
	BreakPart(role failover.Role, tr lab.Trouble) error
	Mend(role failover.Role)
	SetLine(l lab.Line)
	SetSendRoute(role failover.Role)
}

// TroubleKey names a way to break the practice world.
type TroubleKey string

// The ways that practice offers, those first that a switch helps against.
const (
	TroubleResets      TroubleKey = "resets"
	TroubleDefers      TroubleKey = "defers"
	TroubleSilent      TroubleKey = "silent"
	TroubleName        TroubleKey = "name"
	TroubleHalf        TroubleKey = "half"
	TroubleSignIn      TroubleKey = "sign_in"
	TroubleAttachments TroubleKey = "attachments"
	TroubleSlow        TroubleKey = "slow"
	TroubleLine        TroubleKey = "line"
	TroubleSecondary   TroubleKey = "secondary"
)

// Troubles lists them all.
func Troubles() []TroubleKey {
	return []TroubleKey{
		TroubleResets, TroubleDefers, TroubleSilent, TroubleName, TroubleHalf, TroubleSignIn, TroubleAttachments,
		TroubleSlow, TroubleLine, TroubleSecondary,
	}
}

// Title is a trouble in plain words.
func (k TroubleKey) Title(t *i18n.Tongue) string {
	switch k {
	case TroubleResets:
		return t.T("The primary resets every connection")
	case TroubleDefers:
		return t.T("The primary puts everyone off (451)")
	case TroubleSilent:
		return t.T("The primary does not answer")
	case TroubleName:
		return t.T("The primary's name is gone from DNS")
	case TroubleHalf:
		return t.T("The primary resets half of all connections")
	case TroubleSignIn:
		return t.T("Nobody can sign in at the primary")
	case TroubleAttachments:
		return t.T("The primary holds attachments back")
	case TroubleSlow:
		return t.T("The primary is slow")
	case TroubleLine:
		return t.T("Your own line is down")
	case TroubleSecondary:
		return t.T("The secondary resets every connection, too")
	default:
		return string(k)
	}
}

// cause makes the trouble.
func (k TroubleKey) cause(w Levers) error {
	primary := func(tr lab.Trouble) error { return w.BreakPart(failover.Primary, tr) }
	switch k {
	case TroubleResets:
		return primary(lab.Trouble{Fault: lab.Reset})
	case TroubleDefers:
		return primary(lab.Trouble{Fault: lab.Defer})
	case TroubleSilent:
		return primary(lab.Trouble{Fault: lab.Silent})
	case TroubleName:
		return primary(lab.Trouble{Fault: lab.NoName})
	case TroubleHalf:
		return primary(lab.Trouble{Fault: lab.Reset, Share: 0.5})
	case TroubleSignIn:
		return primary(lab.Trouble{Fault: lab.NoSignIn})
	case TroubleAttachments:
		return primary(lab.Trouble{Fault: lab.DelayAttachments})
	case TroubleSlow:
		return primary(lab.Trouble{Fault: lab.Slow})
	case TroubleLine:
		w.SetLine(lab.Line{Down: true})
		return nil
	case TroubleSecondary:
		return w.BreakPart(failover.Secondary, lab.Trouble{Fault: lab.Reset})
	default:
		return failover.Fail(failover.ErrInvalid, "Practice cannot break anything as \"{trouble}\"", "trouble", k)
	}
}

// onPrimary reports whether the trouble is the primary's: it has one at a time.
func (k TroubleKey) onPrimary() bool { return k != TroubleLine && k != TroubleSecondary }
