package core

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestRefusals(t *testing.T) {
	var r refusals
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	note := func(what string, want int, ok bool) {
		t.Helper()
		if got, logged := r.note(what, now); got != want || logged != ok {
			t.Errorf("%s: got %d, %t, want %d, %t", what, got, logged, want, ok)
		}
	}
	note("a", 0, true)
	note("a", 0, false)
	note("b", 1, true)
	for i := range 2 * maxRefusals {
		r.note(fmt.Sprint(i), now)
	}
	note("c", 0, false)
	now = now.Add(refusalWindow)
	note("a", maxRefusals+3, true)
	note("a", 0, false)
}

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
