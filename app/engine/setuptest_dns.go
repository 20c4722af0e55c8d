package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/probe"
	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// testDNS reads the zone with the DNS host's credential, and tries to change it in a way
// that changes nothing.
func (t *fieldTest) testDNS(ctx context.Context) {
	tr, err := t.s.trial(t.draft)
	if err != nil {
		t.fails(err)
		return
	}
	if tr.domain.DNS.Host == configs.HostManual {
		t.says(failover.Pass, failover.Say("By hand"))
		t.answer.Detail = failover.Say("A person changes the records at the web console, and Lifeboat says what to type and watches: there is no credential to test.")
		return
	}
	w, err := tr.engine.tryWriting(ctx, tr.domain.Name, tr.domain.Name)
	switch {
	case err != nil:
		t.fails(err)
		t.answer.Remedy = remedyDNS(err)
	case w.Untried:
		t.says(failover.Warn, failover.Say("May read"))
		t.answer.Detail = failover.Say("{host} lets us read {zone}; whether it lets us change it shows in the first drill.", "host", w.Host, "zone", failover.Display(w.Zone))
	default:
		t.says(failover.Pass, failover.Say("May change records"))
		t.answer.Detail = failover.Say("{host} lets us change {zone}; nothing was changed.", "host", w.Host, "zone", failover.Display(w.Zone))
	}
}

func remedyDNS(err error) failover.Sentence {
	switch {
	case errors.Is(err, failover.ErrCredential):
		return failover.Say("Enter the key or token again, exactly as the DNS host shows it, with its name.")
	case errors.Is(err, failover.ErrReadOnly):
		return failover.Say("Let the key or token change MX and TXT records of the zone.")
	case errors.Is(err, failover.ErrClock):
		return failover.Say("Set this computer's clock, and test again.")
	case errors.Is(err, failover.ErrZone):
		return failover.Say("See whether the zone lies at this DNS host, and give its name where it is not the domain's.")
	}
	return failover.Say("See whether the name and port are right and this line lets it out, and test again.")
}

// emergencyName is the subdomain's full name; false: there is none below the domain.
func (d SetupDraft) emergencyName() (string, bool) {
	text := strings.TrimSpace(d.Emergency)
	if text == "" {
		return "", false
	}
	if !strings.Contains(strings.TrimSuffix(text, "."), ".") {
		text += "." + d.Domain
	}
	name, domain := failover.FQDN(text), failover.FQDN(d.Domain)
	return name, name != domain && failover.Within(name, domain)
}

// testEmergencyName looks whether the name is free, or leads to the secondary already.
func (t *fieldTest) testEmergencyName(ctx context.Context) {
	name, ok := t.draft.emergencyName()
	if t.draft.Emergency == "" || t.draft.Domain == "" {
		t.missing(failover.Say("Enter a name for the emergency subdomain."))
		return
	}
	shown := failover.Display(name)
	if !ok {
		t.says(failover.Red, failover.Say("Not below the domain"))
		t.answer.Detail = failover.Say("{name} is not a name below {domain}.", "name", shown, "domain", failover.Display(failover.FQDN(t.draft.Domain)))
		t.answer.Remedy = failover.Say("Enter one word, as in emergency.")
		return
	}
	reader := t.s.opt.Discoverer.Reader
	var there []string
	var mx []failover.MX
	for _, kind := range []string{"MX", "CNAME", "A", "AAAA", "TXT"} {
		set, err := reader.System(ctx, failover.Key{Name: name, Type: kind})
		if err != nil {
			t.fails(err)
			return
		}
		if kind == "MX" {
			mx = set.MX()
		}
		for _, v := range set.Values {
			there = append(there, fmt.Sprintf("%s %s %s", shown, kind, v))
		}
	}
	t.answer.Exact = there
	wanted := mxNames(t.s.Provider(SideSecondary))
	switch {
	case len(mx) > 0 && !slices.ContainsFunc(mx, func(m failover.MX) bool { return !slices.Contains(wanted, failover.Display(m.Host)) }):
		t.says(failover.Pass, failover.Say("Leads to the secondary"))
		t.answer.Detail = failover.Say("Mail to {name} works without any switch, as long as the DNS answers, also while nobody can change records.", "name", shown)
	case len(mx) > 0:
		t.says(failover.Warn, failover.Say("Leads elsewhere"))
		t.answer.Detail = failover.Say("Mail to {name} goes to {host} now.", "name", shown, "host", failover.Display(mx[0].Host))
		t.answer.Remedy = failover.Say("Choose another name, or let Lifeboat publish this one anew when the settings are written.")
	case len(there) > 0:
		t.says(failover.Warn, failover.Say("In use"))
		t.answer.Detail = failover.Say("{name} has other records already.", "name", shown)
		t.answer.Remedy = failover.Say("Choose another name, so that nothing else is touched.")
	default:
		t.says(failover.Pass, free())
		t.answer.Detail = failover.Say("Nobody uses {name} yet. Its MX is published with what else is prepared in calm times.", "name", shown)
	}
}

