// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/diagram.h"

#include <stdio.h>
#include <string.h>

enum { LABEL = 64 };

/* ---- a state ---- */

/* CLOSED is there twice: before everything and after it. */
struct node {
	enum tcp_state state;
	bool end;
	int row, middle; /* where it stands in the drawing */
};

static const struct node nodes[DIAGRAM_NODES] = {
	{ STATE_CLOSED, false, 0, 40 },      { STATE_SYN_SENT, false, 2, 27 },
	{ STATE_LISTEN, false, 2, 53 },      { STATE_SYN_RECV, false, 4, 53 },
	{ STATE_ESTABLISHED, false, 6, 40 }, { STATE_FIN_WAIT1, false, 8, 23 },
	{ STATE_CLOSE_WAIT, false, 8, 57 },  { STATE_FIN_WAIT2, false, 10, 10 },
	{ STATE_CLOSING, false, 10, 36 },    { STATE_LAST_ACK, false, 10, 57 },
	{ STATE_TIME_WAIT, false, 12, 23 },  { STATE_CLOSED, true, 12, 57 },
};

static const char *name_of(const struct node *node)
{
	return tcp_state_name(node->state);
}

static bool has_lived(const struct states_end *end)
{
	uint32_t opening = UINT32_C(1) << STATE_CLOSED | UINT32_C(1) << STATE_LISTEN;
	return !end->snapshot.open || ((end->visited | end->deduced) & ~opening);
}

/* Whether this is the node of that state for this end. */
static bool stands_for(const struct node *node, const struct states_end *end, enum tcp_state state)
{
	if (state == STATE_GONE)
		return node->end;
	if (state != STATE_CLOSED || node->state != STATE_CLOSED)
		return state == node->state;
	return node->end == has_lived(end);
}

static bool is_now(const struct node *node, const struct states_end *end)
{
	if (!end)
		return false;
	return stands_for(node, end, snapshot_state(&end->snapshot));
}

static bool was_there(const struct node *node, const struct states_end *end, bool deduced)
{
	if (!end)
		return false;
	uint32_t set = deduced ? end->deduced : end->visited;
	return !node->end && (set >> node->state & 1) && !is_now(node, end) &&
	       (node->state != STATE_CLOSED || has_lived(end));
}

struct label {
	char text[LABEL];
	char tags[2 * SNAPSHOT_TAG];
	enum style style;
};

static void add_tag(struct label *label, const struct states_end *end)
{
	char tag[SNAPSHOT_TAG];
	size_t len = strlen(label->tags);
	snprintf(label->tags + len, sizeof label->tags - len, " %s",
	         snapshot_format_tag(&end->snapshot, tag));
}

static void make_label(const struct node *node, const struct states_end *mine,
                       const struct states_end *other, struct label *label)
{
	const char *name = name_of(node);
	bool mine_now = is_now(node, mine), other_now = is_now(node, other);
	*label = (struct label){ .style = STYLE_FAINT };
	const char *format = "%s";
	if (mine_now || other_now) {
		format = ">>>%s<<<";
		label->style = STYLE_STATE;
	} else if (was_there(node, mine, false) || was_there(node, other, false)) {
		format = ".%s.";
		label->style = STYLE_TEXT;
	} else if (was_there(node, mine, true) || was_there(node, other, true)) {
		format = "(%s)";
		label->style = STYLE_TEXT;
	}
	const char *name_at = strstr(format, "%s");
	snprintf(label->text, sizeof label->text, "%.*s%s%s", (int)(name_at - format), format, name,
	         name_at + 2);
	if (mine_now)
		add_tag(label, mine);
	if (other_now)
		add_tag(label, other);
}

/* ---- the drawing ---- */

/* Lines and what leads along them, in rows between those of the states; '|', '.', '\'', '-' and
 * '+' become lines where the locale has them. */
static const char *const lines[DIAGRAM_ROWS] = {
	[1] = "                   connect .------------+------------. listen",
	[3] = "               rcv SYN,ACK |                         | rcv SYN",
	[4] = "                           |- - rcv SYN - ->",
	[5] = "                           '------------.------------' rcv ACK",
	[7] = "                 close .----------------+----------------. rcv FIN",
	[9] = "  rcv ACK .------------+------------. rcv FIN            | close",
	[11] = "  rcv FIN '------------.------------' rcv ACK            | rcv ACK",
};

/* The corner or crossing that stands for a character of `lines`, by what is beside it. */
static const char *line_glyph(const char *line, size_t at)
{
	bool left = at > 0 && line[at - 1] == '-', right = line[at + 1] == '-';
	switch (line[at]) {
	case '|':
		return "│";
	case '-':
		return "─";
	case '+':
		return "┴";
	case '\'':
		return right ? "└" : "┘";
	case '.':
		return left && right ? "┬" : right ? "┌" : "┐";
	default:
		return NULL;
	}
}

static void put(struct row *row, const char *text, int columns, enum style style)
{
	row_add_text(row, text, strlen(text), columns, style);
}

static void put_line(struct row *row, const char *line, int columns)
{
	bool unicode = text_has_unicode();
	for (size_t i = 0; line[i]; i++) {
		const char *glyph = unicode ? line_glyph(line, i) : NULL;
		if (glyph)
			put(row, glyph, columns, STYLE_FAINT);
		else
			row_add_text(row, line + i, 1, columns, STYLE_FAINT);
	}
}

static void put_node(struct row *row, int left, int columns, const struct node *node,
                     const struct label *label)
{
	int width = text_columns(label->text, strlen(label->text));
	int from = left + node->middle - width / 2;
	row_pad(row, from, STYLE_FAINT);
	put(row, label->text, columns, label->style);
	put(row, label->tags, columns, STYLE_NOTE);
}

/* From TIME_WAIT the timer leads to CLOSED. */
static void put_arrow(struct row *row, int to, int columns)
{
	const char *dash = text_has_unicode() ? "─" : "-";
	put(row, " ", columns, STYLE_FAINT);
	while (row->columns < to - 2)
		put(row, dash, columns, STYLE_FAINT);
	put(row, ">", columns, STYLE_FAINT);
}

void diagram_draw(const struct states_end *mine, const struct states_end *other, int columns,
                  struct rows *rows)
{
	int left = (columns - DIAGRAM_COLUMNS) / 2;
	size_t first = rows->count;
	for (int i = 0; i < DIAGRAM_ROWS; i++) {
		struct row *row = rows_add(rows);
		row_pad(row, left, STYLE_FAINT);
		if (lines[i])
			put_line(row, lines[i], columns);
	}
	for (size_t i = 0; i < DIAGRAM_NODES; i++) {
		struct label label;
		struct row *row = &rows->row[first + (size_t)nodes[i].row];
		make_label(&nodes[i], mine, other, &label);
		int width = text_columns(label.text, strlen(label.text));
		if (nodes[i].end)
			put_arrow(row, left + nodes[i].middle - width / 2, columns);
		put_node(row, left, columns, &nodes[i], &label);
	}
}

/* ---- the list ---- */

static void list_node(const struct node *node, const struct states_end *mine,
                      const struct states_end *other, int columns, struct rows *rows)
{
	enum { MIDDLE = 10 };
	struct label label;
	struct row *row = rows_add(rows);
	make_label(node, mine, other, &label);
	put_node(row, 0, columns, &(struct node){ .middle = MIDDLE }, &label);
}

void diagram_list(const struct states_end *mine, const struct states_end *other, int columns,
                  struct rows *rows)
{
	for (size_t i = 0; i < DIAGRAM_NODES; i++)
		list_node(&nodes[i], mine, other, columns, rows);
}
