package mullion

import (
	"os"

	"github.com/mullion-dev/mullion/config"
)

// devBuild is set by the linker in programs that "mullion dev" builds, and in
// no others:
//
//	go build -ldflags "-X github.com/mullion-dev/mullion.devBuild=1"
//
// It does what [Options.Dev] does. Since it is part of the program, nobody who
// starts a released app can switch it on.
var devBuild string

// devURLVariable is the environment variable that replaces build.devUrl in a
// program that "mullion dev" has built. No other program reads it.
const devURLVariable = "MULLION_DEV_URL"

// develop applies what "mullion dev" says to the options and the configuration
// of an app.
func develop(o *Options, conf *config.Config) *config.Config {
	if devBuild == "" {
		return conf
	}
	o.Dev = true
	address := os.Getenv(devURLVariable)
	if address == "" {
		return conf
	}
	own := *conf // the other one is the caller's
	own.Build.DevURL = address
	return &own
}
