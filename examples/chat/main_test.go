package main

import (
	"testing"

	"github.com/mullion-dev/mullion/mulliontest"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

// TestAccessible: everybody can use the page.
func TestAccessible(t *testing.T) {
	mulliontest.Open(t, run, nil).Window("Ada").CheckAccessibility()
}
