// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/reading.h"

#define BIT(field) (UINT64_C(1) << (field))

static const uint64_t known = READING_COUNT < 64 ? BIT(READING_COUNT % 64) - 1 : UINT64_MAX;

/* What reading_differs() looks at. A datagram socket's queue shows in its memory only: INQ is the
 * first datagram alone. */
static const uint64_t notable =
        BIT(READING_STATE) | BIT(READING_CA_STATE) | BIT(READING_RETRANSMITS) |
        BIT(READING_BACKOFF) | BIT(READING_UNACKED) | BIT(READING_SACKED) | BIT(READING_LOST) |
        BIT(READING_RETRANS) | BIT(READING_PMTU) | BIT(READING_TOTAL_RETRANS) |
        BIT(READING_SEGS_OUT) | BIT(READING_SEGS_IN) | BIT(READING_NOTSENT) |
        BIT(READING_DSACK_DUPS) | BIT(READING_RCV_OOOPACK) | BIT(READING_SND_WND) |
        BIT(READING_RCV_WND) | BIT(READING_TOTAL_RTO) | BIT(READING_INQ) | BIT(READING_OUTQ) |
        BIT(READING_RMEM) | BIT(READING_DROPS) | BIT(READING_TIMER) | BIT(READING_QUEUE) |
        BIT(READING_BACKLOG);

/* ---- two readings ---- */

static bool both_have(const struct reading *a, const struct reading *b, enum reading_field field)
{
	return reading_has(a, field) && reading_has(b, field);
}

/* The kernel's counts are 32 bits wide and wrap. One that seems to have gone back is that of
 * another socket, or of one that connect(AF_UNSPEC) has emptied: of it nothing is said. */
static bool count_growth(const struct reading *now, const struct reading *before,
                         enum reading_field field, uint32_t *growth)
{
	if (!both_have(now, before, field))
		return false;
	*growth = (uint32_t)(now->value[field] - before->value[field]);
	return *growth <= INT32_MAX;
}

static void compare_count(struct reading *now, const struct reading *before,
                          enum reading_field count, enum reading_field change)
{
	uint32_t growth;
	if (count_growth(now, before, count, &growth))
		reading_set(now, change, growth);
}

/* A SYN or FIN sent again is counted as a retransmission, but not among the data. */
static void compare_data_out(struct reading *now, const struct reading *before)
{
	uint32_t data, again;
	if (count_growth(now, before, READING_DATA_SEGS_OUT, &data) &&
	    count_growth(now, before, READING_TOTAL_RETRANS, &again))
		reading_set(now, READING_NEW_DATA_OUT, data > again ? data - again : 0);
}

void reading_compare(struct reading *now, const struct reading *before)
{
	for (int field = READING_OLD_STATE; field <= READING_NEW_RETRANS; field++)
		now->present &= ~BIT(field);
	if (both_have(now, before, READING_STATE) &&
	    now->value[READING_STATE] != before->value[READING_STATE])
		reading_set(now, READING_OLD_STATE, before->value[READING_STATE]);
	compare_count(now, before, READING_SEGS_OUT, READING_NEW_OUT);
	compare_count(now, before, READING_SEGS_IN, READING_NEW_IN);
	compare_count(now, before, READING_DATA_SEGS_IN, READING_NEW_DATA_IN);
	compare_count(now, before, READING_TOTAL_RETRANS, READING_NEW_RETRANS);
	compare_data_out(now, before);
}

/* Whoever reads without asking for the timer has not seen it stop. */
/* What waits in a stream is told in bytes; in the memory it takes only of datagrams. */
static uint64_t notable_of(const struct reading *reading)
{
	return reading_has(reading, READING_STATE) ? notable & ~BIT(READING_RMEM) : notable;
}

bool reading_differs(const struct reading *a, const struct reading *b)
{
	uint64_t what = notable_of(b);
	if ((a->present ^ b->present) & what & ~BIT(READING_TIMER))
		return true;
	uint64_t shared = a->present & b->present & what;
	for (unsigned field = 0; shared >> field; field++)
		if ((shared >> field & 1) && a->value[field] != b->value[field])
			return true;
	return false;
}

/* ---- the compact form ---- */

