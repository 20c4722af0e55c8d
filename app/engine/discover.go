package engine

import (
	"context"

	"golang.org/x/sync/errgroup"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/dnswire"
)

// Discoverer finds out how a domain is set up now, before there are settings.
type Discoverer struct {
	Reader *dnsview.Reader
}

// Discovery is what the DNS tells of a domain.
type Discovery struct {
	Domain      string        `json:"domain"` // as FQDN makes it
	Zone        string        `json:"zone"`
	NameServers []string      `json:"name_servers"`
	MX          []failover.MX `json:"mx"`
	MXTTL       uint32        `json:"mx_ttl"` // seconds; 0 when there is no MX
	SPF         string        `json:"spf,omitempty"`
	// Preset is the provider recognised by its MX hosts, by preset name; empty when
	// it is not known.
	Preset       string `json:"preset,omitempty"`
	ProviderName string `json:"provider,omitempty"`
	// DNSHost is the key of the settings (rfc2136, cloudflare, manual) that suits
	// who serves the zone, Console the console when that is a known one, and
	// DNSHostName who it is.
	DNSHost     string `json:"dns_host"`
	Console     string `json:"console,omitempty"`
	DNSHostName string `json:"dns_host_name,omitempty"`
}

// Discover looks a domain up. The error is failover.ErrZone when there is no such
// domain, or failover.ErrUnreachable.
func (d *Discoverer) Discover(ctx context.Context, domain string) (Discovery, error) {
	out := Discovery{Domain: failover.FQDN(domain), DNSHost: configs.HostManual, Console: "generic"}
	zone, err := d.Reader.Zone(ctx, out.Domain)
	if err != nil {
		return out, err
	}
	out.Zone = zone
	servers, err := d.Reader.Servers(ctx, zone)
	if err != nil {
		return out, err
	}
	for _, s := range servers {
		out.NameServers = append(out.NameServers, s.Name)
	}
	var mx, txt failover.RRset
	var g errgroup.Group
	g.Go(func() (err error) {
		mx, err = d.Reader.System(ctx, failover.Key{Name: out.Domain, Type: "MX"})
		return err
	})
	g.Go(func() (err error) {
		txt, err = d.Reader.System(ctx, failover.Key{Name: out.Domain, Type: "TXT"})
		return err
	})
	if err := g.Wait(); err != nil {
		return out, err
	}
	out.MX, out.MXTTL = mx.MX(), mx.TTL
	out.SPF, _, _ = dnswire.SPF(txt.Values)
	out.recognise()
	return out, nil
}

// recognise names provider and DNS host, where they are known.
func (d *Discovery) recognise() {
	var hosts []string
	for _, m := range d.MX {
		hosts = append(hosts, m.Host)
	}
	if p, ok := configs.Recognise(hosts); ok {
		d.Preset, d.ProviderName = p.Name, p.Title
	}
	if h, ok := configs.RecogniseDNSHost(d.NameServers); ok {
		d.DNSHostName = h.Title
		d.DNSHost = h.Host
		if h.Console != "" {
			d.Console = h.Console
		}
	}
}
