package shell

import (
	"context"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// pageChild is a program as a page names it.
type pageChild struct {
	page ipc.Page
	pid  uint32
}

// spawnOptions are SpawnOptions of the npm package.
type spawnOptions struct {
	Cwd      *string `json:"cwd,omitzero"`
	Encoding *string `json:"encoding,omitzero"`
	Sidecar  bool    `json:"sidecar,omitzero"`
	// Env is an object, which is added to the environment of the app, or null,
	// which clears it.
	Env jsontext.Value `json:"env,omitzero"`
	// Group is always so here.
	Group bool `json:"processGroup,omitzero"`
}

type executeArgs struct {
	Program string         `json:"program"`
	Args    jsontext.Value `json:"args,omitzero"`
	Options spawnOptions   `json:"options,omitzero"`
}

// command makes the command that a page asks for, if its scope has it.
func (s *Shell) command(ctx context.Context, a executeArgs) (app *mullion.App, page ipc.Page, cmd Command, err error) {
	if app, err = s.running(); err != nil {
		return nil, nil, cmd, err
	}
	if page, err = plugin.PageOf(ctx); err != nil {
		return nil, nil, cmd, err
	}
	args, err := parseGiven(a.Args)
	if err != nil {
		return nil, nil, cmd, err
	}
	var env map[string]string
	if a.Options.Env.Kind() == '{' {
		if err := ipc.Unmarshal(a.Options.Env, &env); err != nil {
			return nil, nil, cmd, fmt.Errorf("env: want strings by name: %w", err)
		}
	} else if k := a.Options.Env.Kind(); k != 0 && k != 'n' {
		return nil, nil, cmd, fmt.Errorf("env: want an object or null")
	}
	if n := len(a.Options.Env); n > maxEnv {
		return nil, nil, cmd, fmt.Errorf("env: %d bytes; the limit is %d", n, maxEnv)
	}
	m, _ := ipc.MessageFrom(ctx)
	if cmd, err = choose(m.Scope, a.Program, a.Options.Sidecar, args, env, s.directory); err != nil {
		return nil, nil, cmd, err
	}
	cmd.Env, cmd.ClearEnv = env, a.Options.Env.Kind() == 'n'
	if a.Options.Cwd != nil {
		cmd.Dir = *a.Options.Cwd
	}
	if a.Options.Encoding != nil {
		if cmd.Encoding = *a.Options.Encoding; cmd.Encoding == "" {
			return nil, nil, cmd, fmt.Errorf("unknown encoding ")
		}
	}
	return app, page, cmd, nil
}

// maxEnv bounds the environment that a page gives, in bytes.
const maxEnv = 128 << 10

// status is how a program has ended, as pages are told.
type status struct {
	Code   *int `json:"code"`
	Signal *int `json:"signal"`
}

func statusOf(s Status) status {
	if s.Signal != 0 || s.Code < 0 {
		return status{Signal: &s.Signal}
	}
	return status{Code: &s.Code}
}

type executed struct {
	status
	Stdout jsontext.Value `json:"stdout"`
	Stderr jsontext.Value `json:"stderr"`
}

func (s *Shell) execute(ctx context.Context, a executeArgs) (executed, error) {
	app, page, cmd, err := s.command(ctx, a)
	if err != nil {
		return executed{}, err
	}
	out, err := s.output(ctx, page.Context(), app, cmd, page)
	if err != nil {
		return executed{}, err
	}
	e := executed{status: statusOf(out.Status)}
	if e.Stdout, err = payload(cmd, out.Stdout); err == nil {
		e.Stderr, err = payload(cmd, out.Stderr)
	}
	return e, err
}

// payload is what a program has written, as pages get it: a string, or an array
// of numbers.
func payload(cmd Command, b []byte) (jsontext.Value, error) {
	if cmd.Encoding != "raw" {
		return ipc.Marshal(string(b))
	}
	text := make([]byte, 0, 2+4*len(b))
	text = append(text, '[')
	for i, c := range b {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendUint(text, uint64(c), 10)
	}
	return append(text, ']'), nil
}

// message is an event of a program, as pages get it.
type message struct {
	Event   string         `json:"event"`
	Payload jsontext.Value `json:"payload"`
}

type spawnArgs struct {
	Program string                   `json:"program"`
	Args    jsontext.Value           `json:"args,omitzero"`
	Options spawnOptions             `json:"options,omitzero"`
	OnEvent mullion.Channel[message] `json:"onEvent"`
}

func (s *Shell) spawn(ctx context.Context, a spawnArgs) (uint32, error) {
	app, page, cmd, err := s.command(ctx, executeArgs{a.Program, a.Args, a.Options})
	if err != nil {
		return 0, err
	}
	life := page.Context()
	send := func(event string, v jsontext.Value, err error) {
		if err != nil {
			event = "Error"
			v, _ = ipc.Marshal(err.Error())
		}
		_ = a.OnEvent.Send(life, message{event, v}) // a page that is gone takes its programs along
	}
	c, err := s.begin(life, app, cmd, page, true, func(e Event) {
		switch {
		case e.Err != nil:
			send("", nil, e.Err)
		case e.Stdout != nil:
			v, err := payload(cmd, e.Stdout)
			send("Stdout", v, err)
		default:
			v, err := payload(cmd, e.Stderr)
			send("Stderr", v, err)
		}
	})
	if err != nil {
		return 0, err
	}
	key := pageChild{page, uint32(c.PID())}
	s.mu.Lock()
	s.pages[key] = c
	s.mu.Unlock()
	go func() {
		ended, err := c.Wait()
		s.mu.Lock()
		if s.pages[key] == c {
			delete(s.pages, key)
		}
		s.mu.Unlock()
		v, marshal := ipc.Marshal(statusOf(ended))
		if err == nil {
			err = marshal
		}
		send("Terminated", v, err)
		_ = a.OnEvent.Close()
	}()
	return key.pid, nil
}

// child returns a program of the page that has called, or nil.
func (s *Shell) child(ctx context.Context, pid uint32) (*Child, error) {
	page, err := plugin.PageOf(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pages[pageChild{page, pid}], nil
}

type writeArgs struct {
	PID    uint32         `json:"pid"`
	Buffer jsontext.Value `json:"buffer"`
}

// write does nothing for a program that has ended, or is another page's.
func (s *Shell) write(ctx context.Context, a writeArgs) (struct{}, error) {
	c, err := s.child(ctx, a.PID)
	if c == nil || err != nil {
		return struct{}{}, err
	}
	var b []byte
	switch a.Buffer.Kind() {
	case '"':
		var text string
		err = ipc.Unmarshal(a.Buffer, &text)
		b = []byte(text)
	case '[':
		err = ipc.Unmarshal(a.Buffer, &b)
	default:
		err = fmt.Errorf("want a string or bytes")
	}
	if err != nil {
		return struct{}{}, fmt.Errorf("buffer: %w", err)
	}
	return struct{}{}, c.Write(ctx, b)
}

type killArgs struct {
	Cmd string `json:"cmd,omitzero"`
	PID uint32 `json:"pid"`
}

// kill does nothing for a program that has ended, or is another page's.
func (s *Shell) kill(ctx context.Context, a killArgs) (struct{}, error) {
	c, err := s.child(ctx, a.PID)
	if c != nil {
		c.Kill()
	}
	return struct{}{}, err
}

func (s *Shell) directory(name string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.door.Directory(name)
}
