package globalshortcut

import "strings"

// key is a key that a shortcut can have.
type key struct {
	code   string   // as in KeyboardEvent.code
	number uint16   // of the same in the crate keyboard-types, version 0.7
	names  []string // others, in lower case
	// symbols are those of X11/keysymdef.h and X11/XF86keysym.h that the key types.
	symbols []uint32
	// place is the code of the key in that place of a keyboard for English: the
	// code of Linux, and 8. Layouts without Latin letters have the shortcut there.
	// 0 is none.
	place byte
}

var keys = []key{
	{"KeyA", 19, []string{"a"}, []uint32{0x61}, 38},
	{"KeyB", 20, []string{"b"}, []uint32{0x62}, 56},
	{"KeyC", 21, []string{"c"}, []uint32{0x63}, 54},
	{"KeyD", 22, []string{"d"}, []uint32{0x64}, 40},
	{"KeyE", 23, []string{"e"}, []uint32{0x65}, 26},
	{"KeyF", 24, []string{"f"}, []uint32{0x66}, 41},
	{"KeyG", 25, []string{"g"}, []uint32{0x67}, 42},
	{"KeyH", 26, []string{"h"}, []uint32{0x68}, 43},
	{"KeyI", 27, []string{"i"}, []uint32{0x69}, 31},
	{"KeyJ", 28, []string{"j"}, []uint32{0x6a}, 44},
	{"KeyK", 29, []string{"k"}, []uint32{0x6b}, 45},
	{"KeyL", 30, []string{"l"}, []uint32{0x6c}, 46},
	{"KeyM", 31, []string{"m"}, []uint32{0x6d}, 58},
	{"KeyN", 32, []string{"n"}, []uint32{0x6e}, 57},
	{"KeyO", 33, []string{"o"}, []uint32{0x6f}, 32},
	{"KeyP", 34, []string{"p"}, []uint32{0x70}, 33},
	{"KeyQ", 35, []string{"q"}, []uint32{0x71}, 24},
	{"KeyR", 36, []string{"r"}, []uint32{0x72}, 27},
	{"KeyS", 37, []string{"s"}, []uint32{0x73}, 39},
	{"KeyT", 38, []string{"t"}, []uint32{0x74}, 28},
	{"KeyU", 39, []string{"u"}, []uint32{0x75}, 30},
	{"KeyV", 40, []string{"v"}, []uint32{0x76}, 55},
	{"KeyW", 41, []string{"w"}, []uint32{0x77}, 25},
	{"KeyX", 42, []string{"x"}, []uint32{0x78}, 53},
	{"KeyY", 43, []string{"y"}, []uint32{0x79}, 29},
	{"KeyZ", 44, []string{"z"}, []uint32{0x7a}, 52},
	{"Digit0", 5, []string{"0"}, []uint32{0x30}, 19},
	{"Digit1", 6, []string{"1"}, []uint32{0x31}, 10},
	{"Digit2", 7, []string{"2"}, []uint32{0x32}, 11},
	{"Digit3", 8, []string{"3"}, []uint32{0x33}, 12},
	{"Digit4", 9, []string{"4"}, []uint32{0x34}, 13},
	{"Digit5", 10, []string{"5"}, []uint32{0x35}, 14},
	{"Digit6", 11, []string{"6"}, []uint32{0x36}, 15},
	{"Digit7", 12, []string{"7"}, []uint32{0x37}, 16},
	{"Digit8", 13, []string{"8"}, []uint32{0x38}, 17},
	{"Digit9", 14, []string{"9"}, []uint32{0x39}, 18},
	{"Backquote", 0, []string{"`"}, []uint32{0x60}, 49},
	{"Minus", 45, []string{"-"}, []uint32{0x2d}, 20},
	{"Equal", 15, []string{"="}, []uint32{0x3d}, 21},
	{"BracketLeft", 2, []string{"["}, []uint32{0x5b}, 34},
	{"BracketRight", 3, []string{"]"}, []uint32{0x5d}, 35},
	{"Backslash", 1, []string{"\\"}, []uint32{0x5c}, 51},
	{"Semicolon", 48, []string{";"}, []uint32{0x3b}, 47},
	{"Quote", 47, []string{"'"}, []uint32{0x27}, 48},
	{"Comma", 4, []string{","}, []uint32{0x2c}, 59},
	{"Period", 46, []string{"."}, []uint32{0x2e}, 60},
	{"Slash", 49, []string{"/"}, []uint32{0x2f}, 61},
	{"F1", 160, nil, []uint32{0xffbe}, 0},
	{"F2", 161, nil, []uint32{0xffbf}, 0},
	{"F3", 162, nil, []uint32{0xffc0}, 0},
	{"F4", 163, nil, []uint32{0xffc1}, 0},
	{"F5", 164, nil, []uint32{0xffc2}, 0},
	{"F6", 165, nil, []uint32{0xffc3}, 0},
	{"F7", 166, nil, []uint32{0xffc4}, 0},
	{"F8", 167, nil, []uint32{0xffc5}, 0},
	{"F9", 168, nil, []uint32{0xffc6}, 0},
	{"F10", 169, nil, []uint32{0xffc7}, 0},
	{"F11", 170, nil, []uint32{0xffc8}, 0},
	{"F12", 171, nil, []uint32{0xffc9}, 0},
	{"F13", 172, nil, []uint32{0xffca}, 0},
	{"F14", 173, nil, []uint32{0xffcb}, 0},
	{"F15", 174, nil, []uint32{0xffcc}, 0},
	{"F16", 175, nil, []uint32{0xffcd}, 0},
	{"F17", 176, nil, []uint32{0xffce}, 0},
	{"F18", 177, nil, []uint32{0xffcf}, 0},
	{"F19", 178, nil, []uint32{0xffd0}, 0},
	{"F20", 179, nil, []uint32{0xffd1}, 0},
	{"F21", 180, nil, []uint32{0xffd2}, 0},
	{"F22", 181, nil, []uint32{0xffd3}, 0},
	{"F23", 182, nil, []uint32{0xffd4}, 0},
	{"F24", 183, nil, []uint32{0xffd5}, 0},
	{"Escape", 114, []string{"esc"}, []uint32{0xff1b}, 9},
	{"Tab", 63, nil, []uint32{0xff09}, 23},
	{"CapsLock", 53, nil, []uint32{0xffe5}, 66},
	{"Space", 62, nil, []uint32{0x20}, 65},
	{"Enter", 57, []string{"return"}, []uint32{0xff0d}, 36},
	{"Backspace", 52, nil, []uint32{0xff08}, 22},
	{"Delete", 72, nil, []uint32{0xffff}, 0},
	{"Insert", 76, nil, []uint32{0xff63}, 0},
	{"Home", 75, nil, []uint32{0xff50}, 0},
	{"End", 73, nil, []uint32{0xff57}, 0},
	{"PageUp", 78, nil, []uint32{0xff55}, 0},
	{"PageDown", 77, nil, []uint32{0xff56}, 0},
	{"ArrowUp", 82, []string{"up"}, []uint32{0xff52}, 0},
	{"ArrowDown", 79, []string{"down"}, []uint32{0xff54}, 0},
	{"ArrowLeft", 80, []string{"left"}, []uint32{0xff51}, 0},
	{"ArrowRight", 81, []string{"right"}, []uint32{0xff53}, 0},
	{"PrintScreen", 117, nil, []uint32{0xff61}, 0},
	{"ScrollLock", 118, nil, []uint32{0xff14}, 0},
	{"Pause", 119, []string{"pausebreak"}, []uint32{0xff13}, 0},
	{"NumLock", 83, nil, []uint32{0xff7f}, 0},
	{"Numpad0", 84, []string{"num0"}, []uint32{0xffb0}, 0},
	{"Numpad1", 85, []string{"num1"}, []uint32{0xffb1}, 0},
	{"Numpad2", 86, []string{"num2"}, []uint32{0xffb2}, 0},
	{"Numpad3", 87, []string{"num3"}, []uint32{0xffb3}, 0},
	{"Numpad4", 88, []string{"num4"}, []uint32{0xffb4}, 0},
	{"Numpad5", 89, []string{"num5"}, []uint32{0xffb5}, 0},
	{"Numpad6", 90, []string{"num6"}, []uint32{0xffb6}, 0},
	{"Numpad7", 91, []string{"num7"}, []uint32{0xffb7}, 0},
	{"Numpad8", 92, []string{"num8"}, []uint32{0xffb8}, 0},
	{"Numpad9", 93, []string{"num9"}, []uint32{0xffb9}, 0},
	{"NumpadAdd", 94, []string{"numadd", "numpadplus", "numplus"}, []uint32{0xffab}, 0},
	{"NumpadSubtract", 113, []string{"numsubtract"}, []uint32{0xffad}, 0},
	{"NumpadMultiply", 109, []string{"nummultiply"}, []uint32{0xffaa}, 0},
	{"NumpadDivide", 100, []string{"numdivide"}, []uint32{0xffaf}, 0},
	{"NumpadEnter", 101, []string{"numenter"}, []uint32{0xff8d}, 0},
	{"NumpadEqual", 102, []string{"numequal"}, []uint32{0xffbd}, 0},
	{"NumpadDecimal", 99, []string{"numdecimal"}, []uint32{0xffae, 0xffac}, 0},
	{"AudioVolumeDown", 138, []string{"volumedown"}, []uint32{0x1008ff11}, 0},
	{"AudioVolumeMute", 139, []string{"volumemute"}, []uint32{0x1008ff12}, 0},
	{"AudioVolumeUp", 140, []string{"volumeup"}, []uint32{0x1008ff13}, 0},
	{"MediaPlay", 207, nil, []uint32{0x1008ff14}, 0},
	{"MediaPause", 206, nil, []uint32{0x1008ff31}, 0},
	{"MediaStop", 133, nil, []uint32{0x1008ff15}, 0},
	{"MediaTrackNext", 134, nil, []uint32{0x1008ff17}, 0},
	{"MediaTrackPrevious", 135, []string{"mediatrackprev"}, []uint32{0x1008ff16}, 0},
	{"MediaPlayPause", 131, nil, []uint32{0x1008ff14}, 0},
}

// keyByCode and keyByName find keys; names are in lower case.
var keyByCode, keyByName = index()

func index() (byCode, byName map[string]key) {
	byCode, byName = map[string]key{}, map[string]key{}
	for _, k := range keys {
		byCode[k.code] = k
		byName[strings.ToLower(k.code)] = k
		for _, n := range k.names {
			byName[n] = k
		}
	}
	return byCode, byName
}
