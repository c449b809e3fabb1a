// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/ladder_entry.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/count.h"
#include "base/error.h"
#include "record/sample.h"
#include "record/frame_entry.h"
#include "socket/constant.h"
#include "view/ladder/ladder_frame.h"
#include "view/recordtext.h"

enum {
	LOOK_BACK = 16,  /* entries, for the sample before; and from a session's first one on */
	LOOK_CALLS = 64, /* entries before a close(), for what decides how it ends */
	DATA_TEXT = 64,
	WORDS_MOST = 64, /* notes in a row */
};

/* A pause that is worth a row of its own. */
#define GAP (2 * CLOCK_S)

/* An acknowledgement that took less is not worth a row. */
#define LATE_ACK CLOCK_MS

/* What the samples at an entry say: the one after a call, or the entry itself, and what has changed
 * since the one before. */
struct moment {
	const struct view *view;
	const struct transcript *transcript;
	const struct entry *entry;
	uint64_t position;
	int side;  /* the margin of its session: 0 left, 1 right */
	bool both; /* both ends are ours: each segment is drawn by who sends it */

	bool datagrams; /* of a datagram socket */
	bool seen;      /* on the wire: its frames draw the segments */
	bool watched;   /* the kernel is sampled for this session: calls alone draw no segments */

	bool sampled, had; /* `now` is there, `old` is */
	struct sample now, old;
	bool fresh;             /* no sample of this socket was before `now` */
	bool exact;             /* what has changed is of this call alone */
	bool crossed;           /* segments of the other end are drawn from the same time */
	uint64_t state, before; /* enum tcp_state */
	bool fin, reset;        /* of the peer, has come */
	bool hidden;            /* a descriptor in TIME_WAIT reads as CLOSED */

	bool counted; /* the segments since `old`, as far as they are not drawn yet */
	uint64_t data_out, data_in, bare_out, bare_in, again;
};

/* ---- the samples ---- */

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* While several addresses are tried a session has a socket for each. */
static bool is_of_other_socket(const struct entry *entry, int fd)
{
	return fd >= 0 && entry->fd >= 0 && entry->fd != fd;
}

/* The socket's sample before; or that there is none, and when it began. */
static int64_t find_old(struct moment *moment, uint64_t *where)
{
	uint64_t position = moment->position;
	const struct entry *entry = moment->entry;
	int64_t closed = 0;
	bool accepted = false;
	for (int i = 0; i < LOOK_BACK && entry->call != CALL_SOCKET; i++) {
		bool first = !entry->previous_in_session;
		accepted = entry_is_accepted(entry);
		position = transcript_before(moment->transcript, position);
		const struct entry *before = transcript_at(moment->transcript, position);
		moment->fresh = first || (before && before->call == CALL_SOCKET);
		if (!before)
			break;
		entry = before;
		*where = position;
		if (is_of_other_socket(entry, moment->entry->fd))
			continue;
		moment->had = sample_unpack(entry, &moment->old);
		if (entry->call == CALL_CLOSE && !closed)
			closed = entry->time;
		if (moment->had || moment->fresh)
			break;
	}
	moment->fresh = moment->fresh || entry->call == CALL_SOCKET;
	if (moment->fresh && accepted)
		moment->before = STATE_ESTABLISHED;
	return closed ? closed : moment->had || moment->fresh ? entry->time : 1;
}

static void count(struct moment *moment)
{
	const struct sample *now = &moment->now;
	bool whole = moment->fresh && !sample_has(now, SAMPLE_NEW_OUT);
	bool accepted = moment->before == STATE_ESTABLISHED;
	uint64_t out = sample_get(now, whole ? SAMPLE_SEGS_OUT : SAMPLE_NEW_OUT);
	uint64_t in = sample_get(now, whole ? SAMPLE_SEGS_IN : SAMPLE_NEW_IN);
	moment->again = sample_get(now, whole ? SAMPLE_TOTAL_RETRANS : SAMPLE_NEW_RETRANS);
	moment->data_in = sample_get(now, whole ? SAMPLE_DATA_SEGS_IN : SAMPLE_NEW_DATA_IN);
	moment->data_out = sample_get(now, SAMPLE_NEW_DATA_OUT);
	if (whole)
		moment->data_out = less(sample_get(now, SAMPLE_DATA_SEGS_OUT), moment->again);
	/* an accepted socket has counted the SYN and the ACK that its first entry draws */
	moment->bare_in = less(in, moment->data_in + (whole && accepted ? 2 : 0));
	moment->bare_out = less(out, moment->data_out + moment->again);
	moment->counted = sample_has(now, SAMPLE_STATE) && !sample_is(now, STATE_LISTEN) &&
	                  (out || in);
}

/* ---- what the states say ---- */

#define STATES(state) (1u << (state))

static bool is_among(uint64_t state, unsigned states)
{
	return state < STATE_COUNT && states >> state & 1;
}

static const unsigned talking =
        STATES(STATE_ESTABLISHED) | STATES(STATE_CLOSE_WAIT) | STATES(STATE_SYN_RECV);
static const unsigned after_our_fin = STATES(STATE_FIN_WAIT1) | STATES(STATE_FIN_WAIT2) |
                                      STATES(STATE_CLOSING) | STATES(STATE_LAST_ACK) |
                                      STATES(STATE_TIME_WAIT);
static const unsigned after_their_fin = STATES(STATE_CLOSE_WAIT) | STATES(STATE_LAST_ACK) |
                                        STATES(STATE_CLOSING) | STATES(STATE_TIME_WAIT);
static const unsigned waiting_for_fin = STATES(STATE_FIN_WAIT1) | STATES(STATE_FIN_WAIT2);

/* Of a shutdown() whose FIN was answered at once only CLOSED may remain to be seen. */
static bool sends_fin(const struct moment *moment)
{
	bool shut = moment->entry->call == CALL_SHUTDOWN && moment->entry->arg != SHUT_RD;
	return is_among(moment->before, talking) &&
	       is_among(moment->state, after_our_fin | (shut ? STATES(STATE_CLOSED) : 0));
}

