package engine

import (
	"os"

	"lifeboat/configs"
	"lifeboat/failover"
)

// domainOf puts a domain of the settings into the words of package failover.
func domainOf(s *configs.Settings, d configs.Domain) failover.Domain {
	providers, _ := s.ProvidersOf(d.Name) // the domain is one of the settings
	out := failover.Domain{
		Name: failover.FQDN(d.Name), MXTTL: d.MXTTL,
		Primary:   providerOf(failover.Primary, providers.Primary),
		Secondary: providerOf(failover.Secondary, providers.Secondary),
	}
	if d.EmergencySubdomain != "" {
		out.Emergency = failover.FQDN(d.EmergencySubdomain)
	}
	if d.Signing.On() {
		out.Signing = failover.DKIMSelector{Selector: d.Signing.Selector, Type: "TXT"}
	}
	for _, r := range s.RecipientsOf(d.Name) {
		out.Recipients = append(out.Recipients, failover.Recipient{Address: r.Address, Kind: failover.RecipientKind(r.Kind)})
	}
	return out
}

func providerOf(role failover.Role, p configs.Provider) failover.Provider {
	out := failover.Provider{
		Role: role, Name: p.Name, SPFInclude: p.SPFInclude,
		Submission: endpointOf(p.Submission.Endpoint), IMAP: endpointOf(p.IMAP),
	}
	for _, m := range p.MX {
		out.MX = append(out.MX, failover.MX{Preference: m.Preference, Host: failover.FQDN(m.Host)})
	}
	for _, s := range p.DKIMSelectors {
		out.DKIM = append(out.DKIM, failover.DKIMSelector{Selector: s.Selector, Type: s.Type, Value: s.Value})
	}
	return out
}

func endpointOf(e configs.Endpoint) failover.Endpoint {
	return failover.Endpoint{Host: e.Host, Port: e.Port, Security: failover.Security(e.TLS)}
}

func stopped(cause error) error {
	return failover.Fail(failover.ErrWaiting, "stopped; what was found so far is not counted").Because(cause)
}

func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return failover.Fail(failover.ErrDisk,
			"the data folder {folder} cannot be made: choose another with --data, or make room", "folder", dir).Because(err)
	}
	return nil
}
