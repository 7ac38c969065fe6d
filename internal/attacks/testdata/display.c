// What the clients of an X server can do to each other. The protocol is spoken
// without a library: not every process that is attacked has one.
#include "probes.h"
#include <poll.h>

static struct {
	int fd;
	uint16_t seq;
	uint32_t base, root;
	int made, error; // ids; the code of the last error
	unsigned char head[32], rest[1 << 16]; // of the last packet
	unsigned char events[64];
	int count; // of events, which are kept by their kind
	uint32_t property; // of the last SelectionNotify
} x;

enum { KEY = 2, SELECTION = 31, MESSAGE = 33, GENERIC = 35 };

static uint32_t word(const unsigned char *from) {
	uint32_t v;
	memcpy(&v, from, sizeof v);
	return v;
}
static uint16_t half(const unsigned char *from) {
	uint16_t v;
	memcpy(&v, from, sizeof v);
	return v;
}

static int take(void *to, size_t n) {
	for (size_t got = 0; got < n;) {
		struct pollfd p = {x.fd, POLLIN, 0};
		if (poll(&p, 1, 5000) != 1) return errno = ETIMEDOUT, -1;
		ssize_t r = read(x.fd, (char *)to + got, n - got);
		if (r == 0) errno = ECONNRESET;
		if (r <= 0) return -1;
		got += r;
	}
	return 0;
}

// take_rest reads what is longer than a packet, and keeps what it has room for.
static int take_rest(size_t n) {
	char lost;
	size_t kept = n < sizeof x.rest ? n : sizeof x.rest;
	if (take(x.rest, kept)) return -1;
	for (; kept < n; kept++)
		if (take(&lost, 1)) return -1;
	return 0;
}

static int packet(void) {
	if (take(x.head, sizeof x.head)) return -1;
	int kind = x.head[0] & 127;
	if ((kind == 1 || kind == GENERIC) && take_rest(4 * (size_t)word(x.head + 4))) return -1;
	if (kind == 0) x.error = x.head[1];
	if (kind == SELECTION) x.property = word(x.head + 20);
	if (kind > 1 && x.count < (int)sizeof x.events) x.events[x.count++] = kind;
	return 0;
}

static void request(int opcode, int second, int n, const uint32_t *words) {
	unsigned char b[256] = {opcode, second};
	uint16_t units = n + 1;
	memcpy(b + 2, &units, sizeof units);
	if (n > 0) memcpy(b + 4, words, 4 * n);
	x.seq++;
	if (send(x.fd, b, 4 * units, MSG_NOSIGNAL) < 0) return; // the answer will not come
}
#define REQUEST(opcode, second, ...) \
	request(opcode, second, sizeof((uint32_t[]){__VA_ARGS__}) / 4, (uint32_t[]){__VA_ARGS__})
#define TWO(low, high) ((uint32_t)(uint16_t)(low) | (uint32_t)(high) << 16)

// refusal is the errno that says what an error of the server does.
static int refusal(int code) {
	switch (code) {
	case 1: return ENOSYS;           // BadRequest
	case 3: case 9: return ENOENT;   // BadWindow, BadDrawable
	case 10: return EACCES;          // BadAccess
	}
	return EPROTO;
}

// answer waits for that to the last request.
static int answer(void) {
	do
		if (packet()) return errno;
	while (x.head[0] > 1 || half(x.head + 2) != x.seq);
	return x.head[0] == 0 ? refusal(x.head[1]) : 0;
}
static int sync_server(void) {
	request(43, 0, 0, NULL); // GetInputFocus
	return answer();
}

static uint32_t named(int opcode, const char *name) {
	uint32_t words[16] = {strlen(name)};
	memcpy(words + 1, name, strlen(name));
	request(opcode, 0, 1 + (strlen(name) + 3) / 4, words);
	return answer() ? 0 : word(x.head + 8);
}
static uint32_t atom(const char *name) { return named(16, name); }
// extension is the number of one, 0 if the server does not show it.
static int extension(const char *name) { return named(98, name) & 255 ? x.head[9] : 0; }

static int begin(void) {
	if (!*target("display")) return ABSENT;
	memset(&x, 0, sizeof x);
	x.fd = dial(target("display"));
	if (x.fd < 0) return errno;
	struct { uint8_t order, zero; uint16_t major, others[4]; } hello = {'l', 0, 11, {0}};
	if (*(unsigned char *)&hello.major == 0) hello.order = 'B';
	if (send(x.fd, &hello, sizeof hello, MSG_NOSIGNAL) < 0 || take(x.head, 8) || take_rest(4 * (size_t)half(x.head + 6))) return errno;
	if (x.head[0] != 1) return EACCES;
	x.base = word(x.rest + 4);
	x.root = word(x.rest + 32 + ((half(x.rest + 16) + 3) & ~3) + 8 * x.rest[21]);
	return 0;
}

