package signin

import (
	"strconv"
	"strings"

	"github.com/xdg-go/scram"

	"lifeboat/mailstore"
)

// Bounds of what a server may ask for: fewer iterations would make a stolen exchange
// easy to guess from (RFC 7677 section 4), more would keep this machine busy.
const (
	fewestIterations = 4096
	mostIterations   = 1_000_000
	longestChallenge = 4 << 10 // octets
)

// scramClient is SCRAM without channel binding (RFC 5802, RFC 7677).
type scramClient struct {
	knows
	mech         string
	client       *scram.Client
	conversation *scram.ClientConversation
	step         int
}

func newSCRAM(mech string, k knows) (*scramClient, error) {
	hash := scram.SHA256
	if mech == scramSHA1 {
		hash = scram.SHA1
	}
	client, err := hash.NewClient(k.user, k.password, "")
	if err != nil { // it would quote the password
		return nil, mailstore.Fail(mailstore.ErrInvalid,
			"The user or the password of the mailbox {user} has a character that none can have. Store the password again, without line ends.", "user", k.user)
	}
	return &scramClient{knows: k, mech: mech, client: client.WithMinIterations(fewestIterations)}, nil
}

func (c *scramClient) mechanism() string { return c.mech }

// Start implements sasl.Client.
func (c *scramClient) Start() (mech string, ir []byte, err error) {
	c.step, c.conversation = 0, c.client.NewConversation()
	first, err := c.conversation.Step("")
	if err != nil {
		return "", nil, unexpected(c.mech)
	}
	return c.mech, []byte(first), nil
}

// Next implements sasl.Client. Its errors quote nothing of what was said, since a
// proof can be guessed from.
func (c *scramClient) Next(challenge []byte) ([]byte, error) {
	c.step++
	switch {
	case len(challenge) > longestChallenge || c.step > 2 || c.conversation == nil:
		return nil, unexpected(c.mech)
	case c.step == 1:
		if err := c.bounded(string(challenge)); err != nil {
			return nil, err
		}
		response, err := c.conversation.Step(string(challenge))
		if err != nil {
			return nil, unexpected(c.mech)
		}
		c.out = true
		return []byte(response), nil
	case strings.HasPrefix(string(challenge), "e="):
		return nil, c.failed(strings.TrimPrefix(string(challenge), "e="))
	}
	if _, err := c.conversation.Step(string(challenge)); err != nil || !c.conversation.Valid() {
		return nil, c.impostor()
	}
	return []byte{}, nil
}

// bounded looks at the iterations of the server's first message before work is done
// for it: "r=NONCE,s=SALT,i=4096".
func (c *scramClient) bounded(first string) error {
	for _, field := range strings.Split(first, ",") {
		count, ok := strings.CutPrefix(field, "i=")
		if !ok {
			continue
		}
		n, err := strconv.Atoi(count)
		if err != nil || n < fewestIterations || n > mostIterations {
			return mailstore.Fail(mailstore.ErrServer,
				"The server asks for {count} rounds of {mechanism}, which is not safe; {fewest} to {most} are. The password of {user} was not used. Ask the provider to mend this.",
				"count", words(count), "mechanism", c.mech, "fewest", fewestIterations, "most", mostIterations, "user", c.user)
		}
	}
	return nil
}

// failed explains a server's error (RFC 5802 section 7).
func (c *scramClient) failed(value string) error {
	value, _, _ = strings.Cut(value, ",")
	switch value {
	case "invalid-proof", "unknown-user", "invalid-username-encoding":
		return mailstore.Fail(mailstore.ErrSignIn,
			"The server refuses the password of {user}. Store the right one with lifeboat secret set; the wrong one is tried at most twice an hour, so that nothing is locked.", "user", c.user)
	}
	return unexpected(c.mech)
}

// impostor is for a server that does not know the password itself.
func (c *scramClient) impostor() error {
	return mailstore.Fail(mailstore.ErrServer,
		"The server did not prove that it knows the password of {user}, so it may not be the provider's. See whether something between changes the connection.", "user", c.user)
}

// finish fails when the server said OK without its own proof (RFC 5802 section 3).
func (c *scramClient) finish() error {
	if c.conversation == nil || !c.conversation.Valid() {
		return c.impostor()
	}
	return nil
}

// proofBegins is how a client's final message begins in base64: "c=biws".
const proofBegins = "Yz1iaX"

// leaks also hides what can be guessed from.
func (c *scramClient) leaks(text string) bool {
	return c.knows.leaks(text) || c.out && (strings.Contains(text, "p=") || strings.Contains(text, proofBegins))
}
