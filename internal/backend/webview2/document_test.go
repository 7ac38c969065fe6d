package webview2

import (
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/doctable"
)

// TestDocument keeps the table of what is lacking the same in the documents.
func TestDocument(t *testing.T) {
	var table strings.Builder
	table.WriteString(doctable.Row("missing", "why") + doctable.Row("---", "---"))
	for _, l := range lacks {
		table.WriteString(doctable.Row(l.what, l.reason))
	}
	doctable.Check(t, "../../../docs/systems.md", "lacks", table.String())
}
