package arch

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// files returns the paths of all files of the repository, with slashes: those
// that git tracks or would, or, in a copy without git, those that are there.
func files(t *testing.T) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err == nil {
		return slices.DeleteFunc(strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"), func(name string) bool {
			_, err := os.Lstat(filepath.Join(root, name))
			return err != nil // deleted, and not committed yet
		})
	}
	var names []string
	err = fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || name == "bin"):
			return fs.SkipDir
		case !d.IsDir():
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sources returns all Go files but those that are data of tests.
func sources(t *testing.T) []source {
	t.Helper()
	var list []source
	modules := []string{"."}
	names := files(t)
	for _, name := range names {
		if path.Base(name) == "go.mod" && name != "go.mod" {
			modules = append(modules, path.Dir(name))
		}
	}
	for _, name := range names {
		if path.Ext(name) != ".go" || slices.Contains(strings.Split(name, "/"), "testdata") {
			continue
		}
		s := source{path: name, text: read(t, name), module: "."}
		for _, m := range modules {
			if within(name, m) && len(m) >= len(s.module) {
				s.module = m
			}
		}
		list = append(list, s)
	}
	return list
}

// TestLaw checks every Go file against the law.
func TestLaw(t *testing.T) {
	list := sources(t)
	if len(list) < 100 {
		t.Fatalf("only %d Go files were found", len(list))
	}
	for _, s := range list {
		for _, b := range check(s) {
			t.Error(b)
		}
	}
}

// TestLawIsCurrent fails when an exception is for a file that is gone.
func TestLawIsCurrent(t *testing.T) {
	var names []string
	for _, o := range onlyIn {
		names = append(names, o.files[0])
	}
	for _, m := range []map[string]string{execFiles, initFiles} {
		for name := range m {
			names = append(names, name)
		}
	}
	for name := range longFiles {
		names = append(names, name)
		if n := bytes.Count(read(t, name), []byte("\n")); n <= maxLines {
			t.Errorf("%s has %d lines: it needs no exception any more", name, n)
		}
	}
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			t.Errorf("an exception is for a file that is not there: %v", err)
		}
	}
	for _, l := range law {
		if l.reason == "" {
			t.Errorf("%s: no reason", l.pkg)
		}
	}
}

// TestGraph looks for packages that must not get into apps by any way.
func TestGraph(t *testing.T) {
	banned := map[string]string{
		"net/http":    "4 MB in every app",
		"crypto/tls":  "part of net/http's weight",
		"runtime/cgo": "no C toolchain may be needed",
		"testing":     "for tests only",
		"plugin":      "needs cgo",
	}
	for _, goos := range []string{"linux", "windows", "darwin"} {
		t.Run(goos, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", ".")
			cmd.Dir = root
			cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH=amd64", "CGO_ENABLED=0")
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			deps := strings.Fields(string(out))
			if !slices.Contains(deps, module) {
				t.Fatalf("go list lists no %s", module)
			}
			for _, d := range deps {
				if reason, ok := banned[d]; ok {
					t.Errorf("%s is among the dependencies of the framework: %s", d, reason)
				}
			}
		})
	}
}

// TestWords looks for what only means something on the machine where a file
// was written.
func TestWords(t *testing.T) {
	dir, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	home, _ := os.UserHomeDir()
	names := files(t)
	for _, name := range names {
		info, err := os.Lstat(filepath.Join(root, name))
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		text := read(t, name)
		if bytes.IndexByte(text, 0) >= 0 {
			continue // no text
		}
		for _, w := range foundWords(text, dir, home) {
			t.Errorf("%s: %q is a path of this machine", name, w)
		}
	}
}

// foundWords returns which of the folders a text speaks of.
func foundWords(text []byte, dirs ...string) (found []string) {
	for _, dir := range dirs {
		// Of "/" and the like every path would be one.
		if strings.Count(dir, string(filepath.Separator)) == 0 || len(dir) < 3 {
			continue
		}
		for rest := text; ; {
			i := bytes.Index(rest, []byte(dir))
			if i < 0 {
				break
			}
			before, after := byte(' '), byte('/')
			if i > 0 {
				before = rest[i-1]
			}
			if j := i + len(dir); j < len(rest) {
				after = rest[j]
			}
			if !isWord(before) && !isWord(after) {
				found = append(found, dir)
				break
			}
			rest = rest[i+len(dir):]
		}
	}
	return found
}

func isWord(b byte) bool {
	return b == '_' || b == '-' || b == '.' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

func TestFoundWords(t *testing.T) {
	tests := []struct {
		text string
		want int
	}{
		{"see /src/app/x.go", 1}, {"/src/app", 1}, {"/src/apple", 0}, {"x/src/app", 0},
		{"/home/ada and /src/app/", 2}, {"/home/adam", 0}, {"", 0},
	}
	for _, tt := range tests {
		if got := foundWords([]byte(tt.text), "/src/app", "/home/ada", "/"); len(got) != tt.want {
			t.Errorf("%q: got %q, want %d", tt.text, got, tt.want)
		}
	}
}
