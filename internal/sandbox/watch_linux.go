package sandbox

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A kernel that refuses says so to the caller alone. Where a child is watched
// (Spec.Watch), the filter hands over the calls that name a file, and those of
// the list of denials. The former go on in any case: it is the layers that
// decide, and what is read here, which another thread of the child could
// change, goes to a log and nowhere else. The latter get the answer that the
// kernel would have given.

// look is to ask whether a file is there. What a view does not have is not;
// where there are only rules, everybody may ask.
const look access = 0x80

// watched are the calls that name a file. An argument of -1 is not there.
var watched = []struct {
	call              string
	folder, path, how int
	need              access // 0: how says
}{
	{"open", -1, 0, 1, 0},
	{"openat", 0, 1, 2, 0},
	{"stat", -1, 0, -1, look},
	{"lstat", -1, 0, -1, look},
	{"newfstatat", 0, 1, -1, look},
	{"statx", 0, 1, -1, look},
	{"access", -1, 0, -1, look},
	{"faccessat", 0, 1, -1, look},
	{"faccessat2", 0, 1, -1, look},
	{"creat", -1, 0, -1, write},
	{"execve", -1, 0, -1, execute},
	{"mkdir", -1, 0, -1, write},
	{"mkdirat", 0, 1, -1, write},
	{"rmdir", -1, 0, -1, write},
	{"unlink", -1, 0, -1, write},
	{"unlinkat", 0, 1, -1, write},
	{"rename", -1, 0, -1, write},
	{"renameat", 0, 1, -1, write},
	{"renameat2", 0, 1, -1, write},
	{"symlink", -1, 1, -1, write},
	{"symlinkat", 1, 2, -1, write},
	{"link", -1, 0, -1, write},
	{"linkat", 0, 1, -1, write},
}

// grants are the parts of a view that there is a grant for. Their names are
// those of permissions.
var grants = []struct {
	name  string
	files []path
}{
	{"network", network},
	{"gpu", gpu},
	{"camera", camera},
}

// watcher tells of what the layers refuse to a child.
type watcher struct {
	view  []path
	home  string
	hides bool             // what is not in the view, by namespaces
	calls map[int32]string // by number, for what answers and reasons are in denials
	files map[int32]int    // index in watched, by number
	// told takes what was refused; PID and Program are not set yet.
	told func(pid int, r Refusal)
}

func newWatcher(numbers map[string]int, o order, home string, told func(int, Refusal)) *watcher {
	w := &watcher{home: home, hides: o.Namespaces, calls: map[int32]string{}, files: map[int32]int{}, told: told}
	w.view = append(slices.Clone(o.View), path{Path: o.Program, Real: o.Program, Access: read | execute})
	for _, d := range denials {
		for _, c := range d.calls {
			if nr, ok := numbers[c]; ok {
				w.calls[int32(nr)] = c
			}
		}
	}
	for i, c := range watched {
		if nr, ok := numbers[c.call]; ok {
			w.files[int32(nr)] = i
		}
	}
	return w
}

// denied answers a call of the list of denials; ok is false for others.
func (w *watcher) denied(n *notice) (e unix.Errno, ok bool) {
	call, ok := w.calls[n.nr]
	if !ok {
		return 0, false
	}
	for _, d := range denials {
		if slices.Contains(d.calls, call) {
			// Libraries that are told ENOSYS or EMFILE do it another way.
			if d.errno == notPermitted {
				w.told(int(n.pid), Refusal{Kind: RefusedCall, What: call, Reason: d.reason})
			}
			return errnos[d.errno], true
		}
	}
	return unix.EPERM, true
}

// file is what a call names.
type file struct {
	pid  int
	path string
	need access
}

