package engine

import (
	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/backend/webview2"
)

// New returns the web view of this system.
func New() backend.Engine { return webview2.New() }

// NewDialogs returns what shows native dialogs.
func NewDialogs() backend.Dialogs { return webview2.NewDialogs() }
