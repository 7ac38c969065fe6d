package desk_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// downloads notes what the app is told.
type downloads struct {
	mu     sync.Mutex
	events []mullion.DownloadEvent // guarded by mu
}

func (d *downloads) note(e mullion.DownloadEvent) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, e)
}

// wait waits until n downloads have come to a state, and returns the last
// events of these.
func (d *downloads) wait(t *testing.T, state mullion.DownloadState, n int) (found []mullion.DownloadEvent) {
	t.Helper()
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		d.mu.Lock()
		defer d.mu.Unlock()
		last := map[uint64]mullion.DownloadEvent{}
		for _, e := range d.events {
			if e.State == state {
				last[e.ID] = e
			}
		}
		if len(last) < n {
			return fmt.Errorf("%d downloads are %s, want %d: %+v", len(last), state, n, d.events)
		}
		for _, e := range last {
			found = append(found, e)
		}
		slices.SortFunc(found, func(a, b mullion.DownloadEvent) int { return int(a.ID) - int(b.ID) })
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

// save is a script that downloads as a click on a link does.
const save = `const save = (href, name) => { const a = document.createElement('a'); a.href = href; a.download = name; document.body.append(a); a.click(); a.remove() };
`

// list is what is in a folder.
func list(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Error(err)
		}
		got[e.Name()] = string(b)
	}
	return got
}

func allowDownload(pattern string) map[string]any {
	return map[string]any{"identifier": "web:allow-download", "allow": []any{map[string]any{"url": pattern}}}
}

