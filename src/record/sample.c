// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/sample.h"

#define BIT(field) (UINT64_C(1) << (field))

static const uint64_t known = SAMPLE_COUNT < 64 ? BIT(SAMPLE_COUNT % 64) - 1 : UINT64_MAX;

/* What sample_differs() looks at. A datagram socket's queue shows in its memory only: INQ is the
 * first datagram alone. */
static const uint64_t notable =
        BIT(SAMPLE_STATE) | BIT(SAMPLE_CA_STATE) | BIT(SAMPLE_RETRANSMITS) | BIT(SAMPLE_BACKOFF) |
        BIT(SAMPLE_UNACKED) | BIT(SAMPLE_SACKED) | BIT(SAMPLE_LOST) | BIT(SAMPLE_RETRANS) |
        BIT(SAMPLE_PMTU) | BIT(SAMPLE_TOTAL_RETRANS) | BIT(SAMPLE_SEGS_OUT) | BIT(SAMPLE_SEGS_IN) |
        BIT(SAMPLE_NOTSENT) | BIT(SAMPLE_DSACK_DUPS) | BIT(SAMPLE_RCV_OOOPACK) |
        BIT(SAMPLE_SND_WND) | BIT(SAMPLE_RCV_WND) | BIT(SAMPLE_TOTAL_RTO) | BIT(SAMPLE_INQ) |
        BIT(SAMPLE_OUTQ) | BIT(SAMPLE_RMEM) | BIT(SAMPLE_DROPS) | BIT(SAMPLE_TIMER) |
        BIT(SAMPLE_QUEUE) | BIT(SAMPLE_BACKLOG);

/* ---- two samples ---- */

static bool both_have(const struct sample *a, const struct sample *b, enum sample_field field)
{
	return sample_has(a, field) && sample_has(b, field);
}

/* The kernel's counts are 32 bits wide and wrap. A count that seems to have gone back is that of
 * another socket, or of one that connect(AF_UNSPEC) has reset: it is not compared. */
static bool count_growth(const struct sample *now, const struct sample *before,
                         enum sample_field field, uint32_t *growth)
{
	if (!both_have(now, before, field))
		return false;
	*growth = (uint32_t)(now->value[field] - before->value[field]);
	return *growth <= INT32_MAX;
}

static void compare_count(struct sample *now, const struct sample *before, enum sample_field count,
                          enum sample_field change)
{
	uint32_t growth;
	if (count_growth(now, before, count, &growth))
		sample_set(now, change, growth);
}

/* A SYN or FIN sent again is counted as a retransmission, but not among the data. */
static void compare_data_out(struct sample *now, const struct sample *before)
{
	uint32_t data, again;
	if (count_growth(now, before, SAMPLE_DATA_SEGS_OUT, &data) &&
	    count_growth(now, before, SAMPLE_TOTAL_RETRANS, &again))
		sample_set(now, SAMPLE_NEW_DATA_OUT, data > again ? data - again : 0);
}

void sample_compare(struct sample *now, const struct sample *before)
{
	for (int field = SAMPLE_OLD_STATE; field <= SAMPLE_NEW_RETRANS; field++)
		now->present &= ~BIT(field);
	if (both_have(now, before, SAMPLE_STATE) &&
	    now->value[SAMPLE_STATE] != before->value[SAMPLE_STATE])
		sample_set(now, SAMPLE_OLD_STATE, before->value[SAMPLE_STATE]);
	compare_count(now, before, SAMPLE_SEGS_OUT, SAMPLE_NEW_OUT);
	compare_count(now, before, SAMPLE_SEGS_IN, SAMPLE_NEW_IN);
	compare_count(now, before, SAMPLE_DATA_SEGS_IN, SAMPLE_NEW_DATA_IN);
	compare_count(now, before, SAMPLE_TOTAL_RETRANS, SAMPLE_NEW_RETRANS);
	compare_data_out(now, before);
}

/* What waits in a stream is counted in bytes, waiting datagrams only by the memory that they take.
 * A sample that was taken without asking for the timer has not seen it stop. */
bool sample_differs(const struct sample *a, const struct sample *b)
{
	bool is_stream = sample_has(b, SAMPLE_STATE);
	uint64_t what = is_stream ? notable & ~BIT(SAMPLE_RMEM) : notable;
	if ((a->present ^ b->present) & what & ~BIT(SAMPLE_TIMER))
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

size_t sample_pack(const struct sample *sample, char out[SAMPLE_PACKED])
{
	uint64_t present = sample->present & known;
	char *end = put(out, present);
	for (unsigned field = 0; field < SAMPLE_COUNT; field++)
		if (present >> field & 1)
			end = put(end, sample->value[field]);
	return (size_t)(end - out);
}

bool sample_unpack(const struct entry *entry, struct sample *sample)
{
	uint64_t present, value;
	if (entry->call != CALL_SAMPLE)
		return false;
	const char *in = entry_payload(entry), *end = in + entry->len;
	in = get(in, end, &present);
	for (unsigned field = 0; in && field < 64; field++)
		if (present >> field & 1) {
			in = get(in, end, &value);
			if (in && field < SAMPLE_COUNT)
				sample->value[field] = value;
		}
	sample->present = in ? present & known : 0;
	return in != NULL;
}

/* ---- in the transcript ---- */

bool sample_after(const struct transcript *transcript, uint64_t position, struct sample *sample)
{
	const struct entry *call = transcript_at(transcript, position);
	if (!call || !entry_is_call(call))
		return false;
	const struct entry *next;
	do {
		position = transcript_next(transcript, position);
		next = transcript_at(transcript, position);
	} while (next && next->call == CALL_FRAME);
	return next && next->session == call->session && next->arg == SAMPLE_AFTER &&
	       sample_unpack(next, sample);
}

bool sample_before(const struct transcript *transcript, uint64_t position, unsigned most,
                   struct sample *sample)
{
	for (; most > 0; most--) {
		const struct entry *entry = transcript_at(transcript, position);
		if (!entry)
			return false;
		if (sample_unpack(entry, sample))
			return true;
		position = transcript_before(transcript, position);
	}
	return false;
}

/* A sample without a descriptor, by sock_diag(7), follows the newest of any descriptor. */
bool sample_previous(const struct transcript *transcript, uint64_t position, unsigned most,
                     struct sample *sample)
{
	const struct entry *entry = transcript_at(transcript, position);
	int fd = entry ? entry->fd : -1;
	for (; entry && most > 0; most--) {
		position = transcript_before(transcript, position);
		entry = transcript_at(transcript, position);
		bool same = entry && (fd < 0 || entry->fd == fd);
		if (same && sample_unpack(entry, sample))
			return true;
	}
	return false;
}
