package kept

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// file makes a file from which the app runs under that name.
func (a *always) file(name string) string {
	a.Helper()
	self, err := os.Executable()
	if err != nil {
		a.Fatal(err)
	}
	path := filepath.Join(a.dir, name)
	if err := os.Symlink(self, path); err != nil {
		a.Fatal(err)
	}
	return path
}

// update has the app replace itself, and waits for the Core that comes.
func (a *always) update(path, want string) {
	a.Helper()
	_, _ = a.do("swap", "", path) // it may not come to the answer
	a.another()
	if a.life.Name != want {
		a.Fatalf("got the program %q, want %q", a.life.Name, want)
	}
}

// kept returns what the app was told.
func (a *always) kept() (k keptAnswer) {
	a.Helper()
	a.until("the app is told", func() error {
		v, err := a.do("eval", "main", `return await invoke("kept")`)
		if err != nil {
			return err
		}
		return json.Unmarshal(v, &k)
	})
	return k
}

// An update replaces the program under its windows. One that is of no use
// changes nothing.
func TestUpdate(t *testing.T) {
	a := startAlways(t, "keeps")
	a.another()
	a.until("the page is there", func() error { return a.is("main", `return window.ready === true`, "true") })
	a.must("open", "second", "")
	a.until("its page is there", func() error { return a.is("second", `return window.ready === true`, "true") })
	id, second := a.window("main"), a.window("second")
	boot := a.must("eval", "main", `document.getElementById("text").value = "typed"; return performance.timeOrigin`)
	same := func(version string) {
		t.Helper()
		if got := a.window("main"); got != id {
			t.Fatalf("got window %#x, want %#x", got, id)
		}
		if got := a.window("second"); got != second {
			t.Fatalf("got window %#x, want %#x", got, second)
		}
		for script, want := range map[string]string{
			`return document.getElementById("text").value`: `"typed"`,
			`return performance.timeOrigin`:                boot,
			`return await invoke("version")`:               `"` + version + `"`,
		} {
			if err := a.is("main", script, want); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := a.is("main", `return await invoke("kept").catch(String)`, `"the app was not told"`); err != nil {
		t.Fatal(err)
	}

	text := filepath.Join(a.dir, "text")
	if err := os.WriteFile(text, []byte("no program\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(a.dir, "plain")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	pid := a.life.PID
	for path, want := range map[string]string{
		filepath.Join(a.dir, "absent"): "no such file or directory",
		a.dir:                          "permission denied",
		plain:                          "permission denied",
		text:                           "exec format error",
		a.file("early"):                "it ended before it came to mullion.Main: exit status 3",
		a.file("other"):                "end the app and start it again",
	} {
		_, err := a.do("swap", "", path)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
	if a.life.PID != pid || parentOf(pid) != a.keeper {
		t.Fatal("the program that was in order is gone")
	}
	same("keeps")

	a.update(a.file("two"), "two")
	same("two")
	want := keptAnswer{Windows: []string{"second"}}
	if diff := cmp.Diff(want, a.keptWithoutPages()); diff != "" {
		t.Fatal(diff)
	}
	// What the app has added to the window again works.
	a.must("eval", "second", `document.title = "changed"`)
	a.until("the app hears of the page", func() error {
		return a.is("main", `return (await invoke("kept")).pages.includes("second changed")`, "true")
	})

	// It is what is started again.
	a.signal(a.life.PID, syscall.SIGKILL)
	a.another()
	if a.life.Name != "two" {
		t.Fatalf("got the program %q, want the one that ran", a.life.Name)
	}
	same("two")
	if got := a.kept().Crash; got != "signal: killed" {
		t.Fatalf("got %q", got)
	}

	// A program that does not come to its windows gives way to the one before.
	for name, why := range map[string]string{"fails": "exit status 1", "panics": "exit status 2"} {
		path := a.file(name)
		a.update(path, "two")
		same("two")
		want := keptAnswer{Failed: path + ": " + why, Windows: []string{"second"}}
		if diff := cmp.Diff(want, a.keptWithoutPages()); diff != "" {
			t.Fatal(diff)
		}
	}

	a.update("", filepath.Base(os.Args[0])) // the file that runs
	same(filepath.Base(os.Args[0]))
}

func (a *always) keptWithoutPages() keptAnswer {
	a.Helper()
	k := a.kept()
	k.Pages = nil
	return k
}
