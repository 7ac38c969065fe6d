package windowoptions

import (
	"testing"

	"github.com/mullion-dev/mullion/config"
)

func TestPreventOverflow(t *testing.T) {
	o, err := config.ParseWindow("options", []byte(`{"preventOverflow": {"width": 5, "height": 6}}`))
	if err != nil {
		t.Fatal(err)
	}
	if m := windowState(o).Margin; m == nil || m.X != 5 || m.Y != 6 {
		t.Errorf("margin %+v", m)
	}
}
