// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/screen.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"

enum depth { DEPTH_MONO, DEPTH_8, DEPTH_256, DEPTHS };

struct paint {
	attr_t attributes;
	short color; /* -1 = the terminal's own */
};

/* Each style without colour, with 8 colours, and with 256. The theme is calm: text of people and
 * peers, and most of the program's, has the terminal's own colour. The background may be black or
 * white: the 256 can be read on both, and of the 8 so can red, magenta and bold blue. xterm does
 * not dim black, so times are grey where there is a grey. Words and arrows say the same, so colour
 * is not needed to understand a row. */
static const struct paint theme[STYLE_COUNT][DEPTHS] = {
	[STYLE_TEXT] = { { A_NORMAL, -1 }, { A_NORMAL, -1 }, { A_NORMAL, -1 } },
	[STYLE_MARK] = { { A_REVERSE, -1 }, { A_REVERSE, -1 }, { A_REVERSE, -1 } },
	[STYLE_TIME] = { { A_DIM, -1 }, { A_DIM, -1 }, { A_NORMAL, 244 } },
	[STYLE_IN] = { { A_BOLD, -1 }, { A_NORMAL, COLOR_GREEN }, { A_BOLD, 28 } },
	[STYLE_OUT] = { { A_BOLD, -1 }, { A_BOLD, COLOR_BLUE }, { A_BOLD, 26 } },
	[STYLE_NOTE] = { { A_NORMAL, -1 }, { A_NORMAL, -1 }, { A_NORMAL, -1 } },
	[STYLE_STATE] = { { A_BOLD, -1 }, { A_BOLD, -1 }, { A_NORMAL, 30 } },
	[STYLE_ERROR] = { { A_BOLD, -1 }, { A_BOLD, COLOR_RED }, { A_BOLD, 160 } },
	[STYLE_FAINT] = { { A_DIM, -1 }, { A_DIM, -1 }, { A_NORMAL, 244 } },
	[STYLE_GAP] = { { A_NORMAL, -1 }, { A_NORMAL, -1 }, { A_NORMAL, -1 } },
	[STYLE_FOUND] = { { A_REVERSE | A_BOLD, -1 },
	                  { A_REVERSE, COLOR_YELLOW },
	                  { A_REVERSE, 136 } },
	[STYLE_CURRENT] = { { A_REVERSE, -1 }, { A_REVERSE, -1 }, { A_REVERSE, -1 } },
	[STYLE_TAG] = { { A_BOLD, -1 }, { A_BOLD, COLOR_BLUE }, { A_BOLD, 26 } },
	[STYLE_TAG + 1] = { { A_BOLD, -1 }, { A_NORMAL, COLOR_GREEN }, { A_BOLD, 28 } },
	[STYLE_TAG + 2] = { { A_BOLD, -1 }, { A_NORMAL, COLOR_MAGENTA }, { A_BOLD, 97 } },
	[STYLE_TAG + 3] = { { A_BOLD, -1 }, { A_BOLD, COLOR_BLUE }, { A_BOLD, 30 } },
	[STYLE_TAG + 4] = { { A_BOLD, -1 }, { A_NORMAL, COLOR_GREEN }, { A_BOLD, 130 } },
	[STYLE_TAG_LAST] = { { A_BOLD, -1 }, { A_NORMAL, COLOR_MAGENTA }, { A_BOLD, 132 } },
};

struct screen {
	SCREEN *curses;
	struct terminal *terminal;
	int rows, columns;
	enum depth depth;
	bool tears_corner;
	bool alternate; /* the shell's screen comes back at the end */
	bool drawn; /* a frame: before that the terminal shows the shell's screen */
};

/* ---- opening and closing ---- */

static enum depth depth_of_terminal(void)
{
	return !has_colors() ? DEPTH_MONO : COLORS >= 256 ? DEPTH_256 : DEPTH_8;
}

static void start_colors(void)
{
	if (!has_colors())
		return;
	start_color();
	use_default_colors();
	for (int style = 0; style < STYLE_COUNT; style++)
		init_pair((short)(style + 1), theme[style][depth_of_terminal()].color, -1);
}

