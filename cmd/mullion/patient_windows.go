package main

import (
	"errors"

	"github.com/mullion-dev/mullion/internal/sandbox"
)

func patient() int { return 1 }

func startPatient() (*sandbox.Process, error) {
	return nil, errors.ErrUnsupported
}
