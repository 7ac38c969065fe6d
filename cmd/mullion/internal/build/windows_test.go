package build

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tc-hib/winres"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
	"github.com/mullion-dev/mullion/config"
)

// TestWindowsResources: a program for Windows has the icon and the version of
// the app, and is a program still.
func TestWindowsResources(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/app\n", "main.go": "package main\n\nfunc main() {}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	icon, err := os.ReadFile("../../../../examples/hello/icon.png")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "icon.png"), icon, 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "app.exe")
	cmd := exec.Command("go", "build", "-o", file, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	c := &config.Config{ProductName: "Example", Version: "1.2.3-beta.1"}
	c.Bundle.Icon = []string{"icon.png"}
	b := &builder{t: new(term.Term), p: &project.Project{Dir: dir, Main: dir, Config: c}, result: &Result{}}
	if err := b.addResources(file); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(data)) <= before.Size() {
		t.Error("the program has not grown")
	}
	set, err := winres.LoadFromEXE(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set.GetIcon(iconID); err != nil {
		t.Error(err)
	}
	text := set.Get(winres.RT_VERSION, winres.ID(1), english)
	for _, want := range []string{"1.2.3-beta.1", "Example"} {
		var wide []byte // UTF-16
		for _, c := range []byte(want) {
			wide = append(wide, c, 0)
		}
		if !bytes.Contains(text, wide) {
			t.Errorf("the version lacks %s", want)
		}
	}
}
