// Command chromium is the peer that is a server on this machine and a window
// of Chromium.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/net/websocket"
	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/bench/peers/protocol"
	"github.com/mullion-dev/mullion/bench/peers/ui"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

// message is what page and program send each other: a call, its answer, or
// something that was not asked for, which has a kind.
type message struct {
	ID   int    `json:"id,omitempty"`
	What string `json:"what,omitempty"`
	Kind string `json:"kind,omitempty"`
	Text string `json:"text"`
}

// server is the program behind the pages.
type server struct {
	program protocol.Program
	mu      sync.Mutex
	first   *websocket.Conn // guarded by mu
}

func run() error {
	// Processes of Chromium whose parents have ended stay below this one.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &server{}
	http.Handle("/", http.FileServerFS(ui.Files()))
	http.HandleFunc("POST /take", func(w http.ResponseWriter, r *http.Request) {
		n, err := s.program.Take(r.Body, int(r.ContentLength))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprint(w, n)
	})
	http.HandleFunc("GET /give", func(w http.ResponseWriter, r *http.Request) {
		size, err := strconv.Atoi(r.FormValue("size"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(size))
		w.Write(s.program.Pattern(size))
	})
	http.Handle("/socket", websocket.Handler(s.socket))
	go http.Serve(l, nil)

	browser, err := open("http://" + l.Addr().String() + "/")
	if err != nil {
		return err
	}
	go s.program.Serve(protocol.Peer{
		Job: func(text string) { s.send(message{Kind: "job", Text: text}) },
		Window: func() {
			if c, err := open("http://" + l.Addr().String() + "/more.html"); err == nil {
				go c.Wait() // it passes the address to the first one
			}
		},
		Quit: func() { browser.Process.Signal(syscall.SIGTERM) },
	})
	browser.Wait() // with the signal, as a rule
	return nil
}

// open opens a window, in the Chromium that runs if there is one.
func open(address string) (*exec.Cmd, error) {
	args := []string{
		"--app=" + address, "--user-data-dir=" + filepath.Join(os.Getenv("HOME"), "profile"), "--window-size=600,400",
		"--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--password-store=basic",
	}
	if os.Getuid() == 0 {
		args = append(args, "--no-sandbox") // it has none for root
	}
	c := exec.Command("chromium", args...)
	c.Stderr = os.Stderr
	return c, c.Start()
}

func (s *server) send(m message) {
	s.mu.Lock()
	c := s.first
	s.mu.Unlock()
	if c != nil {
		websocket.JSON.Send(c, m)
	}
}

// socket answers one page.
func (s *server) socket(c *websocket.Conn) {
	s.mu.Lock()
	if s.first == nil {
		s.first = c
	}
	s.mu.Unlock()
	var m message
	for websocket.JSON.Receive(c, &m) == nil {
		answer := message{ID: m.ID}
		switch m.What {
		case "echo":
			answer.Text = s.program.Echo(m.Text)
		case "flood":
			n, _ := strconv.Atoi(m.Text)
			for i := range n {
				websocket.JSON.Send(c, message{Kind: "count", Text: protocol.Event(i)})
			}
		default:
			s.program.Tell(m.What, m.Text)
		}
		if websocket.JSON.Send(c, answer) != nil {
			return
		}
	}
}
