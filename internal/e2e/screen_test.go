package e2e_test

import (
	"os/exec"
	"strings"
	"testing"
)

// windowTitles returns the titles of all windows on the screen.
func windowTitles(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("xdotool", "search", "--name", "").Output()
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, id := range strings.Fields(string(out)) {
		if name, err := exec.Command("xdotool", "getwindowname", id).Output(); err == nil {
			titles = append(titles, strings.TrimSpace(string(name)))
		}
	}
	return strings.Join(titles, "\n")
}
