// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/fault.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/choice.h"
#include "base/clock.h"
#include "base/measure.h"
#include "base/word_reader.h"

/* The rows, in the order in which they act. */
enum { LOSS, CORRUPT, DUPLICATE, DELAY, RATE, REORDER, STALL, COALESCE, SPLIT, CUT, CLOSE, REFUSE };

#define SLICE (10 * CLOCK_MS) /* a rate lets bytes go in parts that take that long */
#define LATE  (300 * CLOCK_MS) /* a rate makes good what a busy machine has missed of that */
#define GAP   CLOCK_MS        /* between the parts of a stream, by default */

struct setting {
	bool on;
	uint32_t chance, first, last; /* parts per million; or these from now on */
	int64_t time, more;           /* how long; by how much it varies, or between parts */
	uint64_t number;              /* bits per second, or bytes */
	enum fault_end end;
};

/* A datagram that is held back: those of a lane are in the order in which they are due. */
struct held {
	struct held *next;
	int64_t since; /* when it was given */
	int64_t ready; /* when a rate may have it */
	int64_t due;
	bool waits; /* for the next one */
	struct fault_datagram datagram;
	char bytes[];
};

/* Bytes of a stream that may leave at an instant; those before the oldest mark may leave now. */
struct mark {
	size_t len;
	int64_t due;
};

struct fault_lane {
	struct faults *faults;
	enum fault_direction direction;
	struct setting set[FAULT_COUNT];
	struct {
		uint64_t acted;
		uint64_t seen; /* datagrams, or bytes moved, since it is on */
		int64_t until; /* nothing moves before; of delay and rate, when the last one is due */
		bool said;     /* that bytes wait for it */
	} state[FAULT_COUNT];

	uint64_t count; /* datagrams since the seed was given */
	struct held *first, *last, *taken;
	unsigned waiting;    /* of these: for the next one */
	size_t held, memory; /* bytes of payload in them, and all that they take */
	bool full_said;      /* that they take as much as they may */

	struct mark *marks; /* the oldest first */
	size_t mark_count, mark_cap, marked;
	int64_t ask_at;
};

struct faults {
	enum fault_kind kind;
	bool knows_rst;
	uint32_t seed;
	uint32_t clients;        /* of a listener, since the seed was given */
	struct faults *listener; /* whose client's these are; NULL = nobody's */
	size_t users;            /* of a listener's: itself, and its clients' */
	bool own;                /* of a client's: it has been given some of its own */
	fault_strike *strike;
	void *context;
	struct fault_lane lane[FAULT_DIRECTIONS];
};

struct fault_fate {
	int64_t now, ready, due;
	size_t len;
	const char *peer;
	bool lost, twice, waits, corrupt;
	size_t bit;
};

/* ---- chance ---- */

/* The mixing step of splitmix64: each bit of the result depends on each of the number. */
static uint64_t mix(uint64_t number)
{
	number += UINT64_C(0x9e3779b97f4a7c15);
	number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
	return number ^ number >> 31;
}

/* A number below `limit` for the present datagram: the same for the same seed, direction, name and
 * number of the datagram, on every machine. */
static uint64_t draw(const struct fault_lane *lane, const char *name, uint32_t limit)
{
	uint64_t purpose = 0;
	while (*name)
		purpose = mix(purpose ^ (unsigned char)*name++);
	uint64_t key = mix((uint64_t)lane->faults->seed << 1 | (unsigned)lane->direction);
	return (mix(mix(key ^ purpose) ^ lane->count) >> 32) * limit >> 32;
}

/* Whether it acts on the present datagram, which counts as one seen. */
static bool hits(struct fault_lane *lane, unsigned row)
{
	const struct setting *setting = &lane->set[row];
	uint64_t seen = ++lane->state[row].seen;
	if (setting->last)
		return seen >= setting->first && seen <= setting->last;
	return draw(lane, fault_table[row].name, MEASURE_MILLION) < setting->chance;
}

/* Within ± `more`. */
static int64_t vary(const struct fault_lane *lane, const struct setting *setting)
{
	uint64_t drawn = draw(lane, "jitter", UINT32_MAX) >> 8;
	return setting->time - setting->more +
	       (int64_t)(drawn * (uint64_t)(2 * setting->more) >> 24);
}

/* ---- strikes ---- */

static void print_setting(unsigned row, const struct setting *setting, struct buf *out);

__attribute__((format(printf, 3, 4))) static void report(struct fault_lane *lane, unsigned row,
                                                         const char *format, ...)
{
	va_list args;
	char text[FAULT_STRIKE], what[FAULT_STRIKE - 100];
	struct buf words = { .max = SIZE_MAX };
	print_setting(row, &lane->set[row], &words);
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	snprintf(text, sizeof text, "fault %s%.80s: %s",
	         fault_table[row].kinds == FAULT_LISTENER ? ""
	         : lane->direction == FAULT_IN            ? "in "
	                                                  : "out ",
	         buf_text(&words), what);
	buf_free(&words);
	lane->state[row].acted++;
	if (lane->faults->listener)
		lane->faults->listener->lane[lane->direction].state[row].acted++;
	lane->faults->strike(lane->faults->context, text);
}

/* "datagram 7 of 64 bytes to 127.0.0.1:5000 waits 43 ms" */
static void strike_datagram(struct fault_lane *lane, unsigned row, const struct fault_fate *fate,
                            const char *what)
{
	char seed[24] = "";
	if (lane->set[row].chance)
		snprintf(seed, sizeof seed, " (seed %" PRIu32 ")", lane->faults->seed);
	report(lane, row, "datagram %" PRIu64 " of %zu byte%s%s%s %s%s", lane->count, fate->len,
	       fate->len == 1 ? "" : "s",
	       !*fate->peer                  ? ""
	       : lane->direction == FAULT_IN ? " from "
	                                     : " to ",
	       fate->peer, what, seed);
}

/* Bytes wait for this fault, which is said once until none wait. */
static void strike_waiting(struct fault_lane *lane, unsigned row, size_t waiting, const char *what)
{
	if (lane->state[row].said)
		return;
	lane->state[row].said = true;
	if (lane->direction == FAULT_IN)
		report(lane, row, "recv() %s", what);
	else
		report(lane, row, "%zu byte%s %s", waiting, waiting == 1 ? "" : "s", what);
}