// free is the word for a name that nobody uses yet.
func free() failover.Sentence { return failover.Say("Free") }

// testSeed sends a message to somebody at the emergency subdomain, sees it arrive in
// their mailbox at the secondary, and answers it from there.
func (t *fieldTest) testSeed(ctx context.Context) {
	name, ok := t.draft.emergencyName()
	if !ok {
		t.missing(failover.Say("Enter a name for the emergency subdomain."))
		return
	}
	tr, err := t.s.trial(t.draft, SidePrimary, SideSecondary)
	if err != nil {
		t.fails(err)
		return
	}
	if tr.engine.opt.Mail == nil || tr.engine.opt.Relay == nil {
		t.missing(failover.Say("There are no mailboxes in this world of practice."))
		return
	}
	set, err := tr.engine.opt.Reader.System(ctx, failover.Key{Name: name, Type: "MX"})
	if err != nil {
		t.fails(err)
		return
	}
	if len(set.MX()) == 0 {
		t.missing(failover.Say("{name} has no MX yet: it is published with what else is prepared in calm times. Test again after that.", "name", failover.Display(name)))
		return
	}
	b := tr.builder()
	there := b.mailboxes(failover.Secondary)
	if len(there) == 0 || tr.provider(SideSecondary).Submission.Host == "" {
		t.missing(failover.Say("The secondary's servers for reading and sending are needed, and a mailbox to try them with."))
		return
	}
	s := seedTrial{tr: tr, b: b, person: there[0].address, from: failover.Secondary, boxes: map[failover.Role]mailbox{failover.Secondary: there[0]}}
	for _, m := range b.mailboxes(failover.Primary) {
		if strings.EqualFold(m.address, s.person) && tr.provider(SidePrimary).Submission.Host != "" {
			s.from = failover.Primary // from one provider to the other, by the world's DNS
			s.boxes[s.from] = m       // a primary that takes the name for its own keeps the message
		}
	}
	t.writeAndAnswer(ctx, s)
}

// seedTrial is who writes to whom, and where it is looked for.
type seedTrial struct {
	tr     trial
	b      *siteBuilder
	person string
	from   failover.Role
	boxes  map[failover.Role]mailbox
}

