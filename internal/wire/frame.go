package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

// Version is the version of the protocol. Core and host come from the same
// executable, so it only differs where a host outlives its Core while
// developing; a host of another version is refused.
const Version = 7

// Kind is the kind of a frame.
type Kind uint8

// Frames from the Core to a host.
const (
	KindHello         Kind = 1 + iota // Hello, the first frame
	KindWindow                        // WindowState of Target; made if unknown
	KindWebview                       // WebviewState of Target; made if unknown
	KindCloseWindow                   // closes Target and its webviews
	KindCloseWebview                  // closes Target
	KindWindowAction                  // Action on window Target
	KindWebviewAction                 // Action on webview Target
	KindDeliver                       // one message for the page of Target, JSON
	KindReply                         // the answer to call ID of webview Target
	KindResponse                      // Response to request ID, then its body; may carry a descriptor
	KindVerdict                       // Verdict on decision ID
	KindAccept                        // Count bytes of the body of call ID have been taken
	KindQuit                          // end in an orderly way
	KindPing                          // answered by KindPong with the same ID
	KindDialog                        // Dialog ID, to the process for dialogs only
	KindCloseDialog                   // closes dialog ID, likewise
	KindPreferences                   // Preferences of the user, also to the process for dialogs
	KindBuffer                        // Buffer for the body of call ID; may carry a descriptor
)

// Frames from a host to the Core.
const (
	KindReady          Kind = 65 + iota // Ready, the answer to KindHello
	KindFatal                           // Fatal: the host cannot go on
	KindObserved                        // WindowObserved of window Target
	KindCloseRequested                  // the user wants to close window Target
	KindPage                            // PageEvent of webview Target
	KindCall                            // call ID of webview Target, see PROTOCOL.md
	KindCancel                          // the page gave up call ID of webview Target
	KindBody                            // bytes of the body of call ID, or Count of them, see Buffer
	KindRequest                         // Request ID on a custom scheme
	KindDecide                          // Decision ID of webview Target
	KindCredit                          // ID 0: Count bytes of KindDeliver were run; else of stream ID read
	KindPong                            //
	KindLog                             // LogRecord
	KindResult                          // Result of the KindWindow … KindWebviewAction with that ID
	KindSession                         // the session of webview Target, see WebviewState.Session
	KindDialogResult                    // DialogResult of dialog ID, from the process for dialogs only
	KindDownload                        // DownloadEvent of download ID, see Verdict
	KindDrag                            // DragEvent of webview Target
	KindMenu                            // MenuChosen of window Target
	KindGiveUp                          // the page of webview Target reads no more of stream ID
	KindNetworkHung                     // the engine's process for the network did not answer, and was ended
	KindReport                          // PageReport of webview Target
	KindSettled                         // all that was asked because of KindPing with that ID has answered
)

// Flags of a frame.
type Flags uint8

const (
	// FlagFile says that one descriptor travels with the frame.
	FlagFile Flags = 1 << iota
	// FlagLast marks the last KindInput or KindOutput of a call.
	FlagLast

	knownFlags = FlagFile | FlagLast
)

// Frame is one message between the Core and a host.
type Frame struct {
	Kind    Kind
	Flags   Flags
	Target  uint32 // a window or webview; 0 is the host itself
	ID      uint64
	Payload []byte
	// File travels beside the frame, from the Core to a host only. Send
	// closes it; who receives it owns it.
	File *os.File
}

// Role is the end of a connection.
type Role uint8

const (
	Core Role = iota
	Host
)

const (
	headerSize = 20
	// maxFixed is what follows the length in an empty frame.
	maxFixed = headerSize - 4

	// MaxPayload is the largest payload of any frame, in bytes. Larger data
	// goes through streams and body pieces.
	MaxPayload = 16 << 20
	// MaxBody is the largest piece of a call's bytes in a frame.
	MaxBody = 2 << 20
	// MaxSession is the largest session of a webview.
	MaxSession = 256 << 10
	// maxReport bounds what a page has to say about an error.
	maxReport = 64 << 10
	// maxControl bounds the frames that hold one small JSON object.
	maxControl = 1 << 20
)

