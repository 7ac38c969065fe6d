package storm_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// settle checks what is left when the app has ended.
func (s *storm) settle(temp string, descriptors map[string]int, leaks goleak.Option) {
	t := s.t
	s.judge()
	s.report.Processes = s.left("processes", func() (left []string) {
		known := s.display.PIDs() // others than before, if it was started again
		for _, p := range s.others {
			known = append(known, p.PID)
		}
		for _, p := range e2e.Descendants(os.Getpid()) {
			if !slices.Contains(known, p.PID) && !slices.Contains(known, p.Parent) {
				left = append(left, fmt.Sprint(p.Name, " ", p.PID))
			}
		}
		return left
	})
	s.report.Files = s.left("files", func() []string {
		return append(filesBelow(temp), filesBelow(filepath.Join(s.dataDir, "cache", "files"))...)
	})
	s.report.Descriptors = s.left("descriptors of the Core", func() (left []string) {
		for name, n := range openFiles(t) {
			if n > descriptors[name]+leakedByGo[name] && !strings.HasSuffix(name, "/ledger") && !strings.HasPrefix(name, "anon_inode:[event") {
				left = append(left, fmt.Sprintf("%d× %s", n-descriptors[name], name))
			}
		}
		return left
	})
	if err := goleak.Find(leaks, goleak.IgnoreAnyFunction(displays)); err != nil {
		s.report.Goroutines = err.Error()
		t.Errorf("goroutines of the Core: %v", err)
	}
	s.reopen()
}

// judge checks the account.
func (s *storm) judge() {
	t := s.t
	v, err := s.ledger.check()
	if err != nil {
		t.Error(err)
	}
	s.report.Saves = v
	for what, ids := range map[string][]string{
		"acknowledged and lost": v.Lost, "run twice": v.Twice, "refused and saved nevertheless": v.Resurrected, "seen by pages": v.Mistakes,
	} {
		if len(ids) > 0 {
			t.Errorf("%s: %d, such as %s", what, len(ids), ids[0])
		}
	}
	t.Logf("%d saves ran, %d were acknowledged, %d refused", v.Ran, v.Acknowledged, v.Refused)
}

// leakedByGo are descriptors for which there is nothing to be done here: a fork
// into a user namespace that fails for lack of descriptors leaves a pipe open
// (Go 1.26, package syscall, forkAndExecInChild1). The Core without free
// descriptors tries it a few times.
var leakedByGo = map[string]int{"pipe": 20}

// displays is what waits for the programs of a display.
const displays = "github.com/mullion-dev/mullion/internal/display.(*Display).start.func1"

// left waits until nothing is left over, and reports what is.
func (s *storm) left(what string, list func() []string) (left []string) {
	if e2e.WaitFor(e2e.Timeout/2, func() error {
		if left = list(); len(left) > 0 {
			return fmt.Errorf("%v", left)
		}
		return nil
	}) != nil {
		s.t.Errorf("%s are left over: %q", what, left)
	}
	return append([]string{}, left...) // not null in JSON
}

func filesBelow(dir string) (files []string) {
	_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && path != dir {
			files = append(files, path)
		}
		return nil
	})
	return files
}

// openFiles counts the descriptors of this process by what they lead to.
func openFiles(t *testing.T) map[string]int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	open := map[string]int{}
	for _, e := range entries {
		name, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err != nil {
			continue // the folder itself
		}
		if kind, _, ok := strings.Cut(name, ":["); ok && kind != "anon_inode" {
			name = kind // pipes and sockets have numbers
		}
		open[name]++
	}
	return open
}

// reopen starts the app once more: its state is the one that was promised.
func (s *storm) reopen() {
	var state *mullion.State[board]
	e2e.Start(s.t, e2e.Options{NoWindow: true, DataDir: s.dataDir, Setup: func(a *mullion.App) { state = newBoard(a) }})
	acked, failed := s.keeper.counts()
	s.report.States = stateVerdict{Acknowledged: acked, Failed: failed, Found: state.Get().N}
	// A change that was begun when the storm ended may be there as well.
	if got := state.Get().N; got < acked {
		s.t.Errorf("the state was promised to be %d and is %d", acked, got)
	}
}
