// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/sampletext.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/count.h"
#include "base/error.h"
#include "base/text.h"
#include "socket/constant.h"

enum { ADDRESSES_SHOWN = 3 };

/* The facts of a sample, in the order in which they are worded. They are found before any is
 * worded, so whether there are any is decided without formatting text. */
enum fact {
	FACT_GONE,
	FACT_TIME_WAIT, /* deduced */
	FACT_SENT,
	FACT_NOT_SENT,
	FACT_HELD,
	FACT_BUFFERED, /* for how long */
	FACT_LEFT,     /* to read */
	FACT_READABLE,
	FACT_END_OF_FILE,
	FACT_CONNECTIONS,
	FACT_QUEUE,
	FACT_ERROR,
	FACT_IN_FLIGHT,
	FACT_ACKNOWLEDGED,
	FACT_WINDOW_SHUT,
	FACT_WINDOW, /* it shut or opened */
	FACT_RETRANSMIT,
	FACT_WINDOW_PROBE,
	FACT_KEEPALIVE,
	FACT_STATE_LEFT, /* how long the state lasts */
	FACT_DROPS,
	FACT_SEGMENTS,
	FACT_AGAIN,
	FACT_CALLS,
	FACT_CHANGE, /* of any count */
	FACT_COUNT,
};

#define BIT(fact) (1u << (fact))

static unsigned if_true(bool condition, enum fact fact)
{
	return condition ? BIT(fact) : 0;
}

/* ---- what there is to say ---- */

static bool is_new(const struct sample *now, const struct sample *before, enum sample_field field)
{
	return sample_has(now, field) &&
	       (!before || !sample_has(before, field) || before->value[field] != now->value[field]);
}

static bool came_from(const struct sample *sample, enum tcp_state state)
{
	return sample_has(sample, SAMPLE_OLD_STATE) && sample->value[SAMPLE_OLD_STATE] == state;
}

/* What both kinds have in common. */
static unsigned common_facts(const struct sample *now)
{
	/* a socket whose connection is in TIME_WAIT reads as closed where sock_diag(7) was not
	 * asked about timers; so does one that was reset */
	bool waits = sample_is(now, STATE_CLOSED) && !sample_has(now, SAMPLE_TIMER) &&
	             (came_from(now, STATE_FIN_WAIT1) || came_from(now, STATE_FIN_WAIT2) ||
	              came_from(now, STATE_CLOSING));
	return if_true(waits, FACT_TIME_WAIT) |
	       if_true(sample_get(now, SAMPLE_NEW_RETRANS), FACT_AGAIN) |
	       /* above a rate not every call is sampled: then the numbers are those of several */
	       if_true(sample_get(now, SAMPLE_CALLS) > 1, FACT_CALLS);
}

static bool has_segments(const struct sample *now)
{
	return sample_get(now, SAMPLE_NEW_OUT) || sample_get(now, SAMPLE_NEW_IN);
}

static bool has_queue(const struct sample *now)
{
	return sample_has(now, SAMPLE_QUEUE) && sample_has(now, SAMPLE_BACKLOG);
}

static bool is_duration(const struct sample *now, enum sample_field field)
{
	return sample_has(now, field) && sample_get(now, field) < INT64_MAX / CLOCK_US;
}

static unsigned facts_of_call(const struct entry *entry, const struct sample *now)
{
	bool looks_only = entry->call == CALL_GETSOCKOPT || entry->call == CALL_GETSOCKNAME;
	unsigned facts = common_facts(now) | if_true(has_queue(now), FACT_QUEUE);
	if (entry_is_outgoing(entry) && !entry->error) {
		uint64_t segments = sample_get(now, SAMPLE_NEW_DATA_OUT);
		bool counted = sample_has(now, SAMPLE_NEW_DATA_OUT);
		facts |= if_true(segments, FACT_SENT) |
		         if_true(counted && !segments, FACT_NOT_SENT) |
		         if_true(sample_get(now, SAMPLE_NOTSENT), FACT_HELD);
	} else if (entry_is_incoming(entry)) {
		facts |= if_true(is_duration(now, SAMPLE_BUFFERED), FACT_BUFFERED) |
		         if_true(sample_get(now, SAMPLE_INQ), FACT_LEFT) |
		         if_true(sample_get(now, SAMPLE_DROPS), FACT_DROPS);
	} else if (!looks_only) {
		facts |= if_true(has_segments(now), FACT_SEGMENTS);
	}
	return facts;
}

