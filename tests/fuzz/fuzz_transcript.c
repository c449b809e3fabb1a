// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes transcript.h with tiny blocks, beside a list that forgets nothing. Three bytes of input
 * are one step: what to do, in which session, how much. */
#include "record/transcript.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK ((size_t)216)

enum { STEPS = 400, PIECES = 5, ENTRIES = STEPS * PIECES };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct step {
	uint8_t verb, session, amount;
};

struct remembered {
	uint64_t position;
	uint32_t session, len;
	uint16_t stream_offset;
	bool continues;
	uint8_t filler;
	const struct endpoint *addr;
};

struct model {
	struct remembered list[ENTRIES];
	size_t count;
	uint16_t offset[256][2];
	bool is_unsure[256][2];
};

static const struct endpoint four = { .family = AF_INET, .port = 7, .ip = { 127, 0, 0, 1 } };
static const struct endpoint six = {
	.family = AF_INET6, .port = 7, .ip = { [15] = 1 }, .scope = 1
};
static const struct endpoint none = { .family = AF_UNSPEC };
static const struct endpoint path = { .family = AF_UNIX, .path = "/run/x", .path_len = 6 };
static const struct endpoint *const addrs[] = { &none, &four, &six, &path };

static void require(bool holds)
{
	if (!holds)
		abort();
}

static enum call call_of(const struct step *step)
{
	static const enum call calls[] = { CALL_RECV, CALL_SEND, CALL_NOTE, CALL_RECVFROM };
	return calls[step->verb >> 3 & 3];
}

static struct entry header_of(const struct step *step)
{
	return (struct entry){ .session = step->session, .call = (uint8_t)call_of(step), .fd = -1 };
}

/* A session of which nothing was left may have been forgotten: then its streams begin again. */
static uint16_t expected_offset(struct model *model, const struct entry *entry)
{
	if (entry->call != CALL_SEND && entry->call != CALL_RECV)
		return 0;
	bool is_send = entry->call == CALL_SEND;
	uint16_t *offset = &model->offset[entry->session][is_send];
	if (model->is_unsure[entry->session][is_send] && !entry->stream_offset)
		*offset = 0;
	model->is_unsure[entry->session][is_send] = false;
	uint16_t expected = *offset;
	*offset = (uint16_t)(expected + entry->len);
	return expected;
}

static void remember(struct model *model, const struct transcript *t, uint64_t position,
                     const struct step *step, bool is_gone)
{
	const struct entry *entry = transcript_at(t, position);
	require(entry && entry->session == step->session && model->count < ENTRIES);
	struct remembered *now = &model->list[model->count++];
	*now = (struct remembered){ .position = position,
		                    .session = entry->session,
		                    .len = entry->len,
		                    .filler = step->amount,
		                    .addr = addrs[step->verb % 4],
		                    .continues = entry->flags & ENTRY_CONTINUES };
	if (is_gone)
		model->is_unsure[step->session][0] = model->is_unsure[step->session][1] = true;
	now->stream_offset = expected_offset(model, entry);
	require(entry->stream_offset == now->stream_offset);
}

/* What has come, or the end of it. */
static void send_back(struct model *model, struct transcript *t, const struct step *step)
{
	const struct entry *entry = transcript_at(t, transcript_newest(t));
	size_t len = step->amount & 1 ? entry->len / 2 : entry->len;
	const char *bytes = entry_bytes(entry) + (entry->len - len);
	struct entry header = { .session = step->session, .call = CALL_SEND, .fd = -1 };
	bool is_gone = transcript_last(t, step->session) == TRANSCRIPT_NONE;
	if (!transcript_share(t, ENTRY_ADDRESSES, bytes, len))
		return;
	remember(model, t, transcript_commit(t, &header, addrs[step->verb % 4], NULL, len), step, is_gone);
	require(model->list[model->count - 1].len == len);
}

static void receive(struct model *model, struct transcript *t, const struct step *step)
{
	const struct endpoint *addr = addrs[step->verb % 4];
	uint8_t packed[ENDPOINT_PACKED];
	size_t endpoint_size = step->verb & 128 ? endpoint_pack(addr, packed) : ENTRY_ADDRESSES;
	size_t most = BLOCK - ENTRY_HEADER - endpoint_size;
	size_t room = 0;
	char *location = transcript_reserve(t, endpoint_size, step->amount, &room);
	require(room <= most && room >= (step->amount < most ? step->amount : most));
	bool is_gone = transcript_last(t, step->session) == TRANSCRIPT_NONE;
	memset(location, step->amount, room);
	if (step->verb & 64) {
		transcript_cancel(t);
		return;
	}
	struct entry header = header_of(step);
	size_t len = step->amount < room ? step->amount : room;
	remember(model, t, transcript_commit(t, &header, addr, NULL, len), step, is_gone);
	require(model->list[model->count - 1].len == len);
	if (step->verb & 4)
		send_back(model, t, step);
}

