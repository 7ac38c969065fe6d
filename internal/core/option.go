package core

// noEffect says in the log that an option of a page's call has none here, and
// why: nothing that is asked for is left out without a word.
func (c *Core) noEffect(d *document, option, reason string) {
	c.log.Info("mullion: an option has no effect on this system", "window", d.caller.Window, "option", option, "reason", reason)
}
