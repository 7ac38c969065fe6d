package assets

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"time"
)

const (
	// maxHead bounds a request over HTTP, which never has a body, in bytes. Most of
	// it may be cookies, which pages set as they like: beyond the limit they get
	// nothing any more.
	maxHead = 256 << 10
	// maxUnread and unreadTime bound what is read of a body, so that the client sees
	// why it is refused.
	maxUnread  = 16 << 20
	unreadTime = 500 * time.Millisecond
	// headTime bounds the time from one answer to the next request, and writeTime
	// that in which nothing of an answer is taken: a player that is paused reads on
	// when it plays again.
	headTime  = time.Minute
	writeTime = time.Hour
)

// ServeHTTP serves a connection of HTTP/1.1 (RFC 9112) until its client is gone or
// says what it should not, and closes it. It takes GET and HEAD without a body for
// that host only. answer is called for one request after the other, whose URL is
// the target: the path, and a query if there is one. It sends one response. malformed
// is told why a request is refused without that.
func ServeHTTP(ctx context.Context, conn net.Conn, host string, answer func(r *Request, send func(*Response)), malformed func(why string)) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	limited := &io.LimitedReader{R: conn}
	lines := bufio.NewReader(limited)
	for {
		conn.SetDeadline(time.Now().Add(headTime))
		limited.N = maxHead
		r, why, err := readHead(lines, host)
		switch {
		case limited.N == 0 && (err != nil || why != ""):
			r, why = new(Request), fmt.Sprintf("a request of more than %d bytes: are there too many cookies?", maxHead)
		case err != nil:
			return
		}
		good := true
		send := func(resp *Response) {
			good = writeResponse(conn, r, resp) && good
			resp.Close()
		}
		if why != "" {
			malformed(why)
			send(refuse(statusBadRequest, "%s", why).answer(ctx, r, nil))
			limited.N = maxUnread
			conn.SetDeadline(time.Now().Add(unreadTime))
			_, _ = io.Copy(io.Discard, lines)
			return // who knows what comes next
		}
		answer(r, send)
		if !good || strings.EqualFold(field(r.Header, "Connection"), "close") {
			return
		}
	}
}

// readHead reads a request. why is what is wrong with it.
func readHead(lines *bufio.Reader, host string) (r *Request, why string, err error) {
	text := textproto.NewReader(lines)
	line, err := text.ReadLine()
	if err != nil {
		return nil, "", err
	}
	r = new(Request)
	parts := strings.Split(line, " ")
	if len(parts) != 3 || parts[2] != "HTTP/1.1" || !strings.HasPrefix(parts[1], "/") {
		return r, "malformed request", nil
	}
	r.Method, r.URL = parts[0], parts[1]
	header, err := text.ReadMIMEHeader()
	if err != nil {
		return r, "malformed header", nil
	}
	for name, values := range header {
		for _, value := range values {
			r.Header = append(r.Header, Field{name, value})
		}
	}
	switch {
	case r.Method != "GET" && r.Method != "HEAD":
		return r, "only GET and HEAD are served", nil
	case len(header["Host"]) != 1 || !strings.EqualFold(header["Host"][0], host):
		return r, "another host", nil
	case len(header["Upgrade"]) > 0 || len(header["Transfer-Encoding"]) > 0 || len(header["Expect"]) > 0 ||
		len(header["Content-Length"]) > 0 && !slices.Equal(header["Content-Length"], []string{"0"}):
		return r, "no request has a body here, or becomes something else", nil
	}
	return r, "", nil
}

// writeResponse reports whether the connection is of further use.
func writeResponse(conn net.Conn, r *Request, resp *Response) bool {
	var head strings.Builder
	fmt.Fprintf(&head, "HTTP/1.1 %d -\r\n", resp.Status)
	for _, f := range resp.Header {
		if !hasControl(f.Name) && !hasControl(f.Value) {
			fmt.Fprintf(&head, "%s: %s\r\n", f.Name, f.Value)
		}
	}
	if resp.Get("Content-Length") == "" && resp.Status != statusNotModified {
		fmt.Fprintf(&head, "Content-Length: %d\r\n", resp.Length)
	}
	head.WriteString("\r\n")
	conn.SetDeadline(time.Now().Add(headTime))
	if _, err := io.WriteString(conn, head.String()); err != nil {
		return false
	}
	if resp.Body == nil || r.Method == "HEAD" {
		return true
	}
	buf := make([]byte, 64<<10)
	for left := resp.Length; left > 0; {
		n, err := resp.Body.Read(buf[:min(int64(len(buf)), left)])
		left -= int64(n)
		conn.SetDeadline(time.Now().Add(writeTime))
		if _, err := conn.Write(buf[:n]); err != nil {
			return false
		}
		if err != nil && left > 0 {
			return false // a client that misses bytes sees that by the length
		}
	}
	return true
}
