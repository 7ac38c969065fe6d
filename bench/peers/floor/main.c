/* The floor: a program that is nothing but WebKitGTK. What it says to the runner is described
   in ../protocol/protocol.go. PEER_ACCELERATION=never switches hardware acceleration off. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <webkit2/webkit2.h>

/* Puts a file of the front end into the program, between two names. */
#define FILE_IN(name, file)                                                     \
	__asm__(".section .rodata\n" #name ": .incbin \"" file "\"\n" #name "_end:\n.text\n"); \
	extern const char name[], name##_end[]
FILE_IN(index_html, "index.html");
FILE_IN(more_html, "more.html");
FILE_IN(adapters_js, "adapters.js");
FILE_IN(jobs_js, "jobs.js");

static const struct { const char *path, *type, *start, *end; } files[] = {
	{"/", "text/html", index_html, index_html_end},
	{"/more.html", "text/html", more_html, more_html_end},
	{"/adapters.js", "text/javascript", adapters_js, adapters_js_end},
	{"/jobs.js", "text/javascript", jobs_js, jobs_js_end},
};

static gboolean once;
static WebKitWebContext *context;
static WebKitWebView *first;
static GArray *times; /* double, in µs */
static gint64 last;

/* Bytes as the page makes them too: xorshift32, from 1. */
static char pattern[100 << 20];
static gsize pattern_size;

/* Makes as many of them as are wanted, unless they are there. */
static const char *pattern_of(gsize size) {
	static guint32 x = 1;
	for (; pattern_size < size; pattern_size += 4) {
		x ^= x << 13; x ^= x >> 17; x ^= x << 5;
		memcpy(pattern + pattern_size, &x, 4);
	}
	return pattern;
}

/* Calls a function of the page with a text, which has nothing in it that would end it. */
static void call_page(WebKitWebView *view, const char *function, const char *text) {
	char *script = g_strdup_printf("%s('%s')", function, text);
	webkit_web_view_evaluate_javascript(view, script, -1, NULL, NULL, NULL, NULL, NULL);
	g_free(script);
}

static void answer(WebKitScriptMessageReply *reply, JSCValue *like, const char *text) {
	JSCValue *value = jsc_value_new_string(jsc_value_get_context(like), text);
	webkit_script_message_reply_return_value(reply, value);
	g_object_unref(value);
}

static gboolean on_message(WebKitUserContentManager *m, JSCValue *value, WebKitScriptMessageReply *reply, gpointer view) {
	char *message = jsc_value_to_string(value);
	if (g_str_has_prefix(message, "echo ")) {
		gint64 now = g_get_monotonic_time();
		if (last != 0) { double micros = now - last; g_array_append_val(times, micros); }
		last = now;
		answer(reply, value, message + 5);
	} else if (g_str_has_prefix(message, "tell ")) {
		answer(reply, value, "");
		char *text = g_strchomp(message + 5);
		if (once && strcmp(text, "ready") == 0) gtk_main_quit();
		else { puts(text); fflush(stdout); }
	} else if (g_str_has_prefix(message, "flood ")) {
		int n = atoi(message + 6);
		char text[101];
		memset(text, 'x', 100);
		text[100] = 0;
		for (int i = 0; i < n; i++) {
			char number[16];
			snprintf(number, sizeof number, "%08d", i);
			memcpy(text, number, 8);
			call_page(view, "peerEvent", text);
		}
		answer(reply, value, "");
	}
	g_free(message);
	return TRUE;
}

static void respond(WebKitURISchemeRequest *request, const char *type, const char *bytes, gsize size) {
	GInputStream *stream = g_memory_input_stream_new_from_data(bytes, size, NULL);
	webkit_uri_scheme_request_finish(request, stream, size, type);
	g_object_unref(stream);
}

static void fail(WebKitURISchemeRequest *request, const char *text) {
	GError *error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, text);
	webkit_uri_scheme_request_finish_error(request, error);
	g_error_free(error);
}

