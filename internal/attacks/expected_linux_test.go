package attacks

import "strings"

// acceptance is something that is open under confinement, and why that is so.
type acceptance struct {
	probe, reason string
	// under names the runs; nil stands for all that confine with all the
	// layers they have.
	under func(run) bool
	// root is set for what is open to root only.
	root bool
}

// accepted are the only things that may be open. A line that is not needed
// any more fails the test.
var accepted = []acceptance{
	{probe: "files: write the private folder", reason: "it is the child's own"},
	{probe: "files: stat the home", reason: "the view has the empty folder in which the user's fonts are shown; without namespaces names and sizes can be asked for anyway"},
	{probe: "files: chdir to the home", reason: "likewise; what cannot be opened cannot be opened from there either"},
	{probe: "programs: a copy in the private folder by the loader", reason: "code that the attacker has brought along runs anyway; it gets the same layers"},
	{probe: "programs: a memfd by execve of /proc/self/fd", reason: "likewise; Landlock has no rule for files in memory"},
	{probe: "programs: map code of the private folder", reason: "likewise"},
	{probe: "sockets: the display", reason: "windows are shown there; a guard shows a host its own windows only"},
	{probe: "network: the proxy", reason: "it is what was granted", under: run.networked},
	{probe: "engine: memory of its other process", reason: "the processes of one host are one to us: windows that may do different things have different hosts"},
	{probe: "host: signal", reason: "likewise; the Core starts the host again"},
	{probe: "/proc: list of one's own mounts", reason: "says where in the view things are from"},
	{probe: "/proc: read one's own program", reason: "it runs"},
	{probe: "itself: setsid", reason: "concerns the process alone"},
	{probe: "itself: personality", reason: "concerns the process alone"},
	{probe: "itself: be dumpable", reason: "concerns the process alone: a host that undoes its seal was taken over already"},

	{probe: "files: stat a secret", reason: "Landlock has no rule for it, so names, sizes and times are no secret", under: run.shared},
	{probe: "files: access() of a secret", reason: "likewise", under: run.shared},
	{probe: "files: listxattr of a secret", reason: "likewise", under: run.shared},
	{probe: "files: utimes of a secret", reason: "Landlock has no rule for it; it is utimensat, which engines need for their own files", under: run.shared},
	{probe: "files: utimensat of a secret", reason: "likewise", under: run.shared},
	{probe: "files: futimens of a file that may be read", reason: "Landlock has no rule for it; engines need it for their own files", under: run.shared},
	{probe: "rights: any capability, even one to be had later", reason: "only the bounding set, which an ordinary user cannot give up; no_new_privs keeps it from being of use", under: run.shared},
	{probe: "processes: /proc/N/cmdline", reason: "all users can read it", under: run.shared},
	{probe: "processes: /proc/N/status", reason: "likewise", under: run.shared},
	{probe: "processes: /proc/N/fd listed", reason: "the numbers; what they stand for is refused", under: run.shared},
	{probe: "Core: /proc/N/fd listed", reason: "likewise", under: run.shared},
	{probe: "processes: pidfd_open", reason: "tells that the process lives; what can be done by it is refused", under: run.shared},
	{probe: "processes: sched_setaffinity", reason: "engines need it for their threads; can slow programs of the user down", under: run.shared},
	{probe: "processes: sched_setscheduler", reason: "likewise", under: run.shared},
	{probe: "processes: setpriority", reason: "likewise", under: run.shared},
	{probe: "processes: ioprio_set", reason: "likewise", under: run.shared},
	{probe: "/proc: names of the user's keys", reason: "Landlock has one rule for all of /proc; the list can be read, the keys not", under: run.shared},
	{probe: "/proc: names of sockets of others", reason: "names; the broker refuses to connect", under: run.shared},
	{probe: "itself: learn the machine's name", reason: "it is that of the system", under: run.shared},

	{probe: "files: list the home", reason: "the folders in which what is granted is shown have nothing else in them", under: run.viewOnly},
	{probe: "files: list /tmp", reason: "likewise", under: run.viewOnly},
	{probe: "files: list /var", reason: "likewise", under: run.viewOnly},
	{probe: "programs: a copy in the private folder", reason: "code that the attacker has brought along runs anyway; it gets the same layers", under: run.viewOnly},
	{probe: "/proc: open self/attr/current to write", reason: "concerns the process alone", under: run.viewOnly},
	{probe: "/proc: write one's own memory that is read-only", reason: "concerns the process alone", under: run.viewOnly},

	{probe: "processes: signal 0 to one of the user", reason: "Landlock has rules for signals since ABI 6", under: run.signals},
	{probe: "processes: signal to one of the user", reason: "likewise", under: run.signals},
	{probe: "processes: signal by rt_sigqueueinfo", reason: "likewise", under: run.signals},
	{probe: "processes: signal to all", reason: "likewise", under: run.signals},
	{probe: "Core: signal", reason: "likewise; the app ends", under: run.signals},
	{probe: "Core: signal to the thread of the broker", reason: "likewise", under: run.signals},

	{probe: "sockets: session bus", reason: "Landlock has no rule for sockets with a path before ABI 9, and before Linux 5.9 there is no broker", under: run.unbrokered},
	{probe: "sockets: agent of keys", reason: "likewise", under: run.unbrokered},
	{probe: "sockets: packets to one with a path", reason: "likewise", under: run.unbrokered},
	{probe: "sockets: one of a program outside, in the private folder", reason: "likewise", under: run.unbrokered},
	{probe: "sockets: give a descriptor to a program outside", reason: "likewise", under: run.unbrokered},
	{probe: "sockets: abstract", reason: "the rule would keep libraries from finding the display", under: run.unbrokered},
	{probe: "broker: a symbolic link to a socket", reason: "there is none", under: run.unbrokered},
	{probe: "broker: other names of a socket", reason: "there is none", under: run.unbrokered},
	{probe: "broker: replace the descriptor during connect()", reason: "there is none", under: run.unbrokered},
	{probe: "broker: rewrite the address of a socket during connect()", reason: "there is none", under: run.unbrokered},
	{probe: "display: find the window of another program", reason: "the guard can be gone around", under: run.unbrokered},
	{probe: "display: the title of another program's window", reason: "likewise", under: run.unbrokered},
	{probe: "display: pixels of another program's window", reason: "likewise", under: run.unbrokered},
	{probe: "display: pixels of the screen", reason: "likewise", under: run.unbrokered},
	{probe: "display: pixels below a window without a background", reason: "likewise", under: run.unbrokered},
	{probe: "display: keys typed into another program", reason: "likewise", under: run.unbrokered},
	{probe: "display: keys typed anywhere, by XInput", reason: "likewise", under: run.unbrokered},
	{probe: "display: keys typed anywhere, by RECORD", reason: "likewise", under: run.unbrokered},
	{probe: "display: which keys are pressed", reason: "likewise", under: run.unbrokered},
	{probe: "display: grab the keyboard", reason: "likewise", under: run.unbrokered},
	{probe: "display: take the keyboard from another program", reason: "likewise", under: run.unbrokered},
	{probe: "display: type into another program by XTEST", reason: "likewise", under: run.unbrokered},
	{probe: "display: type into another program by an event", reason: "likewise", under: run.unbrokered},
	{probe: "display: have another program close its window", reason: "likewise", under: run.unbrokered},
	{probe: "display: move another program's window", reason: "likewise", under: run.unbrokered},
	{probe: "display: read the clipboard", reason: "likewise", under: run.unbrokered},
	{probe: "display: the settings of other programs", reason: "likewise", under: run.unbrokered},
}

