package notify

import (
	"image"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"
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
	if n.DesktopEntry != "" {
		hints["desktop-entry"] = dbus.MakeVariant(n.DesktopEntry)
	}
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

// pixels is a picture as the hint image-data has it, (iiibiiay).
type pixels struct {
	Width, Height, Stride int32
	Alpha                 bool
	Bits, Channels        int32
	Data                  []byte
}

// pixelsOf turns a picture into rows of red, green, blue and alpha, not
// multiplied. A large one is sampled.
func pixelsOf(m image.Image) pixels {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	if most := max(w, h); most > maxPicture {
		w, h = max(w*maxPicture/most, 1), max(h*maxPicture/most, 1)
	}
	p := pixels{int32(w), int32(h), int32(4 * w), true, 8, 4, make([]byte, 0, 4*w*h)}
	for y := range h {
		for x := range w {
			red, green, blue, alpha := m.At(b.Min.X+x*b.Dx()/w, b.Min.Y+y*b.Dy()/h).RGBA()
			if alpha == 0 {
				p.Data = append(p.Data, 0, 0, 0, 0)
				continue
			}
			straight := func(v uint32) byte { return byte(v * 0xffff / alpha >> 8) }
			p.Data = append(p.Data, straight(red), straight(green), straight(blue), byte(alpha>>8))
		}
	}
	return p
}
