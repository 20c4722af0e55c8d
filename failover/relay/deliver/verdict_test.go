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
		// the office's address or name at the provider, not the message
		{atRcpt, "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example", account},
		{atRcpt, "554 5.7.1 <office[192.0.2.1]>: Client host rejected: Access denied", account},
		{atRcpt, "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", account},
		{atRcpt, "550 5.7.606 Access denied, banned sending IP [192.0.2.1]", account},
		{atEnd, "550 5.7.649 Access denied", account},
		{atEnd, "550 5.7.64 TenantAttribution; Relay Access Denied", account},
		// a server that is not itself
		{atRcpt, "503 5.5.1 Error: need MAIL command", verdict{}},
		{atRcpt, "500 5.3.0 Error: command failed", bounce},
		{atData, "502 5.5.1 Error: command not recognized", verdict{}},
		{atEnd, "550 5.3.2 System not accepting network messages", verdict{}},
		{atRcpt, "554 5.3.5 System incorrectly configured", verdict{}},
		// a message that exceeds a limit of its own must not stop its login
		{atEnd, "554 Message exceeds maximum size limit", bounce},
		{atEnd, "554 5.6.0 Too many MIME parts, limit exceeded", bounce},
		{atEnd, "550 5.7.1 This corporate list is limited to its members", bounce},
		{atEnd, "554 5.7.1 Daily sending limit reached", slower},
		{atMail, "550 5.7.1 The sending rate limit was exceeded", slower},
		// nor does one recipient who is put off
		{atRcpt, "450 4.7.1 <x@y>: Recipient address rejected: Please try again later", verdict{}},
		{atRcpt, "450 4.1.1 <x@y>: unverified address: too many deferrals", verdict{}},
	} {
		if got := judge(c.at, reply(c.text)); got != c.want {
			t.Errorf("%s: %+v, not %+v", c.text, got, c.want)
		}
	}
}
