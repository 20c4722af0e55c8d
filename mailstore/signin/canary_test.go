package signin_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"lifeboat/mailstore"
)

// canary is every secret of these tests, or part of it: wherever it sings, something
// leaks.
const canary = "Canary+9f3c/7a=Key"

// record is a log that is looked at afterwards.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// silent fails the test when a text holds the canary, or one of the further secrets,
// in any of the forms in which they travel.
func silent(t *testing.T, where, text string, more ...string) {
	t.Helper()
	for _, secret := range append(more, canary) {
		plain := []byte("\x00anna@example.test\x00" + secret)
		for _, form := range []string{
			secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString(plain)[16:],
			base64.RawURLEncoding.EncodeToString([]byte(secret)), secret[:len(secret)/2],
		} {
			if len(form) >= 6 && strings.Contains(text, form) {
				t.Errorf("%s shows a secret: %s", where, text)
			}
		}
	}
}

// silentError looks at an error in every way in which it may be shown.
func silentError(t *testing.T, err error, more ...string) {
	t.Helper()
	if err == nil {
		return
	}
	said, jsonErr := json.Marshal(mailstore.SentenceOf(err))
	if jsonErr != nil {
		t.Error(jsonErr)
	}
	all := fmt.Sprintf("%v\n%+v\n%#v\n%s\n%s", err, err, err, err, said)
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		all += "\n" + cause.Error()
	}
	var log record
	log.logger().Error("failed", "error", err)
	silent(t, "an error", all+log.String(), more...)
}

// sentence is what a person reads of an error, which must be of this room.
func sentence(t *testing.T, err error) string {
	t.Helper()
	var ours *mailstore.Error
	if !errors.As(err, &ours) {
		t.Fatalf("%T %v is no error with a sentence", err, err)
	}
	return ours.Say.String()
}
