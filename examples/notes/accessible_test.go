package main

import (
	"testing"

	"github.com/mullion-dev/mullion/mulliontest"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

// TestAccessible: everybody can use the library.
func TestAccessible(t *testing.T) {
	w := mulliontest.Open(t, run, nil).Window("library")
	w.WaitText("Welcome to your notebook")
	w.CheckAccessibility()
}
