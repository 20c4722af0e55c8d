package servers

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// StartBIND starts an authoritative BIND 9 (Debian's bind9), primary or secondary for each zone.
func StartBIND(t testing.TB, config DNSConfig) *DNS {
	t.Helper()
	config = config.complete(t, "named")
	dir := tempDir(t)
	var conf strings.Builder
	bindOptions(t, &conf, dir, config.Listen)
	conf.WriteString("\trecursion no;\n\tnotify explicit;\n")
	// BIND waits 5 seconds before it tells its secondaries, and paces zones, unless told not to.
	conf.WriteString("\tnotify-delay 0;\n\tnotify-rate 1000;\n\tstartup-notify-rate 1000;\n\tserial-query-rate 1000;\n")
	fmt.Fprintf(&conf, "\tallow-transfer { key %q; key %q; };\n};\n", config.Writer.Name, config.Reader.Name)
	bindKey(&conf, config.Writer)
	bindKey(&conf, config.Reader)
	if !slices.ContainsFunc(config.Zones, func(z Zone) bool { return z.Name == "." }) {
		// Never asked, as nothing recurses; without it, BIND knows the real root servers.
		hints := write(t, dir, "hints", ". 60 NS nowhere.invalid.\nnowhere.invalid. 60 A 127.0.0.1\n")
		fmt.Fprintf(&conf, "zone \".\" { type hint; file %q; };\n", hints)
	}
	for i, zone := range config.Zones {
		bindZone(t, &conf, dir, i, zone, config)
	}
	return &DNS{
		Process: runBIND(t, dir, conf.String(), Program{
			Name: config.Name, Listen: config.Listen, Ready: ready(config.Listen, config.Zones),
			Hide: []string{config.Writer.Secret, config.Reader.Secret},
		}),
		Addr: config.Listen[0], Writer: config.Writer, Reader: config.Reader,
	}
}

// bindOptions opens the options block and moves every file that BIND writes into dir.
func bindOptions(t testing.TB, conf *strings.Builder, dir string, listen []string) {
	t.Helper()
	fmt.Fprintf(conf, "controls {};\noptions {\n\tdirectory %q;\n\tmanaged-keys-directory %q;\n", dir, dir)
	fmt.Fprintf(conf, "\tpid-file %q;\n\tsession-keyfile %q;\n", filepath.Join(dir, "pid"), filepath.Join(dir, "session.key"))
	conf.WriteString("\tlock-file none;\n\tdnssec-validation no;\n")
	var v4, v6 bool
	for _, address := range listen {
		host, port := hostPort(t, address)
		if strings.Contains(host, ":") {
			v6 = true
			fmt.Fprintf(conf, "\tlisten-on-v6 port %d { %s; };\n", port, host)
			continue
		}
		fmt.Fprintf(conf, "\tlisten-on port %d { %s; };\n", port, host)
		if !v4 {
			// Its own address outwards too, as servers on machines of their own would have: secondaries believe a
			// NOTIFY by its source, and a firewall rule can tell the servers apart.
			fmt.Fprintf(conf, "\tnotify-source %s;\n\ttransfer-source %s;\n\tquery-source address %s;\n", host, host, host)
		}
		v4 = true
	}
	if !v4 {
		conf.WriteString("\tlisten-on { none; };\n")
	}
	if !v6 {
		conf.WriteString("\tlisten-on-v6 { none; };\n")
	}
}

func bindKey(conf *strings.Builder, key Key) {
	fmt.Fprintf(conf, "key %q { algorithm %s; secret %q; };\n", key.Name, strings.TrimSuffix(key.Algorithm, "."), key.Secret)
}

func bindZone(t testing.TB, conf *strings.Builder, dir string, number int, zone Zone, config DNSConfig) {
	t.Helper()
	file := fmt.Sprintf("zone%d", number)
	if len(zone.Primaries) > 0 {
		fmt.Fprintf(conf, "zone %q { type secondary; file %q; primaries { ", zone.Name, file)
		for _, address := range zone.Primaries {
			host, port := hostPort(t, address)
			fmt.Fprintf(conf, "%s port %d key %q; ", host, port, config.Reader.Name)
		}
		conf.WriteString("}; ")
	} else {
		write(t, dir, file, zone.Text)
		fmt.Fprintf(conf, "zone %q { type primary; file %q; ", zone.Name, file)
		if !zone.Closed {
			types := "ANY"
			if len(config.UpdateTypes) > 0 {
				types = strings.Join(config.UpdateTypes, " ")
			}
			fmt.Fprintf(conf, "update-policy { grant %q zonesub %s; }; ", config.Writer.Name, types)
		}
	}
	if len(zone.Notify) > 0 {
		conf.WriteString("also-notify { ")
		for _, address := range zone.Notify {
			host, port := hostPort(t, address)
			fmt.Fprintf(conf, "%s port %d; ", host, port)
		}
		conf.WriteString("}; ")
	}
	conf.WriteString("};\n")
}

// runBIND starts named with a configuration. The program's name, readiness, addresses and secrets come from the caller.
func runBIND(t testing.TB, dir, conf string, program Program) *Process {
	t.Helper()
	program.Binary, program.Package = unconfined(t, dir, "named", "bind9"), "bind9"
	program.Dir = dir
	// -g: foreground, log to standard error. One thread each: tests start many.
	program.Args = []string{"-g", "-n", "1", "-c", write(t, dir, "named.conf", conf)}
	return Run(t, program)
}

// unconfined returns the program's path, or that of a copy in dir where AppArmor has a profile for it: Debian's own
// confines /usr/sbin/named to the system's directories, and goes by the path.
func unconfined(t testing.TB, dir, name, debianPackage string) string {
	t.Helper()
	path := binary(t, name, debianPackage)
	enabled, err := os.ReadFile("/sys/module/apparmor/parameters/enabled")
	if err != nil || strings.TrimSpace(string(enabled)) != "Y" {
		return path
	}
	return copyProgram(t, path, dir)
}

func copyProgram(t testing.TB, path, dir string) string {
	t.Helper()
	program, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("cannot read the program %s: %v", path, err)
	}
	copied := filepath.Join(dir, filepath.Base(path))
	if err := os.WriteFile(copied, program, 0o700); err != nil {
		t.Fatalf("cannot copy the program %s: %v", path, err)
	}
	return copied
}
