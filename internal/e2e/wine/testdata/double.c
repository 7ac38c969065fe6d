// A double of the WebView2 runtime, for tests: EmbeddedBrowserWebView.dll without a browser. It has the objects, events and
// threads of the real one as far as they are documented; what pages do is said by the test, over a
// connection to the port that the file "control" beside this library names.
//
// Both directions have lines of fields with tabs between them, in which %XX stands for a byte. What
// the caller does wrong (a call on another thread, a function that is not here, a reference that is
// given back twice) is a line that begins with "wrong".
//
// Where functions are in their tables comes from slots.h, which the test makes of
// internal/backend/webview2/testdata/interfaces.txt.
#define COBJMACROS
#include <winsock2.h>
#include <windows.h>
#include <objidl.h>
#include <initguid.h>
#include <shobjidl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slots.h"

typedef struct object object;

// The connection.

static SOCKET control = INVALID_SOCKET;
static CRITICAL_SECTION writing;
static DWORD thread;  // of the apartment
static HWND waker;    // gets what the test says, on that thread
static LONG live;     // objects that are not released

// escape is s with %XX for what would break a line.
static char *escape(const char *s, size_t n) {
	char *out = malloc(n * 3 + 1), *p = out;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = s[i];
		if (c < 0x20 || c == '%' || c == 0x7F) p += sprintf(p, "%%%02X", c);
		else *p++ = c;
	}
	*p = 0;
	return out;
}

static void unescape(char *s) {
	char *to = s;
	for (; *s; s++) {
		unsigned c;
		if (*s == '%' && sscanf(s + 1, "%2x", &c) == 1) { *to++ = (char)c; s += 2; }
		else *to++ = *s;
	}
	*to = 0;
}

// say sends fields up to a NULL.
static void say(const char *first, ...) {
	EnterCriticalSection(&writing);
	va_list list;
	va_start(list, first);
	for (const char *s = first; s; s = va_arg(list, const char *)) {
		if (s != first) send(control, "\t", 1, 0);
		char *e = escape(s, strlen(s));
		send(control, e, (int)strlen(e), 0);
		free(e);
	}
	va_end(list);
	send(control, "\n", 1, 0);
	LeaveCriticalSection(&writing);
}

static char *utf8(const WCHAR *s) {
	if (!s) s = L"";
	int n = WideCharToMultiByte(CP_UTF8, 0, s, -1, NULL, 0, NULL, NULL);
	char *out = malloc(n);
	WideCharToMultiByte(CP_UTF8, 0, s, -1, out, n, NULL, NULL);
	return out;
}

static WCHAR *utf16(const char *s) {
	int n = MultiByteToWideChar(CP_UTF8, 0, s, -1, NULL, 0);
	WCHAR *out = CoTaskMemAlloc(n * sizeof(WCHAR));
	MultiByteToWideChar(CP_UTF8, 0, s, -1, out, n);
	return out;
}

static const char *digits(int n) {
	static __thread char text[8][16];
	static __thread int next;
	char *s = text[next++ % 8];
	sprintf(s, "%d", n);
	return s;
}

// Objects.

enum { maxFields = 64, maxHandlers = 4 };
enum event { starting, frameStarting, loading, source, history, title, completed, window, permission, failure, message, closing, request, download, key, bytes, state, protocol, events };

struct object {
	void **table;
	const face *class;
	volatile LONG refs;
	object *view;  // of a part of a webview, and of arguments
	int number;
	// Of a webview.
	char *url;
	object *controller;
	void *handlers[events][maxHandlers];
	char *filters[8];
	int scripts, closed;
	HWND parent, window;
	void *scrolled;  // the handler of the script that waits for the page to be scrolled
	RECT place;
	// Of arguments, requests and headers.
	char *text, *method, *names[maxFields], *values[maxFields], *body;
	int fields, at, flag, value, status, cancelled, deferred, navigation;
	void *content;  // IStream
	object *response;
	// Of downloads.
	char *path;
	long long received, total;
};

static void on_thread(object *o, const char *what) {
	if (GetCurrentThreadId() != thread) say("wrong", "thread", o->class->name, what, NULL);
}

static object *make(const face *class, void **table) {
	object *o = calloc(1, sizeof *o);
	o->class = class;
	o->table = table;
	o->refs = 1;
	InterlockedIncrement(&live);
	return o;
}

static ULONG STDMETHODCALLTYPE add_ref(object *o) {
	on_thread(o, "AddRef");
	return InterlockedIncrement(&o->refs);
}

static void release_foreign(void *p) { if (p) IUnknown_Release((IUnknown *)p); }

static ULONG STDMETHODCALLTYPE release(object *o) {
	on_thread(o, "Release");
	LONG n = InterlockedDecrement(&o->refs);
	if (n < 0) say("wrong", "reference", o->class->name, NULL);
	if (n == 0) {
		InterlockedDecrement(&live);
		if (o->content) release_foreign(o->content);
		if (o->response) release(o->response);
		if (o->class == &face_operation)
			for (int e = 0; e < events; e++)
				for (int i = 0; i < maxHandlers; i++) release_foreign(o->handlers[e][i]);
		if (o->class == &face_environment) say("end", digits(live), NULL);
		// Its memory stays, so that one release too many can be told.
	}
	return n;
}

static HRESULT STDMETHODCALLTYPE query(object *o, const GUID *iid, object **out) {
	on_thread(o, "QueryInterface");
	if (o->refs <= 0) say("wrong", "used when it was released", o->class->name, NULL);
	for (int i = 0; i < o->class->count; i++) {
		if (IsEqualGUID(iid, o->class->iids[i])) {
			InterlockedIncrement(&o->refs);
			*out = o;
			return S_OK;
		}
	}
	*out = NULL;
	return E_NOINTERFACE;
}

// A function that the double does not have says so, by the table of its object.
static HRESULT missing(object *o, int slot) {
	say("wrong", "function", o->class->name, slot < o->class->slots ? o->class->names[slot] : "beyond the table", NULL);
	return E_NOTIMPL;
}
#define MISSING(n) static HRESULT STDMETHODCALLTYPE missing_##n(object *o) { return missing(o, n); }
#define TEN(f, n) f(n##0) f(n##1) f(n##2) f(n##3) f(n##4) f(n##5) f(n##6) f(n##7) f(n##8) f(n##9)
#define ALL(f) f(3) f(4) f(5) f(6) f(7) f(8) f(9) TEN(f, 1) TEN(f, 2) TEN(f, 3) TEN(f, 4) TEN(f, 5) TEN(f, 6) TEN(f, 7) TEN(f, 8) TEN(f, 9) TEN(f, 10) TEN(f, 11) TEN(f, 12)
ALL(MISSING)
#define ENTRY(n) [n] = missing_##n,
static void *nothing[130] = {ALL(ENTRY)};

static void **new_table(void) {
	void **t = malloc(sizeof nothing);
	memcpy(t, nothing, sizeof nothing);
	t[0] = query; t[1] = add_ref; t[2] = release;
	return t;
}

static HRESULT give(WCHAR **out, const char *s) { *out = utf16(s ? s : ""); return S_OK; }

// invoke calls a handler.
static HRESULT invoke(void *handler, void *a, void *b) {
	return ((HRESULT (STDMETHODCALLTYPE *)(void *, void *, void *))(*(void ***)handler)[3])(handler, a, b);
}

static void fire(object *view, enum event e, object *args) {
	for (int i = 0; i < maxHandlers && !view->closed; i++)
		if (view->handlers[e][i]) invoke(view->handlers[e][i], view, args);
}

static HRESULT listen_to(object *view, enum event e, void *handler, UINT64 *token) {
	on_thread(view, "add");
	for (int i = 0; i < maxHandlers; i++) {
		if (!view->handlers[e][i]) {
			view->handlers[e][i] = handler;
			IUnknown_AddRef((IUnknown *)handler);
			*token = e * maxHandlers + i + 1;
			return S_OK;
		}
	}
	return E_FAIL;
}
#define LISTEN(e) static HRESULT STDMETHODCALLTYPE listen_##e(object *o, void *h, UINT64 *t) { return listen_to(o, e, h, t); }
LISTEN(starting) LISTEN(frameStarting) LISTEN(loading) LISTEN(source) LISTEN(history) LISTEN(title) LISTEN(completed) LISTEN(window)
LISTEN(permission) LISTEN(failure) LISTEN(message) LISTEN(closing) LISTEN(request) LISTEN(download)
static HRESULT STDMETHODCALLTYPE listen_key(object *o, void *h, UINT64 *t) { return listen_to(o->view, key, h, t); }

