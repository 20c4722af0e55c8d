package imapscript

import (
	"regexp"
	"strings"
)

// match holds a line against a pattern, and remembers the tag when it fits.
func (c *Conn) match(pattern, line string) (found []string, ok bool) {
	expression, err := regexp.Compile("(?is)^" + strings.NewReplacer(
		"<tag>", "(?P<tag>[^ ]+)", "<any>", "(.*)", "<word>", "([^ ]*)",
	).Replace(regexp.QuoteMeta(pattern)) + "$")
	if err != nil {
		c.fail("%q is no pattern: %v", pattern, err)
	}
	groups := expression.FindStringSubmatch(line)
	if groups == nil {
		return nil, false
	}
	for i, name := range expression.SubexpNames() {
		switch {
		case i == 0:
		case name == "tag":
			c.tag = groups[i]
		default:
			found = append(found, groups[i])
		}
	}
	return found, true
}
