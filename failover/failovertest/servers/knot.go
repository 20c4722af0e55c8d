package servers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// StartKnot starts an authoritative Knot DNS 3 (Debian's knot), primary for each zone.
func StartKnot(t testing.TB, config DNSConfig) *DNS {
	t.Helper()
	config = config.complete(t, "knotd")
	config.refuseTransfers(t)
	dir := tempDir(t)
	return &DNS{
		Process: Run(t, Program{
			Name: config.Name, Binary: "knotd", Package: "knot", Dir: dir,
			Args:   []string{"-c", write(t, dir, "knot.conf", knotConf(t, dir, config))},
			Listen: config.Listen, Ready: ready(config.Listen, config.Zones),
			Hide: []string{config.Writer.Secret, config.Reader.Secret},
		}),
		Addr: config.Listen[0], Writer: config.Writer, Reader: config.Reader,
	}
}

func knotConf(t testing.TB, dir string, config DNSConfig) string {
	t.Helper()
	var conf strings.Builder
	fmt.Fprintf(&conf, "server:\n    rundir: %q\n    udp-workers: 1\n    tcp-workers: 1\n    background-workers: 1\n", dir)
	for _, address := range config.Listen {
		host, port := hostPort(t, address)
		fmt.Fprintf(&conf, "    listen: %s@%d\n", host, port)
	}
	conf.WriteString("log:\n  - target: stderr\n    any: info\n")
	database := filepath.Join(dir, "db")
	if err := os.Mkdir(database, 0o700); err != nil {
		t.Fatalf("no directory for %s: %v", config.Name, err)
	}
	fmt.Fprintf(&conf, "database:\n    storage: %q\n", database)
	conf.WriteString("key:\n")
	for _, key := range []Key{config.Writer, config.Reader} {
		fmt.Fprintf(&conf, "  - id: %s\n    algorithm: %s\n    secret: %q\n",
			key.Name, strings.TrimSuffix(key.Algorithm, "."), key.Secret)
	}
	fmt.Fprintf(&conf, "acl:\n  - id: change\n    key: %s\n    action: update\n", config.Writer.Name)
	if len(config.UpdateTypes) > 0 {
		fmt.Fprintf(&conf, "    update-type: [%s]\n", strings.Join(config.UpdateTypes, ", "))
	}
	// Transfers have a rule of their own: update-type would limit them as well.
	fmt.Fprintf(&conf, "  - id: read\n    key: [%s, %s]\n    action: transfer\n", config.Writer.Name, config.Reader.Name)
	// Changes live in the journal; the zone file stays as it was written and is the base that they apply to.
	fmt.Fprintf(&conf, "template:\n  - id: default\n    storage: %q\n    zonefile-sync: -1\n    zonefile-load: difference\n", dir)
	conf.WriteString("    journal-content: changes\n    journal-max-usage: 20M\nzone:\n")
	for i, zone := range config.Zones {
		file := fmt.Sprintf("zone%d", i)
		write(t, dir, file, zone.Text)
		acl := "[change, read]"
		if zone.Closed {
			acl = "[read]"
		}
		fmt.Fprintf(&conf, "  - domain: %s\n    file: %q\n    acl: %s\n", zone.Name, file, acl)
	}
	return conf.String()
}
