// SPDX-License-Identifier: GPL-3.0-or-later
#include "log/log_writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/descriptor.h"
#include "base/worker.h"

enum {
	SLOTS = 32,        /* buffers of one file that wait */
	SPARES = 16,       /* empty ones whose memory is kept for the next, */
	LARGEST = 4 << 20, /* if that is no more, and of all together */
	KEPT = 24 << 20,   /* no more: as much as waits in a flood */
	PIECE = 1 << 18,   /* of one write(): progress is seen, and the other files have their turn */
};

/* Everything is guarded by the lock, but what is said to be one side's own. */
struct log_output {
	struct shared *shared;
	struct log_output *next;
	int fd;
	struct buf slot[SLOTS]; /* first come, first written */
	unsigned count;
	struct log_progress progress;
	bool wants_room; /* the loop waits until no more bytes than `room` are pending */
	size_t room;
	bool ending;
	struct buf busy; /* the thread's own: what it writes now */
};

/* Freed by its job, which may outlive the writer when a disk is stuck. */
struct shared {
	pthread_mutex_t lock;
	pthread_cond_t news; /* for the thread */
	struct log_output *first;
	struct buf spare[SPARES]; /* first come, first filled: the last is in the cache of another processor */
	unsigned spares;
	size_t kept; /* bytes of their memory */
	bool ending;
	int pipe[2]; /* wakes the loop */
};

struct log_writer {
	struct worker_pool *pool;
	struct worker_job *job; /* NULL before the first file */
	struct shared *shared;
};

/* ---- files ---- */

static void link_output(struct shared *shared, struct log_output *output)
{
	struct log_output **end = &shared->first;
	while (*end)
		end = &(*end)->next;
	*end = output;
}

static void unlink_output(struct shared *shared, struct log_output *output)
{
	struct log_output **at = &shared->first;
	while (*at != output)
		at = &(*at)->next;
	*at = output->next;
	output->next = NULL;
}

static void free_output(struct log_output *output)
{
	for (unsigned i = 0; i < output->count; i++)
		buf_free(&output->slot[i]);
	buf_free(&output->busy);
	free(output);
}

static void free_shared(struct shared *shared)
{
	while (shared->first) {
		struct log_output *output = shared->first;
		unlink_output(shared, output);
		free_output(output);
	}
	while (shared->spares)
		buf_free(&shared->spare[--shared->spares]);
	close(shared->pipe[0]);
	close(shared->pipe[1]);
}

static void wake_loop(const struct shared *shared)
{
	while (write(shared->pipe[1], "", 1) < 0 && errno == EINTR)
		continue;
}

/* ---- the thread ---- */

/* The descriptor may be somebody's pipe that does not block. */
static ssize_t write_piece(int fd, const char *bytes, size_t len)
{
	for (;;) {
		ssize_t put = write(fd, bytes, len);
		if (put >= 0)
			return put;
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			struct pollfd wanted = { .fd = fd, .events = POLLOUT };
			poll(&wanted, 1, -1);
		} else if (errno != EINTR) {
			return -1;
		}
	}
}

/* The next file that has something to be done, in turn: the one after `output`. */
static struct log_output *next_busy(const struct shared *shared, const struct log_output *last)
{
	struct log_output *found = NULL;
	bool after = !last;
	for (struct log_output *output = shared->first; output; output = output->next) {
		bool has = !output->progress.over && (output->busy.len || output->count || output->ending);
		if (has && after)
			return output;
		if (has && !found)
			found = output;
		after = after || output == last;
	}
	return found;
}

static struct buf take_first(struct buf *list, unsigned *count)
{
	struct buf first = list[0];
	--*count;
	memmove(list, list + 1, *count * sizeof *list);
	return first;
}

static void keep_spare(struct shared *shared, struct buf *spent)
{
	if (shared->spares == SPARES || spent->cap > LARGEST || shared->kept + spent->cap > KEPT) {
		buf_free(spent);
		return;
	}
	shared->spare[shared->spares++] = *spent;
	shared->kept += spent->cap;
	buf_init(spent, SIZE_MAX);
}

static void close_output(struct shared *shared, struct log_output *output, int code)
{
	pthread_mutex_unlock(&shared->lock);
	int last = close(output->fd) < 0 && errno != EINTR ? errno : 0;
	pthread_mutex_lock(&shared->lock);
	output->progress.error = code ? code : last;
	output->progress.over = true;
	wake_loop(shared);
}

/* One piece, without the lock. */
static void serve_output(struct shared *shared, struct log_output *output)
{
	if (!output->busy.len && output->count)
		output->busy = take_first(output->slot, &output->count);
	if (!output->busy.len) {
		close_output(shared, output, 0);
		return;
	}
	size_t len = output->busy.len < PIECE ? output->busy.len : PIECE;
	pthread_mutex_unlock(&shared->lock);
	ssize_t put = write_piece(output->fd, buf_data(&output->busy), len);
	int code = put < 0 ? errno : 0;
	pthread_mutex_lock(&shared->lock);
	if (code) {
		close_output(shared, output, code);
		return;
	}
	buf_consume(&output->busy, (size_t)put);
	if (!output->busy.len)
		keep_spare(shared, &output->busy);
	output->progress.written += (size_t)put;
	output->progress.pending -= (size_t)put;
	if (output->wants_room && output->progress.pending <= output->room) {
		output->wants_room = false;
		wake_loop(shared);
	}
}

