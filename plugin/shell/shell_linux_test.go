package shell_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/shell"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

// scope is what pages of the window "main" may start.
const scope = `[
	{"name": "sh", "cmd": "sh", "args": true, "env": ["PATH", "A", "MULLION_ROLE"]},
	{"name": "cat", "cmd": "cat"},
	{"name": "echo", "cmd": "echo", "args": ["fixed", {"validator": "[a-z]+|[0-9]"}, {"validator": "x", "raw": true}]},
	{"name": "two", "cmd": "echo", "args": ["first"]}, {"name": "two", "cmd": "echo", "args": [{"validator": "second"}]},
	{"name": "bin/tool", "sidecar": true, "args": true},
	{"name": "gone", "cmd": "/nowhere/at all"}, {"name": "in data", "cmd": "$APPDATA/tool"},
	{"name": "denied", "cmd": "echo"}, {"name": "bad pattern", "cmd": "echo", "args": [{"validator": "("}]}
]`

type harness struct {
	*mulliontest.App
	shell *shell.Shell
	main  *mulliontest.Page
	other *mulliontest.Page
	tool  string // the sidecar
}

func start(t *testing.T, settings string) *harness {
	t.Helper()
	dir := t.TempDir()
	h := &harness{shell: shell.New(shell.Options{Sidecars: dir}), tool: filepath.Join(dir, "tool-x86_64-unknown-linux-gnu")}
	if err := os.WriteFile(h.tool, []byte("#!/bin/sh\necho sidecar \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(h.tool, filepath.Join(dir, "tool")); err != nil { // on any machine
		t.Fatal(err)
	}
	h.App = mulliontest.Start(t, func(ctx context.Context) error {
		a, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{
				"identifier": "org.example.shell", "build": {"frontendDist": "ui"}, "bundle": {"externalBin": ["bin/tool"]},
				"app": {"windows": [{}, {"label": "other"}]}, "plugins": {"shell": ` + settings + `}
			}`)},
			"ui/index.html": {Data: []byte(`<!doctype html><title>Programs</title>`)},
			"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["main"], "permissions": ["core:default", "shell:default",
				"shell:allow-kill", "shell:allow-stdin-write", {"identifier": "shell:allow-execute", "allow": ` + scope + `, "deny": [{"name": "denied"}]},
				{"identifier": "shell:allow-spawn", "allow": ` + scope + `, "deny": [{"name": "denied"}]}]}`)},
			"capabilities/other.json": {Data: []byte(`{"identifier": "other", "windows": ["other"], "permissions": ["core:default",
				"shell:allow-kill", "shell:allow-stdin-write", "shell:allow-execute", "shell:allow-spawn"]}`)},
		}})
		if err != nil {
			return err
		}
		a.AddPlugin(h.shell.Plugin())
		return a.Run(ctx)
	}, nil)
	h.main, h.other = h.Page("main"), h.Page("other")
	return h
}

type options map[string]any

type result struct {
	Code   *int            `json:"code"`
	Signal *int            `json:"signal"`
	Stdout json.RawMessage `json:"stdout"`
	Stderr json.RawMessage `json:"stderr"`
}

func execute(p *mulliontest.Page, program string, args any, o options) (result, error) {
	if o == nil {
		o = options{}
	}
	var r result
	err := p.Call("plugin:shell|execute", map[string]any{"program": program, "args": args, "options": o}, &r)
	return r, err
}

// text is what is in a result, in short.
func (r result) String() string {
	b, _ := json.Marshal(r)
	return string(b)
}

