package assets

import "testing"

func TestPlainWindowsPath(t *testing.T) {
	for path, want := range map[string]bool{
		`C:\Users\me\a.png`:     true,
		`\\server\share\a.png`:  true,
		`\\.\COM1`:              false,
		`\\?\C:\a`:              false,
		`\\server\pipe\x`:       false,
		`C:\a.txt:stream`:       false,
		`C:\dir\NUL`:            false,
		`\\server\MAILSLOT\any`: false,
	} {
		if got := plainWindowsPath(path); got != want {
			t.Errorf("%q: got %v, want %v", path, got, want)
		}
	}
}
