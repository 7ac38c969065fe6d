package updater

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

func TestVersions(t *testing.T) {
	// Each is higher than the one before it.
	order := []string{
		"0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
		"1.0.0", "1.0.0+0", "1.0.0+2", "1.0.0+02", "1.0.0+10", "1.0.0+10.1", "1.0.0+a", "1.0.0+a.b", "1.0.1", "1.10.0", "v2.0.0",
	}
	for i, a := range order {
		for j, b := range order {
			v, err := parseVersion(a)
			if err != nil {
				t.Fatal(err)
			}
			w, err := parseVersion(b)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := v.compare(w), compareInts(i, j); got != want {
				t.Errorf("%s and %s: %d, want %d", a, b, got, want)
			}
		}
	}
	for _, s := range []string{"", "1", "1.2", "v1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3 ", "1.2.3+\x00", "latest", "1.2.3-" + strings.Repeat("x", 4096)} {
		if v, err := parseVersion(s); err == nil {
			t.Errorf("%q is the version %q", s, v)
		}
	}
}

func compareInts(i, j int) int {
	switch {
	case i < j:
		return -1
	case i > j:
		return 1
	}
	return 0
}

// What minisign 0.11 has written for a package with the text "hello, package":
// with a hash, and with -l without one.
const (
	knownKey = `untrusted comment: minisign public key D0A9A8583C71275C
RWRcJ3E8WKip0DBYUrWIarERmRcuYCWE5O/sETj3iBdhRuF1E66W4hmx
`
	knownHashed = `untrusted comment: signature from minisign secret key
RURcJ3E8WKip0OYl+oe2npJwwSm0vXry+BStFeI8RiFSuT0y8GYqQPA4BwWACmBNfWjs+fLZ2XI8U5OoBjsm/i1LNWIgwgY85Qg=
trusted comment: timestamp:1700000000	file:p.bin	version:2.0.0
G80FKqHDSW2cPeGVrKoO5chcMUHuVABrEjZ97pcaxTap4tdGDRawKQ1qOgOnHSWTsY3tT1cCFsy7sve+VupUDA==
`
	knownLegacy = `untrusted comment: signature from minisign secret key
RWRcJ3E8WKip0FyLsgtHfQRoXTN0rA7Bf1XWFLvVmc70b4M3lufa4ViUArzWb0FLIhRVeDPMp/QuuGnp8HVxCUXGyxFDc2L0ZgY=
trusted comment: plain comment
fLZuGtH2AUhySiZG1LNW40J0HJsfmudkKgO/TYST+T5fXDDtjee8R4lhnqjdX1vQ6PiVjAApJTNI6ObtNI7tBA==
`
)

