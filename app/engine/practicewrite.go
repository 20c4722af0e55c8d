package engine

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"

	"lifeboat/failover"
)

// part is a piece of a MIME message (RFC 2045): its header fields, and what it holds.
type part struct {
	head []string // "Name: value"
	body []byte
}

// write writes a sample as a message, with CRLF after each line.
func (st *stocker) write(m sample, at time.Time, from mail.Address, to, cc []mail.Address) ([]byte, error) {
	body, err := st.body(m, at)
	if err != nil {
		return nil, err
	}
	head := []string{"From: " + from.String(), "To: " + addressList(to)}
	if len(cc) > 0 {
		head = append(head, "Cc: "+addressList(cc))
	}
	head = append(head, "Subject: "+mime.BEncoding.Encode("utf-8", m.Subject), "Date: "+at.Format(time.RFC1123Z), "Message-ID: "+st.messageID(m))
	if before, ok := st.keys[m.Re]; ok {
		head = append(head, "In-Reply-To: "+st.messageID(before))
		references := st.messageID(before)
		for first, ok := st.keys[before.Re]; ok; first, ok = st.keys[first.Re] {
			references = st.messageID(first) + " " + references
		}
		head = append(head, "References: "+references)
	}
	head = append(head, "MIME-Version: 1.0")
	return part{append(head, body.head...), body.body}.bytes(), nil
}

func (st *stocker) messageID(m sample) string {
	return "<" + m.Key + "." + st.now.Format("20060102") + "@" + domainPart(st.address(m.From).Address) + ">"
}

func domainPart(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

func addressList(list []mail.Address) string {
	var out []string
	for _, a := range list {
		out = append(out, a.String())
	}
	return strings.Join(out, ", ")
}

// body is what a message holds: its text in one or two ways, and what hangs on it.
func (st *stocker) body(m sample, at time.Time) (part, error) {
	text, err := st.quotes(m.Text)
	if err != nil {
		return part{}, err
	}
	body := textPart("plain", text)
	if m.HTML != "" {
		body = multipart("alternative", m.Key+"-a", body, textPart("html", m.HTML))
	}
	switch {
	case m.Invite != nil:
		event, err := st.invitation(m, at)
		if err != nil {
			return part{}, err
		}
		return multipart("mixed", m.Key, multipart("alternative", m.Key+"-a", body, event.inline()), event.attached()), nil
	case m.Report != nil:
		return st.report(m, body, at), nil
	case len(m.Files) == 0:
		return body, nil
	}
	parts := []part{body}
	for _, f := range m.Files {
		file, err := f.part()
		if err != nil {
			return part{}, err
		}
		parts = append(parts, file)
	}
	return multipart("mixed", m.Key, parts...), nil
}

// quotes puts in when the messages that are quoted were written.
func (st *stocker) quotes(text string) (string, error) {
	for key, m := range st.keys {
		at, err := st.time(m)
		if err != nil {
			return "", err
		}
		text = strings.ReplaceAll(text, "{date of "+key+"}", at.Format("2006-01-02 15:04"))
	}
	return text, nil
}

func (p part) bytes() []byte {
	var b bytes.Buffer
	for _, h := range p.head {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(p.body)
	return b.Bytes()
}

func textPart(kind, text string) part {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n"))) // a buffer takes everything
	_ = w.Close()
	return part{[]string{"Content-Type: text/" + kind + "; charset=utf-8", "Content-Transfer-Encoding: quoted-printable"}, b.Bytes()}
}

func filePart(name, kind string, data []byte) part {
	encoded := base64.StdEncoding.EncodeToString(data)
	var b bytes.Buffer
	const width = 76 // RFC 2045 section 6.8
	for len(encoded) > width {
		b.WriteString(encoded[:width] + "\r\n")
		encoded = encoded[width:]
	}
	b.WriteString(encoded + "\r\n")
	return part{[]string{
		"Content-Type: " + kind, "Content-Transfer-Encoding: base64",
		"Content-Disposition: " + mime.FormatMediaType("attachment", map[string]string{"filename": name}),
	}, b.Bytes()}
}

func multipart(kind, key string, parts ...part) part {
	boundary := "=_" + key
	var b bytes.Buffer
	for _, p := range parts {
		fmt.Fprintf(&b, "--%s\r\n%s\r\n", boundary, p.bytes())
	}
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	return part{[]string{"Content-Type: multipart/" + kind + `; boundary="` + boundary + `"`}, b.Bytes()}
}

func (f sampleFile) part() (part, error) {
	switch f.Kind {
	case "pdf":
		return filePart(f.Name, "application/pdf", onePage(f.Text)), nil
	case "png":
		data, err := sketch()
		return filePart(f.Name, "image/png", data), err
	}
	return filePart(f.Name, "text/csv; charset=utf-8", []byte(strings.ReplaceAll(f.Text, "\n", "\r\n"))), nil
}

// onePage is a PDF with one line on one page (ISO 32000-1 section 7.5).
func onePage(text string) []byte {
	var b bytes.Buffer
	var offsets []int
	object := func(body string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), body)
	}
	b.WriteString("%PDF-1.4\n")
	line := strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(text)
	page := "BT /F1 18 Tf 72 760 Td (" + line + ") Tj ET"
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>")
	object(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(page), page))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return b.Bytes()
}

