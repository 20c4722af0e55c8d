package cloudflare

import (
	"context"
	"errors"
	"strings"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

var _ dnshost.Trier = (*Host)(nil)

// TryWriting implements dnshost.Trier. It sends a batch that deletes a record whose
// identifier no record has. Cloudflare looks first whether the token may change the
// zone's records (DNS:Edit), and then says that there is no such record, whereupon
// nothing of a batch is carried out. The permission is for all records of a zone.
func (h *Host) TryWriting(ctx context.Context, zone, _ string) error {
	zone = failover.FQDN(zone)
	return h.patiently(ctx, func() error {
		id, err := h.zoneID(ctx, zone)
		if err != nil {
			return err
		}
		const hexDigits = 32 // of an identifier
		_, err = h.send(ctx, id, batch{Deletes: []write{{ID: strings.Repeat("0", hexDigits)}}})
		if err == nil || errors.Is(err, errGone) {
			return nil
		}
		return err
	})
}
