// Package gocmd runs the go command for an app.
package gocmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/process"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// Find returns an error that says what to do if there is no go command.
func Find() error {
	if _, err := exec.LookPath("go"); err != nil {
		return term.Help(errors.New("the go command is missing"), "install Go, from https://go.dev/dl or by the packages of the system, and see that it is in PATH")
	}
	return nil
}

// Error is what the compiler says, or the go command.
type Error struct{ Output string }

func (e *Error) Error() string { return strings.TrimRight(e.Output, "\n") }

// Run runs the go command in a folder and returns what it prints to standard
// output. If it fails the error is an *Error. When ctx ends the command is
// killed, with what it has started.
func Run(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	process.Group(cmd)
	cmd.Dir = dir
	cmd.Env = append(Env(), env...)
	var out, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failed
	err := cmd.Run()
	switch exit := (*exec.ExitError)(nil); {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &exit):
		return out.Bytes(), &Error{failed.String() + out.String()}
	case err != nil:
		return nil, err
	}
	return out.Bytes(), nil
}

// Env is the environment for the go command: no C compiler, unless somebody
// asks for one.
func Env() []string {
	env := os.Environ()
	if os.Getenv("CGO_ENABLED") == "" {
		env = append(env, "CGO_ENABLED=0")
	}
	return env
}

// Package is what the go command knows of a package.
type Package struct {
	ImportPath, Name, Dir string
	Standard              bool
	GoFiles               []string
	EmbedPatterns         []string
	EmbedFiles            []string
	Module                *Module
	DepOnly               bool
}

// Module is what the go command knows of a module.
type Module struct {
	Path, Version, Dir, GoMod string
	Main                      bool
	Replace                   *Module
}

// Local reports whether a package is in a folder where somebody works on it,
// and not in the standard library or among downloaded modules.
func (p *Package) Local() bool {
	switch m := p.Module; {
	case p.Standard || p.Dir == "":
		return false
	case m == nil || m.Main:
		return true
	default:
		return m.Replace != nil && m.Replace.Version == ""
	}
}

// Packages lists the package in a folder, and all that it depends on, also if
// there are mistakes in them. The package itself is the last.
func Packages(ctx context.Context, dir string, env []string, tags string) ([]Package, error) {
	out, err := Run(ctx, dir, env, "list", "-e", "-deps", "-tags="+tags,
		"-json=ImportPath,Name,Dir,Standard,GoFiles,EmbedPatterns,EmbedFiles,Module,DepOnly", ".")
	if err != nil {
		return nil, err
	}
	var all []Package
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p Package
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		all = append(all, p)
	}
	return all, nil
}

// place is where a message of the compiler begins.
var place = regexp.MustCompile(`^((?:\./|\.\./|/)?[^\s:]+\.go:\d+(?::\d+)?): (.*)$`)

// Paint colours what the compiler says: places stand out.
func Paint(t *term.Term, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch m := place.FindStringSubmatch(line); {
		case m != nil:
			line = t.Paint(term.Bold, strings.TrimPrefix(m[1], "./")) + ": " + t.Paint(term.Red, m[2])
		case strings.HasPrefix(line, "# "):
			line = t.Paint(term.Dim, line)
		}
		b.WriteString("  " + line + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// frame is a line of a stack trace that says where a function is.
var frame = regexp.MustCompile(`^\t(\S+\.go:\d+)( \+0x[0-9a-f]+)?$`)

// logged begins the stack that a record of a log has as one quoted line.
const logged = ` stack="goroutine `

// PaintPanic returns a function that colours the lines of a panic: what it says,
// and the places in a folder, which become relative to it. A line of a log with
// a stack becomes one line, and those of the stack from the panic on.
func PaintPanic(t *term.Term, dir string) func(string) string {
	paint := func(line string) string {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return t.Paint(term.Red, line)
		}
		m := frame.FindStringSubmatch(line)
		if m == nil {
			return line
		}
		if rel, err := filepath.Rel(dir, m[1]); err == nil && filepath.IsLocal(rel) {
			return "\t" + t.Paint(term.Bold, rel)
		}
		return line
	}
	return func(line string) string {
		before, after, ok := strings.Cut(line, logged)
		if !ok {
			return paint(line)
		}
		quoted, err := strconv.QuotedPrefix(`"goroutine ` + after)
		if err != nil {
			return line // it was cut off
		}
		stack, err := strconv.Unquote(quoted)
		if err != nil {
			return line
		}
		lines := []string{t.Paint(term.Red, before) + strings.TrimPrefix(`"goroutine `+after, quoted)}
		for line := range strings.Lines(sinceApp(stack)) {
			lines = append(lines, paint(strings.TrimSuffix(line, "\n")))
		}
		return strings.Join(lines, "\n")
	}
}

// sinceApp leaves out the frames at the beginning of a stack that have caught
// and reported the panic.
func sinceApp(stack string) string {
	if i := strings.Index(stack, "\npanic("); i >= 0 {
		if parts := strings.SplitAfterN(stack[i+1:], "\n", 3); len(parts) == 3 {
			return parts[2]
		}
	}
	return stack
}
