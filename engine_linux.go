package mullion

import (
	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/backend/webkitgtk"
)

// newEngine returns the web view of this system.
func newEngine() backend.Engine { return webkitgtk.New() }

// newDialogs returns what shows native dialogs.
func newDialogs() backend.Dialogs { return webkitgtk.NewDialogs() }
