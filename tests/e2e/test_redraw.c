// SPDX-License-Identifier: GPL-3.0-or-later
/* Every screen equals the screen after a redraw (Ctrl-L): a random person types, pastes, scrolls,
 * turns pages, floods and resizes at each size, and stops now and then to compare. The kernel is
 * not read, since what it says changes by itself. The person is always the same one, and compares
 * that often at each size. REDRAW_SEED is another person; with REDRAW_SECONDS, as `make soak` has
 * it, a new one each time, who stays that long. */
#include "e2e/stage.h"

#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "support/peer.h"
#include "support/tap.h"

enum { MOST_ROWS = 64, MOST_COLUMNS = 208, LOG = 24, NAME = 32, PATIENCE = 10, SCREENS = 15 };

struct screen {
	struct vt_cell cells[MOST_ROWS][MOST_COLUMNS];
	int cursor_row, cursor_column;
	char *text;
};

static const struct size {
	int rows, columns;
} sizes[] = { { 4, 20 }, { 12, 40 }, { 24, 80 }, { 25, 80 }, { 30, 100 }, { 43, 90 }, { 60, 200 } };
static const char *const terms[] = { "xterm-256color", "screen-256color", "tmux-256color",
	                             "rxvt-unicode",   "linux",           "vt220" };
enum { SIZES = sizeof sizes / sizeof *sizes };

#define LONG_LINE "a rather long line that wraps at the width of a small window, surely\n"

static struct {
	struct vt *vt;
	struct size began, size; /* of the window at first, and now */
	int peer;                /* the other end of the newest session */
	char did[LOG][NAME];
	size_t acts;
} person;

static struct screen before, after;

/* ---- chance ---- */

static uint64_t state;

static unsigned chance(unsigned below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % below;
}

#define ONE_OF(array) ((array)[chance(sizeof(array) / sizeof *(array))])

/* ---- what the person does ---- */

static void type(const char *keys)
{
	vt_send(person.vt, keys);
}

static const char *type_words(void)
{
	/* None begins like "quit": cut short and after a slash it would be that command. */
	static const char *const words[] = {
		"the ",     "swift ", "brown ",          "한글 ",  "é",      "e\314\201",
		"👍🏽", "x",      "가나다라마바사 ", "\033[C", "\026\t", "0123456789",
		"ß ",       "/",      "\\x41",           "각"
	};
	for (unsigned i = 0, count = 1 + chance(12); i < count; i++)
		type(ONE_OF(words));
	return "words";
}

static const char *type_long(void)
{
	static const char *const units[] = { "x", "한", "ab ", "e\314\201" };
	const char *unit = ONE_OF(units);
	for (unsigned i = 0, count = 20 + chance(400); i < count; i++)
		type(unit);
	return "a long line";
}

static const char *edit(void)
{
	static const char *const keys[] = {
		"\001",   "\005",   "\025", "\027", "\013", "\033b",   "\033f",  "\b",   "\033[D",
		"\033[A", "\033[B", "\031", "\037", "\024", "\033[3~", "\022sw", "\007", "\033d"
	};
	const char *key = ONE_OF(keys);
	for (unsigned i = 0, count = 1 + chance(4); i < count; i++)
		type(key);
	return "editing";
}

static const char *enter(void)
{
	type("\r");
	return "Enter";
}

static const char *drop(void)
{
	type("\007\003");
	return "Ctrl-C";
}

static const char *paste(void)
{
	static const char *const blocks[] = {
		"one\ntwo\nthree\n", "GET / HTTP/1.0\nHost: x\n\n",
		"가나다\n라마바\n",  "a\tb\tc",
		"\n\n\n\n\n\n",      "#include <stdio.h>\nint main(void)\n{\n}\n"
	};
	type("\033[200~");
	for (unsigned i = 0, count = 1 + chance(4); i < count; i++)
		type(ONE_OF(blocks));
	type("\033[201~");
	return "a paste";
}

static const char *scroll(void)
{
	static const char *const keys[] = { "\033[5~",
		                            "\033[6~",
		                            "\033[1;2A",
		                            "\033[1;2B",
		                            "\033[1;5H",
		                            "\033[1;5F",
		                            "\033[5~\033[5~\033[5~" };
	type(ONE_OF(keys));
	return "scrolling";
}