/* A capability without padding marks such as "$<5>", which are for printers. */
static void add_capability(struct buf *out, const char *text)
{
	while (text && *text) {
		const char *padding = strstr(text, "$<");
		const char *end = padding ? strchr(padding, '>') : NULL;
		if (!end) {
			buf_append_text(out, text);
			return;
		}
		buf_append(out, text, (size_t)(padding - text));
		text = end + 1;
	}
}

static void add_place(struct buf *out, const char *name, int first, int second)
{
	char *text = tigetstr(name);
	if (text)
		add_capability(out, tparm(text, first, second, 0, 0, 0, 0, 0, 0, 0));
}

/* The output of endwin(), for a crash, which cannot call it. The names are those of strings, so
 * tigetstr() returns one or NULL. */
static void prepare_reset(const struct screen *screen)
{
	static const char *const plain[] = { "sgr0", "rmacs", "op", "cnorm", "rmkx", "rmcup" };
	struct buf out;
	buf_init(&out, SIZE_MAX);
	add_place(&out, "csr", 0, screen->rows - 1);
	add_place(&out, "cup", screen->rows - 1, 0);
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		add_capability(&out, tigetstr(plain[i]));
	if (!tigetstr("rmcup"))
		buf_append_text(&out, "\r\n");
	terminal_set_reset(screen->terminal, buf_data(&out), out.len);
	buf_free(&out);
}

/* Sets what clearok() assumes and a terminal may have lost: plain attributes, and margins as
 * large as the screen. A terminal that grows keeps its margins, and a line feed at the old
 * bottom then scrolls instead of moving down. Between frames curses has written everything. Not
 * on the shell's screen: margins move the cursor to the top left, and it would stay there after
 * the program's end. */
static void reset_terminal(const struct screen *screen)
{
	static const char *const plain[] = { "sgr0", "rmacs", "rmir" };
	FILE *stream = terminal_stream(screen->terminal);
	struct buf out;
	buf_init(&out, SIZE_MAX);
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		add_capability(&out, tigetstr(plain[i]));
	add_place(&out, "csr", 0, screen->rows - 1);
	fwrite(buf_data(&out), 1, out.len, stream);
	fflush(stream);
	buf_free(&out);
}

/* curses asks its output, which is no terminal here, for the size, and then these two variables.
 * Later they would pin it to that size. */
static SCREEN *start_curses(struct screen *screen)
{
	char number[16];
	terminal_size(screen->terminal, &screen->rows, &screen->columns);
	snprintf(number, sizeof number, "%d", screen->rows);
	setenv("LINES", number, 1);
	snprintf(number, sizeof number, "%d", screen->columns);
	setenv("COLUMNS", number, 1);
	SCREEN *curses = newterm(NULL, terminal_stream(screen->terminal), stdin);
	unsetenv("LINES");
	unsetenv("COLUMNS");
	return curses;
}

/* Declared here, since <term.h> makes macros of words like "columns". */
int setupterm(const char *type, int fd, int *found);

static void explain(const char *type, bool known, struct error *error)
{
	int found = 0;
	if (!type || !*type)
		error_set(error, "TERM is not set");
	else if (known || setupterm(type, STDOUT_FILENO, &found) == OK || found > 0)
		error_set(error, "TERM=%s: this terminal cannot place the cursor", type);
	else if (found == 0)
		error_set(error, "TERM=%s: no terminfo entry for it", type);
	else
		error_set(error, "TERM=%s: there is no terminfo database", type);
}

static struct screen *refuse(struct screen *screen, bool known, struct error *error)
{
	explain(getenv("TERM"), known, error);
	free(screen);
	return NULL;
}

