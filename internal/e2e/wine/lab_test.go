//go:build wine

package wine

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/display"
)

// The lab is made once: a wine prefix in bin, a display, the double and the app.
var lab struct {
	prefix, display, double string
	hello, lab, notes       string // programs
}

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	d, err := display.Start()
	if err != nil {
		return 0, err
	}
	defer d.Stop()
	lab.display = d.Name()
	dir, err := os.MkdirTemp("", "mullion-wine-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	root, err := filepath.Abs("../../..")
	if err != nil {
		return 0, err
	}
	if lab.prefix, err = makePrefix(filepath.Join(root, "bin", "wine")); err != nil {
		return 0, err
	}
	// One server for all tests, which stays for 30 seconds between apps, and after tests that were killed. It ends what is left of this prefix alone; where a
	// run before was killed, first that.
	_ = wine("wineserver", "-k").Run()
	if err := wine("wineserver", "-p30").Run(); err != nil { // its output would stay open as long as it runs
		return 0, fmt.Errorf("start the server of wine: %w", err)
	}
	defer func() { _ = wine("wineserver", "-k").Run() }()
	// What wine starts beside the first program, such as its desktop, keeps that one's output open as long as the server stays.
	if err := wine("wine", "cmd", "/c", "exit").Run(); err != nil {
		return 0, fmt.Errorf("start wine: %w", err)
	}
	if err := buildDouble(dir); err != nil {
		return 0, err
	}
	lab.hello, lab.lab, lab.notes = filepath.Join(dir, "hello.exe"), filepath.Join(dir, "lab.exe"), filepath.Join(dir, "notes.exe")
	build := exec.Command("go", "build", "-ldflags=-s", "-o", dir+"/", "./examples/hello", "./internal/e2e/wine/lab", "./examples/notes")
	build.Dir = root
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the apps: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// wine returns a command in the prefix, on the display of the tests.
func wine(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "DISPLAY=" + lab.display,
		"WINEPREFIX=" + lab.prefix, "WINEARCH=win64", "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml=",
	}
	return cmd
}

// makePrefix makes a prefix that is Windows 10, where there is none yet. Programs of Go do not
// start in wine 8 without bcryptprimitives.dll.
func makePrefix(dir string) (string, error) {
	prefix, done := filepath.Join(dir, "prefix"), filepath.Join(dir, "done")
	if _, err := os.Stat(done); err == nil {
		return prefix, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	lab.prefix = prefix
	for _, cmd := range []*exec.Cmd{
		wine("wine", "wineboot", "-i"),
		wine("wine", "reg", "add", `HKCU\Software\Wine`, "/v", "Version", "/d", "win10", "/f"),
		wine("wineserver", "-w"),
		compiler("-shared", "-o", filepath.Join(prefix, "drive_c", "windows", "system32", "bcryptprimitives.dll"), "testdata/bcryptprimitives.c", "-ladvapi32"),
	} {
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
		}
	}
	return prefix, os.WriteFile(done, nil, 0o600)
}

func compiler(args ...string) *exec.Cmd { return exec.Command("x86_64-w64-mingw32-gcc", args...) }

// facts are the interfaces of WebView2, which are not this repository's.
const facts = "../../backend/webview2/testdata/interfaces.txt"

// buildDouble compiles the double.
func buildDouble(dir string) error {
	text, err := os.ReadFile(facts)
	if err != nil {
		return err
	}
	header, err := slots(string(text))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "slots.h"), []byte(header), 0o600); err != nil {
		return err
	}
	lab.double = filepath.Join(dir, "EmbeddedBrowserWebView.dll")
	cmd := compiler("-shared", "-static", "-O1", "-Werror=incompatible-pointer-types", "-I", dir, "-o", lab.double, "testdata/double.c", "-lole32", "-luuid", "-lws2_32", "-lgdi32")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("compile the double: %w\n%s", err, out)
	}
	return nil
}

