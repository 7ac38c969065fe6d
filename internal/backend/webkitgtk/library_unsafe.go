//go:build linux

package webkitgtk

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"unicode"
	"unsafe"

	"github.com/ebitengine/purego"

	"github.com/mullion-dev/mullion/internal/backend"
)

// libraryName is the one library that is opened; what it depends on (GTK,
// GDK, GLib, libsoup, JavaScriptCore) is found through it.
const libraryName = "libwebkit2gtk-4.1.so.0"

// minVersion is the first version that has every function of library.
const minVersion = "2.40"

// A cfunc is the address of a C function whose arguments and result are
// integers and pointers.
type cfunc uintptr

// call is the quick way: numbers and C pointers only.
//
//go:uintptrescapes
func (f cfunc) call(args ...uintptr) uintptr {
	r, _, _ := purego.SyscallN(uintptr(f), args...)
	return r
}

// with converts its arguments: a string becomes a C string and a []string an
// array of them that ends with NULL, both for the time of the call; a pointer
// may be written to by the function.
func (f cfunc) with(args ...any) uintptr {
	var pin runtime.Pinner
	defer pin.Unpin()
	a := make([]uintptr, len(args))
	for i, x := range args {
		switch x := x.(type) {
		case nil:
		case uintptr:
			a[i] = x
		case int:
			a[i] = uintptr(x)
		case int64:
			a[i] = uintptr(x)
		case uint32:
			a[i] = uintptr(x)
		case bool:
			if x {
				a[i] = 1
			}
		case string:
			a[i] = pinString(&pin, x)
		case []string:
			list := make([]uintptr, len(x)+1)
			for j, s := range x {
				list[j] = pinString(&pin, s)
			}
			pin.Pin(&list[0])
			a[i] = uintptr(unsafe.Pointer(&list[0]))
		case []byte:
			if len(x) > 0 {
				pin.Pin(&x[0])
				a[i] = uintptr(unsafe.Pointer(&x[0]))
			}
		case *uintptr, *int32, *uint32, *float64, *rgba, *rectangle, *geometry, *signalQuery:
			pin.Pin(x)
			a[i] = reflect.ValueOf(x).Pointer()
		default:
			panic(fmt.Sprintf("webkitgtk: argument %d has type %T", i, x))
		}
	}
	return f.call(a...)
}

func pinString(pin *runtime.Pinner, s string) uintptr {
	b := make([]byte, len(s)+1)
	copy(b, s)
	pin.Pin(&b[0])
	return uintptr(unsafe.Pointer(&b[0]))
}

// isTrue reads a gboolean, which is 32 bits wide.
func isTrue(r uintptr) bool { return int32(r) != 0 }

// gboolean is the other way round.
func gboolean(b bool) uintptr {
	if b {
		return 1
	}
	return 0
}

// C structures, laid out as in the headers.
type (
	rgba      struct{ red, green, blue, alpha float64 } // GdkRGBA
	rectangle struct{ x, y, width, height int32 }       // GdkRectangle
	geometry  struct {                                  // GdkGeometry
		minWidth, minHeight, maxWidth, maxHeight     int32
		baseWidth, baseHeight, widthStep, heightStep int32
		minAspect, maxAspect                         float64
		gravity                                      int32
	}
	signalQuery struct { // GSignalQuery
		id         uint32
		name       uintptr
		object     uintptr
		flags      uint32
		result     uintptr
		parameters uint32
		types      uintptr
	}
	gerror struct { // GError
		domain  uint32
		code    int32
		message uintptr
	}
)

// pointer turns a C address into a pointer. The address is one that C code
// has handed out and that the garbage collector knows nothing about.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// goString copies a C string; NULL is "".
func goString(p uintptr) string {
	if p == 0 {
		return ""
	}
	n := 0
	for *(*byte)(pointer(p + uintptr(n))) != 0 {
		n++
	}
	return string(unsafe.Slice((*byte)(pointer(p)), n))
}

// goStrings copies an array of C strings that ends with NULL.
func goStrings(p uintptr) (list []string) {
	if p == 0 {
		return nil
	}
	for ; ; p += unsafe.Sizeof(p) {
		s := *(*uintptr)(pointer(p))
		if s == 0 {
			return list
		}
		list = append(list, goString(s))
	}
}

// memory is n bytes of C memory, to be read or copied before it is freed.
func memory(p uintptr, n int) []byte {
	if p == 0 || n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(pointer(p)), n)
}

// address of the first byte of b, which the caller has pinned.
func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// setRectangle writes to a GdkRectangle of C.
func setRectangle(p uintptr, r rectangle) { *(*rectangle)(pointer(p)) = r }

