package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFresh: the pages say what the doc comments say. After a change: make
// generate.
func TestFresh(t *testing.T) {
	want, err := pages("../..")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range want {
		if got, err := os.ReadFile(filepath.Join("../..", name)); err != nil || string(got) != string(text) {
			t.Errorf("%s is not what the doc comments say: run make generate (%v)", name, err)
		}
	}
	there, err := filepath.Glob("../../docs/reference/*")
	if err != nil || len(there) != len(want) {
		t.Errorf("got %q, %v; want %d pages", there, err, len(want))
	}
}

// TestLinks: each link between the pages leads to a heading.
func TestLinks(t *testing.T) {
	files, err := pages("../..")
	if err != nil {
		t.Fatal(err)
	}
	headings := map[string][]string{}
	heading := regexp.MustCompile(`(?m)^#+ (.*)$`)
	for name, text := range files {
		for _, m := range regexp.MustCompile(`<a id="(.*?)">`).FindAllSubmatch(text, -1) {
			headings[filepath.Base(name)] = append(headings[filepath.Base(name)], string(m[1]))
		}
		for _, m := range heading.FindAllSubmatch(text, -1) {
			headings[filepath.Base(name)] = append(headings[filepath.Base(name)], anchor(string(m[1])))
		}
	}
	n := 0
	link := regexp.MustCompile(`\]\(([a-z]*(?:\.md)?)#([^)]*)\)`)
	for name, text := range files {
		for _, m := range link.FindAllSubmatch(text, -1) {
			n++
			page := string(m[1])
			if page == "" {
				page = filepath.Base(name)
			}
			if !slices.Contains(headings[page], string(m[2])) {
				t.Errorf("%s: the link %s leads nowhere", name, m[0])
			}
		}
	}
	if n < 100 || !strings.Contains(string(files["docs/reference/mullion.md"]), "#### Handle") {
		t.Errorf("got %d links", n)
	}
}
