package mime

import (
	"strings"

	"lifeboat/mailstore"
)

// explain says what an enhanced status code means (RFC 3463, with the registry
// "Enumerated Status Codes" that IANA keeps by RFC 5248). A detail that is not known
// is explained by its subject.
func explain(status string) (mailstore.Sentence, bool) {
	class, detail, ok := strings.Cut(status, ".")
	if !ok || class == "2" {
		return mailstore.Sentence{}, false
	}
	s, known := statusDetails[detail]
	if !known {
		subject, _, _ := strings.Cut(detail, ".")
		if s, known = statusSubjects[subject]; !known {
			return mailstore.Sentence{}, false
		}
	}
	return mailstore.Sentence{Template: s.Template, Parts: map[string]string{"status": status}}, true
}

// statusSubjects explain the second number alone.
var statusSubjects = map[string]mailstore.Sentence{
	"1": mailstore.Say("{status}: something is wrong with the address."),
	"2": mailstore.Say("{status}: something is wrong with the recipient's mailbox."),
	"3": mailstore.Say("{status}: something is wrong at the recipient's mail server."),
	"4": mailstore.Say("{status}: something is wrong on the way to the recipient's mail server."),
	"5": mailstore.Say("{status}: the mail servers did not understand each other."),
	"6": mailstore.Say("{status}: the recipient's mail server cannot take the message's content."),
	"7": mailstore.Say("{status}: the recipient's mail server refused the message by its rules."),
}

// statusDetails explain the second and the third number.
var statusDetails = map[string]mailstore.Sentence{
	"1.1":  mailstore.Say("{status}: the mailbox does not exist. Check the part of the address before the @."),
	"1.2":  mailstore.Say("{status}: the domain does not exist or takes no mail. Check the part of the address after the @."),
	"1.3":  mailstore.Say("{status}: the address is not written as an address has to be."),
	"1.4":  mailstore.Say("{status}: the address stands for several mailboxes."),
	"1.6":  mailstore.Say("{status}: the mailbox has moved, and nobody knows where to."),
	"1.7":  mailstore.Say("{status}: the sender's address is not written as an address has to be."),
	"1.8":  mailstore.Say("{status}: the domain of the sender's address does not exist."),
	"1.9":  mailstore.Say("{status}: the message was handed on to a server that sends no reports."),
	"1.10": mailstore.Say("{status}: the recipient's domain takes no mail at all (null MX)."),
	"2.1":  mailstore.Say("{status}: the mailbox is disabled and takes no mail."),
	"2.2":  mailstore.Say("{status}: the mailbox is full."),
	"2.3":  mailstore.Say("{status}: the message is larger than the mailbox takes."),
	"2.4":  mailstore.Say("{status}: the mailing list could not be read."),
	"3.1":  mailstore.Say("{status}: the recipient's mail server has no space left."),
	"3.2":  mailstore.Say("{status}: the recipient's mail server takes no mail at the moment."),
	"3.3":  mailstore.Say("{status}: the recipient's mail server cannot do what the message needs."),
	"3.4":  mailstore.Say("{status}: the message is larger than the recipient's mail server takes."),
	"3.5":  mailstore.Say("{status}: the recipient's mail server is set up wrongly."),
	"4.1":  mailstore.Say("{status}: the recipient's mail server did not answer."),
	"4.2":  mailstore.Say("{status}: the connection to the recipient's mail server broke."),
	"4.3":  mailstore.Say("{status}: the address of the mail server could not be looked up."),
	"4.4":  mailstore.Say("{status}: no mail server could be found for the address."),
	"4.5":  mailstore.Say("{status}: the recipient's mail server has too much to do."),
	"4.6":  mailstore.Say("{status}: the message went round in circles."),
	"4.7":  mailstore.Say("{status}: the message could not be delivered in the time allowed."),
	"5.1":  mailstore.Say("{status}: a command came that the mail server did not expect."),
	"5.3":  mailstore.Say("{status}: the message has more recipients than the mail server takes."),
	"5.4":  mailstore.Say("{status}: a command had arguments that the mail server does not take."),
	"5.6":  mailstore.Say("{status}: the answer to the sign-in is longer than the mail server takes."),
	"6.1":  mailstore.Say("{status}: the recipient's mail server does not take this kind of content."),
	"6.2":  mailstore.Say("{status}: the content would have to be converted, which is not allowed."),
	"6.3":  mailstore.Say("{status}: the content would have to be converted, which cannot be done."),
	"6.5":  mailstore.Say("{status}: the content could not be converted."),
	"6.6":  mailstore.Say("{status}: the message's content is not to be had any more."),
	"6.7":  mailstore.Say("{status}: the recipient's mail server does not take addresses in other scripts."),
	"7.1":  mailstore.Say("{status}: the recipient's mail server does not let this sender send to this recipient, or takes the message for spam."),
	"7.2":  mailstore.Say("{status}: the sender may not write to this mailing list."),
	"7.3":  mailstore.Say("{status}: the message would have to be converted to another security, which cannot be done."),
	"7.4":  mailstore.Say("{status}: the mail server lacks a security feature that the message needs."),
	"7.5":  mailstore.Say("{status}: the message could not be encrypted or decrypted."),
	"7.7":  mailstore.Say("{status}: the message was altered on its way."),
	"7.8":  mailstore.Say("{status}: the mail server did not accept the name or the password."),
	"7.9":  mailstore.Say("{status}: this way of signing in is too weak for the mail server."),
	"7.10": mailstore.Say("{status}: the mail server wants an encrypted connection."),
	"7.11": mailstore.Say("{status}: this way of signing in needs an encrypted connection."),
	"7.13": mailstore.Say("{status}: the account is disabled."),
	"7.15": mailstore.Say("{status}: the message's priority is too low to be delivered now."),
	"7.17": mailstore.Say("{status}: the mailbox belongs to somebody else now."),
	"7.20": mailstore.Say("{status}: the message has no DKIM signature that holds."),
	"7.21": mailstore.Say("{status}: the message has no DKIM signature that the recipient's mail server accepts."),
	"7.22": mailstore.Say("{status}: the DKIM signature is of another domain than the sender's address."),
	"7.23": mailstore.Say("{status}: the sending server is not allowed to send for this domain (SPF)."),
	"7.24": mailstore.Say("{status}: the sending server could not be checked, as the domain's SPF record is wrong."),
	"7.25": mailstore.Say("{status}: the sending server has no name in the DNS."),
	"7.26": mailstore.Say("{status}: the message failed all checks of its sender (SPF, DKIM or DMARC)."),
	"7.27": mailstore.Say("{status}: the domain of the sender's address takes no mail (null MX)."),
	"7.28": mailstore.Say("{status}: too many messages came from this sender or server."),
	"7.29": mailstore.Say("{status}: the chain of signatures of the servers that passed the message on is broken (ARC)."),
	"7.30": mailstore.Say("{status}: a server on the way cannot encrypt as the message demands (REQUIRETLS)."),
}
