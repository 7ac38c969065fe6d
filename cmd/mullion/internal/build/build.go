// Package build makes the program of an app: the front end, the checks, and what
// the go command makes of it, for this system or others.
package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/bundler"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/gocmd"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/hook"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/process"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// Options says what is built. Only Dir and Term are required.
type Options struct {
	// Dir is in the folder of the app.
	Dir  string
	Term *term.Term
	// Targets are what to build for; none means this system.
	Targets []Target
	// Out is the folder for programs. Empty means bin in the folder of the main
	// package.
	Out string
	// Tags are build tags, beside those in build.features.
	Tags string
	// NoCommand leaves the front end as it is.
	NoCommand bool
	// Debug keeps symbols in the program.
	Debug bool
	// Verbose has Program.Parts filled in, for which each program is linked
	// once more.
	Verbose bool
}

// Result is what was built.
type Result struct {
	Name     string    `json:"name"`
	Version  string    `json:"version,omitempty"`
	Front    *Size     `json:"frontend,omitempty"`
	Programs []Program `json:"programs"`
	Warnings []string  `json:"warnings"`
}

// Size is how many files there are, and how many bytes they have.
type Size struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`

	pages int // of the files
}

// Program is a program that was built.
type Program struct {
	Target  string  `json:"target"`
	File    string  `json:"file"` // absolute
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
	Parts   []Part  `json:"parts,omitempty"` // the largest first
}

// Run builds. Its errors say what to do.
func Run(ctx context.Context, o Options) (*Result, error) {
	p, err := project.Find(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := p.CheckMain(); err != nil {
		return nil, err
	}
	if err := gocmd.Find(); err != nil {
		return nil, err
	}
	b := &builder{o: o, t: o.Term, p: p, result: &Result{Name: p.Name(), Version: p.Config.Version, Programs: []Program{}, Warnings: []string{}}}
	if err := p.Front().EnsureDist(); err != nil { // or Go files that embed it cannot be read
		return nil, err
	}
	if err := b.types(ctx); err != nil {
		return nil, err
	}
	if err := b.frontEnd(ctx); err != nil {
		return nil, err
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	return b.result, b.programs(ctx)
}

type builder struct {
	o      Options
	t      *term.Term
	p      *project.Project
	result *Result
}

func (b *builder) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	b.result.Warnings = append(b.result.Warnings, text)
	b.t.Warn("%s", text)
}

// frontEnd makes the front end, and sees whether it is there.
func (b *builder) frontEnd(ctx context.Context) error {
	front := b.p.Front()
	switch c := b.p.Config.Build.BeforeBuildCommand; {
	case b.o.NoCommand:
	case c != nil:
		if err := b.command(ctx, c.Script, c.Cwd); err != nil {
			return err
		}
	case front.Source != "":
		begun := time.Now()
		bundle := bundler.New(bundler.Options{Dir: front.Source, Release: true})
		defer bundle.Close()
		out, err := bundle.Build()
		if err != nil {
			return frontError(b.p, front.Source, err)
		}
		for _, m := range out.Warnings {
			b.warn("%s", m)
		}
		if err := out.Write(front.Dist); err != nil {
			return fmt.Errorf("the front end cannot be written: %w", err)
		}
		b.t.Say("bundled", "%s in %s", b.name(front.Source), seconds(time.Since(begun)))
	}
	if front.Dist == "" {
		return nil
	}
	size, err := sizeOf(front.Dist)
	if err == nil && size.pages == 0 {
		err = fmt.Errorf("build.frontendDist: %s has no page, which is a file such as index.html", b.name(front.Dist))
	}
	if err != nil {
		return term.Help(err, "build the front end first: build.beforeBuildCommand is the place for the command that does")
	}
	if project.IsPlaceholder(filepath.Join(front.Dist, "index.html")) {
		return term.Help(fmt.Errorf("build.frontendDist: there is no front end in %s", b.name(front.Dist)),
			"set build.beforeBuildCommand to the command that builds the front end")
	}
	b.result.Front = &size
	return nil
}

func frontError(p *project.Project, source string, err error) error {
	var bad *bundler.Error
	if !errors.As(err, &bad) {
		return fmt.Errorf("the front end does not build: %w", err)
	}
	text := "the front end does not build"
	for _, m := range bad.Messages {
		if rel, err := filepath.Rel(p.Main, filepath.Join(source, filepath.FromSlash(m.File))); err == nil && m.File != "" {
			m.File = rel
		}
		text += "\n  " + m.String()
		if m.LineText != "" {
			text += "\n    " + m.LineText
		}
	}
	return errors.New(text)
}

// command runs beforeBuildCommand.
func (b *builder) command(ctx context.Context, script, cwd string) error {
	const key = "build.beforeBuildCommand"
	spec := hook.Spec(b.p, script, cwd, false)
	if err := hook.Check(key, spec); err != nil {
		return err
	}
	if b.t.Color {
		spec.Env = append(spec.Env, "FORCE_COLOR=1")
	}
	output := b.t.Output("web", nil)
	spec.Output = output
	b.t.Say("running", "%s", script)
	p, err := process.Start(spec)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		p.Kill()
		return ctx.Err()
	}
	output.Flush()
	if p.Err() != nil {
		return hook.Failure(key, script, spec.Dir, p)
	}
	return nil
}

// programs builds the programs.
func (b *builder) programs(ctx context.Context) error {
	out := b.o.Out
	if out == "" {
		out = filepath.Join(b.p.Main, "bin")
	}
	out, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	targets := b.o.Targets
	if targets == nil {
		targets = []Target{{runtime.GOOS, runtime.GOARCH}}
	}
	for _, t := range targets {
		file := filepath.Join(out, b.fileName(t))
		program, err := b.program(ctx, t, file)
		if err != nil {
			return err
		}
		b.result.Programs = append(b.result.Programs, program)
		b.t.Say("built", "%s  %s in %s", b.name(file), term.Bytes(program.Bytes), seconds(time.Duration(program.Seconds*float64(time.Second))))
	}
	return nil
}

// fileName is what a program is called.
func (b *builder) fileName(t Target) string {
	name := b.p.Config.MainBinaryName
	if name == "" {
		name = filepath.Base(b.p.Main)
	}
	if b.o.Targets != nil {
		name += "-" + t.System + "-" + t.Arch
	}
	if t.System == "windows" {
		name += ".exe"
	}
	return name
}

// program builds one program.
func (b *builder) program(ctx context.Context, t Target, file string) (Program, error) {
	begun := time.Now()
	stop := b.t.SayAfter(term.Slow, "building", "%s for %s", b.name(file), t)
	err := b.compile(ctx, t, file, b.o.Debug)
	stop()
	if err != nil {
		return Program{}, err
	}
	if t.System == "windows" {
		if err := b.addResources(file); err != nil {
			return Program{}, err
		}
	}
	info, err := os.Stat(file)
	if err != nil {
		return Program{}, err
	}
	p := Program{Target: t.String(), File: file, Bytes: info.Size(), Seconds: time.Since(begun).Seconds()}
	if b.o.Verbose {
		if p.Parts, err = b.parts(ctx, t, p.Bytes); err != nil {
			return Program{}, err
		}
	}
	return p, nil
}

// compile runs go build.
func (b *builder) compile(ctx context.Context, t Target, file string, symbols bool) error {
	flags := "-s -w"
	if symbols {
		flags = ""
	}
	if t.System == "windows" {
		flags += " -H windowsgui" // without a console beside the windows
	}
	args := []string{"build", "-trimpath", "-tags=" + b.tags(), "-ldflags=" + strings.TrimSpace(flags), "-o", file, "."}
	_, err := gocmd.Run(ctx, b.p.Main, t.env(), args...)
	var compiler *gocmd.Error
	if errors.As(err, &compiler) {
		return fmt.Errorf("the build for %s failed\n%s", t, gocmd.Paint(b.t, compiler.Error()))
	}
	return err
}

func (b *builder) tags() string {
	all := slices.Clone(b.p.Config.Build.Features)
	if b.o.Tags != "" {
		all = append(all, b.o.Tags)
	}
	return strings.Join(all, ",")
}

// name returns how a file is called here.
func (b *builder) name(file string) string {
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, file); err == nil && filepath.IsLocal(rel) {
			return rel
		}
	}
	return file
}

func sizeOf(dir string) (s Size, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		s.Files++
		s.Bytes += info.Size()
		if strings.EqualFold(filepath.Ext(info.Name()), ".html") {
			s.pages++
		}
		return nil
	})
	return s, err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
