//go:build !windows && !darwin

package secret

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

// sessionBus starts a session bus of the test's own.
func sessionBus(t *testing.T) (address string) {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("no dbus-daemon here to try the keychain over")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "bus.conf")
	text := `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=` + filepath.Join(dir, "bus") + `</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("dbus-daemon", "--config-file="+config, "--nofork", "--print-address")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address = strings.TrimSpace(address)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	return address
}

// secretService answers as a desktop's keychain does (the Secret Service API
// 0.2), as far as it is used here. Items are found by "service/username".
type secretService struct {
	bus   *dbus.Conn
	mu    sync.Mutex
	items map[dbus.ObjectPath]*secretItem
}

type transfer struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

type secretItem struct {
	service    *secretService
	path       dbus.ObjectPath
	attributes map[string]string
	value      []byte
}

type secretSession struct{}

const collectionPath = "/org/freedesktop/secrets/aliases/default"

func (s *secretService) OpenSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), "/session", nil
}

func (secretSession) Close() *dbus.Error { return nil }

func (s *secretService) Unlock(paths []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	return paths, "/", nil
}

func (s *secretService) SearchItems(want map[string]string) ([]dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []dbus.ObjectPath{}
	for path, item := range s.items {
		if fmt.Sprint(item.attributes) == fmt.Sprint(want) {
			found = append(found, path)
		}
	}
	return found, nil
}

func (s *secretService) CreateItem(properties map[string]dbus.Variant, secret transfer, _ bool) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	attributes, _ := properties["org.freedesktop.Secret.Item.Attributes"].Value().(map[string]string)
	if old, _ := s.SearchItems(attributes); len(old) > 0 {
		s.items[old[0]].value = secret.Value
		return old[0], "/", nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	item := &secretItem{s, dbus.ObjectPath(fmt.Sprintf("/item/%d", len(s.items))), attributes, secret.Value}
	s.items[item.path] = item
	if err := s.bus.Export(item, item.path, "org.freedesktop.Secret.Item"); err != nil {
		return "/", "/", dbus.MakeFailedError(err)
	}
	return item.path, "/", nil
}

func (i *secretItem) GetSecret(session dbus.ObjectPath) (transfer, *dbus.Error) {
	return transfer{session, nil, i.value, "text/plain"}, nil
}

func (i *secretItem) Delete() (dbus.ObjectPath, *dbus.Error) {
	i.service.mu.Lock()
	defer i.service.mu.Unlock()
	delete(i.service.items, i.path)
	return "/", nil
}

func serveSecrets(t *testing.T, address string) {
	t.Helper()
	bus, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	s := &secretService{bus: bus, items: map[dbus.ObjectPath]*secretItem{}}
	err = errors.Join(
		bus.Export(s, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service"),
		bus.Export(s, collectionPath, "org.freedesktop.Secret.Collection"),
		bus.Export(secretSession{}, "/session", "org.freedesktop.Secret.Session"),
	)
	if err != nil {
		t.Fatal(err)
	}
	if reply, err := bus.RequestName("org.freedesktop.secrets", dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal(reply, err)
	}
}

// A bus without a keychain on it is as good as none.
func TestBusWithoutKeychain(t *testing.T) {
	sessionBus(t)
	o := options(t.TempDir())
	o.Keychain = SystemKeychain(o.Dir)
	mustSet(t, Open(o), "token", hunter, InVault)
	mustGet(t, Open(o), "token", hunter)
}

func TestSystemKeychain(t *testing.T) {
	serveSecrets(t, sessionBus(t))
	o := options(t.TempDir())
	o.Keychain = SystemKeychain(o.Dir)
	s := Open(o)
	mustSet(t, s, "token", "old", InKeychain)
	mustSet(t, s, "token", hunter, InKeychain)
	mustGet(t, Open(o), "token", hunter)
	other := options(t.TempDir())
	other.Keychain = SystemKeychain(other.Dir)
	_, err := Open(other).Get(t.Context(), "token")
	fails(t, err, ErrMissing, "token")
	if err := s.Remove(t.Context(), "token"); err != nil {
		t.Fatal(err)
	}
	_, err = s.Get(t.Context(), "token")
	fails(t, err, ErrMissing, "token")
	if err := SystemKeychain(o.Dir).Remove(t.Context(), "token"); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v, want missing", err)
	}
}
