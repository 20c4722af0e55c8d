package probe

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"

	"lifeboat/failover"
)

// Bounds on what is imported.
const (
	maxImport   = 8 << 20 // octets
	maxFindings = 20_000
)

// ImportOptions say when what is imported was seen.
type ImportOptions struct {
	// At is when a transcript was made; transcripts bear no time themselves. For a
	// file, that of its last change will do.
	At time.Time
	// Now is the present.
	Now time.Time
	// MaxAge is how old a result may be; 0 is MaxAge.
	MaxAge time.Duration
}

// Import reads a result from another line: the JSON document that "lifeboat check
// --json" prints there, or the transcript of an SMTP dialogue as telnet, nc,
// openssl s_client, swaks or curl -v show it, pasted as it is. Only checks that
// another line can do in our stead are taken (recipients, the hosts, their
// certificates), and nothing dated in the future. Whether a finding is about the
// right provider shows when it is merged into [Evidence], by the host it names.
//
// A transcript proves acceptance only if the same host refused another address of
// the domain in it.
//
// The error is failover.ErrInvalid when nothing in it counts, and says why.
func Import(r io.Reader, opt ImportOptions) ([]failover.Finding, error) {
	if opt.MaxAge <= 0 {
		opt.MaxAge = MaxAge
	}
	b, err := io.ReadAll(io.LimitReader(r, maxImport+1))
	switch {
	case err != nil:
		return nil, failover.Fail(failover.ErrInvalid, "The result could not be read.").Because(err)
	case len(b) > maxImport:
		return nil, failover.Fail(failover.ErrInvalid, "The result is longer than {count} megabytes; paste only the SMTP dialogue.", "count", maxImport>>20)
	}
	b = plainText(b)
	var got []failover.Finding
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		got, err = importJSON(b)
	} else {
		got, err = importTranscript(string(b), opt)
	}
	if err != nil {
		return nil, err
	}
	return sift(got, opt)
}

// plainText undoes what Windows does to a file: UTF-16 (as PowerShell's ">"
// writes it) and the byte order mark.
func plainText(b []byte) []byte {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	high := 1 // where the high octet of a pair is
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		high = 0
	default:
		return b
	}
	var out []rune
	for i := 2; i+1 < len(b); i += 2 {
		out = append(out, rune(b[i+high])<<8|rune(b[i+1-high]))
	}
	return []byte(string(out))
}

// sift keeps what another line can show in our stead and nobody dates in the
// future. What could not be seen there either says nothing about the provider, nor
// about our own line. Something in it has to be young enough to count.
func sift(got []failover.Finding, opt ImportOptions) ([]failover.Finding, error) {
	var out []failover.Finding
	young, early, blind := 0, 0, 0
	for _, f := range got {
		c, known := checkOf(f.Check)
		switch {
		case !known || !c.portable:
		case f.At.After(opt.Now.Add(ahead)):
			early++
		case f.Unseen:
			blind++
		default:
			out = append(out, f)
			if opt.Now.Sub(f.At) <= opt.MaxAge {
				young++
			}
		}
	}
	switch {
	case young > 0:
		return out, nil
	case len(out) > 0:
		return nil, failover.Fail(failover.ErrInvalid, "The result is older than {hours} hours and does not count; take it again.", "hours", int(opt.MaxAge.Hours()))
	case early > 0:
		return nil, failover.Fail(failover.ErrInvalid, "The result is dated in the future and is not believed; see whether the clocks of both machines are right.")
	case blind > 0:
		return nil, failover.Fail(failover.ErrInvalid, "The provider could not be looked at from the other line either, so the result shows nothing; take it on a line that lets mail out on port 25.")
	case len(got) > 0:
		return nil, failover.Fail(failover.ErrInvalid, "The result holds only what this machine has to see itself; nothing in it is about recipients or mail servers.")
	}
	return nil, failover.Fail(failover.ErrInvalid, "There is no result in it: neither findings of a check nor the answers of a mail server to RCPT TO.")
}

