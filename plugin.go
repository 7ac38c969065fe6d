package mullion

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
)

// AddPlugin adds the commands of a plugin. Pages call them as
// plugin:<name>|<command>, if a capability grants them what the manifest
// declares: <name>:allow-<command> for each command, with hyphens for
// underscores, and its own permissions and sets. The name is m.Plugin, and
// the commands need not be listed in m. [ipc.Typed] makes a handler of an
// ordinary function.
//
// What is wrong with a plugin is reported by [App.Run].
func (a *App) AddPlugin(m capability.Manifest, commands map[string]ipc.Handler) {
	if err := a.addPlugin(m, commands); err != nil {
		a.problem(fmt.Errorf("plugin %q: %w", m.Plugin, err))
	}
}

func (a *App) addPlugin(m capability.Manifest, commands map[string]ipc.Handler) error {
	if m.Plugin == "" {
		return errors.New("the manifest names no plugin")
	}
	names := slices.Sorted(maps.Keys(commands))
	m.Commands = slices.Clone(m.Commands)
	for _, name := range names {
		if !slices.Contains(m.Commands, name) {
			m.Commands = append(m.Commands, name)
		}
	}
	a.mu.Lock()
	running := a.running
	if !running {
		a.plugins = append(a.plugins, m)
	}
	a.mu.Unlock()
	if running {
		return errors.New("it was added after Run; capabilities are resolved there")
	}
	for _, name := range names {
		if err := a.core.Register("plugin:"+m.Plugin+"|"+name, commands[name]); err != nil {
			return fmt.Errorf("command %q: %w", name, err)
		}
	}
	return nil
}
