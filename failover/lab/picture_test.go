package lab_test

import (
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// The picture tells what the ledger tells, and where everybody believes the mail
// goes.
func TestPicture(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := start(t, lab.Options{TTL: 100, Now: c.now, Retry: lab.Retry{First: time.Hour}})
	events, _ := w.Subscribe(1000)
	d := w.Domain()
	p := w.Picture()
	if len(p.Senders) != 3 || p.Senders[0].Group != lab.Customers || p.Senders[1].Name != "mail.suppliers.test" || p.Senders[2].Route != "" || !p.Senders[2].RouteUntil.IsZero() ||
		p.DNS.PointsTo != failover.Primary || p.Primary.Name != "Harbormail" || p.Secondary.Role != failover.Secondary || p.Staff.SendRoute != failover.Primary {
		t.Errorf("at rest: %+v", p)
	}
	if _, err := w.SendFrom(lab.Customers, "office@example.test"); err != nil {
		t.Fatal(err)
	}
	until(t, w, events, func(n lab.Totals) bool { return n.Delivered == 1 })
	eventually(t, func() bool { return w.Picture().Senders[0].Waiting == 0 })
	if err := w.Break(failover.Primary, lab.Defer); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := w.SendFrom(lab.Customers, "office@example.test"); err != nil {
			t.Fatal(err)
		}
		next(t, events, lab.EventDeferred)
	}
	eventually(t, func() bool { return w.Picture().Senders[0].OnTheWay == 0 })
	p = w.Picture()
	in := p.Senders[0].NextTry.Sub(p.At)
	if p.Primary.Fault != lab.Defer || p.Primary.Took != 1 || p.Senders[0].Waiting != 3 || in < 59*time.Minute || in > 61*time.Minute ||
		p.Senders[0].Route != failover.Primary || !p.Senders[0].RouteUntil.Equal(c.now().Add(100*time.Second)) || p.DNS.Old != "" {
		t.Errorf("in trouble: %+v", p)
	}
	switchMX(t, w, d.Primary, d.Secondary)
	if p = w.Picture(); p.DNS != (lab.DNSPicture{PointsTo: failover.Secondary, Old: failover.Primary, OldUntil: c.now().Add(100 * time.Second)}) {
		t.Errorf("switched: %+v", p.DNS)
	}
	c.pass(101 * time.Second)
	if p = w.Picture(); p.DNS != (lab.DNSPicture{PointsTo: failover.Secondary}) || p.Senders[0].Route != failover.Primary {
		t.Errorf("run out: %+v", p)
	}
	w.Flush()
	eventually(t, func() bool { return w.Picture().Senders[0].Waiting == 0 })
	if p = w.Picture(); p.Senders[0].Waiting != 0 || p.Senders[0].Route != failover.Secondary || p.Secondary.Took != 3 || !p.Senders[0].NextTry.IsZero() {
		t.Errorf("arrived: %+v", p)
	}
	if err := w.Put(failover.MXSet(d.Name, 100, []failover.MX{{Preference: 1, Host: "mx.alder.test."}})); err != nil {
		t.Fatal(err)
	}
	if p = w.Picture(); p.DNS.PointsTo != "" || p.DNS.Old != failover.Secondary {
		t.Errorf("led astray: %+v", p.DNS)
	}
}

// A name server that has yet to follow is somebody who still goes by the old set.
func TestPictureOfNameServersThatLag(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := start(t, lab.Options{Now: c.now, Lag: 40 * time.Second})
	if err := w.SetLag("ns3.example.test", 90*time.Second); err != nil {
		t.Fatal(err)
	}
	d := w.Domain()
	switchMX(t, w, d.Primary, d.Secondary)
	began := c.now()
	want := lab.DNSPicture{PointsTo: failover.Secondary, Old: failover.Primary, OldUntil: began.Add(90 * time.Second)}
	for _, pass := range []time.Duration{0, 41 * time.Second} {
		if c.pass(pass); w.Picture().DNS != want {
			t.Errorf("after %v: %+v", pass, w.Picture().DNS)
		}
	}
	c.pass(50 * time.Second)
	if got := w.Picture().DNS; got != (lab.DNSPicture{PointsTo: failover.Secondary}) {
		t.Errorf("all have followed: %+v", got)
	}
}

// A drawing asks for it many times a second, also while thousands wait.
func BenchmarkPicture(b *testing.B) {
	w, err := lab.New(lab.Options{Interval: -1, Staff: true})
	if err != nil {
		b.Fatal(err)
	}
	for range 5000 {
		if _, err := w.Send("office@example.test"); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if p := w.Picture(); len(p.Senders) != 3 || p.Senders[0].Waiting == 0 {
			b.Fatalf("%+v", p)
		}
	}
}
