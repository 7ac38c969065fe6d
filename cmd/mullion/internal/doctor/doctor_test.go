package doctor

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/internal/sandbox"
)

func TestMain(m *testing.M) {
	if IsPatient(sandbox.ChildRole()) {
		os.Exit(Patient())
	}
	if err := sandbox.Enter(); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// tree makes a file system.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// machine has what files, env and programs say, and nothing of this one.
func machine(t *testing.T, files, env, programs map[string]string) *Machine {
	return &Machine{
		Root:   tree(t, files),
		Getenv: func(name string) string { return env[name] },
		LookPath: func(name string) (string, error) {
			if _, ok := programs[name]; ok {
				return "/bin/" + name, nil
			}
			return "", errors.New("not found")
		},
		Output: func(_ context.Context, _, name string, _ ...string) (string, error) {
			return programs[strings.TrimPrefix(name, "/bin/")], nil
		},
		Confinement: func() []Finding { return nil },
	}
}

// find returns a finding by its name.
func find(t *testing.T, list []Finding, name string) Finding {
	t.Helper()
	i := slices.IndexFunc(list, func(f Finding) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("nothing about %s in %+v", name, list)
	}
	return list[i]
}

// library is a shared library with three functions that return constants.
func library(t *testing.T, m elf.Machine, code [3][]byte) string {
	t.Helper()
	const (
		headers  = 64 + 56
		base     = 0x1000
		sections = 4
	)
	var text, names bytes.Buffer
	names.WriteByte(0)
	symbols := []elf.Sym64{{}}
	for i, name := range []string{"webkit_get_major_version", "webkit_get_minor_version", "webkit_get_micro_version"} {
		symbols = append(symbols, elf.Sym64{Name: uint32(names.Len()), Info: byte(elf.STB_GLOBAL)<<4 | byte(elf.STT_FUNC), Shndx: 1, Value: base + uint64(text.Len()), Size: uint64(len(code[i]))})
		names.WriteString(name + "\x00")
		text.Write(code[i])
		text.Write(make([]byte, 16-len(code[i])%16))
	}
	var b bytes.Buffer
	write := func(v any) {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	symbolsAt := uint64(headers + text.Len())
	namesAt := symbolsAt + uint64(len(symbols)*elf.Sym64Size)
	sectionsAt := namesAt + uint64(names.Len())
	h := elf.Header64{Type: uint16(elf.ET_DYN), Machine: uint16(m), Version: 1, Phoff: 64, Shoff: sectionsAt, Ehsize: 64, Phentsize: 56, Phnum: 1, Shentsize: 64, Shnum: sections, Shstrndx: 3}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1
	write(h)
	write(elf.Prog64{Type: uint32(elf.PT_LOAD), Off: headers, Vaddr: base, Filesz: uint64(text.Len()), Memsz: uint64(text.Len())})
	b.Write(text.Bytes())
	write(symbols)
	b.Write(names.Bytes())
	write([sections]elf.Section64{
		{},
		{Type: uint32(elf.SHT_PROGBITS), Addr: base, Off: headers, Size: uint64(text.Len())},
		{Type: uint32(elf.SHT_DYNSYM), Off: symbolsAt, Size: uint64(len(symbols) * elf.Sym64Size), Link: 3, Entsize: elf.Sym64Size},
		{Type: uint32(elf.SHT_STRTAB), Off: namesAt, Size: uint64(names.Len())},
	})
	return b.String()
}

// engine is one of this architecture, or of amd64 where that is not known.
func engine(t *testing.T, minor byte) string {
	if runtime.GOARCH == "arm64" {
		mov := func(n byte) []byte {
			return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, 0x52800000|uint32(n)<<5), 0xd65f03c0)
		}
		return library(t, elf.EM_AARCH64, [3][]byte{mov(2), mov(minor), mov(6)})
	}
	mov := func(n byte) []byte { return []byte{0xb8, n, 0, 0, 0, 0xc3} }
	return library(t, elf.EM_X86_64, [3][]byte{append([]byte{0xf3, 0x0f, 0x1e, 0xfa}, mov(2)...), mov(minor), {0x31, 0xc0, 0xc3}})
}

const debian = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n"

