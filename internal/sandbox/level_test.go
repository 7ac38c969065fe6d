package sandbox

import (
	"errors"
	"strings"
	"testing"
)

func TestLevels(t *testing.T) {
	all := []Layer{LayerNamespaces, LayerLandlock, LayerSeccomp, LayerBroker}
	for _, test := range []struct {
		name  string
		holds []Layer
		open  bool // the network is reached by TCP, and that is not confined
		want  Level
	}{
		{"nothing", nil, false, LevelNone},
		{"calls only", []Layer{LayerSeccomp, LayerBroker}, false, LevelNone},
		{"landlock", []Layer{LayerLandlock}, false, LevelFiles},
		{"namespaces", []Layer{LayerNamespaces}, false, LevelFiles},
		{"landlock and calls", []Layer{LayerLandlock, LayerSeccomp}, false, LevelFiles},
		{"landlock, calls and broker", []Layer{LayerLandlock, LayerSeccomp, LayerBroker}, false, LevelStrong},
		{"namespaces and calls", []Layer{LayerNamespaces, LayerSeccomp}, false, LevelStrong},
		{"the same with an open network", []Layer{LayerNamespaces, LayerSeccomp}, true, LevelFiles},
		{"all", all, false, LevelFull},
	} {
		var status []Status
		for _, l := range all {
			s := Status{Layer: l, Detail: "as tested"}
			for _, h := range test.holds {
				s.Holds = s.Holds || h == l
			}
			status = append(status, s)
		}
		if test.open {
			status = append(status, Status{Layer: LayerNetwork})
		}
		if got := LevelOf(status); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
		for least := LevelNone; least <= LevelFull; least++ {
			err := CheckLevel(status, least)
			if enough := least <= test.want; enough != (err == nil) || !enough && !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%s, %v demanded: %v", test.name, least, err)
			}
		}
	}
	open := []Status{{Layer: LayerDisplay, Detail: "X11"}}
	for _, l := range all {
		open = append(open, Status{Layer: l, Holds: true})
	}
	if got := LevelOf(open); got != LevelStrong {
		t.Errorf("on X11: got %v, want %v", got, LevelStrong)
	}
	if err := CheckLevel(open, LevelFull); err == nil || !strings.Contains(err.Error(), "missing: display (X11)") {
		t.Errorf("on X11: %v", err)
	}
	err := CheckLevel([]Status{{Layer: LayerSeccomp, Holds: true}, {Layer: LayerLandlock, Detail: "too old"}}, LevelFiles)
	if err == nil || !strings.Contains(err.Error(), `would be "none", and "files" is demanded at least; missing: landlock (too old)`) {
		t.Errorf("got %v", err)
	}
}

func TestParseWithout(t *testing.T) {
	for _, test := range []struct {
		names string
		want  Without
		err   string
	}{
		{"", Without{}, ""},
		{"namespaces seccomp broker", Without{Namespaces: true, Seccomp: true, Broker: true}, ""},
		{"landlock", Without{Landlock: -1}, ""},
		{"landlock:4", Without{Landlock: 4}, ""},
		{"landlock:0", Without{}, "as in landlock:4"},
		{"landlock:x", Without{}, "as in landlock:4"},
		{"seccomp:1", Without{}, "no layer"},
		{"all", Without{}, "no layer"},
	} {
		got, err := ParseWithout(strings.Fields(test.names))
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q: got %v", test.names, err)
			}
		} else if err != nil || got != test.want {
			t.Errorf("%q: got %+v, %v", test.names, got, err)
		}
	}
}
