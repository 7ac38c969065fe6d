package core_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/builtin"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/hostile"
)

// ending are the commands after which there is no app, or no window, any more.
var ending = []string{"plugin:app|exit", "plugin:process|exit", "plugin:process|restart"}

// hostilePermissions grants all commands to the windows main*.
func hostilePermissions(t *testing.T) string {
	t.Helper()
	var list []string
	for _, c := range builtin.Commands() {
		list = append(list, c.Permission)
	}
	text, err := json.Marshal([]any{map[string]any{"identifier": "all", "windows": []string{"main*"}, "permissions": append(list, "allow-echo")}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestHostileArguments calls every command that there is with arguments that
// are missing, too many, of a wrong type, huge, or aimed at others.
func TestHostileArguments(t *testing.T) {
	permissions := hostilePermissions(t)
	log := &logBuffer{}
	start := func() *pair {
		return newPair(t, permissions, core.Options{Log: slog.New(slog.NewTextHandler(log, nil))}, nil)
	}
	p := start()
	p.open("other", "app://localhost/")
	windows, calls := 0, 0
	judged := map[[2]string]bool{} // what is at fault, and the answer: many calls have the same
	open := func(p *pair) *page {
		windows++
		return p.open(fmt.Sprint("main", windows), "app://localhost/")
	}
	for _, c := range builtin.Commands() {
		t.Run(strings.TrimPrefix(c.Name, "plugin:"), func(t *testing.T) {
			if slices.Contains(ending, c.Name) {
				p := start()
				g := open(p)
				for _, call := range hostile.Calls(c.Arguments) {
					if answer := g.call(fmt.Sprintf("[%q,%s]", c.Name, call.Arguments)); !strings.HasPrefix(answer, "e") {
						break // it has ended the app, which is its purpose
					}
				}
				return
			}
			g := open(p)
			for _, call := range hostile.Calls(c.Arguments) {
				calls++
				answer := g.call(fmt.Sprintf("[%q,%s]", c.Name, call.Arguments))
				if _, err := p.Window(g.window.Label()); err != nil || strings.HasPrefix(answer, "error: ") {
					if c.Name != "plugin:window|close" && c.Name != "plugin:window|destroy" && c.Name != "plugin:webview|webview_close" {
						t.Fatalf("%.200s: the window is gone: %s", call.Arguments, answer)
					}
					g = open(p)
					continue
				}
				if what := [2]string{call.AtFault, answer}; !judged[what] {
					judge(t, call, answer)
					judged[what] = true
				}
			}
			if got := g.call(`["echo",{"x":1}]`); got != `o{"x":1}` && !strings.HasPrefix(got, "error: ") {
				t.Errorf("a plain call afterwards: %s", got)
			}
			g.window.Destroy()
		})
	}
	t.Logf("%d commands, %d calls", len(builtin.Commands()), calls)
	if log.contains("panic") {
		t.Errorf("a panic in the log:\n%.4000s", log.b.String())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.faults) > 0 {
		t.Errorf("faults: %+v", p.faults)
	}
}

// judge looks at what a hostile call was answered.
func judge(t *testing.T, call hostile.Call, answer string) {
	t.Helper()
	text, failed := strings.CutPrefix(answer, "e")
	if !failed {
		if !strings.ContainsAny(answer[:1], "obsj") {
			t.Errorf("%.200s: answered %.200s", call.Arguments, answer)
		} else if call.AtFault != "" {
			t.Errorf("%.200s: %s cannot be right, and was taken", call.Arguments, call.AtFault)
		}
		return
	}
	var reason string
	if err := json.Unmarshal([]byte(text), &reason); err != nil || reason == "" {
		t.Errorf("%.200s: an error that is no text: %.200s", call.Arguments, answer)
		return
	}
	if s := hostile.Internal(reason); s != "" {
		t.Errorf("%.200s: the error tells of %q: %.300s", call.Arguments, s, reason)
	}
	if len(reason) > 1000 {
		t.Errorf("%.200s: an error of %d bytes: %.300s", call.Arguments, len(reason), reason)
	}
	if !strings.Contains(reason, call.AtFault) {
		t.Errorf("%.200s: the error does not name %s: %.300s", call.Arguments, call.AtFault, reason)
	}
}
