package postgres

import (
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
)

func TestURLs(t *testing.T) {
	// What the user has there is not sent to a server that a page names.
	home := t.TempDir()
	if err := os.WriteFile(home+"/.pgpass", []byte("*:*:*:*:of-the-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{
		"HOME": home, "PGPASSWORD": "of-the-environment", "PGUSER": "root", "PGHOST": "other.example", "PGDATABASE": "other", "PGSSLMODE": "disable", "PGAPPNAME": "x",
	} {
		t.Setenv(key, value)
	}
	for _, test := range []struct{ url, host, user, password, name string }{
		{"postgres://ada:p%40ss@db.example/notes", "db.example", "ada", "p@ss", "notes"},
		{"postgres://ada@[::1]:5433/notes?sslmode=disable", "::1", "ada", "", "notes"},
	} {
		c, err := parse(test.url)
		if err != nil {
			t.Errorf("%s: %v", test.url, err)
			continue
		}
		if c.Host != test.host || c.User != test.user || c.Password != test.password || c.Database != test.name || c.RuntimeParams["timezone"] != "UTC" {
			t.Errorf("%s: %s, %s, %s, %s", test.url, c.Host, c.User, c.Password, c.Database)
		}
		for _, f := range c.Fallbacks {
			if f.Host != test.host {
				t.Errorf("%s: also tries %s", test.url, f.Host)
			}
		}
	}
	for url, want := range map[string]string{
		"postgres://ada:secret@/notes":                                   "want one host",
		"postgres:///notes?host=/run/postgresql":                         "want one host",
		"postgres://ada:secret@a.example,b.example/notes":                "want one host",
		"postgres://%2Frun%2Fpostgresql/notes":                           "want",
		"postgres://ada:secret@db.example/":                              "name of a database",
		"postgres://db.example/notes":                                    "want a user",
		"postgres://ada:secret@db.example/notes?sslrootcert=/etc/a":      "only sslmode",
		"postgres://ada:secret@db.example/notes?sslkey=/home/ada/.ssh/x": "only sslmode",
		"postgres://ada:secret@db.example/notes?passfile=/home/ada/.x":   "only sslmode",
		"postgres://ada:secret@db.example/notes?service=x":               "only sslmode",
		"postgres://ada:secret@db.example/notes?host=other.example":      "only sslmode",
		"postgres://ada:secret@db.example/notes?options=-cx%3Dy":         "only sslmode",
		"postgres://ada:secret@db.example/notes?sslmode=loud":            "cannot be read",
		"postgres://ada:secret@db.example:port/notes":                    "want an URL",
		"postgres://ada:sec#ret@db.example/notes":                        "want",
		"postgres://ada:secret@db.example/notes?connect_timeout=%zz":     "cannot be read",
		"host=db.example user=ada password=secret dbname=notes":          "want",
	} {
		c, err := parse(url)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, %v, want %q", url, c, err, want)
		}
	}
}

// TestValues has what a server sends as text, by type.
func TestValues(t *testing.T) {
	for _, test := range []struct {
		name string
		oid  uint32
		text []byte
		want string
	}{
		{"null", pgtype.TextOID, nil, `null`}, {"true", pgtype.BoolOID, []byte("t"), `true`}, {"false", pgtype.BoolOID, []byte("f"), `false`},
		{"int2", pgtype.Int2OID, []byte("-7"), `-7`}, {"int8", pgtype.Int8OID, []byte("9223372036854775807"), `9223372036854775807`},
		{"numeric", pgtype.NumericOID, []byte("12.50"), `12.5`}, {"numeric NaN", pgtype.NumericOID, []byte("NaN"), `"NaN"`},
		{"float4", pgtype.Float4OID, []byte("0.1"), `0.1`}, {"float8", pgtype.Float8OID, []byte("-Infinity"), `null`},
		{"text", pgtype.TextOID, []byte("ä\"\\\n"), `"ä\"\\\n"`}, {"varchar", pgtype.VarcharOID, []byte(""), `""`},
		{"bytea", pgtype.ByteaOID, []byte(`\x00ff`), `[0,255]`}, {"empty bytea", pgtype.ByteaOID, []byte(`\x`), `[]`},
		{"date", pgtype.DateOID, []byte("2026-01-02"), `"2026-01-02"`}, {"time", pgtype.TimeOID, []byte("03:04:05.6"), `"3:04:05.6"`},
		{"timestamp", pgtype.TimestampOID, []byte("2026-01-02 03:04:05"), `"2026-01-02 3:04:05.0"`},
		{"timestamptz", pgtype.TimestamptzOID, []byte("2026-01-02 03:04:05+00"), `"2026-01-02 3:04:05.0 +00:00:00"`},
		{"jsonb", pgtype.JSONBOID, []byte(`{"a": 1}`), `{"a":1}`}, {"array", pgtype.Int4ArrayOID, []byte("{1,2}"), `"{1,2}"`},
		{"enumeration", 99999, []byte("happy"), `"happy"`}, {"void", voidOID, []byte(""), `null`},
	} {
		got, err := appendValue(nil, test.oid, test.text)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: got %s, %v, want %s", test.name, got, err, test.want)
		}
	}
	if _, err := appendValue(nil, pgtype.ByteaOID, []byte(`\000`)); err == nil {
		t.Error("bytes in another form are no error")
	}
}
