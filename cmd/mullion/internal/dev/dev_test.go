package dev

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/keeper"
)

const panicked = `told: one
panic: on purpose

goroutine 1 [running]:
main.run()
	/app/main.go:22
`

func TestPanics(t *testing.T) {
	w := &tail{to: io.Discard}
	w.Write([]byte("not a panic: x\n"))
	if got := w.panicked(); got != "" {
		t.Errorf("got %q", got)
	}
	w.Write([]byte(strings.Repeat("x", 2*maxTail) + "\n" + panicked))
	if got := w.panicked(); got != "panic: on purpose" {
		t.Errorf("got %q", got)
	}
	w.reset()
	if got := w.panicked(); got != "" {
		t.Errorf("after a reset: got %q", got)
	}
	if got := noticeOf(panicked); !strings.HasPrefix(got, "panic: on purpose\n") || !strings.HasSuffix(got, "main.go:22") {
		t.Errorf("got %q", got)
	}
	if got := noticeOf(strings.Repeat("line\n", 100) + "last\n"); strings.Count(got, "\n") != maxNotice-1 || !strings.HasSuffix(got, "last") {
		t.Errorf("got %q", got)
	}
}

func TestConcerns(t *testing.T) {
	s := &sources{
		project:  &project.Project{Dir: "/app", Main: "/app"},
		packages: []string{"/app", "/lib"}, embeds: []string{"/app/dist", "/app/mullion.conf.json", "/app/words"},
		modules: []string{"/app/go.mod", "/space/go.work"}, extra: []string{"/more"}, front: []string{"/app/dist", "/app/ui"},
	}
	for name, want := range map[string]bool{
		"/app/main.go": true, "/app/main_test.go": false, "/lib/a.go": true, "/lib/sub/a.go": false, "/app/other/a.go": false,
		"/app/go.mod": true, "/lib/go.mod": false, "/space/go.work": true, "/app/README.md": false,
		"/app/dist/index.html": false, "/app/ui/main.ts": false, "/app/words/new/list.txt": true, "/app/words/.list.txt.swp": false,
		"/app/words/.list.txt.2817162536": false, "/app/words/list.txt___jb_tmp___": false, "/app/words/.hidden": true,
		"/app/mullion.conf.json": true, "/more/x/y": true,
	} {
		if got := s.concerns(filepath.FromSlash(name), false); got != want {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if !s.concerns("/app/other/a.go", true) {
		t.Error("after a build that failed, a new package is ignored")
	}
	for name, want := range map[string]bool{
		"/app/mullion.conf.json": true, "/app/mullion.linux.conf.json": true, "/app/capabilities/x.toml": true, "/app/permissions/y/z.toml": true,
		"/app/main.go": false, "/app/sub/mullion.conf.json": false,
	} {
		if got := s.isConfig(filepath.FromSlash(name)); got != want {
			t.Errorf("%s as configuration: got %v", name, got)
		}
	}
}

// TestAwait: what a dev server lacks is told, until it answers.
func TestAwait(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer server.Close()
	said := &said{lines: make(chan string, 10)}
	f := &front{s: &session{t: &term.Term{Err: said}}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.await(t.Context(), server.URL, time.Millisecond)
	}()
	hang := await.Hang(t.Context(), await.Limit)
	next := func() string {
		t.Helper()
		select {
		case line := <-said.lines:
			return line
		case <-hang:
			t.Fatal("nothing is said")
			return ""
		}
	}
	if got := next(); !strings.Contains(got, "waiting") || !strings.Contains(got, server.URL+": the server takes connections, but does not answer") {
		t.Errorf("got %q", got)
	}
	close(release)
	if got := next(); !strings.Contains(got, "serving") {
		t.Errorf("got %q", got)
	}
	<-done
}

// said has what a terminal shows.
type said struct{ lines chan string }

func (s *said) Write(p []byte) (int, error) {
	s.lines <- string(p)
	return len(p), nil
}

func TestFixed(t *testing.T) {
	for pattern, want := range map[string]string{"dist": "dist", "a/b/*.txt": "a/b/", "*": "", "a/b[cd]e/f": "a/", "icon.png": "icon.png"} {
		if got := fixed(pattern); got != want {
			t.Errorf("%s: got %q, want %q", pattern, got, want)
		}
	}
}

func TestSameFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	long := bytes.Repeat([]byte("x"), 1<<20)
	a := write("a", long)
	for name, test := range map[string]struct {
		data []byte
		want bool
	}{"same": {long, true}, "shorter": {long[1:], false}, "other": {append([]byte("y"), long[1:]...), false}, "empty": {nil, false}} {
		if got := sameFile(a, write(name, test.data)); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if sameFile(a, filepath.Join(dir, "none")) {
		t.Error("a file that is not there is the same")
	}
}

// TestWindowsStay: windows are said to stay only where there are some.
func TestWindowsStay(t *testing.T) {
	a := &kept{ended: make(chan ending, 1)}
	for _, test := range []struct {
		event keeper.Event
		want  bool
	}{
		{keeper.Event{Kind: keeper.Ended}, false},
		{keeper.Event{Kind: keeper.Ended, Hosts: 1}, true},
		{keeper.Event{Kind: keeper.Closed}, false},
	} {
		a.event(test.event)
		if got := <-a.ended; got.kept != test.want {
			t.Errorf("after %+v: got %v", test.event, got)
		}
	}
}

// TestNames: a file that was written beside another one to replace it is gone by
// the time that the change is told.
func TestNames(t *testing.T) {
	dir := t.TempDir()
	file, gone := filepath.Join(dir, "main.json"), filepath.Join(dir, ".main.json.123")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := &session{p: &project.Project{Main: dir}}
	for _, test := range []struct {
		files []string
		want  string
	}{
		{[]string{gone, file}, "main.json"},
		{[]string{file}, "main.json"},
		{[]string{gone}, ".main.json.123"},
		{[]string{file, dir, gone}, "main.json and 1 more"},
	} {
		if got := s.names(test.files); got != test.want {
			t.Errorf("%q: got %q, want %q", test.files, got, test.want)
		}
	}
}
