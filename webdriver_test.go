package mullion

import "testing"

func TestWebDriverAddress(t *testing.T) {
	for _, test := range []struct {
		option         bool
		variable, want string
		refused        bool
	}{
		{true, "127.0.0.1:4000", "127.0.0.1:4000", false},
		{false, "127.0.0.1:4000", "", false},
		{true, "", "", false},
		{true, "0.0.0.0:4000", "", true},
		{true, "192.168.1.7:4000", "", true},
		{true, "localhost:4000", "", true},
		{true, "127.0.0.1:0", "", true},
		{true, "127.0.0.1", "", true},
	} {
		o := Options{WebDriver: test.option}
		got, err := o.webDriver(func(string) string { return test.variable })
		if (err != nil) != test.refused || got.IsValid() != (test.want != "") || got.IsValid() && got.String() != test.want {
			t.Errorf("%v, %q: got %v, %v", test.option, test.variable, got, err)
		}
	}
}
