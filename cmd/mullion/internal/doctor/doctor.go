// Package doctor finds out what a machine has for apps, and what it lacks.
// Begin with Examine.
package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
)

// A Level says how much something matters.
type Level string

// The levels, from good to bad.
const (
	OK      Level = "ok"
	Note    Level = "note"    // worth knowing; nothing to do
	Weaker  Level = "weaker"  // apps run, with less
	Missing Level = "missing" // apps cannot be shown, or built
)

// Finding is one thing that was looked at.
type Finding struct {
	// Group is "run", "build", "desktop" or "confinement".
	Group string `json:"group"`
	Name  string `json:"name"`
	Level Level  `json:"level"`
	// Detail is what was found, Advice what to do about it.
	Detail string `json:"detail"`
	Advice string `json:"advice,omitempty"`
	// Packages would help, and Command installs them.
	Packages []string `json:"packages,omitempty"`
	Command  string   `json:"command,omitempty"`
}

// Machine is what is examined. Its fields are replaced by tests.
type Machine struct {
	// Root is where the file system begins.
	Root     string
	Getenv   func(string) string
	LookPath func(string) (string, error)
	// Output runs a program in a folder and returns what it prints.
	Output func(ctx context.Context, dir, name string, args ...string) (string, error)
	// Project is the app that is to be built; nil for none.
	Project *project.Project
	// Confinement starts a confined child to see what holds.
	Confinement func() []Finding
}

// This is the machine that the tool runs on.
func This(p *project.Project) *Machine {
	return &Machine{Root: "/", Getenv: os.Getenv, LookPath: exec.LookPath, Output: output, Project: p, Confinement: confinement}
}

// outputTime bounds how long a program may take to tell its version.
const outputTime = 20 * time.Second

func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, outputTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// Examine looks at everything.
func (m *Machine) Examine(ctx context.Context) []Finding {
	d := FindDistribution(m.Root)
	var all []Finding
	add := func(group string, list ...Finding) {
		for _, f := range list {
			f.Group = group
			if f.Level != OK && f.Command == "" && len(f.Packages) > 0 {
				f.Command = d.Advice(f.Packages)
				if f.Command == "" {
					f.Advice = strings.TrimSpace(f.Advice + " Install " + strings.Join(f.Packages, " ") + ", or what has it on this system.")
				}
			}
			all = append(all, f)
		}
	}
	if runtime.GOOS != "linux" {
		add("run", m.system(d))
		add("build", m.build(ctx)...)
		return all
	}
	add("run", m.system(d), m.engine(d), m.media(d), m.fonts(d))
	add("run", m.display(d)...)
	add("run", m.gpu()...)
	add("build", m.build(ctx)...)
	add("desktop", m.desktop(ctx, d)...)
	add("confinement", m.Confinement()...)
	return all
}

// Well reports whether apps can be shown and built.
func Well(list []Finding) bool {
	for _, f := range list {
		if f.Level == Missing {
			return false
		}
	}
	return true
}

func (m *Machine) system(d Distribution) Finding {
	f := Finding{Name: "system", Level: OK, Detail: runtime.GOOS + "/" + runtime.GOARCH}
	if d.Name != "" {
		f.Detail = d.Name + ", " + f.Detail
	}
	if kernel, err := os.ReadFile(filepath.Join(m.Root, "proc/sys/kernel/osrelease")); err == nil {
		f.Detail += ", Linux " + strings.TrimSpace(string(kernel))
	}
	switch runtime.GOOS {
	case "linux":
	case "windows":
		f.Advice = "Apps open windows here by WebView2, with much that is missing: see docs/systems.md."
	default:
		f.Level, f.Advice = Missing, "Windows are shown on Linux and Windows only, so far. Apps can be built here for them: GOOS=linux go build."
	}
	return f
}

// fallback are the packages of Debian's names, for systems that are not known.
func fallback(d Distribution, n need) []string {
	if p := d.packages(n); p != nil {
		return p
	}
	if d.family == nil {
		return families[0].packages[n]
	}
	return nil
}

func (m *Machine) engine(d Distribution) Finding {
	f := Finding{Name: "engine", Packages: fallback(d, needEngine)}
	e, err := FindEngine(m.Root)
	switch {
	case err != nil:
		f.Level, f.Detail = Missing, err.Error()
		f.Advice = "Install WebKitGTK " + oldestEngine + " or later, the one for GTK 3 whose name ends in 4.1. Debian has it since 12, Ubuntu since 22.04, RHEL and its relatives since 10 in the repository EPEL."
	case e.Version != "" && older(e.Version, oldestEngine):
		f.Level, f.Detail = Missing, "WebKitGTK "+e.Version+" is too old"
		f.Advice = "Update the system: WebKitGTK " + oldestEngine + " or later is needed."
	case e.Helpers == "":
		f.Level, f.Detail = Missing, e.Path+" is there, but not the program WebKitWebProcess that it starts"
		f.Advice = "Install the package again."
	default:
		f.Level, f.Detail = OK, "WebKitGTK"
		if e.Version != "" {
			f.Detail += " " + e.Version
		}
		f.Detail += " (" + e.Path + ")"
	}
	return f
}

