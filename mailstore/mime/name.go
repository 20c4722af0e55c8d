package mime

import (
	"mime"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is how long a file name may be, in octets of UTF-8: file systems take 255,
// and others may have to add to it.
const maxName = 200

// safeName makes of a name that a stranger chose one that can be written as a file
// on any system: no path, no control characters, nothing that turns the direction of
// writing, none of Windows' device names, not hidden, not endless. It is empty where
// nothing is left.
func safeName(name string) string {
	name = strings.ToValidUTF8(name, "_")
	if at := strings.LastIndexAny(name, `/\`); at >= 0 {
		name = name[at+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case isBidi(r) || r == '\u00ad' || r >= 0x200b && r <= 0x200d || r == '\ufeff':
			return -1
		case unicode.IsControl(r) || strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r) && !unicode.Is(unicode.Co, r):
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(strings.TrimRight(strings.TrimSpace(name), ". "), " ")
	if strings.Trim(name, "._ ") == "" {
		return ""
	}
	if name[0] == '.' {
		name = "_" + name[1:]
	}
	stem, _, _ := strings.Cut(name, ".")
	if isDevice(strings.TrimSpace(stem)) {
		name = "_" + name
	}
	return shorten(name)
}

// isDevice reports whether Windows keeps a name for a device, whatever its extension.
func isDevice(stem string) bool {
	stem = strings.ToUpper(stem)
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	for _, p := range []string{"COM", "LPT"} {
		if rest, ok := strings.CutPrefix(stem, p); ok && utf8.RuneCountInString(rest) == 1 && strings.Contains("0123456789¹²³", rest) {
			return true
		}
	}
	return false
}

// shorten cuts a long name before its extension.
func shorten(name string) string {
	if len(name) <= maxName {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > 20 {
		ext = ""
	}
	return strings.TrimRight(cutText(name[:len(name)-len(ext)], maxName-len(ext)), ". ") + ext
}

// cutText cuts a text to at most n octets, not within a character.
func cutText(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// fileName is the name under which a part is saved. A part that nobody named is
// called after what it is.
func (n *node) fileName() string {
	if name := safeName(n.name); name != "" {
		return name
	}
	if n.message {
		name := ""
		if len(n.children) > 0 {
			name = safeName(strings.ReplaceAll(n.children[0].subject(), "/", "_"))
		}
		if name == "" {
			return "message.eml"
		}
		return shorten(name + ".eml")
	}
	if name := safeName(headerText(n.head.get("content-description"), "")); name != "" && strings.Contains(name, ".") {
		return name
	}
	switch n.media {
	case "application/ms-tnef", "application/vnd.ms-tnef":
		return "winmail.dat"
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return "smime.p7m"
	case "application/pkcs7-signature", "application/x-pkcs7-signature":
		return "smime.p7s"
	case "application/pgp-signature":
		return "signature.asc"
	case "application/pgp-encrypted":
		return "version.asc"
	case "text/calendar":
		return "invite.ics"
	}
	major, _, _ := strings.Cut(n.media, "/")
	switch major {
	case "image", "audio", "video", "text", "message", "font", "model":
	default:
		major = "attachment"
	}
	return major + extension(n.media)
}

// extension is the usual one of a media type: always the same, on every system.
func extension(media string) string {
	switch media {
	case "image/jpeg", "image/jpg", "image/pjpeg":
		return ".jpg"
	case "text/plain":
		return ".txt"
	case "text/html":
		return ".html"
	case "application/pdf":
		return ".pdf"
	case "application/zip", "application/x-zip-compressed":
		return ".zip"
	case "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff", "text/csv", "text/xml", "application/json", "application/xml", "application/rtf", "video/mp4":
		return "." + media[strings.IndexByte(media, '/')+1:]
	case "audio/mpeg":
		return ".mp3"
	case "text/vcard", "text/x-vcard":
		return ".vcf"
	case "text/rfc822-headers", "message/delivery-status", "message/disposition-notification":
		return ".txt"
	case "application/msword":
		return ".doc"
	case "application/vnd.ms-excel":
		return ".xls"
	case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
		return ".docx"
	case "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
		return ".xlsx"
	case "application/vnd.openxmlformats-officedocument.presentationml.presentation":
		return ".pptx"
	}
	return ".bin"
}

// typeByName is the media type of a file that was sent as application/octet-stream.
func typeByName(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".html", ".xml", ".json": // those that package mime knows without the system's tables
		t, _, _ := strings.Cut(mime.TypeByExtension(strings.ToLower(path.Ext(name))), ";")
		return t
	}
	return ""
}
