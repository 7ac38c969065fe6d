package build

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/png" // icons
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/tc-hib/winres"
	"github.com/tc-hib/winres/version"
)

// iconID is the name of the icon that Windows shows for a program: the first.
const iconID = winres.ID(1)

// english is the language of the version's texts, as Windows numbers it.
const english = 0x0409

// addResources puts into a program for Windows what its desktop shows of it: the
// icon, the name and the version. It also says that the program knows about
// screens of high resolution.
func (b *builder) addResources(file string) error {
	var set winres.ResourceSet
	icon, err := b.windowsIcon()
	if err != nil {
		return err
	}
	if icon != nil {
		if err := set.SetIcon(iconID, icon); err != nil {
			return err
		}
	}
	c := b.p.Config
	set.SetManifest(winres.AppManifest{DPIAwareness: winres.DPIPerMonitorV2, LongPathAware: true, UseCommonControlsV6: true})
	var info version.Info
	info.Set(english, version.ProductName, b.p.Name())
	info.Set(english, version.FileDescription, b.p.Name())
	info.Set(english, version.OriginalFilename, filepath.Base(file))
	info.Set(english, version.CompanyName, c.Bundle.Publisher)
	info.Set(english, version.LegalCopyright, c.Bundle.Copyright)
	if c.Version != "" {
		number, _, _ := strings.Cut(c.Version, "-") // Windows knows numbers only
		number, _, _ = strings.Cut(number, "+")
		info.SetFileVersion(number)
		info.SetProductVersion(number)
		info.Set(english, version.ProductVersion, c.Version)
	}
	set.SetVersionInfo(info)
	program, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var with bytes.Buffer
	if err := set.WriteToEXE(&with, bytes.NewReader(program)); err != nil {
		return fmt.Errorf("icon and version of %s: %w", filepath.Base(file), err)
	}
	return os.WriteFile(file, with.Bytes(), 0o755)
}

// windowsIcon reads the app's icon: an ICO file if there is one, or else the
// largest PNG file. Nil means that there is none.
func (b *builder) windowsIcon() (*winres.Icon, error) {
	var largest image.Image
	for _, name := range b.p.Config.Bundle.Icon {
		f, err := os.Open(b.p.Path(name))
		if err != nil {
			return nil, err
		}
		icon, img, err := readIcon(f, filepath.Ext(name))
		f.Close()
		switch {
		case err != nil:
			return nil, fmt.Errorf("bundle.icon: %s: %w", name, err)
		case icon != nil:
			return icon, nil
		case img != nil && (largest == nil || img.Bounds().Dx() > largest.Bounds().Dx()):
			largest = img
		}
	}
	if largest == nil {
		return nil, nil
	}
	icon, err := winres.NewIconFromResizedImage(largest, nil)
	if err != nil {
		return nil, fmt.Errorf("bundle.icon: %w", err)
	}
	return icon, nil
}

// readIcon returns an icon or a picture, or neither for a file of another kind,
// as those for macOS.
func readIcon(f io.ReadSeeker, ext string) (*winres.Icon, image.Image, error) {
	switch strings.ToLower(ext) {
	case ".ico":
		icon, err := winres.LoadICO(f)
		return icon, nil, err
	case ".png":
		img, _, err := image.Decode(f)
		if errors.Is(err, image.ErrFormat) {
			err = errors.New("it is no PNG file")
		}
		return nil, img, err
	}
	return nil, nil, nil
}
