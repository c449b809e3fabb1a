// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/states.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/count.h"
#include "view/page/fields.h"

enum { DIAGRAM_COLUMNS = 78, DIAGRAM_ROWS = 13, DIAGRAM_NODES = 12 };

enum { MOST_ENTRIES = 4096 };

/* ---- where an end has been ---- */

static uint32_t bit(enum tcp_state state)
{
	return UINT32_C(1) << state;
}

static void visit(struct states_end *end, uint64_t state)
{
	if (state < STATE_COUNT)
		end->visited |= bit((enum tcp_state)state);
}

/* Going back in time: the state still is the present one until one says otherwise. */
static void note_sample(struct states_end *end, const struct entry *entry, bool *present)
{
	struct sample sample;
	if (!sample_unpack(entry, &sample) || !sample_has(&sample, SAMPLE_STATE))
		return;
	visit(end, sample_get(&sample, SAMPLE_STATE));
	*present = *present &&
	           sample_get(&sample, SAMPLE_STATE) == (uint64_t)snapshot_state(&end->snapshot);
	if (*present)
		end->since = entry->time;
	if (!sample_has(&sample, SAMPLE_OLD_STATE))
		return;
	visit(end, sample_get(&sample, SAMPLE_OLD_STATE));
	end->older = end->older && !*present;
	*present = false;
}

/* The states that it must have passed through while the kernel was not asked. `fin`: our FIN has been
 * sent, and no RST has come. */
static void deduce(struct states_end *end, bool fin)
{
	const uint32_t open = bit(STATE_ESTABLISHED);
	const uint32_t closing = bit(STATE_FIN_WAIT1) | bit(STATE_FIN_WAIT2) | bit(STATE_CLOSING) |
	                         bit(STATE_TIME_WAIT) | bit(STATE_CLOSE_WAIT) | bit(STATE_LAST_ACK);
	const struct snapshot *snapshot = &end->snapshot;
	enum tcp_state now = snapshot_state(snapshot);
	uint32_t seen = end->visited;
	uint32_t way = 0;
	if (seen & closing)
		way |= open;
	if (seen & (bit(STATE_FIN_WAIT2) | bit(STATE_CLOSING) | bit(STATE_TIME_WAIT)))
		way |= bit(STATE_FIN_WAIT1);
	if (seen & bit(STATE_TIME_WAIT) && !(seen & bit(STATE_CLOSING)))
		way |= bit(STATE_FIN_WAIT2);
	if (seen & bit(STATE_LAST_ACK))
		way |= bit(STATE_CLOSE_WAIT);
	if (seen & bit(STATE_CLOSE_WAIT) && fin && (now == STATE_CLOSED || now == STATE_GONE))
		way |= bit(STATE_LAST_ACK);
	if ((seen | way) & open)
		way |= snapshot->accepted ? bit(STATE_SYN_RECV) : bit(STATE_SYN_SENT);
	/* with itself the SYN that comes is its own */
	if ((seen | way) & open && endpoint_is_set(&snapshot->peer) &&
	    endpoint_equal(&snapshot->local, &snapshot->peer))
		way |= bit(STATE_SYN_RECV);
	end->deduced = way & ~seen;
}

static bool sends_fin(const struct entry *entry)
{
	return !entry->error && (entry->call == CALL_CLOSE ||
	                         (entry->call == CALL_SHUTDOWN && entry->arg != SHUT_RD));
}

/* If the beginning of a connection has been evicted, or is too far back, it may have been in its
 * state for longer than the entries show. */
void states_trace(struct states_end *end, const struct transcript *transcript)
{
	uint64_t at = transcript_last(transcript, end->snapshot.session);
	bool present = true, whole = false, fin = false, reset = false;
	enum tcp_state now = snapshot_state(&end->snapshot);
	end->visited = 0;
	end->since = 0;
	end->older = end->snapshot.accepted;
	for (int i = 0; i < MOST_ENTRIES && at != TRANSCRIPT_NONE; i++) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry->call == CALL_SAMPLE)
			note_sample(end, entry, &present);
		fin = fin || sends_fin(entry);
		reset = reset || (entry_is_call(entry) && entry->error == ECONNRESET);
		whole = entry->call == CALL_SOCKET || !entry->previous_in_session;
		if (whole)
			break;
		at = transcript_before(transcript, at);
	}
	if (present && !whole)
		end->since = 0;
	if (tcp_state_is_known(now))
		end->visited |= bit(now);
	deduce(end, fin && !reset);
}

