// Package sql opens databases for pages and for Go: SQLite, PostgreSQL and
// MySQL. The app says which of them it has, and contains no others:
//
//	app.AddPlugin(sql.New(sql.Options{Drivers: []sql.Driver{sqlite.New()}}).Plugin())
//
// Pages use it by @tauri-apps/plugin-sql. A database is named by its URL, such as
// sqlite:notes.db or postgres://user:password@host/name, and belongs to the app:
// what one page has loaded others can use, if capabilities grant them the
// commands and nothing in their scopes is against it. It is open until a page or
// the app closes it, or the app ends.
//
// It is a module of its own, because of the drivers.
package sql

import (
	"context"
	databasesql "database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

const (
	// maxDatabases bounds the databases that are open.
	maxDatabases = 16
	// maxCreated bounds the databases that pages make while the app runs.
	maxCreated = 1024
	// maxURL and maxQuery bound what pages send, in bytes; maxValues bounds the
	// values of a query.
	maxURL, maxQuery, maxValues = 4 << 10, 1 << 20, 65535
	// loadTimeout is how long loading may take, migrations included.
	loadTimeout = 5 * time.Minute
)

// Options say what an app has. Without drivers there is no database to load.
type Options struct {
	// Drivers are of the packages sqlite, postgres and mysql below this one.
	Drivers []Driver
	// Migrations are done when a database is loaded, by its URL.
	Migrations map[string][]Migration
	// MaxRows and MaxBytes bound the result of a select of a page: the rows, and
	// the bytes of their JSON. Zero means 1,000,000 and 64 MiB.
	MaxRows, MaxBytes int
}

// Databases is the plugin, and its API for Go. It is safe for concurrent use once
// the app runs. Make it by [New].
type Databases struct {
	options  Options
	settings settings
	log      *slog.Logger
	app      *mullion.App           // set by start, as byURL
	byURL    map[string][]Migration // by the URL of a Name

	mu      sync.Mutex
	created int             // guarded by mu; databases that pages have made
	ctx     context.Context // guarded by mu; ends with the app, nil before start
	stopped bool            // guarded by mu
	open    map[string]*database
}

// settings is the section plugins.sql of the configuration.
type settings struct {
	// Preload are URLs of databases that are loaded before the first window.
	Preload []string `json:"preload"`
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New(o Options) *Databases {
	if o.MaxRows <= 0 {
		o.MaxRows = 1_000_000
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 64 << 20
	}
	return &Databases{options: o, open: map[string]*database{}}
}

// Plugin describes it to the app.
func (d *Databases) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name: "sql",
		Commands: plugin.Commands{
			"load": plugin.Typed(d.load), "execute": plugin.Typed(d.execute), "select": plugin.Typed(d.query), "close": plugin.Typed(d.close),
		},
		Default: []string{"allow-close", "allow-load", "allow-select"},
		Config:  &d.settings, Start: d.start, Stop: d.stop,
	}
}

func (d *Databases) start(ctx context.Context, app plugin.App) error {
	var ok bool
	if d.app, ok = mullion.AppOf(app); !ok {
		return errors.New("sql: the app is none of package mullion")
	}
	for _, x := range d.options.Drivers {
		if err := x.Start(app); err != nil {
			return err
		}
	}
	d.byURL = map[string][]Migration{}
	for url, list := range d.options.Migrations {
		_, name, err := d.name(url)
		if err != nil {
			return fmt.Errorf("migrations: %w", err)
		}
		if _, twice := d.byURL[name.URL]; twice {
			return fmt.Errorf("migrations of %s are there twice, by different spellings", redact(name.URL))
		}
		d.byURL[name.URL] = list
		if err := checkMigrations(list); err != nil {
			return fmt.Errorf("migrations of %s: %w", redact(url), err)
		}
	}
	d.mu.Lock()
	d.ctx, d.log = ctx, app.Log()
	d.mu.Unlock()
	for _, url := range d.settings.Preload {
		if _, err := d.Load(ctx, url); err != nil {
			return fmt.Errorf("plugins.sql.preload: %s: %w", redact(url), err)
		}
	}
	return nil
}

func (d *Databases) stop(context.Context) {
	d.mu.Lock()
	d.stopped = true
	all := d.open
	d.open = map[string]*database{}
	d.mu.Unlock()
	for _, db := range all {
		if err := db.end(); err != nil {
			d.log.Warn("sql: a database was not closed well", "database", redact(db.name.URL), "error", err)
		}
	}
	for _, x := range d.options.Drivers {
		x.Stop()
	}
}

// driver returns the driver of a URL.
func (d *Databases) driver(url string) (Driver, error) {
	scheme, _, ok := strings.Cut(url, ":")
	if !ok || len(url) > maxURL || strings.ContainsRune(url, 0) {
		return nil, fmt.Errorf("invalid connection url: %.200q", redact(url))
	}
	for _, x := range d.options.Drivers {
		if slices.Contains(x.Schemes(), scheme) {
			return x, nil
		}
	}
	return nil, fmt.Errorf("invalid connection url: %.200q: this app has no driver for %.20q; sql.Options.Drivers lists those that it has", redact(url), scheme)
}

