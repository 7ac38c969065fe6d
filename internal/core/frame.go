package core

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/mullion-dev/mullion/internal/wire"
)

// frame handles one frame of the host. An error is a violation.
func (h *host) frame(r *reader, f wire.Frame) error {
	c, conn := h.core, r.conn
	switch f.Kind {
	case wire.KindResult:
		var r wire.Result
		if err := wire.Decode(f, &r); err != nil {
			return err
		}
		return h.result(f.ID, r)
	case wire.KindLog:
		return h.logRecord(f)
	case wire.KindPong:
		return h.pong(f.ID)
	case wire.KindSettled:
		return h.settle(f.ID)
	case wire.KindNetworkHung:
		return h.networkHung()
	case wire.KindFatal:
		return decodeFatal(f)
	case wire.KindObserved, wire.KindCloseRequested, wire.KindMenu:
		w, err := c.windowOf(h, f)
		if w == nil || err != nil {
			return err
		}
		if f.Kind == wire.KindCloseRequested {
			w.goCloseRequested()
			return nil
		}
		if f.Kind == wire.KindMenu {
			var m wire.MenuChosen
			if err := wire.Decode(f, &m); err != nil {
				return err
			}
			w.menuChosen(m.Number)
			return nil
		}
		var o wire.WindowObserved
		if err := wire.Decode(f, &o); err != nil {
			return err
		}
		w.observe(o)
		return nil
	}

	v, err := c.webviewOf(h, f)
	if err != nil {
		return err
	}
	switch f.Kind {
	case wire.KindRequest:
		return c.request(h, conn, v, f)
	case wire.KindDecide:
		return c.decide(conn, v, f)
	}
	if v == nil {
		return nil // closed while the frame was on its way
	}
	switch f.Kind {
	case wire.KindPage:
		var e wire.PageEvent
		if err := wire.Decode(f, &e); err != nil {
			return err
		}
		if e.Kind == wire.PagePainted {
			h.mu.Lock()
			h.useful = true
			step := h.step
			h.mu.Unlock()
			c.renders(step)
		}
		return v.page(e)
	case wire.KindDownload:
		return c.downloadEvent(v, f)
	case wire.KindGiveUp:
		v.giveUpStream(f.ID)
		return nil
	case wire.KindDrag:
		return v.dragged(f)
	case wire.KindReport:
		return v.reported(f)
	case wire.KindSession:
		v.keepSession(f.Payload)
		return nil
	case wire.KindCall:
		h.mu.Lock()
		h.called = true
		h.mu.Unlock()
		return v.call(r, f)
	case wire.KindCancel:
		return v.cancelCall(f.ID)
	case wire.KindBody:
		return v.body(f)
	case wire.KindCredit:
		n, err := wire.Count(f)
		if err != nil {
			return err
		}
		if f.ID != 0 {
			v.creditStream(f.ID, n)
			return nil
		}
		return v.outbox.credit(n)
	}
	return fmt.Errorf("%w: unexpected %s frame", wire.ErrProtocol, f.Kind)
}

// windowOf finds the window that a host names. Naming an already closed window
// is expected; a host that names a window it never owned is compromised.
func (c *Core) windowOf(h *host, f wire.Frame) (*Window, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	w := c.windowIDs[f.Target]
	if w != nil && w.host() != h || f.Target == 0 || f.Target > c.lastID {
		return nil, fmt.Errorf("%w: %s of window %d, which is not of host %q", wire.ErrProtocol, f.Kind, f.Target, h.name)
	}
	return w, nil
}

// webviewOf is windowOf for webviews. Requests may come without one.
func (c *Core) webviewOf(h *host, f wire.Frame) (*Webview, error) {
	if f.Target == 0 && f.Kind == wire.KindRequest {
		return nil, nil
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	v := c.webviewIDs[f.Target]
	if v != nil && v.Window().host() != h || f.Target == 0 || f.Target > c.lastID {
		return nil, fmt.Errorf("%w: %s of webview %d, which is not of host %q", wire.ErrProtocol, f.Kind, f.Target, h.name)
	}
	return v, nil
}

// unsupported is what a host says of something that its system or engine lacks.
type unsupported string

func (e unsupported) Error() string { return string(e) }
func (unsupported) Unwrap() error   { return errors.ErrUnsupported }

func (h *host) result(id uint64, r wire.Result) error {
	h.mu.Lock()
	p := h.waiting[id]
	delete(h.waiting, id)
	h.did = h.did || p != nil
	h.mu.Unlock()
	if p == nil && id <= h.core.base && id != 0 {
		return nil // for a Core before
	}
	if p == nil {
		return fmt.Errorf("%w: result %d was not asked for", wire.ErrProtocol, id)
	}
	switch {
	case r.Error == "":
		p <- outcome{value: r.Value}
	case r.Unsupported:
		p <- outcome{err: unsupported(r.Error)}
	default:
		p <- outcome{err: errors.New(r.Error)}
	}
	return nil
}

// logRecord passes on what the process for dialogs has for the log.
func (g *dialogs) logRecord(f wire.Frame) error {
	var r wire.LogRecord
	if err := wire.Decode(f, &r); err != nil {
		return err
	}
	g.core.log.Log(g.core.ctx, slog.Level(r.Level), r.Message, "host", "dialogs")
	return nil
}

func (h *host) logRecord(f wire.Frame) error {
	var r wire.LogRecord
	if err := wire.Decode(f, &r); err != nil {
		return err
	}
	attrs := []any{"host", h.name}
	h.core.mu.RLock()
	if v := h.core.webviewIDs[r.Webview]; v != nil && v.Window().host() == h {
		attrs = append(attrs, "window", v.Window().label)
	}
	h.core.mu.RUnlock()
	h.core.log.Log(h.core.ctx, slog.Level(r.Level), r.Message, attrs...)
	return nil
}