/* The recv() that a sample was taken for. */
static const struct entry *recv_after(const struct moment *moment)
{
	uint64_t position = transcript_next(moment->transcript, moment->position);
	const struct entry *entry = transcript_at(moment->transcript, position);
	bool found = entry && entry->session == moment->entry->session && entry_is_incoming(entry);
	return found ? entry : NULL;
}

/* A descriptor whose connection is in TIME_WAIT may read as CLOSED: a reset is told by recv(). */
static bool gets_reset(const struct moment *moment)
{
	const struct entry *recv = recv_after(moment);
	if (moment->state != STATE_CLOSED || !moment->bare_in || sends_fin(moment))
		return false;
	if (is_among(moment->before, waiting_for_fin))
		return recv && recv->error == ECONNRESET;
	return is_among(moment->before, talking);
}

static bool gets_fin(const struct moment *moment)
{
	if (is_among(moment->before, after_their_fin))
		return false;
	if (is_among(moment->state, after_their_fin))
		return is_among(moment->before, talking | waiting_for_fin);
	return moment->state == STATE_CLOSED && is_among(moment->before, waiting_for_fin) &&
	       moment->bare_in && !moment->reset;
}

/* ---- the entry ---- */

/* Whether the other end has sent anything since then that is drawn: which was first is not known. */
static bool sends_between(const struct moment *moment, uint64_t old)
{
	struct sample sample;
	uint64_t position = moment->position;
	for (int i = 0; i < LOOK_CALLS && moment->both; i++) {
		position = transcript_previous(moment->transcript, position);
		const struct entry *entry = transcript_at(moment->transcript, position);
		if (!entry || position <= old)
			return false;
		bool others = entry->session == moment->view->session ||
		              entry->session == moment->view->other;
		if (others && entry->session != moment->entry->session &&
		    (entry->call == CALL_CLOSE || (sample_unpack(entry, &sample) &&
		                                   sample_get(&sample, SAMPLE_NEW_OUT))))
			return true;
	}
	return false;
}

static void compare(struct moment *moment, struct ladder_rows *rows)
{
	const struct sample *now = &moment->now;
	moment->before = STATE_CLOSED;
	uint64_t old = moment->position;
	int64_t since = find_old(moment, &old);
	moment->state = sample_get(now, SAMPLE_STATE);
	if (sample_has(now, SAMPLE_OLD_STATE))
		moment->before = sample_get(now, SAMPLE_OLD_STATE);
	else if (!moment->fresh)
		moment->before = moment->state;
	moment->exact = (moment->entry->call != CALL_SAMPLE || moment->entry->arg == SAMPLE_AFTER) &&
	                sample_get(now, SAMPLE_CALLS) <= 1;
	if (!moment->exact && rows->time - since >= CLOCK_MS)
		rows->since = since;
	moment->crossed = !moment->exact && sends_between(moment, old);
	count(moment);
	moment->reset = gets_reset(moment);
	moment->fin = gets_fin(moment);
	moment->hidden = moment->state == STATE_CLOSED && !moment->reset &&
	                 is_among(moment->before, waiting_for_fin);
}

/* By the first entries of its session: so it never changes. */
static void find_kind(struct moment *moment)
{
	const struct transcript *transcript = moment->transcript;
	uint64_t position = transcript_begin(transcript, moment->entry->session);
	moment->datagrams = entry_is_addressed(moment->entry);
	moment->watched = position == TRANSCRIPT_NONE;
	for (int i = 0; i < LOOK_BACK && position != TRANSCRIPT_NONE && !moment->watched; i++) {
		const struct entry *entry = transcript_at(transcript, position);
		moment->datagrams = moment->datagrams || entry_is_addressed(entry) ||
		                    (entry->call == CALL_SOCKET && entry->arg == SOCK_DGRAM);
		moment->watched = entry->call == CALL_SAMPLE;
		position = transcript_after(transcript, position);
	}
}

/* Whether the wire was seen when a call returned, or a sample was taken. */
static bool is_seen(const struct view *view, const struct entry *entry, int64_t since,
                    const struct sample *sample)
{
	bool opens = entry->call == CALL_CONNECT || entry_is_accepted(entry);
	int64_t took = entry->duration == UINT32_MAX ? 0 : entry->duration * CLOCK_US;
	if (sample && sample_has(sample, SAMPLE_STATE)) {
		bool changed = sample_has(sample, SAMPLE_OLD_STATE);
		uint64_t state = sample->value[changed ? SAMPLE_OLD_STATE : SAMPLE_STATE];
		opens = opens || state == STATE_CLOSED || state == STATE_SYN_SENT;
	}
	return ladder_is_seen(view, since, entry->time + took, opens);
}

static void look_at(struct moment *moment, const struct view *view, uint64_t position,
                    const struct entry *entry, struct ladder_rows *rows)
{
	*moment = (struct moment){
		.view = view,
		.transcript = view->transcript,
		.entry = entry,
		.position = position,
		.side = entry->session != view->session,
		.both = view->other != 0,
	};
	rows->count = 0;
	rows->time = ladder_time(entry);
	rows->since = 0;
	moment->sampled = entry->call == CALL_SAMPLE
	                          ? sample_unpack(entry, &moment->now)
	                          : sample_after(view->transcript, position, &moment->now);
	find_kind(moment);
	if (moment->sampled)
		compare(moment, rows);
	bool spans = entry->call == CALL_SAMPLE && rows->since;
	moment->seen = is_seen(view, entry, spans ? rows->since : entry->time,
	                       moment->sampled ? &moment->now : NULL);
}

/* ---- segments ---- */

static enum way out_of(const struct moment *moment)
{
	return moment->side ? WAY_LEFT : WAY_RIGHT;
}

static enum way into(const struct moment *moment)
{
	return moment->side ? WAY_RIGHT : WAY_LEFT;
}

