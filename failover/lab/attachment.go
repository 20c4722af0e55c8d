package lab

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"strings"
)

// maxNested bounds messages within messages and parts within parts.
const maxNested = 8

// hasAttachment reports whether a message has a part that is kept in a file of its
// own (RFC 2183 section 2.2), or is nothing but such a part. What cannot be read
// has none.
func hasAttachment(data []byte) bool {
	m, err := mail.ReadMessage(bytes.NewReader(data))
	return err == nil && attaches(textproto.MIMEHeader(m.Header), m.Body, 0)
}

func attaches(h textproto.MIMEHeader, body io.Reader, depth int) bool {
	disposition, params, err := mime.ParseMediaType(h.Get("Content-Disposition"))
	if err == nil && (disposition == "attachment" || params["filename"] != "") {
		return true
	}
	typ, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return false
	}
	if params["name"] != "" { // how it was done before RFC 2183, and is by many still
		return true
	}
	if !strings.HasPrefix(typ, "multipart/") || params["boundary"] == "" || depth >= maxNested {
		return false
	}
	parts := multipart.NewReader(body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return false
		}
		if attaches(part.Header, part, depth+1) {
			return true
		}
	}
}
