// Package selftest tries what an app needs of its system, one thing after the other, and prints what
// has become of each. It has the pages for that, and speaks with them. Begin with Run.
package selftest

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"
)

// Argument starts an app as its self-test, if it is the only one.
const Argument = "--mullion-selftest"

//go:embed files
var files embed.FS

// Files is what the app of the test shows: a configuration, a capability and a page.
func Files() (fs.FS, error) { return fs.Sub(files, "files") }

// A Step is one thing that is tried.
type Step struct {
	Name string
	// Try returns what is worth knowing if it went well. What the system lacks is an error that
	// wraps errors.ErrUnsupported.
	Try func(ctx context.Context) (detail string, err error)
	// Needed ends the test if it goes wrong: nothing after it can go well.
	Needed bool
}

// patience is how long a step may take. A first start of an engine on a busy machine takes long.
const patience = time.Minute

// Run tries steps and prints a line for each: pass, lack or FAIL, its name, how long it took, and
// a detail. It returns how many have failed.
func Run(ctx context.Context, out io.Writer, steps []Step) (failed int) {
	var passed, lacking, left int
	for i, s := range steps {
		begun := time.Now()
		detail, err := try(ctx, s)
		verdict := "pass"
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			verdict, detail = "lack", err.Error()
			lacking++
		case err != nil:
			verdict, detail = "FAIL", err.Error()
			failed++
		default:
			passed++
		}
		// One line each, whatever an error says.
		fmt.Fprintf(out, "%s  %-14s %6d ms  %s\n", verdict, s.Name, time.Since(begun).Milliseconds(), strings.Join(strings.Fields(detail), " "))
		if err != nil && s.Needed {
			left = len(steps) - i - 1
			break
		}
	}
	fmt.Fprintf(out, "%d passed, %d not there on this system, %d failed, %d not tried\n", passed, lacking, failed, left)
	return failed
}

func try(ctx context.Context, s Step) (detail string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("it took more than %v", patience))
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	detail, err = s.Try(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil && errors.Is(err, ctx.Err()) {
		err = cause
	}
	return detail, err
}