// TestEngine: the library is found where systems have it, with its version, and
// what it lacks is told.
func TestEngine(t *testing.T) {
	micro := map[string]string{"arm64": "6"}[runtime.GOARCH]
	if micro == "" {
		micro = "0"
	}
	const lib = "usr/lib/x86_64-linux-gnu/"
	for _, tt := range []struct {
		name  string
		files map[string]string
		level Level
		text  string
	}{
		{"Debian", map[string]string{lib + engineLibrary: engine(t, 50), lib + "webkit2gtk-4.1/WebKitWebProcess": ""}, OK, "WebKitGTK 2.50." + micro},
		{"Fedora", map[string]string{"usr/lib64/" + engineLibrary: engine(t, 50), "usr/libexec/webkit2gtk-4.1/WebKitWebProcess": ""}, OK, "WebKitGTK 2.50." + micro},
		{"Arch", map[string]string{"usr/lib/" + engineLibrary: engine(t, 50), "usr/lib/webkit2gtk-4.1/WebKitWebProcess": ""}, OK, "WebKitGTK 2.50." + micro},
		{"a folder of ld.so.conf", map[string]string{"opt/lib/" + engineLibrary: engine(t, 50), "opt/lib/webkit2gtk-4.1/WebKitWebProcess": "", "etc/ld.so.conf.d/x.conf": "# mine\n/opt/lib\n"}, OK, "WebKitGTK 2.50." + micro},
		{"too old", map[string]string{lib + engineLibrary: engine(t, 38), lib + "webkit2gtk-4.1/WebKitWebProcess": ""}, Missing, "2.38." + micro + " is too old"},
		{"no helpers", map[string]string{lib + engineLibrary: engine(t, 50)}, Missing, "WebKitWebProcess"},
		{"no library", nil, Missing, "was not found"},
		{"no library, a file", map[string]string{lib + engineLibrary: "#!/bin/sh"}, Missing, "was not found"},
		{"another architecture", map[string]string{lib + engineLibrary: library(t, elf.EM_386, [3][]byte{{0xc3}, {0xc3}, {0xc3}})}, Missing, "was not found"},
		{"a version that is not understood", map[string]string{lib + engineLibrary: library(t, machineOf[runtime.GOARCH], [3][]byte{{0xc3}, {0xc3}, {0xc3}}), lib + "webkit2gtk-4.1/WebKitWebProcess": ""}, OK, "WebKitGTK ("},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := machine(t, tt.files, nil, nil)
			f := m.engine(FindDistribution(m.Root))
			if f.Level != tt.level || !strings.Contains(f.Detail, tt.text) {
				t.Errorf("got %+v, want %s with %q", f, tt.level, tt.text)
			}
			if f.Level == Missing && (f.Advice == "" || len(f.Packages) == 0) {
				t.Errorf("no advice: %+v", f)
			}
		})
	}
}

// TestOldestEngine: the version that is asked for is the one that the engine's
// package asks for.
func TestOldestEngine(t *testing.T) {
	b, err := os.ReadFile("../../../../internal/backend/webkitgtk/library_unsafe.go")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), `const minVersion = "`+oldestEngine+`"`) {
		t.Error("internal/backend/webkitgtk asks for another version")
	}
	if got := goDirective("../../../.."); got != minGo {
		t.Errorf("the framework asks for Go %s, the doctor for %s", got, minGo)
	}
}

