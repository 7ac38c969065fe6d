package wire

import (
	"bytes"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// TestProtocolTables compares the tables of frames in PROTOCOL.md with the
// kinds that there are.
func TestProtocolTables(t *testing.T) {
	text, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ = bytes.Cut(text, []byte("| kind | name |")) // before it is the table of a frame's bytes
	listed := map[Kind]string{}
	for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \| ([a-z-]+) \|`).FindAllStringSubmatch(string(text), -1) {
		n, err := strconv.ParseUint(m[1], 10, 8)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := listed[Kind(n)]; ok && other != m[2] {
			t.Errorf("kind %d is listed as %s and as %s", n, other, m[2])
		}
		listed[Kind(n)] = m[2]
	}
	for _, k := range slices.Sorted(maps.Keys(limits)) {
		if listed[k] != limits[k].name {
			t.Errorf("kind %d is %s, listed as %q", k, k, listed[k])
		}
	}
	for k, name := range listed {
		if _, ok := limits[k]; !ok {
			t.Errorf("%d, %s, is listed and does not exist", k, name)
		}
	}
}
