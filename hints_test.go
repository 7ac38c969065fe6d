package mullion

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/config"
)

// lockedText is a log that is read while it is written.
type lockedText struct {
	mu sync.Mutex
	b  strings.Builder // guarded by mu
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestHints: what would be an app without a window, or a window without
// rights, and no word about it, is a warning at start.
func TestHints(t *testing.T) {
	const window, grant, none = "the app begins without a window", "a capability covers no window", "commands, and no capability"
	for _, test := range []struct {
		name, app string
		o         Options
		want, not string // in the log
	}{
		{"no window", `{}`, Options{}, window, grant},
		{"one that Go opens", `{"windows": [{"create": false}]}`, Options{}, window, grant},
		{"meant", `{}`, Options{StayOpen: true}, "", window},
		{"capability for nobody", `{}`, Options{Capabilities: []capability.Capability{{Identifier: "a", Local: true}}}, grant, ""},
		{"capability for other systems", `{}`, Options{Capabilities: []capability.Capability{{Identifier: "a", Platforms: []capability.Platform{capability.Android}}}}, "", grant},
		{"capability for a webview", `{}`, Options{Capabilities: []capability.Capability{{Identifier: "a", Webviews: []string{"side"}}}}, "", grant},
		{"commands, capability", `{}`, Options{Capabilities: []capability.Capability{{Identifier: "a", Windows: []string{"main"}, Local: true}}}, "", none},
		{"no commands", `{}`, Options{}, "", none},
		{"commands", `{}`, Options{}, none, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			conf, err := config.Parse("mullion.conf.json", []byte(`{"identifier": "dev.mullion.test", "app": `+test.app+`}`))
			if err != nil {
				t.Fatal(err)
			}
			var log lockedText
			test.o.Config, test.o.DataDir, test.o.Logger = conf, t.TempDir(), slog.New(slog.NewTextHandler(&log, nil))
			app, err := New(test.o)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(test.name, "commands") {
				Handle(app, "greet", func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := app.Run(ctx); err != nil {
				t.Fatal(err)
			}
			if got := log.String(); !strings.Contains(got, test.want) || test.not != "" && strings.Contains(got, test.not) {
				t.Errorf("want %q and not %q; the log has:\n%s", test.want, test.not, got)
			}
		})
	}
}

// TestWindowBeforeRun: a window of the configuration is not there yet.
func TestWindowBeforeRun(t *testing.T) {
	conf, err := config.Parse("mullion.conf.json", []byte(`{"identifier": "dev.mullion.test", "app": {"windows": [{}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	app, err := New(Options{Config: conf, DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for label, later := range map[string]bool{"main": true, "other": false} {
		if _, err := app.Window(label); err == nil || strings.Contains(err.Error(), "open in App.Run") != later {
			t.Errorf("%s: %v", label, err)
		}
	}
}
