// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/replay.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "log/log_reader.h"
#include "net/recorded.h"
#include "net/wire.h"
#include "record/frame_entry.h"

enum {
	LINES_A_TURN = 2048,
	BYTES_A_TURN = 1 << 20,
	SESSIONS_HELD = 64,
	NUMBERS_MOST = 1 << 20, /* sessions and wire ends of one log */
	WRONG_REPORTED = 3,     /* lines of which it is reported what is wrong with them */
};

#define ANY_SESSION UINT32_MAX /* is selected when it appears */

/* A number of the log, and the one that stands for it here. */
struct number {
	uint32_t log, here; /* `here` is 0 for a free place */
};

struct replay {
	char *path;
	const char *text; /* NULL: the log is in the file */
	size_t text_len;
	struct log_reader *reader; /* NULL: all has been read */
	struct recording *recording;
	struct number *numbers; /* open addressing */
	size_t number_count, number_cap;
	size_t numbers_before; /* of earlier parts of the log */
	uint32_t wanted; /* number in the log of the session that becomes current; 0 = none */

	struct log_session held[SESSIONS_HELD]; /* sessions that appear with the next entry */
	size_t held_count;
	struct log_record record; /* the next entry, */
	bool pending;             /* where there is one, */
	int64_t due;              /* and the time at which it is due; these are since `first` */

	bool begun;
	int64_t first; /* instant of the first entry */
	int64_t ends;  /* instant of the end of the last one, 0 = not known, */
	int64_t last;  /* and the time that this is */
	int64_t shown; /* that of the newest one that was appended */
	int64_t at;    /* what was to be shown at the instant `since`; INT64_MAX: all */
	int64_t since;
	int64_t skipped; /* of the pause before the next entry, not waited for */
	int speed;
	bool paused;
	uint64_t wrong;    /* lines */
	uint64_t nameless; /* sessions without a tab */
};

/* ---- numbers ---- */

