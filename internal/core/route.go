package core

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mullion-dev/mullion/capability"
	words "github.com/mullion-dev/mullion/internal/document" // which is another document here
	"github.com/mullion-dev/mullion/ipc"
)

// chains is what messages go through. It is replaced as a whole when
// interceptors are added.
type chains struct {
	interceptors []ipc.Interceptor
	command      ipc.Handler
}

func (c *Core) rechain() {
	c.mu.RLock()
	in := c.interceptors
	c.mu.RUnlock()
	c.chains.Store(&chains{interceptors: in, command: ipc.Chain(c.runCommand, in...)})
}

// callerKey has the caller of a command in its context, which is out of reach
// of interceptors.
type callerKey struct{}

// runCommand is the end of the chain of commands: the capability check, which
// judges what the interceptors have made of the message, and the command.
func (c *Core) runCommand(ctx context.Context, m *ipc.Message) (ipc.Result, error) {
	if err := ctx.Err(); err != nil {
		return ipc.Result{}, context.Cause(ctx)
	}
	if from, ok := ctx.Value(callerKey{}).(ipc.Caller); !ok || m.From != from {
		return ipc.Result{}, fmt.Errorf("Command %s: an interceptor changed who calls, or did not pass its context on", m.Name)
	}
	if strings.HasPrefix(m.Name, webPrefix) || strings.HasPrefix(m.Name, capability.SandboxPrefix) {
		// Decisions of the engine and resources have permissions like
		// commands, but a page cannot call them.
		return ipc.Result{}, fmt.Errorf("Command %s %w", m.Name, ErrNoSuchCommand)
	}
	c.mu.RLock()
	h := c.commands[m.Name].handler
	c.mu.RUnlock()
	if plugin := pluginOf(m.Name); h == nil && m.From.Local && c.isMissing(plugin) {
		return ipc.Result{}, fmt.Errorf("Command %s %w: plugin %s is not part of this app", m.Name, ErrNoSuchCommand, plugin)
	}
	// Commands of the app that do not exist are simply not found; which ones
	// do is no secret to its own pages. Plugins are asked for by permission,
	// there or not, so that the answer says what is missing.
	if !m.From.FromCore() && (h != nil || !m.From.Local || strings.HasPrefix(m.Name, "plugin:")) {
		scope, err := c.Authority().Check(authCaller(m.From), m.Name)
		if err != nil {
			return ipc.Result{}, c.denied(m, err)
		}
		m.Scope = scope
	}
	if h == nil {
		c.log.Warn("mullion: a page calls a command that the app does not have", "command", m.Name, "from", m.From.String(), "window", m.From.Window,
			"hint", "register it with mullion.Handle"+words.DidYouMean(c.commandsLike(m.Name)...))
		return ipc.Result{}, fmt.Errorf("Command %s %w", m.Name, ErrNoSuchCommand)
	}
	r, err := h(ipc.WithMessage(ctx, m), m)
	if err != nil && !m.From.FromCore() {
		err = c.outOfScope(m, err)
	}
	return r, err
}

// pluginOf returns the plugin that a command is of; empty for the app's own.
func pluginOf(command string) string {
	if name, ok := strings.CutPrefix(command, "plugin:"); ok {
		name, _, _ = strings.Cut(name, "|")
		return name
	}
	return ""
}

// commandsLike returns the names of commands of the app that are almost that.
func (c *Core) commandsLike(name string) []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var own []string
	for known := range c.commands {
		if !strings.HasPrefix(known, "plugin:") {
			own = append(own, known)
		}
	}
	return words.Nearest(name, own, 3)
}

// denied logs a refusal and returns what the page is told. Remote pages
// learn nothing of files and permissions.
func (c *Core) denied(m *ipc.Message, err error) error {
	c.log.Warn("mullion: call refused", "command", m.Name, "from", m.From.String(), "window", m.From.Window, "error", err)
	var d *capability.DeniedError
	if !m.From.Local && errors.As(err, &d) {
		return errors.New(d.Summary())
	}
	return err
}

// outOfScope logs that a scope does not have what a page asks for, with what to add
// to which file, and returns the error that the page gets. Remote pages get it as
// the command has returned it.
func (c *Core) outOfScope(m *ipc.Message, err error) error {
	e, ok := errors.AsType[*capability.OutOfScopeError](err)
	if !ok {
		return err
	}
	remedy := c.Authority().Remedy(authCaller(m.From), m.Name, e)
	attrs := []any{"command", m.Name, "from", m.From.String(), "window", m.From.Window, "error", err}
	if remedy != "" {
		attrs = append(attrs, "hint", remedy)
	}
	c.log.Warn("mullion: call out of scope", attrs...)
	if remedy == "" || !m.From.Local {
		return err
	}
	return fmt.Errorf("%w: %s", err, remedy)
}

func authCaller(c ipc.Caller) capability.Caller {
	return capability.Caller{Window: c.Window, Webview: c.Webview, URL: c.URL, Local: c.Local}
}
