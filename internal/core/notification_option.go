package core

import (
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
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
func (c *Core) lessOptions(d *document, options jsontext.Value) {
	var given map[string]jsontext.Value
	if json.Unmarshal(options, &given) != nil {
		return // whoever reads them says so
	}
	s := &d.webview.notifications
	s.mu.Lock()
	var unknown []string
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if phoneOptions[key] == "" || given[key].Kind() == 'n' || s.told[key] {
			continue
		}
		if s.told == nil {
			s.told = map[string]bool{}
		}
		s.told[key] = true
		unknown = append(unknown, key)
	}
	s.mu.Unlock()
	for _, key := range unknown {
		c.noEffect(d, key, phoneOptions[key])
	}
}

// lessActionOptions is lessOptions for a list of action types and what is in
// them.
func (c *Core) lessActionOptions(d *document, types jsontext.Value) {
	var list []jsontext.Value
	if json.Unmarshal(types, &list) != nil {
		return
	}
	for _, t := range list {
		c.lessOptions(d, t)
		var o struct {
			Actions []jsontext.Value `json:"actions"`
		}
		if json.Unmarshal(t, &o) != nil {
			continue
		}
		for _, action := range o.Actions {
			c.lessOptions(d, action)
		}
	}
}
