package desk_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// pixelIcon is an icon of one pixel.
func pixelIcon(red, green, blue uint8) *image.NRGBA {
	i := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	i.SetNRGBA(0, 0, color.NRGBA{red, green, blue, 255})
	return i
}

// TestIcon has windows show the icon of the configuration, or their own, also
// after the host is gone.
func TestIcon(t *testing.T) {
	var file bytes.Buffer
	if err := png.Encode(&file, pixelIcon(1, 2, 3)); err != nil {
		t.Fatal(err)
	}
	app := e2e.Start(t, e2e.Options{
		Config:   `{"bundle": {"icon": ["icons/icon.icns", "icons/icon.png"]}}`,
		Embedded: fstest.MapFS{"icons/icon.png": {Data: file.Bytes()}},
	})
	app.Open("second", nil)
	w, err := app.Window("second")
	if err != nil {
		t.Fatal(err)
	}
	ctx := e2e.Context(t)
	if err := w.SetTitle(ctx, "second"); err != nil {
		t.Fatal(err)
	}
	shows := func(title string, argb uint32) {
		t.Helper()
		want := []uint32{1, 1, argb}
		err := e2e.WaitFor(e2e.Timeout, func() error {
			w, err := e2e.Screen(t).Find(title)
			if err != nil {
				return err
			}
			got, err := e2e.Screen(t).Numbers(w.ID, "_NET_WM_ICON")
			if err != nil || !slices.Equal(got, want) {
				return fmt.Errorf("the window %q has %d %w, want %d", title, got, err, want)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	shows("main", 0xff010203)
	shows("second", 0xff010203)
	if err := w.SetIcon(ctx, pixelIcon(7, 8, 9)); err != nil {
		t.Fatal(err)
	}
	shows("second", 0xff070809)
	host, err := os.FindProcess(app.Processes()["app"])
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if len(app.Faults()) == 0 {
			return fmt.Errorf("nobody knows of the loss")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	shows("second", 0xff070809)
	shows("main", 0xff010203)
}
