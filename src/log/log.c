// SPDX-License-Identifier: GPL-3.0-or-later
#include "log/log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/home.h"
#include "log/log_digest.h"
#include "log/log_writer.h"
#include "net/sessions.h"
#include "record/frame_entry.h"

enum {
	CHUNK = 256 << 10, /* bytes that are formatted before they are handed over */
	SOURCES = 3,       /* of the log of one session: the session and its wire ends */
};

/* At the end: how long a disk may take no byte. */
#define PATIENCE (10 * CLOCK_S)

struct log {
	char *path;
	const struct log_format *format;
	struct log_state state;
	struct log_output *output;
	uint64_t from;    /* all before this position has been read */
	uint64_t read[SOURCES]; /* the entry read last of each source; TRANSCRIPT_NONE for none */
	uint64_t until;   /* it ends before the entry at this position; TRANSCRIPT_NONE = it goes on */
	bool behind;      /* entries wait, since too many bytes do */
	bool ended;       /* all is formatted, and the file is being closed */
	uint32_t source[SOURCES]; /* 0 = none */
	bool automatic, digested;
	uint32_t digest;
	dev_t device;
	ino_t inode;
};

struct logs {
	struct transcript *transcript;
	const struct sessions *sessions;
	struct logs_hooks hooks;
	struct log_writer *writer;
	struct log **list;
	size_t count, cap;
	struct buf out;
};

/* ---- following ---- */

static bool takes(const struct log *log, const struct entry *entry)
{
	uint32_t session = entry->session;
	return session_is_wire(session) ? log->format->frames
	                                : !transcript_is_hidden(log->state.transcript, session);
}

/* The next entry of a session: the log of one of hundreds does not look at what the others do. */
static uint64_t next_of(const struct log *log, uint32_t session, uint64_t read)
{
	const struct transcript *transcript = log->state.transcript;
	uint64_t last = session ? transcript_last(transcript, session) : TRANSCRIPT_NONE;
	if (last == TRANSCRIPT_NONE || last < log->from)
		return TRANSCRIPT_NONE;
	if (read != TRANSCRIPT_NONE && transcript_at(transcript, read))
		return transcript_after(transcript, read);
	for (uint64_t before = last; before != TRANSCRIPT_NONE && before >= log->from;
	     before = transcript_before(transcript, before))
		last = before;
	return last;
}

/* TRANSCRIPT_NONE at the end. */
static uint64_t next_entry(struct log *log)
{
	const struct transcript *transcript = log->state.transcript;
	uint64_t next = TRANSCRIPT_NONE;
	size_t from = 0;
	if (!log->state.session) {
		next = log->read[0] == TRANSCRIPT_NONE ? transcript_first(transcript)
		                                       : transcript_next(transcript, log->read[0]);
	}
	for (size_t i = 0; log->state.session && i < SOURCES; i++) {
		uint64_t at = next_of(log, log->source[i], log->read[i]);
		if (at >= next)
			continue;
		next = at;
		from = i;
	}
	if (next != TRANSCRIPT_NONE && next < log->until)
		log->read[from] = next;
	return next < log->until ? next : TRANSCRIPT_NONE;
}

static void find_wire_ends(const struct logs *logs, struct log *log)
{
	uint32_t ends[2] = { 0, 0 };
	logs->hooks.wire_ends(logs->hooks.context, log->state.session, ends);
	for (size_t i = 0; i < 2; i++) {
		if (log->source[i + 1] != ends[i])
			log->read[i + 1] = TRANSCRIPT_NONE;
		log->source[i + 1] = ends[i];
	}
}

static void hand_over(struct logs *logs, struct log *log, size_t *pending)
{
	*pending += logs->out.len;
	if (logs->out.len)
		log_output_put(log->output, &logs->out);
}

static void digest(struct log *log, const struct entry *entry)
{
	const struct endpoint addr = entry_addr(entry);
	log->digest = log_digest_call(log->digest, entry, &addr, entry_bytes(entry));
}

/* Formats what is new, until `most` bytes wait for the disk. */
static void feed(struct logs *logs, struct log *log, size_t most)
{
	uint64_t end = transcript_end(logs->transcript);
	if (log->ended || (log->from == end && !log->behind))
		return;
	size_t pending = log_output_progress(log->output).pending;
	if (log->format->frames && log->state.session && logs->hooks.wire_ends)
		find_wire_ends(logs, log);
	log->behind = true;
	while (pending < most) {
		uint64_t position = next_entry(log);
		if (position == TRANSCRIPT_NONE) {
			log->behind = false;
			log->from = end;
			break;
		}
		const struct entry *entry = transcript_at(logs->transcript, position);
		log->from = position + 1;
		if (takes(log, entry) && log->digested)
			digest(log, entry);
		if (takes(log, entry))
			log->format->entry(&log->state, position, entry, &logs->out);
		if (logs->out.len >= CHUNK)
			hand_over(logs, log, &pending);
	}
	hand_over(logs, log, &pending);
}

