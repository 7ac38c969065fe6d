// Package doctable keeps tables in documents equal to those of tests, so that
// what people read is what is tested. It is for tests only.
//
//	doctable.Check(t, "../../docs/attacks.md", "TestBadHost", text)
//
// A document marks the place of a table by two comments:
//
//	<!-- begin TestBadHost -->
//	<!-- end TestBadHost -->
package doctable

import (
	"os"
	"strings"
	"testing"
)

// update is the variable that has tables written instead of compared.
const update = "UPDATE_DOCS"

// Check compares what stands between the marks of name with want, or writes it
// there if the variable UPDATE_DOCS is set.
func Check(t *testing.T, file, name, want string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- begin "+name+" -->\n", "<!-- end "+name+" -->"
	before, rest, ok1 := strings.Cut(string(b), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no marks %sand %s", file, begin, end)
	}
	want = "\n" + want + "\n"
	if got == want {
		return
	}
	if os.Getenv(update) != "" {
		if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, line := strings.Split(got, "\n"), 0
	for _, w := range strings.Split(want, "\n") {
		if line == len(have) || have[line] != w {
			t.Errorf("%s is not what the test says; run it with %s=1. It lacks: %s", file, update, w)
			return
		}
		line++
	}
	t.Errorf("%s says more than the test; run it with %s=1. Line: %s", file, update, have[line])
}

// Row returns a row of a table in Markdown.
func Row(cells ...string) string {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", `\|`)
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}
