package crowd_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"lifeboat/mailstore/mailstoretest/crowd"
)

var end = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestLettersAreTheSameEveryTime(t *testing.T) {
	a, b, other := crowd.New(1, 10, end), crowd.New(1, 10, end), crowd.New(2, 10, end)
	for _, i := range []int{99, 0, 57} {
		if !reflect.DeepEqual(a.Letter(i, 100), b.Letter(i, 100)) {
			t.Errorf("letter %d is another one the second time", i)
		}
		if reflect.DeepEqual(a.Letter(i, 100), other.Letter(i, 100)) {
			t.Errorf("letter %d is the same with another seed", i)
		}
	}
}

func TestLettersAreLikeMail(t *testing.T) {
	c := crowd.New(1, 10, end)
	const n = 2000
	count := map[string]int{}
	account, before := -1, time.Time{}
	for i := range n {
		l := c.Letter(i, n)
		if l.Account != account {
			account, before = l.Account, end.Add(-crowd.Span)
		}
		if l.Received.Before(before) || !l.Received.Before(end) {
			t.Fatalf("letter %d came at %v, after one of %v", i, l.Received, before)
		}
		before = l.Received
		if l.To[0].Address != c.Address(account) {
			t.Fatalf("letter %d in account %d is to %v", i, account, l.To)
		}
		for _, w := range []string{"the ", "会議", c.Latin()[50_000], c.Japanese()[50_000]} {
			if strings.Contains(l.Text, w) {
				count[w]++
			}
		}
		if len(l.Attachments) > 0 {
			count["attached"]++
		}
	}
	if account != 9 {
		t.Errorf("the last letter is account %d's", account)
	}
	for what, least := range map[string]int{"the ": n / 10, "会議": n / 10, "attached": n / 20} {
		if count[what] < least {
			t.Errorf("%q is in %d of %d letters", what, count[what], n)
		}
	}
	for _, rare := range []string{c.Latin()[50_000], c.Japanese()[50_000]} {
		if count[rare] > n/50 {
			t.Errorf("%q is in %d letters and should be rare", rare, count[rare])
		}
	}
}
