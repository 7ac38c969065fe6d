package sandbox

// denial is a group of system calls that a child has no use for.
type denial struct {
	reason string
	errno  errno
	calls  []string
}

// errno is what a denied call answers.
type errno uint8

const (
	// notPermitted is EPERM.
	notPermitted errno = iota
	// notThere is ENOSYS: libraries have something else to try.
	notThere
	// notMore is EMFILE.
	notMore
)

// denials are what no child may do, whatever its policy. A list of what is
// allowed would be stricter, and break with every library that learns a new
// call; what is newer than the list answers ENOSYS.
var denials = []denial{
	{"reads and changes other processes", notPermitted, []string{
		"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp", "pidfd_getfd", "pidfd_send_signal",
	}},
	{"changes what the file tree is made of", notPermitted, []string{
		"mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "open_tree_attr", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
		"swapon", "swapoff", "quotactl", "quotactl_fd", "acct",
	}},
	{"makes or enters namespaces, where it would have all capabilities", notPermitted, []string{"unshare", "setns"}},
	{"belongs to administrators of the machine", notPermitted, []string{
		"kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "syslog", "settimeofday", "clock_settime",
		"clock_adjtime", "adjtimex", "iopl", "ioperm", "vhangup", "sethostname", "setdomainname",
	}},
	{"parts of the kernel where many holes were found", notPermitted, []string{
		"bpf", "perf_event_open", "userfaultfd", "modify_ldt", "vmsplice", "remap_file_pages", "lookup_dcookie", "nfsservctl", "uselib", "ustat", "sysfs",
		"move_pages", "migrate_pages", "set_mempolicy", "set_mempolicy_home_node", "mbind",
	}},
	{"the keys of the session", notPermitted, []string{"keyctl", "add_key", "request_key"}},
	{"opens files past the rules for paths, or watches all of them", notPermitted, []string{
		"open_by_handle_at", "name_to_handle_at", "fanotify_init", "fanotify_mark",
	}},
	{"would lift its own rules or add to them", notPermitted, []string{"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp", "lsm_set_self_attr"}},
	{"makes device files", notPermitted, []string{"mknod", "mknodat"}},
	{"becomes somebody else", notPermitted, []string{
		"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid", "capset",
	}},
	{"starts a program that no path names", notPermitted, []string{"execveat"}},
	{"changes files past the rules of Landlock, which does not know these", notPermitted, []string{
		"chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchown", "fchownat", "setxattr", "lsetxattr", "fsetxattr", "setxattrat",
		"removexattr", "lremovexattr", "fremovexattr", "removexattrat", "utime", "utimes", "futimesat", "truncate",
	}},
	{"reaches message queues of others", notPermitted, []string{"mq_open", "mq_unlink"}},
	{"waits for connections: a child only makes them", notPermitted, []string{"listen"}},
	{"the older way to hand calls over to the kernel; what used it has another", notThere, []string{
		"io_setup", "io_destroy", "io_submit", "io_cancel", "io_getevents", "io_pgetevents", "io_pgetevents_time64",
	}},
	{"memory that nobody can look into, not even the kernel", notThere, []string{"memfd_secret"}},
	{"takes flags and permissions from memory, where no filter sees them; openat does not", notThere, []string{"openat2"}},
	{"rings in memory that no filter sees into", notThere, []string{"io_uring_setup", "io_uring_enter", "io_uring_register"}},
	{"takes its flags from memory, where no filter sees them; clone does not", notThere, []string{"clone3"}},
	{"shared memory and queues that all programs of the user can name", notThere, []string{
		"shmget", "shmat", "shmctl", "shmdt", "semget", "semop", "semctl", "semtimedop", "msgget", "msgsnd", "msgrcv", "msgctl",
	}},
	{"would tell what goes on in folders that it cannot read", notMore, []string{"inotify_init", "inotify_init1"}},
}

// newest is the last system call that the list above was made with.
// The numbers from 424 on are the same on all architectures.
const newest = 467
