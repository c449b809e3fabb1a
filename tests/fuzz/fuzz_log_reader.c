// SPDX-License-Identifier: GPL-3.0-or-later
/* Any file can be read as a log of JSON lines: each line is a record or one line of text that says what
 * is wrong. What is a record gives the same record when it is written and read again, and the entries
 * that it makes can be shown in every view. */
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "log/log_format.h"
#include "log/log_reader.h"
#include "record/frame_entry.h"
#include "view/view.h"

enum { BLOCK = 1 << 12, COLUMNS = 60, MOST_ROWS = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
	if (!condition)
		abort();
}

static struct log_reader *open_bytes(const void *bytes, size_t len)
{
	char path[40];
	struct error error;
	int fd = memfd_create("log", MFD_CLOEXEC);
	demand(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	struct log_reader *reader = log_reader_open(path, &error);
	demand(reader != NULL);
	close(fd);
	return reader;
}

static void check_session(const struct log_session *session)
{
	const struct recorded_identity *identity = &session->identity;
	demand(session->number && !session_is_wire(session->number));
	demand(identity->name[0] && memchr(identity->name, '\0', sizeof identity->name));
	demand(memchr(identity->service, '\0', sizeof identity->service));
	demand(identity->transport <= TRANSPORT_UNIXGRAM && identity->host < HOST_COUNT &&
	       identity->kind <= RECORDED_LISTENER && identity->eol <= EOL_NONE);
}

static bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family && (!endpoint_is_set(a) || endpoint_equal(a, b));
}

/* An own address is kept beside a peer's of its family only. */
static void check_entry(const struct log_record *record, const struct log_record *again)
{
	const struct entry *a = &record->entry.header, *b = &again->entry.header;
	demand(again->kind == LOG_ENTRY);
	demand(a->time == b->time && a->len == b->len && a->duration == b->duration &&
	       a->session == b->session && a->arg == b->arg && a->arg2 == b->arg2 &&
	       a->fd == b->fd && a->call == b->call && a->error == b->error &&
	       a->flags == b->flags);
	demand(same_endpoint(&record->entry.addr, &again->entry.addr));
	demand(memcmp(record->entry.payload, again->entry.payload, a->len) == 0);
}

/* Written and read again. */
static void check_again(const struct log_record *record)
{
	struct buf log;
	struct log_record again;
	struct error error;
	struct transcript *t = transcript_new(3 * (size_t)TRANSCRIPT_BLOCK, TRANSCRIPT_BLOCK);
	struct log_state state = { .transcript = t };
	buf_init(&log, SIZE_MAX);
	state.own = calloc(1, json_log_format.state_size);
	demand(state.own != NULL);
	uint64_t at = log_record_append(record, t);
	json_log_format.begin(&state, &log);
	json_log_format.entry(&state, at, transcript_at(t, at), &log);
	json_log_format.done(&state);
	free(state.own);
	struct log_reader *reader = open_bytes(buf_data(&log), log.len);
	demand(log_reader_next(reader, &again, &error) == LOG_READ && again.kind == LOG_HEADER);
	demand(log_reader_next(reader, &again, &error) == LOG_READ);
	check_entry(record, &again);
	demand(log_reader_next(reader, &again, &error) == LOG_END);
	log_reader_close(reader);
	buf_free(&log);
	transcript_free(t);
}

static void show(const struct transcript *t, uint32_t session)
{
	for (size_t i = 0; view_listed(i); i++)
		for (int all = 0; all < 2; all++) {
			struct view view = { .ops = view_listed(i),
				             .transcript = t,
				             .session = session,
				             .all = all && view_listed(i)->merges,
				             .own_calls = all,
				             .wire = { WIRE_FIRST, WIRE_FIRST + 1 },
				             .columns = COLUMNS };
			struct location location = { TRANSCRIPT_NONE, 0 };
			struct rows rows = { 0 };
			for (size_t shown = 0; shown < MOST_ROWS && view_after(&view, &location);
			     shown += rows.count) {
				view_layout(&view, location, &rows);
				demand(rows.count > 0);
			}
			rows_free(&rows);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log_record record;
	struct error error;
	enum log_reading reading;
	uint32_t shown = 1;
	setlocale(LC_ALL, "C.UTF-8");
	struct transcript *t = transcript_new(6 * (size_t)BLOCK, BLOCK);
	struct log_reader *reader = open_bytes(data, size);
	error.text[0] = '\0';
	while ((reading = log_reader_next(reader, &record, &error)) != LOG_END) {
		demand((reading == LOG_WRONG) == (error.text[0] != '\0') &&
		       !strchr(error.text, '\n'));
		error.text[0] = '\0';
		if (reading == LOG_WRONG)
			continue;
		if (record.kind == LOG_SESSION)
			check_session(&record.session);
		if (record.kind != LOG_ENTRY)
			continue;
		check_again(&record);
		log_record_append(&record, t);
		if (!session_is_wire(record.entry.header.session))
			shown = record.entry.header.session;
	}
	demand(log_reader_next(reader, &record, &error) == LOG_END);
	log_reader_close(reader);
	show(t, shown);
	transcript_free(t);
	return 0;
}
