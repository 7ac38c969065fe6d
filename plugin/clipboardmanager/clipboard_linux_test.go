package clipboardmanager_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/plugin/clipboardmanager"
	"github.com/mullion-dev/mullion/plugin/internal/x11"
	"github.com/mullion-dev/mullion/plugin/internal/x11/x11test"
)

// start starts an X server and a clipboard on it.
func start(t *testing.T, o clipboardmanager.Options) (c *clipboardmanager.Clipboard, display string) {
	t.Helper()
	display = x11test.Start(t)
	t.Setenv("DISPLAY", display)
	t.Setenv("WAYLAND_DISPLAY", "")
	c = clipboardmanager.New(o)
	t.Cleanup(func() { c.Plugin().Stop(context.Background()) })
	return c, display
}

func noise(n int) []byte {
	data := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(data)
	return data
}

func picture(width, height int) *image.NRGBA {
	i := image.NewNRGBA(image.Rect(0, 0, width, height))
	copy(i.Pix, noise(len(i.Pix)))
	return i
}

// TestGive: another program finds what was written, in each form.
func TestGive(t *testing.T) {
	c, display := start(t, clipboardmanager.Options{})
	p := newProgram(t, display)
	ctx := t.Context()
	small := &image.NRGBA{Pix: []byte{255, 0, 0, 255, 0, 255, 0, 128}, Stride: 8, Rect: image.Rect(0, 0, 2, 1)}
	for _, test := range []struct {
		name    string
		content clipboardmanager.Content
		want    map[string]string
	}{
		{"text", clipboardmanager.Content{Text: "grün 😀"}, map[string]string{
			"UTF8_STRING": "grün 😀", "text/plain;charset=utf-8": "grün 😀", "text/plain": "grün 😀", "STRING": "", "text/html": "",
			"x-kde-passwordManagerHint": "",
		}},
		{"Latin", clipboardmanager.Content{Text: "grün"}, map[string]string{"STRING": "gr\xfcn"}},
		{"HTML", clipboardmanager.Content{HTML: "<b>a</b>", Text: "a"}, map[string]string{"text/html": "<b>a</b>", "UTF8_STRING": "a"}},
		{"HTML only", clipboardmanager.Content{HTML: "<b>a</b>"}, map[string]string{"text/html": "<b>a</b>", "UTF8_STRING": ""}},
		{"files", clipboardmanager.Content{Files: clipboardmanager.Files{Paths: []string{"/tmp/a b", "/ü#?"}}}, map[string]string{
			"text/uri-list": "file:///tmp/a%20b\r\nfile:///%C3%BC%23%3F\r\n", "x-special/gnome-copied-files": "copy\nfile:///tmp/a%20b\nfile:///%C3%BC%23%3F",
			"UTF8_STRING": "/tmp/a b\n/ü#?",
		}},
		{"files to move", clipboardmanager.Content{Files: clipboardmanager.Files{Paths: []string{"/a"}, Cut: true}}, map[string]string{"x-special/gnome-copied-files": "cut\nfile:///a"}},
		{"secret", clipboardmanager.Content{Text: "a", Secret: true}, map[string]string{"UTF8_STRING": "a", "x-kde-passwordManagerHint": "secret"}},
		{"image", clipboardmanager.Content{Image: small}, map[string]string{"UTF8_STRING": ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := c.Write(ctx, test.content); err != nil {
				t.Fatal(err)
			}
			for target, want := range test.want {
				got, _, ok := p.paste(target)
				if string(got) != want || ok != (want != "") {
					t.Errorf("%s: got %q, %t, want %q", target, got, ok, want)
				}
			}
			list, _ := p.ask("TARGETS", "LIST")
			for target, want := range test.want {
				if got := slices.Contains(list.Numbers(), p.atom(target)); got != (want != "") {
					t.Errorf("%s is among the targets: %t", target, got)
				}
			}
		})
	}
	file, _, _ := p.paste("image/png")
	got, err := png.Decode(bytes.NewReader(file))
	if err != nil || got.At(1, 0) != color.Color(color.NRGBA{0, 255, 0, 128}) {
		t.Errorf("the image is %v, %v", got, err)
	}
	if err := c.WriteText(ctx, ""); err != nil {
		t.Fatal(err)
	}
	if data, _, ok := p.paste("UTF8_STRING"); !ok || len(data) != 0 {
		t.Errorf("an empty text is %q, %t", data, ok)
	}
}

