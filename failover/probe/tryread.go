package probe

import (
	"context"
	"time"

	"lifeboat/failover"
)

// testReading signs in to each mailbox by IMAP and opens nothing in it. How that is done
// is handed in (see [Login]): this room knows nothing of mailboxes.
func testReading() Test {
	return Test{
		ID:     "imap",
		Title:  failover.Say("Sign-in to read (IMAP)"),
		Reason: failover.Say("The mirror reads the primary's mailboxes by IMAP, and after a switch new mail is read at the secondary. A mailbox that cannot be signed in to is missing when it is needed."),
		Remedy: failover.Say("Store the right password with lifeboat secret set, and see at the provider whether IMAP is switched on for the account."),
		Limit:  60 * time.Second, Usual: 3 * time.Second,
		used: func(s Site) bool { return s.Provider.IMAP.Host != "" && len(s.Readers) > 0 },
		run:  func(ctx context.Context, t *attempt) { t.signIns(ctx, t.site.Provider.IMAP, t.site.Readers) },
	}
}
