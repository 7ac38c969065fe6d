package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/capability"
)

// TestLeastPrivilege says what each kind of window may not do, whatever else
// is granted one day.
func TestLeastPrivilege(t *testing.T) {
	caps, err := capability.Load(files, "capabilities")
	if err != nil {
		t.Fatal(err)
	}
	var own capability.Manifest
	for i, c := range caps {
		var entries []capability.Entry
		for _, e := range c.Permissions {
			// The framework's own permissions are not known here.
			if name, ok := strings.CutPrefix(e.Identifier, "allow-"); ok {
				own.Commands = append(own.Commands, strings.ReplaceAll(name, "-", "_"))
				entries = append(entries, e)
			} else if e.Identifier != "core:event:allow-listen" && e.Identifier != "core:event:allow-unlisten" && !strings.HasPrefix(e.Identifier, "state:") {
				t.Errorf("%s grants %s", c.File, e.Identifier)
			}
			if e.Identifier == "state:write" && c.Identifier != "library" {
				t.Errorf("%s grants %s", c.File, e.Identifier)
			}
		}
		caps[i].Permissions = entries
	}
	a, err := capability.Resolve([]capability.Manifest{own}, caps, capability.Linux)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		window  string
		allowed bool
		command []string
	}{
		{"library", true, []string{"list_notes", "import_folder", "trash_note", "save_note", "open_window"}},
		{"library", false, []string{"shown"}},
		{"note-1", true, []string{"open_note", "save_note", "save_draft", "open_window", "open_library"}},
		{"note-1", false, []string{"overview", "list_notes", "search_notes", "create_note", "trash_note", "import_folder", "import_again", "suggest_folders", "watch_imports", "shown"}},
		{"main", false, own.Commands},
		{"note", false, own.Commands},
	}
	for _, tt := range tests {
		for _, command := range tt.command {
			_, err := a.Check(capability.Caller{Window: tt.window, Webview: tt.window, URL: "app://localhost/", Local: true}, command)
			if allowed := !errors.Is(err, capability.ErrDenied); allowed != tt.allowed {
				t.Errorf("window %s, command %s: allowed is %v, want %v", tt.window, command, allowed, tt.allowed)
			}
			_, err = a.Check(capability.Caller{Window: tt.window, Webview: tt.window, URL: "https://example.com/"}, command)
			if !errors.Is(err, capability.ErrDenied) {
				t.Errorf("window %s, command %s: allowed for a page of somebody else's", tt.window, command)
			}
		}
	}
}
