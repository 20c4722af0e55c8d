package export_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lifeboat/mailstore/export"
)

// childVariable tells the test program that it exports into that folder, for ever.
const childVariable = "LIFEBOAT_TEST_EXPORT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		if err := beChild(dir, os.Getenv(childVariable+"_ROUND")); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func beChild(dir, round string) error {
	all := messages()
	for i := 0; ; i++ {
		format := formats[i%len(formats)]
		_, err := export.Write(context.Background(), filepath.Join(dir, fmt.Sprintf("%s-%d-%s", round, i, format)), sequence(all),
			export.Options{Format: format, Tell: func(p export.Progress) { fmt.Println(i, p.Messages) }})
		if err != nil {
			return err
		}
	}
}

// Whenever it is killed, what has an export's name is complete.
func TestKilledWhileExporting(t *testing.T) {
	dir := t.TempDir()
	for round := range 20 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childVariable+"="+dir, fmt.Sprintf("%s_ROUND=%d", childVariable, round))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for i := 0; lines.Scan(); i++ {
			if i == round*13 { // each export tells of some fifty messages
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // killed
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	whole, partial := 0, 0
	for _, e := range entries {
		if strings.Contains(e.Name(), ".partial-") {
			partial++
			continue
		}
		whole++
		if all, _, errs := read(t, filepath.Join(dir, e.Name())); len(all) != len(messages()) || len(errs) != 0 {
			t.Errorf("%s has %d messages, %v", e.Name(), len(all), errs)
		}
	}
	if whole == 0 || partial == 0 {
		t.Errorf("%d are complete, %d are not", whole, partial)
	}
}
