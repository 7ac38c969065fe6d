package config

import "github.com/mullion-dev/mullion/internal/document"

// BundleWindows is the "bundle.windows" object.
type BundleWindows struct {
	// DigestAlgorithm is the hash for signing, as in "sha256".
	DigestAlgorithm string `conf:"digestAlgorithm,null"`
	// CertificateThumbprint is the SHA-1 of the certificate to sign with.
	CertificateThumbprint string `conf:"certificateThumbprint,null"`
	// TimestampURL is a time stamp server; TSP speaks RFC 3161 with it.
	TimestampURL string `conf:"timestampUrl,null"`
	TSP          bool   `conf:"tsp"`
	// WebviewInstallMode is how WebView2 comes to machines without it.
	WebviewInstallMode WebviewInstallMode `conf:"webviewInstallMode"`
	// AllowDowngrades lets an installer replace a newer version. True by
	// default.
	AllowDowngrades bool `conf:"allowDowngrades"`
	// MinimumWebview2Version makes the installer update an older WebView2.
	MinimumWebview2Version string `conf:"minimumWebview2Version,null"`
	// Wix and NSIS are the two makers of installers; nil means their defaults.
	Wix  *Wix  `conf:"wix"`
	NSIS *NSIS `conf:"nsis"`
	// SignCommand signs in place of the system's tool; nil means none.
	SignCommand *SignCommand `conf:"signCommand"`
	// BundleVCRuntime ships the libraries of the C runtime.
	BundleVCRuntime bool `conf:"bundleVCRuntime,alias=bundleVcRuntime"`
}

func (b *BundleWindows) setDefaults() { b.AllowDowngrades = true }

// WebviewInstallMode is how WebView2 comes to machines without it.
type WebviewInstallMode struct {
	// Type is "downloadBootstrapper" by default.
	Type WebviewInstallType `conf:"type,required"`
	// Silent runs its installer without windows. True by default; no meaning
	// for "skip" and "fixedRuntime".
	Silent bool `conf:"silent"`
	// Path is that of the runtime to ship, for "fixedRuntime" only.
	Path string `conf:"path"`
}

func (m *WebviewInstallMode) setDefaults() {
	m.Type = WebviewDownloadBootstrapper
	m.Silent = true
}

func (m *WebviewInstallMode) check(d *decoder, n *document.Node, path string) {
	pathPath := document.JoinKey(path, "path")
	switch {
	case m.Type == WebviewFixedRuntime && n.Get("path") == nil:
		d.Report(n, pathPath, "required for \"fixedRuntime\"")
	case m.Type != WebviewFixedRuntime && n.Get("path") != nil:
		d.Report(n.Get("path"), pathPath, "only for \"fixedRuntime\"")
	}
	if v := n.Get("silent"); v != nil && (m.Type == WebviewSkip || m.Type == WebviewFixedRuntime) {
		d.Report(v, document.JoinKey(path, "silent"), "not for %q, which installs nothing", m.Type)
	}
}

// WebviewInstallType names a way to install WebView2.
type WebviewInstallType string

// The ways to install WebView2.
const (
	WebviewSkip                 WebviewInstallType = "skip"
	WebviewDownloadBootstrapper WebviewInstallType = "downloadBootstrapper" // fetched by the installer
	WebviewEmbedBootstrapper    WebviewInstallType = "embedBootstrapper"    // in the installer, fetches the rest
	WebviewOfflineInstaller     WebviewInstallType = "offlineInstaller"     // all in the installer
	WebviewFixedRuntime         WebviewInstallType = "fixedRuntime"         // shipped with the app, for it alone
)

func (WebviewInstallType) values() []string {
	return []string{"skip", "downloadBootstrapper", "embedBootstrapper", "offlineInstaller", "fixedRuntime"}
}

// SignCommand is a program that signs a file. The configuration has a line
// with %1 for the file, or an object.
type SignCommand struct {
	// Line is set if the configuration has a string; the other fields are
	// empty then.
	Line string
	// Cmd is the program and Args its arguments, one of them %1.
	Cmd  string   `conf:"cmd,required"`
	Args []string `conf:"args,required"`
}

func (*SignCommand) shape() string { return "a string or an object" }

func (s *SignCommand) decodeShort(_ *decoder, n *document.Node, _ string) bool {
	s.Line = n.Text
	return n.Kind == document.String
}

