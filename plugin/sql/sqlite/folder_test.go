package sqlite

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/vfs"
)

// swapping does something between what the folder checks and what is opened.
type swapping struct {
	vfs.VFSFilename
	do func()
}

func (s swapping) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	s.do()
	return s.VFSFilename.OpenFilename(name, flags)
}

// TestSwapped: a link that is put in the way at the worst moment leads nowhere.
func TestSwapped(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "real"), 0o700), os.Symlink("real", filepath.Join(dir, "way"))); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{filepath.Join(dir, "real"), outside} {
		pool, err := driver.Open("file:" + filepath.ToSlash(filepath.Join(d, "x.db")))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pool.Exec("CREATE TABLE t (x)"); err != nil {
			t.Fatal(err)
		}
		pool.Close()
	}
	f, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	open := func() error {
		u := url.URL{Scheme: "file", Path: filepath.Join(f.dir, "way", "x.db"), RawQuery: url.Values{"vfs": {f.name}}.Encode()}
		pool, err := driver.Open(u.String())
		if err != nil {
			return err
		}
		defer pool.Close()
		var n int
		return pool.QueryRow("SELECT count(*) FROM t").Scan(&n)
	}
	if err := open(); err != nil {
		t.Errorf("a link that stays in the folder: %v", err)
	}
	f.os = swapping{f.os, func() {
		for _, err := range []error{os.Symlink(outside, filepath.Join(dir, "new")), os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "way"))} {
			if err != nil {
				t.Error(err)
			}
		}
	}}
	if err := open(); err == nil {
		t.Error("a database outside of the folder was read")
	}
}

func TestVacuum(t *testing.T) {
	for query, want := range map[string]bool{
		"VACUUM": true, " vacuum ; ": true, "VACUUM main": true, "VACUUM INTO'x'": false, "VACUUM main INTO 'x'": false, "VACUUM INTO $1": false,
		"VACUUM/**/INTO/**/'x'": false, "VACUUM;ATTACH'x'AS/**/a": false, "VACUUM; ATTACH 'x' AS a": false, "": false, "SELECT 1": false, "VACUUM\nINTO\n'x'": false,
	} {
		if got := isVacuum(query); got != want {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
}
