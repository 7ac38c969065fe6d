package wire

// DialogKind says what a dialog asks for.
type DialogKind string

// The kinds of dialogs.
const (
	DialogOpen    DialogKind = "open"    // files or a folder that exist
	DialogSave    DialogKind = "save"    // a name for a file
	DialogMessage DialogKind = "message" // one of several buttons
)

// Dialog is a native dialog that the Core wants shown.
type Dialog struct {
	Kind  DialogKind `json:"kind"`
	Title string     `json:"title,omitzero"` // empty: the system's
	// Parent is the X11 window that the dialog belongs to, 0 for none.
	Parent uint32 `json:"parent,omitzero"`
	// ParentHandle is the same under Wayland, as in WindowObserved.
	ParentHandle string `json:"parentHandle,omitzero"`

	// Folder is where a file dialog begins; Name is proposed to save as.
	Folder  []byte         `json:"folder,omitzero"`
	Name    string         `json:"name,omitzero"`
	Filters []DialogFilter `json:"filters,omitzero"`
	// Multiple and Directory are for DialogOpen.
	Multiple  bool `json:"multiple,omitzero"`
	Directory bool `json:"directory,omitzero"`
	// NoCreate takes away the way to make folders.
	NoCreate bool `json:"noCreate,omitzero"`

	// Text is the message, Level is "info", "warning" or "error".
	Text  string `json:"text,omitzero"`
	Level string `json:"level,omitzero"`
	// Picture, if there is one, is shown beside the text.
	Picture *Picture `json:"picture,omitzero"`
	// Buttons are labels, the first for what return does, the last for what
	// closing the dialog means.
	Buttons []string `json:"buttons,omitzero"`
	// Standard are those of the labels for which the toolkit has words in the
	// language of the user: "Ok", "Cancel", "Yes", "No". The app has not given them.
	Standard []string `json:"standard,omitzero"`
}

// DialogFilter is a choice of files to look at. A file passes that has one of
// the extensions or one of the media types.
type DialogFilter struct {
	Name string `json:"name"`
	// Extensions have no dot before them. "*" is every file.
	Extensions []string `json:"extensions,omitzero"`
	MediaTypes []string `json:"mediaTypes,omitzero"`
}

// DialogResult is what came of a Dialog.
type DialogResult struct {
	// Paths are what was chosen, absolute, as the bytes that the system knows
	// them by. None: it was cancelled.
	Paths [][]byte `json:"paths,omitzero"`
	// Button is the index of the button that was pressed.
	Button int `json:"button,omitzero"`
	// Error says why the dialog could not be shown, or its result not told.
	Error string `json:"error,omitzero"`
}

// MaxDialogPaths is how many files one dialog can choose. With names of usual
// length they fit a frame.
const MaxDialogPaths = 4096

// DownloadState is how far a download is.
type DownloadState string

// The states of a download.
const (
	DownloadProgress DownloadState = "progress"
	DownloadFinished DownloadState = "finished"
	DownloadFailed   DownloadState = "failed" // Detail says why
)

// DownloadEvent is reported by a host about a download that was allowed.
type DownloadEvent struct {
	State DownloadState `json:"state"`
	// Received and Total are in bytes. Total is 0 where it is not known.
	Received uint64 `json:"received"`
	Total    uint64 `json:"total,omitzero"`
	Detail   string `json:"detail,omitzero"`
}
