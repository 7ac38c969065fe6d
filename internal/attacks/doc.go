// Package attacks is a test of the confinement of package sandbox from the
// inside. A library in testdata, loaded into a host and both helper processes
// of a real engine, is the native code of an attacker: it tries what such code
// would try, first with the rights of the user, then under each layer alone,
// under all of them, and under what older kernels have.
//
//	go test ./internal/attacks   # fails where anything is open that is not accepted, with a reason
//	make attacks                 # also writes docs/confinement.md and docs/confinement.json
//
// What a host that was taken over may say to the Core is tested elsewhere; see
// docs/attacks.md.
package attacks
