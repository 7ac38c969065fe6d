package process

import "os/exec"

func own(*exec.Cmd) {}

func ask(cmd *exec.Cmd) { cmd.Process.Kill() }

func kill(cmd *exec.Cmd) { cmd.Process.Kill() }
