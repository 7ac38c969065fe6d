package launch

import (
	"testing"

	"github.com/mullion-dev/mullion/internal/sandbox"
)

func TestInboxSealed(t *testing.T) {
	mounts := []sandbox.Status{{Layer: sandbox.LayerSeccomp, Holds: true}, {Layer: sandbox.LayerNamespaces, Holds: true}}
	spec := func(write, private string) sandbox.Spec {
		s := sandbox.Spec{Policy: &sandbox.Policy{}, Inbox: []string{"/cache/files/1/app/in"}, Private: []string{private}}
		if write != "" {
			s.Policy.Write = []string{write}
		}
		return s
	}
	for _, test := range []struct {
		name   string
		status []sandbox.Status
		spec   sandbox.Spec
		want   bool
	}{
		{"mounts", mounts, spec("", "/cache/files/1/app/out"), true},
		{"another folder", mounts, spec("/cache/files/1/app/inner", "/x"), true},
		{"no mounts", mounts[:1], spec("", "/x"), false},
		{"mounts that do not hold", []sandbox.Status{{Layer: sandbox.LayerNamespaces}}, spec("", "/x"), false},
		{"granted for writing", mounts, spec("/cache", "/x"), false},
		{"its own", mounts, spec("", "/cache/files/1/app/in"), false},
		{"all is granted", mounts, spec("/", "/x"), false},
		{"not confined", mounts, sandbox.Spec{}, false},
	} {
		if got := inboxSealed(test.status, test.spec); got != test.want {
			t.Errorf("%s: got %v", test.name, got)
		}
	}
}
