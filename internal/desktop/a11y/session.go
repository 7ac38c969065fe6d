package a11y

import (
	"context"
	"time"

	"github.com/mullion-dev/mullion/internal/desktop/bus"
)

// patience bounds each step of the search. Where a desktop is that slow, a
// program that has no accessibility is better than none.
const patience = time.Second

// onSessionBus asks the session bus for the address. That starts the
// accessibility bus if it is not there yet.
func onSessionBus() (address string) {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	conn, err := bus.Connect(ctx)
	if err != nil {
		return ""
	}
	defer conn.Close()
	object := conn.Object("org.a11y.Bus", "/org/a11y/bus")
	if object.CallWithContext(ctx, "org.a11y.Bus.GetAddress", 0).Store(&address) != nil {
		return ""
	}
	return address
}
