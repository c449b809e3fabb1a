// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/context.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* How far the searches go, in entries. */
enum {
	LOOK_BACK = 64,
	LOOK_FAR = 1024,
	LOOK_AROUND = 128,
	LOOK_NEAR = 16,
	LOOK_COUNTING = 512,
	LOOK_SINCE = 1024
};

/* ---- samples ---- */

/* While several addresses are tried a session has a socket for each: what one sample says does not
 * hold for another. */
static bool is_of_other_socket(const struct entry *entry, int fd)
{
	return fd >= 0 && entry->fd >= 0 && entry->fd != fd;
}

static void find_old(struct context *context)
{
	const struct transcript *transcript = context->transcript;
	const struct entry *entry = context->entry;
	uint64_t position = context->position;
	context->first = entry->call == CALL_SOCKET;
	for (int i = 0; i < LOOK_BACK && !context->first && !context->had; i++) {
		bool oldest = !entry->previous_in_session;
		position = transcript_before(transcript, position);
		entry = transcript_at(transcript, position);
		if (entry && is_of_other_socket(entry, context->entry->fd)) {
			context->first = oldest;
			continue;
		}
		context->first = oldest || (entry && entry->call == CALL_SOCKET);
		context->had = entry && sample_unpack(entry, &context->old);
		if (!entry)
			return;
	}
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static void count_changes(struct context *context)
{
	const struct sample *now = &context->now;
	struct counts *counts = &context->counts;
	counts->known = sample_has(now, SAMPLE_NEW_OUT) && sample_has(now, SAMPLE_NEW_IN) &&
	                sample_has(now, SAMPLE_NEW_DATA_OUT) && sample_has(now, SAMPLE_NEW_DATA_IN);
	counts->out = sample_get(now, SAMPLE_NEW_OUT);
	counts->in = sample_get(now, SAMPLE_NEW_IN);
	counts->data_out = sample_get(now, SAMPLE_NEW_DATA_OUT);
	counts->data_in = sample_get(now, SAMPLE_NEW_DATA_IN);
	counts->again = sample_get(now, SAMPLE_NEW_RETRANS);
}

/* The counts of a socket's first sample are those since it was made. An accepted one has then
 * counted the SYN and the ACK that its first entry draws. */
static void count_all(struct context *context)
{
	const struct sample *now = &context->now;
	struct counts *counts = &context->counts;
	uint64_t handshake = sample_is(now, STATE_LISTEN) ? 0 : 2;
	uint64_t position = context->position;
	for (int i = 0; i < LOOK_BACK; i++) {
		const struct entry *entry = transcript_at(context->transcript, position);
		if (!entry || entry->call == CALL_SOCKET)
			handshake = 0;
		if (!entry || !entry->previous_in_session)
			break;
		position = transcript_before(context->transcript, position);
	}
	counts->known = sample_has(now, SAMPLE_SEGS_OUT) && sample_has(now, SAMPLE_SEGS_IN) &&
	                sample_has(now, SAMPLE_DATA_SEGS_OUT) &&
	                sample_has(now, SAMPLE_DATA_SEGS_IN);
	counts->again = sample_get(now, SAMPLE_TOTAL_RETRANS);
	counts->out = sample_get(now, SAMPLE_SEGS_OUT);
	counts->in = less(sample_get(now, SAMPLE_SEGS_IN), handshake);
	counts->data_out = less(sample_get(now, SAMPLE_DATA_SEGS_OUT), counts->again);
	counts->data_in = sample_get(now, SAMPLE_DATA_SEGS_IN);
}

void context_set(struct context *context, const struct view *view, uint64_t position,
                 const struct entry *entry)
{
	*context = (struct context){
		.view = view,
		.transcript = view->transcript,
		.entry = entry,
		.position = position,
		.side = entry->session != view->session,
		.both = view->other != 0,
	};
	context->timed = entry->call == CALL_SAMPLE
	                         ? sample_unpack(entry, &context->now)
	                         : sample_after(view->transcript, position, &context->now);
	if (!context->timed)
		return;
	find_old(context);
	count_changes(context);
	if (context->first && !context->counts.known)
		count_all(context);
	context->state = sample_get(&context->now, SAMPLE_STATE);
	context->before = context->state;
	if (sample_has(&context->now, SAMPLE_OLD_STATE))
		context->before = sample_get(&context->now, SAMPLE_OLD_STATE);
}

/* ---- what has happened ---- */

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

/* Of a shutdown() whose FIN was acknowledged at once only CLOSED may remain to be seen. */
bool context_fin_was_sent(const struct context *context)
{
	bool shut = context->entry->call == CALL_SHUTDOWN && context->entry->arg != SHUT_RD;
	unsigned states = after_our_fin | (shut ? STATES(STATE_CLOSED) : 0);
	return context->timed && is_among(context->before, talking) &&
	       is_among(context->state, states);
}

/* Whether a later call of the session found out that it had been reset. */
static bool finds_reset(const struct context *context)
{
	const struct transcript *transcript = context->transcript;
	uint64_t position = context->position;
	for (int i = 0; i < LOOK_NEAR; i++) {
		const struct entry *entry = transcript_at(transcript, position);
		if (!entry)
			return false;
		if (entry->session == context->entry->session && entry_is_call(entry) &&
		    entry->error == ECONNRESET)
			return true;
		position = transcript_next(transcript, position);
	}
	return false;
}

bool context_was_reset(const struct context *context)
{
	if (!context->timed || context->state != STATE_CLOSED || context->before == STATE_CLOSED ||
	    !context->counts.in || context_fin_was_sent(context))
		return false;
	if (is_among(context->before, waiting_for_fin))
		return finds_reset(context);
	return is_among(context->before, talking | STATES(STATE_SYN_SENT));
}

/* A descriptor whose connection is in TIME_WAIT says CLOSED. */
bool context_fin_has_come(const struct context *context)
{
	if (!context->timed || is_among(context->before, after_their_fin))
		return false;
	if (is_among(context->state, after_their_fin))
		return is_among(context->before, talking | waiting_for_fin);
	return context->state == STATE_CLOSED && is_among(context->before, waiting_for_fin) &&
	       context->counts.in && !context_was_reset(context);
}

/* Where the beginning has been evicted with its samples, the newest entries decide. */
bool context_is_unwatched(const struct context *context)
{
	struct sample sample;
	const struct transcript *transcript = context->transcript;
	const struct entry *entry = context->entry;
	uint64_t position = context->position;
	for (int i = 0; i < LOOK_FAR && entry->previous_in_session; i++) {
		position = transcript_before(transcript, position);
		entry = transcript_at(transcript, position);
		if (entry && entry->call == CALL_SAMPLE)
			return false;
		if (!entry)
			return !sample_before(transcript,
			                      transcript_last(transcript, context->entry->session),
			                      LOOK_BACK, &sample);
	}
	return !context->timed;
}

/* ---- the socket ---- */

bool context_is_datagram(const struct context *context)
{
	const struct entry *entry = context->entry;
	uint64_t position = context->position;
	if (context->timed && sample_has(&context->now, SAMPLE_STATE))
		return false;
	for (int i = 0; i < LOOK_BACK && entry; i++) {
		if (entry_is_addressed(entry))
			return true;
		if (entry->call == CALL_SOCKET)
			return entry->arg == SOCK_DGRAM;
		position = transcript_before(context->transcript, position);
		entry = transcript_at(context->transcript, position);
	}
	return false;
}

/* ---- the end ---- */

static bool is_linger_zero(const struct entry *entry)
{
	struct linger linger;
	if (entry->call != CALL_SETSOCKOPT || entry->error || entry->arg2 != SOL_SOCKET ||
	    entry->arg != SO_LINGER || entry->len < sizeof linger)
		return false;
	memcpy(&linger, entry_payload(entry), sizeof linger);
	return linger.l_onoff && !linger.l_linger;
}

/* By a state that was read from the kernel. */
static enum ending ending_of(const struct sample *sample, bool linger_zero)
{
	if (!is_among(sample_get(sample, SAMPLE_STATE), talking))
		return ENDING_NONE;
	return linger_zero || sample_get(sample, SAMPLE_INQ) ? ENDING_RST : ENDING_FIN;
}

/* Without a sample, by the calls before: whether this one settles that the connection is open, or
 * that it is not. */
enum verdict { VERDICT_NONE, VERDICT_OPEN, VERDICT_ENDED };

static enum verdict judge(const struct entry *entry)
{
	bool shut = entry->call == CALL_SHUTDOWN && entry->arg != SHUT_RD;
	bool lost = entry_is_call(entry) && entry->error == ECONNRESET;
	if (shut || lost || entry->call == CALL_SOCKET || entry->call == CALL_LISTEN)
		return VERDICT_ENDED;
	bool connected = entry->call == CALL_CONNECT && !entry->error;
	return connected || entry_is_accepted(entry) ? VERDICT_OPEN : VERDICT_NONE;
}

static bool moves_stream(const struct entry *entry)
{
	return (entry->call == CALL_SEND || entry->call == CALL_RECV) && !entry->error &&
	       !entry->endpoint_len;
}

enum ending context_ending(const struct transcript *transcript, uint64_t position)
{
	struct sample sample;
	bool linger_zero = false, open = false;
	const struct entry *closes = transcript_at(transcript, position);
	for (int i = 0; i < LOOK_BACK; i++) {
		position = transcript_before(transcript, position);
		const struct entry *entry = transcript_at(transcript, position);
		if (!entry)
			break;
		if (is_of_other_socket(entry, closes->fd))
			continue;
		linger_zero = linger_zero || is_linger_zero(entry);
		if (sample_unpack(entry, &sample))
			return ending_of(&sample, linger_zero);
		enum verdict verdict = judge(entry);
		if (verdict == VERDICT_ENDED && !(open && entry->call == CALL_SOCKET))
			return ENDING_NONE;
		open = open || verdict == VERDICT_OPEN || moves_stream(entry);
		if (verdict != VERDICT_NONE)
			break;
	}
	if (!open)
		return ENDING_NONE;
	return linger_zero ? ENDING_RST : ENDING_FIN;
}

static uint32_t other_session(const struct context *context)
{
	return context->side ? context->view->session : context->view->other;
}

char context_find_notice(const struct context *context)
{
	struct sample sample;
	uint64_t position = context->position;
	for (int i = 0; context->both && i < LOOK_AROUND; i++) {
		position = transcript_next(context->transcript, position);
		const struct entry *entry = transcript_at(context->transcript, position);
		if (!entry)
			return MARK_DEDUCED;
		if (entry->session != other_session(context) || !sample_unpack(entry, &sample) ||
		    !sample_has(&sample, SAMPLE_OLD_STATE))
			continue;
		if (sample_get(&sample, SAMPLE_NEW_IN))
			return MARK_COUNTED;
		if (entry->arg == SAMPLE_CLOSED)
			return MARK_READ;
	}
	return MARK_DEDUCED;
}

enum ending context_other_ending(const struct context *context)
{
	uint64_t position = context->position;
	for (int i = 0; context->both && i < LOOK_AROUND; i++) {
		position = transcript_previous(context->transcript, position);
		const struct entry *entry = transcript_at(context->transcript, position);
		if (!entry)
			return ENDING_NONE;
		if (entry->session == other_session(context) && entry->call == CALL_CLOSE)
			return context_ending(context->transcript, position);
	}
	return ENDING_NONE;
}

/* ---- bytes ---- */

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

/* The bytes of the stream before a call, counted from its socket's first one. */
static bool count_before(const struct context *context, uint64_t *bytes)
{
	uint64_t position = context->position;
	const struct entry *entry = context->entry;
	*bytes = 0;
	for (int i = 0; i < LOOK_COUNTING; i++) {
		if (!entry->previous_in_session)
			return true;
		position = transcript_before(context->transcript, position);
		entry = transcript_at(context->transcript, position);
		if (!entry)
			return false;
		if (entry->call == CALL_SOCKET)
			return true;
		if (entry->call == context->entry->call && !entry->error && !entry_is_aside(entry))
			*bytes += entry->len;
	}
	return false;
}

typedef bool bytes_so_far(const struct sample *sample, uint64_t *bytes);

static bool find_range(const struct context *context, bytes_so_far *so_far, uint64_t *begin,
                       uint64_t *end)
{
	*begin = 0;
	bool based = context->first || (context->had && so_far(&context->old, begin));
	if (context->timed && based && so_far(&context->now, end) && *end > *begin)
		return true;
	uint64_t len = entry_is_call(context->entry) ? context->entry->len : 0;
	bool known = len && count_before(context, begin);
	*end = known ? *begin + len : len;
	return known;
}

bool context_sent_range(const struct context *context, uint64_t *begin, uint64_t *end)
{
	return find_range(context, sent_so_far, begin, end);
}

bool context_received_range(const struct context *context, uint64_t *begin, uint64_t *end)
{
	return find_range(context, received_so_far, begin, end);
}

/* ---- the acknowledgement of a FIN ---- */

/* Where both ends are ours, both say that the FIN of a close() is acknowledged: the one that
 * acknowledges it counts a segment, and of the other, whose descriptor is gone, the state says so.
 * Whichever is first in the transcript draws the ACK. */

/* How it has been drawn since the close(). */
struct fin_acknowledged {
	bool by_state, by_count;
};

/* From a state in which it was not acknowledged. */
static bool says_acknowledged(const struct context *context)
{
	bool closed = context->entry->call == CALL_SAMPLE && context->entry->arg == SAMPLE_CLOSED;
	bool fin_acknowledged =
	        context->state == STATE_FIN_WAIT2 || context->state == STATE_TIME_WAIT;
	return closed && fin_acknowledged && context->before != STATE_FIN_WAIT2 &&
	       context->before != STATE_TIME_WAIT && context->before != STATE_CLOSING &&
	       context->before != STATE_CLOSED;
}

/* What is acknowledged before the FIN has come is data. */
static bool is_before_fin(const struct context *context)
{
	return context->state == STATE_ESTABLISHED;
}

static uint64_t bare_in(const struct context *context)
{
	const struct counts *counts = &context->counts;
	bool open = counts->known && context->before == STATE_ESTABLISHED;
	return open && counts->in > counts->data_in ? counts->in - counts->data_in : 0;
}

/* The number of bare segments that the closer counted between this end's last sample and its own
 * close(): they are drawn already. */
static uint64_t seen(const struct context *context, uint32_t closer)
{
	uint64_t count = 0;
	uint64_t position = context->position;
	for (int i = 0; i < LOOK_SINCE; i++) {
		struct context other;
		position = transcript_previous(context->transcript, position);
		const struct entry *entry = transcript_at(context->transcript, position);
		if (!entry)
			break;
		if (entry->call != CALL_SAMPLE)
			continue;
		if (entry->session == context->entry->session)
			break;
		if (entry->session != closer)
			continue;
		context_set(&other, context->view, position, entry);
		count += bare_in(&other);
	}
	return count;
}

/* Whether this sample counts the acknowledgement of the other end's FIN, and so draws it. */
static bool counts_acknowledgement(const struct context *context, uint32_t closer)
{
	const struct counts *counts = &context->counts;
	uint64_t others = counts->data_out + counts->again + context_fin_was_sent(context);
	return counts->known && counts->out > others && !is_before_fin(context) &&
	       context_other_ending(context) == ENDING_FIN &&
	       counts->out - others > seen(context, closer);
}

static void add_sample(const struct context *context, uint64_t position, const struct entry *entry,
                       uint32_t closer, struct fin_acknowledged *drawn)
{
	struct context other;
	context_set(&other, context->view, position, entry);
	if (entry->session == closer)
		drawn->by_state = drawn->by_state || says_acknowledged(&other);
	else
		drawn->by_count = drawn->by_count || counts_acknowledgement(&other, closer);
}

/* By the entries between the close() of this session, which is one end, and the context. */
static struct fin_acknowledged find_drawn(const struct context *context, uint32_t closer)
{
	struct fin_acknowledged drawn = { 0 };
	const struct transcript *transcript = context->transcript;
	uint64_t position = context->position;
	for (int i = 0; context->both && i < LOOK_SINCE; i++) {
		position = transcript_previous(transcript, position);
		const struct entry *entry = transcript_at(transcript, position);
		if (!entry)
			break;
		if (entry->session == closer && entry->call == CALL_CLOSE)
			return context_ending(transcript, position) == ENDING_FIN
			               ? drawn
			               : (struct fin_acknowledged){ 0 };
		bool ours = entry->session == context->view->session ||
		            entry->session == context->view->other;
		if (ours && entry->call == CALL_SAMPLE)
			add_sample(context, position, entry, closer, &drawn);
	}
	return (struct fin_acknowledged){ 0 };
}

bool context_is_fin_acknowledged(const struct context *context)
{
	return says_acknowledged(context) && !find_drawn(context, context->entry->session).by_count;
}

uint64_t context_undrawn(const struct context *context, uint64_t bare)
{
	if (!context->both || !bare)
		return bare;
	if (context_other_ending(context) != ENDING_FIN)
		return 0;
	uint32_t closer = context->side ? context->view->session : context->view->other;
	struct fin_acknowledged drawn = find_drawn(context, closer);
	uint64_t count = seen(context, closer) +
	                 (drawn.by_state && !drawn.by_count && !is_before_fin(context));
	return bare > count ? bare - count : 0;
}