/* "1 byte waits", "recv() waits", "2 bytes wait" */
static bool is_singular(const struct fault_lane *lane, size_t waiting)
{
	return lane->direction == FAULT_IN || waiting == 1;
}

/* "waits 50 ms" */
static const char *wait_for(const struct fault_lane *lane, int64_t time, size_t waiting,
                            const char *more, char out[FAULT_STRIKE])
{
	char text[CLOCK_TEXT];
	snprintf(out, FAULT_STRIKE, "wait%s %s%s", is_singular(lane, waiting) ? "s" : "",
	         clock_format_duration(time, text), more);
	return out;
}

/* ---- datagrams ---- */

static void lose(struct fault_lane *lane, unsigned row, struct fault_fate *fate)
{
	if (!hits(lane, row))
		return;
	fate->lost = true;
	strike_datagram(lane, row, fate,
	                lane->direction == FAULT_OUT ? "is not sent"
	                                             : "is dropped after it was received");
}

static void corrupt(struct fault_lane *lane, unsigned row, struct fault_fate *fate)
{
	char what[FAULT_STRIKE];
	bool hit = hits(lane, row);
	if (!hit || fate->lost || !fate->len)
		return;
	fate->corrupt = true;
	fate->bit = draw(lane, "bit", (uint32_t)fate->len * 8);
	snprintf(what, sizeof what, "has bit %zu of byte %zu flipped%s", fate->bit % 8,
	         fate->bit / 8 + 1,
	         lane->direction == FAULT_IN ? " from here on: it came as its call shows" : "");
	strike_datagram(lane, row, fate, what);
}

static void duplicate(struct fault_lane *lane, unsigned row, struct fault_fate *fate)
{
	bool hit = hits(lane, row);
	if (!hit || fate->lost)
		return;
	fate->twice = true;
	strike_datagram(lane, row, fate,
	                lane->direction == FAULT_OUT ? "is sent twice" : "counts as two");
}

static void strike_wait(struct fault_lane *lane, unsigned row, const struct fault_fate *fate)
{
	char text[CLOCK_TEXT], what[FAULT_STRIKE];
	snprintf(what, sizeof what, "waits %s", clock_format_duration(fate->due - fate->now, text));
	strike_datagram(lane, row, fate, what);
}

/* The variation never changes the order. */
static void delay(struct fault_lane *lane, unsigned row, struct fault_fate *fate)
{
	int64_t *last = &lane->state[row].until;
	if (fate->lost)
		return;
	fate->due = fate->now + vary(lane, &lane->set[row]);
	if (fate->due < *last)
		fate->due = *last;
	*last = fate->ready = fate->due;
	strike_wait(lane, row, fate);
}

static int64_t time_of(uint64_t rate, size_t len)
{
	return (int64_t)((double)len * 8 * (double)CLOCK_S / (double)rate);
}

/* The first one leaves at once, and the next when this one would have been out. */
static void pace(struct fault_lane *lane, unsigned row, struct fault_fate *fate)
{
	int64_t *free_at = &lane->state[row].until;
	if (fate->lost)
		return;
	bool waits = *free_at > fate->due;
	if (waits)
		fate->due = *free_at;
	*free_at = fate->due + time_of(lane->set[row].number, fate->len);
	if (waits)
		strike_wait(lane, row, fate);
}

/* Not where another one waits already: that one is what this one passes. */
static void reorder(struct fault_lane *lane, unsigned row, struct fault_fate *fate)
{
	bool hit = hits(lane, row);
	if (!hit || lane->waiting || fate->lost)
		return;
	fate->waits = true;
	fate->due += FAULT_PASS;
	strike_datagram(lane, row, fate, "waits for the next one to pass it, 100 ms at most");
}

/* After those that are due at the same instant: most are due last. */
static void hold(struct fault_lane *lane, struct held *held)
{
	struct held **at =
	        lane->last && lane->last->due <= held->due ? &lane->last->next : &lane->first;
	while (*at && (*at)->due <= held->due)
		at = &(*at)->next;
	held->next = *at;
	*at = held;
	if (!held->next)
		lane->last = held;
}

static struct held *unhold_all(struct fault_lane *lane)
{
	struct held *first = lane->first;
	lane->first = lane->last = NULL;
	return first;
}

static struct held *copy(const struct fault_datagram *datagram)
{
	size_t size = datagram->about_len + datagram->len;
	struct held *held = xmalloc(sizeof *held + size);
	held->datagram = (struct fault_datagram){ .about_len = datagram->about_len,
		                                  .len = datagram->len,
		                                  .about = held->bytes,
		                                  .data = held->bytes + datagram->about_len };
	if (datagram->about_len)
		memcpy(held->bytes, datagram->about, datagram->about_len);
	if (datagram->len)
		memcpy(held->bytes + datagram->about_len, datagram->data, datagram->len);
	return held;
}

static size_t memory_of(const struct held *held)
{
	return sizeof *held + held->datagram.about_len + held->datagram.len;
}

static void keep(struct fault_lane *lane, struct held *held, const struct fault_fate *fate)
{
	held->since = fate->now;
	held->ready = fate->ready;
	held->due = fate->due;
	held->waits = fate->waits;
	lane->waiting += held->waits;
	lane->held += held->datagram.len;
	lane->memory += memory_of(held);
	hold(lane, held);
}

/* What has waited for this one to pass it leaves right after it, or earlier where its time is over. */
static void let_follow(struct fault_lane *lane, int64_t due)
{
	if (!lane->waiting)
		return;
	lane->waiting = 0;
	for (struct held *held = unhold_all(lane), *next; held; held = next) {
		next = held->next;
		held->due = held->waits && due < held->due ? due : held->due;
		held->waits = false;
		hold(lane, held);
	}
}

/* Delay or rate is another, or off, or nothing `waits` for the next one any longer: what is held back
 * is due in the same order, as fast as the rate allows now. What waits for the next one does so for as
 * long as if it had been given with these settings. */
static void reschedule(struct fault_lane *lane, int64_t now, bool waits)
{
	bool rated = lane->set[RATE].on;
	int64_t free_at = now;
	if (!lane->first)
		return;
	for (struct held *held = unhold_all(lane), *next; held; held = next) {
		next = held->next;
		held->ready = lane->set[DELAY].on ? held->ready : held->since;
		if (held->waits && !waits) {
			held->waits = false;
			lane->waiting--;
		}
		int64_t begin = rated && free_at > held->ready ? free_at : held->ready;
		int64_t passed = held->ready + FAULT_PASS;
		held->due = held->waits && passed > begin ? passed : begin;
		if (rated)
			free_at = begin + time_of(lane->set[RATE].number, held->datagram.len);
		hold(lane, held);
	}
	lane->state[RATE].until = free_at;
}

