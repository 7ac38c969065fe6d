package webview2

// The methods of objects of the system that this package calls, in the order of shobjidl_core.h.
// wine has the same, so its tests call each of them; those of the taskbar are called on the double.
var (
	dialogShow      = method{"IFileDialog", "Show", 3, "p"}
	dialogTypes     = method{"IFileDialog", "SetFileTypes", 4, "ip"}
	dialogOptions   = method{"IFileDialog", "SetOptions", 9, "i"}
	dialogFolder    = method{"IFileDialog", "SetFolder", 12, "p"}
	dialogName      = method{"IFileDialog", "SetFileName", 15, "s"}
	dialogTitle     = method{"IFileDialog", "SetTitle", 17, "s"}
	dialogResult    = method{"IFileDialog", "GetResult", 20, "p"}
	dialogExtension = method{"IFileDialog", "SetDefaultExtension", 22, "s"}
	dialogResults   = method{"IFileOpenDialog", "GetResults", 27, "p"}
	itemName        = method{"IShellItem", "GetDisplayName", 5, "ip"}
	itemCount       = method{"IShellItemArray", "GetCount", 7, "p"}
	itemAt          = method{"IShellItemArray", "GetItemAt", 8, "ip"}

	dataGet = method{"IDataObject", "GetData", 3, "pp"} // of objidl.h

	taskbarInit    = method{"ITaskbarList", "HrInit", 3, ""}
	taskbarAdd     = method{"ITaskbarList", "AddTab", 4, "p"}
	taskbarDelete  = method{"ITaskbarList", "DeleteTab", 5, "p"}
	taskbarValue   = method{"ITaskbarList3", "SetProgressValue", 9, "pll"}
	taskbarState   = method{"ITaskbarList3", "SetProgressState", 10, "pi"}
	taskbarOverlay = method{"ITaskbarList3", "SetOverlayIcon", 18, "pps"}
)
