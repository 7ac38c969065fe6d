package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestDev is a day of a developer: what is saved reaches the page, what does
// not build keeps the app, and in the end nothing is left.
func TestDev(t *testing.T) {
	needDisplay(t)
	r := start(t, project(t, "app"), "dev")
	r.told("front 1", "1,1,1", 1)

	r.change("ui/main.ts", "front 1", "front 2")
	page := r.told("front 2", "1,1,1", 1)

	r.change("ui/style.css", "rgb(1, 1, 1)", "rgb(2, 2, 2)")
	if got := r.told("front 2", "2,2,2", 1); got != page {
		t.Error("a style sheet has loaded the page again")
	}

	r.change("ui/main.ts", "front 2\"", "front 3")
	r.want(`ui/main.ts:3:\d+: `)
	r.change("ui/main.ts", "front 3", "front 4\"")
	page = r.told("front 4", "2,2,2", 1)
	same := func(got string) {
		t.Helper()
		if got != page {
			t.Error("the page was loaded again")
		}
	}

	r.change("main.go", "version = 1", "version = 2")
	same(r.told("front 4", "2,2,2", 2))

	r.change("main.go", "version = 2", "version = two")
	r.want(`main.go:16:17: undefined: two`)
	r.change("ui/style.css", "rgb(2, 2, 2)", "rgb(3, 3, 3)")
	same(r.told("front 4", "3,3,3", 2)) // the app goes on

	r.change("main.go", "version = two", "version = 2")
	r.want(`nothing has changed`)

	r.change("mullion.conf.json", `"label"`, `"lable"`)
	r.want(`mullion.conf.json:5:\d+: .*lable`)
	r.change("mullion.conf.json", `"lable"`, `"label"`)
	r.want(`replaced  in`)
	r.change("ui/style.css", "rgb(3, 3, 3)", "rgb(4, 4, 4)")
	same(r.told("front 4", "4,4,4", 2))

	r.change("main.go", "return app.Run(ctx)", "panic(\"on purpose\")")
	r.want(`app │ panic: on purpose`)
	r.change("main.go", "panic(\"on purpose\")", "return app.Run(ctx)")
	r.change("main.go", "version = 2", "version = 5")
	same(r.told("front 4", "4,4,4", 5)) // the window has stayed

	// A program that is killed leaves its window, which says so until the next one.
	id := r.window()
	r.notice(id, false)
	if err := syscall.Kill(r.core(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r.want(`the app has ended: signal: killed`)
	r.notice(id, true)
	r.change("main.go", "version = 5", "version = six")
	r.want(`main.go:16:17: undefined: six`)
	r.notice(id, true)
	r.change("main.go", "version = six", "version = 6")
	same(r.told("front 4", "4,4,4", 6))
	r.notice(id, false)

	// A new package, whose folder is not there when it is imported.
	r.change("main.go", "\t\"fmt\"\n", "\t\"fmt\"\n\n\t\"example.com/devtest/number\"\n")
	r.change("main.go", "version = 6", "version = number.Three")
	r.want(`main.go:\d+:\d+: .*example.com/devtest/number`)
	if err := os.Mkdir(filepath.Join(r.dir, "number"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(r.dir, "number", "number.go"), "package number\n\nconst Three = 3\n")
	same(r.told("front 4", "4,4,4", 3))
	r.change("number/number.go", "= 3", "= 4")
	same(r.told("front 4", "4,4,4", 4))

	all := below(r.cmd.Process.Pid)
	if len(all) < 5 {
		t.Errorf("got %d processes, want the tool's two, the app and its hosts", len(all))
	}
	r.signal(syscall.SIGINT)
	if got := r.ended(); got != 0 {
		t.Errorf("got status %d", got)
	}
	gone(t, all)
}

// TestDevHangs: a program that hangs gives way to the next one, under the same
// windows.
func TestDevHangs(t *testing.T) {
	needDisplay(t)
	r := start(t, project(t, "app"), "dev")
	page := r.told("front 1", "1,1,1", 1)
	r.change("main.go", "return app.Run(ctx)", "fmt.Println(\"hangs now\")\n\tselect {}")
	r.want("app │ hangs now")
	r.change("main.go", "fmt.Println(\"hangs now\")\n\tselect {}", "return app.Run(ctx)")
	r.change("main.go", "version = 1", "version = 2")
	r.change("ui/style.css", "rgb(1, 1, 1)", "rgb(2, 2, 2)")
	if got := r.told("front 1", "2,2,2", 2); got != page {
		t.Error("the page was loaded again")
	}
	if log := r.log.Tail(1 << 20); strings.Contains(log, "error:") {
		t.Error("the swap that was given up was told as an error")
	}
}

// TestDevNoDisplay: an app that never had a window is not said to keep it.
func TestDevNoDisplay(t *testing.T) {
	needDisplay(t)
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	r := start(t, project(t, "app"), "dev")
	// The app's last lines may come after what the tool says of its end.
	const why, hint = `neither DISPLAY nor WAYLAND_DISPLAY is set: start the app from a desktop session`, `help: the next change that builds starts it again`
	r.want(`(?s)` + why + `.*` + hint + `|` + hint + `.*` + why)
	r.signal(syscall.SIGINT)
	r.ended()
}

// TestDevRestart: whoever wants it has the whole app started again.
func TestDevRestart(t *testing.T) {
	needDisplay(t)
	r := start(t, project(t, "app"), "dev", "--restart")
	page := r.told("front 1", "1,1,1", 1)
	r.change("main.go", "version = 1", "version = 2")
	if r.told("front 1", "1,1,1", 2) == page {
		t.Error("the page has stayed")
	}
	r.change("main.go", "return app.Run(ctx)", "panic(\"on purpose\")")
	r.want(`the app has ended: panic: on purpose`)
	r.change("main.go", "panic(\"on purpose\")", "return app.Run(ctx)")
	r.told("front 1", "1,1,1", 2)
	all := below(r.cmd.Process.Pid)
	r.signal(syscall.SIGTERM)
	if got := r.ended(); got != 0 {
		t.Errorf("got status %d", got)
	}
	gone(t, all)
}

// TestDevKilled: whichever of the tool's processes is killed, nothing stays, of
// the dev server either.
func TestDevKilled(t *testing.T) {
	needDisplay(t)
	for _, inner := range []bool{false, true} {
		t.Run(map[bool]string{false: "outer", true: "inner"}[inner], func(t *testing.T) {
			dir := project(t, "app")
			write(t, filepath.Join(dir, "serve.sh"), "setsid sleep 1000 &\nsleep 1000 &\necho serving\nwait\n")
			text := read(t, filepath.Join(dir, "mullion.conf.json"))
			write(t, filepath.Join(dir, "mullion.conf.json"), strings.Replace(text, `"frontendDist"`, `"beforeDevCommand": "sh serve.sh", "frontendDist"`, 1))
			if err := os.Rename(filepath.Join(dir, "ui"), filepath.Join(dir, "dist")); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "dist", "index.html"), `<script type="module">
				import { invoke } from '/_mullion/api.js';
				invoke('told', { what: 'here' });
			</script>`)
			r := start(t, dir, "dev")
			r.want("web │ serving")
			r.want("told: here")
			all := below(r.cmd.Process.Pid)
			pid := r.cmd.Process.Pid
			if inner {
				pid = child(t, pid)
			}
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			r.ended()
			gone(t, all)
		})
	}
}
