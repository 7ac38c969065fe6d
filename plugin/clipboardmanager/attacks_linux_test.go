package clipboardmanager_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image/png"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/clipboardmanager"
	"github.com/mullion-dev/mullion/plugin/internal/x11"
	"github.com/mullion-dev/mullion/plugin/internal/x11/x11test"
)

func run(c *clipboardmanager.Clipboard) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.clipboard", "build": {"frontendDist": "ui"},
				"app": {"windows": [{}, {"label": "other"}, {"label": "none"}]}}`)},
			"ui/index.html": {Data: []byte(`<!doctype html><title>clipboard</title>`)},
			"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["main", "other"], "permissions": ["core:default",
				"clipboard-manager:allow-read-text", "clipboard-manager:allow-write-text", "clipboard-manager:allow-write-secret",
				"clipboard-manager:allow-read-image", "clipboard-manager:allow-write-image", "clipboard-manager:allow-write-html", "clipboard-manager:allow-clear"]}`)},
			"capabilities/none.json": {Data: []byte(`{"identifier": "none", "windows": ["none"], "permissions": ["core:default", "clipboard-manager:default"]}`)},
		}})
		if err != nil {
			return err
		}
		app.AddPlugin(c.Plugin())
		return app.Run(ctx)
	}
}

type object = map[string]any

// TestAttacks: programs that own the clipboard, programs that ask for it, and
// pages, all of which want harm. Each gets an error or nothing, and nothing is
// left over.
func TestAttacks(t *testing.T) {
	display := x11test.Start(t)
	t.Setenv("DISPLAY", display)
	t.Setenv("WAYLAND_DISPLAY", "")
	c := clipboardmanager.New(clipboardmanager.Options{Patience: 150 * time.Millisecond})
	app := mulliontest.Start(t, run(c), nil)
	page := app.Page("main")
	if err := page.Call("plugin:clipboard-manager|write_text", object{"text": "before"}, nil); err != nil {
		t.Fatal(err)
	}
	t.Run("owners", func(t *testing.T) { attackByOwner(t, display, page, c) })
	t.Run("requestors", func(t *testing.T) {
		asked := clipboardmanager.New(clipboardmanager.Options{Patience: 3 * time.Second})
		defer asked.Plugin().Stop(t.Context())
		attackByRequestor(t, display, asked)
	})
	t.Run("pages", func(t *testing.T) { attackByPage(t, display, app, c) })
	x11test.Wait(t, "nothing is left", func() bool { readings, transfers := c.Left(); return readings == 0 && transfers == 0 })
	if err := c.WriteText(t.Context(), "after"); err != nil {
		t.Error(err)
	}
	if got, _, _ := newProgram(t, display).paste("UTF8_STRING"); string(got) != "after" {
		t.Errorf("got %q", got)
	}
}

