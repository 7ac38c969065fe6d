package sql_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/sql"
	"github.com/mullion-dev/mullion/plugin/sql/sqlite"
)

// packageTests are those of @tauri-apps/plugin-sql in a real window. conformance
// runs TestPackage, and takes the names for rows of docs/compatibility: exports and
// options, with commas.
var packageTests = []struct {
	name string
	body string // of an async function; Database is the class
	want string // what it returns, as JSON
	rows string // what Go finds in the table notes afterwards
}{
	{
		"default,default.load",
		`const db = await Database.load('sqlite:notes.db')
		const bad = await Promise.allSettled([Database.load('sqlite:../notes.db'), Database.load('sqlite:/etc/passwd'), Database.load('none:x')])
		return [db instanceof Database, db.path, bad.map((b) => b.status)]`,
		`[true,"sqlite:notes.db",["rejected","rejected","rejected"]]`, ``,
	},
	{
		"default.execute,QueryResult.rowsAffected,QueryResult.lastInsertId",
		`const db = Database.get('sqlite:notes.db')
		await db.execute('INSERT INTO notes (title, done, score, data) VALUES ($1, $2, $3, NULL)', ['one', 1, 1.5])
		const two = await db.execute('INSERT INTO notes (title) VALUES (?), (?)', ['two', 'three'])
		const changed = await db.execute("UPDATE notes SET title = title || '!' WHERE id > $1", [1])
		return [two, changed.rowsAffected, await db.execute('nonsense').catch((error) => error.includes('syntax error'))]`,
		`[{"lastInsertId":3,"rowsAffected":2},2,true]`, `one two! three!`,
	},
	{
		"default.select",
		`const db = Database.get('sqlite:notes.db')
		const rows = await db.select('SELECT id, title, done, score, data FROM notes WHERE id < $1 ORDER BY id', [3])
		return [rows, Object.keys(rows[0]), await db.select("SELECT x'01ff' AS b, 9007199254740991 AS i"), await db.select('SELECT 1 WHERE 0'),
			await db.select('SELECT * FROM none').catch((error) => error.includes('no such table'))]`,
		`[[{"id":1,"title":"one","done":1,"score":1.5,"data":null},{"id":2,"title":"two!","done":null,"score":null,"data":null}],` +
			`["id","title","done","score","data"],[{"b":[1,255],"i":9007199254740991}],[],true]`, `one two! three!`,
	},
	{
		"default.get",
		`const db = Database.get('sqlite:preloaded.db')
		return [await db.select('SELECT 1 AS one'), await Database.get('sqlite:other.db').select('SELECT 1').catch((error) => error)]`,
		`[[{"one":1}],"database sqlite:other.db not loaded"]`, `one two! three!`,
	},
	{
		"default.close",
		`const db = await Database.load('sqlite:notes.db'), other = await Database.load('sqlite:other.db')
		const one = await db.close('sqlite:other.db')
		const gone = await other.select('SELECT 1').catch((error) => error)
		const still = await db.select('SELECT count(*) AS n FROM notes')
		const all = await db.close()
		const back = await (await Database.load('sqlite:notes.db')).select('SELECT count(*) AS n FROM notes')
		return [one, gone, still, all, back]`,
		`[true,"database sqlite:other.db not loaded",[{"n":3}],true,[{"n":3}]]`, `one two! three!`,
	},
}

// TestPackage runs the published package in a window.
func TestPackage(t *testing.T) {
	d := sql.New(sql.Options{Drivers: []sql.Driver{sqlite.New()}, Migrations: map[string][]sql.Migration{"sqlite:notes.db": {
		{Version: 1, Description: "notes", SQL: "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, done BOOLEAN, score REAL, data BLOB)"},
	}}})
	ui := files(object{"preload": []string{"sqlite:preloaded.db"}})
	bundled := *ui["ui/index.html"]
	bundled.Data = bundle(t)
	ui["ui/plugin.js"] = &bundled
	desk := mulliontest.Open(t, func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: ui})
		if err != nil {
			return err
		}
		app.AddPlugin(d.Plugin())
		return app.Run(ctx)
	}, nil)
	w := desk.Window("main")
	for _, test := range packageTests {
		t.Run(test.name, func(t *testing.T) {
			var got string
			w.Eval("const { default: Database } = await import('/plugin.js')\nreturn JSON.stringify(await (async () => {"+test.body+"\n})())", &got)
			if got != test.want {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
			db, err := d.DB("sqlite:notes.db")
			if err != nil {
				t.Fatal(err)
			}
			var rows string
			if err := db.QueryRowContext(t.Context(), "SELECT coalesce(group_concat(title, ' '), '') FROM notes").Scan(&rows); err != nil || rows != test.rows {
				t.Errorf("Go finds %q, %v, want %q", rows, err, test.rows)
			}
		})
	}
}

// bundle is the package as a module for pages.
func bundle(t *testing.T) []byte {
	t.Helper()
	const dir = "../../conformance"
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is missing: install Node.js")
	}
	if found, err := filepath.Glob(dir + "/node_modules/@tauri-apps/plugin-sql/package.json"); len(found) == 0 {
		t.Skipf("conformance/node_modules lacks @tauri-apps/plugin-sql: run scripts/setup.sh test: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), node, "build.mjs", "package", `export { default } from "@tauri-apps/plugin-sql"`)
	cmd.Dir = dir
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("bundle: %v\n%s", err, problems.String())
	}
	return out
}