static char *put(char *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*out++ = (char)(unsigned char)(value | 0x80);
	*out++ = (char)value;
	return out;
}

/* NULL where the bytes end too early, or the number is wider than 64 bits. */
static const char *get(const char *in, const char *end, uint64_t *value)
{
	*value = 0;
	for (unsigned shift = 0; in < end && shift < 64; shift += 7) {
		unsigned char byte = (unsigned char)*in++;
		uint64_t bits = byte & 0x7f;
		if (shift == 63 && bits > 1)
			return NULL;
		*value |= bits << shift;
		if (byte < 0x80)
			return in;
	}
	return NULL;
}

size_t reading_pack(const struct reading *reading, char out[READING_PACKED])
{
	uint64_t present = reading->present & known;
	char *end = put(out, present);
	for (unsigned field = 0; field < READING_COUNT; field++)
		if (present >> field & 1)
			end = put(end, reading->value[field]);
	return (size_t)(end - out);
}

bool reading_unpack(const struct entry *entry, struct reading *reading)
{
	uint64_t present, value;
	if (entry->call != CALL_READING)
		return false;
	const char *in = entry_payload(entry), *end = in + entry->len;
	in = get(in, end, &present);
	for (unsigned field = 0; in && field < 64; field++)
		if (present >> field & 1) {
			in = get(in, end, &value);
			if (in && field < READING_COUNT)
				reading->value[field] = value;
		}
	reading->present = in ? present & known : 0;
	return in != NULL;
}

/* ---- in the transcript ---- */

bool reading_after(const struct transcript *transcript, uint64_t position, struct reading *reading)
{
	const struct entry *call = transcript_at(transcript, position);
	if (!call || !entry_is_call(call))
		return false;
	const struct entry *next = transcript_at(transcript, transcript_next(transcript, position));
	return next && next->session == call->session && next->arg == READING_AFTER &&
	       reading_unpack(next, reading);
}

bool reading_before(const struct transcript *transcript, uint64_t position, unsigned most,
                    struct reading *reading)
{
	for (; most > 0; most--) {
		const struct entry *entry = transcript_at(transcript, position);
		if (!entry)
			return false;
		if (reading_unpack(entry, reading))
			return true;
		position = transcript_before(transcript, position);
	}
	return false;
}

/* Without a descriptor, by sock_diag(7), it follows on whatever was read last. */
bool reading_previous(const struct transcript *transcript, uint64_t position, unsigned most,
                      struct reading *reading)
{
	const struct entry *entry = transcript_at(transcript, position);
	int fd = entry ? entry->fd : -1;
	for (; entry && most > 0; most--) {
		position = transcript_before(transcript, position);
		entry = transcript_at(transcript, position);
		bool same = entry && (fd < 0 || entry->fd == fd);
		if (same && reading_unpack(entry, reading))
			return true;
	}
	return false;
}

/* ---- words ---- */

const char *reading_state_name(uint64_t state)
{
	static const char *const names[STATE_COUNT] = {
		[STATE_GONE] = "gone",
		[STATE_ESTABLISHED] = "ESTABLISHED",
		[STATE_SYN_SENT] = "SYN_SENT",
		[STATE_SYN_RECV] = "SYN_RECV",
		[STATE_FIN_WAIT1] = "FIN_WAIT1",
		[STATE_FIN_WAIT2] = "FIN_WAIT2",
		[STATE_TIME_WAIT] = "TIME_WAIT",
		[STATE_CLOSE] = "CLOSE",
		[STATE_CLOSE_WAIT] = "CLOSE_WAIT",
		[STATE_LAST_ACK] = "LAST_ACK",
		[STATE_LISTEN] = "LISTEN",
		[STATE_CLOSING] = "CLOSING",
	};
	return state < STATE_COUNT ? names[state] : "?";
}

const char *reading_timer_name(uint64_t timer)
{
	static const char *const names[] = {
		[TIMER_OFF] = "off",
		[TIMER_RETRANSMIT] = "retransmit",
		[TIMER_KEEPALIVE] = "keepalive",
		[TIMER_TIMEWAIT] = "TIME_WAIT",
		[TIMER_PERSIST] = "persist",
	};
	return timer < sizeof names / sizeof *names ? names[timer] : "?";
}