static void run(void *context)
{
	struct shared *shared = context;
	struct log_output *output = NULL;
	pthread_mutex_lock(&shared->lock);
	for (;;) {
		output = next_busy(shared, output);
		if (output)
			serve_output(shared, output);
		else if (shared->ending)
			break;
		else
			pthread_cond_wait(&shared->news, &shared->lock);
		if (output && output->progress.over) /* the loop may free it */
			output = NULL;
	}
	pthread_mutex_unlock(&shared->lock);
	free_shared(shared);
}

/* ---- the loop ---- */

struct log_writer *log_writer_new(void)
{
	struct log_writer *writer = xcalloc(1, sizeof *writer);
	writer->pool = worker_pool_new(1, 1);
	return writer;
}

static bool start(struct log_writer *writer, struct error *error)
{
	struct shared *shared = xcalloc(1, sizeof *shared);
	if (!descriptor_pipe(shared->pipe)) {
		descriptor_explain(error, errno, "a log");
		free(shared);
		return false;
	}
	pthread_mutex_init(&shared->lock, NULL);
	pthread_cond_init(&shared->news, NULL);
	struct worker_job *job = worker_start(writer->pool, false, run, shared);
	if (worker_state(job) == WORKER_FAILED) {
		error_errno(error, worker_error(job), "a log needs a thread");
		free_shared(shared);
		worker_leave(job);
		return false;
	}
	writer->job = job;
	writer->shared = shared;
	return true;
}

struct log_output *log_writer_add(struct log_writer *writer, int fd, struct error *error)
{
	if (!writer->job && !start(writer, error)) {
		close(fd);
		return NULL;
	}
	struct log_output *output = xcalloc(1, sizeof *output);
	output->shared = writer->shared;
	output->fd = fd;
	buf_init(&output->busy, SIZE_MAX);
	pthread_mutex_lock(&writer->shared->lock);
	link_output(writer->shared, output);
	pthread_mutex_unlock(&writer->shared->lock);
	return output;
}

void log_output_put(struct log_output *output, struct buf *bytes)
{
	pthread_mutex_lock(&output->shared->lock);
	output->progress.pending += bytes->len;
	if (output->progress.over) {
		buf_clear(bytes);
	} else if (output->count < SLOTS) {
		output->slot[output->count++] = *bytes;
		buf_init(bytes, SIZE_MAX);
		if (output->shared->spares) {
			*bytes = take_first(output->shared->spare, &output->shared->spares);
			output->shared->kept -= bytes->cap;
		}
	} else {
		buf_append(&output->slot[SLOTS - 1], buf_data(bytes), bytes->len);
		buf_clear(bytes);
	}
	pthread_cond_signal(&output->shared->news);
	pthread_mutex_unlock(&output->shared->lock);
}

void log_output_end(struct log_output *output)
{
	pthread_mutex_lock(&output->shared->lock);
	output->ending = true;
	pthread_cond_signal(&output->shared->news);
	pthread_mutex_unlock(&output->shared->lock);
}

struct log_progress log_output_progress(const struct log_output *output)
{
	pthread_mutex_lock(&output->shared->lock);
	struct log_progress progress = output->progress;
	pthread_mutex_unlock(&output->shared->lock);
	return progress;
}

void log_output_want_room(struct log_output *output, size_t most)
{
	pthread_mutex_lock(&output->shared->lock);
	output->room = most;
	output->wants_room = output->progress.pending > most;
	if (!output->wants_room)
		wake_loop(output->shared);
	pthread_mutex_unlock(&output->shared->lock);
}

void log_output_free(struct log_output *output)
{
	pthread_mutex_lock(&output->shared->lock);
	unlink_output(output->shared, output);
	pthread_mutex_unlock(&output->shared->lock);
	free_output(output);
}

void log_writer_free(struct log_writer *writer)
{
	if (writer->job) {
		pthread_mutex_lock(&writer->shared->lock);
		writer->shared->ending = true;
		pthread_cond_signal(&writer->shared->news);
		pthread_mutex_unlock(&writer->shared->lock);
		worker_leave(writer->job);
	}
	worker_pool_free(writer->pool);
	free(writer);
}

void log_writer_prepare(const struct log_writer *writer, struct poller *poller)
{
	if (writer->job)
		poller_want_read(poller, writer->shared->pipe[0]);
}

void log_writer_serve(const struct log_writer *writer, const struct poller *poller)
{
	char bytes[64];
	while (writer->job && poller_readable(poller, writer->shared->pipe[0]) &&
	       read(writer->shared->pipe[0], bytes, sizeof bytes) < 0 && errno == EINTR)
		continue;
}
