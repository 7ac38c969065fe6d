package clipboardmanager

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image/png"
	"path/filepath"
	"slices"
	"sync"
	"time"
	"unicode/utf16"

	"github.com/mullion-dev/mullion/internal/win32"
)

// winSystem is the clipboard of Windows, on a thread of its own. What is written
// is the system's at once, and stays when the app ends.
type winSystem struct {
	thread   *win32.Thread
	patience time.Duration
	changed  func(Change)
	names    winFormats

	mu        sync.Mutex
	last      *offer // guarded by mu; what was written last
	listening bool   // guarded by mu
}

// winFormats are the formats that go by a name.
type winFormats struct {
	html, png, jfif, dropEffect uint32
	// secret are those by which monitors, the history and the cloud are asked to
	// leave content out.
	monitors, history, cloud uint32
}

// openSystem needs no display of its own: the clipboard belongs to the session.
func openSystem(_ context.Context, patience time.Duration, changed func(Change)) (system, error) {
	s := &winSystem{patience: patience, changed: changed, names: winFormats{
		html: win32.Format("HTML Format"), png: win32.Format("PNG"), jfif: win32.Format("JFIF"),
		dropEffect: win32.Format("Preferred DropEffect"),
		monitors:   win32.Format("ExcludeClipboardContentFromMonitorProcessing"),
		history:    win32.Format("CanIncludeInClipboardHistory"), cloud: win32.Format("CanUploadToCloudClipboard"),
	}}
	var err error
	if s.thread, err = win32.Start(s.message); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *winSystem) message(m win32.Message) (answer uintptr, handled bool) {
	if m.Number == win32.ClipboardUpdate {
		empty := win32.ClipboardEmpty()
		s.changed(Change{Own: !empty && win32.ClipboardOwner() == s.thread.Window(), Empty: empty})
		return 0, true
	}
	return 0, false
}