func TestDownload(t *testing.T) {
	dir, data := filepath.Join(t.TempDir(), "new"), t.TempDir()
	var d downloads
	app := e2e.Start(t, e2e.Options{
		Permissions: []any{allowDownload("app://localhost/*")},
		Files:       map[string]string{"report.bin": "the report"},
		DownloadDir: dir,
		DataDir:     data,
		Setup:       func(a *mullion.App) { a.OnDownload(d.note) },
	})
	big := strings.Repeat("0123456789abcdef", 1<<17)
	// One after the other: a page that begins a second before the engine has
	// decided about the first has changed its mind.
	for i, script := range []string{
		`save('/report.bin', 'a name that the engine does not tell')`,
		`save(URL.createObjectURL(new Blob(['blob'])), '../../a\u202eb.txt')`,
		`save(URL.createObjectURL(new Blob(['0123456789abcdef'.repeat(1 << 17)])), 'same')`,
		`save(URL.createObjectURL(new Blob(['second'])), 'same')`,
	} {
		app.Main().Must(save+script+`; return 1`, nil)
		d.wait(t, mullion.DownloadStarted, i+1)
	}
	events := d.wait(t, mullion.DownloadFinished, 4)
	got := list(t, dir)
	same := []string{got["same"], got["same (1)"]}
	slices.Sort(same)
	delete(got, "same")
	delete(got, "same (1)")
	if d := cmp.Diff([]string{big, "second"}, same); d != "" {
		t.Error("two of one name differ")
	}
	// The engine itself has mended the second name already.
	if d := cmp.Diff(map[string]string{"report.bin": "the report", "a_b.txt": "blob"}, got); d != "" {
		t.Error(d)
	}
	for _, e := range events {
		if e.Window != "main" || filepath.Dir(e.Path) != dir || e.Err != nil {
			t.Errorf("got %+v", e)
		}
	}
	if left := inboxes(t, data); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestDownloadAsks has the user say where a file goes.
func TestDownloadAsks(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.WriteFile(taken, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	var d downloads
	app := e2e.Start(t, e2e.Options{
		Permissions: []any{allowDownload("app://localhost/*")},
		Setup:       func(a *mullion.App) { a.OnDownload(d.note) },
	})
	app.Main().Must(save+`save(URL.createObjectURL(new Blob(['blob'])), 'name.txt'); return 1`, nil)
	e2e.Dialog(t, "Save", nil)
	answer(t, "Save", filepath.Join(dir, "elsewhere.txt"))
	if e := d.wait(t, mullion.DownloadFinished, 1)[0]; e.Path != filepath.Join(dir, "elsewhere.txt") {
		t.Errorf("got %+v", e)
	}
	app.Main().Must(save+`save(URL.createObjectURL(new Blob(['blob'])), 'name.txt'); return 1`, nil)
	e2e.Dialog(t, "Save", nil)
	e2e.PressIn(t, "Save", "Escape")
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if !app.Log.Contains("mullion: cancelled") {
			return errors.New("not cancelled")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff(map[string]string{"taken": "mine", "elsewhere.txt": "blob"}, list(t, dir)); d != "" {
		t.Error(d)
	}
}

// TestDownloadEnds ends downloads in the middle, in every way.
func TestDownloadEnds(t *testing.T) {
	ended := make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", "attachment; filename=slow")
		w.Header().Set("Content-Length", "10000000")
		piece := []byte(strings.Repeat("x", 1<<20))
		w.Write(piece)
		w.(http.Flusher).Flush()
		if r.URL.Path == "/breaks" {
			return
		}
		select {
		case <-ended:
		case <-r.Context().Done():
		}
	}))
	defer site.Close()
	defer close(ended)
	for _, test := range []struct {
		name, path string
		end        func(*testing.T, *e2e.App, mullion.DownloadEvent)
		want       string
	}{
		{"breaks", "/breaks", func(*testing.T, *e2e.App, mullion.DownloadEvent) {}, ""},
		{"cancelled", "/slow", func(t *testing.T, app *e2e.App, e mullion.DownloadEvent) {
			if err := app.CancelDownload(t.Context(), e.ID); err != nil {
				t.Error(err)
			}
			if err := app.CancelDownload(t.Context(), e.ID); !errors.Is(err, mullion.ErrNoDownload) {
				t.Errorf("got %v", err)
			}
		}, "cancelled"},
		{"window closed", "/slow", func(t *testing.T, app *e2e.App, e mullion.DownloadEvent) {
			w, err := app.Window(e.Window)
			if err != nil {
				t.Fatal(err)
			}
			w.Close()
		}, "the window was closed"},
		{"host killed", "/slow", func(t *testing.T, app *e2e.App, _ mullion.DownloadEvent) {
			for _, pid := range app.Processes() {
				e2e.Kill(t, pid)
			}
		}, "host"},
		{"app ends", "/slow", func(_ *testing.T, app *e2e.App, _ mullion.DownloadEvent) { app.Stop() }, "shutting down"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, data := t.TempDir(), t.TempDir()
			var d downloads
			app := e2e.Start(t, e2e.Options{
				Permissions: []any{
					allowDownload(site.URL + "/*"),
					map[string]any{"identifier": "web:allow-navigation", "allow": []any{map[string]any{"url": site.URL + "/*"}}},
				},
				Config:      `{"app": {"security": {"csp": null}}}`,
				DownloadDir: dir,
				DataDir:     data,
				Setup:       func(a *mullion.App) { a.OnDownload(d.note) },
			})
			app.Main().Must(`const f = document.createElement('iframe'); f.src = '`+site.URL+test.path+`'; document.body.append(f); return 1`, nil)
			state := mullion.DownloadRunning
			if test.path == "/breaks" {
				state = mullion.DownloadStarted
			}
			test.end(t, app, d.wait(t, state, 1)[0])
			e := d.wait(t, mullion.DownloadFailed, 1)[0]
			if e.Err == nil || !strings.Contains(e.Err.Error(), test.want) || e.Path != "" {
				t.Errorf("got %+v", e)
			}
			if d := cmp.Diff(map[string]string{}, list(t, dir)); d != "" {
				t.Error(d)
			}
			if err := e2e.WaitFor(e2e.Timeout, func() error {
				if left := inboxes(t, data); len(left) > 0 {
					return fmt.Errorf("left: %v", left)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
}
