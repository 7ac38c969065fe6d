// Package log writes what pages and Go code log to the terminal, to files that
// are rotated, and to consoles of pages. It is the plugin "log", for the npm
// package @tauri-apps/plugin-log:
//
//	logs := log.New(log.Options{})
//	app, err := mullion.New(mullion.Options{Logger: logs.Logger(), …})
//	app.AddPlugin(logs.Plugin())
//
// With Options.Logger the log of the app itself goes the same way. Without it
// only that of pages does, and what is logged by [Log.Logger].
package log

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/printable"
	"github.com/mullion-dev/mullion/plugin"
)

// Options says what is written, and where to. The zero value is what the
// published plugin does by default.
type Options struct {
	// Targets are where records go; nil means standard output and a file in the
	// app's folder for logs.
	Targets []Target
	// Level is the least one that is written, such as slog.LevelInfo; nil means
	// all. With a *slog.LevelVar it can change while the app runs.
	Level slog.Leveler
	// Levels are those of some sources, by the beginning of their names, of
	// which the longest counts: "webview" is that of pages, others are import
	// paths of Go packages. See [Entry.Source].
	Levels map[string]slog.Level
	// Filter keeps a record from being written if it returns false. It may be
	// called by several goroutines at once.
	Filter func(Entry) bool
	// Format makes the text of a record, without a line feed at its end; nil is
	// [Format]. It may be called by several goroutines at once.
	Format func(Entry) string

	// MaxFileSize is how large a file may get, in bytes, before it is rotated;
	// zero means 40,000. A record that is longer is written nevertheless.
	MaxFileSize int64
	// Keep says what becomes of a file that is full. The zero value removes it.
	Keep Rotation
	// RotateAtStart has each start of the app begin a new file.
	RotateAtStart bool
	// Local has times in the system's time zone instead of UTC.
	Local bool

	// PageRate is how many records of each webview are written per second in the
	// long run; zero means 100. Ten times as many may come at once. What is more
	// is left out, and a record says how many there were.
	PageRate int
}

// Rotation says how many full files are kept beside the one that is written. They
// are named after the moment in which they were full: NAME_2006-01-02_15-04-05.log.
type Rotation int

const (
	// KeepOne keeps none: the log begins anew.
	KeepOne Rotation = 0
	// KeepAll keeps all of them.
	KeepAll Rotation = -1
)

// KeepSome keeps the newest n.
func KeepSome(n int) Rotation { return Rotation(max(n, 0)) }

// LevelTrace is the level of records that pages make by trace: it is below
// slog.LevelDebug.
const LevelTrace slog.Level = -8

const (
	// defaultSize is that of the published plugin.
	defaultSize = 40_000
	defaultRate = 100
	// event is that which attachLogger and attachConsole listen to.
	event = "log://log"
)

// Log is the plugin, and its API for Go. It is safe for concurrent use.
type Log struct {
	o       Options
	targets []*target
	pages   *limiter
	problem error // of the options

	mu    sync.Mutex
	tasks sync.WaitGroup
	log   *slog.Logger    // guarded by mu; nil unless the app runs
	said  map[string]bool // guarded by mu; functions of the app that have panicked
}

// New makes the plugin. Give its Plugin to App.AddPlugin. What is wrong with the
// options is reported by App.Run.
func New(o Options) *Log {
	if o.Targets == nil {
		o.Targets = []Target{{Kind: Stdout}, {Kind: LogDir}}
	}
	if o.MaxFileSize == 0 {
		o.MaxFileSize = defaultSize
	}
	if o.PageRate == 0 {
		o.PageRate = defaultRate
	}
	if o.Level == nil {
		o.Level = slog.Level(math.MinInt)
	}
	l := &Log{o: o}
	l.pages = newLimiter(o.PageRate, l.leftOut)
	if o.MaxFileSize < 0 || o.PageRate < 0 || o.Keep < KeepAll {
		l.problem = errors.New("MaxFileSize, PageRate and Keep must not be negative, but for KeepAll")
	}
	for _, t := range o.Targets {
		made, err := makeTarget(t)
		if err != nil {
			l.problem = errors.Join(l.problem, err)
			continue
		}
		l.targets = append(l.targets, made)
	}
	return l
}

// Plugin describes it to the app.
func (l *Log) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name:     "log",
		Commands: plugin.Commands{"log": plugin.Typed(l.record)},
		Default:  []string{"allow-log"},
		Events:   []string{event},
		Start:    l.start,
		Stop:     l.stop,
	}
}

// Logger is a logger that writes to the targets. Until the app runs, records for
// files and pages wait: up to 1 MiB of them, the oldest are dropped.
func (l *Log) Logger() *slog.Logger { return slog.New(l.Handler()) }

// Handler is the same for those who make their own logger, for instance with
// slog.SetDefault.
func (l *Log) Handler() slog.Handler { return &handler{log: l} }

// start opens the files, and has those records written that waited for it.
func (l *Log) start(ctx context.Context, app plugin.App) error {
	if l.problem != nil {
		return l.problem
	}
	l.mu.Lock()
	l.log = app.Log()
	l.mu.Unlock()
	files := map[string]*file{}
	for _, t := range l.targets {
		var to sink
		switch t.Kind {
		case LogDir, Folder:
			f, err := l.file(app, t, files)
			if err != nil {
				return err
			}
			to = f
		case Webview:
			to = newQueue(func(l line) error { return app.Emit(ctx, event, payload{l.text, number(l.level)}) })
		default:
			continue
		}
		if err := t.begin(to); err != nil {
			l.failed(t, err)
		}
	}
	return nil
}

