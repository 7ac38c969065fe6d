package sandbox

import (
	"errors"
	"path/filepath"

	"github.com/mullion-dev/mullion/internal/wayland"
)

// contextEngine is what compositors know by that clients were confined by us.
const contextEngine = "dev.mullion"

// secureDisplay gives the guard a socket of a security context in the place of
// the compositor's own, if the compositor makes one. Then it hides by itself, too,
// what is not for confined clients, and knows whose windows they are. Without
// one the guard alone does. The context ends with the child.
func (c *confinement) secureDisplay(app string, getenv func(string) string) error {
	path, err := c.folder.file("context")
	if err != nil {
		return err
	}
	socket, err := listenAt(path)
	if err != nil {
		return err
	}
	defer socket.Close()
	c.context, err = wayland.NewSecurityContext(waylandSocket(getenv), socket, wayland.SecurityContext{
		Engine: contextEngine, App: app, Instance: filepath.Base(c.folder.path),
	})
	switch {
	case errors.Is(err, errors.ErrUnsupported):
	case err != nil:
		c.display.Detail += ", without a " + err.Error()
	default:
		c.display.Detail += ", in a security context"
		c.compositor = path
	}
	return nil
}
