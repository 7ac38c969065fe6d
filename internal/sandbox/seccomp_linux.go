package sandbox

import (
	"fmt"
	"runtime"

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

// filter assembles the rules. tcp lets sockets of TCP be made; broker hands every connect() to the Core.
func filter(tcp, broker bool) ([]bpf.RawInstruction, error) {
	info, err := arch.GetInfo("")
	if err != nil {
		return nil, err
	}
	policy := seccomp.Policy{DefaultAction: seccomp.ActionAllow}
	for _, d := range denials {
		policy.Syscalls = append(policy.Syscalls, seccomp.SyscallGroup{Names: known(info, d.calls), Action: refuse(errnos[d.errno])})
	}
	policy.Syscalls = append(policy.Syscalls, conditional(tcp)...)
	if broker {
		policy.Syscalls = append(policy.Syscalls, seccomp.SyscallGroup{Names: []string{"connect"}, Action: seccomp.ActionUserNotify})
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
	return bpf.Assemble(append(program, body...))
}

// streamsOnly refuses sockets of other kinds than streams, for messages could
// be sent to addresses without a connect().
func streamsOnly(info *arch.Info) []bpf.Instruction {
	const (
		kind     = 24 // the second argument, its low half
		kindMask = 0xf
	)
	return []bpf.Instruction{
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(info.SyscallNames["socket"]), SkipTrue: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(info.SyscallNames["socketpair"]), SkipTrue: 6},
		bpf.LoadAbsolute{Off: kind, Size: 4},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: kindMask},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SOCK_STREAM, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SOCK_SEQPACKET, SkipTrue: 1},
		bpf.RetConstant{Val: uint32(refuse(unix.EPERM))},
		bpf.LoadAbsolute{Off: seccompNumber, Size: 4},
	}
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
	is := func(arg uint32, v uint64) seccomp.Condition {
		return seccomp.Condition{Argument: arg, Operation: seccomp.Equal, Value: v}
	}
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
	protocols := []when{}
	if tcp {
		// Multipath TCP is not what the rules for TCP are about.
		const multipath = 262
		protocols = append(protocols, when{Name: "socket", Conditions: args{is(2, multipath)}})
	}
	return []seccomp.SyscallGroup{
		{Action: refuse(unix.EAFNOSUPPORT), NamesWithCondtions: []when{{Name: "socket", Conditions: families}}},
		{Action: refuse(unix.EPROTONOSUPPORT), NamesWithCondtions: protocols},
		{Action: refuse(unix.EPERM), NamesWithCondtions: []when{
			{Name: "clone", Conditions: args{has(0, cloneNamespaces)}},
			{Name: "ioctl", Conditions: args{is(1, unix.TIOCSTI)}},   // types into the terminal
			{Name: "ioctl", Conditions: args{is(1, unix.TIOCLINUX)}}, // likewise
			{Name: "prlimit64", Conditions: args{not(0, 0)}},         // limits of others
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
