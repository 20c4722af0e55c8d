package mirror_test

import (
	"bufio"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"lifeboat/mailstore"
)

// raw is an IMAP client that shares no code with the mirror's: what it reads is what
// the mirror is compared with.
type raw struct {
	t    testing.TB
	conn *tls.Conn
	in   *bufio.Reader
	tag  int
}

func dialRaw(t testing.TB, o order) *raw {
	t.Helper()
	conn, err := tls.Dial("tcp", o.Address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	r := &raw{t: t, conn: conn, in: bufio.NewReaderSize(conn, 1<<20)}
	r.line()
	r.do(fmt.Sprintf("LOGIN %s %s", o.User, o.Password), nil)
	return r
}

func (r *raw) close() { _ = r.conn.Close() }

func (r *raw) line() string {
	r.t.Helper()
	text, err := r.in.ReadString('\n')
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.TrimRight(text, "\r\n")
}

// do runs a command and hands its untagged lines over; a literal is read by it, from
// r.in.
func (r *raw) do(command string, each func(line string)) {
	r.t.Helper()
	r.tag++
	tag := fmt.Sprintf("r%d ", r.tag)
	if _, err := io.WriteString(r.conn, tag+command+"\r\n"); err != nil {
		r.t.Fatal(err)
	}
	for {
		text := r.line()
		if answer, ok := strings.CutPrefix(text, tag); ok {
			if !strings.HasPrefix(answer, "OK") {
				r.t.Fatalf("%.200s: %s", command, answer)
			}
			return
		}
		if each != nil {
			each(text)
		}
	}
}

var (
	listed  = regexp.MustCompile(`^\* LIST \(([^)]*)\) "(.)" (.*)$`)
	fetched = regexp.MustCompile(`^\* \d+ FETCH \(UID (\d+) FLAGS \(([^)]*)\) INTERNALDATE "([^"]*)" BODY\[\] \{(\d+)\}$`)
)

// folders tells the names of all folders that hold mail, as they go over the line.
func (r *raw) folders() []string {
	var names []string
	r.do(`LIST "" "*"`, func(text string) {
		m := listed.FindStringSubmatch(text)
		if m == nil || strings.Contains(m[1], "Noselect") || strings.Contains(m[1], "NonExistent") {
			return
		}
		names = append(names, m[3])
	})
	return names
}

// held is everything that the server serves, in the words of desk.held.
func (r *raw) held() string {
	r.t.Helper()
	var lines []string
	for _, name := range r.folders() {
		exists := 0
		r.do("EXAMINE "+name, func(text string) {
			if strings.HasSuffix(text, " EXISTS") {
				_, _ = fmt.Sscanf(text, "* %d", &exists)
			}
		})
		if exists == 0 {
			continue
		}
		r.do("UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])", func(text string) {
			m := fetched.FindStringSubmatch(text)
			if m == nil {
				return
			}
			size, err := strconv.ParseInt(m[4], 10, 64)
			if err != nil {
				r.t.Fatal(err)
			}
			h := sha256.New()
			if _, err := io.CopyN(h, r.in, size); err != nil {
				r.t.Fatal(err)
			}
			uid, err := strconv.ParseUint(m[1], 10, 32)
			if err != nil {
				r.t.Fatal(err)
			}
			received, err := time.Parse("_2-Jan-2006 15:04:05 -0700", m[3])
			if err != nil {
				r.t.Fatal(err)
			}
			lines = append(lines, placeLine(plainName(name), mailstore.UID(uid), mailstore.MakeFlags(strings.Fields(m[2])...), received, [32]byte(h.Sum(nil))))
		})
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// plainName reads a name in quotes and modified UTF-7 (RFC 3501 section 5.1.3).
func plainName(name string) string {
	if unquoted, ok := strings.CutPrefix(name, `"`); ok {
		name = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(strings.TrimSuffix(unquoted, `"`))
	}
	return regexp.MustCompile(`&[^-]*-`).ReplaceAllStringFunc(name, func(part string) string {
		part = part[1 : len(part)-1]
		if part == "" {
			return "&"
		}
		octets, err := base64.RawStdEncoding.DecodeString(strings.ReplaceAll(part, ",", "/"))
		if err != nil {
			return "?"
		}
		units := make([]uint16, len(octets)/2)
		for i := range units {
			units[i] = uint16(octets[2*i])<<8 | uint16(octets[2*i+1])
		}
		return string(utf16.Decode(units))
	})
}

// appendMessage delivers a message (LITERAL+, RFC 7888).
func (r *raw) appendMessage(folder, message string) {
	r.do(fmt.Sprintf("APPEND %s {%d+}\r\n%s", folder, len(message), message), nil)
}