/* What was only counted. */
static struct ladder_margin *say_counted(const struct moment *moment, struct ladder_rows *rows)
{
	struct ladder_margin *margin = ladder_put_words(ladder_add(rows), moment->side,
	                                                MARK_COUNTED, STYLE_STATE, "%s", "");
	margin->interval = true;
	return margin;
}

/* A segment that is known singly; only its name where its place among others is not. */
static struct ladder_row *draw_single(const struct moment *moment, bool out, const char *name,
                                      struct ladder_rows *rows)
{
	if (!moment->crossed)
		return ladder_add_arrow(rows, out ? out_of(moment) : into(moment), MARK_COUNTED,
		                        name, "%s", name);
	snprintf(say_counted(moment, rows)->text, LADDER_MARGIN, "%s %s", name,
	         out ? "left" : "came");
	return &rows->row[rows->count - 1];
}

/* One without data is counted no more. */
static struct ladder_row *draw_out(struct moment *moment, const char *name,
                                   struct ladder_rows *rows)
{
	moment->bare_out--;
	return draw_single(moment, true, name, rows);
}

static struct ladder_row *draw_in(struct moment *moment, const char *name, struct ladder_rows *rows)
{
	moment->bare_in--;
	return draw_single(moment, false, name, rows);
}

static void say_number(const struct moment *moment, uint64_t number, const char *what,
                       const char *brief, struct ladder_rows *rows)
{
	if (!number)
		return;
	struct ladder_margin *margin = say_counted(moment, rows);
	snprintf(margin->text, sizeof margin->text, "%" PRIu64 " segment%s %s", number,
	         count_plural(number), what);
	snprintf(margin->shorter, sizeof margin->shorter, "%" PRIu64 " %s", number, what);
	snprintf(margin->brief, sizeof margin->brief, "%" PRIu64 " %.8s", number, brief);
}

static void say_fin(const struct moment *moment, const char *verb, struct ladder_rows *rows)
{
	snprintf(say_counted(moment, rows)->text, LADDER_MARGIN, "FIN %s", verb);
}

/* ---- data ---- */

static bool sent_so_far(const struct sample *sample, uint64_t *bytes)
{
	*bytes = less(sample_get(sample, SAMPLE_BYTES_SENT),
	              sample_get(sample, SAMPLE_BYTES_RETRANS));
	return sample_has(sample, SAMPLE_BYTES_SENT) && sample_has(sample, SAMPLE_BYTES_RETRANS);
}

/* The kernel counts the FIN as one more byte. In CLOSED it is not known whether a FIN came. */
static bool received_so_far(const struct sample *sample, uint64_t *bytes)
{
	uint64_t state = sample_get(sample, SAMPLE_STATE);
	uint64_t fin = is_among(state, after_their_fin);
	*bytes = less(sample_get(sample, SAMPLE_BYTES_RECEIVED), fin);
	return sample_has(sample, SAMPLE_BYTES_RECEIVED) && state != STATE_CLOSED;
}

/* Bytes of a stream. */
struct range {
	uint64_t begin, len; /* 0: not known */
};

/* "data 0..4", "data 5 bytes", "data": as much as is known; numbers of bytes begin with 0. */
static struct range name_data(const struct moment *moment, bool out, char name[DATA_TEXT])
{
	bool (*so_far)(const struct sample *, uint64_t *) = out ? sent_so_far : received_so_far;
	uint64_t begin = 0, end = 0;
	bool based = moment->fresh || (moment->had && so_far(&moment->old, &begin));
	bool ranged = moment->sampled && based && so_far(&moment->now, &end) && end > begin;
	if (ranged && end - begin == 1)
		snprintf(name, DATA_TEXT, "data %" PRIu64, begin);
	else if (ranged)
		snprintf(name, DATA_TEXT, "data %" PRIu64 "..%" PRIu64, begin, end - 1);
	else
		snprintf(name, DATA_TEXT, "data");
	return (struct range){ begin, ranged ? end - begin : 0 };
}

static void draw_data_arrow(const struct moment *moment, enum way way, const char *name,
                            struct range range, uint64_t segments, const char *more,
                            struct ladder_rows *rows)
{
	struct ladder_row *row = ladder_add_arrow(rows, way, MARK_COUNTED, "data", "%s%s", name, more);
	if (strstr(more, "FIN"))
		snprintf(row->brief, sizeof row->brief, "data,FIN");
	if (segments > 1) {
		snprintf(row->shorter, sizeof row->shorter, "%s x%" PRIu64 "%s", name, segments, more);
		snprintf(row->label, sizeof row->label, "%s in %" PRIu64 " segments%s", name, segments,
		         more);
	}
	if (range.len)
		ladder_name_records(moment->view, moment->position, range.begin, range.len, row);
}

/* If data went both ways in one interval, an arrow would say which was first. */
static void draw_data(const struct moment *moment, bool out, const char *more,
                      struct ladder_rows *rows)
{
	char name[DATA_TEXT];
	uint64_t segments = out ? moment->data_out : moment->data_in;
	const char *verb = out ? "left" : "came";
	bool both_ways = moment->data_out && moment->data_in;
	struct range range = name_data(moment, out, name);
	if (!moment->crossed && (!both_ways || (out && moment->exact))) {
		draw_data_arrow(moment, out ? out_of(moment) : into(moment), name, range, segments, more,
		                rows);
		return;
	}
	struct ladder_margin *margin = say_counted(moment, rows);
	snprintf(margin->text, sizeof margin->text, "%s%s %s in %" PRIu64 " segment%s", name, more,
	         verb, segments, count_plural(segments));
	snprintf(margin->shorter, sizeof margin->shorter, "%s%s %s", name, more, verb);
	snprintf(margin->brief, sizeof margin->brief, "data %s", verb);
}

/* ---- the handshake ---- */

