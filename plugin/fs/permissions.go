package fs

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/plugin/files"
)

// appFolders are what "app" stands for in names of permissions.
var appFolders = []string{"$APPCONFIG", "$APPDATA", "$APPLOCALDATA", "$APPCACHE", "$APPLOG"}

// folders are the words for folders in names of permissions, besides "app". In
// capital letters they are variables.
var folders = map[string]string{
	"appcache": "$APPCACHE", "appconfig": "$APPCONFIG", "appdata": "$APPDATA", "applocaldata": "$APPLOCALDATA", "applog": "$APPLOG",
	"audio": "$AUDIO", "cache": "$CACHE", "config": "$CONFIG", "data": "$DATA", "desktop": "$DESKTOP", "document": "$DOCUMENT",
	"download": "$DOWNLOAD", "exe": "$EXE", "font": "$FONT", "home": "$HOME", "localdata": "$LOCALDATA", "log": "$LOG",
	"picture": "$PICTURE", "public": "$PUBLIC", "resource": "$RESOURCE", "runtime": "$RUNTIME", "temp": "$TEMP",
	"template": "$TEMPLATE", "video": "$VIDEO",
}

var (
	readMeta  = []string{"read_dir", "stat", "lstat", "fstat", "exists"}
	readFiles = []string{
		"read_file", "read", "open", "read_text_file", "read_text_file_lines", "read_text_file_lines_next", "seek",
		"stat", "lstat", "fstat", "exists",
	}
	writeFiles = []string{
		"allow-create", "allow-copy-file", "allow-remove", "allow-rename", "allow-truncate", "allow-ftruncate",
		"allow-write", "allow-write-file", "allow-write-text-file",
	}
)

// permissions are those of the published plugin, and deny-engine-data.
func permissions() (list []capability.Permission, sets []capability.Set) {
	add := func(id, description string, p capability.Permission) {
		p.Identifier, p.Description = id, description
		list = append(list, p)
	}
	set := func(id, description string, members ...string) {
		sets = append(sets, capability.Set{Identifier: id, Description: description, Permissions: members})
	}
	folder := func(word string, paths []string) {
		of := "the folder " + paths[0]
		if word == "app" {
			of = "the app's own folders"
		}
		var all, direct []string
		for _, p := range paths {
			all, direct = append(all, p, p+"/**"), append(direct, p, p+"/*")
		}
		add("scope-"+word+"-recursive", "All that is below "+of+".", scopePermission(all, nil))
		add("scope-"+word, "What is in "+of+".", scopePermission(direct, nil))
		add("scope-"+word+"-index", "A list of what is in "+of+".", scopePermission(paths, nil))
		for _, x := range [][2]string{{"read", "read-all"}, {"write", "write-all"}} {
			set("allow-"+word+"-"+x[0]+"-recursive", "To "+x[0]+" all below "+of+".", x[1], "scope-"+word+"-recursive")
			set("allow-"+word+"-"+x[0], "To "+x[0]+" what is in "+of+".", x[1], "scope-"+word)
		}
		set("allow-"+word+"-meta-recursive", "To list all below "+of+" and to tell sizes and times.", "read-meta", "scope-"+word+"-recursive")
		set("allow-"+word+"-meta", "To list what is in "+of+" and to tell sizes and times.", "read-meta", "scope-"+word+"-index")
	}
	folder("app", appFolders)
	for word, variable := range folders {
		folder(word, []string{variable})
	}
	add("scope", "No files by itself: its allow and deny lists count for all commands.", capability.Permission{})
	add("read-all", "To read files and folders.", capability.Permission{Allow: slices.Concat([]string{"read_dir"}, readFiles, []string{"watch", "unwatch"})})
	add("read-files", "To read files.", capability.Permission{Allow: readFiles})
	add("read-dirs", "To list folders and to tell sizes and times.", capability.Permission{Allow: readMeta})
	add("read-meta", "To list folders and to tell sizes and times.", capability.Permission{Allow: append(slices.Clone(readMeta), "size")})
	add("allow-read-text-file-lines", "To read text files line by line.",
		capability.Permission{Allow: []string{"read_text_file_lines", "read_text_file_lines_next"}})
	add("allow-write-file", "To write files.", capability.Permission{Allow: []string{"write_file", "open", "write"}})
	linux := scopePermission(nil, below("$APPLOCALDATA", "CacheStorage/**", "cookies", "hsts-storage.sqlite", "serviceworkers/**",
		"WebKitCache/**", "databases/**", "localstorage/**", "mediakeys/**", "storage/**"))
	linux.Platforms = []capability.Platform{capability.Linux}
	add("deny-webview-data-linux", "Keeps pages from what WebKitGTK stores for apps of Tauri.", linux)
	windows := scopePermission(nil, below("$APPLOCALDATA", "EBWebView/**"))
	windows.Platforms = []capability.Platform{capability.Windows}
	add("deny-webview-data-windows", "Keeps pages from what WebView2 stores.", windows)
	add("deny-engine-data", "Keeps pages from what the engine stores.", scopePermission(nil, files.Reserved()))

	set("deny-default", "Keeps pages from what the engine stores.", "deny-webview-data-linux", "deny-webview-data-windows", "deny-engine-data")
	set("create-app-specific-dirs", "To make the app's own folders.", "allow-mkdir", "scope-app-index")
	set("read-app-specific-dirs-recursive", "To read all below the app's own folders.", "allow-read-dir", "allow-read-file",
		"allow-read-text-file", "allow-read-text-file-lines", "allow-read-text-file-lines-next", "allow-exists", "scope-app-recursive")
	set("write-all", "To write, to move and to remove files and folders.", slices.Concat([]string{"allow-mkdir"}, writeFiles)...)
	set("write-files", "To write, to move and to remove files.", writeFiles...)
	return list, sets
}

func below(folder string, names ...string) (paths []string) {
	for _, n := range names {
		paths = append(paths, folder+"/"+n)
	}
	return paths
}

func scopePermission(allow, deny []string) (p capability.Permission) {
	entries := func(paths []string) (list []jsontext.Value) {
		for _, path := range paths {
			list = append(list, jsontext.Value(`{"path":"`+path+`"}`)) // no path has anything to escape
		}
		return list
	}
	p.Scope.Allow, p.Scope.Deny = entries(allow), entries(deny)
	return p
}
