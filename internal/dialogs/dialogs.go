// Package dialogs is the process that shows native dialogs: the Core's own
// user interface. It has the rights of the user, and therefore no engine and
// nothing of a page; the Core starts it when there is something to ask.
//
// The first call to make is Run, on the main thread.
package dialogs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/desktop/a11y"
	"github.com/mullion-dev/mullion/internal/wire"
)

// ErrNotStarted is wrapped when a process was started in this role but not by
// a Core.
var ErrNotStarted = errors.New("not started by a Core")

// process is owned by the main loop.
type process struct {
	conn    *wire.Conn
	toolkit backend.Dialogs
	open    map[uint64]func() // dismiss, by the number of the dialog
	broke   error             // why it ended, if not by quit
}

// Run shows what the Core asks for on conn, until it says quit or goes away.
// It must be called on the main thread.
func Run(conn *wire.Conn, toolkit backend.Dialogs) error {
	defer conn.Close()
	hello, err := receiveHello(conn)
	if err != nil {
		return err
	}
	p := &process{conn: conn, toolkit: toolkit, open: map[uint64]func(){}}
	o := backend.Options{AppID: hello.AppID, AppName: hello.AppName, Log: func(text string) { p.log("%s", text) }}
	var readers sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	err = toolkit.Run(o, func() {
		go awaitBus(ctx, toolkit)
		conn.SendJSON(wire.KindReady, 0, 0, wire.Ready{Version: wire.Version, PID: os.Getpid(), Engine: "none"})
		readers.Go(p.receive)
	})
	if err != nil {
		code := "internal"
		var init *backend.InitError
		if errors.As(err, &init) {
			code = init.Code
		}
		conn.SendJSON(wire.KindFatal, 0, 0, wire.Fatal{Code: code, Message: err.Error()})
		return err
	}
	conn.Close()
	readers.Wait()
	return p.broke
}

// awaitBus has the toolkit join an accessibility bus that begins later. Where it was
// there at the start, the toolkit has joined it already.
func awaitBus(ctx context.Context, toolkit backend.Dialogs) {
	j, late := toolkit.(backend.BusJoiner)
	if !late || os.Getenv("NO_AT_BRIDGE") == "1" { // as GTK 3 has it
		return
	}
	if new(a11y.Dialer).Await(ctx) == nil {
		toolkit.Post(j.JoinBus)
	}
}

func receiveHello(conn *wire.Conn) (hello wire.Hello, err error) {
	f, err := conn.Receive()
	if err != nil {
		return hello, fmt.Errorf("%w: no hello: %w", ErrNotStarted, err)
	}
	if f.Kind != wire.KindHello {
		return hello, fmt.Errorf("%w: %s instead of hello", ErrNotStarted, f.Kind)
	}
	if err := wire.Decode(f, &hello); err != nil {
		return hello, fmt.Errorf("%w: %w", ErrNotStarted, err)
	}
	if hello.Version != wire.Version {
		return hello, fmt.Errorf("dialogs speak protocol version %d, the Core %d: restart the app", wire.Version, hello.Version)
	}
	return hello, nil
}

// receive hands frames to the main loop until the Core is gone.
func (p *process) receive() {
	for {
		f, err := p.conn.Receive()
		if err == nil {
			p.toolkit.Post(func() {
				if err := p.handle(f); err != nil {
					p.broke = err
					p.toolkit.Quit()
				}
			})
			continue
		}
		p.toolkit.Post(func() {
			if err != io.EOF && !errors.Is(err, os.ErrClosed) {
				p.broke = errors.Join(p.broke, err)
			}
		})
		p.toolkit.Quit()
		return
	}
}

// handle does what one frame says. An error is a violation.
func (p *process) handle(f wire.Frame) error {
	switch f.Kind {
	case wire.KindDialog:
		var d wire.Dialog
		if err := wire.Decode(f, &d); err != nil {
			return err
		}
		if p.open[f.ID] != nil {
			return fmt.Errorf("%w: dialog %d is open", wire.ErrProtocol, f.ID)
		}
		p.show(f.ID, d)
	case wire.KindCloseDialog:
		if dismiss := p.open[f.ID]; dismiss != nil {
			dismiss()
		}
	case wire.KindPreferences:
		var prefs wire.Preferences
		if err := wire.Decode(f, &prefs); err != nil {
			return err
		}
		if t, ok := p.toolkit.(backend.Preferrer); ok {
			t.Prefer(prefs)
		}
	case wire.KindPing:
		p.conn.Send(wire.Frame{Kind: wire.KindPong, ID: f.ID})
	case wire.KindQuit:
		p.toolkit.Quit()
	default:
		return fmt.Errorf("%w: unexpected %s frame", wire.ErrProtocol, f.Kind)
	}
	return nil
}

func (p *process) show(id uint64, d wire.Dialog) {
	dismiss, err := p.toolkit.Show(d, func(r wire.DialogResult) {
		delete(p.open, id)
		p.answer(id, r)
	})
	if err != nil {
		p.answer(id, wire.DialogResult{Error: err.Error()})
		return
	}
	p.open[id] = dismiss
}

// answer sends a result, or says why it could not.
func (p *process) answer(id uint64, r wire.DialogResult) {
	if err := p.conn.SendJSON(wire.KindDialogResult, 0, id, r); err != nil {
		p.conn.SendJSON(wire.KindDialogResult, 0, id, wire.DialogResult{Error: fmt.Sprintf("the answer of the user is lost: %v", err)})
	}
}

// log sends a warning to the Core's log.
func (p *process) log(format string, args ...any) {
	const warn = 4 // slog.LevelWarn
	text := fmt.Sprintf(format, args...)
	if len(text) > 8<<10 {
		text = text[:8<<10] + "…"
	}
	p.conn.SendJSON(wire.KindLog, 0, 0, wire.LogRecord{Level: warn, Message: text})
}
