package assets

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// maxRanges is how many ranges one request may have. Viewers of PDF, which
// are known to ask for several, stay far below. A request with more is answered
// with the whole file, as RFC 9110, 14.2 suggests.
const maxRanges = 16

// errUnsatisfiable says that no range of a request lies within the file.
var errUnsatisfiable = errors.New("range not satisfiable")

// A byteRange is a part of a file, never empty.
type byteRange struct {
	start, length int64
}

// contentRange returns the value of Content-Range for a file of size bytes.
func (r byteRange) contentRange(size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", r.start, r.start+r.length-1, size)
}

// parseRange reads the value of a Range field for a file of size bytes
// (RFC 9110, 14.1.2). It returns no ranges if the field has to be ignored: it
// is absent, malformed, of another unit, has too many ranges, or asks for more
// bytes than there are, which is what an attack by overlapping ranges does.
func parseRange(value string, size int64) ([]byteRange, error) {
	unit, set, ok := strings.Cut(value, "=")
	if !ok || !strings.EqualFold(strings.TrimSpace(unit), "bytes") {
		return nil, nil
	}
	var (
		ranges []byteRange
		count  int
		total  int64
		suffix bool // a satisfiable suffix was seen
	)
	for spec := range strings.SplitSeq(set, ",") {
		spec = strings.Trim(spec, " \t")
		if spec == "" {
			continue // empty elements of a list are legal
		}
		if count++; count > maxRanges {
			return nil, nil
		}
		first, last, ok := strings.Cut(spec, "-")
		if !ok {
			return nil, nil
		}
		var r byteRange
		if first == "" {
			n, ok := parseSize(last)
			if !ok {
				return nil, nil
			}
			n = min(n, size)
			r = byteRange{size - n, n}
			suffix = suffix || parsePositive(last)
		} else {
			start, ok := parseSize(first)
			if !ok {
				return nil, nil
			}
			end := int64(math.MaxInt64)
			if last != "" {
				if end, ok = parseSize(last); !ok || end < start {
					return nil, nil
				}
			}
			if start < size {
				r = byteRange{start, min(end, size-1) - start + 1}
			}
		}
		if r.length > 0 {
			if r.length > size-total {
				return nil, nil
			}
			total += r.length
			ranges = append(ranges, r)
		}
	}
	switch {
	case count == 0:
		return nil, nil
	case len(ranges) > 0:
		return ranges, nil
	case suffix:
		return nil, nil // the end of an empty file: send the empty file
	}
	return nil, errUnsatisfiable
}

// parseSize reads a decimal number without sign. One that is too large counts
// as the largest there is, since it lies behind the end of every file.
func parseSize(s string) (n int64, ok bool) {
	if s == "" {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		digit := int64(s[i] - '0')
		if n > (math.MaxInt64-digit)/10 {
			n = math.MaxInt64 // and stays so: no digit fits behind it
		} else {
			n = n*10 + digit
		}
	}
	return n, true
}

func parsePositive(s string) bool {
	n, ok := parseSize(s)
	return ok && n > 0
}
