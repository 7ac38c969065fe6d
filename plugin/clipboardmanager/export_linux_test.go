package clipboardmanager

// Left counts what is under way: content that is read, and that is given.
func (c *Clipboard) Left() (readings, transfers int) {
	c.mu.Lock()
	s, ok := c.sys.(*x11System)
	c.mu.Unlock()
	if !ok {
		return 0, 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.readings), len(s.transfers) + s.multiples
}

// Limits are those that attacks run into.
const (
	MaxText      = maxText
	MaxTransfers = maxTransfers
)

// Windows are those of the connection: the one that owns the selection.
func (c *Clipboard) Window() uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sys.(*x11System).window
}
