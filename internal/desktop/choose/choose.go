// Package choose has the desktop portal show the dialog for files of the user's
// desktop. Begin with Ask.
package choose

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/desktop/bus"
)

var (
	// ErrUnavailable is wrapped where there is no portal that shows this dialog.
	ErrUnavailable = errors.New("there is no desktop portal for this dialog")
	// ErrCancelled is returned when the user has chosen nothing.
	ErrCancelled = errors.New("the user has chosen nothing")
)

// Request is a dialog.
type Request struct {
	Title string
	// Save asks for one file to write to; Multiple and Directory are for others.
	Save, Multiple, Directory bool
	Filters                   []Filter
	// Folder is where it begins, Name is proposed to save as; both may be empty.
	Folder, Name string
	// Parent is the number of an X11 window, 0 for none, Handle what a Wayland
	// compositor calls a window, "" for none.
	Parent uint32
	Handle string
}

// Filter is a choice of files, by extensions without a dot and media types. "*"
// is every file.
type Filter struct {
	Name              string
	Extensions, Types []string
}

// The interface is described in
// https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.FileChooser.html
const (
	name      = "org.freedesktop.portal.Desktop"
	path      = "/org/freedesktop/portal/desktop"
	chooser   = "org.freedesktop.portal.FileChooser"
	request   = "org.freedesktop.portal.Request"
	cancelled = 1 // in a response; 0 is success

	// directories is the version of the interface with dialogs for folders.
	directories = 3
	// patience is for a portal to say its version, which may have to be started;
	// and for one to take a request.
	patience = 5 * time.Second
)

// rule is a condition of a filter: 0 for a pattern of names, 1 for a media type.
type rule struct {
	Kind    uint32
	Pattern string
}

type filter struct {
	Name  string
	Rules []rule
}

// Asker returns Ask, or nil where the user wants GTK's own dialogs.
func Asker() func(context.Context, Request) ([]string, error) {
	if os.Getenv("GTK_USE_PORTAL") == "0" {
		return nil
	}
	return Ask
}

// Ask shows a dialog and waits for the user; it closes when ctx ends. The paths
// are absolute, at least one.
func Ask(ctx context.Context, r Request) ([]string, error) {
	early, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := bus.Connect(early)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer conn.Close() // which also closes a dialog that is still there
	portal := conn.Object(name, path)
	var version dbus.Variant
	if err := portal.CallWithContext(early, "org.freedesktop.DBus.Properties.Get", 0, chooser, "version").Store(&version); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if v, _ := version.Value().(uint32); v == 0 || r.Directory && v < directories {
		return nil, fmt.Errorf("%w: it has version %v", ErrUnavailable, version)
	}
	responses := make(chan *dbus.Signal, 16)
	conn.Signal(responses)
	if err := conn.AddMatchSignalContext(early, dbus.WithMatchSender(name), dbus.WithMatchInterface(request)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	method, parent := ".OpenFile", ""
	if r.Save {
		method = ".SaveFile"
	}
	switch {
	case r.Parent != 0:
		parent = fmt.Sprintf("x11:%x", r.Parent)
	case r.Handle != "":
		parent = "wayland:" + r.Handle
	}
	var handle dbus.ObjectPath
	if err := portal.CallWithContext(early, chooser+method, 0, parent, r.Title, r.options()).Store(&handle); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	for {
		select {
		case s, ok := <-responses:
			if !ok {
				return nil, errors.New("the session bus has gone")
			}
			if s.Path == handle && s.Name == request+".Response" {
				return answerOf(s.Body)
			}
		case <-ctx.Done():
			conn.Object(name, handle).Go(request+".Close", dbus.FlagNoReplyExpected, nil)
			return nil, ctx.Err()
		}
	}
}

func (r Request) options() map[string]dbus.Variant {
	o := map[string]dbus.Variant{"modal": dbus.MakeVariant(true)}
	if !r.Save {
		o["multiple"], o["directory"] = dbus.MakeVariant(r.Multiple), dbus.MakeVariant(r.Directory)
	}
	if r.Folder != "" {
		o["current_folder"] = dbus.MakeVariant(append([]byte(r.Folder), 0))
	}
	if r.Save && r.Name != "" {
		o["current_name"] = dbus.MakeVariant(r.Name)
	}
	var filters []filter
	for _, f := range r.Filters {
		x := filter{Name: f.Name}
		for _, e := range f.Extensions {
			x.Rules = append(x.Rules, rule{0, patternOf(e)})
		}
		for _, t := range f.Types {
			x.Rules = append(x.Rules, rule{1, t})
		}
		filters = append(filters, x)
	}
	if len(filters) > 0 && !r.Directory {
		o["filters"] = dbus.MakeVariant(filters)
	}
	return o
}

// patternOf matches names with an extension in upper and lower case.
func patternOf(extension string) string {
	if extension == "*" {
		return "*"
	}
	var b strings.Builder
	b.WriteString("*.")
	for _, c := range extension {
		lower, upper := unicode.ToLower(c), unicode.ToUpper(c)
		switch {
		case lower != upper:
			b.WriteString("[" + string(lower) + string(upper) + "]")
		case strings.ContainsRune(`*?[]\`, c):
			b.WriteString("[" + string(c) + "]")
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// answerOf reads the response of a request.
func answerOf(body []any) ([]string, error) {
	var code uint32
	var results map[string]dbus.Variant
	if err := dbus.Store(body, &code, &results); err != nil {
		return nil, fmt.Errorf("the answer of the desktop portal: %w", err)
	}
	switch code {
	case 0:
	case cancelled:
		return nil, ErrCancelled
	default:
		return nil, fmt.Errorf("%w: the dialog ended with code %d", ErrUnavailable, code)
	}
	uris, _ := results["uris"].Value().([]string)
	var paths []string
	for _, uri := range uris {
		u, err := url.Parse(uri)
		if err != nil || u.Scheme != "file" || u.Host != "" && u.Host != "localhost" || !filepath.IsAbs(u.Path) || strings.Contains(u.Path, "\x00") {
			return nil, fmt.Errorf("the user has chosen %.200q, which is no file of this machine", uri)
		}
		paths = append(paths, filepath.Clean(u.Path))
	}
	if len(paths) == 0 {
		return nil, ErrCancelled
	}
	return paths, nil
}
