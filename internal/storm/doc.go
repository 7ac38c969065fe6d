// Package storm breaks everything that can break around a running app, again
// and again and at random: it kills and stops processes, takes memory,
// descriptors, the disk and the display away, while windows work and save.
// Afterwards nothing that was acknowledged may be missing, nothing may have
// run twice, and nothing may be left behind. It consists of tests.
//
//	go test ./internal/storm     # a short storm, always the same choices
//	make storm                   # twice ten minutes, and the report in docs
//
// TestStorm spares the Core, which keeps the account. TestStormKept has an app
// that keeps its windows, and strikes its Core, too.
//
// Variables change the long form: MULLION_STORM is how long it lasts,
// MULLION_STORM_SEED repeats the choices of a storm; a log begins with its
// seed.
package storm
