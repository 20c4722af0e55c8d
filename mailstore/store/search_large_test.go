package store_test

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"mime"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/fulltext"
	"lifeboat/mailstore/mailstoretest/crowd"
	"lifeboat/mailstore/store"
)

// BenchmarkLarge fills a store with the mail of 300 people in a month, as the mirror
// would, and searches and lists it: 1,000,000 messages by `make bench-large`, or as many as
// LIFEBOAT_LARGE says; 10,000 without it. In the folder LIFEBOAT_LARGE_DIR the store is kept, and not
// filled again the next time. What it measures it prints as a table.
func BenchmarkLarge(b *testing.B) {
	l := &large{B: b, n: 10_000, accounts: 300}
	if n, err := strconv.Atoi(os.Getenv("LIFEBOAT_LARGE")); err == nil && n >= 1000 {
		l.n = n
	}
	l.o = store.Options{Dir: b.TempDir(), Key: key, Now: func() time.Time { return noon }}
	l.crowd = crowd.New(7, l.accounts, noon)
	l.out = tabwriter.NewWriter(os.Stdout, 2, 8, 2, ' ', 0)
	if dir := os.Getenv("LIFEBOAT_LARGE_DIR"); dir != "" {
		l.o.Dir = dir
	}
	if _, err := os.Stat(filepath.Join(l.o.Dir, "index.db")); err != nil {
		l.fill()
	}
	l.size()
	l.measure()
	l.row("")
	if err := l.out.Flush(); err != nil {
		b.Fatal(err)
	}
}

// large is a large store, and what is found out about it.
type large struct {
	*testing.B
	n, accounts int
	o           store.Options
	crowd       *crowd.Crowd
	out         *tabwriter.Writer
	s           *store.Store
	ids         []mailstore.AccountID
}

func (l *large) row(cells ...string) { fmt.Fprintln(l.out, strings.Join(cells, "\t")) }

func (l *large) open() {
	l.Helper()
	var err error
	if l.s, err = store.Open(l.Context(), l.o); err != nil {
		l.Fatal(err)
	}
}

func (l *large) close() {
	l.Helper()
	if err := l.s.Close(); err != nil {
		l.Fatal(err)
	}
}

// fill brings everything in, two accounts at a time, and describes it, as the mirror does.
func (l *large) fill() {
	l.open()
	var want []mailstore.Account
	for i := range l.accounts {
		want = append(want, mailstore.Account{Address: l.crowd.Address(i), Kind: mailstore.Personal, Days: 30})
	}
	if _, err := l.s.SaveAccounts(l.Context(), want); err != nil {
		l.Fatal(err)
	}
	l.name()
	began := time.Now()
	var wg sync.WaitGroup
	next := make(chan int)
	for range sideBySide {
		wg.Go(func() {
			for i := range next {
				l.fillAccount(i)
			}
		})
	}
	for i := range l.accounts {
		next <- i
	}
	close(next)
	wg.Wait()
	took := time.Since(began)
	peak := peakMemory()
	l.close()
	l.row("")
	l.row("filled in", took.Round(time.Second).String(), fmt.Sprintf("%.0f a second, searchable", float64(l.n)/took.Seconds()))
	l.row("peak memory while filling", fmt.Sprintf("%d MB", peak>>20))
	l.ReportMetric(float64(l.n)/took.Seconds(), "messages/s")
	l.ReportMetric(float64(peak>>20), "peak-MB")
}

// sideBySide is how many accounts are filled at a time.
const sideBySide = 3

