package notification

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/ipc"
)

// action is a button of an action type, or a field in which users write.
type action struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Input       bool   `json:"input"`
	Button      string `json:"inputButtonTitle"`
	Placeholder string `json:"inputPlaceholder"`
}

// typeKey names an action type: those of another origin are others.
type typeKey struct{ origin, id string }

// actionsOf returns the actions of a type that pages like this one have
// registered.
func (w *webview) actionsOf(page ipc.Page, id string) (actions []action, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	actions, ok = w.types[typeKey{page.Caller().Origin, id}]
	return actions, ok
}

type actionTypesArgs struct {
	Types jsontext.Value `json:"types"`
}

func (n *notifications) registerActionTypes(ctx context.Context, a actionTypesArgs) (none, error) {
	page, w, err := caller(ctx)
	if err != nil {
		return none{}, err
	}
	var types []struct {
		ID      string   `json:"id"`
		Actions []action `json:"actions"`
	}
	if len(a.Types) > maxOptions {
		return none{}, fmt.Errorf("action types of %d bytes: the limit is %d", len(a.Types), maxOptions)
	}
	if err := json.Unmarshal(a.Types, &types); err != nil {
		return none{}, fmt.Errorf("action types: %w", err)
	}
	for _, t := range types {
		if t.ID == "" || len(t.Actions) > maxActions {
			return none{}, fmt.Errorf("action type %q: it needs an id and at most %d actions", t.ID, maxActions)
		}
		for _, action := range t.Actions {
			if action.ID == "" || action.Title == "" || strings.ContainsRune(action.ID+action.Title+action.Button+action.Placeholder, 0) {
				return none{}, fmt.Errorf("action type %q: action %q needs an id and a title, without zero bytes", t.ID, action.ID)
			}
		}
	}
	n.lessActionOptions(page, w, a.Types)
	origin := page.Caller().Origin
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range types {
		key := typeKey{origin, t.ID}
		if _, ok := w.types[key]; !ok && len(w.types) >= maxTypes {
			// Those of pages that were left are in the way of nobody.
			maps.DeleteFunc(w.types, func(k typeKey, _ []action) bool { return k.origin != origin })
			if len(w.types) >= maxTypes {
				return none{}, fmt.Errorf("%d action types are registered already", maxTypes)
			}
		}
		w.types[key] = t.Actions
	}
	return none{}, nil
}
