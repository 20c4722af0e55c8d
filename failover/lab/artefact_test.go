package lab

import (
	"net"
	"testing"
	"time"
)

// A host that has hung stores nothing for a sender that may have given up, and one
// that is condemned with a 250 on its way lets it arrive.
func TestNothingIsStoredThatWouldComeAgain(t *testing.T) {
	t.Parallel()
	connected := func() (*serverConn, net.Conn) {
		here, there := net.Pipe()
		t.Cleanup(func() { here.Close(); there.Close() })
		c := &serverConn{Conn: here, cond: newCondition(), from: &listener{service: &service{}}, closed: make(chan struct{})}
		if !c.enter() {
			t.Fatal("the connection does not come in")
		}
		return c, there
	}
	hear := func(c *serverConn, far net.Conn) {
		done := make(chan error, 1)
		go func() {
			_, err := c.Write([]byte("354"))
			done <- err
		}()
		if _, err := far.Read(make([]byte, 3)); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	stored := 0
	store := func() { stored++ }

	c, far := connected()
	hear(c, far)
	c.mu.Lock()
	c.said = c.said.Add(-tooLate - time.Second)
	c.mu.Unlock()
	if c.commit(store) || stored != 0 {
		t.Error("stored after too long a silence")
	}

	c, far = connected()
	hear(c, far)
	if !c.commit(store) || stored != 1 {
		t.Fatal("not stored")
	}
	c.reset()
	c.mu.Lock()
	waits := c.grace != nil
	c.mu.Unlock()
	if waits {
		t.Error("the time to take the 250 runs before there is one")
	}
	hear(c, far)
	c.mu.Lock()
	waits = c.grace != nil
	c.mu.Unlock()
	if !waits {
		t.Error("the connection lives on")
	}
	if c.commit(store) || stored != 1 {
		t.Error("stored over a condemned connection")
	}
	go func() { _, _ = far.Write([]byte("QUIT")) }()
	if _, err := c.Read(make([]byte, 4)); err == nil {
		t.Error("the 250 has come, and the connection is not reset")
	}
}