static unsigned readable_facts(const struct sample *now, const struct sample *before)
{
	bool bytes = sample_get(now, SAMPLE_INQ) && is_new(now, before, SAMPLE_INQ);
	/* the peer's FIN leads there; it leads to other states, too, but after close() nobody can
	 * read any more */
	bool ended = sample_has(now, SAMPLE_OLD_STATE) && sample_is(now, STATE_CLOSE_WAIT);
	/* from these no orderly way leads to CLOSED without a call of ours */
	bool failed = sample_is(now, STATE_CLOSED) &&
	              (came_from(now, STATE_SYN_SENT) || came_from(now, STATE_ESTABLISHED) ||
	               came_from(now, STATE_CLOSE_WAIT));
	bool queue = is_new(now, before, SAMPLE_QUEUE);
	return if_true(bytes, FACT_READABLE) | if_true(ended && !bytes, FACT_END_OF_FILE) |
	       if_true(queue && sample_get(now, SAMPLE_QUEUE), FACT_CONNECTIONS) |
	       if_true(queue && has_queue(now), FACT_QUEUE) | if_true(failed, FACT_ERROR);
}

/* What waits for the peer's acknowledgement, or has not even left. */
static unsigned flight_facts(const struct sample *now, const struct sample *before)
{
	bool known = before && sample_has(before, SAMPLE_OUTQ) && sample_has(now, SAMPLE_STATE);
	if (!known || !is_new(now, before, SAMPLE_OUTQ))
		return 0;
	return BIT(sample_get(now, SAMPLE_OUTQ) ? FACT_IN_FLIGHT : FACT_ACKNOWLEDGED);
}

/* A window moves with every segment; what a person looks for is that it shuts and opens. */
static unsigned window_facts(const struct sample *now, const struct sample *before)
{
	bool shut = !sample_get(now, SAMPLE_SND_WND);
	if (!is_new(now, before, SAMPLE_SND_WND))
		return 0;
	if (!before || !sample_has(before, SAMPLE_SND_WND))
		return if_true(shut && sample_is(now, STATE_ESTABLISHED), FACT_WINDOW_SHUT);
	return if_true(shut || !before->value[SAMPLE_SND_WND], FACT_WINDOW);
}

static unsigned timer_facts(const struct sample *now)
{
	if (!is_duration(now, SAMPLE_TIMER_LEFT))
		return 0;
	switch (sample_get(now, SAMPLE_TIMER)) {
	case TIMER_RETRANSMIT:
		return if_true(sample_get(now, SAMPLE_RETRANSMITS), FACT_RETRANSMIT);
	case TIMER_PERSIST:
		return BIT(FACT_WINDOW_PROBE);
	case TIMER_KEEPALIVE:
		return if_true(sample_get(now, SAMPLE_PROBES), FACT_KEEPALIVE);
	case TIMER_TIMEWAIT:
		return BIT(FACT_STATE_LEFT);
	default:
		return 0;
	}
}

/* One of them is said if there is nothing else: this sample was recorded for some reason. */
static const struct change {
	enum sample_field field;
	const char *name;
} changes[] = {
	{ SAMPLE_UNACKED, "segments in flight" },
	{ SAMPLE_LOST, "segments presumed lost" },
	{ SAMPLE_SACKED, "segments acknowledged out of order" },
	{ SAMPLE_RCV_OOOPACK, "segments received out of order" },
	{ SAMPLE_NOTSENT, "bytes held back" },
	{ SAMPLE_INQ, "bytes to read" },
	{ SAMPLE_QUEUE, "connections waiting" },
	{ SAMPLE_SND_WND, "window" },
	{ SAMPLE_RCV_WND, "our window" },
	{ SAMPLE_PMTU, "path MTU" },
};

static const struct change *find_change(const struct sample *now, const struct sample *before)
{
	for (size_t i = 0; i < sizeof changes / sizeof *changes && before; i++)
		if (sample_has(before, changes[i].field) && is_new(now, before, changes[i].field))
			return &changes[i];
	return NULL;
}

static unsigned facts_of_sample(const struct sample *now, const struct sample *before)
{
	bool changed = sample_has(now, SAMPLE_OLD_STATE);
	bool drops = sample_get(now, SAMPLE_DROPS) && is_new(now, before, SAMPLE_DROPS);
	if (sample_is(now, STATE_GONE))
		return if_true(!changed, FACT_GONE);
	unsigned facts = common_facts(now) | readable_facts(now, before) |
	                 flight_facts(now, before) | window_facts(now, before) | timer_facts(now) |
	                 if_true(drops, FACT_DROPS) | if_true(has_segments(now), FACT_SEGMENTS);
	return facts || changed ? facts : if_true(find_change(now, before), FACT_CHANGE);
}

/* ---- in words ---- */

