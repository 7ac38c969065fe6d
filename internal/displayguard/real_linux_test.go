package displayguard

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/sandbox"
)

// globals are those that the attacker is shown, by name, with their numbers. A
// compositor announces some more than once, such as its screens.
func (a *attacker) globals(t *testing.T) map[string]string {
	t.Helper()
	answer := a.do("globals")
	list := map[string]string{}
	for word := range strings.FieldsSeq(answer) {
		if number, name, ok := strings.Cut(word, ":"); ok && !strings.HasPrefix(answer, "error") {
			list[name] = number
		}
	}
	if len(list) == 0 {
		t.Fatalf("it is shown %q", answer)
	}
	return list
}

// lostInContexts are globals of the list that compositors hide in a security
// context, and why that is accepted.
var lostInContexts = map[string]string{
	"zxdg_output_manager_v1": "sway: where screens are; no window is told where it is itself, or can say where it wants to be",
}

// TestCompositor does with a real compositor what TestAttacks does with a made-up
// one: MULLION_COMPOSITOR is the path of its socket. Native code in a confined
// child binds each global that is not in the list, without a guard and with one.
// What is in the list and offered is there behind the guard, but for
// lostInContexts. The log has what docs/confinement.md says of the compositor.
//
// Without a screen, and as an ordinary user, they are started so:
//
//	WLR_BACKENDS=headless WLR_LIBINPUT_NO_DEVICES=1 WLR_RENDERER=pixman sway
//	kwin_wayland --virtual
//	gnome-shell --headless --virtual-monitor 1000x800
//	weston --backend=headless-backend.so --use-pixman
func TestCompositor(t *testing.T) {
	socket := os.Getenv("MULLION_COMPOSITOR")
	if !filepath.IsAbs(socket) {
		t.Skip("needs a compositor: MULLION_COMPOSITOR is the path of its socket")
	}
	t.Setenv("XDG_RUNTIME_DIR", filepath.Dir(socket))
	t.Setenv("WAYLAND_DISPLAY", filepath.Base(socket))
	t.Setenv("DISPLAY", "")
	open := startAttacker(t, sandbox.Without{Display: true})
	offered := open.globals(t)
	honest := startAttacker(t, sandbox.Without{})
	shown := honest.globals(t)

	var hidden, lost []string
	for _, name := range slices.Sorted(maps.Keys(offered)) {
		switch _, ok := shown[name]; {
		case !isAllowed(name):
			hidden = append(hidden, name)
			if ok {
				t.Errorf("%s is shown", name)
			}
		case !ok:
			lost = append(lost, name)
		default:
			if got := honest.do("bind " + shown[name] + " " + name); got != "bound" {
				t.Errorf("%s, which is shown: %q", name, got)
			}
		}
	}
	var works, refused []string
	for _, name := range hidden {
		attack := "bind " + offered[name] + " " + name
		if got := open.do(attack); got == "bound" {
			works = append(works, name)
		} else {
			refused = append(refused, name+" ("+got+")")
		}
		guarded := startAttacker(t, sandbox.Without{})
		if got := guarded.do(attack); got == "bound" {
			t.Errorf("%s with a guard: %q", name, got)
		}
		if e := guarded.Wait(); e.Signal != int(unix.SIGKILL) {
			t.Errorf("%s: the attacker has ended: %v", name, e)
		}
	}
	for _, s := range honest.Status() {
		if s.Layer == sandbox.LayerDisplay {
			for _, name := range lost {
				if lostInContexts[name] == "" || !strings.Contains(s.Detail, "in a security context") {
					t.Errorf("an app loses %s", name)
				}
			}
			t.Logf("%d offered, %d hidden, %d of them work without a guard, lost: %q, %s", len(offered), len(hidden), len(works), lost, s.Detail)
		}
	}
	t.Logf("hidden: %s", strings.Join(hidden, ", "))
	t.Logf("refused by the compositor itself: %s", strings.Join(refused, ", "))
}
