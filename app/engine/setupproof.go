package engine

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/probe"
)

// What a test of the set-up has seen of the secondary counts as evidence for a switch,
// as the preflight's own does, with its age: once the settings lead there, and only for
// the very hosts, addresses and records that it was seen of ([probe.Evidence] keeps with
// each finding what it depends on). Until then it is kept apart: a draft about another
// provider must not take the place of what is known about the one in use.
//
// Tests that sign in prove nothing that the preflight asks for, so they count for none of it.

// proofFile is in the data folder, sealed as the draft is.
const proofFile = "setup-evidence.json"

// proven reads what tests have seen. A file that cannot be read counts as none.
func (s *Setup) proven() *probe.Evidence {
	ev, err := probe.LoadSealed(s.proofPath(), func(b []byte) ([]byte, error) {
		sealed, ok := cutMark(b)
		if s.seal == nil {
			return b, nil
		}
		if !ok {
			return nil, errUnopened
		}
		return openIn(s.seal, proofFile, sealed)
	})
	if err != nil {
		_ = os.Remove(s.proofPath()) // everything can be tested anew
	}
	ev.Now = s.opt.Now
	return ev
}

func (s *Setup) proofPath() string { return filepath.Join(s.opt.DataDir, proofFile) }

// prove keeps what a test has seen of a provider, and has it count where the settings
// lead there already. Call it without the lock.
func (s *Setup) prove(ctx context.Context, target probe.Target, found []failover.Finding) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ev := s.proven()
	ev.Merge(target, found)
	err := ev.SaveSealed(s.proofPath(), func(b []byte) ([]byte, error) {
		if s.seal == nil {
			return b, nil
		}
		return sealIn(s.seal, proofFile, b), nil
	})
	if err != nil || s.base == nil {
		return err
	}
	e, err := s.opt.Open(s.base)
	if err != nil {
		return err
	}
	return s.count(ctx, e)
}

// dkimPatience is how long the DNS is asked for the record of the domain's own key.
const dkimPatience = 10 * time.Second

// count takes what tests have seen of the secondary of the settings into the evidence.
// The domain's own signature has its key only since they were written, so it is looked at
// now. Call it with the lock held.
func (s *Setup) count(ctx context.Context, e *Engine) error {
	if _, err := os.Stat(s.proofPath()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	i := slices.IndexFunc(s.base.Domains, func(o configs.Domain) bool { return sameName(o.Name, s.draft.Domain) })
	if i < 0 || !s.base.Providers.Secondary.Configured() {
		return nil
	}
	domain := domainOf(s.base, s.base.Domains[i])
	target := probe.Target{Domain: domain, Provider: domain.Secondary}
	found := s.proven().Findings(target)
	if len(found) == 0 {
		return nil
	}
	signing := slices.DeleteFunc(target.Needs(), func(n probe.Need) bool { return n.Check != "dkim" })
	if len(signing) > 0 {
		p, err := e.looker(nil, nil).prober(failover.Secondary)
		if err != nil {
			return err
		}
		within, cancel := context.WithTimeout(ctx, dkimPatience)
		defer cancel()
		signed := target
		signed.Domain = e.withSigning(within, domain)
		found = append(found, p.Look(within, signed, signing)...)
	}
	return e.keepEvidence(ctx, target, found)
}
