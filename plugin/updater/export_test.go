package updater

import "time"

// SetStall sets how long a server may send nothing. Call it before the app runs.
func (u *Updater) SetStall(d time.Duration) { u.stall = d }

// SetTotal sets how long a check may take. Call it before the app runs.
func (u *Updater) SetTotal(d time.Duration) { u.total = d }

// Checks is how many checks run, or wait for it.
func (u *Updater) Checks() (n int) {
	u.checks.mu.Lock()
	defer u.checks.mu.Unlock()
	for _, s := range u.checks.of {
		n += s.users
	}
	return n
}
