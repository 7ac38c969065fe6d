package mulliontest

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Channel is a channel of a page, which a command sends messages to: see
// [mullion.Channel]. It stands for itself in the arguments of a call.
type Channel struct {
	r  *running
	id int

	mu       sync.Mutex
	next     int                    // guarded by mu; the index of the message that is put next
	early    map[int]channelMessage // guarded by mu; came before others that were sent before
	messages []channelMessage       // guarded by mu; not taken yet
	end      int                    // guarded by mu; how many messages there are, -1 while that is open
}

// channelMessage is JSON, or bytes.
type channelMessage struct {
	json  jsontext.Value
	bytes []byte
	raw   bool
	err   error
}

func (p *Page) newChannel() *Channel {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastID++
	c := &Channel{r: p.app.r, id: p.lastID, early: map[int]channelMessage{}, end: -1}
	p.channels[c.id] = c
	return c
}

// MarshalJSON makes the channel an argument of a call.
func (c *Channel) MarshalJSON() ([]byte, error) {
	return []byte(`"__CHANNEL__:` + strconv.Itoa(c.id) + `"`), nil
}

// take notes a message; p.mu is held.
func (c *Channel) take(p *Page, kind string, index int, rest []jsontext.Value) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var m channelMessage
	switch {
	case kind == "x":
		c.end = index
		return
	case len(rest) == 0:
		return
	case kind == "c":
		m.json = rest[0].Clone()
	case kind == "b":
		var text string
		m.raw = true
		if m.err = json.Unmarshal(rest[0], &text); m.err == nil {
			m.bytes, m.err = base64.StdEncoding.DecodeString(text)
		}
	case kind == "s":
		id := string(rest[0])
		go func() {
			ctx, cancel := context.WithCancel(c.r.t.Context())
			defer cancel()
			b, err := p.stream(ctx, id)
			c.mu.Lock()
			defer c.mu.Unlock()
			c.put(index, channelMessage{raw: true, bytes: b, err: err})
		}()
		return
	}
	c.put(index, m)
}

// put puts messages in order; c.mu is held.
func (c *Channel) put(index int, m channelMessage) {
	c.early[index] = m
	for {
		m, ok := c.early[c.next]
		if !ok {
			return
		}
		delete(c.early, c.next)
		c.next++
		c.messages = append(c.messages, m)
	}
}

// Next waits for the next message and decodes it into v; bytes need a *[]byte.
// It reports false when the command has closed the channel and all messages
// were taken.
func (c *Channel) Next(v any) bool {
	c.r.t.Helper()
	var m channelMessage
	closed := false
	c.r.until(fmt.Sprintf("channel %d", c.id), func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		switch {
		case len(c.messages) > 0:
			m, c.messages = c.messages[0], c.messages[1:]
			return nil
		case c.end >= 0 && c.next >= c.end:
			closed = true
			return nil
		}
		return fmt.Errorf("there were %d messages, no further one came, and the command did not close it", c.next)
	})
	b, takesBytes := v.(*[]byte)
	switch {
	case closed:
		return false
	case m.err != nil:
		c.r.t.Fatalf("channel %d: %v", c.id, m.err)
	case v == nil:
	case m.raw && takesBytes:
		*b = m.bytes
	case m.raw:
		c.r.t.Fatalf("channel %d: the message is of %d bytes: a *[]byte takes them, not %T", c.id, len(m.bytes), v)
	default:
		if err := json.Unmarshal(m.json, v); err != nil {
			c.r.t.Fatalf("channel %d: the message is %s: %v", c.id, m.json, err)
		}
	}
	return true
}
