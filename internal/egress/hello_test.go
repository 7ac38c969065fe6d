package egress

import (
	"crypto/tls"
	"errors"
	"net"
	"testing"
)

// clientHelloFor returns what a client sends first.
func clientHelloFor(t testing.TB, name string) []byte {
	t.Helper()
	ours, theirs := net.Pipe()
	defer ours.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		tls.Client(theirs, &tls.Config{ServerName: name, InsecureSkipVerify: true}).Handshake()
	}()
	buf := make([]byte, 16<<10)
	n, err := ours.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	ours.Close()
	<-done
	return buf[:n]
}

// records cuts a record into records of at most size bytes each.
func records(record []byte, size int) (cut []byte) {
	for body := record[5:]; len(body) > 0; {
		n := min(size, len(body))
		cut = append(cut, recordHandshake, 3, 1, byte(n>>8), byte(n))
		cut = append(cut, body[:n]...)
		body = body[n:]
	}
	return cut
}

func TestServerName(t *testing.T) {
	hello := clientHelloFor(t, "a.dev")
	for name, b := range map[string][]byte{
		"whole": hello, "cut into bytes": records(hello, 1), "cut": records(hello, 100), "with more behind it": append(hello[:len(hello):len(hello)], "more"...),
	} {
		if got, err := serverName(b); got != "a.dev" || err != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	for n := range hello {
		if _, err := serverName(hello[:n]); !errors.Is(err, errMore) {
			t.Errorf("%d bytes of %d: %v", n, len(hello), err)
		}
	}
	if got, err := serverName(clientHelloFor(t, "")); got != "" || err != nil {
		t.Errorf("without a name: %q, %v", got, err)
	}
}

// helloWith makes a small ClientHello with the given extensions.
func helloWith(extensions ...byte) []byte {
	body := append(make([]byte, 2+32), 0, 0, 2, 0x13, 1, 1, 0)
	body = append(body, byte(len(extensions)>>8), byte(len(extensions)))
	body = append(body, extensions...)
	b := []byte{recordHandshake, 3, 1, byte((len(body) + 4) >> 8), byte(len(body) + 4), clientHello, 0, byte(len(body) >> 8), byte(len(body))}
	return append(b, body...)
}

func TestServerNameRefused(t *testing.T) {
	name := []byte{0, 0, 0, 6, 0, 4, 0, 0, 1, 'a'}
	if got, err := serverName(helloWith(name...)); got != "a" || err != nil {
		t.Fatalf("the test's own: %q, %v", got, err)
	}
	for what, b := range map[string][]byte{
		"two extensions":         helloWith(append(name, name...)...),
		"two names":              helloWith(0, 0, 0, 10, 0, 8, 0, 0, 1, 'a', 0, 0, 1, 'b'),
		"no name":                helloWith(0, 0, 0, 2, 0, 0),
		"an empty name":          helloWith(0, 0, 0, 5, 0, 3, 0, 0, 0),
		"a name of another kind": helloWith(0, 0, 0, 6, 0, 4, 1, 0, 1, 'a'),
		"too short":              helloWith(0, 0, 0, 9, 0, 4, 0, 0, 1, 'a'),
		"too long":               helloWith(0, 0, 0, 7, 0, 4, 0, 0, 1, 'a', 0),
		"half an extension":      helloWith(0, 1, 0),
		"another message":        {recordHandshake, 3, 1, 0, 4, 2, 0, 0, 0},
		"another record":         {23, 3, 1, 0, 4, 1, 0, 0, 0},
		"another version":        {recordHandshake, 2, 1, 0, 4, 1, 0, 0, 0},
		"an empty record":        {recordHandshake, 3, 1, 0, 0},
		"an endless record":      {recordHandshake, 3, 1, 0xff, 0xff},
		"an endless message":     {recordHandshake, 3, 1, 0, 4, 1, 1, 0, 0},
	} {
		if got, err := serverName(b); !errors.Is(err, errNoHello) {
			t.Errorf("%s: got %q, %v", what, got, err)
		}
	}
}

func FuzzServerName(f *testing.F) {
	f.Add(clientHelloFor(f, "a.dev"))
	f.Add(records(clientHelloFor(f, "a.dev"), 50))
	f.Add(helloWith(0, 0, 0, 6, 0, 4, 0, 0, 1, 'a'))
	f.Fuzz(func(t *testing.T, b []byte) {
		name, err := serverName(b)
		if err != nil {
			if name != "" || !errors.Is(err, errMore) && !errors.Is(err, errNoHello) {
				t.Fatalf("%q, %v", name, err)
			}
			return
		}
		// More bytes, which a server would read on, change nothing.
		if again, err := serverName(append(b[:len(b):len(b)], 0x17, 3, 3)); again != name || err != nil {
			t.Fatalf("%q, then %q, %v", name, again, err)
		}
	})
}
