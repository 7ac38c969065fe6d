package webkitgtk

import (
	"fmt"
	"testing"

	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/wire"
)

// source is a page from which something is dragged, all of which is address.
func source(address string) string {
	return fmt.Sprintf(`<body style="margin:0"><div draggable="true" style="width:100vw;height:100vh;background:#abc">drag me</div>
		<script>document.querySelector('div').ondragstart = e => e.dataTransfer.setData('text/uri-list', %q)</script>`, address)
}

// target is a page that tells what was dropped onto it in its title.
const target = `<body style="margin:0;height:100vh"><script>
	document.ondragover = e => e.preventDefault();
	document.ondrop = e => {
		e.preventDefault();
		document.title = 'dropped ' + e.dataTransfer.getData('text/uri-list');
	};
</script>`

// dragAcross presses the mouse in the window of one tab and moves about in
// that of the other until over is true.
func dragAcross(t *testing.T, from, to *tab, over func() bool) {
	t.Helper()
	must(t, screen(t).Release(display.Left)) // a test that failed may hold it
	// What was dragged last and taken by nobody flies back for a while, and
	// would be taken for the drag that is to begin.
	poll(t, "the end of the drag before", func() bool { return !screen(t).Dragging() })
	// The first press into a window that has no keyboard yet belongs to the
	// window manager, which gives it that.
	must(t, screen(t).Activate(from.xid()), screen(t).MoveIn(from.xid(), 100, 100), screen(t).Hold(display.Left))
	i := 0
	poll(t, "a drag to begin", func() bool {
		i++
		must(t, screen(t).MoveIn(from.xid(), 100+i%100, 100))
		return screen(t).Dragging()
	})
	hover(t, to, over)
}

// hover moves about in a window until over is true.
func hover(t *testing.T, to *tab, over func() bool) {
	t.Helper()
	i := 0
	poll(t, "the drag to be over the other window", func() bool {
		i++
		must(t, screen(t).MoveIn(to.xid(), 100+i%20, 100))
		return over()
	})
}

func placed(x float64) func(*wire.WindowState) {
	y := 50.0
	return func(s *wire.WindowState) { s.X, s.Y, s.Width, s.Height = &x, &y, 300, 300 }
}

// dragTabs opens a window from which address is dragged, and one that it may
// be dropped on. What the Core is asked for goes to asked.
func dragTabs(t *testing.T, address string, allow bool, asked chan<- wire.Decision) (from, to *tab) {
	from, to = newTab(t, source(address)), newTab(t, target)
	placed(50)(&from.state)
	placed(450)(&to.state)
	from.state.Title, to.state.Title = "drag from", "drop here"
	to.decide = func(d wire.Decision, answer func(wire.Verdict)) {
		if d.Kind == wire.DecideDrop {
			asked <- d
			answer(wire.Verdict{Allow: allow})
			return
		}
		answer(wire.Verdict{Allow: d.Kind == wire.DecideNavigation})
	}
	// Pages of one origin tell each other more than a file manager does.
	from.openAt("other://source/")
	to.open()
	from.event(wire.PagePainted)
	to.event(wire.PagePainted)
	return from, to
}

func (x *tab) dragState() (s dragState) {
	s = -1
	do(func() {
		if d := x.webview.drag; d != nil {
			s = d.state
		}
	})
	return s
}

const draggedFile = "/tmp/a file.txt"

// TestDropFile drags a file onto a page: the Core is asked and told, the page
// hears nothing.
func TestDropFile(t *testing.T) {
	asked := make(chan wire.Decision, 10)
	from, to := dragTabs(t, fileURL(draggedFile), true, asked)
	seen := map[wire.DragPhase]int{}
	dragAcross(t, from, to, func() bool {
		select {
		case e := <-to.dragged:
			seen[e.Phase]++
			if e.Y != 100 || e.X < 90 || e.X > 130 {
				t.Errorf("got %+v", e)
			}
		default:
		}
		return seen[wire.DragOver] > 3
	})
	must(t, screen(t).Release(display.Left))
	wait(t, "the drop", to.dragged, func(e wire.DragEvent) bool {
		seen[e.Phase]++
		return e.Phase == wire.DragDrop
	})
	if seen[wire.DragLeave] > 0 {
		t.Error("they were taken away, and dropped")
	}
	if d := <-asked; len(d.Paths) != 1 || string(d.Paths[0]) != draggedFile || d.Y != 100 {
		t.Errorf("the Core was asked for %q at %v", d.Paths, d.Y)
	}
	if title := to.eval(`return document.title`); title != "" {
		t.Errorf("the page got something: %q", title)
	}
	if len(asked) > 0 {
		t.Error("the Core was asked more than once")
	}
}

// TestDropFileLeaves takes an allowed file elsewhere.
func TestDropFileLeaves(t *testing.T) {
	asked := make(chan wire.Decision, 10)
	from, to := dragTabs(t, fileURL(draggedFile), true, asked)
	dragAcross(t, from, to, func() bool { return to.dragState() == dragAllowed })
	hover(t, from, func() bool { return to.dragState() == -1 })
	must(t, screen(t).Release(display.Left))
	wait(t, "the leave", to.dragged, func(e wire.DragEvent) bool { return e.Phase == wire.DragLeave })
}

// TestDropFileRefused drags a file that the page must not have.
func TestDropFileRefused(t *testing.T) {
	asked := make(chan wire.Decision, 10)
	from, to := dragTabs(t, fileURL(draggedFile), false, asked)
	dragAcross(t, from, to, func() bool { return to.dragState() == dragRefused })
	must(t, screen(t).Release(display.Left))
	if title := to.eval(`return document.title`); title != "" {
		t.Errorf("the page got something: %q", title)
	}
	do(func() {
		if len(to.dragged) > 0 {
			t.Errorf("reported: %+v", <-to.dragged)
		}
	})
}

// TestDropAddress drags what is no file: that is between the user and the page.
func TestDropAddress(t *testing.T) {
	asked := make(chan wire.Decision, 10)
	const address = "https://example.org/page"
	from, to := dragTabs(t, address, true, asked)
	moves := 0
	dragAcross(t, from, to, func() bool {
		if to.dragState() == dragForeign {
			moves++ // some more, which WebKit sees
		}
		return moves > 20
	})
	must(t, screen(t).Release(display.Left))
	title := wait(t, "a title", to.events, func(e wire.PageEvent) bool { return e.Kind == wire.PageTitle && e.Detail != "" })
	if want := "dropped " + address; title.Detail != want {
		t.Errorf("got %q, want %q", title.Detail, want)
	}
	if len(asked) > 0 {
		t.Error("the Core was asked")
	}
}
