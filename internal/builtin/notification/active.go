package notification

import (
	"context"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// activeNotification is one that is shown, as the page-side contract has it.
type activeNotification struct {
	ID          int32          `json:"id"`
	Tag         string         `json:"tag,omitzero"`
	Title       string         `json:"title"`
	Body        string         `json:"body"`
	ActionType  string         `json:"actionTypeId,omitzero"`
	Grouped     bool           `json:"groupSummary"`
	Data        map[string]any `json:"data"`
	Extra       jsontext.Value `json:"extra"`
	Attachments []none         `json:"attachments"`
}

func (n *notifications) active(ctx context.Context, _ none) ([]activeNotification, error) {
	page, w, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	list := []activeNotification{}
	for _, s := range w.active {
		if !s.of(page) {
			continue
		}
		o := s.options
		if o.Extra == nil {
			o.Extra = jsontext.Value("{}")
		}
		list = append(list, activeNotification{
			ID: *o.ID, Tag: o.Tag, Title: o.Title, Body: o.Body, ActionType: o.ActionType,
			Data: map[string]any{}, Extra: o.Extra, Attachments: []none{},
		})
	}
	return list, nil
}

type removeActiveArgs struct {
	Notifications *[]struct {
		ID  int32  `json:"id"`
		Tag string `json:"tag,omitzero"`
	} `json:"notifications,omitzero"`
}

// names reports whether a notification is among those to be removed: all where
// none is named.
func (a *removeActiveArgs) names(s *shown) bool {
	if a.Notifications == nil {
		return true
	}
	for _, n := range *a.Notifications {
		if n.ID == *s.options.ID && (n.Tag == "" || n.Tag == s.options.Tag) {
			return true
		}
	}
	return false
}

func (n *notifications) removeActive(ctx context.Context, a removeActiveArgs) (none, error) {
	page, w, err := caller(ctx)
	if err != nil {
		return none{}, err
	}
	w.mu.Lock()
	for _, s := range w.sending {
		s.removed = s.removed || s.of(page) && a.names(s)
	}
	var gone []uint32
	w.active = slices.DeleteFunc(w.active, func(s *shown) bool {
		if !s.of(page) || !a.names(s) {
			return false
		}
		gone = append(gone, s.server)
		return true
	})
	w.mu.Unlock()
	return none{}, n.close(gone...)
}
