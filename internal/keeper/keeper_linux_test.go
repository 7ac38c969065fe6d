package keeper

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/keeper/control"
	"github.com/mullion-dev/mullion/internal/sandbox"
)

// TestKeyOfClear: a host stays when a transparent window is opened or closed in it,
// and does not when it may reach something else.
func TestKeyOfClear(t *testing.T) {
	is := HostSpec{Name: "app", Policy: &sandbox.Policy{}}
	clear, other := is, is
	clear.Policy, other.Policy = &sandbox.Policy{OpenGL: true}, &sandbox.Policy{GPU: true}
	if is.key() != clear.key() || is.key() == other.key() || !clear.Policy.OpenGL {
		t.Errorf("%s, %s, %s", is.key(), clear.key(), other.key())
	}
}

// What a host may reach goes to the keeper as a whole: a field that is forgotten
// would be a host that has something else than the app says.
func TestSpecIsWhole(t *testing.T) {
	// What the keeper gives itself.
	own := []string{"Socket", "Control", "Program", "ProgramPath", "Refused", "Output", "Bus", "AwaitBus", "compositor"}
	typ := reflect.TypeFor[sandbox.Spec]()
	for i := range typ.NumField() {
		name := typ.Field(i).Name
		_, told := reflect.TypeFor[HostSpec]().FieldByName(name)
		if told == slices.Contains(own, name) {
			t.Errorf("field %s of sandbox.Spec: told %v", name, told)
		}
	}
	s := sandbox.Spec{
		Name: "host app", App: "dev.mullion.app", Role: "host", Policy: &sandbox.Policy{Audio: true, Read: []string{"/a"}}, Without: sandbox.Without{Landlock: 3},
		Private: []string{"/b"}, Inbox: []string{"/i"}, Hidden: []string{"/h"}, Writable: []string{"/w"}, Watch: true, CacheDir: "/c", Env: []string{"D=e"},
	}
	if got := specOf(&s).spec(); !reflect.DeepEqual(got, s) {
		t.Errorf("got %+v, want %+v", got, s)
	}
	other := s
	other.Writable = nil
	if specOf(&s).key() != specOf(&other).key() {
		t.Error("what others may write to makes another host")
	}
	other = s
	other.Policy = &sandbox.Policy{Audio: true, Read: []string{"/a"}, Camera: true}
	if specOf(&s).key() == specOf(&other).key() {
		t.Error("hosts that may reach different things have the same key")
	}
}

// Messages and descriptors arrive in order, also where the other end is slow.
func TestLink(t *testing.T) {
	for name, queues := range map[string]bool{"keeper's end": true, "other end": false} {
		t.Run(name, func(t *testing.T) {
			a, f, err := socketPair(queues)
			if err != nil {
				t.Fatal(err)
			}
			b, err := newConn(f, false)
			if err != nil {
				t.Fatal(err)
			}
			big := make([]byte, 300<<10)
			go func() {
				for i := range 50 {
					r, w, err := os.Pipe()
					if err != nil {
						return
					}
					w.Close()
					m := message{Op: opWindow, ID: uint64(i)}
					if i%10 == 0 {
						m.Data = big
					}
					a.send(m, r)
				}
				a.flush()
				if !queues {
					a.close()
				}
			}()
			for i := range 50 {
				m, files, err := b.receive()
				if err != nil {
					t.Fatal(err)
				}
				if m.ID != uint64(i) || len(files) != 1 {
					t.Fatalf("got message %d with %d files, want %d with one", m.ID, len(files), i)
				}
				if i%10 == 0 && len(m.Data) != len(big) {
					t.Fatalf("got %d bytes, want %d", len(m.Data), len(big))
				}
				closeAll(files)
			}
			if _, _, err := b.receive(); !errors.Is(err, io.EOF) {
				t.Fatalf("got %v, want the end", err)
			}
		})
	}
}

func TestCrashes(t *testing.T) {
	now := time.Now()
	for name, test := range map[string]struct {
		useful []bool
		apart  time.Duration
		want   int // crashes that are borne
	}{
		"useless":        {[]bool{false, false}, time.Second, 1},
		"useful":         {[]bool{true, true, true, true, true, true}, time.Second, 5},
		"now and then":   {slices.Repeat([]bool{true}, 100), 5 * time.Minute, 100},
		"useful between": {[]bool{false, true, false, true, false}, time.Second, 5},
	} {
		var s crashes
		got := 0
		for i, useful := range test.useful {
			if _, again := s.add(useful, now.Add(time.Duration(i)*test.apart)); !again {
				break
			}
			got++
		}
		if got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
}

// A Core in a debugger may stand still.
func TestTraced(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	if traced(cmd.Process.Pid) {
		t.Fatal("nobody traces it yet")
	}
	runtime.LockOSThread() // that is the tracer
	defer runtime.UnlockOSThread()
	if err := unix.PtraceSeize(cmd.Process.Pid); err != nil {
		t.Skipf("processes cannot be traced here: %v", err)
	}
	if !traced(cmd.Process.Pid) {
		t.Fatal("it is traced")
	}
}

func TestTail(t *testing.T) {
	var s tail
	for range 10000 {
		s.Write([]byte("a line that is written again and again\n"))
	}
	s.Write([]byte("the last one\n"))
	got := s.text()
	if len(got) > maxTail || !strings.HasPrefix(got, "a line") || !strings.HasSuffix(got, "\nthe last one\n") {
		t.Errorf("got %d bytes: %.50q … %q", len(got), got, got[max(0, len(got)-20):])
	}
}

func TestNoticeOfPanic(t *testing.T) {
	n := noticeOf("title", "log\npanic: first [recovered]\nmore\npanic: second\n\ngoroutine 1 [running]:\n")
	if want := "panic: second\n\ngoroutine 1 [running]:\n"; n.Text != want {
		t.Errorf("got %q, want %q", n.Text, want)
	}
	if n := noticeOf("title", "one\ntwo\n"); n.Text != "one\ntwo" {
		t.Errorf("got %q", n.Text)
	}
	long := control.Notice{Title: strings.Repeat("ü", 1<<20), Text: strings.Repeat("ä", 1<<20)}.Cut()
	if len(long.Title)+len(long.Text) > 16<<10 || !strings.HasSuffix(long.Text, "ä…") {
		t.Errorf("got %d and %d bytes", len(long.Title), len(long.Text))
	}
}

// What says who a process is, is what it inherited.
func TestRoleNeedsSocket(t *testing.T) {
	for _, v := range []string{"keeper", "core", "keeper:3x", "else:3", "keeper:1", "core:999"} {
		t.Setenv(variable, v)
		if r, _, err := TakeRole(); err == nil || r != RoleNone {
			t.Errorf("%s: got role %q, %v", v, r, err)
		}
		if os.Getenv(variable) != "" {
			t.Errorf("%s is left in the environment", variable)
		}
	}
}
