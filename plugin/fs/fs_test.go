package fs_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/fs"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

// rig is an app with the plugin, in whose folder for data pages may do what
// they like.
type rig struct {
	*mulliontest.App
	t    *testing.T
	fs   *fs.FS
	data string
	page *mulliontest.Page
}

// appData is the number of BaseDirectory.AppData.
const appData = 14

func start(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, fs: fs.New()}
	r.App = mulliontest.Start(t, func(ctx context.Context) error {
		a, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.files", "build": {"frontendDist": "ui"},
				"app": {"windows": [{}, {"label": "other"}, {"label": "plain"}]}}`)},
			"ui/index.html": {Data: []byte(`<!doctype html><title>files</title>`)},
			"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["main", "other"], "permissions": ["core:default", "fs:default",
				"fs:allow-open", "fs:allow-read", "fs:allow-seek", "fs:allow-stat", "fs:allow-lstat", "fs:allow-fstat", "fs:allow-watch", "fs:allow-unwatch",
				"fs:allow-size", "fs:write-all", "fs:allow-start-accessing-security-scoped-resource",
				{"identifier": "fs:scope", "allow": ["$APPDATA/**"], "deny": [{"path": "$APPDATA/secret/**"}]}]}`)},
			"capabilities/plain.json": {Data: []byte(`{"identifier": "plain", "windows": ["plain"], "permissions": ["core:default", "fs:default"]}`)},
		}})
		if err != nil {
			return err
		}
		r.data = a.DataDir()
		a.AddPlugin(r.fs.Plugin())
		return a.Run(ctx)
	}, nil)
	r.page = r.Page("main")
	return r
}

func (r *rig) path(name string) string { return filepath.Join(r.data, filepath.FromSlash(name)) }

// write makes a file from outside.
func (r *rig) write(name, text string) string {
	r.t.Helper()
	path := r.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return path
}

func (r *rig) has(name, want string) {
	r.t.Helper()
	if got, err := os.ReadFile(r.path(name)); err != nil || string(got) != want {
		r.t.Errorf("%s has %.100q, %v; want %.100q", name, got, err, want)
	}
}

type args = map[string]any

func (r *rig) call(command string, a args, result any) {
	r.t.Helper()
	if err := r.page.Call("plugin:fs|"+command, a, result); err != nil {
		r.t.Fatalf("%s: %v", command, err)
	}
}

func (r *rig) refused(command string, a any, want string) {
	r.t.Helper()
	err := r.page.Call("plugin:fs|"+command, a, nil)
	if err == nil || !strings.Contains(err.Error(), want) {
		r.t.Errorf("%s: got %v, want %q", command, err, want)
	}
}

func raw(body, path, options string) mulliontest.Raw {
	h := ipc.Header{{Name: "path", Value: url.PathEscape(path)}, {Name: "options", Value: options}}
	return mulliontest.Raw{Body: []byte(body), Header: h}
}

