// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/ladder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "view/ladder/ladder_entry.h"
#include "view/ladder/ladder_frame.h"
#include "view/markup.h"

/* Pixels, but for the columns of text. */
enum {
	WIDTH = 1000,
	TIME_END = 54,
	TOP = 104, /* of the lines */
	STEP = 26, /* from one line to the next */
	BOTTOM = 18,
	CHARACTER = 8,
	GAP_BESIDE = 10, /* between a line and its margin */
	WORDS_COLUMNS = 118,
	UNDER_WAY = 256, /* frames whose arrival is looked for */
	ABOVE = 18,      /* of a line, to its upper edge */
	PIECE = LADDER_PIECE * STEP,
	HEAD = 30, /* of a piece, with the names of the ends */
};

/* A frame that has left and not arrived. */
struct departure {
	struct ladder_row row;
	int y;
};

/* Where the two lines are, and what the margins hold. */
struct canvas {
	const struct view *view;
	struct departure under_way[UNDER_WAY]; /* the oldest first */
	size_t count;
	int line[2];
	int columns[2];
	int y;         /* of the line that is drawn */
	int64_t first; /* what times count from */
	bool in_pieces;
	struct buf *piece; /* one, or each of PIECE pixels */
	size_t pieces, cap;
};

/* Nothing is said by colour alone: there are words, marks and dashes. */
#define STYLE(in, ink, faint, line, left, right, bad)                                              \
	in "text{fill:" ink "}" in ".t{fill:" faint ";text-anchor:end}" in ".l{text-anchor:middle}"  \
	in ".r{text-anchor:end}" in ".s{fill:" left ";font-weight:bold}"                             \
	in ".d{fill:" faint ";font-style:italic}" in ".e{fill:" bad ";font-weight:bold}"             \
	in ".m{fill:" faint ";text-anchor:middle}" in "path{fill:none;stroke-width:1.5}"             \
	in ".v{stroke:" line ";stroke-width:2}" in ".o{stroke:" right "}" in ".i{stroke:" left "}"   \
	in ".x{stroke:" bad ";stroke-width:2}" in "path.e{stroke:" bad "}"                           \
	in ".a{stroke-dasharray:6 4}" in ".q{stroke-dasharray:2 3}"

static const char style[] =
        STYLE("", "#111", "#555", "#888", "#05489b", "#14662a", "#a80000");
const char ladder_page_style[] = STYLE(".ladder ", "var(--ink)", "var(--faint)", "var(--line)",
                                       "var(--in)", "var(--out)", "var(--bad)");

/* ---- text ---- */

/* At most that many columns of text, safe for any reader. */
static void put_text(const char *text, int columns, struct buf *out)
{
	struct row row = { 0 };
	ladder_put_cut(&row, text, columns, STYLE_TEXT);
	markup_row(out, &row);
	row_free(&row);
}

/* The class is one, several, or none: "". */
static void put_element(const char *class, int x, int y, const char *text, int columns,
                        struct buf *out)
{
	buf_printf(out, "<text x=\"%d\" y=\"%d\"", x, y);
	if (*class)
		buf_printf(out, " class=\"%s\"", class);
	buf_append_text(out, ">");
	put_text(text, columns, out);
	buf_append_text(out, "</text>\n");
}

/* ---- lines ---- */

static size_t piece_at(const struct canvas *canvas, int y)
{
	return canvas->in_pieces ? (size_t)(y - (TOP + STEP - ABOVE)) / PIECE : 0;
}

static struct buf *body_of(struct canvas *canvas, size_t piece)
{
	while (canvas->pieces <= piece) {
		canvas->piece = xgrow(canvas->piece, &canvas->cap, canvas->pieces,
		                      sizeof *canvas->piece);
		canvas->piece[canvas->pieces++] = (struct buf){ .max = SIZE_MAX };
	}
	return &canvas->piece[piece];
}

/* Of the line that is drawn. */
static struct buf *body(struct canvas *canvas)
{
	return body_of(canvas, piece_at(canvas, canvas->y));
}

static const char *margin_class(const struct ladder_margin *margin)
{
	if (margin->style == STYLE_ERROR)
		return "e";
	if (margin->mark == MARK_DEDUCED)
		return "d";
	return margin->style == STYLE_STATE ? "s" : "";
}

static void draw_margin(struct canvas *canvas, const struct ladder_row *row, int side)
{
	char class[8];
	struct buf text = { .max = SIZE_MAX };
	const struct ladder_margin *margin = &row->margin[side];
	if (ladder_margin_is_free(margin))
		return;
	ladder_print_margin(row, side, canvas->first, canvas->columns[side] - 2, &text);
	if (margin->mark)
		buf_printf(&text, " %c", margin->mark);
	snprintf(class, sizeof class, "%s%s%s", margin_class(margin),
	         side || !*margin_class(margin) ? "" : " ", side ? "" : "r");
	put_element(class, canvas->line[side] + (side ? GAP_BESIDE : -GAP_BESIDE), canvas->y + 4,
	            buf_text(&text), canvas->columns[side], body(canvas));
	buf_free(&text);
}

