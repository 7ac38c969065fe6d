package reach

import (
	"fmt"
	"net/http"
	"strings"
)

// The most that a page may give in headers: fields, and bytes in all.
const (
	maxFields     = 256
	maxFieldBytes = 128 << 10
)

// Header makes a header of names and values. Values are byte strings, as class
// Headers of pages has them: one character for each byte. Those that have others
// are sent as UTF-8.
func Header(fields [][2]string) (http.Header, error) {
	if len(fields) > maxFields {
		return nil, fmt.Errorf("%d header fields; at most %d are allowed", len(fields), maxFields)
	}
	h, size := http.Header{}, 0
	for _, f := range fields {
		if size += len(f[0]) + len(f[1]); size > maxFieldBytes {
			return nil, fmt.Errorf("more than %d bytes of header fields", maxFieldBytes)
		}
		if !IsToken(f[0]) {
			return nil, fmt.Errorf("invalid HTTP header name: %.100q", f[0])
		}
		v, ok := bytesOf(f[1])
		if !ok {
			return nil, fmt.Errorf("failed to parse header value of %s", f[0])
		}
		h.Add(f[0], v)
	}
	return h, nil
}

// IsToken reports whether text is a name of a field or of a method, by RFC 9110,
// section 5.6.2.
func IsToken(text string) bool {
	for i := range len(text) {
		c := text[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return text != ""
}

func bytesOf(text string) (string, bool) {
	latin := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			latin = []byte(text)
			break
		}
		latin = append(latin, byte(r))
	}
	for _, c := range latin {
		if c < ' ' && c != '\t' || c == 0x7f {
			return "", false
		}
	}
	return string(latin), true
}

// Fields are the names and values of a header as a page gets them, in lower case
// and as byte strings.
func Fields(h http.Header) [][2]string {
	list := [][2]string{}
	for name, values := range h {
		for _, v := range values {
			var b strings.Builder
			for i := range len(v) {
				b.WriteRune(rune(v[i]))
			}
			list = append(list, [2]string{strings.ToLower(name), b.String()})
		}
	}
	return list
}

// Framing reports whether a header says where a request ends, what becomes of its
// connection, or which server it is for. These are the client's alone.
func Framing(name string) bool { return framing[strings.ToLower(name)] }

var framing = map[string]bool{
	"connection": true, "content-length": true, "expect": true, "host": true, "keep-alive": true, "proxy-connection": true, "te": true, "trailer": true,
	"transfer-encoding": true, "upgrade": true,
}
