package cloudflare

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
)

// automatic is the TTL that lets Cloudflare choose, and autoSeconds what it serves.
const (
	automatic   = 1
	autoSeconds = 300
)

// record is a DNS record as the API gives it
// (https://developers.cloudflare.com/api/resources/dns/subresources/records/methods/list/).
type record struct {
	ID       string  `json:"id"`
	Type     string  `json:"type"`
	Name     string  `json:"name"` // no trailing dot, A-labels
	Content  string  `json:"content"`
	TTL      uint32  `json:"ttl"`
	Priority *uint16 `json:"priority"`
	Proxied  bool    `json:"proxied"`
	Comment  *string `json:"comment"`
}

func (r record) key() failover.Key {
	return failover.Key{Name: failover.FQDN(r.Name), Type: strings.ToUpper(r.Type)}
}

// seconds is the TTL as it is served.
func (r record) seconds() uint32 {
	if r.TTL == automatic {
		return autoSeconds
	}
	return r.TTL
}

// value is the record's data as failover.RRset holds it.
func (r record) value() (string, error) {
	content := r.Content
	switch r.Type {
	case "MX":
		if r.Priority == nil {
			return "", fmt.Errorf("the MX record %s has no priority", r.ID)
		}
		content = fmt.Sprintf("%d %s", *r.Priority, failover.FQDN(content))
	case "SRV":
		if r.Priority != nil {
			content = fmt.Sprintf("%d %s", *r.Priority, content)
		}
	case "TXT":
		// The API holds content in quotes, cut into strings, as a zone file has
		// it; but it also takes and gives back content without any quotes, which
		// is then one text.
		if !strings.HasPrefix(content, `"`) {
			return dnswire.TXT(content), nil
		}
	case "CNAME", "NS", "PTR":
		return failover.FQDN(content), nil
	}
	set, err := dnswire.Canonical(r.Name, r.Type, 0, content)
	if err != nil || len(set.Values) != 1 {
		return "", fmt.Errorf("the record %s cannot be understood: %w", r.ID, err)
	}
	return set.Values[0], nil
}

// records are the records of one set, as they are at Cloudflare.
type records []record

// set makes the record set of them.
func (rs records) set(k failover.Key) (failover.RRset, error) {
	var values []string
	var ttl uint32
	for _, r := range rs {
		v, err := r.value()
		if err != nil {
			return failover.RRset{}, err
		}
		if len(values) == 0 || r.seconds() < ttl {
			ttl = r.seconds()
		}
		values = append(values, v)
	}
	return failover.NewRRset(k.Name, k.Type, ttl, values...), nil
}

// settled reports whether nothing is left to do: the records are the set, each with
// the set's TTL, and none is hidden behind Cloudflare's proxy.
func (rs records) settled(want failover.RRset) (bool, error) {
	set, err := rs.set(want.Key)
	if err != nil || !set.Equal(want) {
		return false, err
	}
	return !slices.ContainsFunc(rs, func(r record) bool { return r.seconds() != want.TTL || r.Proxied }), nil
}

// readSet gets the records of a set. The filter for the name is documented; that
// nothing else comes is checked all the same.
func (h *Host) readSet(ctx context.Context, zoneID string, k failover.Key) (records, failover.RRset, error) {
	all, err := list[record](ctx, h, []string{"zones", zoneID, "dns_records"}, url.Values{
		"name.exact": {strings.TrimSuffix(k.Name, ".")}, "type": {k.Type},
	})
	if err != nil {
		return nil, failover.RRset{}, err
	}
	var rs records
	for _, r := range all {
		// A record may come twice when pages move while they are read.
		known := slices.ContainsFunc(rs, func(o record) bool { return o.ID == r.ID })
		if r.key() == k && !known {
			rs = append(rs, r)
		}
	}
	set, err := rs.set(k)
	if err != nil {
		return nil, failover.RRset{}, h.garbled(request{}, err)
	}
	return rs, set, nil
}

// batch is the body of a request to the batch endpoint.
type batch struct {
	Deletes []write `json:"deletes,omitempty"`
	Patches []write `json:"patches,omitempty"`
	Posts   []write `json:"posts,omitempty"`
}

func (b batch) empty() bool { return len(b.Deletes)+len(b.Patches)+len(b.Posts) == 0 }

// write is a record in a batch: what is left out stays as it is.
type write struct {
	ID       string  `json:"id,omitempty"`
	Type     string  `json:"type,omitempty"`
	Name     string  `json:"name,omitempty"`
	Content  string  `json:"content,omitempty"`
	TTL      uint32  `json:"ttl,omitempty"`
	Priority *uint16 `json:"priority,omitempty"`
	Proxied  *bool   `json:"proxied,omitempty"`
	Comment  *string `json:"comment,omitempty"`
}

// toWrite is a value as the API wants it.
func toWrite(k failover.Key, ttl uint32, value string) (write, error) {
	w := write{Type: k.Type, Name: strings.TrimSuffix(k.Name, "."), Content: value, TTL: ttl}
	switch k.Type {
	case "MX":
		mx, err := failover.ParseMX(value)
		if err != nil {
			return write{}, err
		}
		w.Priority, w.Content = &mx.Preference, mx.Host
		if mx.Host != "." { // the null MX of RFC 7505
			w.Content = strings.TrimSuffix(mx.Host, ".")
		}
	case "CNAME":
		direct := false // a proxied name gives Cloudflare's addresses, not the alias
		w.Content, w.Proxied = strings.TrimSuffix(value, "."), &direct
	case "TXT":
	default:
		return write{}, failover.Fail(failover.ErrUnsupported,
			"Lifeboat does not change {type} records at Cloudflare, only MX, TXT and CNAME", "type", k.Type)
	}
	return w, nil
}

// toward plans the batch that makes the records be the set: records that stay are
// left alone or given the TTL, records that differ are patched pair by pair, and
// only the surplus is deleted or created.
func (rs records) toward(want failover.RRset) (batch, error) {
	var b batch
	missing := slices.Clone(want.Values)
	var surplus records
	var stay []string
	for _, r := range rs {
		v, err := r.value()
		if err != nil {
			return batch{}, err
		}
		i := slices.Index(missing, v)
		switch {
		case i >= 0:
			missing = slices.Delete(missing, i, i+1)
		case !slices.Contains(stay, v):
			surplus = append(surplus, r)
			continue
		}
		// A second record with the same content is the same record to the DNS.
		stay = append(stay, v)
		if r.seconds() != want.TTL || r.Proxied {
			w, err := toWrite(want.Key, want.TTL, v)
			if err != nil {
				return batch{}, err
			}
			b.Patches = append(b.Patches, write{ID: r.ID, Type: w.Type, Name: w.Name, TTL: w.TTL, Proxied: w.Proxied})
		}
	}
	for i, v := range missing {
		w, err := toWrite(want.Key, want.TTL, v)
		if err != nil {
			return batch{}, err
		}
		if i >= len(surplus) {
			b.Posts = append(b.Posts, w)
			continue
		}
		w.ID = surplus[i].ID
		if surplus[i].seconds() == want.TTL {
			w.TTL = 0 // "automatic" may stay so
		}
		b.Patches = append(b.Patches, w)
	}
	for _, r := range surplus[min(len(missing), len(surplus)):] {
		b.Deletes = append(b.Deletes, write{ID: r.ID})
	}
	return b, nil
}