static void draw_syn_again(struct moment *moment, struct ladder_rows *rows)
{
	bool alone = moment->state == STATE_SYN_SENT ||
	             (sample_has(&moment->now, SAMPLE_BYTES_SENT) &&
	              !sample_get(&moment->now, SAMPLE_BYTES_SENT));
	if (moment->before != STATE_SYN_SENT || !moment->again || !alone)
		return;
	if (moment->again == 1) {
		struct ladder_row *row = draw_single(moment, true, "SYN again", rows);
		row->look = LOOK_AGAIN;
		snprintf(row->brief, sizeof row->brief, "again");
	} else {
		struct ladder_margin *margin = say_counted(moment, rows);
		snprintf(margin->text, sizeof margin->text, "SYN sent again %" PRIu64 " times",
		         moment->again);
		snprintf(margin->brief, sizeof margin->brief, "SYN again");
	}
	moment->again = 0;
}

/* Of a usual handshake one segment without data comes in; where the SYNs have crossed, or a socket
 * has met itself, there are more, of which only the number is known. */
static bool is_usual(const struct moment *moment)
{
	bool fin = moment->state == STATE_CLOSE_WAIT && !moment->data_in;
	return is_among(moment->state, STATES(STATE_ESTABLISHED) | STATES(STATE_CLOSE_WAIT)) &&
	       moment->bare_in == 1u + fin;
}

static struct ladder_row *draw_syn(struct moment *moment, struct ladder_rows *rows)
{
	char name[DATA_TEXT];
	bool late = moment->before == STATE_SYN_SENT && entry_is_outgoing(moment->entry);
	bool carries = late && moment->data_out &&
	               (moment->state == STATE_SYN_SENT ||
	                sample_get(&moment->now, SAMPLE_OPTIONS) & OPTION_SYN_DATA);
	if (carries) {
		/* tcp(7), Fast Open: connect() has sent nothing */
		name_data(moment, true, name);
		moment->data_out--;
		return ladder_add_arrow(rows, out_of(moment), MARK_COUNTED, "SYN,data", "SYN, %s",
		                        name);
	}
	bool opens = moment->before == STATE_CLOSED &&
	             (moment->state != STATE_CLOSED || moment->entry->call == CALL_CONNECT);
	if (moment->bare_out && (opens || late))
		return draw_out(moment, "SYN", rows);
	return NULL;
}

static void draw_handshake(struct moment *moment, struct ladder_rows *rows)
{
	if (!is_among(moment->before, STATES(STATE_CLOSED) | STATES(STATE_SYN_SENT)))
		return;
	struct ladder_row *syn = draw_syn(moment, rows);
	draw_syn_again(moment, rows);
	if (moment->state == STATE_CLOSED && moment->bare_in == 1 &&
	    (syn || moment->before == STATE_SYN_SENT))
		draw_in(moment, "RST", rows)->look = LOOK_BAD;
	if (!is_usual(moment))
		return;
	if (syn && moment->both)
		ladder_put_words(syn, !moment->side, MARK_DEDUCED, STYLE_FAINT, "SYN_RECV");
	struct ladder_row *answer = draw_in(moment, "SYN,ACK", rows);
	snprintf(answer->brief, sizeof answer->brief, "S,A");
	if (moment->before == STATE_CLOSED && !moment->crossed)
		ladder_put_words(answer, moment->side, MARK_DEDUCED, STYLE_FAINT, "SYN_SENT");
	if (moment->bare_out)
		draw_out(moment, "ACK", rows);
}

/* ---- what was counted ---- */

/* Nothing but its acknowledgement leaves as a segment without data when data or a FIN has come. */
static bool acknowledges(const struct moment *moment)
{
	return moment->bare_out == 1 && !moment->data_out && !moment->again &&
	       (moment->data_in || moment->fin) && !sends_fin(moment);
}

/* A keepalive probe is one that the kernel says is unanswered. */
static bool draw_probe(struct moment *moment, struct ladder_rows *rows)
{
	uint64_t before = moment->had ? sample_get(&moment->old, SAMPLE_PROBES) : 0;
	uint64_t probes = less(sample_get(&moment->now, SAMPLE_PROBES), before);
	if (sample_get(&moment->now, SAMPLE_TIMER) != TIMER_KEEPALIVE ||
	    moment->bare_out != probes || moment->bare_in || moment->data_out)
		return false;
	if (probes == 1)
		ladder_add_arrow(rows, out_of(moment), MARK_READ, "probe", "keepalive probe");
	else
		say_number(moment, probes, "left as keepalive probes", "probes", rows);
	moment->bare_out = 0;
	return true;
}

static void draw_sent(struct moment *moment, struct ladder_rows *rows)
{
	bool queued = sample_get(&moment->now, SAMPLE_NOTSENT);
	bool fin = sends_fin(moment) && !queued;
	bool alone = fin && moment->bare_out && !moment->data_out;
	bool carried = fin && !moment->bare_out && moment->data_out;
	bool urgent = entry_is_outgoing(moment->entry) && moment->entry->arg2 & MSG_OOB;
	const char *fin_too = carried ? ", FIN" : "";
	if (moment->data_out)
		draw_data(moment, true, urgent ? ", urgent" : fin_too, rows);
	say_number(moment, moment->again, "sent again", "again", rows);
	if (alone)
		draw_out(moment, "FIN", rows);
	else if (fin && !carried && moment->bare_out)
		say_fin(moment, "left", rows);
	if (!moment->bare_out || draw_probe(moment, rows))
		return;
	/* the other end tells what it counts, but for the last ACK, which nobody waits for */
	bool last = is_among(moment->before, waiting_for_fin) && moment->fin;
	if (acknowledges(moment) && (last || !moment->both)) {
		moment->crossed = false; /* it is after what it acknowledges */
		draw_out(moment, "ACK", rows);
	}
	if (!moment->both)
		say_number(moment, moment->bare_out, "without data left", "left", rows);
}

/* What was under way has arrived, all of it: so the one segment that came said so. */
static bool is_acknowledged(const struct moment *moment)
{
	uint64_t old = less(moment->had ? sample_get(&moment->old, SAMPLE_OUTQ) : 0,
	                    sample_get(&moment->old, SAMPLE_NOTSENT));
	bool was = moment->data_out || old;
	return was && sample_has(&moment->now, SAMPLE_OUTQ) &&
	       !sample_get(&moment->now, SAMPLE_OUTQ);
}

