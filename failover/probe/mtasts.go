package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
)

// A policy that cannot be fetched is one that senders who keep an old copy go on
// applying for up to its max_age, and what that copy says nobody can tell from
// here: Unknown. A policy that is there but broken counts for nothing with
// senders who see it for the first time: a warning.
func checkMTASTS() Check {
	return Check{
		ID:       "mta-sts",
		Reason:   failover.Say("A domain can tell senders which MX hosts are its own (MTA-STS, RFC 8461). A new MX that the policy does not name is refused by the large providers, and they keep the policy for weeks."),
		Remedy:   failover.Say("In calm times, list the MX hosts of both providers in the policy, and give its record a new id."),
		subjects: theDomain, asked: onTheHosts,
		run: func(ctx context.Context, v *visit, _ []string) {
			r := v.mtaSTS(ctx)
			if ctx.Err() == nil {
				v.note("", v.judgePolicy(r))
			}
		},
	}
}

// stsResult is what was found of the domain's MTA-STS policy.
type stsResult struct {
	text    []string // the TXT records of this kind
	problem error    // the records are no policy's announcement
	err     error    // nobody could tell whether there is one
	fetched bool
	policy  stsPolicy
	broken  error // the server answers, but this is no policy
	lost    error // the server could not be asked
}

// insists reports whether senders may refuse a host over its certificate.
func (r stsResult) insists() bool {
	return r.err != nil || r.lost != nil || r.fetched && r.policy.Mode == "enforce"
}

// mtaSTS finds the domain's policy as a sender does.
func (s *survey) mtaSTS(ctx context.Context) stsResult {
	return s.policy.get("", func() stsResult {
		domain := strings.TrimSuffix(s.target.Domain.Name, ".")
		sets := s.published(ctx, "_mta-sts."+domain, "TXT")
		r := stsResult{err: sets.err}
		for _, text := range sets.texts() {
			if _, ok, err := parseSTSRecord(text); ok {
				r.text = append(r.text, text)
				r.problem = errors.Join(r.problem, err)
			}
		}
		if len(r.text) > 1 {
			r.problem = errors.New("there are several records")
		}
		if r.err != nil || r.problem != nil || len(r.text) == 0 {
			return r
		}
		body, status, err := s.fetch(ctx, "mta-sts."+domain)
		switch {
		case err != nil:
			r.lost = err
		case status != nil:
			r.broken = status
		default:
			r.policy, r.broken = parseSTSPolicy(body)
			r.fetched = r.broken == nil
		}
		return r
	})
}

// fetch gets the policy over HTTPS (RFC 8461 section 3.3): no redirects, a valid
// certificate, text/plain. A broken answer is told apart from none: servers that
// are in trouble (5xx) are as good as silent.
func (s *survey) fetch(ctx context.Context, host string) (body string, broken, lost error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute) // RFC 8461 section 3.3
	defer cancel()
	client := &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: s.prober.opt.TLS.Clone(), TLSHandshakeTimeout: s.prober.opt.Patience,
			ResponseHeaderTimeout: s.prober.opt.Patience, DisableKeepAlives: true, ForceAttemptHTTP2: true,
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) { return s.dialHost(ctx, host, address) },
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/.well-known/mta-sts.txt", http.NoBody)
	if err != nil {
		return "", nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxPolicy+1))
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case resp.StatusCode >= http.StatusInternalServerError:
		return "", nil, fmt.Errorf("HTTP status %d", resp.StatusCode)
	case resp.StatusCode != http.StatusOK:
		return "", fmt.Errorf("HTTP status %d where only 200 counts", resp.StatusCode), nil
	case err != nil:
		return "", nil, err
	case kind != "text/plain":
		return "", fmt.Errorf("content type %q instead of text/plain", clean(kind, 80)), nil
	case len(text) > maxPolicy:
		return "", errors.New("a policy of more than 64 KiB"), nil
	}
	return string(text), nil, nil
}

// dialHost connects to the first address of the policy host that accepts.
func (s *survey) dialHost(ctx context.Context, host, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	at := s.place(ctx, host)
	if at.err != nil {
		return nil, at.err
	}
	err = errors.New("the policy host has no address")
	for _, a := range at.addrs {
		dialing, cancel := context.WithTimeout(ctx, s.prober.opt.Patience)
		conn, dialErr := s.prober.opt.Dialer.DialContext(dialing, "tcp", net.JoinHostPort(a.String(), port))
		cancel()
		if dialErr == nil {
			return conn, nil
		}
		err = dialErr
	}
	return nil, err
}

