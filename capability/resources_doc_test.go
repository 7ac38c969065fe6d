package capability

import (
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/doctable"
)

// TestAbuse keeps what an attacker gains by each resource the same
// in explanations and in the documents.
func TestAbuse(t *testing.T) {
	a, err := sandboxed(t, `[{"identifier": "none", "windows": ["main"], "permissions": []}]`)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString(doctable.Row("permission", "code that has taken over the host can then") + doctable.Row("---", "---"))
	for _, r := range resources {
		const lead = "\n  With it, code that has taken over the host of the window can "
		_, rest, _ := strings.Cut(a.Explain(local("main"), SandboxPrefix+r.name).String(), lead)
		abuse, _, _ := strings.Cut(rest, "\n")
		if !strings.HasSuffix(abuse, ".") {
			t.Errorf("%s: the explanation does not say what it is worth to an attacker: %q", r.name, abuse)
		}
		permission := "sandbox:allow-" + commandWord(r.name)
		if r.name == memoryLimit {
			permission = "sandbox:memory-limit"
		}
		table.WriteString(doctable.Row("`"+permission+"`", strings.TrimSuffix(abuse, ".")))
	}
	doctable.Check(t, "../docs/capabilities.md", "TestAbuse", table.String())
	if e := a.Explain(local("main"), "plugin:event|listen"); e.Abuse != "" || strings.Contains(e.String(), "taken over") {
		t.Errorf("a command that is no resource: %q", e.Abuse)
	}
}
