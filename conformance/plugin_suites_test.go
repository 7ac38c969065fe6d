package conformance

import "testing"

// pluginSuites are the suites of plugins, by their names.
var pluginSuites = map[string]func(t *testing.T) pluginSuite{}
