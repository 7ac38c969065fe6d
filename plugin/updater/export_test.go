package updater

import "time"

// SetStall sets how long a server may send nothing. Call it before the app runs.
func (u *Updater) SetStall(d time.Duration) { u.stall = d }
