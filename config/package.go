package config

import "github.com/mullion-dev/mullion/internal/document"

// BundleLinux is the "bundle.linux" object.
type BundleLinux struct {
	AppImage AppImage `conf:"appimage"`
	Deb      Deb      `conf:"deb"`
	RPM      RPM      `conf:"rpm"`
}

// AppImage is the "bundle.linux.appimage" object.
type AppImage struct {
	// BundleMediaFramework adds GStreamer, for pages with audio and video.
	BundleMediaFramework bool `conf:"bundleMediaFramework"`
	// Files are further files: target path to source.
	Files map[string]string `conf:"files"`
}

// Deb is the "bundle.linux.deb" object. Its lists of packages are in the
// syntax of Debian's control files.
type Deb struct {
	Depends    []string `conf:"depends,null"`
	Recommends []string `conf:"recommends,null"`
	Provides   []string `conf:"provides,null"`
	Conflicts  []string `conf:"conflicts,null"`
	Replaces   []string `conf:"replaces,null"`
	// Files are further files: target path to source.
	Files   map[string]string `conf:"files"`
	Section string            `conf:"section,null"`
	// Priority is "optional" if empty.
	Priority string `conf:"priority,null"`
	// Changelog is the path of the file.
	Changelog string `conf:"changelog,null"`
	// DesktopTemplate is the path of a template for the desktop entry; empty
	// means the default.
	DesktopTemplate string `conf:"desktopTemplate,null"`
	// The scripts are paths.
	PreInstallScript  string `conf:"preInstallScript,null"`
	PostInstallScript string `conf:"postInstallScript,null"`
	PreRemoveScript   string `conf:"preRemoveScript,null"`
	PostRemoveScript  string `conf:"postRemoveScript,null"`
}

// RPM is the "bundle.linux.rpm" object.
type RPM struct {
	Depends    []string `conf:"depends,null"`
	Recommends []string `conf:"recommends,null"`
	Provides   []string `conf:"provides,null"`
	Conflicts  []string `conf:"conflicts,null"`
	Obsoletes  []string `conf:"obsoletes,null"`
	// Release is "1" by default.
	Release string `conf:"release"`
	Epoch   uint32 `conf:"epoch"`
	// Files are further files: target path to source.
	Files map[string]string `conf:"files"`
	// DesktopTemplate is the path of a template for the desktop entry; empty
	// means the default.
	DesktopTemplate string `conf:"desktopTemplate,null"`
	// The scripts are paths.
	PreInstallScript  string `conf:"preInstallScript,null"`
	PostInstallScript string `conf:"postInstallScript,null"`
	PreRemoveScript   string `conf:"preRemoveScript,null"`
	PostRemoveScript  string `conf:"postRemoveScript,null"`
	// Compression is gzip at level 6 if nil.
	Compression *RPMCompression `conf:"compression"`
}

func (r *RPM) setDefaults() { r.Release = "1" }

// RPMCompression is that of the package's content.
type RPMCompression struct {
	// Type is gzip, zstd, xz, bzip2 or none. Required.
	Type RPMCompressionType `conf:"type,required"`
	// Level is that of the method; required except for none.
	Level int32 `conf:"level"`
}

func (c *RPMCompression) check(d *decoder, n *document.Node, path string) {
	level := n.Get("level")
	levelPath := document.JoinKey(path, "level")
	switch {
	case c.Type == "none" && level != nil:
		d.Report(level, levelPath, "not for \"none\"")
	case c.Type != "" && c.Type != "none" && level == nil:
		d.Report(n, levelPath, "required for %q", c.Type)
	case c.Type != "zstd" && c.Level < 0:
		d.Report(level, levelPath, "%d is negative", c.Level)
	}
}

// RPMCompressionType names a method of compression.
type RPMCompressionType string

func (RPMCompressionType) values() []string { return []string{"gzip", "zstd", "xz", "bzip2", "none"} }