/* A payload of several blocks may push its own beginning out; what is left of it is remembered. */
static void append(struct model *model, struct transcript *t, const struct step *step)
{
	static char payload[256];
	memset(payload, step->amount, sizeof payload);
	struct entry header = header_of(step);
	uint64_t count = transcript_count(t);
	transcript_set_ceiling(t, (PIECES + 2) * BLOCK);
	bool is_gone = transcript_last(t, step->session) == TRANSCRIPT_NONE;
	uint64_t at = transcript_append(t, &header, addrs[step->verb % 4], payload, step->amount);
	size_t total = 0;
	for (; at != TRANSCRIPT_NONE; at = transcript_next(t, at)) {
		remember(model, t, at, step, is_gone && !total);
		total += model->list[model->count - 1].len;
		require(model->list[model->count - 1].continues ==
		        (header.call == CALL_NOTE && transcript_next(t, at) != TRANSCRIPT_NONE));
	}
	require(total == step->amount && transcript_count(t) == model->count &&
	        model->count > count);
}

static void check_entry(const struct remembered *want, const struct transcript *t)
{
	const struct entry *entry = transcript_at(t, want->position);
	require(entry && entry->session == want->session);
	require(entry->len == want->len && entry->stream_offset == want->stream_offset);
	struct endpoint addr = entry_addr(entry);
	uint8_t packed[ENDPOINT_PACKED];
	require(endpoint_equal(&addr, want->addr) &&
	        entry->endpoint_len == endpoint_pack(want->addr, packed));
	for (size_t i = 0; i < entry->len; i++)
		require((uint8_t)entry_payload(entry)[i] == want->filler);
}

static uint64_t find(const struct model *model, size_t begin, size_t end, uint32_t session,
                     bool is_last)
{
	uint64_t found = TRANSCRIPT_NONE;
	for (size_t i = begin; i < end && (is_last || found == TRANSCRIPT_NONE); i++)
		if (model->list[i].session == session)
			found = model->list[i].position;
	return found;
}

/* What has gone is gone from the front, and leads to the oldest that is left; the rest is as it
 * was. */
static void check(const struct model *model, const struct transcript *t)
{
	size_t lost = transcript_lost(t).entries;
	uint64_t bytes = 0;
	require(lost <= model->count && transcript_count(t) == model->count);
	uint64_t next = transcript_first(t);
	require(next == TRANSCRIPT_NONE || transcript_end(t) - next <= transcript_ceiling(t));
	for (size_t i = 0; i < lost; i++) {
		bytes += model->list[i].len;
		require(!transcript_at(t, model->list[i].position));
		require(transcript_next(t, model->list[i].position) == next);
	}
	require(bytes == transcript_lost(t).bytes);
	for (size_t i = lost; i < model->count; i++, next = transcript_next(t, next)) {
		const struct remembered *now = &model->list[i];
		uint64_t last = find(model, i, model->count, now->session, true);
		require(now->position == next);
		check_entry(now, t);
		require(transcript_before(t, next) == find(model, lost, i, now->session, true));
		require(transcript_after(t, next) ==
		        find(model, i + 1, model->count, now->session, false));
		require(transcript_last(t, now->session) == last);
	}
	require(next == TRANSCRIPT_NONE);
}

static void take(struct model *model, struct transcript *t, const struct step *step)
{
	if ((step->verb & 32) && (step->verb & 64))
		transcript_set_ceiling(t, (size_t)step->amount * 8);
	else if (step->verb & 32)
		append(model, t, step);
	else
		receive(model, t, step);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct model model;
	memset(&model, 0, sizeof model);
	struct transcript *t = transcript_new(4 * BLOCK, BLOCK);
	for (size_t i = 0; i < STEPS && size >= sizeof(struct step); i++) {
		struct step step;
		memcpy(&step, data, sizeof step);
		data += sizeof step;
		size -= sizeof step;
		take(&model, t, &step);
		if (i % 32 == 31)
			check(&model, t);
	}
	check(&model, t);
	transcript_free(t);
	return 0;
}
