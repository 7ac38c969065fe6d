package desk_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// browser is what the user's browser was asked for.
type browser struct{ file string }

// newBrowser puts an xdg-open into the path that notes how it was called, an
// argument per line, with a line after all.
func newBrowser(t *testing.T) *browser {
	dir := t.TempDir()
	b := &browser{filepath.Join(dir, "opened")}
	script := "#!/bin/sh\nprintf '%s\\n' \"$#\" \"$@\" >>'" + b.file + "'\n"
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return b
}

// opened returns the addresses so far, in their order.
func (b *browser) opened(t *testing.T) (list []string) {
	text, err := os.ReadFile(b.file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		if lines[i] != "1" {
			t.Fatalf("xdg-open got %s arguments: %q", lines[i], lines)
		}
		list = append(list, lines[i+1])
	}
	return list
}

// clickTarget fills the page with something that runs a script and goes once it
// was clicked on. All is there at once: a click for the target before may come
// late.
func clickTarget(p *e2e.Page, html, onClick string) {
	p.Must(fmt.Sprintf(`
		document.querySelector('#target')?.remove();
		document.body.insertAdjacentHTML('beforeend', %q);
		const t = document.querySelector('#target');
		t.style = 'position: fixed; inset: 0; display: block; background: #def';
		for (const kind of ['click', 'auxclick']) t.addEventListener(kind, () => setTimeout(() => t.remove()));
		t.addEventListener('click', () => { %s }, { once: true });
	`, html, onClick), nil)
}

// lost is after how long a click that has had no effect will have none. On a
// busy machine the engine may take one for a click that no user has made.
const lost = 15 * time.Second

// clickOn has the user click until done is closed. Key is held down meanwhile.
// The target goes with the first click: again puts it back where that was lost.
func clickOn(done <-chan struct{}, title, button, key string, again func()) error {
	number, err := strconv.Atoi(button)
	if err != nil {
		return err
	}
	since := time.Now()
	return e2e.WaitFor(e2e.Timeout, func() error {
		select {
		case <-done:
			return nil
		default:
		}
		if time.Since(since) > lost {
			since = time.Now()
			again()
		}
		// What fails is tried again.
		if s, err := e2e.Connect(); err == nil {
			if w, err := s.Find(title); err == nil && s.Activate(w.ID) == nil && s.MoveIn(w.ID, 200, 200) == nil {
				_ = s.ClickWith(key, byte(number))
			}
		}
		return errors.New("the click has no effect")
	})
}

// TestLinks: what leads out of the app is opened in the user's browser after a
// click of the user, and never without.
func TestLinks(t *testing.T) {
	var mu sync.Mutex
	var links []mullion.Link
	b := newBrowser(t)
	app := e2e.Start(t, e2e.Options{
		Permissions: []any{"core:default"},
		OnLink: func(l mullion.Link) mullion.LinkAction {
			mu.Lock()
			defer mu.Unlock()
			links = append(links, l)
			if strings.Contains(l.URL, "ignored") {
				return mullion.LinkIgnore
			}
			if strings.Contains(l.URL, "panics") {
				panic("of the app")
			}
			return mullion.LinkOpen
		},
	})
	page := app.Main()
	asked := func() []mullion.Link {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(links)
	}

	// Nobody has clicked yet.
	for i, script := range []string{
		`location.href = URL`, `const a = document.createElement('a'); a.href = URL; document.body.append(a); a.click()`,
		`const a = document.createElement('a'); a.href = URL; a.target = '_blank'; document.body.append(a); a.click()`,
		`window.open(URL)`,
		`const i = window.__TAURI_INTERNALS__; await new Promise((done) => i.invoke('plugin:event|listen', { event: 'go', target: { kind: 'Any' }, handler: i.transformCallback(() => { location.href = URL; done() }) }))`,
	} {
		address := fmt.Sprintf("https://unclicked.example/%d", i)
		if strings.Contains(script, "'go'") {
			go func() {
				_ = e2e.WaitFor(e2e.Timeout, func() error {
					if app.Log.Contains(address) {
						return nil
					}
					return errors.Join(errors.New("it does not hear of it"), app.Emit(context.Background(), "go", nil))
				})
			}()
		}
		page.Must(strings.ReplaceAll(script, "URL", fmt.Sprintf("%q", address)), nil)
		if strings.Contains(script, "window.open") || strings.Contains(script, "_blank") {
			continue // the engine asks nobody
		}
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			if !app.Log.Contains("mullion: refused") || !app.Log.Contains(address) {
				return fmt.Errorf("nothing was refused about %s", address)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	if got, l := b.opened(t), asked(); got != nil || l != nil {
		t.Fatalf("opened %q without a click, asked about %v", got, l)
	}

	for _, test := range []struct {
		name, html, onClick, button, key string
		url, opened                      string
		newWindow                        bool
	}{
		{"link", `<a id=target href="URL">x</a>`, ``, "1", "", "https://a.example/path/?q=1#f", "https://a.example/path/?q=1#f", false},
		{"new window", `<a id=target target=_blank href="URL">x</a>`, ``, "1", "", "https://b.example/", "https://b.example/", true},
		{"middle", `<a id=target href="URL">x</a>`, ``, "2", "", "https://c.example/", "https://c.example/", false},
		{"with Ctrl", `<a id=target href="URL">x</a>`, ``, "1", "ctrl", "https://d.example/", "https://d.example/", false},
		{"mail", `<a id=target href="URL">x</a>`, ``, "1", "", "mailto:a@b.example?subject=x%20y", "mailto:a@b.example?subject=x%20y", false},
		{"telephone", `<a id=target href="URL">x</a>`, ``, "1", "", "tel:+49123", "tel:+49123", false},
		{"script", `<p id=target>x</p>`, `location.href = 'URL'`, "1", "", "https://e.example/", "https://e.example/", false},
		{"window.open", `<p id=target>x</p>`, `window.open('URL')`, "1", "", "https://f.example/", "https://f.example/", true},
		{"quotes", `<a id=target href="URL">x</a>`, ``, "1", "", "https://g.example/$(id)`id`;'", "https://g.example/$(id)%60id%60;%27", false},
		{"ignored", `<a id=target href="URL">x</a>`, ``, "1", "", "https://ignored.example/", "", false},
		{"panic", `<a id=target href="URL">x</a>`, ``, "1", "", "https://panics.example/", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := len(b.opened(t))
			show := func() {
				clickTarget(page, strings.ReplaceAll(test.html, "URL", test.url), strings.ReplaceAll(test.onClick, "URL", test.url))
			}
			show()
			asks := len(asked())
			done := make(chan struct{})
			go func() {
				defer close(done)
				_ = e2e.WaitFor(e2e.Timeout, func() error {
					if len(asked()) == asks || test.opened != "" && len(b.opened(t)) == before {
						return errors.New("not yet")
					}
					return nil
				})
			}()
			if err := clickOn(done, "main", test.button, test.key, show); err != nil {
				t.Fatal(err)
			}
			l := asked()[asks]
			if l.NewWindow != test.newWindow || l.Window != "main" || l.Webview != "main" {
				t.Errorf("asked about %+v", l)
			}
			var opened string
			if got := b.opened(t); len(got) > before {
				opened = got[before]
			}
			if opened != test.opened {
				t.Errorf("opened %q, want %q", opened, test.opened)
			}
		})
	}
}
