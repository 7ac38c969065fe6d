package durable

// syncDir does nothing: Windows has no way to sync a folder, and NTFS keeps
// renames in its journal.
func syncDir(string) error { return nil }
