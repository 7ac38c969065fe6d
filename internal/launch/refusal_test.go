package launch

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/sandbox"
)

// TestOrdinaryRefusals: what libraries try at each start is no warning, which
// would hide why an app does not start.
func TestOrdinaryRefusals(t *testing.T) {
	for _, test := range []struct {
		kind sandbox.RefusalKind
		what string
		warn bool
	}{
		{sandbox.RefusedConnect, `socket "@/home/u/.cache/app/host/broadway1.socket"`, false},
		{sandbox.RefusedConnect, `socket "/run/dbus/system_bus_socket"`, false},
		{sandbox.RefusedConnect, `socket "/run/user/0/bus"`, true},
		{sandbox.RefusedFile, "/etc/resolv.conf", false},
		{sandbox.RefusedFile, "/etc/shadow", true},
	} {
		var log strings.Builder
		logRefusal(slog.New(slog.NewTextHandler(&log, nil)), sandbox.Refusal{Kind: test.kind, What: test.what}, slog.Attr{})
		if got := log.Len() > 0; got != test.warn {
			t.Errorf("%s: got %q", test.what, &log)
		}
	}
}
