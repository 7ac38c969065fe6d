package sandbox

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/windows"
)

// TestMain is what a child does that a test has started: what its role says.
func TestMain(m *testing.M) {
	role := ChildRole()
	if err := Enter(); err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
	switch role {
	case "":
		os.Exit(m.Run())
	case "grandchild":
		if address := os.Getenv("MULLION_TEST_DIAL"); address != "" {
			fmt.Println(dial(address))
			os.Exit(0)
		}
		select {}
	}
	f, err := ChildSocket()
	if err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		switch word, rest, _ := strings.Cut(lines.Text(), " "); word {
		case "variable":
			value, ok := os.LookupEnv(rest)
			fmt.Fprintf(f, "%q %t\n", value, ok)
		case "start":
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), RoleSetting("grandchild"))
			if err := cmd.Start(); err != nil {
				fmt.Fprintln(f, 0, err)
			} else {
				fmt.Fprintln(f, cmd.Process.Pid, err)
			}
		case "dial":
			fmt.Fprintln(f, dial(rest))
		case "dial-below":
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), RoleSetting("grandchild"), "MULLION_TEST_DIAL="+rest)
			out, err := cmd.Output()
			fmt.Fprintln(f, strings.TrimSpace(string(out)), err)
		case "panic":
			panic(rest)
		case "fault":
			windows.TerminateProcess(windows.CurrentProcess(), uint32(windows.STATUS_ACCESS_VIOLATION))
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Println(err)
		os.Exit(4)
	}
	os.Exit(7) // the Core's end was closed
}

// dial says what a server sends to a client that says nothing.
func dial(address string) string {
	conn, err := net.Dial("tcp4", address)
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	text := make([]byte, 5)
	n, _ := io.ReadFull(conn, text)
	return fmt.Sprintf("read %q", text[:n])
}

// childOf starts a child of a role with a pipe to it.
func childOf(t *testing.T, out *bytes.Buffer) (*Process, *os.File, *bufio.Scanner) {
	t.Helper()
	own, other := pipePair(t)
	p, err := Start(Spec{Name: "child", Role: "child", Socket: other, Policy: &Policy{Engine: true, Proxy: true}, Output: &locked{w: out}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Kill(); p.Wait(); own.Close() })
	return p, own, bufio.NewScanner(own)
}

// locked is a buffer for several goroutines.
type locked struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func pipePair(t *testing.T) (own, other *os.File) {
	t.Helper()
	name, _ := windows.UTF16PtrFromString(`\\.\pipe\mullion-test-` + rand.Text())
	server, err := windows.CreateNamedPipe(name, windows.PIPE_ACCESS_DUPLEX|windows.FILE_FLAG_OVERLAPPED, windows.PIPE_TYPE_BYTE, 1, 4096, 4096, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	client, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OVERLAPPED, 0)
	if err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(server), "own"), os.NewFile(uintptr(client), "other")
}

func ask(t *testing.T, own *os.File, answers *bufio.Scanner, question string) string {
	t.Helper()
	fmt.Fprintln(own, question)
	if !answers.Scan() {
		t.Fatalf("%s: no answer: %v", question, answers.Err())
	}
	return answers.Text()
}

// TestChild: a child has the pipe, of the environment only what is listed, and
// nothing survives it.
func TestChild(t *testing.T) {
	t.Setenv("MULLION_TEST_SECRET", "x")
	var out bytes.Buffer
	p, own, answers := childOf(t, &out)
	if got := ask(t, own, answers, "variable MULLION_TEST_SECRET"); got != `"" false` {
		t.Errorf("a variable that is not listed: got %s", got)
	}
	if got := ask(t, own, answers, "variable systemroot"); !strings.HasSuffix(got, " true") {
		t.Errorf("one that is: got %s", got)
	}
	pid, rest, _ := strings.Cut(ask(t, own, answers, "start"), " ")
	n, err := strconv.Atoi(pid)
	if err != nil || rest != "<nil>" {
		t.Fatal(pid, rest)
	}
	below, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(n))
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(below)
	p.Kill()
	if e := p.Wait(); e.Fault || e.Code != killedStatus {
		t.Errorf("killed: got %+v", e)
	}
	const deadline = 60_000
	if event, err := windows.WaitForSingleObject(below, deadline); err != nil || event != windows.WAIT_OBJECT_0 {
		t.Errorf("what the child has started goes on: %d %v", event, err)
	}
	if answers.Scan() {
		t.Error("the pipe goes on")
	}
}

// TestEnds: how a child ends is told apart.
func TestEnds(t *testing.T) {
	for _, test := range []struct {
		name, say string
		code      int
		fault     bool
	}{
		{"panic", "panic oh", panicStatus, true},
		{"exception", "fault", int(uint32(windows.STATUS_ACCESS_VIOLATION)), true},
		{"exit", "", 7, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			p, own, _ := childOf(t, &out)
			if test.say == "" {
				own.Close()
			} else {
				fmt.Fprintln(own, test.say)
			}
			e := p.Wait()
			<-p.OutputDone()
			if uint32(e.Code) != uint32(test.code) || e.Fault != test.fault {
				t.Errorf("got %+v", e)
			}
			if test.name == "panic" && !strings.Contains(out.String(), "panic: oh") {
				t.Errorf("its last words are lost: %q", &out)
			}
		})
	}
}

// TestProxy: the way to the network is for the child and what it starts, and every
// other program of the machine is turned away.
func TestProxy(t *testing.T) {
	var out bytes.Buffer
	p, own, answers := childOf(t, &out)
	l := p.Proxy()
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("hello"))
			conn.Close()
		}
	})
	address := l.Addr().String()
	if got := dial(address); got != `read ""` {
		t.Errorf("this process, which is not in the job: %s", got)
	}
	if got := ask(t, own, answers, "dial "+address); got != `read "hello"` {
		t.Errorf("the child: %s", got)
	}
	if got := ask(t, own, answers, "dial-below "+address); got != `read "hello" <nil>` {
		t.Errorf("what the child has started: %s", got)
	}
	p2, own2, answers2 := childOf(t, &out)
	if got := ask(t, own2, answers2, "dial "+address); got != `read ""` {
		t.Errorf("another child: %s", got)
	}
	p2.Kill()
	p.Kill()
	p.Wait()
	served.Wait() // it ends with the child
}
