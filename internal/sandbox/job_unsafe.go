//go:build windows

package sandbox

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// setJobLimits sets the limits of a job object.
func setJobLimits(job windows.Handle, limits *windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION) error {
	_, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(limits)), uint32(unsafe.Sizeof(*limits)))
	return err
}

// removePrivileges takes from this process all privileges but the one that
// programs need to open files below folders that they may not list.
func removePrivileges() error {
	var token windows.Token
	if err := windows.OpenProcessToken(windows.CurrentProcess(), windows.TOKEN_QUERY|windows.TOKEN_ADJUST_PRIVILEGES, &token); err != nil {
		return err
	}
	defer token.Close()
	var keep windows.LUID
	name, err := windows.UTF16PtrFromString("SeChangeNotifyPrivilege")
	if err != nil {
		return err
	}
	if err := windows.LookupPrivilegeValue(nil, name, &keep); err != nil {
		return err
	}
	var size uint32
	_ = windows.GetTokenInformation(token, windows.TokenPrivileges, nil, 0, &size) // it only tells the size
	if size == 0 {
		return nil
	}
	buffer := make([]uint64, (size+7)/8) // aligned
	if err := windows.GetTokenInformation(token, windows.TokenPrivileges, (*byte)(unsafe.Pointer(&buffer[0])), size, &size); err != nil {
		return err
	}
	all := (*windows.Tokenprivileges)(unsafe.Pointer(&buffer[0]))
	list := all.AllPrivileges()
	for i := range list {
		if list[i].Luid != keep {
			list[i].Attributes = windows.SE_PRIVILEGE_REMOVED
		}
	}
	return windows.AdjustTokenPrivileges(token, false, all, 0, nil, nil)
}
