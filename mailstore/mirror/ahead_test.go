package mirror_test

import (
	"context"
	"errors"
	"testing"

	"lifeboat/mailstore"
	"lifeboat/mailstore/mirror"
)

// closing is a link that tells when it is closed.
type closing struct {
	mirror.Link
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

// Whoever is first to connect for the account gets what was dialled, or why nothing
// was; everybody else dials, and what nobody took is closed.
func TestDialAhead(t *testing.T) {
	early, late := &closing{}, &closing{}
	dialEarly := func(context.Context) (mirror.Link, error) { return early, nil }
	dialLate := func(context.Context, mailstore.Account) (mirror.Link, error) { return late, nil }
	anna, ben := mailstore.Account{Address: "Anna@example.test"}, mailstore.Account{Address: "ben@example.test"}

	a := mirror.DialAhead(t.Context(), "anna@example.test", dialEarly)
	for i, want := range []*closing{late, early, late} {
		account := anna
		if i == 0 {
			account = ben
		}
		if got, err := a.Connect(t.Context(), account, dialLate); got != want || err != nil {
			t.Errorf("connection %d is %p, %v; want %p", i, got, err, want)
		}
	}
	if a.Close(); early.closed || late.closed {
		t.Error("a connection that is in use was closed")
	}

	a = mirror.DialAhead(t.Context(), anna.Address, dialEarly)
	if a.Close(); !early.closed {
		t.Error("a connection that nobody took was not closed")
	}
	if got, err := a.Connect(t.Context(), anna, dialLate); got != late || err != nil {
		t.Errorf("afterwards the connection is %v, %v", got, err)
	}

	refused := errors.New("refused")
	a = mirror.DialAhead(t.Context(), anna.Address, func(context.Context) (mirror.Link, error) { return nil, refused })
	if _, err := a.Connect(t.Context(), anna, dialLate); !errors.Is(err, refused) {
		t.Errorf("the error is %v", err)
	}
	if got, err := a.Connect(t.Context(), anna, dialLate); got != late || err != nil {
		t.Errorf("the second time the connection is %v, %v", got, err)
	}
	a.Close()

	var none *mirror.Ahead
	if got, err := none.Connect(t.Context(), anna, dialLate); got != late || err != nil {
		t.Errorf("without one the connection is %v, %v", got, err)
	}
	none.Close()
}
