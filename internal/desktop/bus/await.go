package bus

import (
	"context"
	"errors"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	// firstPause is between the news of a bus and the try to connect to it: its
	// socket is there before it takes connections. Each further pause is twice as long.
	firstPause = 100 * time.Millisecond
	// seldom is the longest pause. With news, the tries end there; without any, as for
	// an address that is no path, it goes on like that.
	seldom = time.Minute
)

// Await connects to the session bus as Connect does, and waits for one that is not
// there yet, or not any more, until ctx ends. It looks at the address in the
// environment again when something is made where its socket belongs, and else once
// a minute at most; what is in the environment of others it cannot know. An error
// is that of ctx, or says that there never will be a bus.
func Await(ctx context.Context) (*dbus.Conn, error) {
	for pause := firstPause; ; {
		path, err := expected()
		if err != nil {
			return nil, err
		}
		news, stop := awaitSocket(path) // first, so that nothing is missed
		conn, err := Connect(ctx)
		if err == nil {
			stop()
			return conn, nil
		}
		var again <-chan time.Time
		if pause < seldom || news == nil {
			again = time.After(pause)
		}
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-news:
			pause, err = firstPause, nil
			select { // no more tries than that, whatever is made
			case <-ctx.Done():
			case <-time.After(firstPause):
			}
		case <-again:
			pause, err = min(2*pause, seldom), nil
		}
		stop()
		if err != nil {
			return nil, err
		}
	}
}

// errNever is returned where no bus can come.
var errNever = errors.Join(ErrNoBus, errors.New("and none is expected: DBUS_SESSION_BUS_ADDRESS names none, and XDG_RUNTIME_DIR is not set"))
