package config

import "github.com/mullion-dev/mullion/internal/document"

// BundleMacOS is the "bundle.macOS" object.
type BundleMacOS struct {
	// Frameworks are names or paths of frameworks to bundle.
	Frameworks []string `conf:"frameworks,null"`
	// Files are further files: path under Contents to source.
	Files map[string]string `conf:"files"`
	// BundleVersion is CFBundleVersion and BundleName is CFBundleName; empty
	// means the app's.
	BundleVersion string `conf:"bundleVersion,null"`
	BundleName    string `conf:"bundleName,null"`
	// MinimumSystemVersion is "10.13" by default, and for an empty text in the
	// file; empty, an explicit null there, leaves the key out of the bundle.
	MinimumSystemVersion string `conf:"minimumSystemVersion,null"`
	// ExceptionDomain may be reached without TLS.
	ExceptionDomain string `conf:"exceptionDomain,null"`
	// SigningIdentity is the name of a certificate, or "-" for ad hoc.
	SigningIdentity string `conf:"signingIdentity,null"`
	// HardenedRuntime is true by default.
	HardenedRuntime bool `conf:"hardenedRuntime"`
	// ProviderShortName is for notarisation.
	ProviderShortName string `conf:"providerShortName,null"`
	// Entitlements is a path.
	Entitlements string `conf:"entitlements,null"`
	// InfoPlist is the path of a file merged into the generated one.
	InfoPlist string `conf:"infoPlist,null"`
	DMG       DMG    `conf:"dmg"`
}

func (b *BundleMacOS) setDefaults() {
	b.MinimumSystemVersion = "10.13"
	b.HardenedRuntime = true
}

func (b *BundleMacOS) check(_ *decoder, n *document.Node, _ string) {
	if v := n.Get("minimumSystemVersion"); v != nil && v.Kind == document.String && v.Text == "" {
		b.MinimumSystemVersion = "10.13"
	}
}

// DMG is the "bundle.macOS.dmg" object: how the window of the disk image
// looks, in points.
type DMG struct {
	// Background is the path of an image; empty means none.
	Background string `conf:"background,null"`
	// WindowPosition is nil for anywhere on the screen.
	WindowPosition *DMGPoint `conf:"windowPosition"`
	// WindowSize is 660 by 400 by default.
	WindowSize DMGSize `conf:"windowSize"`
	// AppPosition is 180, 170 and ApplicationFolderPosition 480, 170 by
	// default.
	AppPosition               DMGPoint `conf:"appPosition"`
	ApplicationFolderPosition DMGPoint `conf:"applicationFolderPosition"`
}

func (m *DMG) setDefaults() {
	m.WindowSize = DMGSize{660, 400}
	m.AppPosition = DMGPoint{180, 170}
	m.ApplicationFolderPosition = DMGPoint{480, 170}
}

// DMGPoint is a place in points.
type DMGPoint struct {
	X uint32 `conf:"x,required"`
	Y uint32 `conf:"y,required"`
}

// DMGSize is a size in points.
type DMGSize struct {
	Width  uint32 `conf:"width,required"`
	Height uint32 `conf:"height,required"`
}