static void report_full(struct fault_lane *lane)
{
	char text[FAULT_STRIKE];
	if (lane->memory < FAULT_HELD || lane->full_said)
		return;
	lane->full_said = true;
	snprintf(text, sizeof text,
	         "fault %s: %d KiB of memory hold datagrams back: no more are %s until some leave",
	         lane->direction == FAULT_IN ? "in" : "out", FAULT_HELD / 1024,
	         lane->direction == FAULT_IN ? "read" : "taken");
	lane->faults->strike(lane->faults->context, text);
}

/* A strike is written down where the datagram may be: it is copied before. */
void faults_pass(struct faults *faults, enum fault_direction direction, int64_t now,
                 const struct fault_datagram *datagram, const char *peer)
{
	struct fault_lane *lane = &faults->lane[direction];
	struct fault_fate fate = {
		.now = now, .ready = now, .due = now, .len = datagram->len, .peer = peer
	};
	struct held *held = copy(datagram);
	lane->count++;
	for (unsigned row = 0; row < FAULT_COUNT; row++) {
		struct setting *setting = &lane->set[row];
		if (!setting->on || !fault_table[row].datagram)
			continue;
		fault_table[row].datagram(lane, row, &fate);
		setting->on = !setting->last || lane->state[row].seen < setting->last;
	}
	if (fate.lost) {
		free(held);
		return;
	}
	if (fate.corrupt)
		held->bytes[held->datagram.about_len + fate.bit / 8] ^= (char)(1 << fate.bit % 8);
	if (fate.twice)
		keep(lane, copy(&held->datagram), &fate);
	keep(lane, held, &fate);
	if (!fate.waits)
		let_follow(lane, fate.due);
	report_full(lane);
}

bool faults_are_full(const struct faults *faults, enum fault_direction direction)
{
	return faults->lane[direction].memory >= FAULT_HELD;
}

const struct fault_datagram *faults_take(struct faults *faults, enum fault_direction direction,
                                         int64_t now)
{
	struct fault_lane *lane = &faults->lane[direction];
	free(lane->taken);
	lane->taken = lane->first && lane->first->due <= now ? lane->first : NULL;
	if (!lane->taken)
		return NULL;
	lane->first = lane->taken->next;
	lane->last = lane->first ? lane->last : NULL;
	lane->waiting -= lane->taken->waits;
	lane->held -= lane->taken->datagram.len;
	lane->memory -= memory_of(lane->taken);
	lane->full_said = lane->full_said && lane->memory > FAULT_HELD / 2;
	return &lane->taken->datagram;
}

size_t faults_held(const struct faults *faults, enum fault_direction direction)
{
	return faults->lane[direction].held;
}

void faults_release(struct faults *faults, enum fault_direction direction)
{
	struct fault_lane *lane = &faults->lane[direction];
	for (struct held *held = lane->first; held; held = held->next) {
		held->due = 0;
		held->waits = false;
	}
	lane->waiting = 0;
}

void faults_forget(struct faults *faults, enum fault_direction direction)
{
	struct fault_lane *lane = &faults->lane[direction];
	for (struct held *held = unhold_all(lane), *next; held; held = next) {
		next = held->next;
		free(held);
	}
	lane->held = lane->memory = lane->waiting = 0;
	lane->full_said = false;
	lane->mark_count = lane->marked = 0;
	lane->ask_at = 0;
}

/* ---- streams ---- */

/* Bytes wait once until `until`, which is reset when they have moved. */
static int64_t wait_once(struct fault_lane *lane, unsigned row, int64_t now, size_t waiting,
                         int64_t time, const char *more)
{
	char text[FAULT_STRIKE];
	int64_t *until = &lane->state[row].until;
	if (!*until) {
		*until = now + time;
		strike_waiting(lane, row, waiting, wait_for(lane, time, waiting, more, text));
	}
	return now < *until ? *until : 0;
}

/* Bytes to be sent have an instant each; those to be read are not known before recv(). */
static int64_t delay_gate(struct fault_lane *lane, unsigned row, int64_t now, size_t waiting,
                          size_t *most)
{
	if (lane->direction == FAULT_IN) {
		lane->count += !lane->state[row].until;
		return wait_once(lane, row, now, waiting, vary(lane, &lane->set[row]), "");
	}
	size_t may = waiting > lane->marked ? waiting - lane->marked : 0;
	for (size_t i = 0; i < lane->mark_count && lane->marks[i].due <= now; i++)
		may += lane->marks[i].len;
	if (!may && lane->mark_count)
		return lane->marks[0].due;
	*most = *most < may ? *most : may;
	return 0;
}

static void delay_given(struct fault_lane *lane, unsigned row, int64_t now, size_t len)
{
	char text[FAULT_STRIKE];
	int64_t *last = &lane->state[row].until;
	lane->count++;
	int64_t time = vary(lane, &lane->set[row]), due = now + time;
	lane->state[row].said = false;
	strike_waiting(lane, row, len, wait_for(lane, time, len, "", text));
	*last = due > *last ? due : *last;
	lane->marked += len;
	if (lane->mark_count && *last - lane->marks[lane->mark_count - 1].due < CLOCK_MS) {
		lane->marks[lane->mark_count - 1].len += len;
		return;
	}
	lane->marks = xgrow(lane->marks, &lane->mark_cap, lane->mark_count, sizeof *lane->marks);
	lane->marks[lane->mark_count++] = (struct mark){ .len = len, .due = *last };
}

static void delay_moved(struct fault_lane *lane, unsigned row, int64_t now, size_t waiting,
                        size_t len)
{
	size_t unmarked = waiting > lane->marked ? waiting - lane->marked : 0, done = 0;
	(void)now;
	if (lane->direction == FAULT_IN) {
		lane->state[row].until = 0;
		lane->state[row].said = false;
		return;
	}
	len = len > unmarked ? len - unmarked : 0;
	lane->marked -= len < lane->marked ? len : lane->marked;
	while (done < lane->mark_count && lane->marks[done].len <= len)
		len -= lane->marks[done++].len;
	if (done < lane->mark_count)
		lane->marks[done].len -= len;
	lane->mark_count -= done;
	if (lane->mark_count)
		memmove(lane->marks, lane->marks + done, lane->mark_count * sizeof *lane->marks);
}