// importJSON reads the document that "lifeboat check --json" prints. Nothing in
// it is taken over unchecked: it may have been through many hands.
func importJSON(b []byte) ([]failover.Finding, error) {
	var doc struct {
		Findings []failover.Finding `json:"findings"`
	}
	err := json.Unmarshal(b, &doc)
	if err == nil && len(doc.Findings) > maxFindings {
		err = errors.New("too many findings")
	}
	if err != nil {
		return nil, failover.Fail(failover.ErrInvalid, "The result looks like the output of a check, but it is damaged; copy all of it.").Because(err)
	}
	for i := range doc.Findings {
		f := &doc.Findings[i]
		f.Domain, f.Subject = failover.FQDN(clean(f.Domain, 254)), clean(f.Subject, 254)
		f.Say, f.Remedy = cleanSentence(f.Say), cleanSentence(f.Remedy)
		for j, line := range f.Evidence[:min(40, len(f.Evidence))] {
			f.Evidence[j] = clean(line, 600)
		}
		f.Evidence = f.Evidence[:min(40, len(f.Evidence))]
		switch f.Verdict {
		case failover.Pass, failover.Warn, failover.Red:
		default:
			f.Verdict = failover.Unknown
		}
		unseen := (f.Unseen || f.OwnLine) && (f.Verdict == failover.Warn || f.Verdict == failover.Unknown)
		f.Source, f.OwnLine, f.Unseen = failover.FromImported, false, unseen
	}
	return doc.Findings, nil
}

func cleanSentence(s failover.Sentence) failover.Sentence {
	s.Template = clean(s.Template, 600)
	for i, a := range s.Args {
		s.Args[i] = clean(a, 600)
	}
	return s
}

// importTranscript makes findings of an SMTP dialogue.
func importTranscript(text string, opt ImportOptions) ([]failover.Finding, error) {
	dialogues := parseTranscript(text)
	if len(dialogues) == 0 {
		return nil, nil
	}
	if opt.At.IsZero() {
		return nil, failover.Fail(failover.ErrInvalid, "The transcript does not say when it was made; give its date and time.")
	}
	refuses := map[string]bool{} // a host and a domain of which it refused some address
	for _, d := range dialogues {
		if d.host == "" {
			return nil, failover.Fail(failover.ErrInvalid, "The transcript does not show which server was asked; paste it from the line that opens the connection.")
		}
		for _, a := range d.asked {
			if a.kind == rejected {
				refuses[d.host+" "+domainOf(a.address)] = true
			}
		}
	}
	var out []failover.Finding
	for _, d := range dialogues {
		for _, a := range d.asked {
			out = append(out, d.finding(a, refuses[d.host+" "+domainOf(a.address)], opt.At))
		}
	}
	return out, nil
}

// finding makes one finding of an answer in a transcript.
func (d dialogue) finding(a asked, refuses bool, at time.Time) failover.Finding {
	mx := failover.Display(d.host)
	f := failover.Finding{
		Check: "rcpt", Domain: domainOf(a.address), Subject: a.address, Verdict: failover.Unknown,
		Evidence: append([]string{"transcript: " + mx, "RCPT TO:<" + a.address + ">"}, a.reply.exact()...),
		Source:   failover.FromImported, At: at,
	}
	switch a.kind {
	case taken:
		if refuses {
			f.Verdict = failover.Pass
			f.Say = failover.Say("{mx} takes mail for {address}.", "mx", mx, "address", a.address)
			return f
		}
		f.Say = failover.Say("{mx} accepts {address}; the transcript does not show whether it accepts every address, so this proves nothing yet.", "mx", mx, "address", a.address)
		f.Remedy = failover.Say("In the same session, ask for an address that nobody has as well, such as {address}.", "address", stranger(f.Domain, at))
	case rejected, notTheir:
		f.Verdict = failover.Red
		f.Say = failover.Say("{address} is refused by {mx}: {answer}", "address", a.address, "mx", mx, "answer", a.reply)
		f.Remedy = failover.Say("Create the address at the provider, as an account, an alias or a group, and check again.")
	case policy, doubtful:
		f.Say = failover.Say("{mx} refuses the line that the transcript is from, not {address}: {answer}", "mx", mx, "address", a.address, "answer", a.reply)
		f.Remedy = failover.Say("Use a line that mail servers talk to, such as a rented server's.")
	default:
		f.Say = failover.Say("{mx} puts {address} off: {answer}", "mx", mx, "address", a.address, "answer", a.reply)
		f.Remedy = failover.Say("Ask again from there in a few minutes.")
	}
	return f
}