static int with_server(int (*f)(void)) {
	int e = begin();
	if (e == 0) e = f();
	if (e != ABSENT) close(x.fd);
	return e;
}

// got waits for an event.
static int got(int kind) {
	for (long left = number("patience"); left > 0; left -= 10) {
		int e = sync_server();
		if (e) return e;
		while (x.count > 0)
			if (x.events[--x.count] == kind) return OPEN;
		poll(NULL, 0, 10);
	}
	return ENODATA;
}

// told waits until the victim tells that something has happened to it. Each
// process has numbers of its own.
static int told(const char *what, long n, long patience) {
	char path[512];
	snprintf(path, sizeof path, "%s/%s-%ld", target("private"), what, n);
	int e = sync_server();
	for (long left = patience; e == 0 && left > 0; left -= 10) {
		if (unlink(path) == 0) return OPEN;
		poll(NULL, 0, 10);
	}
	return e ? e : ENODATA;
}

static uint32_t window(int background) {
	uint32_t id = x.base + ++x.made;
	uint32_t place = TWO(number("place") + 100 + 30 * self, number("place") + 100), size = TWO(20, 20);
	// No window manager looks after it, and it is on top.
	if (background) REQUEST(1, 0, id, x.root, place, size, TWO(0, 1), 0, 1 << 1 | 1 << 9, 0x555555, 1);
	else REQUEST(1, 0, id, x.root, place, size, TWO(0, 1), 0, 1 << 9, 1);
	REQUEST(8, 0, id);
	return id;
}

static int find(void) {
	REQUEST(15, 0, x.root);
	int e = answer();
	for (int i = 0; e == 0 && i < half(x.head + 16); i++)
		if (word(x.rest + 4 * i) == number("window")) return OPEN;
	return e ? e : ENOENT;
}
static int title(void) {
	enum { WM_NAME = 39 };
	REQUEST(20, 0, number("window"), WM_NAME, 0, 0, 64);
	int e = answer();
	return e ? e : x.head[1] ? OPEN : ENODATA;
}
static int pixel(uint32_t of, int left, int top) {
	REQUEST(73, 2, of, TWO(left, top), TWO(1, 1), 0xffffffff);
	int e = answer();
	return e ? e : (word(x.rest) & 0xffffff) == number("colour") ? OPEN : ENODATA;
}
static int pixels_of_window(void) { return pixel(number("window"), 10, 10); }
static int pixels_of_screen(void) { return pixel(x.root, number("place") + 10, number("place") + 10); }
static int pixels_below(void) {
	uint32_t w = window(0);
	int e = sync_server();
	return e ? e : pixel(w, 10, 10);
}

static int keys_of_window(void) {
	REQUEST(2, 0, number("window"), 1 << 11, 1 << 0);
	return got(KEY);
}
static int keys_by_xinput(void) {
	int input = extension("XInputExtension");
	if (!input) return EOPNOTSUPP;
	REQUEST(input, 47, TWO(2, 2));
	if (answer()) return EPROTO;
	REQUEST(input, 46, x.root, 1, TWO(1, 1), 1 << 13); // raw keys of all devices
	return got(GENERIC);
}
static int keys_by_record(void) {
	int record = extension("RECORD");
	if (!record) return EOPNOTSUPP;
	uint32_t range[6] = {0};
	((unsigned char *)range)[18] = KEY, ((unsigned char *)range)[19] = KEY + 1; // of devices
	REQUEST(record, 1, x.base + ++x.made, 0, 1, 1, 3, range[0], range[1], range[2], range[3], range[4], range[5]);
	int e = sync_server();
	return e ? e : x.error ? refusal(x.error) : OPEN;
}
static int keys_pressed(void) {
	for (long left = number("patience"); left > 0; left -= 3) {
		request(44, 0, 0, NULL);
		int e = answer();
		if (e) return e;
		for (int i = 8; i < 32; i++)
			if (x.head[i]) return OPEN;
		poll(NULL, 0, 3);
	}
	return ENODATA;
}
static int grab(void) {
	int e = EBUSY;
	for (int i = 0; e == EBUSY && i < 20; i++) {
		REQUEST(31, 0, x.root, 0, TWO(1 | 1 << 8, 0));
		if ((e = answer())) return e;
		if (x.head[1] == 0) {
			REQUEST(32, 0, 0);
			return sync_server();
		}
		e = EBUSY; // one of the other processes may have it
		poll(NULL, 0, 10);
	}
	return e;
}
static int focus(void) {
	uint32_t w = window(1);
	REQUEST(42, 1, w, 0);
	int e = sync_server();
	return e ? e : word(x.head + 8) == w ? OPEN : EACCES;
}

