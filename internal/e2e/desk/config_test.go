package desk_test

import (
	"testing"

	"github.com/mullion-dev/mullion/config"
)

func mustConfig(t *testing.T) *config.Config {
	t.Helper()
	c, err := config.Parse("mullion.conf.json", []byte(`{"identifier": "dev.mullion.test"}`))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
