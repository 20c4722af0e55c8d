package engine_test

import (
	"slices"
	"strings"
	"testing"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/lab"
)

func TestDiscover(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := &engine.Discoverer{Reader: o.parts.Reader}
	got, err := d.Discover(t.Context(), "Example.Test")
	if err != nil {
		t.Fatal(err)
	}
	if got.Domain != "example.test." || got.Zone != "example.test." || len(got.NameServers) != 3 || got.MXTTL != 300 ||
		!slices.Equal(got.MX, o.world.Domain().Primary.MX) || !strings.HasPrefix(got.SPF, "v=spf1 include:spf.harbormail.test") ||
		got.Preset != "" || got.DNSHost != configs.HostManual || got.Console != "generic" {
		t.Errorf("%+v", got)
	}
	sub, err := d.Discover(t.Context(), "emergency.example.test")
	if err != nil || sub.Zone != "example.test." || sub.Domain != "emergency.example.test." {
		t.Errorf("%+v, %v", sub, err)
	}
	_, err = d.Discover(t.Context(), "nosuch.test")
	oneSentence(t, err, failover.ErrZone, "nosuch.test")
	o.world.SetLine(lab.Line{Down: true})
	_, err = d.Discover(t.Context(), "example.test")
	oneSentence(t, err, failover.ErrUnreachable)
}

func discovery(change func(*engine.Discovery)) engine.Discovery {
	d := engine.Discovery{
		Domain: "example.test.", Zone: "example.test.", NameServers: []string{"ns1.example.test.", "ns2.example.test."},
		MX: []failover.MX{{Preference: 10, Host: "mx.primary.test."}}, MXTTL: 300, DNSHost: configs.HostManual, Console: "generic",
	}
	if change != nil {
		change(&d)
	}
	return d
}

func TestDraft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		found   func(*engine.Discovery)
		chosen  engine.Choices
		is      func(configs.Draft) bool
		refused []string
	}{
		"what was found": {is: func(d configs.Draft) bool {
			domain := d.Domains[0]
			return domain.Name == "example.test" && domain.DNS.Manual.Console == "generic" && domain.DNS.Zone == "" && domain.EmergencySubdomain == "" &&
				d.Primary.MX[0].Host == "mx.primary.test" && !d.Secondary.Configured()
		}},
		"a known provider": {
			found: func(d *engine.Discovery) { d.Preset = "microsoft365" },
			is:    func(d configs.Draft) bool { return d.Primary.Preset == "microsoft365" && len(d.Primary.MX) == 1 },
		},
		"a subdomain of the zone": {
			found: func(d *engine.Discovery) { d.Domain = "team.example.test." },
			is:    func(d configs.Draft) bool { return d.Domains[0].DNS.Zone == "example.test" },
		},
		"a label for the emergency": {
			chosen: engine.Choices{Emergency: "sos"},
			is:     func(d configs.Draft) bool { return d.Domains[0].EmergencySubdomain == "sos.example.test" },
		},
		"a name for the emergency": {
			chosen: engine.Choices{Emergency: "sos.example.test."},
			is:     func(d configs.Draft) bool { return d.Domains[0].EmergencySubdomain == "sos.example.test" },
		},
		"a secondary by its hosts": {
			chosen: engine.Choices{SecondaryMX: []string{"10 mx1.secondary.test", "20 mx2.secondary.test."}},
			is: func(d configs.Draft) bool {
				return d.Secondary.Preset == "generic" && len(d.Secondary.MX) == 2 && d.Secondary.MX[1] == configs.MX{Preference: 20, Host: "mx2.secondary.test"}
			},
		},
		"dynamic updates": {
			chosen: engine.Choices{DNS: configs.HostRFC2136},
			is: func(d configs.Draft) bool {
				o := d.Domains[0].DNS.RFC2136
				return o.Server == "ns1.example.test:53" && o.KeyName == "lifeboat" && o.Secret.Name() != ""
			},
		},
		"dynamic updates elsewhere": {
			chosen: engine.Choices{DNS: configs.HostRFC2136, Server: "192.0.2.1:5353", Key: "k1"},
			is: func(d configs.Draft) bool {
				return d.Domains[0].DNS.RFC2136.Server == "192.0.2.1:5353" && d.Domains[0].DNS.RFC2136.KeyName == "k1"
			},
		},
		"Cloudflare": {
			chosen: engine.Choices{DNS: configs.HostCloudflare},
			is:     func(d configs.Draft) bool { return d.Domains[0].DNS.Cloudflare.Token.Name() == "cloudflare" },
		},
		"no MX":                     {found: func(d *engine.Discovery) { d.MX = nil }, refused: []string{"example.test", "no MX record"}},
		"no such provider":          {chosen: engine.Choices{Secondary: "carrier-pigeon"}, refused: []string{"carrier-pigeon", "generic"}},
		"a secondary without hosts": {chosen: engine.Choices{Secondary: "generic"}, refused: []string{"--secondary-mx"}},
		"hosts that are none":       {chosen: engine.Choices{SecondaryMX: []string{"mx1.secondary.test"}}, refused: []string{"mx1.secondary.test", "preference"}},
		"no such DNS host":          {chosen: engine.Choices{DNS: "bind"}, refused: []string{"bind", "rfc2136, cloudflare or manual"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := discovery(c.found).Draft(c.chosen)
			if c.refused != nil {
				oneSentence(t, err, failover.ErrInvalid, c.refused...)
				return
			}
			if err != nil || !c.is(got) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}