static struct number *place_of(const struct replay *replay, uint32_t log)
{
	size_t i = (size_t)((log * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (replay->number_cap - 1);
	while (replay->numbers[i].here && replay->numbers[i].log != log)
		i = (i + 1) & (replay->number_cap - 1);
	return &replay->numbers[i];
}

/* 0 where it has not been met. */
static uint32_t number_here(const struct replay *replay, uint32_t log)
{
	return replay->number_cap ? place_of(replay, log)->here : 0;
}

static void set_number(struct replay *replay, uint32_t log, uint32_t here)
{
	if (replay->number_count >= replay->number_cap / 2) {
		struct replay old = *replay;
		replay->number_cap = old.number_cap ? 2 * old.number_cap : 64;
		replay->numbers = xcalloc(replay->number_cap, sizeof *replay->numbers);
		for (size_t i = 0; i < old.number_cap; i++)
			if (old.numbers[i].here)
				*place_of(replay, old.numbers[i].log) = old.numbers[i];
		free(old.numbers);
	}
	struct number *place = place_of(replay, log);
	replay->number_count += !place->here;
	*place = (struct number){ log, here };
}

/* Where a log goes on, it is another run of the program, whose numbers mean other sessions. */
static void forget_numbers(struct replay *replay)
{
	replay->numbers_before += replay->number_count;
	replay->number_count = replay->number_cap = 0;
	free(replay->numbers);
	replay->numbers = NULL;
}

static bool has_room(const struct replay *replay)
{
	return replay->numbers_before + replay->number_count < NUMBERS_MOST;
}

/* ---- sessions ---- */

static void identify(struct app *app, uint32_t number, const struct recorded_identity *identity)
{
	struct replay *replay = app->replay;
	uint32_t here = number_here(replay, number);
	struct session *session = here ? sessions_numbered(app->sessions, here) : NULL;
	if (here || !has_room(replay)) {
		if (session)
			recorded_identify(session, identity);
		return;
	}
	here = sessions_record(app->sessions, replay->recording, number, identity);
	set_number(replay, number, here);
	session = sessions_numbered(app->sessions, here);
	replay->nameless += !session;
	if (session && !app->typing &&
	    (replay->wanted == number || replay->wanted == ANY_SESSION)) {
		replay->wanted = 0;
		app_select(app, session);
	}
}

/* The sides of a relay, of which the second may have come after the first. */
static void pair(struct app *app, const struct log_session *held)
{
	const struct replay *replay = app->replay;
	uint32_t here = number_here(replay, held->number);
	uint32_t other_here = number_here(replay, held->identity.other_side);
	struct session *session = sessions_numbered(app->sessions, here);
	struct session *other = sessions_numbered(app->sessions, other_here);
	if (held->identity.other_side && session && other)
		recorded_pair(session, other);
}

static void identify_held(struct app *app)
{
	struct replay *replay = app->replay;
	for (size_t i = 0; i < replay->held_count; i++) {
		struct log_session *held = &replay->held[i];
		uint32_t listener = held->identity.listener, relay = held->identity.relay;
		held->identity.listener = listener ? number_here(replay, listener) : 0;
		held->identity.relay = relay ? number_here(replay, relay) : 0;
		identify(app, held->number, &held->identity);
	}
	for (size_t i = 0; i < replay->held_count; i++)
		pair(app, &replay->held[i]);
	replay->held_count = 0;
}

/* Makes a session that has no line in the log, by what its entry shows. */
static void guess(struct app *app, const struct entry *entry, const struct endpoint *addr)
{
	bool datagrams = entry_is_addressed(entry) ||
	                 (entry->call == CALL_SOCKET && entry->arg == SOCK_DGRAM);
	bool listens = entry->call == CALL_LISTEN || entry->call == CALL_ACCEPT;
	bool is_path = endpoint_is_set(addr) && endpoint_is_unix(addr);
	bool packets = entry->call == CALL_SOCKET && entry->arg == SOCK_SEQPACKET;
	enum transport streams = packets   ? TRANSPORT_UNIXPACKET
	                         : is_path ? TRANSPORT_UNIX
	                                   : TRANSPORT_TCP;
	enum transport messages = is_path ? TRANSPORT_UNIXGRAM : TRANSPORT_UDP;
	enum recorded_kind conversation = listens ? RECORDED_LISTENER : RECORDED_STREAM;
	const struct recorded_identity identity = {
		.kind = datagrams ? RECORDED_DATAGRAMS : conversation,
		.transport = datagrams ? messages : streams,
	};
	identify(app, entry->session, &identity);
}

/* ---- entries ---- */

static uint32_t number_of_end(struct replay *replay, const struct frame_note *note)
{
	const struct entry *entry = &replay->record.entry.header;
	uint32_t log = entry->session, known = number_here(replay, log);
	if (log < WIRE_FIRST + HOST_COUNT)
		return wire_nobody(replay->recording->wire, (enum host)(log - WIRE_FIRST));
	if (!known && !has_room(replay))
		return 0;
	uint32_t here = wire_record(replay->recording->wire, known, note, entry->time);
	if (here && !known)
		set_number(replay, log, here);
	return here;
}

/* The number under which a frame goes; 0 where it cannot be kept. */
static uint32_t number_of_frame(struct replay *replay)
{
	struct frame_note note;
	const struct entry *header = &replay->record.entry.header;
	struct entry *whole = xmalloc(ENTRY_HEADER + header->len);
	*whole = *header;
	memcpy(whole + 1, replay->record.entry.payload, header->len);
	uint32_t here = frame_entry_unpack(whole, &note) ? number_of_end(replay, &note) : 0;
	free(whole);
	return here;
}

/* 0 for what belongs to no session. False for what cannot be kept. */
static bool find_number(struct app *app, uint32_t *number)
{
	struct replay *replay = app->replay;
	const struct entry *entry = &replay->record.entry.header;
	*number = 0;
	if (!entry->session)
		return entry->call != CALL_FRAME;
	if (session_is_wire(entry->session)) {
		*number = entry->call == CALL_FRAME ? number_of_frame(replay) : 0;
		return *number;
	}
	if (!number_here(replay, entry->session))
		guess(app, entry, &replay->record.entry.addr);
	*number = number_here(replay, entry->session);
	return *number && entry->call != CALL_FRAME;
}

static void append(struct app *app)
{
	struct replay *replay = app->replay;
	struct log_record *record = &replay->record;
	uint32_t number;
	identify_held(app);
	replay->pending = false;
	if (!find_number(app, &number))
		return;
	struct session *session = sessions_numbered(app->sessions, number);
	replay->shown = replay->due;
	record->entry.header.session = number;
	if (record->entry.header.call == CALL_NOTE)
		record->entry.header.flags |= ENTRY_REPLAYED;
	uint64_t position = log_record_append(record, app->transcript);
	if (session)
		recorded_follow(session, position, transcript_at(app->transcript, position));
}

/* ---- reading ---- */

static void report(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void report(struct app *app, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (app->attended)
		app_error(app, "%s", text);
	else
		error_print("%s", text);
}

static void report_wrong(struct app *app, const struct error *error)
{
	struct replay *replay = app->replay;
	if (replay->wrong++ < WRONG_REPORTED)
		report(app, "%s", error->text);
}

uint64_t replay_wrong(const struct app *app)
{
	return app->replay ? app->replay->wrong : 0;
}

static void hold(struct app *app, const struct log_session *session)
{
	struct replay *replay = app->replay;
	if (replay->held_count == SESSIONS_HELD)
		identify_held(app);
	replay->held[replay->held_count++] = *session;
}

/* The last byte of it has been read. */
static void end_of_log(struct app *app)
{
	struct replay *replay = app->replay;
	log_reader_close(replay->reader);
	replay->reader = NULL;
	identify_held(app);
	if (replay->wrong > WRONG_REPORTED)
		report(app, "%.200s: %llu more %s wrong", replay->path,
		          (unsigned long long)(replay->wrong - WRONG_REPORTED),
		          replay->wrong - WRONG_REPORTED == 1 ? "line is" : "lines are");
	if (replay->nameless)
		report(app, "%.200s: %llu of its sessions have no tab: there are at most %d",
		          replay->path, (unsigned long long)replay->nameless, RECORDED_MOST);
}

static void set_due(struct replay *replay)
{
	const struct entry *entry = &replay->record.entry.header;
	int64_t returned = entry->time;
	if (entry->duration != UINT32_MAX)
		returned += entry->duration * CLOCK_US;
	if (!replay->begun)
		replay->first = entry->time;
	if (!replay->begun && replay->ends > replay->first)
		replay->last = replay->ends - replay->first;
	replay->begun = true;
	int64_t due = returned - replay->first;
	replay->due = due > replay->due ? due : replay->due;
	if (replay->last && replay->due > replay->last) /* it has grown since */
		replay->last = replay->due;
	replay->skipped = 0;
}

/* What was evicted before the log began. */
static void report_missed(struct app *app, const struct transcript_amount *missed)
{
	if (missed->entries)
		report(app, "%.200s: %llu entries were gone before they could be written",
		         app->replay->path, (unsigned long long)missed->entries);
}

static void take_record(struct app *app)
{
	struct replay *replay = app->replay;
	switch (replay->record.kind) {
	case LOG_HEADER:
		identify_held(app);
		forget_numbers(replay);
		break;
	case LOG_SESSION:
		hold(app, &replay->record.session);
		break;
	case LOG_MISSED:
		report_missed(app, &replay->record.missed);
		break;
	case LOG_WIRE:
		wire_record_since(replay->recording->wire, replay->record.wire.host,
		                  replay->record.wire.since);
		break;
	case LOG_ENTRY:
		replay->pending = true;
		set_due(replay);
		break;
	}
}

/* Reads up to the next entry; false if that many lines had none. */
static bool read_next(struct app *app, unsigned *lines)
{
	struct replay *replay = app->replay;
	struct error error;
	for (; replay->reader && !replay->pending && *lines; (*lines)--)
		switch (log_reader_next(replay->reader, &replay->record, &error)) {
		case LOG_READ:
			take_record(app);
			break;
		case LOG_WRONG:
			report_wrong(app, &error);
			break;
		case LOG_END:
			end_of_log(app);
			break;
		}
	return replay->pending;
}

/* ---- time ---- */

static bool has_more(const struct replay *replay)
{
	return replay->reader || replay->pending;
}

bool replay_is_over(const struct app *app)
{
	return !app->replay || !has_more(app->replay);
}

bool replay_is_running(const struct app *app)
{
	return !replay_is_over(app) && !app->replay->paused;
}

/* How long something of the log takes, and how much of it passes, ns. */
static int64_t at_speed(int64_t time, int speed)
{
	return time < INT64_MAX / REPLAY_SPEED_OWN ? time * REPLAY_SPEED_OWN / speed : INT64_MAX;
}

static int64_t passed(int64_t time, int speed)
{
	return time < INT64_MAX / REPLAY_SPEED_MOST ? time * speed / REPLAY_SPEED_OWN : INT64_MAX;
}

/* The time that is shown at an instant. */
static int64_t time_at(const struct replay *replay, int64_t now)
{
	if (replay->paused || !has_more(replay))
		return replay->at;
	if (replay->speed == REPLAY_SPEED_MAX || replay->at == INT64_MAX)
		return INT64_MAX;
	int64_t more = passed(now > replay->since ? now - replay->since : 0, replay->speed);
	return replay->at < INT64_MAX - more ? replay->at + more : INT64_MAX;
}

/* Whether an entry is late, since there is more than a turn reads. */
static bool is_behind(const struct replay *replay, int64_t now)
{
	return replay->reader && (!replay->pending || replay->due <= time_at(replay, now));
}

bool replay_is_behind(const struct app *app, int64_t now)
{
	return app->replay && is_behind(app->replay, now);
}

/* The time up to which entries have been shown. */
static int64_t time_shown(const struct replay *replay, int64_t now)
{
	int64_t at = time_at(replay, now);
	return is_behind(replay, now) || at == INT64_MAX || at < replay->shown ? replay->shown : at;
}

/* Time passes from here on. */
static void hold_time(struct replay *replay, int64_t now)
{
	replay->at = time_shown(replay, now);
	replay->since = now;
}

/* A long pause is not waited for: the setting says how long one is. */
static void shorten(const struct app *app, int64_t now)
{
	struct replay *replay = app->replay;
	int64_t most = passed(app->settings.replay_idle, replay->speed), at = time_at(replay, now);
	if (!app->settings.replay_idle || !replay->pending || replay->paused || at == INT64_MAX ||
	    replay->due - at <= most)
		return;
	replay->skipped = replay->due - most - at;
	replay->at = replay->due - most;
	replay->since = now;
}

static void note_instant(struct replay *replay, int64_t now)
{
	if (!has_more(replay))
		replay->at = replay->last = replay->shown;
	replay->recording->over = !has_more(replay);
	replay->recording->now = replay->first + time_shown(replay, now);
}

void replay_serve(struct app *app, int64_t now)
{
	struct replay *replay = app->replay;
	unsigned lines = LINES_A_TURN;
	size_t bytes = 0;
	if (!replay || !has_more(replay))
		return;
	while (bytes < BYTES_A_TURN && read_next(app, &lines) &&
	       replay->due <= time_at(replay, now)) {
		bytes += replay->record.entry.header.len;
		append(app);
	}
	shorten(app, now);
	note_instant(replay, now);
}

void replay_prepare(const struct app *app, struct poller *poller)
{
	const struct replay *replay = app->replay;
	if (!replay || !has_more(replay))
		return;
	if (is_behind(replay, replay->since)) {
		poller_wake_at(poller, 0);
	} else if (!replay->paused) {
		int64_t wait = at_speed(replay->due - replay->at, replay->speed);
		if (wait < INT64_MAX - replay->since)
			poller_wake_at(poller, replay->since + wait);
	}
}

/* ---- what a person does ---- */

void replay_pause(struct app *app, bool pause, int64_t now)
{
	hold_time(app->replay, now);
	app->replay->paused = pause;
}

void replay_set_speed(struct app *app, int speed, int64_t now)
{
	hold_time(app->replay, now);
	app->replay->speed = speed;
}

/* Samples are about the call before them, and the program's own calls are not shown. */
static bool is_step(const struct entry *entry)
{
	return entry->call != CALL_SAMPLE && entry_is_shown(entry, false);
}

void replay_step(struct app *app, unsigned count, int64_t now)
{
	struct replay *replay = app->replay;
	unsigned lines = LINES_A_TURN;
	bool shows = false;
	replay_pause(app, true, now);
	while (read_next(app, &lines)) {
		shows = is_step(&replay->record.entry.header);
		if (shows && !count--)
			break;
		if (replay->due > replay->at)
			replay->at = replay->due;
		append(app);
	}
	note_instant(replay, now);
}

bool replay_to_line(struct app *app, unsigned long line, int64_t now)
{
	struct replay *replay = app->replay;
	unsigned lines = LINES_A_TURN;
	replay_pause(app, true, now);
	while (read_next(app, &lines) && replay->record.line <= line) {
		if (replay->due > replay->at)
			replay->at = replay->due;
		append(app);
	}
	note_instant(replay, now);
	return has_more(replay) && !replay->pending;
}

/* ---- life ---- */

static void free_replay(struct replay *replay)
{
	log_reader_close(replay->reader);
	free(replay->numbers);
	free(replay->path);
	free(replay);
}

void replay_stop(struct app *app)
{
	if (!app->replay)
		return;
	app->replay->recording->over = true;
	free_replay(app->replay);
	app->replay = NULL;
}

/* NULL, too, for a file whose first line says that it is no log. */
static struct log_reader *open_log(const char *path, const char *text, size_t len,
                                   struct error *error)
{
	struct log_record header;
	struct log_reader *reader = text ? log_reader_open_text(path, text, len)
	                                 : log_reader_open(path, error);
	if (!reader)
		return NULL;
	switch (log_reader_next(reader, &header, error)) {
	case LOG_READ:
		return reader;
	case LOG_END:
		error_set(error, "%.200s: an empty file is no log", path);
		break;
	case LOG_WRONG:
		break;
	}
	log_reader_close(reader);
	return NULL;
}

/* `text`: NULL for a file. */
static bool start(struct app *app, const char *path, const char *text, size_t len, int speed,
                  int64_t now, struct error *error)
{
	struct log_reader *reader = open_log(path, text, len, error);
	if (!reader)
		return false;
	struct recording *recording = sessions_add_recording(app->sessions);
	if (!recording) {
		log_reader_close(reader);
		error_set(error, "replay: at most %d logs in a run of the program", RECORDINGS_MOST);
		return false;
	}
	replay_stop(app);
	struct replay *replay = xcalloc(1, sizeof *replay);
	replay->path = xstrdup(path);
	replay->text = text;
	replay->text_len = len;
	replay->reader = reader;
	replay->recording = recording;
	replay->wanted = ANY_SESSION;
	bool found = text ? log_reader_find_end_of_text(text, len, &replay->ends)
	                  : log_reader_find_end(path, &replay->ends);
	if (!found)
		replay->ends = 0;
	replay->speed = speed;
	replay->since = now;
	app->replay = replay;
	return true;
}

bool replay_start(struct app *app, const char *path, int speed, int64_t now, struct error *error)
{
	return start(app, path, NULL, 0, speed, now, error);
}

bool replay_start_text(struct app *app, const char *name, const char *text, size_t len, int speed,
                       int64_t now, struct error *error)
{
	return start(app, name, text, len, speed, now, error);
}

/* The number in the log of the session that is shown, 0 if it is not of this replay. */
static uint32_t shown_in_log(const struct app *app)
{
	const struct replay *replay = app->replay;
	uint32_t shown = app_shown(app);
	for (size_t i = 0; shown && i < replay->number_cap; i++)
		if (replay->numbers[i].here == shown)
			return replay->numbers[i].log;
	return 0;
}

static void forget_sessions(struct app *app, const struct recording *recording)
{
	struct error ignored;
	for (size_t i = sessions_count(app->sessions); i-- > 0;) {
		struct session *session = sessions_at(app->sessions, i);
		if (session && session_recording(session) == recording)
			app_forget(app, session, &ignored);
	}
}

static bool start_again(struct app *app, int64_t now, struct error *error)
{
	struct replay *old = app->replay;
	struct recording *recording = old->recording;
	uint32_t wanted = shown_in_log(app);
	int speed = old->speed;
	bool paused = old->paused;
	char *path = xstrdup(old->path);
	bool good = start(app, path, old->text, old->text_len, speed, now, error);
	free(path);
	if (!good)
		return false;
	forget_sessions(app, recording);
	app->replay->wanted = wanted ? wanted : app->current ? 0 : ANY_SESSION;
	app->replay->paused = paused;
	return true;
}

bool replay_go(struct app *app, int64_t at, int64_t now, struct error *error)
{
	struct replay *replay = app->replay;
	hold_time(replay, now);
	bool back = at < replay->shown;
	if (back && !start_again(app, now, error))
		return false;
	app->replay->at = at;
	app->replay->since = now;
	return true;
}

/* ---- what is said of it ---- */

bool replay_parse_speed(const char *text, int *speed, struct error *error)
{
	char *end;
	if (strcmp(text, "max") == 0) {
		*speed = REPLAY_SPEED_MAX;
		return true;
	}
	double times = strtod(text + (*text == 'x'), &end);
	if (*end || end == text || !(times >= 0.001 && times <= 1000)) {
		error_usage(error, "replay: \"%.40s\" is not a speed: 0.001 to 1000, or max", text);
		return false;
	}
	*speed = (int)(times * REPLAY_SPEED_OWN + 0.5);
	return true;
}

static void print_time(int64_t time, struct buf *out)
{
	long long tenths = time / (CLOCK_S / 10), seconds = tenths / 10;
	if (seconds < 60)
		buf_printf(out, "%lld.%lld s", seconds, tenths % 10);
	else if (seconds < 3600)
		buf_printf(out, "%lld:%02lld", seconds / 60, seconds % 60);
	else
		buf_printf(out, "%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60,
		           seconds % 60);
}

static void print_speed(int speed, struct buf *out)
{
	if (speed == REPLAY_SPEED_MAX)
		buf_append_text(out, "max");
	else
		buf_printf(out, "x%g", (double)speed / REPLAY_SPEED_OWN);
}

void replay_describe(const struct app *app, int64_t now, struct buf *out)
{
	const struct replay *replay = app->replay;
	char skipped[CLOCK_TEXT];
	if (!replay)
		return;
	buf_append_text(out, "replay ");
	print_time(time_shown(replay, now), out);
	if (replay->last) {
		buf_append_text(out, " of ");
		print_time(replay->last, out);
	}
	if (!has_more(replay)) {
		buf_append_text(out, ", ended");
		return;
	}
	buf_append_text(out, ", ");
	print_speed(replay->speed, out);
	if (replay->paused)
		buf_append_text(out, ", paused");
	else if (replay->skipped)
		buf_printf(out, ", skipped %s", clock_format_duration(replay->skipped, skipped));
}

int64_t replay_pulse(const struct app *app)
{
	if (!replay_is_running(app))
		return 0;
	return app->replay->at < 60 * CLOCK_S ? CLOCK_S / 10 : CLOCK_S;
}