static bool has_lived(const struct states_end *end)
{
	uint32_t opening = bit(STATE_CLOSED) | bit(STATE_LISTEN) | bit(STATE_SYN_SENT);
	return !end->snapshot.open || ((end->visited | end->deduced) & ~opening);
}

void states_meet(struct states_end *one, struct states_end *two)
{
	struct states_end *ends[] = { one, two };
	const uint32_t open = bit(STATE_ESTABLISHED), met = bit(STATE_SYN_RECV);
	for (int i = 0; i < 2; i++)
		if (ends[i]->snapshot.accepted || !((ends[i]->visited | ends[i]->deduced) & open))
			return;
	for (int i = 0; i < 2; i++)
		ends[i]->deduced |= met & ~ends[i]->visited;
}

/* ---- whose step is next ---- */

static void advise_listener(const struct snapshot *snapshot, struct buf *out)
{
	uint64_t queue = snapshot_sum(snapshot, SAMPLE_QUEUE);
	if (snapshot_queue_is_full(snapshot))
		buf_printf(out, "The queue is full, and new SYNs are dropped%s.",
		           snapshot->paused ? ". Next step: yours, /accept" : "");
	else if (queue)
		buf_printf(out, "%" PRIu64 " waiting for accept(), connected already%s.", queue,
		           snapshot->paused ? ": next step: yours, /accept" : "");
	else
		buf_append_text(out, "Waits for a SYN; the kernel answers it by itself.");
}

static void advise_established(const struct snapshot *snapshot, struct buf *out)
{
	uint64_t bytes = sample_get(&snapshot->sample, SAMPLE_INQ);
	if (snapshot_limit(snapshot) == LIMIT_PEER_WINDOW)
		buf_append_text(out, "The peer's window is closed: nothing more goes out until the "
		                     "peer PROGRAM reads.");
	else if (snapshot->paused && bytes)
		buf_printf(out, "%" PRIu64 " byte%s here. Next step: yours, /recv, or /resume.",
		           bytes, bytes == 1 ? " waits" : "s wait");
	else
		buf_append_text(
		        out, "Both may send. Whoever closes first will be the one in TIME_WAIT.");
}

static void advise_fin_wait1(const struct sample *sample, struct buf *out)
{
	uint64_t waiting = sample_get(sample, SAMPLE_OUTQ);
	bool stuck = sample_get(sample, SAMPLE_TIMER) == TIMER_PERSIST;
	if (waiting)
		buf_printf(out, "Our FIN comes after %" PRIu64 " byte%s not acknowledged yet%s.",
		           waiting, count_plural(waiting),
		           stuck ? ": the peer PROGRAM has to read them" : "");
	else
		buf_append_text(out, "Our FIN is sent. The peer's kernel has to acknowledge it.");
}

static void advise_time_wait(const struct snapshot *snapshot, struct buf *out)
{
	int64_t left;
	char text[SNAPSHOT_LEFT];
	bool known = snapshot_timer(snapshot, &left) != TIMER_OFF;
	if (known)
		buf_printf(out, "%s left. ", snapshot_format_left(left, text));
	buf_printf(out,
	           "Next step: nobody's; the kernel keeps the pair of ports %s, for what is still "
	           "on its way.",
	           known ? "that long" : "for a while");
}

/* A socket whose connection has ended cannot connect again: EISCONN. */
static void advise_closed(const struct states_end *end, struct buf *out)
{
	const struct snapshot *snapshot = &end->snapshot;
	bool listens = snapshot->kind == SNAPSHOT_LISTENER;
	if (snapshot->open && !has_lived(end)) {
		buf_printf(out, "Only a socket so far. Next step: yours, /connect, or %s/backlog.",
		           endpoint_is_set(&snapshot->local) ? "" : "/bind and ");
		return;
	}
	buf_append_text(out, listens ? "Nobody listens here any more."
	                             : "There is no connection any more.");
	if (snapshot->open && (snapshot->stepped || snapshot->accepted))
		buf_append_text(out, " Next step: yours, /close.");
	if (snapshot->stepped)
		buf_append_text(out, " /socket makes a new socket.");
	else if (snapshot->accepted)
		buf_append_text(out, " Its client may connect again.");
	else
		buf_printf(out, " /reconnect %s.", listens ? "listens again" : "opens a new one");
}

