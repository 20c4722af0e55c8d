package deliver

import (
	"strings"

	"lifeboat/failover/relay/smtpout"
)

// whose says whom an answer is about.
type whose uint8

const (
	theMessage whose = iota // or one recipient of it
	theSender               // who may not send as this address
	theLogin                // a credential, an account, its limits
	theHost                 // the provider as a whole, or the way to it
)

// verdict is what an answer that is no consent means.
type verdict struct {
	whose whose
	// final: the message, or the recipient, is refused for good. Only theMessage ever is:
	// what is wrong with a credential, an account or a provider is for an admin to mend,
	// and the mail waits.
	final bool
	// throttled: the provider asks for patience.
	throttled bool
	// rest: the server takes no more recipients in one go; the others are for the next.
	rest bool
}

// stage is which command was answered.
type stage uint8

const (
	atMail stage = iota
	atRcpt
	atData // of DATA itself, or of a chunk
	atEnd
)

// judge says what a 4xx or 5xx answer to a message means.
func judge(at stage, r smtpout.Reply) verdict {
	text, code := strings.ToLower(r.String()), r.Enhanced()
	switch {
	case r.Local:
		return verdict{final: true}
	case at == atRcpt && (r.Code == 452 || r.Code == 552) && (code[min(1, len(code)):] == ".5.3" || strings.Contains(text, "too many recipients")):
		return verdict{rest: true}
	case r.Temporary():
		return judgeTemporary(at, r, code, text)
	case at != atRcpt && ofSize(r.Code, code):
		return verdict{final: true}
	}
	return judgePermanent(at, r, code, text)
}

func judgePermanent(at stage, r smtpout.Reply, code, text string) verdict {
	switch {
	case holds(text, "send as this sender", "sendasdenied", "sender address rejected", "not owned by user", "not authorized to send as", "not allowed to send as") ||
		code == "5.7.60" || code == "5.1.8":
		return verdict{whose: theSender}
	case code == "5.4.5" || code == "5.1.90" || at != atRcpt && ofQuota(code, text):
		return verdict{whose: theLogin, throttled: true}
	case ofAccount(r.Code, code, text):
		return verdict{whose: theLogin}
	case at == atMail && !ofMessage(r.Code, code):
		return verdict{whose: theSender}
	case ofServer(r.Code, code):
		return verdict{}
	}
	return verdict{final: true}
}

// ofServer reports a permanent answer by which a server that is not itself refuses
// whatever it is asked: commands that it knew before, a system that is full, shut or set up
// wrongly (RFC 3463 sections 3.4 and 3.5). The message waits by itself, and is given up when
// it is too old.
func ofServer(reply int, code string) bool {
	switch reply {
	case 500, 502, 503, 504:
		return code == "" || strings.HasPrefix(code, "5.5.")
	case 521:
		return true
	}
	return code == "5.3.1" || code == "5.3.2" || code == "5.3.5" || code == "5.4.3"
}

func judgeTemporary(at stage, r smtpout.Reply, code, text string) verdict {
	grey := holds(text, "greylist", "graylist", "grey-list", "gray-list")
	patience := r.Code == 421 || strings.HasPrefix(code, "4.7.") || r.Code == 454 ||
		holds(text, "rate limit", "limit exceeded", "too many", "too much", "too fast", "throttl", "concurrent", "slow down")
	ofRecipient := at == atRcpt && (strings.HasPrefix(code, "4.1.") || strings.HasPrefix(code, "4.2.") || holds(text, "recipient address rejected"))
	if patience && !grey && !ofRecipient {
		return verdict{whose: theLogin, throttled: true}
	}
	return verdict{}
}

// ofAccount reports a permanent answer that is about who we are, and not about the message.
func ofAccount(reply int, code, text string) bool {
	switch reply {
	case 530, 534, 535, 538:
		return true
	}
	switch code {
	case "5.7.8", "5.7.9", "5.7.14", "5.7.57", "5.7.64", "5.7.139":
		return true
	}
	return strings.HasPrefix(code, "5.7.50") || strings.HasPrefix(code, "5.7.70") || strings.HasPrefix(code, "5.7.6") && len(code) == len("5.7.606") ||
		holds(text, "client host", "blocked using", "banned sending ip", "helo command rejected") || // the office's address or name
		holds(text, "relay access denied", "relaying denied", "relay not permitted", "unable to relay", "not permitted to relay", "relaying not allowed",
			"authentication required", "must authenticate", "not authenticated", "starttls command first", "outbound sender",
			"account suspended", "account disabled", "account is disabled", "account blocked", "account locked", "account has been")
}

// ofMessage reports a permanent answer to MAIL that is about the message: its size, its
// kind, the form of its sender's address. Others are about the account.
func ofMessage(reply int, code string) bool {
	return ofSize(reply, code) || code == "5.1.7" || reply == 552 || reply == 555 || reply == 501 && code == "" || strings.HasPrefix(code, "5.6.")
}

// ofQuota reports that the account has sent as much as it may, for now. A message can
// exceed limits too: of its size, its lines, its way.
func ofQuota(code, text string) bool {
	if code == "5.2.2" || holds(text, "submissionquota") {
		return true
	}
	return holds(text, "limit", "quota", "too many") && holds(text, "exceed", "reached", "daily", "hourly", " rate") &&
		!strings.HasPrefix(code, "5.6.") && !holds(text, "size", "large", "length", "line", "header", "hop", "attachment")
}

func ofSize(reply int, code string) bool {
	return code == "5.3.4" || code == "5.2.3" || reply == 552 && code == ""
}

func holds(text string, words ...string) bool {
	for _, a := range words {
		if strings.Contains(text, a) {
			return true
		}
	}
	return false
}

// judgeFault says what the end of a connection means.
func judgeFault(f *smtpout.Fault) verdict {
	busy := f.Reply.Temporary() && judge(atMail, f.Reply).throttled
	switch f.Phase {
	case smtpout.SigningIn:
		if f.Reply.Code != 0 && f.Reply.Code != 421 || f.Ours {
			return verdict{whose: theLogin}
		}
	case smtpout.Sending, smtpout.Data:
		if busy {
			return verdict{whose: theLogin, throttled: true}
		}
	default:
	}
	return verdict{whose: theHost, throttled: busy && f.Phase != smtpout.Securing}
}
