// Package ui is the front end that all peers show.
package ui

import (
	"embed"
	"io/fs"
)

//go:embed files
var files embed.FS

// Files are the files of the front end.
func Files() fs.FS {
	sub, err := fs.Sub(files, "files")
	if err != nil {
		panic(err) // the name of a folder that is there
	}
	return sub
}
