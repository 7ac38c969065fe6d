package clipboardmanager

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/win32"
)

// program is another one that uses the clipboard.
type program struct {
	t      *testing.T
	thread *win32.Thread
}

func newProgram(t *testing.T) *program {
	t.Helper()
	thread, err := win32.Start(func(win32.Message) (uintptr, bool) { return 0, false })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		thread.Close()
		<-thread.Done()
	})
	return &program{t, thread}
}

func (p *program) do(f func() error) {
	p.t.Helper()
	var err error
	for range 500 { // another one has it open for a moment
		err = p.thread.Do(p.t.Context(), func() error { return win32.WithClipboard(p.thread.Window(), f) })
		if !errors.Is(err, win32.ErrClipboardBusy) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		p.t.Error(err)
	}
}

func (p *program) write(format uint32, data []byte) {
	p.t.Helper()
	p.do(func() error { return errors.Join(win32.EmptyClipboard(), win32.SetClipboard(format, data)) })
}

func (p *program) has(format uint32) (data []byte) {
	p.t.Helper()
	p.do(func() error { data, _ = win32.Clipboard(format, 1<<30); return nil })
	return data
}

func newClipboard(t *testing.T, patience time.Duration) *Clipboard {
	c := New(Options{Patience: patience})
	t.Cleanup(func() { c.stop(t.Context()) })
	return c
}

func checked(i int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, i, i+1))
	m.SetNRGBA(0, 0, color.NRGBA{0xff, 0x80, 0x10, 0xff})
	m.SetNRGBA(i-1, i, color.NRGBA{0x10, 0x20, 0x30, 0x80})
	return m
}

func pixels(t *testing.T, got, want image.Image) {
	t.Helper()
	if got.Bounds().Size() != want.Bounds().Size() {
		t.Errorf("got an image of %v, want %v", got.Bounds(), want.Bounds())
		return
	}
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			if g, w := color.NRGBAModel.Convert(got.At(x, y)), color.NRGBAModel.Convert(want.At(x, y)); g != w {
				t.Errorf("pixel %d,%d: got %v, want %v", x, y, g, w)
			}
		}
	}
}

