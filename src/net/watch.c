// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/watch.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "net/calls.h"

/* The calls of a person come in bursts: what a segment or two settles is not looked at for this. */
#define SETTLING (50 * CLOCK_MS)

enum { COLLECT_MOST = 64 };

/* ---- how often ---- */

static bool take(struct watch_rate *rate, int64_t now, int per_second, int burst)
{
	int64_t step = CLOCK_S / per_second;
	if (rate->full_at < now)
		rate->full_at = now;
	if (rate->full_at + step > now + burst * step)
		return false;
	rate->full_at += step;
	return true;
}

static bool is_half_spent(const struct watch_rate *rate, int64_t now, int per_second, int burst)
{
	return rate->full_at - now > CLOCK_S / per_second * burst / 2;
}

static void count_call(struct watch *watch, int64_t now)
{
	if (!take(&watch->rate, now, WATCH_RATE, WATCH_BURST))
		watch->busy = true;
	else if (watch->busy && !is_half_spent(&watch->rate, now, WATCH_RATE, WATCH_BURST))
		watch->busy = false;
}

bool watch_is_busy(const struct watch *watch, int64_t now)
{
	return watch->busy && is_half_spent(&watch->rate, now, WATCH_RATE, WATCH_BURST);
}

/* All sessions have a common rate; but none that a person drives goes without, however busy the
 * others are. */
static bool may_read(struct watch *watch, int64_t now)
{
	if (watch->busy && now - watch->read_at < CLOCK_S / WATCH_SAMPLES)
		return false;
	return take(&watch->budget->all, now, WATCH_RATE_ALL, WATCH_BURST_ALL) ||
	       take(&watch->own, now, WATCH_EACH, WATCH_BURST_EACH);
}

/* ---- what a reading says ---- */

static bool is_passing(const struct reading *reading)
{
	return reading_is(reading, STATE_SYN_SENT) || reading_is(reading, STATE_SYN_RECV) ||
	       reading_is(reading, STATE_FIN_WAIT1) || reading_is(reading, STATE_LAST_ACK) ||
	       reading_is(reading, STATE_CLOSING);
}

/* Whether the kernel will do something by itself of which select() says nothing. A keepalive timer
 * counts once a probe is unanswered. */
static bool is_unsettled(const struct reading *reading, int type)
{
	uint64_t timer = reading_get(reading, READING_TIMER);
	if (type != SOCK_STREAM)
		return false;
	return is_passing(reading) || reading_get(reading, READING_OUTQ) > 0 ||
	       reading_get(reading, READING_RETRANSMITS) > 0 ||
	       reading_get(reading, READING_PROBES) > 0 || timer == TIMER_RETRANSMIT ||
	       timer == TIMER_PERSIST;
}

static struct watch_socket *find_socket(struct watch *watch, int fd)
{
	for (unsigned i = 0; i < WATCH_SOCKETS; i++)
		if (watch->sockets[i].fd == fd + 1)
			return &watch->sockets[i];
	return NULL;
}

const struct reading *watch_last(const struct watch *watch, int fd)
{
	static const struct reading nothing;
	for (unsigned i = 0; i < WATCH_SOCKETS; i++)
		if (watch->sockets[i].fd == fd + 1)
			return &watch->sockets[i].last;
	return &nothing;
}

/* Counts what was dropped since the socket's own reading before. */
static void remember(struct watch *watch, int fd, const struct reading *now)
{
	struct watch_socket *socket = find_socket(watch, fd);
	uint64_t drops = reading_get(now, READING_DROPS);
	if (fd < 0)
		return;
	if (!socket)
		socket = find_socket(watch, -1);
	else if (reading_has(&socket->last, READING_DROPS) &&
	         drops > reading_get(&socket->last, READING_DROPS))
		watch->dropped += drops - reading_get(&socket->last, READING_DROPS);
	if (!socket)
		socket = &watch->sockets[watch->next_socket++ % WATCH_SOCKETS];
	*socket = (struct watch_socket){ .fd = fd + 1, .last = *now };
}

static void settle(struct watch *watch, int64_t now)
{
	bool was = watch->unsettled;
	watch->unsettled = is_unsettled(&watch->last, watch->type);
	if (watch->unsettled && !was)
		watch->look_at = now + SETTLING;
}

/* What came before it was asked to be stamped is not, or is when it is read. */
static bool is_empty(const struct reading *reading)
{
	return !reading_get(reading, READING_INQ) && !reading_get(reading, READING_RMEM);
}

static void append(const struct caller *caller, int fd, int64_t now, const struct reading *reading,
                   enum reading_when when)
{
	char packed[READING_PACKED];
	size_t len = reading_pack(reading, packed);
	struct entry entry = {
		.time = now,
		.session = caller->session,
		.call = CALL_READING,
		.arg = (int32_t)when,
		.fd = (int16_t)(fd < INT16_MAX ? fd : INT16_MAX),
	};
	transcript_append(caller->transcript, &entry, NULL, packed, len);
}

static void meet(const struct caller *caller, int fd, int64_t now, struct reading *reading,
                 enum reading_when when)
{
	struct watch *watch = caller->watch;
	const struct reading *last = when == READING_CLOSED ? &watch->last : watch_last(watch, fd);
	bool worth = !last->present || reading_differs(last, reading) ||
	             reading_has(reading, READING_BUFFERED) ||
	             (when == READING_AFTER && watch->calls > 1);
	if (last->present)
		reading_compare(reading, last);
	reading_set(reading, READING_CALLS, watch->calls);
	if (worth)
		append(caller, fd, now, reading, when);
	remember(watch, fd, reading);
	watch->last = *reading;
	watch->fd = fd;
	watch->when = when;
	watch->read_at = now;
	watch->calls = 0;
	watch->stamps = watch->stamped && (watch->stamps || is_empty(reading));
	settle(watch, now);
}

