package dev

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/bundler"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/devserver"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/hook"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/process"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// front has the front end served: by the server of beforeDevCommand, by one
// that somebody else has started, or by the built-in one, which bundles it or
// takes it as it is.
type front struct {
	s       *session
	project project.Front
	output  *term.Output
	command *process.Process  // nil: none runs
	server  *devserver.Server // nil: another one serves
	bundle  chan struct{}     // asks for the bundler; nil: there is none
	inputs  []string          // what was bundled, outside of the source's folder
	// happened has what the loop of the session has to do.
	happened chan func() error
	end      context.CancelFunc
	ended    chan struct{} // closed when the goroutines of the bundler have ended
}

// commandGrace is how long beforeDevCommand may take to end.
const commandGrace = 3 * time.Second

func startFront(ctx context.Context, s *session) (*front, error) {
	ctx, cancel := context.WithCancel(ctx)
	f := &front{s: s, project: s.p.Front(), happened: make(chan func() error), end: cancel, ended: make(chan struct{})}
	close(f.ended)
	err := f.start(ctx)
	if err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

func (f *front) start(ctx context.Context) error {
	b := &f.s.p.Config.Build
	if b.BeforeDevCommand != nil && !f.s.o.NoCommand {
		if err := f.run(ctx); err != nil {
			return err
		}
	}
	switch {
	case b.DevURL != "":
		go f.await(ctx, b.DevURL, silence)
		return nil
	case f.project.Source != "":
		return f.serve(ctx)
	case f.project.Dist != "":
		if err := f.project.EnsureDist(); err != nil {
			return err
		}
		if err := f.listen(); err != nil {
			return err
		}
		f.server.Serve(os.DirFS(f.project.Dist))
	}
	return nil
}

// run runs beforeDevCommand.
func (f *front) run(ctx context.Context) error {
	const key = "build.beforeDevCommand"
	b := &f.s.p.Config.Build
	c := b.BeforeDevCommand
	if b.DevURL != "" && answers(ctx, b.DevURL) {
		return term.Help(fmt.Errorf("something else answers at %s already", b.DevURL),
			"stop it, or give the dev server another port, in its own configuration and in build.devUrl; with --no-command a server that you have started is used")
	}
	spec := hook.Spec(f.s.p, c.Script, c.Cwd, true)
	if err := hook.Check(key, spec); err != nil {
		return err
	}
	if f.s.t.Color {
		spec.Env = append(spec.Env, "FORCE_COLOR=1")
	}
	f.output = f.s.t.Output("web", nil)
	spec.Output = f.output
	f.s.t.Say("running", "%s", c.Script)
	p, err := process.Start(spec)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	f.command = p
	if c.Wait {
		select {
		case <-p.Done():
			f.command = nil
			f.output.Flush()
			if p.Err() != nil {
				return hook.Failure(key, c.Script, spec.Dir, p)
			}
		case <-ctx.Done():
		}
		return nil
	}
	go func() {
		<-p.Done()
		f.output.Flush()
		f.do(ctx, func() error {
			f.command = nil
			if p.Err() == nil && b.DevURL != "" && answers(ctx, b.DevURL) {
				return nil // it has left a server in the background
			}
			return hook.Failure(key, c.Script, spec.Dir, p)
		})
	}()
	return nil
}

// do has the loop of the session do something.
func (f *front) do(ctx context.Context, what func() error) {
	select {
	case f.happened <- what:
	case <-ctx.Done():
	}
}

// answers reports whether somebody listens at an address.
func answers(ctx context.Context, address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	d := net.Dialer{Timeout: time.Second}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// silence is how long a server may leave a question without an answer before
// that is told.
const silence = 3 * time.Second

// await tells when the dev server answers, and what is waited for if that takes
// long. The window waits for it by itself.
func (f *front) await(ctx context.Context, address string, silence time.Duration) {
	const pause = 100 * time.Millisecond
	begun := time.Now()
	said := false
	for {
		if answers(ctx, address) {
			mute := time.AfterFunc(silence, func() {
				f.s.t.Say("waiting", "for %s: the server takes connections, but does not answer", address)
			})
			ok := responds(ctx, address)
			mute.Stop()
			if ok {
				break
			}
		}
		if !said && time.Since(begun) > time.Second {
			said = true
			f.s.t.Say("waiting", "for %s", address)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
	f.s.t.Say("serving", "%s, after %s", address, seconds(time.Since(begun)))
}

// responds asks a server for a page, and reports whether there is a response, of
// any kind. It waits as long as the server takes connections.
func responds(ctx context.Context, address string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	req.Header.Set("Accept", "text/html")
	c := &http.Client{
		// Nothing that the server says is believed, so it need not prove who it is.
		Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	r, err := c.Do(req)
	if err != nil {
		return false
	}
	r.Body.Close()
	return true
}

// listen starts the built-in dev server.
func (f *front) listen() error {
	var err error
	if port := f.s.o.Port; port != 0 {
		if f.server, err = devserver.Listen(port); errors.Is(err, devserver.ErrPortTaken) {
			err = term.Help(err, "give --port another one, or leave it out")
		}
	} else {
		port = usualPort(f.s.p.Main)
		if f.server, err = devserver.Listen(port); err != nil {
			f.s.t.Say("note", "port %d, which this project usually has, is taken: pages do not find what they have stored", port)
			f.server, err = devserver.Listen(0)
		}
	}
	if err != nil {
		return fmt.Errorf("the dev server: %w", err)
	}
	f.s.t.Say("serving", "%s at %s", f.s.name(f.folder()), f.server.URL())
	return nil
}

// usualPort is the port of a project, so that what pages store is there the
// next time. It is below those that systems give out by themselves.
func usualPort(dir string) int {
	const first, last = 10000, 30000
	h := fnv.New32a()
	h.Write([]byte(dir))
	return first + int(h.Sum32()%(last-first))
}

// folder is what the built-in server serves.
func (f *front) folder() string {
	if f.project.Source != "" {
		return f.project.Source
	}
	return f.project.Dist
}

// serve bundles the front end, again when asked to.
func (f *front) serve(ctx context.Context) error {
	if err := f.listen(); err != nil {
		return err
	}
	f.bundle = make(chan struct{}, 1)
	f.bundle <- struct{}{}
	f.ended = make(chan struct{})
	go func() {
		defer close(f.ended)
		b := bundler.New(bundler.Options{Dir: f.project.Source})
		defer b.Close()
		for {
			select {
			case <-f.bundle:
			case <-ctx.Done():
				return
			}
			begun := time.Now()
			out, err := b.Build()
			took := time.Since(begun)
			f.do(ctx, func() error {
				f.bundled(out, err, took)
				return nil
			})
		}
	}()
	return nil
}

// bundled shows what the bundler has made.
func (f *front) bundled(out *bundler.Output, err error, took time.Duration) {
	t := f.s.t
	var bad *bundler.Error
	switch {
	case errors.As(err, &bad):
		text := "the front end does not build"
		var plain []string
		for _, m := range bad.Messages {
			if m.File != "" {
				m.File = f.s.name(filepath.Join(f.project.Source, filepath.FromSlash(m.File)))
			}
			plain = append(plain, m.String())
			place := ""
			if m.Line > 0 {
				place = t.Paint(term.Bold, fmt.Sprintf("%s:%d:%d", m.File, m.Line, m.Column)) + ": "
			} else if m.File != "" {
				place = t.Paint(term.Bold, m.File) + ": "
			}
			text += "\n  " + place + t.Paint(term.Red, m.Text)
			if m.LineText != "" {
				text += "\n    " + m.LineText
				plain = append(plain, "    "+m.LineText)
			}
		}
		t.Fail(errors.New(text))
		f.server.Fail(plain)
		return
	case err != nil:
		t.Fail(fmt.Errorf("the front end does not build: %w", err))
		f.server.Fail([]string{err.Error()})
		return
	}
	for _, m := range out.Warnings {
		t.Warn("%s", m)
	}
	t.Say("bundled", "in %d ms", took.Milliseconds())
	f.server.Update(out.Files)
	f.inputs = slices.DeleteFunc(out.Inputs, func(name string) bool { return below(name, f.project.Source) })
	for _, name := range f.inputs {
		if err := f.s.watcher.Dir(filepath.Dir(name)); err != nil {
			t.Fail(err)
			return
		}
	}
}

// changed is told of changed files.
func (f *front) changed(names []string) {
	concerned := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return !slices.Contains(f.inputs, name) && (!below(name, f.folder()) || isTemporary(filepath.Base(name)))
	})
	switch {
	case len(concerned) == 0 || f.server == nil:
	case f.bundle != nil:
		select {
		case f.bundle <- struct{}{}:
		default: // it begins anew in any case
		}
	default:
		f.s.t.Say("changed", "%s", f.s.name(concerned[0]))
		var paths []string
		for _, name := range concerned {
			if rel, err := filepath.Rel(f.folder(), name); err == nil {
				paths = append(paths, filepath.ToSlash(rel))
			}
		}
		f.server.Changed(paths)
	}
}

// folders are those whose files come to pages by the dev server, so that no
// other program is needed when one changes.
func (f *front) folders() []string {
	var dirs []string
	for _, dir := range []string{f.project.Source, f.project.Dist} {
		if dir != "" && (f.server != nil || f.s.p.Config.Build.DevURL != "") {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// address is that of the built-in server, or empty.
func (f *front) address() string {
	if f.server == nil {
		return ""
	}
	return f.server.URL()
}

// close ends what serves the front end.
func (f *front) close() {
	f.end()
	if f.command != nil {
		f.command.Stop(commandGrace, f.s.o.Now)
	}
	if f.server != nil {
		f.server.Close()
	}
	<-f.ended
}
