// Command wails is the peer that uses Wails.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/runtime"

	"github.com/mullion-dev/mullion/bench/peers/protocol"
	"github.com/mullion-dev/mullion/bench/peers/ui"
)

// Program has the methods that pages call.
type Program struct {
	ctx context.Context
	p   protocol.Program
}

// Echo is the call that is measured.
func (p *Program) Echo(text string) string { return p.p.Echo(text) }

// Tell says something to the runner.
func (p *Program) Tell(what, text string) { p.p.Tell(what, text) }

// Flood sends n events.
func (p *Program) Flood(n int) {
	for i := range n {
		runtime.EventsEmit(p.ctx, "count", protocol.Event(i))
	}
}

// ServeHTTP answers what no file does: bytes, both ways.
func (p *Program) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/take":
		n, err := p.p.Take(r.Body, size(r))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprint(w, n)
	case "/give":
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Write(p.p.Pattern(size(r)))
	default:
		http.NotFound(w, r)
	}
}

// size is how many bytes are wanted, or are to come: a request of a page has
// no length here.
func size(r *http.Request) int {
	n, _ := strconv.Atoi(r.FormValue("size"))
	return n
}

func main() {
	p := &Program{}
	started := make(chan struct{})
	go func() {
		<-started
		p.p.Serve(protocol.Peer{
			Job:    func(text string) { runtime.EventsEmit(p.ctx, "job", text) },
			Window: func() { fmt.Fprintln(os.Stderr, "peer: there is one window") },
			Quit:   func() { go runtime.Quit(p.ctx) },
		})
	}()
	err := wails.Run(&options.App{
		Title: "peer", Width: 600, Height: 400,
		AssetServer: &assetserver.Options{Assets: ui.Files(), Handler: p},
		OnStartup: func(ctx context.Context) {
			p.ctx = ctx
			close(started)
		},
		Bind: []any{p},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}
