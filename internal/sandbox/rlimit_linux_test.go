package sandbox

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// TestResourceLimits: a confined child cannot take what the kernel counts for
// each user, and does not get it back when the program starts again after stage
// one.
func TestResourceLimits(t *testing.T) {
	for _, without := range []Without{{}, {Namespaces: true}} {
		j := startJailed(t, Spec{Policy: &Policy{}, Without: without})
		j.try("read /proc/self/status") // it is what it is for by now
		text, err := os.ReadFile("/proc/" + strconv.Itoa(j.PID()) + "/limits")
		if err != nil {
			t.Fatal(err)
		}
		for name, most := range map[string]uint64{"Max open files": 4096, "Max pending signals": 1024, "Max msgqueue size": 0} {
			m := regexp.MustCompile(name + ` +(\w+) +(\w+)`).FindSubmatch(text)
			if m == nil {
				t.Fatalf("no %q in %s", name, text)
			}
			for _, limit := range m[1:] {
				if n, err := strconv.ParseUint(string(limit), 10, 64); err != nil || n > most {
					t.Errorf("%+v: %s is %s, want at most %d", without, name, limit, most)
				}
			}
		}
	}
}
