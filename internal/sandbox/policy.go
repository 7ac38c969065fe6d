package sandbox

// Policy is what a child, and every process below it, may reach of the system
// beyond what each of them needs to run at all. The zero value grants
// nothing: no display, no network, no file of the user.
type Policy struct {
	// Engine grants what a web engine is made of: its helper programs, fonts,
	// themes and the display.
	Engine bool `json:"engine,omitzero"`
	// Network grants a way to the proxy behind Process.Proxy, and nothing
	// else: not even with this does a child have a network of its own.
	Network bool `json:"network,omitzero"`
	// Proxy grants the way to the proxy alone, without what is needed to speak
	// to anybody, where nothing of the network is granted: the proxy then says
	// what the child was refused. A system that cannot keep others out of it
	// has none.
	Proxy bool `json:"proxy,omitzero"`
	// Listen is a port of TCP on the loopback interface at which the child may
	// wait for connections, its own processes' included; 0 is none. It is for apps that are being developed or tested: with namespaces
	// only the child itself could connect there.
	Listen int `json:"listen,omitzero"`
	// UserFonts grants reading fonts, themes and icons in the user's home, themes
	// and icons in XDG_DATA_DIRS, and fonts elsewhere that links and fontconfig in
	// the home lead to.
	UserFonts bool `json:"userFonts,omitzero"`
	// GPU grants the devices that draw.
	GPU bool `json:"gpu,omitzero"`
	// Audio grants the sound server, which also means microphones.
	Audio bool `json:"audio,omitzero"`
	// Camera grants video devices.
	Camera bool `json:"camera,omitzero"`
	// Accessibility grants a filtered way to the accessibility bus; see Spec.Bus.
	Accessibility bool `json:"accessibility,omitzero"`
	// InputMethods grants filtered ways to the input methods of the desktop.
	InputMethods bool `json:"inputMethods,omitzero"`
	// Clipboard grants reading the clipboard of an X display at any time.
	Clipboard bool `json:"clipboard,omitzero"`
	// OpenGL shows a guarded X display's GLX, as far as it takes to draw by OpenGL
	// in the child's own processes.
	OpenGL bool `json:"openGL,omitzero"`
	// Read and Write are files and folders, absolute and with all below
	// them. What is not there when the child starts is not granted.
	Read  []string `json:"read,omitzero"`
	Write []string `json:"write,omitzero"`
	// Compositor grants the Wayland compositor of the session itself, to the guard
	// that stands before it.
	Compositor bool `json:"-"`
	// MemoryLimit is in bytes, for the child and all below it together; 0
	// sets none. It holds where the system lets us make control groups.
	MemoryLimit int64 `json:"memoryLimit,omitzero"`
}

// Layer is one of the kernel's means that a Policy is enforced with.
type Layer string

// The layers. Each is used where the system has it; those without a remark are
// of Linux.
const (
	LayerEnvironment Layer = "environment" // variables by allow-list
	LayerNamespaces  Layer = "namespaces"  // an own file tree, process ids, network, IPC
	LayerLandlock    Layer = "landlock"    // rules for files, TCP, signals
	LayerSeccomp     Layer = "seccomp"     // system calls
	LayerBroker      Layer = "broker"      // every connect() is made, or not, by the Core
	LayerNetwork     Layer = "network"     // the only way out is the proxy
	LayerDisplay     Layer = "display"     // a guard shows what is the child's own, and nothing else
	LayerMemory      Layer = "memory"      // a limit by control group, on Windows by job object
	LayerGrants      Layer = "grants"      // there if some are left out; see Spec.Hidden
	LayerJob         Layer = "job"         // Windows: a job object for the child and all below it
	LayerFiles       Layer = "files"       // Windows: what keeps files out of reach, which nothing does yet
)

// Status tells whether a layer holds for a child.
type Status struct {
	Layer Layer
	Holds bool
	// Detail says what exactly holds, such as "ABI 7", or why it does not.
	Detail string
}
