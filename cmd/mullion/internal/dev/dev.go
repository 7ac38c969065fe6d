// Package dev runs an app while it is developed: it serves the front end, or has
// it served, builds the program, starts it, and does so again when a file has
// changed.
package dev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/acl"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/gocmd"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/watch"
	"github.com/mullion-dev/mullion/internal/keeper"
)

// Options says how an app is developed. Only Dir and Term are required.
type Options struct {
	// Dir is in the folder of the app.
	Dir  string
	Term *term.Term
	// Port is that of the built-in dev server. 0 means one that stays the same
	// for the project, or any if that is taken.
	Port int
	// NoCommand leaves beforeDevCommand to somebody else.
	NoCommand bool
	// Restart starts the whole app again for each new program, windows
	// included.
	Restart bool
	// Debug keeps symbols in the program, for debuggers. Builds take longer.
	Debug bool
	// Tags are build tags, beside those in build.features.
	Tags string
	// Args are the arguments of the app.
	Args []string
	// Now is closed when there is no time to end in order.
	Now <-chan struct{}
	// Temp is a folder for programs, which Run removes. Empty: it makes one.
	Temp string
}

// session is an app under development. Its fields belong to the goroutine of
// Run.
type session struct {
	o       Options
	t       *term.Term
	p       *project.Project
	front   *front
	watcher *watch.Watcher
	sources *sources // nil: not known yet
	temp    string   // has the programs
	app     app
	output  *tail

	builds    int // names the programs
	cancel    context.CancelFunc
	built     chan buildResult
	listed    chan *sources // comes after built
	failed    bool          // the last build
	again     bool          // the next program is started even if it is the same
	unclaimed []string      // files that have changed since the last build began, and are nobody's yet
	current   string        // the program that runs, or is to
	previous  string        // the one before, until it is gone
	swapped   chan swapResult
	waiting   string             // a program that comes after the swap that is going on
	busy      bool               // a swap is going on
	giveUp    context.CancelFunc // ends it
	running   bool               // there is a program that has not ended
}

// swapResult is the end of a swap.
type swapResult struct {
	program string
	outcome outcome
	took    time.Duration
}

// MakeTemp makes a folder for programs.
func MakeTemp() (string, error) { return os.MkdirTemp(os.Getenv("GOTMPDIR"), "mullion-dev-") }

// Run develops an app until ctx ends or the app is closed. Its errors say what
// to do.
func Run(ctx context.Context, o Options) error {
	p, err := project.Find(o.Dir)
	if err != nil {
		return err
	}
	if err := p.CheckMain(); err != nil {
		return err
	}
	if err := gocmd.Find(); err != nil {
		return err
	}
	temp := o.Temp
	if temp == "" {
		if temp, err = MakeTemp(); err != nil {
			return err
		}
	}
	defer os.RemoveAll(temp)
	watcher, err := watch.New()
	if err != nil {
		return err
	}
	defer watcher.Close()
	s := &session{
		o: o, t: o.Term, p: p, watcher: watcher, temp: temp,
		built: make(chan buildResult), listed: make(chan *sources), swapped: make(chan swapResult),
	}
	s.t.Say("dev", "%s (%s)", p.Name(), p.Config.Identifier)
	if err := s.watch(); err != nil {
		return err
	}
	if s.front, err = startFront(ctx, s); err != nil {
		return err
	}
	defer s.front.close()
	s.makeApp()
	defer s.stop()
	s.build(ctx)
	return s.loop(ctx)
}

// watch watches the folder of the project. Other folders that programs are made
// of follow with the first list of sources.
func (s *session) watch() error {
	dist := s.p.Front().Dist
	return s.watcher.Tree(s.p.Main, func(dir string) bool {
		base := filepath.Base(dir)
		return strings.HasPrefix(base, ".") || base == "node_modules" || dir == dist && s.p.Front().Source != "" ||
			dir == dist && s.p.Config.Build.DevURL != ""
	})
}