// TestWrite: other programs find what the app writes, in the formats of Windows.
func TestWrite(t *testing.T) {
	c, p, ctx := newClipboard(t, 0), newProgram(t), t.Context()
	const text = "ünïcode 🎉\nsecond"
	if err := c.WriteText(ctx, text); err != nil {
		t.Fatal(err)
	}
	if got := p.has(win32.FormatUnicodeText); !slices.Equal(got, encodeText(text)) {
		t.Errorf("text: got %q", got)
	}
	if got, err := c.ReadText(ctx); err != nil || got != text {
		t.Errorf("read text: got %q, %v", got, err)
	}
	if _, err := c.ReadImage(ctx); !errors.Is(err, ErrNothing) {
		t.Errorf("an image where there is a text: %v", err)
	}

	if err := c.WriteHTML(ctx, "<b>fett</b> ü", "plain"); err != nil {
		t.Fatal(err)
	}
	html := string(p.has(win32.Format("HTML Format")))
	const want = "Version:0.9\r\nStartHTML:0000000105\r\nEndHTML:0000000187\r\nStartFragment:0000000139\r\nEndFragment:0000000153\r\n" +
		"<html><body>\r\n<!--StartFragment--><b>fett</b> ü<!--EndFragment-->\r\n</body></html>"
	if diff := cmp.Diff(want, strings.TrimRight(html, "\x00")); diff != "" {
		t.Error(diff)
	}
	if got, err := c.ReadHTML(ctx); err != nil || got != "<b>fett</b> ü" {
		t.Errorf("read HTML: got %q, %v", got, err)
	}
	if got, err := c.ReadText(ctx); err != nil || got != "plain" {
		t.Errorf("the text beside HTML: got %q, %v", got, err)
	}

	if err := c.WriteImage(ctx, checked(5)); err != nil {
		t.Fatal(err)
	}
	i, err := decodeDIB(p.has(win32.FormatDIBV5))
	if err != nil {
		t.Fatal(err)
	}
	pixels(t, i, checked(5))
	if len(p.has(win32.FormatDIB)) == 0 {
		t.Error("programs that know old bitmaps find none")
	}
	if i, err = c.ReadImage(ctx); err != nil {
		t.Fatal(err)
	}
	pixels(t, i, checked(5))

	files := Files{Paths: []string{`C:\one two.txt`, `\\server\share\ü`}, Cut: true}
	if err := c.Write(ctx, Content{Files: files}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(files.Paths, decodeDrop(p.has(win32.FormatFiles))); diff != "" {
		t.Error(diff)
	}
	got, err := c.ReadFiles(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(files, got); diff != "" {
		t.Error(diff)
	}

	if err := c.WriteSecret(ctx, "secret", 0); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ExcludeClipboardContentFromMonitorProcessing", "CanIncludeInClipboardHistory", "CanUploadToCloudClipboard"} {
		if got := p.has(win32.Format(name)); len(got) != 4 || binary.LittleEndian.Uint32(got) != 0 {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// TestRead: the app finds what other programs write, and nothing where that is broken.
func TestRead(t *testing.T) {
	c, p, ctx := newClipboard(t, 0), newProgram(t), t.Context()
	if err := c.Clear(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReadText(ctx); !errors.Is(err, ErrNothing) {
		t.Errorf("empty: %v", err)
	}
	p.write(win32.FormatUnicodeText, encodeText("of another"))
	if got, err := c.ReadText(ctx); err != nil || got != "of another" {
		t.Errorf("text: got %q, %v", got, err)
	}
	html := win32.Format("HTML Format")
	const head = "Version:1.0\r\nStartHTML:-1\r\nEndHTML:-1\r\nStartFragment:%010d\r\nEndFragment:%010d\r\nSourceURL:https://example.org/a:1\r\n<!--StartFragment-->"
	begin := len(fmt.Sprintf(head, 0, 0))
	p.write(html, []byte(fmt.Sprintf(head, begin, begin+8)+"<i>x</i><!--EndFragment-->"))
	if got, err := c.ReadHTML(ctx); err != nil || got != "<i>x</i>" {
		t.Errorf("HTML: got %q, %v", got, err)
	}
	// A bitmap of two by two pixels of 24 bits, from the bottom row up.
	dib := make([]byte, infoHead, infoHead+16)
	for at, v := range map[int]uint32{0: infoHead, 4: 2, 8: 2, 12: 1 | 24<<16} {
		binary.LittleEndian.PutUint32(dib[at:], v)
	}
	dib = append(dib, 1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0)
	p.write(win32.FormatDIB, dib)
	i, err := c.ReadImage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := color.NRGBAModel.Convert(i.At(1, 0)), (color.NRGBA{12, 11, 10, 0xff}); got != want {
		t.Errorf("a bitmap: got %v, want %v", got, want)
	}
	names, err := c.Formats(ctx)
	if err != nil || !slices.Contains(names, pngImage) {
		t.Errorf("formats: %q, %v", names, err)
	}

	huge, short := slices.Clone(dib), dib[:infoHead+4]
	binary.LittleEndian.PutUint32(huge[4:], 60_000)
	for _, bad := range []struct {
		name string
		err  func() error
		want string
	}{
		{"a bitmap of 60,000 pixels", func() error { _, err := decodeDIB(huge); return err }, "pixels"},
		{"a bitmap that is cut off", func() error { _, err := decodeDIB(short); return err }, "cut off"},
		{"no bitmap", func() error { _, err := decodeDIB([]byte("no")); return err }, "cut off"},
		{"HTML beyond its end", func() error {
			p.write(html, []byte("StartFragment:0000000010\r\nEndFragment:9999999999\r\n<b>"))
			_, err := c.ReadHTML(ctx)
			return err
		}, "does not say where"},
		{"files beyond their end", func() error {
			data := encodeDrop([]string{`C:\x`})
			binary.LittleEndian.PutUint32(data, 0xfffffff0)
			p.write(win32.FormatFiles, data)
			_, err := c.ReadFiles(ctx)
			return err
		}, ErrNothing.Error()},
		{"files without an end", func() error {
			p.write(win32.FormatFiles, encodeDrop([]string{strings.Repeat("x", 9)})[:dropHead+7])
			_, err := c.ReadFiles(ctx)
			return err
		}, ErrNothing.Error()},
	} {
		if err := bad.err(); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s: got %v, want %q", bad.name, err, bad.want)
		}
	}
}

// TestOwner: changes are told with who has made them, what is to go after a time
// goes only if it is still there, and a program that has the clipboard open is waited for.
func TestOwner(t *testing.T) {
	c, p, ctx := newClipboard(t, 50*time.Millisecond), newProgram(t), t.Context()
	if err := c.Clear(ctx); err != nil {
		t.Fatal(err)
	}
	changes := make(chan Change, 100)
	go c.Watch(ctx, func(change Change) { changes <- change })
	next := func(what string, want Change) {
		t.Helper()
		limit := time.After(30 * time.Second)
		for {
			select {
			case got := <-changes:
				if got == want {
					return
				}
			case <-limit:
				t.Fatalf("%s: it was not told", what)
			}
		}
	}
	for listening := false; !listening; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		s := c.sys.(*winSystem)
		c.mu.Unlock()
		s.mu.Lock()
		listening = s.listening
		s.mu.Unlock()
	}
	if err := c.WriteText(ctx, "own"); err != nil {
		t.Fatal(err)
	}
	next("own", Change{Own: true})
	p.write(win32.FormatUnicodeText, encodeText("other"))
	next("of another", Change{})
	if err := c.Clear(ctx); err != nil {
		t.Fatal(err)
	}
	next("cleared", Change{Empty: true})

	if err := c.WriteSecret(ctx, "short", time.Millisecond); err != nil {
		t.Fatal(err)
	}
	next("after its time", Change{Empty: true})
	if err := c.Write(ctx, Content{Text: "replaced", ClearAfter: time.Hour}); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	o := c.last
	c.mu.Unlock()
	p.write(win32.FormatUnicodeText, encodeText("stays"))
	c.expire(o)
	if got, err := c.ReadText(ctx); err != nil || got != "stays" {
		t.Errorf("what another program has written after: got %q, %v", got, err)
	}

	opened, closes := make(chan bool), make(chan bool)
	go p.do(func() error { opened <- true; <-closes; return nil })
	<-opened
	if err := c.WriteText(ctx, "x"); !errors.Is(err, win32.ErrClipboardBusy) {
		t.Errorf("while another program has it open: %v", err)
	}
	close(closes)
	if err := newClipboard(t, 30*time.Second).WriteText(ctx, "free"); err != nil {
		t.Errorf("after that: %v", err)
	}
}
