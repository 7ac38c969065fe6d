// Package win32 has what several packages call of Windows and golang.org/x/sys does not have: a
// thread with a window that hears messages, the clipboard, keys for the whole system. None of it loads a
// toolkit or an engine. Begin with Start. On other systems it is empty.
package win32
