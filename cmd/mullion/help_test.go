package main

import (
	"os"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// TestHelp: every command has help with an example that calls it, and a line in
// the document about the tool.
func TestHelp(t *testing.T) {
	doc, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	var look func(c *cli.Command, above string)
	look = func(c *cli.Command, above string) {
		name := strings.TrimSpace(above + " " + c.Name)
		if above != "" {
			n++
			if c.Usage == "" || !strings.Contains(c.Description, "Example: "+name) {
				t.Errorf("%s: its help has no example", name)
			}
		}
		if short := strings.TrimPrefix(name, "mullion "); len(c.Commands) == 0 && !strings.Contains(string(doc), "| `"+short) {
			t.Errorf("%s is not in docs/cli.md", name)
		}
		for _, sub := range c.Commands {
			look(sub, name)
		}
	}
	look(root(new(term.Term)), "")
	if n < 10 {
		t.Errorf("only %d commands were found", n)
	}
}
