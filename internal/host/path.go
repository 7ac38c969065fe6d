package host

import "os"

// separator and delimiter are what the page's path module answers with.
const (
	separator = string(os.PathSeparator)
	delimiter = string(os.PathListSeparator)
)