// TestDistributions: each gets its own command for its own packages.
func TestDistributions(t *testing.T) {
	for _, tt := range []struct{ release, want string }{
		{debian, "apt-get install -y --no-install-recommends libwebkit2gtk-4.1-0"},
		{"ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", "apt-get install -y --no-install-recommends libwebkit2gtk-4.1-0"},
		{"ID=fedora\n", "dnf install -y webkit2gtk4.1"},
		{"ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"10.1\"\n", "dnf install -y epel-release && dnf install -y webkit2gtk4.1"},
		{"ID=manjaro\nID_LIKE=arch\n", "pacman -S --needed --noconfirm webkit2gtk-4.1"},
		{"ID='opensuse-tumbleweed'\nID_LIKE='opensuse suse'\n", "zypper --non-interactive install libwebkit2gtk-4_1-0"},
		{"ID=alpine\n", "apk add webkit2gtk-4.1"},
		{"ID=nixos\n", "p.webkitgtk_4_1"},
	} {
		m := machine(t, map[string]string{"etc/os-release": tt.release}, nil, map[string]string{"xdg-open": ""})
		f := find(t, m.Examine(t.Context()), "engine")
		if runtime.GOOS != "linux" {
			continue
		}
		if !strings.Contains(f.Command, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.release, f.Command, tt.want)
		}
	}
	// One that is too old is told so, and not to install what there is not.
	m := machine(t, map[string]string{"etc/os-release": "ID=rhel\nVERSION_ID=\"9.6\"\n"}, nil, nil)
	if f := find(t, m.Examine(t.Context()), "engine"); runtime.GOOS == "linux" && (f.Command != "" || !strings.Contains(f.Advice, "RHEL and its relatives since 10")) {
		t.Errorf("on an old release: %+v", f)
	}
	// Every family has what every app needs.
	for _, f := range families {
		for _, n := range []need{needEngine, needFonts, needOpen, needBus, needMedia, needXvfb, needNotify} {
			if len(f.packages[n]) == 0 {
				t.Errorf("%s: nothing for %s", f.ids[0], n)
			}
		}
	}
	// Layers of an image that is not written to.
	m = machine(t, map[string]string{"etc/os-release": "ID=fedora\n", "run/ostree-booted": ""}, nil, nil)
	if got := FindDistribution(m.Root).Install([]string{"x"}); len(got) != 1 || got[0][0] != "rpm-ostree" {
		t.Errorf("on an image: %q", got)
	}
	if families[1].install[0] != "dnf" {
		t.Error("the table was changed")
	}
}

