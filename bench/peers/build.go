package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

// peer is a folder with a peer.json, or one of the variants that it lists.
type peer struct {
	Name  string `json:"name"`
	About string `json:"about"`
	// Environment are more variables for its process.
	Environment []string `json:"environment,omitempty"`
	// Lacks are the rows that it cannot do, and why.
	Lacks    map[string]string `json:"lacks"`
	Variants []*peer           `json:"variants,omitempty"`

	folder  string
	made    []string // of what, as its build.sh says
	missing string   // why it could not be built, or empty
	size    float64  // of the program, in MiB
	packed  float64  // likewise, after xz -9
}

// order is how peers are listed; others come after them.
var order = []string{"Mullion", "Tauri", "Wails", "webview_go", "Chromium", "floor", "floor, accelerated"}

// peers reads and builds what can be built.
func (b *bench) peers() error {
	files, err := filepath.Glob(filepath.Join(b.source, "*", "peer.json"))
	if err != nil {
		return err
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		var p peer
		if err := json.Unmarshal(text, &p); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		p.folder = filepath.Base(filepath.Dir(f))
		if len(b.only) > 0 && !b.only[p.folder] {
			continue
		}
		b.build(&p)
		b.all = append(b.all, &p)
		for _, v := range p.Variants {
			v.folder, v.made, v.missing = p.folder, p.made, p.missing
			b.all = append(b.all, v)
		}
	}
	place := func(p *peer) int {
		for i, name := range order {
			if name == p.Name {
				return i
			}
		}
		return len(order)
	}
	sort.SliceStable(b.all, func(i, j int) bool { return place(b.all[i]) < place(b.all[j]) })
	return nil
}

// build builds a peer and sets what is known of it then.
func (b *bench) build(p *peer) {
	out := filepath.Join(b.out, p.folder)
	if err := os.MkdirAll(out, 0o755); err != nil {
		p.missing = err.Error()
		return
	}
	fmt.Fprintf(os.Stderr, "%s: building\n", p.Name)
	c := exec.Command(filepath.Join(b.source, p.folder, "build.sh"), out)
	var made, problems bytes.Buffer
	c.Stdout, c.Stderr = &made, &problems
	if err := c.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(problems.String()), "\n")
		p.missing = lines[len(lines)-1]
		fmt.Fprintf(os.Stderr, "%s: cannot be built: %s\n%s", p.Name, err, problems.String())
		return
	}
	p.made = strings.Split(strings.TrimSpace(made.String()), "\n")
	if p.Lacks["size"] != "" {
		return
	}
	if err := p.measure(filepath.Join(out, "peer")); err != nil {
		fmt.Fprintf(os.Stderr, "%s: size: %s\n", p.Name, err)
	}
}

// measure sets the sizes of a program.
func (p *peer) measure(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	packed := exec.Command("xz", "-9", "-c", name)
	var count counter
	packed.Stdout = &count
	if err := packed.Run(); err != nil {
		return fmt.Errorf("xz: %w", err)
	}
	p.size, p.packed = float64(info.Size())/(1<<20), float64(count)/(1<<20)
	return nil
}

// counter counts bytes.
type counter int

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
