package store_test

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"lifeboat/mailstore"
)

// Mail comes in, is described, read, verified and tidied away, all at the same time;
// nobody is in another's way, and the store is sound.
func TestAllAtOnce(t *testing.T) {
	s := open(t, smallSegments)
	ids := s.accounts("aiko@shop.example", "ben@shop.example")
	stop := make(chan struct{})
	var writers, others sync.WaitGroup
	for _, id := range ids {
		f := s.folder(id, "INBOX")
		writers.Go(func() {
			for n := range mailstore.UID(10) {
				text := noise(uint64(n), 20_000) // the same in both accounts
				a := s.arrival(n+1, text)
				if n%2 == 0 {
					a.Received = noon.Add(-60 * day) // removed by the next tidying
				}
				s.arrive(f, a)
			}
		})
	}
	again := func(what func() error) {
		others.Go(func() {
			for {
				if err := what(); err != nil {
					t.Error(err)
					return
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	again(func() error {
		_, err := s.Retain(t.Context(), mailstore.Retention{})
		return err
	})
	again(func() error {
		v, err := s.Verify(t.Context(), nil)
		if len(v.Damaged) > 0 || len(v.Lost) > 0 {
			err = errors.Join(err, fmt.Errorf("%d damaged, %v", len(v.Damaged), v.Lost))
		}
		return err
	})
	again(s.describeSome)
	again(s.readAll)
	writers.Wait()
	close(stop)
	others.Wait()
	s.retain()
	s.verify(0)
	equal(t, len(s.list(mailstore.List{})), 10)
}

func (s *shelf) describeSome() error {
	todo, err := s.Undescribed(s.t.Context(), 5)
	if err != nil {
		return err
	}
	var all []mailstore.Description
	for _, m := range todo {
		all = append(all, mailstore.Description{Message: m.ID, Letter: mailstore.Letter{Subject: "s", Text: "some text"}})
	}
	return s.Describe(s.t.Context(), all)
}

// readAll reads every message; one may have been removed since it was listed.
func (s *shelf) readAll() error {
	page, err := s.Messages(s.t.Context(), mailstore.List{})
	if err != nil {
		return err
	}
	for _, m := range page {
		r, err := s.Open(s.t.Context(), m.ID)
		if errors.Is(err, mailstore.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, r)
		if err := errors.Join(err, r.Close()); err != nil || n != m.Size {
			return fmt.Errorf("message %d: %d of %d: %w", m.ID, n, m.Size, err)
		}
	}
	return nil
}

// Fewer days give space back at once, also of what has just come in.
func TestFewerDays(t *testing.T) {
	s := open(t, smallSegments)
	a := s.accounts("aiko@shop.example")[0]
	inbox := s.folder(a, "INBOX")
	for uid := range mailstore.UID(20) {
		arrival := s.arrival(uid+1, noise(uint64(uid), 50_000))
		arrival.Received = noon.Add(-20 * day)
		s.arrive(inbox, arrival)
	}
	if _, err := s.SaveAccounts(t.Context(), []mailstore.Account{{Address: "aiko@shop.example", Days: 10}}); err != nil {
		t.Fatal(err)
	}
	if r := s.retain(); r.Messages != 20 || r.Bytes < 900_000 || s.onDisk() > 100_000 {
		t.Errorf("%+v, %d remain", r, s.onDisk())
	}
	s.verify(0)
}
