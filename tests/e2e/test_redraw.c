// SPDX-License-Identifier: GPL-3.0-or-later
/* Every screen equals the screen after a redraw (Ctrl-L): a random person types, pastes, scrolls,
 * turns pages, floods and resizes at each size, and stops now and then to compare. The kernel is
 * not read, since what it says changes by itself. REDRAW_SEED repeats a run, REDRAW_SECONDS makes
 * it longer. */
#include "e2e/stage.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#include "support/peer.h"
#include "support/tap.h"

enum { MOST_ROWS = 64, MOST_COLUMNS = 208, LOG = 24, NAME = 32, PATIENCE = 3 };

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
	int peer;                /* the other end of session 4 */
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
	static const char *const words[] = {
		"the ",     "quick ", "brown ",          "한글 ",  "é",      "e\314\201",
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
		"\033[A", "\033[B", "\031", "\037", "\024", "\033[3~", "\022qu", "\007", "\033d"
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
		"/find qu",
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

static void print_difference(int row, int column)
{
	printf("# %dx%d, first difference in row %d, column %d, cursor %d,%d and %d,%d\n",
	       person.size.columns, person.size.rows, row, column, before.cursor_row,
	       before.cursor_column, after.cursor_row, after.cursor_column);
	for (size_t i = person.acts < LOG ? 0 : person.acts - LOG; i < person.acts; i++)
		printf("# did: %s\n", person.did[i % LOG]);
	char *rest[] = { before.text, after.text };
	for (int y = 0; y < person.size.rows; y++) {
		const char *a = strsep(&rest[0], "\n"), *b = strsep(&rest[1], "\n");
		if (a && b && strcmp(a, b) != 0)
			printf("# %3d before |%s\n# %3d after  |%s\n", y, a, y, b);
		else
			printf("# %3d        |%s\n", y, a ? a : "");
	}
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

/* Keys that do nothing, until they change nothing: only what is drawn is compared, not when. The
 * first ends a search and what else readline may be in. */
static bool settles(void)
{
	int row, column;
	double limit = seconds() + PATIENCE;
	type("\007");
	bool good = vt_wait_idle(person.vt);
	look(&before);
	do {
		type("\007");
		good = good && vt_wait_idle(person.vt);
		struct screen last = after;
		after = before;
		before = last;
		look(&before);
	} while (good && !screens_agree(&row, &column) && seconds() < limit);
	return good;
}

static bool equals_its_redraw(void)
{
	int row, column;
	if (!settles())
		return false;
	type("\f");
	if (!vt_wait_idle(person.vt))
		return false;
	look(&after);
	if (screens_agree(&row, &column))
		return true;
	print_difference(row, column);
	return false;
}

/* ---- the runs ---- */

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
	good = good && vt_wait_row(person.vt, -1, "4>");
	close(listener);
	return good;
}

static void plays_at(struct size size, double limit)
{
	double end = seconds() + limit;
	size_t compared = 0;
	const char *term = ONE_OF(terms);
	bool good = sit_down(size, term);
	while (good && (seconds() < end || compared == 0)) {
		for (unsigned i = 0, count = 1 + chance(6); i < count; i++)
			act();
		good = equals_its_redraw();
		compared++;
	}
	ok(good, "%s, %dx%d: every screen equals the one after a redraw", term, size.columns,
	   size.rows);
	printf("# %zu screens compared after %zu acts\n", compared, person.acts);
	vt_free(person.vt);
	close(person.peer);
}

int main(void)
{
	const char *seed = getenv("REDRAW_SEED"), *limit = getenv("REDRAW_SECONDS");
	state = seed ? strtoull(seed, NULL, 10)
	             : (uint64_t)time(NULL) * 1000003u + (uint64_t)getpid();
	double time = limit ? strtod(limit, NULL) : 5;
	printf("# REDRAW_SEED=%llu\n", (unsigned long long)state);
	tap_watchdog((unsigned)time + 60);
	stage_open();
	for (size_t i = 0; i < SIZES; i++)
		plays_at(sizes[i], time / SIZES);
	free(before.text);
	free(after.text);
	return tap_done();
}
