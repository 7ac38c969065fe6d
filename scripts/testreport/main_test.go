package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	const start = `{"Action":"start","Package":"x/a"}
{"Action":"run","Package":"x/a","Test":"TestA"}
{"Action":"output","Package":"x/a","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"x/a","Test":"TestA","Output":"    a_test.go:1: told\n"}
`
	tests := []struct {
		name, events string
		want         []string
		absent       string
		err          string
	}{
		{
			name: "pass",
			events: start + `{"Action":"output","Package":"x/a","Test":"TestA","Output":"--- PASS: TestA (0.00s)\n"}
{"Action":"pass","Package":"x/a","Test":"TestA"}
{"Action":"output","Package":"x/a","Output":"PASS\n"}
{"Action":"output","Package":"x/a","Output":"ok  \tx/a\t0.1s\n"}
{"Action":"pass","Package":"x/a"}
`,
			want:   []string{"ok  \tx/a\t0.1s\n", "1 packages; tests and subtests: 1 passed, 0 failed, 0 skipped; "},
			absent: "told",
		},
		{
			name: "fail",
			events: start + `{"Action":"output","Package":"x/a","Test":"TestA","Output":"--- FAIL: TestA (0.00s)\n"}
{"Action":"fail","Package":"x/a","Test":"TestA"}
{"Action":"output","Package":"x/a","Output":"FAIL\tx/a\t0.1s\n"}
{"Action":"fail","Package":"x/a"}
`,
			want: []string{"told\n--- FAIL: TestA", "FAIL\tx/a\t0.1s\n", "  go test -count=1 -run '^TestA$' x/a\n"},
			err:  "1 packages and 1 tests failed",
		},
		{
			name: "fail below, in an order",
			events: `{"Action":"output","Package":"x/a","Output":"-test.shuffle 42\n"}
{"Action":"fail","Package":"x/a","Test":"TestA/b.c","Elapsed":3}
{"Action":"fail","Package":"x/a","Test":"TestA","Elapsed":3}
{"Action":"fail","Package":"x/a"}
`,
			want: []string{
				"   3.0 s  x/a TestA\n",
				"again:\n  go test -count=1 -run '^TestA$/^b\\.c$' x/a\n  go test -count=1 -shuffle=42 x/a\n",
			},
			err: "1 packages and 2 tests failed",
		},
		{
			name: "skip",
			events: start + `{"Action":"output","Package":"x/a","Test":"TestA","Output":"--- SKIP: TestA (0.00s)\n"}
{"Action":"skip","Package":"x/a","Test":"TestA"}
{"Action":"output","Package":"x/a","Output":"ok  \tx/a\t0.1s\n"}
{"Action":"pass","Package":"x/a"}
`,
			want: []string{"SKIPPED x/a/TestA: a_test.go:1: told\n", "1 skipped"},
			err:  "skipped without a reason in the list of skips that are allowed: x/a/TestA",
		},
		{
			name: "skip for a reason",
			events: `{"Action":"skip","Package":"x/a","Test":"TestKnown"}
{"Action":"output","Package":"x/a","Output":"ok  \tx/a\t0.1s\n"}
{"Action":"pass","Package":"x/a"}
`,
			want: []string{"skipped x/a/TestKnown: no such device\n"},
		},
		{
			name: "all left out by TestMain",
			events: `{"Action":"output","Package":"x/a","Output":"SKIP: no display\n"}
{"Action":"output","Package":"x/a","Output":"ok  \tx/a\t0.1s\n"}
{"Action":"pass","Package":"x/a"}
`,
			want: []string{"SKIPPED x/a/TestMain: SKIP: no display\n"},
			err:  "x/a/TestMain",
		},
		{
			name: "broken off",
			events: start + `{"Action":"output","Package":"x/a","Output":"panic: deadlock\n"}
{"Action":"fail","Package":"x/a"}
`,
			want: []string{"told\n", "panic: deadlock\n"},
			err:  "1 packages and 0 tests failed",
		},
		{
			name: "does not build",
			events: `{"ImportPath":"x/a","Action":"build-output","Output":"a.go:1: syntax error\n"}
{"ImportPath":"x/a","Action":"build-fail"}
{"Action":"output","Package":"x/a","Output":"FAIL\tx/a [build failed]\n"}
{"Action":"fail","Package":"x/a","FailedBuild":"x/a"}
`,
			want: []string{"a.go:1: syntax error\n", "FAIL\tx/a [build failed]\n"},
			err:  "1 packages and 0 tests failed",
		},
		{
			name: "no test files",
			events: `{"Action":"output","Package":"x/a","Output":"?   \tx/a\t[no test files]\n"}
{"Action":"skip","Package":"x/a"}
`,
			want: []string{"?   \tx/a\t[no test files]\n", "0 packages; "},
		},
		{name: "nothing", err: "there was nothing to test"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			r := newReport(&out, map[string]string{"x/a/TestKnown": "no such device"})
			if err := r.read(strings.NewReader(tt.events)); err != nil {
				t.Fatal(err)
			}
			err := r.finish(true)
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got error %v, want %q", err, tt.err)
			}
			for _, want := range tt.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("got\n%s\nwithout %q", &out, want)
				}
			}
			if tt.absent != "" && strings.Contains(out.String(), tt.absent) {
				t.Errorf("got\n%s\nwith %q", &out, tt.absent)
			}
		})
	}
}

func TestReadAllowed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "skips")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# comment\n\nx/a/TestA  needs a  camera\n")
	got, err := readAllowed(file)
	if err != nil || len(got) != 1 || got["x/a/TestA"] != "needs a camera" {
		t.Errorf("got %q, %v", got, err)
	}
	write("x/a/TestA\n")
	if _, err := readAllowed(file); err == nil || !strings.Contains(err.Error(), ":1: x/a/TestA") {
		t.Errorf("a line without a reason: got %v", err)
	}
}
