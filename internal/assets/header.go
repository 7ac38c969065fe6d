package assets

import (
	"fmt"
	"slices"
	"strings"
)

// configurable lists the header fields that app.security.headers may set, as
// in Tauri. All of them widen or narrow what a page may do; none changes how
// an answer is framed or cached. It is read only.
var configurable = []string{
	"Access-Control-Allow-Credentials",
	"Access-Control-Allow-Headers",
	"Access-Control-Allow-Methods",
	"Access-Control-Expose-Headers",
	"Access-Control-Max-Age",
	"Cross-Origin-Embedder-Policy",
	"Cross-Origin-Opener-Policy",
	"Cross-Origin-Resource-Policy",
	"Permissions-Policy",
	"Service-Worker-Allowed",
	"Tauri-Custom-Header",
	"Timing-Allow-Origin",
	"X-Content-Type-Options",
}

// A HeaderError is a header field in app.security.headers that cannot be used.
type HeaderError struct {
	Name   string
	Reason string
}

func (e *HeaderError) Error() string {
	return fmt.Sprintf("app.security.headers: %q: %s", e.Name, e.Reason)
}

// checkHeaders returns the fields with their usual spelling, or a *HeaderError.
// X-Content-Type-Options is accepted and left out: every answer has it anyway.
func checkHeaders(header []Field) ([]Field, error) {
	var checked []Field
	for _, f := range header {
		i := slices.IndexFunc(configurable, func(name string) bool { return strings.EqualFold(name, f.Name) })
		if i < 0 {
			return nil, &HeaderError{f.Name, "not among the fields that may be set: " + strings.Join(configurable, ", ")}
		}
		name := configurable[i]
		if slices.ContainsFunc(checked, func(c Field) bool { return c.Name == name }) {
			return nil, &HeaderError{f.Name, "set twice"}
		}
		if hasControl(f.Value) {
			return nil, &HeaderError{f.Name, "control character in the value"}
		}
		if name == "X-Content-Type-Options" {
			if !strings.EqualFold(strings.TrimSpace(f.Value), "nosniff") {
				return nil, &HeaderError{f.Name, `the only value is "nosniff"`}
			}
			continue
		}
		checked = append(checked, Field{name, f.Value})
	}
	return checked, nil
}

// oneLine makes a header value of a text that may have been written on several
// lines, such as a policy from a configuration file.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, s))
}
