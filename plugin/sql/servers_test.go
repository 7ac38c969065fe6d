//go:build servers

package sql_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/sql"
	"github.com/mullion-dev/mullion/plugin/sql/mysql"
	"github.com/mullion-dev/mullion/plugin/sql/postgres"
)

// server is a database on a real server, which TestServers is given by the
// environment: go test -tags servers, with POSTGRES_URL and MYSQL_URL. The
// database need not exist, and is left there.
type server struct {
	name, env string
	driver    sql.Driver
	table     string
	insert    string
	values    []any
	want      string
	other     string // a query with two statements
	slow      string
	begin     string
}

var servers = []server{
	{
		"postgres", "POSTGRES_URL", postgres.New(),
		`CREATE TABLE v (id SERIAL PRIMARY KEY, b BOOL, i2 INT2, i8 INT8, f4 FLOAT4, f8 FLOAT8, n NUMERIC, t TEXT, c VARCHAR(9), u UUID, d DATE, tm TIME,
			ts TIMESTAMP, tz TIMESTAMPTZ, j JSON, jb JSONB, by BYTEA, arr INT[], e MOOD, ip INET, nothing TEXT)`,
		`INSERT INTO v (b, i2, i8, f4, f8, n, t, c, u, d, tm, ts, tz, j, jb, by, arr, e, ip, nothing)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		[]any{
			true, 7, "9223372036854775807", 0.1, 1.5, "12.50", "ä'\"\\", "c", "6f9619ff-8b86-d011-b42d-00c04fc964ff", "2026-01-02", "03:04:05.6",
			"2026-01-02T03:04:05", "2026-01-02T03:04:05+02:00", object{"a": []int{1}}, []int{1, 2}, `\x00ff`, "{1,2}", "happy", "10.0.0.1", nil,
		},
		`[{"b":true,"i2":7,"i8":9223372036854775807,"f4":0.1,"f8":1.5,"n":12.5,"t":"ä'\"\\","c":"c","u":"6f9619ff-8b86-d011-b42d-00c04fc964ff",` +
			`"d":"2026-01-02","tm":"3:04:05.6","ts":"2026-01-02 3:04:05.0","tz":"2026-01-02 1:04:05.0 +00:00:00","j":{"a":[1]},"jb":[1,2],"by":[0,255],` +
			`"arr":"{1,2}","e":"happy","ip":"10.0.0.1","nothing":null}]`,
		"SELECT 1; SELECT 2", "SELECT pg_sleep(1000)", "BEGIN",
	},
	{
		"mysql", "MYSQL_URL", mysql.New(),
		`CREATE TABLE v (id INT AUTO_INCREMENT PRIMARY KEY, b BOOLEAN, i2 SMALLINT, i8 BIGINT UNSIGNED, f4 FLOAT, f8 DOUBLE, n DECIMAL(9,2), t TEXT,
			c VARCHAR(9), d DATE, tm TIME, ts DATETIME(3), tz TIMESTAMP, j LONGTEXT, bl BLOB, e ENUM('happy', 'sad'), nothing TEXT)`,
		`INSERT INTO v (b, i2, i8, f4, f8, n, t, c, d, tm, ts, tz, j, bl, e, nothing) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		[]any{
			true, 7, "18446744073709551615", 0.1, 1.5, "12.50", "ä'\"\\", "c", "2026-01-02", "03:04:05", "2026-01-02 03:04:05.600", "2026-01-02 03:04:05",
			object{"a": []int{1}}, "\x00\x7f", "happy", nil,
		},
		`[{"b":1,"i2":7,"i8":18446744073709551615,"f4":0.1,"f8":1.5,"n":12.5,"t":"ä'\"\\","c":"c","d":"2026-01-02","tm":"3:04:05.0",` +
			`"ts":"2026-01-02 3:04:05.6","tz":"2026-01-02 3:04:05.0 +00:00:00","j":"{\"a\":[1]}","bl":[0,127],"e":"happy","nothing":null}]`,
		"SELECT 1; SELECT 2", "SELECT SLEEP(1000)", "START TRANSACTION",
	},
}

