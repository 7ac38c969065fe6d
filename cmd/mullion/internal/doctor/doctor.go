package doctor

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/mullion-dev/mullion/internal/sandbox"
)

// Role is the role of the child that is confined to see what holds.
const Role = "doctor"

// finding is one line of the report.
type finding struct {
	what string
	good bool
	// needed is set for what no window can be shown without.
	needed bool
	text   string
	remedy string
}

// doctor writes its report, and tells whether apps can show windows here.
func Report(w io.Writer) bool {
	findings := append(machine(os.Getenv, filepath.Glob), confinement()...)
	well := true
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, f := range findings {
		sign := "ok"
		switch {
		case f.good:
		case f.needed:
			sign, well = "MISSING", false
		default:
			sign = "weaker"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", sign, f.what, f.text)
	}
	t.Flush()
	for _, f := range findings {
		if !f.good && f.remedy != "" {
			fmt.Fprintf(w, "\n%s: %s\n", f.what, f.remedy)
		}
	}
	return well
}

// libraryDirs are where systems keep libraries.
var libraryDirs = []string{"/usr/lib/*", "/usr/lib64", "/usr/lib", "/usr/local/lib", "/lib64"}

// machine looks for what apps need to show windows.
func machine(getenv func(string) string, glob func(string) ([]string, error)) []finding {
	system := finding{what: "system", text: runtime.GOOS + "/" + runtime.GOARCH, good: runtime.GOOS == "linux", needed: true,
		remedy: "windows are shown on Linux only, so far"}
	engine := finding{what: "engine", text: "libwebkit2gtk-4.1.so.0 was not found", needed: true,
		remedy: "install WebKitGTK for GTK 3: libwebkit2gtk-4.1-0 (Debian, Ubuntu), webkit2gtk4.1 (Fedora), webkit2gtk-4.1 (Arch)"}
	for _, dir := range libraryDirs {
		if found, _ := glob(filepath.Join(dir, "libwebkit2gtk-4.1.so.0")); len(found) > 0 {
			engine.text, engine.good = found[0], true
			break
		}
	}
	display := finding{what: "display", text: "neither DISPLAY nor WAYLAND_DISPLAY is set", needed: true,
		remedy: "start apps from a desktop session, or on a virtual display: xvfb-run APP"}
	for _, name := range []string{"WAYLAND_DISPLAY", "DISPLAY"} {
		if v := getenv(name); v != "" {
			display.text, display.good = name+"="+v, true
			break
		}
	}
	gpu := finding{what: "GPU", text: "no /dev/dri: pages are drawn by the processor"}
	if found, _ := glob("/dev/dri/render*"); len(found) > 0 {
		gpu.text, gpu.good = strings.Join(found, " "), true
	}
	return []finding{system, engine, display, gpu}
}

// remedies say what to do about a layer that does not hold.
var remedies = map[sandbox.Layer]string{
	sandbox.LayerNamespaces: "the kernel gives ordinary users no namespaces. On Ubuntu 23.10 and later AppArmor has a profile decide that " +
		"(kernel.apparmor_restrict_unprivileged_userns); elsewhere see user.max_user_namespaces and, on Debian, kernel.unprivileged_userns_clone. " +
		"In a container, the container has to allow them",
	sandbox.LayerLandlock: "use Linux 5.13 or newer with landlock in the lsm= parameter of the kernel",
	sandbox.LayerSeccomp:  "use a kernel with CONFIG_SECCOMP_FILTER",
	sandbox.LayerBroker:   "use Linux 5.9 or newer",
	sandbox.LayerMemory: "limits for all processes of a host together need control groups of version 2 that are delegated to the user, with the " +
		"memory controller, as a session of systemd has; without them each web process and each worker has a limit of its own",
}

// confinement confines a child as hosts are, and tells what holds.
func confinement() []finding {
	p, err := startPatient()
	if err != nil {
		return []finding{{what: "confinement", text: err.Error(), good: errors.Is(err, errors.ErrUnsupported)}}
	}
	p.Wait()
	var findings []finding
	for _, s := range p.Status() {
		f := finding{what: string(s.Layer), good: s.Holds, text: s.Detail}
		if !s.Holds {
			f.remedy = remedies[s.Layer]
		}
		findings = append(findings, f)
	}
	return findings
}
