// Player plays tunes that it writes itself. Its window has no frame of the
// system's: title bar, buttons and round corners are the page's.
package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mullion-dev/mullion"
)

//go:embed mullion.conf.json icon.png capabilities ui
var files embed.FS

func main() { mullion.Main(run) }

func run(ctx context.Context) error {
	app, err := mullion.New(mullion.Options{Files: files})
	if err != nil {
		return err
	}
	dir, err := app.Dir(mullion.AppDataDir)
	if err != nil {
		return err
	}
	l := library(filepath.Join(dir, "music"))
	mullion.Handle(app, "tunes", l.list)
	return app.Run(ctx)
}

// library is the folder that pages may read by the asset protocol, see
// mullion.conf.json.
type library string

type none = struct{}

type track struct {
	Title string `json:"title"`
	Path  string `json:"path"`
}

// list returns the tunes, and writes those that are not there yet.
func (l library) list(ctx context.Context, _ none) ([]track, error) {
	if err := os.MkdirAll(string(l), 0o700); err != nil {
		return nil, err
	}
	var tracks []track
	for _, t := range tunes {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		path := filepath.Join(string(l), t.title+".wav")
		if _, err := os.Stat(path); err != nil {
			if err := write(path, t.wav()); err != nil {
				return nil, fmt.Errorf("%s: %w", t.title, err)
			}
		}
		tracks = append(tracks, track{t.title, path})
	}
	return tracks, nil
}

// write writes a file that is there in full or not at all.
func write(path string, content []byte) error {
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
