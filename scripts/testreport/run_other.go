//go:build !linux

package main

import (
	"errors"
	"os"
	"os/exec"
)

// runTests runs go test and reports. Nothing is watched here: there are no
// tests with windows either.
func runTests(command []string, r *report, strict bool) error {
	if len(command) == 0 {
		return errors.New("say what to run: testreport [flags] -- go test -json ./...")
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = r.read(out)
	ended := cmd.Wait()
	return errors.Join(err, r.finish(strict), ended)
}
