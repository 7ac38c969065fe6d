// Package e2e tests the tool with real apps in real windows.
package e2e