func (s *session) makeApp() {
	output := s.t.Output("app", gocmd.PaintPanic(s.t, s.p.Main))
	s.output = &tail{to: output}
	var env []string
	if address := s.front.address(); address != "" {
		env = append(env, "MULLION_DEV_URL="+address)
	}
	ended := make(chan ending, 1)
	restarted := &plain{dir: s.p.Main, args: s.o.Args, env: env, output: s.output, ended: ended}
	if s.o.Restart || runtime.GOOS != "linux" {
		s.app = restarted
		return
	}
	s.app = &either{plain: restarted, kept: &kept{ended: ended, options: keeper.Options{
		Dir: s.p.Main, Args: s.o.Args, Env: append(os.Environ(), env...), Stdout: s.output, Stderr: s.output,
	}}}
}

// loop does what happens.
func (s *session) loop(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			s.t.Say("stopping", "%s", s.p.Name())
			return nil
		case names, ok := <-s.watcher.Changes():
			if ok {
				s.changed(ctx, names)
			}
		case err := <-s.watcher.Errors():
			s.t.Fail(fmt.Errorf("changes may be missed: %w", err))
		case r := <-s.built:
			s.hasBuilt(r)
		case r := <-s.swapped:
			s.hasSwapped(r)
		case e := <-s.app.ends():
			if e.closed {
				s.t.Say("closed", "%s", s.p.Name())
				return nil
			}
			s.hasEnded(e)
		case do := <-s.front.happened:
			if err := do(); err != nil {
				return err
			}
		case found := <-s.listed:
			s.sources = found
			s.follow()
			s.claim(ctx)
		}
	}
}

// changed is told of changed files.
func (s *session) changed(ctx context.Context, names []string) {
	s.front.changed(names)
	configured := slices.ContainsFunc(names, s.isConfig)
	concerned := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !s.concerns(name) })
	if len(concerned) == 0 && !configured {
		s.unclaimed = append(s.unclaimed, names[:min(len(names), maxUnclaimed)]...)
		s.unclaimed = s.unclaimed[max(0, len(s.unclaimed)-maxUnclaimed):]
		return
	}
	if configured && !s.reload() {
		return
	}
	if configured && len(concerned) == 0 {
		concerned = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !s.isConfig(name) })
	}
	s.t.Say("changed", "%s", s.names(concerned))
	s.again = s.again || configured
	s.build(ctx)
}

// maxUnclaimed bounds the changed files that are remembered.
const maxUnclaimed = 1000

// claim builds again if something has changed that belongs to the program, as is
// known only now: it was imported just before.
func (s *session) claim(ctx context.Context) {
	for _, name := range s.unclaimed {
		if s.concerns(name) {
			s.t.Say("changed", "%s", s.name(name))
			s.build(ctx)
			return
		}
	}
}

func (s *session) concerns(name string) bool {
	if s.sources == nil { // as before a first build that works
		return filepath.Ext(name) == ".go" || filepath.Base(name) == "go.mod"
	}
	return s.sources.concerns(name, s.failed)
}

func (s *session) isConfig(name string) bool {
	return (&sources{project: s.p}).isConfig(name) && !isTemporary(filepath.Base(name))
}

// reload reads configuration and capabilities again. It reports whether they
// are right: an app with others would not start.
func (s *session) reload() bool {
	p, err := s.p.Reload()
	if err == nil {
		_, err = acl.Read(p)
	}
	if err != nil {
		s.fail("The configuration has a mistake", err)
		return false
	}
	was, is := &s.p.Config.Build, &p.Config.Build
	if was.DevURL != is.DevURL || !same(was.BeforeDevCommand, is.BeforeDevCommand) || s.p.Front() != p.Front() {
		s.t.Warn("the keys of build that have changed count when mullion dev is started again")
	}
	s.p = p
	return true
}

