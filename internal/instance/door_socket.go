//go:build !windows

package instance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// door is where others find the holder of a folder: a Unix socket.
type door struct {
	listener *net.UnixListener
	address  string
	made     string      // a folder for the socket alone; "" if there is none
	socket   os.FileInfo // what is at address, until somebody else has put something there
}

func openDoor(dir, runtimeDir string) (*door, error) {
	path, made := socketPath(dir, runtimeDir), ""
	if len(path) > maxSocketPath {
		var err error
		if made, err = os.MkdirTemp("", "mullion-"); err != nil {
			return nil, err
		}
		path = filepath.Join(made, "instance.sock")
	}
	d, err := listen(path)
	if err != nil {
		if made != "" {
			_ = os.Remove(made)
		}
		return nil, err
	}
	d.made = made
	return d, nil
}

func listen(path string) (*door, error) {
	// Whose it was is gone: the lock is ours.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	err = os.Chmod(path, 0o600)
	var socket os.FileInfo
	if err == nil {
		socket, err = os.Lstat(path)
	}
	if err != nil {
		listener.Close()
		return nil, err
	}
	listener.SetUnlinkOnClose(false)
	return &door{listener: listener, address: path, socket: socket}, nil
}

// maxSocketPath is how long the name of a socket may be on the systems that
// take the least: sun_path of macOS has 104 bytes.
const maxSocketPath = 100

// socketPath is where the socket for a folder is: in the folder for the user's
// running programs, if there is one, and else in the folder itself.
func socketPath(dir, runtimeDir string) string {
	if !filepath.IsAbs(runtimeDir) || !privateDir(runtimeDir) {
		return filepath.Join(dir, "instance.sock")
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(runtimeDir, "mullion-"+hex.EncodeToString(sum[:8])+".sock")
}

// accept waits for the next process. After close the error is net.ErrClosed.
func (d *door) accept() (conn, error) {
	for {
		c, err := d.listener.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if checkPeer(c) == nil {
			return c, nil
		}
		c.Close()
	}
}

func (d *door) close() {
	// Where the folder was replaced meanwhile, another process holds the one that
	// has the name now, and hears at the same path.
	if now, err := os.Lstat(d.address); err == nil && os.SameFile(now, d.socket) {
		_ = os.Remove(d.address)
	}
	d.listener.Close()
	if d.made != "" {
		_ = os.Remove(d.made)
	}
}

// knock connects to the door of another process of the same user.
func knock(ctx context.Context, address string) (conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotThere, err)
	}
	if err := checkPeer(c.(*net.UnixConn)); err != nil {
		c.Close()
		return nil, err
	}
	return c.(*net.UnixConn), nil
}
