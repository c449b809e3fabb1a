// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/input_history.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/home.h"
#include "ui/byte_escape.h"

enum {
	READ_MOST = 16 << 20, /* of the end of the file */
	BATCH = 1 << 16,      /* bytes that may wait to be written */
	NOT_REGULAR = -1,     /* in place of an errno */
};

struct history {
	struct history *next;
	char *name;           /* NULL for the common one */
	HISTORY_STATE *state; /* readline's list, while it is not this one */
	char *path;           /* NULL: nowhere to keep it */
	bool failed;          /* to be written, the last time; it has been reported */
	struct buf pending;   /* not yet written */
	int64_t tried;        /* instant of the last writing */
	size_t bytes;         /* of the lines in the list */
};

/* readline has one list at a time: that of `history`. */
static struct history common, *history = &common;

static const char not_saved[] = "is not saved, the next line tries again";

static void report(const char *what, int code)
{
	error_print("history %s: %s: %s", what, history->path,
	            code == NOT_REGULAR ? "not a regular file" : error_why(code));
}

/* ---- lines of the history that are edited ---- */

/* An entry that was visited since the last line, or that has been changed. */
struct original {
	int at; /* its index in the list */
	char *text;
};

static struct {
	bool needed;
	int at; /* where the line that is edited comes from; -1 before its first key */
	struct original *originals;
	size_t count, room;
} edits;

static bool is_new_line(void)
{
	return current_history() == NULL;
}

static void drop_originals(void)
{
	for (size_t i = 0; i < edits.count; i++)
		free(edits.originals[i].text);
	free(edits.originals);
	edits.originals = NULL;
	edits.count = edits.room = 0;
}

/* A search, which has undo lists of its own, ends with one of the first two. */
static bool leaves_line(rl_command_func_t *command)
{
	static rl_command_func_t *const leaving[] = {
		rl_reverse_search_history, rl_forward_search_history, rl_get_previous_history,
		rl_get_next_history,       rl_beginning_of_history,   rl_end_of_history,
		rl_fetch_history,          rl_vi_fetch_history,
	};
	for (size_t i = 0; i < sizeof leaving / sizeof *leaving; i++)
		if (leaving[i] == command)
			return true;
	return false;
}

static void put(int at, const char *text)
{
	HIST_ENTRY *old = replace_history_entry(at, text, NULL);
	if (old)
		free_history_entry(old);
}

/* Without a text to look for, these are previous-history and next-history. */
static bool is_empty_search(rl_command_func_t *command)
{
	static rl_command_func_t *const searches[][2] = {
		{ rl_history_search_backward, rl_history_search_forward },
		{ rl_history_substr_search_backward, rl_history_substr_search_forward },
	};
	for (size_t i = 0; i < sizeof searches / sizeof *searches; i++) {
		rl_command_func_t *back = searches[i][0], *on = searches[i][1];
		if (command == back || command == on)
			return rl_point == 0 && rl_last_func != back && rl_last_func != on;
	}
	return false;
}

/* Without an undo list readline has nothing to share. */
void input_history_before_key(rl_command_func_t *command)
{
	if (!edits.needed || !rl_undo_list || history_length == 0)
		return;
	if (!leaves_line(command) && !is_empty_search(command))
		return;
	bool is_last = is_new_line() && !rl_explicit_arg && !RL_ISSTATE(RL_STATE_NUMERICARG);
	if (is_last && (command == rl_get_next_history || command == rl_end_of_history))
		return;
	rl_line_buffer[rl_end] = '\0';
	if (!is_new_line() && strcmp(current_history()->line, rl_line_buffer) != 0)
		put(where_history(), rl_line_buffer);
	rl_free_undo_list();
}

static bool is_known(int at)
{
	for (size_t i = 0; i < edits.count; i++)
		if (edits.originals[i].at == at)
			return true;
	return false;
}

void input_history_after_key(void)
{
	int at = where_history();
	if (!edits.needed || at == edits.at)
		return;
	edits.at = at;
	if (is_new_line() || is_known(at))
		return;
	edits.originals = xgrow(edits.originals, &edits.room, edits.count, sizeof *edits.originals);
	edits.originals[edits.count++] =
	        (struct original){ .at = at, .text = xstrdup(current_history()->line) };
}

