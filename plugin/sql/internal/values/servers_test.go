package values

import (
	"slices"
	"testing"
)

func TestName(t *testing.T) {
	for _, s := range []string{
		"postgres://u:p@db/secret", "postgres://u:p@db:5432/secret", "postgres://u:p@DB/secret", "postgres://u:p@db/s%65cret",
		"postgres://u:p@db:/secret", "postgres://%75:p@db//secret",
	} {
		n, err := Name(s, "5432")
		if err != nil || n.URL != "postgres://u:p@db/secret" || !slices.Contains(n.Same, "postgres://u:p@db:5432/secret") {
			t.Errorf("%s: %+v, %v", s, n, err)
		}
	}
	n, err := Name("postgres://u:p@db:99/secret?sslmode=disable&application_name=x", "5432")
	if err != nil || n.URL != "postgres://u:p@db:99/secret?application_name=x&sslmode=disable" || !slices.Contains(n.Denied, "postgres://u:p@db:99/secret") ||
		slices.Contains(n.Same, "postgres://u:p@db:99/secret") {
		t.Errorf("%+v, %v", n, err)
	}
}
