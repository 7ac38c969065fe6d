package sql

import (
	"context"
	databasesql "database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

type loadArgs struct {
	DB      string `json:"db"`
	Options struct {
		AutoCreate *bool `json:"autoCreate,omitzero"`
	} `json:"options,omitzero"`
}

func (d *Databases) load(ctx context.Context, a loadArgs) (string, error) {
	x, name, err := d.name(a.DB)
	if err != nil {
		return "", err
	}
	if err := inScope(ctx, "load", name); err != nil {
		return "", err
	}
	may := d.mayCreate
	if a.Options.AutoCreate != nil && !*a.Options.AutoCreate {
		may = func() error { return ErrNotExist }
	}
	if _, err := d.loadDatabase(ctx, x, name, may); err != nil {
		return "", err
	}
	return a.DB, nil
}

type closeArgs struct {
	DB *string `json:"db,omitzero"`
}

// close closes one database, or all that are in the scope of the page.
func (d *Databases) close(ctx context.Context, a closeArgs) (bool, error) {
	if a.DB != nil {
		_, name, err := d.name(*a.DB)
		if err != nil {
			return false, err
		}
		if err := inScope(ctx, "close", name); err != nil {
			return false, err
		}
		return true, d.closeNamed(name.URL)
	}
	for _, name := range d.names() {
		if inScope(ctx, "close", name) != nil {
			continue
		}
		if err := d.closeNamed(name.URL); err != nil && !errors.Is(err, ErrNotLoaded) {
			return false, err
		}
	}
	return true, nil
}

type queryArgs struct {
	DB     string           `json:"db"`
	Query  string           `json:"query"`
	Values []jsontext.Value `json:"values"`
}

// prepare checks what a page sends.
func (d *Databases) prepare(ctx context.Context, command string, a queryArgs) (db *database, page ipc.Page, values []any, err error) {
	_, name, err := d.name(a.DB)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := inScope(ctx, command, name); err != nil {
		return nil, nil, nil, err
	}
	switch {
	case len(a.Query) > maxQuery:
		return nil, nil, nil, fmt.Errorf("a query of %d bytes; the limit is %d", len(a.Query), maxQuery)
	case strings.ContainsRune(a.Query, 0):
		return nil, nil, nil, errors.New("the query has a NUL, and ends there for the database; bind values instead")
	case len(a.Values) > maxValues:
		return nil, nil, nil, fmt.Errorf("%d values; the limit is %d", len(a.Values), maxValues)
	}
	if db, err = d.loaded(name.URL); err != nil {
		return nil, nil, nil, err
	}
	if page, err = plugin.PageOf(ctx); err != nil {
		return nil, nil, nil, err
	}
	for _, v := range a.Values {
		x, err := valueOf(v)
		if err != nil {
			return nil, nil, nil, err
		}
		values = append(values, x)
	}
	return db, page, values, nil
}

// valueOf is a value of a page as a query gets it: numbers without a fraction are
// integers, arrays and objects are JSON.
func valueOf(v jsontext.Value) (any, error) {
	switch v.Kind() {
	case 'n':
		return nil, nil
	case 't', 'f':
		return v.Kind() == 't', nil
	case '"':
		var s string
		err := ipc.Unmarshal(v, &s)
		return s, err
	case '0':
		if i, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return i, nil
		}
		f, err := strconv.ParseFloat(string(v), 64)
		return f, err
	}
	return v, nil
}

// execute returns how many rows were affected, and the last id that was inserted.
func (d *Databases) execute(ctx context.Context, a queryArgs) ([2]any, error) {
	db, page, values, err := d.prepare(ctx, "execute", a)
	if err != nil {
		return [2]any{}, err
	}
	var r Result
	err = db.run(ctx, page, a.Query, func(ctx context.Context, c *databasesql.Conn) (err error) {
		r, err = db.driver.Execute(ctx, c, a.Query, values)
		return err
	})
	return [2]any{r.RowsAffected, r.LastInsertID}, err
}

// query is the command select.
func (d *Databases) query(ctx context.Context, a queryArgs) (jsontext.Value, error) {
	db, page, values, err := d.prepare(ctx, "select", a)
	if err != nil {
		return nil, err
	}
	readOnly := !d.mayWrite(ctx, db.name)
	rows := newRows(d.options.MaxRows, d.options.MaxBytes)
	err = db.run(ctx, page, a.Query, func(ctx context.Context, c *databasesql.Conn) error {
		return db.driver.Select(ctx, c, a.Query, values, rows, readOnly)
	})
	if err != nil {
		return nil, err
	}
	return rows.JSON(), nil
}
