// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/probe.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"

/* A person's calls come in bursts. If a segment or two settles them within this time, they need no
 * sample by the timer. */
#define SETTLING (50 * CLOCK_MS)
#define TICK     (20 * CLOCK_MS) /* a timer ends on one of the kernel's own */

enum { COLLECT_MOST = 64 };

/* ---- how often ---- */

static bool take(struct probe_rate *rate, int64_t now, int per_second, int burst)
{
	int64_t step = CLOCK_S / per_second;
	if (rate->full_at < now)
		rate->full_at = now;
	if (rate->full_at + step > now + burst * step)
		return false;
	rate->full_at += step;
	return true;
}

static bool is_half_spent(const struct probe_rate *rate, int64_t now, int per_second, int burst)
{
	return rate->full_at - now > CLOCK_S / per_second * burst / 2;
}

static void count_call(struct probe *probe, int64_t now)
{
	if (!take(&probe->rate, now, PROBE_RATE, PROBE_BURST))
		probe->busy = true;
	else if (probe->busy && !is_half_spent(&probe->rate, now, PROBE_RATE, PROBE_BURST))
		probe->busy = false;
}

bool probe_is_busy(const struct probe *probe, int64_t now)
{
	return probe->busy && is_half_spent(&probe->rate, now, PROBE_RATE, PROBE_BURST);
}

/* All sessions have a common rate; but none that a person drives goes without, however busy the
 * others are. Those that a service drives have a part of it: a reading costs as much as a message. */
static bool may_share(struct probe *probe, int64_t now)
{
	struct probe_budget *budget = probe->budget;
	return (!probe->unattended ||
	        take(&budget->served, now, PROBE_RATE_SERVED, PROBE_BURST_SERVED)) &&
	       take(&budget->all, now, PROBE_RATE_ALL, PROBE_BURST_ALL);
}

static bool may_read(struct probe *probe, int64_t now)
{
	if (probe->busy && now - probe->sampled_at < CLOCK_S / PROBE_SAMPLES)
		return false;
	return may_share(probe, now) ||
	       (!probe->unattended && take(&probe->own, now, PROBE_EACH, PROBE_BURST_EACH));
}

bool probe_may_look(struct probe *probe, int64_t now)
{
	return !probe->unattended || may_share(probe, now);
}

/* ---- what a sample says ---- */

static bool is_passing(const struct sample *sample)
{
	return (sample_is(sample, STATE_SYN_SENT) && !sample_is_deferred(sample)) ||
	       sample_is(sample, STATE_SYN_RECV) ||
	       sample_is(sample, STATE_FIN_WAIT1) || sample_is(sample, STATE_LAST_ACK) ||
	       sample_is(sample, STATE_CLOSING);
}

/* Whether the kernel will do something by itself of which select() says nothing. A keepalive timer
 * counts once a probe is unanswered. */
static bool is_unsettled(const struct sample *sample, enum transport transport)
{
	uint64_t timer = sample_get(sample, SAMPLE_TIMER);
	if (transport != TRANSPORT_TCP)
		return false;
	return is_passing(sample) || sample_get(sample, SAMPLE_OUTQ) > 0 ||
	       sample_get(sample, SAMPLE_RETRANSMITS) > 0 ||
	       sample_get(sample, SAMPLE_PROBES) > 0 || timer == TIMER_RETRANSMIT ||
	       timer == TIMER_PERSIST;
}

static struct probe_socket *find_socket(struct probe *probe, int fd)
{
	for (unsigned i = 0; i < PROBE_SOCKETS; i++)
		if (probe->sockets[i].fd == fd + 1)
			return &probe->sockets[i];
	return NULL;
}

const struct sample *probe_last(const struct probe *probe, int fd)
{
	static const struct sample nothing;
	for (unsigned i = 0; i < PROBE_SOCKETS; i++)
		if (probe->sockets[i].fd == fd + 1)
			return &probe->sockets[i].last;
	return &nothing;
}

/* Counts what was dropped since the socket's previous sample. */
static void remember(struct probe *probe, int fd, const struct sample *now)
{
	struct probe_socket *socket = find_socket(probe, fd);
	uint64_t drops = sample_get(now, SAMPLE_DROPS);
	if (fd < 0)
		return;
	if (!socket)
		socket = find_socket(probe, -1);
	else if (sample_has(&socket->last, SAMPLE_DROPS) &&
	         drops > sample_get(&socket->last, SAMPLE_DROPS))
		probe->dropped += drops - sample_get(&socket->last, SAMPLE_DROPS);
	if (!socket)
		socket = &probe->sockets[probe->next_socket++ % PROBE_SOCKETS];
	*socket = (struct probe_socket){ .fd = fd + 1, .last = *now };
}