func same[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

// fail tells of a mistake, in the terminal and over the windows.
func (s *session) fail(title string, err error) {
	s.failed = true
	s.t.Fail(err)
	s.app.notice(title, err.Error())
}

// names returns how changed files are called here. A file that is not there any
// more is told of only if there is no other one: it was a step of the change, as
// where a file is written beside the one that it replaces.
func (s *session) names(files []string) string {
	there := slices.DeleteFunc(slices.Clone(files), func(name string) bool {
		_, err := os.Lstat(name)
		return err != nil
	})
	if len(there) == 0 {
		there = files
	}
	if len(there) == 1 {
		return s.name(there[0])
	}
	return fmt.Sprintf("%s and %d more", s.name(there[0]), len(there)-1)
}

// name returns how a file is called here.
func (s *session) name(file string) string {
	if rel, err := filepath.Rel(s.p.Main, file); err == nil {
		return rel
	}
	return file
}

// hasBuilt goes on with a program that was built.
func (s *session) hasBuilt(r buildResult) {
	if r.build != s.builds {
		return // another one has begun since
	}
	var compiler *gocmd.Error
	switch {
	case errors.As(r.err, &compiler):
		s.failed = true
		s.t.Fail(fmt.Errorf("the build failed\n%s", gocmd.Paint(s.t, compiler.Error())))
		s.app.notice("The build failed", compiler.Error())
		return
	case r.err != nil:
		s.fail("The build failed", r.err)
		return
	}
	s.failed = false
	if s.running && !s.again && sameFile(r.program, s.current) {
		s.t.Say("built", "in %s: nothing has changed", seconds(r.took))
		s.app.clear()
		return
	}
	s.again = false
	s.t.Say("built", "in %s", seconds(r.took))
	if s.busy {
		s.waiting = r.program
		s.giveUp() // it may hang
		return
	}
	s.swap(r.program)
}

// swap has a program take over.
func (s *session) swap(program string) {
	s.busy, s.current, s.running = true, program, true
	s.output.reset()
	ctx, cancel := context.WithCancel(context.Background())
	s.giveUp = cancel
	go func() {
		defer cancel()
		begun := time.Now()
		s.swapped <- swapResult{program, s.app.swap(ctx, program), time.Since(begun)}
	}()
}

func (s *session) hasSwapped(r swapResult) {
	s.busy = false
	if s.previous != "" && s.previous != r.program {
		os.RemoveAll(filepath.Dir(s.previous))
	}
	s.previous = r.program
	switch {
	case r.outcome.err != nil:
		s.running = false
		s.t.Fail(term.Help(r.outcome.err, "the next change that builds is tried again"))
		text := noticeOf(r.outcome.printed)
		if text == "" {
			text = r.outcome.err.Error()
		}
		s.app.notice("The new program does not start", text)
	case len(r.outcome.renewed) > 0:
		s.t.Say("replaced", "in %d ms; some pages were loaded again, since what they may reach has changed: %s", r.took.Milliseconds(), strings.Join(r.outcome.renewed, ", "))
	case r.outcome.kept:
		s.t.Say("replaced", "in %d ms", r.took.Milliseconds())
	}
	if next := s.waiting; next != "" {
		s.waiting = ""
		s.swap(next)
	}
}

// hasEnded tells of a program that has ended by itself.
func (s *session) hasEnded(e ending) {
	s.running = false
	if what := s.output.panicked(); what != "" {
		e.text = "has ended: " + what
	}
	hint := "the next change that builds starts it again"
	if e.kept {
		hint = "its windows stay; " + hint
	}
	s.t.Fail(term.Help(fmt.Errorf("the app %s", e.text), "%s", hint))
}

// follow watches what the sources name outside of the project.
func (s *session) follow() {
	for _, dir := range s.sources.packages {
		if err := s.watcher.Dir(dir); err != nil {
			s.t.Fail(err)
			return
		}
	}
	for _, name := range s.sources.modules {
		s.watcher.Dir(filepath.Dir(name)) // an error was told above
	}
	for _, name := range slices.Concat(s.sources.embeds, s.sources.extra) {
		if below(name, s.p.Main) {
			continue
		}
		if err := s.watcher.Tree(name, nil); err != nil {
			s.t.Fail(err)
			return
		}
	}
}

// stop ends what runs.
func (s *session) stop() {
	if s.cancel != nil {
		s.cancel()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.app.stop(s.o.Now)
	}()
	for {
		select {
		case <-s.built:
		case <-s.listed:
		case <-s.swapped:
			s.busy = false
		case <-done:
			if s.busy {
				<-s.swapped
			}
			return
		}
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
