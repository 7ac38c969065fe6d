package ending_test

import (
	"os"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

func TestMain(m *testing.M) {
	if os.Getenv(victimVariable) != "" {
		mullion.Main(victim)
	}
	if os.Getenv(counterVariable) != "" {
		mullion.Main(countLoads)
	}
	e2e.Main(m)
}