// file is that of a target. Targets with the same path have the same file.
func (l *Log) file(app plugin.App, t *target, known map[string]*file) (*file, error) {
	dir, name := t.Path, t.Name
	if t.Kind == LogDir {
		d, ok := app.Directory("APPLOG")
		if !ok {
			return nil, fmt.Errorf("this system has no folder for logs: name one by a target of kind Folder: %w", errors.ErrUnsupported)
		}
		dir = d
	}
	if name == "" {
		name = fileName(app.Name())
	}
	path := filepath.Join(dir, name+".log")
	if f := known[path]; f != nil {
		return f, nil
	}
	f := &file{dir: dir, name: name, max: l.o.MaxFileSize, keep: l.o.Keep, local: l.o.Local}
	known[path] = f
	if err := f.start(l.o.RotateAtStart); err != nil {
		return nil, fmt.Errorf("log file: %w", err)
	}
	return f, nil
}

// stop writes what waits. Records that come later still go to the terminal and
// to files, which are opened for them once more.
func (l *Log) stop(ctx context.Context) {
	l.pages.flush()
	l.mu.Lock()
	l.log = nil
	l.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.tasks.Wait() // the context of start has ended
		for _, t := range l.targets {
			t.end()
		}
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// record is the command by which pages log.
func (l *Log) record(ctx context.Context, a recordArgs) (struct{}, error) {
	level, ok := levelOf(a.Level)
	if !ok {
		return struct{}{}, fmt.Errorf("level %d: want 1 (trace) to 5 (error)", a.Level)
	}
	window, err := windowOf(ctx)
	if err != nil {
		return struct{}{}, err
	}
	e := a.entry(level)
	e.Time, e.Window = l.now(time.Now()), window
	if l.wanted(e) && l.pages.take(window, e.size()) {
		l.write(e)
	}
	return struct{}{}, nil
}

// leftOut notes that a page has logged too much.
func (l *Log) leftOut(window string, records int) {
	l.write(Entry{
		Time: l.now(time.Now()), Level: slog.LevelWarn, Source: webviewSource, Window: window,
		Message: "records of this webview were left out: there were too many",
		Values:  []KeyValue{{"window", printable.Text(window, maxName)}, {"records", fmt.Sprint(records)}, {"perSecond", fmt.Sprint(l.o.PageRate)}},
	})
}

func (l *Log) now(t time.Time) time.Time {
	if l.o.Local {
		return t.Local()
	}
	return t.UTC()
}

// wanted reports whether a record is to be written, before what targets say.
func (l *Log) wanted(e Entry) bool {
	if e.Level < levelFor(e.Source, l.o.Levels, l.o.Level.Level()) {
		return false
	}
	return l.o.Filter == nil || l.call("Filter", func() bool { return l.o.Filter(e) }, true)
}

// write gives a record to all targets that want it.
func (l *Log) write(e Entry) {
	format := l.o.Format
	if format == nil {
		format = Format
	}
	var text string
	for _, t := range l.targets {
		if t.Kind == Webview && e.framework {
			continue
		}
		if t.Level != nil && e.Level < t.Level.Level() || t.Filter != nil && !l.call("Filter", func() bool { return t.Filter(e) }, true) {
			continue
		}
		own := text
		switch {
		case t.Format != nil:
			own = l.format(t.Format, e)
		case text == "":
			text = l.format(format, e)
			own = text
		}
		if err := t.put(line{own, e.Level}); err != nil {
			l.failed(t, err)
		}
	}
}

// format has the app make the text of a record, which survives a panic.
func (l *Log) format(f func(Entry) string, e Entry) (text string) {
	if !l.call("Format", func() bool { text = f(e); return true }, false) {
		return Format(e)
	}
	return text
}

// call calls a function of the app. If it panics, the result is otherwise.
func (l *Log) call(name string, f func() bool, otherwise bool) (result bool) {
	defer func() {
		if v := recover(); v != nil {
			result = otherwise
			l.panicked(name, v)
		}
	}()
	return f()
}

// panicked says it once for each function: what says it may be written by the
// same one.
func (l *Log) panicked(name string, v any) {
	l.mu.Lock()
	said := l.said[name]
	if l.said == nil {
		l.said = map[string]bool{}
	}
	l.said[name] = true
	l.mu.Unlock()
	if !said {
		l.tell("plugin log: a function of the app panicked", "function", name, "panic", fmt.Sprint(v))
	}
}

// failed says that a target does not take records, once until it does again.
func (l *Log) failed(t *target, err error) {
	if t.failing.CompareAndSwap(false, true) {
		l.tell("plugin log: records are missing in a log", "target", t.Kind.String(), "error", err)
	}
}

// tell logs by the app's logger, which may lead back here: so nobody waits for
// it.
func (l *Log) tell(message string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if log := l.log; log != nil {
		l.tasks.Go(func() { log.Warn(message, args...) })
	}
}

// levelFor is the least level of a source.
func levelFor(source string, levels map[string]slog.Level, otherwise slog.Level) slog.Level {
	longest := -1
	for name, level := range levels {
		rest, ok := strings.CutPrefix(source, name)
		if ok && len(name) > longest && (rest == "" || strings.ContainsRune(":/.", rune(rest[0]))) {
			longest, otherwise = len(name), level
		}
	}
	return otherwise
}