// name finds out the accounts' numbers.
func (l *large) name() {
	accounts, err := l.s.Accounts(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	l.ids = make([]mailstore.AccountID, l.accounts)
	for i := range l.ids {
		l.ids[i] = accounts[slices.IndexFunc(accounts, func(a mailstore.Account) bool { return a.Address == l.crowd.Address(i) })].ID
	}
}

// size tells what the store takes on the disk.
func (l *large) size() {
	index, segments := l.sizes()
	l.row("messages", fmt.Sprint(l.n), fmt.Sprintf("in %d accounts", l.accounts))
	l.row("on disk", fmt.Sprintf("%d MB", (index+segments)>>20), fmt.Sprintf("%d bytes a message", (index+segments)/int64(l.n)))
	l.row("  index", fmt.Sprintf("%d MB", index>>20), fmt.Sprintf("%d bytes a message", index/int64(l.n)))
	l.row("  bodies", fmt.Sprintf("%d MB", segments>>20), fmt.Sprintf("%d bytes a message", segments/int64(l.n)))
	l.ReportMetric(float64(index+segments)/float64(l.n), "disk-B/message")
}

// fillAccount brings an account's letters in, in three folders, 500 at a time.
func (l *large) fillAccount(account int) {
	per := (l.n + l.accounts - 1) / l.accounts
	first, end := account*per, min((account+1)*per, l.n)
	for k, name := range []string{"INBOX", "Sent", "プロジェクト"} {
		role := []mailstore.Role{mailstore.Inbox, mailstore.Sent, mailstore.NoRole}[k]
		folder, err := l.s.SaveFolder(l.Context(), mailstore.Folder{Account: l.ids[account], Name: name, Delimiter: "/", Role: role})
		if err != nil {
			l.Error(err)
			return
		}
		var letters []crowd.Letter
		for i := first; i < end; i++ {
			if i%10 < 7 == (k == 0) && (i%10 == 9) == (k == 2) {
				letters = append(letters, l.crowd.Letter(i, l.n))
			}
			if len(letters) == 500 || i+1 == end && len(letters) > 0 {
				l.batch(folder.ID, i+1, letters)
				letters = letters[:0]
			}
		}
	}
}

// batch brings letters into a folder; last is a number that no UID was yet.
func (l *large) batch(folder mailstore.FolderID, last int, letters []crowd.Letter) {
	batch := mailstore.Batch{Folder: folder, UIDValidity: 1, At: noon}
	byUID := map[mailstore.UID]*crowd.Letter{}
	var raw bytes.Buffer
	for i := range letters {
		raw.Reset()
		writeRaw(&raw, &letters[i])
		body := l.s.NewBody()
		if _, err := body.Write(raw.Bytes()); err != nil {
			l.Error(err)
			return
		}
		stored, err := body.Close()
		if err != nil {
			l.Error(err)
			return
		}
		uid := mailstore.UID(last*1000 - len(letters) + i)
		byUID[uid] = &letters[i]
		flags := mailstore.MakeFlags(mailstore.Seen)
		if i%9 == 0 {
			flags = nil
		}
		batch.Arrived = append(batch.Arrived, mailstore.Arrival{UID: uid, Received: letters[i].Received, Flags: flags, Body: stored})
	}
	if _, err := l.s.Apply(l.Context(), batch); err != nil {
		l.Error(err)
		return
	}
	known, err := l.s.Known(l.Context(), folder)
	if err != nil {
		l.Error(err)
		return
	}
	var all []mailstore.Description
	for _, k := range known {
		if letter := byUID[k.UID]; letter != nil {
			all = append(all, mailstore.Description{Message: k.Message, Letter: letter.Letter})
		}
	}
	if err := l.s.Describe(l.Context(), all); err != nil {
		l.Error(err)
	}
}

func writeRaw(to *bytes.Buffer, l *crowd.Letter) {
	address := func(a mailstore.Address) string {
		return mime.BEncoding.Encode("utf-8", a.Name) + " <" + a.Address + ">"
	}
	fmt.Fprintf(to, "Received: from mx.example.net by mail.example.jp with ESMTPS; %s\r\n", l.Received.Format(time.RFC1123Z))
	fmt.Fprintf(to, "From: %s\r\n", address(l.From[0]))
	for i, a := range l.To {
		fmt.Fprintf(to, "%s %s", []string{"To:", ",\r\n"}[min(i, 1)], address(a))
	}
	fmt.Fprintf(to, "\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s>\r\n", mime.BEncoding.Encode("utf-8", l.Subject), l.Date.Format(time.RFC1123Z), l.MessageID)
	fmt.Fprintf(to, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s", strings.ReplaceAll(l.Text, "\n", "\r\n"))
}

// sizes are what lies in the store's folder.
func (l *large) sizes() (index, segments int64) {
	err := filepath.WalkDir(l.o.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if strings.Contains(path, "segments") {
			segments += info.Size()
		} else {
			index += info.Size()
		}
		return nil
	})
	if err != nil {
		l.Fatal(err)
	}
	return index, segments
}

// peakMemory is the most that the process has had in memory; 0 where it cannot be told.
func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				return 0
			}
			return kb << 10
		}
	}
	return 0
}

// class is searches of one kind.
type class struct {
	name    string
	queries []string
	list    mailstore.List
}

