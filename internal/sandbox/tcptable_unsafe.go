//go:build windows

package sandbox

import (
	"fmt"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	iphlpapi             = &windows.LazyDLL{Name: "iphlpapi.dll", System: true}
	procExtendedTCPTable = iphlpapi.NewProc("GetExtendedTcpTable")
	kernel32             = &windows.LazyDLL{Name: "kernel32.dll", System: true}
	procIsProcessInJob   = kernel32.NewProc("IsProcessInJob")
)

// tcpRow is a MIB_TCPROW_OWNER_PID of tcpmib.h. Addresses and ports are in the
// order of the network.
type tcpRow struct {
	state      uint32
	local      [4]byte
	localPort  [4]byte // of which two count
	remote     [4]byte
	remotePort [4]byte
	pid        uint32
}

func (r *tcpRow) is(from, to netip.AddrPort) bool {
	port := func(b [4]byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }
	return netip.AddrFrom4(r.local) == from.Addr() && port(r.localPort) == from.Port() &&
		netip.AddrFrom4(r.remote) == to.Addr() && port(r.remotePort) == to.Port()
}

// socketOwner is the number of the process that has made the socket at from,
// which is connected to the one at to; 0 if there is none.
func socketOwner(from, to netip.AddrPort) (uint32, error) {
	const connections = 4 // TCP_TABLE_OWNER_PID_CONNECTIONS of iprtrmib.h
	const rowSize = unsafe.Sizeof(tcpRow{})
	size := uint32(64 << 10)
	for range 10 { // it may grow between the calls
		table := make([]uint32, (size+3)/4)
		r, _, _ := procExtendedTCPTable.Call(uintptr(unsafe.Pointer(&table[0])), uintptr(unsafe.Pointer(&size)), 0, windows.AF_INET, connections, 0)
		switch err := syscall.Errno(r); err {
		case 0:
		case windows.ERROR_INSUFFICIENT_BUFFER:
			size += size / 4
			continue
		default:
			return 0, fmt.Errorf("list connections: %w", err)
		}
		n := min(uintptr(table[0]), (uintptr(len(table))*4-4)/rowSize)
		if n == 0 {
			return 0, nil
		}
		rows := unsafe.Slice((*tcpRow)(unsafe.Pointer(&table[1])), n)
		for i := range rows {
			if rows[i].is(from, to) {
				return rows[i].pid, nil
			}
		}
		return 0, nil
	}
	return 0, fmt.Errorf("list connections: %w", windows.ERROR_INSUFFICIENT_BUFFER)
}

func isInJob(process, job windows.Handle) (bool, error) {
	var is int32
	if r, _, err := procIsProcessInJob.Call(uintptr(process), uintptr(job), uintptr(unsafe.Pointer(&is))); r == 0 {
		return false, err
	}
	return is != 0, nil
}
