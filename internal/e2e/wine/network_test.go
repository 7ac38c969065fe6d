//go:build wine

package wine

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestDevServer: pages come from the dev server, by the Core's proxy, which has no way to other
// servers and none for other programs.
func TestDevServer(t *testing.T) {
	asked := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case asked <- r.URL.Path:
		default: // the Core asks, too
		}
		fmt.Fprint(w, "<!doctype html>")
	}))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	origin := "http://localhost:" + port
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()

	a := start(t, lab.lab, "LAB_DEV="+origin)
	d := a.host()
	address := regexp.MustCompile(`socks5://(127\.0\.0\.1:\d+)`).FindStringSubmatch(d.expect("options")[1])
	d.expect("committed", "1", origin+"/")
	if got := <-asked; got != "/" {
		t.Errorf("the dev server was asked for %s", got)
	}
	p := &page{d: d, view: "1", source: origin + "/"}
	if got := p.say("h " + doc + " " + origin); got != "" {
		t.Fatalf("hello: got %q", got)
	}
	if got := p.say(`c ` + doc + ` 1 - ["open",{"label":"x"}]`); got != `o"x"` {
		t.Errorf("a command: got %s", got)
	}
	d.tell("fetch", origin+"/style.css")
	if got := d.expect("fetched", origin+"/style.css")[2]; got != "HTTP/1.1 200 OK" {
		t.Errorf("the dev server: got %q", got)
	}
	foreign := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	d.tell("fetch", foreign+"/")
	if got := d.expect("fetched", foreign+"/")[2]; got != "refused 2" {
		t.Errorf("another server: got %q", got)
	}
	a.logged("connection refused", "server="+strings.TrimPrefix(foreign, "http://"))

	// This test is no process of the host's job.
	conn, err := net.Dial("tcp", address[1])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	_, _ = conn.Write([]byte{5, 1, 0})
	if n, err := conn.Read(make([]byte, 2)); n > 0 || os.IsTimeout(err) || err == nil {
		t.Errorf("another program was answered with %d bytes, %v", n, err)
	} else if err != io.EOF {
		t.Log(err)
	}
	quiet(t, d)
}
