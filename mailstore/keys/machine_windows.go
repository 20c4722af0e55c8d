package keys

import (
	"context"

	"golang.org/x/sys/windows/registry"
)

// MachineID returns the MachineGuid that Windows made when it was installed.
func MachineID(context.Context) (string, error) {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Cryptography`, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return "", err
	}
	defer func() { _ = k.Close() }() // only read from
	id, _, err := k.GetStringValue("MachineGuid")
	return id, err
}
