package storm_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// keptStorm is a storm around an app that keeps its windows. Its Core is among
// what is struck.
type keptStorm struct {
	*storm
	screen *display.Screen
	cmd    *exec.Cmd // its keeper
	ended  chan struct{}

	mu    sync.Mutex
	lives []*coreLife // guarded by mu
}

// coreLife is a Core as the test sees it.
type coreLife struct {
	pid   int
	saved time.Time // when it was first asked to save; zero before
}

const coreProcess = "Core"

// swapSignal has the app replace itself by the same program.
const swapSignal = "swap"

// mostCrashes is how many crashes of the Core within crashTime are borne; one
// more ends the app.
const (
	mostCrashes = 5
	crashTime   = 10 * time.Minute
)

func TestStormKept(t *testing.T) {
	if why := os.Getenv("E2E_SKIP"); why != "" {
		t.Skip("no display: " + why)
	}
	lasts, seed := duration(t)
	base := &storm{t: t, rng: rand.New(rand.NewPCG(seed, 1)), struck: map[string][]time.Time{}, keeper: &boardKeeper{}}
	base.report.begin(seed)
	s := &keptStorm{storm: base, screen: display.Open(t), ended: make(chan struct{})}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	s.dataDir = t.TempDir()
	s.start()
	s.calm("at first")
	if lasts == 0 {
		s.short()
	} else {
		s.long(lasts)
	}
	s.calm("at the end")
	s.report.end()
	s.finish(temp)
	if lasts > 0 && !t.Failed() {
		s.report.write(t, "storm-core", "TestStormKept")
	}
}

func (s *keptStorm) start() {
	t := s.t
	var err error
	if s.ledger, err = newLedger(filepath.Join(s.dataDir, "ledger")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.ledger.file.Close() })
	path := filepath.Join(t.TempDir(), "lab")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	s.cmd = exec.Command("/proc/self/exe")
	s.cmd.Env = append(os.Environ(), labVariable+"="+path, "STORM_DATA="+s.dataDir, "GOTRACEBACK=none")
	s.cmd.Stdout, s.cmd.Stderr = t.Output(), t.Output()
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.cmd.Wait(); close(s.ended) }()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // which ends all; it has ended by itself if the test is well
		<-s.ended
	})
}

// serve keeps the account for one Core.
func (s *keptStorm) serve(conn net.Conn) {
	defer conn.Close()
	in, out := json.NewDecoder(conn), json.NewEncoder(conn)
	life := &coreLife{}
	for {
		var w wish
		if in.Decode(&w) != nil {
			return
		}
		var r reply
		switch w.Op {
		case "hello":
			life.pid = w.N
			s.mu.Lock()
			s.lives = append(s.lives, life)
			s.mu.Unlock()
		case "begin":
			r.Epoch = s.ledger.beginOf(w.Window)
		case "save":
			s.mu.Lock()
			if life.saved.IsZero() {
				life.saved = time.Now()
			}
			s.mu.Unlock()
			s.ledger.mu.Lock()
			s.ledger.note(w.Window, w.Save)
			s.ledger.mu.Unlock()
		case "board":
			s.keeper.mu.Lock()
			s.keeper.acked = w.N
			s.keeper.mu.Unlock()
		}
		if out.Encode(r) != nil {
			return
		}
	}
}

// core returns the Core that runs, as far as it is known.
func (s *keptStorm) core() (pid, life int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.lives); n > 0 {
		return s.lives[n-1].pid, n
	}
	return 0, 0
}

func (s *keptStorm) short() {
	s.wave([]blow{{signal: "kill", process: coreProcess}})
	s.wave([]blow{{signal: swapSignal, process: coreProcess}, {signal: "segv", process: coreProcess}, {signal: "kill", process: hostProcess}})
}

func (s *keptStorm) long(lasts time.Duration) {
	processes := []string{coreProcess, coreProcess, coreProcess, hostProcess, webProcess, networkProcess}
	kinds := []string{"kill", "kill", "kill", "segv", "segv", "stop"}
	for end := time.Now().Add(lasts); time.Now().Before(end) && !s.t.Failed(); {
		wave := make([]blow, 1+s.rng.IntN(3)*s.rng.IntN(2))
		for i := range wave {
			wave[i] = blow{kinds[s.rng.IntN(len(kinds))], processes[s.rng.IntN(len(processes))], ""}
			if wave[i].process == coreProcess && s.rng.IntN(3) > 0 {
				wave[i].signal = swapSignal // the others are limited
			}
		}
		s.wave(wave)
	}
}

// wave strikes and waits until all is well. Where only the Core was struck, no
// page was loaded again and no window is another one.
func (s *keptStorm) wave(blows []blow) {
	s.t.Helper()
	was := s.look()
	_, before := s.core()
	core, others := false, false
	var hit blow
	var at time.Time
	hits := 0
	for _, b := range blows {
		if struck := s.strike(b); !struck.IsZero() {
			hits, hit, at = hits+1, b, struck
			core = core || b.process == coreProcess
			others = others || b.process != coreProcess
		}
		s.randomPause()
	}
	if core {
		s.another(before, blows)
	}
	s.calm(fmt.Sprint("after ", blows))
	if now := s.look(); !others && !slices.Equal(was, now) {
		s.t.Errorf("after %v: windows are %v, were %v", blows, now, was)
	}
	if hits == 1 && hit.process == coreProcess {
		s.mu.Lock()
		s.report.healed(hit, s.lives[before].saved.Sub(at))
		s.mu.Unlock()
	}
}