static void draw_ack(struct moment *moment, struct ladder_rows *rows)
{
	bool fin = moment->before == STATE_FIN_WAIT1 && moment->state == STATE_FIN_WAIT2;
	bool data = is_acknowledged(moment) && moment->state == moment->before;
	bool last = moment->state == STATE_CLOSED &&
	            (moment->before == STATE_LAST_ACK || sends_fin(moment));
	if (last && moment->both && moment->bare_in) {
		moment->bare_in--; /* it is drawn by who sends it */
		return;
	}
	if (moment->bare_in != 1 || moment->data_in || !(fin || data))
		return;
	struct ladder_row *ack = draw_in(moment, "ACK", rows);
	if (data && ladder_margin_is_free(&ack->margin[moment->side]))
		ladder_put_words(ack, moment->side, MARK_READ, STYLE_STATE, "acked");
}

/* What both ends count is drawn by who sends it: of a FIN or RST its close() or shutdown(). */
static void draw_received(struct moment *moment, struct ladder_rows *rows)
{
	bool reset = moment->reset, fin = moment->fin;
	bool alone = fin && moment->bare_in && !moment->data_in;
	bool carried = fin && !moment->bare_in && moment->data_in;
	if (moment->data_in && !moment->both)
		draw_data(moment, false, carried ? ", FIN" : "", rows);
	if (reset && (!moment->both || moment->before == STATE_CLOSE_WAIT))
		draw_in(moment, "RST", rows)->look = LOOK_BAD;
	else if (reset || (moment->both && fin && moment->bare_in))
		moment->bare_in--;
	else if (alone)
		draw_in(moment, "FIN", rows);
	else if (fin && !carried && !moment->both)
		say_fin(moment, "came", rows);
	if (!fin)
		draw_ack(moment, rows);
	say_number(moment, moment->bare_in, "without data came", "came", rows);
}

/* After close() only states can be read. */
static void draw_closed(const struct moment *moment, struct ladder_rows *rows)
{
	if (moment->entry->arg == SAMPLE_CLOSED && !moment->both &&
	    moment->before != STATE_CLOSED && moment->fin)
		ladder_add_arrow(rows, into(moment), MARK_DEDUCED, "FIN", "FIN");
}

static void draw_segments(struct moment *moment, struct ladder_rows *rows)
{
	if (!moment->sampled || !moment->watched || moment->seen)
		return;
	if (!moment->counted) {
		draw_closed(moment, rows);
		return;
	}
	/* an ACK for everything is after what it acknowledges */
	bool sent_first = moment->exact || (is_acknowledged(moment) && !moment->data_in);
	draw_handshake(moment, rows);
	if (sent_first)
		draw_sent(moment, rows);
	draw_received(moment, rows);
	if (!sent_first)
		draw_sent(moment, rows);
}

/* ---- what follows from a call, where the kernel is not sampled ---- */

/* How many segments a send() makes, or a recv() empties, no call says. */

static struct ladder_row *deduce(const struct moment *moment, bool out, const char *name,
                                 struct ladder_rows *rows)
{
	return ladder_add_arrow(rows, out ? out_of(moment) : into(moment), MARK_DEDUCED, name, "%s",
	                        name);
}

static void deduce_connect(const struct moment *moment, struct ladder_rows *rows)
{
	int error = moment->entry->error;
	if (!error || error == EINPROGRESS || error == ECONNREFUSED || error == ETIMEDOUT)
		deduce(moment, true, "SYN", rows);
	if (error == ECONNREFUSED)
		deduce(moment, false, "RST", rows)->look = LOOK_BAD;
	if (error)
		return;
	deduce(moment, false, "SYN,ACK", rows);
	deduce(moment, true, "ACK", rows);
}

static void deduce_segments(const struct moment *moment, struct ladder_rows *rows)
{
	const struct entry *entry = moment->entry;
	if (moment->watched || moment->seen)
		return;
	if (entry->call == CALL_CONNECT)
		deduce_connect(moment, rows);
	else if (entry->call == CALL_SHUTDOWN && !entry->error && entry->arg != SHUT_RD)
		deduce(moment, true, "FIN", rows);
	if (!entry_is_incoming(entry) || moment->both)
		return;
	if (entry->error == ECONNRESET)
		deduce(moment, false, "RST", rows)->look = LOOK_BAD;
	else if (entry_is_end_of_file(entry))
		deduce(moment, false, "FIN", rows);
}

/* ---- states ---- */

static bool has_new_state(const struct moment *moment)
{
	return sample_has(&moment->now, SAMPLE_STATE) &&
	       (moment->state != moment->before || moment->fresh);
}

static void draw_state(const struct moment *moment, struct ladder_rows *rows)
{
	if (!has_new_state(moment))
		return;
	if (moment->fresh)
		rows->since = 0;
	struct ladder_row *row = ladder_add_beside(rows, moment->side);
	const char *name = tcp_state_name(moment->state);
	bool counts_down = moment->state == STATE_TIME_WAIT || moment->state == STATE_FIN_WAIT2;
	if (moment->hidden)
		ladder_put_words(row, moment->side, MARK_DEDUCED, STYLE_FAINT, "TIME_WAIT");
	else if (counts_down && sample_get(&moment->now, SAMPLE_TIMER) == TIMER_TIMEWAIT)
		ladder_put_words(row, moment->side, MARK_READ, STYLE_STATE, "%s %" PRIu64 " s left",
		                 name, sample_get(&moment->now, SAMPLE_TIMER_LEFT) / 1000000);
	else
		ladder_put_words(row, moment->side, MARK_READ, STYLE_STATE, "%s", name);
}

/* ---- conditions ---- */

/* Something that lasts: a number with the words around it. */
struct condition {
	const char *before;
	uint64_t count; /* 0: there is none */
	const char *after;
};