// TestServers does on real servers what TestSQLite, TestTransactions and
// TestMigrations do.
func TestServers(t *testing.T) {
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			url := os.Getenv(s.env)
			if url == "" {
				t.Fatalf("%s is not set", s.env)
			}
			var list []sql.Migration
			if s.name == "postgres" {
				list = append(list, sql.Migration{Version: 1, Description: "type", SQL: "CREATE TYPE mood AS ENUM ('happy', 'sad'); CREATE TABLE m (x INT)"})
			} else {
				list = append(list, sql.Migration{Version: 1, Description: "table", SQL: "CREATE TABLE m (x INT); INSERT INTO m VALUES (1); DELETE FROM m"})
			}
			l := start(t, sql.Options{Drivers: []sql.Driver{s.driver}, MaxRows: 1000, Migrations: map[string][]sql.Migration{url: list}}, nil)
			refused(t, "one that is not there", l.main.Call("plugin:sql|load", object{"db": url, "options": object{"autoCreate": false}}, nil), "does not exist")
			l.load(t, url)
			l.do(t, url, s.table)
			rows, id, err := execute(l.main, url, s.insert, s.values...)
			if want := any(nil); err != nil || rows != 1 || s.name == "postgres" && id != want || s.name == "mysql" && id != 1.0 {
				t.Errorf("%d rows, id %v, %v", rows, id, err)
			}
			// A page that may not execute.
			if err := l.reader.Call("plugin:sql|load", object{"db": url}, nil); err != nil {
				t.Fatal(err)
			}
			for _, q := range []string{"INSERT INTO m VALUES (7)", "CREATE TABLE made (x INT)", "DELETE FROM v"} {
				_, err := query(l.reader, url, q)
				refused(t, q, err, "")
				if err != nil && !strings.Contains(strings.ToLower(err.Error()), "read-only") && !strings.Contains(strings.ToLower(err.Error()), "read only") {
					t.Errorf("%s: %v", q, err)
				}
			}
			for _, q := range []string{"COMMIT", "BEGIN", "ROLLBACK"} { // whatever it says, nothing is left of it
				_, _ = query(l.reader, url, q)
			}
			if got, err := query(l.reader, url, "SELECT count(*) AS n FROM v"); err != nil || got != `[{"n":1}]` {
				t.Errorf("a page that reads: %s, %v", got, err)
			}
			columns := s.insert[strings.Index(s.insert, "(")+1 : strings.Index(s.insert, ")")]
			l.get(t, url, "SELECT "+columns+" FROM v", s.want)
			_, err = query(l.main, url, s.other)
			refused(t, "two statements", err, "")
			_, err = query(l.main, url, "SELECT * FROM none")
			refused(t, "no table", err, "none")
			_, err = query(l.main, url, strings.TrimSuffix("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900000) SELECT a.i FROM n a", " "))
			refused(t, "many rows", err, "")
			l.do(t, url, s.begin)
			l.do(t, url, "INSERT INTO m VALUES (1)")
			l.get(t, url, "SELECT count(*) AS n FROM m", `[{"n":1}]`)
			if got, err := query(l.other, url, "SELECT count(*) AS n FROM m"); err != nil || got != `[{"n":0}]` {
				t.Errorf("another page: %s, %v", got, err)
			}
			leave(t, l)
			mulliontest.Wait(t, 20*time.Second, func() error {
				got, err := query(l.main, url, "SELECT count(*) AS n FROM m")
				if err == nil && got != `[{"n":0}]` {
					err = errors.New(got)
				}
				return err
			})
			page := l.main
			ended := make(chan error)
			go func() {
				ended <- page.Call("plugin:sql|select", object{"db": url, "query": s.slow, "values": []any{}}, nil)
			}()
			time.Sleep(time.Second)
			leave(t, l)
			if err := <-ended; err == nil {
				t.Error("a slow query has ended")
			}
			l.get(t, url, "SELECT count(*) AS n FROM _sqlx_migrations", `[{"n":1}]`)
			if err := l.main.Call("plugin:sql|close", object{"db": url}, nil); err != nil {
				t.Error(err)
			}
			l.load(t, url)
			wrong := strings.Replace(url, "secret", "wrong", 1)
			err = l.main.Call("plugin:sql|load", object{"db": wrong}, nil)
			if err == nil || strings.Contains(err.Error(), "wrong") {
				t.Errorf("a wrong password: %v", err)
			}
			if err := l.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
}
