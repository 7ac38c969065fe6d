package core_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

const icons = `{"identifier": "all", "windows": ["main"], "permissions": ["core:default", "core:window:allow-set-icon"]}`

func TestWindowIcon(t *testing.T) {
	app, err := core.NewImage(2, 1, twoPixels)
	if err != nil {
		t.Fatal(err)
	}
	ofApp := &wire.Picture{Width: 2, Height: 1, RGBA: twoPixels}
	p := newPair(t, icons, core.Options{Icon: func() (*core.Image, error) { return app, nil }}, nil)
	main := p.open("main", "app://localhost/")
	if diff := cmp.Diff(ofApp, main.window.State().Icon); diff != "" {
		t.Fatalf("the icon of a new window: %s", diff)
	}
	one := &wire.Picture{Width: 1, Height: 1, RGBA: []byte{1, 2, 3, 4}}
	resource := strings.TrimPrefix(main.call(`["plugin:image|new",{"rgba":[1,2,3,4],"width":1,"height":1}]`), "o")
	for _, test := range []struct {
		name, value, want string
		icon              *wire.Picture
	}{
		{"pixels", `{"rgba":[1,2,3,4],"width":1,"height":1}`, "onull", one},
		{"the app's again", `null`, "onull", ofApp},
		{"resource", resource, "onull", one},
		{"no picture", `[1,2,3]`, `e"image: neither PNG nor ICO"`, one},
		{"no resource", `4711`, `e"The resource id 4711 is invalid."`, one},
		{"path out of scope", `"/etc/passwd"`, `e"`, one},
		{"not an image", `true`, `e"image: want`, one},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := main.call(`["plugin:window|set_icon",{"value":` + test.value + `}]`)
			if !strings.HasPrefix(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if diff := cmp.Diff(test.icon, main.window.State().Icon); diff != "" {
				t.Error(diff)
			}
		})
	}
	large := &core.Image{Width: 300, Height: 150, RGBA: make([]byte, 4*300*150)}
	if err := main.window.SetIcon(t.Context(), large); err != nil {
		t.Fatal(err)
	}
	if i := main.window.State().Icon; i.Width != 128 || i.Height != 64 || len(i.RGBA) != 4*128*64 {
		t.Errorf("a large icon became %d×%d", i.Width, i.Height)
	}
}

func TestWindowIconBroken(t *testing.T) {
	var log logBuffer
	p := newPair(t, icons, core.Options{
		Icon: func() (*core.Image, error) { return nil, errors.New("it is broken") },
		Log:  slog.New(slog.NewTextHandler(&log, nil)),
	}, nil)
	if i := p.open("main", "app://localhost/").window.State().Icon; i != nil {
		t.Errorf("got an icon of %d×%d", i.Width, i.Height)
	}
	p.Quit()
	<-p.Done()
	if !log.contains("it is broken") {
		t.Error("nobody is told why there is no icon")
	}
}
