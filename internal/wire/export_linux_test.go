package wire

import "os"

// BodyFile is the descriptor behind a body.
func BodyFile(b *Body) *os.File { return b.file }
