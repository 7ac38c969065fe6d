package sql_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/sql"
	"github.com/mullion-dev/mullion/plugin/sql/sqlite"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

type object = map[string]any

// lab is an app with the plugin, and pages: main and other may do all, few has a
// scope, denied one that only denies, reader may not execute, and half not there.
type lab struct {
	*mulliontest.App
	d                *sql.Databases
	main, other, few *mulliontest.Page

	denied, reader, half *mulliontest.Page

	dir string // of databases

	calls atomic.Int64 // that have come to the Core
}

func start(t *testing.T, o sql.Options, settings object) *lab {
	t.Helper()
	return startIn(t, t.TempDir(), o, settings)
}

func startIn(t *testing.T, home string, o sql.Options, settings object) *lab {
	t.Helper()
	if o.Drivers == nil {
		o.Drivers = []sql.Driver{sqlite.New()}
	}
	l := &lab{d: sql.New(o)}
	l.App = mulliontest.Start(t, func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: files(settings)})
		if err != nil {
			return err
		}
		app.AddPlugin(l.d.Plugin())
		app.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			l.calls.Add(1)
			return next(ctx, m)
		})
		return app.Run(ctx)
	}, &mulliontest.Options{Home: home})
	configs, err := os.UserConfigDir()
	if err != nil {
		t.Fatal(err)
	}
	l.denied, l.reader, l.half = l.Page("denied"), l.Page("reader"), l.Page("half")
	l.main, l.other, l.few, l.dir = l.Page("main"), l.Page("other"), l.Page("few"), filepath.Join(configs, "org.example.sql")
	return l
}

func files(settings object) fstest.MapFS {
	app := object{"windows": []object{{}, {"label": "other"}, {"label": "few"}, {"label": "denied"}, {"label": "reader"}, {"label": "half"}}}
	if folder, ok := settings["folder"]; ok { // for all that the app has
		settings = nil
		if folder != nil {
			app["appDirectoriesOverride"] = folder
		}
	}
	if settings == nil {
		settings = object{}
	}
	text, err := json.Marshal(object{
		"identifier": "org.example.sql", "build": object{"frontendDist": "ui"},
		"app": app, "plugins": object{"sql": settings},
	})
	if err != nil {
		panic(err)
	}
	return fstest.MapFS{
		"mullion.conf.json": {Data: text},
		"ui/index.html":     {Data: []byte(`<!doctype html><title>sql</title>`)},
		"capabilities/all.json": {Data: []byte(`{"identifier": "all", "windows": ["main", "other"],
			"permissions": ["core:default", "sql:default", "sql:allow-execute"]}`)},
		"capabilities/denied.json": {Data: []byte(`{"identifier": "denied", "windows": ["denied"], "permissions": ["core:default",
			{"identifier": "sql:default", "deny": [{"db": "sqlite:open-secret.db"}]}]}`)},
		"capabilities/reader.json": {Data: []byte(`{"identifier": "reader", "windows": ["reader"], "permissions": ["core:default", "sql:default"]}`)},
		"capabilities/half.json": {Data: []byte(`{"identifier": "half", "windows": ["half"], "permissions": ["core:default", "sql:default",
			{"identifier": "sql:allow-execute", "allow": [{"db": "sqlite:another.db"}]}]}`)},
		"capabilities/few.json": {Data: []byte(`{"identifier": "few", "windows": ["few"], "permissions": ["core:default",
			{"identifier": "sql:default", "allow": [{"db": "sqlite:few-*"}], "deny": [{"db": "*secret*"}]},
			{"identifier": "sql:allow-execute", "allow": [{"db": "sqlite:few-*"}], "deny": [{"db": "*secret*"}]}]}`)},
	}
}

func (l *lab) load(t *testing.T, url string) {
	t.Helper()
	var got string
	if err := l.main.Call("plugin:sql|load", object{"db": url}, &got); err != nil {
		t.Fatal(err)
	}
	if got != url {
		t.Errorf("loaded %q", got)
	}
}

func execute(p *mulliontest.Page, url, query string, values ...any) (rows int64, id any, err error) {
	var r [2]any
	if values == nil {
		values = []any{}
	}
	if err := p.Call("plugin:sql|execute", object{"db": url, "query": query, "values": values}, &r); err != nil {
		return 0, nil, err
	}
	return int64(r[0].(float64)), r[1], nil
}

