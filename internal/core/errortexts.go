package core

import "html"

// ErrorTexts are the sentences of error pages in one language: see the type of the
// same name in the root package.
type ErrorTexts struct {
	Language    string
	Stopped     string
	NotLoaded   string
	OutOfMemory string
	NoAnswer    string
	NotDrawn    string
	NotStarted  string
	Ended       string
	Retrying    string
	GivenUp     string
	TryAgain    string
	Details     string
}

// english is what is said where the app has no words of its own.
var english = ErrorTexts{
	Language:    "en",
	Stopped:     "This page has stopped working",
	NotLoaded:   "This page could not be loaded",
	OutOfMemory: "It needs more memory than there is.",
	NoAnswer:    "It does not respond.",
	NotDrawn:    "It cannot be drawn.",
	NotStarted:  "It cannot be started.",
	Ended:       "It ended unexpectedly several times.",
	Retrying:    "It is being tried again.",
	GivenUp:     "It was tried several times.",
	TryAgain:    "Try again",
	Details:     "Details",
}

// markup is one of the texts as HTML, English where it is missing.
func (t ErrorTexts) markup(of func(ErrorTexts) string) string {
	if own := of(t); own != "" {
		return html.EscapeString(own)
	}
	return `<span lang="en" dir="ltr">` + html.EscapeString(of(english)) + "</span>"
}
