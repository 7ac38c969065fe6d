package e2e_test

import (
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestLanguage: pages have a language, and Intl works, also where the locale
// names none.
func TestLanguage(t *testing.T) {
	t.Setenv("LC_ALL", "C.UTF-8")
	page := e2e.Start(t, e2e.Options{}).Main()
	var got struct{ Language, Number, Date, Locale string }
	page.Must(`return {
		Language: navigator.language, Number: new Intl.NumberFormat().format(1234.5),
		Date: new Date(0).toLocaleDateString(undefined, {timeZone: 'UTC'}), Locale: new Intl.DateTimeFormat().resolvedOptions().locale,
	}`, &got)
	if got.Language != "en-US" || got.Number != "1,234.5" || got.Date != "1/1/1970" || got.Locale != "en-US" {
		t.Errorf("got %+v", got)
	}
}
