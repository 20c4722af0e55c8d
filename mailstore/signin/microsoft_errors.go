package signin

import (
	"slices"
	"strconv"
	"strings"

	"lifeboat/mailstore"
)

// explain says what an error of Microsoft Entra means for an application ("Microsoft
// Entra authentication and authorization error codes").
func (m *microsoft) explain(a *answer) error {
	e := m.byNumber(a)
	if e == nil {
		e = m.byWord(a)
	}
	return e.Because(a.cause())
}

// byNumber explains AADSTS numbers; nil: none is known.
func (m *microsoft) byNumber(a *answer) *mailstore.Error {
	is := func(numbers ...int) bool {
		return slices.ContainsFunc(numbers, func(n int) bool { return slices.Contains(a.numbers, n) })
	}
	application, tenant := m.config.Application, m.config.Tenant
	switch {
	case is(7000222):
		return mailstore.Fail(mailstore.ErrSignIn,
			"The secret of the application {application} has ended. Make a new one in Microsoft Entra under Certificates & secrets, and store it here with lifeboat secret set.", "application", application)
	case is(7000215, 7000218):
		return mailstore.Fail(mailstore.ErrSignIn,
			"The secret of the application {application} is wrong. Store the secret's value, not its ID, with lifeboat secret set; where it was not kept, make a new one in Microsoft Entra under Certificates & secrets.", "application", application)
	case is(700016, 7000229):
		return mailstore.Fail(mailstore.ErrSignIn,
			"There is no application {application} in the tenant {tenant}. Check client and tenant under sign_in in the settings, and that an administrator has consented to it there.", "application", application, "tenant", tenant)
	case is(90002, 900023, 900021):
		return mailstore.Fail(mailstore.ErrSignIn,
			"Microsoft knows no tenant {tenant}. Check tenant and cloud under sign_in in the settings.", "tenant", tenant)
	case is(700024):
		return m.issuer.clock(a)
	case is(700027, 7000214, 700030, 50012):
		return mailstore.Fail(mailstore.ErrSignIn,
			"Microsoft Entra does not have the certificate of the application {application}, or it has ended there. Upload it under Certificates & secrets.", "application", application)
	case is(7000112):
		return mailstore.Fail(mailstore.ErrSignIn,
			"The application {application} is disabled in the tenant {tenant}. Enable it in Microsoft Entra under Enterprise applications.", "application", application, "tenant", tenant)
	case is(65001, 65004, 90094):
		return mailstore.Fail(mailstore.ErrSignIn,
			"No administrator of {tenant} has consented to the application {application} yet. Give the permission IMAP.AccessAsApp of Office 365 Exchange Online, and press Grant admin consent, in Microsoft Entra under API permissions.", "tenant", tenant, "application", application)
	case is(500011, 500014, 650052, 70011, 1002012):
		return mailstore.Fail(mailstore.ErrSignIn,
			"The tenant {tenant} does not know Exchange Online by the name {scope}. Check cloud under sign_in in the settings, and that the tenant has Exchange Online.", "tenant", tenant, "scope", m.scope)
	case is(53003, 530034, 530035, 53000, 53001):
		return mailstore.Fail(mailstore.ErrSignIn,
			"A rule for access (Conditional Access) of {tenant} keeps the application {application} out. Let it through from this machine's address, in Microsoft Entra under Conditional Access.", "tenant", tenant, "application", application)
	case is(50196, 90055, 90033, 90024, 10001, 50000):
		e := mailstore.Fail(mailstore.ErrThrottled, "{issuer}, which gives the tokens, is busy or disturbed. It is asked again by itself.", "issuer", m.issuer.host)
		e.After = a.retry
		return e
	}
	return nil
}

// byWord explains the errors of RFC 6749 section 5.2.
func (m *microsoft) byWord(a *answer) *mailstore.Error {
	application, tenant := m.config.Application, m.config.Tenant
	switch a.Failure {
	case "invalid_client":
		return mailstore.Fail(mailstore.ErrSignIn,
			"{issuer} refuses the secret or the certificate of the application {application} ({code}). Check it in Microsoft Entra under Certificates & secrets.", "issuer", m.issuer.host, "application", application, "code", a.codes())
	case "unauthorized_client", "access_denied":
		return mailstore.Fail(mailstore.ErrSignIn,
			"The application {application} may not ask for tokens of {tenant} ({code}). Check its registration and an administrator's consent in Microsoft Entra.", "application", application, "tenant", tenant, "code", a.codes())
	case "invalid_scope", "invalid_resource":
		return mailstore.Fail(mailstore.ErrSignIn,
			"The tenant {tenant} does not know Exchange Online by the name {scope}. Check cloud under sign_in in the settings, and that the tenant has Exchange Online.", "tenant", tenant, "scope", m.scope)
	}
	return mailstore.Fail(mailstore.ErrSignIn,
		"{issuer} gives no token for the application {application} ({code}). Look the code up at login.microsoftonline.com/error.", "issuer", m.issuer.host, "application", application, "code", a.codes())
}

// codes names what failed, in the issuer's own code words, which quote nothing.
func (a *answer) codes() string {
	var out []string
	if len(a.Failure) <= 64 && !strings.ContainsFunc(a.Failure, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) && knownWord(a.Failure) {
		out = append(out, a.Failure)
	}
	for _, n := range slices.Compact(slices.Sorted(slices.Values(a.numbers))) {
		out = append(out, "AADSTS"+strconv.Itoa(n))
	}
	if len(out) == 0 {
		return "?"
	}
	return strings.Join(out, ", ")
}

// knownWord reports whether an error is one of those documented: an unknown one may
// be anything.
func knownWord(word string) bool {
	return slices.Contains([]string{
		"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope", // RFC 6749 section 5.2
		"access_denied", "unsupported_response_type", "server_error", "temporarily_unavailable", // section 4.1.2.1
		"authorization_pending", "slow_down", "expired_token", // RFC 8628 section 3.5
		"interaction_required", "consent_required", "login_required", "invalid_resource", "authorization_declined", "bad_verification_code", // Microsoft
		"admin_policy_enforced", "disabled_client", "deleted_client", "org_internal", "invalid_rapt", "rate_limit_exceeded", // Google
	}, word)
}

// cause is what the log gets of an answer.
func (a *answer) cause() error { return issuerError(a.codes()) }

// issuerError is an issuer's refusal, in its code words.
type issuerError string

// Error names the codes.
func (r issuerError) Error() string { return "the issuer says " + string(r) }
