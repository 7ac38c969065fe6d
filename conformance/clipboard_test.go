package conformance

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/clipboardmanager"
)

// clipboardSuite is checked by another program on the display, which takes what
// pages have written, and owns what they read.
func clipboardSuite(*testing.T, *published) pluginSuite {
	writes := func(exports []string, body string, want map[string]string) pluginTest {
		return pluginTest{exports: exports, body: body, want: "null", outside: func(t *testing.T, _ *e2e.App) {
			program := newClipboardProgram(t)
			for target, data := range want {
				if err := await.Until(await.Limit, func() error {
					if got, err := program.paste(target); err != nil || got != data {
						return fmt.Errorf("%s: got %.80q, %w", target, got, err)
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
			}
		}}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, &image.NRGBA{Pix: []byte{255, 0, 0, 255, 0, 255, 0, 128}, Stride: 8, Rect: image.Rect(0, 0, 2, 1)}); err != nil {
		panic(err)
	}
	var numbers string
	for _, b := range file.Bytes() {
		numbers += fmt.Sprintf("%d,", b)
	}
	const until = `let got
		for (let i = 0; i < 2000; i++) {
			try { got = await p.readText(); if (got === 'of another program') break } catch {}
			await new Promise((resolve) => setTimeout(resolve, 10))
		}
		return got`
	picture := func(body string) pluginTest {
		return pluginTest{exports: []string{"writeImage"}, body: "const numbers = [" + numbers + "]\n" + body, want: `null`, outside: func(t *testing.T, _ *e2e.App) {
			program := newClipboardProgram(t)
			if err := await.Until(await.Limit, func() error {
				got, err := program.paste("image/png")
				if err != nil {
					return err
				}
				i, err := png.Decode(bytes.NewReader([]byte(got)))
				if err != nil || i.Bounds() != image.Rect(0, 0, 2, 1) {
					return fmt.Errorf("got %.20q, %w", got, err)
				}
				if r, g, b, a := i.At(0, 0).RGBA(); r != 0xffff || g != 0 || b != 0 || a != 0xffff {
					return fmt.Errorf("the picture has %v", i.At(0, 0))
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		}}
	}
	return pluginSuite{
		options: e2e.Options{
			Permissions: []any{
				"core:image:default", "core:resources:default",
				"clipboard-manager:allow-read-text", "clipboard-manager:allow-write-text", "clipboard-manager:allow-write-html",
				"clipboard-manager:allow-read-image", "clipboard-manager:allow-write-image", "clipboard-manager:allow-clear", "clipboard-manager:allow-write-secret",
			},
			Setup: func(app *mullion.App) { app.AddPlugin(clipboardmanager.New(clipboardmanager.Options{}).Plugin()) },
		},
		tests: []pluginTest{
			writes([]string{"writeText"}, `await p.writeText('grün 😀')`, map[string]string{"UTF8_STRING": "grün 😀"}),
			writes([]string{"writeText"}, `await p.writeText('with a label', {label: 'a label'})`, map[string]string{"UTF8_STRING": "with a label"}),
			writes([]string{"writeHtml"}, `await p.writeHtml('<b>bold</b>', 'bold')`, map[string]string{"text/html": "<b>bold</b>", "UTF8_STRING": "bold"}),
			picture(`await p.writeImage(numbers)`),
			picture(`await p.clear(); await p.writeImage(new Uint8Array(numbers))`),
			picture(`await p.clear(); await p.writeImage(new Uint8Array(numbers).buffer)`),
			picture(`const image = await p.readImage(); await p.clear(); await p.writeImage(image)`),
			{exports: []string{"readImage"}, want: `[[2,1],[255,0,0,255,0,255,0,128]]`, body: `const i = await p.readImage()
				const size = await i.size()
				const rgba = Array.from(await i.rgba())
				await i.close()
				return [[size.width, size.height], rgba]`},
			{exports: []string{"readText"}, want: `"The clipboard contents were not available in the requested format or the clipboard is empty."`,
				body: `return await p.readText().catch((error) => error)`},
			{exports: []string{"readText", "writeText", "writeHtml"}, body: `await p.writeHtml('<h1>x</h1>', '<h1>x</h1>'); return await p.readText()`, want: `"<h1>x</h1>"`},
			{exports: []string{"readText"}, body: until, want: `"of another program"`, outside: func(t *testing.T, _ *e2e.App) {
				newClipboardProgram(t).copy(map[string]string{"UTF8_STRING": "of another program"})
			}},
			{exports: []string{"readImage"}, want: `[2,1]`, body: `for (let i = 0; i < 2000; i++) {
					try {
						const size = await (await p.readImage()).size()
						if (size.width === 2) return [size.width, size.height]
					} catch {}
					await new Promise((resolve) => setTimeout(resolve, 10))
				}`, outside: func(t *testing.T, _ *e2e.App) {
				newClipboardProgram(t).copy(map[string]string{"image/png": file.String()})
			}},
			{exports: []string{"clear"}, want: `"The clipboard contents were not available in the requested format or the clipboard is empty."`,
				body: `await p.writeText('x'); await p.clear(); return await p.readText().catch((error) => error)`,
				outside: func(t *testing.T, _ *e2e.App) {
					program := newClipboardProgram(t)
					if err := await.Until(await.Limit, func() error {
						if owner, err := xproto.GetSelectionOwner(program.conn, program.atom("CLIPBOARD")).Reply(); err != nil || owner.Owner != 0 {
							return fmt.Errorf("the clipboard has an owner: %v", err)
						}
						return nil
					}); err != nil {
						t.Error(err)
					}
				}},
		},
	}
}

// clipboardProgram is a program with a window that nobody sees.
type clipboardProgram struct {
	t      *testing.T
	conn   *xgb.Conn
	window xproto.Window
	events chan xgb.Event
}

func newClipboardProgram(t *testing.T) *clipboardProgram {
	conn, err := xgb.NewConn()
	if err != nil {
		t.Error(err)
		t.FailNow()
	}
	p := &clipboardProgram{t: t, conn: conn, events: make(chan xgb.Event, 100)}
	go func() {
		defer close(p.events)
		for {
			e, err := conn.WaitForEvent()
			if e == nil && err == nil {
				return
			}
			if e != nil {
				p.events <- e
			}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		for range p.events {
		}
	})
	if p.window, err = xproto.NewWindowId(conn); err == nil {
		err = xproto.CreateWindowChecked(conn, 0, p.window, xproto.Setup(conn).DefaultScreen(conn).Root, 0, 0, 1, 1, 0, xproto.WindowClassInputOnly, 0, 0, nil).Check()
	}
	if err != nil {
		t.Error(err)
	}
	return p
}

func (p *clipboardProgram) atom(name string) xproto.Atom {
	r, err := xproto.InternAtom(p.conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		p.t.Error(err)
		return 0
	}
	return r.Atom
}

// paste takes what the clipboard has in a form; "" if it has none.
func (p *clipboardProgram) paste(target string) (string, error) {
	property := p.atom("PASTED")
	if err := xproto.ConvertSelectionChecked(p.conn, p.window, p.atom("CLIPBOARD"), p.atom(target), property, xproto.TimeCurrentTime).Check(); err != nil {
		return "", err
	}
	for e := range p.events {
		n, ok := e.(xproto.SelectionNotifyEvent)
		switch {
		case !ok:
			continue
		case n.Property == 0:
			return "", nil
		}
		r, err := xproto.GetProperty(p.conn, true, p.window, property, xproto.GetPropertyTypeAny, 0, 1<<20).Reply()
		if err != nil {
			return "", err
		}
		return string(r.Value), nil
	}
	return "", fmt.Errorf("the connection has ended")
}

// copy owns the clipboard until the test ends, or another program takes it.
func (p *clipboardProgram) copy(forms map[string]string) {
	byAtom, list := map[xproto.Atom]string{}, []byte{}
	for name, data := range forms {
		byAtom[p.atom(name)] = data
		list = append(list, make([]byte, 4)...)
		xgb.Put32(list[len(list)-4:], uint32(p.atom(name)))
	}
	targets := p.atom("TARGETS")
	go func() {
		for e := range p.events {
			r, ok := e.(xproto.SelectionRequestEvent)
			if !ok {
				continue
			}
			n := xproto.SelectionNotifyEvent{Time: r.Time, Requestor: r.Requestor, Selection: r.Selection, Target: r.Target}
			if data, ok := byAtom[r.Target]; ok {
				n.Property = r.Property
				xproto.ChangeProperty(p.conn, xproto.PropModeReplace, r.Requestor, r.Property, r.Target, 8, uint32(len(data)), []byte(data))
			} else if r.Target == targets {
				n.Property = r.Property
				xproto.ChangeProperty(p.conn, xproto.PropModeReplace, r.Requestor, r.Property, xproto.AtomAtom, 32, uint32(len(list)/4), list)
			}
			xproto.SendEvent(p.conn, false, r.Requestor, 0, string(n.Bytes()))
		}
	}()
	if err := xproto.SetSelectionOwnerChecked(p.conn, p.window, p.atom("CLIPBOARD"), xproto.TimeCurrentTime).Check(); err != nil {
		p.t.Error(err)
	}
}
