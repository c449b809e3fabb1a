// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/vt.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>
#include <wchar.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum {
	VT_MODES = 4096,
	VT_SEQUENCE = 64,
	CELL_BYTES = 4 * VTERM_MAX_CHARS_PER_CELL,
	STEP_MS = 2,
	QUIET_MS = 100,
	PUMP_READS = 16,
};

struct vt {
	int master, slave; /* -1 after a hang-up; the slave is kept open to ask what is unread */
	pid_t pid, watched;
	bool reaped, stalled;
	int status; /* from waitpid(), of the last stop or the end */
	struct termios before;
	char *output; /* all of it, NUL-terminated */
	size_t output_len, output_size, mark;

	VTerm *term;
	VTermScreen *screen;
	VTerm *ruler;  /* another one, which measures how wide libvterm takes a character to be */
	char piece[4]; /* of a character or the choice of a set, on its way in */
	size_t piece_len;
	char edge[64]; /* the character in the last column, while the cursor waits after it */
	size_t edge_len;
	VTermPos edge_at;
	bool line_drawing; /* the set that was chosen last */
	int rows, columns;
	bool alternate, cursor_visible;
	int mouse;
	char title[256];
	char replies[4096];
	size_t replies_len;
	bool modes[VT_MODES], saved[VT_MODES];
	char sequence[VT_SEQUENCE]; /* an escape sequence on its way in, for `modes` */
	size_t sequence_len;
	char *text; /* what vt_row() and vt_screen() return */
};

/* ---- the terminal ---- */

/* From 0.2 on, strings come in pieces. */
static void set_title(struct vt *vt, const VTermValue *value)
{
#if VTERM_VERSION_MAJOR > 0 || VTERM_VERSION_MINOR >= 2
	if (value->string.initial)
		vt->title[0] = '\0';
	size_t len = strlen(vt->title);
	snprintf(vt->title + len, sizeof vt->title - len, "%.*s", (int)value->string.len,
	         value->string.str);
#else
	snprintf(vt->title, sizeof vt->title, "%s", value->string);
#endif
}

static int on_property(VTermProp property, VTermValue *value, void *context)
{
	struct vt *vt = context;
	switch (property) {
	case VTERM_PROP_CURSORVISIBLE:
		vt->cursor_visible = value->boolean;
		break;
	case VTERM_PROP_ALTSCREEN:
		vt->alternate = value->boolean;
		break;
	case VTERM_PROP_MOUSE:
		vt->mouse = value->number;
		break;
	case VTERM_PROP_TITLE:
		set_title(vt, value);
		break;
	default:
		break;
	}
	return 1;
}

/* This terminal answers requests as others do, and records its answers. */
static void on_reply(const char *bytes, size_t len, void *context)
{
	struct vt *vt = context;
	if (write(vt->master, bytes, len) < 0)
		printf("# vt: a reply was not taken\n");
	size_t room = sizeof vt->replies - 1 - vt->replies_len;
	if (len > room)
		len = room;
	memcpy(vt->replies + vt->replies_len, bytes, len);
	vt->replies_len += len;
}

/* libvterm crashes on a wide character in a single column. */
static int columns_for_libvterm(int columns)
{
	return columns < 2 ? 2 : columns;
}

static void open_screen(struct vt *vt, int rows, int columns)
{
	static const VTermScreenCallbacks callbacks = { .settermprop = on_property };
	setlocale(LC_CTYPE, "C.UTF-8");
	vt->rows = rows;
	vt->columns = columns;
	vt->cursor_visible = true;
	vt->modes[1007] =
	        true; /* as in most terminals: the wheel is arrows on the alternate screen */
	vt->term = vterm_new(rows, columns_for_libvterm(columns));
	vt->ruler = vterm_new(1, 8);
	vterm_set_utf8(vt->ruler, 1);
	vterm_screen_reset(vterm_obtain_screen(vt->ruler), 1);
	vterm_set_utf8(vt->term, 1);
	vterm_output_set_callback(vt->term, on_reply, vt);
	vt->screen = vterm_obtain_screen(vt->term);
	vterm_screen_set_callbacks(vt->screen, &callbacks, vt);
	vterm_screen_enable_altscreen(vt->screen, 1);
	vterm_screen_reset(vt->screen, 1);
}

static void close_screen(struct vt *vt)
{
	vterm_free(vt->term);
	vterm_free(vt->ruler);
	free(vt->text);
}

