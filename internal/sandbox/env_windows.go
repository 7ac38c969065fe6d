package sandbox

import "strings"

// allowed are the variables that a child inherits, by exact name or, with a
// trailing *, by prefix. Everything else (tokens, addresses of agents) stays with
// the Core.
var allowed = []setting{
	{"SystemRoot", "where Windows is: libraries and random numbers need it"},
	{"SystemDrive", "asked for by libraries"},
	{"windir", "asked for by libraries"},
	{"ProgramData", "settings of the machine, as those of fonts"},
	{"ProgramFiles*", "where the runtime of WebView2 is"},
	{"CommonProgram*", "shared libraries"},
	{"ALLUSERSPROFILE", "asked for by libraries"},
	{"USERPROFILE", "asked for by libraries"},
	{"APPDATA", "the user's settings, as those of fonts"},
	{"LOCALAPPDATA", "where the runtime is that the user has installed"},
	{"USERNAME", "asked for by libraries"},
	{"COMPUTERNAME", "asked for by libraries"},
	{"OS", "asked for by libraries"},
	{"NUMBER_OF_PROCESSORS", "how many threads to start"},
	{"PROCESSOR_*", "which instructions there are"},
	{"PATH", "where libraries are looked for"},
	{"PATHEXT", "asked for by libraries"},
	{"TEMP", "files that do not stay"},
	{"TMP", "the same"},
	{"GOTRACEBACK", "the child's own crash reports"},
	{"GOCOVERDIR", "coverage of the child"},
}

// fixed is set in every child whatever the Core's environment says.
var fixed []setting

// cacheSettings have a child keep its temporary files in dir, of which the
// last one counts.
func cacheSettings(dir string) []string { return []string{"TEMP=" + dir, "TMP=" + dir} }

// variable is the name of a variable as it is compared: Windows ignores case.
func variable(name string) string { return strings.ToUpper(name) }
