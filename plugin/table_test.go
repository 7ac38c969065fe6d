package plugin_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/builtin"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/autostart"
	"github.com/mullion-dev/mullion/plugin/cli"
	"github.com/mullion-dev/mullion/plugin/clipboardmanager"
	"github.com/mullion-dev/mullion/plugin/deeplink"
	"github.com/mullion-dev/mullion/plugin/dialog"
	fsplugin "github.com/mullion-dev/mullion/plugin/fs"
	"github.com/mullion-dev/mullion/plugin/globalshortcut"
	"github.com/mullion-dev/mullion/plugin/httpclient"
	"github.com/mullion-dev/mullion/plugin/log"
	"github.com/mullion-dev/mullion/plugin/opener"
	"github.com/mullion-dev/mullion/plugin/osinfo"
	"github.com/mullion-dev/mullion/plugin/persistedscope"
	"github.com/mullion-dev/mullion/plugin/positioner"
	"github.com/mullion-dev/mullion/plugin/process"
	"github.com/mullion-dev/mullion/plugin/secret"
	"github.com/mullion-dev/mullion/plugin/session"
	"github.com/mullion-dev/mullion/plugin/shell"
	"github.com/mullion-dev/mullion/plugin/singleinstance"
	"github.com/mullion-dev/mullion/plugin/store"
	"github.com/mullion-dev/mullion/plugin/updater"
	"github.com/mullion-dev/mullion/plugin/upload"
	"github.com/mullion-dev/mullion/plugin/websocket"
	"github.com/mullion-dev/mullion/plugin/windowstate"
)

// table has the plugins of this repository, by the name of their folder.
var table = map[string]func() plugin.Plugin{
	"dialog":           func() plugin.Plugin { return dialog.New(dialog.Options{}).Plugin() },
	"persistedscope":   func() plugin.Plugin { return persistedscope.New().Plugin() },
	"cli":              func() plugin.Plugin { return cli.New(cli.Options{}).Plugin() },
	"process":          func() plugin.Plugin { return process.New().Plugin() },
	"opener":           func() plugin.Plugin { return opener.New(opener.Options{}).Plugin() },
	"updater":          func() plugin.Plugin { return updater.New(updater.Options{}).Plugin() },
	"log":              func() plugin.Plugin { return log.New(log.Options{}).Plugin() },
	"osinfo":           func() plugin.Plugin { return osinfo.New().Plugin() },
	"positioner":       func() plugin.Plugin { return positioner.New().Plugin() },
	"windowstate":      func() plugin.Plugin { return windowstate.New(windowstate.Options{}).Plugin() },
	"shell":            func() plugin.Plugin { return shell.New(shell.Options{}).Plugin() },
	"httpclient":       func() plugin.Plugin { return httpclient.New(httpclient.Options{}).Plugin() },
	"globalshortcut":   func() plugin.Plugin { return globalshortcut.New().Plugin() },
	"clipboardmanager": func() plugin.Plugin { return clipboardmanager.New(clipboardmanager.Options{}).Plugin() },
	"session":          func() plugin.Plugin { return session.New().Plugin() },
	"secret":           func() plugin.Plugin { return secret.New().Plugin() },
	"autostart":        func() plugin.Plugin { return autostart.New(autostart.Options{}).Plugin() },
	"deeplink":         func() plugin.Plugin { return deeplink.New().Plugin() },
	"singleinstance":   func() plugin.Plugin { return singleinstance.New(nil).Plugin() },
	"upload":           func() plugin.Plugin { return upload.New().Plugin() },
	"store":            func() plugin.Plugin { return store.New(store.Options{}).Plugin() },
	"fs":               func() plugin.Plugin { return fsplugin.New().Plugin() },
	"websocket":        func() plugin.Plugin { return websocket.New().Plugin() },
}

// extras are commands and permissions that plugins have beyond the published
// ones, by plugin: identifiers, and what they are for.
var extras = map[string]map[string]string{
	"notification": {"focus": whyFocus, "allow-focus": whyFocus},
	"fs":           {"deny-engine-data": "where the engine of Mullion stores what it has of pages, other than that of Tauri"},
}

const whyFocus = "a click on what window.Notification shows brings its window to the front, as in browsers"

// published is what a crate of Tauri declares. testdata/published.json has that
// of each, with its version.
type published struct {
	Commands    []string `json:"commands"`
	Default     []string `json:"default"`
	Permissions map[string]struct {
		Allow []string `json:"allow"`
		Deny  []string `json:"deny"`
		Scope struct {
			Allow []jsontext.Value `json:"allow"`
			Deny  []jsontext.Value `json:"deny"`
		} `json:"scope"`
	} `json:"permissions"`
	Sets map[string][]string `json:"sets"`
}

