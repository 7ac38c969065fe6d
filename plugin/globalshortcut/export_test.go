package globalshortcut

// Count is how many shortcuts there are.
func (s *Shortcuts) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}
