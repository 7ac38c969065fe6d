package backend

import (
	"fmt"

	"github.com/mullion-dev/mullion/internal/wire"
)

// EvalBody returns the body of an async function that runs the script of
// Webview.Eval. Its result is JSON: {"value": …}, or {"message": …, "stack": …}
// for what was thrown. The script is in the first line, so that errors name its
// own lines.
func EvalBody(script string) string {
	return "try { const value = await (async () => {" + script + fmt.Sprintf(`
})(); const text = JSON.stringify({value: value === undefined ? null : value});
if (text.length > %d) return JSON.stringify({message: "the value has " + text.length + " characters as JSON, want at most %[1]d"});
return text } catch (e) {
const short = (s) => String(s).slice(0, 20000);
return JSON.stringify(e instanceof Error ? {message: short(e), stack: short(e.stack)} : {message: short(e) || "an empty error"}) }`, wire.MaxValue)
}