static int64_t pace_gate(struct fault_lane *lane, unsigned row, int64_t now, size_t waiting,
                         size_t *most)
{
	size_t slice = (size_t)((double)lane->set[row].number / 8 * SLICE / CLOCK_S);
	slice = slice ? slice : 1;
	*most = *most < slice ? *most : slice;
	if (lane->state[row].until <= now)
		return 0;
	strike_waiting(lane, row, waiting,
	               is_singular(lane, waiting) ? "waits for its turn" : "wait for their turn");
	return lane->state[row].until;
}

/* A turn of the loop that comes late while bytes wait does not make it slower. */
static void pace_moved(struct fault_lane *lane, unsigned row, int64_t now, size_t waiting,
                       size_t len)
{
	int64_t *until = &lane->state[row].until;
	(void)waiting;
	int64_t late = lane->state[row].said ? LATE : 2 * SLICE;
	*until = (now - *until < late ? *until : now) + time_of(lane->set[row].number, len);
}

static int64_t stall_gate(struct fault_lane *lane, unsigned row, int64_t now, size_t waiting,
                          size_t *most)
{
	struct setting *setting = &lane->set[row];
	(void)most;
	if (setting->time && now >= lane->state[row].until) {
		setting->on = false;
		return 0;
	}
	const char *what = is_singular(lane, waiting) ? "waits" : "wait";
	strike_waiting(lane, row, waiting, lane->direction == FAULT_IN ? "is not called" : what);
	return setting->time ? lane->state[row].until : INT64_MAX;
}

static int64_t join_gate(struct fault_lane *lane, unsigned row, int64_t now, size_t waiting,
                         size_t *most)
{
	(void)most;
	return wait_once(lane, row, now, waiting, lane->set[row].time, " for more");
}

static void join_moved(struct fault_lane *lane, unsigned row, int64_t now, size_t waiting,
                       size_t len)
{
	(void)now;
	if (len == waiting)
		lane->state[row].until = 0;
}

static int64_t split_gate(struct fault_lane *lane, unsigned row, int64_t now, size_t waiting,
                          size_t *most)
{
	size_t part = (size_t)lane->set[row].number;
	(void)waiting;
	*most = *most < part ? *most : part;
	return lane->state[row].until > now ? lane->state[row].until : 0;
}

static void split_moved(struct fault_lane *lane, unsigned row, int64_t now, size_t waiting,
                        size_t len)
{
	lane->state[row].until = len < waiting ? now + lane->set[row].more : 0;
	if (len < waiting)
		strike_waiting(lane, row, waiting,
		               lane->direction == FAULT_IN ? "takes them in parts"
		                                           : "leave in parts, each by a send() of "
		                                             "its own");
}

static int64_t cut_gate(struct fault_lane *lane, unsigned row, int64_t now, size_t waiting,
                        size_t *most)
{
	uint64_t left = lane->set[row].number - lane->state[row].seen;
	(void)now, (void)waiting;
	*most = *most < left ? *most : (size_t)left;
	return 0;
}

static void cut_moved(struct fault_lane *lane, unsigned row, int64_t now, size_t waiting,
                      size_t len)
{
	(void)now, (void)waiting;
	lane->state[row].seen += len;
}

void faults_given(struct faults *faults, int64_t now, size_t len)
{
	struct fault_lane *lane = &faults->lane[FAULT_OUT];
	for (unsigned row = 0; row < FAULT_COUNT; row++)
		if (lane->set[row].on && fault_table[row].given)
			fault_table[row].given(lane, row, now, len);
}

size_t faults_may_move(struct faults *faults, enum fault_direction direction, int64_t now,
                       size_t waiting)
{
	size_t most = waiting;
	struct fault_lane *lane = &faults->lane[direction];
	lane->ask_at = 0;
	for (unsigned row = 0; row < FAULT_COUNT; row++) {
		if (!lane->set[row].on || !fault_table[row].gate)
			continue;
		int64_t due = fault_table[row].gate(lane, row, now, waiting, &most);
		lane->ask_at = due > lane->ask_at ? due : lane->ask_at;
	}
	return lane->ask_at ? 0 : most;
}

void faults_moved(struct faults *faults, enum fault_direction direction, int64_t now,
                  size_t waiting, size_t len)
{
	struct fault_lane *lane = &faults->lane[direction];
	for (unsigned row = 0; row < FAULT_COUNT; row++) {
		if (lane->set[row].on && fault_table[row].moved)
			fault_table[row].moved(lane, row, now, waiting, len);
		lane->state[row].said = lane->state[row].said && len < waiting;
	}
}

int64_t faults_due(const struct faults *faults, enum fault_direction direction)
{
	const struct fault_lane *lane = &faults->lane[direction];
	if (faults->kind == FAULT_DATAGRAMS)
		return lane->first ? lane->first->due : INT64_MAX;
	return lane->ask_at;
}

/* ---- the table ---- */

#define WHICH "a share like 10%, or which from now on: 3, or 3-5; or off"

