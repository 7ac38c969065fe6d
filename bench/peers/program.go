package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// patience ends hangs.
const patience = 60 * time.Second

// program is a peer that runs. What it says is described in package protocol.
type program struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
	ended chan struct{} // closed when it has
	began time.Time
	log   string // the file with what it wrote to its standard error
}

// start starts a peer. Each has a home of its own, which it keeps from one
// start to the next.
func (b *bench) start(p *peer, args ...string) (*program, error) {
	home := filepath.Join(b.out, p.folder, "home")
	if err := os.MkdirAll(filepath.Join(home, "run"), 0o700); err != nil {
		return nil, err
	}
	c := exec.Command(filepath.Join(b.out, p.folder, "peer"), args...)
	c.Dir = home
	c.Env = append(os.Environ(), "HOME="+home, "XDG_RUNTIME_DIR="+filepath.Join(home, "run"), "DBUS_SESSION_BUS_ADDRESS="+b.bus)
	c.Env = append(c.Env, p.Environment...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	name := filepath.Join(b.out, p.folder, "log")
	log, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		out.Close()
		return nil, err
	}
	defer log.Close()
	c.Stdout, c.Stderr = w, log
	x := &program{cmd: c, in: in, lines: make(chan string, 64), ended: make(chan struct{}), log: name}
	b.screen.forget()
	x.began = time.Now()
	if err := c.Start(); err != nil {
		out.Close()
		return nil, err
	}
	go func() {
		defer out.Close()
		r := bufio.NewReader(out)
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			x.lines <- strings.TrimSpace(line)
		}
	}()
	go func() {
		c.Wait()
		close(x.ended)
	}()
	return x, nil
}

// wait waits for a line that begins with a word, and returns the rest.
func (x *program) wait(word string) (string, error) {
	limit := time.After(patience)
	for {
		select {
		case line := <-x.lines:
			if what, rest, _ := strings.Cut(line, " "); what == word {
				return rest, nil
			}
		case <-x.ended:
			return "", fmt.Errorf("it ended and never said %q%s", word, x.said())
		case <-limit:
			return "", fmt.Errorf("it does not say %q%s", word, x.said())
		}
	}
}

// said is the end of what it wrote to its standard error.
func (x *program) said() string {
	b, err := os.ReadFile(x.log)
	if err != nil || len(b) == 0 {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return "; its last words: " + lines[len(lines)-1]
}

func (x *program) say(line string) error {
	_, err := io.WriteString(x.in, line+"\n")
	return err
}

// job has the page do a job and returns its value, as a rule seconds.
func (x *program) job(name string, args map[string]any) (float64, error) {
	text, err := json.Marshal(map[string]any{"job": name, "args": args})
	if err != nil {
		return 0, err
	}
	if err := x.say("job " + string(text)); err != nil {
		return 0, err
	}
	text2, err := x.wait("done")
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	var r struct {
		Value float64 `json:"value"`
		Error string  `json:"error"`
	}
	if err := json.Unmarshal([]byte(text2), &r); err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	if r.Error != "" {
		return 0, fmt.Errorf("%s: %s", name, r.Error)
	}
	return r.Value, nil
}

// times are those between calls since it was asked last, in µs.
func (x *program) times() (micros []float64, err error) {
	if err := x.say("times"); err != nil {
		return nil, err
	}
	text, err := x.wait("times")
	if err != nil {
		return nil, err
	}
	return micros, json.Unmarshal([]byte(text), &micros)
}

// stop has it end, and ends it by force after a while.
func (x *program) stop() error {
	x.say("quit")
	x.in.Close()
	select {
	case <-x.ended:
		return nil
	case <-time.After(10 * time.Second):
		x.cmd.Process.Kill()
		<-x.ended
		return errors.New("it did not end")
	}
}
