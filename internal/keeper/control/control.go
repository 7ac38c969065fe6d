// Package control is what a keeper says to the hosts that it has started, each
// by a socket of its own that the host is born with.
package control

// Message is one datagram. Either a connection to a Core comes with it, or it
// is about the notice.
type Message struct {
	// Notice is what to show above all pages; one without a title takes it away.
	Notice *Notice `json:"notice,omitzero"`
}

// Notice is a text for the user.
type Notice struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

// maxText bounds the texts of a notice together: a datagram has to fit the
// buffer of a socket.
const maxText = 16 << 10

// Cut makes a notice fit a datagram.
func (n Notice) Cut() Notice {
	n.Title = cut(n.Title, maxText/4)
	n.Text = cut(n.Text, maxText/2)
	return n
}

func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && s[most]&0xc0 == 0x80 {
		most--
	}
	return s[:most] + "…"
}
