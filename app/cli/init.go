package cli

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
)

type initFlags struct {
	engine.Choices
	yes    bool
	noDKIM bool
}

// initCommand discovers a domain and writes the settings.
func (s *session) initCommand() *cobra.Command {
	t := s.tongue
	var f initFlags
	c := &cobra.Command{
		Use:   "init [DOMAIN]",
		Short: t.T("Discover how a domain is set up, ask for the rest, and write the settings"),
		Args:  count(0, 1),
		RunE: func(c *cobra.Command, a []string) error {
			domain := ""
			if len(a) == 1 {
				domain = a[0]
			}
			return s.initialise(c.Context(), domain, f)
		},
	}
	c.Flags().StringVar(&f.Secondary, "secondary", "", t.T("secondary `PROVIDER`: {presets}", "presets", strings.Join(presetNames(), ", ")))
	c.Flags().StringSliceVar(&f.SecondaryMX, "secondary-mx", nil, t.T("its `MX` hosts, as \"10 mx1.example.net\""))
	c.Flags().StringVar(&f.Emergency, "emergency", "", t.T("emergency subdomain, a `NAME`"))
	c.Flags().StringVar(&f.DNS, "dns", "", t.T("DNS `HOST`: rfc2136, cloudflare or manual"))
	c.Flags().StringVar(&f.Server, "dns-server", "", t.T("for rfc2136: the `SERVER` that takes updates, as host:port"))
	c.Flags().StringVar(&f.Key, "dns-key", "", t.T("for rfc2136: the `NAME` of the TSIG key"))
	c.Flags().StringVar(&f.CSV, "recipients", "", t.T("CSV `FILE` of recipients, beside the settings file"))
	c.Flags().BoolVar(&f.noDKIM, "no-dkim", false, t.T("make no DKIM key for what the relay sends"))
	c.Flags().BoolVarP(&f.yes, "yes", "y", false, t.T("do not ask; take what was discovered and the flags"))
	return c
}

func presetNames() []string {
	var out []string
	for _, p := range configs.Presets() {
		out = append(out, p.Name)
	}
	return out
}

func (s *session) initialise(ctx context.Context, domain string, f initFlags) error {
	asks := s.Terminal && !f.yes
	var err error
	if domain == "" && asks {
		if domain, err = s.askLine(ctx, s.tongue.T("Your mail domain: ")); err != nil {
			return err
		}
	}
	if domain == "" {
		return failover.Fail(failover.ErrInvalid, "no domain was given: lifeboat init DOMAIN")
	}
	file, _ := s.Files(s.place)
	now, err := existing(file)
	if err != nil {
		return err
	}
	s.note(s.tongue.T("Looking {domain} up …", "domain", domain))
	found, err := s.Discover().Discover(ctx, domain)
	if err != nil {
		return err
	}
	s.showDiscovery(found)
	if asks {
		if err := s.askRest(ctx, found, now, &f); err != nil {
			return err
		}
	}
	key, err := s.signingKey(ctx, found.Domain, now, f)
	if err != nil {
		return err
	}
	if f.SigningKey = key.ref; now != nil {
		err = s.amend(file, found, f)
	} else {
		err = s.begin(file, found, f)
	}
	if err != nil {
		s.forgetKey(ctx, key)
	}
	return err
}

// begin writes settings where there are none yet.
func (s *session) begin(file string, found engine.Discovery, f initFlags) error {
	f.Language = string(s.tongue.Language)
	draft, err := found.Draft(f.Choices)
	if err != nil {
		return err
	}
	draft.Translate = s.tongue.T
	_ = os.MkdirAll(filepath.Dir(file), 0o700) // where that fails, writing says so
	if err := configs.WriteNew(file, draft); err != nil {
		return err
	}
	s.printT("Written to {file}. Look through it, fill in the recipients, then: lifeboat check", "file", file)
	return s.document(map[string]any{"file": file, "discovered": found})
}

// existing loads the settings, if there are any.
func existing(file string) (*configs.Settings, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, nil //nolint:nilerr // none, or none that can be seen: writing says what is wrong
	}
	s, _, err := configs.Load(file, configs.Options{})
	return s, err
}

// amend brings what is new into settings that exist.
func (s *session) amend(file string, found engine.Discovery, f initFlags) error {
	set, err := found.Amend(file, f.Choices)
	if err != nil {
		return err
	}
	if len(set) == 0 {
		s.printT("Nothing to change: {domain} is in {file} already.", "domain", failover.Display(found.Domain), "file", file)
	}
	for _, key := range set {
		s.printT("Set in {file}: {key}", "file", file, "key", key)
	}
	return s.document(map[string]any{"file": file, "discovered": found, "set": append([]string{}, set...)})
}

// showDiscovery tells what was found.
func (s *session) showDiscovery(d engine.Discovery) {
	t := s.tongue
	provider := d.ProviderName
	if provider == "" {
		provider = t.T("not a provider known by name")
	}
	for _, m := range d.MX {
		s.note("  MX   " + m.String() + "  " + t.T("(TTL {ttl})", "ttl", d.MXTTL))
	}
	s.note("  " + t.T("Mail: {provider}", "provider", provider))
	if d.SPF != "" {
		s.note("  SPF  " + d.SPF)
	}
	host := d.DNSHostName
	if host == "" {
		host = strings.Join(displayed(d.NameServers), ", ")
	}
	s.note("  " + t.T("DNS: {host}, changed through {kind}", "host", host, "kind", d.DNSHost))
}

func displayed(names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, failover.Display(n))
	}
	return out
}

// askRest asks for what no look-up can tell, no flag has said, and no settings that
// exist answer already.
func (s *session) askRest(ctx context.Context, d engine.Discovery, now *configs.Settings, f *initFlags) error {
	t := s.tongue
	var hasSecondary, hasDomain bool
	if now != nil {
		hasSecondary = now.Providers.Secondary.Configured()
		_, hasDomain = now.Domain(d.Domain)
	}
	questions := []struct {
		into     *string
		answered bool
		question string
		standard string
	}{
		{&f.Secondary, hasSecondary, t.T("Secondary provider ({presets}; empty: none yet): ", "presets", strings.Join(presetNames(), ", ")), ""},
		{&f.Emergency, hasDomain, t.T("Emergency subdomain (empty: emergency): "), "emergency"},
		{&f.DNS, hasDomain, t.T("DNS host, rfc2136, cloudflare or manual (empty: {kind}): ", "kind", d.DNSHost), d.DNSHost},
	}
	for _, q := range questions {
		if q.answered || *q.into != "" {
			continue
		}
		answer, err := s.askLine(ctx, q.question)
		if err != nil {
			return err
		}
		if *q.into = answer; answer == "" {
			*q.into = q.standard
		}
	}
	if p, ok := configs.PresetNamed(f.Secondary); ok && slices.Contains(p.Needs, "mx") && len(f.SecondaryMX) == 0 {
		answer, err := s.askLine(ctx, t.T(`Its MX hosts, as "10 mx1.example.net, 20 mx2.example.net": `))
		if err != nil {
			return err
		}
		for mx := range strings.SplitSeq(answer, ",") {
			if mx = strings.TrimSpace(mx); mx != "" {
				f.SecondaryMX = append(f.SecondaryMX, mx)
			}
		}
	}
	return nil
}
