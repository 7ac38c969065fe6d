package core

import (
	"strings"
	"testing"
)

func TestFolderName(t *testing.T) {
	seen := map[string]string{}
	for _, host := range []string{"app", "app:net", "app-net", "App:Net", "window:a/b", "window:a:b", "window:../x", "plain", "app:" + strings.Repeat("x", 100), "app:é"} {
		name := folderName(host)
		if other := seen[name]; other != "" {
			t.Errorf("%q and %q share %s", host, other, name)
		}
		seen[name] = host
		if len(name) > 60 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || (host == "app") != (name == "app") {
			t.Errorf("%q: %s", host, name)
		}
		if again := folderName(host); again != name {
			t.Errorf("%q: %s, then %s", host, name, again)
		}
	}
}
