package x11

import "slices"

// queryExtension hides what a host may not see.
func (c *client) queryExtension(m *message) verdict {
	n := int(m.u16(4))
	if 8+n > len(m.data) {
		return verdict{code: badLength, why: "it ends too early"}
	}
	name := string(m.data[8 : 8+n])
	if _, ok := c.guard.server.extensions[name]; ok {
		return pass
	}
	return answer(newReply(32), "") // there is no such extension
}

func (c *client) listExtensions(*message) verdict {
	var names []string
	for name := range c.guard.server.extensions {
		names = append(names, name)
	}
	slices.Sort(names)
	p := newReply(32)
	p[1] = byte(len(names))
	for _, name := range names {
		p = append(append(p, byte(len(name))), name...)
	}
	p = append(p, make([]byte, pad(len(p))-len(p))...)
	order.PutUint32(p[4:], uint32(len(p)-32)/4)
	return answer(p, "")
}

// enableLarge has the server take large requests, and tells no greater length
// than the guard takes.
func (c *client) enableLarge(*message) verdict {
	c.large = true
	return verdict{edit: func(p []byte) []byte {
		order.PutUint32(p[8:], min(order.Uint32(p[8:]), maxRequest/4))
		return p
	}}
}
