package core_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/builtin"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

const limitsPage = "../../docs/limits.md"

// TestLimitsPage compares the page with what there is: each frame that a host
// may send and each command has a row, and each test that it names exists.
func TestLimitsPage(t *testing.T) {
	text, err := os.ReadFile(limitsPage)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, s := range strings.Split(string(text), "\n## ")[1:] {
		title, body, _ := strings.Cut(s, "\n")
		sections[title] = body
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	cells := func(section string) (rows [][]string) {
		for line := range strings.Lines(sections[section]) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "| ") {
				row := strings.Split(line, "|")
				rows = append(rows, row[1:len(row)-1])
			}
		}
		if len(rows) < 2 {
			t.Fatalf("%s has no table in %q", limitsPage, section)
		}
		return rows[1:]
	}
	names := func(cell string) (all []string) {
		for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
			all = append(all, m[1])
		}
		return all
	}

	var want, got []string
	for k := wire.KindReady; !strings.HasPrefix(k.String(), "kind("); k++ {
		want = append(want, k.String())
	}
	for _, row := range cells("Frames of hosts") {
		got = append(got, names(row[0])...)
	}
	compare(t, "frames", got, want)

	want, got = nil, nil
	for _, c := range builtin.Commands() {
		want = append(want, c.Name)
	}
	for _, row := range cells("Commands of every app") {
		for _, name := range names(row[1]) {
			got = append(got, "plugin:"+names(row[0])[0]+"|"+name)
		}
	}
	compare(t, "commands", got, want)

	tests := testNames(t, "../..")
	for _, row := range cells("What there can be too much of") {
		shown := names(row[len(row)-1])
		if len(row) != 4 || strings.TrimSpace(row[1]) == "" || len(shown) == 0 {
			t.Errorf("a row without a limit or a test: %q", row)
		}
		for _, name := range shown {
			if !tests[name] {
				t.Errorf("there is no %s", name)
			}
		}
	}
}

func compare(t *testing.T, what string, got, want []string) {
	t.Helper()
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("%s: %s is missing in %s: say what it can take more of, and what bounds that", what, name, limitsPage)
		}
	}
	for i, name := range got {
		if !slices.Contains(want, name) || slices.Contains(got[:i], name) {
			t.Errorf("%s: %s does not exist, or is there twice", what, name)
		}
	}
}

// testNames returns the tests below a folder.
func testNames(t *testing.T, root string) map[string]bool {
	t.Helper()
	name := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	found := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			if d != nil && d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
				return filepath.SkipDir
			}
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range name.FindAllSubmatch(text, -1) {
			found[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestSubscriptionsAreBounded has a page follow one state on and on. Others
// still can.
func TestSubscriptionsAreBounded(t *testing.T) {
	p := newPair(t, `{"identifier": "all", "windows": ["main*"], "permissions": [{"identifier": "state:read", "allow": [{"name": "s"}]}]}`, core.Options{}, nil)
	if _, err := p.NewState("s", jsontext.Value(`1`), core.StateOptions{}); err != nil {
		t.Fatal(err)
	}
	g, other := p.open("main", "app://localhost/"), p.open("main2", "app://localhost/")
	follow := func(g *page, n int) string {
		return g.call(fmt.Sprintf(`["plugin:state|subscribe",{"name":"s","onChange":"__CHANNEL__:%d"}]`, n))
	}
	const most = 1024
	for n := range most + 10 {
		if got := follow(g, n); strings.HasPrefix(got, "o") != (n < most) {
			t.Fatalf("subscription %d: %s", n+1, got)
		}
	}
	if got := follow(other, 0); !strings.HasPrefix(got, "o") {
		t.Errorf("another page: %s", got)
	}
}