static bool is_changed(const struct original *original)
{
	const HIST_ENTRY *entry = history_get(history_base + original->at);
	return entry && strcmp(entry->line, original->text) != 0;
}

void input_history_end_line(void)
{
	if (!edits.needed)
		return;
	const char *value = rl_variable_value("revert-all-at-newline");
	bool all = value && strcmp(value, "on") == 0;
	size_t kept = 0;
	for (size_t i = 0; i < edits.count; i++) {
		struct original *original = &edits.originals[i];
		bool changed = is_changed(original);
		bool reverts = all || original->at == where_history();
		if (changed && !reverts) {
			edits.originals[kept++] = *original;
			continue;
		}
		if (changed)
			put(original->at, original->text);
		free(original->text);
	}
	edits.count = kept;
	edits.at = -1;
}

static void lose_oldest_original(void)
{
	size_t kept = 0;
	for (size_t i = 0; i < edits.count; i++) {
		struct original original = edits.originals[i];
		if (original.at-- > 0)
			edits.originals[kept++] = original;
		else
			free(original.text);
	}
	edits.count = kept;
}

/* ---- the file as a sequence of entries ---- */

struct reader {
	const char *bytes;
	size_t len;
	size_t at;       /* where the next entry begins */
	size_t from, to; /* the text of the one just read */
};

static size_t line_end(const struct reader *reader, size_t at)
{
	const char *end = memchr(reader->bytes + at, '\n', reader->len - at);
	return end ? (size_t)(end - reader->bytes) : reader->len;
}

static size_t after(const struct reader *reader, size_t end)
{
	return end < reader->len ? end + 1 : end;
}

static bool is_stamp(const struct reader *reader, size_t at, size_t end)
{
	if (end - at < 2 || reader->bytes[at] != '#')
		return false;
	while (++at < end)
		if (!isdigit((unsigned char)reader->bytes[at]))
			return false;
	return true;
}

/* A line is an entry; after a time stamp, all lines up to the next stamp are one. The line right
 * after a stamp is never a stamp, so that "#1" can be an entry. */
static bool next_entry(struct reader *reader)
{
	if (reader->at >= reader->len)
		return false;
	size_t end = line_end(reader, reader->at);
	bool stamped = is_stamp(reader, reader->at, end) && end + 1 < reader->len;
	reader->from = stamped ? end + 1 : reader->at;
	reader->to = line_end(reader, reader->from);
	reader->at = after(reader, reader->to);
	while (stamped && reader->at < reader->len) {
		end = line_end(reader, reader->at);
		if (is_stamp(reader, reader->at, end))
			break;
		reader->to = end;
		reader->at = after(reader, end);
	}
	return true;
}

static size_t count_entries(struct reader reader)
{
	size_t count = 0;
	while (next_entry(&reader))
		count++;
	return count;
}

/* Skips all but the last HISTORY_ENTRIES. */
static void skip_old_entries(struct reader *reader)
{
	size_t count = count_entries(*reader);
	while (count-- > HISTORY_ENTRIES && next_entry(reader))
		;
}

/* ---- the list ---- */

const char *input_history_past(size_t index)
{
	if (index >= (size_t)history_length)
		return NULL;
	const HIST_ENTRY *entry = history_get(history_base + history_length - 1 - (int)index);
	return entry ? entry->line : NULL;
}

static void forget_oldest(void)
{
	HIST_ENTRY *entry = remove_history(0);
	if (!entry)
		return;
	size_t len = strlen(entry->line); /* which the user may have edited */
	history->bytes -= len < history->bytes ? len : history->bytes;
	free_history_entry(entry);
	lose_oldest_original();
}

static void list_add(const char *line)
{
	size_t len = strlen(line);
	while (history_length > 0 && history->bytes + len > HISTORY_BYTES)
		forget_oldest();
	while (history_length >= HISTORY_ENTRIES)
		forget_oldest();
	add_history(line);
	history->bytes += len;
}

static void list_add_bytes(const char *bytes, size_t len)
{
	struct buf line;
	buf_init(&line, SIZE_MAX);
	byte_escape_encode(bytes, len, &line);
	if (line.len && line.len < HISTORY_ENTRY_MOST)
		list_add(buf_text(&line));
	buf_free(&line);
}

/* ---- the file ---- */

