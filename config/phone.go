package config

// BundleIOS is the "bundle.iOS" object. It is checked and kept, not used.
type BundleIOS struct {
	Template        string   `conf:"template,null"`
	Frameworks      []string `conf:"frameworks,null"`
	DevelopmentTeam string   `conf:"developmentTeam,null"`
	BundleVersion   string   `conf:"bundleVersion,null"`
	// MinimumSystemVersion is "15.0" by default.
	MinimumSystemVersion string `conf:"minimumSystemVersion"`
	InfoPlist            string `conf:"infoPlist,null"`
}

func (b *BundleIOS) setDefaults() { b.MinimumSystemVersion = "15.0" }

// BundleAndroid is the "bundle.android" object. It is checked and kept, not
// used.
type BundleAndroid struct {
	// MinSDKVersion is 24 by default.
	MinSDKVersion uint32 `conf:"minSdkVersion"`
	// VersionCode is derived from the version if nil.
	VersionCode              *uint32 `conf:"versionCode"`
	AutoIncrementVersionCode bool    `conf:"autoIncrementVersionCode"`
	DebugApplicationIDSuffix string  `conf:"debugApplicationIdSuffix,null"`
}

func (b *BundleAndroid) setDefaults() { b.MinSDKVersion = 24 }