static void resize_screen(struct vt *vt, int rows, int columns)
{
	vt->rows = rows;
	vt->columns = columns;
	vt->edge_len = 0;
	vterm_set_size(vt->term, rows, columns_for_libvterm(columns));
}

/* "ESC [ ? 7 ; 25 h", and s and r to save and restore, as in xterm. */
static void take_modes(struct vt *vt, char final)
{
	for (char *rest = vt->sequence + 3; *rest >= '0' && *rest <= '9';) {
		long mode = strtol(rest, &rest, 10);
		if (mode < VT_MODES && final == 's')
			vt->saved[mode] = vt->modes[mode];
		else if (mode < VT_MODES)
			vt->modes[mode] = final == 'r' ? vt->saved[mode] : final == 'h';
		if (*rest == ';')
			rest++;
	}
}

/* libvterm keeps only the modes that it knows, so they are read from the stream. */
static void follow_modes(struct vt *vt, char byte)
{
	if (byte == '\033')
		vt->sequence_len = 0;
	else if (vt->sequence_len == 0 || vt->sequence_len == VT_SEQUENCE - 1) {
		vt->sequence_len = 0;
		return;
	}
	vt->sequence[vt->sequence_len++] = byte;
	vt->sequence[vt->sequence_len] = '\0';
	if (vt->sequence_len < 3 || byte < '@')
		return;
	if (strchr("hlsr", byte) && memcmp(vt->sequence, "\033[?", 3) == 0)
		take_modes(vt, byte);
	vt->sequence_len = 0;
}

/* Bytes at the end that begin a character, or the choice of a set, whose rest is still to come. */
static size_t unfinished(const char *bytes, size_t len)
{
	if (len > 0 && bytes[len - 1] == '\033')
		return 1;
	if (len > 1 && memcmp(bytes + len - 2, "\033(", 2) == 0)
		return 2;
	for (size_t back = 1; back <= 3 && back <= len; back++) {
		unsigned char byte = (unsigned char)bytes[len - back];
		if (byte < 0x80)
			return 0;
		if (byte >= 0xc0)
			return back < (byte < 0xe0 ? 2u : byte < 0xf0 ? 3u : 4u) ? back : 0;
	}
	return 0;
}

/* Columns of the character that begins there; -1 for none. */
static int width_at(const char *bytes, size_t len)
{
	wchar_t character;
	mbstate_t state = { 0 };
	return mbrtowc(&character, bytes, len, &state) <= len ? wcwidth(character) : -1;
}

static int width_for_libvterm(struct vt *vt, const char *bytes, size_t len)
{
	VTermPos at;
	char line[32];
	int size = snprintf(line, sizeof line, "\033[1;1Hx%.*sy", (int)len, bytes);
	vterm_input_write(vt->ruler, line, (size_t)size);
	vterm_state_get_cursorpos(vterm_obtain_state(vt->ruler), &at);
	return at.col - 2;
}

/* Of some hundred characters libvterm has another width than the C library, for it knows an older Unicode: one of
 * the same width is written in place of each. */
static char *agreed(struct vt *vt, const char *bytes, size_t *len)
{
	enum { LATIN_BYTES = 2 };
	char *copy = malloc(*len + 1), *out = copy;
	if (!copy)
		abort();
	for (size_t at = 0, size; at < *len; at += size) {
		wchar_t character;
		mbstate_t state = { 0 };
		size = mbrtowc(&character, bytes + at, *len - at, &state);
		bool whole = size > 0 && size <= *len - at;
		size = whole ? size : 1;
		int width = size > 1 ? wcwidth(character) : -1;
		bool differs = (width == 0 || width == 1) &&
		               width != width_for_libvterm(vt, bytes + at, size);
		memcpy(out, differs ? (width ? "\u00a4" : "\u0301") : bytes + at,
		       differs ? LATIN_BYTES : size);
		out += differs ? LATIN_BYTES : size;
	}
	*len = (size_t)(out - copy);
	return copy;
}

/* How many bytes the last character has with what combines with it, and how wide it is. */
static size_t last_cluster(const char *bytes, size_t len, int *width)
{
	size_t at = len;
	*width = 0;
	while (at > 0 && *width == 0) {
		at--;
		while (at > 0 && ((unsigned char)bytes[at] & 0xc0) == 0x80)
			at--;
		*width = width_at(bytes + at, len - at);
	}
	return *width > 0 ? len - at : 0;
}

