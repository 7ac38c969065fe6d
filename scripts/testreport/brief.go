package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// briefLines is how many lines there are about all failures together, and
// briefWidth how many bytes of each are shown.
const (
	briefLines = 15
	briefWidth = 200
)

// brief says what has failed in a few lines: the tests and packages, each with
// the last lines that it printed; else the tests that skipped themselves for no
// known reason, or err.
func (r *report) brief(err error) (lines []string) {
	what := r.causes()
	for _, p := range r.broke {
		if !slices.ContainsFunc(what, func(e event) bool { return e.Package == p.Package }) {
			what = append(what, p) // not built, or broken off outside of any test
		}
	}
	switch {
	case len(what) == 0 && len(r.unknown) == 0:
		return []string{cut(err.Error())}
	case len(what) == 0:
		for _, name := range r.unknown[:min(len(r.unknown), briefLines)] {
			lines = append(lines, cut("SKIPPED "+name))
		}
		return lines
	}
	each := briefLines / len(what) // lines for one, with its name
	for i, e := range what {
		if len(lines) == briefLines-1 && i < len(what)-1 {
			return append(lines, fmt.Sprintf("and %d more", len(what)-i))
		}
		lines = append(lines, cut(strings.TrimSpace("FAIL "+e.Package+" "+e.Test)))
		for _, l := range telling(e.Output, min(max(0, each-1), 6)) {
			lines = append(lines, "    "+cut(l))
		}
	}
	return lines
}

// telling returns the lines of a test's output that say most, n at most: from
// where it panics or races, else the last ones.
func telling(output string, n int) []string {
	var lines []string
	start := -1
	for line := range strings.Lines(output) {
		l := strings.TrimSpace(line)
		if l == "" || strings.HasPrefix(l, "=== ") || strings.HasPrefix(l, "--- ") || strings.HasPrefix(l, "FAIL") || strings.HasPrefix(l, "# ") || strings.Trim(l, "=") == "" {
			continue
		}
		if start < 0 && (strings.HasPrefix(l, "panic: ") || strings.HasPrefix(l, "fatal error: ") || strings.HasPrefix(l, "WARNING: DATA RACE")) {
			start = len(lines)
		}
		lines = append(lines, l)
	}
	if start < 0 {
		start = max(0, len(lines)-n)
	}
	return lines[start:min(len(lines), start+n)]
}

// cut shortens a line.
func cut(line string) string {
	if len(line) <= briefWidth {
		return line
	}
	return strings.ToValidUTF8(line[:briefWidth], "") + "…"
}

func appendLines(file string, lines []string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(lines, "\n") + "\n")
	return errors.Join(err, f.Close())
}
