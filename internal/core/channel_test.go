package core_test

import (
	"context"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/ipc"
)

// TestChannelLimit: what is too large for a channel is an error, and what
// follows is sent.
func TestChannelLimit(t *testing.T) {
	var tooLarge, after error
	p := newPair(t, everything, core.Options{}, func(c *core.Core) {
		c.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			if m.Kind == ipc.Command && m.Name == "echo" {
				ch, err := m.Channels.OpenChannel(7)
				if err != nil {
					return ipc.Result{}, err
				}
				tooLarge = ch.Send(ctx, jsontext.Value(`"`+strings.Repeat("x", 8<<20)+`"`))
				after = ch.Send(ctx, jsontext.Value(`"y"`))
			}
			return next(ctx, m)
		})
	})
	if got := p.open("main", "app://localhost/").call(`["echo",{}]`); got != "o{}" {
		t.Errorf("got %s", got)
	}
	if tooLarge == nil || !strings.Contains(tooLarge.Error(), "a message of 8388610 bytes for a channel: at most 8388608") {
		t.Errorf("too large: %v", tooLarge)
	}
	if after != nil {
		t.Errorf("the next one: %v", after)
	}
}
