// Package postgres has the driver of PostgreSQL for the plugin sql, by
// github.com/jackc/pgx: postgres://user:password@host:5432/name.
//
// Sessions are in UTC. The parameters sslmode, application_name and
// connect_timeout of an URL count; those that name files do not, and neither
// do the environment (PGPASSWORD) and ~/.pgpass, which are the user's and no
// page's.
package postgres

import (
	"cmp"
	"context"
	databasesql "database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/sql"
	"github.com/mullion-dev/mullion/plugin/sql/internal/values"
)

const (
	example     = "postgres://user:password@host:5432/name"
	defaultPort = "5432"

	// maxConns bounds the connections of a database.
	maxConns = 10
)

// Driver is the driver of PostgreSQL. Make it by [New].
type Driver struct{}

// New makes the driver.
func New() *Driver { return &Driver{} }

var _ sql.Driver = (*Driver)(nil)

// Schemes implements [sql.Driver].
func (*Driver) Schemes() []string { return []string{"postgres"} }

// Start implements [sql.Driver].
func (*Driver) Start(plugin.App) error { return nil }

// Stop implements [sql.Driver].
func (*Driver) Stop() {}

// parameters are those that an URL may have.
var parameters = []string{"sslmode", "application_name", "connect_timeout"}

// parse reads an URL.
func parse(s string) (*pgx.ConnConfig, error) {
	u, _, q, err := values.ParseURL(s, example)
	if err != nil {
		return nil, err
	}
	if u.User.Username() == "" {
		return nil, errors.New("want a user, such as " + example)
	}
	for key := range q {
		if !slices.Contains(parameters, key) {
			return nil, fmt.Errorf("parameter %.64q: only %s are supported", key, strings.Join(parameters, ", "))
		}
	}
	if q.Get("sslmode") == "" {
		q.Set("sslmode", "prefer")
	}
	password, has := u.User.Password()
	// What is said here does not come from the environment.
	for key, value := range map[string]string{
		"passfile": "/dev/null/none", "servicefile": "/dev/null/none", "sslcert": "", "sslkey": "", "sslrootcert": "", "target_session_attrs": "any",
	} {
		q.Set(key, value)
	}
	from := url.URL{Scheme: "postgres", User: u.User, Host: u.Hostname(), Path: u.Path}
	if strings.Contains(u.Hostname(), ":") {
		from.Host = "[" + u.Hostname() + "]"
	}
	from.Host += ":" + cmp.Or(u.Port(), defaultPort)
	if !has {
		from.User = url.UserPassword(u.User.Username(), "")
	}
	from.RawQuery = q.Encode()
	c, err := pgx.ParseConfig(from.String())
	if err != nil {
		return nil, errors.New("a parameter cannot be read, or the environment (PGSERVICE) is against it")
	}
	c.Password = password
	c.RuntimeParams = map[string]string{"application_name": q.Get("application_name"), "timezone": "UTC", "datestyle": "ISO, MDY", "extra_float_digits": "2"}
	c.DefaultQueryExecMode = pgx.QueryExecModeExec
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
	pool := stdlib.OpenDB(*c)
	pool.SetMaxOpenConns(maxConns)
	err = pool.PingContext(ctx)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "3D000" { // invalid_catalog_name
		if err = fmt.Errorf("database %s %w", c.Database, sql.ErrNotExist); create {
			if err = createDatabase(ctx, c); err == nil {
				err = pool.PingContext(ctx)
			}
		}
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

func createDatabase(ctx context.Context, c *pgx.ConnConfig) error {
	other := c.Copy()
	other.Database = "postgres"
	conn, err := pgx.ConnectConfig(ctx, other)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{c.Database}.Sanitize())
	return err
}

// Dialect implements [sql.Driver].
func (*Driver) Dialect() sql.Dialect {
	return sql.Dialect{
		Table: `CREATE TABLE IF NOT EXISTS _sqlx_migrations (
			version BIGINT PRIMARY KEY,
			description TEXT NOT NULL,
			installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),
			success BOOLEAN NOT NULL,
			checksum BYTEA NOT NULL,
			execution_time BIGINT NOT NULL
		)`,
		Placeholder: func(n int) string { return "$" + strconv.Itoa(n) },
		Lock:        "SELECT pg_advisory_lock(5571938461)",
		Unlock:      "SELECT pg_advisory_unlock(5571938461)",
	}
}

// Execute implements [sql.Driver].
func (*Driver) Execute(ctx context.Context, c *databasesql.Conn, query string, list []any) (r sql.Result, err error) {
	err = run(ctx, c, query, list, func(rr *pgconn.ResultReader) error {
		for rr.NextRow() {
		}
		tag, err := rr.Close()
		r.RowsAffected = tag.RowsAffected()
		return err
	})
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
	return run(ctx, c, query, list, func(rr *pgconn.ResultReader) error {
		fields := rr.FieldDescriptions()
		names := make([]string, len(fields))
		for i, f := range fields {
			names[i] = f.Name
		}
		rows.Columns(names)
		for rr.NextRow() {
			row := rr.Values()
			if err := rows.Row(func(text []byte, i int) ([]byte, error) { return appendValue(text, fields[i].DataTypeOID, row[i]) }); err != nil {
				return err // run ends what still comes
			}
		}
		_, err := rr.Close()
		return err
	})
}

// run runs one statement. Values and results are text, for the server knows best
// which types they have.
func run(ctx context.Context, c *databasesql.Conn, query string, list []any, use func(*pgconn.ResultReader) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return c.Raw(func(dc any) error {
		pg := dc.(*stdlib.Conn).Conn().PgConn()
		texts, err := parameterTexts(list)
		if err != nil {
			return err
		}
		s, err := pg.Prepare(ctx, "", query, nil)
		if err != nil {
			return err
		}
		if len(s.ParamOIDs) != len(texts) {
			return fmt.Errorf("the query has %d parameters, and %d values are given", len(s.ParamOIDs), len(texts))
		}
		rr := pg.ExecPrepared(ctx, "", texts, nil, nil)
		err = use(rr)
		if err != nil {
			cancel() // a result that is too large is not read to its end
		}
		rr.Close()
		return err
	})
}

func parameterTexts(list []any) ([][]byte, error) {
	texts := make([][]byte, len(list))
	for i, v := range list {
		switch v := v.(type) {
		case nil:
		case string:
			if strings.ContainsRune(v, 0) {
				return nil, errors.New("a text has a NUL, which PostgreSQL cannot store")
			}
			texts[i] = []byte(v)
		case int64:
			texts[i] = strconv.AppendInt(nil, v, 10)
		case float64:
			texts[i] = strconv.AppendFloat(nil, v, 'g', -1, 64)
			if math.IsInf(v, 0) || math.IsNaN(v) {
				return nil, fmt.Errorf("%v is no number of JSON", v)
			}
		case bool:
			texts[i] = strconv.AppendBool(nil, v)
		case jsontext.Value:
			texts[i] = []byte(v)
		default:
			return nil, fmt.Errorf("cannot bind a %T", v)
		}
	}
	return texts, nil
}

// appendValue appends a value, which came as text, by its type.
func appendValue(text []byte, oid uint32, v []byte) ([]byte, error) {
	if v == nil {
		return sql.AppendNull(text), nil
	}
	switch oid {
	case pgtype.BoolOID:
		return strconv.AppendBool(text, string(v) == "t"), nil
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.NumericOID:
		return values.Number(text, string(v)), nil
	case pgtype.Float4OID:
		return values.Float(text, string(v), 32), nil
	case pgtype.Float8OID:
		return values.Float(text, string(v), 64), nil
	case pgtype.DateOID:
		return values.Date(text, string(v)), nil
	case pgtype.TimeOID:
		return values.Time(text, string(v)), nil
	case pgtype.TimestampOID:
		return values.DateTime(text, string(v), false), nil
	case pgtype.TimestamptzOID:
		return values.DateTime(text, string(v), true), nil
	case pgtype.JSONOID, pgtype.JSONBOID:
		return values.JSON(text, v), nil
	case pgtype.ByteaOID:
		data, err := hex.DecodeString(strings.TrimPrefix(string(v), `\x`))
		if err != nil {
			return nil, fmt.Errorf("bytes that the server does not give in hexadecimal: %w", err)
		}
		return sql.AppendBytes(text, data), nil
	case voidOID:
		return sql.AppendNull(text), nil
	}
	// Text, and types of others: enumerations, arrays, addresses, intervals.
	return sql.AppendText(text, v), nil
}

const voidOID = 2278 // of functions without a result, by the catalog pg_type

// InTransaction implements [sql.Driver].
func (*Driver) InTransaction(c *databasesql.Conn, _ string, _ bool) (in bool, err error) {
	err = c.Raw(func(dc any) error {
		pg := dc.(*stdlib.Conn).Conn().PgConn()
		in = !pg.IsClosed() && pg.TxStatus() != 'I'
		return nil
	})
	return in, err
}
