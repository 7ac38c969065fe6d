// Package mysql has the driver of MySQL and MariaDB for the plugin sql, by
// github.com/go-sql-driver/mysql: mysql://user:password@host:3306/name.
//
// Sessions are in UTC. The parameter ssl-mode of an URL counts: DISABLED,
// PREFERRED, which is the default, REQUIRED or VERIFY_IDENTITY. A server gets no
// files (LOAD DATA LOCAL), and no password in plain text.
package mysql

import (
	"cmp"
	"context"
	databasesql "database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/go-sql-driver/mysql"

	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/sql"
	"github.com/mullion-dev/mullion/plugin/sql/internal/values"
)

const (
	example     = "mysql://user:password@host:3306/name"
	defaultPort = "3306"

	// maxConns bounds the connections of a database.
	maxConns = 10
)

// Driver is the driver of MySQL. Make it by [New].
type Driver struct{}

// New makes the driver.
func New() *Driver { return &Driver{} }

var _ sql.Driver = (*Driver)(nil)

// Schemes implements [sql.Driver].
func (*Driver) Schemes() []string { return []string{"mysql"} }

// Start implements [sql.Driver].
func (*Driver) Start(plugin.App) error { return nil }

// Stop implements [sql.Driver].
func (*Driver) Stop() {}

// modes are those of ssl-mode, and what the library calls them.
var modes = map[string]string{"DISABLED": "false", "PREFERRED": "preferred", "REQUIRED": "skip-verify", "VERIFY_IDENTITY": "true"}

// parse reads an URL.
func parse(s string) (*mysql.Config, error) {
	u, name, q, err := values.ParseURL(s, example)
	if err != nil {
		return nil, err
	}
	if strings.ContainsRune(name, '/') {
		return nil, errors.New("want the name of a database, such as " + example)
	}
	mode := "PREFERRED"
	for key, list := range q {
		if key != "ssl-mode" || modes[strings.ToUpper(list[0])] == "" {
			return nil, fmt.Errorf("parameter %.64q: only ssl-mode is supported, of DISABLED, PREFERRED, REQUIRED and VERIFY_IDENTITY", key)
		}
		mode = strings.ToUpper(list[0])
	}
	c := mysql.NewConfig()
	c.Net, c.Addr, c.DBName, c.User = "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), defaultPort)), name, u.User.Username()
	c.Passwd, _ = u.User.Password()
	c.TLSConfig, c.AllowFallbackToPlaintext = modes[mode], mode == "PREFERRED"
	c.Timeout = 30 * time.Second
	c.MultiStatements = true // of migrations; what pages send is prepared, and has one
	c.Params = map[string]string{"time_zone": "'+00:00'"}
	c.Logger = &mysql.NopLogger{}
	return c, nil
}

// Name implements [sql.Driver].
func (*Driver) Name(u string) (sql.Name, error) {
	if _, err := parse(u); err != nil {
		return sql.Name{}, fmt.Errorf("invalid connection url: %w", err)
	}
	return values.Name(u, defaultPort)
}

// Open implements [sql.Driver].
func (*Driver) Open(ctx context.Context, u string, create bool) (*databasesql.DB, error) {
	c, err := parse(u)
	if err != nil {
		return nil, fmt.Errorf("invalid connection url: %w", err)
	}
	pool, err := open(ctx, c)
	var refused *mysql.MySQLError
	if errors.As(err, &refused) && refused.Number == 1049 { // ER_BAD_DB_ERROR
		if !create {
			return nil, fmt.Errorf("database %s %w", c.DBName, sql.ErrNotExist)
		}
		if err := createDatabase(ctx, c); err != nil {
			return nil, err
		}
		pool, err = open(ctx, c)
	}
	return pool, err
}