static void settle(struct probe *probe, int64_t now)
{
	bool was = probe->unsettled;
	probe->unsettled = is_unsettled(&probe->last, probe->transport);
	if (probe->unsettled && !was)
		probe->settles_at = now + SETTLING;
	if (sample_has(&probe->last, SAMPLE_TIMER_LEFT) && sample_is(&probe->last, STATE_TIME_WAIT))
		probe->settles_at = now + TICK +
		                    (int64_t)sample_get(&probe->last, SAMPLE_TIMER_LEFT) * CLOCK_US;
}

/* What came before stamps were asked for has none, or one from when it is read. */
static bool is_empty(const struct sample *sample)
{
	return !sample_get(sample, SAMPLE_INQ) && !sample_get(sample, SAMPLE_RMEM);
}

static void append(const struct caller *caller, int fd, int64_t now, const struct sample *sample,
                   enum sample_when when)
{
	char packed[SAMPLE_PACKED];
	size_t len = sample_pack(sample, packed);
	struct entry entry = {
		.time = now,
		.session = caller->session,
		.call = CALL_SAMPLE,
		.arg = (int32_t)when,
		.fd = (int16_t)(fd < INT16_MAX ? fd : INT16_MAX),
	};
	transcript_append(caller->transcript, &entry, NULL, packed, len);
}

static void meet(const struct caller *caller, int fd, int64_t now, struct sample *sample,
                 enum sample_when when)
{
	struct probe *probe = caller->probe;
	const struct sample *last = when == SAMPLE_CLOSED ? &probe->last : probe_last(probe, fd);
	bool worth = !last->present || sample_differs(last, sample) ||
	             sample_has(sample, SAMPLE_BUFFERED) ||
	             (when == SAMPLE_AFTER && probe->calls > 1);
	if (last->present)
		sample_compare(sample, last);
	sample_set(sample, SAMPLE_CALLS, probe->calls);
	if (worth)
		append(caller, fd, now, sample, when);
	remember(probe, fd, sample);
	probe->last = *sample;
	probe->fd = fd;
	probe->when = when;
	probe->sampled_at = now;
	probe->calls = 0;
	probe->stamps = probe->stamped && (probe->stamps || is_empty(sample));
	settle(probe, now);
}

/* What has just become CLOSED may be in TIME_WAIT, and what was there may not be any more. The queue of
 * a UNIX socket is asked for nowhere else. */
static void ask_more(const struct probe *probe, int fd, struct sample *now)
{
	const struct sample *last = probe_last(probe, fd);
	bool closed = sample_is(now, STATE_CLOSED) && last->present && !sample_is(last, STATE_CLOSED);
	if (probe->find && (closed || transport_is_unix(probe->transport)))
		probe->find(probe->owner, fd, now);
}

static void read_kernel(const struct caller *caller, int fd, int64_t now, int64_t buffered,
                        enum sample_when when)
{
	struct sample sample = { 0 };
	int saved = errno;
	kernel_read(fd, caller->probe->transport, &sample);
	ask_more(caller->probe, fd, &sample);
	if (buffered >= 0)
		sample_set(&sample, SAMPLE_BUFFERED, (uint64_t)(buffered / CLOCK_US));
	meet(caller, fd, now, &sample, when);
	errno = saved;
}

/* ---- around calls ---- */

static bool is_probed(const struct caller *caller)
{
	return caller->probe && caller->probe->budget && !(caller->flags & ENTRY_WATCHING);
}

/* Whether the call is sampled before and after it. Where earlier calls were not, only one sample
 * more would keep them apart. */
static bool decide(struct probe *probe, int64_t now)
{
	probe->exact = probe->sampled = false;
	if (probe->budget->off)
		return false;
	probe->budget->called = now;
	count_call(probe, now);
	if (!may_read(probe, now))
		probe->refused++;
	else if (probe->calls)
		probe->sampled = true;
	else
		probe->exact = true;
	return probe->exact;
}

static bool before(const struct caller *caller, int fd, int64_t now)
{
	struct probe *probe = caller->probe;
	if (!is_probed(caller))
		return false;
	if (!probe->calls && !probe->unsettled)
		probe->settles_at = now + SETTLING;
	bool reads = decide(probe, now) && fd >= 0;
	if (reads && probe->expected)
		probe_collect(caller, fd);
	if (reads)
		read_kernel(caller, fd, now, -1, SAMPLE_BEFORE);
	probe->calls++;
	return reads;
}

