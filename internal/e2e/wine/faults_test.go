//go:build wine

package wine

import (
	"path/filepath"
	"slices"
	"testing"
)

// TestFaults does what the engine's side must not do, one by one: the double, whose word the
// other tests take, tells each. The caller has no options, which it tells as well.
func TestFaults(t *testing.T) {
	program := filepath.Join(t.TempDir(), "faults.exe")
	if out, err := compiler("-static", "-O1", "-I", filepath.Dir(lab.double), "-o", program, "testdata/faults.c", "-lole32", "-luuid").CombinedOutput(); err != nil {
		t.Fatalf("compile the caller: %v\n%s", err, out)
	}
	for _, test := range []struct {
		fault string
		wrong []string
		held  string // objects that are not released
	}{
		{"none", nil, "0"},
		{"function", []string{"wrong function ICoreWebView2Environment10 add_NewBrowserVersionAvailable"}, "0"},
		{"beyond", []string{"wrong function ICoreWebView2Environment10 beyond the table"}, "0"},
		{"thread", []string{"wrong thread ICoreWebView2Environment10 AddRef", "wrong thread ICoreWebView2Environment10 Release"}, "0"},
		{"held", nil, "1"},
		{"reference", []string{"wrong reference ICoreWebView2Environment10"}, "0"},
		{"used", []string{"wrong used when it was released ICoreWebView2Environment10"}, "0"},
	} {
		t.Run(test.fault, func(t *testing.T) {
			a := startWith(t, program, []string{test.fault})
			d := a.host()
			if end := d.expect("end"); end[1] != test.held {
				t.Errorf("%s objects are held, want %s", end[1], test.held)
			}
			if err := a.wait(); err != nil {
				t.Errorf("the caller ends with %v", err)
			}
			d.end()
			if got, want := d.wrong(), append([]string{"wrong options"}, test.wrong...); !slices.Equal(got, want) {
				t.Errorf("the double tells %q, want %q", got, want)
			}
		})
	}
}