// limits tells for each kind who may send it and how large it may be.
// A kind that is not in it is refused.
var limits = map[Kind]struct {
	from Role
	max  int
	name string
}{
	KindHello:         {Core, maxControl, "hello"},
	KindWindow:        {Core, maxControl, "window"},
	KindWebview:       {Core, maxControl, "webview"},
	KindCloseWindow:   {Core, 0, "close-window"},
	KindCloseWebview:  {Core, 0, "close-webview"},
	KindWindowAction:  {Core, maxControl, "window-action"},
	KindWebviewAction: {Core, maxControl, "webview-action"},
	KindDeliver:       {Core, MaxPayload, "deliver"},
	KindReply:         {Core, MaxPayload, "reply"},
	KindResponse:      {Core, MaxPayload, "response"},
	KindVerdict:       {Core, maxControl, "verdict"},
	KindAccept:        {Core, 8, "accept"},
	KindQuit:          {Core, 0, "quit"},
	KindPing:          {Core, 0, "ping"},
	KindDialog:        {Core, maxControl, "dialog"},
	KindCloseDialog:   {Core, 0, "close-dialog"},
	KindPreferences:   {Core, maxControl, "preferences"},
	KindBuffer:        {Core, maxControl, "buffer"},

	KindReady:          {Host, maxControl, "ready"},
	KindFatal:          {Host, maxControl, "fatal"},
	KindObserved:       {Host, maxControl, "observed"},
	KindCloseRequested: {Host, 0, "close-requested"},
	KindPage:           {Host, maxControl, "page"},
	KindCall:           {Host, MaxPayload, "call"},
	KindCancel:         {Host, 0, "cancel"},
	KindBody:           {Host, MaxBody, "body"},
	KindRequest:        {Host, maxControl, "request"},
	KindDecide:         {Host, maxControl, "decide"},
	KindCredit:         {Host, 8, "credit"},
	KindPong:           {Host, 0, "pong"},
	KindLog:            {Host, maxControl, "log"},
	KindResult:         {Host, maxControl, "result"},
	KindSession:        {Host, MaxSession, "session"},
	KindDialogResult:   {Host, maxControl, "dialog-result"},
	KindDownload:       {Host, maxControl, "download"},
	KindDrag:           {Host, maxControl, "drag"},
	KindMenu:           {Host, maxControl, "menu"},
	KindGiveUp:         {Host, 0, "give-up"},
	KindNetworkHung:    {Host, 0, "network-hung"},
	KindReport:         {Host, maxReport, "report"},
	KindSettled:        {Host, 0, "settled"},

	KindWork:          {Core, maxControl, "work"},
	KindWorkCancel:    {Core, 0, "work-cancel"},
	KindInput:         {Core, MaxBody, "input"},
	KindOutputCredit:  {Core, 8, "output-credit"},
	KindProgressTaken: {Core, 0, "progress-taken"},

	KindAnswer:      {Host, maxControl, "answer"},
	KindOutput:      {Host, MaxBody, "output"},
	KindInputCredit: {Host, 8, "input-credit"},
	KindProgress:    {Host, MaxProgress, "progress"},
}

func (k Kind) String() string {
	if l, ok := limits[k]; ok {
		return l.name
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// ErrProtocol is wrapped by every error about what the other end sent. A
// connection on which it occurred is of no further use.
var ErrProtocol = errors.New("wire: protocol violation")

func violation(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrProtocol, fmt.Sprintf(format, args...))
}

// check refuses what from may not send.
func (f *Frame) check(from Role, size int) error {
	l, ok := limits[f.Kind]
	switch {
	case !ok:
		return violation("unknown frame kind %d", uint8(f.Kind))
	case l.from != from:
		return violation("%s frame in the wrong direction", f.Kind)
	case size > l.max:
		return violation("%s frame of %d bytes, more than %d", f.Kind, size, l.max)
	case f.Flags&^knownFlags != 0:
		return violation("%s frame with unknown flags %#x", f.Kind, uint8(f.Flags))
	case f.Flags&FlagFile != 0 && f.Kind != KindResponse && f.Kind != KindBuffer:
		return violation("%s frame with a descriptor", f.Kind)
	case f.Flags&FlagLast != 0 && f.Kind != KindInput && f.Kind != KindOutput:
		return violation("%s frame marked as last", f.Kind)
	}
	return nil
}

func (f *Frame) putHeader(b []byte) {
	binary.LittleEndian.PutUint32(b, uint32(maxFixed+len(f.Payload)))
	b[4] = byte(f.Kind)
	b[5] = byte(f.Flags)
	b[6], b[7] = 0, 0
	binary.LittleEndian.PutUint32(b[8:], f.Target)
	binary.LittleEndian.PutUint64(b[12:], f.ID)
}

// parseHeader reads a header of headerSize bytes and returns the size of the
// payload that follows. It is the only place where lengths from the other end
// are believed, so it checks before anything is allocated.
func (f *Frame) parseHeader(b []byte, from Role) (size int, err error) {
	n := binary.LittleEndian.Uint32(b)
	if n < maxFixed || n > maxFixed+MaxPayload {
		return 0, violation("frame length %d", n)
	}
	if b[6] != 0 || b[7] != 0 {
		return 0, violation("reserved bytes are set")
	}
	f.Kind = Kind(b[4])
	f.Flags = Flags(b[5])
	f.Target = binary.LittleEndian.Uint32(b[8:])
	f.ID = binary.LittleEndian.Uint64(b[12:])
	size = int(n) - maxFixed
	return size, f.check(from, size)
}
