package sandbox

import (
	"strconv"
	"testing"
)

// taken is what take has taken.
var taken [][]byte

// take fills so many MiB.
func take(mib string) error {
	n, _ := strconv.Atoi(mib)
	b := make([]byte, n<<20)
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
	taken = append(taken, b)
	return nil
}

// TestTreeEndsLarger: of the processes that take too much, those for pages are
// ended.
func TestTreeEndsLarger(t *testing.T) {
	const limit = 64 << 20
	for _, tt := range []struct {
		name  string
		tries []string
		want  int
	}{
		{"large", []string{"call " + webProcess, "take 80"}, 1},
		{"small", []string{"call " + webProcess, "take 1"}, 0},
		{"another", []string{"take 80"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := startJailed(t, Spec{})
			tree := NewTree(j.PID())
			for _, try := range tt.tries {
				if got := j.try(try); got != "ok" {
					t.Fatalf("%s: %s", try, got)
				}
			}
			if got := tree.EndLarger(limit); got != tt.want {
				t.Errorf("ended %d", got)
			}
			if got := tree.EndLarger(limit); got != 0 {
				t.Errorf("ended %d more", got)
			}
			if tt.want == 1 {
				j.Wait()
			} else if got := j.try("seal"); got != "ok" {
				t.Error(got)
			}
		})
	}
}

// TestTreeAtRest: a process that works is told from one that does nothing.
func TestTreeAtRest(t *testing.T) {
	j := startJailed(t, Spec{})
	tree := NewTree(j.PID())
	if _, ok := tree.Worked(); ok {
		t.Error("it has been at rest before it was said")
	}
	tree.Rest()
	if mainTime(j.PID()) == 0 {
		t.Skip("the kernel does not count what threads use")
	}
	before := tree.Spent()
	if got := j.try("take 64"); got != "ok" {
		t.Fatal(got)
	}
	if now := tree.Spent(); now <= before {
		t.Errorf("%v, then %v", before, now)
	}
	if worked, ok := tree.Worked(); !ok || worked > tree.Spent() {
		t.Errorf("worked %v, %v", worked, ok)
	}
}
