package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/icons"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

func iconCommand(t *term.Term) *cli.Command {
	return &cli.Command{
		Name: "icon", Usage: "make the icons of an app from one picture", ArgsUsage: "PICTURE",
		Description: fmt.Sprintf("PICTURE is a square SVG, or a square PNG, best of %d×%d pixels and at least of %d×%d. Writes PNG files in the usual sizes,\n", icons.Best, icons.Best, icons.Smallest, icons.Smallest) +
			"icon.ico and icon.icns into the folder icons beside the configuration, and replaces those that are there.\n\n" +
			"Example: mullion icon logo.svg",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "the folder to write to"},
			&cli.IntSliceFlag{Name: "png", Usage: "a further size of a PNG; may be repeated"},
			jsonFlag(),
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			if n := c.Args().Len(); n != 1 {
				return usageOf(ctx, c, fmt.Errorf("want one PICTURE, not %d arguments", n), false)
			}
			for _, size := range c.IntSlice("png") {
				if size < 1 || size > icons.Best {
					return usageOf(ctx, c, fmt.Errorf("--png %d: want a size from 1 to %d", size, icons.Best), false)
				}
			}
			return makeIcons(t, c.Args().First(), c.String("output"), c.IntSlice("png"), c.Bool("json"))
		},
	}
}

func makeIcons(t *term.Term, picture, output string, sizes []int, asJSON bool) error {
	p, err := project.Find(".")
	if err != nil && !errors.Is(err, project.ErrNone) {
		return err
	}
	base := "."
	if p != nil {
		base = p.Dir
	}
	if output == "" {
		output = filepath.Join(base, "icons")
	}
	img, err := icons.Read(picture)
	if err != nil {
		return err
	}
	files, err := icons.Make(img, sizes...)
	if err != nil {
		return err
	}
	source, err := os.Stat(picture)
	if err != nil {
		return err
	}
	var names []string
	for _, f := range files {
		name := filepath.Join(output, f.Name)
		if info, err := os.Stat(name); err == nil && os.SameFile(info, source) {
			return term.Help(fmt.Errorf("%s would be replaced by a smaller copy of itself", name), "keep the picture outside of %s, such as in logo.png", output)
		}
		names = append(names, name)
	}
	if err := icons.Write(output, files); err != nil {
		return err
	}
	// The configuration names files from its own folder.
	var listed []string
	for _, name := range icons.Bundle {
		path := filepath.Join(output, name)
		if abs, err := filepath.Abs(path); err == nil && p != nil {
			if rel, err := filepath.Rel(p.Dir, abs); err == nil {
				path = rel
			}
		}
		listed = append(listed, filepath.ToSlash(path))
	}
	if asJSON {
		return t.JSON(struct {
			Files      []string `json:"files"`
			BundleIcon []string `json:"bundleIcon"`
		}{names, listed})
	}
	t.Say("created", "%s in %s", strings.Join(fileNames(files), ", "), output)
	if icons.Transparent(img) {
		t.Warn("the picture is transparent all over: nothing will be seen")
	}
	if size := img.Bounds().Dx(); size < icons.Best {
		t.Warn("%s has %d×%d pixels: what is larger is left out of icon.icns; %d×%d is best", picture, size, size, icons.Best, icons.Best)
	}
	if p == nil || !slices.Equal(p.Config.Bundle.Icon, listed) {
		quoted := make([]string, len(listed))
		for i, name := range listed {
			quoted[i] = fmt.Sprintf("%q", name)
		}
		t.Say("next", "put this into the configuration, and embed the folder with //go:embed:")
		t.Print("\"bundle\": { \"icon\": [%s] }", strings.Join(quoted, ", "))
	}
	return nil
}

func fileNames(files []icons.File) (names []string) {
	for _, f := range files {
		names = append(names, f.Name)
	}
	return names
}