// classes are what people look for. None of it is in the budget's favour: the common
// words are the very commonest, and the rare ones are in a few messages of all.
func (l *large) classes() []class {
	latin, japanese := l.crowd.Latin(), l.crowd.Japanese()
	some := func(words []string, from, step int, fits func(string) bool) (out []string) {
		for i := from; i < len(words) && len(out) < 40; i += step {
			if fits == nil || fits(words[i]) {
				out = append(out, words[i])
			}
		}
		return out
	}
	two := func(w string) bool { return len([]rune(w)) == 2 && w > "ん" }
	each := func(words []string, format string) (out []string) {
		for i, w := range words {
			out = append(out, strings.NewReplacer("{a}", w, "{b}", words[(i*7+3)%len(words)]).Replace(format))
		}
		return out
	}
	one := strings.Split("の会議資料確認案件送付予定見積連絡担当契約本日時間商品注文田中に", "")
	commonTwo := some(japanese, 0, 1, two)[:14]
	return []class{
		{name: "rare word", queries: each(some(latin, 60_000, 997, nil), `"{a}"`)},
		{name: "common word", queries: each(some(latin, 0, 1, nil), `"{a}"`)},
		{name: "two Japanese characters, common", queries: commonTwo},
		{name: "two Japanese characters, rare", queries: some(japanese, 40_000, 131, two)},
		{name: "one Japanese character", queries: one},
		{name: "Japanese phrase, four characters", queries: each(commonTwo, "{a}{b}")},
		{name: "Latin phrase", queries: each(some(latin, 0, 1, nil), `"{a} {b}"`)},
		{name: "a phrase that never occurs", queries: each(some(latin, 0, 1, nil), `"{a} {a} {b}"`)},
		{name: "three letters of a word", queries: beginnings(some(latin, 0, 1, func(w string) bool { return len(w) > 3 }))},
		{name: "two common words", queries: each(some(latin, 0, 1, nil), `"{a}" "{b}"`)},
		{name: "common word and rare one", queries: each(some(latin, 60_000, 997, nil), `"{a}" the`)},
		{name: "common word in one account", queries: each(some(latin, 0, 1, nil), `"{a}"`), list: mailstore.List{Account: l.ids[17]}},
		{name: "two characters in one account", queries: commonTwo, list: mailstore.List{Account: l.ids[171]}},
		{name: "from: a person", queries: each(strings.Fields("佐藤 鈴木 高橋 Smith Müller 斎藤 清水 García"), "from:{a}")},
		{name: "from: a domain", queries: each(strings.Fields("example.com example.net shop.example.net univ.example.jp"), "from:{a}")},
		{name: "from: and a common word", queries: each(strings.Fields("佐藤 鈴木 高橋 Smith Müller 斎藤 清水 García"), "from:{a} 会議")},
		{name: "has:attachment and a common word", queries: each(commonTwo, "has:attachment {a}")},
		{name: "common word on one day", queries: each(commonTwo, "on:2026-11-03 {a}")},
		{name: "common word in a folder", queries: each(commonTwo, "in:sent {a}"), list: mailstore.List{Account: l.ids[33]}},
		{name: "unread, common word", queries: each(commonTwo, "is:unread {a}")},
	}
}

// beginnings are what people have typed when the search first looks.
func beginnings(words []string) (out []string) {
	for _, w := range words {
		out = append(out, string([]rune(w)[:3]))
	}
	return out
}

func (l *large) measure() {
	l.open()
	defer l.close()
	l.name()
	l.row("")
	l.row("search, 50 messages with their lines and places", "p50", "p95", "most", "page 2 p95", "found")
	worst := time.Duration(0)
	for _, c := range l.classes() {
		var first, second []time.Duration
		found := 0
		for _, text := range c.queries {
			q, err := fulltext.Parse(text, noon)
			if err != nil {
				l.Fatal(err)
			}
			list := c.list
			list.Limit = 50
			page, took := l.search(q, list)
			first = append(first, took)
			found += len(page)
			if len(page) == 50 {
				list.Before = page[49].ID
				_, took = l.search(q, list)
				second = append(second, took)
			}
		}
		l.row(c.name, percentile(first, 50), percentile(first, 95), percentile(first, 100), percentile(second, 95), fmt.Sprintf("%d in %d searches", found, len(first)))
		worst = max(worst, at(first, 95))
	}
	l.ReportMetric(float64(worst.Microseconds())/1000, "worst-search-p95-ms")
	l.row("")
	l.row("list, 50 messages", "p50", "p95", "most")
	for _, list := range []struct {
		name string
		mailstore.List
	}{{"all accounts", mailstore.List{}}, {"one account", mailstore.List{Account: l.ids[17]}}, {"one folder", mailstore.List{Account: l.ids[17], Folder: 50}}} {
		var took []time.Duration
		list.Limit = 50
		for range 60 {
			began := time.Now()
			page, err := l.s.Messages(l.Context(), list.List)
			if err != nil {
				l.Fatal(err)
			}
			took = append(took, time.Since(began))
			if len(page) == 0 {
				break
			}
			list.Before = page[len(page)-1].ID
		}
		l.row(list.name, percentile(took, 50), percentile(took, 95), percentile(took, 100))
	}
}

func (l *large) search(q fulltext.Query, list mailstore.List) ([]mailstore.Message, time.Duration) {
	began := time.Now()
	page, err := l.s.Search(l.Context(), q, list)
	if err != nil {
		l.Fatal(err)
	}
	return page, time.Since(began)
}

// at is the duration that so many of a hundred are not above.
func at(all []time.Duration, percent int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.SortedFunc(slices.Values(all), cmp.Compare[time.Duration])
	return sorted[min(len(sorted)-1, (len(sorted)*percent+99)/100-1)]
}

func percentile(all []time.Duration, percent int) string {
	if len(all) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f ms", float64(at(all, percent).Microseconds())/1000)
}
