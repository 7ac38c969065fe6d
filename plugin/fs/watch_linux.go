package fs

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	iofs "io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/plugin/files"
)

const (
	folderMask = unix.IN_ATTRIB | unix.IN_CLOSE_WRITE | unix.IN_CREATE | unix.IN_DELETE | unix.IN_MODIFY | unix.IN_MOVED_FROM | unix.IN_MOVED_TO |
		unix.IN_OPEN | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR
)

// inotify is a source by inotify(7). Folders are added by descriptors of what
// was judged. A file is watched by way of the folder that it is in, so that one
// that takes its place is seen as well.
type inotify struct {
	file *os.File
	log  *slog.Logger
	buf  []byte

	mu    sync.Mutex
	roots map[int32][]*watched // guarded by mu; by watch descriptor

	// Only next uses these.
	temps map[uint32]bool // trackers of files that take the place of others
	from  change          // the first end of the last rename
}

// watched is a folder, of which one file may be meant.
type watched struct {
	scope     *files.Scope
	path      string
	only      string // the name of the one file; "" for the folder
	recursive bool
	root      bool // it was asked for
}

func newSource(log *slog.Logger) (source, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if errors.Is(err, unix.EMFILE) {
		return nil, errors.New("this user has no inotify instances left (fs.inotify.max_user_instances)")
	}
	if err != nil {
		return nil, err
	}
	return &inotify{
		file: os.NewFile(uintptr(fd), "inotify"), log: log, buf: make([]byte, readSize),
		roots: map[int32][]*watched{}, temps: map[uint32]bool{},
	}, nil
}

// close makes next return.
func (n *inotify) close() { n.file.Close() }

func (n *inotify) add(s *files.Scope, path string, recursive bool) error {
	info, err := s.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		real, err := s.Judge(path)
		if err != nil {
			return err
		}
		// What is told about is judged, the folder itself need not be in scope.
		dir, err := os.OpenFile(filepath.Dir(real), unix.O_PATH|unix.O_DIRECTORY, 0)
		if err != nil {
			return err
		}
		defer dir.Close()
		return n.watch(dir, &watched{scope: s, path: path, only: filepath.Base(real), root: true})
	}
	return n.addTree(&watched{scope: s, path: path, recursive: recursive, root: true})
}

// addTree watches a folder, and those in it if it is recursive.
func (n *inotify) addTree(w *watched) error {
	dir, err := w.scope.Handle(w.path)
	if err != nil {
		return err
	}
	err = n.watch(dir, w)
	dir.Close()
	if err != nil || !w.recursive {
		return err
	}
	entries, err := w.scope.ReadDir(w.path, 1<<20)
	if err != nil {
		if w.root || !errors.Is(err, iofs.ErrNotExist) && !errors.Is(err, iofs.ErrPermission) {
			return err
		}
		return nil
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		err := n.addTree(&watched{scope: w.scope, path: filepath.Join(w.path, e.Name()), recursive: true})
		if errors.Is(err, errLimit) {
			return err
		}
		if err != nil {
			n.log.Debug("fs: a folder is not watched", "path", filepath.Join(w.path, e.Name()), "error", err)
		}
	}
	return nil
}

var errLimit = errors.New("more folders than can be watched")

// watch adds the folder of a descriptor.
func (n *inotify) watch(dir *os.File, w *watched) error {
	conn, err := dir.SyscallConn()
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.roots) >= maxFolders {
		return fmt.Errorf("%w: %d", errLimit, maxFolders)
	}
	var wd int
	own, err := n.file.SyscallConn() // it may be closed by now
	if err != nil {
		return err
	}
	cerr := conn.Control(func(at uintptr) {
		cerr := own.Control(func(fd uintptr) {
			wd, err = unix.InotifyAddWatch(int(fd), fmt.Sprintf("/proc/self/fd/%d", at), folderMask)
		})
		if cerr != nil {
			err = cerr
		}
	})
	if cerr != nil {
		err = cerr
	}
	if errors.Is(err, unix.ENOSPC) {
		return fmt.Errorf("%w: this user has no inotify watches left (fs.inotify.max_user_watches)", errLimit)
	}
	if err != nil {
		return err
	}
	n.roots[int32(wd)] = append(n.roots[int32(wd)], w)
	return nil
}

// forget ends the watches of a folder that has moved, with those of what is in
// it. Where it has moved to is told by another event.
func (n *inotify) forget(scope *files.Scope, path string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for wd, list := range n.roots {
		list = slices.DeleteFunc(slices.Clone(list), func(w *watched) bool {
			return w.scope == scope && !w.root && (w.path == path || strings.HasPrefix(w.path, path+"/"))
		})
		if len(list) > 0 {
			n.roots[wd] = list
			continue
		}
		delete(n.roots, wd)
		if conn, err := n.file.SyscallConn(); err == nil {
			_ = conn.Control(func(fd uintptr) { _, _ = unix.InotifyRmWatch(int(fd), uint32(wd)) }) // it may be gone
		}
	}
}

