package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestWebviewPage follows what a webview with pages of others shows: titles,
// steps within a document, the way back and forward, a load that is stopped,
// and one that fails.
func TestWebviewPage(t *testing.T) {
	mux, ended := http.NewServeMux(), make(chan struct{})
	site := httptest.NewServer(mux)
	t.Cleanup(func() { close(ended); site.Close() })
	for path, title := range map[string]string{"/first": "First", "/second": "Second"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, "<!doctype html><title>%s</title><p>%[1]s<script>onload = () => { if (location.search) history.pushState(0, '', '/step') }</script>", title)
		})
	}
	asked := make(chan struct{}, 1)
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-ended:
		}
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })

	app := e2e.Start(t, e2e.Options{NoWindow: true})
	app.Open("main", func(o *mullion.WindowOptions) { o.Isolate = true })
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	ctx := e2e.Context(t)
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	until := func(what string, is func(mullion.Page) bool) {
		t.Helper()
		v, err := app.Webview("content")
		do(err)
		do(e2e.WaitFor(e2e.Timeout, func() error {
			if p := v.Page(); !is(p) {
				return fmt.Errorf("%s: it shows %+v", what, p)
			}
			return nil
		}))
	}
	exactly := func(want mullion.Page) func(mullion.Page) bool {
		return func(got mullion.Page) bool { return got == want }
	}
	v, err := w.AddWebview(ctx, mullion.WebviewOptions{Label: "content", URL: site.URL + "/first"})
	do(err)
	until("at first", exactly(mullion.Page{URL: site.URL + "/first", Title: "First"}))
	do(v.Navigate(ctx, site.URL+"/second"))
	second := mullion.Page{URL: site.URL + "/second", Title: "Second", CanGoBack: true}
	until("another page", exactly(second))
	do(v.Back(ctx))
	until("back", exactly(mullion.Page{URL: site.URL + "/first", Title: "First", CanGoForward: true}))
	do(v.Forward(ctx))
	until("forward", exactly(second))

	do(v.Navigate(ctx, site.URL+"/endless"))
	select {
	case <-asked:
	case <-ctx.Done():
		t.Fatal("the page without end was not asked for")
	}
	loading := second
	loading.Loading = true
	until("a page without end", exactly(loading))
	do(v.Stop(ctx))
	until("stopped", exactly(second))

	do(v.Navigate(ctx, site.URL+"/broken"))
	until("a page that breaks", func(p mullion.Page) bool {
		failed := p.Failure != ""
		p.Failure = ""
		return failed && p == second
	})
	do(v.Navigate(ctx, site.URL+"/first?step"))
	until("a step within the document", exactly(mullion.Page{URL: site.URL + "/step", Title: "First", CanGoBack: true}))

	v.Close()
	if err := v.Stop(ctx); !errors.Is(err, mullion.ErrNoWebview) {
		t.Errorf("Stop of a webview that is gone: %v", err)
	}
}