func (l *lab) do(t *testing.T, url, query string, values ...any) {
	t.Helper()
	if _, _, err := execute(l.main, url, query, values...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func query(p *mulliontest.Page, url, query string, values ...any) (string, error) {
	var r jsontext.Value
	if values == nil {
		values = []any{}
	}
	err := p.Call("plugin:sql|select", object{"db": url, "query": query, "values": values}, &r)
	return string(r), err
}

func (l *lab) get(t *testing.T, url, q, want string, values ...any) {
	t.Helper()
	if got, err := query(l.main, url, q, values...); err != nil || got != want {
		t.Errorf("%s: got %.300s, %v, want %s", q, got, err, want)
	}
}

func refused(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%.100s: got %v, want %q", what, err, want)
	}
}

const notes = "sqlite:notes.db"

// TestSQLite has what a page does.
func TestSQLite(t *testing.T) {
	l := start(t, sql.Options{}, nil)
	refused(t, "before it is loaded", l.main.Call("plugin:sql|select", object{"db": notes, "query": "SELECT 1", "values": []any{}}, nil), "database sqlite:notes.db not loaded")
	l.load(t, notes)
	l.do(t, notes, "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, done BOOLEAN, at DATETIME, score REAL, data BLOB, any)")
	rows, id, err := execute(l.main, notes, "INSERT INTO notes (title, done, at, score, any) VALUES ($1, $2, $3, $4, $5), ('b', 1, '2026-01-02', 1, $1)", "a", true, "2026-01-02T03:04:05Z", 1.5, nil)
	if err != nil || rows != 2 || id != 2.0 {
		t.Errorf("%d rows, last id %v, %v", rows, id, err)
	}
	l.get(t, notes, "SELECT * FROM notes ORDER BY id", `[{"id":1,"title":"a","done":"true","at":"2026-01-02T03:04:05Z","score":1.5,"data":null,"any":null},`+
		`{"id":2,"title":"b","done":1,"at":"2026-01-02","score":1,"data":null,"any":"a"}]`)
	rows, id, err = execute(l.main, notes, "UPDATE notes SET done = 0 WHERE id < ?", 9)
	if err != nil || rows != 2 || id != 2.0 {
		t.Errorf("update: %d rows, last id %v, %v", rows, id, err)
	}
	if rows, _, err := execute(l.main, notes, "CREATE TABLE empty (x); CREATE TABLE returned (x)"); err != nil || rows != 0 {
		t.Errorf("create: %d rows, %v", rows, err)
	}
	for q, want := range map[string]string{
		"SELECT 1 AS a, 2 AS b, 3 AS a":                        `[{"a":3,"b":2}]`,
		"SELECT x'00ff7f' AS b, x'' AS e":                      `[{"b":[0,255,127],"e":[]}]`,
		"SELECT 9223372036854775807 AS big, -1 AS n":           `[{"big":9223372036854775807,"n":-1}]`,
		"SELECT 9e999 AS inf, 1e300 AS f, 0.1 AS g":            `[{"inf":null,"f":1e+300,"g":0.1}]`,
		"SELECT CAST(x'ff' AS TEXT) AS bad, 'ä\"\\' AS good":   `[{"bad":null,"good":"ä\"\\"}]`,
		"SELECT * FROM empty":                                  `[]`,
		"SELECT 1 AS a; SELECT 2 AS b":                         `[{"a":1},{"b":2}]`,
		"-- a comment\n":                                       `[]`,
		"":                                                     `[]`,
		"PRAGMA foreign_keys":                                  `[{"foreign_keys":1}]`,
		"INSERT INTO returned VALUES (7) RETURNING x, x AS at": `[{"x":7,"at":7}]`,
	} {
		l.get(t, notes, q, want)
	}
	for _, test := range []struct {
		query  string
		values []any
		want   string
	}{
		{"SELECT typeof($1) AS a, typeof($2) AS b, typeof($3) AS c, typeof($4) AS d", []any{1, 1.5, "x", nil}, `[{"a":"integer","b":"real","c":"text","d":"null"}]`},
		{"SELECT $1 AS a, $2 AS b", []any{[]int{1, 2}, object{"k": "v"}}, `[{"a":"[1,2]","b":"{\"k\":\"v\"}"}]`},
		{"SELECT $2 AS a, $1 AS b, $1 AS c", []any{"x", "y"}, `[{"a":"y","b":"x","c":"x"}]`},
		{"SELECT ? AS a, ? AS b; SELECT ? AS c", []any{1, 2, 3}, `[{"a":1,"b":2},{"c":3}]`},
		{"SELECT ?2 AS a, $3 AS missing", []any{1, 2}, `[{"a":2,"missing":null}]`},
		{"SELECT $1 AS a", []any{float64(1 << 53)}, `[{"a":9007199254740992}]`},
		{"SELECT 1 AS a LIMIT $1", []any{1}, `[{"a":1}]`},
	} {
		l.get(t, notes, test.query, test.want, test.values...)
	}
	if got, err := query(l.other, notes, "SELECT count(*) AS n FROM notes"); err != nil || got != `[{"n":2}]` {
		t.Errorf("another page: %s, %v", got, err)
	}
	l.do(t, notes, "CREATE VIRTUAL TABLE search USING fts5(text); INSERT INTO search VALUES ('buy milk'), (\"call home\")")
	l.get(t, notes, "SELECT text FROM search WHERE search MATCH $1", `[{"text":"call home"}]`, "home")
	l.do(t, notes, "CREATE VIRTUAL TABLE places USING rtree(id, x0, x1); INSERT INTO places VALUES (1, 0, 2)")
	l.get(t, notes, "SELECT id, '[1,2]' -> 1 AS j FROM places WHERE x1 > 1", `[{"id":1,"j":"2"}]`)
	l.do(t, notes, "VACUUM")
	l.do(t, notes, "VACUUM main;")
	db, err := l.d.DB(notes)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM notes").Scan(&n); err != nil || n != 2 {
		t.Errorf("in Go: %d, %v", n, err)
	}
	info, err := os.Stat(filepath.Join(l.dir, "notes.db"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info, err)
	}
	var closed bool
	if err := l.main.Call("plugin:sql|close", object{"db": notes}, &closed); err != nil || !closed {
		t.Errorf("close: %v, %v", closed, err)
	}
	refused(t, "closed twice", l.main.Call("plugin:sql|close", object{"db": notes}, nil), "not loaded")
	_, err = query(l.main, notes, "SELECT 1")
	refused(t, "after it was closed", err, "not loaded")
	refused(t, "none to be made", l.main.Call("plugin:sql|load", object{"db": "sqlite:none.db", "options": object{"autoCreate": false}}, nil), "database sqlite:none.db does not exist")
	l.load(t, notes)
	l.load(t, notes)
	l.load(t, "sqlite:"+filepath.Join(l.dir, "absolute.db"))
	l.get(t, notes, "SELECT count(*) AS n FROM notes", `[{"n":2}]`)
	if err := l.main.Call("plugin:sql|close", object{}, &closed); err != nil || !closed {
		t.Errorf("close all: %v, %v", closed, err)
	}
	if err := l.Stop(); err != nil {
		t.Error(err)
	}
}