// name returns the driver and the names of the database that a URL means.
func (d *Databases) name(url string) (Driver, Name, error) {
	x, err := d.driver(url)
	if err != nil {
		return nil, Name{}, err
	}
	name, err := x.Name(url)
	return x, name, err
}

// mayCreate counts the databases that pages make.
func (d *Databases) mayCreate() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.created >= maxCreated {
		return fmt.Errorf("pages have made %d databases since the app has started, and cannot make more", d.created)
	}
	d.created++
	return nil
}

// Load opens a database, creates it if it does not exist, and does its
// migrations. If it is open already, it is returned as it is. Its pool is closed
// by Close and by pages, and when the app ends.
func (d *Databases) Load(ctx context.Context, url string) (*databasesql.DB, error) {
	x, name, err := d.name(url)
	if err != nil {
		return nil, err
	}
	db, err := d.loadDatabase(ctx, x, name, nil)
	if err != nil {
		return nil, err
	}
	return db.pool, nil
}

// DB returns a database that is open.
func (d *Databases) DB(url string) (*databasesql.DB, error) {
	_, name, err := d.name(url)
	if err != nil {
		return nil, err
	}
	db, err := d.loaded(name.URL)
	if err != nil {
		return nil, err
	}
	return db.pool, nil
}

// Close closes a database. What still runs there ends with an error.
func (d *Databases) Close(url string) error {
	_, name, err := d.name(url)
	if err != nil {
		return err
	}
	return d.closeNamed(name.URL)
}

func (d *Databases) closeNamed(url string) error {
	d.mu.Lock()
	db := d.open[url]
	if db != nil && db.isReady() {
		delete(d.open, url)
	} else {
		db = nil
	}
	d.mu.Unlock()
	if db == nil {
		return notLoaded(url)
	}
	return db.end()
}

// ErrNotLoaded is the error, wrapped, where a database is not open.
var ErrNotLoaded = errors.New("not loaded")

func notLoaded(url string) error { return fmt.Errorf("database %.200s %w", redact(url), ErrNotLoaded) }

func (d *Databases) loaded(url string) (*database, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if db := d.open[url]; db != nil && db.isReady() {
		return db, nil
	}
	return nil, notLoaded(url)
}

// names are those of the databases that are open.
func (d *Databases) names() (list []Name) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, db := range d.open {
		if db.isReady() {
			list = append(list, db.name)
		}
	}
	slices.SortFunc(list, func(a, b Name) int { return strings.Compare(a.URL, b.URL) })
	return list
}

// loadDatabase opens a database once, however many ask for it. may is asked before
// one is created, unless it is nil.
func (d *Databases) loadDatabase(ctx context.Context, x Driver, name Name, may func() error) (*database, error) {
	d.mu.Lock()
	if d.ctx == nil || d.stopped {
		d.mu.Unlock()
		return nil, errors.New("the app does not run")
	}
	db, known := d.open[name.URL]
	if !known {
		if len(d.open) >= maxDatabases {
			d.mu.Unlock()
			return nil, fmt.Errorf("%d databases are open; close some of them", maxDatabases)
		}
		db = &database{name: name, driver: x, ready: make(chan struct{}), sessions: map[ipc.Page]*session{}}
		db.ctx, db.cancel = context.WithCancel(d.ctx)
		d.open[name.URL] = db
		// Others may wait for it, so it does not end with who has asked first.
		go d.openDatabase(db, may)
	}
	d.mu.Unlock()
	select {
	case <-db.ready:
		return db, db.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (d *Databases) openDatabase(db *database, may func() error) {
	defer close(db.ready)
	ctx, cancel := context.WithTimeout(db.ctx, loadTimeout)
	defer cancel()
	db.pool, db.err = db.driver.Open(ctx, db.name.URL, may == nil)
	if may != nil && errors.Is(db.err, ErrNotExist) {
		switch err := may(); {
		case err == nil:
			db.pool, db.err = db.driver.Open(ctx, db.name.URL, true)
		case !errors.Is(err, ErrNotExist):
			db.err = err
		}
	}
	if db.err == nil {
		if list := d.byURL[db.name.URL]; list != nil {
			db.err = migrate(ctx, db.pool, db.driver.Dialect(), list)
		}
		if db.err != nil {
			db.pool.Close()
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case db.err != nil:
		db.cancel()
		if d.open[db.name.URL] == db {
			delete(d.open, db.name.URL)
		}
	case d.open[db.name.URL] != db: // the app has ended meanwhile
		db.err = errors.New("the app does not run")
		db.pool.Close()
	}
}

// redact returns a URL without its password.
func redact(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	at := strings.LastIndexByte(rest[:end], '@')
	if at < 0 {
		return url
	}
	user, _, has := strings.Cut(rest[:at], ":")
	if !has {
		return url
	}
	return scheme + "://" + user + ":***" + rest[at:]
}
