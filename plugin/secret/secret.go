// Package secret is the plugin secret: passwords and tokens of the app in the
// keyring of the user, by name. On Linux that is whatever offers the Secret
// Service on D-Bus, such as GNOME Keyring, KWallet or KeePassXC.
//
//	secrets := secret.New()
//	app.AddPlugin(secrets.Plugin())
//	…
//	err := secrets.Set(ctx, "token", []byte(token))
//
// The keyring encrypts what it keeps with the user's password, and on the way to it
// secrets are encrypted too. It does not keep the programs of one user apart: what
// runs with the user's rights outside of a sandbox can ask it as the app can.
//
// Other systems are not written yet: there every call is an error wrapping
// errors.ErrUnsupported.
package secret

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// The limits: bytes of a secret and of a name, and secrets of the app.
const (
	maxSecret  = 64 << 10
	maxName    = 256
	maxSecrets = 1000
)

// The attributes by which the items of the app are found, and the schema that
// tools show them with.
const (
	attributeApp    = "application"
	attributeName   = "name"
	attributeSchema = "xdg:schema"
	schema          = "dev.mullion.Secret"
)

var (
	// ErrNotFound is returned for a name without a secret.
	ErrNotFound = errors.New("there is no secret of that name")
	// ErrNoService is wrapped where there is no keyring.
	ErrNoService = errors.New("there is no keyring: no program offers org.freedesktop.secrets on the session bus " +
		"(GNOME Keyring, KWallet and KeePassXC do)")
	// ErrDismissed is returned when the user was asked to unlock the keyring and
	// has declined.
	ErrDismissed = errors.New("the user has not unlocked the keyring")
	// ErrLocked is wrapped where the keyring is locked and stays so.
	ErrLocked = errors.New("the keyring is locked")
)

// Secrets is the plugin, and its API for Go. It is safe for concurrent use. Its
// methods wait while the user is asked to unlock the keyring, until ctx ends;
// one of them works at a time.
type Secrets struct {
	app  plugin.App
	turn chan struct{} // holds an element while somebody has it
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New() *Secrets { return &Secrets{turn: make(chan struct{}, 1)} }

// Plugin describes it to the app. Nothing is granted by default: each command
// needs its permission, with the names that it is for.
func (s *Secrets) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name: "secret",
		Commands: plugin.Commands{
			"set": plugin.Typed(s.setCommand), "get": plugin.Typed(s.getCommand),
			"delete": plugin.Typed(s.deleteCommand), "list": plugin.Typed(s.listCommand),
		},
		Start: func(_ context.Context, app plugin.App) error {
			if app.Identifier() == "" {
				return errors.New("secrets are kept under the app's identifier, which the configuration lacks")
			}
			s.app = app
			return nil
		},
	}
}

// with calls f with a session, when it is this caller's turn.
func (s *Secrets) with(ctx context.Context, f func(r *ring) error) error {
	if s.app == nil {
		return errors.New("secrets are there once the app runs")
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	dial, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	r, err := open(dial)
	if err != nil {
		return fmt.Errorf("secrets: %w", err)
	}
	defer r.close()
	if err := f(r); err != nil {
		return fmt.Errorf("secrets: %w", explain(err, false))
	}
	return nil
}

// dialTimeout is how long the keyring may take to start.
const dialTimeout = 30 * time.Second

// attributes are those of the items of the app, or of the one with a name.
func (s *Secrets) attributes(name string) map[string]string {
	a := map[string]string{attributeApp: s.app.Identifier(), attributeSchema: schema}
	if name != "" {
		a[attributeName] = name
	}
	return a
}

// checkName refuses what is no name.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("a secret needs a name")
	case len(name) > maxName:
		return fmt.Errorf("the name of a secret has %d bytes; the limit is %d", len(name), maxName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return errors.New("the name of a secret has to be text without control characters")
	}
	return nil
}

// Set keeps a secret of up to 64 KiB under a name of up to 256 bytes, in place of
// the one that was there. The app can have 1,000.
func (s *Secrets) Set(ctx context.Context, name string, value []byte) error {
	return s.set(ctx, name, value, "application/octet-stream")
}

func (s *Secrets) set(ctx context.Context, name string, value []byte, contentType string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if len(value) > maxSecret {
		return fmt.Errorf("a secret of %d bytes; the limit is %d", len(value), maxSecret)
	}
	return s.with(ctx, func(r *ring) error {
		items, err := r.find(ctx, s.attributes(name))
		if err != nil {
			return err
		}
		w, err := r.wrap(value, contentType)
		if err != nil {
			return err
		}
		if len(items) > 0 {
			return r.replace(ctx, items[0], w)
		}
		unlocked, locked, err := r.search(ctx, s.attributes(""))
		if err != nil {
			return err
		}
		if len(unlocked)+len(locked) >= maxSecrets {
			return fmt.Errorf("the app has %d secrets already; delete some of them", maxSecrets)
		}
		return r.create(ctx, s.app.Name()+": "+name, s.attributes(name), w)
	})
}