// TestMemory: a database in memory is one for all, until it is closed.
func TestMemory(t *testing.T) {
	const db = "sqlite::memory:"
	l := start(t, sql.Options{}, object{"preload": []string{db}})
	l.do(t, db, "CREATE TABLE t (x)")
	ended := make(chan error, 20)
	for i := range 20 {
		go func() {
			_, _, err := execute(l.other, db, "INSERT INTO t VALUES ($1)", i)
			ended <- err
		}()
	}
	for range 20 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	l.get(t, db, "SELECT count(*) AS n FROM t", `[{"n":20}]`)
	l.do(t, db, "BEGIN")
	l.do(t, db, "DELETE FROM t")
	leave(t, l)
	mulliontest.Wait(t, 10*time.Second, func() error {
		got, err := query(l.other, db, "SELECT count(*) AS n FROM t")
		if err == nil && got != `[{"n":20}]` {
			err = errors.New(got)
		}
		return err
	})
}

// TestTransactions: what a page does after BEGIN is in its transaction, and no
// other page's; and ends with the page.
func TestTransactions(t *testing.T) {
	l := start(t, sql.Options{}, nil)
	l.load(t, notes)
	l.do(t, notes, "PRAGMA journal_mode = WAL")
	l.do(t, notes, "CREATE TABLE t (x)")
	count := func(p *mulliontest.Page, want int) {
		t.Helper()
		if got, err := query(p, notes, "SELECT count(*) AS n FROM t"); err != nil || got != fmt.Sprintf(`[{"n":%d}]`, want) {
			t.Errorf("got %s, %v, want %d", got, err, want)
		}
	}
	l.do(t, notes, "BEGIN")
	l.do(t, notes, "INSERT INTO t VALUES (1)")
	count(l.main, 1)
	count(l.other, 0)
	l.do(t, notes, "COMMIT")
	count(l.other, 1)
	l.do(t, notes, "BEGIN; INSERT INTO t VALUES (2); SAVEPOINT a; INSERT INTO t VALUES (3); ROLLBACK TO a")
	count(l.main, 2)
	count(l.other, 1)
	l.do(t, notes, "ROLLBACK")
	count(l.main, 1)
	_, _, err := execute(l.main, notes, "COMMIT")
	refused(t, "a commit of nothing", err, "no transaction is active")
	l.do(t, notes, "BEGIN IMMEDIATE; INSERT INTO t VALUES (4)")
	leave(t, l)
	mulliontest.Wait(t, 20*time.Second, func() error {
		_, _, err := execute(l.other, notes, "INSERT INTO t VALUES (5)")
		return err
	})
	if got, err := query(l.other, notes, "SELECT group_concat(x) AS x FROM t"); err != nil || got != `[{"x":"1,5"}]` {
		t.Errorf("after the page has gone: %s, %v", got, err)
	}
	l.do(t, notes, "BEGIN; INSERT INTO t VALUES (6)")
	if err := l.d.Close(notes); err != nil {
		t.Error(err)
	}
	l.load(t, notes)
	count(l.main, 2)
}

