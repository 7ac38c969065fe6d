package files

import "path/filepath"

// steady keeps pages from moving folders until done is called.
func (s *Scope) steady() (done func()) {
	if s.grants == nil {
		return func() {}
	}
	s.grants.moving.RLock()
	return s.grants.moving.RUnlock
}

// here judges a name in a folder once more, by where the folder is now. It is for
// what is made there, while nothing moves.
func (s *Scope) here(d dir, name, asked string) error {
	at, err := d.where()
	if err != nil {
		return err
	}
	return s.match(filepath.Join(at, name), asked)
}