// sketch is a small picture.
func sketch() ([]byte, error) {
	const wide, high = 160, 100
	m := image.NewRGBA(image.Rect(0, 0, wide, high))
	for y := range high {
		for x := range wide {
			c := color.RGBA{214, 186, 148, 255}
			if (x+2*y)%23 < 2 { // the grain of the wood
				c = color.RGBA{193, 160, 118, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, m)
	return b.Bytes(), err
}

// invitation is an iCalendar object (RFC 5545) in an iTIP request (RFC 5546).
type invitation []byte

func (i invitation) inline() part {
	p := textPart("calendar", "")
	p.head[0] = "Content-Type: text/calendar; charset=utf-8; method=REQUEST"
	p.body = textPart("", strings.ReplaceAll(string(i), "\r\n", "\n")).body
	return p
}

func (i invitation) attached() part { return filePart("invite.ics", "application/ics", i) }

func (st *stocker) invitation(m sample, at time.Time) (invitation, error) {
	clock, err := time.Parse("15:04", m.Invite.At)
	if err != nil {
		return nil, fmt.Errorf("practice: %s: %w", m.Key, err)
	}
	day := st.now.AddDate(0, 0, m.Invite.InDays)
	begin := time.Date(day.Year(), day.Month(), day.Day(), clock.Hour(), clock.Minute(), 0, 0, day.Location())
	const stamp = "20060102T150405Z"
	text := strings.NewReplacer(`\`, `\\`, ",", `\,`, ";", `\;`)
	from := st.address(m.From)
	lines := []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Practice//EN", "METHOD:REQUEST", "BEGIN:VEVENT",
		"UID:" + m.Key + "@" + domainPart(from.Address), "DTSTAMP:" + at.UTC().Format(stamp), "DTSTART:" + begin.UTC().Format(stamp),
		"DTEND:" + begin.Add(time.Duration(m.Invite.Minutes)*time.Minute).UTC().Format(stamp),
		"SUMMARY:" + text.Replace(m.Invite.Title), "LOCATION:" + text.Replace(m.Invite.Place), "ORGANIZER:mailto:" + from.Address,
	}
	for _, a := range st.addresses(m.To) {
		lines = append(lines, "ATTENDEE;RSVP=TRUE:mailto:"+a.Address)
	}
	lines = append(lines, "END:VEVENT", "END:VCALENDAR", "")
	return invitation(strings.Join(lines, "\r\n")), nil
}

// report is a delivery status notification (RFC 3464).
func (st *stocker) report(m sample, words part, at time.Time) part {
	domain := failover.Display(st.domain.Name)
	status := "Reporting-MTA: dns; mail." + domain + "\r\nArrival-Date: " + at.Add(-time.Minute).Format(time.RFC1123Z) +
		"\r\n\r\nFinal-Recipient: rfc822; " + m.Report.Recipient + "\r\nAction: failed\r\nStatus: " + m.Report.Status +
		"\r\nDiagnostic-Code: smtp; " + m.Report.Answer + "\r\n"
	original := "From: " + st.address(m.To[0]).Address + "\r\nTo: " + m.Report.Recipient + "\r\nSubject: " +
		mime.BEncoding.Encode("utf-8", m.Report.Subject) + "\r\nDate: " + at.Add(-time.Minute).Format(time.RFC1123Z) + "\r\n"
	p := multipart("report", m.Key, words,
		part{[]string{"Content-Type: message/delivery-status"}, []byte(status)},
		part{[]string{"Content-Type: text/rfc822-headers; charset=utf-8"}, []byte(original)})
	p.head[0] += "; report-type=delivery-status"
	return p
}
