package rendering

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Machine is what drawing depends on.
type Machine struct {
	// GPU names the graphics devices by vendor and device, such as
	// "10de:2484", sorted and separated by commas; or it is NoGPU.
	GPU string
	// Driver names their drivers and the versions of these and of the kernel,
	// as in "amdgpu, 6.12.9".
	Driver string
}

// NoGPU is the Machine.GPU of a machine where none can be used.
const NoGPU = "none"

// Detect looks at a machine's root file system, as os.DirFS("/"). What it
// reads is described in the kernel's documentation of sysfs; on other systems
// than Linux there is nothing to read, and the GPU is "".
func Detect(root fs.FS) Machine {
	if _, err := fs.Stat(root, "proc/sys/kernel/osrelease"); err != nil {
		return Machine{}
	}
	var gpus, drivers []string
	add := func(list *[]string, s string) {
		if s != "" && !slices.Contains(*list, s) {
			*list = append(*list, s)
		}
	}
	cards, _ := fs.Glob(root, "sys/class/drm/card*/device")
	for _, dir := range cards {
		if strings.Contains(path.Base(path.Dir(dir)), "-") {
			continue // card0-HDMI-A-1 is a connector
		}
		add(&gpus, strings.TrimPrefix(line(root, dir+"/vendor"), "0x")+":"+strings.TrimPrefix(line(root, dir+"/device"), "0x"))
		driver := driverOf(line(root, dir+"/uevent"))
		add(&drivers, driver)
		if driver != "" {
			add(&drivers, line(root, "sys/module/"+driver+"/version"))
		}
	}
	// A container may see the devices of its machine without being let near.
	if nodes, _ := fs.Glob(root, "dev/dri/*"); len(nodes) == 0 {
		gpus, drivers = nil, nil
	}
	slices.Sort(gpus)
	slices.Sort(drivers)
	add(&drivers, line(root, "proc/sys/kernel/osrelease"))
	m := Machine{GPU: strings.Join(gpus, ","), Driver: strings.Join(drivers, ", ")}
	if m.GPU == "" {
		m.GPU = NoGPU
	}
	return m
}

// line reads a small file, or nothing.
func line(root fs.FS, name string) string {
	b, err := fs.ReadFile(root, name)
	if err != nil || len(b) > 4<<10 {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// driverOf finds DRIVER=… in a uevent file.
func driverOf(uevent string) string {
	for l := range strings.Lines(uevent) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(l), "DRIVER="); ok {
			return name
		}
	}
	return ""
}

// Trouble returns the step that a machine is known to need, if there is one.
// Ladders do not begin there: a driver may have been mended, and they find out
// by themselves.
func (m Machine) Trouble() (s Step, known bool) {
	if slices.Contains(strings.Split(m.Driver, ", "), "nvidia") {
		return steps[withoutDMABUF], true
	}
	return Step{}, false
}
