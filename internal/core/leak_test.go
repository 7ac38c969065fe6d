package core_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/footprint"
)

// useAll opens one of everything that a page can have, and returns what closes
// it in the page.
func (g *page) useAll(n int) (closeAll func()) {
	id := must[uint32](g, `["plugin:event|listen",{"event":"leak-%d","target":{"kind":"Any"},"handler":7}]`, n)
	sub := must[uint64](g, `["plugin:state|subscribe",{"name":"counter","onChange":"__CHANNEL__:%d"}]`, 4*n+1)
	must[any](g, `["plugin:notification|register_listener",{"event":"actionPerformed","handler":"__CHANNEL__:%d"}]`, 9_000_000+n)
	image := must[uint32](g, `["plugin:image|new",{"rgba":[1,2,3,4],"width":1,"height":1}]`)
	item, _ := g.newItem("MenuItem", `{"text":"a"}`, 4*n+2)
	submenu, _ := g.newItem("Submenu", `{"text":"b","items":[{"text":"c"},{"item":"Separator"}]}`, 4*n+3)
	bar, _ := g.newItem("Menu", `{}`, 4*n+4)
	must[any](g, `["plugin:menu|append",{"rid":%d,"kind":"Menu","items":[[%d,"MenuItem"],[%d,"Submenu"]]}]`, bar, item, submenu)
	resources := []uint32{image, item, submenu, bar}
	// The one that was shown until now becomes the page's.
	if old := must[[]any](g, `["plugin:menu|set_as_window_menu",{"rid":%d}]`, bar); old != nil {
		resources = append(resources, uint32(old[0].(float64)))
	}
	must[any](g, `["plugin:menu|popup",{"rid":%d,"kind":"Menu"}]`, bar)
	return func() {
		must[any](g, `["plugin:event|unlisten",{"event":"leak-%d","eventId":%d}]`, n, id)
		must[any](g, `["plugin:state|unsubscribe",{"id":%d}]`, sub)
		must[any](g, `["plugin:notification|remove_listener",{"event":"actionPerformed","channelId":%d}]`, 9_000_000+n)
		for _, r := range resources {
			must[any](g, `["plugin:resources|close",{"rid":%d}]`, r)
		}
	}
}

// TestNothingLeaks opens and closes what pages can have, many times, and looks
// into the tables of the Core: closed by the page, by the end of the document,
// and by that of the window.
func TestNothingLeaks(t *testing.T) {
	p := newPair(t, leakPermissions(t), core.Options{}, func(c *core.Core) {
		if _, err := c.NewState("counter", []byte("1"), core.StateOptions{}); err != nil {
			t.Fatal(err)
		}
	})
	g := p.open("main", "app://localhost/")
	for _, test := range []struct {
		name  string
		usual int
		round func(n int)
	}{
		{"by the page", 80, func(n int) { g.useAll(n)() }},
		{"by the end of the document", 40, func(n int) {
			g.useAll(n)
			g.hello(core.AppOrigin)
		}},
		{"by the end of the window", 40, func(n int) {
			w := p.open(fmt.Sprint("main", n), "app://localhost/")
			w.useAll(n)
			w.window.Destroy()
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.round(0)
			must[string](g, `["plugin:app|name",{}]`) // what came before has been done
			settled := p.Held()
			goroutines := runtime.NumGoroutine()
			for n := range footprint.Rounds(t, test.usual) {
				test.round(n + 1)
			}
			// Some of what the first round had may not have been gone yet.
			grown := func() bool {
				held := p.Held()
				for name, n := range settled {
					if held[name] > n {
						return true
					}
				}
				return false
			}
			for deadline := time.Now().Add(limit / 6); grown(); time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("the tables: %s", cmp.Diff(settled, p.Held()))
				}
			}
			eventually(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines+2 })
		})
	}
}

// leakPermissions grants everything, and the state besides.
func leakPermissions(t *testing.T) string {
	state := `{"identifier": "state", "windows": ["main*"], "permissions": [{"identifier": "state:read", "allow": [{"name": "counter"}]}]}`
	return strings.TrimSuffix(hostilePermissions(t), "]") + "," + state + "]"
}
