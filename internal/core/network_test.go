package core

import (
	"strings"
	"testing"
)

func TestFolderOf(t *testing.T) {
	seen := map[string]string{}
	for _, host := range []string{"app", "app:net", "app-net", "App:Net", "window:a/b", "window:a:b", "window:../x", "plain", "app:" + strings.Repeat("x", 100), "app:é"} {
		dir := folderOf("/d/engine", host)
		if other := seen[strings.ToLower(dir)]; other != "" {
			t.Errorf("%q and %q share %s", host, other, dir)
		}
		seen[strings.ToLower(dir)] = host
		name := strings.TrimPrefix(dir, "/d/engine")
		if len(name) > 60 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || (host == "app") != (name == "") {
			t.Errorf("%q: %s", host, dir)
		}
		if again := folderOf("/d/engine", host); again != dir {
			t.Errorf("%q: %s, then %s", host, dir, again)
		}
	}
	if folderOf("", "app:net") != "" {
		t.Error("a folder out of nothing")
	}
}
