package store

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/mulliontest"
)

// TestMain is also what TestKilled starts: a process that saves without end.
func TestMain(m *testing.M) {
	if path := os.Getenv("STORE_TO_SAVE"); path != "" {
		st, err := New(Options{}).Load(path, &LoadOptions{AutoSave: -1})
		for i := 0; err == nil; i++ {
			err = errors.Join(st.Set("n", i), st.Set("text", strings.Repeat(fmt.Sprint(i%10), 100_000)), st.Save())
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	mulliontest.Main(m)
}

// TestKilled: whenever a process is killed that saves, the file is one that was
// saved.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	last := -1
	for round := range 8 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "STORE_TO_SAVE="+path)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		before, _ := os.Stat(path)
		saved := 0
		mulliontest.Wait(t, time.Minute, func() error {
			now, err := os.Stat(path)
			if err == nil && (before == nil || !os.SameFile(before, now)) {
				before = now
				saved++
			}
			if saved < 1+round%3 {
				err = errors.Join(err, fmt.Errorf("it has saved %d times", saved))
			}
			return err
		})
		time.Sleep(time.Duration(round) * time.Millisecond) // somewhere else in what it does
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		st, err := New(Options{}).Load(path, &LoadOptions{AutoSave: -1})
		if err != nil {
			t.Fatal(err)
		}
		n, _, err := Get[int](st, "n")
		if err != nil {
			t.Error(err)
		}
		if text, _, err := Get[string](st, "text"); err != nil || text != strings.Repeat(fmt.Sprint(n%10), 100_000) {
			t.Errorf("%d, with another text: %.20q, %v", n, text, err)
		}
		last = max(last, n)
	}
	if last < 1 {
		t.Error("nothing was saved twice")
	}
}
