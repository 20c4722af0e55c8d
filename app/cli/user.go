package cli

import (
	"cmp"
	"net"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/relay/users"
)

// userCommand keeps who may hand outgoing mail in here.
func (s *session) userCommand() *cobra.Command {
	t := s.tongue
	c := &cobra.Command{Use: "user", Short: t.T("Keep who may send mail through this relay: people, printers, programs"), RunE: onlyBelow}
	c.AddCommand(s.userAdd(), s.userList(), s.userRevoke())
	return c
}

// addedUser is the document of a new app password. It is nowhere else.
type addedUser struct {
	Address string   `json:"address"`
	SendAs  []string `json:"send_as,omitempty"`
	Label   string   `json:"label"`
	// PasswordID names the password among the user's, for user revoke.
	PasswordID string `json:"password_id"`
	Password   string `json:"password"`
	// Servers are where mail is handed in with it, as the settings have them.
	Servers []handInServer `json:"servers"`
}

// handInServer is what a mail program asks for of a server for outgoing mail.
type handInServer struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Security string `json:"security"` // starttls or implicit
}

// handInServers lists where mail is handed in.
func handInServers(listen []configs.RelayListen) []handInServer {
	out := []handInServer{}
	for _, l := range listen {
		host, port, err := net.SplitHostPort(l.Address)
		if err != nil {
			continue
		}
		n, err := strconv.Atoi(port)
		if err != nil {
			continue
		}
		out = append(out, handInServer{host, n, cmp.Or(l.TLS, configs.TLSStart)})
	}
	return out
}

func (s *session) userAdd() *cobra.Command {
	t := s.tongue
	var n users.New
	c := &cobra.Command{
		Use: "add ADDRESS", Short: t.T("Let somebody send: makes an app password for a mail program, a printer or a program"), Args: count(1, 1),
		RunE: func(c *cobra.Command, a []string) error {
			e, err := s.open()
			if err != nil {
				return err
			}
			book, err := e.Users(c.Context())
			if err != nil {
				return err
			}
			n.Address = a[0]
			if err := s.ours(e.Settings(), n); err != nil {
				return err
			}
			password, err := book.Add(c.Context(), n)
			if err != nil {
				return err
			}
			u, _ := book.Get(n.Address)
			doc := addedUser{Address: u.Address, SendAs: u.SendAs, Label: n.Label, Password: password, Servers: handInServers(e.Settings().Relay.Listen)}
			if last := len(u.Passwords) - 1; last >= 0 {
				doc.Label, doc.PasswordID = u.Passwords[last].Label, u.Passwords[last].ID
			}
			s.showUserAdded(doc)
			return s.document(doc)
		},
	}
	c.Flags().StringSliceVar(&n.SendAs, "send-as", nil, t.T("also as this `ADDRESS`, or as anybody of a domain with @DOMAIN"))
	c.Flags().StringVar(&n.Label, "label", "", t.T("what uses the password, a `TEXT`, so that it can be taken away alone: \"Printer 2F\""))
	return c
}

// ours refuses senders of domains that are none of the settings: there would be no way
// out for their mail.
func (s *session) ours(set *configs.Settings, n users.New) error {
	for _, a := range append([]string{n.Address}, n.SendAs...) {
		domain := a[strings.LastIndexByte(a, '@')+1:]
		if !strings.Contains(a, "@") || set.Sends(domain) {
			continue // what is no address is said by who knows addresses
		}
		return failover.Fail(failover.ErrInvalid, "{address} is not at one of the domains in the settings, so there is no way out for its mail", "address", oneLine(a))
	}
	return nil
}

// showUserAdded tells the password, and how a mail program is set up with it.
func (s *session) showUserAdded(u addedUser) {
	t := s.tongue
	s.printT("{address} may send as: {senders}", "address", u.Address, "senders", strings.Join(append([]string{u.Address}, u.SendAs...), ", "))
	s.print("")
	s.print(t.T("App password for \"{label}\", shown only now:", "label", oneLine(u.Label)))
	s.print("")
	s.print("    " + u.Password)
	s.print("")
	if len(u.Servers) == 0 {
		s.printT("The settings say no address where mail is handed in: add relay.listen.")
		return
	}
	s.printT("In the mail program, as the server for outgoing mail:")
	for _, at := range u.Servers {
		security := "STARTTLS"
		if at.Security == configs.TLSImplicit {
			security = "SSL/TLS"
		}
		s.print("    " + t.T("server {host}, port {port}, {security}", "host", at.Host, "port", at.Port, "security", security))
	}
	s.print("    " + t.T("user name {user}, normal password", "user", u.Address))
}

func (s *session) userList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: s.tongue.T("List who may send, with the labels of their passwords"), Args: count(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			e, err := s.open()
			if err != nil {
				return err
			}
			book, err := e.Users(c.Context())
			if err != nil {
				return err
			}
			list := book.List()
			if len(list) == 0 {
				s.printT("Nobody may send through this relay yet: lifeboat user add ADDRESS lets somebody.")
			}
			for _, u := range list {
				line := u.Address
				if len(u.SendAs) > 0 {
					line += "  " + s.tongue.T("also as {senders}", "senders", strings.Join(u.SendAs, ", "))
				}
				s.print(oneLine(line))
				for _, p := range u.Passwords {
					s.print("    " + p.ID + "  " + day(p.Made) + "  " + oneLine(p.Label))
				}
			}
			return s.document(append([]users.User{}, list...))
		},
	}
}

func (s *session) userRevoke() *cobra.Command {
	t := s.tongue
	var yes bool
	c := &cobra.Command{
		Use: "revoke ADDRESS [ID|LABEL]", Short: t.T("Take an app password away, or all of a user"), Args: count(1, 2),
		RunE: func(c *cobra.Command, a []string) error {
			e, err := s.open()
			if err != nil {
				return err
			}
			book, err := e.Users(c.Context())
			if err != nil {
				return err
			}
			which := ""
			question := t.T("Take all app passwords of {address} away?", "address", a[0])
			if len(a) == 2 {
				which = a[1]
				question = t.T("Take the app password {name} of {address} away?", "name", which, "address", a[0])
			}
			if !yes {
				switch sure, err := s.ask(c.Context(), question); {
				case err != nil:
					return err
				case !sure:
					return engine.ErrDeclined
				}
			}
			if err := book.Revoke(c.Context(), a[0], which); err != nil {
				return err
			}
			s.printT("Taken away. Whoever is connected with it is asked again at the next message.")
			return s.document(map[string]any{"address": a[0], "revoked": true})
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, t.T("do it without asking"))
	return c
}
