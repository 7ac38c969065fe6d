package updater

import (
	"errors"
	"fmt"
)

// settings is the section plugins.updater of the configuration.
type settings struct {
	Endpoints             []string `json:"endpoints"`
	PublicKey             string   `json:"pubkey"`
	InsecureTransport     bool     `json:"dangerousInsecureTransportProtocol"`
	AcceptInvalidCerts    bool     `json:"dangerousAcceptInvalidCerts"`
	AcceptInvalidHosts    bool     `json:"dangerousAcceptInvalidHostnames"`
	RequireSignedVersion  bool     `json:"requireSignedVersion"`
	AllowDowngrades       bool     `json:"allowDowngrades"`
	Windows               *windows `json:"windows"`
	InsecureTransport2    bool     `json:"dangerous-insecure-transport-protocol"` // the names with hyphens are published, too
	AcceptInvalidCerts2   bool     `json:"dangerous-accept-invalid-certs"`
	AcceptInvalidHosts2   bool     `json:"dangerous-accept-invalid-hostnames"`
	RequireSignedVersion2 bool     `json:"require-signed-version"`
	AllowDowngrades2      bool     `json:"allow-downgrades"`
}

func (s *settings) insecure() bool       { return s.InsecureTransport || s.InsecureTransport2 }
func (s *settings) anyCertificate() bool { return s.AcceptInvalidCerts || s.AcceptInvalidCerts2 }
func (s *settings) anyHost() bool        { return s.AcceptInvalidHosts || s.AcceptInvalidHosts2 }
func (s *settings) requireSignedVersion() bool {
	return s.RequireSignedVersion || s.RequireSignedVersion2
}
func (s *settings) allowDowngrades() bool { return s.AllowDowngrades || s.AllowDowngrades2 }

type windows struct {
	Mode  InstallMode `json:"installMode"`
	Args  []string    `json:"installerArgs"`
	Mode2 InstallMode `json:"install-mode"`
	Args2 []string    `json:"installer-args"`
}

// mode and args are for the installer of Windows.
func (s *settings) mode() InstallMode {
	switch w := s.Windows; {
	case w != nil && w.Mode != "":
		return w.Mode
	case w != nil && w.Mode2 != "":
		return w.Mode2
	}
	return Passive
}

func (s *settings) args() []string {
	if s.Windows == nil {
		return nil
	}
	return append(append([]string(nil), s.Windows.Args...), s.Windows.Args2...)
}

// InstallMode is what an installer shows on Windows:
// plugins.updater.windows.installMode of the configuration.
type InstallMode string

// The modes: a bar that tells how far it is, which is the default; a small user
// interface with a last dialog; nothing, which needs an installer that may ask
// for no rights.
const (
	Passive InstallMode = "passive"
	BasicUI InstallMode = "basicUi"
	Quiet   InstallMode = "quiet"
)

// UnmarshalText refuses what is not a mode.
func (m *InstallMode) UnmarshalText(text []byte) error {
	switch v := InstallMode(text); v {
	case Passive, BasicUI, Quiet:
		*m = v
		return nil
	}
	return fmt.Errorf("%q is none of passive, basicUi and quiet", text)
}

var errInsecure = errors.New("The configured updater endpoint must use a secure protocol like `https`.")
