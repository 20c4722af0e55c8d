package queue

import (
	"strings"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Which fields of an event are there. A later version adds at the end.
const (
	hasID = 1 << iota
	hasUser
	hasFrom
	hasTo
	hasMessageID
	hasSubject
	hasSize
	hasDomain
	hasRole
	hasHost
	hasAnswer
	hasCode
	hasTLS
	hasTry
	hasBy
	hasOther
	hasSay
	hasLogin
)

func putEvent(e *relay.Event) []byte {
	fields := eventFields(e)
	b := putWord(putTime(putUint(make([]byte, 0, 256), fields), e.At), kinds, e.Kind)
	for _, f := range []struct {
		bit  uint64
		text string
	}{
		{hasID, string(e.ID)}, {hasUser, e.User}, {hasFrom, e.From}, {hasMessageID, e.MessageID}, {hasSubject, e.Subject},
		{hasDomain, e.Domain}, {hasHost, e.Host}, {hasAnswer, e.Answer}, {hasBy, e.By}, {hasOther, string(e.Other)},
	} {
		if fields&f.bit != 0 {
			b = putString(b, f.text)
		}
	}
	if fields&hasTo != 0 {
		b = putStrings(b, e.To)
	}
	if fields&hasSize != 0 {
		b = putInt(b, e.Size)
	}
	if fields&hasRole != 0 {
		b = putWord(b, roles, e.Role)
	}
	if fields&hasCode != 0 {
		b = putInt(b, int64(e.Code))
	}
	if fields&hasTLS != 0 {
		b = putString(putString(putString(b, e.TLS.Version), e.TLS.Cipher), e.TLS.Name)
	}
	if fields&hasTry != 0 {
		b = putInt(b, int64(e.Try))
	}
	if fields&hasSay != 0 {
		b = putSentence(b, e.Say)
	}
	if fields&hasLogin != 0 {
		b = putString(b, e.Login)
	}
	return b
}

func eventFields(e *relay.Event) (fields uint64) {
	for i, there := range []bool{
		e.ID != "", e.User != "", e.From != "", len(e.To) > 0, e.MessageID != "", e.Subject != "", e.Size != 0,
		e.Domain != "", e.Role != "", e.Host != "", e.Answer != "", e.Code != 0, e.TLS != nil, e.Try != 0, e.By != "",
		e.Other != "", e.Say.Template != "" || len(e.Say.Args) > 0, e.Login != "",
	} {
		if there {
			fields |= 1 << i
		}
	}
	return fields
}

// readEvent reads an event whose strings are parts of what the decoder was given.
func readEvent(d *decoder, e *relay.Event) {
	fields := d.uint()
	*e = relay.Event{At: d.time(), Kind: word(d, kinds)}
	text := func(bit uint64) string {
		if fields&bit == 0 {
			return ""
		}
		return d.string()
	}
	e.ID, e.User, e.From = relay.ID(text(hasID)), text(hasUser), text(hasFrom)
	e.MessageID, e.Subject, e.Domain = text(hasMessageID), text(hasSubject), text(hasDomain)
	e.Host, e.Answer, e.By, e.Other = text(hasHost), text(hasAnswer), text(hasBy), relay.ID(text(hasOther))
	if fields&hasTo != 0 {
		e.To = d.strings()
	}
	if fields&hasSize != 0 {
		e.Size = d.int()
	}
	if fields&hasRole != 0 {
		e.Role = word(d, roles)
	}
	if fields&hasCode != 0 {
		e.Code = int(d.int())
	}
	if fields&hasTLS != 0 {
		e.TLS = &relay.TLS{Version: d.string(), Cipher: d.string(), Name: d.string()}
	}
	if fields&hasTry != 0 {
		e.Try = int(d.int())
	}
	if fields&hasSay != 0 {
		e.Say = d.sentence()
	}
	e.Login = text(hasLogin)
}

// keepEvent makes an event independent of the text that it was read from.
func keepEvent(e relay.Event) relay.Event {
	e.Kind, e.Role = relay.EventKind(strings.Clone(string(e.Kind))), failover.Role(strings.Clone(string(e.Role)))
	e.ID, e.Other = relay.ID(strings.Clone(string(e.ID))), relay.ID(strings.Clone(string(e.Other)))
	for _, s := range []*string{
		&e.User, &e.From, &e.MessageID, &e.Subject, &e.Domain, &e.Host, &e.Answer, &e.By, &e.Say.Template, &e.Login,
	} {
		*s = strings.Clone(*s)
	}
	for _, list := range [][]string{e.To, e.Say.Args} {
		for i := range list {
			list[i] = strings.Clone(list[i])
		}
	}
	if e.TLS != nil {
		e.TLS = &relay.TLS{
			Version: strings.Clone(e.TLS.Version), Cipher: strings.Clone(e.TLS.Cipher), Name: strings.Clone(e.TLS.Name),
		}
	}
	return e
}

func putSample(b []byte, s *relay.Sample) []byte {
	b = putString(putTime(b, s.At), s.Domain)
	b = putWord(b, roles, s.Role)
	b = putInt(putInt(putInt(putInt(b, int64(s.Waiting)), int64(s.Held)), int64(s.Uncertain)), s.Bytes)
	b = putTime(b, s.Oldest)
	return putUint(putUint(putUint(putUint(b, s.Accepted), s.Delivered), s.Bounced), s.Again)
}

func readSample(d *decoder) relay.Sample {
	return relay.Sample{
		At: d.time(), Domain: d.string(), Role: word(d, roles),
		Waiting: int(d.int()), Held: int(d.int()), Uncertain: int(d.int()), Bytes: d.int(), Oldest: d.time(),
		Accepted: d.uint(), Delivered: d.uint(), Bounced: d.uint(), Again: d.uint(),
	}
}