const struct fault fault_table[FAULT_COUNT] = {
	[LOSS] = { .name = "loss",
	           .other = "drop",
	           .unit = FAULT_CHANCE,
	           .value = "SHARE|N|N-M",
	           .right = WHICH,
	           .kinds = FAULT_DATAGRAMS,
	           .help = "of the datagrams, by chance; loss 3: the third from now on; "
	                   "loss 3-5: three\n"
	                   "The peer gets nothing of them.\n"
	                   "drop is another name.",
	           .datagram = lose },
	[CORRUPT] = { .name = "corrupt",
	              .unit = FAULT_CHANCE,
	              .value = "SHARE|N|N-M",
	              .right = WHICH,
	              .kinds = FAULT_DATAGRAMS,
	              .help = "one bit is flipped; UDP's checksum is made afterwards, so "
	                      "it is right\n"
	                      "So UDP does not notice. Which ones is said as for loss.",
	              .datagram = corrupt },
	[DUPLICATE] = { .name = "duplicate",
	                .unit = FAULT_CHANCE,
	                .value = "SHARE|N|N-M",
	                .right = WHICH,
	                .kinds = FAULT_DATAGRAMS,
	                .help = "it arrives twice\n"
	                        "Which ones is said as for loss.",
	                .datagram = duplicate },
	[DELAY] = { .name = "delay",
	            .unit = FAULT_TIME_VARIES,
	            .value = "TIME [TIME]",
	            .right = "a time with its unit, at most 60s: 50ms, or 50ms 10ms for 50 ± 10 "
	                     "ms; or off",
	            .kinds = FAULT_DATAGRAMS | FAULT_STREAMS,
	            .help = "each datagram, what is sent by one call, or recv() waits "
	                    "that long\n"
	                    "delay 50ms 10ms, or delay 50ms jitter 10ms: between 40 and "
	                    "60 ms, in order.",
	            .datagram = delay,
	            .gate = delay_gate,
	            .moved = delay_moved,
	            .given = delay_given },
	[RATE] = { .name = "rate",
	           .unit = FAULT_RATE,
	           .value = "BITS",
	           .right = MEASURE_RATE,
	           .kinds = FAULT_DATAGRAMS | FAULT_STREAMS,
	           .help = "bits of payload per second\n"
	                   "The peer of a stream that is read slowly sees the window "
	                   "close.",
	           .datagram = pace,
	           .gate = pace_gate,
	           .moved = pace_moved },
	[REORDER] = { .name = "reorder",
	              .unit = FAULT_CHANCE,
	              .value = "SHARE|N|N-M",
	              .right = WHICH,
	              .kinds = FAULT_DATAGRAMS,
	              .help = "it waits until the next one has passed it, 100 ms at most\n"
	                      "Which ones is said as for loss.",
	              .datagram = reorder },
	[STALL] = { .name = "stall",
	            .unit = FAULT_WHILE,
	            .value = "[TIME]",
	            .right = "how long, at most 60s: 10s; nothing: until it is off; or off",
	            .kinds = FAULT_STREAMS,
	            .help = "nothing is sent, or read\n"
	                    "The peer waits; when its and our buffers are full, its "
	                    "send() waits, too. stall 10s ends by itself.",
	            .gate = stall_gate },
	[COALESCE] = { .name = "coalesce",
	               .unit = FAULT_TIME,
	               .value = "TIME",
	               .right = "a time with its unit, at most 60s: 200ms; or off",
	               .kinds = FAULT_STREAMS,
	               .help = "what is given within that time is sent, or read, by one "
	                       "call\n"
	                       "The peer's one recv() has what was several messages.",
	               .gate = join_gate,
	               .moved = join_moved },
	[SPLIT] = { .name = "split",
	            .unit = FAULT_PARTS,
	            .value = "BYTES [TIME]",
	            .right = "bytes of each part, 1 to 1000000, and the time between them: 10, or "
	                     "10 5ms; or off",
	            .kinds = FAULT_STREAMS,
	            .help = "parts of that many bytes, each by a call of its own, 1 ms "
	                    "apart by default\n"
	                    "split 10 5ms: 5 ms apart. The peer's recv() has a part of a "
	                    "message. TCP_NODELAY is set, and stays set, or the kernel "
	                    "would join the parts.",
	            .gate = split_gate,
	            .moved = split_moved },
	[CUT] = { .name = "cut",
	          .unit = FAULT_BYTES,
	          .value = "BYTES [fin|rst]",
	          .right = "after how many bytes from now on, and how: 1000, 1000 fin, 1000 rst; "
	                   "or off",
	          .kinds = FAULT_STREAMS,
	          .help = "ends the connection after that many bytes, by RST where "
	                  "nothing else is given\n"
	                  "They are counted from now on, or from the beginning of each "
	                  "client; cut 1000 fin closes our side. What waits then is "
	                  "not sent. RST may overtake bytes that the kernel has not "
	                  "sent yet.",
	          .gate = cut_gate,
	          .moved = cut_moved },
	[CLOSE] = { .name = "close",
	            .unit = FAULT_HOW,
	            .value = "[fin|rst]",
	            .right = "how a client is closed: fin or rst; or off",
	            .kinds = FAULT_LISTENER,
	            .help = "accepts each client and closes it at once, by FIN where "
	                    "nothing else is given\n"
	                    "Its connect() succeeds. Where it has sent something "
	                    "already, the kernel resets it also without rst, since "
	                    "nobody reads that." },
	[REFUSE] = { .name = "refuse",
	             .unit = FAULT_NOTHING,
	             .kinds = FAULT_LISTENER,
	             .help = "the listening sockets are closed until it is off: "
	                     "connections are refused\n"
	                     "Clients that are connected stay." },
};

/* ---- words to settings ---- */

static const char *name_of_word(const void *context, size_t index)
{
	static const char *const others[] = {
		"drop", "jitter", "in", "out", "both", "seed", "off"
	};
	(void)context;
	if (index < FAULT_COUNT)
		return fault_table[index].name;
	index -= FAULT_COUNT;
	return index < sizeof others / sizeof *others ? others[index] : NULL;
}

enum { DROP = FAULT_COUNT, JITTER, IN, OUT, BOTH, SEED, OFF };

static const struct choice words_choice = { .name = name_of_word };

struct parser {
	struct word_reader reader;
	const struct faults *faults; /* NULL: anything is right */
	bool skips;                  /* what is not for this kind */
	bool meant[FAULT_DIRECTIONS];
	struct setting set[FAULT_DIRECTIONS][FAULT_COUNT];
	bool given[FAULT_DIRECTIONS][FAULT_COUNT];
	bool delayed[FAULT_DIRECTIONS]; /* these words say what the delay is */
	uint32_t seed;
	bool seeded;
	struct error *error;
};

/* Takes the next word where it begins as a number does. */
static bool next_number(struct parser *parser)
{
	return word_reader_is_at_number(&parser->reader) && word_reader_next(&parser->reader);
}

/* Takes the next word where it is "fin" or "rst". */
static bool next_end(struct parser *parser, enum fault_end *end)
{
	const char *before = parser->reader.at;
	if (word_reader_next(&parser->reader)) {
		*end = strcmp(parser->reader.word, "fin") == 0   ? FAULT_FIN
		       : strcmp(parser->reader.word, "rst") == 0 ? FAULT_RST
		                                                 : FAULT_NO_END;
		if (*end)
			return true;
	}
	parser->reader.at = before;
	return false;
}

