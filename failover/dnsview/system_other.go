//go:build !windows

package dnsview

import (
	"errors"
	"net"
	"syscall"

	"github.com/miekg/dns"
)

// systemResolvers reads the resolvers that this machine uses, as "host:port".
// Without any, resolv.conf(5) has the one on this machine asked.
func systemResolvers() []string { return resolversOf("/etc/resolv.conf") }

func resolversOf(path string) []string {
	conf, err := dns.ClientConfigFromFile(path)
	if err != nil || len(conf.Servers) == 0 {
		return []string{"127.0.0.1:53"}
	}
	var out []string
	for _, s := range conf.Servers {
		out = append(out, net.JoinHostPort(s, conf.Port))
	}
	return out
}

// isNoRoute reports whether the operating system knows no way to the address.
func isNoRoute(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH) ||
		errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.ENETDOWN)
}

func isConnRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