// Wix is the "bundle.windows.wix" object: MSI installers. Paths to .wxs files
// and images are relative to the file of the configuration.
type Wix struct {
	// Version is that of the MSI, as a.b.c or a.b.c.d; empty means derived from
	// the app's.
	Version string `conf:"version,null"`
	// UpgradeCode is a GUID; empty means derived from the product name.
	UpgradeCode string `conf:"upgradeCode,null"`
	// Language is en-US by default.
	Language WixLanguages `conf:"language"`
	// Template is a .wxs file; empty means the default.
	Template           string   `conf:"template,null"`
	FragmentPaths      []string `conf:"fragmentPaths"`
	ComponentGroupRefs []string `conf:"componentGroupRefs"`
	ComponentRefs      []string `conf:"componentRefs"`
	FeatureGroupRefs   []string `conf:"featureGroupRefs"`
	FeatureRefs        []string `conf:"featureRefs"`
	MergeRefs          []string `conf:"mergeRefs"`
	// EnableElevatedUpdateTask makes a scheduled task for updates.
	EnableElevatedUpdateTask bool `conf:"enableElevatedUpdateTask"`
	// BannerPath is a bitmap of 493 by 58 pixels, DialogImagePath one of 493 by
	// 312.
	BannerPath      string `conf:"bannerPath,null"`
	DialogImagePath string `conf:"dialogImagePath,null"`
	FIPSCompliant   bool   `conf:"fipsCompliant"`
}

func (w *Wix) setDefaults() { w.Language = WixLanguages{{Language: "en-US"}} }

// WixLanguage is a language of an MSI installer.
type WixLanguage struct {
	// Language is a tag as en-US.
	Language string
	// LocalePath is a file with translations; empty means the default.
	LocalePath string
}

// WixLanguages are the languages of MSI installers, in file order. The
// configuration has one tag, an array, or an object by tag.
type WixLanguages []WixLanguage

func (l *WixLanguages) decode(d *decoder, n *document.Node, path string) {
	*l = nil
	switch n.Kind {
	case document.String:
		*l = append(*l, WixLanguage{Language: n.Text})
	case document.Object:
		for _, m := range n.Members {
			memberPath := document.JoinKey(path, m.Name)
			language := WixLanguage{Language: m.Name}
			if d.want(m.Value, memberPath, document.Object) {
				if i := m.Value.Index("locale-path"); i >= 0 && m.Value.Get("localePath") == nil {
					m.Value.Members[i].Name = "localePath"
				}
				d.unknownKeys(m.Value, memberPath, "localePath")
				if v := m.Value.Get("localePath"); v != nil && v.Kind != document.Null && d.want(v, document.JoinKey(memberPath, "localePath"), document.String) {
					language.LocalePath = v.Text
				}
			}
			*l = append(*l, language)
		}
	default:
		for _, tag := range d.strings(n, path, "a string, an array of strings or an object") {
			*l = append(*l, WixLanguage{Language: tag})
		}
	}
}

// NSIS is the "bundle.windows.nsis" object: setup programs.
type NSIS struct {
	// Template is a .nsi file; empty means the default.
	Template string `conf:"template,null"`
	// HeaderImage is a bitmap of 150 by 57 pixels, SidebarImage one of 164 by
	// 314.
	HeaderImage            string `conf:"headerImage,null"`
	SidebarImage           string `conf:"sidebarImage,null"`
	InstallerIcon          string `conf:"installerIcon,null,alias=install-icon"`
	UninstallerIcon        string `conf:"uninstallerIcon,null"`
	UninstallerHeaderImage string `conf:"uninstallerHeaderImage,null"`
	// InstallMode is "currentUser" by default.
	InstallMode NSISInstallMode `conf:"installMode"`
	// Languages are NSIS's names of languages; none means English.
	Languages []string `conf:"languages,null"`
	// CustomLanguageFiles are .nsh files by language.
	CustomLanguageFiles     map[string]string `conf:"customLanguageFiles,null"`
	DisplayLanguageSelector bool              `conf:"displayLanguageSelector"`
	// Compression is "lzma" by default.
	Compression NSISCompression `conf:"compression"`
	// StartMenuFolder holds the shortcut; empty means none of its own.
	StartMenuFolder string `conf:"startMenuFolder,null"`
	// InstallerHooks is a .nsh file with macros run before and after.
	InstallerHooks string `conf:"installerHooks,null"`
	// MinimumWebview2Version is the old place of that of [BundleWindows].
	MinimumWebview2Version string `conf:"minimumWebview2Version,null"`
}

func (s *NSIS) setDefaults() {
	s.InstallMode = "currentUser"
	s.Compression = "lzma"
}

// NSISInstallMode is for whom the app is installed: currentUser, perMachine or
// both (the user is asked).
type NSISInstallMode string

func (NSISInstallMode) values() []string { return []string{"currentUser", "perMachine", "both"} }

// NSISCompression is that of a setup program: zlib, bzip2, lzma or none.
type NSISCompression string

func (NSISCompression) values() []string { return []string{"zlib", "bzip2", "lzma", "none"} }