/* One thing after the other with commas between. */
struct phrases {
	struct buf *out;
	size_t begin; /* what was there before */
};

__attribute__((format(printf, 2, 3))) static void say(const struct phrases *phrases,
                                                      const char *format, ...)
{
	char text[256];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (phrases->out->len > phrases->begin)
		buf_append_text(phrases->out, ", ");
	buf_append_text(phrases->out, text);
}

static const char *arrow(void)
{
	return text_has_unicode() ? "→" : "->";
}

static void say_segments(const struct sample *now, const struct phrases *phrases)
{
	uint64_t sent = sample_get(now, SAMPLE_NEW_OUT);
	uint64_t came = sample_get(now, SAMPLE_NEW_IN);
	if (sent && came)
		say(phrases, "%" PRIu64 " segment%s out, %" PRIu64 " in o", sent,
		    count_plural(sent), came);
	else
		say(phrases, "%" PRIu64 " segment%s %s o", sent + came, count_plural(sent + came),
		    sent ? "out" : "in");
}

/* Whole seconds up to two minutes: timers of that length are known by them. */
static const char *format_left(uint64_t us, char out[CLOCK_TEXT])
{
	if (us < 10000000 || us >= 120000000)
		return clock_format_duration((int64_t)us * CLOCK_US, out);
	snprintf(out, CLOCK_TEXT, "%" PRIu64 " s", (us + 500000) / 1000000);
	return out;
}

/* Each window probe is answered, so what counts them is how often the timer has doubled. */
static void say_timer(enum fact fact, const struct sample *now, const struct phrases *phrases)
{
	char left[CLOCK_TEXT];
	/* the state is said before it where it is new */
	bool named = fact == FACT_STATE_LEFT && !sample_has(now, SAMPLE_OLD_STATE) &&
	             sample_has(now, SAMPLE_STATE);
	format_left(sample_get(now, SAMPLE_TIMER_LEFT), left);
	if (fact == FACT_RETRANSMIT)
		say(phrases, "retransmission %" PRIu64 " in %s *",
		    sample_get(now, SAMPLE_RETRANSMITS) + 1, left);
	else if (fact == FACT_KEEPALIVE)
		say(phrases, "keepalive probe %" PRIu64 " in %s *",
		    sample_get(now, SAMPLE_PROBES) + 1, left);
	else if (fact == FACT_STATE_LEFT)
		say(phrases, "%s%s%s left *", named ? tcp_state_name(now->value[SAMPLE_STATE]) : "",
		    named ? ", " : "", left);
	else if (sample_window_is_open(now))
		say(phrases, "held bytes leave within %s *", left);
	else if (sample_has(now, SAMPLE_BACKOFF))
		say(phrases, "window probe %" PRIu64 " in %s *",
		    sample_get(now, SAMPLE_BACKOFF) + 1, left);
	else
		say(phrases, "window probe in %s *", left);
}

/* A number of things, and its field. */
static void say_count(const struct sample *now, enum sample_field field, const char *thing,
                      const char *rest, const struct phrases *phrases)
{
	uint64_t count = sample_get(now, field);
	say(phrases, "%" PRIu64 " %s%s%s", count, thing, count_plural(count), rest);
}

static void say_change(enum sample_field field, const char *name, const struct sample *now,
                       const struct sample *before, const struct phrases *phrases)
{
	say(phrases, "%s %" PRIu64 " %s %" PRIu64 " *", name, before->value[field], arrow(),
	    now->value[field]);
}