// Get returns the secret of a name, or an error wrapping [ErrNotFound].
func (s *Secrets) Get(ctx context.Context, name string) (value []byte, err error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	err = s.with(ctx, func(r *ring) error {
		items, err := r.find(ctx, s.attributes(name))
		if err != nil {
			return err
		}
		if len(items) == 0 {
			return ErrNotFound
		}
		value, err = r.read(ctx, items[0])
		return err
	})
	return value, err
}

// Delete removes the secret of a name, and reports whether there was one.
func (s *Secrets) Delete(ctx context.Context, name string) (found bool, err error) {
	if err := checkName(name); err != nil {
		return false, err
	}
	err = s.with(ctx, func(r *ring) error {
		unlocked, locked, err := r.search(ctx, s.attributes(name))
		if err != nil {
			return err
		}
		if len(locked) > 0 {
			if err := r.unlock(ctx, locked); err != nil {
				return err
			}
		}
		for _, item := range append(unlocked, locked...) {
			if err := r.remove(ctx, item); err != nil {
				return err
			}
			found = true
		}
		return nil
	})
	return found, err
}

// List returns the names of the app's secrets, sorted. The keyring need not be
// unlocked for it.
func (s *Secrets) List(ctx context.Context) (names []string, err error) {
	err = s.with(ctx, func(r *ring) error {
		unlocked, locked, err := r.search(ctx, s.attributes(""))
		if err != nil {
			return err
		}
		for _, item := range append(unlocked, locked...) {
			name, err := r.nameOf(ctx, item)
			if err != nil {
				return err
			}
			if name != "" {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		names = slices.Compact(names)
		return nil
	})
	return names, err
}

// inScope reports whether the capabilities of the page grant a name: each entry
// of a scope is the pattern of a name. Without entries none is granted.
func inScope(ctx context.Context, name string) (allowed, denied bool, err error) {
	m, _ := ipc.MessageFrom(ctx)
	in := func(entries []jsontext.Value) (found bool, err error) {
		for _, e := range entries {
			var pattern string
			if err := ipc.Unmarshal(e, &pattern); err != nil {
				return false, fmt.Errorf("scope entry %s: want the pattern of a name, such as \"token-*\"", e)
			}
			g, err := capability.ParseGlob(pattern)
			if err != nil {
				return false, err
			}
			found = found || g.Match(name)
		}
		return found, nil
	}
	if denied, err = in(m.Scope.Deny); denied || err != nil {
		return false, denied, err
	}
	allowed, err = in(m.Scope.Allow)
	return allowed, false, err
}

// granted is an error unless a page may name a secret.
func granted(ctx context.Context, name, permission string) error {
	if err := checkName(name); err != nil {
		return err
	}
	allowed, denied, err := inScope(ctx, name)
	if err != nil || allowed {
		return err
	}
	refused := &capability.OutOfScopeError{Err: fmt.Errorf("the secret %q is not in the scope of secret:%s", name, permission)}
	if !denied {
		refused.Allow = []any{capability.EscapePath(name)}
	}
	return refused
}

type setArgs struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (s *Secrets) setCommand(ctx context.Context, a setArgs) (struct{}, error) {
	if err := granted(ctx, a.Name, "allow-set"); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.set(ctx, a.Name, []byte(a.Value), "text/plain; charset=utf8")
}

type nameArgs struct {
	Name string `json:"name"`
}

// getCommand returns null where there is no such secret.
func (s *Secrets) getCommand(ctx context.Context, a nameArgs) (*string, error) {
	if err := granted(ctx, a.Name, "allow-get"); err != nil {
		return nil, err
	}
	value, err := s.Get(ctx, a.Name)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(value) {
		return nil, fmt.Errorf("the secret %q is not text: only Go can read it", a.Name)
	}
	text := string(value)
	return &text, nil
}

func (s *Secrets) deleteCommand(ctx context.Context, a nameArgs) (bool, error) {
	if err := granted(ctx, a.Name, "allow-delete"); err != nil {
		return false, err
	}
	return s.Delete(ctx, a.Name)
}

func (s *Secrets) listCommand(ctx context.Context, _ struct{}) ([]string, error) {
	names, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	var errs []error
	names = slices.DeleteFunc(names, func(name string) bool {
		ok, _, err := inScope(ctx, name)
		errs = append(errs, err)
		return !ok
	})
	return names, errors.Join(errs...)
}
