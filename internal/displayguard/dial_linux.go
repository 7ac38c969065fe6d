package displayguard

import (
	"net"
	"time"

	"github.com/mullion-dev/mullion/internal/shortage"
)

// patience is how long a server may take to let a client in, or to say where the
// mouse is.
const patience = 5 * time.Second

// dial connects to a server, and waits out a shortage, such as that of places
// among those who wait for it: a server that is started by its first client, as
// Xwayland is by sway, takes none for a while. Libraries of clients wait, too.
func dial(socket string) (*net.UnixConn, error) {
	for end := time.Now().Add(patience); ; time.Sleep(shortagePause) {
		c, err := net.Dial("unix", socket)
		if err == nil {
			return c.(*net.UnixConn), nil
		}
		if !shortage.Is(err) || time.Now().After(end) {
			return nil, err
		}
	}
}
