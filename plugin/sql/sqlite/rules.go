package sqlite

import (
	"errors"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// rules are what statements on a connection may do. The fields change between
// statements only, while nobody else has the connection.
type rules struct {
	page     bool // the statement is of a page
	vacuum   bool // it is a VACUUM, for which SQLite attaches a file without a name
	readOnly bool // it is a select of a page that may not execute

	refused      string // what it was refused
	needsExecute bool   // and it would not have been with the permission to execute
}

// errReadOnly is for selects that do more than that.
var errReadOnly = errors.New("select only reads for a page without the permission sql:allow-execute")

// What pages may do by pragmas. A connection serves other pages and the app
// afterwards, so it keeps no setting of a page.
var (
	// infoPragmas only read, also with an argument.
	infoPragmas = []string{
		"collation_list", "compile_options", "data_version", "database_list", "foreign_key_check", "foreign_key_list", "freelist_count", "function_list",
		"index_info", "index_list", "index_xinfo", "integrity_check", "module_list", "page_count", "pragma_list", "quick_check", "table_info", "table_list",
		"table_xinfo",
	}
	// readPragmas only read without an argument.
	readPragmas = []string{
		"application_id", "auto_vacuum", "automatic_index", "busy_timeout", "cache_size", "defer_foreign_keys", "encoding", "foreign_keys", "journal_mode",
		"journal_size_limit", "locking_mode", "max_page_count", "page_size", "query_only", "recursive_triggers", "schema_version", "secure_delete",
		"synchronous", "temp_store", "user_version", "wal_autocheckpoint",
	}
	// writePragmas change the file and nothing else, which needs the permission to
	// execute.
	writePragmas = []string{"application_id", "incremental_vacuum", "optimize", "user_version", "wal_checkpoint"}
)

// pragma reports whether pages may use a pragma, and whether those that may
// execute.
func pragma(name, argument string) (read, write bool) {
	argument = strings.ToLower(argument)
	switch {
	case slices.Contains(infoPragmas, name), argument == "" && slices.Contains(readPragmas, name):
		return true, true
	case name == "foreign_keys" && slices.Contains([]string{"1", "on", "true", "yes"}, argument): // as it is anyway
		return true, true
	case name == "journal_mode" && (argument == "wal" || argument == "delete"): // what a file can be between two connections
		return false, true
	}
	return false, slices.Contains(writePragmas, name)
}

func (r *rules) judge(action sqlite3.AuthorizerActionCode, name3rd, name4th, schema, _ string) sqlite3.AuthorizerReturnCode {
	if !r.page {
		return sqlite3.AUTH_OK
	}
	refused, needsExecute := "", false
	switch action {
	case sqlite3.AUTH_ATTACH:
		if !r.vacuum {
			refused = "ATTACH or VACUUM INTO"
		}
	case sqlite3.AUTH_DETACH:
		refused = "DETACH"
	case sqlite3.AUTH_PRAGMA:
		name := strings.ToLower(name3rd)
		if read, write := pragma(name, name4th); !write || r.readOnly && !read {
			refused, needsExecute = "PRAGMA "+name, write
			if name4th != "" {
				refused += " with a value"
			}
		}
	case sqlite3.AUTH_FUNCTION:
		if strings.EqualFold(name4th, "load_extension") {
			refused = "load_extension"
		}
	case sqlite3.AUTH_CREATE_TEMP_INDEX, sqlite3.AUTH_CREATE_TEMP_TABLE, sqlite3.AUTH_CREATE_TEMP_TRIGGER, sqlite3.AUTH_CREATE_TEMP_VIEW,
		sqlite3.AUTH_DROP_TEMP_INDEX, sqlite3.AUTH_DROP_TEMP_TABLE, sqlite3.AUTH_DROP_TEMP_TRIGGER, sqlite3.AUTH_DROP_TEMP_VIEW:
		refused = "TEMP" // it would be there for whoever has the connection next
	case sqlite3.AUTH_CREATE_INDEX, sqlite3.AUTH_CREATE_TABLE, sqlite3.AUTH_CREATE_TRIGGER, sqlite3.AUTH_CREATE_VIEW, sqlite3.AUTH_CREATE_VTABLE,
		sqlite3.AUTH_DROP_INDEX, sqlite3.AUTH_DROP_TABLE, sqlite3.AUTH_DROP_TRIGGER, sqlite3.AUTH_DROP_VIEW, sqlite3.AUTH_DROP_VTABLE,
		sqlite3.AUTH_INSERT, sqlite3.AUTH_DELETE:
		// CREATE TABLE temp.x; and of CREATE TRIGGER temp.x ON main.y only the INSERT
		// into the schema says where it goes.
		if strings.EqualFold(schema, "temp") {
			refused = "TEMP"
		}
	case sqlite3.AUTH_ALTER_TABLE:
		if strings.EqualFold(name3rd, "temp") {
			refused = "TEMP"
		}
	case sqlite3.AUTH_TRANSACTION, sqlite3.AUTH_SAVEPOINT:
		if r.readOnly {
			refused, needsExecute = "a transaction", true
		}
	}
	if refused == "" {
		return sqlite3.AUTH_OK
	}
	r.refused, r.needsExecute = refused, needsExecute
	return sqlite3.AUTH_DENY
}

// isVacuum reports whether a query is a VACUUM, maybe of one schema, and nothing
// else.
func isVacuum(query string) bool {
	words := strings.Fields(strings.TrimSuffix(strings.TrimSpace(query), ";"))
	if len(words) == 0 || len(words) > 2 || !strings.EqualFold(words[0], "VACUUM") {
		return false
	}
	return len(words) == 1 || strings.Trim(strings.ToLower(words[1]), "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
