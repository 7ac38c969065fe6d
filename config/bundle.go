package config

import (
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/document"
)

// Bundle is the "bundle" object: how installers and packages are made. Only
// Icon has an effect, on windows; the rest is read and checked for the sake of
// tools that make packages, and named in the log of an app whose file has it.
type Bundle struct {
	// Active makes bundles at all.
	Active bool `conf:"active"`
	// Targets are the kinds to make; all of the system by default.
	Targets BundleTargets `conf:"targets"`
	// CreateUpdaterArtifacts signs bundles for updates.
	CreateUpdaterArtifacts UpdaterArtifacts `conf:"createUpdaterArtifacts"`
	// Publisher is by default the second part of the identifier.
	Publisher string `conf:"publisher,null"`
	Homepage  string `conf:"homepage,null"`
	// Icon lists PNG, ICNS and ICO files; each target takes what fits. The
	// first that fits is the default icon of windows too.
	Icon []string `conf:"icon"`
	// Resources are files to install with the app; nil means none.
	Resources *Resources `conf:"resources"`
	Copyright string     `conf:"copyright,null"`
	// License is an SPDX identifier, LicenseFile a path.
	License     string `conf:"license,null"`
	LicenseFile string `conf:"licenseFile,null"`
	// Category is the category in app stores, mapped for each system.
	Category string `conf:"category,null"`
	// FileAssociations are the types of files that the app opens.
	FileAssociations []FileAssociation `conf:"fileAssociations,null"`
	ShortDescription string            `conf:"shortDescription,null"`
	LongDescription  string            `conf:"longDescription,null"`
	// UseLocalToolsDir keeps the tools of the bundler in the project.
	UseLocalToolsDir bool `conf:"useLocalToolsDir"`
	// ExternalBin are programs to install beside the app's, each as its path
	// without "-<target triple>" and ".exe".
	ExternalBin []string `conf:"externalBin,null"`

	Windows BundleWindows `conf:"windows"`
	Linux   BundleLinux   `conf:"linux"`
	MacOS   BundleMacOS   `conf:"macOS"`
	// IOS and Android are kept, but nothing here makes bundles for phones.
	IOS     BundleIOS     `conf:"iOS"`
	Android BundleAndroid `conf:"android"`
}

func (b *Bundle) setDefaults() {
	b.Targets.All = true
}

// BundleTarget is a kind of bundle: deb, rpm, appimage, msi, nsis, app or dmg.
type BundleTarget string

func (BundleTarget) values() []string {
	return []string{"deb", "rpm", "appimage", "msi", "nsis", "app", "dmg"}
}

// BundleTargets is which kinds of bundles to make. The configuration has
// "all", one kind or an array.
type BundleTargets struct {
	// All means every kind of the system.
	All bool
	// List are the kinds if All is false.
	List []BundleTarget
}

func (t *BundleTargets) decode(d *decoder, n *document.Node, path string) {
	*t = BundleTargets{All: n.Kind == document.String && strings.EqualFold(n.Text, "all")}
	if t.All {
		return
	}
	items := []*document.Node{n}
	if n.Kind == document.Array {
		items = n.Items
	}
	known := BundleTarget("").values()
	for i, item := range items {
		itemPath := path
		if n.Kind == document.Array {
			itemPath = document.JoinIndex(path, i)
		}
		switch {
		case item.Kind != document.String:
			d.Report(item, itemPath, "want \"all\" or any of %s, not %s", quoteList(known), item.Kind)
		case !slices.Contains(known, strings.ToLower(item.Text)):
			d.Report(item, itemPath, "unknown value %q: want \"all\" or any of %s%s", item.Text, quoteList(known), didYouMean(item.Text, known))
		default:
			t.List = append(t.List, BundleTarget(strings.ToLower(item.Text)))
		}
	}
}

// UpdaterArtifacts is how bundles are signed for updates. The configuration
// has false, true or "v1Compatible".
type UpdaterArtifacts string

// The ways of signing.
const (
	UpdaterArtifactsNone UpdaterArtifacts = ""
	UpdaterArtifactsV2   UpdaterArtifacts = "v2"
	UpdaterArtifactsV1   UpdaterArtifacts = "v1Compatible" // in archives of their own
)

func (u *UpdaterArtifacts) decode(d *decoder, n *document.Node, path string) {
	switch {
	case n.Kind == document.Bool && n.Bool:
		*u = UpdaterArtifactsV2
	case n.Kind == document.Bool:
		*u = UpdaterArtifactsNone
	case n.Kind == document.String && n.Text == string(UpdaterArtifactsV1):
		*u = UpdaterArtifactsV1
	default:
		d.Report(n, path, "want a boolean or \"v1Compatible\"")
	}
}

// Resources are files to install with the app. One of the fields is set.
type Resources struct {
	// List has files, directories and patterns; their place below the resource
	// directory is as in the project.
	List []string
	// Map has sources and their targets below the resource directory.
	Map map[string]string
}

func (r *Resources) decode(d *decoder, n *document.Node, path string) {
	if n.Kind != document.Object {
		r.List = d.strings(n, path, "an array or an object of strings")
		return
	}
	r.Map = map[string]string{}
	for _, m := range n.Members {
		if d.want(m.Value, document.JoinKey(path, m.Name), document.String) {
			r.Map[m.Name] = m.Value.Text
		}
	}
}

// FileAssociation is a type of file that the app opens.
type FileAssociation struct {
	// Ext are the extensions, without the dot. Required.
	Ext []string `conf:"ext,required"`
	// ContentTypes are uniform type identifiers. macOS only.
	ContentTypes []string `conf:"contentTypes,null"`
	// Name is by default the first extension. macOS only.
	Name string `conf:"name,null"`
	// Description is shown in the file manager. Windows only.
	Description string `conf:"description,null"`
	// Role is "Editor" by default. macOS only.
	Role FileRole `conf:"role"`
	// MimeType is used on Linux and macOS.
	MimeType string `conf:"mimeType,null"`
	// Rank is "Default" by default. macOS only.
	Rank FileRank `conf:"rank"`
	// ExportedType declares a type of the app's own; nil means none. macOS
	// only.
	ExportedType *ExportedType `conf:"exportedType"`
}

func (f *FileAssociation) setDefaults() {
	f.Role = "Editor"
	f.Rank = "Default"
}

func (f *FileAssociation) check(*decoder, *document.Node, string) {
	for i := range f.Ext {
		f.Ext[i] = strings.TrimPrefix(f.Ext[i], ".")
	}
	if f.Name == "" && len(f.Ext) > 0 {
		f.Name = f.Ext[0]
	}
}

// ignored lists the keys for phones.
func (FileAssociation) ignored() map[string]document.Kind {
	return map[string]document.Kind{"androidIntentActionFilters": document.Array}
}

// FileRole is what the app does with a type of file: Editor, Viewer, Shell,
// QLGenerator or None.
type FileRole string

func (FileRole) values() []string {
	return []string{"Editor", "Viewer", "Shell", "QLGenerator", "None"}
}

// FileRank is how macOS ranks the app for a type of file: Default, Owner,
// Alternate or None.
type FileRank string

func (FileRank) values() []string { return []string{"Default", "Owner", "Alternate", "None"} }

// ExportedType is a uniform type identifier of the app's own.
type ExportedType struct {
	Identifier string   `conf:"identifier,required"`
	ConformsTo []string `conf:"conformsTo,null"`
}
