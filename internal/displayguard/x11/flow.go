package x11

import "net"

// A fence is a request of the guard's own, in the stream of a client's, of which
// the client hears nothing. The guard waits for its answer before it sends much
// more. So the server, which keeps what a client does not read, has little to
// keep; and the last 16 bits of a number, which are all that its packets have,
// tell which request is meant.
const (
	// fenceRequests is after how many requests there is one. Each may have the
	// server send some events.
	fenceRequests = 512
	// fenceBytes is after how many bytes of answers there is one. An answer may
	// be longer, and comes alone then.
	fenceBytes = 4 << 20
	// maxFences is how many may be without an answer.
	maxFences = 1
)

// pace sends a fence where it is time for one. It waits while there are too
// many.
func (c *client) pace() error {
	if c.sent-c.fenced < fenceRequests && c.cost < fenceBytes {
		return nil
	}
	return c.fence()
}

func (c *client) fence() error {
	if err := c.waitFence(); err != nil {
		return err
	}
	c.fenced, c.cost = c.sent+1, 0
	return c.insert(getInputFocus, true)
}

// waitFence waits until there may be one more fence.
func (c *client) waitFence() error {
	select {
	case c.fences <- struct{}{}:
		return nil
	default:
	}
	if err := c.toServer.Flush(); err != nil {
		return err
	}
	select {
	case c.fences <- struct{}{}:
		return nil
	case <-c.done:
		return net.ErrClosed
	}
}

// catchUp waits until the server has served all that the client has asked for.
func (c *client) catchUp() error {
	err := c.fence()
	if err == nil {
		err = c.waitFence()
	}
	if err == nil {
		<-c.fences
	}
	return err
}

// atOnce judges a request when the server has served all before it. Else a client
// could have what it may do now done later, behind much that takes long.
func atOnce(judge func(*client, *message) verdict) func(*client, *message) verdict {
	return func(c *client, m *message) verdict {
		if err := c.catchUp(); err != nil {
			return verdict{end: true, why: err.Error()}
		}
		return judge(c, m)
	}
}

// insert sends a request of the guard's own in the stream of the client's.
func (c *client) insert(request []byte, fence bool) error {
	c.sent++
	c.expect(pending{seq: c.sent, mine: true, fence: fence})
	_, err := c.toServer.Write(request)
	return err
}

// expect notes a reply to exchange. Fences bound how many there are.
func (c *client) expect(p pending) {
	c.mu.Lock()
	c.pending = append(c.pending, p)
	c.mu.Unlock()
}

// settle takes out of the list what the server has gone past. It returns the
// entry that a packet of the current number answers, and what the number is to
// the client, which does not count the guard's requests.
func (c *client) settle(answers bool) (p pending, ok bool, number uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !ok && len(c.pending) > 0 {
		seq := c.pending[0].seq
		if ok = answers && seq == c.lastSeq; !ok && seq >= c.lastSeq {
			break
		}
		p = c.pending[0]
		c.pending[0] = pending{}
		c.pending = c.pending[1:]
		if p.mine {
			c.inserted++
		}
		if p.fence {
			<-c.fences
		}
	}
	number = c.lastSeq - c.inserted
	if !ok && len(c.pending) > 0 && c.pending[0].seq == c.lastSeq && c.pending[0].mine {
		number-- // an event after a request of the guard's that has no answer
	}
	return p, ok, number
}

// replyCost is how long a reply may be, in bytes.
func (m *message) replyCost() int {
	const most, usual = 4 << 20, 16 << 10
	switch m.name {
	case "GetImage":
		return 4 * int(m.u16(12)) * int(m.u16(14))
	case "GetProperty":
		return min(4*int(m.u32(20)), most)
	case "QueryColors":
		return 2 * m.size
	case "FetchRegion", "GetRectangles", "GetFBConfigs", "GetVisualConfigs":
		return most
	}
	return usual
}
