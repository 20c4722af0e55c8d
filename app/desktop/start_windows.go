package desktop

import (
	"errors"
	"strings"

	"golang.org/x/sys/windows/registry"
)

const (
	runKey   = `Software\Microsoft\Windows\CurrentVersion\Run`
	runValue = "Lifeboat"
)

// On says whether the program is started with the computer.
func (s Starter) On() bool {
	k, err := registry.OpenKey(registry.CURRENT_USER, runKey, registry.QUERY_VALUE)
	if err != nil {
		return false
	}
	defer func() { _ = k.Close() }() // it was only read
	v, _, err := k.GetStringValue(runValue)
	return err == nil && v == s.command()
}

// Set has the program started with the computer, or not.
func (s Starter) Set(on bool) error {
	if err := s.check(); on && err != nil {
		return err
	}
	k, _, err := registry.CreateKey(registry.CURRENT_USER, runKey, registry.SET_VALUE)
	if err != nil {
		return refusedStart(runKey, err)
	}
	defer func() { _ = k.Close() }() // it was written
	if on {
		return refusedStart(runKey, k.SetStringValue(runValue, s.command()))
	}
	if err := k.DeleteValue(runValue); err != nil && !errors.Is(err, registry.ErrNotExist) {
		return refusedStart(runKey, err)
	}
	return nil
}

func (s Starter) command() string {
	return strings.Join(append([]string{`"` + s.Program + `"`}, s.Args...), " ")
}
