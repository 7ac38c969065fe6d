package scaffold

import (
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

func TestCheckName(t *testing.T) {
	for _, tt := range []struct{ name, hint string }{
		{"notes", ""}, {"my-app", ""}, {"app2", ""}, {"a_b", ""},
		{"", "-"}, {"My App", `try "my-app"`}, {"2048", "-"}, {"a--b", `try "a-b"`}, {"-x", `try "x"`}, {"x-", `try "x"`},
		{"vendor", `try "vendor-app"`}, {"Größe", `try "gr-e"`}, {"..", "-"}, {".", "-"}, {"a.b", `try "a-b"`}, {strings.Repeat("a", 65), "-"},
	} {
		err := CheckName(tt.name)
		if (err == nil) != (tt.hint == "") {
			t.Errorf("%q: got %v", tt.name, err)
		}
		if tt.hint != "" && tt.hint != "-" && term.HintOf(err) != tt.hint {
			t.Errorf("%q: the hint is %q, want %q", tt.name, term.HintOf(err), tt.hint)
		}
	}
}

func TestCheckIdentifier(t *testing.T) {
	for id, ok := range map[string]bool{"com.example.my-app": true, "org.x1": true, "app": false, "com..x": false, "com.x_y": false, ".com": false, "com.": false, "1.x": false} {
		if err := CheckIdentifier(id); (err == nil) != ok {
			t.Errorf("%q: got %v", id, err)
		}
	}
}

func TestGoName(t *testing.T) {
	for _, tt := range []struct {
		name     string
		exported bool
		want     string
	}{
		{"open_window", false, "openWindow"}, {"open_window", true, "OpenWindow"}, {"noteId", true, "NoteId"}, {"GetAll", false, "getAll"},
		{"type", false, "type_"}, {"my-cmd.x", false, "myCmdX"}, {"2nd", true, "Nd"}, {"日本", true, "_"},
	} {
		if got := goName(tt.name, tt.exported); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
