package hostile_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/mullion-dev/mullion/internal/await"
)

// hostile is a server of other people, whose pages run what a test wants
// without any help of the framework.
type hostile struct {
	*httptest.Server
	mu     sync.Mutex
	lastID int                    // guarded by mu
	queues map[string]chan string // guarded by mu; by window label
	done   map[int]chan outcome   // guarded by mu
	seen   []string               // guarded by mu; what was requested, but for the runner's own
}

type outcome struct {
	N     int             `json:"n"`
	Value json.RawMessage `json:"value"`
	Error *string         `json:"error"`
}

const hostileRunner = `<!doctype html><title>hostile</title><body><script type="module">
const id = new URLSearchParams(location.search).get('id');
// A navigation that comes to nothing ends what is being fetched.
const persistent = async (...a) => { for (;;) try { return await fetch(...a) } catch {} };
for (;;) {
	const r = await persistent('/next?id=' + id);
	if (!r.ok) break;
	const { n, body } = await r.json();
	let value = null, error = null;
	try {
		const run = Object.getPrototypeOf(async function () {}).constructor;
		value = (await new run(body)()) ?? null;
	} catch (e) {
		error = String(e);
	}
	await persistent('/done', { method: 'POST', body: JSON.stringify({ n, value, error }) });
}
</script>`

// probe tells its parent what a frame can reach.
const probe = `(() => {
	const result = {};
	const look = (name, f) => { try { result[name] = String(f()) } catch (e) { result[name] = e.name } };
	const call = (d) => d.dispatchEvent(new CustomEvent('mullion:call', { detail: '99999999 c ["secret",{}]', cancelable: true })) ? 'unheard' : 'heard';
	look('internals', () => typeof window.__TAURI_INTERNALS__);
	look('handler', () => typeof window.webkit?.messageHandlers?.mullion);
	look('parent', () => typeof parent.__TAURI_INTERNALS__);
	look('top', () => typeof top.document.body);
	look('own event', () => call(document));
	parent.postMessage(JSON.stringify(result), '*');
	parent.postMessage('99999999 c ["secret",{}]', '*');
})()`

func newHostile(t *testing.T) *hostile {
	h := &hostile{queues: map[string]chan string{}, done: map[int]chan outcome{}}
	mux := http.NewServeMux()
	html := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, text)
		}
	}
	mux.HandleFunc("/runner", html(hostileRunner))
	mux.HandleFunc("/frame/probe", html("<!doctype html><body><script>"+probe+"</script>"))
	mux.HandleFunc("/frame/to", func(w http.ResponseWriter, r *http.Request) {
		html("<!doctype html><body><script>"+r.FormValue("script")+"</script>")(w, r)
	})
	mux.HandleFunc("/page/redirect", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.FormValue("to"))
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/frame/attachment", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="evil.sh"`)
		fmt.Fprint(w, "#!/bin/sh")
	})
	mux.HandleFunc("/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case text := <-h.queue(r.FormValue("id")):
			fmt.Fprint(w, text)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/done", func(w http.ResponseWriter, r *http.Request) {
		var o outcome
		if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
			return
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if ch := h.done[o.N]; ch != nil {
			delete(h.done, o.N)
			ch <- o
		}
	})
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/next" && r.URL.Path != "/done" {
			h.mu.Lock()
			h.seen = append(h.seen, r.URL.String())
			h.mu.Unlock()
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
	})
	return h
}

func (h *hostile) queue(id string) chan string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.queues[id] == nil {
		h.queues[id] = make(chan string, 10)
	}
	return h.queues[id]
}

// requested reports whether an address with that text was asked for.
func (h *hostile) requested(text string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.seen {
		if strings.Contains(s, text) {
			return true
		}
	}
	return false
}

// run runs the body of an async function in the hostile page of a window.
func (h *hostile) run(window, body string, v any) error {
	h.mu.Lock()
	h.lastID++
	n, ch := h.lastID, make(chan outcome, 1)
	h.done[n] = ch
	h.mu.Unlock()
	text, err := json.Marshal(map[string]any{"n": n, "body": body})
	if err != nil {
		return err
	}
	h.queue(window) <- string(text)
	ctx, cancel := await.Context(context.Background(), attackTimeout)
	defer cancel()
	select {
	case o := <-ch:
		if o.Error != nil {
			return errors.New(*o.Error)
		}
		return json.Unmarshal(o.Value, v)
	case <-ctx.Done():
		return fmt.Errorf("hostile page in window %q did not answer", window)
	}
}
