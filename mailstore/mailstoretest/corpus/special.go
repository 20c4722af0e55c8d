package corpus

import (
	"bytes"
	"fmt"
	"strings"
)

// special are the kinds that say something by their structure.
func special() []kind {
	return []kind{
		{"delivery report", 0, (*maker).deliveryReport},
		{"qmail report", 0, func(m *maker) []byte {
			return m.typed("text/plain", "Hi. This is the qmail-send program at partner.test.\r\nI'm afraid I wasn't able to deliver your message to the following addresses.\r\n\r\n"+
				"<nobody@partner.test>:\r\n192.0.2.1 does not like recipient.\r\nRemote host said: 550 5.1.1 unknown user\r\nGiving up on 192.0.2.1.\r\n")
		}},
		{"read receipt", 0, (*maker).readReceipt},
		{"calendar", 0, (*maker).calendar},
		{"attached message", 0, (*maker).attachedMessage},
		{"signed with S/MIME", 0, (*maker).signed},
		{"encrypted with S/MIME", 0, func(m *maker) []byte {
			return m.file("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", 1500)
		}},
		{"encrypted with PGP", 0, (*maker).encrypted},
		{"PGP in the text", 0, func(m *maker) []byte {
			return m.typed("text/plain", "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA0h2\r\n=abcd\r\n-----END PGP MESSAGE-----\r\n")
		}},
		{"winmail.dat", 0, func(m *maker) []byte {
			return m.file("application/ms-tnef; name=winmail.dat\r\nContent-Disposition: attachment; filename=winmail.dat", 3000)
		}},
		{"partial", 0, func(m *maker) []byte {
			return m.typed("message/partial; id=\"p@corpus.test\"; number=2; total=3", "the second third\r\n")
		}},
		{"external body", 0, func(m *maker) []byte {
			return m.typed("message/external-body; access-type=URL; URL=\"https://example.test/f\"", "Content-Type: application/pdf\r\n\r\n")
		}},
		{"file names that are traps", 0, (*maker).traps},
	}
}

func (m *maker) deliveryReport() []byte {
	boundary := m.boundary()
	var b bytes.Buffer
	m.head(&b, "Undelivered Mail Returned to Sender", "Auto-Submitted: auto-replied",
		"Content-Type: multipart/report; report-type=delivery-status; boundary=\""+boundary+"\"")
	fmt.Fprintf(&b, "--%s\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nI'm sorry to have to inform you that your message could not be delivered.\r\n", boundary)
	fmt.Fprintf(&b, "--%s\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.partner.test\r\n\r\n"+
		"Final-Recipient: rfc822; nobody%d@partner.test\r\nAction: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.partner.test\r\n"+
		"Diagnostic-Code: smtp; 550 5.1.1 <nobody@partner.test>: Recipient address rejected:\r\n    User unknown\r\n\r\n", boundary, m.number)
	fmt.Fprintf(&b, "--%s\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: a@example.test\r\nSubject: %s\r\n\r\n--%s--\r\n",
		boundary, encoded(pick(m, inJapanese().subjects)), boundary)
	return b.Bytes()
}

func (m *maker) readReceipt() []byte {
	boundary := m.boundary()
	var b bytes.Buffer
	m.head(&b, "Read: minutes", "Content-Type: multipart/report; report-type=disposition-notification; boundary=\""+boundary+"\"")
	fmt.Fprintf(&b, "--%s\r\n\r\nYour message was displayed.\r\n--%s\r\nContent-Type: message/disposition-notification\r\n\r\n"+
		"Reporting-UA: mail.partner.test; Corpus\r\nFinal-Recipient: rfc822;ben@partner.test\r\nOriginal-Message-ID: <x@corpus.test>\r\n"+
		"Disposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--%s--\r\n", boundary, boundary, boundary)
	return b.Bytes()
}