// media looks for the plugins without which pages play nothing.
func (m *Machine) media(d Distribution) Finding {
	f := Finding{Name: "audio, video", Level: OK, Detail: "GStreamer with MP4 and its codecs"}
	lacks := func(plugin string) bool {
		for _, dir := range libraryDirs(m.Root) {
			if _, err := os.Stat(filepath.Join(dir, "gstreamer-1.0", plugin)); err == nil {
				return false
			}
		}
		return true
	}
	switch {
	case lacks("libgstisomp4.so"):
		f.Level, f.Detail = Weaker, "GStreamer's \"good\" plugins are not installed: pages play neither audio nor video"
		f.Packages = fallback(d, needMedia)
	case lacks("libgstlibav.so") && lacks("libgstva.so") && lacks("libgstopenh264.so"):
		f.Level, f.Detail = Note, "no codec for H.264: pages play WebM, and no MP4"
		f.Packages = fallback(d, needMedia)
	}
	return f
}

// fonts looks for any font: pages without one show boxes.
func (m *Machine) fonts(d Distribution) Finding {
	dirs := []string{filepath.Join(m.Root, "usr/share/fonts"), filepath.Join(m.Root, "usr/local/share/fonts"), filepath.Join(m.Root, "run/current-system/sw/share/X11/fonts")}
	if home := m.Getenv("HOME"); home != "" {
		dirs = append(dirs, filepath.Join(home, ".local/share/fonts"), filepath.Join(home, ".fonts"))
	}
	for _, dir := range dirs {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			dir = real
		}
		var found string
		filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
			if err != nil {
				return nil // what cannot be read is no font
			}
			switch strings.ToLower(filepath.Ext(name)) {
			case ".ttf", ".otf", ".ttc":
				found = name
				return fs.SkipAll
			}
			return nil
		})
		if found != "" {
			return Finding{Name: "fonts", Level: OK, Detail: "such as " + found}
		}
	}
	return Finding{Name: "fonts", Level: Missing, Detail: "no font is installed: pages would show boxes", Packages: fallback(d, needFonts)}
}

// display connects to the display that apps would use.
func (m *Machine) display(d Distribution) (list []Finding) {
	w, x := m.Getenv("WAYLAND_DISPLAY"), m.Getenv("DISPLAY")
	if w == "" && x == "" {
		return []Finding{{
			Name: "display", Level: Missing, Detail: "neither DISPLAY nor WAYLAND_DISPLAY is set",
			Advice:   "Start apps from a desktop session, or on a virtual display: xvfb-run APP",
			Packages: m.unless("xvfb-run", fallback(d, needXvfb)),
		}}
	}
	backend := m.Getenv("GDK_BACKEND")
	works := false
	if w != "" && !strings.HasPrefix(backend, "x11") {
		f := Finding{Name: "Wayland", Level: OK}
		globals, err := wayland(w, m.Getenv)
		switch {
		case err != nil:
			f.Level, f.Detail = Missing, fmt.Sprintf("WAYLAND_DISPLAY=%s: %v", w, err)
			f.Advice = "Start apps from the session of the compositor, as its user, or unset WAYLAND_DISPLAY to use X11."
		case !has(globals, "xdg_wm_base"):
			f.Level, f.Detail = Missing, fmt.Sprintf("WAYLAND_DISPLAY=%s answers, but offers no windows (xdg_wm_base)", w)
			f.Advice = "Use another compositor, or unset WAYLAND_DISPLAY to use X11."
		default:
			works = true
			f.Detail = fmt.Sprintf("WAYLAND_DISPLAY=%s answers", w)
		}
		list = append(list, f)
	}
	if x != "" {
		f := Finding{Name: "X11", Level: OK}
		vendor, err := x11(x, m.Getenv)
		switch {
		case err == nil:
			f.Detail = fmt.Sprintf("DISPLAY=%s answers (%s)", x, vendor)
		case works:
			f.Level, f.Detail = Note, fmt.Sprintf("DISPLAY=%s: %v; apps use Wayland", x, err)
		default:
			f.Level, f.Detail, f.Advice = Missing, fmt.Sprintf("DISPLAY=%s: %v", x, err), adviceX11(err, m.Getenv)
		}
		if err == nil && len(list) > 0 && list[0].Level == Missing {
			// The toolkit takes X11 where Wayland does not answer.
			list[0].Level = Weaker
		}
		list = append(list, f)
	}
	return list
}

// adviceX11 says what to do about a display that does not let us in.
func adviceX11(err error, getenv func(string) string) string {
	if strings.Contains(err.Error(), refusal("").Error()) {
		if getenv("SUDO_USER") != "" || os.Geteuid() == 0 {
			return "The display belongs to another user. Start the app as the user of the desktop session, without sudo."
		}
		return "Set XAUTHORITY to the file with the cookie of this display (xauth info names it in the session), or start the app from the desktop session."
	}
	return "No server answers there. Start apps from a desktop session, or on a virtual display: xvfb-run APP"
}

// unless returns packages if a program is not there.
func (m *Machine) unless(program string, packages []string) []string {
	if _, err := m.LookPath(program); err == nil {
		return nil
	}
	return packages
}

func has(list []string, name string) bool {
	for _, n := range list {
		if n == name {
			return true
		}
	}
	return false
}
