//go:build wine

package wine

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// windowsPath is how programs of Windows name a file of this system.
func windowsPath(path string) string { return `Z:` + strings.ReplaceAll(path, "/", `\`) }

// TestDownloads: the Core decides about downloads and says where they go; they finish, fail, and are cancelled.
func TestDownloads(t *testing.T) {
	dir := t.TempDir()
	a := start(t, lab.lab, "LAB_DOWNLOADS="+windowsPath(dir))
	d := a.host()
	p := open(d)
	d.tell("live")
	before := d.expect("live")[1]
	const completed, interrupted = "2", "1"

	d.tell("download", "1", "1", "https://example.org/a", `C:\users\x\Downloads\a.txt`)
	l := d.expect("download", "1")
	if l[2] == "cancelled" || l[3] != "handled" || strings.Contains(l[2], `C:\users\x`) {
		t.Fatalf("an allowed download: %q", l)
	}
	a.logged("INFO download", "id=1", "name=a.txt", "state=started")
	d.tell("received", "1", "300000", "600000")
	a.logged("INFO download", "id=1", "state=running", "received=300000", "total=600000")
	d.tell("state", "1", completed, "0", l[2], "what was loaded")
	a.logged("INFO download", "id=1", "state=finished", "received=15")
	if b, err := os.ReadFile(filepath.Join(dir, "a.txt")); err != nil || string(b) != "what was loaded" {
		t.Errorf("the file: %q, %v", b, err)
	}

	d.tell("download", "1", "2", "https://elsewhere.example/b", `C:\b.txt`)
	if l := d.expect("download", "2"); l[2] != "cancelled" || l[3] != "handled" {
		t.Errorf("a download that the app does not allow: %q", l)
	}
	a.logged("refused", "https://elsewhere.example/b")

	const noSpace = "3" // COREWEBVIEW2_DOWNLOAD_INTERRUPT_REASON_FILE_NO_SPACE
	d.tell("download", "1", "3", "https://example.org/c", `C:\c.txt`)
	d.expect("download", "3")
	d.tell("state", "3", interrupted, noSpace)
	d.expect("download", "3", "ended") // or it could go on
	a.logged("download failed", "the reason 3")

	d.tell("download", "1", "4", "https://example.org/d", `C:\d.txt`)
	d.expect("download", "4")
	if got := p.say(`c ` + doc + ` 1 - ["cancel_download",{"id":3}]`); got != "o{}" {
		t.Errorf("cancel: got %s", got)
	}
	d.expect("download", "4", "ended")
	a.logged("INFO download", "id=3", "state=failed")

	d.tell("live")
	if after := d.expect("live")[1]; after != before {
		t.Errorf("%s objects before, %s after", before, after)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("%v, %v are there, want one", files, err)
	}
	quiet(t, d)
}

// fileChooser: an input asks the Core, and gets copies of the files that the user has chosen.
func fileChooser(t *testing.T, p *page) {
	a, d := p.d.a, p.d
	d.expect("devtools", "1", "Page.setInterceptFileChooserDialog", `{"enabled":true}`)
	s := screen(t)
	file := filepath.Join(a.dir, "one.txt")
	if err := os.WriteFile(file, []byte("chosen"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.tell("event", "1", `{"frameId":"F","mode":"selectSingle","backendNodeId":7}`)
	d.expect("devtools", "1", "DOM.describeNode", `{"backendNodeId":7}`)
	front(t, s, "Open")
	shot(t, s, "chooser")
	if err := s.Type(windowsPath(file)); err != nil {
		t.Fatal(err)
	}
	press(t, s, "Return")
	var set struct {
		Files         []string
		BackendNodeID int
	}
	text := d.expect("devtools", "1", "DOM.setFileInputFiles")[3]
	if err := json.Unmarshal([]byte(text), &set); err != nil || len(set.Files) != 1 || set.BackendNodeID != 7 {
		t.Fatalf("the input is given %s, %v", text, err)
	}
	if name := set.Files[0]; !strings.HasSuffix(name, `\one.txt`) || name == windowsPath(file) {
		t.Errorf("the input is given %s, which is no copy", name)
	}
	// What no input stands for, nobody is asked about.
	d.tell("event", "1", `{"frameId":"F","mode":"selectSingle"}`)
	a.logged("without a file input")
	d.tell("fail", "1", "1", "3") // the renderer has ended
	d.expect("devtools", "1", "Page.setInterceptFileChooserDialog", `{"enabled":true}`)
}
