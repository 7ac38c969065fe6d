package process_test

import (
	"os"
	"os/signal"
	"syscall"
)

func untilTerminated() <-chan os.Signal {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGTERM)
	return ch
}