/* The first condition that holds. None has a number that only grows. The counts of a socket without
 * a connection mean nothing. */
static struct condition find_condition(const struct sample *sample)
{
	uint64_t tries = sample_get(sample, SAMPLE_RETRANSMITS);
	uint64_t probes = sample_get(sample, SAMPLE_PROBES);
	uint64_t unsent = sample_get(sample, SAMPLE_NOTSENT);
	bool shut = sample_has(sample, SAMPLE_SND_WND) && !sample_get(sample, SAMPLE_SND_WND);
	if (sample_is(sample, STATE_CLOSED))
		return (struct condition){ 0 };
	if (sample_is(sample, STATE_SYN_SENT))
		unsent = 0;
	if (probes && sample_get(sample, SAMPLE_TIMER) == TIMER_KEEPALIVE)
		return (struct condition){ "probe ", probes, " unanswered" };
	if (tries)
		return (struct condition){ "try ", tries + 1, "" };
	if (unsent)
		return (struct condition){ "", unsent, shut ? " wait: window 0" : " held back" };
	if (sample_is(sample, STATE_LISTEN))
		return (struct condition){ "", sample_get(sample, SAMPLE_QUEUE),
			                   " waiting for accept()" };
	return (struct condition){ 0 };
}

static bool equal(const struct condition *a, const struct condition *b)
{
	return a->count == b->count && a->before == b->before && a->after == b->after;
}

/* The condition if it has changed, else the number of bytes to read if that has changed. */
static struct condition find_news(const struct moment *moment)
{
	struct condition now = find_condition(&moment->now), before = { 0 };
	bool later = moment->entry->call == CALL_SAMPLE && moment->entry->arg == SAMPLE_LATER;
	uint64_t inq = sample_get(&moment->now, SAMPLE_INQ);
	if (moment->had)
		before = find_condition(&moment->old);
	if (now.count && !equal(&now, &before))
		return now;
	if (!later || (moment->had && sample_get(&moment->old, SAMPLE_INQ) == inq))
		return (struct condition){ 0 };
	return (struct condition){ "", inq, " to read" };
}

static void draw_condition(const struct moment *moment, struct ladder_rows *rows)
{
	struct condition news = find_news(moment);
	char left[CLOCK_TEXT] = "";
	uint64_t us = sample_get(&moment->now, SAMPLE_TIMER_LEFT);
	bool again = sample_get(&moment->now, SAMPLE_RETRANSMITS) && us > 0 && us < UINT32_MAX;
	if (!news.count)
		return;
	rows->since = 0;
	if (again)
		clock_format_duration((int64_t)us * CLOCK_US, left);
	ladder_put_words(ladder_add_beside(rows, moment->side), moment->side, MARK_READ,
	                 STYLE_STATE, "%s%" PRIu64 "%s%s%s", news.before, news.count, news.after,
	                 again ? ", next in " : "", left);
}

static void draw_drops(const struct moment *moment, struct ladder_rows *rows)
{
	uint64_t before = moment->had ? sample_get(&moment->old, SAMPLE_DROPS) : 0;
	uint64_t drops = less(sample_get(&moment->now, SAMPLE_DROPS), before);
	if (!drops)
		return;
	struct ladder_margin *margin =
	        ladder_put_words(ladder_add(rows), moment->side, MARK_READ, STYLE_ERROR,
	                         "%" PRIu64 " datagram%s dropped: the buffer was full", drops,
	                         count_plural(drops));
	margin->interval = true;
	snprintf(margin->shorter, sizeof margin->shorter, "%" PRIu64 " dropped: buffer full", drops);
	snprintf(margin->brief, sizeof margin->brief, "%" PRIu64 " dropped", drops);
}

static void draw_beside(const struct moment *moment, struct ladder_rows *rows)
{
	if (!moment->sampled)
		return;
	uint64_t calls = sample_get(&moment->now, SAMPLE_CALLS);
	draw_state(moment, rows);
	draw_drops(moment, rows);
	draw_condition(moment, rows);
	if (calls > 1 && rows->count)
		ladder_put_words(ladder_add(rows), moment->side, MARK_COUNTED, STYLE_FAINT,
		                 "over %" PRIu64 " calls", calls);
}

static void draw_all(struct moment *moment, struct ladder_rows *rows)
{
	draw_segments(moment, rows);
	draw_beside(moment, rows);
}

/* ---- calls ---- */

/* What TLS records begin in what it has moved. */
static void put_records(const struct moment *moment, struct ladder_margin *margin)
{
	struct recordtext_names names;
	if (!entry_is_sealed(moment->entry))
		return;
	if (recordtext_name(moment->transcript, moment->position, LADDER_MARGIN / 2, &names)) {
		snprintf(margin->text, sizeof margin->text, "%s", buf_text(&names.list));
		snprintf(margin->shorter, sizeof margin->shorter, "%s", names.chief);
	}
	recordtext_names_free(&names);
}

/* The call is on the first of its lines. */
static void draw_call(struct moment *moment, struct ladder_rows *rows)
{
	if (!moment->datagrams)
		deduce_segments(moment, rows);
	draw_segments(moment, rows);
	if (!rows->count || rows->row[0].since ||
	    !ladder_margin_is_free(&rows->row[0].margin[moment->side])) {
		ladder_add(rows);
		memmove(rows->row + 1, rows->row, (rows->count - 1) * sizeof *rows->row);
		rows->row[0] = (struct ladder_row){ .time = rows->time };
	}
	ladder_put_call(&rows->row[0], moment->side, moment->entry, true);
	put_records(moment, &rows->row[0].margin[moment->side]);
	if (!moment->seen)
		draw_beside(moment, rows);
}

