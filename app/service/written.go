package service

import (
	"cmp"
	"encoding/xml"
	"maps"
	"slices"
	"strings"
)

// unit is the systemd unit (systemd.service(5), systemd.exec(5)). It waits for the
// network, since listening at an address needs the address, is started again for ever
// after a crash, and may use ports below 1024 without being root.
func (s Spec) unit() string {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.Join(parts, "") + "\n") }
	line("[Unit]")
	line("Description=", percent(s.Description))
	line("Wants=network-online.target")
	line("After=network-online.target")
	line("StartLimitIntervalSec=0")
	line("")
	line("[Service]")
	command := []string{quote(s.Program)}
	for _, a := range s.Arguments {
		command = append(command, strings.ReplaceAll(quote(a), "$", "$$"))
	}
	line("ExecStart=", strings.Join(command, " "))
	if !s.ForUser {
		line("User=", percent(cmp.Or(s.Account, "root"))) // with it, HOME is that user's
	}
	for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
		line("Environment=", quote(name+"="+s.Variables[name]))
	}
	if s.Environment != "" {
		line("EnvironmentFile=-", percent(s.Environment))
	}
	line("Restart=always")
	line("RestartSec=10")
	line("TimeoutStopSec=90")
	line("UMask=0077")
	line("LimitNOFILE=65536")
	if s.Account != "" && !s.ForUser {
		line("AmbientCapabilities=CAP_NET_BIND_SERVICE")
		line("CapabilityBoundingSet=CAP_NET_BIND_SERVICE")
	}
	line("NoNewPrivileges=true")
	line("")
	line("[Install]")
	if s.ForUser {
		line("WantedBy=default.target")
	} else {
		line("WantedBy=multi-user.target")
	}
	return b.String()
}

// quote writes a word of a command line as systemd reads it (systemd.service(5),
// "Command lines"): in quotation marks, with \, " and % as themselves. In arguments, but
// not in the program's path, $$ stands for $.
func quote(word string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`).Replace(word) + `"`
}

// percent writes a value in which % stands for itself (systemd.unit(5), "Specifiers").
func percent(value string) string { return strings.ReplaceAll(value, "%", "%%") }

// plist is the launchd job (launchd.plist(5)): started with the computer, and again
// whenever it ends.
func (s Spec) plist() string {
	var b strings.Builder
	b.WriteString(xml.Header + `<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">` + "\n<plist version=\"1.0\">\n<dict>\n")
	key := func(name, value string) { b.WriteString("\t<key>" + name + "</key>\n\t" + value + "\n") }
	text := func(value string) string {
		var e strings.Builder
		_ = xml.EscapeText(&e, []byte(value)) // a builder takes everything
		return "<string>" + e.String() + "</string>"
	}
	key("Label", text(Name))
	words := text(s.Program)
	for _, a := range s.Arguments {
		words += text(a)
	}
	key("ProgramArguments", "<array>"+words+"</array>")
	if s.Account != "" && !s.ForUser {
		key("UserName", text(s.Account))
	}
	if len(s.Variables) > 0 {
		var dict strings.Builder
		for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
			dict.WriteString("<key>" + name + "</key>" + text(s.Variables[name]))
		}
		key("EnvironmentVariables", "<dict>"+dict.String()+"</dict>")
	}
	key("RunAtLoad", "<true/>")
	key("KeepAlive", "<true/>")
	key("ThrottleInterval", "<integer>10</integer>")
	key("ExitTimeOut", "<integer>90</integer>")
	key("Umask", "<integer>63</integer>") // 077
	key("ProcessType", text("Background"))
	b.WriteString("</dict>\n</plist>\n")
	return b.String()
}