/* The value as it is expected; false where it is not right. */
static bool parse_value(struct parser *parser, enum fault_unit unit, struct setting *setting)
{
	uint32_t number;
	const char *rest;
	switch (unit) {
	case FAULT_CHANCE:
		return word_reader_next(&parser->reader) &&
		       (measure_parse_share(parser->reader.word, &setting->chance) ||
		        measure_parse_range(parser->reader.word, &setting->first, &setting->last));
	case FAULT_TIME:
		return word_reader_next(&parser->reader) &&
		       measure_parse_time(parser->reader.word, &setting->time);
	case FAULT_TIME_VARIES:
		return word_reader_next(&parser->reader) &&
		       measure_parse_time(parser->reader.word, &setting->time) &&
		       (!next_number(parser) ||
		        measure_parse_time(parser->reader.word, &setting->more));
	case FAULT_RATE:
		return word_reader_next(&parser->reader) &&
		       measure_parse_rate(parser->reader.word, &setting->number);
	case FAULT_PARTS:
		setting->more = GAP;
		if (!word_reader_next(&parser->reader) ||
		    !measure_read_count(parser->reader.word, 1, 1000000, &number, &rest) || *rest)
			return false;
		setting->number = number;
		return !next_number(parser) ||
		       measure_parse_time(parser->reader.word, &setting->more);
	case FAULT_BYTES:
		if (!word_reader_next(&parser->reader) ||
		    !measure_read_count(parser->reader.word, 0, UINT32_MAX, &number, &rest) ||
		    *rest)
			return false;
		setting->number = number;
		if (!next_end(parser, &setting->end))
			setting->end = FAULT_RST;
		return true;
	case FAULT_HOW:
		if (!next_end(parser, &setting->end))
			setting->end = FAULT_FIN;
		return true;
	case FAULT_WHILE:
		if (!next_number(parser))
			return true;
		setting->on =
		        measure_parse_time(parser->reader.word, &setting->time) && setting->time;
		return setting->on ||
		       strspn(parser->reader.word, "0") == strlen(parser->reader.word);
	case FAULT_NOTHING:
		break;
	}
	return true;
}

/* A listener has those of its clients, too. */
static bool suits(enum fault_kind kind, unsigned row)
{
	unsigned kinds = kind == FAULT_LISTENER ? FAULT_STREAMS | FAULT_LISTENER : kind;
	return fault_table[row].kinds & kinds;
}

/* False with one line where this kind cannot have that fault. */
static bool fits(const struct parser *parser, unsigned row)
{
	const struct fault *fault = &fault_table[row];
	const struct faults *faults = parser->faults;
	if (!faults || suits(faults->kind, row))
		return true;
	if (fault->kinds & FAULT_LISTENER)
		error_set(parser->error, "%s is for a listener", fault->name);
	else if (fault->kinds & FAULT_STREAMS)
		error_set(parser->error,
		          "%s is for streams: each datagram is one call on both ends", fault->name);
	else if (!faults->knows_rst)
		error_set(parser->error, "%s is for datagrams: a UNIX stream has no segments",
		          fault->name);
	else
		error_set(parser->error,
		          "%s is for datagrams: the segments of a stream are the kernel's; "
		          "/sandbox on and /cable %s hit those",
		          fault->name, fault->name);
	return false;
}

static void put(struct parser *parser, unsigned row, const struct setting *setting)
{
	for (unsigned i = 0; i < FAULT_DIRECTIONS; i++)
		if (parser->meant[i] &&
		    !(fault_table[row].kinds == FAULT_LISTENER && i == FAULT_IN)) {
			parser->set[i][row] = *setting;
			parser->given[i][row] = true;
			parser->delayed[i] = parser->delayed[i] || row == DELAY;
		}
}

static bool parse_fault(struct parser *parser, unsigned row)
{
	struct setting setting = { .on = true };
	const struct fault *fault = &fault_table[row];
	const char *before = parser->reader.at;
	if (word_reader_next(&parser->reader) && strcmp(parser->reader.word, "off") == 0) {
		setting.on = false;
	} else {
		parser->reader.at = before;
		parser->reader.word[0] = '\0';
		if (!parse_value(parser, fault->unit, &setting)) {
			error_usage(parser->error, "%s%s%.40s: %s", fault->name,
			            *parser->reader.word ? " " : "", parser->reader.word,
			            fault->right);
			return false;
		}
	}
	if (!fits(parser, row))
		return parser->skips;
	if (setting.end == FAULT_RST && parser->faults && !parser->faults->knows_rst) {
		error_set(parser->error, "%s: UNIX knows no RST: fin", fault->name);
		return false;
	}
	if (setting.more > setting.time && fault->unit == FAULT_TIME_VARIES) {
		error_usage(parser->error, "%s %.40s: the variation is at most the delay",
		            fault->name, parser->reader.word);
		return false;
	}
	/* as without them */
	setting.on =
	        setting.on && !(fault->unit == FAULT_CHANCE && !setting.last && !setting.chance);
	setting.on =
	        setting.on &&
	        (setting.time || (fault->unit != FAULT_TIME_VARIES && fault->unit != FAULT_TIME));
	put(parser, row, &setting);
	return true;
}

/* The other half of a delay. */
static bool parse_jitter(struct parser *parser)
{
	int64_t time = 0;
	if (!word_reader_next(&parser->reader) ||
	    (strcmp(parser->reader.word, "off") != 0 &&
	     !measure_parse_time(parser->reader.word, &time))) {
		error_usage(parser->error, "jitter: a time with its unit: delay 50ms jitter 10ms");
		return false;
	}
	for (unsigned i = 0; i < FAULT_DIRECTIONS; i++) {
		struct setting *setting = &parser->set[i][DELAY];
		if (!parser->meant[i])
			continue;
		/* a file is checked without the delay that is on by then */
		bool known = parser->faults || parser->delayed[i];
		if (time && known && (!setting->on || time > setting->time)) {
			error_usage(parser->error,
			            "jitter %.40s: it varies a delay, by at most that: "
			            "delay 50ms jitter 10ms",
			            parser->reader.word);
			return false;
		}
		setting->more = time;
		parser->given[i][DELAY] = true;
	}
	return true;
}

