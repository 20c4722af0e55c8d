// Package crowd makes up the mail of an organisation: some hundred accounts over a
// month, as many letters as a measurement wants, in Japanese and in Latin letters. It is
// what searches are measured on: words are as unevenly frequent as in real languages
// (Zipf's law), so that there are very common ones, rare ones, and everything between.
//
// Every letter is a function of the seed and its number alone: any number of
// goroutines may make different ones.
package crowd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"lifeboat/mailstore"
)

// Crowd is a made-up organisation.
type Crowd struct {
	seed     uint64
	accounts int
	end      time.Time
	latin    vocabulary
	japanese vocabulary
	names    []string // of people outside and inside
}

// Span is how long mail has been coming.
const Span = 30 * 24 * time.Hour

// New makes up an organisation with so many accounts, whose mail came in the Span before end.
func New(seed uint64, accounts int, end time.Time) *Crowd {
	r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // it is to be the same every time
	c := &Crowd{seed: seed, accounts: accounts, end: end}
	c.latin = newVocabulary(latinWords(r, 120_000))
	c.japanese = newVocabulary(japaneseWords(r, 60_000))
	for range 4000 {
		c.names = append(c.names, surnames[r.IntN(len(surnames))]+" "+givenNames[r.IntN(len(givenNames))])
	}
	return c
}

// Latin returns the words that letters are made of, the commonest first.
func (c *Crowd) Latin() []string { return c.latin.words }

// Japanese returns the words of the others.
func (c *Crowd) Japanese() []string { return c.japanese.words }

// Letter is one letter and where it belongs.
type Letter struct {
	Account  int // from 0
	Received time.Time
	mailstore.Letter
}

// Address is an account's address.
func (c *Crowd) Address(account int) string {
	return fmt.Sprintf("%s.%03d@example.jp", romaji(c.names[account%len(c.names)]), account)
}

// Letter makes letter i of n. An account's letters follow each other, by time, as a
// mirror first takes them in.
func (c *Crowd) Letter(i, n int) Letter {
	r := rand.New(rand.NewPCG(c.seed, uint64(i)+1)) //nolint:gosec // as above
	per := (n + c.accounts - 1) / c.accounts
	l := Letter{Account: i / per}
	step := Span / time.Duration(per)
	l.Received = c.end.Add(-Span + step*time.Duration(i%per) + time.Duration(r.Int64N(int64(step)))).Truncate(time.Second)
	l.Date = l.Received.Add(-time.Duration(r.IntN(20)) * time.Second)
	other := int(math.Pow(r.Float64(), 2) * float64(len(c.names))) // some write much
	name := c.names[other]
	l.From = []mailstore.Address{{Name: name, Address: romaji(name) + "@" + domains[other%len(domains)]}}
	for range 1 + r.IntN(3) {
		to := l.Account
		if len(l.To) > 0 {
			to = r.IntN(c.accounts)
		}
		l.To = append(l.To, mailstore.Address{Name: c.names[to%len(c.names)], Address: c.Address(to)})
	}
	l.MessageID = fmt.Sprintf("%016x.%d@%s", r.Uint64(), i, domains[other%len(domains)])
	japanese := r.Float64() < 0.6
	length := int(math.Exp(r.NormFloat64()*0.7 + 4.6)) // words: half of the letters have less than 100
	length = min(length, 3000)
	var subject, text strings.Builder
	if japanese {
		c.write(&subject, r, c.japanese, 4+r.IntN(6), "", 0)
		c.write(&text, r, c.japanese, length*9/10, "", 40)
	} else {
		c.write(&subject, r, c.latin, 3+r.IntN(6), " ", 0)
		c.write(&text, r, c.latin, length, " ", 72)
	}
	if r.IntN(3) == 0 {
		fmt.Fprintf(&subject, " %s-%04d", strings.ToUpper(c.latin.words[r.IntN(200)]), r.IntN(10000))
	}
	fmt.Fprintf(&text, "\n--\n%s\nhttps://%s/%x\n", l.From[0], domains[other%len(domains)], r.Uint32())
	l.Subject, l.Text = subject.String(), text.String()
	if r.IntN(7) == 0 {
		l.Attachments = []mailstore.Attachment{{Part: "2", Name: c.latin.words[r.IntN(5000)] + ".pdf", Type: "application/pdf", Size: 100_000}}
	}
	return l
}

// write writes words, with punctuation now and then, and breaks lines.
func (c *Crowd) write(b *strings.Builder, r *rand.Rand, v vocabulary, words int, gap string, width int) {
	stop := ". "
	if gap == "" {
		stop = "。"
	}
	line := 0
	for range words {
		w := v.pick(r)
		if gap == "" && r.IntN(4) > 0 { // most words are followed by one that says what they are there for
			w += particles[int(r.Float64()*r.Float64()*float64(len(particles)))]
		}
		b.WriteString(w)
		line += len(w) + len(gap)
		switch {
		case r.IntN(12) == 0:
			b.WriteString(stop)
		default:
			b.WriteString(gap)
		}
		if width > 0 && line > width {
			b.WriteByte('\n')
			line = 0
		}
	}
}
