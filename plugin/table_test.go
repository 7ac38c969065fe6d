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

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/plugin"
)

// table has the plugins of this repository, by the name of their folder.
var table = map[string]func() plugin.Plugin{}

// extras are commands and permissions that plugins have beyond the published
// ones, by plugin: identifiers, and what they are for.
var extras = map[string]map[string]string{}

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
	var known map[string]published
	readJSON(t, "testdata/published.json", &known)
	for _, folder := range slices.Sorted(maps.Keys(table)) {
		t.Run(folder, func(t *testing.T) {
			p := table[folder]()
			m := manifest(t, p)
			if want, ok := known[p.Name]; ok {
				comparePublished(t, m, want)
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

// comparePublished fails where an app would need another capability file than
// with the published plugin.
func comparePublished(t *testing.T, got capability.Manifest, want published) {
	t.Helper()
	extra := extras[got.Plugin]
	less := func(names []string) []string {
		names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { _, ok := extra[n]; return ok })
		slices.Sort(names)
		return names
	}
	same := func(what string, want, got any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, as published (-), and here (+): %s", what, diff)
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
	for name, members := range want.Sets {
		want.Sets[name] = less(members)
	}
	same("sets", want.Sets, sets)
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

func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v, json.RejectUnknownMembers(false)); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