/* The last character may wait in the last column for what combines with it. */
static void write_text(struct vt *vt, const char *bytes, size_t len)
{
	int width;
	VTermPos from, to;
	VTermState *state = vterm_obtain_state(vt->term);
	size_t last = last_cluster(bytes, len, &width);
	vterm_input_write(vt->term, bytes, len - last);
	vterm_state_get_cursorpos(state, &from);
	vterm_input_write(vt->term, bytes + len - last, last);
	vterm_state_get_cursorpos(state, &to);
	bool waits = last > 0 && last <= sizeof vt->edge && to.row == from.row &&
	             from.col + width >= columns_for_libvterm(vt->columns);
	vt->edge_len = waits ? last : 0;
	vt->edge_at = from;
	memcpy(vt->edge, bytes + len - last, vt->edge_len);
}

/* A combining character that comes later than its base in the last column is a character of its own
 * for libvterm: both are written again, together. */
static void write_run(struct vt *vt, const char *bytes, size_t len)
{
	if (vt->edge_len == 0 || len == 0 || width_at(bytes, len) != 0) {
		if (len > 0)
			write_text(vt, bytes, len);
		return;
	}
	size_t size = 32 + vt->edge_len + len;
	char *both = malloc(size);
	if (!both)
		abort();
	size_t at = (size_t)snprintf(both, size, "\033[%d;%dH", vt->edge_at.row + 1,
	                             vt->edge_at.col + 1);
	memcpy(both + at, vt->edge, vt->edge_len);
	memcpy(both + at + vt->edge_len, bytes, len);
	write_text(vt, both, at + vt->edge_len + len);
	free(both);
}

/* Once ASCII was chosen ("ESC ( B", in many a sgr0), libvterm takes an ASCII character and what
 * combines with it one after the other, so it is told only of line drawing and of its end. */
static void write_piece(struct vt *vt, const char *bytes, size_t len)
{
	char *text = agreed(vt, bytes, &len);
	const char *rest = text, *end = text + len, *choice;
	while ((choice = memmem(rest, (size_t)(end - rest), "\033(", 2)) && end - choice > 2) {
		bool ignored = choice[2] == 'B' && !vt->line_drawing;
		vt->line_drawing = choice[2] == '0';
		write_run(vt, rest, (size_t)(choice - rest) + (ignored ? 0 : 3));
		rest = choice + 3;
	}
	write_run(vt, rest, (size_t)(end - rest));
	free(text);
}

/* libvterm loses a character that comes in two pieces once a program has chosen a character set, so
 * the first piece waits for the second. */
static void feed_screen(struct vt *vt, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		follow_modes(vt, bytes[i]);
	while (vt->piece_len > 0 && len > 0) {
		vt->piece[vt->piece_len++] = *bytes++;
		len--;
		if (vt->piece_len < sizeof vt->piece && unfinished(vt->piece, vt->piece_len))
			continue;
		write_piece(vt, vt->piece, vt->piece_len);
		vt->piece_len = 0;
	}
	size_t rest = unfinished(bytes, len);
	write_piece(vt, bytes, len - rest);
	memcpy(vt->piece + vt->piece_len, bytes + len - rest, rest);
	vt->piece_len += rest;
}

/* ---- cells ---- */

static const uint32_t SECOND_HALF = (uint32_t)-1;

static bool is_second_half(struct vt *vt, int row, int column)
{
	VTermScreenCell cell;
	if (column >= vt->columns)
		return false;
	vterm_screen_get_cell(vt->screen, (VTermPos){ .row = row, .col = column }, &cell);
	return cell.chars[0] == SECOND_HALF;
}

/* The cell as terminals show it: libvterm keeps the other half of a wide character that was
 * overwritten by half, and reports the cell before such a rest as wide. */
static VTermScreenCell cell_at(struct vt *vt, int row, int column)
{
	VTermScreenCell cell;
	vterm_screen_get_cell(vt->screen, (VTermPos){ .row = row, .col = column }, &cell);
	bool half = cell.chars[0] == SECOND_HALF;
	bool wide = !half && cell.chars[0] && wcwidth((wchar_t)cell.chars[0]) == 2;
	bool whole = wide && is_second_half(vt, row, column + 1);
	cell.width = whole ? 2 : 1;
	if (half || (wide && !whole)) {
		cell.chars[0] = ' ';
		cell.chars[1] = 0;
	}
	return cell;
}