static void say_fact(enum fact fact, const struct sample *now, const struct sample *before,
                     const struct phrases *phrases)
{
	char text[CLOCK_TEXT];
	const struct change *change;
	uint64_t waiting = sample_get(now, SAMPLE_QUEUE);
	/* there the kernel says how long the next one is, not how much there is */
	bool datagrams = sample_has(now, SAMPLE_DROPS);
	switch (fact) {
	case FACT_GONE:
		say(phrases, "no longer in the kernel *");
		break;
	case FACT_TIME_WAIT:
		say(phrases, "TIME_WAIT ?");
		break;
	case FACT_SENT:
		say_count(now, SAMPLE_NEW_DATA_OUT, "segment", " o", phrases);
		break;
	case FACT_NOT_SENT:
		say(phrases, "not sent yet o");
		break;
	case FACT_HELD:
		say_count(now, SAMPLE_NOTSENT, "byte", " held back *", phrases);
		break;
	case FACT_BUFFERED:
		clock_format_duration((int64_t)sample_get(now, SAMPLE_BUFFERED) * CLOCK_US, text);
		say(phrases, "%s in the buffer", text);
		break;
	case FACT_LEFT:
		say(phrases, datagrams ? "next datagram %" PRIu64 " byte%s *"
		                       : "%" PRIu64 " byte%s left to read *",
		    sample_get(now, SAMPLE_INQ), count_plural(sample_get(now, SAMPLE_INQ)));
		break;
	case FACT_READABLE:
		say(phrases, datagrams ? "readable: next datagram %" PRIu64 " byte%s *"
		                       : "readable: %" PRIu64 " byte%s to read *",
		    sample_get(now, SAMPLE_INQ), count_plural(sample_get(now, SAMPLE_INQ)));
		break;
	case FACT_END_OF_FILE:
		say(phrases, "readable: end of file *");
		break;
	case FACT_CONNECTIONS:
		say(phrases, "readable: %" PRIu64 " connection%s wait%s", waiting,
		    count_plural(waiting), waiting == 1 ? "s" : "");
		break;
	case FACT_QUEUE:
		say(phrases, "queue %" PRIu64 "/%" PRIu64 " *", waiting,
		    sample_queue_most(now));
		break;
	case FACT_ERROR:
		say(phrases, "error pending ?");
		break;
	case FACT_IN_FLIGHT:
		say_count(now, SAMPLE_OUTQ, "byte", " not acknowledged *", phrases);
		break;
	case FACT_ACKNOWLEDGED:
		say(phrases, "all acknowledged *");
		break;
	case FACT_WINDOW_SHUT:
		say(phrases, "window 0 *");
		break;
	case FACT_WINDOW:
		say_change(SAMPLE_SND_WND, "window", now, before, phrases);
		break;
	case FACT_RETRANSMIT:
	case FACT_WINDOW_PROBE:
	case FACT_KEEPALIVE:
	case FACT_STATE_LEFT:
		say_timer(fact, now, phrases);
		break;
	case FACT_DROPS:
		say(phrases, "%" PRIu64 " dropped so far *", sample_get(now, SAMPLE_DROPS));
		break;
	case FACT_SEGMENTS:
		say_segments(now, phrases);
		break;
	case FACT_AGAIN:
		say(phrases, "%" PRIu64 " retransmitted o", sample_get(now, SAMPLE_NEW_RETRANS));
		break;
	case FACT_CALLS:
		say(phrases, "over %" PRIu64 " calls o", sample_get(now, SAMPLE_CALLS));
		break;
	case FACT_CHANGE:
		change = find_change(now, before);
		if (change)
			say_change(change->field, change->name, now, before, phrases);
		break;
	case FACT_COUNT:
		break;
	}
}

static void say_facts(unsigned facts, const struct sample *now, const struct sample *before,
                      const struct phrases *phrases)
{
	for (enum fact fact = 0; fact < FACT_COUNT; fact++)
		if (facts & BIT(fact))
			say_fact(fact, now, before, phrases);
}

/* ---- of a call itself ---- */

static void say_peer(const struct entry *entry, const struct phrases *phrases)
{
	char text[ENDPOINT_TEXT];
	struct endpoint addr = entry_addr(entry);
	if (endpoint_is_set(&addr))
		say(phrases, "peer %s", endpoint_format(&addr, text));
}

/* The addresses are after the first line of the payload, one on each. */
static void say_addresses(const struct entry *entry, const struct phrases *phrases)
{
	const char *text = entry_payload(entry), *end = text + entry->len;
	const char *line = memchr(text, '\n', entry->len);
	unsigned count = 0;
	while (line && line + 1 < end) {
		const char *begin = line + 1;
		line = memchr(begin, '\n', (size_t)(end - begin));
		int len = (int)((line ? line : end) - begin);
		if (len > 0 && count++ < ADDRESSES_SHOWN)
			say(phrases, "%.*s", len < ENDPOINT_TEXT ? len : ENDPOINT_TEXT, begin);
	}
	if (count > ADDRESSES_SHOWN)
		say(phrases, "%u more", count - ADDRESSES_SHOWN);
}

static void say_local(const struct errqueue *error, const struct phrases *phrases)
{
	if (error->info)
		say(phrases, "larger than the path's MTU %" PRIu32 ": %s *", error->info,
		    error_name(error->error));
	else
		say(phrases, "%s: %s *", error_name(error->error), error_why(error->error));
}