// with calls f on the thread while the clipboard is open. Other programs may have
// it open for a moment.
func (s *winSystem) with(ctx context.Context, f func() error) error {
	limit := time.Now().Add(s.patience)
	for {
		err := s.thread.Do(ctx, func() error { return win32.WithClipboard(s.thread.Window(), f) })
		if !errors.Is(err, win32.ErrClipboardBusy) || time.Now().After(limit) {
			return err
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// winForm is content in a format of Windows.
type winForm struct {
	format uint32
	data   []byte
}

func (s *winSystem) own(ctx context.Context, o *offer) error {
	forms, err := s.forms(o)
	if err != nil {
		return err
	}
	return s.with(ctx, func() error {
		if err := win32.EmptyClipboard(); err != nil {
			return err
		}
		s.mu.Lock()
		s.last = o
		s.mu.Unlock()
		for _, f := range forms {
			if err := win32.SetClipboard(f.format, f.data); err != nil {
				return err
			}
		}
		return nil
	})
}

// forms are those of an offer: what the formats of other systems stand for here.
func (s *winSystem) forms(o *offer) (forms []winForm, err error) {
	add := func(format uint32, data []byte) { forms = append(forms, winForm{format, data}) }
	for _, f := range o.formats {
		switch f.name {
		case pngImage:
			i, err := png.Decode(bytes.NewReader(f.data))
			if err != nil {
				return nil, err
			}
			add(s.names.png, f.data)
			add(win32.FormatDIBV5, encodeDIB(i))
		case uriList:
			add(win32.FormatFiles, encodeDrop(parseURIs(f.data)))
		case gnomeFiles:
			effect := uint32(dropCopy)
			if bytes.HasPrefix(f.data, []byte("cut\n")) {
				effect = dropMove
			}
			add(s.names.dropEffect, binary.LittleEndian.AppendUint32(nil, effect))
		case htmlText:
			add(s.names.html, encodeHTML(string(f.data)))
		case utf8MIME:
			add(win32.FormatUnicodeText, encodeText(string(f.data)))
		}
	}
	if o.secret {
		// https://learn.microsoft.com/windows/win32/dataxchg/clipboard-formats
		no := make([]byte, 4)
		add(s.names.monitors, no)
		add(s.names.history, no)
		add(s.names.cloud, no)
	}
	return forms, nil
}

func (s *winSystem) owned(ctx context.Context, o *offer) (is bool, err error) {
	err = s.thread.Do(ctx, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		is = s.last == o && win32.ClipboardOwner() == s.thread.Window()
		return nil
	})
	return is, err
}

func (s *winSystem) clear(ctx context.Context) error {
	return s.with(ctx, func() error {
		s.mu.Lock()
		s.last = nil
		s.mu.Unlock()
		return win32.EmptyClipboard()
	})
}

// formats gives the formats that are known the names that they have elsewhere, and
// leaves others theirs. Those that have only a number are left out.
func (s *winSystem) formats(ctx context.Context) (names []string, err error) {
	err = s.with(ctx, func() error {
		for _, f := range win32.ClipboardFormats() {
			name := ""
			switch f {
			case win32.FormatUnicodeText:
				name = utf8MIME
			case win32.FormatDIB, win32.FormatDIBV5, s.names.png:
				name = pngImage
			case win32.FormatFiles:
				name = uriList
				if s.moves() {
					names = append(names, gnomeFiles)
				}
			case s.names.html:
				name = htmlText
			case s.names.jfif:
				name = jpegImage
			default:
				name = win32.FormatName(f)
			}
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		return nil
	})
	return names, err
}

// The numbers of Preferred DropEffect, see oleidl.h.
const dropCopy, dropMove = 1, 2

// moves reports whether files are to be moved. The clipboard is open.
func (s *winSystem) moves() bool {
	data, err := win32.Clipboard(s.names.dropEffect, maxPath)
	return err == nil && len(data) >= 4 && binary.LittleEndian.Uint32(data)&dropMove != 0
}

func (s *winSystem) read(ctx context.Context, name string, most int) (data []byte, err error) {
	take := func(format uint32, most int, decode func([]byte) ([]byte, error)) {
		err = s.with(ctx, func() (err error) { data, err = win32.Clipboard(format, most); return err })
		if err == nil && decode != nil {
			data, err = decode(data)
		}
	}
	switch name {
	case utf8MIME:
		take(win32.FormatUnicodeText, 2*most, func(b []byte) ([]byte, error) { return []byte(decodeText(b)), nil })
	case htmlText:
		take(s.names.html, most, decodeHTML)
	case pngImage:
		take(s.names.png, most, nil)
		if errors.Is(err, win32.ErrNoFormat) {
			take(win32.FormatDIBV5, 4*maxPixels+maxPath, pngOfDIB)
		}
	case jpegImage:
		take(s.names.jfif, most, nil)
	case uriList, gnomeFiles:
		take(win32.FormatFiles, most, func(b []byte) ([]byte, error) { return fileList(name, decodeDrop(b)) })
	default:
		take(win32.Format(name), most, nil)
	}
	switch {
	case errors.Is(err, win32.ErrTooMuch), err == nil && len(data) > most:
		return nil, ErrTooLarge
	case errors.Is(err, win32.ErrNoFormat):
		return nil, errNoFormat
	}
	return data, err
}

// fileList writes paths as one of the two formats that Files.add makes.
func fileList(name string, paths []string) (list []byte, err error) {
	paths = slices.DeleteFunc(paths, func(p string) bool { return !filepath.IsAbs(p) || len(p) > maxPath })
	if len(paths) == 0 {
		return nil, errNoFormat
	}
	f := Files{Paths: paths, Cut: true}
	err = f.add(func(n string, data []byte) {
		if n == name {
			list = data
		}
	})
	return list, err
}

func (s *winSystem) watch(ctx context.Context) error {
	return s.thread.Do(ctx, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.listening {
			return nil
		}
		err := win32.ListenClipboard(s.thread.Window())
		s.listening = err == nil
		return err
	})
}

func (s *winSystem) done() <-chan struct{} { return s.thread.Done() }

func (s *winSystem) close(context.Context) { s.thread.Close() }

// encodeText is CF_UNICODETEXT: UTF-16 with a NUL at its end.
func encodeText(s string) []byte {
	var data []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		data = binary.LittleEndian.AppendUint16(data, unit)
	}
	return append(data, 0, 0)
}

func decodeText(data []byte) string {
	var units []uint16
	for ; len(data) >= 2; data = data[2:] {
		unit := binary.LittleEndian.Uint16(data)
		if unit == 0 {
			break
		}
		units = append(units, unit)
	}
	return string(utf16.Decode(units))
}

// encodeHTML is "HTML Format": a head with places in bytes, and a document around
// the part that was copied. See
// https://learn.microsoft.com/windows/win32/dataxchg/html-clipboard-format
func encodeHTML(html string) []byte {
	const head = "Version:0.9\r\nStartHTML:%010d\r\nEndHTML:%010d\r\nStartFragment:%010d\r\nEndFragment:%010d\r\n"
	const before, after = "<html><body>\r\n<!--StartFragment-->", "<!--EndFragment-->\r\n</body></html>"
	start := len(fmt.Sprintf(head, 0, 0, 0, 0))
	fragment := start + len(before)
	end := fragment + len(html)
	return append([]byte(fmt.Sprintf(head, start, end+len(after), fragment, end)+before+html+after), 0)
}

// decodeHTML returns the part that was copied.
func decodeHTML(data []byte) ([]byte, error) {
	data = bytes.TrimRight(data, "\x00")
	start, end := -1, -1
	for line := range bytes.Lines(data) {
		key, value, ok := bytes.Cut(bytes.TrimSpace(line), []byte(":"))
		if !ok || bytes.HasPrefix(line, []byte("<")) {
			break
		}
		var n int
		if _, err := fmt.Sscanf(string(value[:min(len(value), 20)]), "%d", &n); err != nil {
			continue // such as SourceURL
		}
		switch string(key) {
		case "StartFragment":
			start = n
		case "EndFragment":
			end = n
		}
	}
	if start < 0 || end < start || end > len(data) {
		return nil, errors.New("the HTML on it does not say where it begins and ends")
	}
	return data[start:end], nil
}

// dropHead is the size of a DROPFILES, whose list begins after it; the last of
// its five numbers says that the list is UTF-16.
const dropHead = 20

func encodeDrop(paths []string) []byte {
	data := make([]byte, dropHead)
	binary.LittleEndian.PutUint32(data, dropHead)
	binary.LittleEndian.PutUint32(data[16:], 1)
	for _, p := range paths {
		data = append(data, encodeText(p)...)
	}
	return append(data, 0, 0)
}

// decodeDrop takes lists of UTF-16, which all programs of this century make.
func decodeDrop(data []byte) (paths []string) {
	if len(data) < dropHead || binary.LittleEndian.Uint32(data[16:]) == 0 {
		return nil
	}
	at := binary.LittleEndian.Uint32(data)
	if at < dropHead || uint64(at) > uint64(len(data)) {
		return nil
	}
	for data = data[at:]; len(paths) < maxFiles; {
		p := decodeText(data)
		if p == "" {
			break
		}
		paths = append(paths, p)
		data = data[min(len(data), 2*len(utf16.Encode([]rune(p)))+2):]
	}
	return paths
}
