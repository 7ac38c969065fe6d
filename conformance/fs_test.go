package conformance

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/fs"
)

// fsBig is how long a file is that goes through in parts.
const fsBig = 3<<20 + 7

type fsLook struct {
	Name string `json:"name"`
}

type fsSeen struct {
	Text string `json:"text"`
	Mode string `json:"mode"`
	Size int64  `json:"size"`
	Sum  string `json:"sum"`
	Mtim int64  `json:"mtime"`
	None bool   `json:"none"`
}

type fsTouch struct {
	Name string `json:"name"`
	Text string `json:"text"`
	To   string `json:"to,omitzero"`
}

// fsSuite looks at the files with package os, by commands of the app: look tells
// what is there, and touch writes or renames a file as another program would.
func fsSuite(t *testing.T, _ *published) pluginSuite {
	data := t.TempDir()
	at := func(name string) string { return filepath.Join(data, filepath.FromSlash(name)) }
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(at(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"in/a.txt": "hello", "in/latin1.txt": "caf\xe9\nth\xe9\n", "in/lines.txt": "one\r\ntwo\n\nfour", "copy/from": "to be copied",
		"move/from": "to be moved", "list/f": "12345", "list/d/g": "67", "gone/f": "", "gone/d/f": "", "cut": "0123456789", "handle": "hello world",
		"watched/f": "", "watched/d/f": "", "late/f": "", "late/d/f": "", "outside": "x", "old": "old contents",
	} {
		write(name, text)
	}
	big := make([]byte, fsBig)
	for i := range big {
		big[i] = byte(i * i >> 3)
	}
	write("big", string(big))
	for _, err := range []error{os.Symlink("f", at("list/l")), os.Symlink("/etc/passwd", at("list/away")), os.Chmod(at("copy/from"), 0o640)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	look := func(_ context.Context, a fsLook) (fsSeen, error) {
		info, err := os.Lstat(at(a.Name))
		if errors.Is(err, os.ErrNotExist) {
			return fsSeen{None: true}, nil
		}
		if err != nil || !info.Mode().IsRegular() {
			return fsSeen{Mode: fmt.Sprintf("%o", info.Mode().Perm())}, err
		}
		b, err := os.ReadFile(at(a.Name))
		s := fsSeen{Mode: fmt.Sprintf("%o", info.Mode().Perm()), Size: info.Size(), Mtim: info.ModTime().UnixMilli(), Sum: fmt.Sprintf("%x", sha256.Sum256(b))}
		if len(b) < 1000 {
			s.Text = string(b)
		}
		return s, err
	}
	touch := func(_ context.Context, a fsTouch) (struct{}, error) {
		if a.To != "" {
			return struct{}{}, os.Rename(at(a.Name), at(a.To))
		}
		return struct{}{}, os.WriteFile(at(a.Name), []byte(a.Text), 0o600)
	}
	suite := pluginSuite{
		options: e2e.Options{
			DataDir: data,
			Permissions: []any{
				"allow-look", "allow-touch", "core:resources:default", "fs:default", "fs:read-all", "fs:write-all", "fs:allow-size",
				"fs:allow-start-accessing-security-scoped-resource", "fs:allow-stop-accessing-security-scoped-resource",
				map[string]any{"identifier": "fs:scope", "allow": []any{"$APPDATA/**"}, "deny": []any{map[string]any{"path": "$APPDATA/outside"}}},
			},
			Setup: func(app *mullion.App) {
				app.AddPlugin(fs.New().Plugin())
				mullion.Handle(app, "look", look)
				mullion.Handle(app, "touch", touch)
			},
		},
		notes: map[string]string{
			"startAccessingSecurityScopedResource": "does nothing: it is for iOS",
			"stopAccessingSecurityScopedResource":  "does nothing: it is for iOS",
		},
	}
	prelude := "const baseDir = p.BaseDirectory.AppData, data = " + strconv.Quote(data) + `
		const look = (name) => invoke('look', {name}), touch = (name, text, to) => invoke('touch', {name, text, to})
		const text = (b) => new TextDecoder().decode(b), bytes = (s) => new TextEncoder().encode(s)
		const failure = (x) => x.then(() => 'done', (e) => String(e).split(': add {')[0])
		const sum = async (b) => [...new Uint8Array(await crypto.subtle.digest('SHA-256', b))].map((x) => x.toString(16).padStart(2, '0')).join('')
		`
	for _, row := range [][3]string{
		{
			"readFile ReadFileOptions.baseDir BaseDirectory",
			`const url = new URL('file://' + data + '/in/a.txt')
			return [text(await p.readFile('in/a.txt', {baseDir})), text(await p.readFile(url)), (await p.readFile(data + '/in/a.txt')) instanceof Uint8Array,
				await sum(await p.readFile('big', {baseDir})) === (await look('big')).sum,
				await failure(p.readFile('none', {baseDir})), await failure(p.readFile('outside', {baseDir})), await failure(p.readFile('/etc/passwd')),
				await failure(p.readFile('../x', {baseDir})), await failure(p.readFile(new URL('https://example.org/')))]`,
			`["hello","hello",true,true,"failed to open file at path: ` + at("none") + ` with error: No such file or directory (os error 2)",` +
				`"forbidden path: ` + at("outside") + `: denied by \"$APPDATA/outside\"","forbidden path: /etc/passwd: not in the allowed scope","cannot traverse directory, rewrite the path without the use of ` + "`../`" + `",` +
				`"TypeError: Must be a file URL."]`,
		},
		{
			"readTextFile ReadFileOptions.encoding",
			`return [await p.readTextFile('in/a.txt', {baseDir}), await p.readTextFile('in/latin1.txt', {baseDir, encoding: 'latin1'})]`,
			`["hello","café\nthé\n"]`,
		},
		{
			"readTextFileLines",
			`const all = async (name, options) => { const list = []; for await (const line of await p.readTextFileLines(name, {baseDir, ...options})) list.push(line); return list }
			const some = await p.readTextFileLines('in/lines.txt', {baseDir})
			const first = (await some.next()).value
			await some.return()
			return [await all('in/lines.txt'), await all('in/latin1.txt', {encoding: 'latin1'}), first, (await some.next()).value, await failure(all('none'))]`,
			`[["one","two","","four"],["café","thé"],"one","one","failed to open file at path: ` + at("none") + ` with error: No such file or directory (os error 2)"]`,
		},
		{
			"writeFile WriteFileOptions.baseDir WriteFileOptions.append WriteFileOptions.create WriteFileOptions.createNew WriteFileOptions.mode",
			`await p.writeFile('w1', bytes('hello'), {baseDir, mode: 0o640})
			await p.writeFile(data + '/w1', bytes(' world'), {append: true})
			await p.writeFile('w2', bytes('new'), {baseDir, createNew: true})
			await p.writeFile('old', bytes('x'), {baseDir})
			const data2 = await p.readFile('big', {baseDir})
			await p.writeFile('w big', data2, {baseDir})
			let n = 0
			const parts = new ReadableStream({ pull(c) { n++ < 3 ? c.enqueue(bytes('part' + n)) : c.close() } })
			await p.writeFile('w3', parts, {baseDir})
			const a = await look('w1'), b = await look('w big')
			return [a.text, a.mode, (await look('w2')).text, (await look('old')).text, b.sum === (await look('big')).sum, b.size, (await look('w3')).text,
				await failure(p.writeFile('w2', bytes('x'), {baseDir, createNew: true})), await failure(p.writeFile('none', bytes('x'), {baseDir, create: false})),
				await failure(p.writeFile('outside', bytes('x'), {baseDir})), (await look('none')).none, (await look('outside')).text]`,
			`["hello world","640","new","x",true,` + strconv.Itoa(fsBig) + `,"part1part2part3","failed to open file at path: ` + at("w2") + ` with error: File exists (os error 17)",` +
				`"failed to open file at path: ` + at("none") + ` with error: No such file or directory (os error 2)","forbidden path: ` + at("outside") + `: denied by \"$APPDATA/outside\"",true,"x"]`,
		},
		{
			"writeTextFile",
			`await p.writeTextFile('t ü.txt', 'grün', {baseDir}); await p.writeTextFile(new URL('file://' + data + '/t%20ü.txt'), '!', {append: true})
			return (await look('t ü.txt')).text`,
			`"grün!"`,
		},
		{
			"create CreateOptions.baseDir FileHandle FileHandle.write",
			`const f = await p.create('c', {baseDir}); const n = await f.write(bytes('written')); await f.close()
			const g = await p.create('old', {baseDir}); await g.close()
			return [f instanceof p.FileHandle, n, (await look('c')).text, (await look('old')).text, await failure(f.write(bytes('x')))]`,
			`[true,7,"written","","The resource id RID is invalid."]`,
		},
		{
			"open OpenOptions.baseDir OpenOptions.read OpenOptions.write OpenOptions.append OpenOptions.truncate OpenOptions.create OpenOptions.createNew OpenOptions.mode",
			`const use = async (name, options, s) => { const f = await p.open(name, {baseDir, ...options}); try { await f.write(bytes(s)) } finally { await f.close() } return (await look(name)).text }
			return [await use('o', {write: true, create: true, mode: 0o600}, 'abc'), (await look('o')).mode, await use('o', {write: true}, 'X'), await use('o', {append: true}, 'end'),
				await use('o', {write: true, truncate: true}, 'y'), await use('o2', {write: true, createNew: true}, 'z'),
				await failure(use('o2', {write: true, createNew: true}, 'z')), await failure(use('o3', {write: true}, 'z')), await failure(use('o', {read: true}, 'z')),
				await failure(use('o', {read: false}, 'z')), await failure(p.open('outside', {baseDir}))]`,
			`["abc","600","Xbc","Xbcend","y","z","failed to open file at path: ` + at("o2") + ` with error: File exists (os error 17)",` +
				`"failed to open file at path: ` + at("o3") + ` with error: No such file or directory (os error 2)",` +
				`"failed to write bytes to file with error: Bad file descriptor (os error 9)",` +
				`"failed to open file at path: ` + at("o") + ` with error: neither read nor write nor append is set","forbidden path: ` + at("outside") + `: denied by \"$APPDATA/outside\""]`,
		},
		{
			"FileHandle.read FileHandle.seek SeekMode FileHandle.stat FileHandle.truncate",
			`const f = await p.open('handle', {baseDir, read: true, write: true})
			const read = async (n) => { const b = new Uint8Array(n); const got = await f.read(b); return [got, text(b.slice(0, got ?? 0))] }
			const all = [await read(5), await f.seek(1, p.SeekMode.Current), await read(100), await read(1), await read(0), await f.seek(-5, p.SeekMode.End), await read(2),
				await f.seek(2, p.SeekMode.Start), await failure(f.seek(-1, p.SeekMode.Start))]
			const info = await f.stat()
			const seen = await look('handle')
			all.push(info.isFile, info.size, info.mtime.getTime() === seen.mtime)
			await f.truncate(3); all.push((await look('handle')).text); await f.truncate(); all.push((await look('handle')).size)
			const g = await p.open('big', {baseDir})
			const b = new Uint8Array(` + strconv.Itoa(fsBig) + ` + 1000)
			all.push(await g.read(b), await sum(b.slice(0, ` + strconv.Itoa(fsBig) + `)) === (await look('big')).sum, await g.read(b))
			await f.close(); await g.close()
			return all`,
			`[[5,"hello"],6,[5,"world"],[null,""],[0,""],6,[2,"wo"],2,"invalid seek offset -1: it must not be negative with SeekMode.Start",true,11,true,"hel",0,` +
				strconv.Itoa(fsBig) + `,true,null]`,
		},
		{
			"copyFile CopyFileOptions.fromPathBaseDir CopyFileOptions.toPathBaseDir",
			`await p.copyFile('copy/from', 'copy/to', {fromPathBaseDir: baseDir, toPathBaseDir: baseDir})
			await p.copyFile(data + '/big', data + '/copy/big')
			const a = await look('copy/to')
			return [a.text, a.mode, (await look('copy/big')).sum === (await look('big')).sum, await failure(p.copyFile(data + '/outside', data + '/copy/x')),
				await failure(p.copyFile(data + '/copy/to', data + '/copy/to')), (await look('copy/x')).none]`,
			`["to be copied","640",true,"forbidden path: ` + at("outside") + `: denied by \"$APPDATA/outside\"","failed to copy file from path: ` + at("copy/to") + `, to path: ` + at("copy/to") +
				` with error: it is the same file",true]`,
		},
		{
			"rename RenameOptions.oldPathBaseDir RenameOptions.newPathBaseDir",
			`await p.rename('move/from', 'move/to', {oldPathBaseDir: baseDir, newPathBaseDir: baseDir})
			return [(await look('move/from')).none, (await look('move/to')).text, await failure(p.rename(data + '/move/to', data + '/outside')), (await look('move/to')).text]`,
			`[true,"to be moved","forbidden path: ` + at("outside") + `: denied by \"$APPDATA/outside\"","to be moved"]`,
		},
		{
			"mkdir MkdirOptions.baseDir MkdirOptions.mode MkdirOptions.recursive",
			`await p.mkdir('m1', {baseDir, mode: 0o700}); await p.mkdir('m2/a/b', {baseDir, recursive: true}); await p.mkdir('m2/a/b', {baseDir, recursive: true})
			return [(await look('m1')).mode, (await look('m2/a/b')).none, await failure(p.mkdir('m1', {baseDir})), await failure(p.mkdir('m3/a', {baseDir}))]`,
			`["700",false,"failed to create directory at path: ` + at("m1") + ` with error: File exists (os error 17)",` +
				`"failed to create directory at path: ` + at("m3/a") + ` with error: No such file or directory (os error 2)"]`,
		},
		{
			"readDir ReadDirOptions.baseDir",
			`return (await p.readDir('list', {baseDir})).sort((a, b) => a.name < b.name ? -1 : 1)`,
			`[{"name":"away","isDirectory":false,"isFile":false,"isSymlink":true},{"name":"d","isDirectory":true,"isFile":false,"isSymlink":false},` +
				`{"name":"f","isDirectory":false,"isFile":true,"isSymlink":false},{"name":"l","isDirectory":false,"isFile":false,"isSymlink":true}]`,
		},
		{
			"stat lstat StatOptions.baseDir",
			`const a = await p.stat('list/l', {baseDir}), b = await p.lstat('list/l', {baseDir}), c = await p.stat('list/d', {baseDir}), d = await p.lstat('list/away', {baseDir})
			return [a.isFile, a.isSymlink, a.size, a.mtime.getTime() === (await look('list/f')).mtime, a.mode & 0o777, a.readonly, a.fileAttributes, a.nlink, a.birthtime instanceof Date,
				b.isSymlink, b.isFile, c.isDirectory, d.isSymlink, (await failure(p.stat('list/away', {baseDir}))).slice(0, 20)]`,
			`[true,false,5,true,384,false,null,1,true,true,false,true,true,"forbidden path: ` + at("list/away")[:4] + `"]`,
		},
		{
			"truncate TruncateOptions.baseDir",
			`await p.truncate('cut', 4, {baseDir}); const a = (await look('cut')).text; await p.truncate(data + '/cut'); return [a, (await look('cut')).size]`,
			`["0123",0]`,
		},
		{
			"exists ExistsOptions.baseDir",
			`return [await p.exists('list', {baseDir}), await p.exists('list/none', {baseDir}), await p.exists(data + '/list/f'), await failure(p.exists('/etc/passwd')).then((s) => s.slice(0, 27))]`,
			`[true,false,true,"forbidden path: /etc/passwd"]`,
		},
		{
			"size SizeOptions.baseDir", `return [await p.size('list/f', {baseDir}), await p.size('list', {baseDir})]`, `[5,7]`,
		},
		{
			"remove RemoveOptions.baseDir RemoveOptions.recursive",
			`await p.remove('gone/f', {baseDir})
			const why = await failure(p.remove('gone', {baseDir}))
			await p.remove('gone', {baseDir, recursive: true})
			return [why, (await look('gone')).none, await failure(p.remove(data + '/outside')), (await look('outside')).text]`,
			`["failed to remove path: ` + at("gone") + ` with error: Directory not empty (os error 39)",true,"forbidden path: ` + at("outside") + `: denied by \"$APPDATA/outside\"","x"]`,
		},
		{
			"watchImmediate WatchOptions.recursive WatchOptions.baseDir",
			`const seen = []
			let wake = () => {}
			const stop = await p.watchImmediate('watched', (e) => { seen.push(JSON.stringify(e.type) + ' ' + e.paths.map((x) => x.slice(data.length + 1))); wake() }, {baseDir, recursive: true})
			const until = async (what) => { while (!seen.includes(what)) await new Promise((resolve) => wake = resolve) }
			await touch('watched/d/new', 'x')
			await until('{"create":{"kind":"file"}} watched/d/new')
			await until('{"access":{"kind":"close","mode":"write"}} watched/d/new')
			await touch('watched/d/new', '', 'watched/newer')
			await until('{"modify":{"kind":"rename","mode":"both"}} watched/d/new,watched/newer')
			await p.remove('watched/newer', {baseDir})
			await until('{"remove":{"kind":"file"}} watched/newer')
			stop()
			const flat = []
			const stopFlat = await p.watchImmediate([data + '/watched'], (e) => { flat.push(...e.paths); wake() })
			await touch('watched/d/deep', 'x')
			await touch('watched/last', 'x')
			while (!flat.includes(data + '/watched/last')) await new Promise((resolve) => wake = resolve)
			stopFlat()
			return flat.includes(data + '/watched/d/deep')`,
			`false`,
		},
		{
			"watch DebouncedWatchOptions.delayMs DebouncedWatchOptions.recursive DebouncedWatchOptions.baseDir",
			`const seen = []
			let wake = () => {}
			const stop = await p.watch(['late/f', 'late/d'], (e) => { seen.push(JSON.stringify(e.type) + ' ' + e.paths.map((x) => x.slice(data.length + 1))); wake() }, {baseDir, delayMs: 300, recursive: true})
			const began = performance.now()
			for (let i = 0; i < 5; i++) await touch('late/d/new', 'x' + i)
			await p.writeTextFile('late/f', 'y', {baseDir})
			while (!seen.includes('{"modify":{"kind":"data","mode":"any"}} late/f')) await new Promise((resolve) => wake = resolve)
			const late = performance.now() - began >= 290
			stop()
			return [late, seen.filter((x) => x === '{"create":{"kind":"file"}} late/d/new').length, seen.some((x) => x.startsWith('{"modify":{"kind":"data"') && x.endsWith('new'))]`,
			`[true,1,false]`,
		},
		{
			"startAccessingSecurityScopedResource stopAccessingSecurityScopedResource",
			`return [await p.startAccessingSecurityScopedResource('file:///x'), await p.stopAccessingSecurityScopedResource('file:///x')]`, `[null,null]`,
		},
	} {
		body := prelude + row[1]
		if strings.Contains(row[2], "RID") { // which number a handle has does not matter
			body = prelude + strings.Replace(row[1], "await failure(f.write(bytes('x')))", "(await failure(f.write(bytes('x')))).replace(/\\d+/, 'RID')", 1)
		}
		suite.tests = append(suite.tests, pluginTest{exports: strings.Fields(row[0]), body: body, want: row[2]})
	}
	return suite
}

// TestLargeFiles: a file of 256 MiB goes to a page in parts, and large ones at
// once in both directions, and the Core holds little of them.
func TestLargeFiles(t *testing.T) {
	data := t.TempDir()
	f, err := os.Create(filepath.Join(data, "large"))
	if err != nil {
		t.Fatal(err)
	}
	const large, once = 256 << 20, 64 << 20
	if err := errors.Join(f.Truncate(large), f.Close()); err != nil { // it takes no room on the disk
		t.Fatal(err)
	}
	app := e2e.Start(t, e2e.Options{
		DataDir: data,
		Permissions: []any{
			"core:resources:default", "fs:allow-open", "fs:allow-read", "fs:allow-read-file", "fs:allow-write-file",
			map[string]any{"identifier": "fs:scope", "allow": []any{"$APPDATA/**"}},
		},
		Setup: func(app *mullion.App) { app.AddPlugin(fs.New().Plugin()) },
		Files: map[string]string{"plugin.js": pluginBundle(t, pluginPackage("fs"))},
	})
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	ctx, cancel := context.WithCancel(t.Context())
	most := make(chan uint64)
	go func() {
		var peak uint64
		for {
			select {
			case <-ctx.Done():
				most <- peak
				return
			case <-time.After(5 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse-min(m.HeapInuse, before.HeapInuse))
			}
		}
	}()
	began := time.Now()
	var got []int
	app.Main().Must(fmt.Sprintf(`const p = await import('/plugin.js'), baseDir = p.BaseDirectory.AppData
		const f = await p.open('large', {baseDir}), part = new Uint8Array(16 << 20)
		let sum = 0
		for (let n; (n = await f.read(part)) !== null;) sum += n
		await f.close()
		let bytes = new Uint8Array(%d).fill(7)
		await p.writeFile('written', bytes, {baseDir})
		bytes = null
		const back = await p.readFile('written', {baseDir})
		return [sum, back.length, back[0], back[back.length - 1]]`, once), &got)
	cancel()
	peak := <-most
	t.Logf("%v; at most %d MiB more in the Core", time.Since(began), peak>>20)
	if !slices.Equal(got, []int{large, once, 7, 7}) {
		t.Errorf("got %v", got)
	}
	if info, err := os.Stat(filepath.Join(data, "written")); err != nil || info.Size() != once {
		t.Errorf("written: %v, %v", info, err)
	}
	if peak > 96<<20 {
		t.Errorf("the Core held %d MiB more than before", peak>>20)
	}
}

// TestGrantedAssets: what was allowed while the app runs is shown by the asset
// protocol, and what was forbidden is not.
func TestGrantedAssets(t *testing.T) {
	user := t.TempDir()
	for _, name := range []string{"chosen.txt", "other.txt", "denied.txt"} {
		if err := os.WriteFile(filepath.Join(user, name), []byte("contents of "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	plugin := fs.New()
	app := e2e.Start(t, e2e.Options{
		Config: `{"app": {"security": {"assetProtocol": {"enable": true, "scope": [` + strconv.Quote(user+"/denied.txt") + `]}}}}`,
		Setup:  func(app *mullion.App) { app.AddPlugin(plugin.Plugin()) },
	})
	body := `const get = async (name) => { const r = await fetch(window.__TAURI_INTERNALS__.convertFileSrc(` + strconv.Quote(user+"/") + ` + name)); return r.ok ? await r.text() : String(r.status) }
		return [await get('chosen.txt'), await get('other.txt'), await get('denied.txt')]`
	var before, after []string
	app.Main().Must(body, &before)
	g := plugin.Grants()
	if err := errors.Join(g.AllowFile(filepath.Join(user, "chosen.txt")), g.ForbidFile(filepath.Join(user, "denied.txt"))); err != nil {
		t.Fatal(err)
	}
	app.Main().Must(body, &after)
	if want := []string{"403", "403", "contents of denied.txt"}; !slices.Equal(before, want) {
		t.Errorf("before: %q", before)
	}
	if want := []string{"contents of chosen.txt", "403", "403"}; !slices.Equal(after, want) {
		t.Errorf("after: %q", after)
	}
}
