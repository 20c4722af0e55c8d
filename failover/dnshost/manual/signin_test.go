package manual

import (
	"strings"
	"testing"
)

func TestSignIn(t *testing.T) {
	for _, id := range Consoles() {
		name, page := SignIn(id)
		if known := id != "generic"; known != (name != "") || known != strings.HasPrefix(page, "https://") {
			t.Errorf("%s: %q %q", id, name, page)
		}
	}
	if name, page := SignIn("nosuch"); name != "" || page != "" {
		t.Errorf("got %q %q", name, page)
	}
}
