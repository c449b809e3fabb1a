// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/ladder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "view/ladder/ladder_entry.h"
#include "view/svg.h"

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
};

/* Where the two lines are, and what the margins hold. */
struct canvas {
	int line[2];
	int columns[2];
	int y;         /* of the line that is drawn */
	int64_t first; /* what times count from */
	struct buf body;
};

/* Nothing is said by colour alone: there are words, marks and dashes. */
static const char style[] = "text{fill:#111}"
                            ".t{fill:#666;text-anchor:end}"
                            ".l{text-anchor:middle}"
                            ".r{text-anchor:end}"
                            ".s{fill:#05489b;font-weight:bold}"
                            ".d{fill:#555;font-style:italic}"
                            ".e{fill:#a80000;font-weight:bold}"
                            ".m{fill:#555;text-anchor:middle}"
                            "path{fill:none;stroke-width:1.5}"
                            ".v{stroke:#888;stroke-width:2}"
                            ".o{stroke:#14662a}.i{stroke:#05489b}"
                            ".x{stroke:#a80000;stroke-width:2}"
                            ".a{stroke:#a80000;stroke-dasharray:6 4}"
                            ".q{stroke-dasharray:2 3}";

/* ---- text ---- */

/* At most that many columns of text, safe for any reader. */
static void put_text(const char *text, int columns, struct buf *out)
{
	struct row row = { 0 };
	ladder_put_cut(&row, text, columns, STYLE_TEXT);
	svg_add_row(&row, out);
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
	            buf_text(&text), canvas->columns[side], &canvas->body);
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

/* The head, or the cross in its place, is never dashed. */
static void draw_head(const char *class, bool right, bool lost, int x, int y, struct buf *out)
{
	int back = right ? -9 : 9;
	buf_printf(out, "<path class=\"%s\" d=\"M%d %d", class, x + (lost ? 2 * back : 0), y);
	if (lost)
		buf_append_text(out, "m-6-6 12 12m0-12-12 12\"/>\n");
	else
		buf_printf(out, "m%d-4 %d 4 %d 4\"/>\n", back, -back, back);
}

static void draw_arrow(struct canvas *canvas, const struct ladder_row *row)
{
	char label[LADDER_LABEL + 4];
	bool right = row->way == WAY_RIGHT, lost = row->look == LOOK_LOST;
	const char *class = arrow_class(row);
	int inside = right ? 2 : -2;
	int from = canvas->line[!right] + inside, to = canvas->line[right] - inside;
	buf_printf(&canvas->body, "<path class=\"%s%s\" d=\"M%d %dH%d\"/>\n", class, dashes(row),
	           from, canvas->y, lost ? to - 9 * inside : to);
	draw_head(class, right, lost, to, canvas->y, &canvas->body);
	snprintf(label, sizeof label, "%s%s%c", row->label, row->mark ? " " : "", row->mark);
	put_element(row->look == LOOK_PLAIN ? "l" : "l e", (from + to) / 2, canvas->y - 5, label,
	            (canvas->line[1] - canvas->line[0]) / CHARACTER, &canvas->body);
}

static void draw_gap(struct canvas *canvas, int64_t gap)
{
	char duration[CLOCK_TEXT], text[CLOCK_TEXT + 8];
	snprintf(text, sizeof text, "%s later", clock_format_duration(gap, duration));
	put_element("m", (canvas->line[0] + canvas->line[1]) / 2, canvas->y - 2, text,
	            (int)sizeof text, &canvas->body);
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
			            &canvas->body);
		draw_margin(canvas, row, 0);
		if (row->way != WAY_NONE)
			draw_arrow(canvas, row);
		draw_margin(canvas, row, 1);
		canvas->y += STEP;
	}
}

/* A failure in words goes across the lines. */
static void draw_words(struct canvas *canvas, const struct entry *entry)
{
	char *text = xstrndup(entry_payload(entry), entry->len);
	put_element("e", TIME_END + GAP_BESIDE, canvas->y + 4, text, WORDS_COLUMNS, &canvas->body);
	free(text);
	canvas->y += STEP;
}

