package core

import "golang.org/x/sys/unix"

// memory is how much the machine has, in bytes; 0 means that it is not known.
func memory() int64 {
	var i unix.Sysinfo_t
	if unix.Sysinfo(&i) != nil {
		return 0
	}
	return int64(uint64(i.Totalram) * uint64(i.Unit))
}
