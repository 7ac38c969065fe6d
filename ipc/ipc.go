// Package ipc is the one place through which every message of an app goes.
// An [Interceptor], added by App.Use, sees each command, event, channel
// message and web-level decision (navigation, new window, permission,
// download, file chooser, link), and can let it pass, change it, refuse it or just
// look:
//
//	app.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
//		if m.Kind == ipc.Command && m.Name == "delete_all" {
//			return ipc.Result{}, errors.New("not today")
//		}
//		return next(ctx, m)
//	})
package ipc

import (
	"context"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
)

// Kind tells what a [Message] is about.
type Kind uint8

const (
	// Command is a call of a page. Name is the command, Args its arguments.
	Command Kind = iota
	// Event is an event on its way to its listeners, from a page or from the
	// Core. Name is the event, Args its payload, Target whom it is for.
	Event
	// ChannelMessage is a message of the Core to a page over a channel. Name
	// is the command that the channel was given to.
	ChannelMessage
	// Navigation asks whether a webview may load URL.
	Navigation
	// NewWindow asks whether a page may open URL in a new window.
	NewWindow
	// Permission asks for a web permission; Name is "camera", "microphone",
	// "location", "notification", "clipboard-read", "pointer-lock",
	// "device-info", "media-keys", "storage-access" or "screen", or another
	// word for one that cannot be granted.
	Permission
	// Download asks whether URL may be downloaded; Name is the file name
	// that the server suggests.
	Download
	// FileChooser asks whether a page may let the user choose files.
	FileChooser
	// FileDrop asks whether a page may read a file that was dropped onto it;
	// Name is its path, as the host claims.
	FileDrop
	// OpenURL asks whether URL, a link that the user has followed and that no
	// page of the app may show, may be opened in the user's browser.
	OpenURL
)

