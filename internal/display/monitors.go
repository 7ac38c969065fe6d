package display

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
)

// StartMonitors is Start for a display of several monitors, of which the first is the
// primary one. Widths and places across are multiples of 8. They are called DUMMY0,
// DUMMY1 and so on: the server is Xorg with its driver for no hardware, since Xvfb has
// one monitor, and toolkits see no parts of that. dir is for its files.
func StartMonitors(dir string, parts ...image.Rectangle) (*Display, error) {
	var c strings.Builder
	whole := image.Rectangle{}
	fmt.Fprint(&c, "Section \"ServerFlags\"\nOption \"AutoAddDevices\" \"false\"\nOption \"AutoAddGPU\" \"false\"\nEndSection\n")
	device := "Section \"Device\"\nIdentifier \"d\"\nDriver \"dummy\"\nVideoRam 65536\n"
	for i, r := range parts {
		whole = whole.Union(r)
		name := fmt.Sprintf("DUMMY%d", i)
		device += fmt.Sprintf("Option \"Monitor-%[1]s\" \"%[1]s\"\n", name)
		fmt.Fprintf(&c, "Section \"Monitor\"\nIdentifier %q\nHorizSync 1.0-1000.0\nVertRefresh 1.0-1000.0\n", name)
		w, h := r.Dx(), r.Dy()
		fmt.Fprintf(&c, "Modeline \"m\" 50 %d %d %d %d %d %d %d %d\n", w, w+8, w+16, w+24, h, h+4, h+8, h+12)
		fmt.Fprintf(&c, "Option \"PreferredMode\" \"m\"\nOption \"Position\" \"%d %d\"\nOption \"Enable\" \"true\"\n", r.Min.X, r.Min.Y)
		if i == 0 {
			fmt.Fprint(&c, "Option \"Primary\" \"true\"\n")
		}
		fmt.Fprint(&c, "EndSection\n")
	}
	fmt.Fprintf(&c, "%sEndSection\nSection \"Screen\"\nIdentifier \"s\"\nDevice \"d\"\nDefaultDepth 24\nSubSection \"Display\"\nDepth 24\nVirtual %d %d\nEndSubSection\nEndSection\n",
		device, whole.Dx(), whole.Dy())
	name := filepath.Join(dir, "xorg.conf")
	if err := os.WriteFile(name, []byte(c.String()), 0o600); err != nil {
		return nil, err
	}
	return (&Display{server: []string{
		"-config", name, "-logfile", filepath.Join(dir, "xorg.log"), "-novtswitch", "-sharevts",
	}}).begin()
}
