package notification

import (
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/ipc"
)

const (
	onlyPhones   = "only phones have it"
	onlyIOS      = "only iOS has it"
	onlyAndroid  = "only Android has it"
	noGroups     = "desktops do not group notifications as apps want it"
	desktopsWill = "the desktop decides about that"
)

// phoneOptions are the options of notifications that mean nothing on a desktop,
// of action types and of their actions, and why.
var phoneOptions = map[string]string{
	"channelId":    "desktops have no channels of notifications",
	"schedule":     "desktops show notifications at once",
	"summary":      onlyPhones,
	"group":        noGroups,
	"groupSummary": noGroups,
	"inboxLines":   onlyAndroid,
	"largeIcon":    onlyAndroid,
	"iconColor":    onlyAndroid,
	"attachments":  onlyIOS,
	"autoCancel":   desktopsWill,
	"visibility":   desktopsWill,
	"number":       "desktops show no number with a notification; Window.setBadgeCount has one on the app's icon",

	"hiddenPreviewsBodyPlaceholder": onlyIOS,
	"customDismissAction":           onlyIOS,
	"allowInCarPlay":                onlyIOS,
	"hiddenPreviewsShowTitle":       onlyIOS,
	"hiddenPreviewsShowSubtitle":    onlyIOS,

	"requiresAuthentication": onlyIOS,
	"foreground":             onlyIOS,
	"destructive":            onlyIOS,
}

// lessOptions says in the log which of the options have no effect, once for a
// webview and an option: pages may show many notifications.
func (n *notifications) lessOptions(page ipc.Page, w *webview, options jsontext.Value) {
	var given map[string]jsontext.Value
	if json.Unmarshal(options, &given) != nil {
		return // whoever reads them says so
	}
	var unheeded []string
	w.mu.Lock()
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if phoneOptions[key] == "" || given[key].Kind() == 'n' || w.told[key] {
			continue
		}
		w.told[key] = true
		unheeded = append(unheeded, key)
	}
	w.mu.Unlock()
	for _, key := range unheeded {
		n.log.Info("mullion: an option has no effect on this system", "window", page.Caller().Window, "option", key, "reason", phoneOptions[key])
	}
}

// lessActionOptions is lessOptions for a list of action types and what is in
// them.
func (n *notifications) lessActionOptions(page ipc.Page, w *webview, types jsontext.Value) {
	var list []jsontext.Value
	if json.Unmarshal(types, &list) != nil {
		return
	}
	for _, t := range list {
		n.lessOptions(page, w, t)
		var o struct {
			Actions []jsontext.Value `json:"actions"`
		}
		if json.Unmarshal(t, &o) != nil {
			continue
		}
		for _, action := range o.Actions {
			n.lessOptions(page, w, action)
		}
	}
}
