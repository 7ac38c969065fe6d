package attacks

import (
	"bufio"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/backend/webkitgtk"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/wire"
)

// hostRole is the role of the process that is attacked: it shows one page, as
// a host does, and does nothing else.
const hostRole = "attacked"

// sealVariable has the host seal itself, as hosts do that are confined.
const sealVariable = "ATTACK_SEAL"

// runHost is that process. It says "ready" when its page is there. Each line
// that it then gets it has answered by the page.
func runHost() int {
	f, err := sandbox.ChildSocket()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// As hosts do: the engine's processes inherit all that is not closed.
	unix.CloseOnExec(int(f.Fd()))
	h := &attacked{engine: webkitgtk.New(), socket: f}
	if err := h.engine.Run(backend.Options{
		AppID: "dev.mullion.attacks", Schemes: []string{"app"}, World: "mullion", MessageName: "attacks",
	}, h, h.open); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// attacked is the handler of its own engine.
type attacked struct {
	engine backend.Engine
	socket *os.File
	view   backend.Webview
	ready  bool
}

var _ backend.Handler = (*attacked)(nil)

func (h *attacked) open() {
	if os.Getenv(sealVariable) != "" {
		h.complain(sandbox.Seal())
	}
	w, err := h.engine.NewWindow(1, &wire.WindowState{
		Label: "main", Title: "attacked", Width: 400, Height: 300, Visible: true, Focusable: true, Resizable: true, Closable: true, Decorated: true,
	})
	h.complain(err)
	h.view, err = h.engine.NewWebview(1, w, &wire.WebviewState{Label: "main", Window: 1})
	h.complain(err)
	h.view.SetScripts("window.mullionDeliver = () => {}", "", []string{"app://localhost/*"})
	h.view.Load("app://localhost/")
	go h.questions()
}

func (h *attacked) complain(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// questions has the page run a function for each line, and tells how it went.
func (h *attacked) questions() {
	defer h.engine.Quit()
	for lines := bufio.NewScanner(h.socket); lines.Scan(); {
		h.engine.Post(func() { h.view.Deliver("", func(err error) { fmt.Fprintln(h.socket, "answer", err) }) })
	}
}

// Page implements backend.Handler.
func (h *attacked) Page(_ uint32, e wire.PageEvent) {
	if e.Kind == wire.PageFinished && !h.ready {
		h.ready = true
		fmt.Fprintln(h.socket, "ready")
	}
}

// Request implements backend.Handler.
func (h *attacked) Request(_ uint32, r backend.Request) {
	page := []byte("<!doctype html><title>attacked</title><p>attacked")
	r.Respond(200, []wire.Field{{Name: "Content-Type", Value: "text/html"}}, page, nil, int64(len(page)))
}

// Message implements backend.Handler.
func (h *attacked) Message(_ uint32, _, _ string, r backend.Reply) { r.Return("") }

// Decide implements backend.Handler.
func (h *attacked) Decide(_ uint32, _ wire.Decision, answer func(wire.Verdict)) {
	answer(wire.Verdict{Allow: true})
}

// Observed implements backend.Handler.
func (h *attacked) Observed(uint32, wire.WindowObserved) {}

// CloseRequested implements backend.Handler.
func (h *attacked) CloseRequested(uint32) {}

// MenuChosen implements backend.Handler.
func (h *attacked) MenuChosen(_, _ uint32) {}

// Download implements backend.Handler.
func (h *attacked) Download(uint32, uint64, wire.DownloadEvent) {}

// Dragged implements backend.Handler.
func (h *attacked) Dragged(uint32, wire.DragEvent) {}

// Session implements backend.Handler.
func (h *attacked) Session(uint32, []byte) {}
