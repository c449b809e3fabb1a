// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/scene.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* How far the looks go, in entries. */
enum { LOOK_BACK = 64, LOOK_FAR = 1024, LOOK_AROUND = 128, LOOK_NEAR = 16, LOOK_COUNTING = 512 };

/* ---- readings ---- */

/* While several addresses are tried a session has a socket for each: what is said of one says nothing
 * of another. */
static bool is_of_other_socket(const struct entry *entry, int fd)
{
	return fd >= 0 && entry->fd >= 0 && entry->fd != fd;
}

static void find_old(struct scene *scene)
{
	const struct transcript *transcript = scene->transcript;
	const struct entry *entry = scene->entry;
	uint64_t position = scene->position;
	scene->first = entry->call == CALL_SOCKET;
	for (int i = 0; i < LOOK_BACK && !scene->first && !scene->had; i++) {
		bool oldest = !entry->back;
		position = transcript_before(transcript, position);
		entry = transcript_at(transcript, position);
		if (entry && is_of_other_socket(entry, scene->entry->fd)) {
			scene->first = oldest;
			continue;
		}
		scene->first = oldest || (entry && entry->call == CALL_SOCKET);
		scene->had = entry && reading_unpack(entry, &scene->old);
		if (!entry)
			return;
	}
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static void count_changes(struct scene *scene)
{
	const struct reading *now = &scene->now;
	struct counts *counts = &scene->counts;
	counts->known = reading_has(now, READING_NEW_OUT) && reading_has(now, READING_NEW_IN) &&
	                reading_has(now, READING_NEW_DATA_OUT) &&
	                reading_has(now, READING_NEW_DATA_IN);
	counts->out = reading_get(now, READING_NEW_OUT);
	counts->in = reading_get(now, READING_NEW_IN);
	counts->data_out = reading_get(now, READING_NEW_DATA_OUT);
	counts->data_in = reading_get(now, READING_NEW_DATA_IN);
	counts->again = reading_get(now, READING_NEW_RETRANS);
}

/* The counts of a socket's first reading are those since it was made. An accepted one has then
 * counted the SYN and the ACK that its first entry draws. */
static void count_all(struct scene *scene)
{
	const struct reading *now = &scene->now;
	struct counts *counts = &scene->counts;
	uint64_t handshake = reading_is(now, STATE_LISTEN) ? 0 : 2;
	uint64_t position = scene->position;
	for (int i = 0; i < LOOK_BACK; i++) {
		const struct entry *entry = transcript_at(scene->transcript, position);
		if (!entry || entry->call == CALL_SOCKET)
			handshake = 0;
		if (!entry || !entry->back)
			break;
		position = transcript_before(scene->transcript, position);
	}
	counts->known = reading_has(now, READING_SEGS_OUT) && reading_has(now, READING_SEGS_IN) &&
	                reading_has(now, READING_DATA_SEGS_OUT) &&
	                reading_has(now, READING_DATA_SEGS_IN);
	counts->again = reading_get(now, READING_TOTAL_RETRANS);
	counts->out = reading_get(now, READING_SEGS_OUT);
	counts->in = less(reading_get(now, READING_SEGS_IN), handshake);
	counts->data_out = less(reading_get(now, READING_DATA_SEGS_OUT), counts->again);
	counts->data_in = reading_get(now, READING_DATA_SEGS_IN);
}

void scene_set(struct scene *scene, const struct view *view, uint64_t position,
               const struct entry *entry)
{
	*scene = (struct scene){
		.view = view,
		.transcript = view->transcript,
		.entry = entry,
		.position = position,
		.side = entry->session != view->session,
		.both = view->other != 0,
	};
	scene->timed = entry->call == CALL_READING
	                       ? reading_unpack(entry, &scene->now)
	                       : reading_after(view->transcript, position, &scene->now);
	if (!scene->timed)
		return;
	find_old(scene);
	count_changes(scene);
	if (scene->first && !scene->counts.known)
		count_all(scene);
	scene->state = reading_get(&scene->now, READING_STATE);
	scene->before = scene->state;
	if (reading_has(&scene->now, READING_OLD_STATE))
		scene->before = reading_get(&scene->now, READING_OLD_STATE);
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

/* Of a shutdown() whose FIN was acknowledged at once only CLOSE may be left to see. */
bool scene_fin_was_sent(const struct scene *scene)
{
	bool shut = scene->entry->call == CALL_SHUTDOWN && scene->entry->arg != SHUT_RD;
	unsigned states = after_our_fin | (shut ? STATES(STATE_CLOSE) : 0);
	return scene->timed && is_among(scene->before, talking) && is_among(scene->state, states);
}

/* Whether a later call of the session found out that it had been reset. */
static bool finds_reset(const struct scene *scene)
{
	const struct transcript *transcript = scene->transcript;
	uint64_t position = scene->position;
	for (int i = 0; i < LOOK_NEAR; i++) {
		const struct entry *entry = transcript_at(transcript, position);
		if (!entry)
			return false;
		if (entry->session == scene->entry->session && entry_is_call(entry) &&
		    entry->error == ECONNRESET)
			return true;
		position = transcript_next(transcript, position);
	}
	return false;
}

bool scene_was_reset(const struct scene *scene)
{
	if (!scene->timed || scene->state != STATE_CLOSE || scene->before == STATE_CLOSE ||
	    !scene->counts.in || scene_fin_was_sent(scene))
		return false;
	if (is_among(scene->before, waiting_for_fin))
		return finds_reset(scene);
	return is_among(scene->before, talking | STATES(STATE_SYN_SENT));
}

/* A descriptor whose connection is in TIME_WAIT says CLOSE. */
bool scene_fin_has_come(const struct scene *scene)
{
	if (!scene->timed || is_among(scene->before, after_their_fin))
		return false;
	if (is_among(scene->state, after_their_fin))
		return is_among(scene->before, talking | waiting_for_fin);
	return scene->state == STATE_CLOSE && is_among(scene->before, waiting_for_fin) &&
	       scene->counts.in && !scene_was_reset(scene);
}

/* Where the begin has gone, with whatever was read there, the newest entries tell. */
bool scene_is_unwatched(const struct scene *scene)
{
	struct reading reading;
	const struct transcript *transcript = scene->transcript;
	const struct entry *entry = scene->entry;
	uint64_t position = scene->position;
	for (int i = 0; i < LOOK_FAR && entry->back; i++) {
		position = transcript_before(transcript, position);
		entry = transcript_at(transcript, position);
		if (entry && entry->call == CALL_READING)
			return false;
		if (!entry)
			return !reading_before(transcript,
			                       transcript_last(transcript, scene->entry->session),
			                       LOOK_BACK, &reading);
	}
	return !scene->timed;
}

/* ---- the socket ---- */

bool scene_is_datagram(const struct scene *scene)
{
	const struct entry *entry = scene->entry;
	uint64_t position = scene->position;
	if (scene->timed && reading_has(&scene->now, READING_STATE))
		return false;
	for (int i = 0; i < LOOK_BACK && entry; i++) {
		if (entry_is_addressed(entry))
			return true;
		if (entry->call == CALL_SOCKET)
			return entry->arg == SOCK_DGRAM;
		position = transcript_before(scene->transcript, position);
		entry = transcript_at(scene->transcript, position);
	}
	return false;
}

bool scene_is_accepted(const struct entry *entry)
{
	return entry->call == CALL_STATE && !entry->back && !(entry->flags & ENTRY_ERROR);
}

const struct entry *scene_find_accept(const struct transcript *transcript, uint64_t position)
{
	for (int i = 0; i < LOOK_NEAR; i++) {
		position = transcript_previous(transcript, position);
		const struct entry *entry = transcript_at(transcript, position);
		if (!entry)
			return NULL;
		if (entry->call == CALL_ACCEPT && !entry->error)
			return entry;
	}
	return NULL;
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

/* By a state that the kernel has told. */
static enum farewell farewell_in(const struct reading *reading, bool linger_zero)
{
	if (!is_among(reading_get(reading, READING_STATE), talking))
		return FAREWELL_NONE;
	return linger_zero || reading_get(reading, READING_INQ) ? FAREWELL_RST : FAREWELL_FIN;
}

/* Without a reading, by the calls before: whether this one settles that the connection is open, or
 * that it is not. */
enum verdict { VERDICT_NONE, VERDICT_OPEN, VERDICT_ENDED };

static enum verdict judge(const struct entry *entry)
{
	bool shut = entry->call == CALL_SHUTDOWN && entry->arg != SHUT_RD;
	bool lost = entry_is_call(entry) && entry->error == ECONNRESET;
	if (shut || lost || entry->call == CALL_SOCKET || entry->call == CALL_LISTEN)
		return VERDICT_ENDED;
	bool connected = entry->call == CALL_CONNECT && !entry->error;
	return connected || scene_is_accepted(entry) ? VERDICT_OPEN : VERDICT_NONE;
}

static bool moves_stream(const struct entry *entry)
{
	return (entry->call == CALL_SEND || entry->call == CALL_RECV) && !entry->error &&
	       !entry->addr_len;
}

enum farewell scene_farewell(const struct transcript *transcript, uint64_t position)
{
	struct reading reading;
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
		if (reading_unpack(entry, &reading))
			return farewell_in(&reading, linger_zero);
		enum verdict verdict = judge(entry);
		if (verdict == VERDICT_ENDED && !(open && entry->call == CALL_SOCKET))
			return FAREWELL_NONE;
		open = open || verdict == VERDICT_OPEN || moves_stream(entry);
		if (verdict != VERDICT_NONE)
			break;
	}
	if (!open)
		return FAREWELL_NONE;
	return linger_zero ? FAREWELL_RST : FAREWELL_FIN;
}

static uint32_t other_session(const struct scene *scene)
{
	return scene->side ? scene->view->session : scene->view->other;
}

char scene_find_notice(const struct scene *scene)
{
	struct reading reading;
	uint64_t position = scene->position;
	for (int i = 0; scene->both && i < LOOK_AROUND; i++) {
		position = transcript_next(scene->transcript, position);
		const struct entry *entry = transcript_at(scene->transcript, position);
		if (!entry)
			return MARK_DEDUCED;
		if (entry->session != other_session(scene) || !reading_unpack(entry, &reading) ||
		    !reading_has(&reading, READING_OLD_STATE))
			continue;
		if (reading_get(&reading, READING_NEW_IN))
			return MARK_COUNTED;
		if (entry->arg == READING_CLOSED)
			return MARK_READ;
	}
	return MARK_DEDUCED;
}

enum farewell scene_other_farewell(const struct scene *scene)
{
	uint64_t position = scene->position;
	for (int i = 0; scene->both && i < LOOK_AROUND; i++) {
		position = transcript_previous(scene->transcript, position);
		const struct entry *entry = transcript_at(scene->transcript, position);
		if (!entry)
			return FAREWELL_NONE;
		if (entry->session == other_session(scene) && entry->call == CALL_CLOSE)
			return scene_farewell(scene->transcript, position);
	}
	return FAREWELL_NONE;
}

/* ---- bytes ---- */

static bool sent_so_far(const struct reading *reading, uint64_t *bytes)
{
	*bytes = less(reading_get(reading, READING_BYTES_SENT),
	              reading_get(reading, READING_BYTES_RETRANS));
	return reading_has(reading, READING_BYTES_SENT) &&
	       reading_has(reading, READING_BYTES_RETRANS);
}

/* The kernel counts the FIN as one more byte; of CLOSE one does not know whether it came. */
static bool received_so_far(const struct reading *reading, uint64_t *bytes)
{
	uint64_t state = reading_get(reading, READING_STATE);
	uint64_t fin = is_among(state, after_their_fin);
	*bytes = less(reading_get(reading, READING_BYTES_RECEIVED), fin);
	return reading_has(reading, READING_BYTES_RECEIVED) && state != STATE_CLOSE;
}

/* The bytes of the stream before a call, counted from its socket's first one. */
static bool count_before(const struct scene *scene, uint64_t *bytes)
{
	uint64_t position = scene->position;
	const struct entry *entry = scene->entry;
	*bytes = 0;
	for (int i = 0; i < LOOK_COUNTING; i++) {
		if (!entry->back)
			return true;
		position = transcript_before(scene->transcript, position);
		entry = transcript_at(scene->transcript, position);
		if (!entry)
			return false;
		if (entry->call == CALL_SOCKET)
			return true;
		if (entry->call == scene->entry->call && !entry->error && !entry_is_aside(entry))
			*bytes += entry->len;
	}
	return false;
}

typedef bool bytes_so_far(const struct reading *reading, uint64_t *bytes);

static bool find_range(const struct scene *scene, bytes_so_far *so_far, uint64_t *begin,
                       uint64_t *end)
{
	*begin = 0;
	bool based = scene->first || (scene->had && so_far(&scene->old, begin));
	if (scene->timed && based && so_far(&scene->now, end) && *end > *begin)
		return true;
	uint64_t len = entry_is_call(scene->entry) ? scene->entry->len : 0;
	bool known = len && count_before(scene, begin);
	*end = known ? *begin + len : len;
	return known;
}

bool scene_sent_range(const struct scene *scene, uint64_t *begin, uint64_t *end)
{
	return find_range(scene, sent_so_far, begin, end);
}

bool scene_received_range(const struct scene *scene, uint64_t *begin, uint64_t *end)
{
	return find_range(scene, received_so_far, begin, end);
}
