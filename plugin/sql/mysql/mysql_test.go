package mysql

import (
	"strings"
	"testing"
)

func TestURLs(t *testing.T) {
	c, err := parse("mysql://ada:p%40ss@[::1]/notes?ssl-mode=required")
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "[::1]:3306" || c.User != "ada" || c.Passwd != "p@ss" || c.DBName != "notes" || c.TLSConfig != "skip-verify" ||
		c.AllowAllFiles || c.AllowCleartextPasswords || c.AllowOldPasswords || c.AllowFallbackToPlaintext || c.InterpolateParams {
		t.Errorf("got %+v", c)
	}
	for url, want := range map[string]string{
		"mysql://ada:secret@/notes":                                   "want one host",
		"mysql://%2Frun%2Fmysqld.sock/notes":                          "want",
		"mysql://ada:secret@db.example/":                              "name of a database",
		"mysql://ada:secret@db.example/a/b":                           "name of a database",
		"mysql://ada:secret@db.example/notes?allowAllFiles=true":      "only ssl-mode",
		"mysql://ada:secret@db.example/notes?socket=/run/mysqld.sock": "only ssl-mode",
		"mysql://ada:secret@db.example/notes?ssl-ca=/etc/passwd":      "only ssl-mode",
		"mysql://ada:secret@db.example/notes?ssl-mode=loud":           "only ssl-mode",
		"mysql://ada:secret@db.example/notes?multiStatements=true":    "only ssl-mode",
		"mysql://ada:sec#ret@db.example/notes":                        "want",
		"mysql://ada:secret@db.example:port/notes":                    "want an URL",
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
		typ  string
		text []byte
		want string
	}{
		{"TEXT", nil, `null`}, {"TINYINT", []byte("1"), `1`}, {"UNSIGNED BIGINT", []byte("18446744073709551615"), `18446744073709551615`},
		{"YEAR", []byte("2026"), `2026`}, {"DECIMAL", []byte("12.50"), `12.5`}, {"FLOAT", []byte("0.1"), `0.1`}, {"DOUBLE", []byte("1e+300"), `1e+300`},
		{"VARCHAR", []byte("ä\""), `"ä\""`}, {"ENUM", []byte("a"), `"a"`}, {"BLOB", []byte{0, 255}, `[0,255]`}, {"VARBINARY", []byte{}, `[]`},
		{"DATE", []byte("2026-01-02"), `"2026-01-02"`}, {"TIME", []byte("03:04:05"), `"3:04:05.0"`}, {"TIME", []byte("838:59:59"), `"838:59:59"`},
		{"DATETIME", []byte("2026-01-02 03:04:05.600"), `"2026-01-02 3:04:05.6"`}, {"TIMESTAMP", []byte("2026-01-02 03:04:05"), `"2026-01-02 3:04:05.0 +00:00:00"`},
		{"JSON", []byte(`{"a": [1]}`), `{"a":[1]}`},
	} {
		got, err := appendValue(nil, test.typ, test.text)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: got %s, %v, want %s", test.typ, got, err, test.want)
		}
	}
}

func TestTransactions(t *testing.T) {
	for _, test := range []struct {
		query         string
		before, after bool
	}{
		{"BEGIN", false, true}, {" begin work; ", false, true}, {"START TRANSACTION READ ONLY", false, true}, {"START SLAVE", false, false},
		{"SELECT 1", false, false}, {"SELECT 1", true, true}, {"COMMIT", true, false}, {"commit work", true, false}, {"COMMIT AND CHAIN", true, true},
		{"ROLLBACK", true, false}, {"ROLLBACK TO a", true, true}, {"ROLLBACK WORK TO SAVEPOINT a", true, true}, {"ROLLBACK AND CHAIN", true, true}, {"", false, false},
	} {
		got, err := New().InTransaction(nil, test.query, test.before)
		if err != nil || got != test.after {
			t.Errorf("%q after %v: got %v, %v", test.query, test.before, got, err)
		}
	}
}
