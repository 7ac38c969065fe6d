package lifecycle

import (
	"os"
	"path/filepath"
	"testing"
)

// TestOwnProgram: what runs inside an AppImage is started again by the image.
// Its variables say nothing about a program that is elsewhere.
func TestOwnProgram(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, image, dir, want string }{
		{"no image", "", "", self},
		{"in an image", "/home/me/app.AppImage", filepath.Dir(self), "/home/me/app.AppImage"},
		{"in an image, with a slash", "/home/me/app.AppImage", filepath.Dir(self) + "/", "/home/me/app.AppImage"},
		{"started by another image", "/home/me/other.AppImage", "/tmp/.mount_other", self},
		{"a folder whose name begins alike", "/home/me/other.AppImage", self[:len(self)-1], self},
		{"image without a folder", "/home/me/app.AppImage", "", self},
	} {
		t.Setenv("APPIMAGE", test.image)
		t.Setenv("APPDIR", test.dir)
		if got, err := ownProgram(); err != nil || got != test.want {
			t.Errorf("%s: got %q, %v; want %q", test.name, got, err, test.want)
		}
	}
}