// judgePolicy holds the destination's hosts against the policy.
func (s *survey) judgePolicy(r stsResult) say {
	domain, provider := failover.Display(s.target.Domain.Name), s.target.Provider.Name
	out := say{verdict: failover.Warn, evidence: slices.Clone(r.text)}
	switch {
	case r.err != nil:
		out.verdict, out.unseen, out.evidence = failover.Unknown, true, []string{clean(r.err.Error(), 300)}
		out.text = failover.Say("Nobody could say whether {domain} has an MTA-STS policy: the DNS gives no answer.", "domain", domain)
		out.remedy = failover.Say("See whether this machine is on the network, and check again.")
	case len(r.text) == 0:
		return say{verdict: failover.Pass, text: failover.Say("{domain} publishes no MTA-STS policy, so none can refuse the new MX hosts.", "domain", domain)}
	case r.problem != nil:
		out.evidence = append(out.evidence, clean(r.problem.Error(), 200))
		out.text = failover.Say("The MTA-STS record of {domain} is broken, so senders see no policy; those who keep an older one go on applying it.", "domain", domain)
		out.remedy = failover.Say("Publish exactly one TXT record at _mta-sts.{domain}, with v=STSv1 and an id.", "domain", domain)
	case r.lost != nil:
		out.verdict, out.unseen, out.evidence = failover.Unknown, true, append(out.evidence, clean(r.lost.Error(), 300))
		out.text = failover.Say("{domain} has an MTA-STS policy, but it could not be fetched from mta-sts.{domain}; senders may keep one that does not allow the new MX hosts.", "domain", domain)
		out.remedy = failover.Say("Bring the policy's web host back, at a place that does not depend on the failing provider, and check again.")
	case r.broken != nil:
		out.evidence = append(out.evidence, clean(r.broken.Error(), 300))
		out.text = failover.Say("What mta-sts.{domain} serves is no MTA-STS policy, so senders see none; those who keep an older one go on applying it.", "domain", domain)
		out.remedy = failover.Say("Serve the policy at https://mta-sts.{domain}/.well-known/mta-sts.txt as text/plain, without a redirect.", "domain", domain)
	default:
		return s.judgeHosts(r, domain, provider)
	}
	return out
}

func (s *survey) judgeHosts(r stsResult, domain, provider string) say {
	var missing []string
	for _, h := range s.target.hosts() {
		if !r.policy.allows(h) {
			missing = append(missing, failover.Display(h))
		}
	}
	out := say{evidence: append(slices.Clone(r.text), fmt.Sprintf("mode: %s, mx: %s, max_age: %d", r.policy.Mode,
		clean(strings.Join(r.policy.MX, " "), 300), int64(r.policy.MaxAge.Seconds())))}
	hosts := strings.Join(missing, ", ")
	switch {
	case len(missing) == 0 || r.policy.Mode == "none":
		out.verdict = failover.Pass
		out.text = failover.Say("The MTA-STS policy of {domain} (mode {mode}) allows the MX hosts of {provider}.", "domain", domain, "mode", r.policy.Mode, "provider", provider)
		return out
	case r.policy.Mode == "testing":
		out.verdict = failover.Warn
		out.text = failover.Say("The MTA-STS policy of {domain} does not name {hosts}. It is in testing mode, so senders report that and deliver all the same.", "domain", domain, "hosts", hosts)
	case len(missing) < len(s.target.hosts()):
		out.verdict = failover.Warn
		out.text = failover.Say("The MTA-STS policy of {domain} does not name {hosts}; senders who apply it use the other hosts only.", "domain", domain, "hosts", hosts)
	default:
		out.verdict = failover.Red
		out.text = failover.Say("The MTA-STS policy of {domain} (mode enforce) does not name {hosts}: senders who apply it would refuse to deliver there.", "domain", domain, "hosts", hosts)
	}
	out.remedy = failover.Say("Add {hosts} to the policy and give its record a new id; senders keep the old policy for up to {days} days.",
		"hosts", hosts, "days", int64(r.policy.MaxAge.Hours()+23)/24)
	return out
}
