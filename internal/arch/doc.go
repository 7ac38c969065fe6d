// Package arch holds no code, only tests: the law of who may import whom and
// of what may stand where (law_test.go), that the law catches who breaks it
// (check_test.go), and that the documents at the root and in docs are true
// (docs_test.go). The tests read every Go file of every system, whatever its
// build tags say.
package arch
