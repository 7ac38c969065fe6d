// Package x11test starts X servers for tests of plugins.
package x11test

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/plugin/internal/x11"
)

// Start starts an X server of the test's own and returns the name of its display.
// It ends with the test. Where there is no Xvfb, the test is skipped.
func Start(t testing.TB) (display string) {
	t.Helper()
	program, err := exec.LookPath("Xvfb")
	if err != nil {
		t.Skip("Xvfb is not installed; on Debian and Ubuntu: apt-get install xvfb")
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	var said bytes.Buffer
	cmd := exec.Command(program, "-displayfd", "3", "-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles, cmd.Stderr = []*os.File{write}, &said
	err = cmd.Start()
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // of one that has ended
		_ = cmd.Wait()
	})
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb has not started: %v; it said: %s", err, &said)
	}
	return ":" + strings.TrimSpace(number)
}

// Open connects to a display until the test ends.
func Open(t testing.TB, display string) *x11.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, err := x11.Open(ctx, display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// Wait calls condition until it returns true, and fails the test with what was
// waited for if that takes more than a minute.
func Wait(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("a minute was not enough for: %s", what)
		}
	}
}
