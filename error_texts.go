package mullion

// ErrorTexts are the words of the page that is shown in the place of one that has
// stopped working, or could not be loaded: see [Options.ErrorTexts]. They are plain
// text. Those that are empty stand there in English, marked as that for screen
// readers. The page runs from right to left where its title does.
//
// What a page says that waits for a dev server is for developers, and English.
type ErrorTexts struct {
	// Language is that of the texts, as a BCP 47 tag such as "de" or "pt-BR".
	Language string
	// Stopped and NotLoaded are the two titles: "This page has stopped working"
	// and "This page could not be loaded".
	Stopped   string
	NotLoaded string
	// OutOfMemory, NoAnswer, NotDrawn, NotStarted and Ended say why the page has
	// stopped: "It needs more memory than there is.", "It does not respond.", "It
	// cannot be drawn.", "It cannot be started." and "It ended unexpectedly several
	// times."
	OutOfMemory string
	NoAnswer    string
	NotDrawn    string
	NotStarted  string
	Ended       string
	// Retrying and GivenUp say what becomes of a page that could not be loaded: "It is
	// being tried again." and "It was tried several times."
	Retrying string
	GivenUp  string
	// TryAgain is the button, "Try again", and Details is what shows the
	// technical message, which stays as it is: "Details".
	TryAgain string
	Details  string
}