func TestFiles(t *testing.T) {
	r := start(t)
	base := args{"baseDir": appData}
	writeFile := func(body, path, options string) {
		t.Helper()
		if err := r.page.Call("plugin:fs|write_file", raw(body, path, options), nil); err != nil {
			t.Fatal(err)
		}
	}
	writeFile("hello", r.path("a ü.txt"), "undefined")
	r.has("a ü.txt", "hello")
	writeFile(" world", "a ü.txt", `{"baseDir": 14, "append": true}`)
	r.has("a ü.txt", "hello world")
	writeFile("new", "a ü.txt", `{"baseDir": 14, "mode": 384}`)
	r.has("a ü.txt", "new")
	writeFile("only", "only", `{"baseDir": 14, "createNew": true, "mode": 384}`)
	r.refused("write_file", raw("x", "only", `{"baseDir": 14, "createNew": true}`), "File exists (os error 17)")
	r.refused("write_file", raw("x", "none", `{"baseDir": 14, "create": false}`), "No such file or directory (os error 2)")
	r.refused("write_file", raw("x", "none", `{"base": 14}`), "invalid write file options")
	r.refused("write_file", []byte("x"), "missing file path")
	r.refused("write_file", raw("x", "%zz%", ""), "not an absolute path")
	if info, err := os.Stat(r.path("only")); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode: %v, %v", info, err)
	}
	var data []byte
	r.call("read_file", args{"path": "file://" + strings.ReplaceAll(r.path("a ü.txt"), " ", "%20")}, &data)
	if string(data) != "new" {
		t.Errorf("read %q", data)
	}
	r.call("read_text_file", args{"path": "only", "options": args{"baseDir": appData, "encoding": "utf-8"}}, &data)
	if string(data) != "only" {
		t.Errorf("read %q", data)
	}
	r.refused("read_file", args{"path": "none", "options": base}, "failed to open file at path: "+r.path("none")+" with error: No such file or directory (os error 2)")
	r.refused("read_file", args{"path": ".", "options": base}, "Is a directory (os error 21)")
	var there bool
	for name, want := range map[string]bool{"only": true, "none": false, "none/a": false} {
		if r.call("exists", args{"path": name, "options": base}, &there); there != want {
			t.Errorf("%s exists: %t", name, there)
		}
	}
	r.call("mkdir", args{"path": "d/e/f", "options": args{"baseDir": appData, "recursive": true, "mode": 0o700}}, nil)
	r.refused("mkdir", args{"path": "d/e", "options": base}, "os error 17")
	r.call("copy_file", args{"fromPath": "only", "toPath": "d/copy", "options": args{"fromPathBaseDir": appData, "toPathBaseDir": appData}}, nil)
	r.has("d/copy", "only")
	r.refused("copy_file", args{"fromPath": r.path("only"), "toPath": r.path("only")}, "same file")
	r.has("only", "only")
	r.call("rename", args{"oldPath": r.path("d/copy"), "newPath": r.path("d/e/moved")}, nil)
	r.has("d/e/moved", "only")
	r.call("truncate", args{"path": r.path("d/e/moved"), "len": 2}, nil)
	r.has("d/e/moved", "on")
	r.call("truncate", args{"path": r.path("d/e/moved")}, nil)
	r.has("d/e/moved", "")
	r.write("d/e/size", "12345")
	var size int64
	if r.call("size", args{"path": r.path("d")}, &size); size != 5 {
		t.Errorf("size %d", size)
	}
	if runtime.GOOS != "windows" {
		if err := os.Symlink("size", r.path("d/e/link")); err != nil {
			t.Fatal(err)
		}
	}
	var entries []struct {
		Name        string `json:"name"`
		IsDirectory bool   `json:"isDirectory"`
		IsFile      bool   `json:"isFile"`
		IsSymlink   bool   `json:"isSymlink"`
	}
	r.call("read_dir", args{"path": r.path("d/e")}, &entries)
	var names []string
	for _, e := range entries {
		names = append(names, fmt.Sprint(e.Name, e.IsDirectory, e.IsFile, e.IsSymlink))
	}
	slices.Sort(names)
	if want := []string{"ftrue false false", "linkfalse false true", "movedfalse true false", "sizefalse true false"}; runtime.GOOS != "windows" && !slices.Equal(names, want) {
		t.Errorf("folder: %q", names)
	}
	var info, linkInfo struct {
		IsFile    bool    `json:"isFile"`
		IsSymlink bool    `json:"isSymlink"`
		Readonly  bool    `json:"readonly"`
		Size      int64   `json:"size"`
		Mtime     *int64  `json:"mtime"`
		Atime     *int64  `json:"atime"`
		Mode      *uint64 `json:"mode"`
		Nlink     *uint64 `json:"nlink"`
	}
	r.call("stat", args{"path": r.path("d/e/link")}, &info)
	r.call("lstat", args{"path": r.path("d/e/link")}, &linkInfo)
	if outside, err := os.Stat(r.path("d/e/size")); err != nil || !info.IsFile || info.Size != 5 || info.Readonly || *info.Mtime != outside.ModTime().UnixMilli() ||
		info.Atime == nil || *info.Nlink != 1 || *info.Mode&0o777 != 0o600 {
		t.Errorf("stat: %+v, %v", info, err)
	}
	if !linkInfo.IsSymlink || linkInfo.IsFile {
		t.Errorf("lstat: %+v", linkInfo)
	}
	r.refused("remove", args{"path": r.path("d")}, "os error 39")
	r.call("remove", args{"path": r.path("d"), "options": args{"recursive": true}}, nil)
	if _, err := os.Stat(r.path("d")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
	r.call("start_accessing_security_scoped_resource", args{"path": "/x"}, nil)
}

