package corpus_test

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"lifeboat/mailstore/mailstoretest/corpus"
)

func now() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

// The same options make the same messages, and another seed makes others.
func TestMessagesAreTheSameEachTime(t *testing.T) {
	sum := func(seed uint64) (sums [][32]byte) {
		for m := range corpus.Messages(corpus.Options{Count: 300, Seed: seed, Now: now(), Small: true}) {
			sums = append(sums, sha256.Sum256(m.Bytes))
		}
		return sums
	}
	if !slices.Equal(sum(1), sum(1)) {
		t.Error("the second time, other messages came")
	}
	if slices.Equal(sum(1), sum(2)) {
		t.Error("another seed made the same messages")
	}
}

// Every kind is there, in twenty folders, with dates in the window, and 10,000
// messages have the size that is said.
func TestTenThousand(t *testing.T) {
	kinds, folders, ids, bodies := map[string]int{}, map[string]int{}, map[string]int{}, map[[32]byte]int{}
	var total int
	last := now().Add(-corpus.Days * 24 * time.Hour)
	for m := range corpus.Messages(corpus.Options{Count: 10000, Seed: 1, Now: now()}) {
		kinds[m.Kind]++
		folders[m.Folder]++
		if len(m.Bytes) < 500 {
			bodies[sha256.Sum256(m.Bytes)]++
		}
		total += len(m.Bytes)
		if m.Received.Before(last) || m.Received.After(now()) || m.Received.Nanosecond() != 0 {
			t.Errorf("message %d was received at %v, after one at %v", m.Number, m.Received, last)
		}
		last = m.Received
		if at := bytes.Index(m.Bytes, []byte("\r\nMessage-ID: ")); at >= 0 {
			id, _, _ := bytes.Cut(m.Bytes[at+14:], []byte("\r"))
			ids[string(id)]++
		}
	}
	for _, k := range corpus.Kinds() {
		if kinds[k] < 5 {
			t.Errorf("%d messages are of the kind %q", kinds[k], k)
		}
	}
	if all := corpus.Folders(); len(all) != 20 || len(folders) != 19 || folders[all[19]] != 0 {
		t.Errorf("they lie in %d of %d folders: %v", len(folders), len(all), folders)
	}
	if total < 330e6 || total > 358e6 {
		t.Errorf("they are %d bytes", total)
	}
	if same := ids["<same@corpus.test>"]; same < 5 {
		t.Errorf("%d messages share a Message-ID", same)
	}
	twice := 0
	for _, n := range bodies {
		twice = max(twice, n)
	}
	if twice < 5 {
		t.Errorf("%d messages are alike to the byte", twice)
	}
}

// The large message is one more, and a server that allows 50 MB takes it.
func TestHuge(t *testing.T) {
	var last corpus.Message
	for m := range corpus.Messages(corpus.Options{Count: 3, Now: now(), Small: true, Huge: true}) {
		last = m
	}
	if size := len(last.Bytes); last.Number != 3 || size < 49<<20 || size > 52<<20 {
		t.Errorf("message %d has %d bytes", last.Number, size)
	}
}