static size_t put_character(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const unsigned char lead[] = { 0, 0xC0, 0xE0, 0xF0 };
	out[0] = (char)(lead[more] | (c >> (6 * more)));
	for (int i = 1; i <= more; i++)
		out[i] = (char)(0x80 | ((c >> (6 * (more - i))) & 0x3F));
	return (size_t)more + 1;
}

static size_t put_cell(char *out, const VTermScreenCell *cell)
{
	size_t len = 0;
	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i]; i++)
		len += put_character(out + len, cell->chars[i]);
	if (len == 0)
		out[len++] = ' ';
	return len;
}

static size_t put_row(struct vt *vt, char *out, int row)
{
	size_t len = 0, end = 0;
	for (int column = 0; column < vt->columns;) {
		VTermScreenCell cell = cell_at(vt, row, column);
		len += put_cell(out + len, &cell);
		if (out[len - 1] != ' ')
			end = len;
		column += cell.width;
	}
	out[end] = '\0';
	return end;
}

static int from_top(const struct vt *vt, int row)
{
	return row < 0 ? vt->rows + row : row;
}

static char *text_for(struct vt *vt, int rows)
{
	size_t size = (size_t)rows * ((size_t)vt->columns * CELL_BYTES + 1) + 1;
	free(vt->text);
	vt->text = malloc(size);
	if (!vt->text)
		abort();
	vt->text[0] = '\0';
	return vt->text;
}

const char *vt_row(struct vt *vt, int row)
{
	char *out = text_for(vt, 1);
	row = from_top(vt, row);
	if (row >= 0 && row < vt->rows)
		put_row(vt, out, row);
	return out;
}

const char *vt_screen(struct vt *vt)
{
	char *out = text_for(vt, vt->rows);
	size_t len = 0;
	for (int row = 0; row < vt->rows; row++) {
		len += put_row(vt, out + len, row);
		out[len++] = '\n';
	}
	out[len] = '\0';
	return out;
}

static int color_index(const VTermColor *color, bool is_default)
{
	if (is_default)
		return -1;
	return VTERM_COLOR_IS_INDEXED(color) ? color->indexed.idx : -2;
}

struct vt_cell vt_cell_at(struct vt *vt, int row, int column)
{
	VTermScreenCell cell = cell_at(vt, from_top(vt, row), column);
	return (struct vt_cell){
		.character = cell.chars[0],
		.width = cell.width,
		.bold = cell.attrs.bold,
		.reverse = cell.attrs.reverse,
		.underline = cell.attrs.underline != 0,
		.foreground = color_index(&cell.fg, VTERM_COLOR_IS_DEFAULT_FG(&cell.fg)),
		.background = color_index(&cell.bg, VTERM_COLOR_IS_DEFAULT_BG(&cell.bg)),
	};
}

static int column_of(struct vt *vt, int row, size_t offset)
{
	char bytes[CELL_BYTES];
	int column = 0;
	for (size_t len = 0; len < offset && column < vt->columns;) {
		VTermScreenCell cell = cell_at(vt, row, column);
		len += put_cell(bytes, &cell);
		column += cell.width;
	}
	return column;
}

bool vt_find(struct vt *vt, const char *text, int *row, int *column)
{
	for (int i = 0; i < vt->rows; i++) {
		const char *line = vt_row(vt, i);
		const char *found = strstr(line, text);
		if (!found)
			continue;
		if (row)
			*row = i;
		if (column)
			*column = column_of(vt, i, (size_t)(found - line));
		return true;
	}
	return false;
}

/* ---- the screen's state ---- */

void vt_cursor(struct vt *vt, int *row, int *column)
{
	VTermPos position;
	vterm_state_get_cursorpos(vterm_obtain_state(vt->term), &position);
	*row = position.row;
	*column = position.col;
}

bool vt_cursor_is_visible(const struct vt *vt)
{
	return vt->cursor_visible;
}

bool vt_is_alternate(const struct vt *vt)
{
	return vt->alternate;
}

bool vt_has_mouse(const struct vt *vt)
{
	return vt->mouse != VTERM_PROP_MOUSE_NONE;
}

bool vt_has_mode(const struct vt *vt, int mode)
{
	return mode >= 0 && mode < VT_MODES && vt->modes[mode];
}

const char *vt_title(const struct vt *vt)
{
	return vt->title;
}

