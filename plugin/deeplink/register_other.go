//go:build !linux && !windows

package deeplink

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/mullion-dev/mullion/plugin"
)

var errSystem = fmt.Errorf("schemes are not registered on %s yet: %w", runtime.GOOS, errors.ErrUnsupported)

func system(string) bool                            { return false }
func register(plugin.App, string) error             { return errSystem }
func unregister(plugin.App, string) error           { return errSystem }
func isRegistered(plugin.App, string) (bool, error) { return false, errSystem }
