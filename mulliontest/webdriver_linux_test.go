package mulliontest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/mulliontest"
)

// client speaks to a driver, see https://www.w3.org/TR/webdriver2/.
type client struct {
	t       *testing.T
	ctx     context.Context
	address string
}

func (c client) ask(method, path string, body, result any) error {
	var text []byte
	if method == "POST" {
		text, _ = json.Marshal(body)
	}
	q, err := http.NewRequestWithContext(c.ctx, method, c.address+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if text, err = io.ReadAll(r.Body); err != nil {
		return err
	}
	if r.StatusCode != 200 {
		return fmt.Errorf("%s %s: %s", method, path, text)
	}
	return json.Unmarshal(text, &struct{ Value any }{result})
}

func (c client) must(method, path string, body, result any) {
	c.t.Helper()
	if err := c.ask(method, path, body, result); err != nil {
		c.t.Fatal(err)
	}
}

// element finds one and returns its path.
func (c client) element(selector string) string {
	c.t.Helper()
	var e map[string]string
	c.must("POST", "/element", map[string]string{"using": "css selector", "value": selector}, &e)
	return "/element/" + e["element-6066-11e4-a52e-4f735466cecf"]
}

// TestWebDriver has WebKitGTK's driver start an app, and uses it by HTTP as the
// clients of Selenium do.
func TestWebDriver(t *testing.T) {
	if _, err := exec.LookPath("WebKitWebDriver"); err != nil {
		t.Fatal("WebKitWebDriver is not installed: run scripts/setup.sh test")
	}
	t.Setenv("DISPLAY", os.Getenv("DISPLAY"))
	t.Setenv("WAYLAND_DISPLAY", os.Getenv("WAYLAND_DISPLAY"))
	x, err := display.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Stop)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	dir := t.TempDir()
	driver := exec.Command("WebKitWebDriver", fmt.Sprint("--port=", port))
	driver.Env = append(os.Environ(), driven+"="+dir)
	driver.Stdout, driver.Stderr, driver.WaitDelay = t.Output(), t.Output(), await.Limit
	if err := driver.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = driver.Process.Kill(); _ = driver.Wait() })
	ctx, cancel := await.Context(context.Background(), await.Limit)
	t.Cleanup(cancel)
	c := client{t, ctx, fmt.Sprintf("http://127.0.0.1:%d", port)}
	mulliontest.Wait(t, 0, func() error { return c.ask("GET", "/status", nil, nil) })

	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var session struct{ SessionID string }
	c.must("POST", "/session", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"webkitgtk:browserOptions": map[string]any{"binary": self, "args": []string{}},
	}}}, &session)
	c.address += "/session/" + session.SessionID
	t.Cleanup(func() {
		// The client quits: that closes the window, and with it the app.
		if err := c.ask("DELETE", "", nil, nil); err != nil {
			t.Error(err)
		}
		mulliontest.Wait(t, 0, func() error {
			text, err := os.ReadFile(filepath.Join(dir, "pid"))
			if err != nil {
				return err
			}
			pid, err := strconv.Atoi(string(text))
			if err == nil && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
				err = errors.New("the app goes on")
			}
			return err
		})
	})

	var title, text string
	mulliontest.Wait(t, 0, func() error { // the session begins with the window, before its page
		if err := c.ask("GET", "/title", nil, &title); err != nil || title != "" {
			return err
		}
		return errors.New("the page is not there")
	})
	if title != "Form" {
		t.Errorf("the title is %q", title)
	}
	name := c.element("#name")
	c.must("POST", name+"/clear", struct{}{}, nil)
	c.must("POST", name+"/value", map[string]string{"text": "Ada"}, nil)
	c.must("POST", c.element("#greet")+"/click", struct{}{}, nil)
	output := c.element("output")
	mulliontest.Wait(t, 0, func() error { // the page waits for the command, the click does not
		if err := c.ask("GET", output+"/text", nil, &text); err != nil || text == "Hello, Ada" {
			return err
		}
		return fmt.Errorf("the page says %q", text)
	})
	c.must("POST", "/execute/async", map[string]any{
		"script": `const [done] = arguments; window.__TAURI_INTERNALS__.invoke('greet', { name: 'driver' }).then(done, done)`, "args": []any{},
	}, &text)
	if text != "Hello, driver" {
		t.Errorf("the command says %q", text)
	}
}
