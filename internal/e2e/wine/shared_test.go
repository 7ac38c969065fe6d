//go:build wine

package wine

import "testing"

// part is a test that needs no app of its own: it gets a new document of the first window.
type part struct {
	name string
	run  func(*testing.T, *page)
}

// TestHelloParts does with one app what needs examples/hello.
func TestHelloParts(t *testing.T) {
	together(t, lab.hello, []part{{"Events", events}, {"ForeignFrame", foreignFrame}, {"Navigation", navigation}, {"Files", files}})
}

// TestLabParts does with one app what needs commands of the lab.
func TestLabParts(t *testing.T) {
	together(t, lab.lab, []part{
		{"State", state}, {"Margin", margin}, {"Worker", worker}, {"Bytes", manyBytes}, {"Shortcut", shortcut},
		{"Messages", messages}, {"FileDialogs", fileDialogs}, {"FileChooser", fileChooser},
	})
}

// together runs parts with one app. After one that has failed there is another app for those that follow, and at the
// end it is closed, and leaves nothing behind.
func together(t *testing.T, program string, parts []part) {
	var a *app
	var p *page
	for _, one := range parts {
		t.Run(one.name, func(part *testing.T) {
			if a == nil {
				a = start(t, program)
				a.t = part
				p = open(a.host())
			} else {
				a.t = part
				p.renew()
			}
			one.run(part, p)
			quiet(part, p.d)
		})
		if a != nil && t.Failed() {
			a.stop()
			a = nil
		}
	}
	if a == nil {
		return
	}
	a.t = t
	p.d.tell("close", "1")
	p.d.expect("closed", "1")
	if end := p.d.expect("end"); end[1] != "0" {
		t.Errorf("%s objects are not released", end[1])
	}
	if err := a.wait(); err != nil {
		t.Errorf("the app ends with %v", err)
	}
}
