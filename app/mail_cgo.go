//go:build cgo

package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"lifeboat/app/desktop"
	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/failover"
)

// mail makes what stands behind the mail page, over an engine and its clock.
func (o *worlds) mail(t *i18n.Tongue, e *engine.Engine, home *presenter.Home, now func() time.Time, practice bool) (*presenter.Mail, *presenter.Compose, error) {
	temp, err := o.private()
	if err != nil {
		return nil, nil, err
	}
	s := e.Settings()
	opt := presenter.MailOptions{
		Open: func(ctx context.Context) (engine.MailSource, error) { return e.OpenMail(ctx, engine.ReadAs{}) },
		Mine: func(ctx context.Context, address string) error { return addOwn(ctx, e, address) },
		Now:  now, Mark: desktop.MarkFromInternet, Temp: temp, Practice: practice, SendsThrough: home.SendsThrough,
	}
	if !practice {
		opt.Browse = func(ctx context.Context, at presenter.MailServer) (engine.MailSource, error) {
			return browse(ctx, e, at)
		}
		opt.Update = func(ctx context.Context) error {
			o.w.person.again()
			_, err := e.MirrorNow(ctx) // what an account failed with is shown beside it
			return err
		}
		opt.Secondary = func() string {
			if len(s.Domains) == 0 {
				return ""
			}
			p, _ := s.ProvidersOf(s.Domains[0].Name) // it is one of the settings
			return p.Secondary.Name
		}
	}
	mail := presenter.NewMail(t, opt)
	write := presenter.NewCompose(t, mail, presenter.ComposeOptions{
		Engine: e, Now: now, Most: int64(s.Relay.MessageSize) * attachedOf / wholeOf,
		Send: func(ctx context.Context, m engine.MailToSend) (engine.MailSent, error) {
			o.w.person.again()
			desk, err := e.Desk(ctx)
			if err != nil {
				return engine.MailSent{}, err
			}
			defer func() { _ = desk.Close() }() // what was handed in is on disk
			return e.SendMail(ctx, desk, m)
		},
		Provider: func(r failover.Role) string {
			if len(s.Domains) == 0 {
				return ""
			}
			p, _ := s.ProvidersOf(s.Domains[0].Name) // it is one of the settings
			if r == failover.Secondary {
				return p.Secondary.Name
			}
			return p.Primary.Name
		},
	})
	return mail, write, nil
}

// Attachments grow by a third when they are written into a message (RFC 2045 §6.8).
const (
	attachedOf = 3
	wholeOf    = 4
)

// addOwn takes down that a mailbox is that of whoever is at work here.
func addOwn(ctx context.Context, e *engine.Engine, address string) error {
	own, err := e.OwnMailboxes(ctx)
	if err != nil || slices.ContainsFunc(own, func(a string) bool { return strings.EqualFold(a, address) }) {
		return err
	}
	return e.SetOwnMailboxes(ctx, append(slices.Clone(own), address))
}

// browse opens another server's mailbox, or one of the settings at the secondary.
func browse(ctx context.Context, e *engine.Engine, at presenter.MailServer) (engine.MailSource, error) {
	return e.Browse(ctx, at.Request(""))
}
