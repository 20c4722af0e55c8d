package presenter

import (
	"time"

	"lifeboat/app/i18n"
)

// rowOf is a line in words. sent says that it tells whom it went to.
func rowOf(t *i18n.Tongue, k *keptLine, sent bool, now time.Time) MailRow {
	l := k.line
	r := MailRow{
		ID: l.ID, Subject: clean(l.Subject), Preview: clean(l.Preview), Unread: l.Unread, Attached: l.Attachments > 0,
		Date: whenShort(t, l.Received, now),
	}
	switch {
	case k.fail != nil:
		r.Subject, r.Preview, r.Unread = t.T("This message cannot be read now."), problem(t, k.fail), false
		return r
	case l.Missing:
		r.Subject, r.Unread = t.T("This message is no longer there."), false
		return r
	case sent && len(l.To) > 0:
		r.From = t.T("To {people}", "people", people(t, l.To))
	case len(l.From) > 0:
		r.From, _ = person(l.From[0])
	default:
		r.From = t.T("(no sender)")
	}
	switch {
	case !l.Described:
		r.Preview = t.T("It is being read.")
	case l.Subject == "":
		r.Subject = t.T("(no subject)")
	}
	if l.Damaged {
		r.Preview = t.T("Damaged here: it is fetched again at the next mirror run.")
	}
	return r
}