static const char *turn_page(void)
{
	static const char *const keys[] = { "\033OQ",   "\033[15~", "\033[17~",
		                            "\033[18~", "\033OR",   "\033OS" };
	type(ONE_OF(keys));
	return "a page";
}

static const char *change_session(void)
{
	static const char *const keys[] = { "\0331", "\0332",     "\0333",
		                            "\0334", "\033[6;5~", "\033[5;5~" };
	type(ONE_OF(keys));
	return "another session";
}

static const char *complete(void)
{
	static const char *const lines[] = { "/\t\t",        "/se\t\t",    "/set \t\t",
		                             "/view \t\t",   "/help \t\t", "/option \t\t",
		                             "/code c /\t\t" };
	type("\025");
	type(ONE_OF(lines));
	type("\025");
	return "completion";
}

static const char *command(void)
{
	static const char *const lines[] = {
		"/view chat",
		"/view hex",
		"/view trace",
		"/view ladder",
		"/view chat all",
		"/view hex all",
		"/view trace",
		"/help",
		"/help set",
		"/help view",
		"/sessions",
		"/stats",
		"/info",
		"/states",
		"/stream",
		"/code python",
		"/code c",
		"/find sw",
		"/find x",
		"/why",
		"/option",
		"/set",
		"/peers",
		"/nonsense",
		"/session 1",
		"/session 2",
		"/pause",
		"/resume",
		"/set color never",
		"/set color always",
		"/set mouse on",
		"/set mouse off",
	};
	type("\007\025");
	type(ONE_OF(lines));
	type("\r");
	return "a command";
}

/* No characters beyond ASCII: of the newer ones libvterm and the C library disagree about widths. */
static const char *send_bytes(void)
{
	char line[16];
	type("\007\025/hex");
	for (unsigned i = 0, count = 1 + chance(60); i < count; i++) {
		unsigned byte = chance(256);
		snprintf(line, sizeof line, " %02x", byte >= 0xc2 && byte <= 0xf4 ? 0xff : byte);
		type(line);
	}
	type("\r");
	return "any bytes";
}

static const char *resize(void)
{
	struct size size = chance(2) ? ONE_OF(sizes) : person.began;
	size.rows += (int)chance(5) - 2;
	size.columns += (int)chance(9) - 4;
	person.size = size;
	vt_resize(person.vt, size.rows, size.columns);
	return "a resize";
}