struct screen *screen_open(struct terminal *terminal, struct error *error)
{
	struct screen *screen = xcalloc(1, sizeof *screen);
	screen->terminal = terminal;
	const char *type = getenv("TERM");
	screen->curses = type && *type ? start_curses(screen) : NULL;
	if (!screen->curses)
		return refuse(screen, false, error);
	if (!tigetstr("cup")) {
		endwin();
		delscreen(screen->curses);
		return refuse(screen, true, error);
	}
	raw(); /* the modes are set already: these tell curses */
	noecho();
	nonl();
	typeahead(-1);
	intrflush(stdscr, FALSE);
	idlok(stdscr, TRUE);
	start_colors();
	screen->depth = depth_of_terminal();
	screen->tears_corner = tigetflag("am") > 0 && !(tigetstr("rmam") && tigetstr("smam"));
	screen->alternate = tigetstr("smcup") && tigetstr("rmcup");
	screen_resize(screen);
	return screen;
}

void screen_close(struct screen *screen)
{
	endwin();
	delscreen(screen->curses);
	free(screen);
}

void screen_leave(void)
{
	endwin();
}

void screen_enter(void)
{
	clearok(curscr, TRUE);
}

/* ---- size and colour ---- */

bool screen_tears_corner(const struct screen *screen)
{
	return screen->tears_corner;
}

bool screen_is_alternate(const struct screen *screen)
{
	return screen->alternate;
}

void screen_size(const struct screen *screen, int *rows, int *columns)
{
	*rows = screen->rows;
	*columns = screen->columns;
}

void screen_resize(struct screen *screen)
{
	terminal_size(screen->terminal, &screen->rows, &screen->columns);
	resizeterm(screen->rows, screen->columns);
	prepare_reset(screen);
	screen_redraw(screen);
}

void screen_redraw(struct screen *screen)
{
	if (screen->drawn && !isendwin())
		reset_terminal(screen);
	clearok(curscr, TRUE);
}

void screen_set_color(struct screen *screen, bool color)
{
	screen->depth = color ? depth_of_terminal() : DEPTH_MONO;
}

/* Not while a frame is being written: the bells of a stuck terminal would pile up. */
void screen_bell(struct screen *screen)
{
	if (!terminal_is_busy(screen->terminal))
		beep();
}

/* ---- a frame ---- */

/* Whole rows are cleared first, since curses and terminals disagree about overwriting half a wide
 * character. */
void screen_begin(struct screen *screen)
{
	if (LINES != screen->rows || COLS != screen->columns)
		resizeterm(screen->rows, screen->columns);
	erase();
}

/* With setcchar(), since curses' functions for strings lose what combines with a wide character. */
static void put_cluster(int y, int x, const wchar_t *chars, size_t count, attr_t attributes,
                        short pair)
{
	wchar_t cluster[CCHARW_MAX + 1];
	cchar_t cell;
	if (count > CCHARW_MAX)
		count = CCHARW_MAX;
	wmemcpy(cluster, chars, count);
	cluster[count] = L'\0';
	if (setcchar(&cell, cluster, attributes, pair, NULL) == OK)
		mvadd_wch(y, x, &cell);
}

static void put_glyph(int y, int x, const struct glyph *glyph, attr_t attributes, short pair)
{
	if (!glyph->mark && glyph->width > 0) {
		put_cluster(y, x, glyph->chars, glyph->count, attributes, pair);
		return;
	}
	for (int i = 0; i < glyph->width; i++)
		put_cluster(y, x + i, &glyph->chars[i], 1, attributes, pair);
}

void screen_row(struct screen *screen, int y, const struct row *row)
{
	if (y < 0 || y >= screen->rows)
		return;
	int x = 0;
	for (size_t i = 0; i < row->count; i++) {
		const struct glyph *glyph = &row->glyphs[i];
		if (x + glyph->width > screen->columns)
			break;
		int style = glyph->style < STYLE_COUNT ? glyph->style : STYLE_TEXT;
		const struct paint *paint = &theme[style][screen->depth];
		put_glyph(y, x, glyph, paint->attributes,
		          paint->color >= 0 ? (short)(style + 1) : 0);
		x += glyph->width;
	}
}

void screen_end(struct screen *screen, int cursor_row, int cursor_column)
{
	screen->drawn = true;
	move(cursor_row, cursor_column);
	refresh();
}
