package config

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/mullion-dev/mullion/internal/document"
)

// version checks cfg.Version, and reads it from the package.json that it may
// name.
func (r *reader) version(cfg *Config) {
	n := r.merged.Get("version")
	if cfg.Version == "" {
		if n != nil && n.Kind == document.String {
			r.Report(n, "version", "empty version: leave the key out for the version of the Go module")
		}
		return
	}
	if isSemver(cfg.Version) {
		return
	}
	file := strings.ReplaceAll(cfg.Version, `\`, "/")
	if !strings.HasSuffix(file, ".json") {
		r.Report(n, "version", "%.64q is no version: want one as 1.2.0, with three numbers, or the path of a package.json", cfg.Version)
		return
	}
	name := path.Join(r.dir, file)
	if r.fsys == nil || !fs.ValidPath(name) {
		r.Report(n, "version", "%q leads out of the files that the program has: "+
			"embed the folder above too and name this one in Options.Dir, write the version here, or leave the key out for the version of the Go module", cfg.Version)
		return
	}
	data, err := fs.ReadFile(r.fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		r.Report(n, "version", "there is no file %s: is it embedded?", name)
		return
	}
	if err != nil {
		r.Report(n, "version", "%v", err)
		return
	}
	tree := document.Parse(&r.Problems, &document.Source{Name: name, Order: r.sources}, data)
	if tree == nil {
		return
	}
	v := tree.Get("version")
	switch {
	case tree.Kind != document.Object || v == nil:
		r.Report(tree, "version", "required, but missing: %s takes its version from here", r.merged.Pos.Source.Name)
	case v.Kind != document.String || !isSemver(v.Text):
		r.Report(v, "version", "no version: want one as \"1.2.0\", with three numbers")
	default:
		cfg.Version = v.Text
	}
}

// isSemver reports whether s is a version by https://semver.org (2.0.0).
func isSemver(s string) bool {
	s, build, hasBuild := strings.Cut(s, "+")
	if hasBuild && !areIdentifiers(build, false) {
		return false
	}
	s, pre, hasPre := strings.Cut(s, "-")
	if hasPre && !areIdentifiers(pre, true) {
		return false
	}
	numbers := strings.Split(s, ".")
	for _, number := range numbers {
		if !isNumber(number) || len(number) > 1 && number[0] == '0' {
			return false
		}
	}
	return len(numbers) == 3
}

// areIdentifiers checks what follows the numbers of a version. Before the plus
// sign a number has no leading zeros.
func areIdentifiers(s string, ordered bool) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || strings.ContainsFunc(part, func(c rune) bool { return c != '-' && !isAlphanumeric(c) }) {
			return false
		}
		if ordered && len(part) > 1 && part[0] == '0' && isNumber(part) {
			return false
		}
	}
	return true
}

// isNumber reports whether s consists of digits, some but not too many.
func isNumber(s string) bool {
	return s != "" && len(s) <= 19 && !strings.ContainsFunc(s, func(c rune) bool { return c < '0' || c > '9' })
}