// TestTable: each plugin has all that a plugin has to have.
func TestTable(t *testing.T) {
	folders := map[string]bool{}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if isPlugin(t, e.Name()) {
			folders[e.Name()] = true
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(folders)), slices.Sorted(maps.Keys(table))); diff != "" {
		t.Errorf("folders with a plugin (-), and table (+): %s", diff)
	}
	known := readPublished(t)
	for name, folder := range builtin.Packages {
		// sql has a module of its own.
		if make := table[folder]; folder != "sql" && (make == nil || make().Name != name) {
			t.Errorf("builtin.Packages has %s in plugin/%s, which is not so", name, folder)
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(table)) {
		t.Run(folder, func(t *testing.T) {
			p := table[folder]()
			if builtin.Packages[p.Name] != folder {
				t.Errorf("builtin.Packages has not %s", p.Name)
			}
			has(t, "../docs/plugins.md", regexp.MustCompile(fmt.Sprintf(`(?m)^\| \[%s\]\(plugins/%[1]s\.md\) \| .%s. \|`, p.Name, folder)))
			m := manifest(t, p)
			if want, ok := known[p.Name]; ok {
				for _, problem := range differences(t, m, want) {
					t.Error(problem)
				}
			}
			has(t, filepath.Join("../docs/plugins", p.Name+".md"), regexp.MustCompile(`(?m)^# `))
			if _, npm := known[p.Name]; npm && len(known[p.Name].Commands) > 0 {
				has(t, "../conformance/plugin_suites_test.go", regexp.MustCompile(fmt.Sprintf(`(?m)^\t%q:`, p.Name)))
			}
			hasIn(t, folder, "*_test.go", regexp.MustCompile(`(?m)^func TestAttacks\(`))
			hasIn(t, folder, "*.go", regexp.MustCompile(`(?m)^// Package \w+ `))
		})
	}
}

// isPlugin reports whether a folder has a package with a method that returns a
// plugin.Plugin. One with a module of its own has a test like this there.
func isPlugin(t *testing.T, folder string) bool {
	t.Helper()
	if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
		return false
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		data, err := os.ReadFile(file)
		return err == nil && !strings.HasSuffix(file, "_test.go") && strings.Contains(string(data), ") Plugin() plugin.Plugin {")
	})
}

// manifest is what a plugin declares, with that of its files.
func manifest(t *testing.T, p plugin.Plugin) capability.Manifest {
	t.Helper()
	m := capability.Manifest{
		Plugin: p.Name, Commands: slices.Sorted(maps.Keys(p.Commands)), Permissions: p.Permissions, Sets: p.Sets, Default: p.Default,
	}
	for name, c := range p.Commands {
		if c.Err != nil {
			t.Errorf("%s: %v", name, c.Err)
		}
	}
	if p.Files != nil {
		files, err := capability.LoadPermissions(p.Files, ".")
		if err != nil {
			t.Fatal(err)
		}
		m.Permissions, m.Sets = append(m.Permissions, files.Permissions...), append(m.Sets, files.Sets...)
		if files.Default != nil {
			m.Default = files.Default
		}
	}
	if _, err := capability.Resolve([]capability.Manifest{m}, nil, capability.Linux); err != nil {
		t.Error(err)
	}
	return m
}

// TestDifferences: the comparison finds nothing in what is the same, such as the
// plugin that the framework has, and each kind of difference.
func TestDifferences(t *testing.T) {
	known := readPublished(t)
	find := func(name string) capability.Manifest {
		for _, m := range builtin.Manifests() {
			if m.Plugin == name {
				return m
			}
		}
		t.Fatalf("the framework has no plugin %s", name)
		return capability.Manifest{}
	}
	for _, problem := range differences(t, find("notification"), known["notification"]) {
		t.Error(problem)
	}
	scope := func(allow ...string) capability.Scope {
		var s capability.Scope
		for _, a := range allow {
			s.Allow = append(s.Allow, jsontext.Value(a))
		}
		return s
	}
	opener := func(change func(*capability.Manifest)) capability.Manifest {
		m := capability.Manifest{
			Plugin: "opener", Commands: []string{"open_path", "open_url", "reveal_item_in_dir"},
			Permissions: []capability.Permission{{
				Identifier: "allow-default-urls",
				Scope:      scope(`{"url":"https://*"}`, `{"url":"http://*"}`, `{ "url": "mailto:*" }`, `{"url":"tel:*"}`),
			}},
			Default: []string{"allow-default-urls", "allow-open-url", "allow-reveal-item-in-dir"},
		}
		change(&m)
		return m
	}
	for _, test := range []struct {
		want   string
		change func(*capability.Manifest)
	}{
		{"", func(*capability.Manifest) {}},
		{"commands", func(m *capability.Manifest) { m.Commands = m.Commands[:2] }},
		{"default", func(m *capability.Manifest) { m.Default = m.Default[:2] }},
		{"permissions", func(m *capability.Manifest) { m.Permissions[0].Identifier = "allow-urls" }},
		{"allow-default-urls: commands that are allowed", func(m *capability.Manifest) { m.Permissions[0].Allow = []string{"open_url"} }},
		{"allow-default-urls: commands that are denied", func(m *capability.Manifest) { m.Permissions[0].Deny = []string{"open_url"} }},
		{"allow-default-urls: scope", func(m *capability.Manifest) { m.Permissions[0].Scope = scope(`{"url":"https://*"}`) }},
		{"allow-default-urls: what the scope denies", func(m *capability.Manifest) {
			m.Permissions[0].Scope.Deny = scope(`{"url":"https://*"}`).Allow
		}},
		{"sets", func(m *capability.Manifest) {
			m.Sets = []capability.Set{{Identifier: "all", Permissions: []string{"allow-open-url"}}}
		}},
	} {
		got := differences(t, opener(test.change), known["opener"])
		if test.want == "" && len(got) > 0 || test.want != "" && !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, test.want+", as") }) {
			t.Errorf("want a difference of %q, got %q", test.want, got)
		}
	}
}

