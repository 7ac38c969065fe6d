package updater

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Package is what [Options.Install] installs: a file whose signature was right
// when it was called.
type Package struct {
	// File is the open file, at its beginning. It is the package that was
	// verified, whatever becomes of Path. It is closed after the call.
	File *os.File
	// Path is its name. The name ends as the one at the server does, and the file
	// is removed after the call.
	Path string
	// Release is what it is of.
	Release Release
	// Restart says whether the installer of Windows is to start the app again.
	Restart bool
	// Mode and Args are for the installer of Windows, from the configuration.
	Mode InstallMode
	Args []string
}

// InstallOptions say how to install. The zero value installs as usual.
type InstallOptions struct {
	// NoRestart is for Windows: the installer does not start the app again.
	NoRestart bool
}

// errNoInstaller is the error where there is no Options.Install.
var errNoInstaller = fmt.Errorf("installing updates is %w by this app: it has no function that does it, updater.Options.Install", errors.ErrUnsupported)

// canInstall is asked before a download whose only purpose is to install.
func (u *Updater) canInstall() error {
	if u.options.Install == nil {
		return errNoInstaller
	}
	return nil
}

// Install verifies the package again and gives it to [Options.Install]. It goes on
// when ctx ends, so that nothing is installed by half, and ends with the app. The
// Download stays open.
func (d *Download) Install(ctx context.Context, o *InstallOptions) error {
	if o == nil {
		o = &InstallOptions{}
	}
	u := d.update.u
	if err := u.canInstall(); err != nil {
		return err
	}
	ctx, end, err := u.begin(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	defer end()
	select {
	case u.installing <- struct{}{}:
		defer func() { <-u.installing }()
	default:
		return errors.New("an update is being installed")
	}
	release, err := d.use()
	if err != nil {
		return fmt.Errorf("install: %w", err)
	}
	defer release()
	if err := d.verify(); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	if err := d.isThere(); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	if _, err := d.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	p := Package{
		File: d.file, Path: d.file.Name(), Release: d.update.Release,
		Restart: !o.NoRestart, Mode: u.settings.mode(), Args: u.settings.args(),
	}
	return u.guard("Options.Install", func() error { return u.options.Install(ctx, p) })
}

// isThere fails where the name leads to another file than the one that is open.
func (d *Download) isThere() error {
	there, err := os.Lstat(d.file.Name())
	if err != nil {
		return err
	}
	open, err := d.file.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(there, open) {
		return fmt.Errorf("%w: another file has taken its place", ErrSignature)
	}
	return nil
}
