package assets

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestServeHTTP has an ordinary client read what a Files serves, whole and in
// part, over one connection.
func TestServeHTTP(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.wav")
	data := strings.Repeat("0123456789", 50_000)
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	files := NewFiles(FilesOptions{Allowed: func(string) error { return nil }})
	client, server := net.Pipe()
	defer client.Close()
	served := make(chan struct{})
	go func() {
		defer close(served)
		ServeHTTP(context.Background(), server, "a.example", func(r *Request, send func(*Response)) {
			r.URL = "asset://localhost" + r.URL
			send(files.Serve(context.Background(), r))
		}, func(why string) { t.Error(why) })
	}()
	lines := bufio.NewReader(client)
	for _, test := range []struct {
		method, fields, want, length string
		status                       int
	}{
		{"GET", "", data, "500000", 200},
		{"HEAD", "", "", "500000", 200},
		{"GET", "Range: bytes=499990-\r\n", data[:10], "10", 206},
		{"GET", "Range: bytes=500000-\r\n", "no such range: the file has 500000 bytes\n", "41", 416},
	} {
		go io.WriteString(client, test.method+" "+encodePath(path)+" HTTP/1.1\r\nHost: A.example\r\n"+test.fields+"\r\n")
		r, err := http.ReadResponse(lines, &http.Request{Method: test.method})
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r.Body)
		if err != nil || string(b) != test.want || r.StatusCode != test.status || r.Header.Get("Content-Length") != test.length {
			t.Errorf("%s %s: %d, %q bytes, %d of them, %v", test.method, test.fields, r.StatusCode, r.Header.Get("Content-Length"), len(b), err)
		}
	}
	client.Close()
	<-served
}

func encodePath(path string) string { return "/" + strings.ReplaceAll(path, "/", "%2F") }

// TestServeHTTPRefuses says what no client of media says.
func TestServeHTTPRefuses(t *testing.T) {
	for _, text := range []string{
		"GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
		"GET / HTTP/1.0\r\nHost: a.example\r\n\r\n",
		"GET /\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: b.example\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a.example:80\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a.example\r\n x\r\n\r\n",
		"GET / HTTP/1.1\r\nnothing\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\n\r\nx",
		"CONNECT /x HTTP/1.1\r\nHost: a.example\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nGET /",
		"GET / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nGET /",
		"GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
		"GET /" + strings.Repeat("x", maxHead) + " HTTP/1.1\r\nHost: a.example\r\n\r\n",
	} {
		t.Run(fmt.Sprintf("%.80q", text), func(t *testing.T) {
			t.Parallel()
			client, server := net.Pipe()
			asked := 0
			go io.WriteString(client, text+"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
			done := make(chan []byte)
			go func() { b, _ := io.ReadAll(client); done <- b }()
			ServeHTTP(context.Background(), server, "a.example", func(*Request, func(*Response)) { asked++ }, func(string) {})
			got := string(<-done)
			client.Close()
			if asked > 0 || got != "" && !strings.HasPrefix(got, "HTTP/1.1 400 ") {
				t.Errorf("%d requests were served, answer %.80q", asked, got)
			}
		})
	}
}

// TestServeHTTPLargeHead: a client with many cookies is served, and one with too
// many is told.
func TestServeHTTPLargeHead(t *testing.T) {
	for _, test := range []struct {
		cookies, status int
		why             string
	}{{100 << 10, 204, ""}, {maxHead, 400, "too many cookies"}} {
		client, server := net.Pipe()
		var why string
		done := make(chan struct{})
		go func() {
			defer close(done)
			ServeHTTP(context.Background(), server, "a.example", func(_ *Request, send func(*Response)) { send(&Response{Status: 204}) }, func(s string) { why = s })
		}()
		go io.WriteString(client, "GET / HTTP/1.1\r\nHost: a.example\r\nCookie: "+strings.Repeat("x", test.cookies)+"\r\n\r\n")
		r, err := http.ReadResponse(bufio.NewReader(client), nil)
		if err != nil || r.StatusCode != test.status {
			t.Errorf("%d bytes of cookies: %v %v", test.cookies, r, err)
		}
		client.Close()
		<-done
		if !strings.Contains(why, test.why) {
			t.Errorf("%d bytes of cookies: it is told %q", test.cookies, why)
		}
	}
}
