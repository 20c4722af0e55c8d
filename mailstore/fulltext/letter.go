package fulltext

import (
	"encoding/binary"

	"lifeboat/mailstore"
)

// A term of the index begins with the letter of what it is about.
const (
	anywhere   = 'w' // a word, wherever it stands
	inSubject  = 's'
	inFrom     = 'f'
	inTo       = 't' // To, Cc or Bcc
	inCc       = 'c'
	inFile     = 'n' // an attachment's name
	oneSign    = 'u' // a sign that is in the document, wherever and however often it stands
	ofAccount  = 'a'
	attachment = 'h' // has attachments
)

// accountTerm says whose a message is.
func accountTerm(id mailstore.AccountID) string {
	return string(binary.BigEndian.AppendUint64([]byte{ofAccount}, uint64(id))) //nolint:gosec // a name, not a number
}

// read gives the inverter everything of a message by which it is found. Each value of
// a header stands for itself, so that no phrase goes from one into the next.
func (v *inverter) read(d Doc) {
	v.mark(accountTerm(d.Account))
	l := &d.Letter
	v.text(l.Subject, inSubject)
	v.people(l.From, inFrom)
	v.people(l.ReplyTo, 0)
	v.people(l.To, inTo)
	for _, cc := range l.Cc {
		v.text(cc.String(), inTo, inCc)
	}
	v.people(l.Bcc, inTo)
	v.text(l.MessageID, 0)
	files := false
	for _, a := range l.Attachments {
		v.text(a.Name, inFile)
		files = files || !a.Inline
	}
	if files {
		v.mark(string(rune(attachment)))
	}
	v.text(l.Text, 0)
}

func (v *inverter) people(people []mailstore.Address, field byte) {
	for _, p := range people {
		v.text(p.String(), field)
	}
}