static const char *arrow_class(const struct ladder_row *row)
{
	if (row->look != LOOK_PLAIN)
		return row->look == LOOK_AGAIN ? "e" : "x";
	return row->way == WAY_RIGHT ? "o" : "i";
}

static const char *dashes(const struct ladder_row *row)
{
	if (row->look == LOOK_AGAIN)
		return " a";
	return row->mark == MARK_DEDUCED ? " q" : "";
}

/* With a head, or with a cross in its place. */
static void put_line(const char *class, const char *dashes, int from, int y0, int to, int y1,
                     bool ends, bool lost, struct buf *out)
{
	buf_printf(out, "<path class=\"%s%s\" d=\"M%d %dL%d %d\"", class, dashes, from, y0, to,
	           y1);
	if (ends && !lost)
		buf_printf(out, " marker-end=\"url(#arrow-%s)\"", class);
	buf_append_text(out, "/>\n");
	if (lost)
		buf_printf(out, "<path class=\"%s\" d=\"M%d %dm-6-6 12 12m0-12-12 12\"/>\n", class,
		           to, y1);
}

/* From where it left, at y0, to where it has arrived or was lost. */
static void draw_arrow(struct canvas *canvas, const struct ladder_row *row, int y0, int y1)
{
	char label[LADDER_LABEL + 4];
	bool right = row->way == WAY_RIGHT, lost = row->reach == REACH_LOST;
	bool ends = row->reach != REACH_LEAVES;
	const char *class = lost ? "x" : arrow_class(row);
	int inside = right ? 2 : -2;
	int from = canvas->line[!right] + inside, to = canvas->line[right] - inside;
	int middle = (from + to) / 2;
	if (!ends || lost)
		to -= (to - from) / 4;
	for (size_t i = piece_at(canvas, y0); i <= piece_at(canvas, y1); i++)
		put_line(class, ends ? dashes(row) : " q", from, y0, to, y1, ends, lost,
		         body_of(canvas, i));
	snprintf(label, sizeof label, "%s%s%c", row->label, row->mark ? " " : "", row->mark);
	put_element(row->look == LOOK_PLAIN ? "l" : "l e", middle, y0 - 5, label,
	            (canvas->line[1] - canvas->line[0]) / CHARACTER, body_of(canvas, piece_at(canvas, y0)));
}

static void take_departure(struct canvas *canvas, size_t index)
{
	memmove(canvas->under_way + index, canvas->under_way + index + 1,
	        (--canvas->count - index) * sizeof *canvas->under_way);
}

/* One that is not seen to arrive, or not any more. */
static void draw_oldest(struct canvas *canvas)
{
	const struct departure *oldest = canvas->under_way;
	draw_arrow(canvas, &oldest->row, oldest->y, oldest->y);
	take_departure(canvas, 0);
}

/* A frame that arrives later is one line, from its departure on. */
static void draw_frame(struct canvas *canvas, const struct ladder_row *row)
{
	if (row->reach == REACH_LEAVES && row->frame != TRANSCRIPT_NONE) {
		if (canvas->count == UNDER_WAY)
			draw_oldest(canvas);
		canvas->under_way[canvas->count++] = (struct departure){ *row, canvas->y };
		return;
	}
	for (size_t i = 0; i < canvas->count && row->reach == REACH_ARRIVES; i++) {
		struct departure *departure = &canvas->under_way[i];
		if (departure->row.way != row->way ||
		    !ladder_is_same_frame(canvas->view, departure->row.frame, row->frame))
			continue;
		departure->row.reach = REACH_WHOLE;
		draw_arrow(canvas, &departure->row, departure->y, canvas->y);
		take_departure(canvas, i);
		return;
	}
	draw_arrow(canvas, row, canvas->y, canvas->y);
}

static void draw_gap(struct canvas *canvas, int64_t gap)
{
	char duration[CLOCK_TEXT], text[CLOCK_TEXT + 8];
	snprintf(text, sizeof text, "%s later", clock_format_duration(gap, duration));
	put_element("m", (canvas->line[0] + canvas->line[1]) / 2, canvas->y - 2, text,
	            (int)sizeof text, body(canvas));
	canvas->y += STEP;
}

