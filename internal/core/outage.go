package core

import (
	"errors"

	"github.com/mullion-dev/mullion/internal/desktop/login"
	"github.com/mullion-dev/mullion/internal/shortage"
	"github.com/mullion-dev/mullion/internal/supervise"
)

// An outage is the lack of something that was there before in this run of the
// app, and may come back: a display server that is started again in the same
// login session (internal/desktop/login tells), descriptors,
// processes or memory that others use up for a while. The Core holds the data
// of the user, so it waits with its windows instead of ending with them.
// Before a host has ever been up the same is an error: somebody is about to
// start an app that cannot run, and should be told why.

// displayMissing is the code with which a host says that there is none:
// InitDisplay of internal/backend.
const displayMissing = "display"

// notLaunched is the ending of a host that could not be started.
func (c *Core) notLaunched(err error) supervise.Ending {
	return supervise.Ending{
		Kind: supervise.LaunchFailed, Detail: err.Error(),
		Permanent: errors.Is(err, errors.ErrUnsupported),
		Outage:    c.hosted.Load() && shortage.Is(err),
	}
}

// refused is the ending of a host that has said why it cannot work.
func (c *Core) refused(f *fatalError) supervise.Ending {
	e := supervise.Ending{Kind: supervise.LaunchFailed, Detail: f.fatal.Message, Permanent: f.permanent()}
	if f.fatal.Code == displayMissing && c.hosted.Load() {
		e.Permanent, e.Outage = false, true
	}
	return e
}

// withoutDisplay is the ending of a host that need not be started: the display
// is not there, or is not that of the session any more, with which the app ends.
func (c *Core) withoutDisplay() (e supervise.Ending, gone bool) {
	if !c.hosted.Load() {
		return e, false
	}
	switch err := c.opts.Login.Check(); {
	case errors.Is(err, login.ErrOther):
		c.endSession(err.Error())
		return supervise.Ending{Kind: supervise.Clean}, true
	case err != nil:
		return supervise.Ending{Kind: supervise.LaunchFailed, Detail: err.Error(), Outage: true}, true
	}
	return e, false
}

// withDisplay names the display as the reason of a host that has ended with it.
func (c *Core) withDisplay(e supervise.Ending) supervise.Ending {
	if e.Kind == supervise.Exited && errors.Is(c.opts.Login.Check(), login.ErrGone) {
		e.Detail = login.ErrGone.Error() + " (" + e.Detail + ")"
	}
	return e
}

// watchLogin ends the app with its login session.
func (c *Core) watchLogin() {
	l := c.opts.Login
	if l == nil {
		return
	}
	c.tasks.Go(func() {
		if why := l.Watch(c.ctx); why != "" {
			c.endSession(why)
		}
	})
}

// endSession ends the app with the login session that it was started in, as the
// other programs of that session end.
func (c *Core) endSession(why string) {
	c.log.Warn("mullion: the login session has ended, and the app ends with it", "why", why)
	c.shutdown(nil)
}
