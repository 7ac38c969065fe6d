package sandbox

import (
	"fmt"
	"runtime"
	"slices"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// The offsets in struct seccomp_data of linux/seccomp.h.
const (
	seccompNumber = 0
	seccompArch   = 4
)

// x32Calls is where the numbers of the x32 ABI begin, which would bypass a
// list of numbers.
const x32Calls = 0x40000000

var errnos = map[errno]unix.Errno{notPermitted: unix.EPERM, notThere: unix.ENOSYS, notMore: unix.EMFILE}

func refuse(e unix.Errno) seccomp.Action { return seccomp.ActionErrno | seccomp.Action(e) }

// cloneNamespaces are the flags of clone(2) that make namespaces.
const cloneNamespaces = unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC |
	unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWTIME

// filter assembles the rules. tcp lets sockets of TCP be made, listen lets them
// wait for connections; broker hands every connect() to the Core, watch what a watcher wants to see as well.
func filter(tcp, listen, broker, watch bool) ([]bpf.RawInstruction, error) {
	info, err := arch.GetInfo("")
	if err != nil {
		return nil, err
	}
	policy := seccomp.Policy{DefaultAction: seccomp.ActionAllow}
	for _, d := range denials {
		action := refuse(errnos[d.errno])
		if watch {
			action = seccomp.ActionUserNotify
		}
		if listen && slices.Contains(d.calls, "listen") {
			continue
		}
		policy.Syscalls = append(policy.Syscalls, seccomp.SyscallGroup{Names: known(info, d.calls), Action: action})
	}
	policy.Syscalls = append(policy.Syscalls, conditional(tcp)...)
	if broker {
		policy.Syscalls = append(policy.Syscalls, seccomp.SyscallGroup{Names: []string{"connect"}, Action: seccomp.ActionUserNotify})
	}
	if watch {
		var names []string
		for _, w := range watched {
			names = append(names, w.call)
		}
		policy.Syscalls = append(policy.Syscalls, seccomp.SyscallGroup{Names: known(info, names), Action: seccomp.ActionUserNotify})
	}
	body, err := policy.Assemble()
	if err != nil {
		return nil, fmt.Errorf("assemble the filter: %w", err)
	}
	// What Assemble does with another architecture is to let it pass.
	program := []bpf.Instruction{
		bpf.LoadAbsolute{Off: seccompArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(info.ID), SkipTrue: 1},
		bpf.RetConstant{Val: uint32(seccomp.ActionKillProcess)},
		bpf.LoadAbsolute{Off: seccompNumber, Size: 4},
	}
	if runtime.GOARCH == "amd64" {
		program = append(program,
			bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: x32Calls, SkipFalse: 1},
			bpf.RetConstant{Val: uint32(refuse(unix.EPERM))})
	}
	program = append(program,
		bpf.JumpIf{Cond: bpf.JumpGreaterThan, Val: newest, SkipFalse: 1},
		bpf.RetConstant{Val: uint32(refuse(unix.ENOSYS))})
	program = append(program, streamsOnly(info)...)
	for _, r := range commands {
		for _, call := range r.calls {
			program = append(program, refuseLow(info, call, unix.EPERM, r.when...)...)
		}
	}
	return bpf.Assemble(append(program, body...))
}

// streamsOnly refuses sockets of other kinds than streams, for messages could
// be sent to addresses without a connect(). Of the families there are, only
// local sockets have the other kind that connects.
func streamsOnly(info *arch.Info) []bpf.Instruction {
	const (
		family   = 16 // the first argument, its low half
		kind     = 24 // the second
		kindMask = 0xf
	)
	return []bpf.Instruction{
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(info.SyscallNames["socket"]), SkipTrue: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(info.SyscallNames["socketpair"]), SkipTrue: 8},
		bpf.LoadAbsolute{Off: kind, Size: 4},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: kindMask},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SOCK_STREAM, SkipTrue: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.SOCK_SEQPACKET, SkipTrue: 2},
		bpf.LoadAbsolute{Off: family, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.AF_UNIX, SkipTrue: 1},
		bpf.RetConstant{Val: uint32(refuse(unix.EPERM))},
		bpf.LoadAbsolute{Off: seccompNumber, Size: 4},
	}
}

// commands are arguments that say what a call is to do, and that no child
// needs. A call is refused where all conditions hold.
var commands = []struct {
	reason string
	calls  []string
	when   []low
}{
	{"types into a terminal", []string{"ioctl"}, []low{oneOf(1, unix.TIOCSTI, unix.TIOCLINUX)}},
	{"changes attributes of files that may only be read", []string{"ioctl"}, []low{oneOf(1, unix.FS_IOC_SETFLAGS, fsSetXattr)}},
	{"holds up who writes a file, or tells of it", []string{"fcntl"}, []low{oneOf(1, unix.F_SETLEASE, unix.F_NOTIFY)}},
	{"gives the kernel a program to run for each packet", []string{"setsockopt"}, []low{oneOf(1, unix.SOL_SOCKET),
		oneOf(2, unix.SO_ATTACH_FILTER, unix.SO_ATTACH_BPF, unix.SO_ATTACH_REUSEPORT_CBPF, unix.SO_ATTACH_REUSEPORT_EBPF)}},
	{"makes a program that runs as the user, whoever starts it", []string{"open"}, []low{anyOf(1, makesFile), anyOf(2, lendsIdentity)}},
	{"likewise", []string{"openat"}, []low{anyOf(2, makesFile), anyOf(3, lendsIdentity)}},
	{"likewise", []string{"creat"}, []low{anyOf(1, lendsIdentity)}},
}