static void draw_entry(struct canvas *canvas, const struct cursor *cursor)
{
	if (cursor->entry->call == CALL_STATE && cursor->entry->flags & ENTRY_ERROR)
		draw_words(canvas, cursor->entry);
	else
		draw_lines(canvas, cursor);
}

/* ---- the document ---- */

/* The first of the newest LADDER_SVG_MOST entries; false where there is none. */
static bool find_begin(const struct view *view, struct cursor *cursor, bool *older)
{
	*older = false;
	if (!cursor_last(cursor, view))
		return false;
	for (int i = 0; i < LADDER_SVG_MOST; i++)
		if (!cursor_before(cursor))
			return true;
	*older = cursor_after(cursor);
	return true;
}

static void canvas_set(struct canvas *canvas, const struct view *view)
{
	bool both = view->other != 0;
	*canvas = (struct canvas){
		.line = { both ? 360 : 470, both ? 640 : 810 },
		.columns = { both ? 37 : 51, both ? 43 : 20 },
		.y = TOP + STEP,
		.first = ladder_begin(view),
		.body = { .max = SIZE_MAX },
	};
}

static void put_head(const struct canvas *canvas, const char *title, int height, struct buf *out)
{
	buf_printf(out,
	           "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	           "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
	           "viewBox=\"0 0 %d %d\" font-family=\"monospace\" font-size=\"13\" "
	           "xml:space=\"preserve\">\n<title>",
	           WIDTH, height, WIDTH, height);
	put_text(title, LADDER_TITLE, out);
	buf_printf(out, "</title>\n<style>%s</style>\n", style);
	buf_append_text(out, "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
	buf_printf(out, "<path class=\"v\" d=\"M%d %dV%dM%d %dV%d\"/>\n", canvas->line[0], TOP,
	           height - BOTTOM, canvas->line[1], TOP, height - BOTTOM);
}

static void put_legend(struct buf *out)
{
	put_element("", 20, 50, "* read from the kernel   o counted by it   ? deduced", WIDTH, out);
	buf_append_text(out, "<path class=\"e a\" d=\"M530 46H580\"/>\n");
	draw_head("e", true, false, 580, 46, out);
	put_element("", 588, 50, "retransmitted", WIDTH, out);
	buf_append_text(out, "<path class=\"x\" d=\"M720 46H760\"/>\n");
	draw_head("x", true, true, 778, 46, out);
	put_element("", 774, 50, "dropped", WIDTH, out);
	put_element("t", TIME_END, TOP - 12, "ms", WIDTH, out);
}

static void put_top(const struct view *view, const struct canvas *canvas, bool older, int height,
                    struct buf *out)
{
	struct endpoints endpoints;
	char title[LADDER_TITLE], name[LADDER_TITLE];
	endpoints_find(view, &endpoints);
	ladder_print_title(view, &endpoints, title);
	put_head(canvas, title, height, out);
	put_element("s", 20, 28, title, LADDER_TITLE, out);
	put_legend(out);
	put_element("s r", canvas->line[0] + GAP_BESIDE, TOP - 12,
	            ladder_print_end(view, &endpoints, 0, name), LADDER_TITLE, out);
	ladder_print_end(view, &endpoints, 1, name);
	int most = WIDTH - GAP_BESIDE - CHARACTER * text_columns(name, strlen(name));
	int begin = canvas->line[1] - GAP_BESIDE;
	put_element("s", begin < most ? begin : most, TOP - 12, name, LADDER_TITLE, out);
	if (!older)
		return;
	snprintf(name, sizeof name, "Only the newest %d entries are drawn.", LADDER_SVG_MOST);
	put_element("e", 20, 70, name, LADDER_TITLE, out);
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
	struct cursor cursor;
	struct canvas canvas;
	struct buf top = { .max = SIZE_MAX };
	canvas_set(&canvas, view);
	*entries = 0;
	for (bool more = find_begin(view, &cursor, &older); more; more = cursor_after(&cursor)) {
		if (cursor.entry->call == CALL_NOTE)
			continue;
		draw_entry(&canvas, &cursor);
		++*entries;
	}
	put_top(view, &canvas, older, canvas.y + BOTTOM, &top);
	bool good = write_all(&top, &canvas.body, file);
	int code = errno;
	buf_free(&top);
	buf_free(&canvas.body);
	errno = code;
	return good;
}
