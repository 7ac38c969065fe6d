package files

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// evalSymlinks returns a function as filepath.EvalSymlinks that looks up each
// folder on the way to a path once. It is not safe for concurrent use.
func evalSymlinks() func(path string) (string, error) {
	if runtime.GOOS == "windows" {
		return once(filepath.EvalSymlinks) // which also tells how names are really written
	}
	var eval func(path string) (string, error)
	eval = once(func(path string) (string, error) {
		parent, name := filepath.Dir(path), filepath.Base(path)
		if path != filepath.Join(parent, name) || parent == path {
			return filepath.EvalSymlinks(path)
		}
		real, err := eval(parent)
		if err != nil {
			return "", err
		}
		at := filepath.Join(real, name)
		info, err := os.Lstat(at)
		switch {
		case err != nil:
			return "", err
		case info.Mode()&fs.ModeSymlink != 0:
			return filepath.EvalSymlinks(at)
		}
		return at, nil
	})
	return eval
}

// once remembers what f returns. It is not safe for concurrent use.
func once[T any](f func(path string) (T, error)) func(path string) (T, error) {
	type answer struct {
		value T
		err   error
	}
	known := map[string]answer{}
	return func(path string) (T, error) {
		a, ok := known[path]
		if !ok {
			a.value, a.err = f(path)
			known[path] = a
		}
		return a.value, a.err
	}
}
