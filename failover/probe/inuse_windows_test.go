package probe

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"lifeboat/failover"
)

func TestEvidenceFileThatAnotherProgramReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "evidence.json")
	ev := &Evidence{}
	if err := ev.Save(path); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := ev.Save(path); !errors.Is(err, failover.ErrDisk) || !errors.Is(err, errInUse) {
		t.Errorf("while it is open: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := ev.Save(path); err != nil {
		t.Errorf("when it is closed: %v", err)
	}
}
