package a11y

import (
	"context"
	"sync"
	"time"
)

// Await waits until Dial succeeds, or ctx ends, which is an error. It looks again
// when the desktop tells of a change: the property AT_SPI_BUS of the X display, or
// the owner of org.a11y.Bus on the session bus, which is waited for itself (bus.Await).
// A display that is not there at the call is not. While it waits, it has a connection
// to either.
func (d *Dialer) Await(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	changes := make(chan struct{}, 1)
	changed := func() {
		select {
		case changes <- struct{}{}:
		default: // one waits already
		}
	}
	var watching sync.WaitGroup
	for _, watch := range []func(ctx context.Context, watching, changed func()){watchDisplay, watchSessionBus} {
		watching.Add(1)
		began := sync.OnceFunc(watching.Done)
		go func() {
			defer began() // if it comes to nothing
			watch(ctx, began, changed)
		}()
	}
	watching.Wait()
	for pause := never; ; {
		if conn, err := d.Dial(); err == nil {
			return conn.Close()
		}
		// No sooner, whatever the desktop tells.
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(patience):
		}
		var again <-chan time.Time
		if pause < never {
			again = time.After(pause)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changes:
			pause = patience
		case <-again:
			pause *= 2
		}
	}
}

// never ends the searches that follow a change, each after a pause twice as long
// as the one before: who tells of a bus may do so before it takes connections.
const never = 16 * patience
