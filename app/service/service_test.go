package service

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lifeboat/failover"
)

// odd has what a shell, systemd and XML each take for something else.
func odd() Spec {
	return Spec{
		Program: `/opt/My "Mail" $5 100%/lifeboat & <co>`, Arguments: []string{"serve", "--config", `/srv/a b\c/lifeboat.yaml`, "--data", "/srv/日本語", "$HOME"},
		Account: "mail", Environment: "/srv/a b/lifeboat.env", Variables: map[string]string{"HOME": `/home/a b"\%`}, Description: "Lifeboat: 100% of it",
	}
}

func TestUnit(t *testing.T) {
	t.Parallel()
	p, err := odd().Plan(Systemd)
	if err != nil || p.File != "/etc/systemd/system/lifeboat.service" {
		t.Fatal(p.File, err)
	}
	for _, want := range []string{
		`ExecStart="/opt/My \"Mail\" $5 100%%/lifeboat & <co>" "serve" "--config" "/srv/a b\\c/lifeboat.yaml" "--data" "/srv/日本語" "$$HOME"` + "\n",
		"Description=Lifeboat: 100%% of it\n", "User=mail\n", `Environment="HOME=/home/a b\"\\%%"` + "\n", "EnvironmentFile=-/srv/a b/lifeboat.env\n", "WantedBy=multi-user.target\n",
		"AmbientCapabilities=CAP_NET_BIND_SERVICE\n", "Restart=always\n",
	} {
		if !strings.Contains(p.Text, want) {
			t.Errorf("the unit has no %s\n%s", want, p.Text)
		}
	}
	own := odd()
	own.ForUser = true
	p, err = own.Plan(Systemd)
	if err != nil || !strings.HasSuffix(p.File, "/.config/systemd/user/lifeboat.service") {
		t.Error(p.File, err)
	}
	if strings.Contains(p.Text, "User=") || strings.Contains(p.Text, "Capabilit") || !strings.Contains(p.Text, "WantedBy=default.target") {
		t.Errorf("a user's own unit:\n%s", p.Text)
	}
}

func TestPlist(t *testing.T) {
	t.Parallel()
	p, err := odd().Plan(Launchd)
	if err != nil || p.File != "/Library/LaunchDaemons/lifeboat.plist" {
		t.Fatal(p.File, err)
	}
	var words []string
	d := xml.NewDecoder(strings.NewReader(p.Text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, p.Text)
		}
		if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
			words = append(words, string(text))
		}
	}
	all := strings.Join(words, "|")
	if want := "ProgramArguments|" + odd().Program + "|" + strings.Join(odd().Arguments, "|") + "|UserName|mail|EnvironmentVariables|HOME|" + odd().Variables["HOME"] + "|RunAtLoad|KeepAlive"; !strings.Contains(all, want) {
		t.Errorf("got %s\nwant %s", all, want)
	}
}

func TestPathsThatNoServiceCanHave(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/a\nUser=root", "/a\x00", "/a{{b"} {
		s := odd()
		s.Arguments = []string{"serve", "--data", path}
		if _, err := s.Plan(Systemd); !errors.Is(err, failover.ErrInvalid) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestRunIsTheWorkItself(t *testing.T) {
	t.Parallel()
	want := errors.New("ended")
	if err := Run(t.Context(), func(context.Context) error { return want }); !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
}

func TestOwnerOf(t *testing.T) {
	t.Parallel()
	if got := OwnerOf(filepath.Join(t.TempDir(), "none")); got != "" {
		t.Errorf("the owner of nothing is %s", got)
	}
	if os.Getuid() == 0 {
		if got := OwnerOf(t.TempDir()); got != "" {
			t.Errorf("root's folder is of %s", got)
		}
	}
}