static void before_eviction(void *context)
{
	struct logs *logs = context;
	for (size_t i = 0; i < logs->count; i++)
		feed(logs, logs->list[i], SIZE_MAX);
}

/* ---- opening and closing ---- */

struct logs *logs_new(struct transcript *transcript, const struct sessions *sessions,
                      const struct logs_hooks *hooks)
{
	struct logs *logs = xcalloc(1, sizeof *logs);
	logs->transcript = transcript;
	logs->sessions = sessions;
	logs->hooks = *hooks;
	logs->writer = log_writer_new();
	buf_init(&logs->out, SIZE_MAX);
	return logs;
}

static void keep_frames(const struct logs *logs)
{
	bool whole = false;
	for (size_t i = 0; i < logs->count; i++)
		whole = whole || logs->list[i]->format->whole_frames;
	if (logs->hooks.keep_frames)
		logs->hooks.keep_frames(logs->hooks.context, whole);
}

const struct log_format *logs_choose_format(const struct log_request *request, struct error *error)
{
	const struct log_format *format =
	        request->format ? request->format : log_format_of_path(request->path);
	if (!*request->path) {
		error_usage(error, "the name of the log is missing");
		return NULL;
	}
	if (format && (!format->one_session || request->session))
		return format;
	if (format) {
		error_usage(error, "%.150s: the format %s is for one session", request->path,
		            format->name);
		return NULL;
	}
	error_usage(error, "%.150s: the ending is of no format:", request->path);
	for (size_t i = 0; (format = log_format_at(i)); i++)
		if (*format->endings)
			error_append(error, " %s", format->endings);
	error_append(error, "; or name the format: as text, or --log-format text");
	return NULL;
}

/* One writer for each file. Looked at before it is opened, which may remove it for a new one. */
static bool is_taken(const struct logs *logs, const char *path)
{
	struct stat status;
	char *whole = home_expand(path);
	bool regular = stat(whole, &status) == 0 && S_ISREG(status.st_mode), taken = false;
	free(whole);
	for (size_t i = 0; regular && !taken && i < logs->count; i++)
		taken = logs->list[i]->device == status.st_dev && logs->list[i]->inode == status.st_ino;
	return taken;
}

/* `file` as it was opened. */
static bool may_log(const struct log_request *request, const struct log_format *format,
                    const struct log_file *file, struct error *error)
{
	if (request->has_terminal && (file->standard || isatty(file->fd)))
		error_set(error, "%.150s: the terminal shows the sessions", request->path);
	else if (file->start_len && format->is_own && !format->is_own(file->start, file->start_len))
		error_set(error, "%.150s: is no log in the format %s, so it is not continued",
		          request->path, format->name);
	else if (file->start_len && format->is_whole && !format->is_whole(file->fd, file->size))
		error_set(error, "%.150s: is cut off at its end, so it is not continued", request->path);
	else
		return true;
	return false;
}

static void free_log(struct log *log)
{
	if (log->format->done)
		log->format->done(&log->state);
	free(log->state.own);
	free(log->path);
	free(log);
}

static bool has_missed(const struct logs *logs, uint32_t session)
{
	return session ? transcript_has_lost(logs->transcript, session)
	               : transcript_lost(logs->transcript).entries > 0;
}

static void begin(struct logs *logs, struct log *log, bool past)
{
	const struct log_format *format = log->format;
	log->source[0] = log->state.session;
	for (size_t i = 0; i < SOURCES; i++)
		log->read[i] = TRANSCRIPT_NONE;
	log->from = past ? 0 : transcript_end(logs->transcript);
	if (!past && !log->state.session)
		log->read[0] = transcript_newest(logs->transcript);
	if (format->begin)
		format->begin(&log->state, &logs->out);
	if (past && format->missed && has_missed(logs, log->state.session))
		format->missed(&log->state, transcript_lost(logs->transcript), &logs->out);
	if (logs->out.len)
		log_output_put(log->output, &logs->out);
	log->behind = true;
}

