package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestRefusalsWhileDeveloping checks that what the kernel refuses to a host, an
// engine process or a worker is logged while an app is being developed, with
// what would grant it.
func TestRefusalsWhileDeveloping(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("hosts are confined on Linux only")
	}
	home := t.TempDir()
	secret := filepath.Join(home, "secret")
	if err := os.Mkdir(filepath.Join(home, ".fonts"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	app := e2e.Start(t, e2e.Options{
		Dev: true, Offline: true,
		Config:      `{"app": {"security": {"csp": null}}}`,
		Permissions: []any{"allow-slowly", "sandbox:deny-user-fonts"},
		Setup: func(a *mullion.App) {
			mullion.Handle(a, "slowly", func(ctx context.Context, args slowArgs) (string, error) { return slowly.Call(ctx, a, args) })
		},
	})
	var got string
	app.Main().Must(`try { return await invoke('slowly', {text: '`+secret+`', how: 'read'}) } catch (e) { return String(e) }`, &got)
	if !strings.Contains(got, "secret") {
		t.Errorf("the worker has read %q", got)
	}
	// Nothing at all is granted: the proxy is there for the log alone.
	app.Main().Must(`try { await fetch('https://api.example.com/'); return 'fetched' } catch (e) { return 'failed' }`, &got)
	if got != "failed" {
		t.Errorf("a page without a network: %s", got)
	}
	e2e.LoggedLine(t, app, "file refused", "worker=slowly", "pid=", "path="+secret, "to=read", "option=WorkerOptions.Read")
	e2e.LoggedLine(t, app, "file refused", "host=app", "path="+filepath.Join(home, ".fonts"), "to=read", "permission=sandbox:allow-user-fonts")
	e2e.LoggedLine(t, app, "connection refused", "host=app", "windows=[main]", "server=api.example.com:443", "sandbox:allow-network", "https://api.example.com")
}