static void draw_lines(struct canvas *canvas, const struct cursor *cursor)
{
	int64_t gap;
	char time[LADDER_TIME];
	struct ladder_rows drawn;
	ladder_draw(cursor->view, cursor->position, cursor->entry, &drawn);
	if (ladder_has_gap(cursor, &gap))
		draw_gap(canvas, gap);
	bool timed = ladder_needs_time(cursor, canvas->first) || (drawn.count && drawn.row[0].since);
	for (size_t i = 0; i < drawn.count; i++) {
		const struct ladder_row *row = &drawn.row[i];
		if (i)
			timed = row->time - row[-1].time >= CLOCK_MS || row->since != row[-1].since;
		if (timed)
			put_element("t", TIME_END, canvas->y + 4,
			            ladder_print_time(row, canvas->first, time), LADDER_TIME,
			            body(canvas));
		draw_margin(canvas, row, 0);
		if (row->way != WAY_NONE)
			draw_frame(canvas, row);
		draw_margin(canvas, row, 1);
		canvas->y += STEP;
	}
}

/* A failure, or what a fault of ours has done, in words goes across the lines. */
static void draw_words(struct canvas *canvas, const struct entry *entry)
{
	char *text = xstrndup(entry_payload(entry), entry->len);
	put_element(entry->flags & ENTRY_ERROR ? "e" : "", TIME_END + GAP_BESIDE, canvas->y + 4, text, WORDS_COLUMNS,
	            body(canvas));
	free(text);
	canvas->y += STEP;
}

static void draw_entry(struct canvas *canvas, const struct cursor *cursor)
{
	if (!ladder_is_row(cursor->entry))
		draw_words(canvas, cursor->entry);
	else
		draw_lines(canvas, cursor);
}

/* ---- the document ---- */

/* The first of the newest `most` entries; false where there is none. */
static bool find_begin(const struct view *view, int most, struct cursor *cursor, bool *older)
{
	*older = false;
	if (!cursor_last(cursor, view))
		return false;
	for (int i = 0; i < most; i++)
		if (!cursor_before(cursor))
			return true;
	*older = cursor_after(cursor);
	return true;
}

static void canvas_set(struct canvas *canvas, const struct view *view, bool in_pieces)
{
	bool both = view->other != 0;
	*canvas = (struct canvas){
		.view = view,
		.line = { both ? 360 : 470, both ? 640 : 810 },
		.columns = { both ? 37 : 51, both ? 43 : 20 },
		.y = TOP + STEP,
		.first = ladder_begin(view),
		.in_pieces = in_pieces,
	};
}

static void canvas_free(struct canvas *canvas)
{
	for (size_t i = 0; i < canvas->pieces; i++)
		buf_free(&canvas->piece[i]);
	free(canvas->piece);
}

/* Returns the number of entries. */
static uint64_t draw(struct canvas *canvas, int most, bool *older)
{
	struct cursor cursor;
	uint64_t entries = 0;
	for (bool more = find_begin(canvas->view, most, &cursor, older); more;
	     more = cursor_after(&cursor)) {
		if (cursor.entry->call == CALL_NOTE)
			continue;
		draw_entry(canvas, &cursor);
		entries++;
	}
	while (canvas->count)
		draw_oldest(canvas);
	return entries;
}

static void put_heads(struct buf *out)
{
	buf_append_text(out, "<defs>\n");
	for (const char *class = "oixe"; *class; class++)
		buf_printf(out,
		           "<marker id=\"arrow-%c\" orient=\"auto\" "
		           "markerUnits=\"userSpaceOnUse\" "
		           "markerWidth=\"11\" markerHeight=\"10\" refX=\"9\" refY=\"5\">"
		           "<path class=\"%c\" d=\"M0 1 9 5 0 9\"/></marker>\n",
		           *class, *class);
	buf_append_text(out, "</defs>\n");
}

static void put_lifelines(const struct canvas *canvas, int top, int bottom, struct buf *out)
{
	buf_printf(out, "<path class=\"v\" d=\"M%d %dV%dM%d %dV%d\"/>\n", canvas->line[0], top,
	           bottom, canvas->line[1], top, bottom);
}

/* Who is at the two ends, above the lines. */
static void put_ends(const struct canvas *canvas, const struct endpoints *endpoints, int y,
                     struct buf *out)
{
	char name[LADDER_TITLE];
	put_element("s r", canvas->line[0] + GAP_BESIDE, y,
	            ladder_print_end(canvas->view, endpoints, 0, name), LADDER_TITLE, out);
	ladder_print_end(canvas->view, endpoints, 1, name);
	int most = WIDTH - GAP_BESIDE - CHARACTER * text_columns(name, strlen(name));
	int begin = canvas->line[1] - GAP_BESIDE;
	put_element("s", begin < most ? begin : most, y, name, LADDER_TITLE, out);
	put_element("t", TIME_END, y, "ms", WIDTH, out);
}