/* Through a descriptor it reads as CLOSE; sock_diag(7) has said it before. */
static void keep_time_wait(const struct reading *last, struct reading *now)
{
	if (reading_is(last, STATE_TIME_WAIT) && reading_is(now, STATE_CLOSE))
		reading_set(now, READING_STATE, STATE_TIME_WAIT);
}

static void read_kernel(const struct caller *caller, int fd, int64_t now, int64_t buffered,
                        enum reading_when when)
{
	struct reading reading = { 0 };
	int saved = errno;
	kernel_read(fd, caller->watch->type, &reading);
	keep_time_wait(watch_last(caller->watch, fd), &reading);
	if (buffered >= 0)
		reading_set(&reading, READING_BUFFERED, (uint64_t)(buffered / CLOCK_US));
	meet(caller, fd, now, &reading, when);
	errno = saved;
}

/* ---- around calls ---- */

static bool is_watched(const struct caller *caller)
{
	return caller->watch && caller->watch->budget && !(caller->flags & ENTRY_WATCHING);
}

/* Whether the call is read around. What was not read around before it would only be told apart from
 * it by one reading more. */
static bool decide(struct watch *watch, int64_t now)
{
	watch->exact = watch->sampled = false;
	if (watch->budget->off)
		return false;
	watch->budget->called = now;
	count_call(watch, now);
	if (!may_read(watch, now))
		watch->refused++;
	else if (watch->calls)
		watch->sampled = true;
	else
		watch->exact = true;
	return watch->exact;
}

bool watch_before(const struct caller *caller, int fd, int64_t now)
{
	struct watch *watch = caller->watch;
	if (!is_watched(caller))
		return false;
	if (!watch->calls && !watch->unsettled)
		watch->look_at = now + SETTLING;
	bool reads = decide(watch, now) && fd >= 0;
	if (reads && watch->expected)
		watch_collect(caller, fd);
	if (reads)
		read_kernel(caller, fd, now, -1, READING_BEFORE);
	watch->calls++;
	return reads;
}

void watch_after(const struct caller *caller, int fd, int64_t now, int64_t buffered)
{
	struct watch *watch = caller->watch;
	if (!is_watched(caller) || !(watch->exact || watch->sampled))
		return;
	watch->exact = watch->sampled = false;
	if (fd >= 0)
		read_kernel(caller, fd, now, buffered, READING_AFTER);
}

void watch_begin(const struct caller *caller, int fd)
{
	struct watch *watch = caller->watch;
	if (!watch)
		return;
	watch_forget(watch);
	watch->stamps = watch->stamped = watch->muted = watch->acks = watch->errors = false;
	watch->expected = 0;
	struct watch_socket *socket = find_socket(watch, fd);
	if (socket)
		*socket = (struct watch_socket){ 0 };
}

void watch_forget(struct watch *watch)
{
	watch->last.present = 0;
	watch->unsettled = false;
}

void watch_read(const struct caller *caller, int fd, enum reading_when when)
{
	struct watch *watch = caller->watch;
	if (!watch || !watch->budget || watch->budget->off)
		return;
	int64_t now = clock_now();
	if (when != READING_LATER && !may_read(watch, now))
		return;
	if (watch->expected)
		watch_collect(caller, fd);
	read_kernel(caller, fd, now, -1, when);
}

void watch_note(const struct caller *caller, int fd, struct reading *now, enum reading_when when)
{
	if (caller->watch && caller->watch->budget && !caller->watch->budget->off)
		meet(caller, fd, clock_now(), now, when);
}

/* ---- acknowledgements ---- */

bool watch_may_ask(const struct watch *watch, int64_t now)
{
	return watch && watch->exact && watch->acks && watch->expected < WATCH_ASKED &&
	       !is_half_spent(&watch->rate, now, WATCH_RATE, WATCH_BURST) &&
	       !is_half_spent(&watch->budget->all, now, WATCH_RATE_ALL, WATCH_BURST_ALL);
}

void watch_sent(struct watch *watch, size_t len, int64_t wall)
{
	watch->sent += len;
	if (wall && watch->expected < WATCH_ASKED)
		watch->asked[watch->expected++] =
		        (struct watch_asked){ .end = watch->sent, .wall = wall };
}

/* An answer that got lost is overtaken by that of a later send. */
bool watch_acknowledged(struct watch *watch, uint32_t end, int64_t wall, uint64_t *delay)
{
	unsigned done = 0;
	bool found = false;
	while (!found && done < watch->expected)
		found = (uint32_t)watch->asked[done++].end == end;
	if (!found)
		return false;
	int64_t took = wall - watch->asked[done - 1].wall;
	*delay = took > 0 ? (uint64_t)took : 0;
	watch->expected -= done;
	memmove(watch->asked, watch->asked + done, watch->expected * sizeof *watch->asked);
	return true;
}

/* Where all is acknowledged and no answer is there, none will come. */
unsigned watch_collect(const struct caller *caller, int fd)
{
	struct errqueue error;
	struct addr offender;
	struct watch *watch = caller->watch;
	unsigned count = 0;
	int saved = errno;
	while (count < COLLECT_MOST && call_error_queue(caller, fd, &error, &offender))
		count++;
	errno = saved;
	if (!count && watch->last.present && watch->fd == fd && !watch->calls &&
	    reading_has(&watch->last, READING_OUTQ) && !reading_get(&watch->last, READING_OUTQ))
		watch->expected = 0;
	return count;
}