func encode(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// TestSignatures verifies what minisign has signed, and refuses what differs from
// it in one place.
func TestSignatures(t *testing.T) {
	key, err := parseKey(encode(knownKey))
	if err != nil {
		t.Fatal(err)
	}
	change := func(s, old, new string) string {
		if !strings.Contains(s, old) {
			t.Fatalf("no %q to change", old)
		}
		return strings.Replace(s, old, new, 1)
	}
	const text = "hello, package"
	for _, test := range []struct {
		name, text, signature, announced string
		required                         bool
		want                             string // of the error
	}{
		{"hashed", text, encode(knownHashed), "2.0.0", true, ""},
		{"legacy", text, encode(knownLegacy), "2.0.0", false, ""},
		{"carriage returns", text, encode(strings.ReplaceAll(knownHashed, "\n", "\r\n")), "2.0.0", true, ""},
		{"no version in it", text, encode(knownLegacy), "2.0.0", true, "requireSignedVersion"},
		{"another version", text, encode(knownHashed), "3.0.0", false, "signed for version 2.0.0 but the update endpoint announced version 3.0.0"},
		{"another package", text + ".", encode(knownHashed), "2.0.0", false, "damaged"},
		{"another legacy package", text + ".", encode(knownLegacy), "2.0.0", false, "damaged"},
		{"a part", text[1:], encode(knownHashed), "2.0.0", false, "damaged"},
		{"nothing", "", encode(knownHashed), "2.0.0", false, "damaged"},
		{"another comment", text, encode(change(knownHashed, "version:2.0.0", "version:3.0.0")), "3.0.0", false, "damaged"},
		{"another legacy comment", text, encode(change(knownLegacy, "plain", "plane")), "2.0.0", false, "damaged"},
		{"hashed called legacy", text, encode(change(knownHashed, "RURc", "RWRc")), "2.0.0", false, "damaged"},
		{"legacy called hashed", text, encode(change(knownLegacy, "RWRc", "RURc")), "2.0.0", false, "damaged"},
		{"another kind", text, encode(change(knownHashed, "RURc", "RVVc")), "2.0.0", false, "invalid algorithm"},
		{"another key", text, encode(change(knownHashed, "RURcJ3E8", "RURcJ3E9")), "2.0.0", false, "made by the key"},
		{"no base64", text, knownHashed, "2.0.0", false, "could not be decoded"},
		{"no signature", text, "", "2.0.0", false, "invalid signature"},
		{"half of one", text, encode(knownHashed[:200]), "2.0.0", false, "invalid signature"},
		{"a long one", text, strings.Repeat("A", 1<<20), "2.0.0", false, "the limit is"},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := New(Options{})
			u.key, u.settings.RequireSignedVersion = key, test.required
			err := u.verify(bytes.NewReader([]byte(test.text)), test.signature, version(test.announced))
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (!errors.Is(err, ErrSignature) || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	for _, s := range []string{"", "x", knownKey, encode("untrusted comment: x\n"), encode(knownHashed), encode(knownKey[:len(knownKey)-10])} {
		if _, err := parseKey(s); err == nil {
			t.Errorf("%q is a key", s)
		}
	}
}

func TestFileNames(t *testing.T) {
	for in, want := range map[string]string{
		"/a/App_1.2.3_amd64.deb": "update-App_1.2.3_amd64.deb", "/a/App%20x.deb": "update-package", "/": "update-package", "": "update-package",
		"/a/..": "update-package", "/a/b/..": "update-package", "/-rf": "update--rf", "/con.": "update-con", "/a\\b": "update-package", "/a\x00": "update-package",
		"/" + strings.Repeat("x", 4096): "update-package",
	} {
		if got := fileName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestAddresses: what a page says as its target stays a part of a path.
func TestAddresses(t *testing.T) {
	u := New(Options{})
	for _, test := range []struct{ endpoint, target, want string }{
		{"https://a.example/{{target}}/{{arch}}/{{current_version}}?b={{bundle_type}}", "linux", "https://a.example/linux/x86_64/1.0.0%2B1?b=deb"},
		{"https://a.example/%7B%7Btarget%7D%7D", "linux", "https://a.example/linux"},
		{"https://a.example/{{target}}/x", "../../b?c=d#e", "https://a.example/..%2F..%2Fb%3Fc%3Dd%23e/x"},
		{"https://a.example/x?t={{target}}", "a&b=c d+", "https://a.example/x?t=a%26b%3Dc%20d%2B"},
		{"https://{{target}}.example/x", "evil.test/", ""},
		{"https://{{target}}.example/x", "u@evil.test", ""},
		{"https://a.example/{{targets}}", "linux", ""},
		{"http://a.example/", "linux", ""},
		{"file:///etc/passwd", "linux", ""},
		{"https:a.example", "linux", ""},
		{"latest.json", "linux", ""},
	} {
		got, err := u.address(test.endpoint, variables{version: "1.0.0+1", target: test.target, arch: "x86_64", bundle: "deb"})
		if test.want == "" {
			if err == nil {
				t.Errorf("%s, %s: got %s", test.endpoint, test.target, got)
			}
			continue
		}
		if err != nil || got.String() != test.want {
			t.Errorf("%s, %s: got %v, %v, want %s", test.endpoint, test.target, got, err, test.want)
		}
	}
}

func TestAnnouncements(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`{"version": "1.2.3", "url": "https://a.example/x", "signature": "s"}`, ""},
		{`{"name": "v1.2.3", "url": "https://a.example/x", "signature": "s", "more": [1]}`, ""},
		{`{"version": "1.2.3", "platforms": {}}`, ""},
		{`{"version": "1.2.3", "notes": null, "pub_date": null, "platforms": {"linux-x86_64": {"url": "x", "signature": "s", "with": 1}}}`, ""},
		{`{"version": "1.2.3", "url": "https://a.example/x"}`, "`signature` field"},
		{`{"version": "1.2.3", "signature": "s"}`, "`url` field"},
		{`{"url": "https://a.example/x", "signature": "s"}`, "`version` field"},
		{`{"version": "latest", "platforms": {}}`, "no semantic version"},
		{`{"version": "1.2.3", "pub_date": "yesterday", "platforms": {}}`, "`pub_date`"},
		{`{"version": 1, "platforms": {}}`, "version"},
		{`[]`, "no JSON object"}, {``, "no JSON object"}, {`{`, "EOF"}, {`{"version": "1.2.3", "version": "2.0.0"}`, "duplicate"},
		{strings.Repeat(`{"a":`, 20_000), "depth"},
	} {
		_, err := parseAnnouncement([]byte(test.text))
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%.100s: %v", test.text, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%.100s: got %v, want %q", test.text, err, test.want)
		}
	}
}
