// A caller of the double that does one thing wrong, which its argument names: what the double must tell.
#define COBJMACROS
#include <windows.h>
#include <objbase.h>
#include <stdio.h>
#include <string.h>

#include "slots.h"

typedef struct { void **table; } object;

static object *environment;

static HRESULT STDMETHODCALLTYPE query(object *o, const GUID *iid, void **out) { *out = NULL; return E_NOINTERFACE; }
static ULONG STDMETHODCALLTYPE count(object *o) { return 1; }
static HRESULT STDMETHODCALLTYPE made(object *o, HRESULT result, object *e) {
	environment = e;
	((ULONG (STDMETHODCALLTYPE *)(object *))e->table[1])(e);
	return S_OK;
}
static void *handler_table[] = {query, count, count, made};
static object handler = {handler_table};

static ULONG call(object *o, int slot) { return ((ULONG (STDMETHODCALLTYPE *)(object *))o->table[slot])(o); }
enum { QueryInterface, AddRef, Release };

static DWORD WINAPI elsewhere(void *o) { call(o, AddRef); return call(o, Release); }

int main(int n, char **args) {
	const char *fault = n > 1 ? args[1] : "";
	CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
	HMODULE double_ = LoadLibraryW(L"webview2\\EBWebView\\x64\\EmbeddedBrowserWebView.dll");
	HRESULT (STDMETHODCALLTYPE *create)(BOOL, int, const WCHAR *, object *, object *) = (void *)GetProcAddress(double_, "CreateWebViewEnvironmentWithOptionsInternal");
	if (!create || create(TRUE, 0, L"", &handler, &handler)) return 1;
	MSG m;
	while (!environment && GetMessageW(&m, NULL, 0, 0) > 0) DispatchMessageW(&m);
	if (!strcmp(fault, "function")) call(environment, SLOT_ICoreWebView2Environment_add_NewBrowserVersionAvailable);
	if (!strcmp(fault, "beyond")) call(environment, 129);
	if (!strcmp(fault, "thread")) WaitForSingleObject(CreateThread(NULL, 0, elsewhere, environment, 0, NULL), INFINITE);
	if (!strcmp(fault, "held")) {
		object *options;
		((HRESULT (STDMETHODCALLTYPE *)(object *, object **))environment->table[SLOT_ICoreWebView2Environment10_CreateCoreWebView2ControllerOptions])(environment, &options);
	}
	call(environment, Release);
	if (!strcmp(fault, "reference")) call(environment, Release);
	if (!strcmp(fault, "used")) {
		void *out;
		((HRESULT (STDMETHODCALLTYPE *)(object *, const GUID *, void **))environment->table[QueryInterface])(environment, &iid_unknown, &out);
	}
	return 0;
}
