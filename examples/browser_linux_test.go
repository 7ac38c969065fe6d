package examples_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
)

// shelf is a site of two pages, whose links cover them, and of one that never
// comes to its end. Its pages tell it of themselves.
type shelf struct {
	*httptest.Server
	mu     sync.Mutex
	told   map[string]string // guarded by mu; the last of each kind
	ended  chan struct{}     // closed when the test ends
	asked  chan struct{}     // has an element for each request of the endless page
	broken chan struct{}     // and one when the browser gives that up
}

func newShelf(t *testing.T) *shelf {
	s := &shelf{told: map[string]string{}, ended: make(chan struct{}), asked: make(chan struct{}, 8), broken: make(chan struct{}, 8)}
	page := func(title, link, hue string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, `<!doctype html><title>%s</title><meta name="color-scheme" content="light dark">
<style>html { font: 18px/1.6 Georgia, serif; background: light-dark(hsl(%[3]s 60%% 97%%), hsl(%[3]s 12%% 12%%)) } a { position: fixed; inset: 200px 0 0; padding: 0 12%% } h1 { margin: 60px 12%% 0 }</style>
<h1>%[1]s</h1><a href="%[2]s">Read on</a>
<script>
const tell = (kind, what) => fetch('/tell?kind=' + kind + '&what=' + what);
tell('bridge', typeof window.__TAURI_INTERNALS__);
const size = () => tell('height', innerHeight);
addEventListener('resize', size); size();
</script>`, title, link, hue)
		}
	}
	mux := http.NewServeMux()
	s.Server = httptest.NewServer(mux)
	t.Cleanup(func() { close(s.ended); s.Close() })
	other := "http://localhost:" + s.URL[len("http://127.0.0.1:"):]
	// WebKit may give a page keys before a click that came first. What is typed then
	// goes behind the old address, and leads here before it is typed again.
	mux.HandleFunc("/", page("No page", "/first", "0"))
	mux.HandleFunc("/first", page("The first page", "/second", "200"))
	mux.HandleFunc("/second", page("The second page", other+"/first", "30"))
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		s.asked <- struct{}{}
		select {
		case <-r.Context().Done():
			s.broken <- struct{}{}
		case <-s.ended:
		}
	})
	mux.HandleFunc("/tell", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.told[r.FormValue("kind")] = r.FormValue("what")
		s.mu.Unlock()
		io.WriteString(w, "heard")
	})
	return s
}

func (s *shelf) last(kind string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told[kind]
}

// height is how high the last page has found itself; 0 if none has.
func (s *shelf) height() int {
	n, _ := strconv.Atoi(s.last("height"))
	return n
}

// TestBrowser reads two pages, goes back and forward, stops a load, and wants
// to go where no capability leads.
func TestBrowser(t *testing.T) {
	site := newShelf(t)
	p := open(t, "browser", "-site", site.URL)
	w := p.window("Browser")
	p.painted(w, whole)
	p.picture("browser-start")
	click := func(x, y int) func() {
		return func() { p.click(w, x, y) }
	}
	titled := func(title string) func() error {
		return func() error {
			if len(p.windows(title+" – Browser")) == 0 {
				return fmt.Errorf("no window is called so")
			}
			return nil
		}
	}
	visit := func(address string) func() {
		return func() {
			p.must(p.screen.Activate(w))
			p.click(w, 400, 28)
			p.enter(w, address)
			p.must(p.screen.Press("Return"))
		}
	}
	p.try("the first page", visit(site.URL+"/first"), titled("The first page"))
	p.until("what the page says", func() error {
		if site.last("bridge") == "" || site.height() == 0 {
			return fmt.Errorf("nothing")
		}
		return nil
	})
	if got := site.last("bridge"); got != "undefined" {
		t.Errorf("the page has a bridge: %s", got)
	}
	p.try("its link", click(500, 450), titled("The second page"))
	p.picture("browser-page")
	p.try("back", click(30, 28), titled("The first page"))
	p.try("forward", click(71, 28), titled("The second page"))
	before := site.height()
	p.try("a message about the other site, which takes room from the page", click(500, 450), func() error {
		if h := site.height(); h >= before {
			return fmt.Errorf("the page is %d high, as before", h)
		}
		return nil
	})
	p.picture("browser-refused")
	if err := titled("The second page")(); err != nil {
		t.Errorf("the page is not there any more: %v", err)
	}

	p.try("a page without end", visit(site.URL+"/endless"), func() error {
		select {
		case <-site.asked:
			return nil
		default:
			return fmt.Errorf("it was not asked for")
		}
	})
	p.picture("browser-loading")
	p.try("stop", click(112, 28), func() error {
		select {
		case <-site.broken:
			return nil
		default:
			return fmt.Errorf("the browser still waits")
		}
	})

	p.must(p.screen.Resize(w, 700, 460))
	p.until("the page is as small as the window", func() error {
		if h := site.height(); h > 460-50 {
			return fmt.Errorf("it is %d high", h)
		}
		return nil
	})
	p.picture("browser-small")
	p.press(w, "alt+F4")
	p.ends()
}