// TestGivePieces: what is large goes piece by piece, also to several at once, and
// the old content if there is new one meanwhile.
func TestGivePieces(t *testing.T) {
	c, display := start(t, clipboardmanager.Options{})
	want := strings.Repeat("0123456789abcdef", 1<<17) // 2 MiB
	if err := c.WriteText(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 5 {
		p := newProgram(t, display)
		all.Go(func() {
			if got, pieces, ok := p.paste("UTF8_STRING"); !ok || pieces < 2 || string(got) != want {
				t.Errorf("got %d bytes in %d pieces, %t", len(got), pieces, ok)
			}
		})
	}
	all.Wait()
	p := newProgram(t, display)
	if got, ok := p.ask("UTF8_STRING", "PASTED"); !ok || got.Type != p.atom("INCR") || len(got.Numbers()) != 1 || got.Numbers()[0] != 2<<20 {
		t.Fatalf("got %+v, %t", got, ok)
	}
	if err := c.WriteText(t.Context(), "new"); err != nil {
		t.Fatal(err)
	}
	if got, _, ok := p.take("PASTED"); !ok || string(got) != want {
		t.Errorf("got %d bytes", len(got))
	}
}

// TestMultiple: several forms in one request, with one that there is not, and one
// that is large.
func TestMultiple(t *testing.T) {
	c, display := start(t, clipboardmanager.Options{})
	p := newProgram(t, display)
	html := strings.Repeat("<b>x</b>", 1<<17)
	if err := c.Write(t.Context(), clipboardmanager.Content{Text: "text", HTML: html}); err != nil {
		t.Fatal(err)
	}
	p.must(x11.ChangeNumbers(p.window, p.atom("PAIRS"), p.atom("ATOM_PAIR"),
		p.atom("UTF8_STRING"), p.atom("A"), p.atom("image/png"), p.atom("B"), p.atom("text/html"), p.atom("C"), p.atom("TIMESTAMP"), p.atom("D")))
	pairs, ok := p.ask("MULTIPLE", "PAIRS")
	want := []uint32{p.atom("UTF8_STRING"), p.atom("A"), p.atom("image/png"), 0, p.atom("text/html"), p.atom("C"), p.atom("TIMESTAMP"), p.atom("D")}
	if !ok || !slices.Equal(pairs.Numbers(), want) {
		t.Fatalf("got %v, %t, want %v", pairs.Numbers(), ok, want)
	}
	if got := p.property("A"); string(got.Data) != "text" {
		t.Errorf("got %q", got.Data)
	}
	if got := p.property("D"); len(got.Numbers()) != 1 || got.Numbers()[0] == 0 || got.Type != 19 {
		t.Errorf("the time is %+v", got)
	}
	if got, _, _ := p.take("C"); string(got) != html {
		t.Errorf("got %d bytes", len(got))
	}
	if got, _, ok := p.paste("UTF8_STRING"); !ok || string(got) != "text" {
		t.Errorf("got %q, %t", got, ok)
	}
	if _, ok := p.ask("MULTIPLE", "EMPTY"); ok {
		t.Error("a request for several forms that names none was answered")
	}
}

// TestRead: content of another program, in all forms that are read.
func TestRead(t *testing.T) {
	c, display := start(t, clipboardmanager.Options{})
	p := newProgram(t, display)
	ctx := t.Context()
	read := map[string]func() (any, error){
		"text": func() (any, error) { return c.ReadText(ctx) }, "HTML": func() (any, error) { return c.ReadHTML(ctx) },
		"files": func() (any, error) { return c.ReadFiles(ctx) },
		"image": func() (any, error) {
			i, err := c.ReadImage(ctx)
			if err != nil {
				return "", err
			}
			return i.Bounds().Size().String(), nil
		},
	}
	var pngFile, jpegFile bytes.Buffer
	if err := errors.Join(png.Encode(&pngFile, picture(3, 4)), jpeg.Encode(&jpegFile, picture(5, 6), nil)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, what string
		forms      map[string]string
		want       any // nil is clipboardmanager.ErrNothing
	}{
		{"UTF-8", "text", map[string]string{"UTF8_STRING": "grün 😀\x00", "STRING": "gr?n"}, "grün 😀"},
		{"Latin", "text", map[string]string{"STRING": "gr\xfcn"}, "grün"},
		{"plain Latin", "text", map[string]string{"text/plain": "gr\xfcn"}, "grün"},
		{"no UTF-8", "text", map[string]string{"UTF8_STRING": "a\xffb"}, "a\ufffdb"},
		{"empty", "text", map[string]string{"UTF8_STRING": ""}, ""},
		{"other forms", "text", map[string]string{"image/png": "x", "text/html": "x"}, nil},
		{"HTML", "HTML", map[string]string{"text/html": "\ufeff<b>ü</b>"}, "<b>ü</b>"},
		{"UTF-16", "HTML", map[string]string{"text/html": "\xff\xfe<\x00b\x00>\x00"}, "<b>"},
		{"no HTML", "HTML", map[string]string{"UTF8_STRING": "x"}, nil},
		{"PNG", "image", map[string]string{"image/png": pngFile.String()}, "(3,4)"},
		{"JPEG", "image", map[string]string{"image/jpeg": jpegFile.String()}, "(5,6)"},
		{"no image", "image", map[string]string{"UTF8_STRING": "x"}, nil},
		{"files", "files", map[string]string{"text/uri-list": "# comment\r\nfile:///a%20b\r\nhttps://x.example/\r\nfile://localhost/c\r\nfile://elsewhere/d\r\nfile:e\r\n"},
			clipboardmanager.Files{Paths: []string{"/a b", "/c"}}},
		{"files to move", "files", map[string]string{"x-special/gnome-copied-files": "cut\nfile:///a", "text/uri-list": "file:///a"}, clipboardmanager.Files{Paths: []string{"/a"}, Cut: true}},
		{"no files", "files", map[string]string{"text/uri-list": "https://x.example/\r\n"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			forms := map[string][]byte{}
			for name, data := range test.forms {
				forms[name] = []byte(data)
			}
			p.has(forms)
			got, err := read[test.what]()
			if test.want == nil {
				if !errors.Is(err, clipboardmanager.ErrNothing) {
					t.Errorf("got %v, %v", got, err)
				}
				return
			}
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%s, %v", diff, err)
			}
		})
	}
	t.Run("old program", func(t *testing.T) { // it has no TARGETS
		p.own("CLIPBOARD", func(e x11.SelectionRequest, target string) {
			if target != "STRING" {
				_ = p.conn.Send(x11.Notify(e, 0))
				return
			}
			_ = p.conn.Send(x11.ChangeProperty(e.Requestor, e.Property, e.Target, []byte("old")), x11.Notify(e, e.Property))
		})
		if got, err := c.ReadText(ctx); err != nil || got != "old" {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		if err := c.Clear(ctx); err != nil {
			t.Fatal(err)
		}
		if got, err := c.ReadText(ctx); !errors.Is(err, clipboardmanager.ErrNothing) {
			t.Errorf("got %q, %v", got, err)
		}
		if names, err := c.Formats(ctx); err != nil || len(names) != 0 {
			t.Errorf("got %q, %v", names, err)
		}
	})
	t.Run("own", func(t *testing.T) {
		content := clipboardmanager.Content{Text: "a", HTML: "<i>a</i>", Image: picture(2, 2), Files: clipboardmanager.Files{Paths: []string{"/x"}}}
		if err := c.Write(ctx, content); err != nil {
			t.Fatal(err)
		}
		for what, want := range map[string]any{"text": "a", "HTML": "<i>a</i>", "image": "(2,2)", "files": content.Files} {
			got, err := read[what]()
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%s, %v", diff, err)
			}
		}
	})
}

