package x11

import "testing"

// TestLargeReplies: requests whose replies may be large count as such, so that a host
// that reads none of them does not fill the server.
func TestLargeReplies(t *testing.T) {
	const most = 64 << 10
	for name, r := range map[string]string{"GetFBConfigs": "GLX", "GetVisualConfigs": "GLX", "GetRectangles": "SHAPE"} {
		m := &message{request: request{name: name}, extension: r, data: make([]byte, 64), size: 64}
		if got := m.replyCost(); got < most {
			t.Errorf("%s counts %d bytes", name, got)
		}
	}
}
