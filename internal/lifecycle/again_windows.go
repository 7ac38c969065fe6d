package lifecycle

import "os"

// StartAgain starts the program and ends this process. It returns only if that
// fails.
func StartAgain() error {
	program, err := ownProgram()
	if err != nil {
		return err
	}
	p, err := os.StartProcess(program, os.Args, &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err != nil {
		return err
	}
	_ = p.Release()
	os.Exit(0)
	return nil
}
