package sql_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/sql"
)

// TestAttacks has hostile pages. Each gets an error, nothing outside of the
// folder is read or made, and the app goes on.
func TestAttacks(t *testing.T) {
	l := start(t, sql.Options{MaxRows: 1000, MaxBytes: 1 << 20}, nil)
	outside := t.TempDir()
	l.load(t, notes)
	l.do(t, notes, "CREATE TABLE t (x); INSERT INTO t VALUES ('secret'); CREATE VIRTUAL TABLE search USING fts5(x)")
	nothingMade := func(t *testing.T) {
		t.Helper()
		entries, err := os.ReadDir(outside)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			info, err := e.Info()
			if err != nil || e.Name() != "theirs.db" || info.Size() != 0 {
				t.Errorf("outside: %s, %v", e.Name(), err)
			}
		}
	}

	t.Run("paths", func(t *testing.T) {
		// What others have, and ways to it.
		theirs := filepath.Join(outside, "theirs.db")
		for _, err := range []error{
			os.WriteFile(theirs, nil, 0o600), os.Symlink(theirs, filepath.Join(l.dir, "link.db")),
			os.Symlink(filepath.Join(outside, "none.db"), filepath.Join(l.dir, "dangling.db")),
			os.Symlink(outside, filepath.Join(l.dir, "away")), os.Mkdir(filepath.Join(l.dir, "folder"), 0o700),
			os.WriteFile(filepath.Join(l.dir, "text.db"), []byte(strings.Repeat("no database ", 1000)), 0o600),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		const inFolder = "are in the app's folder"
		for _, a := range []struct{ url, want string }{
			{"sqlite:../theirs.db", inFolder}, {"sqlite:a/../../theirs.db", inFolder}, {"sqlite:a/../b.db", inFolder}, {"sqlite:..", inFolder},
			{"sqlite:" + theirs, inFolder}, {"sqlite:/etc/passwd", inFolder}, {"sqlite:" + l.dir, inFolder}, {"sqlite:" + l.dir + "/../x.db", inFolder},
			{"sqlite://" + theirs, "want a name"}, {"sqlite:file:x.db", "want a name"}, {"sqlite:file:" + theirs + "?mode=rw", "options are not supported"},
			{"sqlite:x.db?vfs=os", "options are not supported"}, {"sqlite:x.db#y", "options are not supported"}, {"sqlite:%2e%2e/theirs.db", "options are not supported"},
			{"sqlite::memory:?x", "options are not supported"}, {"sqlite::x:", "want a name"},
			{"sqlite:x\x00.db", "invalid connection url"}, {"sqlite:x\n.db", "control characters"}, {"sqlite:", inFolder}, {"sqlite:.", inFolder},
			{"sqlite:" + strings.Repeat("x", 4000), "too long"}, {"sqlite:" + strings.Repeat("x", 5000), "invalid connection url"},
			{"", "invalid connection url"}, {"x", "invalid connection url"}, {"file:x.db", "invalid connection url"}, {"SQLITE:x.db", "invalid connection url"},
			{"postgres://user:password@localhost/x", "no driver"}, {"mysql://localhost/x", "no driver"},
			{"sqlite:link.db", "escapes"}, {"sqlite:dangling.db", "escapes"}, {"sqlite:away/theirs.db", "escapes"}, {"sqlite:away/new.db", "escapes"},
			{"sqlite:folder", "folder"}, {"sqlite:none/x.db", "none/x.db"}, {"sqlite:text.db", "not a database"},
		} {
			var ok string
			err := l.main.Call("plugin:sql|load", object{"db": a.url}, &ok)
			if err == nil { // SQLite looks into a file when it has to
				_, err = query(l.main, a.url, "SELECT * FROM sqlite_schema")
			}
			refused(t, a.url, err, a.want)
			if err != nil && strings.Contains(err.Error(), "password@") {
				t.Errorf("%s: the error has the password: %v", a.url, err)
			}
		}
		nothingMade(t)
	})

	t.Run("links swapped", func(t *testing.T) {
		// A folder that is now one of ours, now a link to theirs.
		dir, real := filepath.Join(l.dir, "swapped"), filepath.Join(l.dir, "real")
		if err := errors.Join(os.Mkdir(real, 0o700), os.Symlink(real, dir)); err != nil {
			t.Fatal(err)
		}
		var stop atomic.Bool
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for i := 0; !stop.Load(); i++ {
				to := []string{outside, "real"}[i%2]
				os.Symlink(to, dir+"2")
				os.Rename(dir+"2", dir)
			}
		}()
		for i := range 300 {
			url := fmt.Sprintf("sqlite:swapped/%d.db", i%3)
			if l.main.Call("plugin:sql|load", object{"db": url}, nil) == nil {
				execute(l.main, url, "CREATE TABLE IF NOT EXISTS t (x)")
				l.main.Call("plugin:sql|close", object{"db": url}, nil)
			}
		}
		stop.Store(true)
		<-ended
		nothingMade(t)
	})

	t.Run("queries", func(t *testing.T) {
		theirs := filepath.Join(outside, "attached.db")
		inside := filepath.Join(l.dir, "inside.db")
		for _, a := range []struct {
			query string
			want  string
		}{
			{"ATTACH '" + theirs + "' AS a", "not allowed for pages"}, {"ATTACH '" + inside + "' AS a", "not allowed for pages"},
			{"ATTACH 'file:x?vfs=os' AS a", "not allowed for pages"}, {"ATTACH ':memory:' AS a", "not allowed for pages"}, {"ATTACH '' AS a", "not allowed for pages"},
			{"/* VACUUM */ ATTACH '" + theirs + "' AS a", "not allowed for pages"}, {"SELECT 1; aTTaCH $1 AS a", "not allowed for pages"},
			{"VACUUM; ATTACH '' AS a", "not allowed for pages"}, {"VACUUM INTO '" + theirs + "'", "not allowed for pages"},
			{"VACUUM main INTO '" + inside + "'", "not allowed for pages"}, {"VACUUM\nINTO\n'" + inside + "'", "not allowed for pages"},
			{"VACUUM/**/INTO/**/'" + inside + "'", "not allowed for pages"}, {"VACUUM INTO $1", "not allowed for pages"},
			{"VACUUM INTO'" + inside + "'", "not allowed for pages"}, {"INSERT INTO search_data VALUES (1, x'00')", "may not be modified"},
			{"DETACH main", "not allowed for pages"}, {"SELECT load_extension('" + theirs + "')", "load_extension"},
			{"PRAGMA temp_store_directory = '" + outside + "'", "not allowed for pages"}, {"PRAGMA main.\"Writable_Schema\" = 1", "not allowed for pages"},
			{"PRAGMA hard_heap_limit = 1", "not allowed for pages"}, {"PRAGMA mmap_size = 99999999999", "not allowed for pages"},
			{"UPDATE sqlite_schema SET sql = 'x'", "may not be modified"}, {"SELECT readfile('/etc/passwd')", "no such function"},
			{"SELECT writefile('" + theirs + "', 'x')", "no such function"}, {"CREATE VIRTUAL TABLE v USING fileio(x)", "no such module"},
			{"SELECT edit('x')", "no such function"}, {"SELECT fts3_tokenizer('x', x'00')", "fts3"},
			{"SELECT * FROM t WHERE x = 'a\x00b'", "has a NUL"}, {strings.Repeat(" ", 2<<20), "the limit is"},
			{"SELECT " + strings.Repeat("(", 5000) + "1", "limit"}, {"SELECT zeroblob(1000000000)", "too big"},
			{"SELECT " + strings.Repeat("hex(zeroblob(15000000)), ", 4) + "1", "more memory than a connection has"},
			{"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n", "more than 1000 rows"},
			{"SELECT hex(randomblob(1000000)) AS x", "more than 1048576 bytes"},
			{"SELECT :x", "unsupported SQL parameter format"}, {"SELECT @x", "unsupported SQL parameter format"}, {"SELECT $a", "unsupported SQL parameter format"}, {"SELECT $0", "unsupported SQL parameter format"},
			{"nonsense", "syntax error"}, {"SELECT * FROM none", "no such table"},
		} {
			_, err := query(l.main, notes, a.query, theirs)
			refused(t, a.query, err, a.want)
			if !strings.Contains(a.want, "more than 1") { // execute gets no rows
				_, _, err = execute(l.main, notes, a.query, theirs)
				refused(t, a.query, err, a.want)
			}
		}
		if _, err := os.Stat(inside); err == nil {
			t.Error("a file was made in the folder")
		}
		nothingMade(t)
		many := make([]any, 70_000)
		_, err := query(l.main, notes, "SELECT 1", many...)
		refused(t, "many values", err, "the limit is 65535")
		refused(t, "a value that is none", l.main.Call("plugin:sql|select", object{"db": notes, "query": "SELECT 1", "values": "x"}, nil), "values")
		refused(t, "a query that is none", l.main.Call("plugin:sql|select", object{"db": notes, "query": 1, "values": []any{}}, nil), "query")
		l.get(t, notes, "SELECT x FROM t", `[{"x":"secret"}]`)
	})

	t.Run("in Go", func(t *testing.T) {
		// The app may attach, and its folder is all there is for it, too.
		db, err := l.d.DB(notes)
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.ExecContext(t.Context(), "ATTACH '"+filepath.Join(outside, "attached.db")+"' AS a")
		refused(t, "ATTACH of another folder", err, "unable to open")
		if _, err := db.ExecContext(t.Context(), "ATTACH '"+filepath.Join(l.dir, "second.db")+"' AS a; DETACH a"); err != nil {
			t.Error(err)
		}
		nothingMade(t)
	})

	t.Run("spellings", func(t *testing.T) {
		// One file is one database, with one scope and its migrations.
		for _, url := range []string{"sqlite:./open-secret.db", "sqlite:open-secret.db/", "sqlite:.//open-secret.db", "sqlite:" + l.dir + "/open-secret.db"} {
			refused(t, url, l.denied.Call("plugin:sql|load", object{"db": url}, nil), "is not in the scope")
			_, err := query(l.denied, url, "SELECT 1")
			refused(t, url, err, "is not in the scope")
		}
		db, err := l.d.DB(notes)
		if err != nil {
			t.Fatal(err)
		}
		for _, url := range []string{"sqlite:./notes.db", "sqlite:notes.db/", "sqlite:" + l.dir + "/notes.db"} {
			l.load(t, url)
			l.get(t, url, "SELECT x FROM t", `[{"x":"secret"}]`)
			if other, err := l.d.DB(url); err != nil || other != db {
				t.Errorf("%s is another pool: %v", url, err)
			}
		}
		alias := start(t, sql.Options{Migrations: map[string][]sql.Migration{notes: {{Version: 1, SQL: "CREATE TABLE migrated (x)"}}}}, nil)
		alias.load(t, "sqlite:./notes.db")
		alias.get(t, notes, "SELECT * FROM migrated", `[]`)
	})

	t.Run("connections", func(t *testing.T) {
		// What a page does to a connection would be there for the app and others.
		for _, q := range []string{
			"CREATE TEMP TABLE t (x)", "CREATE TABLE temp.t (x)", "CREATE VIEW temp.t AS SELECT 1", "CREATE TRIGGER temp.g AFTER INSERT ON main.t BEGIN DELETE FROM t; END", "CREATE TEMP VIEW t AS SELECT 'shadow' AS x", "CREATE TEMP TABLE u AS SELECT 1",
			"CREATE TEMP TRIGGER g AFTER INSERT ON main.t BEGIN DELETE FROM t; END", "CREATE VIRTUAL TABLE temp.t USING fts5(x)", "DROP TABLE temp.mine",
			"PRAGMA foreign_keys = off", "PRAGMA foreign_keys(0)", "PRAGMA locking_mode = exclusive", "PRAGMA query_only = 1", "PRAGMA journal_mode = off",
			"PRAGMA journal_mode = memory", "PRAGMA synchronous = off", "PRAGMA busy_timeout = 0", "PRAGMA case_sensitive_like = 1", "PRAGMA ignore_check_constraints = 1",
			"PRAGMA recursive_triggers = 1", "PRAGMA defer_foreign_keys = 1", "PRAGMA cache_size = 1", "PRAGMA max_page_count = 1", "PRAGMA temp_store = 2",
			"PRAGMA legacy_alter_table = 1", "PRAGMA reverse_unordered_selects = 1", "PRAGMA shrink_memory", "PRAGMA unknown_one = 1", "PRAGMA MAIN.Query_Only = 1",
		} {
			db, err := l.d.DB(notes)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(q, "DROP") { // all connections have it
				db.SetMaxOpenConns(1)
				if _, err := db.ExecContext(t.Context(), "CREATE TEMP TABLE mine (x)"); err != nil {
					t.Fatal(err)
				}
			}
			_, err = query(l.main, notes, q)
			refused(t, q, err, "not allowed for pages")
			_, _, err = execute(l.main, notes, q)
			refused(t, q, err, "not allowed for pages")
			db.SetMaxOpenConns(4)
		}
		for _, q := range []string{
			"PRAGMA table_info(t)", "PRAGMA table_list", "PRAGMA index_list(t)", "PRAGMA foreign_key_list(t)", "PRAGMA user_version", "PRAGMA foreign_keys = ON",
			"PRAGMA user_version = 7", "PRAGMA integrity_check", "SELECT * FROM pragma_table_info('t')", "PRAGMA journal_mode", "PRAGMA optimize",
		} {
			if _, err := query(l.main, notes, q); err != nil {
				t.Errorf("%s: %v", q, err)
			}
		}
		l.do(t, notes, "CREATE TABLE r (x); ALTER TABLE r RENAME TO r2; ALTER TABLE r2 RENAME COLUMN x TO y; DROP TABLE r2; ANALYZE; REINDEX")
	})

	t.Run("select that writes", func(t *testing.T) {
		const db = "sqlite:reads.db"
		l.load(t, db)
		l.do(t, db, "CREATE TABLE t (x); INSERT INTO t VALUES (1); CREATE VIRTUAL TABLE s USING fts5(x); CREATE VIRTUAL TABLE r USING rtree(id, a, b); PRAGMA user_version = 3")
		if err := l.d.Close(db); err != nil {
			t.Fatal(err)
		}
		if err := l.reader.Call("plugin:sql|load", object{"db": db}, nil); err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{
			"INSERT INTO t VALUES (2) RETURNING x", "DELETE FROM t RETURNING x", "UPDATE t SET x = 2", "CREATE TABLE u (x)", "DROP TABLE t", "SELECT 1; DELETE FROM t",
			"BEGIN", "BEGIN IMMEDIATE", "SAVEPOINT a", "PRAGMA user_version = 4", "PRAGMA journal_mode = WAL", "PRAGMA optimize", "PRAGMA wal_checkpoint",
			"WITH n AS (SELECT 1) INSERT INTO t SELECT * FROM n", "INSERT INTO s VALUES ('a')", "INSERT INTO s(s) VALUES ('rebuild')", "ALTER TABLE t ADD COLUMN y",
			"REPLACE INTO t VALUES (1)", "ANALYZE", "REINDEX", "/**/ CREATE VIEW v AS SELECT 1",
		} {
			_, err := query(l.reader, db, q)
			refused(t, q, err, "without the permission sql:allow-execute")
		}
		_, err := query(l.reader, db, "VACUUM")
		refused(t, "VACUUM", err, "")
		_, _, err = execute(l.reader, db, "DELETE FROM t")
		refused(t, "execute", err, "not allowed")
		for q, want := range map[string]string{
			"SELECT x FROM t": `[{"x":1}]`, "SELECT * FROM s WHERE s MATCH 'a'": `[]`, "SELECT * FROM r WHERE a < 1": `[]`, "PRAGMA user_version": `[{"user_version":3}]`,
			"EXPLAIN QUERY PLAN SELECT 1": `[{"id":1,"parent":0,"notused":0,"detail":"SCAN CONSTANT ROW"}]`, "SELECT count(*) AS n FROM sqlite_schema WHERE name = 'u'": `[{"n":0}]`,
		} {
			if got, err := query(l.reader, db, q); err != nil || got != want {
				t.Errorf("%s: %s, %v, want %s", q, got, err, want)
			}
		}
		// Nor where the scope of execute does not have it.
		l.get(t, db, "INSERT INTO t VALUES (2) RETURNING x", `[{"x":2}]`)
		if err := l.half.Call("plugin:sql|load", object{"db": db}, nil); err != nil {
			t.Fatal(err)
		}
		_, err = query(l.half, db, "INSERT INTO t VALUES (2) RETURNING x")
		refused(t, "execute of another database only", err, "without the permission sql:allow-execute")
		if err := l.d.Close(db); err != nil {
			t.Error(err)
		}
	})

	t.Run("files of the framework", func(t *testing.T) {
		for _, override := range []any{nil, filepath.Join(t.TempDir(), "all")} {
			o := start(t, sql.Options{}, object{"folder": override})
			own := []string{".persisted-scope.json", ".persisted-scope.json.1", ".window-state.json", "./.WINDOW-state.json"}
			if override != nil {
				own = append(own, "engine/x.db", "engine", "states/notes.json", "States/x.db", "rendering.json", "rendering.json-journal", "instance.lock", "instance.sock",
					"caches/cookies.json", "caches/engine/x.db", "logs/x.db", "logs", override.(string)+"/states/x.db")
			}
			for _, name := range own {
				err := o.main.Call("plugin:sql|load", object{"db": "sqlite:" + name}, nil)
				refused(t, name, err, "belongs to the framework")
			}
			for _, name := range []string{"x.db-journal", "x.db-wal", "x.db-SHM"} {
				refused(t, name, o.main.Call("plugin:sql|load", object{"db": "sqlite:" + name}, nil), "files of SQLite beside a database")
			}
			o.load(t, "sqlite:enginex.db")
			if err := o.Stop(); err != nil {
				t.Error(err)
			}
		}
	})

	t.Run("scopes", func(t *testing.T) {
		if err := l.few.Call("plugin:sql|load", object{"db": "sqlite:few-a.db"}, nil); err != nil {
			t.Fatal(err)
		}
		for _, url := range []string{notes, "sqlite:x/few-a.db", "sqlite:few-secret.db", "sqlite:./few-secret.db", "sqlite:few-secret.db/", "sqlite:.//few-secret.db", "sqlite:" + l.dir + "/few-secret.db"} {
			const want = "is not in the scope"
			refused(t, url, l.few.Call("plugin:sql|load", object{"db": url}, nil), want)
			_, err := query(l.few, url, "SELECT 1")
			refused(t, url, err, want)
			_, _, err = execute(l.few, url, "SELECT 1")
			refused(t, url, err, want)
			refused(t, url, l.few.Call("plugin:sql|close", object{"db": url}, nil), want)
		}
		_, _, err := execute(l.few, "sqlite:few-a.db", "ATTACH '"+filepath.Join(l.dir, "notes.db")+"' AS a")
		refused(t, "ATTACH of one that is out of scope", err, "not allowed for pages")
		if err := l.few.Call("plugin:sql|close", object{}, nil); err != nil {
			t.Error(err)
		}
		l.get(t, notes, "SELECT x FROM t", `[{"x":"secret"}]`) // closing all has left it
		_, err = query(l.few, "sqlite:few-a.db", "SELECT 1")
		refused(t, "closed", err, "not loaded")
	})

	t.Run("floods", func(t *testing.T) {
		var err error
		n := 0
		for ; err == nil && n < 100; n++ {
			err = l.main.Call("plugin:sql|load", object{"db": fmt.Sprintf("sqlite:flood-%d.db", n)}, nil)
		}
		refused(t, "many databases", err, "16 databases are open")
		for i := range n - 1 {
			if err := l.main.Call("plugin:sql|close", object{"db": fmt.Sprintf("sqlite:flood-%d.db", i)}, nil); err != nil {
				t.Error(err)
			}
		}
		// And one after the other.
		for n, err = 0, nil; err == nil && n < 2000; n++ {
			url := fmt.Sprintf("sqlite:files-%d.db", n)
			if err = l.main.Call("plugin:sql|load", object{"db": url}, nil); err == nil {
				err = l.main.Call("plugin:sql|close", object{"db": url}, nil)
			}
		}
		refused(t, "many files", err, "databases since the app has started")
		if files, err := filepath.Glob(filepath.Join(l.dir, "*.db")); err != nil || len(files) < 1000 || len(files) > 1060 {
			t.Errorf("%d files, %v", len(files), err)
		}
		l.load(t, "sqlite:files-0.db") // one that is there
		if err := l.main.Call("plugin:sql|close", object{"db": "sqlite:files-0.db"}, nil); err != nil {
			t.Error(err)
		}
		if _, err := l.d.Load(t.Context(), "sqlite:of-the-app.db"); err != nil {
			t.Error(err)
		}
		if err := l.d.Close("sqlite:of-the-app.db"); err != nil {
			t.Error(err)
		}
	})

	// called waits until so many more calls have come to the Core. Whether their
	// queries have begun makes no difference.
	called := func(n int64) {
		t.Helper()
		mulliontest.Wait(t, time.Minute, func() error {
			if got := l.calls.Load(); got < n {
				return fmt.Errorf("%d of %d calls", got, n)
			}
			return nil
		})
	}

	t.Run("ends", func(t *testing.T) {
		// Queries without end, of a page that goes.
		const forever = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 8)
		before := runtime.NumGoroutine()
		page := l.main
		l.calls.Store(0)
		for range 8 {
			go func() {
				ended <- page.CallContext(ctx, "plugin:sql|select", object{"db": notes, "query": forever, "values": []any{}}, nil)
			}()
		}
		called(8)
		leave(t, l)
		for range 8 {
			if err := <-ended; err == nil {
				t.Error("a query without end has ended")
			}
		}
		cancel()
		mulliontest.Wait(t, 20*time.Second, func() error {
			if n := runtime.NumGoroutine(); n > before+10 {
				return fmt.Errorf("%d goroutines, %d before", n, before)
			}
			_, err := query(l.other, notes, "SELECT x FROM t")
			return err
		})
	})

	t.Run("closed meanwhile", func(t *testing.T) {
		const forever = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
		l.do(t, notes, "BEGIN; INSERT INTO t VALUES ('lost')")
		ended := make(chan error, 2)
		l.calls.Store(0)
		for _, p := range []*mulliontest.Page{l.main, l.other} {
			go func() {
				_, err := query(p, notes, forever)
				ended <- err
			}()
		}
		called(2)
		if err := l.d.Close(notes); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := <-ended; err == nil || !strings.Contains(err.Error(), "was closed") && !strings.Contains(err.Error(), "not loaded") {
				t.Errorf("a query: %v", err)
			}
		}
		l.load(t, notes)
		l.get(t, notes, "SELECT x FROM t", `[{"x":"secret"}]`)
	})

	if err := l.Stop(); err != nil {
		t.Error(err)
	}
	// Nothing is open any more.
	if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
		for _, e := range entries {
			if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, l.dir+"/") {
				t.Errorf("%s is open", to)
			}
		}
	}
}
