package secret_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/internal/bustest"
	"github.com/mullion-dev/mullion/plugin/secret"
)

func run(s *secret.Secrets) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.safe", "productName": "Safe", "build": {"frontendDist": "ui"},
				"app": {"windows": [{}, {"label": "default"}, {"label": "unscoped"}]}}`)},
			"ui/index.html": {Data: []byte(`<!doctype html><title>safe</title><p>there`)},
			"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["main"], "permissions": ["core:default",
				{"identifier": "secret:allow-set", "allow": ["token-*", "long*"]}, {"identifier": "secret:allow-get", "allow": ["*"], "deny": ["private"]},
				{"identifier": "secret:allow-delete", "allow": ["token-*"]}, {"identifier": "secret:allow-list", "allow": ["token-*"]}]}`)},
			"capabilities/default.json":  {Data: []byte(`{"identifier": "default", "windows": ["default"], "permissions": ["core:default", "secret:default"]}`)},
			"capabilities/unscoped.json": {Data: []byte(`{"identifier": "unscoped", "windows": ["unscoped"], "permissions": ["core:default", "secret:allow-get"]}`)},
		}})
		if err != nil {
			return err
		}
		app.AddPlugin(s.Plugin())
		return app.Run(ctx)
	}
}

// start starts an app on a bus, which may have a keyring.
func start(t *testing.T, withKeyring bool) (*mulliontest.App, *secret.Secrets, *keyring) {
	t.Helper()
	address := bustest.Start(t)
	var k *keyring
	if withKeyring {
		k = startKeyring(t, address)
	}
	s := secret.New()
	app := mulliontest.Start(t, run(s), nil)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address) // an app without windows has no bus otherwise
	return app, s, k
}

func (k *keyring) do(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
}

type args map[string]any

func TestSecrets(t *testing.T) {
	app, s, k := start(t, true)
	ctx := t.Context()
	binary := []byte{0, 1, 2, 255, 254}
	if err := s.Set(ctx, "binary", binary); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(ctx, "binary"); err != nil || !bytes.Equal(got, binary) {
		t.Errorf("got %v, %v", got, err)
	}
	page := app.Page("main")
	for _, value := range []string{"first", "", "sixteen bytes…!", strings.Repeat("ä", 32<<10), "second"} {
		if err := page.Call("plugin:secret|set", args{"name": "token-a", "value": value}, nil); err != nil {
			t.Fatal(err)
		}
		var got *string
		if err := page.Call("plugin:secret|get", args{"name": "token-a"}, &got); err != nil || got == nil || *got != value {
			t.Errorf("got %v, %v", got, err)
		}
	}
	k.do(func() {
		if len(k.items) != 2 {
			t.Errorf("%d items", len(k.items))
		}
		for _, i := range k.items {
			if i.attributes["name"] == "token-a" && (i.label != "Safe: token-a" || i.attributes["application"] != "org.example.safe" ||
				string(i.value) != "second" || i.kind != "text/plain; charset=utf8") {
				t.Errorf("%+v", i)
			}
		}
		if slices.ContainsFunc(k.sent, func(b []byte) bool { return bytes.Contains(b, []byte("second")) }) {
			t.Error("a secret went over the bus as it is")
		}
		k.add(&item{attributes: map[string]string{"application": "org.example.other", "name": "token-b"}, value: []byte("not ours")})
	})
	if names, err := s.List(ctx); err != nil || !slices.Equal(names, []string{"binary", "token-a"}) {
		t.Errorf("names: %q, %v", names, err)
	}
	var names []string
	if err := page.Call("plugin:secret|list", nil, &names); err != nil || !slices.Equal(names, []string{"token-a"}) {
		t.Errorf("names for the page: %q, %v", names, err)
	}
	var none *string
	if err := page.Call("plugin:secret|get", args{"name": "token-b"}, &none); err != nil || none != nil {
		t.Errorf("the secret of another app: %v, %v", none, err)
	}
	for _, want := range []bool{true, false} {
		var found bool
		if err := page.Call("plugin:secret|delete", args{"name": "token-a"}, &found); err != nil || found != want {
			t.Errorf("delete: %v, %v", found, err)
		}
	}
	if _, err := s.Get(ctx, "token-a"); !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("what was deleted: %v", err)
	}
	if strings.Contains(app.Log(), "second") {
		t.Error("the log has a secret")
	}
}

