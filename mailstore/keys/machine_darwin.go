package keys

import (
	"context"
	"os/exec"
)

// MachineID returns the hardware's UUID, which macOS calls IOPlatformUUID.
func MachineID(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice").Output()
	if err != nil {
		return "", err
	}
	return platformUUID(string(out))
}
