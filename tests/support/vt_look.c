// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/vt.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "support/vt_internal.h"

enum { CELL_BYTES = 4 * VTERM_MAX_CHARS_PER_CELL };

/* ---- libvterm and what it tells -------------------------------------------------------------- */

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

/* A terminal answers when it is asked: so does this one, and it is written down. */
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

/* libvterm dies of a wide character in a single column. */
static int columns_for_libvterm(int columns)
{
	return columns < 2 ? 2 : columns;
}

void vt_screen_open(struct vt *vt, int rows, int columns)
{
	static const VTermScreenCallbacks callbacks = { .settermprop = on_property };
	setlocale(LC_CTYPE, "C.UTF-8");
	vt->rows = rows;
	vt->columns = columns;
	vt->cursor_visible = true;
	vt->modes[1007] =
	        true; /* as in most terminals: on the alternate screen the wheel is arrows */
	vt->term = vterm_new(rows, columns_for_libvterm(columns));
	vterm_set_utf8(vt->term, 1);
	vterm_output_set_callback(vt->term, on_reply, vt);
	vt->screen = vterm_obtain_screen(vt->term);
	vterm_screen_set_callbacks(vt->screen, &callbacks, vt);
	vterm_screen_enable_altscreen(vt->screen, 1);
	vterm_screen_reset(vt->screen, 1);
}

void vt_screen_close(struct vt *vt)
{
	vterm_free(vt->term);
	free(vt->text);
}

void vt_screen_resize(struct vt *vt, int rows, int columns)
{
	vt->rows = rows;
	vt->columns = columns;
	vt->edge_len = 0;
	vterm_set_size(vt->term, rows, columns_for_libvterm(columns));
}

/* "ESC [ ? 7 ; 25 h", and s and r to save and restore, as xterm has them */
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

/* Bytes at the end that begin a character whose rest is still to come. */
static size_t unfinished(const char *bytes, size_t len)
{
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

/* Its last character may wait in the last column for what combines with it. */
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

/* libvterm takes what combines with a character in the last column, and comes later than it, for a
 * character of its own: both are written again, together. */
static void write_piece(struct vt *vt, const char *bytes, size_t len)
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

/* libvterm loses a character that comes in two pieces, once a program has chosen a character set: a
 * piece waits for the other. */
void vt_screen_feed(struct vt *vt, const char *bytes, size_t len)
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

/* ----
 * cells ------------------------------------------------------------------------------------- */

static const uint32_t SECOND_HALF = (uint32_t)-1;

static bool is_second_half(struct vt *vt, int row, int column)
{
	VTermScreenCell cell;
	if (column >= vt->columns)
		return false;
	vterm_screen_get_cell(vt->screen, (VTermPos){ .row = row, .col = column }, &cell);
	return cell.chars[0] == SECOND_HALF;
}

/* The cell as terminals show it: of a wide character that was overwritten by half libvterm keeps
 * the other half, and calls a cell wide that has such a rest behind it. */
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

/* ---- the screen's state ---------------------------------------------------------------------- */

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

/* ---- waiting for what it shows --------------------------------------------------------------- */

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
