package doctor

import (
	"errors"

	"github.com/mullion-dev/mullion/internal/sandbox"
)

func Patient() int { return 1 }

func startPatient() (*sandbox.Process, error) {
	return nil, errors.ErrUnsupported
}
