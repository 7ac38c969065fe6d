package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestBrief(t *testing.T) {
	tests := []struct {
		name, events, want string
	}{
		{
			name: "a test, whose parent fails with it",
			events: `{"Action":"output","Package":"x/a","Test":"TestA/b","Output":"=== RUN   TestA/b\n    a_test.go:1: got 1\n"}
{"Action":"fail","Package":"x/a","Test":"TestA/b"}
{"Action":"fail","Package":"x/a","Test":"TestA"}
{"Action":"output","Package":"x/a","Output":"FAIL\tx/a\t0.1s\n"}
{"Action":"fail","Package":"x/a"}
`,
			want: "FAIL x/a TestA/b\n    a_test.go:1: got 1",
		},
		{
			name: "the last lines",
			events: `{"Action":"output","Package":"x/a","Test":"TestA","Output":"1\n2\n3\n4\n5\n6\n7\n8\n"}
{"Action":"fail","Package":"x/a","Test":"TestA"}
`,
			want: "FAIL x/a TestA\n    3\n    4\n    5\n    6\n    7\n    8",
		},
		{
			name: "a package that panics",
			events: `{"Action":"output","Package":"x/a","Output":"log\npanic: deadlock\n\ngoroutine 1\nb\nc\nd\ne\nf\n"}
{"Action":"fail","Package":"x/a"}
`,
			want: "FAIL x/a\n    panic: deadlock\n    goroutine 1\n    b\n    c\n    d\n    e",
		},
		{
			name: "a test that was running",
			events: `{"Action":"output","Package":"x/a","Test":"TestA","Output":"told\n"}
{"Action":"fail","Package":"x/a"}
`,
			want: "FAIL x/a TestA\n    told",
		},
		{
			name: "not built",
			events: `{"ImportPath":"x/a [x/a.test]","Action":"build-output","Output":"# x/a\na.go:1: syntax error\n"}
{"Action":"output","Package":"x/a","Output":"FAIL\tx/a [build failed]\n"}
{"Action":"fail","Package":"x/a","FailedBuild":"x/a [x/a.test]"}
`,
			want: "FAIL x/a\n    a.go:1: syntax error",
		},
		{
			name: "a test that is skipped for no known reason",
			events: `{"Action":"skip","Package":"x/a","Test":"TestA"}
`,
			want: "SKIPPED x/a/TestA",
		},
		{name: "nothing", want: "there was no test"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newReport(io.Discard, nil)
			if err := r.read(strings.NewReader(tt.events)); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(r.brief(errors.New("there was no test")), "\n"); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// However much fails, the lines are few and none is long.
func TestBriefIsShort(t *testing.T) {
	for _, n := range []int{1, 3, 14, 15, 16, 100} {
		r := newReport(io.Discard, nil)
		for i := range n {
			r.event(event{Action: "output", Package: "x/a", Test: fmt.Sprint("Test", i), Output: strings.Repeat(strings.Repeat("é", 300)+"\n", 20)})
			r.event(event{Action: "fail", Package: "x/a", Test: fmt.Sprint("Test", i)})
		}
		lines := r.brief(nil)
		if len(lines) > briefLines {
			t.Errorf("%d failures: got %d lines", n, len(lines))
		}
		named := 0
		for _, l := range lines {
			if len(l) > briefWidth+10 {
				t.Errorf("got a line of %d bytes", len(l))
			}
			if strings.HasPrefix(l, "FAIL x/a Test") {
				named++
			}
		}
		if last := lines[len(lines)-1]; named != min(n, briefLines) && last != fmt.Sprintf("and %d more", n-named) {
			t.Errorf("%d failures: %d are named, and then it says %q", n, named, last)
		}
	}
}