// differences are those for which an app would need another capability file than
// with the published plugin.
func differences(t *testing.T, got capability.Manifest, want published) (problems []string) {
	t.Helper()
	extra := extras[got.Plugin]
	less := func(names []string) []string {
		names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { _, ok := extra[n]; return ok })
		slices.Sort(names)
		return names
	}
	same := func(what string, want, got any) {
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			problems = append(problems, fmt.Sprintf("%s, as published (-), and here (+): %s", what, diff))
		}
	}
	same("commands", less(want.Commands), less(got.Commands))
	same("default", less(want.Default), less(got.Default))
	permissions := map[string]capability.Permission{}
	for _, p := range got.Permissions {
		permissions[p.Identifier] = p
	}
	ofCommand := func(name string) bool {
		command := strings.TrimPrefix(strings.TrimPrefix(name, "allow-"), "deny-")
		return command != name && slices.Contains(got.Commands, strings.ReplaceAll(command, "-", "_"))
	}
	names := slices.DeleteFunc(slices.Collect(maps.Keys(permissions)), ofCommand)
	published := slices.DeleteFunc(slices.Collect(maps.Keys(want.Permissions)), ofCommand)
	same("permissions", less(published), less(names))
	for name, p := range want.Permissions {
		here, ok := permissions[name]
		if !ok {
			continue
		}
		same(name+": commands that are allowed", less(p.Allow), less(here.Allow))
		same(name+": commands that are denied", less(p.Deny), less(here.Deny))
		same(name+": scope", texts(t, p.Scope.Allow, extra), texts(t, here.Scope.Allow, extra))
		same(name+": what the scope denies", texts(t, p.Scope.Deny, extra), texts(t, here.Scope.Deny, extra))
	}
	sets := map[string][]string{}
	for _, s := range got.Sets {
		if _, ok := extra[s.Identifier]; !ok {
			sets[s.Identifier] = less(s.Permissions)
		}
	}
	wanted := map[string][]string{}
	for name, members := range want.Sets {
		wanted[name] = less(members)
	}
	same("sets", wanted, sets)
	return problems
}

// texts are the entries of a scope as text in one form, without those that are
// extra.
func texts(t *testing.T, entries []jsontext.Value, extra map[string]string) (all []string) {
	t.Helper()
	for _, e := range entries {
		v := e.Clone()
		if err := v.Canonicalize(); err != nil {
			t.Fatal(err)
		}
		if _, ok := extra[string(v)]; !ok {
			all = append(all, string(v))
		}
	}
	slices.Sort(all)
	return all
}

// has fails where a file has no text of that form.
func has(t *testing.T, file string, form *regexp.Regexp) {
	t.Helper()
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is missing", file)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if !form.Match(data) {
		t.Errorf("%s has nothing like %s", file, form)
	}
}

// hasIn fails where no file of a folder has text of that form.
func hasIn(t *testing.T, folder, files string, form *regexp.Regexp) {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(folder, files))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(list, func(file string) bool {
		data, err := os.ReadFile(file)
		return err == nil && form.Match(data)
	}) {
		t.Errorf("no file %s of %s has anything like %s", files, folder, form)
	}
}

func readPublished(t *testing.T) (known map[string]published) {
	t.Helper()
	data, err := os.ReadFile("testdata/published.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &known); err != nil {
		t.Fatal(err)
	}
	return known
}
