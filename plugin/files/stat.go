package files

import "time"

// Details are what systems know of a file beside what is in fs.FileInfo.
type Details struct {
	// Access is when it was last read, as far as the system keeps count, and
	// Birth when it was made; zero if that is not known.
	Access, Birth time.Time
	// Attributes are those of Windows (FILE_ATTRIBUTE_…), nil elsewhere.
	Attributes *uint32
	// Unix is nil on Windows.
	Unix *UnixDetails
}

// UnixDetails are the fields of stat(2). Blocks are of 512 bytes.
type UnixDetails struct {
	Dev, Ino          uint64
	Mode              uint32
	Nlink             uint64
	UID, GID          uint32
	Rdev              uint64
	BlockSize, Blocks int64
}
