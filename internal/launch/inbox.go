package launch

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/sandbox"
)

// inboxSealed reports whether a host started like that can change neither the
// files that it may only read nor their attributes. A file of the user may get
// a second name there only then: through it a compromised host would
// otherwise reach the file itself.
//
// Read-only mounts do that. The other layers do not cover fchmod on a file
// that is open for reading. And it is of no use where the same place is
// writable by another grant.
func inboxSealed(status []sandbox.Status, s sandbox.Spec) bool {
	if s.Policy == nil || !slices.ContainsFunc(status, func(l sandbox.Status) bool { return l.Layer == sandbox.LayerNamespaces && l.Holds }) {
		return false
	}
	for _, readable := range s.Inbox {
		for _, writable := range slices.Concat(s.Policy.Write, s.Private) {
			if contains(writable, readable) {
				return false
			}
		}
	}
	return true
}

// contains reports whether a path is a folder or below it.
func contains(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// ReadOnlyInbox tells the Core whether files may be linked into the inbox.
func (c *child) ReadOnlyInbox() bool { return c.sealed }