// another waits until there is another Core, beside the first so many: the one
// before may go on for a while when it is to be replaced.
func (s *keptStorm) another(before int, blows []blow) {
	s.t.Helper()
	if err := e2e.WaitFor(healing, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if slices.ContainsFunc(s.lives[before:], func(l *coreLife) bool { return !l.saved.IsZero() }) {
			return nil
		}
		return errors.New("no other Core has been asked to save")
	}); err != nil {
		s.t.Fatalf("after %v: %v", blows, err)
	}
}

// sight is a window as the user and its page see it.
type sight struct {
	id    uint32
	epoch int
}

func (s *keptStorm) look() (seen []sight) {
	for _, label := range windows {
		w, _ := s.screen.Find(label)
		seen = append(seen, sight{w.ID, s.ledger.progress(label).epoch})
	}
	return seen
}

// strike strikes one process and returns when; zero if there was none.
func (s *keptStorm) strike(b blow) time.Time {
	pick := s.rng.Uint64()
	most, within := mostPerMinute, time.Minute
	if b.process == coreProcess && b.signal != swapSignal {
		most, within = mostCrashes, crashTime
	}
	key := b.process
	if b.signal == swapSignal {
		key = swapSignal
	}
	s.struck[key] = slices.DeleteFunc(s.struck[key], func(at time.Time) bool { return time.Since(at) > within })
	found := s.victims(b.process)
	if len(s.struck[key]) >= most || len(found) == 0 {
		return time.Time{}
	}
	sig, ok := signals[b.signal]
	if !ok {
		sig = syscall.SIGUSR1
	}
	at := time.Now()
	if strike(found[pick%uint64(len(found))], sig) != nil {
		return time.Time{}
	}
	s.struck[key] = append(s.struck[key], at)
	s.report.strike(b)
	return at
}

// victims lists the processes of a kind.
func (s *keptStorm) victims(process string) (pids []int) {
	core, _ := s.core()
	for _, p := range e2e.Descendants(s.cmd.Process.Pid) {
		is := ""
		switch {
		case p.PID == core:
			is = coreProcess
		case p.Name == e2e.WebProcess:
			is = webProcess
		case p.Name == e2e.NetworkProcess:
			is = networkProcess
		case p.Parent == s.cmd.Process.Pid && isHost(p.PID):
			is = hostProcess
		}
		if is == process {
			pids = append(pids, p.PID)
		}
	}
	slices.Sort(pids)
	return pids
}

// isHost tells a host from a Core that has not said who it is.
func isHost(pid int) bool {
	env, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return slices.Contains(strings.Split(string(env), "\x00"), "MULLION_ROLE=host")
}

// calm waits until all windows are on the screen, and save, hear and follow.
func (s *keptStorm) calm(when string) {
	s.t.Helper()
	start := map[string]progress{}
	if err := e2e.WaitFor(healing, func() error {
		select {
		case <-s.ended:
			return nil // that is reported below
		default:
		}
		for _, label := range windows {
			if w, err := s.screen.Find(label); err != nil || !w.Visible {
				return fmt.Errorf("window %q is not on the screen: %v", label, err)
			}
			p := s.ledger.progress(label)
			m, ok := start[label]
			if !ok || m.epoch != p.epoch {
				start[label] = p
				return fmt.Errorf("window %q has begun document %d", label, p.epoch)
			}
			if p.saves < m.saves+3 || p.heard < m.heard+2 || p.board < m.board+2 {
				return fmt.Errorf("window %q has come from %+v to %+v", label, m, p)
			}
		}
		if left := stopped(); len(left) > 0 {
			return fmt.Errorf("processes %v stand still", left)
		}
		return nil
	}); err != nil {
		s.t.Fatalf("%s: %v", when, err)
	}
	select {
	case <-s.ended:
		s.t.Fatalf("%s: the app has ended: %v", when, s.cmd.ProcessState)
	default:
	}
}

// finish ends the app, and checks what is left and what is missing.
func (s *keptStorm) finish(temp string) {
	t := s.t
	below := e2e.Descendants(s.cmd.Process.Pid)
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		select {
		case <-s.ended:
			return nil
		default:
			return errors.New("the app does not end")
		}
	}); err != nil {
		t.Fatal(err)
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the app ends with status %d", code)
	}
	s.judge()
	s.report.Processes = s.left("processes", func() (left []string) {
		for _, p := range e2e.Processes() {
			if slices.ContainsFunc(below, func(b e2e.Process) bool { return b.PID == p.PID && b.Name == p.Name }) && p.State != 'Z' {
				left = append(left, fmt.Sprint(p.Name, " ", p.PID))
			}
		}
		return left
	})
	s.report.Files = s.left("files", func() []string {
		return append(filesBelow(temp), filesBelow(filepath.Join(s.dataDir, "cache", "files"))...)
	})
	s.reopen()
}