func TestHandles(t *testing.T) {
	r := start(t)
	base := func(o args) args { o["baseDir"] = appData; return o }
	open := func(path string, o args) (rid int) {
		t.Helper()
		r.call("open", args{"path": path, "options": base(o)}, &rid)
		return rid
	}
	read := func(rid int, n uint64) string {
		t.Helper()
		var b []byte
		r.call("read", args{"rid": rid, "len": n}, &b)
		if len(b) < 8 || binary.BigEndian.Uint64(b[len(b)-8:]) != uint64(len(b)-8) {
			t.Fatalf("read %q", b)
		}
		return string(b[:len(b)-8])
	}
	var rid, n int
	r.call("create", args{"path": "f", "options": base(args{})}, &rid)
	if r.call("write", args{"rid": rid, "data": []int{'h', 'e', 'l', 'l', 'o'}}, &n); n != 5 {
		t.Errorf("wrote %d", n)
	}
	r.has("f", "hello")
	r.refused("read", args{"rid": rid, "len": 5}, "failed to read bytes from file with error: Bad file descriptor (os error 9)")
	rid = open("f", args{"read": true, "write": true})
	if got := read(rid, 3); got != "hel" {
		t.Errorf("read %q", got)
	}
	for _, s := range []struct{ offset, whence, want int }{{1, 0, 1}, {2, 1, 3}, {-1, 2, 4}} {
		if r.call("seek", args{"rid": rid, "offset": s.offset, "whence": s.whence}, &n); n != s.want {
			t.Errorf("seek %+v: %d", s, n)
		}
	}
	if got := read(rid, 1<<40) + read(rid, 5); got != "o" {
		t.Errorf("read %q", got)
	}
	r.call("ftruncate", args{"rid": rid, "len": 2}, nil)
	r.has("f", "he")
	var info struct {
		Size  int64 `json:"size"`
		Mtime int64 `json:"mtime"`
	}
	if r.call("fstat", args{"rid": rid}, &info); info.Size != 2 || info.Mtime == 0 {
		t.Errorf("%+v", info)
	}
	// What is large is streamed, and the file goes on after it.
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
	r.write("big", string(big))
	rid = open("big", args{})
	r.call("seek", args{"rid": rid, "offset": 16, "whence": 0}, nil)
	if got := read(rid, 3<<20); got != string(big[16:16+3<<20]) {
		t.Errorf("read %d bytes", len(got))
	}
	if got := read(rid, 1<<30); got != string(big[16+3<<20:]) {
		t.Errorf("read %d bytes", len(got))
	}
	if got := read(rid, 1<<30); got != "" {
		t.Errorf("read %d bytes after the end", len(got))
	}
	rid = open("f", args{"append": true, "read": false})
	r.call("write", args{"rid": rid, "data": []int{'!'}}, nil)
	r.has("f", "he!")
	open("f", args{"write": true, "truncate": true})
	r.has("f", "")
	open("made", args{"write": true, "createNew": true, "mode": 0o600})
	r.refused("open", args{"path": "made", "options": base(args{"write": true, "createNew": true})}, "os error 17")
	for _, o := range []args{{"read": false}, {"truncate": true}, {"create": true}, {"append": true, "truncate": true}} {
		r.refused("open", args{"path": "f", "options": base(o)}, "failed to open file at path: ")
	}
	r.write("lines", "one\r\n\ntwo\nthree")
	var lines []string
	r.call("read_text_file_lines", args{"path": "lines", "options": base(args{"encoding": "utf-8"})}, &rid)
	for {
		var b []byte
		r.call("read_text_file_lines_next", args{"rid": rid}, &b)
		if b[len(b)-1] == 1 {
			break
		}
		lines = append(lines, string(b[:len(b)-1]))
	}
	if !slices.Equal(lines, []string{"one", "", "two", "three"}) {
		t.Errorf("lines %q", lines)
	}
	r.refused("read_text_file_lines_next", args{"rid": rid}, "is invalid")
	r.write("utf16", "a\x00\x0a\x01\x0a\x00b\x00\x0d\x00\x0a\x00")
	r.call("read_text_file_lines", args{"path": "utf16", "options": base(args{"encoding": "utf-16le"})}, &rid)
	for _, want := range []string{"a\x00\x0a\x01\x00", "b\x00\x00", "\x01"} {
		var b []byte
		if r.call("read_text_file_lines_next", args{"rid": rid}, &b); string(b) != want {
			t.Errorf("UTF-16: %q, want %q", b, want)
		}
	}
}

