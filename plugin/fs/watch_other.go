//go:build !linux

package fs

import "log/slog"

func newSource(*slog.Logger) (source, error) { return nil, errNoWatch }
