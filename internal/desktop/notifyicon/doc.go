// Package notifyicon shows icons in the notification area of Windows, with menus
// and balloons, by Shell_NotifyIcon of shellapi.h. Begin with [New].
//
// What it needs of Windows is a window that nobody sees, on a thread of its own
// that lives as long as the process.
package notifyicon
