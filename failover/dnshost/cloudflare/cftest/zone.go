package cftest

import (
	"fmt"
	"slices"
	"strings"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
)

// Zone is a zone as the API gives it. Fields are set when it is added.
type Zone struct {
	ID          string         `json:"id"`
	Account     map[string]any `json:"account"`
	Meta        map[string]any `json:"meta"`
	Name        string         `json:"name"` // without trailing dot
	Owner       map[string]any `json:"owner"`
	Plan        map[string]any `json:"plan"`
	Status      string         `json:"status"`
	Paused      bool           `json:"paused"`
	Type        string         `json:"type"`
	NameServers []string       `json:"name_servers"`
	Permissions []string       `json:"permissions"`
	ActivatedOn string         `json:"activated_on"`
	CreatedOn   string         `json:"created_on"`
	ModifiedOn  string         `json:"modified_on"`

	server  *Server
	records []*Record
}

// Record is a DNS record as the API gives it.
type Record struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Content    string         `json:"content"`
	Priority   *int           `json:"priority,omitempty"`
	Proxiable  bool           `json:"proxiable"`
	Proxied    bool           `json:"proxied"`
	TTL        int            `json:"ttl"`
	Settings   map[string]any `json:"settings"`
	Meta       map[string]any `json:"meta"`
	Comment    *string        `json:"comment"`
	Tags       []string       `json:"tags"`
	CreatedOn  string         `json:"created_on"`
	ModifiedOn string         `json:"modified_on"`
}

const someday = "2026-03-01T12:00:00.000000Z"

// AddZone adds an active zone; change its fields before requests are made.
func (s *Server) AddZone(name string) *Zone {
	s.mu.Lock()
	defer s.mu.Unlock()
	z := &Zone{
		ID: s.id(), Name: strings.TrimSuffix(name, "."), Status: "active", Type: "full",
		Account: map[string]any{"id": s.id(), "name": "Example Ltd"}, Owner: map[string]any{"id": nil, "type": "user", "email": nil},
		Meta: map[string]any{"step": 2}, Plan: map[string]any{"id": s.id(), "name": "Free Website"},
		NameServers: []string{"bob.ns.cloudflare.example", "lola.ns.cloudflare.example"},
		Permissions: []string{"#zone:read", "#dns_records:read", "#dns_records:edit"},
		ActivatedOn: someday, CreatedOn: someday, ModifiedOn: someday, server: s,
	}
	s.zones = append(s.zones, z)
	return z
}

// id makes an identifier: 32 hexadecimal digits.
func (s *Server) id() string {
	s.nextID++
	return fmt.Sprintf("%032x", 0x5eed<<32+s.nextID)
}

// Add puts a record into the zone past the API, whatever it is.
func (z *Zone) Add(r Record) *Record {
	z.server.mu.Lock()
	defer z.server.mu.Unlock()
	z.complete(&r)
	z.records = append(z.records, &r)
	return &r
}

func (z *Zone) complete(r *Record) {
	r.ID = z.server.id()
	r.Settings, r.Meta = map[string]any{}, map[string]any{}
	r.CreatedOn, r.ModifiedOn = someday, someday
	r.Proxiable = slices.Contains([]string{"A", "AAAA", "CNAME"}, r.Type)
	if r.Tags == nil {
		r.Tags = []string{}
	}
}

// Put makes a set be this, past the API.
func (z *Zone) Put(set failover.RRset) {
	z.server.mu.Lock()
	z.records = slices.DeleteFunc(z.records, func(r *Record) bool { return r.key() == set.Key })
	z.server.mu.Unlock()
	for _, v := range set.Values {
		z.Add(Of(set, v))
	}
}

// Of is the record for a set's value as the API holds it.
func Of(set failover.RRset, value string) Record {
	r := Record{Name: strings.TrimSuffix(set.Name, "."), Type: set.Type, TTL: int(set.TTL), Content: value}
	switch set.Type {
	case "MX", "SRV":
		var priority int
		_, _ = fmt.Sscan(value, &priority) // a canonical value begins with it
		_, rest, _ := strings.Cut(value, " ")
		r.Priority, r.Content = &priority, strings.TrimSuffix(rest, ".")
	case "CNAME", "NS":
		r.Content = strings.TrimSuffix(value, ".")
	}
	return r
}

func (r *Record) key() failover.Key {
	return failover.Key{Name: failover.FQDN(r.Name), Type: r.Type}
}

// value is the record's data as Cloudflare's name servers would give it.
func (r *Record) value() (string, error) {
	content := r.Content
	if r.Priority != nil {
		content = fmt.Sprintf("%d %s", *r.Priority, content)
	}
	if r.Type == "TXT" && !strings.HasPrefix(content, `"`) {
		return dnswire.TXT(content), nil
	}
	set, err := dnswire.Canonical(r.Name, r.Type, 0, content)
	if err != nil {
		return "", err
	}
	return set.Values[0], nil
}

// Snapshot is the zone, a record a line: name, TTL as served, type and data, and
// after a tab what else is kept.
func (z *Zone) Snapshot() ([]string, error) {
	z.server.mu.Lock()
	defer z.server.mu.Unlock()
	lines := make([]string, 0, len(z.records))
	for _, r := range z.records {
		v, err := r.value()
		if err != nil {
			return nil, fmt.Errorf("the record %+v: %w", *r, err)
		}
		ttl, comment := r.TTL, "none"
		if ttl == 1 {
			ttl = 300
		}
		if r.Comment != nil {
			comment = fmt.Sprintf("%q", *r.Comment)
		}
		lines = append(lines, fmt.Sprintf("%s %d %s %s\t%s content=%q ttl=%d proxied=%v comment=%s tags=%v",
			failover.FQDN(r.Name), ttl, r.Type, v, r.ID, r.Content, r.TTL, r.Proxied, comment, r.Tags))
	}
	slices.Sort(lines)
	return lines, nil
}
