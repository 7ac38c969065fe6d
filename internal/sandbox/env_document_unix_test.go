//go:build unix

package sandbox

import (
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/doctable"
)

// TestEnvironmentDocument keeps the list of variables that children inherit the
// same in the documents.
func TestEnvironmentDocument(t *testing.T) {
	var table strings.Builder
	table.WriteString(doctable.Row("inherited", "why") + doctable.Row("---", "---"))
	for _, a := range allowed {
		table.WriteString(doctable.Row("`"+a.name+"`", a.reason))
	}
	doctable.Check(t, "../../docs/security.md", "inherited", table.String())
	table.Reset()
	table.WriteString(doctable.Row("set", "to", "why") + doctable.Row("---", "---", "---"))
	for _, f := range fixed {
		name, value, _ := strings.Cut(f.name, "=")
		table.WriteString(doctable.Row("`"+name+"`", "`"+value+"`", f.reason))
	}
	doctable.Check(t, "../../docs/security.md", "set", table.String())
}
