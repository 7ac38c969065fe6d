package values

import (
	"context"
	databasesql "database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/mullion-dev/mullion/plugin/sql"
)

// Name returns the names of a database on a server, by a URL that was checked. The
// default port counts as none.
func Name(s, defaultPort string) (sql.Name, error) {
	u, err := url.Parse(s)
	if err != nil {
		return sql.Name{}, errors.New("invalid connection url") // the error has the password
	}
	// Only what it says counts, not how that is escaped.
	clean := url.URL{Scheme: u.Scheme, User: u.User, Host: strings.ToLower(u.Host), Path: "/" + strings.TrimLeft(u.Path, "/"), RawQuery: u.Query().Encode()}
	clean.Host = strings.TrimSuffix(strings.TrimSuffix(clean.Host, ":"), ":"+defaultPort)
	with := clean
	if u.Port() == "" || u.Port() == defaultPort {
		with.Host += ":" + defaultPort
	}
	name := sql.Name{URL: clean.String(), Same: []string{with.String()}, Denied: []string{s}}
	// Parameters do not lead to another database, but may make a connection less safe.
	clean.RawQuery, with.RawQuery = "", ""
	name.Denied = append(name.Denied, clean.String(), with.String())
	return name, nil
}

// ReadOnly runs f in a transaction that only reads.
func ReadOnly(ctx context.Context, c *databasesql.Conn, f func() error) error {
	if _, err := c.ExecContext(ctx, "START TRANSACTION READ ONLY"); err != nil {
		return err
	}
	err := f()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if _, endErr := c.ExecContext(ctx, "ROLLBACK"); endErr != nil {
		// What cannot be rolled back is not used again.
		_ = c.Raw(func(any) error { return sqldriver.ErrBadConn })
		return errors.Join(err, endErr)
	}
	return err
}
