//go:build wine

package wine

import (
	"strings"
	"testing"
)

// TestSingleInstance: a second start tells the first one of its arguments, and ends.
func TestSingleInstance(t *testing.T) {
	a := start(t, lab.lab, "LAB_SINGLE=yes")
	d := a.host()
	open(d)
	if out, err := a.again("--open", `C:\some file.txt`, "last"); err != nil {
		t.Errorf("the second start: %v\n%s", err, out)
	}
	a.logged("another start", `args="--open|C:\\some file.txt|last"`)
	d.tell("close", "1")
	if err := a.wait(); err != nil {
		t.Error(err)
	}
}

// TestFolderHeld: without that, a second start is refused as long as the first one has the folder.
func TestFolderHeld(t *testing.T) {
	a := start(t, lab.lab)
	d := a.host()
	p := open(d)
	if out, err := a.again(); err == nil || !strings.Contains(out, "is in use by process") {
		t.Errorf("the second start: %v\n%s", err, out)
	}
	if got := p.say(`c ` + doc + ` 1 - ["double",{"n":4}]`); got != "o8" {
		t.Errorf("the first one: got %s", got)
	}
	d.tell("close", "1")
	if err := a.wait(); err != nil {
		t.Error(err)
	}
}