// An extension that is not shown may still be there. The keyboard may be with
// another of the attackers for a moment.
static int type_by_xtest(void) {
	int test = extension("XTEST"), e = ENODATA;
	if (!test) test = number("xtest");
	for (int i = 0; e == ENODATA && i < 5; i++) {
		for (int down = 1; down >= 0; down--) REQUEST(test, 2, TWO((KEY + !down) | (200 + self) << 8, 0), 0, 0, 0, 0, 0, 0, 0);
		e = told("key", 200 + self, number("patience") / 5);
	}
	return e;
}
static int type_by_event(void) {
	uint32_t w = number("window");
	REQUEST(25, 0, w, 1, TWO(KEY | (210 + self) << 8, 0), 0, x.root, w, 0, 0, 0, 1);
	return told("key", 210 + self, number("patience"));
}
static int ask_to_close(void) {
	uint32_t w = number("window"), protocols = atom("WM_PROTOCOLS"), end = atom("WM_DELETE_WINDOW");
	REQUEST(25, 0, w, 0, TWO(MESSAGE | 32 << 8, 0), w, protocols, end, self, 0, 0, 0);
	return told("message", self, number("patience"));
}
static int move(void) {
	long to = number("place") + 1 + self;
	REQUEST(12, 0, number("window"), 1, to);
	return told("moved", to, number("patience"));
}

static int clipboard(void) {
	uint32_t w = window(1), property = atom("ATTACKED");
	uint32_t selection = atom("CLIPBOARD"), text = atom("UTF8_STRING");
	REQUEST(24, 0, w, selection, text, property, 0);
	int e = got(SELECTION);
	if (e) return e;
	if (!x.property) return EACCES;
	REQUEST(20, 0, w, property, 0, 0, 64);
	if ((e = answer())) return e;
	size_t n = strlen(target("copied"));
	return word(x.head + 16) >= n && !memcmp(x.rest, target("copied"), n) ? OPEN : ENODATA;
}
// Other programs load the modules that the settings name.
static int settings(void) {
	int e = EACCES;
	for (int i = 0; e == EACCES && i < 5; i++) {
		uint32_t w = window(1), selection = atom("_XSETTINGS_S0");
		REQUEST(22, 0, w, selection, 0);
		REQUEST(23, 0, selection);
		if ((e = answer())) return e;
		e = word(x.head + 8) == w ? OPEN : EACCES;
	}
	return e;
}

static int cookie(void) {
	int fd = open(target("cookie"), O_RDONLY | O_CLOEXEC);
	int e = result(fd);
	if (fd >= 0) close(fd);
	return e;
}

#define PROBE(f) static int do_##f(void) { return with_server(f); }
PROBE(find) PROBE(title) PROBE(pixels_of_window) PROBE(pixels_of_screen) PROBE(pixels_below)
PROBE(keys_of_window) PROBE(keys_by_xinput) PROBE(keys_by_record) PROBE(keys_pressed) PROBE(grab) PROBE(focus)
PROBE(type_by_xtest) PROBE(type_by_event) PROBE(ask_to_close) PROBE(move) PROBE(clipboard) PROBE(settings)

const struct probe clients[] = {
	{"display: the file with its cookie", cookie},
	{"display: find the window of another program", do_find},
	{"display: the title of another program's window", do_title},
	{"display: pixels of another program's window", do_pixels_of_window},
	{"display: pixels of the screen", do_pixels_of_screen},
	{"display: pixels below a window without a background", do_pixels_below},
	{"display: keys typed into another program", do_keys_of_window},
	{"display: keys typed anywhere, by XInput", do_keys_by_xinput},
	{"display: keys typed anywhere, by RECORD", do_keys_by_record},
	{"display: which keys are pressed", do_keys_pressed},
	{"display: grab the keyboard", do_grab},
	{"display: take the keyboard from another program", do_focus},
	{"display: type into another program by XTEST", do_type_by_xtest},
	{"display: type into another program by an event", do_type_by_event},
	{"display: have another program close its window", do_ask_to_close},
	{"display: move another program's window", do_move},
	{"display: read the clipboard", do_clipboard},
	{"display: the settings of other programs", do_settings},
	{NULL},
};
