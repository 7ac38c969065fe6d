package mullion

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"log/slog"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/menu"
)

func newMenuApp(t *testing.T) *App {
	t.Helper()
	a, err := New(Options{
		Files:  fstest.MapFS{"mullion.conf.json": {Data: []byte(`{"identifier": "dev.mullion.menus", "productName": "menus", "version": "1.0.0"}`)}},
		Logger: slog.New(slog.DiscardHandler), DataDir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestMenu(t *testing.T) {
	a := newMenuApp(t)
	events := make(chan MenuEvent, 3)
	note := func(ctx context.Context, e MenuEvent) {
		if ctx.Err() == nil {
			events <- e
		}
	}
	err := a.SetMenu(t.Context(), Menu{
		{Text: "&File", Items: Menu{
			{ID: "open", Text: "Open", Accelerator: "CmdOrCtrl+O", Do: note},
			{Predefined: Separator},
			{ID: "dark", Text: "Dark", Check: true, Do: note},
			{ID: "off", Text: "Off", Disabled: true, Do: note},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := a.core.MenuStore()
	before, err := a.core.SetAppMenu(t.Context(), nil)
	if err != nil || before == nil {
		t.Fatal(err)
	}
	shown, err := s.Snapshot(before)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range shown.Items[0].Items {
		s.Activate(s.Find(before, i.Number))
	}
	a.core.Owner().End() // and nothing comes after that
	if err := a.core.Owner().Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(events)
	got := map[string]bool{} // items do not wait for each other
	for e := range events {
		got[e.ID] = e.Checked
	}
	if diff := cmp.Diff(map[string]bool{"open": false, "dark": true}, got); diff != "" {
		t.Error(diff)
	}
	s.Release(before)
	if n := s.Live(); n != 0 {
		t.Errorf("%d items live", n)
	}
}

// TestAbout: what the app tells of itself is what is shown, in either language.
func TestAbout(t *testing.T) {
	var icon bytes.Buffer
	if err := png.Encode(&icon, image.NewNRGBA(image.Rect(0, 0, 128, 64))); err != nil {
		t.Fatal(err)
	}
	item := MenuItem{Predefined: AboutItem, About: &About{
		Name: "name", Version: "1", ShortVersion: "2", Authors: []string{"a", "b"}, Comments: "comments", Copyright: "copyright",
		License: "license", Website: "website", WebsiteLabel: "label", Credits: "credits", Icon: icon.Bytes(),
	}}
	e, err := item.entry()
	if err != nil {
		t.Fatal(err)
	}
	want := menu.About{
		Name: "name", Version: "1", ShortVersion: "2", Authors: []string{"a", "b"}, Comments: "comments", Copyright: "copyright",
		License: "license", Website: "website", WebsiteLabel: "label", Credits: "credits",
		Picture: &menu.Picture{Width: 64, Height: 32, RGBA: make([]byte, 64*32*4)},
	}
	if diff := cmp.Diff(want, e.About); diff != "" {
		t.Error(diff)
	}
}

func TestMenuErrors(t *testing.T) {
	a := newMenuApp(t)
	for _, test := range []struct {
		name string
		menu Menu
		want error // nil: any
	}{
		{"accelerator", Menu{{Text: "x", Accelerator: "Hyper+X"}}, nil},
		{"icon", Menu{{Text: "x", Icon: []byte("no picture")}}, nil},
		{"icon of About", Menu{{Predefined: AboutItem, About: &About{Icon: []byte("no picture")}}}, nil},
		{"About of another item", Menu{{Predefined: QuitItem, About: &About{Name: "x"}}}, nil},
		{"predefined", Menu{{Predefined: "Nothing"}}, nil},
		{"only for macOS", Menu{{Text: "x", Items: Menu{{Predefined: ServicesItem}}}}, errors.ErrUnsupported},
		{"too many", make(Menu, menu.MaxShown+1), menu.ErrTooMany},
	} {
		err := a.SetMenu(t.Context(), test.menu)
		if err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: got %v", test.name, err)
		}
	}
	if err := a.SetMenu(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if n := a.core.MenuStore().Live(); n != 0 {
		t.Errorf("%d items live", n)
	}
}
