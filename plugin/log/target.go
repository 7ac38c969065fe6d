package log

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

// Kind is where a target leads.
type Kind int

const (
	// Stdout and Stderr are those of the process.
	Stdout Kind = iota
	Stderr
	// LogDir is a file in the app's folder for logs: on Linux
	// ~/.local/share/IDENTIFIER/logs. Folder is one in [Target.Path].
	LogDir
	Folder
	// Webview are the pages that listen, by attachConsole or attachLogger:
	// all of them, whoever they belong to. Where 1024 records or 1 MiB wait for
	// pages, the oldest are left out. What the framework itself logs is left out
	// too: it has what pages write to their consoles.
	Webview
	// Function is [Target.Write].
	Function
)

var kinds = [...]string{Stdout: "stdout", Stderr: "stderr", LogDir: "file", Folder: "file", Webview: "webview", Function: "function"}

// String is a word for messages.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kinds) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return kinds[k]
}

// Target is a place that records go to.
type Target struct {
	Kind Kind
	// Path is the folder of a target of kind Folder, as an absolute path. It is
	// made if it is not there.
	Path string
	// Name is that of the file, without ".log"; empty means the name of the app.
	Name string
	// Write gets the text of each record of a target of kind Function, without
	// a line feed, also before the app runs. Calls come in order, one at a time,
	// on a goroutine of their own; Write may block, and may log. Where 1024
	// records or 1 MiB wait for it, it misses the oldest.
	Write func(level slog.Level, text string)

	// Level is the least one that goes to this target, besides those of the
	// options. Filter and Format are as in the options; nil are those there.
	Level  slog.Leveler
	Filter func(Entry) bool
	Format func(Entry) string
}

// line is a record as text.
type line struct {
	text  string
	level slog.Level
}

// sink takes lines. It is safe for concurrent use.
type sink interface {
	put(line) error
	// end has what was put written. Lines may come later nevertheless.
	end()
}

// maxEarly bounds what waits for the app to run, in bytes.
const maxEarly = 1 << 20

// target is a Target at work.
type target struct {
	Target
	failing atomic.Bool // the last line was lost

	mu    sync.Mutex
	to    sink   // guarded by mu; nil until the app runs
	early []line // guarded by mu
	size  int    // guarded by mu; of early
}

// makeTarget checks a target. Those that need no app write from now on.
func makeTarget(t Target) (*target, error) {
	made := &target{Target: t}
	switch t.Kind {
	case Stdout:
		made.to = writer{os.Stdout}
	case Stderr:
		made.to = writer{os.Stderr}
	case Function:
		if t.Write == nil {
			return nil, fmt.Errorf("a target of kind Function without Write")
		}
		made.to = newQueue(func(l line) error { t.Write(l.level, l.text); return nil })
	case Folder:
		if !filepath.IsAbs(t.Path) {
			return nil, fmt.Errorf("a target of kind Folder with the path %q: want an absolute one", t.Path)
		}
	case LogDir, Webview:
	default:
		return nil, fmt.Errorf("a target of %v: there is none", t.Kind)
	}
	if t.Kind != Folder && t.Path != "" {
		return nil, fmt.Errorf("a target of kind %v with a path: only those of kind Folder have one", t.Kind)
	}
	if t.Name != "" && t.Name != fileName(t.Name) {
		return nil, fmt.Errorf("a target with the file name %q: want the name of a file, without a folder", t.Name)
	}
	return made, nil
}

// begin gives the target its sink, and that what has waited for it.
func (t *target) begin(to sink) (err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.early {
		if e := to.put(l); e != nil {
			err = e
		}
	}
	t.to, t.early, t.size = to, nil, 0
	return err
}

func (t *target) put(l line) (err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.to == nil {
		t.early = append(t.early, l)
		for t.size += len(l.text); t.size > maxEarly; t.early = t.early[1:] {
			t.size -= len(t.early[0].text)
		}
		return nil
	}
	if err = t.to.put(l); err == nil {
		t.failing.Store(false)
	}
	return err
}

func (t *target) end() {
	t.mu.Lock()
	to := t.to
	t.mu.Unlock()
	if to != nil {
		to.end() // without the lock: what it waits for may log
	}
}

// writer writes lines to the terminal, or whatever is there instead.
type writer struct{ to *os.File }

func (w writer) put(l line) error {
	_, err := w.to.WriteString(l.text + "\n")
	return err
}

func (writer) end() {}

// fileName makes a name of a file of the name of an app.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, name)
	for len(name) > 128 {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	if strings.Trim(name, ". ") == "" {
		return "app"
	}
	return name
}
