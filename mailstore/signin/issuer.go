package signin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"lifeboat/mailstore"
)

// issuer is an endpoint that gives tokens (RFC 6749 section 3.2) or device codes.
type issuer struct {
	network Network // complete
	client  *http.Client
	host    string // for sentences
}

// longestAnswer is how much an issuer may say: tokens with many groups have some
// 10 KB.
const longestAnswer = 256 << 10

// newIssuer checks the address of an endpoint.
func newIssuer(network Network, address string) (*issuer, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, mailstore.Fail(mailstore.ErrInvalid,
			"{address} is no address of an issuer of tokens. Write one that begins with https://, or leave it out.", "address", withoutQuery(address))
	}
	return &issuer{network: network, client: network.client(), host: u.Hostname()}, nil
}

// withoutQuery is an address without what may be secret in it.
func withoutQuery(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "…"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// answer is what an issuer says: a token (RFC 6749 section 5.1), a device code (RFC
// 8628 section 3.2) or an error (RFC 6749 section 5.2, with Microsoft's codes).
type answer struct {
	AccessToken    string `json:"access_token"`
	TokenType      string `json:"token_type"`
	ExpiresIn      number `json:"expires_in"`
	RefreshToken   string `json:"refresh_token"`
	RefreshExpires number `json:"refresh_token_expires_in"`

	DeviceCode   string `json:"device_code"`
	UserCode     string `json:"user_code"`
	Verification string `json:"verification_uri"`
	GoogleURL    string `json:"verification_url"` // Google's name for it
	Complete     string `json:"verification_uri_complete"`
	Interval     number `json:"interval"`

	Failure     string   `json:"error"`
	Description string   `json:"error_description"` // never shown: it may quote what was sent
	Codes       []number `json:"error_codes"`       // Microsoft's AADSTS numbers

	status  int
	skew    time.Duration // how far this machine's clock is ahead of the issuer's
	retry   time.Duration // Retry-After
	numbers []int         // of Codes and Description
}

// number is a JSON number that some issuers write as a string.
type number float64

// UnmarshalJSON reads a number with or without quotes; anything else is 0.
func (n *number) UnmarshalJSON(data []byte) error {
	f, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		f = 0
	}
	*n = number(f)
	return nil
}

// seconds bounds a time: an issuer that names none, or an absurd one, is not believed.
func (n number) seconds(none, most time.Duration) time.Duration {
	if n <= 0 {
		return none
	}
	if float64(n) >= most.Seconds() {
		return most
	}
	return time.Duration(float64(n) * float64(time.Second))
}

// post sends a form and reads the answer. The error is of kind ErrUnreachable,
// ErrCertificate, ErrThrottled or ErrServer; an answer with Failure is none.
func (i *issuer) post(ctx context.Context, address string, form url.Values) (*answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, i.unreachable(nil) // the address was checked; err would quote it
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	response, err := i.client.Do(request)
	if err != nil {
		return nil, i.unreachable(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer+1))
	if err != nil {
		return nil, i.unreachable(err)
	}
	now := i.network.Now()
	a := readAnswer(body)
	retry := retryAfter(response.Header.Get("Retry-After"), now)
	switch {
	case response.StatusCode == http.StatusTooManyRequests, response.StatusCode >= 500,
		a != nil && (a.Failure == "temporarily_unavailable" || a.Failure == "server_error"):
		e := mailstore.Fail(mailstore.ErrThrottled, "{issuer}, which gives the tokens, is busy or disturbed. It is asked again by itself.", "issuer", i.host)
		e.After = retry
		return nil, e.Because(errors.New("HTTP status " + strconv.Itoa(response.StatusCode)))
	case len(body) > longestAnswer, a == nil, response.StatusCode/100 != 2 && a.Failure == "":
		return nil, i.strange(response.StatusCode)
	}
	a.status, a.retry = response.StatusCode, retry
	if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		a.skew = now.Sub(date)
	}
	return a, nil
}

