package launch

import (
	"context"
	"log/slog"
	"os"
	"slices"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Dialogs starts the process that shows native dialogs. It is as trusted as the Core, for what it
// shows are the files of the user; so it is not confined.
func Dialogs(log *slog.Logger) func(context.Context) (core.Child, error) {
	return func(context.Context) (core.Child, error) {
		conn, socket, err := wire.SocketPair()
		if err != nil {
			return nil, err
		}
		p, err := sandbox.Start(sandbox.Spec{
			Name:   "dialogs",
			Role:   DialogsRole,
			Socket: socket,
			Output: &output{log: log, from: []any{"host", "dialogs"}},
			Env:    dialogsEnv(os.LookupEnv),
		})
		if err != nil {
			conn.Close()
			return nil, err
		}
		return &child{Process: p, conn: conn}, nil
	}
}

// dialogsVariables are what it has of the environment beyond what a host has:
// where the user's folders and bookmarks are, where settings are kept, and how
// the user types.
var dialogsVariables = []string{
	"DBUS_SESSION_BUS_ADDRESS", "XDG_DATA_HOME", "GSETTINGS_BACKEND", "GSETTINGS_SCHEMA_DIR", "DCONF_PROFILE", "GTK_IM_MODULE", "XMODIFIERS", "NO_AT_BRIDGE", "AT_SPI_BUS_ADDRESS",
}

func dialogsEnv(lookup func(string) (string, bool)) (env []string) {
	var names []string
	for _, name := range dialogsVariables {
		if value, ok := lookup(name); ok {
			env = append(env, name+"="+value)
			names = append(names, name)
		}
	}
	if slices.Contains(names, "DBUS_SESSION_BUS_ADDRESS") && !slices.Contains(names, "NO_AT_BRIDGE") {
		env = append(env, "NO_AT_BRIDGE=0") // it finds the bus of screen readers itself
	}
	return env
}
