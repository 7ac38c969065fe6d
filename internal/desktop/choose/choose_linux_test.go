package choose_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/desktop/choose"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

func chosen(uris ...string) func(session.Asked) (uint32, map[string]dbus.Variant) {
	return func(session.Asked) (uint32, map[string]dbus.Variant) {
		return 0, map[string]dbus.Variant{"uris": dbus.MakeVariant(uris)}
	}
}

func TestAsk(t *testing.T) {
	bus := session.StartBus(t)
	if _, err := choose.Ask(t.Context(), choose.Request{}); !errors.Is(err, choose.ErrUnavailable) {
		t.Errorf("without a portal: %v", err)
	}
	portal := bus.StartFileChooser(4, chosen("file:///a%20b/%C3%BC%FF", "file:///c/../d"))
	got, err := choose.Ask(t.Context(), choose.Request{
		Title: "Pick", Multiple: true, Folder: "/home/\xff", Name: "unused", Parent: 0x1234,
		Filters: []choose.Filter{{Name: "Pictures", Extensions: []string{"png", "tar.gz", "*"}, Types: []string{"image/*"}}},
	})
	if !slices.Equal(got, []string{"/a b/ü\xff", "/d"}) || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	asked := portal.Asked()[0]
	options := asked.Args[2].(map[string]dbus.Variant)
	if asked.Method != "OpenFile" || asked.Args[0] != "x11:1234" || asked.Args[1] != "Pick" {
		t.Errorf("asked: %v", asked)
	}
	for key, want := range map[string]string{
		"multiple": "b true", "directory": "b false", "modal": "b true", "current_folder": fmt.Sprint("ay ", []byte("/home/\xff\x00")),
		"filters": "a(sa(us)) [[Pictures [[0 *.[pP][nN][gG]] [0 *.[tT][aA][rR].[gG][zZ]] [0 *] [1 image/*]]]]",
	} {
		if diff := cmp.Diff(want, fmt.Sprint(options[key].Signature(), " ", options[key].Value())); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	if _, ok := options["current_name"]; ok {
		t.Error("a name is proposed to open")
	}
	if _, err := choose.Ask(t.Context(), choose.Request{Save: true, Name: "new.txt", Filters: []choose.Filter{}}); err != nil {
		t.Error(err)
	}
	asked = portal.Asked()[1]
	if options := asked.Args[2].(map[string]dbus.Variant); asked.Method != "SaveFile" || asked.Args[0] != "" || options["current_name"].Value() != "new.txt" {
		t.Errorf("asked: %v", asked)
	}
}

func TestAnswers(t *testing.T) {
	bus := session.StartBus(t)
	for _, test := range []struct {
		name    string
		version uint32
		r       choose.Request
		code    uint32
		uris    []string
		want    error // nil: any error
	}{
		{"cancelled", 4, choose.Request{}, 1, nil, choose.ErrCancelled},
		{"nothing", 4, choose.Request{}, 0, nil, choose.ErrCancelled},
		{"failed", 4, choose.Request{}, 2, nil, choose.ErrUnavailable},
		{"too old for folders", 2, choose.Request{Directory: true}, 0, []string{"file:///a"}, choose.ErrUnavailable},
		{"no interface", 0, choose.Request{}, 0, []string{"file:///a"}, choose.ErrUnavailable},
		{"another machine", 4, choose.Request{}, 0, []string{"file://elsewhere/a"}, nil},
		{"no file", 4, choose.Request{}, 0, []string{"sftp://elsewhere/a"}, nil},
		{"a NUL", 4, choose.Request{}, 0, []string{"file:///a%00b"}, nil},
		{"relative", 4, choose.Request{}, 0, []string{"file:a"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			portal := bus.StartFileChooser(test.version, func(session.Asked) (uint32, map[string]dbus.Variant) {
				return test.code, map[string]dbus.Variant{"uris": dbus.MakeVariant(test.uris)}
			})
			defer portal.Stop()
			got, err := choose.Ask(t.Context(), test.r)
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got %q, %v; want %v", got, err, test.want)
			}
		})
	}
}

// TestEnds: the dialog is closed when nobody waits for it any more.
func TestEnds(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	portal := session.StartBus(t).StartFileChooser(4, func(session.Asked) (uint32, map[string]dbus.Variant) { <-release; return 1, nil })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { _, err := choose.Ask(ctx, choose.Request{}); ended <- err }()
	portal.Wait(func(a session.Asked) bool { return a.Method == "OpenFile" })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	portal.Wait(func(a session.Asked) bool { return a.Method == "Close" })
}
