package tray

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/desktop/tray"
	"github.com/mullion-dev/mullion/internal/desktop/trayicons"
	"github.com/mullion-dev/mullion/plugin"
)

// change changes what an icon shows.
func change(ctx context.Context, rid uint32, change func(*tray.State)) (none, error) {
	t, err := plugin.ResourceOf[*trayicons.Icon](ctx, rid)
	if err != nil {
		return none{}, err
	}
	return none{}, t.Update(ctx, change)
}

// nothing is what changes where this system lacks what is asked for; the icon has
// to be there all the same.
func nothing(*tray.State) {}

// picture returns how an icon changes to show an image that a page names.
func picture(ctx context.Context, v jsontext.Value) (func(*tray.State), error) {
	m, err := plugin.ImageOf(ctx, v)
	if err != nil {
		return nil, err
	}
	return func(s *tray.State) {
		s.Icon = nil
		if m != nil { // an image.Image that holds a nil is not nil
			s.Icon = m
		}
	}, nil
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

type iconArgs struct {
	ID   uint32         `json:"rid"`
	Icon jsontext.Value `json:"icon,omitzero"`
}

func (i *icons) setIcon(ctx context.Context, a iconArgs) (none, error) {
	shown, err := picture(ctx, a.Icon)
	if err != nil {
		return none{}, err
	}
	return change(ctx, a.ID, shown)
}

type iconTemplateArgs struct {
	ID         uint32         `json:"rid"`
	Icon       jsontext.Value `json:"icon,omitzero"`
	AsTemplate bool           `json:"asTemplate"`
}

// setIconWithTemplate is setIcon: the form of the icon matters on macOS alone,
// which has its own colours.
func (i *icons) setIconWithTemplate(ctx context.Context, a iconTemplateArgs) (none, error) {
	return i.setIcon(ctx, iconArgs{a.ID, a.Icon})
}

type templateArgs struct {
	ID         uint32 `json:"rid"`
	AsTemplate bool   `json:"asTemplate"`
}

func (i *icons) setTemplate(ctx context.Context, a templateArgs) (none, error) {
	return change(ctx, a.ID, nothing)
}

type tempDirArgs struct {
	ID   uint32  `json:"rid"`
	Path *string `json:"path"`
}

// setTempDir changes nothing: no icon is written to a file.
func (i *icons) setTempDir(ctx context.Context, a tempDirArgs) (none, error) {
	return change(ctx, a.ID, nothing)
}

type tooltipArgs struct {
	ID      uint32  `json:"rid"`
	Tooltip *string `json:"tooltip"`
}

func (i *icons) setTooltip(ctx context.Context, a tooltipArgs) (none, error) {
	return change(ctx, a.ID, func(s *tray.State) { s.Tooltip = text(a.Tooltip) })
}

type titleArgs struct {
	ID    uint32  `json:"rid"`
	Title *string `json:"title"`
}

func (i *icons) setTitle(ctx context.Context, a titleArgs) (none, error) {
	return change(ctx, a.ID, func(s *tray.State) { s.Title = text(a.Title) })
}

type visibleArgs struct {
	ID      uint32 `json:"rid"`
	Visible bool   `json:"visible"`
}

func (i *icons) setVisible(ctx context.Context, a visibleArgs) (none, error) {
	return change(ctx, a.ID, func(s *tray.State) { s.Hidden = !a.Visible })
}

type onLeftArgs struct {
	ID     uint32 `json:"rid"`
	OnLeft bool   `json:"onLeft"`
}

func (i *icons) setMenuOnLeft(ctx context.Context, a onLeftArgs) (none, error) {
	return change(ctx, a.ID, func(s *tray.State) { s.NoMenuOnLeftClick = !a.OnLeft })
}

type menuArgs struct {
	ID   uint32         `json:"rid"`
	Menu *menuReference `json:"menu"`
}

func (i *icons) setMenu(ctx context.Context, a menuArgs) (none, error) {
	t, err := plugin.ResourceOf[*trayicons.Icon](ctx, a.ID)
	if err != nil {
		return none{}, err
	}
	root, err := i.menuOf(ctx, a.Menu)
	if err != nil {
		return none{}, err
	}
	return none{}, t.SetMenu(ctx, root)
}
