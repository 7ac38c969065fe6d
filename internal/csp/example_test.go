package csp_test

import (
	"fmt"

	"github.com/mullion-dev/mullion/internal/csp"
)

func ExamplePolicy_ForHTML() {
	policy, err := csp.Parse("default-src 'self'; script-src 'self'")
	if err != nil {
		fmt.Println(err)
		return
	}
	page := []byte(`<!doctype html><style>p { color: red }</style><script>start()</script>`)
	// Outside of an example the nonce is nil, for random ones.
	header, out := policy.ForHTML(page, func() string { return "b7K1" })
	fmt.Println(header)
	fmt.Println(string(out))
	// Output:
	// default-src 'self'; script-src 'self' 'sha256-DIm7WJS6ZKDYe5qFLPy+h4JFI9Bol5QmYC57mt3Fb00='; style-src 'self' 'nonce-b7K1'
	// <!doctype html><style nonce="b7K1">p { color: red }</style><script>start()</script>
}
