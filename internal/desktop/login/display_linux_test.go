package login

import "testing"

// TestParseStat: sockets of a server that the kernel is about to close are those
// of one that is gone.
func TestParseStat(t *testing.T) {
	for _, test := range []struct {
		name, stat, started string
		ending              bool
	}{
		{"at work", "7 (weston) R 1 7 7 0 -1 4194304 99 0 0 0 0 0 0 0 20 0 1 0 1745054 3133440", "1745054", false},
		{"ending", "7 (weston) R 1 7 7 0 -1 4194308 99 0 0 0 0 0 0 0 20 0 1 0 1745054 3133440", "1745054", true},
		{"ended", "7 (weston) Z 1 7 7 0 -1 4194316 99 0 0 0 0 0 0 0 20 0 1 0 1745054 0", "1745054", false},
		{"a name like fields", "7 (a) Z 1) R 1 7 7 0 -1 4194308 99 0 0 0 0 0 0 0 20 0 1 0 17 0", "17", true},
		{"short", "7 (weston) R 1 7 7 0 -1 4194308", "", false},
	} {
		if started, ending := parseStat(test.stat); started != test.started || ending != test.ending {
			t.Errorf("%s: started %q, ending %t", test.name, started, ending)
		}
	}
}
