//go:build !windows

package notify

import (
	"image"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/desktop/picture"
)

// maxPicture is the largest width and height of a picture that is sent: what
// is larger is made smaller, for servers refuse long messages.
const maxPicture = 256

// markup escapes plain text for servers that read it as markup.
var markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// arguments makes those of Notify, for a server with these abilities.
func (n *Notification) arguments(abilities []string) (body string, actions []string, hints map[string]dbus.Variant) {
	body = n.Body
	if slices.Contains(abilities, "body-markup") {
		body = markup.Replace(body)
	}
	actions = []string{}
	for _, a := range n.Actions {
		actions = append(actions, a.ID, a.Label)
	}
	hints = map[string]dbus.Variant{"urgency": dbus.MakeVariant(byte(n.Urgency))}
	if n.Sound != "" {
		hints["sound-name"] = dbus.MakeVariant(n.Sound)
	}
	if n.Silent {
		hints["suppress-sound"] = dbus.MakeVariant(true)
	}
	if n.Picture != nil {
		hints["image-data"] = dbus.MakeVariant(pixelsOf(n.Picture))
	}
	if n.Reply != nil && slices.Contains(abilities, "inline-reply") {
		actions = append(actions, "inline-reply", n.Reply.Label)
		if n.Reply.Placeholder != "" {
			hints["x-kde-reply-placeholder-text"] = dbus.MakeVariant(n.Reply.Placeholder)
		}
		hints["x-kde-reply-submit-button-text"] = dbus.MakeVariant(n.Reply.Label)
	}
	return body, actions, hints
}

// pixels is a picture as the hint image-data has it, (iiibiiay):
// rows of red, green, blue and alpha, not multiplied.
type pixels struct {
	Width, Height, Stride int32
	Alpha                 bool
	Bits, Channels        int32
	Data                  []byte
}

func pixelsOf(m image.Image) pixels {
	p := picture.Fit(m, maxPicture)
	return pixels{int32(p.Rect.Dx()), int32(p.Rect.Dy()), int32(p.Stride), true, 8, 4, p.Pix}
}
