package signin

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"lifeboat/mailstore"
)

// DevicePrompt is what the person is to do on any device with a browser.
type DevicePrompt struct {
	URL  string // where to go
	Code string // what to enter there
	// Complete is URL with the code in it, for a QR code; empty: the provider has none.
	Complete string
	Expires  time.Time
}

// Bounds of RFC 8628 section 3.2 and 3.5.
const (
	usualInterval   = 5 * time.Second
	slowerBy        = 5 * time.Second
	longestInterval = time.Minute
	longestCode     = 30 * time.Minute
	grantDevice     = "urn:ietf:params:oauth:grant-type:device_code"
)

// AskDevice asks with a code that is entered on another device (RFC 8628); show tells
// the person what to do. It returns when the person agreed or not, and the consent is
// stored.
func (c *Consent) AskDevice(ctx context.Context, show func(DevicePrompt) error) error {
	if c.devices == nil {
		return mailstore.Fail(mailstore.ErrUnsupported,
			"{provider} gives no codes for another device that would open mail. Sign in with the browser of this machine: method pkce under sign_in in the settings.", "provider", c.person.Provider.Name)
	}
	a, err := c.devices.post(ctx, c.person.Provider.DevicesURL, url.Values{
		"client_id": {c.person.ClientID}, "scope": {strings.Join(c.person.Provider.Scopes, " ")},
	})
	if err != nil {
		return err
	}
	if a.Failure != "" {
		return c.explain(a).Because(a.cause())
	}
	prompt, err := c.prompt(a)
	if err != nil {
		return err
	}
	if err := show(prompt); err != nil {
		return err
	}
	return c.poll(ctx, a, prompt.Expires)
}

// prompt checks what the person will be shown: it goes to a terminal and a browser.
func (c *Consent) prompt(a *answer) (DevicePrompt, error) {
	if a.Verification == "" {
		a.Verification = a.GoogleURL
	}
	const longestShown = 32
	strange := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f })
	}
	web := func(address string) bool {
		u, err := url.Parse(address)
		return err == nil && u.Scheme == "https" && u.Host != "" && !strange(address)
	}
	if a.DeviceCode == "" || a.UserCode == "" || len(a.UserCode) > longestShown || strange(a.UserCode) || !web(a.Verification) {
		return DevicePrompt{}, c.devices.strange(a.status)
	}
	if !web(a.Complete) {
		a.Complete = ""
	}
	return DevicePrompt{
		URL: a.Verification, Code: a.UserCode, Complete: a.Complete,
		Expires: c.network.Now().Add(a.ExpiresIn.seconds(longestCode, longestCode)),
	}, nil
}

// poll asks whether the person has agreed, as often as the issuer likes to be asked.
func (c *Consent) poll(ctx context.Context, code *answer, until time.Time) error {
	interval := code.Interval.seconds(usualInterval, longestInterval)
	for c.network.Now().Before(until) {
		if err := c.network.Wait(ctx, interval); err != nil {
			return err
		}
		form, err := c.form(ctx, grantDevice)
		if err != nil {
			return err
		}
		form.Set("device_code", code.DeviceCode)
		a, err := c.token.post(ctx, c.person.Provider.TokenURL, form)
		var failed *mailstore.Error
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &failed) && failed.Temporary(): // section 3.5: back off, and go on
			interval = min(max(2*interval, failed.After), longestInterval)
		case err != nil:
			return err
		case a.Failure == "authorization_pending":
		case a.Failure == "slow_down":
			interval = min(interval+slowerBy, longestInterval)
		default:
			return c.agreed(ctx, a)
		}
	}
	return c.explain(&answer{Failure: "expired_token"})
}
