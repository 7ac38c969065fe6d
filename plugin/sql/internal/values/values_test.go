package values

import "testing"

func TestValues(t *testing.T) {
	for _, test := range []struct{ name, got, want string }{
		{"integer", string(Number(nil, "-12")), `-12`},
		{"large integer", string(Number(nil, "18446744073709551615")), `18446744073709551615`},
		{"decimal", string(Number(nil, "1.50")), `1.5`},
		{"large decimal", string(Number(nil, "123456789012345678901234567890.5")), `1.2345678901234568e+29`},
		{"not a number", string(Number(nil, "NaN")), `"NaN"`},
		{"no decimal", string(Number(nil, "1e999")), `"1e999"`},
		{"float of 32 bits", string(Float(nil, "0.1", 32)), `0.1`},
		{"float of 64 bits", string(Float(nil, "1e+300", 64)), `1e+300`},
		{"infinite", string(Float(nil, "Infinity", 64)), `null`},
		{"NaN", string(Float(nil, "NaN", 64)), `null`},
		{"JSON", string(JSON(nil, []byte(`{"a": [1, "b"]}`))), `{"a":[1,"b"]}`},
		{"JSON with a key twice", string(JSON(nil, []byte(`{"a": 1, "a": 2}`))), `{"a":2}`},
		{"no JSON", string(JSON(nil, []byte(`{`))), `"{"`},
		{"date", string(Date(nil, "2026-01-02")), `"2026-01-02"`},
		{"time", string(Time(nil, "03:04:05")), `"3:04:05.0"`},
		{"time with parts", string(Time(nil, "13:04:05.123400")), `"13:04:05.1234"`},
		{"time of a zone", string(Time(nil, "03:04:05+02")), `"03:04:05+02"`},
		{"long time", string(Time(nil, "838:59:59")), `"838:59:59"`},
		{"negative time", string(Time(nil, "-03:04:05")), `"-03:04:05"`},
		{"date and time", string(DateTime(nil, "2026-01-02 03:04:05.5", false)), `"2026-01-02 3:04:05.5"`},
		{"in UTC", string(DateTime(nil, "2026-01-02 03:04:05+00", true)), `"2026-01-02 3:04:05.0 +00:00:00"`},
		{"without a zone in the text", string(DateTime(nil, "2026-01-02 00:00:00", true)), `"2026-01-02 0:00:00.0 +00:00:00"`},
		{"infinity", string(DateTime(nil, "infinity", true)), `"infinity"`},
		{"before Christ", string(DateTime(nil, "0044-03-15 12:00:00 BC", false)), `"0044-03-15 12:00:00 BC"`},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, test.got, test.want)
		}
	}
}
