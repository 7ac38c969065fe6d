package assets

import (
	"io"
	"math"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var cmpRanges = cmp.AllowUnexported(byteRange{})

func TestParseRange(t *testing.T) {
	ranges := func(pairs ...int64) (list []byteRange) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, byteRange{pairs[i], pairs[i+1]})
		}
		return list
	}
	for _, test := range []struct {
		value string
		size  int64
		want  []byteRange // start, length
		err   error
	}{
		{"", 10, nil, nil},
		{"bytes=0-4", 10, ranges(0, 5), nil},
		{"bytes=0-0", 10, ranges(0, 1), nil},
		{"bytes=5-", 10, ranges(5, 5), nil},
		{"bytes=9-9", 10, ranges(9, 1), nil},
		{"bytes=0-999", 10, ranges(0, 10), nil},
		{"bytes=-3", 10, ranges(7, 3), nil},
		{"bytes=-99", 10, ranges(0, 10), nil},
		{"Bytes = 0-1", 10, ranges(0, 2), nil},
		{"bytes=0-1, 4-5,,\t-2", 10, ranges(0, 2, 4, 2, 8, 2), nil},
		{"bytes=20-,0-1", 10, ranges(0, 2), nil},
		{"bytes=0-99999999999999999999999", 10, ranges(0, 10), nil},
		{"bytes=-99999999999999999999999", 10, ranges(0, 10), nil},
		{"bytes=9223372036854775800-9223372036854775807", math.MaxInt64, ranges(9223372036854775800, 7), nil},

		{"bytes=10-", 10, nil, errUnsatisfiable},
		{"bytes=10-20,30-40", 10, nil, errUnsatisfiable},
		{"bytes=-0", 10, nil, errUnsatisfiable},
		{"bytes=99999999999999999999999-", 10, nil, errUnsatisfiable},
		{"bytes=0-", 0, nil, errUnsatisfiable},
		{"bytes=-5", 0, nil, nil},

		{"bytes", 10, nil, nil},
		{"bytes=", 10, nil, nil},
		{"bytes=,", 10, nil, nil},
		{"bytes=-", 10, nil, nil},
		{"bytes=5", 10, nil, nil},
		{"bytes=5-4", 10, nil, nil},
		{"bytes=a-b", 10, nil, nil},
		{"bytes=0x1-2", 10, nil, nil},
		{"bytes=+1-2", 10, nil, nil},
		{"bytes=1-2-3", 10, nil, nil},
		{"bytes=1 -2", 10, nil, nil},
		{"bytes=--1", 10, nil, nil},
		{"bytes=0-1,x", 10, nil, nil},
		{"items=0-1", 10, nil, nil},
		{"bytes=0-1, bytes=2-3", 10, nil, nil},
		{"bytes=0-,0-", 10, nil, nil},   // overlapping
		{"bytes=0-6,4-9", 10, nil, nil}, // more than there is
		{"bytes=0-0" + strings.Repeat(",1-1", maxRanges), 100, nil, nil},
	} {
		got, err := parseRange(test.value, test.size)
		if diff := cmp.Diff(test.want, got, cmpRanges); diff != "" || err != test.err {
			t.Errorf("%q of %d: error %v, want %v; ranges (-want +got):\n%s", test.value, test.size, err, test.err, diff)
		}
	}
}