static bool parse_seed(struct parser *parser)
{
	const char *rest;
	if (word_reader_next(&parser->reader) &&
	    measure_read_count(parser->reader.word, 0, UINT32_MAX, &parser->seed, &rest) &&
	    !*rest) {
		parser->seeded = true;
		return true;
	}
	error_usage(parser->error, "seed: a number, 0 to 4294967295");
	return false;
}

static bool parse_word(struct parser *parser, size_t word)
{
	static const struct setting off;
	switch (word) {
	case DROP:
		return parse_fault(parser, LOSS);
	case JITTER:
		return parse_jitter(parser);
	case IN:
	case OUT:
	case BOTH:
		parser->meant[FAULT_IN] = word != OUT;
		parser->meant[FAULT_OUT] = word != IN;
		if (!word_reader_is_at_end(&parser->reader))
			return true;
		error_usage(parser->error, "%s: then what happens there: delay, rate …",
		            parser->reader.word);
		return false;
	case SEED:
		return parse_seed(parser);
	case OFF:
		for (unsigned row = 0; row < FAULT_COUNT; row++)
			put(parser, row, &off);
		return true;
	default:
		return parse_fault(parser, (unsigned)word);
	}
}

static bool parse(struct parser *parser, const struct faults *faults, bool skips, const char *words,
                  struct error *error)
{
	*parser = (struct parser){ .reader = { .at = words },
		                   .faults = faults,
		                   .skips = skips,
		                   .meant = { true, true },
		                   .error = error };
	for (unsigned i = 0; faults && i < FAULT_DIRECTIONS; i++)
		memcpy(parser->set[i], faults->lane[i].set, sizeof parser->set[i]);
	while (word_reader_next(&parser->reader)) {
		size_t word =
		        choice_choose(&words_choice, "fault", parser->reader.word, NULL, error);
		if (word == CHOICE_NONE || !parse_word(parser, word))
			return false;
	}
	return true;
}

bool faults_check(const char *words, struct error *error)
{
	struct parser parser;
	return parse(&parser, NULL, false, words, error);
}

static void begin_setting(struct fault_lane *lane, unsigned row, const struct setting *setting,
                          int64_t now)
{
	uint64_t acted = lane->set[row].on ? lane->state[row].acted : 0;
	/* a shorter delay lets nothing pass what waits for the longer one */
	int64_t until = row == DELAY && setting->on && lane->faults->kind == FAULT_DATAGRAMS
	                        ? lane->state[row].until
	                        : 0;
	lane->set[row] = *setting;
	memset(&lane->state[row], 0, sizeof lane->state[row]);
	lane->state[row].acted = acted;
	lane->state[row].until = row == STALL ? now + setting->time : until;
	if (row == DELAY && !setting->on)
		lane->mark_count = lane->marked = 0;
	if (row == DELAY || row == RATE || row == REORDER)
		reschedule(lane, now, row != REORDER || setting->on);
}

static void apply(struct faults *faults, const struct parser *parser, int64_t now)
{
	for (unsigned i = 0; i < FAULT_DIRECTIONS; i++) {
		struct fault_lane *lane = &faults->lane[i];
		for (unsigned row = 0; row < FAULT_COUNT; row++)
			if (parser->given[i][row])
				begin_setting(lane, row, &parser->set[i][row], now);
		if (parser->seeded)
			lane->count = 0;
		lane->ask_at = 0;
	}
	if (parser->seeded) {
		faults->seed = parser->seed;
		faults->clients = 0;
	}
}

bool faults_set(struct faults *faults, const char *words, int64_t now, struct error *error)
{
	struct parser parser;
	if (!parse(&parser, faults, false, words, error))
		return false;
	apply(faults, &parser, now);
	faults->own = true;
	return true;
}

static uint32_t next_seed(struct faults *listener)
{
	return (uint32_t)mix((uint64_t)listener->seed << 32 | ++listener->clients);
}

void faults_set_client(struct faults *client, struct faults *listener, const char *words,
                       int64_t now)
{
	struct parser parser;
	struct error ignored;
	if (!parse(&parser, client, true, words, &ignored))
		return;
	if (parser.seeded)
		parser.seed = next_seed(listener);
	apply(client, &parser, now);
}

/* ---- settings to words ---- */

static void print_setting(unsigned row, const struct setting *setting, struct buf *out)
{
	const struct fault *fault = &fault_table[row];
	const char *end = setting->end == FAULT_FIN ? "fin" : "rst";
	buf_append_text(out, fault->name);
	switch (fault->unit) {
	case FAULT_CHANCE:
		if (!setting->last)
			buf_printf(out, " %g%%", (double)setting->chance * 100 / MEASURE_MILLION);
		else if (setting->first == setting->last)
			buf_printf(out, " %" PRIu32, setting->first);
		else
			buf_printf(out, " %" PRIu32 "-%" PRIu32, setting->first, setting->last);
		break;
	case FAULT_TIME:
	case FAULT_TIME_VARIES:
	case FAULT_WHILE:
		if (setting->time) {
			buf_append_text(out, " ");
			measure_print_time(setting->time, out);
		}
		if (setting->more) {
			buf_append_text(out, " ");
			measure_print_time(setting->more, out);
		}
		break;
	case FAULT_RATE:
		buf_append_text(out, " ");
		measure_print_rate(setting->number, out);
		break;
	case FAULT_PARTS:
		buf_printf(out, " %" PRIu64 " ", setting->number);
		measure_print_time(setting->more, out);
		break;
	case FAULT_BYTES:
		buf_printf(out, " %" PRIu64 " %s", setting->number, end);
		break;
	case FAULT_HOW:
		buf_printf(out, " %s", end);
		break;
	case FAULT_NOTHING:
		break;
	}
}

static bool are_same(const struct setting *a, const struct setting *b)
{
	return a->on == b->on && a->chance == b->chance && a->first == b->first &&
	       a->last == b->last && a->time == b->time && a->more == b->more &&
	       a->number == b->number && a->end == b->end;
}

static void print_line(const struct faults *faults, const char *prefix, unsigned direction,
                       unsigned row, uint64_t acted, bool counts, struct buf *out)
{
	buf_append_text(out, prefix);
	print_setting(row, &faults->lane[direction].set[row], out);
	if (counts && !acted)
		buf_append_text(out, ": has not acted yet");
	else if (counts)
		buf_printf(out, ": has acted %" PRIu64 " time%s", acted, acted == 1 ? "" : "s");
	buf_append_text(out, "\n");
}

