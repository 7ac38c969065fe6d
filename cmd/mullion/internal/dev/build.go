package dev

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/generate"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/gocmd"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// buildResult is what became of a build.
type buildResult struct {
	build   int
	program string
	took    time.Duration
	err     error
}

// devFlag makes a program one for developing; see devbuild.go in the root.
const devFlag = "-X github.com/mullion-dev/mullion.devBuild=1"

// build begins to build the program, in the place of the build before.
func (s *session) build(ctx context.Context) {
	if s.cancel != nil {
		s.cancel()
	}
	ctx, s.cancel = context.WithCancel(ctx)
	s.builds++
	s.unclaimed = nil
	n, p, o := s.builds, s.p, s.o
	dist := s.front.folders()
	program := filepath.Join(s.temp, fmt.Sprint(n), programName(p))
	go func() {
		r := buildResult{build: n, program: program}
		begun := time.Now()
		what := "the program"
		if n == 1 {
			what = "the program; this takes longest the first time"
		}
		stop := s.t.SayAfter(term.Slow, "building", "%s", what)
		if r.err = p.Front().EnsureDist(); r.err == nil {
			r.err = compile(ctx, p, o, program)
		}
		stop()
		r.took = time.Since(begun)
		types := make(chan error, 1)
		go func() { types <- writeTypes(ctx, s, p) }() // beside the start of the program
		s.built <- r
		// Also of what does not build: it says where a change may mend it.
		if found, err := findSources(ctx, p, dist, tags(p, o)); err == nil {
			s.listed <- found
		}
		if err := <-types; r.err == nil && err != nil && !endsWithin(ctx, unfinished) {
			s.t.Fail(fmt.Errorf("the TypeScript of the commands is out of date: %w", err))
		}
	}()
}

// unfinished is how long an error of sources that were built before is held
// back: it may come from a file that is being written just now, and then the
// next build is about to begin.
const unfinished = time.Second

// endsWithin waits until ctx ends, and reports whether it does in time.
func endsWithin(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return true
	case <-time.After(d):
		return false
	}
}

// here has the go command build for this machine, whatever somebody has set for
// other builds.
func here() []string { return []string{"GOOS=" + runtime.GOOS, "GOARCH=" + runtime.GOARCH} }

func compile(ctx context.Context, p *project.Project, o Options, program string) error {
	flags := devFlag
	if !o.Debug {
		// Linking without symbols takes half the time.
		flags += " -s -w"
	}
	_, err := gocmd.Run(ctx, p.Main, here(), "build", "-tags="+tags(p, o), "-ldflags="+flags, "-o", program, ".")
	return err
}

func tags(p *project.Project, o Options) string {
	all := slices.Clone(p.Config.Build.Features)
	if o.Tags != "" {
		all = append(all, o.Tags)
	}
	return strings.Join(all, ",")
}

func programName(p *project.Project) string {
	name := filepath.Base(p.Main)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return name
}

// sameFile reports whether two files have the same in them.
func sameFile(a, b string) bool {
	f, err := os.Open(a)
	if err != nil {
		return false
	}
	defer f.Close()
	g, err := os.Open(b)
	if err != nil {
		return false
	}
	defer g.Close()
	x, y := make([]byte, 256<<10), make([]byte, 256<<10)
	for {
		n, err := io.ReadFull(f, x)
		m, _ := io.ReadFull(g, y)
		if n != m || !bytes.Equal(x[:n], y[:m]) {
			return false
		}
		if err != nil {
			return err == io.EOF || err == io.ErrUnexpectedEOF
		}
	}
}

// writeTypes keeps the TypeScript of the app's commands fresh. A front end that
// is built of it hears of the change by its own server.
func writeTypes(ctx context.Context, s *session, p *project.Project) error {
	r, err := generate.Run(ctx, generate.Options{Dir: p.Main, Tags: tags(p, s.o)})
	for _, name := range r.Written {
		s.t.Say("wrote", "%s", s.name(name))
	}
	return err
}