/* Compares the body of a request with the pattern as it is read. */
static void take(WebKitURISchemeRequest *request) {
	GInputStream *body = webkit_uri_scheme_request_get_http_body(request);
	if (!body) { fail(request, "no body"); return; }
	static char buffer[1 << 18];
	gsize at = 0;
	gssize n;
	while ((n = g_input_stream_read(body, buffer, sizeof buffer, NULL, NULL)) > 0) {
		if (at + n > sizeof pattern || memcmp(buffer, pattern_of((at + n + 3) & ~3ul) + at, n) != 0) break;
		at += n;
	}
	g_object_unref(body);
	if (n != 0) { fail(request, "other bytes"); return; }
	char *text = g_strdup_printf("%" G_GSIZE_FORMAT, at);
	GInputStream *stream = g_memory_input_stream_new_from_data(text, strlen(text), g_free);
	webkit_uri_scheme_request_finish(request, stream, strlen(text), "text/plain");
	g_object_unref(stream);
}

static void on_request(WebKitURISchemeRequest *request, gpointer unused) {
	const char *path = webkit_uri_scheme_request_get_path(request);
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
		if (strcmp(path, files[i].path) == 0) {
			respond(request, files[i].type, files[i].start, files[i].end - files[i].start);
			return;
		}
	const char *query = strstr(webkit_uri_scheme_request_get_uri(request), "size=");
	if (strcmp(path, "/give") == 0 && query) {
		gsize size = MIN(g_ascii_strtoull(query + 5, NULL, 10), sizeof pattern);
		respond(request, "application/octet-stream", pattern_of(size), size);
	} else if (strcmp(path, "/take") == 0) take(request);
	else fail(request, "no such file");
}

static void open_window(const char *path) {
	WebKitUserContentManager *content = webkit_user_content_manager_new();
	webkit_user_content_manager_register_script_message_handler_with_reply(content, "peer", NULL);
	WebKitWebView *view = g_object_new(WEBKIT_TYPE_WEB_VIEW, "web-context", context, "user-content-manager", content, NULL);
	g_signal_connect(content, "script-message-with-reply-received::peer", G_CALLBACK(on_message), view);
	if (g_strcmp0(g_getenv("PEER_ACCELERATION"), "never") == 0)
		webkit_settings_set_hardware_acceleration_policy(webkit_web_view_get_settings(view), WEBKIT_HARDWARE_ACCELERATION_POLICY_NEVER);
	GtkWidget *window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
	gtk_window_set_title(GTK_WINDOW(window), "peer");
	gtk_window_set_default_size(GTK_WINDOW(window), 600, 400);
	gtk_container_add(GTK_CONTAINER(window), GTK_WIDGET(view));
	g_signal_connect(window, "destroy", G_CALLBACK(gtk_main_quit), NULL);
	char *uri = g_strconcat("app://localhost", path, NULL);
	webkit_web_view_load_uri(view, uri);
	g_free(uri);
	gtk_widget_show_all(window);
	if (!first) first = view;
}

static gboolean on_line(GIOChannel *in, GIOCondition condition, gpointer unused) {
	char *line = NULL;
	gsize end;
	if (g_io_channel_read_line(in, &line, NULL, &end, NULL) != G_IO_STATUS_NORMAL) { gtk_main_quit(); return FALSE; }
	line[end] = 0;
	if (g_str_has_prefix(line, "job ")) call_page(first, "peerJob", line + 4);
	else if (strcmp(line, "window") == 0) open_window("/more.html");
	else if (strcmp(line, "times") == 0) {
		fputs("times [", stdout);
		for (guint i = 0; i < times->len; i++) printf(i ? ",%.0f" : "%.0f", g_array_index(times, double, i));
		puts("]");
		fflush(stdout);
		g_array_set_size(times, 0);
		last = 0;
	} else gtk_main_quit();
	g_free(line);
	return TRUE;
}

int main(int argc, char **argv) {
	once = argc > 1 && strcmp(argv[1], "once") == 0;
	gtk_init(&argc, &argv);
	times = g_array_new(FALSE, FALSE, sizeof(double));
	context = webkit_web_context_get_default();
	webkit_web_context_register_uri_scheme(context, "app", on_request, NULL, NULL);
	WebKitSecurityManager *security = webkit_web_context_get_security_manager(context);
	webkit_security_manager_register_uri_scheme_as_secure(security, "app");
	webkit_security_manager_register_uri_scheme_as_cors_enabled(security, "app");
	GIOChannel *in = g_io_channel_unix_new(0);
	g_io_channel_set_flags(in, G_IO_FLAG_NONBLOCK, NULL);
	g_io_add_watch(in, G_IO_IN | G_IO_HUP, on_line, NULL);
	open_window("/");
	gtk_main();
	return 0;
}
