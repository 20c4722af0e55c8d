package main

import (
	"context"
	"testing"

	"lifeboat/app/i18n"
)

// Whoever does not answer is left alone by what runs in the background, until they do
// something that needs the answer. Saying that they do waits for nobody: it is said on the
// window's thread, where the question that is open is answered, too.
func TestWhoDoesNotAnswerIsLeftAlone(t *testing.T) {
	t.Parallel()
	word, err := i18n.New(i18n.English)
	if err != nil {
		t.Fatal(err)
	}
	asked, answers := make(chan question, 8), make(chan error)
	p := newPerson(func() *i18n.Tongue { return word }, func(_ context.Context, q question) (string, error) {
		asked <- q
		return "abc", <-answers
	})
	answered := make(chan error, 1)
	ask := func() {
		_, err := p.keyPassphrase(t.Context(), false)
		answered <- err
	}
	go ask()
	<-asked
	p.again() // while it is asked
	answers <- context.Canceled
	if err := <-answered; err == nil {
		t.Error("to cancel is an answer")
	}
	ask()
	if err := <-answered; err == nil || len(asked) > 0 {
		t.Errorf("asked again at once: %v", err)
	}
	p.again()
	go ask()
	<-asked
	answers <- nil
	if err := <-answered; err != nil {
		t.Error(err)
	}
}
