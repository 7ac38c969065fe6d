package webkitgtk

// liveCallbacks counts what C can still call back.
func (e *engine) liveCallbacks() int { return e.cb.count() }