/* ---- a document ---- */

static void put_legend(const struct view *view, struct buf *out)
{
	bool seen = view->wire[0] || view->wire[1] || view->recorded;
	put_element("", 20, 50,
	            seen ? "w seen on the wire   * read from the kernel   o counted   ? deduced"
	                 : "* read from the kernel   o counted by it   ? deduced",
	            WIDTH, out);
	put_line("e", " a", 630, 46, 680, 46, true, false, out);
	put_element("", 688, 50, "retransmitted", WIDTH, out);
	put_line("x", "", 820, 46, 860, 46, true, true, out);
	put_element("", 874, 50, "lost", WIDTH, out);
}

static void put_top(const struct canvas *canvas, bool older, int height, struct buf *out)
{
	struct endpoints endpoints;
	char title[LADDER_TITLE], words[LADDER_TITLE];
	endpoints_find(canvas->view, &endpoints);
	ladder_print_title(canvas->view, &endpoints, title);
	buf_printf(out,
	           "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	           "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
	           "viewBox=\"0 0 %d %d\" font-family=\"monospace\" font-size=\"13\" "
	           "xml:space=\"preserve\">\n<title>",
	           WIDTH, height, WIDTH, height);
	put_text(title, LADDER_TITLE, out);
	buf_printf(out, "</title>\n<style>%s</style>\n", style);
	put_heads(out);
	buf_append_text(out, "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
	put_lifelines(canvas, TOP, height - BOTTOM, out);
	put_element("s", 20, 28, title, LADDER_TITLE, out);
	put_legend(canvas->view, out);
	put_ends(canvas, &endpoints, TOP - 12, out);
	if (!older)
		return;
	snprintf(words, sizeof words, "Only the newest %d entries are drawn.", LADDER_SVG_MOST);
	put_element("e", 20, 70, words, LADDER_TITLE, out);
}

static bool write_all(const struct buf *top, const struct buf *body, FILE *file)
{
	return fwrite(buf_data(top), 1, top->len, file) == top->len &&
	       fwrite(buf_data(body), 1, body->len, file) == body->len &&
	       fputs("</svg>\n", file) >= 0 && fflush(file) == 0;
}

bool ladder_write_svg(const struct view *view, FILE *file, uint64_t *entries)
{
	bool older;
	struct canvas canvas;
	struct buf top = { .max = SIZE_MAX };
	canvas_set(&canvas, view, false);
	*entries = draw(&canvas, LADDER_SVG_MOST, &older);
	put_top(&canvas, older, canvas.y + BOTTOM, &top);
	bool good = write_all(&top, body_of(&canvas, 0), file);
	int code = errno;
	buf_free(&top);
	canvas_free(&canvas);
	errno = code;
	return good;
}

/* ---- within a page ---- */

void ladder_append_heads(struct buf *out)
{
	buf_append_text(out, "<svg class=\"ladder heads\" width=\"0\" height=\"0\" "
	                     "aria-hidden=\"true\">");
	put_heads(out);
	buf_append_text(out, "</svg>\n");
}

uint64_t ladder_append_html(const struct view *view, int most, struct buf *out, bool *older)
{
	struct canvas canvas;
	struct endpoints endpoints;
	char title[LADDER_TITLE];
	canvas_set(&canvas, view, true);
	uint64_t entries = draw(&canvas, most, older);
	endpoints_find(view, &endpoints);
	ladder_print_title(view, &endpoints, title);
	for (size_t i = 0; i < canvas.pieces; i++) {
		int top = TOP + STEP - ABOVE + (int)i * PIECE, end = canvas.y - ABOVE;
		int height = end - top < PIECE ? end - top : PIECE;
		buf_printf(out,
		           "<svg class=\"ladder ends\" aria-hidden=\"true\" viewBox=\"0 0 %d %d\">\n",
		           WIDTH, HEAD);
		put_ends(&canvas, &endpoints, HEAD - 10, out);
		buf_printf(out,
		           "</svg>\n<svg class=\"ladder\" role=\"img\" viewBox=\"0 %d %d %d\">\n<title>",
		           top, WIDTH, height);
		markup_text(out, title, strlen(title));
		buf_printf(out,
		           ", part %zu of %zu</title>\n<desc>The calls of both ends and the segments "
		           "between them. The table of all calls has them as text.</desc>\n",
		           i + 1, canvas.pieces);
		put_lifelines(&canvas, top, top + height, out);
		buf_append(out, buf_data(&canvas.piece[i]), canvas.piece[i].len);
		buf_append_text(out, "</svg>\n");
	}
	canvas_free(&canvas);
	return entries;
}
