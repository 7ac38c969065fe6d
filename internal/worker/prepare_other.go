//go:build !linux

package worker

// limitMemory does nothing here: the limit is a soft one, for the collector.
func limitMemory(limit int64) error { return nil }
