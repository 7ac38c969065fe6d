package core

import (
	"context"
	"errors"

	"github.com/go-json-experiment/json/jsontext"
)

// Substitutes are what a test puts in the place of processes and programs of
// the system. Nil leaves what is there.
type Substitutes struct {
	Launch        func(context.Context, Launch) (Child, error)
	LaunchDialogs func(context.Context) (Child, error)
	// OpenLink opens an address that was checked.
	OpenLink func(ctx context.Context, address string) error
	// Unconfined hosts may show remote pages: they run no code of a page.
	Unconfined bool
}

// Substitute is called before Run.
func (c *Core) Substitute(s Substitutes) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.Launch != nil {
		c.opts.Launch = s.Launch
	}
	if s.LaunchDialogs != nil {
		c.opts.LaunchDialogs, c.opts.ChooseFiles = s.LaunchDialogs, nil
	}
	if s.Unconfined {
		c.opts.MayShowOthers = nil
	}
	if s.OpenLink != nil {
		c.opts.Links.Open = s.OpenLink
	}
}

// LacksLibrary reports whether an error of Run says that a library of the
// system is missing, without which no host can show anything.
func LacksLibrary(err error) bool {
	var fatal *fatalError
	return errors.As(err, &fatal) && fatal.fatal.Code == "library"
}

// StateValue returns the value of a state, and the names of all of them.
func (c *Core) StateValue(name string) (v jsontext.Value, ok bool, names []string) {
	c.mu.RLock()
	s := c.states[name]
	for n := range c.states {
		names = append(names, n)
	}
	c.mu.RUnlock()
	if s == nil {
		return nil, false, names
	}
	v, _ = s.Get()
	return v, true, names
}
