package build

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// Target is a system to build for, with the names that Go has.
type Target struct{ System, Arch string }

// String returns "system/arch".
func (t Target) String() string { return t.System + "/" + t.Arch }

// The systems and processors that apps are built for.
var (
	systems = []string{"linux", "windows", "darwin"}
	arches  = []string{"amd64", "arm64"}
)

// ParseTargets reads a list such as "linux/amd64,windows": a system without a
// processor is for that of this machine, and "all" is for all.
func ParseTargets(list string) ([]Target, error) {
	var all []Target
	add := func(t Target) {
		if !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	for word := range strings.SplitSeq(list, ",") {
		word = strings.TrimSpace(word)
		if word == "all" {
			for _, system := range systems {
				for _, arch := range arches {
					add(Target{system, arch})
				}
			}
			continue
		}
		system, arch, has := strings.Cut(word, "/")
		if !has {
			arch = runtime.GOARCH
		}
		if !slices.Contains(systems, system) || !slices.Contains(arches, arch) {
			return nil, term.Help(fmt.Errorf("there is no target %q", word),
				"a target is linux, windows or darwin, with /amd64 or /arm64 if it is for another processor than this one; or all")
		}
		add(Target{system, arch})
	}
	return all, nil
}

// env is the environment of the go command for a target. There is no C
// compiler for another system.
func (t Target) env() []string {
	env := []string{"GOOS=" + t.System, "GOARCH=" + t.Arch}
	if own := (Target{runtime.GOOS, runtime.GOARCH}); t != own || os.Getenv("CGO_ENABLED") == "" {
		env = append(env, "CGO_ENABLED=0")
	}
	return env
}
