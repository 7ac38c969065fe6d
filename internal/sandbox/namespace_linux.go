package sandbox

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// namespaces are those that a child gets, all of them or none: a user
// namespace gives the right to make the others.
const namespaces = unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWNET

// namespaceAttr adds to a what makes the kernel start a child in namespaces.
func namespaceAttr(a *syscall.SysProcAttr) {
	a.Cloneflags = namespaces
	a.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
	a.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
	// Keeps the capabilities that the child has in its namespaces through the
	// start of its program, for the mounts. It drops them afterwards.
	for c := range lastCapability() + 1 {
		a.AmbientCaps = append(a.AmbientCaps, uintptr(c))
	}
}

func lastCapability() int {
	b, err := os.ReadFile("/proc/sys/kernel/cap_last_cap")
	if err != nil {
		return unix.CAP_LAST_CAP
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return unix.CAP_LAST_CAP
	}
	return min(n, 63)
}

// dropCapabilities gives up all capabilities for good.
func dropCapabilities() error {
	for c := range lastCapability() + 1 {
		// Fails without CAP_SETPCAP, where there is nothing to give up.
		_ = unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0)
	}
	_ = unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	return unix.Capset(&header, &none[0])
}

// oldRoot is where the old file tree is while the new one is made.
const oldRoot = "/.old"

// enterView replaces the file tree of this process, which is in a mount
// namespace of its own, by one that has only what is in v.
func enterView(v []opened) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	// Any folder will do: what is mounted on it is seen by nobody else.
	const root = "/usr"
	if err := unix.Mount("tmpfs", root, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755,size=1m"); err != nil {
		return fmt.Errorf("mount a tmpfs: %w", err)
	}
	if err := os.Mkdir(root+oldRoot, 0o755); err != nil {
		return err
	}
	if err := unix.PivotRoot(root, root+oldRoot); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	for _, p := range v {
		show := bind
		if p.Hide {
			show = hide
		}
		if err := show(p); err != nil {
			return fmt.Errorf("bind %s: %w", p.Path, err)
		}
	}
	for _, p := range v {
		if p.Hide { // what the child may see in it is there by now
			if err := readOnly(p.Path); err != nil {
				return fmt.Errorf("hide %s: %w", p.Path, err)
			}
		}
	}
	if err := mountProc(); err != nil {
		return err
	}
	return leaveOld()
}

// mountProc shows the processes of the new namespace.
func mountProc() error {
	if err := os.MkdirAll("/proc", 0o755); err != nil {
		return err
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	for _, name := range settings {
		target := "/proc/" + name
		if _, err := os.Lstat(target); err != nil {
			continue
		}
		if err := unix.Mount(target, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("bind %s: %w", target, err)
		}
		if err := readOnly(target); err != nil {
			return fmt.Errorf("make %s read-only: %w", target, err)
		}
	}
	for _, name := range nobodys {
		target := "/proc/" + name
		if _, err := os.Lstat(target); err != nil {
			continue
		}
		if err := unix.Mount("/dev/null", target, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("hide %s: %w", target, err)
		}
	}
	return nil
}

// nobodys are the files of /proc that no page has a use for: the keys of the
// user, whose names say what he works with.
var nobodys = []string{"keys", "key-users"}

// settings are where /proc is about the system and not about a process. For
// root, which has no capabilities here but owns these, they would be open.
var settings = []string{"sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi", "tty", "driver"}

// leaveOld makes the old tree unreachable, and the new one unchangeable.
func leaveOld() error {
	for _, l := range [][2]string{{"/proc/self/fd", "/dev/fd"}, {"/proc/self/fd/0", "/dev/stdin"}, {"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"}} {
		if err := os.Symlink(l[0], l[1]); err != nil {
			return err
		}
	}
	if err := unix.Unmount(oldRoot, unix.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount the old root: %w", err)
	}
	if err := os.Remove(oldRoot); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV, ""); err != nil {
		return fmt.Errorf("make the root read-only: %w", err)
	}
	return nil
}

// bind shows one path of the old tree in the new one. A symbolic link is shown
// as what it led to when the child started.
func bind(p opened) error {
	info, err := p.file.Stat()
	if err != nil {
		return err
	}
	if _, err := os.Lstat(p.Path); err == nil && p.Access&(write|device|socket) == 0 {
		return nil // in a folder that is there already
	}
	if err := mountPoint(info, p.Path); err != nil {
		if p.Font {
			return nil // as in a folder that cannot be changed
		}
		return err
	}
	if err := mountOn(p.Path, oldRoot+descriptor(p.file), "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		if p.Font {
			return nil
		}
		return err
	}
	if p.Access&(write|device|socket) != 0 {
		return nil
	}
	return readOnly(p.Path)
}

// hide covers a folder of the new tree with an empty one.
func hide(p opened) error {
	return mountOn(p.Path, "tmpfs", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "mode=755,size=1m")
}

// mountOn mounts at a path of the new tree, and not where a link in what is
// shown there by now would lead.
func mountOn(target, source, kind string, flags uintptr, data string) error {
	fd, err := unix.Open(target, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	at := oldRoot + "/proc/self/fd/" + strconv.Itoa(fd)
	if is, err := os.Readlink(at); err != nil || is != target {
		return fmt.Errorf("it would be at %q: %w", is, cmp.Or(err, error(unix.ESTALE)))
	}
	return unix.Mount(source, at, kind, flags, data)
}

// mountPoint makes the file or folder that something is mounted on.
func mountPoint(info fs.FileInfo, target string) error {
	if old, err := os.Lstat(target); err == nil {
		if old.IsDir() != info.IsDir() {
			return fmt.Errorf("%s is something else already", target)
		}
		return nil
	}
	if info.IsDir() {
		return os.MkdirAll(target, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(target, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

// readOnly forbids changes below a mount. Flags that the mount has must stay:
// the kernel does not let a user namespace drop them.
func readOnly(target string) error {
	var st unix.Statfs_t
	if err := unix.Statfs(target, &st); err != nil {
		return err
	}
	flags := uintptr(unix.MS_REMOUNT | unix.MS_BIND | unix.MS_RDONLY | unix.MS_NOSUID)
	for _, f := range []struct{ have, keep int64 }{
		{unix.ST_NODEV, unix.MS_NODEV}, {unix.ST_NOEXEC, unix.MS_NOEXEC}, {unix.ST_NOATIME, unix.MS_NOATIME},
		{unix.ST_NODIRATIME, unix.MS_NODIRATIME}, {unix.ST_RELATIME, unix.MS_RELATIME},
	} {
		if st.Flags&f.have != 0 {
			flags |= uintptr(f.keep)
		}
	}
	return unix.Mount("", target, "", flags, "")
}

// raiseLoopback switches on the loopback interface of a new network namespace.
func raiseLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	r, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, r); err != nil {
		return err
	}
	r.SetUint16(r.Uint16() | unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, r)
}