/* connect() before the handshake, its result after it. One that goes on by itself has none yet. */
static void draw_connect(struct moment *moment, struct ladder_rows *rows)
{
	const struct entry *entry = moment->entry;
	deduce_segments(moment, rows);
	draw_segments(moment, rows);
	bool begins = rows->count || entry_is_connect_begun(entry);
	if (begins && !rows->count)
		ladder_add(rows);
	if (begins)
		ladder_put_call(&rows->row[0], moment->side, entry, false);
	if (!moment->seen)
		draw_beside(moment, rows);
	rows->since = 0;
	if (!entry_is_connect_begun(entry) || !begins || moment->view->own_calls)
		ladder_put_call(ladder_add(rows), moment->side, entry, true);
}

static bool ends_sending(const struct entry *entry)
{
	return (entry->call == CALL_SHUTDOWN && !entry->error && entry->arg != SHUT_RD) ||
	       (entry_is_call(entry) && entry->error == ECONNRESET);
}

static bool proves_open(const struct entry *entry)
{
	return entry_is_accepted(entry) || (entry->call == CALL_CONNECT && !entry->error) ||
	       ((entry->call == CALL_SEND || entry->call == CALL_RECV) && !entry->error &&
	        !entry->endpoint_len);
}

/* What close() sends: "RST", "FIN", or nothing that is known: by the sample before it, without one
 * by the calls before it, and by SO_LINGER. */
static const char *find_ending(const struct moment *moment)
{
	struct sample sample;
	bool zero = false, lingers = false, sampled = false, open = false;
	uint64_t position = moment->position;
	for (int i = 0; i < LOOK_CALLS; i++) {
		position = transcript_before(moment->transcript, position);
		const struct entry *entry = transcript_at(moment->transcript, position);
		if (!entry || entry->call == CALL_SOCKET)
			break;
		if (is_of_other_socket(entry, moment->entry->fd))
			continue;
		lingers = lingers || entry_sets_linger(entry, &zero);
		if (!sampled && sample_unpack(entry, &sample)) {
			sampled = true;
			open = is_among(sample_get(&sample, SAMPLE_STATE), talking);
		}
		if (sampled)
			continue;
		if (ends_sending(entry))
			return NULL;
		open = open || proves_open(entry);
	}
	if (!open)
		return NULL;
	if (zero || (sampled && sample_get(&sample, SAMPLE_INQ)))
		return "RST";
	/* a FIN waits for the bytes before it */
	return sampled && sample_get(&sample, SAMPLE_NOTSENT) ? NULL : "FIN";
}

static void draw_close(const struct moment *moment, struct ladder_rows *rows)
{
	const char *name = moment->datagrams || moment->seen ? NULL : find_ending(moment);
	struct ladder_row *row =
	        name ? deduce(moment, true, name, rows) : ladder_add(rows);
	row->look = name && *name == 'R' ? LOOK_BAD : LOOK_PLAIN;
	ladder_put_call(row, moment->side, moment->entry, true);
}

/* The handshake of an accepted connection was before its accept(). */
static void draw_accepted(const struct moment *moment, struct ladder_rows *rows)
{
	const struct entry *accept =
	        endpoints_find_accept(moment->transcript, moment->position);
	if (!moment->both && !moment->view->calls_only && !moment->seen) {
		rows->since = 1;
		deduce(moment, false, "SYN", rows);
		struct ladder_row *answer = deduce(moment, true, "SYN,ACK", rows);
		ladder_put_words(answer, moment->side, MARK_DEDUCED, STYLE_FAINT, "SYN_RECV");
		deduce(moment, false, "ACK", rows);
		rows->since = 0;
	}
	struct ladder_row *row = ladder_add(rows);
	if (accept)
		ladder_put_call(row, moment->side, accept, true);
	else
		ladder_put_words(row, moment->side, MARK_NONE, STYLE_TEXT, "accepted");
}

/* ---- datagrams ---- */

/* Of one that was sent only that is known, not whether it arrives. */
static void draw_datagram(struct moment *moment, struct ladder_rows *rows)
{
	const struct entry *entry = moment->entry;
	bool out = entry_is_outgoing(entry);
	bool cut = entry->flags & ENTRY_TRUNCATED && entry->arg > 0;
	uint32_t len = cut ? (uint32_t)entry->arg : entry->len;
	if (entry->error || moment->seen || (!out && (moment->both || entry_is_aside(entry))))
		ladder_add(rows);
	else
		ladder_add_arrow(rows, out ? out_of(moment) : into(moment),
		                 out ? MARK_DEDUCED : MARK_READ, "datagram",
		                 "datagram %" PRIu32 " byte%s", len, count_plural(len));
	ladder_put_call(&rows->row[0], moment->side, entry, true);
	draw_beside(moment, rows);
}

/* ---- the error queue ---- */

static void draw_icmp(const struct moment *moment, const struct errqueue *error,
                      struct ladder_rows *rows)
{
	char name[CONSTANT_TEXT], host[ENDPOINT_TEXT], mtu[24] = "";
	struct endpoint offender = entry_addr(moment->entry);
	bool named = endpoint_is_set(&offender);
	if (error->info && error->error == EMSGSIZE)
		snprintf(mtu, sizeof mtu, ", MTU %" PRIu32, error->info);
	struct ladder_row *row = ladder_add(rows);
	if (!moment->seen) {
		rows->count = 0;
		row = ladder_add_arrow(rows, into(moment), MARK_READ, "ICMP", "ICMP %u/%u%s",
		                       error->type, error->code, mtu);
		row->look = LOOK_BAD;
	}
	constant_icmp(error->origin == ERRQUEUE_ICMP6, error->type, error->code, name);
	ladder_put_words(row, moment->side, MARK_NONE, STYLE_ERROR, "%s%s%s", name,
	                 named ? " from " : "",
	                 named ? endpoint_format_host(&offender, host) : "");
}