// read reads what file a call names. ok is false if that cannot be found out:
// a host that has sealed itself can be read in its namespaces only.
func (w *watcher) read(n *notice) (f file, ok bool) {
	i, ok := w.files[n.nr]
	if !ok {
		return file{}, false
	}
	c := watched[i]
	f = file{pid: int(n.pid), need: c.need}
	text := make([]byte, unix.PathMax)
	text = text[:readMemory(n, n.args[c.path], text)]
	end := bytes.IndexByte(text, 0)
	if end <= 0 {
		return f, false
	}
	f.path = string(text[:end])
	if c.how >= 0 {
		flags := n.args[c.how]
		if c.call == "openat2" {
			var how [8]byte
			if readMemory(n, flags, how[:]) != len(how) {
				return f, false
			}
			flags = binary.NativeEndian.Uint64(how[:]) // struct open_how begins with them
		}
		if flags&unix.O_PATH != 0 {
			return f, false // opens nothing
		}
		f.need = read
		if flags&unix.O_ACCMODE != unix.O_RDONLY || flags&(unix.O_CREAT|unix.O_TRUNC) != 0 {
			f.need = write
		}
	}
	if !filepath.IsAbs(f.path) {
		from := "cwd"
		if c.folder >= 0 && int32(n.args[c.folder]) != unix.AT_FDCWD {
			from = "fd/" + strconv.Itoa(int(int32(n.args[c.folder])))
		}
		dir, err := os.Readlink("/proc/" + strconv.Itoa(f.pid) + "/" + from)
		if err != nil || !filepath.IsAbs(dir) {
			return f, false
		}
		f.path = dir + "/" + f.path
	}
	f.path = filepath.Clean(f.path)
	return f, true
}

// readMemory reads what a caller has at an address, as far as it goes, and
// returns how much that is. It takes a page at a time: a text may end just
// before memory that is not there.
func readMemory(n *notice, address uint64, into []byte) int {
	const page = 4096
	got := 0
	for got < len(into) {
		part := into[got:min(len(into), got+page-int((address+uint64(got))%page))]
		local := []unix.Iovec{{Base: &part[0], Len: uint64(len(part))}}
		remote := []unix.RemoteIovec{{Base: uintptr(address) + uintptr(got), Len: len(part)}}
		k, err := unix.ProcessVMReadv(int(n.pid), local, remote, 0)
		if err != nil || k <= 0 {
			break
		}
		if got += k; bytes.IndexByte(part[:k], 0) >= 0 {
			break
		}
	}
	return got
}

// judge tells of a file that exists and that the view does not have.
func (w *watcher) judge(f file) {
	if f.path == "/proc" || strings.HasPrefix(f.path, "/proc/") {
		return // of the child's own processes, under numbers of its own
	}
	if f.need == look {
		if !w.hides {
			return
		}
		f.need = read
	}
	target := f.path
	if f.need == write {
		if _, err := os.Lstat(target); err != nil {
			target = filepath.Dir(target) // it is to be made
		}
	}
	source, err := filepath.EvalSymlinks(target)
	if err != nil || w.allows(target, source, f.need) {
		return // not there for anybody, or granted
	}
	w.told(f.pid, Refusal{Kind: RefusedFile, What: f.path, Write: f.need == write, Execute: f.need == execute, Grant: w.grant(source)})
}

// allows reports whether the view has the file: the name, and what it stands
// for, which is source. A link in the view may lead to another part of it.
func (w *watcher) allows(name, source string, need access) bool {
	if need == write {
		need = write | device
	}
	shown := func(p path) bool { return under(name, p.Path) || under(name, p.Real) }
	granted := func(p path) bool { return under(source, p.Real) && p.Access&need != 0 }
	if slices.ContainsFunc(w.view, shown) && slices.ContainsFunc(w.view, granted) {
		return true
	}
	// The folders that lead to what is shown are there, and empty.
	return need == read && slices.ContainsFunc(w.view, func(p path) bool { return under(p.Path, name) })
}

// grant names what the file is a part of, if that can be granted as a whole.
func (w *watcher) grant(source string) string {
	for _, g := range grants {
		for _, p := range g.files {
			if matches(p.Path, source) {
				return g.name
			}
		}
	}
	if w.home != "" {
		d := desk{home: w.home, config: configHome(os.Getenv, w.home)}
		for _, p := range userFonts {
			if matches(d.inHome(p.Path), source) {
				return "user-fonts"
			}
		}
	}
	return ""
}

// matches reports whether name is what a pattern stands for, or below it.
func matches(pattern, name string) bool {
	depth := strings.Count(pattern, "/")
	for i := range name {
		if name[i] == '/' {
			if depth--; depth < 0 {
				name = name[:i]
				break
			}
		}
	}
	ok, _ := filepath.Match(pattern, name)
	return ok
}

// under reports whether name is folder, or in it.
func under(name, folder string) bool {
	rest, ok := strings.CutPrefix(name, folder)
	return ok && (rest == "" || rest[0] == '/' || folder == "/")
}