const char *vt_replies(const struct vt *vt)
{
	return vt->replies;
}

void vt_print(struct vt *vt)
{
	int row, column;
	vt_cursor(vt, &row, &column);
	printf("# screen of %dx%d, cursor at row %d, column %d, %s screen, %s (status 0x%x)\n",
	       vt->columns, vt->rows, row, column, vt->alternate ? "alternate" : "main",
	       vt->reaped ? "ended" : "running", (unsigned)vt->status);
	for (int i = 0; i < vt->rows; i++) {
		const char *text = vt_row(vt, i);
		if (*text)
			printf("# %3d|%s\n", i, text);
	}
	fflush(stdout);
}

static long now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static long deadline_ms(void)
{
	const char *limit = getenv("VT_TIMEOUT_MS");
	return now_ms() + (limit ? strtol(limit, NULL, 10) : 20000);
}

static void die(const char *what)
{
	printf("Bail out! vt: %s: %s\n", what, strerror(errno));
	exit(97);
}

/* ---- the program ---- */

static void open_terminal(struct vt *vt, int rows, int columns)
{
	vt->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (vt->master < 0 || grantpt(vt->master) < 0 || unlockpt(vt->master) < 0)
		die("no pseudo terminal");
	vt->slave = open(ptsname(vt->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (vt->slave < 0)
		die("no pseudo terminal");
	struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };
	ioctl(vt->slave, TIOCSWINSZ, &size);
	tcgetattr(vt->slave, &vt->before); /* before the fork, or it would be a race */
	fcntl(vt->master, F_SETFL, O_NONBLOCK);
}

static _Noreturn void become_program(const struct vt *vt, const char *term,
                                     const char *const argv[])
{
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	setsid();
	ioctl(vt->slave, TIOCSCTTY, 0);
	for (int fd = 0; fd <= 2; fd++)
		dup2(vt->slave, fd);
	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		signal(signal_number, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setenv("TERM", term, 1);
	unsetenv("LINES");
	unsetenv("COLUMNS");
	const union {
		const char *const *ours;
		char *const *execs;
	} arguments = { .ours = argv }; /* exec changes nothing, but its type is older than const */
	execvp(argv[0], arguments.execs);
	_exit(127);
}

struct vt *vt_spawn(int rows, int columns, const char *term, const char *const argv[])
{
	struct vt *vt = calloc(1, sizeof *vt);
	if (!vt)
		die("memory");
	open_terminal(vt, rows, columns);
	open_screen(vt, rows, columns);
	fflush(stdout);
	vt->pid = fork();
	if (vt->pid < 0)
		die("fork");
	if (vt->pid == 0)
		become_program(vt, term, argv);
	vt->watched = vt->pid;
	return vt;
}

void vt_free(struct vt *vt)
{
	if (!vt)
		return;
	if (!vt->reaped) {
		kill(-vt->pid, SIGKILL);
		kill(vt->pid, SIGKILL);
		while (waitpid(vt->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	vt_hang_up(vt);
	close_screen(vt);
	free(vt->output);
	free(vt);
}

pid_t vt_pid(const struct vt *vt)
{
	return vt->pid;
}

void vt_watch(struct vt *vt, pid_t pid)
{
	vt->watched = pid;
}

pid_t vt_foreground(const struct vt *vt)
{
	return tcgetpgrp(vt->master);
}

static void reap(struct vt *vt)
{
	int status;
	if (vt->reaped || waitpid(vt->pid, &status, WNOHANG | WUNTRACED) != vt->pid)
		return;
	vt->status = status;
	vt->reaped = !WIFSTOPPED(status);
}

/* ---- its output ---- */

static void keep(struct vt *vt, const char *bytes, size_t len)
{
	if (vt->output_len + len + 1 > vt->output_size) {
		vt->output_size = 2 * (vt->output_len + len + 1);
		vt->output = realloc(vt->output, vt->output_size);
		if (!vt->output)
			die("memory");
	}
	memcpy(vt->output + vt->output_len, bytes, len);
	vt->output_len += len;
	vt->output[vt->output_len] = '\0';
}

/* Reads what was written, waiting at most that long; only a part of an endless flood, so that
 * deadlines hold. */
static bool pump(struct vt *vt, int ms)
{
	struct pollfd line = { .fd = vt->stalled ? -1 : vt->master, .events = POLLIN };
	if (poll(&line, 1, ms) <= 0)
		return false;
	char bytes[65536];
	bool any = false;
	for (int i = 0; i < PUMP_READS; i++) {
		ssize_t len = read(vt->master, bytes, sizeof bytes);
		if (len <= 0)
			break;
		any = true;
		keep(vt, bytes, (size_t)len);
		feed_screen(vt, bytes, (size_t)len);
	}
	if (!any)
		poll(NULL, 0, ms < 1 ? 0 : 1); /* the other end is closed, so poll() never waits */
	return any;
}

void vt_mark(struct vt *vt)
{
	pump(vt, 0);
	vt->mark = vt->output_len;
}

const char *vt_output(struct vt *vt, size_t *len)
{
	pump(vt, 0);
	*len = vt->output_len - vt->mark;
	return vt->output ? vt->output + vt->mark : "";
}

bool vt_is_full(const struct vt *vt)
{
	struct pollfd room = { .fd = vt->slave, .events = POLLOUT };
	return poll(&room, 1, 0) == 0;
}

bool vt_is_restored(const struct vt *vt)
{
	struct termios now;
	const struct termios *then = &vt->before;
	if (tcgetattr(vt->master, &now) < 0)
		return false;
	/* By field: the struct has holes. */
	return now.c_iflag == then->c_iflag && now.c_oflag == then->c_oflag &&
	       now.c_cflag == then->c_cflag && now.c_lflag == then->c_lflag &&
	       memcmp(now.c_cc, then->c_cc, sizeof now.c_cc) == 0;
}

/* ---- its input ---- */

void vt_send_bytes(struct vt *vt, const void *bytes, size_t len)
{
	const char *rest = bytes;
	long deadline = deadline_ms();
	while (len > 0) {
		ssize_t sent = write(vt->master, rest, len);
		if (sent > 0) {
			rest += sent;
			len -= (size_t)sent;
		} else if (errno != EAGAIN || now_ms() > deadline) {
			printf("# vt: %zu bytes were not taken: %s\n", len, strerror(errno));
			return;
		} else {
			pump(vt, 1); /* or each side waits for the other */
		}
	}
}

void vt_send(struct vt *vt, const char *text)
{
	vt_send_bytes(vt, text, strlen(text));
}

void vt_paste(struct vt *vt, const char *text)
{
	bool bracketed = vt_has_mode(vt, 2004);
	if (bracketed)
		vt_send(vt, "\033[200~");
	vt_send(vt, text);
	if (bracketed)
		vt_send(vt, "\033[201~");
}

bool vt_wheel(struct vt *vt, int row, int column, int steps)
{
	if (!vt->mouse)
		return false;
	int button = steps > 0 ? 64 : 65;
	for (int i = 0; i < abs(steps); i++) {
		char report[64];
		if (vt_has_mode(vt, 1006))
			snprintf(report, sizeof report, "\033[<%d;%d;%dM", button, column + 1,
			         row + 1);
		else
			snprintf(report, sizeof report, "\033[M%c%c%c", 32 + button, 33 + column,
			         33 + row);
		vt_send(vt, report);
	}
	return true;
}

void vt_resize(struct vt *vt, int rows, int columns)
{
	struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };
	pump(vt, 0); /* what was drawn for the old size belongs on the old screen */
	resize_screen(vt, rows, columns);
	ioctl(vt->master, TIOCSWINSZ, &size);
}

void vt_stall(struct vt *vt, bool on)
{
	vt->stalled = on;
}

void vt_hang_up(struct vt *vt)
{
	if (vt->master < 0)
		return;
	pump(vt, 0);
	close(vt->slave);
	close(vt->master);
	vt->slave = vt->master = -1;
}

/* ---- waiting ---- */

bool vt_wait(struct vt *vt, vt_condition *condition, const void *context, const char *what)
{
	long deadline = deadline_ms();
	do {
		pump(vt, 0);
		reap(vt);
		pump(vt, 0); /* what was written before a stop or an end counts */
		if (condition(vt, context))
			return true;
		pump(vt, STEP_MS);
	} while (now_ms() < deadline);
	printf("# vt: did not come: %s\n", what);
	vt_print(vt);
	return false;
}

static bool has_output(struct vt *vt, const void *context)
{
	size_t len;
	const char *output = vt_output(vt, &len);
	return memmem(output, len, context, strlen(context)) != NULL;
}

bool vt_wait_output(struct vt *vt, const char *bytes)
{
	return vt_wait(vt, has_output, bytes, "output");
}

static bool has_stopped(struct vt *vt, const void *context)
{
	(void)context;
	return !vt->reaped && WIFSTOPPED(vt->status);
}

bool vt_wait_stopped(struct vt *vt)
{
	vt->status = 0;
	return vt_wait(vt, has_stopped, NULL, "a stop");
}

static bool has_ended(struct vt *vt, const void *context)
{
	(void)context;
	return vt->reaped;
}

bool vt_wait_exit(struct vt *vt, int *status)
{
	bool ended = vt_wait(vt, has_ended, NULL, "the end");
	if (status)
		*status = ended ? vt->status : -1;
	return ended;
}

/* ---- idleness ---- */

/* The system call that a process is in, and its arguments; false while it runs. */
static bool read_system_call(pid_t pid, long *number, unsigned long long arguments[6])
{
	char path[64], text[256] = "";
	snprintf(path, sizeof path, "/proc/%d/syscall", (int)pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	bool got = fgets(text, sizeof text, file) != NULL;
	fclose(file);
	char *rest = text;
	*number = strtol(text, &rest, 10);
	if (!got || rest == text)
		return false;
	for (int i = 0; i < 6; i++)
		arguments[i] = strtoull(rest, &rest, 16);
	return true;
}

static bool sleeps_without_limit(pid_t pid)
{
	long number;
	unsigned long long arguments[6];
	if (!read_system_call(pid, &number, arguments))
		return false;
	switch (number) {
	case SYS_read:
		return true;
	case SYS_pselect6:
		return arguments[4] == 0;
	case SYS_ppoll:
		return arguments[2] == 0;
#ifdef SYS_select
	case SYS_select:
		return arguments[4] == 0;
#endif
#ifdef SYS_poll
	case SYS_poll:
		return (int)arguments[2] < 0;
#endif
	}
	return false;
}

/* poll() on a terminal lets the kernel finish moving bytes from one side to the other; counting
 * them by FIONREAD does not. */
static bool is_idle(struct vt *vt, const void *context)
{
	(void)context;
	struct pollfd unread = { .fd = vt->slave, .events = POLLIN };
	if (vt->reaped)
		return true;
	return poll(&unread, 1, 0) == 0 && sleeps_without_limit(vt->watched) && !pump(vt, 0);
}

bool vt_knows_idle(const struct vt *vt)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/syscall", (int)vt->watched);
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	bool readable = fgetc(file) != EOF;
	fclose(file);
	return readable;
}

static bool wait_for_quiet(struct vt *vt)
{
	long deadline = deadline_ms();
	while (pump(vt, QUIET_MS))
		if (now_ms() > deadline)
			return false;
	reap(vt);
	return true;
}

bool vt_wait_idle(struct vt *vt)
{
	reap(vt);
	if (!vt->reaped && !vt_knows_idle(vt))
		return wait_for_quiet(vt);
	return vt_wait(vt, is_idle, NULL, "idleness");
}

/* ---- waiting for what it shows ---- */

struct wanted {
	const char *text;
	int row, column;
};

static bool shows(struct vt *vt, const void *context)
{
	return strstr(vt_screen(vt), context) != NULL;
}

static bool shows_not(struct vt *vt, const void *context)
{
	return !shows(vt, context);
}

static bool row_shows(struct vt *vt, const void *context)
{
	const struct wanted *wanted = context;
	return strstr(vt_row(vt, wanted->row), wanted->text) != NULL;
}

static bool cursor_is_at(struct vt *vt, const void *context)
{
	const struct wanted *wanted = context;
	int row, column;
	vt_cursor(vt, &row, &column);
	return row == from_top(vt, wanted->row) && column == wanted->column;
}

bool vt_wait_text(struct vt *vt, const char *text)
{
	return vt_wait(vt, shows, text, text);
}

bool vt_wait_gone(struct vt *vt, const char *text)
{
	return vt_wait(vt, shows_not, text, "the end of a text");
}

bool vt_wait_row(struct vt *vt, int row, const char *text)
{
	struct wanted wanted = { .text = text, .row = row };
	return vt_wait(vt, row_shows, &wanted, text);
}

bool vt_wait_cursor(struct vt *vt, int row, int column)
{
	struct wanted wanted = { .row = row, .column = column };
	return vt_wait(vt, cursor_is_at, &wanted, "the cursor");
}
