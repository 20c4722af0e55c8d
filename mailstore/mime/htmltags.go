package mime

import (
	"bytes"
	"regexp"
	"strings"
)

// skipped are elements whose content is not for readers.
func skipped(tag string) bool {
	switch tag {
	case "script", "style", "title", "template", "noscript", "svg", "iframe", "object", "audio", "video", "canvas", "select", "noframes":
		return true
	}
	return false
}

// block returns how many line ends stand before and behind an element.
func block(tag string) int {
	switch tag {
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol", "dl", "table", "hr":
		return 2
	case "div", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "center", "form", "address", "figure", "main", "nav", "caption", "option", "fieldset", "body":
		return 1
	}
	return 0
}

func isVoid(tag string) bool {
	switch tag {
	case "img", "br", "hr", "input", "meta", "link", "col", "area", "base", "embed", "source", "track", "wbr":
		return true
	}
	return false
}

var hiding = regexp.MustCompile(`(?:display:none|visibility:hidden|mso-hide:all|(?:^|;)(?:font-size|max-height|opacity):0(?:\.0+)?(?:px|pt|em|%)?(?:!important)?(?:;|$))`)

// isHidden reports whether an element is not to be seen.
func isHidden(attr map[string]string) bool {
	if _, hidden := attr["hidden"]; hidden {
		return true
	}
	style := attr["style"]
	return style != "" && hiding.MatchString(strings.ToLower(strings.Join(strings.Fields(style), "")))
}

// isPixel reports whether a picture is too small to be seen.
func isPixel(attr map[string]string) bool {
	small := func(v string) bool { v = strings.TrimSuffix(v, "px"); return v == "0" || v == "1" }
	return small(attr["width"]) || small(attr["height"]) || isHidden(attr)
}

var metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?\s*([a-z0-9_:.\-]{2,40})`)

// htmlCharset is the charset that a page names itself.
func htmlCharset(raw []byte) string {
	if m := metaCharset.FindSubmatch(raw[:min(len(raw), 4096)]); m != nil {
		name := string(bytes.ToLower(m[1]))
		if strings.HasPrefix(name, "utf-16") {
			return "utf-8" // it could not have been read
		}
		return name
	}
	return ""
}
