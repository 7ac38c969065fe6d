package webkitgtk

import (
	"regexp"
	"strings"
)

// textFuncs are the functions to translate texts.
type textFuncs struct {
	gDgettext cfunc
	gFree     cfunc
	gStrdup   cfunc
}

// stock is what stands before texts of GTK that are labels of usual buttons and
// items, in its table of translations.
const stock = "Stock label\x04"

// translate returns what GTK says in the language of the user for one of its own
// texts, which may begin with stock. Where it has no word the text stays.
func translate(f *textFuncs, text string) string {
	// The result may be the very text, so that has to outlive the call.
	own := f.gStrdup.with(text)
	defer f.gFree.call(own)
	return strings.TrimPrefix(goString(f.gDgettext.with("gtk30", own)), stock)
}

// keyMark is how languages without Latin letters mark a key: (_O).
var keyMark = regexp.MustCompile(`\s*\(_.\)`)

// plain is a label of GTK without the mark of a key.
func plain(label string) string {
	return strings.ReplaceAll(keyMark.ReplaceAllString(label, ""), "_", "")
}

// itemTexts are GTK's words for predefined items of menus.
var itemTexts = map[string]string{
	"Copy":        stock + "_Copy",
	"Cut":         stock + "Cu_t",
	"Paste":       stock + "_Paste",
	"SelectAll":   stock + "Select _All",
	"Undo":        stock + "_Undo",
	"Redo":        stock + "_Redo",
	"Minimize":    "Minimize",
	"Maximize":    "Maximize",
	"Fullscreen":  stock + "_Fullscreen",
	"CloseWindow": stock + "_Close",
	"Quit":        stock + "_Quit",
	"About":       stock + "_About",
}

// itemText is the label of an item, as GTK reads it: its own text, or for a
// predefined item to which the app has given none GTK's in the language of the
// user, if there is one.
func (e *engine) itemText(text, standard string) string {
	if word := itemTexts[standard]; word != "" {
		if translated := translate(&e.c.texts, word); translated != strings.TrimPrefix(word, stock) {
			return translated
		}
	}
	return mnemonic(text)
}
