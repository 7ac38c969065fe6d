// Splash finds files by the words in them. While it reads them at the start it
// shows a splash screen; the main window takes its place when it has something
// to show.
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mullion-dev/mullion"
)

//go:embed mullion.conf.json icon.png capabilities ui
var files embed.FS

func main() { mullion.Main(run) }

func run(ctx context.Context) error {
	list := flag.Bool("list", false, "index the files whose paths come on standard input, one a line")
	flag.Parse()
	folder := flag.Arg(0)
	if folder == "" {
		var err error
		if folder, err = os.UserHomeDir(); err != nil {
			return fmt.Errorf("%w; name the folder to index", err)
		}
	}
	app, err := mullion.New(mullion.Options{Files: files})
	if err != nil {
		return err
	}
	f := &finder{app: app, index: newIndex()}
	mullion.Handle(app, "search", f.search)
	mullion.Handle(app, "ready", f.ready)
	paths := walk(folder)
	if *list {
		paths = lines(os.Stdin)
	}
	go f.start(ctx, paths)
	return app.Run(ctx)
}

// finder is the app.
type finder struct {
	app   *mullion.App
	index *index
}

// progress is what the splash screen is told.
type progress struct {
	Files int    `json:"files"`
	Words int    `json:"words"`
	Path  string `json:"path"`
}

// tellEvery is how often the splash screen is told. More often nobody could
// read it.
const tellEvery = 40 * time.Millisecond

// start does the work that has to be done first, and then opens the main
// window, which nobody sees before its page is ready.
func (f *finder) start(ctx context.Context, paths func(func(string) bool)) {
	var told time.Time
	for path := range paths {
		if ctx.Err() != nil || !f.index.add(path) {
			break
		}
		if now := time.Now(); now.Sub(told) >= tellEvery {
			told = now
			f.tell(ctx, path)
		}
	}
	f.tell(ctx, "")
	o := f.app.WindowOptions("main")
	o.Hidden = true
	if _, err := f.app.OpenWindow(ctx, o); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		f.app.Quit()
	}
}

// tell sends progress to the splash screen. One that is not there yet misses
// it, and hears of the next.
func (f *finder) tell(ctx context.Context, path string) {
	n, words := f.index.size()
	if splash, err := f.app.Window("splash"); err == nil {
		_ = splash.Emit(ctx, "progress", progress{n, words, path})
	}
}

type none = struct{}

// ready is called by the page of the main window when there is something to
// see. It is called again when the page is loaded again.
func (f *finder) ready(ctx context.Context, _ none) (summary, error) {
	main, err := f.app.Window("main")
	if err != nil {
		return summary{}, err
	}
	if err := main.SetVisible(ctx, true); err != nil {
		return summary{}, err
	}
	if splash, err := f.app.Window("splash"); err == nil {
		splash.Close()
	}
	n, words := f.index.size()
	return summary{n, words, f.index.suggest(10)}, main.Focus(ctx)
}

type summary struct {
	Files int `json:"files"`
	Words int `json:"words"`
	// Try are words to begin with.
	Try []string `json:"try"`
}

type searchArgs struct {
	Query string `json:"query"`
}

type found struct {
	Total int      `json:"total"`
	Paths []string `json:"paths"`
}

// mostShown is how many results a page gets.
const mostShown = 200

func (f *finder) search(ctx context.Context, a searchArgs) (found, error) {
	paths := f.index.find(a.Query)
	r := found{len(paths), paths[:min(len(paths), mostShown)]}
	main, err := f.app.Window("main")
	if err != nil {
		return r, err
	}
	title := "Splash"
	if strings.TrimSpace(a.Query) != "" {
		title = fmt.Sprintf("%d found – Splash", r.Total)
	}
	return r, main.SetTitle(ctx, title)
}