// attackByOwner reads what a program has that owns the clipboard.
func attackByOwner(t *testing.T, display string, page *mulliontest.Page, c *clipboardmanager.Clipboard) {
	patient := clipboardmanager.New(clipboardmanager.Options{Patience: time.Minute}) // on a busy machine good steps take time, too
	defer patient.Plugin().Stop(t.Context())
	p := newProgram(t, display)
	text := map[string][]byte{"UTF8_STRING": nil}
	sends := func(said uint32, next func(i int) ([]byte, bool)) func(e x11.SelectionRequest, target string) {
		return func(e x11.SelectionRequest, target string) {
			if target == "TARGETS" {
				p.tells(e, text)
				return
			}
			p.sends(e, said, next)
		}
	}
	gives := func(name string, data []byte) func(e x11.SelectionRequest, target string) {
		return func(e x11.SelectionRequest, target string) {
			if target == "TARGETS" {
				p.tells(e, map[string][]byte{name: nil})
				return
			}
			_ = p.conn.Send(x11.ChangeProperty(e.Requestor, e.Property, e.Target, data), x11.Notify(e, e.Property))
		}
	}
	large := make([]byte, 200<<10)
	const noAnswer, tooLarge = "does not answer", "more than can be taken"
	for _, test := range []struct {
		name, command string
		asked         func(e x11.SelectionRequest, target string)
		want          string
	}{
		{"never answers", "read_text", func(x11.SelectionRequest, string) {}, noAnswer},
		{"says what it has and no more", "read_text", func(e x11.SelectionRequest, target string) {
			if target == "TARGETS" {
				p.tells(e, text)
			}
		}, noAnswer},
		{"2 GiB, piece by piece", "read_text", sends(1<<31, func(int) ([]byte, bool) { return large, true }), tooLarge},
		{"pieces that never come", "read_text", sends(10, func(int) ([]byte, bool) { return nil, false }), noAnswer},
		{"pieces that stop", "read_text", sends(10, func(i int) ([]byte, bool) { return []byte("x"), i < 3 }), noAnswer},
		{"a byte now and then", "read_text", sends(10, func(int) ([]byte, bool) { time.Sleep(50 * time.Millisecond); return []byte("x"), true }), noAnswer},
		{"pieces that are none", "read_text", func(e x11.SelectionRequest, target string) {
			if target == "TARGETS" {
				p.tells(e, text)
				return
			}
			_ = p.conn.Send(x11.ChangeNumbers(e.Requestor, e.Property, p.atom("INCR"), 1), x11.Notify(e, e.Property))
			for range 20 {
				time.Sleep(10 * time.Millisecond)
				_ = p.conn.Send(x11.ChangeNumbers(e.Requestor, e.Property, p.atom("INCR"), 1))
			}
		}, noAnswer},
		{"an answer about another window", "read_text", func(e x11.SelectionRequest, target string) {
			_ = p.conn.Send(x11.Notify(x11.SelectionRequest{Requestor: e.Requestor, Selection: e.Selection, Target: e.Target + 1}, e.Property))
		}, noAnswer},
		{"an answer without content", "read_text", func(e x11.SelectionRequest, target string) { _ = p.conn.Send(x11.Notify(e, e.Property)) }, "does not say what it has"},
		{"a hundred thousand forms", "read_text", func(e x11.SelectionRequest, target string) {
			_ = p.conn.Send(x11.ChangeNumbers(e.Requestor, e.Property, 4, make([]uint32, 50_000)...), x11.Notify(e, e.Property))
		}, tooLarge},
		{"forms that do not exist", "read_text", func(e x11.SelectionRequest, target string) {
			_ = p.conn.Send(x11.ChangeNumbers(e.Requestor, e.Property, 4, 0, 1<<30, 1<<31, 0xffffffff), x11.Notify(e, e.Property))
		}, "not available in the requested format"},
		{"forms that are a text", "read_text", func(e x11.SelectionRequest, target string) {
			_ = p.conn.Send(x11.ChangeProperty(e.Requestor, e.Property, 31, []byte("UTF8_STRING")), x11.Notify(e, e.Property))
		}, "does not say what it has"},
		{"a form that it refuses", "read_text", func(e x11.SelectionRequest, target string) {
			if target == "TARGETS" {
				p.tells(e, text)
				return
			}
			_ = p.conn.Send(x11.Notify(e, 0))
		}, "not available in the requested format"},
		{"an image that is none", "read_image", gives("image/png", []byte("no image")), "neither PNG nor JPEG"},
		{"an image of 3.6 gigapixels", "read_image", gives("image/png", bomb(t)), "60000×60000 pixels"},
		{"half an image", "read_image", gives("image/png", half(t)), "image"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p.own("CLIPBOARD", test.asked)
			before := heap()
			var err error
			switch {
			case test.want == noAnswer:
				err = page.Call("plugin:clipboard-manager|"+test.command, object{}, nil)
			case test.command == "read_image":
				_, err = patient.ReadImage(t.Context())
			default:
				_, err = patient.ReadText(t.Context())
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			x11test.Wait(t, "nothing is read any more", func() bool {
				readings, _ := c.Left()
				more, _ := patient.Left()
				return readings+more == 0
			})
			if grown := int64(heap()) - int64(before); grown > clipboardmanager.MaxText/2 {
				t.Errorf("%d bytes are kept", grown)
			}
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// bomb is a PNG that says that it is large.
func bomb(t *testing.T) []byte {
	var file bytes.Buffer
	if err := png.Encode(&file, picture(1, 1)); err != nil {
		t.Fatal(err)
	}
	data := file.Bytes()
	binary.BigEndian.PutUint32(data[16:], 60_000)
	binary.BigEndian.PutUint32(data[20:], 60_000)
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data
}

func half(t *testing.T) []byte {
	var file bytes.Buffer
	if err := png.Encode(&file, picture(50, 50)); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()[:file.Len()/2]
}

// attackByRequestor asks for what the app has, in bad ways.
func attackByRequestor(t *testing.T, display string, c *clipboardmanager.Clipboard) {
	ctx := t.Context()
	large := strings.Repeat("0123456789abcdef", 1<<16)
	if err := c.Write(ctx, clipboardmanager.Content{Text: "text", HTML: large}); err != nil {
		t.Fatal(err)
	}
	good := newProgram(t, display)
	works := func(t *testing.T) {
		t.Helper()
		if got, _, ok := good.paste("UTF8_STRING"); !ok || string(got) != "text" {
			t.Errorf("another program gets %.20q, %t", got, ok)
		}
	}
	t.Run("takes nothing", func(t *testing.T) {
		p := newProgram(t, display)
		refused := 0
		for i := range clipboardmanager.MaxTransfers + 10 {
			if _, ok := p.ask("text/html", fmt.Sprintf("PLACE_%d", i)); !ok {
				refused++
			}
		}
		if refused == 0 {
			t.Error("there is no limit")
		}
		works(t)
		x11test.Wait(t, "they are given up", func() bool { _, transfers := c.Left(); return transfers == 0 })
	})
	t.Run("goes in the middle", func(t *testing.T) {
		p := newProgram(t, display)
		if _, ok := p.ask("text/html", "PLACE"); !ok {
			t.Error("refused")
		}
		p.must(x11.DestroyWindow(p.window))
		x11test.Wait(t, "it is given up", func() bool { _, transfers := c.Left(); return transfers == 0 })
		works(t)
	})
	t.Run("asks 20,000 times", func(t *testing.T) {
		p := newProgram(t, display)
		property, clipboard := p.atom("PLACE"), p.atom("CLIPBOARD")
		for i := range 20_000 {
			target := []uint32{p.atom("UTF8_STRING"), p.atom("TARGETS"), p.atom("MULTIPLE"), p.atom("NOTHING"), p.atom("text/html")}[i%5]
			if err := p.conn.Send(x11.ConvertSelection(p.window, clipboard, target, property, 0)); err != nil {
				t.Fatal(err)
			}
		}
		works(t)
		if err := c.Write(ctx, clipboardmanager.Content{Text: "text", HTML: large}); err != nil {
			t.Error(err)
		}
		p.must(x11.DestroyWindow(p.window))
		// What it has asked for comes before what we ask for now.
		works(t)
		x11test.Wait(t, "the last are given up", func() bool { _, transfers := c.Left(); return transfers == 0 })
	})
	t.Run("many forms", func(t *testing.T) {
		p := newProgram(t, display)
		var pairs []uint32
		for range 10_000 {
			pairs = append(pairs, p.atom("UTF8_STRING"), p.atom("PLACE"))
		}
		p.must(x11.ChangeNumbers(p.window, p.atom("PAIRS"), p.atom("ATOM_PAIR"), pairs...))
		if _, ok := p.ask("MULTIPLE", "PAIRS"); ok {
			t.Error("20,000 forms at once are given")
		}
		// A list that names itself as a place, and asks for itself.
		p.must(x11.ChangeNumbers(p.window, p.atom("PAIRS"), p.atom("ATOM_PAIR"), p.atom("UTF8_STRING"), p.atom("PAIRS"), p.atom("MULTIPLE"), p.atom("PLACE")))
		got, ok := p.ask("MULTIPLE", "PAIRS")
		if n := got.Numbers(); !ok || len(n) != 4 || n[1] != 0 || n[3] != 0 {
			t.Errorf("got %v, %t", n, ok)
		}
		works(t)
	})
	t.Run("events that the server has not sent", func(t *testing.T) {
		p := newProgram(t, display)
		window := c.Window()
		forged := func(kind byte, words ...uint32) []byte {
			event := []byte{kind, 0, 0, 0}
			for len(words) < 7 {
				words = append(words, 0)
			}
			for _, w := range words {
				event = binary.LittleEndian.AppendUint32(event, w)
			}
			request := []byte{25, 0, 11, 0}
			request = binary.LittleEndian.AppendUint32(request, window)
			return append(binary.LittleEndian.AppendUint32(request, 0), event...)
		}
		const clear, request, property, destroyed = 29, 30, 28, 17
		p.must(
			forged(clear, 0xffffffff, window, p.atom("CLIPBOARD")),
			forged(request, 0, window, window, p.atom("CLIPBOARD"), p.atom("text/html"), p.atom("MULLION_CLOCK")),
			forged(request, 0, window, p.window, p.atom("CLIPBOARD"), p.atom("text/html"), p.atom("PLACE")),
			forged(property, window, p.atom("MULLION_CLOCK"), 0), forged(destroyed, 0, window),
		)
		works(t)
		if _, transfers := c.Left(); transfers != 0 {
			t.Error("a request that a program has made up is answered")
		}
		// A real request for the window of the app itself.
		p.must(x11.ConvertSelection(window, p.atom("CLIPBOARD"), p.atom("text/html"), p.atom("MULLION_CLOCK"), 0))
		works(t)
		if _, transfers := c.Left(); transfers != 0 {
			t.Error("the app gives to itself")
		}
		if err := c.Write(ctx, clipboardmanager.Content{Text: "text", HTML: large}); err != nil {
			t.Error(err)
		}
		works(t)
	})
}

// attackByPage calls commands as no good page does.
func attackByPage(t *testing.T, display string, app *mulliontest.App, c *clipboardmanager.Clipboard) {
	main, other, nobody := app.Page("main"), app.Page("other"), app.Page("none")
	if err := c.WriteText(t.Context(), "stays"); err != nil {
		t.Fatal(err)
	}
	var own uint32
	if err := other.Call("plugin:image|new", object{"rgba": []int{1, 2, 3, 4}, "width": 1, "height": 1}, &own); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		page          *mulliontest.Page
		name, command string
		args          any
		want          string
	}{
		{nobody, "without a permission", "read_text", object{}, "clipboard-manager:allow-read-text"},
		{nobody, "without a permission", "write_secret", object{"text": "x"}, "clipboard-manager:allow-write-secret"},
		{main, "a text that is none", "write_text", object{"text": 7}, "text"},
		{main, "a text with a NUL", "write_text", object{"text": "a\x00b"}, "NUL"},
		{main, "no text", "write_text", object{}, "text"},
		{main, "17 MiB", "write_text", object{"text": strings.Repeat("x", 17<<20)}, "16777216"},
		{main, "HTML that is a list", "write_html", object{"html": []string{"x"}}, "html"},
		{main, "a path that no scope has", "write_image", object{"image": "/etc/passwd"}, "core:image:allow-from-path"},
		{main, "a path that goes up", "write_image", object{"image": "../../../../etc/passwd"}, "core:image:allow-from-path"},
		{main, "a path with a NUL", "write_image", object{"image": "/tmp/a\x00.png"}, "core:image:allow-from-path"},
		{main, "the image of another page", "write_image", object{"image": own}, "is invalid"},
		{main, "a number that is none", "write_image", object{"image": -1}, "image"},
		{main, "a byte of 256", "write_image", object{"image": []int{137, 256}}, "0 to 255"},
		{main, "an image of the wrong size", "write_image", object{"image": object{"rgba": []int{1}, "width": 1 << 30, "height": 1 << 30}}, "pixels"},
		{main, "an image that is true", "write_image", object{"image": true}, "want a path"},
		{main, "no image", "write_image", object{"image": nil}, "image"},
	} {
		if err := test.page.Call("plugin:clipboard-manager|"+test.command, test.args, nil); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
	if got, _, _ := newProgram(t, display).paste("UTF8_STRING"); string(got) != "stays" {
		t.Errorf("got %q", got)
	}
	// A flood of calls that cannot be answered, of a page that goes meanwhile.
	p := newProgram(t, display)
	asked := make(chan struct{}, 1000)
	p.own("CLIPBOARD", func(x11.SelectionRequest, string) { asked <- struct{}{} })
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			if err := other.Call("plugin:clipboard-manager|read_text", object{}, nil); err == nil {
				t.Error("there was an answer")
			}
		})
	}
	<-asked
	if readings, _ := c.Left(); readings > 8 {
		t.Errorf("%d readings at once", readings)
	}
	window, err := app.Window("other")
	if err != nil {
		t.Fatal(err)
	}
	window.Close()
	all.Wait()
	x11test.Wait(t, "the readings of a page end with it", func() bool { readings, _ := c.Left(); return readings == 0 })
	if err := c.Clear(t.Context()); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