func leave(t *testing.T, l *lab) {
	t.Helper()
	w, err := l.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Navigate(t.Context(), "index.html?next"); err != nil {
		t.Fatal(err)
	}
}

// TestMigrations: each is done once, in order, as a whole.
func TestMigrations(t *testing.T) {
	home := t.TempDir()
	first := sql.Migration{Version: 1, Description: "notes", SQL: "CREATE TABLE notes (id INTEGER PRIMARY KEY); INSERT INTO notes VALUES (1);"}
	second := sql.Migration{Version: 2, Description: "title", SQL: "ALTER TABLE notes ADD COLUMN title TEXT DEFAULT 'x'"}
	third := sql.Migration{Version: 3, Description: "more", SQL: "INSERT INTO notes (id) VALUES (2); INSERT INTO nothing VALUES (1)"}
	changed := first
	changed.SQL += " "
	for _, test := range []struct {
		name string
		list []sql.Migration
		want string // of the error
	}{
		{"first", []sql.Migration{first}, ""},
		{"again", []sql.Migration{first}, ""},
		{"another order", []sql.Migration{second, first}, ""},
		{"one fails", []sql.Migration{first, second, third}, "while executing migration 3 (more)"},
		{"changed", []sql.Migration{changed, second}, "migration 1 was previously applied but has been modified"},
		{"missing", []sql.Migration{first}, "migration 2 was previously applied but is missing"},
		{"as before", []sql.Migration{first, second}, ""},
	} {
		l := startIn(t, home, sql.Options{Migrations: map[string][]sql.Migration{notes: test.list}}, nil)
		err := l.main.Call("plugin:sql|load", object{"db": notes}, nil)
		if test.want != "" {
			refused(t, test.name, err, test.want)
		} else if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if test.name == "as before" {
			l.get(t, notes, "SELECT * FROM notes", `[{"id":1,"title":"x"}]`)
			// As SHA-384 of the text.
			l.get(t, notes, "SELECT version, description, success, length(checksum) AS n FROM _sqlx_migrations", `[{"version":1,"description":"notes","success":1,"n":48},{"version":2,"description":"title","success":1,"n":48}]`)
		}
		if err := l.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		list []sql.Migration
		url  string
		want string
	}{
		{[]sql.Migration{first, first}, notes, "is there twice"},
		{[]sql.Migration{{}}, notes, "greater than zero"},
		{nil, "postgres://a/b", "no driver"},
	} {
		app, err := mullion.New(mullion.Options{Files: files(nil), DataDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		app.AddPlugin(sql.New(sql.Options{Drivers: []sql.Driver{sqlite.New()}, Migrations: map[string][]sql.Migration{test.url: test.list}}).Plugin())
		refused(t, test.url, app.Run(t.Context()), test.want)
	}
}