static void advise(const struct states_end *end, const struct snapshot *other, struct buf *out)
{
	const struct snapshot *snapshot = &end->snapshot;
	switch (snapshot_state(snapshot)) {
	case STATE_CLOSED:
	case STATE_GONE:
		advise_closed(end, out);
		break;
	case STATE_LISTEN:
		advise_listener(snapshot, out);
		break;
	case STATE_SYN_SENT:
		buf_append_text(out, "Our SYN is sent. The peer's kernel has to answer it.");
		break;
	case STATE_SYN_RECV:
		buf_append_text(out, "A SYN has come and is answered. The peer's kernel has to "
		                     "acknowledge.");
		break;
	case STATE_ESTABLISHED:
		advise_established(snapshot, out);
		break;
	case STATE_FIN_WAIT1:
		advise_fin_wait1(&snapshot->sample, out);
		break;
	case STATE_FIN_WAIT2:
		buf_append_text(out, "Our FIN is acknowledged, by the peer's kernel. Nothing more "
		                     "happens until the peer PROGRAM closes");
		if (other && snapshot_state(other) == STATE_CLOSE_WAIT)
			buf_printf(out, ": /close @%s", other->name);
		buf_append_text(out, ".");
		break;
	case STATE_CLOSING:
		buf_append_text(out, "Both have sent FIN at once. The peer's kernel has to "
		                     "acknowledge ours.");
		break;
	case STATE_TIME_WAIT:
		advise_time_wait(snapshot, out);
		break;
	case STATE_CLOSE_WAIT:
		buf_printf(out, "The peer has sent its FIN%s",
		           snapshot->at_end
		                   ? ", and recv() has returned 0 here: it sends no more. Next "
		                     "step: yours, /close."
		                   : ": recv() will return 0 once everything is read. Next step: "
		                     "yours, /recv, then /close.");
		break;
	case STATE_LAST_ACK:
		buf_append_text(out, "Both FINs are sent. The peer's kernel has to acknowledge "
		                     "ours, the last one.");
		break;
	default:
		buf_append_text(out, "It has no TCP state yet.");
		break;
	}
}

/* ---- the diagram: a state ---- */

enum { LABEL = 64 };

/* CLOSED is there twice: before everything and after it. */
struct node {
	enum tcp_state state;
	bool end;
	int row, middle; /* where it is in the drawing */
};

static const struct node nodes[DIAGRAM_NODES] = {
	{ STATE_CLOSED, false, 0, 40 },      { STATE_SYN_SENT, false, 2, 27 },
	{ STATE_LISTEN, false, 2, 53 },      { STATE_SYN_RECV, false, 4, 53 },
	{ STATE_ESTABLISHED, false, 6, 40 }, { STATE_FIN_WAIT1, false, 8, 23 },
	{ STATE_CLOSE_WAIT, false, 8, 57 },  { STATE_FIN_WAIT2, false, 10, 10 },
	{ STATE_CLOSING, false, 10, 36 },    { STATE_LAST_ACK, false, 10, 57 },
	{ STATE_TIME_WAIT, false, 12, 23 },  { STATE_CLOSED, true, 12, 57 },
};

/* Whether this is the node of that state for this end. */
static bool is_node_of(const struct node *node, const struct states_end *end, enum tcp_state state)
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
	return is_node_of(node, end, snapshot_state(&end->snapshot));
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
	const char *name = tcp_state_name(node->state);
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

/* The corner or crossing for a character of `lines`, by what is beside it. */
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