// classOf is the class of a GObject.
func classOf(object uintptr) uintptr { return *(*uintptr)(pointer(object)) }

// gtypeOf is the GType of a GObject.
func gtypeOf(object uintptr) uintptr { return *(*uintptr)(pointer(classOf(object))) }

// enumValue reads the number of a GEnumValue.
func enumValue(p uintptr) int32 { return *(*int32)(pointer(p)) }

// readError reads a GError, which stays the caller's.
func readError(p uintptr) (domain uint32, code int32, message string) {
	e := (*gerror)(pointer(p))
	return e.domain, e.code, goString(e.message)
}

// openLibrary opens a library and looks its functions up.
func openLibrary(name string) (*library, error) {
	handle, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, &backend.InitError{
			Code: backend.InitLibrary,
			Hint: "install WebKitGTK: package libwebkit2gtk-4.1-0 on Debian and Ubuntu, webkit2gtk4.1 on Fedora, webkit2gtk-4.1 on Arch Linux",
			Err:  fmt.Errorf("open %s: %w", name, err),
		}
	}
	l := new(library)
	if missing := findSymbols(handle, l); len(missing) > 0 {
		return nil, tooOld(l.version(), missing)
	}
	return l, nil
}

// findSymbols sets the fields of the structure that l points to, and of those in
// it, and returns
// the names of the functions that are not there and should be.
func findSymbols(handle uintptr, l any) (missing []string) {
	v := reflect.ValueOf(l).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Type.Kind() == reflect.Struct {
			missing = append(missing, findSymbols(handle, reflect.NewAt(field.Type, v.Field(i).Addr().UnsafePointer()).Interface())...)
			continue
		}
		symbol := cmp.Or(field.Tag.Get("symbol"), cName(field.Name))
		p, err := purego.Dlsym(handle, symbol)
		if err != nil || p == 0 {
			if field.Tag.Get("need") != "optional" {
				missing = append(missing, symbol)
			}
			continue
		}
		to := v.Field(i).Addr().UnsafePointer()
		if field.Type.Kind() == reflect.Func {
			purego.RegisterFunc(reflect.NewAt(field.Type, to).Interface(), p)
		} else {
			*(*uintptr)(to) = p
		}
	}
	return missing
}

// toolkitName is the library that is opened for dialogs: GTK without WebKit.
const toolkitName = "libgtk-3.so.0"

// openToolkit opens it.
func openToolkit() (*toolkit, error) {
	failed := func(err error) error {
		return &backend.InitError{Code: backend.InitLibrary, Hint: "install GTK 3.22 or later", Err: err}
	}
	handle, err := purego.Dlopen(toolkitName, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, failed(fmt.Errorf("open %s: %w", toolkitName, err))
	}
	t := new(toolkit)
	if missing := findSymbols(handle, t); len(missing) > 0 {
		return nil, failed(fmt.Errorf("%s has no %s", toolkitName, strings.Join(missing, ", ")))
	}
	return t, nil
}

func tooOld(version string, missing []string) error {
	if version == "" {
		version = "of an unknown version"
	}
	return &backend.InitError{
		Code: backend.InitLibrary,
		Hint: "WebKitGTK " + minVersion + " or later is needed",
		Err:  fmt.Errorf("WebKitGTK %s has no %s", version, strings.Join(missing, ", ")),
	}
}

// version is that of the library that is open, or "".
func (l *library) version() string {
	if l.webkitGetMajorVersion == 0 || l.webkitGetMinorVersion == 0 || l.webkitGetMicroVersion == 0 {
		return ""
	}
	return fmt.Sprintf("%d.%d.%d", uint32(l.webkitGetMajorVersion.call()),
		uint32(l.webkitGetMinorVersion.call()), uint32(l.webkitGetMicroVersion.call()))
}

// cName turns the name of a field of library into that of its C function:
// gObjectRef is g_object_ref.
func cName(field string) string {
	var b strings.Builder
	for _, r := range field {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// displayError tells why gtk_init_check has failed.
func displayError() error {
	x, wayland := os.Getenv("DISPLAY"), os.Getenv("WAYLAND_DISPLAY")
	hint := "neither DISPLAY nor WAYLAND_DISPLAY is set: start the app from a desktop session, or on a virtual display by xvfb-run"
	if x != "" || wayland != "" {
		hint = fmt.Sprintf("DISPLAY is %q and WAYLAND_DISPLAY is %q, and no display lets the app in: mullion doctor tells why", x, wayland)
	}
	return &backend.InitError{
		Code: backend.InitDisplay,
		Hint: hint,
		Err:  errors.New("GTK cannot open a display"),
	}
}