bool logs_open(struct logs *logs, const struct log_request *request, struct error *error)
{
	struct log_file file;
	const struct log_format *format = logs_choose_format(request, error);
	const struct log_state asked = { .transcript = logs->transcript,
		                         .sessions = logs->sessions,
		                         .keys = logs->hooks.keys,
		                         .session = request->session };
	if (!format || (format->may_begin && !format->may_begin(&asked, request->past, error)))
		return false;
	if (is_taken(logs, request->path)) {
		error_set(error, "%.150s: is a log already", request->path);
		return false;
	}
	if (!log_file_open(request->path, request->how, &file, error))
		return false;
	struct log_output *output = NULL;
	if (!may_log(request, format, &file, error))
		close(file.fd);
	else
		output = log_writer_add(logs->writer, file.fd, error);
	if (!output) {
		free(file.path);
		return false;
	}
	struct log *log = xcalloc(1, sizeof *log);
	*log = (struct log){
		.path = file.path,
		.format = format,
		.state = { .transcript = logs->transcript,
		           .sessions = logs->sessions,
		           .keys = logs->hooks.keys,
		           .session = request->session,
		           .past = request->past,
		           .continues = file.start_len > 0,
		           .breaks = file.start_len > 0 && file.last != '\n',
		           .own = xcalloc(1, format->state_size ? format->state_size : 1) },
		.output = output,
		.until = TRANSCRIPT_NONE,
		.automatic = request->automatic,
		.digested = request->digested,
		.digest = LOG_DIGEST_BEGIN,
		.device = file.device,
		.inode = file.inode,
	};
	logs->list = xgrow(logs->list, &logs->cap, logs->count, sizeof(struct log *));
	logs->list[logs->count++] = log;
	transcript_before_eviction(logs->transcript, before_eviction, logs);
	keep_frames(logs);
	begin(logs, log, request->past);
	return true;
}

size_t logs_close(struct logs *logs, const char *path)
{
	size_t found = 0;
	char *whole = path ? home_expand(path) : NULL;
	for (size_t i = 0; i < logs->count; i++) {
		struct log *log = logs->list[i];
		if (log->until != TRANSCRIPT_NONE || (whole && strcmp(whole, log->path) != 0))
			continue;
		log->until = transcript_end(logs->transcript);
		found++;
	}
	free(whole);
	return found;
}

bool logs_is_closing(const struct logs *logs, const char *path)
{
	for (size_t i = 0; i < logs->count; i++)
		if (logs->list[i]->until != TRANSCRIPT_NONE &&
		    (!path || strcmp(path, logs->list[i]->path) == 0))
			return true;
	return false;
}

bool logs_has_automatic(const struct logs *logs, uint32_t session)
{
	for (size_t i = 0; i < logs->count; i++) {
		const struct log *log = logs->list[i];
		if (log->automatic && log->until == TRANSCRIPT_NONE && log->state.session == session)
			return true;
	}
	return false;
}

void logs_close_gone(struct logs *logs)
{
	for (size_t i = 0; i < logs->count; i++) {
		struct log *log = logs->list[i];
		if (log->automatic && log->until == TRANSCRIPT_NONE &&
		    !sessions_numbered(logs->sessions, log->state.session))
			log->until = transcript_end(logs->transcript);
	}
}

uint32_t logs_take_digest(struct logs *logs)
{
	for (size_t i = logs->count; i-- > 0;) {
		struct log *log = logs->list[i];
		if (!log->digested || log->until != TRANSCRIPT_NONE)
			continue;
		feed(logs, log, SIZE_MAX);
		uint32_t taken = log->digest;
		log->digest = LOG_DIGEST_BEGIN;
		return taken;
	}
	return 0;
}

size_t logs_count(const struct logs *logs)
{
	return logs->count;
}

struct log_report logs_report(const struct logs *logs, size_t index)
{
	const struct log *log = logs->list[index];
	struct log_progress progress = log_output_progress(log->output);
	return (struct log_report){
		.path = log->path,
		.format = log->format,
		.session = log->state.session,
		.written = progress.written,
		.pending = progress.pending,
		.closing = log->until != TRANSCRIPT_NONE,
	};
}

/* ---- a turn ---- */

bool logs_are_behind(const struct logs *logs)
{
	for (size_t i = 0; i < logs->count; i++)
		if (logs->list[i]->behind)
			return true;
	return false;
}

bool logs_hold(const struct logs *logs, uint32_t session)
{
	for (size_t i = 0; i < logs->count; i++) {
		const struct log *log = logs->list[i];
		if (log->behind && (!log->state.session || log->state.session == session))
			return true;
	}
	return false;
}

