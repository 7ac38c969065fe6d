package desk_test

import (
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
)

func TestMain(m *testing.M) { e2e.Main(m) }