func open(ctx context.Context, c *mysql.Config) (*databasesql.DB, error) {
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	pool := databasesql.OpenDB(connector)
	pool.SetMaxOpenConns(maxConns)
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

func createDatabase(ctx context.Context, c *mysql.Config) error {
	without := c.Clone()
	without.DBName = ""
	pool, err := open(ctx, without)
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = pool.ExecContext(ctx, "CREATE DATABASE `"+strings.ReplaceAll(c.DBName, "`", "``")+"`")
	return err
}

// Dialect implements [sql.Driver].
func (*Driver) Dialect() sql.Dialect {
	return sql.Dialect{
		Table: `CREATE TABLE IF NOT EXISTS _sqlx_migrations (
			version BIGINT PRIMARY KEY,
			description TEXT NOT NULL,
			installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
			success BOOLEAN NOT NULL,
			checksum BLOB NOT NULL,
			execution_time BIGINT NOT NULL
		)`,
		Placeholder: func(int) string { return "?" },
		Lock:        "SELECT GET_LOCK('_sqlx_migrations', 300)",
		Unlock:      "SELECT RELEASE_LOCK('_sqlx_migrations')",
	}
}

// Execute implements [sql.Driver].
func (*Driver) Execute(ctx context.Context, c *databasesql.Conn, query string, list []any) (r sql.Result, err error) {
	s, err := prepare(ctx, c, query, list)
	if err != nil {
		return r, err
	}
	defer s.Close()
	got, err := s.ExecContext(ctx, list...)
	if err != nil {
		return r, err
	}
	if r.RowsAffected, err = got.RowsAffected(); err != nil {
		return r, err
	}
	r.LastInsertID, err = got.LastInsertId()
	return r, err
}

// Select implements [sql.Driver].
func (*Driver) Select(ctx context.Context, c *databasesql.Conn, query string, list []any, rows *sql.Rows, readOnly bool) error {
	if readOnly {
		return values.ReadOnly(ctx, c, func() error { return doSelect(ctx, c, query, list, rows) })
	}
	return doSelect(ctx, c, query, list, rows)
}

func doSelect(ctx context.Context, c *databasesql.Conn, query string, list []any, rows *sql.Rows) error {
	s, err := prepare(ctx, c, query, list)
	if err != nil {
		return err
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // a result that is too large is not read to its end
	got, err := s.QueryContext(ctx, list...)
	if err != nil {
		return err
	}
	defer func() {
		cancel()
		got.Close()
	}()
	columns, err := got.ColumnTypes()
	if err != nil {
		return err
	}
	names, types := make([]string, len(columns)), make([]string, len(columns))
	raw, to := make([]databasesql.RawBytes, len(columns)), make([]any, len(columns))
	for i, c := range columns {
		names[i], types[i], to[i] = c.Name(), c.DatabaseTypeName(), &raw[i]
	}
	rows.Columns(names)
	for got.Next() {
		if err := got.Scan(to...); err != nil {
			return err
		}
		if err := rows.Row(func(text []byte, i int) ([]byte, error) { return appendValue(text, types[i], raw[i]) }); err != nil {
			return err
		}
	}
	return got.Err()
}

// prepare has the server prepare a query, which then is one statement, and makes
// of values what the library knows.
func prepare(ctx context.Context, c *databasesql.Conn, query string, list []any) (*databasesql.Stmt, error) {
	for i, v := range list {
		if j, ok := v.(jsontext.Value); ok {
			list[i] = string(j)
		}
	}
	return c.PrepareContext(ctx, query)
}

// appendValue appends a value, which came as text, by its type.
func appendValue(text []byte, typ string, v []byte) ([]byte, error) {
	if v == nil {
		return sql.AppendNull(text), nil
	}
	switch strings.TrimPrefix(typ, "UNSIGNED ") {
	case "TINYINT", "SMALLINT", "INT", "MEDIUMINT", "BIGINT", "YEAR", "DECIMAL":
		return values.Number(text, string(v)), nil
	case "FLOAT":
		return values.Float(text, string(v), 32), nil
	case "DOUBLE":
		return values.Float(text, string(v), 64), nil
	case "DATE":
		return values.Date(text, string(v)), nil
	case "TIME":
		return values.Time(text, string(v)), nil
	case "DATETIME":
		return values.DateTime(text, string(v), false), nil
	case "TIMESTAMP":
		return values.DateTime(text, string(v), true), nil
	case "JSON":
		return values.JSON(text, v), nil
	case "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB", "BINARY", "VARBINARY", "BIT", "GEOMETRY", "VECTOR":
		return sql.AppendBytes(text, v), nil
	}
	return sql.AppendText(text, v), nil
}

// InTransaction implements [sql.Driver]. The library does not tell, so it is by
// what the query says.
func (*Driver) InTransaction(_ *databasesql.Conn, query string, before bool) (bool, error) {
	words := strings.Fields(strings.ToUpper(strings.TrimRight(strings.TrimSpace(query), ";")))
	word := func(i int) string {
		if i < len(words) {
			return words[i]
		}
		return ""
	}
	switch {
	case word(0) == "BEGIN", word(0) == "START" && word(1) == "TRANSACTION":
		return true, nil
	case word(0) == "COMMIT":
		return strings.HasSuffix(strings.Join(words, " "), "AND CHAIN"), nil
	case word(0) == "ROLLBACK" && word(1) != "TO" && !(word(1) == "WORK" && word(2) == "TO"):
		return strings.HasSuffix(strings.Join(words, " "), "AND CHAIN"), nil
	}
	return before, nil
}