static void put_line(struct row *row, const char *line, int columns)
{
	bool unicode = text_has_unicode();
	for (size_t i = 0; line[i]; i++) {
		const char *glyph = unicode ? line_glyph(line, i) : NULL;
		if (glyph)
			row_put(row, glyph, columns, STYLE_FAINT);
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
	row_put(row, label->text, columns, label->style);
	row_put(row, label->tags, columns, STYLE_NOTE);
}

/* From TIME_WAIT the timer leads to CLOSED. */
static void put_arrow(struct row *row, int to, int columns)
{
	const char *dash = text_has_unicode() ? "─" : "-";
	row_put(row, " ", columns, STYLE_FAINT);
	while (row->columns < to - 2)
		row_put(row, dash, columns, STYLE_FAINT);
	row_put(row, ">", columns, STYLE_FAINT);
}

static void draw_diagram(const struct states_end *mine, const struct states_end *other, int columns,
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

static void list_states(const struct states_end *mine, const struct states_end *other, int columns,
                        struct rows *rows)
{
	static const struct node place = { .middle = 10 };
	for (size_t i = 0; i < DIAGRAM_NODES; i++) {
		struct label label;
		make_label(&nodes[i], mine, other, &label);
		put_node(rows_add(rows), 0, columns, &place, &label);
	}
}

/* ---- the page ---- */

static void add_advice(struct fields *fields, const struct states_end *end,
                       const struct states_end *other)
{
	char time[CLOCK_TEXT], timer[SNAPSHOT_TIMER], tag[SNAPSHOT_TAG], state[SNAPSHOT_STATE];
	struct buf text = { .max = SIZE_MAX };
	buf_printf(&text, "%s %s", snapshot_format_tag(&end->snapshot, tag),
	           snapshot_format_state(&end->snapshot, state));
	if (end->since)
		buf_printf(&text, "%s since %s", end->older ? " at least" : "",
		           clock_format_time(end->since, true, time));
	/* of TIME_WAIT the advice says it */
	if (*snapshot_format_timer(&end->snapshot, timer) &&
	    snapshot_state(&end->snapshot) != STATE_TIME_WAIT)
		buf_printf(&text, ", %s", timer);
	buf_append_text(&text, ": ");
	advise(end, other ? &other->snapshot : NULL, &text);
	fields_sentence(fields, STYLE_NOTE, 5, "%s", buf_text(&text));
	buf_free(&text);
}

/* The ends that are on the diagram, mine first. */
static void add_legend(struct fields *fields, const struct states_end *mine,
                       const struct states_end *other)
{
	char tag[SNAPSHOT_TAG], local[HOST_TEXT];
	const struct states_end *ends[] = { mine, other };
	char text[2 * (SNAPSHOT_TAG + HOST_TEXT + 4)] = "";
	for (int i = 0; i < 2 && ends[i]; i++) {
		const struct snapshot *snapshot = &ends[i]->snapshot;
		size_t len = strlen(text);
		bool known = endpoint_is_set(&snapshot->local);
		snprintf(text + len, sizeof text - len, " %s %s",
		         snapshot_format_tag(snapshot, tag),
		         known ? host_format(snapshot->host, &snapshot->local, local) : "");
	}
	fields_sentence(fields, STYLE_STATE, 8, "STATES%s", text);
	fields_sentence(fields, STYLE_FAINT, 1,
	                "visited: .STATE., passed through: (STATE) ?, now: >>>STATE<<<");
}

static void add_all_advice(struct fields *fields, const struct states_end *mine,
                           const struct states_end *other)
{
	add_advice(fields, mine, other);
	if (other)
		add_advice(fields, other, mine);
}

static void draw_stateless(const struct snapshot *snapshot, int columns, struct rows *rows)
{
	struct fields fields;
	fields_begin(&fields, rows, columns);
	fields_sentence(&fields, STYLE_STATE, 8, "STATES %s", snapshot->name);
	if (transport_is_unix(snapshot->transport))
		fields_sentence(&fields, STYLE_NOTE, 1,
		                "Not available: a UNIX socket has no states of TCP.");
	else
		fields_sentence(&fields, STYLE_NOTE, 1,
		                "UDP has no states: each datagram stands alone.");
}

void states_draw(const struct states_end *mine, const struct states_end *other, int columns,
                 int height, struct rows *rows)
{
	struct fields fields;
	rows_clear(rows);
	if (mine->snapshot.kind == SNAPSHOT_DATAGRAMS ||
	    transport_is_unix(mine->snapshot.transport)) {
		draw_stateless(&mine->snapshot, columns, rows);
		return;
	}
	bool drawn = columns >= DIAGRAM_COLUMNS;
	fields_begin(&fields, rows, columns);
	add_legend(&fields, mine, other);
	size_t end = rows->count + (drawn ? DIAGRAM_ROWS : DIAGRAM_NODES);
	bool seen = height > 0 && end <= (size_t)height;
	if (!seen)
		add_all_advice(&fields, mine, other);
	if (drawn)
		draw_diagram(mine, other, columns, rows);
	else
		list_states(mine, other, columns, rows);
	if (seen)
		add_all_advice(&fields, mine, other);
}
