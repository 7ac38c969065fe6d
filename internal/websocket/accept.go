// Package websocket is the server's end of WebSockets (RFC 6455), without
// extensions and subprotocols: by it the Core speaks with the scripts of pages
// over a connection that its own proxy answers.
//
// Begin with [Accept].
package websocket

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
)

// maxHead bounds the request that opens a WebSocket, in bytes.
const maxHead = 16 << 10

// guid is what RFC 6455, section 1.3 has servers add to the key of a client.
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// Options say which WebSockets are accepted.
type Options struct {
	// Host is the name that a client must have asked for.
	Host string
	// Origin reports whether pages of that origin may open one.
	Origin func(origin string) bool
	// MaxMessage bounds what a client may say at once, in bytes.
	MaxMessage int
}

// Accept reads the request that opens a WebSocket at the path "/", and answers
// it. What is not accepted gets an error of HTTP, and Accept fails. The caller
// sets deadlines, and closes conn.
func Accept(conn net.Conn, o Options) (*Conn, error) {
	limited := &io.LimitedReader{R: conn, N: maxHead}
	lines := bufio.NewReaderSize(limited, 4<<10)
	key, status, err := readHead(lines, &o)
	if err != nil {
		if status != "" {
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status)
		}
		return nil, err
	}
	if lines.Buffered() > 0 {
		return nil, errors.New("websocket: the client did not wait for the answer")
	}
	sum := sha1.Sum([]byte(key + guid))
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"
	if _, err := io.WriteString(conn, answer); err != nil {
		return nil, err
	}
	return newConn(conn, o.MaxMessage), nil
}

// readHead reads the request and returns its key. With an error it may return the
// status that says so.
func readHead(lines *bufio.Reader, o *Options) (key, status string, err error) {
	text := textproto.NewReader(lines)
	line, err := text.ReadLine()
	if err != nil {
		return "", "", err
	}
	header, err := text.ReadMIMEHeader()
	if err != nil {
		return "", "400 -", err
	}
	one := func(name string) string {
		if values := header[name]; len(values) == 1 {
			return values[0]
		}
		return ""
	}
	bad := func(what string) (string, string, error) { return "", "400 -", errors.New("websocket: " + what) }
	key = one("Sec-Websocket-Key")
	random, _ := base64.StdEncoding.Strict().DecodeString(key)
	switch {
	case line != "GET / HTTP/1.1":
		return bad("not a GET of /")
	case !strings.EqualFold(one("Host"), o.Host):
		return bad("another host")
	case !strings.EqualFold(one("Upgrade"), "websocket") || !names(one("Connection"), "upgrade"):
		return bad("no WebSocket is asked for")
	case one("Sec-Websocket-Version") != "13":
		return bad("another version")
	case len(random) != 16:
		return bad("malformed key")
	case len(header["Content-Length"]) > 0 || len(header["Transfer-Encoding"]) > 0:
		return bad("a request with a body")
	case !o.Origin(one("Origin")):
		return "", "403 -", fmt.Errorf("websocket: refused to origin %q", header["Origin"])
	}
	return key, "", nil
}

// names reports whether a list of a header field names it.
func names(list, token string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(item), token) {
			return true
		}
	}
	return false
}
