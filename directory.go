package mullion

import (
	"fmt"

	"github.com/mullion-dev/mullion/plugin"
)

// BaseDirectory is a folder that the system keeps for a purpose. Its numbers
// are those of BaseDirectory in @tauri-apps/api/path.
type BaseDirectory int

// The folders. Those with App are the app's own, named by the identifier of
// the configuration, or below Options.DataDir.
const (
	AudioDir     BaseDirectory = iota + 1
	CacheDir                   // what programs can make again
	ConfigDir                  // what the user has set
	DataDir                    // what programs keep; on Windows it follows the user to other machines
	LocalDataDir               // what programs keep on this machine
	DocumentDir
	DownloadDir
	PictureDir
	PublicDir
	VideoDir
	ResourceDir // what was installed with the app
	TempDir
	AppConfigDir
	AppDataDir
	AppLocalDataDir
	AppCacheDir
	AppLogDir
	DesktopDir
	ExecutableDir // of the user's own programs; Linux only
	FontDir       // of the user's own fonts; Linux and macOS
	HomeDir
	RuntimeDir  // sockets and the like, gone when the user logs out; Linux only
	TemplateDir // Linux and Windows
)

// ErrNoDirectory is returned for folders that the system does not have, or
// that the user has switched off.
var ErrNoDirectory = plugin.ErrNoDirectory

// Dir returns the absolute path of a folder, which need not exist. One that
// this system does not have is an error wrapping [ErrNoDirectory].
func (a *App) Dir(d BaseDirectory) (string, error) {
	dir, err := plugin.BaseDirectory(pluginApp{a, ""}, int(d))
	if err != nil {
		return "", fmt.Errorf("mullion: %w", err)
	}
	return dir, nil
}