func (t *fieldTest) writeAndAnswer(ctx context.Context, s seedTrial) {
	same := s.b.atEmergency(s.person)
	t.working(failover.Say("On its way"))
	out := s.b.leg(ctx, s.from, s.person, same, s.boxes)
	if !t.arrived(out, failover.Say("Not arrived")) {
		return
	}
	if first := s.tr.provider(SidePrimary).Name; s.from == failover.Primary && out.At == first {
		t.says(failover.Red, failover.Say("Kept by the primary"))
		t.answer.Detail = failover.Say("{provider} takes {name} for its own and keeps its mail, so that nobody there reaches the secondary.",
			"provider", first, "name", same[strings.LastIndexByte(same, '@')+1:])
		t.answer.Remedy = failover.Say("Take the subdomain out of the domains at the primary's console.")
		return
	}
	t.working(failover.Say("Received, answering"))
	back := s.b.leg(ctx, failover.Secondary, same, s.person, s.boxes)
	if back.Failed != nil && !back.Sent {
		refused := back.Failed
		if back = s.b.leg(ctx, failover.Secondary, s.person, s.person, s.boxes); back.Failed == nil && back.At != "" {
			t.says(failover.Warn, failover.Say("Answered, from another address"))
			t.answer.Detail = failover.Say("Mail to {address} arrives, but {provider} lets nobody write from there: {error}", "address", same, "provider", back.Through, "error", sayOf(refused))
			t.answer.Remedy = failover.Say("Make the addresses of the subdomain aliases of the mailboxes that may send, at the provider's console.")
			return
		}
	}
	if !t.arrived(back, failover.Say("Received, not answered")) {
		return
	}
	t.says(failover.Pass, failover.Say("Received and answered"))
	t.answer.Detail = failover.Say("{address}: there in {span}, the answer back in {other}.", "address", same, "span", tenth(out.Took), "other", tenth(back.Took))
}

// tenth tells a time of a test: tenths of a second are enough.
func tenth(d time.Duration) failover.Sentence { return failover.Took(d.Round(100 * time.Millisecond)) }

// arrived says what went wrong with a message on its way, if anything did.
func (t *fieldTest) arrived(l probe.Leg, word failover.Sentence) bool {
	if l.ID != "" {
		t.answer.Exact = append(t.answer.Exact, fmt.Sprintf("%s: %s -> %s, %s", l.ID, l.From, l.To, l.Through))
	}
	switch {
	case l.Failed != nil:
		exact := t.answer.Exact
		t.fails(l.Failed)
		t.answer.Exact = append(exact, t.answer.Exact...)
	case l.At == "":
		t.says(failover.Unknown, word)
		t.answer.Detail = failover.Say("The message from {from} to {to} was taken by {provider} and has not been seen in the mailbox.", "from", l.From, "to", l.To, "provider", l.Through)
		t.answer.Remedy = failover.Say("Look for it in the mailbox, its spam folder and the provider's message trace.")
	default:
		return true
	}
	return false
}

// testMirror lists the folders of the first mailbox, as the mirror does first.
func (t *fieldTest) testMirror(ctx context.Context) {
	tr, ok := t.opened(SidePrimary)
	if !ok {
		return
	}
	boxes := tr.mailboxes(SidePrimary)
	if len(boxes) == 0 {
		t.missing(failover.Say("Choose how to sign in at the primary, and enter who has a mailbox there."))
		return
	}
	if t.consentMissing(ctx, tr, SidePrimary, boxes[0]) {
		return
	}
	conn, err := boxes[0].open(ctx)
	if err != nil {
		t.fails(err)
		t.remedySignIn(err)
		return
	}
	defer func() { _ = conn.Close() }() // nothing was changed
	folders, messages, err := counted(ctx, conn)
	if err != nil {
		t.fails(err)
		return
	}
	t.says(failover.Pass, failover.Say("Can be read"))
	t.answer.Detail = failover.Say("{address}: folders {count}, messages {messages}. What came in the last days ({days}) is mirrored.",
		"address", boxes[0].address, "count", folders, "messages", messages, "days", tr.settings.Mirror.Days)
}

// counted lists the folders, and counts what is in them.
func counted(ctx context.Context, conn *imaplink.Conn) (folders int, messages uint32, err error) {
	list, err := conn.List(ctx)
	if err != nil {
		return 0, 0, err
	}
	var unknown []string
	for _, f := range list {
		switch {
		case f.NoSelect || f.Namespace != "" || f.Role == mailstore.All:
			continue
		case f.Status == nil:
			unknown = append(unknown, f.Name)
		default:
			messages += f.Status.Messages
		}
		folders++
	}
	if len(unknown) == 0 {
		return folders, messages, nil
	}
	statuses, err := conn.Status(ctx, unknown)
	for _, s := range statuses {
		if s != nil {
			messages += s.Messages
		}
	}
	return folders, messages, err
}
