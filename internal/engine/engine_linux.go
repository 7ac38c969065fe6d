package engine

import (
	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/backend/webkitgtk"
)

// New returns the web view of this system.
func New() backend.Engine { return webkitgtk.New() }

// NewDialogs returns what shows native dialogs.
func NewDialogs() backend.Dialogs { return webkitgtk.NewDialogs() }
