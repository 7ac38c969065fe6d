package guard

import (
	"slices"
	"testing"
)

func TestEnv(t *testing.T) {
	environ := []string{"HOME=/home/me", "MULLION_ROLE=", "MULLION_X=1", "LISTEN_FDS=1", "LISTEN_FDS_MORE=1", "NOTIFY_SOCKET=/n", "EMPTY=", "XDG_ACTIVATION_TOKEN=t"}
	before := slices.Clone(environ)
	if got, want := Env(environ), []string{"HOME=/home/me", "LISTEN_FDS_MORE=1", "EMPTY="}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if !slices.Equal(environ, before) {
		t.Errorf("the caller's environment is %q now", environ)
	}
}

func TestLastOfEach(t *testing.T) {
	if got, want := lastOfEach([]string{"A=1", "B=2", "A=3", "C", "B="}), []string{"A=3", "C", "B="}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