// TestLocked: the user is asked, may decline, and may take long.
func TestLocked(t *testing.T) {
	app, s, k := start(t, true)
	ctx := t.Context()
	if err := s.Set(ctx, "token-a", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	k.do(func() { k.locked = true })
	if names, err := s.List(ctx); err != nil || len(names) != 1 {
		t.Errorf("the names while it is locked: %q, %v", names, err)
	}
	k.do(func() { k.answer = "no" })
	for what, f := range map[string]func() error{
		"get":    func() error { _, err := s.Get(ctx, "token-a"); return err },
		"set":    func() error { return s.Set(ctx, "token-a", nil) },
		"add":    func() error { return s.Set(ctx, "token-b", nil) },
		"delete": func() error { _, err := s.Delete(ctx, "token-a"); return err },
	} {
		if err := f(); !errors.Is(err, secret.ErrDismissed) {
			t.Errorf("%s: %v", what, err)
		}
	}

	// Nobody answers: the question is taken back with the call, and others wait.
	var before int
	k.do(func() { k.answer, before = "", k.shown })
	call, cancel := context.WithCancel(ctx)
	failed := make(chan error, 1)
	go func() {
		var got *string
		failed <- app.Page("main").CallContext(call, "plugin:secret|get", args{"name": "token-a"}, &got)
	}()
	mulliontest.Wait(t, time.Minute, func() (err error) {
		k.do(func() {
			if k.shown == before {
				err = errors.New("nobody is asked")
			}
		})
		return err
	})
	waiting, stop := context.WithCancel(ctx)
	stop()
	if _, err := s.Get(waiting, "token-a"); !errors.Is(err, context.Canceled) {
		t.Errorf("another one: %v", err)
	}
	cancel()
	if err := <-failed; err == nil {
		t.Error("a call that was broken off has an answer")
	}
	mulliontest.Wait(t, time.Minute, func() (err error) {
		k.do(func() {
			if k.dismiss == 0 {
				err = errors.New("the question is still there")
			}
		})
		return err
	})
	k.do(func() { k.answer = "yes" })
	if got, err := s.Get(ctx, "token-a"); err != nil || string(got) != "kept" {
		t.Errorf("got %q, %v", got, err)
	}

	// There is no collection yet.
	k.do(func() { k.hasOne = false; clear(k.items) })
	if err := s.Set(ctx, "token-a", []byte("first of all")); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(ctx, "token-a"); err != nil || string(got) != "first of all" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestNoKeyring: it is said what is missing.
func TestNoKeyring(t *testing.T) {
	app, s, _ := start(t, false)
	if err := s.Set(t.Context(), "token", nil); !errors.Is(err, secret.ErrNoService) {
		t.Errorf("no keyring: %v", err)
	}
	if err := app.Page("main").Call("plugin:secret|get", args{"name": "token-a"}, nil); err == nil || !strings.Contains(err.Error(), "GNOME Keyring") {
		t.Errorf("no keyring: %v", err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")
	if _, err := s.List(t.Context()); !errors.Is(err, secret.ErrNoService) {
		t.Errorf("no bus: %v", err)
	}
}

// TestAttacks: pages, and keyrings, that are hostile.
func TestAttacks(t *testing.T) {
	app, s, k := start(t, true)
	ctx := t.Context()
	for _, name := range []string{"private", "other"} {
		if err := s.Set(ctx, name, []byte("do not tell")); err != nil {
			t.Fatal(err)
		}
	}
	for what, call := range map[string]struct {
		page, command string
		args          args
		want          string
	}{
		"by default":           {"default", "get", args{"name": "other"}, "not allowed by ACL"},
		"without a scope":      {"unscoped", "get", args{"name": "other"}, "not in the scope of secret:allow-get"},
		"denied":               {"main", "get", args{"name": "private"}, "not in the scope"},
		"set out of scope":     {"main", "set", args{"name": "other", "value": "x"}, "not in the scope of secret:allow-set"},
		"delete out of scope":  {"main", "delete", args{"name": "other"}, "not in the scope of secret:allow-delete"},
		"no name":              {"main", "get", args{"name": ""}, "needs a name"},
		"NUL":                  {"main", "get", args{"name": "token-\x00"}, "without control characters"},
		"lines":                {"main", "set", args{"name": "token-\n", "value": "x"}, "without control characters"},
		"long name":            {"main", "get", args{"name": strings.Repeat("x", 4096)}, "the limit is 256"},
		"long secret":          {"main", "set", args{"name": "token-a", "value": strings.Repeat("x", 64<<10+1)}, "the limit is 65536"},
		"no text":              {"main", "set", args{"name": "token-a", "value": []int{1}}, "value"},
		"attributes of others": {"main", "get", args{"name": "x", "application": "org.example.other"}, "application"},
	} {
		if err := app.Page(call.page).Call("plugin:secret|"+call.command, call.args, nil); err == nil || !strings.Contains(err.Error(), call.want) {
			t.Errorf("%s: got %v, want %q", what, err, call.want)
		}
	}
	if err := s.Set(ctx, "token-\xff", nil); err == nil {
		t.Error("a name that is not UTF-8 is taken")
	}

	// A flood has one session at a time, and leaves no connection.
	done := make(chan error, 50)
	for range cap(done) {
		go func() { _, err := s.Get(ctx, "other"); done <- err }()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for i := range 998 {
		k.do(func() {
			k.add(&item{attributes: map[string]string{"application": "org.example.safe", "xdg:schema": "dev.mullion.Secret", "name": fmt.Sprint("n", i)}})
		})
	}
	if err := s.Set(ctx, "one more", nil); err == nil || !strings.Contains(err.Error(), "1000 secrets already") {
		t.Errorf("too many secrets: %v", err)
	}

	for what, test := range map[string]struct {
		change func()
		want   string
	}{
		"a key of 1":        {func() { k.half = []byte{1} }, "half of the key is none"},
		"a key of 0":        {func() { k.half = []byte{} }, "half of the key is none"},
		"the group itself":  {func() { k.half = prime.Bytes() }, "half of the key is none"},
		"a long key":        {func() { k.half = bytes.Repeat([]byte{7}, 4096) }, "half of the key is none"},
		"cut off":           {func() { k.damage = true }, "cannot be decrypted"},
		"another key":       {func() { k.half = []byte{5} }, "cannot be decrypted"},
		"does not encrypt":  {func() { k.plain = true }, "so none are sent"},
		"a secret too long": {func() { k.give(strings.Repeat("x", 1<<20)) }, "more than 65536 bytes"},
	} {
		k.do(test.change)
		got, err := s.Get(ctx, "other")
		if what == "another key" && err == nil && string(got) != "do not tell" {
			err = errors.New("cannot be decrypted") // one of 256 wrong keys makes good padding of it
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %q, %v, want %q", what, got, err, test.want)
		}
		k.do(func() { k.half, k.damage, k.plain = nil, false, false; k.give("do not tell") })
	}
	text := app.Log()
	for _, hidden := range []string{"do not tell", base64.StdEncoding.EncodeToString([]byte("do not tell"))} {
		if strings.Contains(text, hidden) {
			t.Error("the log has a secret")
		}
	}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil || len(fds) > 100 {
		t.Errorf("%d descriptors, %v", len(fds), err)
	}
}

// give gives the secret "other" another value. k.mu is held.
func (k *keyring) give(value string) {
	for _, i := range k.items {
		if i.attributes["name"] == "other" {
			i.value = []byte(value)
		}
	}
}