// TestNothing: a machine that has nothing is told everything, with a plan.
func TestNothing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("windows are shown on Linux only")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	m := machine(t, map[string]string{"etc/os-release": debian}, nil, map[string]string{"apt-get": "", "sudo": ""})
	list := m.Examine(t.Context())
	if Well(list) {
		t.Error("a machine with nothing is called well")
	}
	for _, name := range []string{"engine", "fonts", "display", "Go"} {
		if f := find(t, list, name); f.Level != Missing || f.Advice+f.Command == "" {
			t.Errorf("%+v", f)
		}
	}
	for _, name := range []string{"audio, video", "session bus", "links"} {
		if f := find(t, list, name); f.Level != Weaker || f.Advice+f.Command == "" {
			t.Errorf("%+v", f)
		}
	}
	plan, err := m.Plan(list, true)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(Commands(plan), "\n")
	for _, want := range []string{"apt-get update\n", "apt-get install -y --no-install-recommends ", " libwebkit2gtk-4.1-0", " fonts-dejavu-core", " xdg-utils", " xvfb"} {
		if !strings.Contains(got+" ", want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	if as := strings.HasPrefix(got, "sudo "); as != (os.Geteuid() != 0) {
		t.Errorf("as user %d: %s", os.Geteuid(), got)
	}
	// Without a package manager, or a known system, what to install is said.
	for _, release := range []string{debian, "ID=slackware\nNAME=Slackware\n", "ID=nixos\n", ""} {
		m := machine(t, map[string]string{"etc/os-release": release}, nil, nil)
		if plan, err := m.Plan(m.Examine(t.Context()), true); err == nil {
			t.Errorf("%q: %q", release, plan)
		}
	}
	if _, err := m.Plan(nil, true); !errors.Is(err, ErrNothing) {
		t.Errorf("nothing to do: %v", err)
	}
}

// TestGo: what builds, and what fetches a version that does.
func TestGo(t *testing.T) {
	for out, want := range map[string]Level{
		"go1.26.8\nauto": OK, "go1.27rc1\nlocal": OK, "go1.26.8 X:nosynctest\nauto": OK, "go1.22.1\nauto": OK, "go1.22.1\ngo1.22.0+auto": OK,
		"go1.22.1\nlocal": Missing, "go1.22.1\ngo1.22.1": Missing, "go1.19.8": Missing, "": Missing,
	} {
		m := machine(t, nil, nil, map[string]string{"go": out})
		if f := m.goVersion(t.Context()); f.Level != want || want == Missing && f.Advice == "" {
			t.Errorf("%q: %+v, want %s", out, f, want)
		}
	}
}

// TestNode: what the front end says that it is built with.
func TestNode(t *testing.T) {
	for _, tt := range []struct {
		name     string
		files    map[string]string
		programs map[string]string
		want     string // names and levels
	}{
		{"no package.json", map[string]string{"go.mod": "module x"}, nil, ""},
		{"no Node", map[string]string{"package.json": "{}"}, nil, "Node missing, npm missing"},
		{"installed", map[string]string{"package.json": `{"devDependencies": {"vite": "7"}}`, "node_modules/x": ""}, map[string]string{"node": "v22.12.0", "npm": ""}, "Node ok, npm ok"},
		{"too old", map[string]string{"package.json": `{"devDependencies": {"vite": "7"}}`, "node_modules/x": ""}, map[string]string{"node": "v18.19.0", "npm": ""}, "Node missing, npm ok"},
		{"between", map[string]string{"package.json": `{"dependencies": {"vite": "7"}}`, "node_modules/x": ""}, map[string]string{"node": "v21.7.0", "npm": ""}, "Node missing, npm ok"},
		{"not installed", map[string]string{"package.json": `{"dependencies": {"a": "1"}}`, "pnpm-lock.yaml": ""}, map[string]string{"node": "v20.19.1", "pnpm": ""}, "Node ok, pnpm missing"},
		{"bun", map[string]string{"package.json": `{"packageManager": "bun@1.2"}`}, map[string]string{"bun": ""}, "bun ok"},
		{"broken", map[string]string{"package.json": `{`}, map[string]string{"node": "v22.12.0", "npm": ""}, "Node ok, npm ok"},
	} {
		m := machine(t, nil, nil, tt.programs)
		m.Project = &project.Project{Dir: tree(t, tt.files)}
		var got []string
		for _, f := range m.node(t.Context()) {
			got = append(got, f.Name+" "+string(f.Level))
			if f.Level == Missing && f.Advice+f.Command == "" {
				t.Errorf("%s: no advice: %+v", tt.name, f)
			}
		}
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestInputMethod: what reaches windows, and what does not.
func TestInputMethod(t *testing.T) {
	for _, tt := range []struct {
		env  map[string]string
		want Level
	}{
		{nil, OK},
		{map[string]string{"XMODIFIERS": "@im=fcitx", "GTK_IM_MODULE": "fcitx"}, OK},
		{map[string]string{"XMODIFIERS": "@im=ibus", "GTK_IM_MODULE": "ibus"}, OK},
		{map[string]string{"XMODIFIERS": "@im=ibus"}, OK},
		{map[string]string{"GTK_IM_MODULE": "fcitx"}, OK},
		{map[string]string{"GTK_IM_MODULE": "uim"}, Weaker},
		{map[string]string{"GTK_IM_MODULE": "fcitx", "WAYLAND_DISPLAY": "wayland-0"}, OK},
	} {
		if f := machine(t, nil, tt.env, nil).inputMethod(); f.Level != tt.want {
			t.Errorf("%v: %+v, want %s", tt.env, f, tt.want)
		}
	}
}

// TestConfinement looks into this machine.
func TestConfinement(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("confinement is looked into on Linux only")
	}
	list := confinement()
	for _, name := range []string{"namespaces", "landlock", "seccomp", "broker", "display"} {
		if f := find(t, list, name); f.Level != OK && f.Advice == "" {
			t.Errorf("no advice: %+v", f)
		}
	}
}

// TestDisplayLayer: what is said of the display is so for each kind of it.
func TestDisplayLayer(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("confinement is looked into on Linux only")
	}
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, "wayland-7"))
	if err != nil {
		t.Fatal(err)
	}
	listen(t, l, func(net.Conn) {})
	t.Setenv("XDG_RUNTIME_DIR", dir)
	for _, tt := range []struct {
		x, wayland string
		level      Level
		detail     string
	}{
		{"127.0.0.1:77", "", Weaker, "the display 127.0.0.1:77 is no socket of this machine"},
		{"", "", Weaker, "there is no display"},
		{":77", "", OK, "a guard stands between windows and X11"},
		{"127.0.0.1:77", "wayland-7", OK, "a guard stands between windows and Wayland"},
		{"", "wayland-7", OK, "a guard stands between windows and Wayland"},
	} {
		t.Setenv("DISPLAY", tt.x)
		t.Setenv("WAYLAND_DISPLAY", tt.wayland)
		if f := find(t, confinement(), "display"); f.Level != tt.level || !strings.HasPrefix(f.Detail, tt.detail) || f.Level != OK && f.Advice == "" {
			t.Errorf("DISPLAY=%s WAYLAND_DISPLAY=%s: %+v", tt.x, tt.wayland, f)
		}
	}
}