/* What a peer sends fast; what came back meanwhile is read and dropped. */
static const char *flood(void)
{
	static const char *const texts[] = { "0123456789 abcdef\n", "한글 가나다라\n", "x", "\t|\n",
		                             "\033[31mred\n",       LONG_LINE };
	const char *text = ONE_OF(texts);
	char bytes[65536];
	size_t len = strlen(text);
	for (size_t size = chance(300000), sent = 0; sent < size; sent += len)
		if (!peer_send(person.peer, text, len, PEER_MS))
			break;
	while (recv(person.peer, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
		continue;
	return "a flood";
}

static const struct {
	const char *(*act)(void);
	unsigned weight;
} acts[] = {
	{ type_words, 10 }, { type_long, 5 },      { edit, 10 },      { enter, 6 },
	{ drop, 4 },        { paste, 5 },          { scroll, 10 },    { turn_page, 6 },
	{ complete, 3 },    { command, 12 },       { send_bytes, 3 }, { resize, 6 },
	{ flood, 1 },       { change_session, 4 },
};
enum { ACTS = sizeof acts / sizeof *acts };

static void act(void)
{
	unsigned total = 0, at = 0;
	for (size_t i = 0; i < ACTS; i++)
		total += acts[i].weight;
	unsigned drawn = chance(total);
	while (drawn >= acts[at].weight)
		drawn -= acts[at++].weight;
	snprintf(person.did[person.acts++ % LOG], NAME, "%s", acts[at].act());
}

/* ---- comparing ---- */

static void look(struct screen *screen)
{
	struct vt *vt = person.vt;
	vt_cursor(vt, &screen->cursor_row, &screen->cursor_column);
	for (int row = 0; row < person.size.rows; row++)
		for (int column = 0; column < person.size.columns; column++)
			screen->cells[row][column] = vt_cell_at(vt, row, column);
	free(screen->text);
	screen->text = strdup(vt_screen(vt));
}

/* A blank has no colour of its own. */
static bool cells_agree(const struct vt_cell *a, const struct vt_cell *b)
{
	bool blank = (a->character == 0 || a->character == ' ') &&
	             (b->character == 0 || b->character == ' ');
	return (blank || (a->character == b->character && a->foreground == b->foreground &&
	                  a->bold == b->bold)) &&
	       a->width == b->width && a->reverse == b->reverse && a->underline == b->underline &&
	       a->background == b->background;
}

/* Why the case fails, which becomes part of its name. */
static char why[128];

__attribute__((format(printf, 1, 2))) static bool fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	return false;
}

/* The rows that differ, and the first place in one line. */
static bool fail_by_difference(const char *what, const struct screen *then,
                               const struct screen *now, int row, int column)
{
	char *rest[] = { then->text, now->text };
	for (int y = 0; y < person.size.rows; y++) {
		const char *a = strsep(&rest[0], "\n"), *b = strsep(&rest[1], "\n");
		if (a && b && (y == row || strcmp(a, b) != 0))
			printf("# %3d before |%s\n# %3d after  |%s\n", y, a, y, b);
	}
	if (row == person.size.rows)
		return fail("%s, cursor at %d,%d, then at %d,%d", what, then->cursor_row,
		            then->cursor_column, now->cursor_row, now->cursor_column);
	return fail("%s, %dx%d, row %d, column %d: U+%04X, then U+%04X", what, person.size.columns,
	            person.size.rows, row, column, (unsigned)then->cells[row][column].character,
	            (unsigned)now->cells[row][column].character);
}

/* libvterm leaves the attributes of a wide character's second half as they were. */
static bool screens_agree(int *row, int *column)
{
	for (*row = 0; *row < person.size.rows; ++*row) {
		for (*column = 0; *column < person.size.columns;) {
			const struct vt_cell *cell = &before.cells[*row][*column];
			if (!cells_agree(cell, &after.cells[*row][*column]))
				return false;
			*column += cell->width;
		}
	}
	return before.cursor_row == after.cursor_row && before.cursor_column == after.cursor_column;
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

enum { SOCKETS = 32, CONNECTIONS = 512 };

/* A connection as one of its ends has it. */
struct end {
	unsigned port, peer, unacked, unread;
	unsigned long inode;
};

/* The connections of this machine. */
static size_t read_ends(struct end ends[CONNECTIONS])
{
	size_t count = 0;
	char line[256];
	FILE *file = fopen("/proc/net/tcp", "re");
	while (file && count < CONNECTIONS && fgets(line, sizeof line, file)) {
		struct end *end = &ends[count];
		count += sscanf(line, "%*d: %*x:%x %*x:%x %*x %x:%x %*x:%*x %*x %*d %*d %lu",
		                &end->port, &end->peer, &end->unacked, &end->unread,
		                &end->inode) == 5;
	}
	if (file)
		fclose(file);
	return count;
}

static size_t read_sockets(pid_t pid, unsigned long inodes[SOCKETS])
{
	size_t count = 0;
	char path[64], target[64];
	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	DIR *directory = opendir(path);
	for (struct dirent *file; directory && count < SOCKETS && (file = readdir(directory));) {
		ssize_t len = readlinkat(dirfd(directory), file->d_name, target, sizeof target - 1);
		target[len > 0 ? len : 0] = '\0';
		count += sscanf(target, "socket:[%lu]", &inodes[count]) == 1;
	}
	if (directory)
		closedir(directory);
	return count;
}

/* A program with nothing to read sleeps while bytes are on their way to it: the rest of a flood,
 * which the kernel waits to send again, and what its sessions send each other. They have arrived
 * when they are acknowledged, or when others lie there unread, as where it is paused. True if
 * nothing says so. */
static bool has_arrived(struct vt *vt, const void *context)
{
	static struct end ends[CONNECTIONS];
	unsigned long inodes[SOCKETS];
	size_t count = read_ends(ends), sockets = read_sockets(vt_pid(vt), inodes);
	(void)context;
	for (size_t i = 0; i < count; i++) {
		bool matters = ends[i].port == peer_port(person.peer);
		bool lies = true;
		for (size_t k = 0; k < sockets; k++)
			matters = matters || inodes[k] == ends[i].inode;
		for (size_t k = 0; k < count; k++)
			if (ends[k].port == ends[i].peer && ends[k].peer == ends[i].port)
				lies = ends[k].unread > 0;
		if (matters && ends[i].unacked > 0 && !lies)
			return false;
	}
	return true;
}

/* What was typed may send a line, and a line an answer. */
static bool all_arrives(void)
{
	for (int i = 0; i < 2; i++)
		if (!vt_wait_idle(person.vt) ||
		    !vt_wait(person.vt, has_arrived, NULL, "what was sent"))
			return false;
	return true;
}

static bool answers(const char *keys)
{
	type(keys);
	if (!vt_wait_idle(person.vt))
		return fail("never idle");
	return kill(vt_pid(person.vt), 0) == 0 || fail("the program has ended");
}

/* Keys that do nothing, until they change nothing: only what is drawn is compared, not when. The
 * first ends a search and what else readline may be in. */
static bool settles(void)
{
	int row, column;
	double limit = seconds() + PATIENCE;
	if (!answers("\007"))
		return false;
	look(&before);
	do {
		if (!answers("\007"))
			return false;
		struct screen last = after;
		after = before;
		before = last;
		look(&before);
		if (screens_agree(&row, &column))
			return true;
	} while (seconds() < limit);
	return fail_by_difference("never at rest", &after, &before, row, column);
}

static bool equals_its_redraw(void)
{
	int row, column;
	if (!all_arrives())
		return fail("what was sent does not arrive");
	if (!settles() || !answers("\f"))
		return false;
	look(&after);
	return screens_agree(&row, &column) ||
	       fail_by_difference("differs", &before, &after, row, column);
}

/* ---- the runs ---- */

/* Its number is 3 where the other end of the demo is accepted later. */
static bool has_opened(struct vt *vt, const void *context)
{
	const char *prompt = vt_row(vt, person.size.rows - 1);
	(void)context;
	return strncmp(prompt, "3>", 2) == 0 || strncmp(prompt, "4>", 2) == 0;
}

static bool sit_down(struct size size, const char *term)
{
	char open[64];
	int listener = peer_listen(AF_INET, 1);
	person.began = person.size = size;
	person.acts = 0;
	person.vt = stage_run(size.rows, size.columns, term,
	                      STAGE_WORDS("--demo", "--set", "kernel=off"));
	bool good = vt_wait_row(person.vt, -1, "2>");
	snprintf(open, sizeof open, "/open 127.0.0.1 %u\r", peer_port(listener));
	type(open);
	person.peer = peer_accept(listener, PEER_MS);
	setsockopt(person.peer, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	good = good && vt_wait(person.vt, has_opened, NULL, "a session");
	close(listener);
	return good || fail("does not start");
}

static void print_acts(void)
{
	printf("# did:");
	for (size_t i = person.acts < LOG ? 0 : person.acts - LOG; i < person.acts; i++)
		printf(" %s;", person.did[i % LOG]);
	printf("\n");
}

/* A limit of 0 is a number of screens. */
static void plays_at(struct size size, double limit)
{
	double end = seconds() + limit;
	size_t compared = 0;
	const char *term = ONE_OF(terms);
	bool good = sit_down(size, term);
	while (good && (compared == 0 || (limit > 0 ? seconds() < end : compared < SCREENS))) {
		for (unsigned i = 0, count = 1 + chance(6); i < count; i++)
			act();
		good = equals_its_redraw();
		compared++;
	}
	if (!good)
		print_acts();
	ok(good, "%s, %dx%d: every screen equals the one after a redraw%s%s", term, size.columns,
	   size.rows, good ? "" : ": ", good ? "" : why);
	printf("# %zu screens compared after %zu acts\n", compared, person.acts);
	vt_free(person.vt);
	close(person.peer);
}

int main(void)
{
	const char *seed = getenv("REDRAW_SEED"), *limit = getenv("REDRAW_SECONDS");
	state = seed    ? strtoull(seed, NULL, 10)
	        : limit ? (uint64_t)time(NULL) * 1000003u + (uint64_t)getpid()
	                : 5; /* who sits at five kinds of terminal */
	double time = limit ? strtod(limit, NULL) : 0;
	printf("# REDRAW_SEED=%llu\n", (unsigned long long)state);
	tap_watchdog((unsigned)time + 100);
	setenv("VT_TIMEOUT_MS", "60000", 0); /* a flood takes long with the sanitizers */
	stage_open();
	for (size_t i = 0; i < SIZES; i++)
		plays_at(sizes[i], time / SIZES);
	free(before.text);
	free(after.text);
	return tap_done();
}
