package assets

import (
	"path"
	"strings"
	"unicode/utf8"
)

// mediaTypes gives the media type by extension, in lower case, for everything
// that a web front end uses and an engine plays or shows. It is read only.
// Types are those assigned by IANA and those of the HTML and MIME Sniffing
// standards; text has its charset because an engine would guess otherwise.
var mediaTypes = map[string]string{
	// documents
	".html":  "text/html; charset=utf-8",
	".htm":   "text/html; charset=utf-8",
	".xhtml": "application/xhtml+xml",
	".xml":   "application/xml",
	".xsl":   "application/xslt+xml",
	".xslt":  "application/xslt+xml",
	".rss":   "application/rss+xml",
	".atom":  "application/atom+xml",
	".pdf":   "application/pdf",

	// programs, styles, data
	".js":          "text/javascript; charset=utf-8",
	".mjs":         "text/javascript; charset=utf-8",
	".cjs":         "text/javascript; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".json":        "application/json",
	".map":         "application/json",
	".jsonld":      "application/ld+json",
	".geojson":     "application/geo+json",
	".webmanifest": "application/manifest+json",
	".wasm":        "application/wasm",
	".gltf":        "model/gltf+json",
	".glb":         "model/gltf-binary",

	// text
	".txt":      "text/plain; charset=utf-8",
	".text":     "text/plain; charset=utf-8",
	".log":      "text/plain; charset=utf-8",
	".ini":      "text/plain; charset=utf-8",
	".conf":     "text/plain; charset=utf-8",
	".toml":     "application/toml",
	".yaml":     "application/yaml",
	".yml":      "application/yaml",
	".md":       "text/markdown; charset=utf-8",
	".markdown": "text/markdown; charset=utf-8",
	".csv":      "text/csv; charset=utf-8",
	".tsv":      "text/tab-separated-values; charset=utf-8",
	".ics":      "text/calendar; charset=utf-8",
	".vcf":      "text/vcard; charset=utf-8",
	".vtt":      "text/vtt; charset=utf-8",
	".srt":      "application/x-subrip",
	".rtf":      "application/rtf",

	// pictures
	".svg":   "image/svg+xml",
	".png":   "image/png",
	".apng":  "image/apng",
	".jpg":   "image/jpeg",
	".jpeg":  "image/jpeg",
	".jfif":  "image/jpeg",
	".pjpeg": "image/jpeg",
	".pjp":   "image/jpeg",
	".gif":   "image/gif",
	".webp":  "image/webp",
	".avif":  "image/avif",
	".heic":  "image/heic",
	".heif":  "image/heif",
	".jxl":   "image/jxl",
	".ico":   "image/vnd.microsoft.icon",
	".cur":   "image/vnd.microsoft.icon",
	".bmp":   "image/bmp",
	".tif":   "image/tiff",
	".tiff":  "image/tiff",

	// fonts
	".woff":  "font/woff",
	".woff2": "font/woff2",
	".ttf":   "font/ttf",
	".otf":   "font/otf",
	".ttc":   "font/collection",
	".eot":   "application/vnd.ms-fontobject",

	// sound
	".mp3":  "audio/mpeg",
	".m4a":  "audio/mp4",
	".aac":  "audio/aac",
	".wav":  "audio/wav",
	".flac": "audio/flac",
	".oga":  "audio/ogg",
	".ogg":  "audio/ogg",
	".opus": "audio/ogg",
	".weba": "audio/webm",
	".aif":  "audio/aiff",
	".aiff": "audio/aiff",
	".mid":  "audio/midi",
	".midi": "audio/midi",

	// film
	".mp4":  "video/mp4",
	".m4v":  "video/mp4",
	".webm": "video/webm",
	".ogv":  "video/ogg",
	".mov":  "video/quicktime",
	".mkv":  "video/matroska",
	".avi":  "video/x-msvideo",
	".mpg":  "video/mpeg",
	".mpeg": "video/mpeg",
	".3gp":  "video/3gpp",
	".ts":   "video/mp2t", // segments of a stream; TypeScript is never served to an engine
	".m3u8": "application/vnd.apple.mpegurl",
	".mpd":  "application/dash+xml",

	// archives
	".zip":  "application/zip",
	".gz":   "application/gzip",
	".tar":  "application/x-tar",
	".7z":   "application/x-7z-compressed",
	".epub": "application/epub+zip",
}

const (
	textType   = "text/plain; charset=utf-8"
	binaryType = "application/octet-stream"
	// sniffSize is how much of a file of unknown extension is looked at.
	sniffSize = 1024
)

// mediaType returns the media type for a file name, or "" if the extension is
// unknown and the content has to be looked at.
func mediaType(name string) string {
	return mediaTypes[strings.ToLower(path.Ext(name))]
}

// sniff tells text from other content by the first bytes of a file. It never
// says more than that: a type that runs program text is only given to a file
// that is named so.
func sniff(sample []byte) string {
	for len(sample) > 0 {
		c, n := utf8.DecodeRune(sample)
		if c == utf8.RuneError && n == 1 {
			if len(sample) < utf8.UTFMax && !utf8.FullRune(sample) {
				break // cut in the middle of a character
			}
			return binaryType
		}
		if c < ' ' && !strings.ContainsRune("\t\n\f\r\x1b", c) || c == 0x7f {
			return binaryType
		}
		sample = sample[n:]
	}
	return textType
}

// essence returns a media type without its parameters.
func essence(mediaType string) string {
	essence, _, _ := strings.Cut(mediaType, ";")
	return strings.TrimSpace(essence)
}

// isHTML reports whether an engine reads the type as an HTML document.
func isHTML(mediaType string) bool {
	switch essence(mediaType) {
	case "text/html", "application/xhtml+xml":
		return true
	}
	return false
}

// isPassive reports whether a file of this type can do nothing but be shown or
// played, even if a window navigates to it. Everything not known to be passive
// counts as a document. PDF is passive: engines show it in a viewer with an
// origin of its own, which a Content-Security-Policy would break.
func isPassive(mediaType string) bool {
	essence := essence(mediaType)
	switch essence {
	case "image/svg+xml":
		return false
	case "application/pdf":
		return true
	}
	switch family, _, _ := strings.Cut(essence, "/"); family {
	case "image", "audio", "video", "font":
		return true
	}
	return false
}
