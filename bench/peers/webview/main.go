// Command webview is the peer that uses webview_go.
package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"runtime"

	"github.com/webview/webview_go"

	"github.com/mullion-dev/mullion/bench/peers/protocol"
	"github.com/mullion-dev/mullion/bench/peers/ui"
)

var script = regexp.MustCompile(`<script src="(.*)"></script>`)

// page is a page with its scripts inside, for there is nothing that would
// serve them.
func page(name string) (string, error) {
	text, err := fs.ReadFile(ui.Files(), name)
	if err != nil {
		return "", err
	}
	return script.ReplaceAllStringFunc(string(text), func(s string) string {
		source, e := fs.ReadFile(ui.Files(), script.FindStringSubmatch(s)[1])
		if e != nil {
			err = e
		}
		return "<script>" + string(source) + "</script>"
	}), err
}

// call is a script that calls a function of the page.
func call(function, text string) string {
	b, _ := json.Marshal(text) // a text always can
	return fmt.Sprintf("%s(%s)", function, b)
}

func open(p *protocol.Program, name string) (webview.WebView, error) {
	text, err := page(name)
	if err != nil {
		return nil, err
	}
	w := webview.New(false)
	w.SetTitle("peer")
	w.SetSize(600, 400, webview.HintNone)
	for name, f := range map[string]any{
		"peerEcho": p.Echo,
		"peerTell": func(what, text string) error { p.Tell(what, text); return nil },
		"peerFlood": func(n int) error {
			go func() {
				for i := range n {
					w.Dispatch(func() { w.Eval(call("peerEvent", protocol.Event(i))) })
				}
			}()
			return nil
		},
	} {
		if err := w.Bind(name, f); err != nil {
			return nil, err
		}
	}
	w.SetHtml(text)
	return w, nil
}

func main() {
	runtime.LockOSThread()
	var p protocol.Program
	w, err := open(&p, "index.html")
	if err != nil {
		panic(err)
	}
	go p.Serve(protocol.Peer{
		Job:    func(text string) { w.Dispatch(func() { w.Eval(call("peerJob", text)) }) },
		Window: func() { w.Dispatch(func() { open(&p, "more.html") }) },
		Quit:   w.Terminate,
	})
	w.Run()
}
