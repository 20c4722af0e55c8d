package deliver

import (
	"strconv"
	"strings"
	"testing"

	"lifeboat/failover/relay/smtpout"
)

func reply(text string) smtpout.Reply {
	code, rest, _ := strings.Cut(text, " ")
	n, _ := strconv.Atoi(code)
	return smtpout.Reply{Code: n, Lines: []string{rest}}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	bounce := verdict{final: true}
	slower := verdict{whose: theLogin, throttled: true}
	account, sender := verdict{whose: theLogin}, verdict{whose: theSender}
	for _, c := range []struct {
		at   stage
		text string
		want verdict
	}{
		{atRcpt, "550 5.1.1 <x@y>: Recipient address rejected: User unknown", bounce},
		{atRcpt, "552 5.2.2 Mailbox full", bounce},
		{atRcpt, "554 5.7.1 rejected by rbl", bounce},
		{atRcpt, "450 4.2.0 <x@y>: Recipient address rejected: Greylisted", verdict{}},
		{atRcpt, "450 4.7.1 <x@y>: Recipient address rejected: Greylisted, see", verdict{}},
		{atRcpt, "452 4.2.2 The recipient is over quota, rate limit exceeded", verdict{}},
		{atRcpt, "451 4.3.2 The server is not accepting messages", verdict{}},
		{atRcpt, "452 4.5.3 Error: too many recipients", verdict{rest: true}},
		{atRcpt, "552 too many recipients", verdict{rest: true}},
		{atRcpt, "450 4.7.1 Error: too many recipients from 192.0.2.1", verdict{whose: theLogin, throttled: true}},
		{atRcpt, "553 5.7.1 <a@b>: Sender address rejected: not owned by user c@d", sender},
		{atRcpt, "554 5.7.1 <x@y>: Relay access denied", account},
		{atMail, "450 4.7.1 Error: too much mail from 192.0.2.1", slower},
		{atMail, "421 4.3.2 Service not available", slower},
		{atEnd, "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", slower},
		{atEnd, "451 4.7.500 Server busy. Please try again later", slower},
		{atMail, "530 5.7.0 Must issue a STARTTLS command first", account},
		{atMail, "530 5.7.57 SMTP; Client was not authenticated to send anonymous mail", account},
		{atMail, "550 5.7.501 Access denied, spam abuse detected", account},
		{atMail, "550 no", sender},
		{atMail, "552 5.3.4 Message size exceeds fixed limit", bounce},
		{atMail, "501 5.1.7 Bad sender address syntax", bounce},
		{atEnd, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", sender},
		{atEnd, "554 5.2.252 SendAsDenied; a@b not allowed to send as c@d", sender},
		{atEnd, "550 5.1.8 Access denied, bad outbound sender", sender},
		{atEnd, "550 5.4.5 Daily user sending limit exceeded", slower},
		{atEnd, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", slower},
		{atEnd, "550 5.7.705 Access denied, tenant has exceeded threshold", account},
		{atEnd, "554 5.7.1 Spam message rejected", bounce},
		{atEnd, "554 5.6.0 bad header", bounce},
		{atEnd, "451 4.3.0 queue file write error", verdict{}},
	} {
		if got := judge(c.at, reply(c.text)); got != c.want {
			t.Errorf("%s: %+v, not %+v", c.text, got, c.want)
		}
	}
}
