package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/store"
)

// storeSuite looks into the files that stores are kept in, and changes them from
// Go.
func storeSuite(t *testing.T, _ *published) pluginSuite {
	dir := t.TempDir()
	hello := []byte("hello ")
	stores := store.New(store.Options{
		Serializers: map[string]func(store.Values) ([]byte, error){"hello": func(v store.Values) ([]byte, error) {
			return append(bytes.Clone(hello), v["to"]...), nil
		}},
		Deserializers: map[string]func([]byte) (store.Values, error){"hello": func(data []byte) (store.Values, error) {
			return store.Values{"to": jsontext.Value(bytes.TrimPrefix(data, hello))}, nil
		}},
	})
	file := func(name, want string) func(*testing.T, *e2e.App) {
		return func(t *testing.T, _ *e2e.App) {
			if err := await.Until(time.Minute, func() error {
				data, err := os.ReadFile(filepath.Join(dir, name))
				if err == nil && string(data) != want {
					err = fmt.Errorf("%s has %q, want %q", name, data, want)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
		}
	}
	for name, text := range map[string]string{"there.json": `{"a": 1, "b": {"c": [2]}}`, "hello.txt": `hello "you"`, "broken.json": `{"a": `} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	methods := func(class string, names ...string) (all []string) {
		for _, n := range names {
			all = append(all, class+"."+n)
		}
		return all
	}
	return pluginSuite{
		options: e2e.Options{
			Permissions: []any{"core:default", "store:default", "allow-change-in-go"},
			DataDir:     dir,
			Setup: func(app *mullion.App) {
				app.AddPlugin(stores.Plugin())
				mullion.Handle(app, "change_in_go", func(_ context.Context, a struct {
					Path string `json:"path"`
				}) (struct{}, error) {
					st, err := stores.Load(a.Path, nil)
					if err != nil {
						return struct{}{}, err
					}
					return struct{}{}, errors.Join(st.Set("go", []int{1, 2}), st.Close())
				})
			},
		},
		tests: []pluginTest{
			{
				exports: append([]string{"load", "getStore", "Store"}, methods("Store", "load", "get", "set", "has", "delete", "length", "keys", "values", "entries")...),
				body: `const before = await p.getStore('new.json')
					const s = await p.load('new.json')
					await s.set('b', {c: [1, null, 'x']})
					await s.set('a', 1)
					await s.set('gone', true)
					const same = await p.Store.get('new.json'), again = await p.Store.load('new.json')
					return [before, s instanceof p.Store, same.rid === s.rid, again.rid === s.rid, await s.get('b'), await s.get('none') === undefined, await s.has('a'), await s.has('none'),
						await s.delete('gone'), await s.delete('gone'), await s.length(), await s.keys(), await s.values(), await s.entries()]`,
				outside: file("new.json", "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": [\n      1,\n      null,\n      \"x\"\n    ]\n  }\n}\n"),
				want:    `[null,true,true,true,{"c":[1,null,"x"]},true,true,false,true,false,2,["a","b"],[1,{"c":[1,null,"x"]}],[["a",1],["b",{"c":[1,null,"x"]}]]]`,
			},
			{
				exports: methods("Store", "clear", "reset", "save", "reload"),
				body: `const s = await p.load('saved.json', {defaults: {a: 1, b: 2}, autoSave: false})
					await s.set('a', 5)
					await s.save()
					await s.set('c', 3)
					await s.clear()
					const cleared = await s.keys()
					await s.reset()
					const reset = await s.entries()
					await s.set('c', 3)
					await s.reload()
					return [cleared, reset, await s.entries()]`,
				outside: file("saved.json", "{\n  \"a\": 5,\n  \"b\": 2\n}\n"),
				want:    `[[],[["a",1],["b",2]],[["a",5],["b",2],["c",3]]]`,
			},
			{
				exports: append(methods("Store", "onChange", "onKeyChange"), methods("LazyStore", "onChange", "onKeyChange")...),
				body: `const s = await p.load('told.json', {defaults: {d: 0}}), lazy = new p.LazyStore('told.json'), other = await p.load('other.json')
					const heard = []
					const offs = [await s.onChange((key, value) => heard.push(['s', key, value ?? null])), await s.onKeyChange('k', (value) => heard.push(['k', value ?? null])),
						await lazy.onChange((key, value) => heard.push(['lazy', key, value ?? null])), await lazy.onKeyChange('k', (value) => heard.push(['lazy k', value ?? null]))]
					await other.set('k', 'elsewhere')
					await s.set('k', 1)
					await s.delete('k')
					await s.reset()
					await invoke('change_in_go', {path: 'told.json'})
					while (!heard.some((h) => h[0] === 'lazy' && h[1] === 'go')) await new Promise((done) => setTimeout(done, 5))
					offs.forEach((off) => off())
					await s.set('k', 2)
					return heard`,
				want: `[["s","k",1],["k",1],["lazy","k",1],["lazy k",1],["s","k",null],["k",null],["lazy","k",null],["lazy k",null],["s","go",[1,2]],["lazy","go",[1,2]]]`,
			},
			{
				exports: append([]string{"LazyStore"}, methods("LazyStore", "init", "set", "get", "has", "delete", "clear", "reset", "keys", "values", "entries", "length", "save", "reload", "close")...),
				body: `const s = new p.LazyStore('lazy.json', {defaults: {d: 1}})
					const before = await p.getStore('lazy.json')
					await s.init()
					const after = await p.getStore('lazy.json') !== null
					await s.set('a', 2)
					await s.save()
					const seen = [await s.get('a'), await s.has('d'), await s.length(), await s.keys(), await s.values(), await s.entries(), await s.delete('a')]
					await s.reload()
					seen.push(await s.get('a'))
					await s.clear()
					seen.push(await s.length())
					await s.reset()
					seen.push(await s.entries())
					await s.close()
					const closed = await s.get('a').catch((error) => error.includes('invalid'))
					return [before, after, ...seen, closed]`,
				outside: file("lazy.json", "{\n  \"d\": 1\n}\n"),
				want:    `[null,true,2,true,2,["a","d"],[2,1],[["a",2],["d",1]],true,2,0,[["d",1]],true]`,
			},
			{
				exports: []string{"StoreOptions.defaults", "StoreOptions.overrideDefaults", "StoreOptions.createNew", "ReloadOptions.ignoreDefaults"},
				body: `const defaults = {a: 'default', z: 26}, all = []
					const see = async (options) => { const s = await p.load('there.json', {autoSave: false, ...options}); all.push(await s.entries()); return s }
					let s = await see({defaults})
					await s.reload({ignoreDefaults: true})
					all.push(await s.entries())
					await s.close()
					s = await see({defaults, overrideDefaults: true})
					await s.close()
					s = await see({defaults, createNew: true})
					s = await see({defaults: {b: 0}, createNew: true})
					await s.close()
					await see({})
					return all`,
				outside: file("there.json", `{"a": 1, "b": {"c": [2]}}`),
				want:    `[[["a",1],["b",{"c":[2]}],["z",26]],[["a",1],["b",{"c":[2]}]],[["a",1],["b",{"c":[2]}]],[["a","default"],["z",26]],[["b",0]],[["a",1],["b",{"c":[2]}]]]`,
			},
			{
				exports: []string{"StoreOptions.autoSave"},
				body: `const now = await p.load('now.json', {autoSave: 0}), never = await p.load('never.json', {autoSave: false}), soon = await p.load('soon.json', {autoSave: 20})
					await now.set('a', 1); await never.set('a', 1); await soon.set('a', 1)
					return await p.load('bad.json', {autoSave: -5}).catch((error) => error.includes('autoSave'))`,
				outside: func(t *testing.T, app *e2e.App) {
					file("soon.json", "{\n  \"a\": 1\n}\n")(t, app)
					file("now.json", "{\n  \"a\": 1\n}\n")(t, app)
					if _, err := os.Stat(filepath.Join(dir, "never.json")); !errors.Is(err, os.ErrNotExist) {
						t.Errorf("a store that saves nothing by itself: %v", err)
					}
				},
				want: `true`,
			},
			{
				exports: []string{"StoreOptions.serializeFnName", "StoreOptions.deserializeFnName"},
				body: `const s = await p.load('hello.txt', {serializeFnName: 'hello', deserializeFnName: 'hello', autoSave: 0})
					const before = await s.get('to')
					await s.set('to', 'them')
					return [before, await p.load('x', {serializeFnName: 'none'}).catch(String)]`,
				outside: file("hello.txt", `hello "them"`),
				want:    `["you","Serialize Function \"none\" not found"]`,
			},
			{
				exports: []string{"Store.set"},
				body: `const s = await p.load('many.json')
					let heard = 0
					const off = await s.onChange(() => heard++)
					await Promise.all(Array.from({length: 10_000}, (_, i) => s.set('key ' + i, i)))
					off()
					return [await s.length(), heard, await s.get('key 9999')]`,
				outside: func(t *testing.T, app *e2e.App) {
					if err := await.Until(time.Minute, func() error {
						data, err := os.ReadFile(filepath.Join(dir, "many.json"))
						if n := bytes.Count(data, []byte("\n")); err == nil && n != 10_002 {
							err = fmt.Errorf("the file has %d lines", n)
						}
						return err
					}); err != nil {
						t.Error(err)
					}
				},
				want: `[10000,10000,9999]`,
			},
			{
				exports: []string{"load"},
				body: `const tries = await Promise.allSettled(['broken.json', '../x.json', '/etc/hosts', 'states/x.json'].map((path) => p.load(path)))
					const s = await p.load('broken.json', {createNew: true, autoSave: 0})
					await s.set('a', 1)
					return tries.map((x) => x.status === 'rejected' && x.reason.slice(0, 16))`,
				outside: func(t *testing.T, app *e2e.App) {
					file("broken.json", "{\n  \"a\": 1\n}\n")(t, app)
					file("broken.json.broken", `{"a": `)(t, app)
				},
				want: `["Failed to deseri","cannot traverse ","forbidden path: ","forbidden path: "]`,
			},
		},
		notes: map[string]string{
			"load": "a file that cannot be read is an error and stays as it is; paths outside of the app's folder for data need a scope",
		},
	}
}
