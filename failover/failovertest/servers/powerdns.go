package servers

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pdnsSchema is where Debian's pdns-backend-sqlite3 puts the tables' definition.
const pdnsSchema = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"

// PowerDNS is a running PowerDNS Authoritative Server.
type PowerDNS struct {
	*DNS
	// API is the URL of its HTTP API, such as "http://127.1.2.3:4567/api/v1", and APIKey what X-API-Key must say.
	API, APIKey string
}

// StartPowerDNS starts an authoritative PowerDNS 4 on SQLite (Debian's pdns-server and pdns-backend-sqlite3), with
// dynamic updates and the API on.
func StartPowerDNS(t testing.TB, config DNSConfig) *PowerDNS {
	t.Helper()
	config = config.complete(t, "pdns_server")
	config.refuseTransfers(t)
	if len(config.UpdateTypes) > 0 {
		t.Fatalf("%s cannot limit updates to record types; BIND and Knot can", config.Name)
	}
	server := binary(t, "pdns_server", "pdns-server") // said before anything is made for it
	dir := tempDir(t)
	api, apiKey := FreeAddress(t), rand.Text()
	host, port := hostPort(t, api)
	database := filepath.Join(dir, "pdns.sqlite3")
	write(t, dir, "pdns.conf", strings.Join([]string{
		"launch=gsqlite3", "gsqlite3-database=" + database, "gsqlite3-pragma-synchronous=0",
		"local-address=" + strings.Join(config.Listen, ","),
		"daemon=no", "guardian=no", "socket-dir=" + dir, "receiver-threads=1", "distributor-threads=1",
		"dnsupdate=yes", "allow-dnsupdate-from=127.0.0.0/8,::1",
		"allow-axfr-ips=", // by key alone
		"api=yes", "api-key=" + apiKey, "webserver-loglevel=none",
		"webserver-address=" + host, fmt.Sprintf("webserver-port=%d", port), "webserver-allow-from=127.0.0.0/8",
		// Answers must be the database's, not a cache's, or a test sees the past.
		"zone-cache-refresh-interval=0", "cache-ttl=0", "query-cache-ttl=0", "negquery-cache-ttl=0",
		"security-poll-suffix=", // else it asks powerdns.com
		"version-string=anonymous",
	}, "\n")+"\n")
	fillPowerDNS(t, dir, database, config)
	return &PowerDNS{
		DNS: &DNS{
			Process: Run(t, Program{
				Name: config.Name, Binary: server, Package: "pdns-server", Dir: dir, Args: []string{"--config-dir=" + dir},
				Listen: append([]string{api}, config.Listen...), Ready: ready(config.Listen, config.Zones),
				Hide: []string{config.Writer.Secret, config.Reader.Secret, apiKey},
			}),
			Addr: config.Listen[0], Writer: config.Writer, Reader: config.Reader,
		},
		API: "http://" + api + "/api/v1", APIKey: apiKey,
	}
}

// fillPowerDNS makes the database: tables, zones, keys, and who may do what.
func fillPowerDNS(t testing.TB, dir, database string, config DNSConfig) {
	t.Helper()
	if _, err := os.Stat(pdnsSchema); err != nil {
		t.Fatalf("the tables' definition of PowerDNS is missing: install the Debian package pdns-backend-sqlite3 (make test does that): %v", err)
	}
	command(t, "sqlite3", "sqlite3", database, ".read "+pdnsSchema)
	util := func(args ...string) {
		command(t, "pdns-server", "pdnsutil", append([]string{"--config-dir=" + dir}, args...)...)
	}
	for _, key := range []Key{config.Writer, config.Reader} {
		util("import-tsig-key", key.Name, strings.TrimSuffix(key.Algorithm, "."), key.Secret)
	}
	for i, zone := range config.Zones {
		util("load-zone", zone.Name, write(t, dir, fmt.Sprintf("zone%d", i), zone.Text))
		util("set-meta", zone.Name, "TSIG-ALLOW-AXFR", config.Writer.Name, config.Reader.Name)
		if zone.Closed {
			// A zone that names no key at all would take updates from anybody.
			util("set-meta", zone.Name, "TSIG-ALLOW-DNSUPDATE", "nobody.lifeboat.")
			continue
		}
		util("set-meta", zone.Name, "TSIG-ALLOW-DNSUPDATE", config.Writer.Name)
		util("set-meta", zone.Name, "SOA-EDIT-DNSUPDATE", "INCREASE")
	}
}