static bool read_whole(int fd, size_t size, struct buf *out)
{
	while (out->len < size) {
		char *room = buf_reserve(out, size - out->len);
		ssize_t got = read(fd, room, size - out->len);
		if (got < 0 && errno != EINTR)
			return false;
		if (got == 0)
			break;
		if (got > 0)
			buf_commit(out, (size_t)got);
	}
	return true;
}

/* The end of the file, from the beginning of a line on. 0, or why not. */
static int read_end(int fd, struct buf *out)
{
	struct stat status;
	if (fstat(fd, &status) < 0)
		return errno;
	if (!S_ISREG(status.st_mode))
		return S_ISDIR(status.st_mode) ? EISDIR : NOT_REGULAR;
	off_t skipped = status.st_size > READ_MOST ? status.st_size - READ_MOST : 0;
	if (lseek(fd, skipped, SEEK_SET) < 0 ||
	    !read_whole(fd, (size_t)(status.st_size - skipped), out))
		return errno;
	const char *begin = skipped ? memchr(buf_data(out), '\n', out->len) : NULL;
	if (begin)
		buf_consume(out, (size_t)(begin + 1 - buf_data(out)));
	return 0;
}

static int read_file(struct buf *out)
{
	int fd = open(history->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno;
	int code = read_end(fd, out);
	close(fd);
	return code;
}

/* The number of bytes written; errno says why not all. */
static size_t write_most(int fd, const char *bytes, size_t len)
{
	size_t done = 0;
	while (done < len) {
		ssize_t put = write(fd, bytes + done, len - done);
		if (put < 0 && errno != EINTR)
			break;
		done += put > 0 ? (size_t)put : 0;
	}
	return done;
}

static void load(void)
{
	struct buf bytes;
	buf_init(&bytes, READ_MOST);
	int code = read_file(&bytes);
	if (code && code != ENOENT && !history->failed)
		report("is not read", code);
	struct reader reader = { .bytes = buf_data(&bytes), .len = bytes.len };
	skip_old_entries(&reader);
	while (next_entry(&reader))
		list_add_bytes(reader.bytes + reader.from, reader.to - reader.from);
	buf_free(&bytes);
}

/* Removes an entry that was written in part, unless another program has written after it. */
static void take_back(int fd, size_t len)
{
	struct stat status;
	off_t end = lseek(fd, 0, SEEK_CUR);
	if (len && end >= (off_t)len && fstat(fd, &status) == 0 && status.st_size == end &&
	    ftruncate(fd, end - (off_t)len) < 0)
		return; /* then the file has the entry twice in the end */
}

static int open_to_append(int *fd)
{
	struct stat status;
	*fd = open(history->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
	if (*fd < 0)
		return errno == ENXIO ? NOT_REGULAR : errno; /* a FIFO that nobody reads */
	int code = fstat(*fd, &status) < 0 ? errno : S_ISREG(status.st_mode) ? 0 : NOT_REGULAR;
	if (code)
		close(*fd);
	return code;
}

/* In one write, so that the entries of several programs do not mix. All of it or nothing: 0, or
 * why not. */
static int append_pending(void)
{
	int fd, code = open_to_append(&fd);
	if (code)
		return code;
	size_t done = write_most(fd, buf_data(&history->pending), history->pending.len);
	if (done < history->pending.len) {
		code = errno;
		take_back(fd, done);
	}
	if (close(fd) < 0 && !code)
		code = errno;
	return code;
}

/* To the size of the list. */
static void bound_pending(void)
{
	struct reader reader = { .bytes = buf_data(&history->pending), .len = history->pending.len };
	while (reader.len - reader.at > HISTORY_BYTES && next_entry(&reader))
		;
	buf_consume(&history->pending, reader.at);
}

/* Entries that cannot be written wait for the next line. */
static bool flush(void)
{
	if (!history->pending.len)
		return true;
	int code = append_pending();
	history->tried = clock_now();
	if (code && !history->failed)
		report(not_saved, code);
	if (!code && history->failed)
		error_print("history is saved again: %s", history->path);
	if (!code)
		buf_clear(&history->pending);
	history->failed = code != 0;
	return !code;
}

/* By a new file that is renamed, so that a full disk destroys nothing. */
static void replace_file(const char *bytes, size_t len)
{
	char *path = xasprintf("%s.%ld", history->path, (long)getpid());
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0) {
		bool written = write_most(fd, bytes, len) == len;
		if (close(fd) < 0 || !written || rename(path, history->path) < 0)
			unlink(path);
	}
	free(path);
}

static void truncate_file(void)
{
	struct buf bytes;
	buf_init(&bytes, READ_MOST);
	if (read_file(&bytes) == 0) {
		struct reader reader = { .bytes = buf_data(&bytes), .len = bytes.len };
		skip_old_entries(&reader);
		if (reader.at > 0 || bytes.head > 0)
			replace_file(reader.bytes + reader.at, reader.len - reader.at);
	}
	buf_free(&bytes);
}

/* ---- the path ---- */

static char *find_path(const char *name)
{
	char *file = xasprintf("history%s%s", name ? "-" : "", name ? name : "");
	char *path = home_state_file(file);
	free(file);
	return path;
}

/* Makes the file, so that errors are reported now and not in the middle of the work. An existing
 * one may be readable by others. */
static void claim_file(void)
{
	home_make_directories(history->path);
	int fd, code = open_to_append(&fd);
	if (code) {
		report(not_saved, code);
		history->failed = true;
		return;
	}
	struct stat status;
	if (fstat(fd, &status) == 0 && status.st_mode & 077 && fchmod(fd, 0600) < 0)
		report("can be read by others", errno);
	close(fd);
}

/* Reads the file of `history` into readline's list, which is empty. */
static void open_history(void)
{
	buf_init(&history->pending, SIZE_MAX);
	history->path = find_path(history->name);
	if (!history->path)
		return;
	claim_file();
	char *real = realpath(history->path,
	                      NULL); /* a link is to stay one when the file is replaced */
	if (real) {
		free(history->path);
		history->path = real;
	}
	load();
}

void input_history_start(void)
{
	using_history();
	edits.needed = rl_readline_version < 0x0803;
	edits.at = -1;
	open_history();
}

/* The lists themselves are never freed: see close_history(). */
static void turn_to(struct history *other)
{
	HISTORY_STATE empty = { 0 };
	history->state = history_get_history_state();
	history_set_history_state(other->state ? other->state : &empty);
	free(other->state);
	other->state = NULL;
	history = other;
	using_history();
	drop_originals();
	edits.at = -1;
}

void input_history_choose(const char *name)
{
	struct history *other = &common;
	if (!is_new_line() || (name ? history->name && strcmp(name, history->name) == 0
	                            : history == &common))
		return;
	while (name && other && (!other->name || strcmp(other->name, name) != 0))
		other = other->next;
	bool found = other;
	if (!found) {
		other = xcalloc(1, sizeof *other);
		other->name = xstrdup(name);
		other->next = common.next;
		common.next = other;
	}
	turn_to(other);
	if (!found)
		open_history();
}

void input_history_add(const char *line)
{
	size_t len = strlen(line);
	const char *last = input_history_past(0);
	if (!len || len >= HISTORY_ENTRY_MOST || line[0] == ' ' || line[0] == '\t' ||
	    (last && strcmp(last, line) == 0))
		return;
	list_add(line);
	if (!history->path)
		return;
	buf_printf(&history->pending, "#%lld\n", (long long)time(NULL));
	byte_escape_decode(line, len, &history->pending);
	buf_append(&history->pending, "\n", 1);
	bound_pending();
	/* Many are written together, but are not tried again and again on a full disk. */
	bool is_many = history->pending.len >= BATCH;
	bool is_due = clock_now() - history->tried > CLOCK_S;
	if (is_due || is_many != history->failed)
		flush();
}

/* The list itself is not freed: clear_history() frees undo lists that readline 8.2 still uses. */
static void close_history(void)
{
	if (history->path && flush())
		truncate_file();
	struct reader lost = { .bytes = buf_data(&history->pending),
		               .len = history->pending.len };
	if (history->path && lost.len)
		error_print("history: %zu of the lines typed are not saved", count_entries(lost));
	buf_free(&history->pending);
	free(history->path);
	history->path = NULL;
}

void input_history_stop(void)
{
	drop_originals();
	while (common.next) {
		history = common.next;
		close_history();
		common.next = history->next;
		free(history->state);
		free(history->name);
		free(history);
	}
	history = &common;
	close_history();
}