static void after(const struct caller *caller, int fd, int64_t now, int64_t buffered)
{
	struct probe *probe = caller->probe;
	if (!is_probed(caller) || !(probe->exact || probe->sampled))
		return;
	probe->exact = probe->sampled = false;
	if (fd >= 0)
		read_kernel(caller, fd, now, buffered, SAMPLE_AFTER);
}

static void opened(const struct caller *caller, int fd)
{
	struct probe *probe = caller->probe;
	probe_forget(probe);
	probe->stamps = probe->stamped = probe->muted = probe->acks = probe->errors = false;
	probe->news = probe->hung_up = false;
	probe->expected = 0;
	struct probe_socket *socket = find_socket(probe, fd);
	if (socket)
		*socket = (struct probe_socket){ 0 };
}

void probe_forget(struct probe *probe)
{
	probe->last.present = 0;
	probe->unsettled = false;
}

void probe_read(const struct caller *caller, int fd, enum sample_when when)
{
	struct probe *probe = caller->probe;
	if (!probe || !probe->budget || probe->budget->off)
		return;
	int64_t now = clock_now();
	if (when != SAMPLE_LATER && !may_read(probe, now))
		return;
	if (probe->expected)
		probe_collect(caller, fd);
	read_kernel(caller, fd, now, -1, when);
}

void probe_note(const struct caller *caller, int fd, struct sample *now, enum sample_when when)
{
	if (caller->probe && caller->probe->budget && !caller->probe->budget->off)
		meet(caller, fd, clock_now(), now, when);
}

/* ---- acknowledgements ---- */

static bool wants_acknowledgement(const struct caller *caller, int64_t now)
{
	const struct probe *probe = caller->probe;
	return probe->exact && probe->acks && probe->expected < PROBE_ASKED &&
	       !is_half_spent(&probe->rate, now, PROBE_RATE, PROBE_BURST) &&
	       !is_half_spent(&probe->budget->all, now, PROBE_RATE_ALL, PROBE_BURST_ALL);
}

static void sent(const struct caller *caller, size_t len, int64_t wall)
{
	struct probe *probe = caller->probe;
	probe->sent += len;
	if (wall && probe->expected < PROBE_ASKED)
		probe->asked[probe->expected++] =
		        (struct probe_asked){ .end = probe->sent, .wall = wall };
}

/* The acknowledgement of a later send also covers earlier ones whose report was lost. */
static bool acknowledged(const struct caller *caller, uint32_t end, int64_t wall, uint64_t *delay)
{
	struct probe *probe = caller->probe;
	unsigned done = 0;
	bool found = false;
	while (!found && done < probe->expected)
		found = (uint32_t)probe->asked[done++].end == end;
	if (!found)
		return false;
	int64_t took = wall - probe->asked[done - 1].wall;
	*delay = took > 0 ? (uint64_t)took : 0;
	probe->expected -= done;
	memmove(probe->asked, probe->asked + done, probe->expected * sizeof *probe->asked);
	return true;
}

/* If everything is acknowledged and no report is queued, none will come. */
unsigned probe_collect(const struct caller *caller, int fd)
{
	struct errqueue error;
	struct endpoint offender;
	struct probe *probe = caller->probe;
	unsigned count = 0;
	int saved = errno;
	while (count < COLLECT_MOST && call_error_queue(caller, fd, &error, &offender))
		count++;
	errno = saved;
	if (!count && probe->last.present && probe->fd == fd && !probe->calls &&
	    sample_has(&probe->last, SAMPLE_OUTQ) && !sample_get(&probe->last, SAMPLE_OUTQ))
		probe->expected = 0;
	return count;
}

static void queue_enabled(const struct caller *caller)
{
	caller->probe->errors = true;
}

static bool wants_arrival(const struct caller *caller)
{
	return caller->probe->exact && caller->probe->stamps;
}

/* A socket that select() calls ready, and that is not, may have something on its error queue, which
 * would keep it so. Errors of datagrams are left to the session, unless a person waits for one. */
static void blocked(const struct caller *caller, int fd)
{
	if (caller->probe->errors && (caller->probe->transport == TRANSPORT_TCP || caller->since))
		probe_collect(caller, fd);
}

const struct call_observer probe_observer = {
	.before = before,
	.after = after,
	.opened = opened,
	.blocked = blocked,
	.queue_enabled = queue_enabled,
	.wants_arrival = wants_arrival,
	.wants_acknowledgement = wants_acknowledgement,
	.sent = sent,
	.acknowledged = acknowledged,
};
