package transfer

import "testing"

func makePipe(t *testing.T, _ string) { t.Skip("pipes have no names in folders here") }
