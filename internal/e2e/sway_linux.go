package e2e

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image/color"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/go-json-experiment/json"
)

// Sway is the Wayland compositor sway, without a screen and without a GPU. It
// tiles windows, but for those that belong to another one.
type Sway struct {
	// Said is what it has written: each message of the protocol, with
	// WAYLAND_DEBUG=server.
	Said Log

	t       testing.TB
	dir     string
	control string // the path of its socket for commands
	running *exec.Cmd
}

// SwayWindow is a window as sway knows it.
type SwayWindow struct {
	Name    string `json:"name"`
	AppID   string `json:"app_id"`
	PID     int    `json:"pid"`
	Kind    string `json:"type"`   // con, or floating_con
	Border  string `json:"border"` // csd: the window draws its own, none, or what sway draws
	Rect    Rect   `json:"rect"`   // of the window with its frame, in logical pixels
	Inside  Rect   `json:"window_rect"`
	Visible bool   `json:"visible"`
	Focused bool   `json:"focused"`
}

// Rect is a place and a size in logical pixels.
type Rect struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

const swayConfig = `xwayland disable
output HEADLESS-1 resolution 1280x800 position 0 0
output * bg #336699 solid_color
focus_on_window_activation focus
`

// nobody is who sway runs as where the tests are run by root, which it refuses.
const nobody = 65534

// StartSway starts sway, with these variables besides, and points this process to it
// and to no other display. It ends with the test, which is skipped where there is no
// sway.
func StartSway(t testing.TB, env ...string) *Sway {
	t.Helper()
	for _, program := range []string{"sway", "grim", "wtype"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip(program + " is not installed")
		}
	}
	// Not t.TempDir: another user does not get into that.
	dir, err := os.MkdirTemp("", "sway")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &Sway{t: t, dir: dir, control: filepath.Join(dir, "control")}
	if err := os.WriteFile(filepath.Join(dir, "config"), []byte(swayConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("sway", "--config", filepath.Join(dir, "config"))
	c.Dir = dir
	c.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "XDG_RUNTIME_DIR=" + dir, "SWAYSOCK=" + s.control,
		"WLR_BACKENDS=headless", "WLR_RENDERER=pixman", "WLR_LIBINPUT_NO_DEVICES=1",
	}, env...)
	if os.Getuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	c.Stderr = &s.Said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	s.running = c
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
		if t.Failed() {
			t.Logf("sway says:\n%s", s.Said.Tail(20))
		}
	})
	var display string
	if err := WaitFor(Timeout, func() error {
		list, _ := filepath.Glob(filepath.Join(dir, "wayland-*"))
		for _, name := range list {
			if !strings.HasSuffix(name, ".lock") {
				display = filepath.Base(name)
			}
		}
		if display == "" {
			return errors.New("sway has no socket")
		}
		_, err := s.ask(getTree, "")
		return err
	}); err != nil {
		c.Process.Kill()
		t.Fatalf("%v\n%s", err, s.Said.Tail(20))
	}
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("WAYLAND_DISPLAY", display)
	t.Setenv("DISPLAY", "")
	// Windows have the focus only where there is a keyboard: one that waits for days.
	keyboard := exec.Command("wtype", "-s", "1000000000")
	if err := keyboard.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		keyboard.Process.Kill()
		keyboard.Wait()
	})
	return s
}

// Type has the user press keys, as wtype(1) takes them: "-k", "Return" or a text.
func (s *Sway) Type(args ...string) {
	s.t.Helper()
	if out, err := exec.Command("wtype", args...).CombinedOutput(); err != nil {
		s.t.Fatalf("wtype: %v\n%s", err, out)
	}
}

// The types of messages of sway's control socket, see sway-ipc(7).
const (
	runCommand = 0
	getTree    = 4
)

// ask sends a message to sway and returns the answer.
func (s *Sway) ask(kind uint32, text string) ([]byte, error) {
	c, err := net.Dial("unix", s.control)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	const magic = "i3-ipc"
	m := binary.NativeEndian.AppendUint32([]byte(magic), uint32(len(text)))
	m = append(binary.NativeEndian.AppendUint32(m, kind), text...)
	if _, err := c.Write(m); err != nil {
		return nil, err
	}
	head := make([]byte, len(magic)+8)
	if _, err := io.ReadFull(c, head); err != nil {
		return nil, err
	}
	answer := make([]byte, binary.NativeEndian.Uint32(head[len(magic):]))
	_, err = io.ReadFull(c, answer)
	return answer, err
}

// Do runs a command of sway, see sway(5).
func (s *Sway) Do(format string, args ...any) {
	s.t.Helper()
	if err := s.Try(format, args...); err != nil {
		s.t.Fatal(err)
	}
}

// Try is Do for other goroutines than that of the test.
func (s *Sway) Try(format string, args ...any) error {
	command := fmt.Sprintf(format, args...)
	answer, err := s.ask(runCommand, command)
	if err == nil && strings.Contains(string(answer), `"success": false`) {
		err = fmt.Errorf("%s: %s", command, answer)
	}
	return err
}

// node is a part of sway's tree.
type node struct {
	SwayWindow
	Nodes    []node `json:"nodes"`
	Floating []node `json:"floating_nodes"`
}

// Windows returns the windows that sway shows or has hidden.
func (s *Sway) Windows() (list []SwayWindow) {
	s.t.Helper()
	answer, err := s.ask(getTree, "")
	var root node
	if err == nil {
		err = json.Unmarshal(answer, &root)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	var walk func(n node)
	walk = func(n node) {
		if n.PID != 0 {
			list = append(list, n.SwayWindow)
		}
		for _, below := range append(n.Nodes, n.Floating...) {
			walk(below)
		}
	}
	walk(root)
	return list
}

// Window waits for a window with that title.
func (s *Sway) Window(title string) (w SwayWindow) {
	s.t.Helper()
	if err := WaitFor(Timeout, func() error {
		var titles []string
		for _, w = range s.Windows() {
			if w.Name == title {
				return nil
			}
			titles = append(titles, w.Name)
		}
		return fmt.Errorf("no window %q among %q", title, titles)
	}); err != nil {
		s.t.Fatal(err)
	}
	return w
}

// Color returns that of a point of the screen, in logical pixels.
func (s *Sway) Color(x, y int) color.RGBA {
	s.t.Helper()
	// A picture of one point, or of some on a screen with a scale: three lines of
	// text, and three bytes for each (PPM).
	p, err := exec.Command("grim", "-t", "ppm", "-g", fmt.Sprintf("%d,%d 1x1", x, y), "-").Output()
	if err != nil {
		s.t.Fatalf("grim: %v", err)
	}
	parts := bytes.SplitN(p, []byte("\n"), 4)
	if len(parts) < 4 || len(parts[3]) < 3 {
		s.t.Fatalf("grim: %q", p)
	}
	return color.RGBA{parts[3][0], parts[3][1], parts[3][2], 255}
}

// Save writes a picture of the screen into a PNG file.
func (s *Sway) Save(file string) {
	s.t.Helper()
	if out, err := exec.Command("grim", "-l", "0", file).CombinedOutput(); err != nil {
		s.t.Fatalf("grim: %v\n%s", err, out)
	}
}