static void draw_error(const struct moment *moment, struct ladder_rows *rows)
{
	struct errqueue error;
	char delay[CLOCK_TEXT];
	if (!entry_unpack_errqueue(moment->entry, &error))
		return;
	if (error.origin == ERRQUEUE_ICMP || error.origin == ERRQUEUE_ICMP6)
		draw_icmp(moment, &error, rows);
	else if (error.origin == ERRQUEUE_LOCAL && error.error == EMSGSIZE && error.info)
		ladder_put_words(ladder_add(rows), moment->side, MARK_READ, STYLE_ERROR,
		                 "too large: MTU %" PRIu32, error.info);
	else if (error.origin == ERRQUEUE_LOCAL)
		ladder_put_words(ladder_add(rows), moment->side, MARK_READ, STYLE_ERROR,
		                 "not sent: %s", error_name(error.error));
	else if (error.origin == ERRQUEUE_ACKED && error.delay >= LATE_ACK)
		ladder_put_words(ladder_add(rows), moment->side, MARK_READ, STYLE_STATE,
		                 "acked after %s",
		                 clock_format_duration((int64_t)(error.delay & INT64_MAX), delay));
}

/* ---- any entry ---- */

static void draw_stream(struct moment *moment, struct ladder_rows *rows)
{
	switch (moment->entry->call) {
	case CALL_CONNECT:
		draw_connect(moment, rows);
		break;
	case CALL_CLOSE:
		draw_close(moment, rows);
		break;
	default:
		draw_call(moment, rows);
	}
}

static bool begins_to_wait(const struct entry *entry)
{
	return entry->call == CALL_STATE && entry->flags & ENTRY_WAITED;
}

bool ladder_is_row(const struct entry *entry)
{
	return !entry_is_words(entry) || entry_is_accepted(entry) || begins_to_wait(entry);
}

void ladder_draw(const struct view *view, uint64_t position, const struct entry *entry,
                 struct ladder_rows *rows)
{
	struct moment moment;
	if (entry->call == CALL_FRAME) {
		ladder_draw_frame(view, position, entry, rows);
		return;
	}
	look_at(&moment, view, position, entry, rows);
	bool moves = entry_is_incoming(entry) || entry_is_outgoing(entry);
	if (entry_is_accepted(entry))
		draw_accepted(&moment, rows);
	else if (begins_to_wait(entry))
		ladder_put_words(ladder_add(rows), moment.side, MARK_NONE, STYLE_TEXT, "%.*s",
		                 (int)entry->len, entry_payload(entry));
	else if (view->calls_only && entry_is_call(entry))
		ladder_put_call(ladder_add(rows), moment.side, entry, true);
	else if (view->calls_only)
		return;
	else if (entry->call == CALL_SAMPLE)
		draw_all(&moment, rows);
	else if (entry->call == CALL_ERRQUEUE)
		draw_error(&moment, rows);
	else if (entry_is_call(entry) && !moment.datagrams)
		draw_stream(&moment, rows);
	else if (entry_is_call(entry) && moves)
		draw_datagram(&moment, rows);
	else if (entry_is_call(entry))
		draw_call(&moment, rows);
}

/* The sample after a call is in its rows, unless frames come between. */
static bool is_drawn_with_call(const struct view *view, uint64_t position, const struct entry *entry)
{
	struct sample sample;
	const struct transcript *transcript = view->transcript;
	const struct entry *call = transcript_at(transcript, transcript_before(transcript, position));
	bool read = sample_unpack(entry, &sample);
	return entry->arg == SAMPLE_AFTER &&
	       (!call || (entry_is_shown(call, view->own_calls) &&
	                  !is_seen(view, call, call->time, read ? &sample : NULL)));
}

bool ladder_shows(const struct view *view, uint64_t position, const struct entry *entry)
{
	struct ladder_rows rows;
	if (entry->call == CALL_FRAME)
		return ladder_shows_frame(view, position, entry);
	if (entry->call == CALL_NOTE)
		return true;
	if (entry->call == CALL_STATE)
		return entry->flags & (ENTRY_ERROR | ENTRY_FAULT) || ladder_is_row(entry);
	if (entry_is_of_tls(entry)) /* the calls that move its records are drawn */
		return false;
	if (ladder_is_with_another(view, entry))
		return false;
	/* between the steps of a connect() frames may come */
	if (entry_is_call(entry) && entry->call != CALL_ERRQUEUE)
		return entry_is_shown(entry, view->own_calls) ||
		       (entry_is_connect_begun(entry) && is_seen(view, entry, entry->time, NULL));
	if (view->calls_only || (entry->call != CALL_SAMPLE && entry->call != CALL_ERRQUEUE))
		return false;
	if (entry->call == CALL_SAMPLE && is_drawn_with_call(view, position, entry))
		return false;
	ladder_draw(view, position, entry, &rows);
	return rows.count > 0;
}

/* ---- times ---- */

int64_t ladder_time(const struct entry *entry)
{
	bool waited = entry->flags & ENTRY_WAITED || entry->call == CALL_CLOSE || entry->call == CALL_GETADDRINFO;
	bool known = waited && entry->duration != UINT32_MAX;
	return entry->time + (known ? entry->duration * CLOCK_US : 0);
}

/* Moves to the entry drawn before this one, past words of the program. */
static bool drawn_before(struct cursor *cursor)
{
	for (int i = 0; i < WORDS_MOST; i++)
		if (!cursor_before(cursor))
			return false;
		else if (cursor->entry->call != CALL_NOTE)
			return true;
	return false;
}

int64_t ladder_begin(const struct view *view)
{
	struct cursor first = { 0 };
	if (!cursor_first(&first, view))
		return 0;
	for (int i = 0; i < WORDS_MOST && first.entry->call == CALL_NOTE; i++)
		if (!cursor_after(&first))
			break;
	return first.entry->time;
}

bool ladder_needs_time(const struct cursor *begin, int64_t first)
{
	struct cursor before = *begin;
	return !drawn_before(&before) || (ladder_time(before.entry) - first) / CLOCK_MS <
	                                         (ladder_time(begin->entry) - first) / CLOCK_MS;
}

bool ladder_has_gap(const struct cursor *begin, int64_t *gap)
{
	struct cursor before = *begin;
	if (!drawn_before(&before))
		return false;
	*gap = ladder_time(begin->entry) - ladder_time(before.entry);
	return *gap >= GAP;
}
