package doctor

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

const (
	// engineLibrary is the web view of the system.
	engineLibrary = "libwebkit2gtk-4.1.so.0"
	// oldestEngine is the first version that has all that is used.
	oldestEngine = "2.40"
)

// Engine is the web view that was found.
type Engine struct {
	Path    string // of the library
	Version string // "" where it cannot be told
	// Helpers is the folder of the programs that it starts, "" where there
	// are none.
	Helpers string
}

// FindEngine looks for the web view below root, which is "/".
func FindEngine(root string) (Engine, error) {
	for _, dir := range libraryDirs(root) {
		name := filepath.Join(dir, engineLibrary)
		f, err := elf.Open(name)
		if err != nil {
			continue
		}
		fits := machineOf[runtime.GOARCH] == 0 || machineOf[runtime.GOARCH] == f.Machine
		version := engineVersion(f)
		f.Close()
		if !fits {
			continue // of another architecture, as Debian keeps them side by side
		}
		return Engine{Path: name, Version: version, Helpers: helpers(root, dir)}, nil
	}
	return Engine{}, fmt.Errorf("%s was not found", engineLibrary)
}

var machineOf = map[string]elf.Machine{
	"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "386": elf.EM_386, "arm": elf.EM_ARM,
	"riscv64": elf.EM_RISCV, "ppc64le": elf.EM_PPC64, "s390x": elf.EM_S390, "loong64": elf.EM_LOONGARCH,
}

// libraryDirs are where the loader looks: the folders that every system has,
// and those of its configuration.
func libraryDirs(root string) []string {
	var dirs []string
	add := func(pattern string) {
		found, _ := filepath.Glob(filepath.Join(root, pattern))
		for _, dir := range found {
			if !slices.Contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	for _, pattern := range []string{"/usr/lib/*-linux-*", "/lib/*-linux-*", "/usr/lib64", "/lib64", "/usr/lib", "/lib", "/usr/local/lib"} {
		add(pattern)
	}
	files, _ := filepath.Glob(filepath.Join(root, "/etc/ld.so.conf.d/*.conf"))
	for _, name := range append(files, filepath.Join(root, "/etc/ld.so.conf")) {
		b, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			if dir := strings.TrimSpace(line); filepath.IsAbs(dir) {
				add(dir)
			}
		}
	}
	return dirs
}

// helpers finds the folder of WebKitWebProcess: Debian, Arch and Alpine have it
// beside the library, Fedora and openSUSE among the programs.
func helpers(root, lib string) string {
	for _, dir := range []string{filepath.Join(lib, "webkit2gtk-4.1"), filepath.Join(root, "/usr/libexec/webkit2gtk-4.1"), filepath.Join(root, "/usr/lib/webkit2gtk-4.1")} {
		if _, err := os.Stat(filepath.Join(dir, "WebKitWebProcess")); err == nil {
			return dir
		}
	}
	return ""
}

// engineVersion reads what webkit_get_major_version and its sisters would
// answer, without loading the library: each returns a constant.
func engineVersion(f *elf.File) string {
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return ""
	}
	var parts [3]string
	for _, s := range symbols {
		i := slices.Index([]string{"webkit_get_major_version", "webkit_get_minor_version", "webkit_get_micro_version"}, s.Name)
		if i < 0 || s.Section == elf.SHN_UNDEF {
			continue
		}
		code, err := codeAt(f, s.Value)
		if err != nil {
			return ""
		}
		n, ok := constant(f.Machine, code)
		if !ok {
			return ""
		}
		parts[i] = strconv.FormatUint(uint64(n), 10)
	}
	if slices.Contains(parts[:], "") {
		return ""
	}
	return strings.Join(parts[:], ".")
}

// codeAt reads the begin of a function.
func codeAt(f *elf.File, address uint64) ([]byte, error) {
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && address >= p.Vaddr && address < p.Vaddr+p.Filesz {
			code := make([]byte, 16)
			n, err := p.ReadAt(code, int64(address-p.Vaddr))
			if err == io.EOF {
				err = nil
			}
			return code[:n], err
		}
	}
	return nil, errors.New("no such address")
}

// constant reads a function that returns one.
func constant(m elf.Machine, code []byte) (uint32, bool) {
	switch m {
	case elf.EM_X86_64:
		code = bytes.TrimPrefix(code, []byte{0xf3, 0x0f, 0x1e, 0xfa}) // endbr64
		switch {
		case len(code) >= 6 && code[0] == 0xb8 && code[5] == 0xc3: // mov $n, %eax; ret
			return binary.LittleEndian.Uint32(code[1:]), true
		case bytes.HasPrefix(code, []byte{0x31, 0xc0, 0xc3}): // xor %eax, %eax; ret
			return 0, true
		}
	case elf.EM_AARCH64:
		for len(code) >= 8 {
			word := binary.LittleEndian.Uint32(code)
			code = code[4:]
			if word == 0xd503245f { // bti c
				continue
			}
			// movz w0, #n; ret
			if word&^(0xffff<<5) == 0x52800000 && binary.LittleEndian.Uint32(code) == 0xd65f03c0 {
				return word >> 5 & 0xffff, true
			}
			return 0, false
		}
	}
	return 0, false
}

// older reports whether a version is below another; parts that are no
// numbers count as 0.
func older(version, than string) bool {
	a, b := strings.Split(version, "."), strings.Split(than, ".")
	for i := range max(len(a), len(b)) {
		x, y := part(a, i), part(b, i)
		if x != y {
			return x < y
		}
	}
	return false
}

func part(list []string, i int) int {
	if i >= len(list) {
		return 0
	}
	n, _ := strconv.Atoi(list[i])
	return n
}