// doubles are the objects of the double: by what a struct in C is called, the last interface that
// they have, and those before.
var doubles = []struct {
	name  string
	faces []string
}{
	{"view", []string{"ICoreWebView2_13", "ICoreWebView2_7", "ICoreWebView2_4", "ICoreWebView2"}},
	{"settings", []string{"ICoreWebView2Settings4", "ICoreWebView2Settings3", "ICoreWebView2Settings2", "ICoreWebView2Settings"}},
	{"controller", []string{"ICoreWebView2Controller4", "ICoreWebView2Controller2", "ICoreWebView2Controller"}},
	{"environment", []string{"ICoreWebView2Environment10", "ICoreWebView2Environment"}},
	{"profile", []string{"ICoreWebView2Profile2", "ICoreWebView2Profile"}},
	{"deferral", []string{"ICoreWebView2Deferral"}},
	{"request", []string{"ICoreWebView2WebResourceRequest"}},
	{"response", []string{"ICoreWebView2WebResourceResponse"}},
	{"headers", []string{"ICoreWebView2HttpRequestHeaders"}},
	{"iterator", []string{"ICoreWebView2HttpHeadersCollectionIterator"}},
	{"starting", []string{"ICoreWebView2NavigationStartingEventArgs"}},
	{"loading", []string{"ICoreWebView2ContentLoadingEventArgs"}},
	{"completed", []string{"ICoreWebView2NavigationCompletedEventArgs"}},
	{"window", []string{"ICoreWebView2NewWindowRequestedEventArgs"}},
	{"permission", []string{"ICoreWebView2PermissionRequestedEventArgs"}},
	{"failed", []string{"ICoreWebView2ProcessFailedEventArgs2", "ICoreWebView2ProcessFailedEventArgs"}},
	{"message", []string{"ICoreWebView2WebMessageReceivedEventArgs"}},
	{"key", []string{"ICoreWebView2AcceleratorKeyPressedEventArgs"}},
	{"downloading", []string{"ICoreWebView2DownloadStartingEventArgs"}},
	{"operation", []string{"ICoreWebView2DownloadOperation"}},
	{"receiver", []string{"ICoreWebView2DevToolsProtocolEventReceiver"}},
	{"protocol", []string{"ICoreWebView2DevToolsProtocolEventReceivedEventArgs"}},
	{"options", []string{"ICoreWebView2ControllerOptions"}},
	{"requested", []string{"ICoreWebView2WebResourceRequestedEventArgs"}},
}

// slots makes slots.h: SLOT_FACE_METHOD, IID_FACE, and a face_NAME for each object of the double.
func slots(facts string) (string, error) {
	var b strings.Builder
	b.WriteString("typedef struct { const char *name; const GUID **iids; int count; const char **names; int slots; } face;\n")
	b.WriteString("static const GUID iid_unknown = {0, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};\n")
	names := map[string][]string{}
	current := ""
	for line := range strings.Lines(facts) {
		switch f := strings.Fields(line); {
		case strings.HasPrefix(line, "#"), len(f) == 0:
		case strings.HasPrefix(line, "\t"):
			fmt.Fprintf(&b, "#define SLOT_%s_%s %s\n", current, f[1], f[0])
			if n, err := strconv.Atoi(f[0]); err != nil || n != len(names[current])+3 {
				return "", fmt.Errorf("%s.%s has the place %s", current, f[1], f[0])
			}
			names[current] = append(names[current], f[1])
		default:
			current = f[0]
			hex := strings.ReplaceAll(f[1], "-", "")
			if len(hex) != 32 {
				return "", fmt.Errorf("%s has the number %s", current, f[1])
			}
			fmt.Fprintf(&b, "static const GUID IID_%s = {0x%s, 0x%s, 0x%s, {", current, hex[:8], hex[8:12], hex[12:16])
			for i := 16; i < 32; i += 2 {
				fmt.Fprintf(&b, "0x%s, ", hex[i:i+2])
			}
			b.WriteString("}};\n")
		}
	}
	for _, d := range doubles {
		last := d.faces[0]
		quoted := []string{`"QueryInterface"`, `"AddRef"`, `"Release"`}
		for _, n := range names[last] {
			quoted = append(quoted, strconv.Quote(n))
		}
		iids := []string{"&iid_unknown"}
		for _, f := range slices.Backward(d.faces) {
			iids = append(iids, "&IID_"+f)
		}
		fmt.Fprintf(&b, "static const char *names_%s[] = {%s};\nstatic const GUID *iids_%s[] = {%s};\n", d.name, strings.Join(quoted, ", "), d.name, strings.Join(iids, ", "))
		fmt.Fprintf(&b, "static const face face_%s = {%q, iids_%s, %d, names_%s, %d};\n", d.name, last, d.name, len(iids), d.name, len(quoted))
	}
	return b.String(), nil
}