// TestMissingEntry: a refusal says which entry would allow the call.
func TestMissingEntry(t *testing.T) {
	h := start(t, `{}`)
	for want, call := range map[string]struct {
		program string
		args    any
		o       options
	}{
		`add {"identifier": "shell:allow-execute", "allow": [{"name": "date", "cmd": "date", "args": ["-u", "*"]}]} to capability "`: {"date", []string{"-u", "*"}, nil},
		`"allow": [{"name": "date", "cmd": "date"}]}`:                                                {"date", []string{}, nil},
		`"allow": [{"name": "date", "cmd": "date", "args": true}]}`:                                  {"date", "-u", nil},
		`"allow": [{"name": "bin/other", "sidecar": true, "args": ["x"]}]}`:                          {"bin/other", []string{"x"}, options{"sidecar": true}},
		"program not allowed on the configured shell scope: denied: an entry of the scope denies it": {"denied", nil, nil},
	} {
		if _, err := execute(h.main, call.program, call.args, call.o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestExecute(t *testing.T) {
	h := start(t, `{}`)
	t.Setenv("MULLION_SECRET", "secret")
	t.Setenv("NOTIFY_SOCKET", "/run/notify")
	t.Setenv("OF_THE_APP", "yes")
	dir := t.TempDir()
	script := func(s string) []string { return []string{"-c", s} }
	for _, test := range []struct {
		name, program string
		args          any
		options       options
		want          string
	}{
		{"output", "sh", script("echo out; echo err >&2; exit 3"), nil, `{"code":3,"signal":null,"stdout":"out\n","stderr":"err\n"}`},
		{"signal", "sh", script("kill -TERM $$"), nil, `{"code":null,"signal":15,"stdout":"","stderr":""}`},
		{"no input", "cat", []string{}, nil, `{"code":0,"signal":null,"stdout":"","stderr":""}`},
		{"no arguments", "cat", nil, nil, `{"code":0,"signal":null,"stdout":"","stderr":""}`},
		{"one string", "sh", "/dev/null", nil, `{"code":0,"signal":null,"stdout":"","stderr":""}`},
		{"fixed and checked", "echo", []string{"other", "abc", "axb"}, nil, `{"code":0,"signal":null,"stdout":"fixed abc axb\n","stderr":""}`},
		{"too many", "cat", []string{"/etc/passwd"}, nil, `{"code":0,"signal":null,"stdout":"","stderr":""}`},
		{"the second entry", "two", []string{"second"}, nil, `{"code":0,"signal":null,"stdout":"first\n","stderr":""}`},
		{"raw", "sh", script(`printf '\377\0a'`), options{"encoding": "raw"}, `{"code":0,"signal":null,"stdout":[255,0,97],"stderr":[]}`},
		{"utf-8", "sh", script(`printf '\357\273\277\377a'`), options{"encoding": "UTF-8"}, `{"code":0,"signal":null,"stdout":"` + "\uFFFD" + `a","stderr":""}`},
		{"latin", "sh", script(`printf 'caf\351'`), options{"encoding": " Latin1 "}, `{"code":0,"signal":null,"stdout":"café","stderr":""}`},
		{"shift_jis", "sh", script(`printf '\223\372'`), options{"encoding": "shift_jis"}, `{"code":0,"signal":null,"stdout":"日","stderr":""}`},
		{"utf-16", "sh", script(`printf '\377\376a\0\n\0'`), options{"encoding": "utf-16le"}, `{"code":0,"signal":null,"stdout":"a\n","stderr":""}`},
		{"cwd", "sh", script("pwd"), options{"cwd": dir}, `{"code":0,"signal":null,"stdout":"` + dir + `\n","stderr":""}`},
		{"env", "sh", script(`echo "$A|$OF_THE_APP|$MULLION_SECRET$NOTIFY_SOCKET$MULLION_ROLE"`), options{"env": map[string]string{"A": "b c"}}, `{"code":0,"signal":null,"stdout":"b c|yes|\n","stderr":""}`},
		{"harmless env", "sh", script(`echo "$LC_TIME|$TZ"`), options{"env": map[string]string{"LC_TIME": "C.UTF-8", "TZ": "Europe/Berlin"}}, `{"code":0,"signal":null,"stdout":"C.UTF-8|Europe/Berlin\n","stderr":""}`},
		{"no env", "sh", script(`echo "$OF_THE_APP$HOME"`), options{"env": nil}, `{"code":0,"signal":null,"stdout":"\n","stderr":""}`},
		{"env of the scope", "sh", script(`echo "$PATH"`), options{"env": map[string]string{"PATH": "/nowhere"}}, `{"code":0,"signal":null,"stdout":"/nowhere\n","stderr":""}`},
		{"sidecar", "bin/tool", []string{"a", "b"}, options{"sidecar": true}, `{"code":0,"signal":null,"stdout":"sidecar a b\n","stderr":""}`},
		{"descriptors", "sh", script("ls /proc/$$/fd; exit 0"), nil, `{"code":0,"signal":null,"stdout":"0\n1\n2\n","stderr":""}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := execute(h.main, test.program, test.args, test.options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

type event struct {
	Event   string          `json:"event"`
	Payload json.RawMessage `json:"payload"`
}

func spawn(t *testing.T, p *mulliontest.Page, program string, args any, o options) (int, *mulliontest.Channel, error) {
	t.Helper()
	if o == nil {
		o = options{}
	}
	ch := p.Channel()
	var pid int
	err := p.Call("plugin:shell|spawn", map[string]any{"program": program, "args": args, "options": o, "onEvent": ch}, &pid)
	return pid, ch, err
}

// next is the next event of a program, in short.
func next(ch *mulliontest.Channel) string {
	var e event
	if !ch.Next(&e) {
		return "closed"
	}
	return e.Event + " " + string(e.Payload)
}

func events(ch *mulliontest.Channel) (all []string) {
	for {
		e := next(ch)
		if e == "closed" {
			return all
		}
		all = append(all, e)
	}
}

func TestSpawn(t *testing.T) {
	h := start(t, `{}`)
	for _, test := range []struct {
		name, script string
		options      options
		want         []string
	}{
		{"lines", `printf 'a\nb\r\nc\rd'`, nil, []string{`Stdout "a\n"`, `Stdout "b\r\n"`, `Stdout "c\r"`, `Stdout "d"`, `Terminated {"code":0,"signal":null}`}},
		{"errors", `printf 'a\377\nb\n' >&2; exit 2`, nil, []string{`Error "standard error: a line is not UTF-8: name the encoding of the program, or \"raw\""`, `Stderr "b\n"`, `Terminated {"code":2,"signal":null}`}},
		{"raw", `printf '\0\n\377'`, options{"encoding": "raw"}, []string{`Stdout [0,10,255]`, `Terminated {"code":0,"signal":null}`}},
		{"long", `head -c 1500000 /dev/zero | tr '\0' x`, nil, []string{`Stdout "` + strings.Repeat("x", 1<<20) + `"`, `Stdout "` + strings.Repeat("x", 1500000-1<<20) + `"`, `Terminated {"code":0,"signal":null}`}},
		{"signal", `kill -9 $$`, nil, []string{`Terminated {"code":null,"signal":9}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, ch, err := spawn(t, h.main, "sh", []string{"-c", test.script}, test.options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, events(ch)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWriteAndKill(t *testing.T) {
	h := start(t, `{}`)
	pid, ch, err := spawn(t, h.main, "cat", []string{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	write := func(buffer any) {
		t.Helper()
		if err := h.main.Call("plugin:shell|stdin_write", map[string]any{"pid": pid, "buffer": buffer}, nil); err != nil {
			t.Error(err)
		}
	}
	write("a line\n")
	if got := next(ch); got != `Stdout "a line\n"` {
		t.Error(got)
	}
	write([]int{98, 10})
	if got := next(ch); got != `Stdout "b\n"` {
		t.Error(got)
	}
	if err := h.main.Call("plugin:shell|kill", map[string]any{"cmd": "killChild", "pid": pid}, nil); err != nil {
		t.Error(err)
	}
	if alive(pid) {
		t.Error("it lives")
	}
	if got := events(ch); !slices.Equal(got, []string{`Terminated {"code":null,"signal":9}`}) {
		t.Error(got)
	}
	for _, command := range []string{"kill", "stdin_write"} { // of what has ended
		args := map[string]any{"pid": pid}
		if command != "kill" {
			args["buffer"] = "x"
		}
		if err := h.main.Call("plugin:shell|"+command, args, nil); err != nil {
			t.Error(err)
		}
	}
}

func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func gone(t *testing.T, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		mulliontest.Wait(t, 30*time.Second, func() error {
			if alive(pid) {
				return fmt.Errorf("process %d lives", pid)
			}
			return nil
		})
	}
}

// background is a program that leaves something in the background, and tells
// its number.
const background = `sh -c 'setsid sleep 1000 >/dev/null 2>&1 & echo $!'; `

func number(t *testing.T, e string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(e, `Stdout "`), `\n"`)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestEnds: what a page has started goes with the page, and all goes with the app.
func TestEnds(t *testing.T) {
	h := start(t, `{}`)
	begin := func(end string) (pids []int) {
		pid, ch, err := spawn(t, h.main, "sh", []string{"-c", background + end}, nil)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, number(t, next(ch)))
		if end == "exit" {
			if got := next(ch); got != `Terminated {"code":0,"signal":null}` {
				t.Error(got)
			}
		} else {
			pids = append(pids, pid)
		}
		return pids
	}
	pids := append(begin("exec sleep 1000"), begin("exit")...)
	r, err := execute(h.main, "sh", []string{"-c", background}, nil)
	if err != nil {
		t.Fatal(err)
	}
	pids = append(pids, number(t, "Stdout "+string(r.Stdout)))
	for _, pid := range pids {
		if !alive(pid) {
			t.Errorf("%d has ended early", pid)
		}
	}
	failed := make(chan error, 1)
	started := filepath.Join(t.TempDir(), "pid")
	go func() {
		_, err := execute(h.main, "sh", []string{"-c", `echo $$ >"$0.new"; mv "$0.new" "$0"; exec sleep 1000`, started}, nil)
		failed <- err
	}()
	mulliontest.Wait(t, 30*time.Second, func() error { // else the call may come from the next page, which does not end
		text, err := os.ReadFile(started)
		if err == nil {
			pids = append(pids, number(t, string(text)))
		}
		return err
	})
	w, err := h.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	gone(t, pids...)
	if err := <-failed; err == nil {
		t.Error("execute: no error")
	}
	mulliontest.Wait(t, 30*time.Second, func() error { // the next page is there
		_, err := execute(h.main, "cat", nil, nil)
		return err
	})
	last := begin("exec sleep 1000")
	told := make(chan string, 10)
	c, err := h.shell.Start(context.Background(), shell.Command{Program: "sh", Args: []string{"-c", background + "exec sleep 1000"}}, func(e shell.Event) { told <- string(e.Stdout) })
	if err != nil {
		t.Fatal(err)
	}
	left := number(t, `Stdout "`+strings.TrimSpace(<-told)+`\n"`)
	if err := h.Stop(); err != nil {
		t.Error(err)
	}
	gone(t, append(last, c.PID(), left)...)
	if s, err := c.Wait(); err != nil || s.Signal != 9 {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := h.shell.Output(t.Context(), shell.Command{Program: "true"}); err == nil {
		t.Error("a program starts after the end")
	}
}

// TestBackPressure: who does not read has the program wait.
func TestBackPressure(t *testing.T) {
	h := start(t, `{}`)
	first, goOn := make(chan struct{}), make(chan struct{})
	var total int
	c, err := h.shell.Start(t.Context(), shell.Command{Program: "sh", Args: []string{"-c", `head -c 3000000 /dev/zero; echo written >&2; cat >/dev/null`}, Encoding: "raw"}, func(e shell.Event) {
		if e.Stderr != nil {
			close(first)
			return
		}
		if total == 0 {
			<-goOn
		}
		total += len(e.Stdout)
	})
	if err != nil {
		t.Fatal(err)
	}
	mulliontest.Wait(t, 30*time.Second, func() error { // head waits in a write
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", c.PID(), c.PID()))
		if err != nil {
			return err
		}
		at, err := os.ReadFile("/proc/" + strings.TrimSpace(string(text)) + "/wchan")
		if err == nil && !strings.Contains(string(at), "pipe") {
			err = fmt.Errorf("it is in %s", at)
		}
		return err
	})
	close(goOn)
	<-first
	if err := c.Write(t.Context(), make([]byte, 1<<20)); err != nil {
		t.Error(err)
	}
	if err := c.CloseStdin(); err != nil {
		t.Error(err)
	}
	if s, err := c.Wait(); err != nil || s.Code != 0 || total != 3000000 {
		t.Errorf("%+v, %v, %d bytes", s, err, total)
	}
}

func TestGo(t *testing.T) {
	sh := shell.New(shell.Options{})
	if _, err := sh.Output(t.Context(), shell.Command{Program: "true"}); err == nil || !strings.Contains(err.Error(), "does not run yet") {
		t.Errorf("before Run: %v", err)
	}
	h := start(t, `{}`)
	out, err := h.shell.Output(t.Context(), shell.Command{Program: "sh", Args: []string{"-c", "echo $A; exit 5"}, Env: map[string]string{"A": "b", "PATH": "/bin"}})
	if err != nil || string(out.Stdout) != "b\n" || out.Code != 5 {
		t.Errorf("%+v, %v", out, err)
	}
	if _, err := h.shell.Output(t.Context(), shell.Command{Program: "there is no such program"}); err == nil {
		t.Error("no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if _, err := h.shell.Output(ctx, shell.Command{Program: "sleep", Args: []string{"1000"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	// A function that panics is told of in the log, and the rest goes on.
	c, err := h.shell.Start(t.Context(), shell.Command{Program: "echo"}, func(shell.Event) { panic("of the app") })
	if err != nil {
		t.Fatal(err)
	}
	if s, err := c.Wait(); err != nil || s.Code != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if !strings.Contains(h.Log(), "of the app") {
		t.Error("the log says nothing")
	}
	ctx, cancel = context.WithCancel(t.Context())
	c, err = h.shell.Start(ctx, shell.Command{Program: "sleep", Args: []string{"1000"}}, func(shell.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	written := make(chan error)
	writing, stop := context.WithCancel(t.Context())
	go func() { written <- c.Write(writing, make([]byte, 16<<20)) }()
	ended, end := context.WithCancel(t.Context())
	end()
	mulliontest.Wait(t, 30*time.Second, func() error {
		if err := c.Write(ended, make([]byte, 30<<20)); err == nil || !strings.Contains(err.Error(), "wait until earlier") {
			return fmt.Errorf("a write beside another one: %v", err)
		}
		return nil
	})
	stop()
	if err := <-written; !errors.Is(err, context.Canceled) {
		t.Errorf("write: %v", err)
	}
	cancel()
	if s, _ := c.Wait(); s.Signal != 9 {
		t.Errorf("%+v", s)
	}
}

// TestAttacks are calls of a hostile page. Each gets an error, and nothing is
// left over.
func TestAttacks(t *testing.T) {
	h := start(t, `{}`)
	marker := filepath.Join(t.TempDir(), "ran")
	long := strings.Repeat("x", 4096)
	env := func(kv ...string) options { return options{"env": map[string]string{kv[0]: kv[1]}} }
	for _, test := range []struct {
		name, program string
		args          any
		options       options
		want          string
	}{
		{"program of no scope", "touch", []string{marker}, nil, "not allowed on the configured"},
		{"path", "/bin/sh", []string{"-c", "touch " + marker}, nil, "not allowed on the configured"},
		{"long name", long, nil, nil, "not allowed on the configured"},
		{"empty name", "", nil, nil, "not allowed on the configured"},
		{"name with zero", "sh\x00", nil, nil, "not allowed on the configured"},
		{"other case", "SH", nil, nil, "not allowed on the configured"},
		{"denied", "denied", nil, nil, "not allowed on the configured"},
		{"option as an argument", "echo", []string{"", "-n", "x"}, nil, "argument 1 does not match ^[a-z]+|[0-9]$"},
		{"end of an alternative", "echo", []string{"", "; touch 5", "x"}, nil, "argument 1 does not match"},
		{"begin of an alternative", "echo", []string{"", "a; touch", "x"}, nil, "argument 1 does not match"},
		{"second line", "echo", []string{"", "abc\n", "x"}, nil, "argument 1 does not match"},
		{"argument missing", "echo", []string{"", "abc"}, nil, "argument 2 has to match x"},
		{"string for a list", "echo", "abc", nil, "takes arguments as a list"},
		{"arguments of another type", "sh", []any{"-c", 5}, nil, "args: want a string"},
		{"arguments as an object", "sh", map[string]string{"0": "-c"}, nil, "args: want a string"},
		{"zero in an argument", "sh", []string{"-c", "touch " + marker + "\x00"}, nil, "zero byte"},
		{"huge argument", "sh", []string{"-c", strings.Repeat(":", 3<<20)}, nil, "argument list too long"},
		{"huge arguments", "sh", []string{"-c", strings.Repeat(":", 9<<20)}, nil, "argument list too long"},
		{"sidecar as a program", "bin/tool", []string{}, nil, "use Command.sidecar"},
		{"program as a sidecar", "sh", []string{"-c", ":"}, options{"sidecar": true}, "use Command.create"},
		{"sidecar elsewhere", "../../../bin/sh", []string{}, options{"sidecar": true}, "not allowed on the configured"},
		{"program that is not there", "gone", nil, nil, "no such file"},
		{"program in a folder", "in data", nil, nil, "no such file"},
		{"pattern that is none", "bad pattern", []string{"x"}, nil, "regular expression"},
		{"folder that is not there", "sh", []string{"-c", ":"}, options{"cwd": "/nowhere"}, "no such file"},
		{"file as a folder", "sh", []string{"-c", ":"}, options{"cwd": "/etc/passwd"}, "not a directory"},
		{"folder with zero", "sh", []string{"-c", ":"}, options{"cwd": "/\x00"}, "zero byte"},
		{"encoding", "sh", []string{"-c", ":"}, options{"encoding": "utf-7"}, "unknown encoding utf-7"},
		{"no encoding", "sh", []string{"-c", ":"}, options{"encoding": ""}, "unknown encoding"},
		{"option that is none", "sh", []string{"-c", ":"}, options{"shell": true}, "shell"},
		{"env of another type", "sh", []string{"-c", ":"}, options{"env": []string{"A=b"}}, "want an object or null"},
		{"env with numbers", "sh", []string{"-c", ":"}, options{"env": map[string]int{"A": 5}}, "want strings"},
		{"name with an equals sign", "sh", []string{"-c", ":"}, env("A=B", "c"), "not the name of a variable"},
		{"empty name of a variable", "sh", []string{"-c", ":"}, env("", "c"), "not the name of a variable"},
		{"variable with zero", "sh", []string{"-c", ":"}, env("A", "b\x00LD_PRELOAD=x"), "zero byte"},
		{"loader", "sh", []string{"-c", ":"}, env("LD_PRELOAD", "/tmp/x.so"), "may not set LD_PRELOAD"},
		{"shell functions", "sh", []string{"-c", ":"}, env("BASH_FUNC_echo%%", "() { touch "+marker+"; }"), "add it to the key \"env\" of the scope entry"},
		{"script", "sh", []string{"-c", ":"}, env("ENV", marker), "add it to the key \"env\" of the scope entry"},
		{"path of programs", "cat", nil, env("PATH", "/tmp"), "add it to the key \"env\" of the scope entry"},
		{"GNUMAKEFLAGS", "sh", []string{"-c", ":"}, env("GNUMAKEFLAGS", "/tmp/x"), "add it to the key \"env\" of the scope entry"},
		{"MAKEFILES", "sh", []string{"-c", ":"}, env("MAKEFILES", "/tmp/x"), "add it to the key \"env\" of the scope entry"},
		{"TAR_OPTIONS", "sh", []string{"-c", ":"}, env("TAR_OPTIONS", "/tmp/x"), "add it to the key \"env\" of the scope entry"},
		{"RSYNC_RSH", "sh", []string{"-c", ":"}, env("RSYNC_RSH", "/tmp/x"), "add it to the key \"env\" of the scope entry"},
		{"VIMINIT", "sh", []string{"-c", ":"}, env("VIMINIT", "/tmp/x"), "add it to the key \"env\" of the scope entry"},
		{"GIO_MODULE_DIR", "sh", []string{"-c", ":"}, env("GIO_MODULE_DIR", "/tmp/x"), "add it to the key \"env\" of the scope entry"},
		{"PSQLRC", "sh", []string{"-c", ":"}, env("PSQLRC", "/tmp/x"), "add it to the key \"env\" of the scope entry"},
		{"ld_preload", "sh", []string{"-c", ":"}, env("ld_preload", "/tmp/x"), "add it to the key \"env\" of the scope entry"},
		{"LC", "sh", []string{"-c", ":"}, env("LC", "/tmp/x"), "add it to the key \"env\" of the scope entry"},
		{"LANGUAGE", "sh", []string{"-c", ":"}, env("LANGUAGE", "/tmp/x"), "add it to the key \"env\" of the scope entry"},
		{"LC_ALL", "sh", []string{"-c", ":"}, env("LC_ALL", "/tmp/x"), "add it to the key \"env\" of the scope entry"},
		{"TZ", "sh", []string{"-c", ":"}, env("TZ", "/tmp/x"), "add it to the key \"env\" of the scope entry"},
		{"role", "sh", []string{"-c", ":"}, env("MULLION_ROLE", "host"), "MULLION_ROLE is for processes of an app"},
		{"huge env", "sh", []string{"-c", ":"}, env("A", strings.Repeat("x", 1<<20)), "the limit is"},
		{"much output", "sh", []string{"-c", "cat /dev/zero"}, options{"encoding": "raw"}, "writes more than"},
		{"line without end", "sh", []string{"-c", "tr '\\0' x </dev/zero"}, nil, "writes more than"},
		{"output that is no text", "sh", []string{"-c", `printf '\377'`}, nil, "not UTF-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := execute(h.main, test.program, test.args, test.options); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("execute: %.300v; want %q", err, test.want)
			}
			if strings.Contains(test.want, "UTF-8") || strings.Contains(test.want, "writes more") {
				return
			}
			if _, _, err := spawn(t, h.main, test.program, test.args, test.options); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("spawn: %.300v; want %q", err, test.want)
			}
		})
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("a program of the attacker ran")
	}
	t.Run("page without a scope", func(t *testing.T) {
		if _, err := execute(h.other, "sh", []string{"-c", ":"}, nil); err == nil || !strings.Contains(err.Error(), "not allowed on the configured") {
			t.Error(err)
		}
	})
	t.Run("number of another page", func(t *testing.T) {
		pid, ch, err := spawn(t, h.main, "cat", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range []struct {
			command string
			args    map[string]any
		}{{"kill", map[string]any{"pid": pid}}, {"stdin_write", map[string]any{"pid": pid, "buffer": "from elsewhere\n"}}, {"kill", map[string]any{"pid": os.Getpid()}}, {"kill", map[string]any{"pid": 1}}} {
			if err := h.other.Call("plugin:shell|"+call.command, call.args, nil); err != nil { // as for one that has ended
				t.Error(err)
			}
		}
		if err := h.main.Call("plugin:shell|stdin_write", map[string]any{"pid": pid, "buffer": "own\n"}, nil); err != nil {
			t.Error(err)
		}
		if got := next(ch); got != `Stdout "own\n"` {
			t.Error(got)
		}
		for _, bad := range []map[string]any{{"pid": -1}, {"pid": 1.5}, {"pid": 1 << 33}, {"pid": "1"}, {}} {
			if err := h.main.Call("plugin:shell|kill", bad, nil); err == nil {
				t.Errorf("kill %v: no error", bad)
			}
		}
		for _, buffer := range []any{nil, 5, map[string]int{"0": 1}, []int{256}, []int{-1}, []string{"a"}} {
			if err := h.main.Call("plugin:shell|stdin_write", map[string]any{"pid": pid, "buffer": buffer}, nil); err == nil {
				t.Errorf("write %v: no error", buffer)
			}
		}
		if err := h.main.Call("plugin:shell|kill", map[string]any{"pid": pid}, nil); err != nil {
			t.Error(err)
		}
	})
	t.Run("flood", func(t *testing.T) {
		var pids []int
		for {
			pid, _, err := spawn(t, h.main, "cat", nil, nil)
			if err != nil {
				if !strings.Contains(err.Error(), "64 programs of this page run") {
					t.Error(err)
				}
				break
			}
			if pids = append(pids, pid); len(pids) > 64 {
				t.Fatal("no limit")
			}
		}
		w, err := h.Window("main")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Reload(t.Context()); err != nil { // in the middle of everything
			t.Fatal(err)
		}
		gone(t, pids...)
		h.main = h.Page("main")
		mulliontest.Wait(t, 30*time.Second, func() error {
			_, err := execute(h.main, "cat", nil, nil)
			return err
		})
	})
	for _, text := range []string{"file:///etc/passwd", "-e", "", "https://", "javascript:alert(1)", "https://user:secret@example.org/", "x\nhttps://example.org/", strings.Repeat("https://a", 8192)} {
		t.Run("open "+text[:min(len(text), 30)], func(t *testing.T) {
			if err := h.main.Call("plugin:shell|open", map[string]any{"path": text}, nil); err == nil {
				t.Error("no error")
			}
		})
	}
	if got := h.Links(); len(got) > 0 {
		t.Errorf("opened %q", got)
	}
}

func TestOpen(t *testing.T) {
	for _, test := range []struct {
		settings, path, want string
		ok                   bool
	}{
		{`{}`, "https://example.org/a", "https://example.org/a", true},
		{`{"open": true}`, "mailto:a@example.org", "mailto:a@example.org", true},
		{`{"open": false}`, "https://example.org/", "", false},
		{`{"open": "https://example\\.org/.*|https://x"}`, "https://example.org/b", "https://example.org/b", true},
		{`{"open": "https://example\\.org/.*|https://x"}`, "https://example.org.evil/", "", false},
		{`{"open": "https://example\\.org/.*|https://x"}`, "https://xy.evil/", "", false},
	} {
		t.Run(test.settings+" "+test.path, func(t *testing.T) {
			h := start(t, test.settings)
			err := h.main.Call("plugin:shell|open", map[string]any{"path": test.path}, nil)
			if (err == nil) != test.ok {
				t.Error(err)
			}
			if got := strings.Join(h.Links(), " "); got != test.want {
				t.Errorf("opened %s, want %s", got, test.want)
			}
			if err := h.main.Call("plugin:shell|open", map[string]any{"path": test.path, "with": "sh"}, nil); err == nil {
				t.Error("with a program that is not in the list: no error")
			}
		})
	}
}