func TestRanges(t *testing.T) {
	app := newApp(t, AppOptions{})
	const url = "app://localhost/digits.txt" // 0123456789
	whole, _ := serve(t, app, get(url))
	tag := whole.Get("ETag")
	if whole.Get("Accept-Ranges") != "bytes" {
		t.Errorf("Accept-Ranges = %q", whole.Get("Accept-Ranges"))
	}
	for _, test := range []struct {
		name   string
		r      *Request
		status int
		body   string
		rang   string
		length string
	}{
		{"first", get(url, "Range", "bytes=0-3"), 206, "0123", "bytes 0-3/10", "4"},
		{"suffix", get(url, "range", "bytes=-2"), 206, "89", "bytes 8-9/10", "2"},
		{"malformed", get(url, "Range", "bytes=4-2"), 200, "0123456789", "", "10"},
		{"unit", get(url, "Range", "lines=0-1"), 200, "0123456789", "", "10"},
		{"twice", get(url, "Range", "bytes=0-1", "Range", "bytes=2-3"), 200, "0123456789", "", "10"},
		{"outside", get(url, "Range", "bytes=10-"), 416, "no such range: the file has 10 bytes\n", "bytes */10", "37"},
		{"head", request("HEAD", url, "Range", "bytes=0-3"), 200, "", "", "10"},
		{"if-range same", get(url, "Range", "bytes=0-3", "If-Range", tag), 206, "0123", "bytes 0-3/10", "4"},
		{"if-range other", get(url, "Range", "bytes=0-3", "If-Range", `"other"`), 200, "0123456789", "", "10"},
		{"if-range weak", get(url, "Range", "bytes=0-3", "If-Range", "W/"+tag), 200, "0123456789", "", "10"},
		{"if-range date", get(url, "Range", "bytes=0-3", "If-Range", "Sun, 22 Nov 2026 10:00:00 GMT"), 200, "0123456789", "", "10"},
		{"if-none-match first", get(url, "Range", "bytes=0-3", "If-None-Match", tag), 304, "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			resp, body := serve(t, app, test.r)
			if resp.Status != test.status || body != test.body {
				t.Errorf("got %d %q, want %d %q", resp.Status, body, test.status, test.body)
			}
			if got := resp.Get("Content-Range"); got != test.rang {
				t.Errorf("Content-Range = %q, want %q", got, test.rang)
			}
			if got := resp.Get("Content-Length"); got != test.length {
				t.Errorf("Content-Length = %q, want %q", got, test.length)
			}
		})
	}
}

func TestMultipleRanges(t *testing.T) {
	resp, body := serve(t, newApp(t, AppOptions{}), get("app://localhost/digits.txt", "Range", "bytes=0-1, 4-4, 20-30, -3"))
	boundary, ok := strings.CutPrefix(resp.Get("Content-Type"), "multipart/byteranges; boundary=")
	if resp.Status != 206 || !ok || resp.Get("Content-Range") != "" {
		t.Fatalf("status %d, header %v", resp.Status, resp.Header)
	}
	var got []string
	reader := multipart.NewReader(strings.NewReader(body), boundary)
	for {
		part, err := reader.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, part.Header.Get("Content-Type"), part.Header.Get("Content-Range"), string(data))
	}
	const text = "text/plain; charset=utf-8"
	want := []string{text, "bytes 0-1/10", "01", text, "bytes 4-4/10", "4", text, "bytes 7-9/10", "789"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

func FuzzRange(f *testing.F) {
	f.Add("bytes=0-1,4-,-3", int64(10))
	f.Add("bytes=9999999999999999999-", int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, value string, size int64) {
		if size < 0 {
			return
		}
		ranges, err := parseRange(value, size)
		if err != nil && (err != errUnsatisfiable || ranges != nil) {
			t.Fatalf("error %v with ranges %v", err, ranges)
		}
		if len(ranges) > maxRanges {
			t.Errorf("%d ranges", len(ranges))
		}
		left := size
		for _, r := range ranges {
			if r.start < 0 || r.length <= 0 || r.start > size-r.length {
				t.Errorf("range %v of %d bytes", r, size)
			}
			if left -= r.length; left < 0 {
				t.Errorf("ranges %v have more than %d bytes", ranges, size)
			}
		}
		if len(ranges) == 1 {
			// What is sent as Content-Range asks for the same when read back.
			span, _, _ := strings.Cut(strings.TrimPrefix(ranges[0].contentRange(size), "bytes "), "/")
			again, err := parseRange("bytes="+span, size)
			if diff := cmp.Diff(ranges, again, cmpRanges); err != nil || diff != "" {
				t.Errorf("%q: error %v\n%s", span, err, diff)
			}
		}
	})
}