func TestGrants(t *testing.T) {
	r := start(t)
	user := t.TempDir()
	chosen := filepath.Join(user, "chosen")
	if err := os.WriteFile(chosen, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.refused("read_file", args{"path": chosen}, "forbidden path: "+chosen)
	if err := r.fs.Grants().AllowFile(chosen); err != nil {
		t.Fatal(err)
	}
	var data []byte
	r.call("read_file", args{"path": chosen}, &data)
	// What a page claims to have been dropped is not.
	if err := os.WriteFile(chosen+"2", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	drop := args{"paths": []string{chosen + "2"}, "position": args{"x": 1, "y": 2}}
	r.page.Emit("tauri://drag-drop", drop)
	r.refused("read_file", args{"path": chosen + "2"}, "forbidden path")
	if err := r.Emit(t.Context(), "tauri://drag-drop", drop); err != nil {
		t.Fatal(err)
	}
	r.call("read_file", args{"path": chosen + "2"}, &data)
}

// TestAttacks: hostile calls get an error, and nothing is left over.
// TestOpenFiles: a page has a number of files open, and gets room by closing them
// and by its end.
func TestOpenFiles(t *testing.T) {
	r := start(t)
	path := r.write("f", "x\n")
	var rid uint32
	for n := range fs.MaxHandles {
		command := "open"
		if n%2 == 1 {
			command = "read_text_file_lines"
		}
		r.call(command, args{"path": path}, &rid)
	}
	r.refused("open", args{"path": path}, "1024 files are open; close some of them")
	r.refused("read_text_file_lines", args{"path": path}, "1024 files are open")
	if err := r.page.Call("plugin:resources|close", args{"rid": rid}, nil); err != nil {
		t.Fatal(err)
	}
	mulliontest.Wait(t, time.Minute, func() error { return r.page.Call("plugin:fs|open", args{"path": path}, nil) })
	w, err := r.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	mulliontest.Wait(t, time.Minute, func() error {
		if n := r.fs.OpenFor(); n > 0 {
			return fmt.Errorf("files of %d pages are open", n)
		}
		return nil
	})
}

// TestDeep: folders in one another have a limit, which names it.
func TestDeep(t *testing.T) {
	r := start(t)
	r.refused("mkdir", args{"path": r.path(strings.Repeat("d/", 300) + "d"), "options": args{"recursive": true}}, "more than 256 folders")
	deep := r.path("t" + strings.Repeat("/d", 300))
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	r.refused("size", args{"path": r.path("t")}, "more than 256 folders in one another")
	r.refused("remove", args{"path": r.path("t"), "options": args{"recursive": true}}, "more than 256 folders in one another")
}

func TestAttacks(t *testing.T) {
	r := start(t)
	out := t.TempDir()
	if err := os.WriteFile(filepath.Join(out, "f"), []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.write("secret/s", "secret")
	r.write("f", "inside")
	for name, target := range map[string]string{"link": filepath.Join(out, "f"), "dir": out, "dangling": filepath.Join(out, "none")} {
		if err := os.Symlink(target, r.path(name)); err != nil {
			t.Skip("no symbolic links: ", err)
		}
	}
	long, deep := strings.Repeat("n", 4096), strings.Repeat("/n", 40_000)
	bad := []string{
		filepath.Join(out, "f"), r.path("link"), r.path("dir/f"), r.path("dangling"), r.path("secret/s"), r.path("dir/none"), r.data + "/../f",
		"../f", r.path("f") + "\x00", r.path(long), r.data + deep, "f", "", "file:///etc/passwd", "file://host/f", "https://example.org/f",
		"file://" + r.data + "/%2e%2e/f", "/proc/self/mem", "/dev/zero", "-rf", "~/f", "$APPDATA/f", r.path("engine/x"),
	}
	for _, path := range bad {
		for _, command := range []string{
			"open", "read_file", "read_text_file", "read_text_file_lines", "read_dir", "stat", "truncate", "size", "create", "remove", "mkdir",
		} {
			if path == r.path("dir/none") && command == "remove" || filepath.Base(path) == "link" && command == "remove" ||
				filepath.Base(path) == "dangling" && command == "remove" {
				continue // the link itself may go
			}
			a := args{"path": path}
			if err := r.page.Call("plugin:fs|"+command, a, nil); err == nil {
				t.Errorf("%s of %.80q", command, path)
			}
		}
		if err := r.page.Call("plugin:fs|write_file", raw("x", path, "undefined"), nil); err == nil {
			t.Errorf("write_file of %.80q", path)
		}
		for _, a := range []args{{"oldPath": r.path("f"), "newPath": path}, {"oldPath": path, "newPath": r.path("g")}} {
			if slices.Contains([]string{r.path("link"), r.path("dangling")}, path) {
				continue
			}
			if err := r.page.Call("plugin:fs|rename", a, nil); err == nil {
				t.Errorf("rename %v", a)
			}
			if err := r.page.Call("plugin:fs|copy_file", args{"fromPath": a["oldPath"], "toPath": a["newPath"]}, nil); err == nil {
				t.Errorf("copy %v", a)
			}
		}
		if err := r.page.Call("plugin:fs|watch", args{"paths": []string{r.path("f"), path}, "options": args{}, "onEvent": r.page.Channel()}, nil); err == nil {
			t.Errorf("watch %.80q", path)
		}
	}
	// A folder with something denied neither goes nor moves away.
	r.write("parent/secret", "x")
	for _, a := range []args{{"path": r.data, "options": args{"recursive": true}}, {"path": r.path("secret"), "options": args{"recursive": true}}} {
		r.refused("remove", a, "forbidden path")
	}
	r.refused("rename", args{"oldPath": r.path("secret"), "newPath": r.path("public")}, "forbidden path")
	r.refused("rename", args{"oldPath": r.path("engine"), "newPath": r.path("public")}, "forbidden path")

	var rid int
	r.call("open", args{"path": r.path("f"), "options": args{"write": true}}, &rid)
	other := r.Page("other")
	for command, a := range map[string]args{
		"read": {"rid": rid, "len": 1}, "write": {"rid": rid, "data": []int{1}}, "seek": {"rid": rid, "offset": 0, "whence": 0}, "fstat": {"rid": rid},
		"ftruncate": {"rid": rid}, "read_text_file_lines_next": {"rid": rid}, "unwatch": {"rid": rid},
	} {
		if err := other.Call("plugin:fs|"+command, a, nil); err == nil || !strings.Contains(err.Error(), "is invalid") {
			t.Errorf("%s by another page: %v", command, err)
		}
	}
	for _, c := range []struct {
		command string
		a       args
		want    string
	}{
		{"seek", args{"rid": rid, "offset": -1, "whence": 0}, "must not be negative"},
		{"seek", args{"rid": rid, "offset": -1 << 62, "whence": 1}, "failed to seek"},
		{"seek", args{"rid": rid, "offset": 0, "whence": 7}, "no SeekMode"},
		{"ftruncate", args{"rid": rid, "len": uint64(1) << 63}, "no file is that long"},
		{"ftruncate", args{"rid": rid, "len": -1}, ""},
		{"write", args{"rid": rid, "data": []int{256}}, ""},
		{"read_text_file_lines_next", args{"rid": rid}, "is invalid"},
		{"stat", args{"path": "f", "options": args{"baseDir": 99}}, "no base directory"},
		{"stat", args{"path": "f", "options": args{"baseDir": -1}}, "no base directory"},
		{"stat", args{"path": []int{1}}, ""},
		{"watch", args{"paths": []string{}, "options": args{}, "onEvent": r.page.Channel()}, "paths to watch"},
		{"watch", args{"paths": []string{r.path("f")}, "options": args{"delayMs": -1}, "onEvent": r.page.Channel()}, "delayMs"},
		{"watch", args{"paths": []string{r.path("f")}, "options": args{"delayMs": 1e99}, "onEvent": r.page.Channel()}, "delayMs"},
		{"watch", args{"paths": make([]string, 1025), "options": args{}, "onEvent": r.page.Channel()}, "paths to watch"},
	} {
		r.refused(c.command, c.a, c.want)
	}
	if err := r.Page("plain").Call("plugin:fs|write_file", raw("x", r.path("f"), ""), nil); err == nil || !strings.Contains(err.Error(), "not allowed by ACL") {
		t.Errorf("a page without the permission: %v", err)
	}
	r.has("f", "inside")
	r.has("secret/s", "secret")
	if got, err := os.ReadFile(filepath.Join(out, "f")); string(got) != "outside" {
		t.Errorf("outside: %q, %v", got, err)
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) != 1 {
		t.Errorf("outside: %v, %v", entries, err)
	}
}

// TestEnd: what a page has opened ends with it.
func TestEnd(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells what is open")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // it would close what is forgotten
	r := start(t)
	r.write("end/f", strings.Repeat("x", 100))
	before := openFiles(t)
	for range 20 {
		r.call("open", args{"path": r.path("end/f")}, nil)
		r.call("read_text_file_lines", args{"path": r.path("end/f")}, nil)
	}
	for range 96 {
		r.call("watch", args{"paths": []string{r.path("end")}, "options": args{"recursive": true, "delayMs": 10}, "onEvent": r.page.Channel()}, nil)
	}
	r.refused("watch", args{"paths": []string{r.path("end")}, "options": args{}, "onEvent": r.page.Channel()}, "96 watchers")
	if n := openFiles(t); n < before+136 {
		t.Errorf("%d files are open, before there were %d", n, before)
	}
	w, err := r.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	mulliontest.Wait(t, 0, func() error {
		if n := openFiles(t); n > before {
			return fmt.Errorf("%d files are open, before there were %d", n, before)
		}
		return nil
	})
	other := r.Page("other")
	if err := other.Call("plugin:fs|watch", args{"paths": []string{r.path("end")}, "options": args{}, "onEvent": other.Channel()}, nil); err != nil {
		t.Errorf("another page: %v", err)
	}
}

// openFiles counts descriptors of files in the folder of a test, and of watchers.
func openFiles(t *testing.T) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && (strings.Contains(to, "/end/f") || strings.Contains(to, "inotify")) {
			n++
		}
	}
	return n
}

type seen struct {
	Type  jsontext.Value `json:"type"`
	Paths []string       `json:"paths"`
}

// TestWatch, also where each event comes alone, which the kernel is free to do.
func TestWatch(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("not written for this system")
	}
	for _, size := range []int{64 << 10, 48} {
		t.Run(fmt.Sprint(size, " bytes"), func(t *testing.T) {
			fs.SetReadSize(size)
			testWatch(t)
		})
	}
	fs.SetReadSize(64 << 10)
}

