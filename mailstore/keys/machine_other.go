//go:build !windows && !darwin

package keys

import (
	"context"
	"errors"
	"os"
	"strings"
)

// MachineID returns what systemd or D-Bus (machine-id(5)) or a BSD (hostid) made when
// the system was installed.
func MachineID(context.Context) (string, error) {
	var errs []error
	for _, file := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id", "/etc/hostid"} {
		text, err := os.ReadFile(file)
		id := strings.TrimSpace(string(text))
		if err == nil && id != "" && id != "uninitialized" {
			return id, nil
		}
		if err == nil {
			err = errors.New(file + " holds no id yet")
		}
		errs = append(errs, err)
	}
	return "", errors.Join(errs...)
}