func (n *inotify) next() ([]change, error) {
	for {
		size, err := n.file.Read(n.buf)
		if err != nil {
			return nil, err
		}
		if list := n.changes(n.buf[:size]); len(list) > 0 {
			return list, nil
		}
	}
}

// changes reads struct inotify_event, as many as there are.
func (n *inotify) changes(b []byte) (list []change) {
	for len(b) >= unix.SizeofInotifyEvent {
		wd := int32(binary.NativeEndian.Uint32(b))
		mask, cookie, size := binary.NativeEndian.Uint32(b[4:]), binary.NativeEndian.Uint32(b[8:]), binary.NativeEndian.Uint32(b[12:])
		name := string(bytes.TrimRight(b[unix.SizeofInotifyEvent:unix.SizeofInotifyEvent+size], "\x00"))
		b = b[unix.SizeofInotifyEvent+size:]
		if mask&unix.IN_Q_OVERFLOW != 0 {
			list = append(list, change{kind: lost})
			continue
		}
		n.mu.Lock()
		at := n.roots[wd]
		if mask&unix.IN_IGNORED != 0 {
			delete(n.roots, wd)
		}
		n.mu.Unlock()
		for _, w := range at {
			for _, c := range n.change(w, mask, cookie, name) {
				list = append(list, c)
				switch {
				case c.kind == renamedFrom:
					n.from = c // the other end is the next event, but perhaps in the next read
				case c.kind == renamedTo && len(n.from.paths) > 0 && n.from.tracker == c.tracker:
					list = append(list, change{renamedBoth, []string{n.from.paths[0], c.paths[0]}, c.tracker})
				}
			}
		}
	}
	return list
}

// change is what an event means for what is watched in a folder.
func (n *inotify) change(w *watched, mask, cookie uint32, name string) []change {
	folder := mask&unix.IN_ISDIR != 0
	if files.IsTemporary(name) {
		if mask&unix.IN_MOVED_FROM != 0 {
			clear(n.temps) // the other end is the next event
			n.temps[cookie] = true
		}
		return nil
	}
	if strings.HasPrefix(name, "#") && isNumber(name[1:]) {
		return nil // a file that has no name
	}
	path := clean(w.path, name)
	if w.only != "" {
		if name != w.only {
			return nil
		}
		path = w.path
	}
	// What is denied is not told of.
	if name != "" && w.only == "" {
		if _, err := w.scope.Judge(path); err != nil && !errors.Is(err, iofs.ErrNotExist) {
			return nil
		}
	}
	choose := func(ifFolder, ifFile kind) kind {
		if folder {
			return ifFolder
		}
		return ifFile
	}
	var k kind
	switch {
	case mask&unix.IN_MOVED_FROM != 0:
		k = renamedFrom
	case mask&unix.IN_MOVED_TO != 0 && n.temps[cookie]:
		delete(n.temps, cookie)
		return []change{{kind: changedData, paths: []string{path}}, {kind: closedWriting, paths: []string{path}}}
	case mask&unix.IN_MOVED_TO != 0:
		k = renamedTo
	case mask&unix.IN_CREATE != 0:
		k = choose(createdFolder, createdFile)
	case mask&unix.IN_DELETE != 0:
		k = choose(removedFolder, removedFile)
	case mask&unix.IN_DELETE_SELF != 0 && w.root && w.only == "":
		k = removedFolder
	case mask&unix.IN_MOVE_SELF != 0 && w.root && w.only == "":
		k = renamedFrom
	case name == "":
		return nil
	case mask&unix.IN_MODIFY != 0:
		k = changedData
	case mask&unix.IN_ATTRIB != 0:
		k = changedMeta
	case mask&unix.IN_CLOSE_WRITE != 0:
		k = closedWriting
	case mask&unix.IN_OPEN != 0:
		k = opened
	default:
		return nil
	}
	list := []change{{k, []string{path}, cookie}}
	if folder && w.recursive && mask&unix.IN_MOVED_FROM != 0 {
		n.forget(w.scope, path)
	}
	if folder && w.recursive && mask&(unix.IN_CREATE|unix.IN_MOVED_TO) != 0 {
		made := n.grown(w, path)
		if mask&unix.IN_CREATE != 0 {
			list = append(list, made...)
		}
	}
	return list
}

// grown watches a folder that is new, and returns what is in it already: that may
// have been made before it was watched.
func (n *inotify) grown(w *watched, path string) (list []change) {
	if err := n.addTree(&watched{scope: w.scope, path: path, recursive: true}); err != nil {
		if errors.Is(err, errLimit) {
			n.log.Warn("fs: new folders are not watched", "error", err)
		}
		return nil
	}
	_ = w.scope.Walk(context.Background(), path, func(path string, info iofs.FileInfo) error { // it may be gone
		if len(list) == maxPending {
			return errLimit
		}
		k := createdFile
		if info.IsDir() {
			k = createdFolder
		}
		list = append(list, change{kind: k, paths: []string{path}})
		return nil
	})
	return list
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
