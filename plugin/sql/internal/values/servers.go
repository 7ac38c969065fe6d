package values

import (
	"context"
	databasesql "database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/mullion-dev/mullion/plugin/sql"
)

// ParseURL reads the URL of a database on a server. Errors show example, and
// nothing of the URL: it may have a password.
func ParseURL(s, example string) (u *url.URL, database string, q url.Values, err error) {
	if u, err = url.Parse(s); err != nil {
		return nil, "", nil, fmt.Errorf("want an URL such as %s", example)
	}
	database = strings.TrimPrefix(u.Path, "/")
	switch {
	case u.Hostname() == "" || strings.ContainsAny(u.Host, "/,"):
		return nil, "", nil, fmt.Errorf("want one host, such as %s", example)
	case database == "":
		return nil, "", nil, fmt.Errorf("want the name of a database, such as %s", example)
	case u.Fragment != "":
		return nil, "", nil, errors.New("a # in the password has to be %23")
	}
	if q, err = url.ParseQuery(u.RawQuery); err != nil {
		return nil, "", nil, errors.New("its parameters cannot be read")
	}
	return u, database, q, nil
}

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