LISTEN(bytes) LISTEN(state)
static HRESULT STDMETHODCALLTYPE listen_protocol(object *o, void *h, UINT64 *t) { return listen_to(o->view, protocol, h, t); }

static void **views, **settings, **controllers, **environments, **profiles, **deferrals, **requests, **responses, **headers, **iterators;
static void **startings, **loadings, **completeds, **windows, **permissions, **failures, **messages, **requesteds, **keys, **downloadings, **operations, **receivers, **protocols, **optionss;
static object *all[4096];  // webviews by number, from 1
static int made;

// Later work on the apartment's thread.
typedef struct { void (*run)(void *); void *arg; } job;
static void later(void (*run)(void *), void *arg) {
	job *j = malloc(sizeof *j);
	j->run = run; j->arg = arg;
	PostMessageW(waker, WM_APP, 0, (LPARAM)j);
}

// Requests.

static object *new_request(object *view, const char *method, const char *url) {
	object *r = make(&face_request, requests);
	r->view = view; r->method = strdup(method); r->text = strdup(url);
	return r;
}
static HRESULT STDMETHODCALLTYPE request_uri(object *o, WCHAR **out) { on_thread(o, "Uri"); return give(out, o->text); }
static HRESULT STDMETHODCALLTYPE request_method(object *o, WCHAR **out) { return give(out, o->method); }
static HRESULT STDMETHODCALLTYPE request_headers(object *o, object **out) {
	object *h = make(&face_headers, headers);
	h->fields = o->fields;
	memcpy(h->names, o->names, sizeof h->names);
	memcpy(h->values, o->values, sizeof h->values);
	*out = h;
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE request_content(object *o, IStream **out) {
	*out = NULL;
	if (!o->body) return S_OK;
	size_t n = strlen(o->body);
	HGLOBAL memory = GlobalAlloc(GMEM_MOVEABLE, n);
	memcpy(GlobalLock(memory), o->body, n);
	GlobalUnlock(memory);
	return CreateStreamOnHGlobal(memory, TRUE, out);
}
static HRESULT STDMETHODCALLTYPE headers_iterator(object *o, object **out) {
	object *i = make(&face_iterator, iterators);
	i->fields = o->fields;
	memcpy(i->names, o->names, sizeof i->names);
	memcpy(i->values, o->values, sizeof i->values);
	*out = i;
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE iterator_current(object *o, WCHAR **name, WCHAR **value) {
	if (o->at >= o->fields) return E_FAIL;
	give(name, o->names[o->at]);
	return give(value, o->values[o->at]);
}
static HRESULT STDMETHODCALLTYPE iterator_has(object *o, BOOL *out) { *out = o->at < o->fields; return S_OK; }
static HRESULT STDMETHODCALLTYPE iterator_next(object *o, BOOL *out) { o->at++; return iterator_has(o, out); }

static HRESULT STDMETHODCALLTYPE create_response(object *o, IStream *content, int status, const WCHAR *reason, const WCHAR *fields, object **out) {
	on_thread(o, "CreateWebResourceResponse");
	if (!reason || !*reason) say("wrong", "a response without a reason", NULL);
	object *r = make(&face_response, responses);
	r->status = status;
	r->text = utf8(fields);
	r->content = content;
	if (content) IUnknown_AddRef((IUnknown *)content);
	*out = r;
	return S_OK;
}

typedef struct { object *args; int number, status; char *fields; IStream *content; object *view; int navigation; char *url; } answer;
static void commit(void *p);

static void answered(void *p) {
	answer *a = p;
	if (a->navigation) later(commit, a);
	else free(a);
}

// read_answer reads a body as the engine does: on another thread.
static DWORD WINAPI read_answer(void *p) {
	answer *a = p;
	size_t size = 0, room = 1 << 16;
	char *body = malloc(room + 1);
	const char *how = "complete";
	while (a->content) {
		ULONG got = 0;
		if (room - size < 1 << 15) body = realloc(body, (room *= 2) + 1);
		HRESULT r = IStream_Read(a->content, body + size, 1 << 15, &got);
		size += got;
		if (FAILED(r)) { how = "cut off"; break; }
		if (got == 0) break;
	}
	if (a->content) IStream_Release(a->content);
	unsigned sum = 0;  // of Adler, for bodies that are too long to be told
	unsigned s1 = 1, s2 = 0;
	for (size_t i = 0; i < size; i++) { s1 = (s1 + (unsigned char)body[i]) % 65521; s2 = (s2 + s1) % 65521; }
	sum = s2 << 16 | s1;
	char length[32], check[16];
	sprintf(length, "%llu", (unsigned long long)size);
	sprintf(check, "%08x", sum);
	body[size < 4096 ? size : 4096] = 0;
	say("response", digits(a->number), digits(a->status), a->fields ? a->fields : "", length, check, how, body, NULL);
	free(body);
	later(answered, a);
	return 0;
}

static void finish_request(object *args) {
	answer *a = calloc(1, sizeof *a);
	a->number = args->number; a->view = args->view; a->navigation = args->navigation; a->url = args->text ? strdup(args->text) : NULL;
	if (args->response) {
		a->status = args->response->status;
		a->fields = strdup(args->response->text);
		a->content = args->response->content;
		if (a->content) IStream_AddRef(a->content);
		release(args->response);
		args->response = NULL;
	}
	CloseHandle(CreateThread(NULL, 0, read_answer, a, 0, NULL));
	release(args);
}

// Downloads.

static object *going[16];  // operations by number

static void finish_download(object *args) {
	say("download", digits(args->number), args->cancelled ? "cancelled" : args->path, args->status ? "handled" : "by the engine", NULL);
	if (args->cancelled) {
		release(going[args->number % 16]);
		going[args->number % 16] = NULL;
	}
	release(args);
}
static HRESULT STDMETHODCALLTYPE downloading_operation(object *o, object **out) { *out = going[o->number % 16]; add_ref(*out); return S_OK; }
static HRESULT STDMETHODCALLTYPE downloading_path(object *o, WCHAR **out) { return give(out, o->path); }
static HRESULT STDMETHODCALLTYPE downloading_set_path(object *o, const WCHAR *path) { o->path = utf8(path); return S_OK; }
static HRESULT STDMETHODCALLTYPE operation_total(object *o, long long *out) { *out = o->total; return S_OK; }
static HRESULT STDMETHODCALLTYPE operation_received(object *o, long long *out) { *out = o->received; return S_OK; }
static HRESULT STDMETHODCALLTYPE operation_state(object *o, int *out) { *out = o->value; return S_OK; }
static HRESULT STDMETHODCALLTYPE operation_reason(object *o, int *out) { *out = o->status; return S_OK; }
static HRESULT STDMETHODCALLTYPE operation_cancel(object *o) {
	on_thread(o, "Cancel");
	say("download", digits(o->number), "ended", NULL);
	if (going[o->number % 16] == o) {
		going[o->number % 16] = NULL;
		release(o);
	}
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE complete(object *o) {
	on_thread(o, "Complete");
	if (o->flag++) say("wrong", "a deferral was completed twice", NULL);
	else if (o->view && o->view->class == &face_requested) finish_request(o->view);
	else if (o->view && o->view->class == &face_downloading) finish_download(o->view);
	else if (o->view) {  // a permission
		say("permission", digits(o->view->number), digits(o->view->status), NULL);
		release(o->view);
	}
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE defer(object *o, object **out) {
	on_thread(o, "GetDeferral");
	object *d = make(&face_deferral, deferrals);
	d->view = o;
	o->deferred = 1;
	*out = d;
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE requested_request_of(object *o, object **out) {
	object *r = new_request(o->view, o->method, o->text);
	r->fields = o->fields;
	memcpy(r->names, o->names, sizeof r->names);
	memcpy(r->values, o->values, sizeof r->values);
	r->body = o->body;
	*out = r;
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE requested_response(object *o, object *response) {
	on_thread(o, "SetResponse");
	add_ref(response);
	o->response = response;
	return S_OK;
}

static int filtered(object *view, const char *url) {
	for (int i = 0; i < 8 && view->filters[i]; i++) {
		size_t n = strlen(view->filters[i]);
		if (n && view->filters[i][n - 1] == '*' && !strncmp(url, view->filters[i], n - 1)) return 1;
	}
	return 0;
}

// ask fires WebResourceRequested; args are the caller's until the deferral is completed.
static void ask(object *args) {
	fire(args->view, request, args);
	if (!args->deferred) finish_request(args);
}

// The network: by the proxy that the arguments name, as SOCKS 5.

static int proxy;  // its port

// fetch gets the first line that a server answers with, or says why there is none. It returns whether there is one.
static int fetch(const char *url, char *line, int room) {
	char host[256] = "", path[512] = "/";
	int port = 80;
	sscanf(url, "http://%255[^:/]:%d%511s", host, &port, path);
	SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((u_short)proxy), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	unsigned char greeting[3] = {5, 1, 0}, request[300] = {5, 1, 0, 3}, reply[10];
	int n = (int)strlen(host), ended = 0;
	request[4] = (unsigned char)n;
	memcpy(request + 5, host, n);
	request[5 + n] = port >> 8; request[6 + n] = port & 255;
	strcpy(line, "no proxy");
	if (connect(s, (struct sockaddr *)&to, sizeof to)) goto end;
	strcpy(line, "no greeting");
	send(s, (char *)greeting, 3, 0);
	if (recv(s, (char *)reply, 2, MSG_WAITALL) != 2) goto end;
	send(s, (char *)request, 7 + n, 0);
	strcpy(line, "no reply");
	if (recv(s, (char *)reply, 10, MSG_WAITALL) != 10) goto end;
	sprintf(line, "refused %d", reply[1]);
	if (reply[1]) goto end;
	char text[1024];
	sprintf(text, "GET %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\n\r\n", path, host, port);
	send(s, text, (int)strlen(text), 0);
	for (n = 0; n < room - 1 && recv(s, line + n, 1, 0) == 1 && line[n] != '\r'; n++) {}
	line[n] = 0;
	ended = n > 0;
end:
	closesocket(s);
	return ended;
}

static DWORD WINAPI say_fetched(void *url) {
	char line[256];
	fetch(url, line, sizeof line);
	say("fetched", url, line, NULL);
	free(url);
	return 0;
}

// Navigations.

static void say_completed(object *view, int success, int status) {
	object *a = make(&face_completed, completeds);
	a->flag = success; a->status = status;
	fire(view, completed, a);
	release(a);
}

static void commit(void *p) {
	answer *a = p;
	object *v = a->view;
	if (v->closed) return;
	v->url = a->url;
	fire(v, source, NULL);
	object *args = make(&face_loading, loadings);
	args->flag = a->status == 0;
	fire(v, loading, args);
	release(args);
	fire(v, history, NULL);
	fire(v, title, NULL);
	say("committed", digits(v->number), a->url, NULL);
	say_completed(v, a->status >= 200 && a->status < 400, 0);
}

typedef struct { object *view; char *url; int byUser; } trip;

static DWORD WINAPI load(void *p) {
	answer *a = p;
	char line[256];
	a->status = fetch(a->url, line, sizeof line) ? 200 : 0;
	later(commit, a);
	return 0;
}

static void travel(void *p) {
	trip *t = p;
	object *v = t->view;
	if (v->closed) return;
	object *a = make(&face_starting, startings);
	a->text = t->url; a->flag = t->byUser;
	fire(v, starting, a);
	int cancelled = a->cancelled;
	release(a);
	say("navigation", digits(v->number), t->url, cancelled ? "cancelled" : "allowed", NULL);
	if (v->closed) return;
	if (cancelled) { say_completed(v, 0, 14); return; }
	if (!filtered(v, t->url)) {
		answer *n = calloc(1, sizeof *n);
		n->view = v; n->url = t->url; n->status = 200;
		if (!strncmp(t->url, "http://localhost:", 17)) CloseHandle(CreateThread(NULL, 0, load, n, 0, NULL));
		else commit(n);
		return;
	}
	object *r = make(&face_requested, requesteds);
	r->view = v; r->text = t->url; r->method = "GET"; r->navigation = 1;
	ask(r);
}

static void navigate_to(object *v, const char *url, int byUser) {
	trip *t = calloc(1, sizeof *t);
	t->view = v; t->url = strdup(url); t->byUser = byUser;
	later(travel, t);
}

static HRESULT STDMETHODCALLTYPE arg_text(object *o, WCHAR **out) { on_thread(o, "text"); return give(out, o->text); }
static HRESULT STDMETHODCALLTYPE arg_text2(object *o, WCHAR **out) { return give(out, o->method); }
static HRESULT STDMETHODCALLTYPE arg_flag(object *o, BOOL *out) { *out = o->flag; return S_OK; }
static HRESULT STDMETHODCALLTYPE arg_no(object *o, BOOL *out) { *out = FALSE; return S_OK; }
static HRESULT STDMETHODCALLTYPE arg_value(object *o, int *out) { *out = o->value; return S_OK; }
static HRESULT STDMETHODCALLTYPE arg_status(object *o, int *out) { *out = o->status; return S_OK; }
static HRESULT STDMETHODCALLTYPE arg_cancel(object *o, BOOL yes) { on_thread(o, "SetCancel"); o->cancelled = yes; return S_OK; }
static HRESULT STDMETHODCALLTYPE arg_set(object *o, int value) { o->status = value; return S_OK; }

// Webviews.

static HRESULT STDMETHODCALLTYPE view_settings(object *o, object **out) {
	on_thread(o, "Settings");
	object *s = make(&face_settings, settings);
	s->number = o->number;
	*out = s;
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE view_source(object *o, WCHAR **out) { on_thread(o, "Source"); return give(out, o->url); }
static HRESULT STDMETHODCALLTYPE view_title(object *o, WCHAR **out) { return give(out, o->method); }
static HRESULT STDMETHODCALLTYPE view_navigate(object *o, const WCHAR *url) {
	on_thread(o, "Navigate");
	char *s = utf8(url);
	navigate_to(o, s, 0);
	free(s);
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE view_reload(object *o) {
	on_thread(o, "Reload");
	say("reload", digits(o->number), NULL);
	navigate_to(o, o->url, 0);
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE view_no(object *o, BOOL *out) { *out = FALSE; return S_OK; }
static HRESULT STDMETHODCALLTYPE view_nothing(object *o) { return S_OK; }
static HRESULT STDMETHODCALLTYPE view_post(object *o, const WCHAR *text) {
	on_thread(o, "PostWebMessageAsString");
	char *s = utf8(text);
	say("post", digits(o->number), s, NULL);
	free(s);
	return S_OK;
}
typedef struct { void *handler; int id; } added;
static void script_added(void *p) {
	added *a = p;
	WCHAR id[16];
	swprintf(id, 16, L"%d", a->id);
	invoke(a->handler, (void *)S_OK, id);
	release_foreign(a->handler);
}
static HRESULT STDMETHODCALLTYPE view_add_script(object *o, const WCHAR *text, void *handler) {
	on_thread(o, "AddScriptToExecuteOnDocumentCreated");
	char *s = utf8(text);
	say("script", digits(o->number), s, NULL);
	free(s);
	added *a = malloc(sizeof *a);
	a->handler = handler; a->id = ++o->scripts;
	IUnknown_AddRef((IUnknown *)handler);
	later(script_added, a);
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE view_remove_script(object *o, const WCHAR *id) { return S_OK; }
static HRESULT STDMETHODCALLTYPE view_filter(object *o, const WCHAR *pattern, int context) {
	for (int i = 0; i < 8; i++)
		if (!o->filters[i]) { o->filters[i] = utf8(pattern); return S_OK; }
	return E_FAIL;
}
static void devtools_done(void *handler) {
	invoke(handler, (void *)S_OK, L"{\"result\":{\"type\":\"string\",\"value\":\"{\\\"value\\\":42}\"}}");
	release_foreign(handler);
}
static void described(void *handler) {
	invoke(handler, (void *)S_OK, L"{\"node\":{\"attributes\":[\"type\",\"file\",\"accept\",\"text/plain\"]}}");
	release_foreign(handler);
}
static HRESULT STDMETHODCALLTYPE view_devtools(object *o, const WCHAR *name, const WCHAR *params, void *handler) {
	char *n = utf8(name), *p = utf8(params);
	say("devtools", digits(o->number), n, p, NULL);
	IUnknown_AddRef((IUnknown *)handler);
	if (strstr(p, "addEventListener('scroll'")) {
		release_foreign(o->scrolled);
		o->scrolled = handler;
	} else
	later(strcmp(n, "DOM.describeNode") ? devtools_done : described, handler);
	free(n); free(p);
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE view_receiver(object *o, const WCHAR *name, object **out) {
	on_thread(o, "GetDevToolsProtocolEventReceiver");
	*out = make(&face_receiver, receivers);
	(*out)->view = o;
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE view_profile(object *o, object **out) { *out = make(&face_profile, profiles); return S_OK; }
static void cleared(void *handler) { invoke(handler, (void *)S_OK, NULL); release_foreign(handler); }
static HRESULT STDMETHODCALLTYPE profile_clear(object *o, void *handler) {
	say("cleared", NULL);
	IUnknown_AddRef((IUnknown *)handler);
	later(cleared, handler);
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE set_nothing(object *o, BOOL value) { on_thread(o, "a setting"); return S_OK; }
#define SETTING(name) static HRESULT STDMETHODCALLTYPE set_##name(object *o, BOOL value) { on_thread(o, #name); say("setting", digits(o->number), #name, digits(value), NULL); return S_OK; }
SETTING(IsWebMessageEnabled) SETTING(AreHostObjectsAllowed) SETTING(AreDevToolsEnabled) SETTING(IsScriptEnabled)
static HRESULT STDMETHODCALLTYPE set_text(object *o, const WCHAR *value) { return S_OK; }

static HRESULT STDMETHODCALLTYPE controller_core(object *o, object **out) { on_thread(o, "CoreWebView2"); add_ref(o->view); *out = o->view; return S_OK; }
static HRESULT STDMETHODCALLTYPE controller_drop(object *o, BOOL yes) {
	on_thread(o, "SetAllowExternalDrop");
	say("external drop", digits(o->view->number), yes ? "yes" : "no", NULL);
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE controller_bounds(object *o, RECT r) {
	o->view->place = r;
	on_thread(o, "SetBounds");
	char text[64];
	sprintf(text, "%ld %ld %ld %ld", r.left, r.top, r.right, r.bottom);
	say("bounds", digits(o->view->number), text, NULL);
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE controller_zoom(object *o, double zoom) {
	char text[32];
	sprintf(text, "%g", zoom);
	say("zoom", digits(o->view->number), text, NULL);
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE controller_parent(object *o, HWND parent) {
	on_thread(o, "SetParentWindow");
	WCHAR title[64];
	GetWindowTextW(parent, title, 64);
	char *t = utf8(title);
	o->view->parent = parent;
	SetParent(o->view->window, parent);
	say("parent", digits(o->view->number), t, NULL);
	free(t);
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE controller_int(object *o, int n) { on_thread(o, "controller"); return S_OK; }
typedef struct { BYTE A, R, G, B; } color;  // COREWEBVIEW2_COLOR
static HRESULT STDMETHODCALLTYPE controller_background(object *o, color c) {
	on_thread(o, "SetDefaultBackgroundColor");
	if (c.A != 0 && c.A != 255) return E_INVALIDARG;
	char text[16];
	sprintf(text, "%d %d %d %d", c.R, c.G, c.B, c.A);
	say("background", digits(o->view->number), text, NULL);
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE controller_close(object *o) {
	on_thread(o, "Close");
	object *v = o->view;
	if (v->closed) return S_OK;
	v->closed = 1;
	for (int e = 0; e < events; e++)
		for (int i = 0; i < maxHandlers; i++) release_foreign(v->handlers[e][i]);
	release_foreign(v->scrolled);
	v->scrolled = NULL;
	RevokeDragDrop(v->window);
	DestroyWindow(v->window);
	say("closed", digits(v->number), NULL);
	release(v);
	return S_OK;
}

// Drags. The engine has a window in that of the caller, with a target of its own.

static HRESULT STDMETHODCALLTYPE target_query(IDropTarget *t, REFIID iid, void **out) { *out = t; return S_OK; }
static ULONG STDMETHODCALLTYPE target_count(IDropTarget *t) { return 1; }
static HRESULT STDMETHODCALLTYPE target_enter(IDropTarget *t, IDataObject *data, DWORD keys, POINTL at, DWORD *effect) { say("drag", "engine", NULL); return S_OK; }
static HRESULT STDMETHODCALLTYPE target_over(IDropTarget *t, DWORD keys, POINTL at, DWORD *effect) { return S_OK; }
static HRESULT STDMETHODCALLTYPE target_leave(IDropTarget *t) { return S_OK; }
static IDropTargetVtbl target_table = {target_query, target_count, target_count, target_enter, target_over, target_leave, target_enter};
static IDropTarget engine_target = {&target_table};

static void make_window(object *v) {
	v->window = CreateWindowW(L"WebView2Double", NULL, WS_CHILD, 0, 0, 0, 0, v->parent, NULL, NULL, NULL);
	if (FAILED(RegisterDragDrop(v->window, &engine_target))) say("wrong", "no drop target", NULL);
}

// What is dragged: files.
static HGLOBAL files;
static HRESULT STDMETHODCALLTYPE data_query(IDataObject *d, REFIID iid, void **out) {
	*out = IsEqualGUID(iid, &IID_IDataObject) || IsEqualGUID(iid, &IID_IUnknown) ? d : NULL;
	return *out ? S_OK : E_NOINTERFACE;
}
static ULONG STDMETHODCALLTYPE data_count(IDataObject *d) { return 1; }
static HRESULT STDMETHODCALLTYPE data_has(IDataObject *d, FORMATETC *f) { return f->cfFormat == CF_HDROP && f->tymed & TYMED_HGLOBAL ? S_OK : DV_E_FORMATETC; }
static HRESULT STDMETHODCALLTYPE data_get(IDataObject *d, FORMATETC *f, STGMEDIUM *m) {
	if (data_has(d, f) != S_OK) return DV_E_FORMATETC;
	memset(m, 0, sizeof *m);
	m->tymed = TYMED_HGLOBAL;
	SIZE_T n = GlobalSize(files);
	m->hGlobal = GlobalAlloc(GMEM_MOVEABLE, n);
	memcpy(GlobalLock(m->hGlobal), GlobalLock(files), n);
	GlobalUnlock(m->hGlobal);
	GlobalUnlock(files);
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE data_here(IDataObject *d, FORMATETC *f, STGMEDIUM *m) { return E_NOTIMPL; }
static HRESULT STDMETHODCALLTYPE data_same(IDataObject *d, FORMATETC *f, FORMATETC *out) { return E_NOTIMPL; }
static HRESULT STDMETHODCALLTYPE data_set(IDataObject *d, FORMATETC *f, STGMEDIUM *m, BOOL release) { return E_NOTIMPL; }
static HRESULT STDMETHODCALLTYPE data_list(IDataObject *d, DWORD which, IEnumFORMATETC **out) { return E_NOTIMPL; }
static HRESULT STDMETHODCALLTYPE data_advise(IDataObject *d, FORMATETC *f, DWORD flags, IAdviseSink *sink, DWORD *n) { return E_NOTIMPL; }
static HRESULT STDMETHODCALLTYPE data_unadvise(IDataObject *d, DWORD n) { return E_NOTIMPL; }
static HRESULT STDMETHODCALLTYPE data_advised(IDataObject *d, IEnumSTATDATA **out) { return E_NOTIMPL; }
static IDataObjectVtbl data_table = {data_query, data_count, data_count, data_get, data_here, data_has, data_same, data_set, data_list, data_advise, data_unadvise, data_advised};
static IDataObject dragged = {&data_table};

static HRESULT dragging;  // how it goes on
static DWORD shown;       // the effect
static HRESULT STDMETHODCALLTYPE source_query(IDropSource *s, REFIID iid, void **out) { *out = s; return S_OK; }
static ULONG STDMETHODCALLTYPE source_count(IDropSource *s) { return 1; }
static HRESULT STDMETHODCALLTYPE source_go_on(IDropSource *s, BOOL escape, DWORD keys) { return dragging; }
static HRESULT STDMETHODCALLTYPE source_feedback(IDropSource *s, DWORD effect) {
	if (effect != shown) say("effect", digits((int)effect), NULL);
	shown = effect;
	return S_OK;
}
static IDropSourceVtbl source_table = {source_query, source_count, source_count, source_go_on, source_feedback};
static IDropSource origin = {&source_table};

static void point_to(object *v, const char *x, const char *y) {
	POINT p = {atoi(x), atoi(y)};
	ClientToScreen(v->parent, &p);
	SetCursorPos(p.x, p.y);
}

// drag holds files over a place of the window, until the test says otherwise.
static void drag(object *v, char **f, int n) {
	struct { DWORD at; POINT p; BOOL outside, wide; } head = {20, {0, 0}, FALSE, TRUE};
	files = GlobalAlloc(GMEM_MOVEABLE | GMEM_ZEROINIT, 1 << 14);
	char *to = GlobalLock(files);
	memcpy(to, &head, sizeof head);
	to += sizeof head;
	for (int i = 4; i < n; i++) {
		WCHAR *path = utf16(f[i]);
		memcpy(to, path, (wcslen(path) + 1) * sizeof(WCHAR));
		to += (wcslen(path) + 1) * sizeof(WCHAR);
		CoTaskMemFree(path);
	}
	GlobalUnlock(files);
	for (int i = 1; i <= made; i++)
		if (all[i % 4096] && all[i % 4096]->window) {
			RECT r = all[i % 4096]->place;
			SetWindowPos(all[i % 4096]->window, HWND_TOP, r.left, r.top, r.right - r.left, r.bottom - r.top, SWP_SHOWWINDOW | SWP_NOACTIVATE);
		}
	point_to(v, f[2], f[3]);
	dragging = S_OK;
	shown = ~0u;
	DWORD effect = 0;
	HRESULT r = DoDragDrop(&dragged, &origin, DROPEFFECT_COPY, &effect);
	say("dragged", r == DRAGDROP_S_DROP ? "dropped" : "cancelled", digits((int)effect), NULL);
	GlobalFree(files);
}

// The environment.

typedef struct { object *environment; HWND parent; void *handler; int private; } order;
static void controller_made(void *p) {
	order *d = p;
	object *v = make(&face_view, views), *c = make(&face_controller, controllers);
	v->number = ++made;
	all[made % 4096] = v;
	v->url = "about:blank"; v->method = "A title"; v->parent = d->parent;
	c->view = v; v->controller = c;
	make_window(v);
	say("controller", digits(v->number), IsWindow(d->parent) ? "window" : "nothing", d->private ? "private" : "", NULL);
	invoke(d->handler, (void *)S_OK, c);
	release(c);  // its reference is the caller's now
	release_foreign(d->handler);
}
static HRESULT STDMETHODCALLTYPE create_controller(object *o, HWND parent, void *handler) {
	on_thread(o, "CreateCoreWebView2Controller");
	order *d = calloc(1, sizeof *d);
	d->environment = o; d->parent = parent; d->handler = handler;
	IUnknown_AddRef((IUnknown *)handler);
	later(controller_made, d);
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE create_options(object *o, object **out) { *out = make(&face_options, optionss); return S_OK; }
static HRESULT STDMETHODCALLTYPE create_private(object *o, HWND parent, object *options, void *handler) {
	on_thread(o, "CreateCoreWebView2ControllerWithOptions");
	order *d = calloc(1, sizeof *d);
	d->environment = o; d->parent = parent; d->handler = handler; d->private = options->status;
	IUnknown_AddRef((IUnknown *)handler);
	later(controller_made, d);
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE version(object *o, WCHAR **out) { return give(out, "1.2.3.4 (double)"); }

// look says what of a window the caller has no word for.
static void look(object *v) {
	static const int ids[] = {32512, 32513, 32514, 32515, 32642, 32643, 32644, 32645, 32646, 32648, 32649, 32650, 32651};
	char extra[16], clip[64], cursor[16] = "none";
	RECT r, desktop, inside;
	POINT origin = {0, 0};
	WCHAR title[64] = L"";
	sprintf(extra, "%08lx", (long)GetWindowLongPtrW(v->parent, GWL_EXSTYLE));
	GetClipCursor(&r);
	GetWindowRect(GetDesktopWindow(), &desktop);
	GetClientRect(v->parent, &inside);
	ClientToScreen(v->parent, &origin);
	OffsetRect(&inside, origin.x, origin.y);
	sprintf(clip, "%s", EqualRect(&r, &desktop) ? "free" : EqualRect(&r, &inside) ? "inside" : "elsewhere");
	for (int i = 0; i < (int)(sizeof ids / sizeof *ids); i++)
		if (GetCursor() == LoadCursorW(NULL, MAKEINTRESOURCEW(ids[i]))) sprintf(cursor, "%d", ids[i]);
	POINT middle = {(inside.left + inside.right) / 2, (inside.top + inside.bottom) / 2};
	HWND last = NULL;
	for (HWND w = GetTopWindow(NULL); w; w = GetWindow(w, GW_HWNDNEXT)) {
		DWORD process;
		GetWindowThreadProcessId(w, &process);
		if (process == GetCurrentProcessId() && IsWindowVisible(w)) last = w;
	}
	GetWindowTextW(last, title, 64);
	char *lowest = utf8(title);
	say("look", digits(v->number), extra, IsWindowEnabled(v->parent) ? "enabled" : "disabled", cursor, clip,
		GetAncestor(WindowFromPoint(middle), GA_ROOT) == v->parent ? "hit" : "through", lowest, GetAsyncKeyState(VK_LBUTTON) < 0 ? "held" : "free", NULL);
	free(lowest);
}

// borders says how far a window reaches beyond its content, and how large that is.
static void borders(object *v) {
	RECT whole, inside;
	POINT origin = {0, 0};
	GetWindowRect(v->parent, &whole);
	GetClientRect(v->parent, &inside);
	ClientToScreen(v->parent, &origin);
	say("borders", digits(v->number), digits(origin.x - whole.left), digits(origin.y - whole.top), digits(whole.right - origin.x - inside.right),
		digits(whole.bottom - origin.y - inside.bottom), digits(inside.right), digits(inside.bottom), NULL);
}

// hit says what the mouse takes at a place of a window's content. WindowFromPoint would not do: wine cuts what it takes for the title
// bar off a window that has its style.
static void hit(object *v, int x, int y) {
	POINT p = {x, y};
	HWND w = ChildWindowFromPointEx(v->parent, p, CWP_SKIPINVISIBLE);
	HRGN region = CreateRectRgn(0, 0, 0, 0);
	if (w != v->parent && GetWindowRgn(w, region) != ERROR && !PtInRegion(region, x, y)) w = v->parent;
	DeleteObject(region);
	const char *what = w == v->parent ? "window" : w == v->window ? "page" : w ? "grip" : "nothing";
	ClientToScreen(v->parent, &p);
	say("hit", digits(v->number), what, digits((int)SendMessageW(w, WM_NCHITTEST, 0, MAKELPARAM(p.x, p.y))), NULL);
}

// What the test says.

static object *view_of(const char *number) {
	object *v = all[atoi(number) % 4096];
	return v && v->number == atoi(number) && !v->closed ? v : NULL;
}

static void obey(void *p) {
	char *line = p, *f[maxFields] = {0};
	int n = 0;
	for (char *s = line; s && n < maxFields; n++) {
		f[n] = s;
		if ((s = strchr(s, '\t'))) *s++ = 0;
	}
	for (int i = 0; i < n; i++) unescape(f[i]);
	if (!strcmp(f[0], "crash")) { *(volatile int *)0 = 1; return; }
	if (!strcmp(f[0], "exit")) ExitProcess(atoi(f[1]));
	if (!strcmp(f[0], "fetch")) { CloseHandle(CreateThread(NULL, 0, say_fetched, strdup(f[1]), 0, NULL)); return; }
	if (!strcmp(f[0], "live")) { say("live", digits(live), NULL); return; }
	if (!strcmp(f[0], "received") || !strcmp(f[0], "state")) {
		object *o = going[atoi(f[1]) % 16];
		if (!o) { say("wrong", "no such download", f[1], NULL); return; }
		if (f[0][0] == 'r') {  // NUMBER BYTES TOTAL
			o->received = atoll(f[2]); o->total = atoll(f[3]);
			fire(o, bytes, NULL);
			return;
		}
		o->value = atoi(f[2]); o->status = atoi(f[3]);  // NUMBER STATE REASON PATH CONTENT
		if (n > 5) {
			WCHAR *path = utf16(f[4]);
			FILE *file = _wfopen(path, L"wb");
			if (!file) say("wrong", "no file can be made at", f[4], NULL);
			else { fwrite(f[5], 1, strlen(f[5]), file); fclose(file); }
			CoTaskMemFree(path);
		}
		add_ref(o);
		fire(o, state, NULL);
		if (going[o->number % 16] == o) { going[o->number % 16] = NULL; release(o); }
		release(o);
		return;
	}
	object *v = n > 1 ? view_of(f[1]) : NULL, *a;
	if (!v) { say("wrong", "no such webview", f[0], NULL); return; }
	if (!strcmp(f[0], "message")) {  // N SOURCE TEXT
		a = make(&face_message, messages);
		a->text = f[2]; a->method = f[3];
		fire(v, message, a);
		release(a);
	} else if (!strcmp(f[0], "goto")) {  // N URL BY-USER
		navigate_to(v, f[2], atoi(f[3]));
	} else if (!strcmp(f[0], "frame")) {  // N URL
		a = make(&face_starting, startings);
		a->text = f[2];
		fire(v, frameStarting, a);
		say("frame", f[1], f[2], a->cancelled ? "cancelled" : "allowed", NULL);
		release(a);
	} else if (!strcmp(f[0], "open")) {  // N URL BY-USER
		a = make(&face_window, windows);
		a->text = f[2]; a->flag = atoi(f[3]);
		fire(v, window, a);
		say("opened", f[1], a->status ? "handled" : "by the engine", NULL);
		release(a);
	} else if (!strcmp(f[0], "download")) {  // N NUMBER URL PATH
		object *o = make(&face_operation, operations);
		o->number = atoi(f[2]); o->text = strdup(f[3]);
		going[o->number % 16] = o;
		a = make(&face_downloading, downloadings);
		a->view = v; a->number = o->number; a->path = strdup(f[4]);
		fire(v, download, a);
		if (!a->deferred) finish_download(a);
	} else if (!strcmp(f[0], "event")) {  // N JSON: of the protocol of the developer tools
		a = make(&face_protocol, protocols);
		a->text = f[2];
		fire(v, protocol, a);
		release(a);
	} else if (!strcmp(f[0], "permission")) {  // N KIND
		a = make(&face_permission, permissions);
		a->value = atoi(f[2]); a->number = a->value;
		fire(v, permission, a);
		if (!a->deferred) release(a);
	} else if (!strcmp(f[0], "fail")) {  // N KIND REASON
		a = make(&face_failed, failures);
		a->value = atoi(f[2]); a->status = atoi(f[3]);
		fire(v, failure, a);
		release(a);
	} else if (!strcmp(f[0], "drag")) {  // N X Y PATH …
		drag(v, f, n);
	} else if (!strcmp(f[0], "drag on")) {  // N X Y
		point_to(v, f[2], f[3]);
	} else if (!strcmp(f[0], "drag end")) {  // N drop or cancel
		dragging = strcmp(f[2], "drop") ? DRAGDROP_S_CANCEL : DRAGDROP_S_DROP;
	} else if (!strcmp(f[0], "scrolled")) {  // N POSITION
		char answer[128];
		sprintf(answer, "{\"result\":{\"type\":\"string\",\"value\":\"%s\"}}", f[2]);
		WCHAR *text = utf16(answer);
		void *handler = v->scrolled;
		v->scrolled = NULL;
		if (!handler) say("wrong", "nobody waits for the page to be scrolled", NULL);
		else invoke(handler, (void *)S_OK, text);
		release_foreign(handler);
		CoTaskMemFree(text);
	} else if (!strcmp(f[0], "look")) {
		look(v);
	} else if (!strcmp(f[0], "borders")) {
		borders(v);
	} else if (!strcmp(f[0], "hit")) {  // N X Y
		hit(v, atoi(f[2]), atoi(f[3]));
	} else if (!strcmp(f[0], "key")) {  // N CODE [MODIFIER]: it goes down while the page has the keyboard
		BYTE keyboard[256] = {0};
		if (n > 3) keyboard[atoi(f[3])] = 0x80;
		if (n > 3) SetKeyboardState(keyboard);
		a = make(&face_key, keys);
		a->value = 0; a->status = atoi(f[2]);
		fire(v, key, a);
		if (n > 3) keyboard[atoi(f[3])] = 0;
		if (n > 3) SetKeyboardState(keyboard);
		say("key", f[1], f[2], a->cancelled ? "handled" : "for the page", NULL);
		release(a);
	} else if (!strcmp(f[0], "setting")) {  // N NAME: a setting of the system has changed
		WCHAR *name = utf16(f[2]);
		SendMessageW(v->parent, WM_SETTINGCHANGE, 0, (LPARAM)name);
		CoTaskMemFree(name);
	} else if (!strcmp(f[0], "closing")) {
		fire(v, closing, NULL);
	} else if (!strcmp(f[0], "close")) {  // as the user does
		PostMessageW(v->parent, WM_CLOSE, 0, 0);
	} else if (!strcmp(f[0], "request")) {  // N NUMBER METHOD URL BODY NAME VALUE …
		a = make(&face_requested, requesteds);
		a->view = v; a->number = atoi(f[2]); a->method = f[3]; a->text = f[4]; a->body = f[5];
		for (int i = 6; i + 1 < n; i += 2) { a->names[a->fields] = f[i]; a->values[a->fields++] = f[i + 1]; }
		if (!filtered(v, f[4])) say("wrong", "no filter for", f[4], NULL);
		ask(a);
	} else say("wrong", "unknown command", f[0], NULL);
}

static DWORD WINAPI hear(void *p) {
	static char buffer[1 << 16];
	size_t room = 1 << 16, n = 0;
	char *line = malloc(room);
	for (int got; (got = recv(control, buffer, sizeof buffer, 0)) > 0;) {
		for (int i = 0; i < got; i++) {
			if (n + 2 > room) line = realloc(line, room *= 2);
			if (buffer[i] != '\n') { line[n++] = buffer[i]; continue; }
			line[n] = 0;
			later(obey, strdup(line));
			n = 0;
		}
	}
	return 0;
}

static LRESULT CALLBACK wake(HWND w, UINT m, WPARAM wp, LPARAM lp) {
	if (m != WM_APP) return DefWindowProcW(w, m, wp, lp);
	job *j = (job *)lp;
	j->run(j->arg);
	free(j);
	return 0;
}

static void build(void) {
#define AT(table, face, name, f) table[SLOT_##face##_##name] = f
	views = new_table();
	AT(views, ICoreWebView2_13, Settings, view_settings);
	AT(views, ICoreWebView2_13, Source, view_source);
	AT(views, ICoreWebView2_13, Navigate, view_navigate);
	AT(views, ICoreWebView2_13, Reload, view_reload);
	AT(views, ICoreWebView2_13, Stop, view_nothing);
	AT(views, ICoreWebView2_13, GoBack, view_nothing);
	AT(views, ICoreWebView2_13, GoForward, view_nothing);
	AT(views, ICoreWebView2_13, OpenDevToolsWindow, view_nothing);
	AT(views, ICoreWebView2_13, CanGoBack, view_no);
	AT(views, ICoreWebView2_13, CanGoForward, view_no);
	AT(views, ICoreWebView2_13, DocumentTitle, view_title);
	AT(views, ICoreWebView2_13, PostWebMessageAsString, view_post);
	AT(views, ICoreWebView2_13, AddScriptToExecuteOnDocumentCreated, view_add_script);
	AT(views, ICoreWebView2_13, RemoveScriptToExecuteOnDocumentCreated, view_remove_script);
	AT(views, ICoreWebView2_13, AddWebResourceRequestedFilter, view_filter);
	AT(views, ICoreWebView2_13, CallDevToolsProtocolMethod, view_devtools);
	AT(views, ICoreWebView2_13, Profile, view_profile);
	AT(views, ICoreWebView2_13, add_NavigationStarting, listen_starting);
	AT(views, ICoreWebView2_13, add_FrameNavigationStarting, listen_frameStarting);
	AT(views, ICoreWebView2_13, add_ContentLoading, listen_loading);
	AT(views, ICoreWebView2_13, add_SourceChanged, listen_source);
	AT(views, ICoreWebView2_13, add_HistoryChanged, listen_history);
	AT(views, ICoreWebView2_13, add_DocumentTitleChanged, listen_title);
	AT(views, ICoreWebView2_13, add_NavigationCompleted, listen_completed);
	AT(views, ICoreWebView2_13, add_NewWindowRequested, listen_window);
	AT(views, ICoreWebView2_13, add_PermissionRequested, listen_permission);
	AT(views, ICoreWebView2_13, add_ProcessFailed, listen_failure);
	AT(views, ICoreWebView2_13, add_WebMessageReceived, listen_message);
	AT(views, ICoreWebView2_13, add_WindowCloseRequested, listen_closing);
	AT(views, ICoreWebView2_13, add_WebResourceRequested, listen_request);
	AT(views, ICoreWebView2_13, add_DownloadStarting, listen_download);
	AT(views, ICoreWebView2_13, GetDevToolsProtocolEventReceiver, view_receiver);
	settings = new_table();
	AT(settings, ICoreWebView2Settings4, SetIsWebMessageEnabled, set_IsWebMessageEnabled);
	AT(settings, ICoreWebView2Settings4, SetAreHostObjectsAllowed, set_AreHostObjectsAllowed);
	AT(settings, ICoreWebView2Settings4, SetAreDevToolsEnabled, set_AreDevToolsEnabled);
	AT(settings, ICoreWebView2Settings4, SetIsScriptEnabled, set_IsScriptEnabled);
	AT(settings, ICoreWebView2Settings4, SetIsStatusBarEnabled, set_nothing);
	AT(settings, ICoreWebView2Settings4, SetIsZoomControlEnabled, set_nothing);
	AT(settings, ICoreWebView2Settings4, SetIsBuiltInErrorPageEnabled, set_nothing);
	AT(settings, ICoreWebView2Settings4, SetAreBrowserAcceleratorKeysEnabled, set_nothing);
	AT(settings, ICoreWebView2Settings4, SetIsPasswordAutosaveEnabled, set_nothing);
	AT(settings, ICoreWebView2Settings4, SetIsGeneralAutofillEnabled, set_nothing);
	AT(settings, ICoreWebView2Settings4, SetUserAgent, set_text);
	controllers = new_table();
	AT(controllers, ICoreWebView2Controller2, CoreWebView2, controller_core);
	AT(controllers, ICoreWebView2Controller2, SetBounds, controller_bounds);
	AT(controllers, ICoreWebView2Controller2, SetZoomFactor, controller_zoom);
	AT(controllers, ICoreWebView2Controller2, SetIsVisible, controller_int);
	AT(controllers, ICoreWebView2Controller2, MoveFocus, controller_int);
	AT(controllers, ICoreWebView2Controller2, SetDefaultBackgroundColor, controller_background);
	AT(controllers, ICoreWebView2Controller2, NotifyParentWindowPositionChanged, view_nothing);
	AT(controllers, ICoreWebView2Controller2, Close, controller_close);
	AT(controllers, ICoreWebView2Controller2, add_AcceleratorKeyPressed, listen_key);
	AT(controllers, ICoreWebView2Controller4, SetAllowExternalDrop, controller_drop);
	AT(controllers, ICoreWebView2Controller4, SetParentWindow, controller_parent);
	optionss = new_table();
	AT(optionss, ICoreWebView2ControllerOptions, SetIsInPrivateModeEnabled, arg_set);
	environments = new_table();
	AT(environments, ICoreWebView2Environment10, CreateCoreWebView2ControllerOptions, create_options);
	AT(environments, ICoreWebView2Environment10, CreateCoreWebView2ControllerWithOptions, create_private);
	AT(environments, ICoreWebView2Environment, CreateCoreWebView2Controller, create_controller);
	AT(environments, ICoreWebView2Environment, CreateWebResourceResponse, create_response);
	AT(environments, ICoreWebView2Environment, BrowserVersionString, version);
	profiles = new_table();
	AT(profiles, ICoreWebView2Profile2, ClearBrowsingDataAll, profile_clear);
	deferrals = new_table();
	AT(deferrals, ICoreWebView2Deferral, Complete, complete);
	requests = new_table();
	AT(requests, ICoreWebView2WebResourceRequest, Uri, request_uri);
	AT(requests, ICoreWebView2WebResourceRequest, Method, request_method);
	AT(requests, ICoreWebView2WebResourceRequest, Content, request_content);
	AT(requests, ICoreWebView2WebResourceRequest, Headers, request_headers);
	responses = new_table();
	headers = new_table();
	AT(headers, ICoreWebView2HttpRequestHeaders, GetIterator, headers_iterator);
	iterators = new_table();
	AT(iterators, ICoreWebView2HttpHeadersCollectionIterator, GetCurrentHeader, iterator_current);
	AT(iterators, ICoreWebView2HttpHeadersCollectionIterator, HasCurrentHeader, iterator_has);
	AT(iterators, ICoreWebView2HttpHeadersCollectionIterator, MoveNext, iterator_next);
	startings = new_table();
	AT(startings, ICoreWebView2NavigationStartingEventArgs, Uri, arg_text);
	AT(startings, ICoreWebView2NavigationStartingEventArgs, IsUserInitiated, arg_flag);
	AT(startings, ICoreWebView2NavigationStartingEventArgs, IsRedirected, arg_no);
	AT(startings, ICoreWebView2NavigationStartingEventArgs, SetCancel, arg_cancel);
	loadings = new_table();
	AT(loadings, ICoreWebView2ContentLoadingEventArgs, IsErrorPage, arg_flag);
	completeds = new_table();
	AT(completeds, ICoreWebView2NavigationCompletedEventArgs, IsSuccess, arg_flag);
	AT(completeds, ICoreWebView2NavigationCompletedEventArgs, WebErrorStatus, arg_status);
	windows = new_table();
	AT(windows, ICoreWebView2NewWindowRequestedEventArgs, Uri, arg_text);
	AT(windows, ICoreWebView2NewWindowRequestedEventArgs, IsUserInitiated, arg_flag);
	AT(windows, ICoreWebView2NewWindowRequestedEventArgs, SetHandled, arg_set);
	permissions = new_table();
	AT(permissions, ICoreWebView2PermissionRequestedEventArgs, PermissionKind, arg_value);
	AT(permissions, ICoreWebView2PermissionRequestedEventArgs, SetState, arg_set);
	AT(permissions, ICoreWebView2PermissionRequestedEventArgs, GetDeferral, defer);
	failures = new_table();
	AT(failures, ICoreWebView2ProcessFailedEventArgs2, ProcessFailedKind, arg_value);
	AT(failures, ICoreWebView2ProcessFailedEventArgs2, Reason, arg_status);
	messages = new_table();
	AT(messages, ICoreWebView2WebMessageReceivedEventArgs, Source, arg_text);
	AT(messages, ICoreWebView2WebMessageReceivedEventArgs, TryGetWebMessageAsString, arg_text2);
	keys = new_table();
	AT(keys, ICoreWebView2AcceleratorKeyPressedEventArgs, KeyEventKind, arg_value);
	AT(keys, ICoreWebView2AcceleratorKeyPressedEventArgs, VirtualKey, arg_status);
	AT(keys, ICoreWebView2AcceleratorKeyPressedEventArgs, SetHandled, arg_cancel);
	downloadings = new_table();
	AT(downloadings, ICoreWebView2DownloadStartingEventArgs, DownloadOperation, downloading_operation);
	AT(downloadings, ICoreWebView2DownloadStartingEventArgs, SetCancel, arg_cancel);
	AT(downloadings, ICoreWebView2DownloadStartingEventArgs, ResultFilePath, downloading_path);
	AT(downloadings, ICoreWebView2DownloadStartingEventArgs, SetResultFilePath, downloading_set_path);
	AT(downloadings, ICoreWebView2DownloadStartingEventArgs, SetHandled, arg_set);
	AT(downloadings, ICoreWebView2DownloadStartingEventArgs, GetDeferral, defer);
	operations = new_table();
	AT(operations, ICoreWebView2DownloadOperation, add_BytesReceivedChanged, listen_bytes);
	AT(operations, ICoreWebView2DownloadOperation, add_StateChanged, listen_state);
	AT(operations, ICoreWebView2DownloadOperation, Uri, arg_text);
	AT(operations, ICoreWebView2DownloadOperation, TotalBytesToReceive, operation_total);
	AT(operations, ICoreWebView2DownloadOperation, BytesReceived, operation_received);
	AT(operations, ICoreWebView2DownloadOperation, State, operation_state);
	AT(operations, ICoreWebView2DownloadOperation, InterruptReason, operation_reason);
	AT(operations, ICoreWebView2DownloadOperation, Cancel, operation_cancel);
	receivers = new_table();
	AT(receivers, ICoreWebView2DevToolsProtocolEventReceiver, add_DevToolsProtocolEventReceived, listen_protocol);
	protocols = new_table();
	AT(protocols, ICoreWebView2DevToolsProtocolEventReceivedEventArgs, ParameterObjectAsJson, arg_text);
	requesteds = new_table();
	AT(requesteds, ICoreWebView2WebResourceRequestedEventArgs, Request, requested_request_of);
	AT(requesteds, ICoreWebView2WebResourceRequestedEventArgs, SetResponse, requested_response);
	AT(requesteds, ICoreWebView2WebResourceRequestedEventArgs, GetDeferral, defer);
}

static void environment_made(void *handler) {
	object *e = make(&face_environment, environments);
	invoke(handler, (void *)S_OK, e);
	release_foreign(handler);
	release(e);
}

// read_options says what the caller wants, as the runtime reads it.
static void read_options(IUnknown *options) {
	void **o, **o4;
	WCHAR *arguments = NULL;
	if (FAILED(IUnknown_QueryInterface(options, &IID_ICoreWebView2EnvironmentOptions, (void **)&o)) ||
		FAILED(IUnknown_QueryInterface(options, &IID_ICoreWebView2EnvironmentOptions4, (void **)&o4))) {
		say("wrong", "options", NULL);
		return;
	}
	((HRESULT (STDMETHODCALLTYPE *)(void *, WCHAR **))(*(void ***)o)[SLOT_ICoreWebView2EnvironmentOptions_AdditionalBrowserArguments])(o, &arguments);
	UINT32 count = 0;
	void ***list = NULL;
	((HRESULT (STDMETHODCALLTYPE *)(void *, UINT32 *, void ****))(*(void ***)o4)[SLOT_ICoreWebView2EnvironmentOptions4_GetCustomSchemeRegistrations])(o4, &count, &list);
	char schemes[256] = "";
	for (UINT32 i = 0; i < count; i++) {
		WCHAR *name, **origins;
		BOOL secure = 0, authority = 0;
		UINT32 n = 0;
		void **t = *(void ***)list[i];
		((HRESULT (STDMETHODCALLTYPE *)(void *, WCHAR **))t[SLOT_ICoreWebView2CustomSchemeRegistration_SchemeName])(list[i], &name);
		((HRESULT (STDMETHODCALLTYPE *)(void *, BOOL *))t[SLOT_ICoreWebView2CustomSchemeRegistration_TreatAsSecure])(list[i], &secure);
		((HRESULT (STDMETHODCALLTYPE *)(void *, BOOL *))t[SLOT_ICoreWebView2CustomSchemeRegistration_HasAuthorityComponent])(list[i], &authority);
		((HRESULT (STDMETHODCALLTYPE *)(void *, UINT32 *, WCHAR ***))t[SLOT_ICoreWebView2CustomSchemeRegistration_GetAllowedOrigins])(list[i], &n, &origins);
		char *s = utf8(name);
		sprintf(schemes + strlen(schemes), "%s%s %d %d %u %ls", i ? "," : "", s, secure, authority, n, n ? origins[0] : L"");
		free(s);
		CoTaskMemFree(name);
		for (UINT32 k = 0; k < n; k++) CoTaskMemFree(origins[k]);
		CoTaskMemFree(origins);
		release_foreign(list[i]);
	}
	CoTaskMemFree(list);
	char *a = utf8(arguments);
	say("options", a, schemes, NULL);
	const char *at = strstr(a, "--proxy-server=\"socks5://127.0.0.1:");
	if (at) proxy = atoi(strrchr(strtok(strdup(at + 16), "\""), ':') + 1);
	free(a);
	CoTaskMemFree(arguments);
	release_foreign(o);
	release_foreign(o4);
}

static HMODULE self;

// The taskbar of the process, in place of that of wine, which shows neither progress nor overlays. Its table is that of the
// system's header.

static void task(const char *what, HWND window, const char *a, const char *b) {
	WCHAR title[64];
	GetWindowTextW(window, title, 64);
	char *t = utf8(title);
	if (GetCurrentThreadId() != thread) say("wrong", "thread", "taskbar", what, NULL);
	say("taskbar", what, t, a, b, NULL);
	free(t);
}

static LONG taskbars;  // references
static HRESULT STDMETHODCALLTYPE task_query(ITaskbarList3 *t, REFIID iid, void **out) {
	*out = NULL;
	if (!IsEqualGUID(iid, &IID_ITaskbarList3) && !IsEqualGUID(iid, &IID_IUnknown)) return E_NOINTERFACE;
	ITaskbarList3_AddRef(t);
	*out = t;
	return S_OK;
}
static ULONG STDMETHODCALLTYPE task_add_ref(ITaskbarList3 *t) { InterlockedIncrement(&live); return InterlockedIncrement(&taskbars); }
static ULONG STDMETHODCALLTYPE task_release(ITaskbarList3 *t) { InterlockedDecrement(&live); return InterlockedDecrement(&taskbars); }
static HRESULT STDMETHODCALLTYPE task_init(ITaskbarList3 *t) { task("init", NULL, "", ""); return S_OK; }
static HRESULT STDMETHODCALLTYPE task_add(ITaskbarList3 *t, HWND w) { task("add", w, "", ""); return S_OK; }
static HRESULT STDMETHODCALLTYPE task_delete(ITaskbarList3 *t, HWND w) { task("delete", w, "", ""); return S_OK; }
static HRESULT STDMETHODCALLTYPE task_value(ITaskbarList3 *t, HWND w, ULONGLONG part, ULONGLONG whole) {
	task("value", w, digits((int)part), digits((int)whole));
	return S_OK;
}
static HRESULT STDMETHODCALLTYPE task_state(ITaskbarList3 *t, HWND w, TBPFLAG state) { task("state", w, digits(state), ""); return S_OK; }
static HRESULT STDMETHODCALLTYPE task_overlay(ITaskbarList3 *t, HWND w, HICON icon, LPCWSTR text) {
	char *s = utf8(text);
	ICONINFO info;
	BITMAP bitmap = {0};
	if (icon && GetIconInfo(icon, &info)) GetObjectW(info.hbmColor, sizeof bitmap, &bitmap);
	task("overlay", w, digits(bitmap.bmWidth), s);
	free(s);
	return S_OK;
}
static ITaskbarList3Vtbl task_table = {.QueryInterface = task_query, .AddRef = task_add_ref, .Release = task_release, .HrInit = task_init, .AddTab = task_add,
	.DeleteTab = task_delete, .SetProgressValue = task_value, .SetProgressState = task_state, .SetOverlayIcon = task_overlay};
static ITaskbarList3 taskbar = {&task_table};

static HRESULT STDMETHODCALLTYPE factory_query(IClassFactory *f, REFIID iid, void **out) { *out = f; return S_OK; }
static ULONG STDMETHODCALLTYPE factory_count(IClassFactory *f) { return 1; }
static HRESULT STDMETHODCALLTYPE factory_create(IClassFactory *f, IUnknown *outer, REFIID iid, void **out) { return task_query(&taskbar, iid, out); }
static HRESULT STDMETHODCALLTYPE factory_lock(IClassFactory *f, BOOL lock) { return S_OK; }
static IClassFactoryVtbl factory_table = {factory_query, factory_count, factory_count, factory_create, factory_lock};
static IClassFactory factory = {&factory_table};

__declspec(dllexport) HRESULT STDMETHODCALLTYPE CreateWebViewEnvironmentWithOptionsInternal(BOOL check, int kind, const WCHAR *folder, IUnknown *options, void *handler) {
	WCHAR path[MAX_PATH];
	GetModuleFileNameW(self, path, MAX_PATH);
	wcscpy(wcsrchr(path, L'\\') + 1, L"control");
	FILE *file = _wfopen(path, L"r");
	int port = 0;
	if (!file || fscanf(file, "%d", &port) != 1) return E_FAIL;
	fclose(file);
	WSADATA data;
	WSAStartup(MAKEWORD(2, 2), &data);
	control = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((u_short)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (connect(control, (struct sockaddr *)&to, sizeof to)) return E_FAIL;
	InitializeCriticalSection(&writing);
	thread = GetCurrentThreadId();
	build();
	WNDCLASSW class = {.lpfnWndProc = wake, .lpszClassName = L"WebView2Double"};
	RegisterClassW(&class);
	waker = CreateWindowW(L"WebView2Double", NULL, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
	char *f = utf8(folder);
	say("start", digits(GetCurrentProcessId()), digits(kind), f, NULL);
	free(f);
	read_options(options);
	DWORD cookie;
	if (CoRegisterClassObject(&CLSID_TaskbarList, (IUnknown *)&factory, CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE, &cookie)) return E_FAIL;
	CloseHandle(CreateThread(NULL, 0, hear, NULL, 0, NULL));
	IUnknown_AddRef((IUnknown *)handler);
	later(environment_made, handler);
	return S_OK;
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD why, void *reserved) {
	self = module;
	return TRUE;
}
