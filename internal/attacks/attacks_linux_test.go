package attacks

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAttacks makes all attacks. What is open under all layers that a kernel
// has must be accepted, with a reason.
func TestAttacks(t *testing.T) {
	rows := attackAll(t)
	if t.Failed() {
		return
	}
	t.Run("accepted", func(t *testing.T) { testAccepted(t, rows) })
	t.Run("unconfined", func(t *testing.T) { testUnconfined(t, rows) })
	t.Run("races", func(t *testing.T) { testRaces(t, rows) })
	list := records(rows)
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := writeRecords(list); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Run("documents", func(t *testing.T) { testDocuments(t, list) })
}

func testAccepted(t *testing.T, rows []row) {
	needed := map[string]bool{}
	for _, r := range rows {
		i := slices.IndexFunc(runs, func(run run) bool { return run.name == r.Layers })
		if !runs[i].kernel || r.Result != "open" {
			continue
		}
		needed[r.Probe] = true
		if _, ok := accepts(runs[i], r.User, r.Probe); !ok {
			t.Errorf("open: %q in the %s process, as %s, with: %s. Close it, or accept it with a reason", r.Probe, r.Process, r.User, r.Layers)
		}
	}
	for _, a := range accepted {
		if !needed[a.probe] && (!a.root || os.Getuid() == 0) {
			t.Errorf("%q is closed in all runs: remove it from accepted", a.probe)
		}
	}
}

// leastOpen is how many probes must succeed without confinement.
const leastOpen = 60

func testUnconfined(t *testing.T, rows []row) {
	ever, probes := map[string]bool{}, map[string]bool{}
	count := map[string]int{}
	for _, r := range rows {
		probes[r.Probe] = true
		if r.Layers == unconfined && r.Result == "open" {
			ever[r.Probe] = true
			count[r.User+" "+r.Process]++
		}
	}
	for who, n := range count {
		if n < leastOpen {
			t.Errorf("only %d probes are open to %s without confinement: do they work?", n, who)
		}
	}
	for probe := range probes {
		if _, ok := mayFail(probe); !ok && !ever[probe] {
			t.Errorf("%q is closed without confinement: does it work? If it cannot succeed here, unproven has to say why", probe)
		}
	}
	for _, u := range unproven {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(probes)), func(p string) bool { return strings.HasPrefix(p, u.probe) }) {
			t.Errorf("unproven speaks of %q, which is no probe", u.probe)
		}
	}
}

// testRaces checks that connections were made while the address changed.
func testRaces(t *testing.T, rows []row) {
	n := 0
	for _, r := range rows {
		i := slices.IndexFunc(runs, func(run run) bool { return run.name == r.Layers })
		if !runs[i].races || r.Process != "web" || !strings.HasPrefix(r.Probe, "broker: rewrite") || r.Result == "absent" {
			continue
		}
		n++
		if r.Errno != "EACCES" {
			t.Errorf("%s as %s with %s: %s %s; no connection was made at all", r.Probe, r.User, r.Layers, r.Result, r.Errno)
		}
	}
	if n < 3 {
		t.Errorf("only %d races were run", n)
	}
}

// testDocuments compares what is open under all layers with what the document
// says; refusals may differ from machine to machine.
func testDocuments(t *testing.T, list []record) {
	old, err := readRecords()
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]record{}
	for _, r := range old {
		said[r.Probe] = r
	}
	for _, r := range list {
		for user, results := range r.Results {
			got, _ := open(results[allLayers])
			want, _ := open(said[r.Probe].Results[user][allLayers])
			if user == "root" && said[r.Probe].Results[user] == nil {
				continue // the documents were written by somebody who is not root
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("docs/confinement.json is old; run make attacks. %s as %s with %s (-says +is):\n%s", r.Probe, user, allLayers, diff)
			}
		}
		delete(said, r.Probe)
	}
	for probe := range said {
		t.Errorf("docs/confinement.json is old; run make attacks. It has %q, which is no probe", probe)
	}
}
