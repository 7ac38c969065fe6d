package webkitgtk

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/wire"
)

// sessionAsked is closed when a driver has asked this process for a session.
var sessionAsked = make(chan struct{})

func noteSession() {
	testEngine.connect(testEngine.context, "automation-started", func(args) uintptr { close(sessionAsked); return 0 })
}

// TestDriverBeforeWindow has a driver ask for a session while there is no webview.
// The driver starts this test again, which then is the app: its window opens when
// the session has begun, and not before.
func TestDriverBeforeWindow(t *testing.T) {
	if driven() {
		<-sessionAsked
		x := newTab(t, "<title>Late</title>").open()
		for e := range x.events {
			if e.Kind == wire.PageClose { // the client quits
				break
			}
		}
		x.leave()
		return
	}
	if _, err := exec.LookPath("WebKitWebDriver"); err != nil {
		t.Fatal("WebKitWebDriver is not installed: run scripts/setup.sh test")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	driver := exec.Command("WebKitWebDriver", "--port="+address[strings.LastIndexByte(address, ':')+1:])
	driver.Stdout, driver.Stderr, driver.WaitDelay = t.Output(), t.Output(), await.Limit
	if err := driver.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = driver.Process.Kill(); _ = driver.Wait() })
	ctx, cancel := await.Context(context.Background(), await.Limit)
	t.Cleanup(cancel)
	ask := func(method, path, body string) (value json.RawMessage, err error) {
		q, err := http.NewRequestWithContext(ctx, method, "http://"+address+path, strings.NewReader(body))
		if err != nil {
			return nil, err
		}
		r, err := http.DefaultClient.Do(q)
		if err != nil {
			return nil, err
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		if err == nil && r.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s %s: %s", method, path, text)
		}
		if err != nil {
			return nil, err
		}
		return value, json.Unmarshal(text, &struct{ Value *json.RawMessage }{&value})
	}
	if err := await.Until(await.Limit, func() error { _, err := ask("GET", "/status", ""); return err }); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	session, err := ask("POST", "/session", fmt.Sprintf(
		`{"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": {"binary": %q, "args": ["-test.run=^TestDriverBeforeWindow$"]}}}}`, self))
	if err != nil {
		t.Fatal(err)
	}
	var s struct{ SessionID string }
	if err := json.Unmarshal(session, &s); err != nil {
		t.Fatal(err)
	}
	err = await.Until(await.Limit, func() error {
		title, err := ask("GET", "/session/"+s.SessionID+"/title", "")
		if err == nil && string(title) != `"Late"` {
			err = fmt.Errorf("the title is %s", title)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := ask("DELETE", "/session/"+s.SessionID, ""); err != nil {
		t.Error(err)
	}
}
