// Package transfer moves files between the user and hosts, which see nothing
// of the user's files themselves.
//
// New names the place, Open takes it. Each host has an inbox, from which it
// reads what Put has brought there, and an outbox, into which it writes what
// Stage has room for. Nothing here asks whether a host may have a file.
package transfer

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/mullion-dev/mullion/internal/desktop"
)

// ErrNotOpen is returned before Open and after Close.
var ErrNotOpen = errors.New("transfer: there is no place for files just now")

// Area is the place for the files of one run of an app. It is safe for
// concurrent use.
type Area struct {
	dir string // for all runs

	mu   sync.Mutex
	run  string   // guarded by mu; the folder of this run, "" while not open
	lock *os.File // guarded by mu; says that the run goes on
}

// New returns an area below dir, which no host may see as a whole. It does
// nothing yet.
func New(dir string) *Area { return &Area{dir: dir} }

// lockSuffix ends the name of the file that the run of an app holds a lock on,
// beside the folder of the run.
const lockSuffix = ".lock"

// Open makes the folder of this run and removes what runs that have ended
// left behind.
func (a *Area) Open() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.run != "" {
		return nil
	}
	if err := a.make(""); err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	run := filepath.Join(a.dir, random())
	lock, err := takeLock(run + lockSuffix)
	if err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	a.sweep(run)
	if err := a.make(filepath.Base(run)); err != nil {
		lock.Close()
		return fmt.Errorf("transfer: %w", err)
	}
	a.run, a.lock = run, lock
	return nil
}

// Resume goes on with the run of a process before this one, which has left it
// with the lock on it: see Leave. It takes the lock. Open then has nothing to do.
// A run of another area is none.
func (a *Area) Resume(run string, lock *os.File) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if info, err := os.Lstat(run); a.run != "" || filepath.Dir(run) != filepath.Clean(a.dir) || err != nil || !info.IsDir() {
		lock.Close()
		return false
	}
	a.run, a.lock = run, lock
	return true
}

// Leave forgets the run without ending it, for a process to come: see Resume.
// Somebody has to hold another descriptor of the lock.
func (a *Area) Leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.lock != nil {
		a.lock.Close()
	}
	a.run, a.lock = "", nil
}

// Run returns the folder of this run and the lock on it, which stays the area's;
// nil while it is not open.
func (a *Area) Run() (run string, lock *os.File) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.run, a.lock
}

// sweep removes the runs that nobody holds a lock on. What cannot be removed
// is left for the next time.
func (a *Area) sweep(mine string) {
	locks, _ := filepath.Glob(filepath.Join(a.dir, "*"+lockSuffix))
	for _, name := range locks {
		if run := strings.TrimSuffix(name, lockSuffix); run != mine {
			if lock, err := takeLock(name); err == nil {
				a.remove(filepath.Base(run))
				os.Remove(name)
				lock.Close()
			}
		}
	}
}

// Close removes all that is there.
func (a *Area) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.run == "" {
		return nil
	}
	err := a.remove(filepath.Base(a.run))
	os.Remove(a.run + lockSuffix)
	a.lock.Close()
	a.run, a.lock = "", nil
	if err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	return nil
}

// Inbox returns the folder that a host of that name may read, and nothing
// more. It is made if need be.
func (a *Area) Inbox(host string) (string, error) { return a.folder(host, "in") }

// Outbox returns the folder that a host of that name may write to. It is made
// if need be.
func (a *Area) Outbox(host string) (string, error) { return a.folder(host, "out") }

func (a *Area) folder(host, name string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.run == "" {
		return "", ErrNotOpen
	}
	dir := filepath.Join(filepath.Base(a.run), folderName(host), name)
	if err := a.make(dir); err != nil {
		return "", fmt.Errorf("transfer: %w", err)
	}
	return filepath.Join(a.dir, dir), nil
}

// make makes a folder of the area, and follows no link in it.
func (a *Area) make(below string) error {
	base, own := filepath.Split(filepath.Clean(a.dir))
	_, err := desktop.MakeOwn(base, filepath.Join(own, below))
	return err
}

// remove removes what is in the area under that name, and nothing that links in
// it lead to.
func (a *Area) remove(below string) error {
	dir, err := os.OpenRoot(a.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.RemoveAll(below)
}

// folderName makes a name for a folder of any text, so that no two texts have
// the same.
func folderName(text string) string {
	sum := sha256.Sum256([]byte(text))
	readable := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, text)
	return fmt.Sprintf("%.40s-%s", readable, hex.EncodeToString(sum[:8]))
}

// random returns a name that nobody guesses.
func random() string { return strings.ToLower(rand.Text()) }

// exists reports whether a name is taken.
func exists(err error) bool { return errors.Is(err, fs.ErrExist) }