// TestReadPieces: content that comes piece by piece, and some that is longer than
// one answer.
func TestReadPieces(t *testing.T) {
	c, display := start(t, clipboardmanager.Options{})
	p := newProgram(t, display)
	want := strings.Repeat("0123456789abcdef", 1<<18) // 4 MiB
	forms := map[string][]byte{"UTF8_STRING": nil}
	p.own("CLIPBOARD", func(e x11.SelectionRequest, target string) {
		if target == "TARGETS" {
			p.tells(e, forms)
			return
		}
		p.sends(e, 1, func(i int) ([]byte, bool) {
			const size = 100_000
			return []byte(want[min(i*size, len(want)):min((i+1)*size, len(want))]), true
		})
	})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if got, err := c.ReadText(t.Context()); err != nil || got != want {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
		})
	}
	all.Wait()
	// All at once, put together in the property.
	p.own("CLIPBOARD", func(e x11.SelectionRequest, target string) {
		if target == "TARGETS" {
			p.tells(e, forms)
			return
		}
		for rest := want; rest != ""; rest = rest[1<<16:] {
			_ = p.conn.Send(appendProperty(e.Requestor, e.Property, e.Target, []byte(rest[:1<<16])))
		}
		_ = p.conn.Send(x11.Notify(e, e.Property))
	})
	if got, err := c.ReadText(t.Context()); err != nil || got != want {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

// appendProperty adds to a property.
func appendProperty(window, property, kind uint32, data []byte) []byte {
	r := x11.ChangeProperty(window, property, kind, data)
	const toTheEnd = 2
	r[1] = toTheEnd
	return r
}

// TestOwners: the content goes when another program takes the clipboard, and Clear
// empties that of another.
func TestOwners(t *testing.T) {
	c, display := start(t, clipboardmanager.Options{})
	p := newProgram(t, display)
	ctx := t.Context()
	if err := c.WriteText(ctx, "mine"); err != nil {
		t.Fatal(err)
	}
	p.has(map[string][]byte{"UTF8_STRING": []byte("theirs")})
	if got, err := c.ReadText(ctx); err != nil || got != "theirs" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := c.Clear(ctx); err != nil {
		t.Fatal(err)
	}
	<-p.cleared
	if owner, err := p.conn.SelectionOwner(ctx, p.atom("CLIPBOARD")); err != nil || owner != 0 {
		t.Errorf("the owner is %d, %v", owner, err)
	}
	for _, text := range []string{"one", "two"} { // the same owner again
		if err := c.WriteText(ctx, text); err != nil {
			t.Fatal(err)
		}
		if got, _, _ := p.paste("UTF8_STRING"); string(got) != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
	// Two of this app do not disturb each other.
	other := clipboardmanager.New(clipboardmanager.Options{})
	defer other.Plugin().Stop(ctx)
	if err := other.WriteText(ctx, "of the other"); err != nil {
		t.Fatal(err)
	}
	if got, err := c.ReadText(ctx); err != nil || got != "of the other" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestClearAfter: content goes when its time is over, and what has come since
// stays.
func TestClearAfter(t *testing.T) {
	c, display := start(t, clipboardmanager.Options{})
	p := newProgram(t, display)
	ctx := t.Context()
	owner := func() uint32 {
		t.Helper()
		id, err := p.conn.SelectionOwner(ctx, p.atom("CLIPBOARD"))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	if err := c.WriteSecret(ctx, "secret", time.Millisecond); err != nil {
		t.Fatal(err)
	}
	x11test.Wait(t, "the clipboard is empty", func() bool { return owner() == 0 })
	if err := c.WriteSecret(ctx, "secret", 200*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteText(ctx, "newer"); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteSecret(ctx, "secret", 200*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	p.has(map[string][]byte{"UTF8_STRING": []byte("theirs")})
	time.Sleep(400 * time.Millisecond) // nothing happens: there is no condition to wait for
	if owner() != p.window {
		t.Error("what another program has written was cleared")
	}
}

// TestWatch: each change is told, also those of other programs, and a function
// that panics is called again.
func TestWatch(t *testing.T) {
	c, display := start(t, clipboardmanager.Options{})
	p := newProgram(t, display)
	ctx, cancel := context.WithCancel(t.Context())
	changes := make(chan clipboardmanager.Change, 100)
	var panicked atomic.Bool
	ended := make(chan error, 1)
	go func() {
		ended <- c.Watch(ctx, func(change clipboardmanager.Change) {
			changes <- change
			if panicked.CompareAndSwap(false, true) {
				panic("of the test")
			}
		})
	}()
	// It has begun when it tells.
	x11test.Wait(t, "a change is told", func() bool {
		if err := c.WriteText(ctx, "mine"); err != nil {
			t.Fatal(err)
		}
		return len(changes) > 0
	})
	for _, test := range []struct {
		do   func()
		want clipboardmanager.Change
	}{
		{func() { p.has(nil) }, clipboardmanager.Change{}},
		{func() { p.must(x11.DestroyWindow(p.window)) }, clipboardmanager.Change{Empty: true}},
		{func() { _ = c.WriteText(ctx, "a") }, clipboardmanager.Change{Own: true}},
		{func() { _ = c.Clear(ctx) }, clipboardmanager.Change{Empty: true}},
	} {
		for len(changes) > 0 {
			<-changes
		}
		test.do()
		for got := range changes {
			if got == test.want {
				break
			}
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestManager: at the end a clipboard manager takes the content over, but for what
// was to go.
func TestManager(t *testing.T) {
	for name, test := range map[string]struct {
		content clipboardmanager.Content
		saved   bool
	}{
		"text":        {clipboardmanager.Content{Text: strings.Repeat("text", 1<<18)}, true},
		"secret":      {clipboardmanager.Content{Text: "secret", Secret: true}, false},
		"for a while": {clipboardmanager.Content{Text: "text", ClearAfter: time.Hour}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c, display := start(t, clipboardmanager.Options{})
			manager := newProgram(t, display)
			reader := newProgram(t, display)
			var saved atomic.Value
			manager.own("CLIPBOARD_MANAGER", func(e x11.SelectionRequest, target string) {
				list, err := manager.conn.GetProperty(context.Background(), e.Requestor, e.Property, false, 0, 4096)
				if err != nil || target != "SAVE_TARGETS" || !slices.Contains(list.Numbers(), reader.atom("UTF8_STRING")) {
					t.Errorf("got %s, %+v, %v", target, list, err)
				}
				data, _, _ := reader.paste("UTF8_STRING")
				saved.Store(string(data))
				_ = manager.conn.Send(x11.Notify(e, e.Property))
			})
			if err := c.Write(t.Context(), test.content); err != nil {
				t.Fatal(err)
			}
			c.Plugin().Stop(t.Context())
			if got := saved.Load(); test.saved != (got == test.content.Text) {
				t.Errorf("the manager has %.20q", got)
			}
			if err := c.WriteText(t.Context(), "x"); err == nil {
				t.Error("a clipboard that was stopped takes content")
			}
		})
	}
}

// TestServerEnds: without a display there is an error, and with a new one all goes
// on.
func TestServerEnds(t *testing.T) {
	c, display := start(t, clipboardmanager.Options{})
	ctx := t.Context()
	watched := make(chan error, 1)
	if err := c.WriteText(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	changes := make(chan clipboardmanager.Change, 100)
	go func() { watched <- c.Watch(ctx, func(change clipboardmanager.Change) { changes <- change }) }()
	x11test.Wait(t, "a change is told", func() bool {
		if err := c.WriteText(ctx, "a"); err != nil {
			t.Fatal(err)
		}
		return len(changes) > 0
	})
	// The server ends our connection, as it does when it goes.
	p := newProgram(t, display)
	owner, err := p.conn.SelectionOwner(ctx, p.atom("CLIPBOARD"))
	if err != nil {
		t.Fatal(err)
	}
	p.must(killClient(owner))
	if err := <-watched; !errors.Is(err, clipboardmanager.ErrWatchEnded) {
		t.Errorf("got %v", err)
	}
	if err := c.WriteText(ctx, "again"); err != nil {
		t.Fatal(err)
	}
	if got, _, _ := p.paste("UTF8_STRING"); string(got) != "again" {
		t.Errorf("got %q", got)
	}
	t.Setenv("DISPLAY", "")
	if _, err := clipboardmanager.New(clipboardmanager.Options{}).ReadText(ctx); err == nil || !strings.Contains(err.Error(), "there is no display") {
		t.Errorf("got %v", err)
	}
	t.Setenv("DISPLAY", ":59999")
	if _, err := clipboardmanager.New(clipboardmanager.Options{}).ReadText(ctx); err == nil || !strings.Contains(err.Error(), ":59999") {
		t.Errorf("got %v", err)
	}
}

// killClient ends the connection of the program that has made a window.
func killClient(window uint32) []byte {
	return binary.LittleEndian.AppendUint32([]byte{113, 0, 2, 0}, window)
}

// TestContent: what cannot be written is an error that says why.
func TestContent(t *testing.T) {
	c := clipboardmanager.New(clipboardmanager.Options{})
	for want, content := range map[string]clipboardmanager.Content{
		"NUL":                {Text: "a\x00b"},
		"not UTF-8":          {HTML: "\xff"},
		"the limit is":       {Text: strings.Repeat("x", 64<<20+1)},
		"no absolute path":   {Files: clipboardmanager.Files{Paths: []string{"relative"}}},
		"10001 files":        {Files: clipboardmanager.Files{Paths: slices.Repeat([]string{"/a"}, 10_001)}},
		"20000×1 pixels":     {Image: image.NewGray(image.Rect(0, 0, 20_000, 1))},
		"0×0 pixels":         {Image: image.NewGray(image.Rect(0, 0, 0, 0))},
		"cleared after -1ns": {Text: "a", ClearAfter: -1},
	} {
		if err := c.Write(t.Context(), content); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