const (
	// makesFile are the flags of open(2) with which it looks at permissions.
	makesFile = unix.O_CREAT | unix.O_TMPFILE&^unix.O_DIRECTORY
	// lendsIdentity are the permissions that make whoever starts a file its
	// owner, or one of its group.
	lendsIdentity = unix.S_ISUID | unix.S_ISGID
)

// low is a condition for the low half of an argument.
type low struct {
	arg    int
	values []uint32 // one of which it is
	bits   uint32   // any of which it has, where there are no values
}

func oneOf(arg int, values ...uint32) low { return low{arg: arg, values: values} }

func anyOf(arg int, bits uint32) low { return low{arg: arg, bits: bits} }

// check goes on with the next instruction where the condition holds, and skips
// so many elsewhere.
func (c low) check(skip int) []bpf.Instruction {
	program := []bpf.Instruction{bpf.LoadAbsolute{Off: uint32(16 + 8*c.arg), Size: 4}}
	if len(c.values) == 0 {
		return append(program, bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: c.bits, SkipFalse: uint8(skip)})
	}
	last := len(c.values) - 1
	for i, v := range c.values {
		next := bpf.JumpIf{Cond: bpf.JumpEqual, Val: v, SkipTrue: uint8(last - i)}
		if i == last {
			next.SkipFalse = uint8(skip)
		}
		program = append(program, next)
	}
	return program
}

// fsSetXattr is FS_IOC_FSSETXATTR of linux/fs.h.
const fsSetXattr = 0x401c5820

// refuseLow refuses a call where all conditions hold. They are for the low
// halves alone, as the kernel does with arguments that are no longer: other
// bits would get a call past a comparison of the whole.
func refuseLow(info *arch.Info, call string, e unix.Errno, when ...low) []bpf.Instruction {
	number, ok := info.SyscallNames[call]
	if !ok {
		return nil
	}
	program := []bpf.Instruction{bpf.RetConstant{Val: uint32(refuse(e))}}
	for _, c := range slices.Backward(when) {
		program = append(c.check(len(program)), program...)
	}
	program = append(program, bpf.LoadAbsolute{Off: seccompNumber, Size: 4})
	skip := bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(number), SkipTrue: uint8(len(program))}
	return append([]bpf.Instruction{skip}, program...)
}

// known leaves out what this architecture does not have.
func known(info *arch.Info, calls []string) []string {
	var have []string
	for _, c := range calls {
		if _, ok := info.SyscallNames[c]; ok {
			have = append(have, c)
		}
	}
	return have
}

// conditional are the calls where it depends on the arguments.
func conditional(tcp bool) []seccomp.SyscallGroup {
	type when = seccomp.NameWithConditions
	type args = seccomp.ArgumentConditions
	not := func(arg uint32, v uint64) seccomp.Condition {
		return seccomp.Condition{Argument: arg, Operation: seccomp.NotEqual, Value: v}
	}
	has := func(arg uint32, v uint64) seccomp.Condition {
		return seccomp.Condition{Argument: arg, Operation: seccomp.BitsSet, Value: v}
	}
	families := args{not(0, unix.AF_UNIX)}
	if tcp {
		families = append(families, not(0, unix.AF_INET), not(0, unix.AF_INET6))
	}
	// Multipath TCP and others are not what the rules for TCP are about.
	protocols := args{not(0, unix.AF_UNIX), not(2, 0), not(2, unix.IPPROTO_TCP)}
	// All conditions of a call have to be in one group: after they were looked
	// at, Assemble does not load the number again for the next.
	return []seccomp.SyscallGroup{
		{Action: refuse(unix.EAFNOSUPPORT), NamesWithCondtions: []when{
			{Name: "socket", Conditions: families}, {Name: "socket", Conditions: protocols}, {Name: "socketpair", Conditions: args{not(0, unix.AF_UNIX)}},
		}},
		{Action: refuse(unix.EPERM), NamesWithCondtions: []when{
			{Name: "clone", Conditions: args{has(0, cloneNamespaces)}},
			{Name: "prlimit64", Conditions: args{not(0, 0)}}, // limits of others
			{Name: "sendto", Conditions: args{has(3, unix.MSG_FASTOPEN)}},
			{Name: "sendmsg", Conditions: args{has(2, unix.MSG_FASTOPEN)}},
			{Name: "sendmmsg", Conditions: args{has(3, unix.MSG_FASTOPEN)}},
		}},
	}
}

// install puts the calling thread, and what it starts, under the filter. The
// listener gets what the filter hands to the Core; -1 without a broker.
func install(program []bpf.RawInstruction, broker bool) (listener int, err error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return -1, fmt.Errorf("no new privileges: %w", err)
	}
	code := make([]unix.SockFilter, len(program))
	for i, p := range program {
		code[i] = unix.SockFilter{Code: p.Op, Jt: p.Jt, Jf: p.Jf, K: p.K}
	}
	if !broker {
		_, err := seccompLoad(code, 0)
		return -1, err
	}
	// A call that is being looked at is not interrupted by signals, or it
	// would be made a second time; since Linux 5.19.
	listener, err = seccompLoad(code, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER|unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
	if err == unix.EINVAL {
		listener, err = seccompLoad(code, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER)
	}
	return listener, err
}