func (r run) networked() bool { return r.network }
func (r run) shared() bool    { return r.without.Namespaces }
func (r run) signals() bool {
	return r.without.Namespaces && r.without.Landlock > 0 && r.without.Landlock < 6
}
func (r run) viewOnly() bool   { return !r.without.Namespaces && r.without.Landlock < 0 }
func (r run) unbrokered() bool { return r.without.Namespaces && r.without.Broker }

// accepts returns the reason why a probe may be open in a run.
func accepts(r run, user, probe string) (reason string, ok bool) {
	last := ""
	for _, a := range accepted {
		switch text, again := strings.CutPrefix(a.reason, "likewise"); {
		case !again:
			last, reason = a.reason, a.reason
		default:
			reason = last + text
		}
		if a.probe == probe && (a.under == nil || a.under(r)) && (!a.root || user == "root") {
			return reason, true
		}
	}
	return "", false
}

// unproven are probes, or groups of them, that may be closed even without any
// confinement. What is not in this list must be open then, so that a probe
// that cannot succeed at all is noticed.
var unproven = []struct{ probe, reason string }{
	{"kernel: ", "depends on the settings of the kernel, and much of it on being root"},
	{"namespaces: ", "depends on the settings of the kernel"},
	{"mounts: ", "likewise"},
	{"devices: ", "depends on the machine, and mostly on being root"},
	{"rights: ", "root only"},
	{"files: list /var", "depends on the machine"},
	{"files: read /etc/shadow", "root only"},
	{"files: read /etc/machine-id", "depends on the machine"},
	{"files: create in /usr/lib", "root only"},
	{"files: setxattr", "depends on the file system"},
	{"files: fsetxattr", "depends on the file system"},
	{"files: FS_IOC_SETFLAGS", "depends on the file system"},
	{"files: fchmodat2", "since Linux 6.6"},
	{"files: read a secret through /proc/1/root", "root only, and not where root is confined itself"},
	{"programs: a setuid program", "depends on the system"},
	{"processes: process_madvise", "root only"},
	{"processes: kcmp", "depends on the settings of the kernel"},
	{"processes: /proc/N/syscall", "depends on the settings of the kernel"},
	{"processes: ptrace", "depends on the settings of Yama"},
	{"processes: process_vm", "likewise"},
	{"processes: /proc/N/mem", "likewise"},
	{"processes: pidfd_getfd", "likewise"},
	{"Core: ", "depends on the settings of Yama; the pidfd of a socket needs Linux 6.5"},
	{"host: ", "depends on the settings of Yama; a socket cannot be opened by its name in /proc"},
	{"engine: ", "depends on the settings of Yama"},
	{"IPC: POSIX", "depends on the settings of the kernel"},
	{"sockets: system bus", "only where one runs"},
	{"network: TCP to ::1", "only where there is IPv6"},
	{"network: TCP to an address of the machine", "only where it has one"},
	{"network: TCP fast open", "depends on the settings of the kernel"},
	{"network: multipath TCP", "depends on how the kernel is built"},
	{"network: SCTP", "likewise"},
	{"network: SMC", "likewise"},
	{"network: UDP to ::1", "only where there is IPv6"},
	{"network: UDP to an address of the machine", "only where it has one"},
	{"network: query of a name", "likewise"},
	{"network: raw socket", "root only"},
	{"network: packet socket", "root only"},
	{"network: ping socket", "depends on the settings of the kernel"},
	{"network: netlink of the audit", "depends on how the kernel is built"},
	{"network: vsock", "likewise"},
	{"network: AF_ALG", "likewise"},
	{"network: Bluetooth", "likewise"},
	{"network: PF_KEY", "likewise"},
	{"network: the proxy", "there is one only with the grant"},
	{"descriptors: an inherited", "nothing is inherited that would lead there"},
	{"descriptors: the Core's", "the host closes it on exec; it was seen open when the host of this test did not"},
	{"broker: rewrite a TCP address", "there is a proxy only with the grant"},
	{"terminal: open one's own", "tests have none"},
	{"/proc: open sys/", "root only"},
	{"/proc: open sysrq-trigger", "root only"},
	{"/proc: open kcore", "root only"},
	{"/proc: open self/attr/current", "depends on how the kernel is built"},
	{"/proc: write one's own program", "nobody can while it runs"},
	{"/proc: lower one's own oom_score_adj", "root only"},
	{"/proc: write self/uid_map", "can be written in a new namespace only"},
	{"/proc: names of the user's keys", "depends on how the kernel is built"},
	{"/sys: open cgroup.procs", "root only"},
	{"environment: ", "the list of variables holds for every child, confined or not"},
	{"itself: let another process trace it", "only where Yama forbids the rest"},
}

// mayFail returns why a probe may be closed without confinement.
func mayFail(probe string) (reason string, ok bool) {
	last := ""
	for _, u := range unproven {
		if u.reason != "likewise" {
			last = u.reason
		}
		if strings.HasPrefix(probe, u.probe) {
			return last, true
		}
	}
	return "", false
}
