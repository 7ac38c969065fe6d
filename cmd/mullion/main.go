// Command mullion is the tool for apps made with Mullion. So far it has one
// part:
//
//	mullion doctor    # what this machine has for apps, and what it lacks
package main

import (
	"fmt"
	"os"

	"github.com/mullion-dev/mullion/internal/sandbox"
)

const usage = `usage: mullion doctor

doctor  tells what this machine has for apps, how hosts would be confined,
        and what to do about what is missing
`

func main() {
	if sandbox.ChildRole() == doctorRole {
		os.Exit(patient())
	}
	if err := sandbox.Enter(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if len(os.Args) != 2 || os.Args[1] != "doctor" {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if !doctor(os.Stdout) {
		os.Exit(1)
	}
}
