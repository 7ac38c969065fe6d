package attacks

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/mullion-dev/mullion/internal/displayguard"
	"github.com/mullion-dev/mullion/internal/sandbox"
)

// stationVariable holds the folder of a test binary that was started again to
// be a station: the Core of what is attacked, as one user.
const stationVariable = "MULLION_ATTACKS_STATION"

// lacking is how a station exits where the kernel lacks a layer.
const lacking = 77

func TestMain(m *testing.M) {
	if err := sandbox.Enter(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	switch sandbox.ChildRole() {
	case hostRole:
		os.Exit(runHost())
	case sandbox.DisplayRole:
		fmt.Fprintln(os.Stderr, displayguard.Run())
		os.Exit(1)
	}
	if dir := os.Getenv(stationVariable); dir != "" {
		if err := runStation(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			if errors.Is(err, errLayers) {
				os.Exit(lacking)
			}
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}