static void finish(struct logs *logs, struct log *log)
{
	if (log->format->end) {
		log->format->end(&log->state, &logs->out);
		log_output_put(log->output, &logs->out);
	}
	log_output_end(log->output);
	log->ended = true;
}

void logs_feed(struct logs *logs)
{
	for (size_t i = 0; i < logs->count; i++)
		feed(logs, logs->list[i], LOG_PENDING);
}

void logs_prepare(struct logs *logs, struct poller *poller)
{
	if (!logs->count)
		return;
	for (size_t i = 0; i < logs->count; i++) {
		struct log *log = logs->list[i];
		if (log->ended)
			continue;
		if (!log->behind)
			feed(logs, log, LOG_PENDING);
		if (log->behind)
			log_output_want_room(log->output, LOG_PENDING / 2);
		else if (log->until != TRANSCRIPT_NONE)
			finish(logs, log);
	}
	log_writer_prepare(logs->writer, poller);
}

/* "log FILE: no space left on device: …" */
static void report_over(struct logs *logs, const struct log *log, const struct log_progress *progress)
{
	struct error error;
	char written[COUNT_TEXT];
	if (!progress->error && log->automatic)
		return;
	if (progress->error) {
		error_errno(&error, progress->error, "log %.120s", log->path);
		error_append(&error, ": closed after %s", count_format_bytes(progress->written, written));
	}
	if (logs->hooks.over)
		logs->hooks.over(logs->hooks.context, log->path, progress->written,
		                 progress->error ? &error : NULL);
}

void logs_serve(struct logs *logs, const struct poller *poller)
{
	if (!logs->count)
		return;
	log_writer_serve(logs->writer, poller);
	size_t kept = 0, count = logs->count;
	for (size_t i = 0; i < count; i++) {
		struct log *log = logs->list[i];
		struct log_progress progress = log_output_progress(log->output);
		if (!progress.over) {
			logs->list[kept++] = log;
			continue;
		}
		report_over(logs, log, &progress);
		log_output_free(log->output);
		free_log(log);
	}
	logs->count = kept;
	if (kept != count)
		keep_frames(logs);
	if (!kept)
		transcript_before_eviction(logs->transcript, NULL, NULL);
}

/* ---- the end ---- */

static uint64_t all_written(const struct logs *logs)
{
	uint64_t written = 0;
	for (size_t i = 0; i < logs->count; i++)
		written += log_output_progress(logs->list[i]->output).written;
	return written;
}

static uint64_t all_pending(const struct logs *logs)
{
	uint64_t pending = 0;
	for (size_t i = 0; i < logs->count; i++)
		pending += log_output_progress(logs->list[i]->output).pending;
	return pending;
}

bool logs_drain(struct logs *logs, struct poller *poller, struct error *error)
{
	int64_t begun = clock_now(), since = begun;
	uint64_t written = all_written(logs);
	const char *why = NULL;
	bool said = false;
	logs_close(logs, NULL);
	while (logs->count && !why) {
		poller_reset(poller);
		logs_feed(logs);
		logs_prepare(logs, poller);
		poller_wake_at(poller, since + PATIENCE);
		if (!said)
			poller_wake_at(poller, begun + CLOCK_S);
		poller_wait(poller);
		logs_serve(logs, poller);
		if (!said && logs->count && clock_now() >= begun + CLOCK_S) {
			error_print("waits for the disk to take the logs; Ctrl-C gives up");
			said = true;
		}
		uint64_t now = all_written(logs);
		if (now != written)
			since = clock_now();
		else if (clock_now() >= since + PATIENCE)
			why = "the disk takes no more";
		if (poller_take_signal(SIGINT) || poller_take_signal(SIGTERM) ||
		    poller_take_signal(SIGHUP) || poller_take_signal(SIGQUIT))
			why = "interrupted";
		written = now;
	}
	uint64_t lost = all_pending(logs);
	if (lost)
		error_set(error, "logs: %llu byte%s not written: %s", (unsigned long long)lost,
		          lost == 1 ? " was" : "s were", why);
	return !lost;
}

void logs_free(struct logs *logs)
{
	transcript_before_eviction(logs->transcript, NULL, NULL);
	for (size_t i = 0; i < logs->count; i++)
		free_log(logs->list[i]);
	log_writer_free(logs->writer);
	free(logs->list);
	buf_free(&logs->out);
	free(logs);
}