// strange is for an answer that is none: a page of a web server, a captive portal.
func (i *issuer) strange(status int) error {
	return mailstore.Fail(mailstore.ErrServer,
		"{issuer} does not answer as an issuer of tokens does. Check its address in the settings, and whether something on this line answers in its place.", "issuer", i.host).
		Because(errors.New("HTTP status " + strconv.Itoa(status)))
}

// unreachable says why there was no answer. What http says quotes the address, which
// is no secret here: everything secret is in the form.
func (i *issuer) unreachable(err error) error {
	var hostname x509.HostnameError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	if errors.As(err, &hostname) || errors.As(err, &authority) || errors.As(err, &invalid) || errors.As(err, &verification) {
		return mailstore.Fail(mailstore.ErrCertificate,
			"{issuer}, which gives the tokens, cannot prove who it is, so nothing secret was sent to it. Look for something on this line that changes connections, and check this machine's clock.", "issuer", i.host).Because(err)
	}
	return mailstore.Fail(mailstore.ErrUnreachable,
		"{issuer}, which gives the tokens, cannot be reached. It is tried again by itself; check this line.", "issuer", i.host).Because(err)
}

var aadNumber = regexp.MustCompile(`AADSTS(\d{4,9})\b`)

// readAnswer reads an issuer's JSON; nil when it is none.
func readAnswer(body []byte) *answer {
	var a answer
	if len(body) == 0 || json.Unmarshal(body, &a) != nil {
		return nil
	}
	for _, found := range aadNumber.FindAllStringSubmatch(a.Description, 10) {
		if n, err := strconv.Atoi(found[1]); err == nil {
			a.numbers = append(a.numbers, n)
		}
	}
	for _, n := range a.Codes {
		if n > 0 && n < 1e9 {
			a.numbers = append(a.numbers, int(n))
		}
	}
	return &a
}

// retryAfter reads RFC 9110 section 10.2.3: seconds, or a date.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && seconds > 0 {
		return min(time.Duration(min(seconds, 1<<20))*time.Second, longestBackoff)
	}
	if date, err := http.ParseTime(value); err == nil && date.After(now) {
		return min(date.Sub(now), longestBackoff)
	}
	return 0
}

// How long a token is believed to be good.
const (
	unknownLife = 10 * time.Minute // the issuer did not say
	longestLife = 24 * time.Hour
)

// token takes the token out of an answer (RFC 6749 section 5.1).
func (i *issuer) token(a *answer) (Token, time.Duration, error) {
	const longestToken = 64 << 10
	// A token goes into a line of IMAP between separators (RFC 6750 section 2.1).
	strange := strings.ContainsFunc(a.AccessToken, func(r rune) bool { return r <= ' ' || r >= 0x7f })
	if a.AccessToken == "" || strange || len(a.AccessToken) > longestToken || a.TokenType != "" && !strings.EqualFold(a.TokenType, "Bearer") {
		return Token{}, 0, i.strange(a.status)
	}
	return NewToken(a.AccessToken, time.Time{}), a.ExpiresIn.seconds(unknownLife, longestLife), nil
}

// farOff is from where on a wrong clock is worth naming.
const farOff = 2 * time.Minute

// clock says that this machine's clock is why an assertion was refused.
func (i *issuer) clock(a *answer) *mailstore.Error {
	if a.skew > -farOff && a.skew < farOff {
		return mailstore.Fail(mailstore.ErrSignIn,
			"{issuer} finds the time in the signed request wrong. Set this machine's clock and time zone.", "issuer", i.host)
	}
	return mailstore.Fail(mailstore.ErrSignIn,
		"This machine's clock differs from that of {issuer} by {minutes} minutes, so signed requests are refused. Set the clock and the time zone.",
		"issuer", i.host, "minutes", int(math.Round(math.Abs(a.skew.Minutes()))))
}
