package notebook

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/capability"
)

// Automation lets scripts and tests wait for what a person would see. It is
// off unless a flag asks for it: then a capability of its own lets pages report
// what they show.
type Automation struct {
	// ReadyFile is written when the library has painted and the import is
	// done; empty means never.
	ReadyFile string
	// ShownDir is where each window's text is written, whenever it changes,
	// into a file by the window's label; empty means nowhere.
	ShownDir string

	mu          sync.Mutex
	importedAll bool // guarded by mu
	ready       bool // guarded by mu; written, or being written
}

// Capability is what pages need for it.
func (*Automation) Capability() capability.Capability {
	return capability.Capability{
		Identifier: "automation", Description: "Lets every page report what it shows.",
		Local: true, Windows: []string{"*"}, Permissions: []capability.Entry{{Identifier: "allow-shown"}},
	}
}

// imported notes that no first import runs, or no more.
func (a *Automation) imported() {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.importedAll = true
}

// Settled tells a that nothing has to be imported.
func (a *Automation) Settled() { a.imported() }

type shownArgs struct {
	// Text is what a person can read in the note on display.
	Text string `json:"text"`
	// State is "clean", "dirty" or "conflict", or "" without a note.
	State string `json:"state"`
	// Notes is how many the library counts.
	Notes int `json:"notes,omitzero"`
}

// shown is called by pages after they have drawn something.
func (nb *Notebook) shown(ctx context.Context, s shownArgs) (none, error) {
	a := nb.automation
	label := windowOf(ctx)
	if a.ShownDir != "" {
		name := filepath.Join(a.ShownDir, strings.ReplaceAll(label, "/", "_"))
		if err := replaceFile(name, s.State+"\n"+s.Text); err != nil {
			return none{}, err
		}
	}
	if label != libraryLabel || a.ReadyFile == "" {
		return none{}, nil
	}
	counts, err := nb.store.Counts(ctx)
	if err != nil {
		return none{}, err
	}
	a.mu.Lock()
	first := a.importedAll && !a.ready && s.Notes == counts.All
	a.ready = a.ready || first
	a.mu.Unlock()
	if first {
		go nb.reportReady()
	}
	return none{}, nil
}

// reportReady writes the file once the library has painted.
func (nb *Notebook) reportReady() {
	t := time.NewTicker(10 * time.Millisecond)
	defer t.Stop()
	for {
		w, err := nb.app.Window(libraryLabel)
		if err != nil {
			return // it is closed
		}
		if w.Painted() {
			break
		}
		select {
		case <-t.C:
		case <-nb.imports.ctx.Done():
			return
		}
	}
	if err := replaceFile(nb.automation.ReadyFile, "ready\n"); err != nil {
		nb.log.Error("write the ready file", "error", err)
	}
}

// replaceFile writes a file at once: whoever reads it reads the old text or
// the new one.
func replaceFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