func (m *maker) calendar() []byte {
	boundary := m.boundary()
	begin := m.at.AddDate(0, 0, 3).Format("20060102")
	var b bytes.Buffer
	m.head(&b, encoded("会議のご案内"), "Content-Type: multipart/alternative; boundary=\""+boundary+"\"")
	m.twoTexts(&b, boundary, inJapanese())
	b.Truncate(b.Len() - len("--\r\n"))
	fmt.Fprintf(&b, "\r\nContent-Type: text/calendar; charset=utf-8; method=REQUEST\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"+
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//corpus//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:%d@corpus.test\r\nDTSTAMP:%sT000000Z\r\n"+
		"DTSTART;TZID=Asia/Tokyo:%sT100000\r\nDTEND;TZID=Asia/Tokyo:%sT110000\r\nSUMMARY:定例会議\r\nLOCATION:第一会議室\\, 3階\r\n"+
		"ORGANIZER;CN=\"山田 太郎\":mailto:taro@example.test\r\nATTENDEE;CN=Anna;ROLE=REQ-PARTICIPANT:mailto:anna@example.test\r\n"+
		"DESCRIPTION:議題は次の\r\n とおりです。\\n1. 予算\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n\r\n--%s--\r\n",
		m.number, begin, begin, begin, boundary)
	return b.Bytes()
}

func (m *maker) attachedMessage() []byte {
	boundary := m.boundary()
	var b bytes.Buffer
	m.head(&b, "Fwd: see attached", "Content-Type: multipart/mixed; boundary=\""+boundary+"\"")
	fmt.Fprintf(&b, "--%s\r\nContent-Type: text/plain\r\n\r\nSee the message attached.\r\n--%s\r\nContent-Type: message/rfc822\r\n\r\n", boundary, boundary)
	b.Write(m.attachment())
	fmt.Fprintf(&b, "\r\n--%s--\r\n", boundary)
	return b.Bytes()
}

func (m *maker) signed() []byte {
	boundary := m.boundary()
	var b bytes.Buffer
	m.head(&b, "signed", "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\""+boundary+"\"")
	fmt.Fprintf(&b, "--%s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s--%s\r\n"+
		"Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=smime.p7s\r\n\r\n",
		boundary, m.body(inJapanese()), boundary)
	m.base64(&b, 2200)
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	return b.Bytes()
}

func (m *maker) encrypted() []byte {
	boundary := m.boundary()
	var b bytes.Buffer
	m.head(&b, "...", "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=\""+boundary+"\"")
	fmt.Fprintf(&b, "--%s\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--%s\r\nContent-Type: application/octet-stream; name=encrypted.asc\r\n\r\n"+
		"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA0h2\r\n=abcd\r\n-----END PGP MESSAGE-----\r\n\r\n--%s--\r\n", boundary, boundary, boundary)
	return b.Bytes()
}

// file is a message that is one file.
func (m *maker) file(contentType string, size int) []byte {
	var b bytes.Buffer
	m.head(&b, fmt.Sprintf("file %d", m.number), "Content-Type: "+contentType, "Content-Transfer-Encoding: base64")
	m.base64(&b, size)
	return b.Bytes()
}

// traps are attachments whose names would do harm as they are.
func (m *maker) traps() []byte {
	names := []string{
		`filename="../../etc/passwd"`, `filename="C:\\Windows\\system32\\x.dll"`, `filename="CON.txt"`, `filename=""`,
		`filename="invoice` + "\u202e" + `fdp.exe"`, `filename*=UTF-8''a%00b%0d%0a.txt`, `filename="` + strings.Repeat("long", 200) + `.pdf"`, `filename=". . ."`,
	}
	var b bytes.Buffer
	m.head(&b, "traps", "Content-Type: multipart/mixed; boundary=traps")
	for _, name := range names {
		fmt.Fprintf(&b, "--traps\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; %s\r\n\r\nx\r\n", name)
	}
	b.WriteString("--traps--\r\n")
	return b.Bytes()
}
