package signin_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/mailstoretest/tokens"
	"lifeboat/mailstore/signin"
)

const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"

// keyFile is the file that Google gives for a key.
func keyFile(t testing.TB, key *rsa.PrivateKey, change map[string]any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file := map[string]any{
		"type": "service_account", "project_id": "lifeboat", "private_key_id": "k1",
		"private_key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"client_email": "mirror@lifeboat.iam.gserviceaccount.com", "client_id": "112233445566", "token_uri": "https://oauth2.googleapis.com/token",
	}
	for name, value := range change {
		if value == nil {
			delete(file, name)
		} else {
			file[name] = value
		}
	}
	text, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func newRSA(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// delegation is a service account that the issuer knows.
func (w *world) delegation(t *testing.T) *signin.Delegation {
	t.Helper()
	key := newRSA(t, 2048)
	account, err := signin.ParseServiceAccount("secret:google", keyFile(t, key, nil))
	if err != nil {
		t.Fatal(err)
	}
	w.issuer.Delegate(tokens.Account{Email: account.Email, Key: &key.PublicKey, KeyID: "k1", Mailboxes: []string{user, "ben@example.test"}})
	d, err := account.Delegate(w.network(), "")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestServiceAccountOpensEachMailbox(t *testing.T) {
	w := newWorld(t)
	d := w.delegation(t)
	anna, ben := d.Tokens(user), d.Tokens("ben@example.test")
	if signin.Reveal(take(t, anna)) == signin.Reveal(take(t, ben)) {
		t.Error("one token for two mailboxes")
	}
	take(t, anna)
	if n := w.issuer.Count(jwtBearer); n != 2 {
		t.Errorf("%d requests for two tokens", n)
	}
	if _, err := d.Tokens("nobody@example.test").Token(t.Context()); !strings.Contains(sentence(t, err), "no active mailbox nobody@example.test") {
		t.Errorf("an unknown mailbox: %v", err)
	}
	if e := anna.Expiries(t.Context()); e != nil {
		t.Errorf("an end that nobody knows: %v", e)
	}
}

func TestGoogleSaysWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	d := w.delegation(t)
	for _, test := range []struct{ word, text, want string }{
		{"unauthorized_client", "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.", "Add its client ID 112233445566 with the scope https://mail.google.com/"},
		{"access_denied", "Requested client not authorized.", "Domain-wide delegation"},
		{"invalid_scope", "bad", "Domain-wide delegation"},
		{"invalid_grant", "Invalid JWT Signature.", "no longer has this key"},
		{"invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.", "clock"},
		{"invalid_grant", "Invalid grant: account not found", "disabled or was deleted"},
		{"disabled_client", "The OAuth client was disabled.", "disabled or was deleted"},
		{"invalid_grant", "Invalid email or User ID", "no active mailbox " + user},
		{"admin_policy_enforced", "Access blocked", "A rule of the Workspace"},
		{"strange", canary, "(?)"},
	} {
		w.issuer.Fail(tokens.Error(test.word, test.text))
		_, err := d.Tokens(user).Token(t.Context())
		if !errors.Is(err, mailstore.ErrSignIn) || !strings.Contains(sentence(t, err), test.want) {
			t.Errorf("%s, %s: %v does not say %q", test.word, test.text, err, test.want)
		}
		silentError(t, err)
	}
	// A machine whose clock is a day ahead.
	ahead := w.network()
	ahead.Now = func() time.Time { return w.clock().Add(24 * time.Hour) }
	key := newRSA(t, 2048)
	account, err := signin.ParseServiceAccount("x", keyFile(t, key, nil))
	if err != nil {
		t.Fatal(err)
	}
	w.issuer.Delegate(tokens.Account{Email: account.Email, Key: &key.PublicKey, Mailboxes: []string{user}})
	d, err = account.Delegate(ahead, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Tokens(user).Token(t.Context()); !strings.Contains(sentence(t, err), "by 1440 minutes") {
		t.Errorf("a wrong clock: %v", err)
	}
}

func TestServiceAccountFilesThatCannotWork(t *testing.T) {
	key := newRSA(t, 2048)
	whole := keyFile(t, key, nil)
	privateKey := string(keyFile(t, key, map[string]any{"private_key": canary}))
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"empty":              {nil, "is not the JSON file"},
		"cut off":            {whole[:len(whole)/2], "is not the JSON file"},
		"a key alone":        {[]byte("-----BEGIN PRIVATE KEY-----\n" + canary), "is not the JSON file"},
		"too long":           {[]byte(`{"x":"` + strings.Repeat("x", 100_000) + `"}`), "is not the JSON file"},
		"an OAuth client":    {[]byte(`{"installed":{"client_secret":"` + canary + `"}}`), "belongs to an OAuth client"},
		"a person":           {keyFile(t, key, map[string]any{"type": "authorized_user"}), "another kind of credential"},
		"no key":             {keyFile(t, key, map[string]any{"private_key": nil}), "private_key is missing"},
		"no address":         {keyFile(t, key, map[string]any{"client_email": nil}), "client_email is missing"},
		"an odd address":     {keyFile(t, key, map[string]any{"client_email": "a b"}), "client_email is missing"},
		"lost line ends":     {keyFile(t, key, map[string]any{"private_key": "-----BEGIN PRIVATE KEY----- " + canary + " -----END PRIVATE KEY-----"}), "line ends were lost"},
		"nonsense for a key": {[]byte(privateKey), "is no RSA key"},
		"a weak key":         {keyFile(t, newRSA(t, 1024), nil), "2048 bits or more"},
		"no HTTPS":           {keyFile(t, key, map[string]any{"token_uri": "http://evil.example.test/"}), "token_uri in secret:google"},
	} {
		account, err := signin.ParseServiceAccount("secret:google", test.file)
		if account != nil || !errors.Is(err, mailstore.ErrInvalid) {
			t.Errorf("%s: %v, %v", name, account, err)
			continue
		}
		if got := sentence(t, err); !strings.Contains(got, test.want) || !strings.Contains(got, "secret:google") {
			t.Errorf("%s: %q does not say %q", name, got, test.want)
		}
		silentError(t, err)
	}
	account, err := signin.ParseServiceAccount("x", keyFile(t, key, map[string]any{"token_uri": nil}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := account.Delegate(signin.Network{}, "ftp://x"); !errors.Is(err, mailstore.ErrInvalid) {
		t.Errorf("an address that is none: %v", err)
	}
}
