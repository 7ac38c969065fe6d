package mullion

// Fault is a failure of a process, and what happens next.
type Fault struct {
	// Component is "host", "webview", "worker", "network": the process in
	// which an engine does the networking of a host, and keeps what its pages
	// store, or "core": the app itself, see Options.Keep. Pages stay as they are
	// when one of the last two has ended.
	Component string
	// Windows are the labels of the windows concerned.
	Windows []string
	// Worker is the name of a worker.
	Worker string
	// Reason is a word: "killed", "crashed", "exited", "out of memory",
	// "launch failed", "hung", "blank", "used too much" or "protocol violation".
	Reason string
	Detail string
	// Failures is how often it has failed of late, this time included.
	Failures int
	// Restarting is false when Mullion gives up. Windows then show an error
	// page, from which the user can try again; if even that is not possible
	// they are closed. The next call of a worker tries again after a minute.
	Restarting bool
}
