package core_test

import (
	"testing"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// TestPageState goes back and forward, and looks at what is told of it.
func TestPageState(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	v := main.window.Webview()
	ctx, cancel := await.Context(t.Context(), limit)
	defer cancel()
	told := make(chan core.PageState)
	off := v.OnPage(func(s core.PageState) {
		select {
		case told <- s:
		case <-ctx.Done():
		}
	})
	defer off()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	until := func(want core.PageState) {
		t.Helper()
		var got core.PageState
		for got != want {
			select {
			case got = <-told:
			case <-ctx.Done():
				t.Fatalf("the last that was told is %+v, want %+v", got, want)
			}
		}
	}
	const a, b = "app://localhost/", "app://localhost/b"
	until(core.PageState{URL: a})
	do(v.Navigate(ctx, b))
	until(core.PageState{URL: b, CanGoBack: true})
	shown := main.view
	do(shown.Emit(wire.PageEvent{Kind: wire.PageTitle, Detail: "Bee"}))
	until(core.PageState{URL: b, Title: "Bee", CanGoBack: true})
	do(v.Do(ctx, wire.ActionBack, nil))
	until(core.PageState{URL: a, CanGoForward: true})
	do(v.Do(ctx, wire.ActionForward, nil))
	until(core.PageState{URL: b, CanGoBack: true})

	steps := []struct {
		name string
		e    wire.PageEvent
		want core.PageState
	}{
		{"a step within the document", wire.PageEvent{Kind: wire.PageState, URL: b + "#1", Back: true}, core.PageState{URL: b + "#1", CanGoBack: true}},
		{"a load", wire.PageEvent{Kind: wire.PageState, URL: b, Loading: true}, core.PageState{URL: b, Loading: true}},
		{"a failure", wire.PageEvent{Kind: wire.PageFailed, URL: "https://example.org/", Detail: "no route"}, core.PageState{URL: b, Loading: true, Failure: "no route"}},
		{"another try", wire.PageEvent{Kind: wire.PageStarted}, core.PageState{URL: b, Loading: true}},
		{"an address elsewhere", wire.PageEvent{Kind: wire.PageState, URL: "https://example.org/"}, core.PageState{URL: b}},
	}
	for _, s := range steps {
		do(shown.Emit(s.e))
		until(s.want)
	}
	do(shown.Emit(wire.PageEvent{Kind: wire.PageFailed, Detail: "stopped", Cancelled: true}))
	do(shown.Emit(wire.PageEvent{Kind: wire.PageTitle, Detail: "still"}))
	until(core.PageState{URL: b, Title: "still"})

	off()
	do(shown.Emit(wire.PageEvent{Kind: wire.PageTitle, Detail: "unheard"}))
	off()
}

// TestPanicsOfApp: functions of the app that panic end nothing but themselves.
func TestPanicsOfApp(t *testing.T) {
	faults := make(chan core.Fault, 10)
	p := newPair(t, everything, core.Options{OnFault: func(f core.Fault) { faults <- f; panic("OnFault") }}, nil)
	main := p.open("main", "app://localhost/")
	told := make(chan core.PageState, 10)
	defer main.window.Webview().OnPage(func(s core.PageState) { told <- s; panic("OnPage") })()
	<-told
	p.OnClose(func(*core.Window) bool { panic("OnCloseRequested") })

	other := p.open("other", "app://localhost/")
	other.window.CloseRequested()
	wait(t, other.window.Gone())

	if err := main.window.Webview().Navigate(t.Context(), "app://localhost/b"); err != nil {
		t.Fatal(err)
	}
	wait(t, told)
	old := p.engine("app")
	old.Quit()
	wait(t, faults)
	p.replaced(old)
	p.open("later", "app://localhost/")
}
