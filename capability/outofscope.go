package capability

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// OutOfScopeError is for a command to return whose scope does not have what its
// caller asks for. Pages are told Err. Those of the app, and the log, are also told
// what would allow the call; remote pages are not.
type OutOfScopeError struct {
	// Err says what is refused.
	Err error
	// Allow are the entries that are missing, as values that can be written as
	// JSON: map[string]string{"path": "$HOME/x"}. It is empty where no entry helps,
	// such as for what is denied.
	Allow []any
	// Advice is what is told in place of entries, where Allow is empty.
	Advice string
	// Command is whose scope it is, as on the wire, if not that of the command that
	// returns the error.
	Command string
}

func (e *OutOfScopeError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *OutOfScopeError) Unwrap() error { return e.Err }

// maxEntries is how long entries may be that are proposed, in bytes. What is in
// them comes from pages.
const maxEntries = 2000

// Remedy says what would allow a call that a command has refused with e, for a
// caller that may use the command: which entries to add, and where. It is empty if
// nothing is known.
func (a *Authority) Remedy(c Caller, command string, e *OutOfScopeError) string {
	if len(e.Allow) == 0 {
		return e.Advice
	}
	if e.Command != "" {
		command = e.Command
	}
	if a == nil || a.commands[command] == nil {
		return ""
	}
	entry, err := json.Marshal(struct {
		Identifier string `json:"identifier"`
		Allow      []any  `json:"allow"`
	}{a.commands[command].identifier(command), e.Allow}, jsontext.SpaceAfterColon(true), jsontext.SpaceAfterComma(true), jsontext.AllowInvalidUTF8(true))
	if err != nil || len(entry) > maxEntries {
		return ""
	}
	to := ""
	if s := a.bestFor(&visitor{Caller: c}); s != nil {
		to = " to " + (&DeniedError{Capability: s.capability, File: s.file}).source()
	}
	return fmt.Sprintf("add %s%s", entry, to)
}

// PathEntry returns the entry of a scope that is for a path alone, as it is best
// written: with the variable of the folder that it is in. The variables are those
// of [PathOptions].
func PathEntry(path string, variables func(name string) (string, bool)) map[string]string {
	best, folder := "", ""
	for _, name := range pathVariables {
		dir, ok := variables(name)
		if ok && len(dir) > len(folder) && len(dir) > 1 && (path == dir || strings.HasPrefix(path, dir+string(filepath.Separator))) {
			best, folder = "$"+name, dir
		}
	}
	return map[string]string{"path": best + EscapePath(path[len(folder):])}
}
