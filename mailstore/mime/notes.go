package mime

import (
	"regexp"
	"strings"

	"lifeboat/mailstore"
)

// sealNote says that a part is signed, encrypted, or packed as only one program
// packs.
func sealNote(n *node) mailstore.Sentence {
	switch n.media {
	case "multipart/signed":
		if strings.Contains(strings.ToLower(n.params["protocol"]), "pgp") {
			return mailstore.Say("The message is signed with PGP. The signature was not checked.")
		}
		return mailstore.Say("The message is signed with S/MIME. The signature was not checked.")
	case "multipart/encrypted":
		return mailstore.Say("The message is encrypted with PGP. Save the attachments and open them with the recipient's key.")
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		switch strings.ToLower(n.params["smime-type"]) {
		case "signed-data":
			return mailstore.Say("The message is signed with S/MIME, and its text lies within the signature. Save the attachment {file} and open it with a mail program that knows S/MIME.", "file", n.fileName())
		case "compressed-data":
			return mailstore.Say("The message is compressed with S/MIME. Save the attachment {file} and open it with a mail program that knows S/MIME.", "file", n.fileName())
		case "certs-only":
			return mailstore.Say("The message brings certificates (S/MIME).")
		}
		return mailstore.Say("The message is encrypted with S/MIME. Save the attachment {file} and open it with the recipient's key.", "file", n.fileName())
	case "application/ms-tnef", "application/vnd.ms-tnef":
		return mailstore.Say("The attachment {file} is in Outlook's own format (TNEF). It may hold formatted text, appointments and further files.", "file", n.fileName())
	case "message/partial":
		return mailstore.Say("This is piece {number} of {total} of a message that was sent in pieces.", "number", orUnknown(n.params["number"]), "total", orUnknown(n.params["total"]))
	case "message/external-body":
		where := n.params["url"]
		if where == "" {
			where = strings.Trim(n.params["site"]+"/"+n.params["directory"]+"/"+n.params["name"], "/")
		}
		return mailstore.Say("A part of the message lies elsewhere and was not sent with it: {where}", "where", orUnknown(where))
	}
	return mailstore.Sentence{}
}

func orUnknown(value string) string {
	if value = clean(value); value == "" {
		return "?"
	}
	return cutText(value, 500)
}

var (
	uuBegin = regexp.MustCompile(`(?m)^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?$`)
	yBegin  = regexp.MustCompile(`(?m)^=ybegin [^\r\n]{0,200}\bname=([^\r\n]{1,255})\r?$`)
)

// textNotes says what lies within a text: files of uuencode and yEnc, PGP.
func textNotes(n *node) []mailstore.Sentence {
	if n.media != "text/plain" || n.disposition == "attachment" {
		return nil
	}
	var notes []mailstore.Sentence
	raw := n.raw
	if !identity(n.transfer) {
		raw = decode(raw, n.transfer)
	}
	text := string(raw)
	if strings.Contains(text, "\nbegin") || strings.HasPrefix(text, "begin") {
		for _, m := range uuBegin.FindAllStringSubmatch(text, 20) {
			notes = append(notes, mailstore.Say("The file {file} lies within the text (uuencode). To have it, save the message and open it with a program that knows uuencode.", "file", orUnknown(safeName(toUTF8([]byte(m[1]), "")))))
		}
	}
	if strings.Contains(text, "=ybegin ") {
		for _, m := range yBegin.FindAllStringSubmatch(text, 20) {
			notes = append(notes, mailstore.Say("The file {file} lies within the text (yEnc). To have it, save the message and open it with a program that knows yEnc.", "file", orUnknown(safeName(toUTF8([]byte(m[1]), "")))))
		}
	}
	switch {
	case strings.Contains(text, "-----BEGIN PGP MESSAGE-----"):
		notes = append(notes, mailstore.Say("A part of the text is encrypted with PGP."))
	case strings.Contains(text, "-----BEGIN PGP SIGNED MESSAGE-----"):
		notes = append(notes, mailstore.Say("The message is signed with PGP. The signature was not checked."))
	}
	return notes
}

// withoutFiles takes the lines of uuencode and yEnc out of a text: nobody reads them,
// and a search should not find them. The line that names the file stays.
func withoutFiles(text string) string {
	if !strings.Contains(text, "begin ") {
		return text
	}
	var out strings.Builder
	end := ""
	for line := range strings.SplitAfterSeq(text, "\n") {
		bare := strings.TrimRight(line, "\n")
		switch {
		case end != "":
			if bare == end || strings.HasPrefix(bare, end+" ") {
				end = ""
			} else if !dataLine(bare, end) {
				end = "" // it was no file, or is cut off
				out.WriteString(line)
			}
			continue
		case uuBegin.MatchString(bare):
			end = "end"
		case yBegin.MatchString(bare):
			end = "=yend"
		}
		out.WriteString(line)
	}
	return strings.Trim(out.String(), "\n")
}

// dataLine reports whether a line may be of a file: in uuencode, its first character
// tells its length.
func dataLine(line, end string) bool {
	if end == "=yend" || line == "" {
		return true
	}
	n := int(line[0]-' ') & 63
	want := (n + 2) / 3 * 4
	return line[0] >= ' ' && line[0] <= '`' && len(line)-1 <= want+4 && len(line)-1 >= want-4
}
