// Package generate reads the Go packages of an app, without running them, and
// writes what its front end and editors want to know of them: TypeScript with
// a typed function for each command, and JSON schemas for the configuration
// and for capability files.
package generate

import (
	"context"
	"path/filepath"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/internal/bridge"
)

// Options says what to generate. Only Dir is required.
type Options struct {
	// Dir is the folder of the app's main package, or one below it without Go
	// files. The configuration is looked for there and in the folders above.
	Dir string
	// Out is the folder to write the TypeScript to, relative to Dir unless it
	// is absolute. Empty means the folder that the app names with a comment
	// //mullion:bindings FOLDER in its main package, or else the default: see
	// docs/generate.md.
	Out string
	// Tags are build tags, as go build -tags has them.
	Tags string
	// Check writes nothing: Result.Stale tells what would be written.
	Check bool
}

// Result is what was generated. All paths are absolute and sorted.
type Result struct {
	// Written are the files that were made or changed.
	Written []string
	// Stale are, with Options.Check, the files that are missing or not as they
	// would be written.
	Stale []string
	// Fresh are the files that are as they should be.
	Fresh []string
	// Warnings are about what was left out.
	Warnings []string
}

// Run generates. An error about the app's code is an [Errors], which has a
// line with a place for each mistake. Then nothing was written. What is as it
// should be is not written again, so that nobody who watches files is told.
func Run(ctx context.Context, o Options) (Result, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return Result{}, err
	}
	// What messages are relative to is what the go command calls the folder.
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	found, err := project.Find(dir)
	if err != nil {
		return Result{}, err
	}
	if own, _ := filepath.Glob(filepath.Join(dir, "*.go")); len(own) == 0 {
		dir = found.Main
	}
	p, err := load(ctx, dir, o.Tags)
	if err != nil {
		return Result{}, err
	}
	f := find(p)
	l := layoutOf(dir, found)
	out, named := o.Out, o.Out != ""
	if !named {
		if out, named = p.bindingsNote(); !named {
			out = l.bindings()
		}
	} else if !filepath.IsAbs(out) {
		out = filepath.Join(dir, out)
	}
	api := apiModule
	if l.ownAPI() {
		api = "./api.js"
	}
	text, errs := render(f, api)
	if len(errs) > 0 {
		return Result{}, errs
	}
	var files []output
	var warnings []string
	if out == "" {
		warnings = append(warnings, "no TypeScript is written: the front end has neither a package.json nor a tsconfig.json; name a folder for it by --out, or by a comment //mullion:bindings FOLDER in the main package")
	} else {
		files = append(files, output{path: filepath.Join(out, "index.ts"), text: []byte(text)})
		if l.ownAPI() {
			files = append(files, output{path: filepath.Join(out, "api.js"), text: bridge.API()}, output{path: filepath.Join(out, "api.d.ts"), text: bridge.APITypes()})
		}
	}
	schemas, err := schemas(found, p)
	if err != nil {
		return Result{}, err
	}
	r, err := write(append(files, schemas...), o.Check)
	r.Warnings = warnings
	return r, err
}

// Errors are what is wrong in the app's code.
type Errors []*Error

// Error is one thing that cannot be typed, or does not compile.
type Error struct {
	// Place is file:line:column, the file as it is told in messages: relative
	// to Options.Dir where it is below it.
	Place string
	// Text says what is wrong and what to do about it.
	Text string
}

func (e *Error) Error() string { return e.Place + ": " + e.Text }

func (e Errors) Error() string {
	var text string
	for i, one := range e {
		if i > 0 {
			text += "\n"
		}
		text += one.Error()
	}
	return text
}