var kindNames = [...]string{"command", "event", "channel message", "navigation", "new window", "permission", "download", "file chooser", "file drop", "open URL"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Caller is who sent a message, as the Core knows it: never taken from
// anything that a page can write.
type Caller struct {
	// Window and Webview are labels. Both are empty for the Core itself.
	Window, Webview string
	// Origin is that of the document that called, such as "app://localhost".
	Origin string
	// URL is the address of that document when it was loaded.
	URL string
	// Local reports whether the document is the app's own.
	Local bool
}

// FromCore reports whether the Core itself is the caller.
func (c Caller) FromCore() bool { return c.Webview == "" }

func (c Caller) String() string {
	if c.FromCore() {
		return "core"
	}
	if c.Window == c.Webview {
		return fmt.Sprintf("window %q (%s)", c.Window, c.Origin)
	}
	return fmt.Sprintf("window %q, webview %q (%s)", c.Window, c.Webview, c.Origin)
}

// Field is one header field of a call.
type Field struct{ Name, Value string }

// Header holds the fields that a page gave to invoke. Names compare without
// regard to case.
type Header []Field

// Get returns the first value of a field. A value "undefined" counts as
// absent, since that is what JavaScript makes of a missing one.
func (h Header) Get(name string) (string, bool) {
	i := slices.IndexFunc(h, func(f Field) bool { return strings.EqualFold(f.Name, name) })
	if i < 0 || h[i].Value == "undefined" {
		return "", false
	}
	return h[i].Value, true
}

// TargetKind is the kind of a [Target].
type TargetKind string

// The kinds of event targets, as on the page's side.
const (
	Any           TargetKind = "Any"
	AppTarget     TargetKind = "App"
	AnyLabel      TargetKind = "AnyLabel"
	Window        TargetKind = "Window"
	Webview       TargetKind = "Webview"
	WebviewWindow TargetKind = "WebviewWindow"
)

// Target says whom an event is for, or whose events a listener wants.
type Target struct {
	Kind  TargetKind `json:"kind"`
	Label string     `json:"label,omitzero"`
}

// Message is one message. An interceptor may change Name, Args, Header and
// Target before it calls the next handler; the capability check comes after
// all interceptors and judges what they have made of it.
type Message struct {
	Kind Kind
	Name string
	From Caller
	// Args is a JSON value: an object for commands, anything for events and
	// channel messages. It is nil for commands called with raw bytes, for
	// channel messages of bytes, and for decisions.
	Args jsontext.Value
	// Body holds the raw bytes of a call or a channel message, to be read once;
	// nil if there are none. BodySize is their number. An interceptor that
	// reads them puts a reader of what is to go on in their place.
	Body     io.Reader
	BodySize int64
	Header   Header
	Target   Target
	// URL is what a decision is about.
	URL string
	// MainFrame is false for the navigation of an iframe.
	MainFrame bool
	// Redirect is set where a server has led a navigation to URL, and no page.
	Redirect bool

	// Scope is what the permissions of the caller say about this command.
	// It is set by the capability check, after the interceptors.
	Scope capability.Scope
	// Channels opens the channels that the arguments name.
	Channels ChannelOpener
	// Page is the document that sent a command; nil if the Core did.
	Page Page
}

// Page is a document in a webview, from when it can call until it is left:
// another one at the same address is another Page. It is comparable.
type Page interface {
	// Caller says which it is.
	Caller() Caller
	// Context ends with the page.
	Context() context.Context
	// Emit sends an event to the listeners of the webview that the page is in.
	Emit(ctx context.Context, event string, payload any) error
	// AddResource keeps a value for the page, which names it by a number from
	// then on. closed, which may be nil, is called once, on a goroutine that
	// may wait: when the page closes the resource, whose promise waits for it, or
	// when the page ends. A page has at most 16,384 resources.
	AddResource(value any, closed func()) (rid uint32, err error)
	// AddSharedResource is AddResource of a value that all pages of the app may
	// use and close, as long as this page is there.
	AddSharedResource(value any, closed func()) (rid uint32, err error)
	// Resource returns a value that AddResource was given for this page, or
	// AddSharedResource for any.
	Resource(rid uint32) (any, error)
	// CloseResource closes what the page could close. done is closed when the
	// function that it was added with has returned; do not wait for it there.
	CloseResource(rid uint32) (done <-chan struct{}, err error)
	// Image returns the image that v names in one of the forms that
	// transformImage of @tauri-apps/api/image makes: the number of an Image of the
	// page, the bytes of a PNG or an ICO, a path to one, or an object with rgba,
	// width and height. nil is what null names. A path has to be in the scope of
	// core:image:allow-from-path. ctx is that of a command that the page has
	// called. The image may be shared: it must not be changed.
	Image(ctx context.Context, v jsontext.Value) (*image.NRGBA, error)
	// AddImage makes an Image of that class for the page, which names it by a
	// number and closes it. Images have at most 16,777,216 pixels, and those of a
	// page together at most 256 MiB, at 4 bytes for each pixel.
	AddImage(i image.Image) (rid uint32, err error)
	// Share returns what the pages of the webview have in common: the value that
	// first returned when one of them asked for that key before any other. It stays
	// through all pages of the webview, and is dropped when that is closed: then the
	// context ends that first was given. The type of a key belongs to the package
	// that knows what the value is, as with context.WithValue. first may be called
	// although another value is then the first one.
	Share(key any, first func(webview context.Context) any) any
}

// Result is what a handler returns for a command: JSON, or bytes, or a
// stream. The zero value is null. For decisions it is not used.
type Result struct {
	JSON jsontext.Value
	// Bytes arrive in the page as an ArrayBuffer.
	Bytes []byte
	// Stream is read to its end and closed; it too arrives as an ArrayBuffer.
	// StreamSize is its length in bytes, or -1 if that is not known.
	Stream     io.ReadCloser
	StreamSize int64
}

// Handler handles a message. An error rejects the call, drops the event or
// refuses the decision; its text reaches the page that called.
type Handler func(ctx context.Context, m *Message) (Result, error)

// Interceptor stands between the sender of a message and its handler. It is
// called for every message and may be called for several at once. Interceptors
// run in the order in which they were added. For a decision an interceptor can
// refuse what the capabilities allow, never allow what they refuse. The context
// that it passes on must come from the one that it got.
type Interceptor func(ctx context.Context, m *Message, next Handler) (Result, error)

// Chain puts interceptors before a handler.
func Chain(h Handler, in ...Interceptor) Handler {
	for _, i := range slices.Backward(in) {
		next := h
		h = func(ctx context.Context, m *Message) (Result, error) { return i(ctx, m, next) }
	}
	return h
}

type messageKey struct{}

// WithMessage returns a context from which [MessageFrom] returns m.
func WithMessage(ctx context.Context, m *Message) context.Context {
	return context.WithValue(ctx, messageKey{}, m)
}

// MessageFrom returns the message that a command is being run for: its
// caller, headers, scope and raw bytes.
func MessageFrom(ctx context.Context) (*Message, bool) {
	m, ok := ctx.Value(messageKey{}).(*Message)
	return m, ok
}
