//go:build !linux

package files

// openDir opens a folder by a path without links.
func openDir(path string) (dir, error) { return walkDir(path, openRoot) }
