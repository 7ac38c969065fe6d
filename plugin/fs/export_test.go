package fs

// MaxHandles is how many files a page has open at most.
const MaxHandles = maxHandles

// SetReadSize has watchers that begin from now on read so many bytes of events at a
// time.
func SetReadSize(n int) { readSize = n }

// OpenFor is how many pages have files open.
func (f *FS) OpenFor() int {
	f.handles.mu.Lock()
	defer f.handles.mu.Unlock()
	return len(f.handles.ofPage)
}
