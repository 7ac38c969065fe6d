package ipc

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ErrChannelClosed is returned by Send when the page that made a channel has
// gone, or the channel was closed.
var ErrChannelClosed = errors.New("ipc: channel is closed")

// Channel sends messages to the page that passed it as an argument, in order.
// It is safe for concurrent use.
type Channel interface {
	// Send sends a JSON value of at most 8 MiB. It waits while too much is under
	// way to the page, until ctx is done.
	Send(ctx context.Context, v jsontext.Value) error
	// SendBytes sends bytes, which arrive as an ArrayBuffer.
	SendBytes(ctx context.Context, b []byte) error
	// Close ends the channel. It is closed by itself when its page goes.
	Close() error
}

// ChannelOpener opens the channels that the arguments of one message name.
type ChannelOpener interface {
	OpenChannel(id uint32) (Channel, error)
}

// ChannelSetter is implemented by pointers to types that stand for a channel
// in a command's arguments.
type ChannelSetter interface {
	SetChannel(Channel)
}

const channelPrefix = "__CHANNEL__:"

// ParseChannel reads the text by which a page passes a channel.
func ParseChannel(s string) (uint32, error) {
	digits, ok := strings.CutPrefix(s, channelPrefix)
	if ok {
		if id, err := strconv.ParseUint(digits, 10, 32); err == nil {
			return uint32(id), nil
		}
	}
	if len(s) > 64 {
		s = s[:64] + "…"
	}
	return 0, fmt.Errorf("invalid channel value `%s`, expected a string in the `__CHANNEL__:ID` format", s)
}

// ChannelUnmarshalers makes every [ChannelSetter] inside the arguments of m
// the channel that the page passed there.
func ChannelUnmarshalers(m *Message) *json.Unmarshalers {
	return json.UnmarshalFromFunc(func(d *jsontext.Decoder, c ChannelSetter) error {
		t, err := d.ReadToken()
		if err != nil {
			return err
		}
		if t.Kind() != '"' {
			return fmt.Errorf("invalid channel value, expected a string in the `__CHANNEL__:ID` format")
		}
		id, err := ParseChannel(t.String())
		if err != nil {
			return err
		}
		if m.Channels == nil {
			return errors.New("channels are not available here")
		}
		ch, err := m.Channels.OpenChannel(id)
		if err != nil {
			return err
		}
		c.SetChannel(ch)
		return nil
	})
}