func testWatch(t *testing.T) {
	r := start(t)
	r.write("w/old", "x")
	r.write("w/sub/x", "x")
	r.write("w/secret", "x")
	watch := func(path string, o args) (*mulliontest.Channel, int) {
		t.Helper()
		ch := r.page.Channel()
		var rid int
		r.call("watch", args{"paths": []string{r.path(path)}, "options": o, "onEvent": ch}, &rid)
		return ch, rid
	}
	until := func(ch *mulliontest.Channel, what, path string) (all []string) {
		t.Helper()
		for {
			var e seen
			if !ch.Next(&e) {
				t.Fatalf("the channel has ended; seen %q", all)
			}
			for i, p := range e.Paths {
				rel, err := filepath.Rel(r.data, p)
				if err != nil {
					t.Fatal(err)
				}
				e.Paths[i] = rel
			}
			all = append(all, fmt.Sprintf("%s %s", e.Type, strings.Join(e.Paths, ",")))
			if all[len(all)-1] == what+" "+path {
				return all
			}
		}
	}
	const created, folder = `{"create":{"kind":"file"}}`, `{"create":{"kind":"folder"}}`
	ch, rid := watch("w", args{"recursive": true})
	r.write("w/new", "x")
	until(ch, created, "w/new")
	until(ch, `{"access":{"kind":"close","mode":"write"}}`, "w/new")
	if err := os.Rename(r.path("w/new"), r.path("w/newer")); err != nil {
		t.Fatal(err)
	}
	until(ch, `{"modify":{"kind":"rename","mode":"both"}}`, "w/new,w/newer")
	r.write("w/a/b/c", "x")
	all := until(ch, created, "w/a/b/c")
	if !slices.Contains(all, folder+" w/a") {
		t.Errorf("seen %q", all)
	}
	if err := os.Rename(r.path("w/a"), r.path("w/sub/a")); err != nil {
		t.Fatal(err)
	}
	until(ch, `{"modify":{"kind":"rename","mode":"both"}}`, "w/a,w/sub/a")
	r.write("w/sub/a/b/d", "x")
	if all := until(ch, created, "w/sub/a/b/d"); slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, " w/a/") }) {
		t.Errorf("seen %q", all)
	}
	if err := os.RemoveAll(r.path("w/sub")); err != nil {
		t.Fatal(err)
	}
	until(ch, `{"remove":{"kind":"folder"}}`, "w/sub")
	r.call("unwatch", args{"rid": rid}, nil)

	// A file, also when another takes its place.
	ch, _ = watch("w/old", args{})
	for _, text := range []string{"one", "two"} {
		if err := r.page.Call("plugin:fs|write_file", raw(text, r.path("w/old"), ""), nil); err != nil {
			t.Fatal(err)
		}
		if all := until(ch, `{"access":{"kind":"close","mode":"write"}}`, "w/old"); !slices.Contains(all, `{"modify":{"kind":"data","mode":"any"}} w/old`) ||
			slices.ContainsFunc(all, func(s string) bool { return !strings.HasSuffix(s, " w/old") }) {
			t.Errorf("seen %q", all)
		}
	}
	r.write("w/other", "x")
	if err := os.Remove(r.path("w/old")); err != nil {
		t.Fatal(err)
	}
	if all := until(ch, `{"remove":{"kind":"file"}}`, "w/old"); slices.ContainsFunc(all, func(s string) bool { return !strings.HasSuffix(s, " w/old") }) {
		t.Errorf("seen %q", all)
	}

	// With a delay, things are told once.
	ch, _ = watch("w", args{"delayMs": 200})
	r.write("w/gone", "x")
	for range 5 {
		r.write("w/late", "x")
	}
	if err := os.Remove(r.path("w/gone")); err != nil {
		t.Fatal(err)
	}
	all = until(ch, created, "w/late")
	all = append(all, until(ch, `{"access":{"kind":"close","mode":"write"}}`, "w/late")...)
	if i := slices.IndexFunc(all, func(s string) bool { return strings.Contains(s, "w/gone") || strings.Contains(s, "modify") }); i >= 0 {
		t.Errorf("seen %q", all)
	}
}
