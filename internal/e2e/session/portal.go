package session

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/await"
)

// Asked is a call of a method that somebody has made of the desktop.
type Asked struct {
	Method string
	// Args are the arguments; in place of a descriptor is the path of the file.
	Args []any
}

// Portal is a desktop portal or a file manager.
type Portal struct {
	bus  *Bus
	conn *dbus.Conn

	mu     sync.Mutex
	asked  []Asked                                                    // guarded by mu
	answer func(Asked) (code uint32, results map[string]dbus.Variant) // guarded by mu
	failed *dbus.Error                                                // guarded by mu
	next   int                                                        // guarded by mu

	exporting sync.Mutex // the library's tables of objects are not for several at once
}

// StartPortal puts a desktop portal on the bus that opens things. answer says
// how each request ends; nil is with success.
func (b *Bus) StartPortal(answer func(Asked) (code uint32, results map[string]dbus.Variant)) *Portal {
	b.t.Helper()
	p := &Portal{bus: b, conn: b.Connect(), answer: answer}
	const path = "/org/freedesktop/portal/desktop"
	p.export(map[string]any{
		"OpenURI": func(m dbus.Message, parent, uri string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
			return p.request(m, options, "OpenURI", parent, uri, options)
		},
		"OpenFile": func(m dbus.Message, parent string, fd dbus.UnixFD, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
			return p.request(m, options, "OpenFile", parent, pathOf(fd), options)
		},
	}, path, "org.freedesktop.portal.OpenURI")
	b.own(p.conn, "org.freedesktop.portal.Desktop")
	return p
}

// StartFileManager puts a file manager on the bus.
func (b *Bus) StartFileManager() *Portal {
	b.t.Helper()
	p := &Portal{bus: b, conn: b.Connect()}
	p.export(map[string]any{
		"ShowItems": func(uris []string, startup string) *dbus.Error {
			return p.note(Asked{"ShowItems", []any{uris, startup}})
		},
	}, "/org/freedesktop/FileManager1", "org.freedesktop.FileManager1")
	b.own(p.conn, "org.freedesktop.FileManager1")
	return p
}

func (p *Portal) export(methods map[string]any, path dbus.ObjectPath, name string) {
	p.bus.t.Helper()
	if err := p.conn.ExportMethodTable(methods, path, name); err != nil {
		p.bus.t.Fatal(err)
	}
}

// Stop takes it off the bus.
func (p *Portal) Stop() { p.conn.Close() }

// Fail has all further calls fail.
func (p *Portal) Fail(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = dbus.NewError(name, []any{"as the test wants"})
}

func (p *Portal) note(a Asked) *dbus.Error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		return p.failed
	}
	p.asked = append(p.asked, a)
	return nil
}

// request notes a request, and answers it by a signal to who has made it.
func (p *Portal) request(m dbus.Message, options map[string]dbus.Variant, method string, args ...any) (dbus.ObjectPath, *dbus.Error) {
	a := Asked{method, args}
	if err := p.note(a); err != nil {
		return "", err
	}
	sender, _ := m.Headers[dbus.FieldSender].Value().(string)
	p.mu.Lock()
	p.next++
	token := "t" + strconv.Itoa(p.next)
	if t, ok := options["handle_token"].Value().(string); ok {
		token = t
	}
	answer := p.answer
	p.mu.Unlock()
	handle := dbus.ObjectPath("/org/freedesktop/portal/desktop/request/" + strings.ReplaceAll(strings.TrimPrefix(sender, ":"), ".", "_") + "/" + token)
	closing := map[string]any{"Close": func() *dbus.Error { return p.note(Asked{"Close", nil}) }}
	p.exporting.Lock()
	err := p.conn.ExportMethodTable(closing, handle, "org.freedesktop.portal.Request")
	p.exporting.Unlock()
	if err != nil {
		return "", dbus.MakeFailedError(err)
	}
	go func() {
		code, results := uint32(0), map[string]dbus.Variant{}
		if answer != nil {
			code, results = answer(a)
		}
		signal := &dbus.Message{Type: dbus.TypeSignal, Headers: map[dbus.HeaderField]dbus.Variant{
			dbus.FieldPath: dbus.MakeVariant(handle), dbus.FieldInterface: dbus.MakeVariant("org.freedesktop.portal.Request"),
			dbus.FieldMember: dbus.MakeVariant("Response"), dbus.FieldDestination: dbus.MakeVariant(sender),
			dbus.FieldSignature: dbus.MakeVariant(dbus.ParseSignatureMust("ua{sv}")),
		}, Body: []any{code, results}}
		p.conn.Send(signal, nil)
	}()
	return handle, nil
}

// pathOf is where a descriptor that came over the bus leads; it is closed.
func pathOf(fd dbus.UnixFD) string {
	f := os.NewFile(uintptr(fd), "")
	defer f.Close()
	path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	if err != nil {
		return err.Error()
	}
	return path
}

// Asked is what it was asked for so far.
func (p *Portal) Asked() []Asked {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// Wait waits until it was asked for something that way.
func (p *Portal) Wait(what func(Asked) bool) Asked {
	p.bus.t.Helper()
	var found Asked
	if err := await.Until(time.Minute, func() error {
		all := p.Asked()
		i := slices.IndexFunc(all, what)
		if i < 0 {
			return fmt.Errorf("it was asked for %v only", all)
		}
		found = all[i]
		return nil
	}); err != nil {
		p.bus.t.Error(err)
	}
	return found
}

// StartFileChooser puts a desktop portal on the bus that shows dialogs for files.
// answer says what its user chooses.
func (b *Bus) StartFileChooser(version uint32, answer func(Asked) (code uint32, results map[string]dbus.Variant)) *Portal {
	b.t.Helper()
	p := &Portal{bus: b, conn: b.Connect(), answer: answer}
	const path = "/org/freedesktop/portal/desktop"
	ask := func(method string) any {
		return func(m dbus.Message, parent, title string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
			if raw, ok := m.Body[2].(map[string]dbus.Variant); ok {
				options = raw // with the types that were sent
			}
			return p.request(m, options, method, parent, title, options)
		}
	}
	p.export(map[string]any{"OpenFile": ask("OpenFile"), "SaveFile": ask("SaveFile")}, path, "org.freedesktop.portal.FileChooser")
	p.export(map[string]any{"Get": func(string, string) (dbus.Variant, *dbus.Error) { return dbus.MakeVariant(version), nil }},
		path, "org.freedesktop.DBus.Properties")
	b.own(p.conn, "org.freedesktop.portal.Desktop")
	return p
}