void faults_print(const struct faults *faults, bool counts, struct buf *out)
{
	const struct fault_lane *first = &faults->lane[FAULT_OUT],
	                        *second = &faults->lane[FAULT_IN];
	for (unsigned row = 0; row < FAULT_COUNT; row++) {
		bool own = fault_table[row].kinds == FAULT_LISTENER;
		bool shown = counts && fault_table[row].unit != FAULT_NOTHING;
		uint64_t sent = first->state[row].acted, received = second->state[row].acted;
		if (first->set[row].on && (own || are_same(&first->set[row], &second->set[row]))) {
			print_line(faults, "", FAULT_OUT, row, sent + received, shown, out);
			continue;
		}
		if (first->set[row].on)
			print_line(faults, "out ", FAULT_OUT, row, sent, shown, out);
		if (second->set[row].on)
			print_line(faults, "in ", FAULT_IN, row, received, shown, out);
	}
	if (faults_are_on(faults))
		buf_printf(out, "seed %" PRIu32 "\n", faults->seed);
}

void faults_print_line(const struct faults *faults, struct buf *out)
{
	struct buf lines = { .max = SIZE_MAX };
	faults_print(faults, false, &lines);
	for (const char *at = buf_text(&lines); *at; at++)
		buf_append_text(out, *at != '\n' ? (char[]){ *at, '\0' } : at[1] ? "; " : "");
	buf_free(&lines);
}

bool faults_are_inherited(const struct faults *faults)
{
	return faults->listener && !faults->own;
}

bool faults_are_on(const struct faults *faults)
{
	for (unsigned i = 0; faults && i < FAULT_DIRECTIONS; i++)
		for (unsigned row = 0; row < FAULT_COUNT; row++)
			if (faults->lane[i].set[row].on)
				return true;
	return false;
}

/* "a|b|c" of all words that this kind has, 0 = any kind. */
static const char *all_words(const char *before, enum fault_kind kind)
{
	static char text[512];
	size_t len = (size_t)snprintf(text, sizeof text, "%s", before);
	const char *name;
	for (size_t i = 0; (name = name_of_word(NULL, i)); i++)
		if (i != DROP && (i >= FAULT_COUNT || !kind || suits(kind, (unsigned)i)))
			len += (size_t)snprintf(text + len, sizeof text - len, "%s|", name);
	return text;
}

const char *faults_expected(const char *words, enum fault_kind kind)
{
	struct parser parser = { .reader = { .at = words } };
	const char *expected = all_words("", kind);
	while (word_reader_next(&parser.reader)) {
		size_t matches, word = choice_find(&words_choice, parser.reader.word,
		                                   strlen(parser.reader.word), &matches);
		if (word == DROP)
			word = LOSS;
		if (word == CHOICE_NONE || word > SEED)
			expected = all_words(strspn(parser.reader.word, "0123456789") ==
			                                     strlen(parser.reader.word)
			                             ? "fin|rst|"
			                             : "",
			                     kind);
		else if (word == SEED)
			expected = "";
		else if (word == IN || word == OUT || word == BOTH)
			expected = all_words("", kind);
		else if (word == JITTER || fault_table[word].unit < FAULT_HOW)
			expected = "off";
		else
			expected = all_words(fault_table[word].unit == FAULT_HOW ? "fin|rst|" : "",
			                     kind);
	}
	return expected;
}

/* ---- their life ---- */

struct faults *faults_new(enum fault_kind kind, bool knows_rst, fault_strike *strike, void *context)
{
	struct faults *faults = xcalloc(1, sizeof *faults);
	faults->kind = kind;
	faults->knows_rst = knows_rst;
	faults->seed = 1;
	faults->users = 1;
	faults->strike = strike;
	faults->context = context;
	for (enum fault_direction i = FAULT_OUT; i < FAULT_DIRECTIONS; i++) {
		faults->lane[i].faults = faults;
		faults->lane[i].direction = i;
	}
	return faults;
}

struct faults *faults_for_client(struct faults *listener, int64_t now, fault_strike *strike,
                                 void *context)
{
	struct faults *faults = faults_new(FAULT_STREAMS, listener->knows_rst, strike, context);
	faults->seed = next_seed(listener);
	faults->listener = listener;
	listener->users++;
	for (unsigned i = 0; i < FAULT_DIRECTIONS; i++)
		for (unsigned row = 0; row < FAULT_COUNT; row++)
			if (fault_table[row].kinds & FAULT_STREAMS)
				begin_setting(&faults->lane[i], row, &listener->lane[i].set[row],
				              now);
	return faults;
}

/* Those of a listener stay in memory until its last client's are gone, which count there, too. */
static void release_user(struct faults *faults)
{
	if (faults && --faults->users == 0)
		free(faults);
}

void faults_free(struct faults *faults)
{
	if (!faults)
		return;
	for (enum fault_direction i = FAULT_OUT; i < FAULT_DIRECTIONS; i++) {
		struct fault_lane *lane = &faults->lane[i];
		faults_forget(faults, i);
		free(lane->taken);
		free(lane->marks);
		lane->taken = NULL;
		lane->marks = NULL;
	}
	release_user(faults->listener);
	release_user(faults);
}

/* ---- ends ---- */

enum fault_end faults_cut(struct faults *faults, enum fault_direction direction)
{
	struct fault_lane *lane = &faults->lane[direction];
	struct setting *setting = &lane->set[CUT];
	if (!setting->on || lane->state[CUT].seen < setting->number)
		return FAULT_NO_END;
	report(lane, CUT, "%s after %" PRIu64 " byte%s",
	       setting->end == FAULT_FIN ? "closes our side by shutdown()"
	                                 : "ends the connection by close() with SO_LINGER 0",
	       setting->number, setting->number == 1 ? "" : "s");
	setting->on = false;
	return setting->end;
}

bool faults_refuse(const struct faults *faults)
{
	return faults->lane[FAULT_OUT].set[REFUSE].on;
}

enum fault_end faults_accepted(struct faults *faults)
{
	struct fault_lane *lane = &faults->lane[FAULT_OUT];
	if (!lane->set[CLOSE].on)
		return FAULT_NO_END;
	report(lane, CLOSE, "the client that has just been accepted is closed");
	return lane->set[CLOSE].end;
}
