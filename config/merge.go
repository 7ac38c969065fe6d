package config

import (
	"slices"

	"github.com/mullion-dev/mullion/internal/document"
)

// merge applies patch to target as RFC 7396 describes and returns the result,
// which may share nodes with both. The path is that of target.
func merge(target, patch *document.Node, path string) *document.Node {
	if patch.Kind != document.Object {
		return patch
	}
	result := &document.Node{Kind: document.Object, Pos: patch.Pos}
	if target != nil && target.Kind == document.Object {
		result.Pos = target.Pos
		result.Members = slices.Clone(target.Members)
	}
	for _, m := range patch.Members {
		i := result.Index(m.Name)
		memberPath := document.JoinKey(path, m.Name)
		if m.Value.Kind == document.Null && memberPath != "app.security.csp" {
			if i >= 0 {
				result.Members = slices.Delete(result.Members, i, i+1)
			}
			continue
		}
		if i < 0 {
			m.Value = merge(nil, m.Value, memberPath)
			result.Members = append(result.Members, m)
			continue
		}
		if m.Value.Kind != document.Object || result.Members[i].Value.Kind != document.Object {
			result.Members[i].Pos = m.Pos
		}
		result.Members[i].Value = merge(result.Members[i].Value, m.Value, memberPath)
	}
	return result
}
