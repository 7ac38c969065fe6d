package core

import (
	"time"

	"github.com/mullion-dev/mullion/internal/wire"
)

// unseenTime is how long a window may take to become what the app wants it to
// be. Not every system makes every window so.
const unseenTime = 2 * time.Second

// unseen says which states of a window the app has asked for and nobody has seen
// yet. What is seen meanwhile is from before, and must not pass for a wish of the
// user.
type unseen struct {
	maximized, minimized, fullscreen bool
	until                            time.Time
}

// ask notes what a change asks for.
func (u *unseen) ask(before, after *wire.WindowState, o wire.WindowObserved) {
	*u = u.now()
	ask := func(unseen *bool, before, after, seen bool) {
		if before != after {
			*unseen = *unseen || after != seen
			u.until = time.Now().Add(unseenTime)
		}
	}
	ask(&u.maximized, before.Maximized, after.Maximized, o.Maximized)
	ask(&u.minimized, before.Minimized, after.Minimized, o.Minimized)
	ask(&u.fullscreen, before.Fullscreen, after.Fullscreen, o.Fullscreen)
}

// see notes what is seen.
func (u *unseen) see(wanted *wire.WindowState, o wire.WindowObserved) {
	u.maximized = u.maximized && wanted.Maximized != o.Maximized
	u.minimized = u.minimized && wanted.Minimized != o.Minimized
	u.fullscreen = u.fullscreen && wanted.Fullscreen != o.Fullscreen
}

// now is what still counts.
func (u *unseen) now() unseen {
	if !time.Now().Before(u.until) {
		return unseen{}
	}
	return *u
}
