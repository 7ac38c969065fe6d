// Command vet checks what runs on all systems as go vet does, for other ones,
// from source alone: go vet compiles all that is imported first, which
// takes ten times longer where that has not been done.
//
//	go -C scripts/vet run . windows/amd64 darwin/arm64
//
// It finds what does not compile. What does not link it cannot find.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/analysis/suite/vet"
	"golang.org/x/tools/go/packages"
)

// root is that of the repository, from the folder of this module.
const root = "../.."

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: vet OS/ARCHITECTURE...")
		os.Exit(2)
	}
	var failed error
	for _, system := range os.Args[1:] {
		if err := check(system); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", system, err))
		}
	}
	if failed != nil {
		fmt.Fprintln(os.Stderr, failed)
		os.Exit(1)
	}
}

// check prints what is wrong for a system.
func check(system string) error {
	goos, goarch, ok := strings.Cut(system, "/")
	if !ok {
		return errors.New("want OS/ARCHITECTURE")
	}
	all, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedDeps |
			packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedTypesSizes | packages.NeedModule,
		Dir:   root,
		Env:   append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0"),
		Tests: true,
	}, "./...", "./cmd/mullion/...")
	if err != nil {
		return err
	}
	if n := packages.PrintErrors(all); n > 0 {
		return fmt.Errorf("%d errors", n)
	}
	graph, err := checker.Analyze(vet.Suite, all, nil)
	if err != nil {
		return err
	}
	found := 0
	for _, a := range graph.Roots {
		if a.Err != nil {
			return fmt.Errorf("%s: %w", a, a.Err)
		}
		found += len(a.Diagnostics)
	}
	if err := graph.PrintText(os.Stderr, -1); err != nil {
		return err
	}
	if found > 0 {
		return fmt.Errorf("%d findings", found)
	}
	return nil
}