static void say_icmp(const struct entry *entry, const struct errqueue *error,
                     const struct phrases *phrases)
{
	char what[CONSTANT_TEXT], text[ENDPOINT_TEXT];
	struct endpoint offender = entry_addr(entry);
	say(phrases, "%s *",
	    constant_icmp(error->origin == ERRQUEUE_ICMP6, error->type, error->code, what));
	if (endpoint_is_set(&offender))
		say(phrases, "from %s", endpoint_format_host(&offender, text));
	if (error->info)
		say(phrases, "MTU %" PRIu32, error->info);
	if (endpoint_is_set(&error->target))
		say(phrases, "about a datagram to %s", endpoint_format(&error->target, text));
	if (error->error)
		say(phrases, "%s", error_name(error->error));
}

static void say_progress(const struct errqueue *error, const struct phrases *phrases)
{
	char text[CLOCK_TEXT];
	uint64_t most = INT64_MAX;
	int64_t delay = (int64_t)(error->delay < most ? error->delay : most);
	say(phrases, "bytes before %" PRIu32 " %s %s after send() *", error->info,
	    error->origin == ERRQUEUE_ACKED ? "acknowledged" : "left",
	    clock_format_duration(delay, text));
}

static void say_error_queue(const struct entry *entry, const struct phrases *phrases)
{
	struct errqueue error;
	if (!entry_unpack_errqueue(entry, &error))
		return;
	if (error.origin == ERRQUEUE_LOCAL)
		say_local(&error, phrases);
	else if (error.origin == ERRQUEUE_ICMP || error.origin == ERRQUEUE_ICMP6)
		say_icmp(entry, &error, phrases);
	else if (error.origin == ERRQUEUE_ACKED || error.origin == ERRQUEUE_LEFT)
		say_progress(&error, phrases);
}

static void say_call(const struct entry *entry, const struct phrases *phrases)
{
	if (entry->call == CALL_ERRQUEUE)
		say_error_queue(entry, phrases);
	else if (entry->call == CALL_ACCEPT && !entry->error)
		say_peer(entry, phrases);
	else if (entry->call == CALL_GETADDRINFO && !entry->error)
		say_addresses(entry, phrases);
}

/* ---- all of it ---- */

void sampletext_change(const struct sample *sample, struct buf *out)
{
	if (!sample_has(sample, SAMPLE_OLD_STATE) || !sample_has(sample, SAMPLE_STATE))
		return;
	/* TIME_WAIT reads as CLOSED through a descriptor, until sock_diag(7) is asked */
	if (sample_is(sample, STATE_TIME_WAIT) && came_from(sample, STATE_CLOSED))
		buf_append_text(out, "TIME_WAIT *");
	else
		buf_printf(out, "%s %s %s *", tcp_state_name(sample->value[SAMPLE_OLD_STATE]),
		           arrow(),
		           sample_is(sample, STATE_GONE)
		                   ? "no longer in the kernel"
		                   : tcp_state_name(sample->value[SAMPLE_STATE]));
}

void sampletext_call(const struct entry *entry, const struct sample *sample, struct buf *out)
{
	struct phrases phrases = { out, out->len };
	say_call(entry, &phrases);
	if (sample)
		say_facts(facts_of_call(entry, sample), sample, NULL, &phrases);
}

void sampletext_news(const struct sample *now, const struct sample *before, struct buf *out)
{
	struct phrases phrases = { out, out->len };
	say_facts(facts_of_sample(now, before), now, before, &phrases);
}

bool sampletext_has_news(const struct sample *now, const struct sample *before)
{
	return facts_of_sample(now, before) != 0;
}

/* ---- what it can say ---- */

/* Every run of letters that is written for a sample; a test has them written at random. */
static const char vocabulary[] =
        "ESTABLISHED SYN SENT RECV FIN WAIT TIME CLOSE CLOSED LAST ACK LISTEN CLOSING over calls o "
        "segments out in retransmitted queue readable next datagram bytes leave to read end of file connections waits "
        "error pending window not acknowledged all s ms min h left retransmission probe keepalive "
        "no longer the kernel sent yet held back buffer dropped so far flight presumed lost within "
        "received order waiting our path MTU";

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* All else that there is beside ASCII is an arrow. */
static bool is_foreign(char c)
{
	return (unsigned char)c >= 0x80 && !memchr("→", c, sizeof "→" - 1);
}

bool sampletext_may_hold(const struct pattern *pattern)
{
	char words[sizeof vocabulary];
	const char *text = pattern->bytes;
	memcpy(words, vocabulary, sizeof words);
	pattern_fold(pattern, words, sizeof words - 1);
	for (size_t at = 0; at < pattern->len; at++) {
		size_t letters = 0;
		while (at + letters < pattern->len && is_letter(text[at + letters]))
			letters++;
		if (is_foreign(text[at]) || !memmem(words, sizeof words - 1, text + at, letters))
			return false;
		at += letters ? letters - 1 : 0;
	}
	return true;
}
