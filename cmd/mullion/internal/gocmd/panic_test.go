package gocmd_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/gocmd"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

const stack = "goroutine 12 [running]:\nruntime/debug.Stack()\n\t/go/stack.go:26 +0x5e\nlib.dispatch.func1()\n\t/lib/call.go:152 +0xe5\n" +
	"panic({0x928400?, 0xe44f80?})\n\t/go/panic.go:860 +0x13a\nmain.(*app).show(0x59)\n\t/app/commands.go:62 +0x5d\nlib.run()\n\t/lib/typed.go:92 +0xd3\n"

// TestPaintPanic: what a panic says is one line of a log, which nobody can read.
func TestPaintPanic(t *testing.T) {
	paint := gocmd.PaintPanic(&term.Term{}, "/app")
	record := fmt.Sprintf(`12:30:00 ERROR mullion: panic in command name=show panic="nil map" stack=%q window=main`, stack)
	for _, test := range []struct{ name, line, want string }{
		{"record", record, `12:30:00 ERROR mullion: panic in command name=show panic="nil map" window=main` +
			"\nmain.(*app).show(0x59)\n\tcommands.go:62\nlib.run()\n\t/lib/typed.go:92 +0xd3"},
		{"cut off", record[:len(record)/2], record[:len(record)/2]},
		{"no panic in it", `a stack="goroutine 1 [running]:\nmain.f()\n"`, "a\ngoroutine 1 [running]:\nmain.f()"},
		{"frame", "\t/app/main.go:7 +0x1", "\tmain.go:7"},
		{"other", `stack="is none"`, `stack="is none"`},
	} {
		if got := paint(test.line); got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", test.name, strings.ReplaceAll(got, "\t", "→"), strings.ReplaceAll(test.want, "\t", "→"))
		}
	}
}
