package probe

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"
)

// Commands go out in one packet, and what servers do in the middle is noticed as ever:
// a null sender that is refused, a farewell, a connection that is cut.
func TestTrialPipelines(t *testing.T) {
	knows := func(to, _ string) string {
		if strings.Contains(to, "nobody") {
			return "550 5.1.1 no"
		}
		return "250 ok"
	}
	for name, c := range map[string]struct {
		set  func(*mailHost)
		want string // what is taken of three
	}{
		"as it comes":        {func(*mailHost) {}, "3 of 3"},
		"no null sender":     {func(h *mailHost) { h.mail = onlyNamed }, "3 of 3"},
		"no pipelining":      {func(h *mailHost) { h.ehlo = nil }, "3 of 3"},
		"cut off at the end": {func(h *mailHost) { h.command = cutAfter("RSET", 2) }, "3 of 3"},
		"cut off at once":    {func(h *mailHost) { h.command = cutAfter("RCPT", 1) }, "3 of 3"},
		"cut off for ever":   {func(h *mailHost) { h.command = cutAfter("RCPT", 100) }, "0 of 3"},
		"no sender":          {func(h *mailHost) { h.mail = func(string) string { return "550 5.7.1 no" } }, "your own line"},
		"later":              {func(h *mailHost) { h.rcpt = func(string, string) string { return "421 4.3.2 bye" } }, "0 of 3"},
	} {
		w := newWorld(t)
		w.target.Provider.MX = w.target.Provider.MX[:1]
		w.mx1.rcpt = knows
		c.set(w.mx1)
		if r := w.try("rcpt"); r.Word.String() != c.want {
			t.Errorf("%s: %q: %+v", name, r.Word, r.Findings)
		}
	}
}

func onlyNamed(from string) string {
	if from == "" {
		return "550 5.7.1 no bounces"
	}
	return "250 ok"
}

// cutAfter cuts the connection at so many commands of a kind.
func cutAfter(word string, times int32) func(string, net.Conn) string {
	var n atomic.Int32
	return func(line string, c net.Conn) string {
		if strings.HasPrefix(line, word) && n.Add(1) <= times {
			_ = c.Close()
		}
		return ""
	}
}
