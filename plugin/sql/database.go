package sql

import (
	"context"
	databasesql "database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/ipc"
)

// database is one that is open, or about to be.
type database struct {
	name   Name
	driver Driver
	ctx    context.Context // ends when it is closed
	cancel context.CancelFunc
	ready  chan struct{} // is closed when pool and err are set
	pool   *databasesql.DB
	err    error

	mu       sync.Mutex
	ended    bool                  // guarded by mu
	sessions map[ipc.Page]*session // guarded by mu; of pages that are in a transaction
}

// session is the connection of a page that is in a transaction: what it sends
// next belongs to that. Others have other connections.
type session struct {
	busy    chan struct{} // has one while a query runs
	conn    *databasesql.Conn
	forget  func() bool
	removed bool // set while busy
}

func (db *database) isReady() bool {
	select {
	case <-db.ready:
		return db.err == nil
	default:
		return false
	}
}

// end closes the pool. What runs is broken off, and transactions are rolled back.
func (db *database) end() error {
	db.cancel()
	<-db.ready
	if db.err != nil {
		return nil
	}
	db.mu.Lock()
	db.ended = true
	all := db.sessions
	db.sessions = map[ipc.Page]*session{}
	db.mu.Unlock()
	var ended sync.WaitGroup
	for _, s := range all {
		s.forget()
		ended.Go(func() { db.rollBack(s) })
	}
	ended.Wait()
	return db.pool.Close()
}

// run runs a query of a page on the connection of its transaction, or on any.
func (db *database) run(ctx context.Context, page ipc.Page, query string, f func(ctx context.Context, c *databasesql.Conn) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(db.ctx, func() { cancel(errClosed) })()
	err := db.runOn(ctx, page, query, f)
	if err != nil && context.Cause(ctx) == errClosed {
		return errClosed
	}
	return err
}

// errClosed is what breaks off a query.
var errClosed = errors.New("the database was closed")

func (db *database) runOn(ctx context.Context, page ipc.Page, query string, f func(ctx context.Context, c *databasesql.Conn) error) error {
	for {
		db.mu.Lock()
		s := db.sessions[page]
		db.mu.Unlock()
		if s == nil {
			return db.runFree(ctx, page, query, f)
		}
		select {
		case s.busy <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		if s.removed { // meanwhile
			<-s.busy
			continue
		}
		err := f(ctx, s.conn)
		if !db.stillIn(s.conn, query, true, err) {
			db.remove(page, s)
			s.removed = true
			s.forget()
			s.conn.Close()
		}
		<-s.busy
		return err
	}
}

// runFree runs a query on a connection of the pool. If it has begun a
// transaction, the connection stays with the page.
func (db *database) runFree(ctx context.Context, page ipc.Page, query string, f func(ctx context.Context, c *databasesql.Conn) error) error {
	c, err := db.pool.Conn(ctx)
	if err != nil {
		return err
	}
	err = f(ctx, c)
	if !db.stillIn(c, query, false, err) {
		c.Close()
		return err
	}
	s := &session{busy: make(chan struct{}, 1), conn: c}
	db.mu.Lock()
	_, other := db.sessions[page]
	if page == nil || db.ended || other || page.Context().Err() != nil {
		db.mu.Unlock()
		db.rollBack(s)
		if other {
			return errors.Join(err, errors.New("this page has begun another transaction at the same time"))
		}
		return err
	}
	db.sessions[page] = s
	s.forget = context.AfterFunc(page.Context(), func() {
		db.remove(page, s)
		db.rollBack(s)
	})
	db.mu.Unlock()
	return err
}

// stillIn reports whether a connection is in a transaction, and can be used.
func (db *database) stillIn(c *databasesql.Conn, query string, before bool, err error) bool {
	if errors.Is(err, sqldriver.ErrBadConn) {
		return false
	}
	in, err := db.driver.InTransaction(c, query, before)
	return in && err == nil
}

func (db *database) remove(page ipc.Page, s *session) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.sessions[page] == s {
		delete(db.sessions, page)
	}
}

// rollBack ends a transaction that nobody will end, and gives the connection back.
func (db *database) rollBack(s *session) {
	s.busy <- struct{}{}
	defer func() { <-s.busy }()
	if s.removed {
		return
	}
	s.removed = true
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if _, err := s.conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		// What cannot be rolled back is not used again.
		s.conn.Raw(func(any) error { return sqldriver.ErrBadConn })
	}
	s.conn.Close()
}
