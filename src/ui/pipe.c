// SPDX-License-Identifier: GPL-3.0-or-later
/* The frontend without a person. Data can never be a command. What happens to the connection goes to
 * standard error: with -v all of it, failures always.
 *
 * A session that bytes can go through is a conversation. Sessions end by themselves at any time, and
 * are only looked at: once a turn, at its end, settle() compares what is with what was, ends what is
 * over, and chooses who is given the input. Nothing else here ends a conversation. */
#include "ui/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/service.h"
#include "net/tls_stream.h"
#include "ui/output_queue.h"
#include "ui/pipe_report.h"
#include "ui/telnet.h"

enum {
	CHUNK = 256 << 10,          /* read from standard input at a time */
	DATAGRAM = 16 << 10,        /* one read is one datagram, and no larger than in nc */
	LINE_MAX_BYTES = 65507,     /* of a line that is sent by itself: a longer one is cut */
	REPRIEVES = 4,              /* a peer that sends without end gets no more */
	UNSENT_MAX = 512 << 10,     /* no more is read while this many bytes wait to be sent */
	TRANSCRIPT_BYTES = 4 << 20, /* small enough to stay in the processor's cache */
};

/* Nothing says of UDP that it has ended: the last answer may still come this long after the input has ended. */
#define UDP_LINGER CLOCK_S

/* When the reader of the output has gone: what comes until then is lost, and ends us by SIGPIPE. */
#define READER_LINGER (CLOCK_S / 5)

/* A pipe that has brought input this recently is not quiet: its writer is only slower than we are. */
#define QUIET (CLOCK_S / 4)

/* What nobody looks at need not be read at all. */
enum passage { COPIED, FROM_PIPE, FROM_FILE };

struct conversation {
	uint32_t number;    /* of its session */
	uint64_t moved;     /* bytes and calls that had gone either way when it was looked at, */
	int64_t moved_at;   /* and when that had changed */
	uint64_t sent;      /* bytes of them that we sent, */
	int64_t fed_at;     /* and when that had changed, 0 = never */
	int64_t sent_at;    /* since when the whole input has been out, 0 = it is not */
	unsigned reprieves; /* turns that it was given after its end, to read what has come */
};

struct pipe {
	struct ui ui;
	enum eol eol; /* in place of the line feeds of the input */
	struct app *app;
	struct pipe_options options;
	struct output_queue output;
	int64_t output_at;  /* when the output last took something that it had not taken at once */
	bool passes_output; /* what comes goes straight into it */
	bool gathers;       /* the datagrams of a turn are written at once */
	bool output_closed; /* nothing more comes for it */
	bool reader_gone;   /* nobody would get what comes */
	bool held;          /* nothing is read from the peers while the output is stuck */

	struct conversation *conversations; /* in the order of their sessions' numbers */
	size_t count, cap;
	uint32_t newest;  /* number of the newest session that was considered */
	uint64_t heard;   /* datagrams that had come when the last peer of a server was given up */
	uint64_t packets; /* receives, for -W */

	bool null_input;   /* standard input is closed, or /dev/null */
	bool end_of_input; /* has been met, */
	int64_t ended_at;  /* and all before it was given to a session, when; 0 = not yet */
	struct buf lines;  /* of the input, which wait until it is their time */
	int64_t next_line_at;
	enum passage passage; /* how the input gets to a stream */
	char last;            /* the last byte read, for line ends that are cut by a read */
	struct buf translated;

	struct telnet telnet;      /* what of a command has come */
	int dump;                  /* --output, -1 = none */
	uint64_t lost_before;      /* bytes not sent, of sessions before this one */
	uint64_t lost;             /* bytes received that standard output did not take */
	struct pipe_report report; /* what standard error has */
	struct follower talk;      /* what a service notes */
	char chunk[CHUNK];
};

static struct pipe *pipe_of(struct ui *ui)
{
	return (struct pipe *)ui;
}

static struct session *session_of(const struct pipe *pipe, const struct conversation *conversation)
{
	return sessions_numbered(pipe->app->sessions, conversation->number);
}

/* A service answers by itself: then nothing goes through here. */
static bool is_service(const struct pipe *pipe)
{
	return session_service(pipe->options.session) != service_table[0];
}

/* But one to whose clients a person may speak takes the lines of the input, and what it notes is the
 * output. */
static bool is_talk(const struct pipe *pipe)
{
	return session_service(pipe->options.session)->typed != NULL;
}

static bool is_server(const struct pipe *pipe)
{
	return session_is_server(pipe->options.session);
}

static bool is_datagram(const struct pipe *pipe)
{
	return session_has_peers(pipe->options.session);
}

/* What is read from standard input at once is one message. */
static bool has_messages(const struct pipe *pipe)
{
	return session_has_messages(pipe->options.session);
}

static void quit(struct pipe *pipe, int status)
{
	pipe->app->quit = true;
	if (!pipe->app->status)
		pipe->app->status = status;
}

static void fail(struct pipe *pipe, int code, const char *what)
{
	struct error error;
	error_errno(&error, code, "%s", what);
	error_print("%s", error.text);
	quit(pipe, 1);
}

/* --output: what went either way, as it was on the wire. */
static void dump(struct pipe *pipe, const char *data, size_t len)
{
	while (len && pipe->dump >= 0) {
		ssize_t written = write(pipe->dump, data, len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0) {
			fail(pipe, errno, pipe->options.output);
			return;
		}
		data += written;
		len -= (size_t)written;
	}
}

/* ---- from the peers to standard output ---- */

static void hold_reading(struct pipe *pipe, bool held)
{
	if (held && !pipe->held)
		pipe->output_at = clock_now();
	pipe->held = held;
	for (size_t i = 0; i < sessions_count(pipe->app->sessions); i++)
		session_block_reading(sessions_at(pipe->app->sessions, i), held);
}

static bool has_all_packets(const struct pipe *pipe)
{
	return pipe->options.packets && pipe->packets >= pipe->options.packets;
}

static void output_failed(struct pipe *pipe)
{
	if (pipe->output.error == EPIPE) {
		pipe->ui.signal = SIGPIPE; /* what the kernel would have done to any other filter */
		quit(pipe, 1);
	} else {
		fail(pipe, pipe->output.error, "standard output");
	}
}

static void answer_telnet(struct pipe *pipe, struct session *session, const char *data, size_t len)
{
	struct error error;
	struct buf answers;
	buf_init(&answers, SIZE_MAX);
	telnet_receive(&pipe->telnet, data, len, &answers);
	if (answers.len)
		session_send(session, buf_data(&answers), answers.len, &error);
	buf_free(&answers);
}

static void on_data(void *context, struct session *session, const char *data, size_t len)
{
	struct pipe *pipe = context;
	if (pipe->app->quit || has_all_packets(pipe))
		return;
	pipe->packets++;
	dump(pipe, data, len);
	if (pipe->options.telnet)
		answer_telnet(pipe, session, data, len);
	if (pipe->options.no_output || pipe->options.json)
		len = 0;
	if (pipe->gathers)
		output_queue_add(&pipe->output, data, len);
	else if (len && !output_queue_write(&pipe->output, data, len))
		output_failed(pipe);
	if (has_all_packets(pipe) || (!pipe->gathers && output_queue_pending(&pipe->output)))
		hold_reading(pipe, true);
}

/* What is said to and by the clients of a service. While the output is stuck it waits in the transcript,
 * as long as that has room: the clients are not held up. */
static void write_talk(struct pipe *pipe)
{
	const struct entry *entry;
	follower_skip_bytes(&pipe->talk);
	while (!output_queue_pending(&pipe->output)) {
		if (follower_missed(&pipe->talk).entries) {
			error_print("lines are missing in the output, which was not read in time");
			pipe->app->status = 1;
		}
		entry = follower_next(&pipe->talk);
		if (!entry)
			return;
		if (entry->call != CALL_NOTE || entry->flags & ENTRY_ERROR ||
		    entry->session != session_number(pipe->options.session))
			continue;
		if (!output_queue_write(&pipe->output, entry_payload(entry), entry->len) ||
		    !output_queue_write(&pipe->output, "\n", 1))
			output_failed(pipe);
	}
}

static void flush_output(struct pipe *pipe)
{
	size_t pending = output_queue_pending(&pipe->output);
	if (!output_queue_flush(&pipe->output))
		output_failed(pipe);
	if (output_queue_pending(&pipe->output) < pending)
		pipe->output_at = clock_now();
	if (pipe->held && !output_queue_pending(&pipe->output) && !has_all_packets(pipe))
		hold_reading(pipe, false);
}

/* ---- from standard input to the peer ---- */

/* Line feeds become the line end asked for; what already is CRLF stays, also where a read cut it in
 * two. */
static void translate(struct pipe *pipe, const char *data, size_t len)
{
	size_t eol_len;
	enum eol eol = pipe->eol;
	const char *end_of_line = eol_bytes(eol, &eol_len);
	buf_clear(&pipe->translated);
	for (size_t i = 0; i < len; i++) {
		char before = i ? data[i - 1] : pipe->last;
		if (data[i] == '\n' && eol == EOL_CRLF && before == '\r')
			buf_append(&pipe->translated, "\n", 1);
		else if (data[i] == '\n')
			buf_append(&pipe->translated, end_of_line, eol_len);
		else
			buf_append(&pipe->translated, data + i, 1);
	}
	pipe->last = data[len - 1];
}

/* What a stream that has broken no longer takes is reported by its session. */
static void send_input(struct pipe *pipe, struct session *session, const char *data, size_t len)
{
	struct error error;
	if (pipe->eol != EOL_LF) {
		translate(pipe, data, len);
		data = buf_data(&pipe->translated);
		len = pipe->translated.len;
	}
	dump(pipe, data, len);
	error.code = 0;
	if (session_send(session, data, len, &error) || (!session_takes_data(session) && !is_talk(pipe)))
		return;
	pipe->app->status = 1;
	if (error.code != ECONNREFUSED) /* which is reported as it comes */
		error_print("%s", error.text);
}

/* Each line of the input is sent by itself. */
static bool by_lines(const struct pipe *pipe)
{
	return pipe->options.interval || is_talk(pipe) ||
	       (has_messages(pipe) && pipe->options.datagram == PIPE_DATAGRAM_LINE);
}

/* The length of the first line that waits; 0 = its end has not come. */
static size_t first_line(const struct pipe *pipe)
{
	const char *data = buf_data(&pipe->lines);
	size_t len = pipe->lines.len < LINE_MAX_BYTES ? pipe->lines.len : LINE_MAX_BYTES;
	const char *feed = len ? memchr(data, '\n', len) : NULL;
	if (feed)
		return (size_t)(feed + 1 - data);
	return pipe->end_of_input || len == LINE_MAX_BYTES ? len : 0;
}

static bool takes_input(const struct pipe *pipe, const struct session *session)
{
	if (is_talk(pipe)) /* else nobody would get it */
		return session_clients(session) || session_peer_count(session);
	return session_takes_data(session);
}

static void send_lines(struct pipe *pipe, struct session *session)
{
	size_t len;
	while ((len = first_line(pipe)) && takes_input(pipe, session) &&
	       session_unsent(session) < UNSENT_MAX) {
		if (pipe->options.interval && clock_now() < pipe->next_line_at)
			return;
		send_input(pipe, session, buf_data(&pipe->lines), len);
		buf_consume(&pipe->lines, len);
		pipe->next_line_at = clock_now() + pipe->options.interval;
	}
}

/* False where it must be read. */
static bool pass_input(struct pipe *pipe, struct session *session)
{
	if (pipe->passage == COPIED)
		return false;
	ssize_t sent = session_send_from(session, STDIN_FILENO, pipe->passage == FROM_FILE);
	if (sent == 0)
		pipe->end_of_input = true;
	if (sent < 0 && errno == EINVAL)
		pipe->passage = COPIED;
	return pipe->passage != COPIED;
}

static void read_input(struct pipe *pipe, struct session *session)
{
	if (pass_input(pipe, session))
		return;
	size_t most = has_messages(pipe) && !by_lines(pipe) ? DATAGRAM : CHUNK;
	ssize_t got = read(STDIN_FILENO, pipe->chunk, most);
	if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	/* nohup(1) gives its command a standard input that cannot be read. */
	if (got < 0 && errno != EBADF)
		fail(pipe, errno, "standard input");
	else if (got <= 0)
		pipe->end_of_input = true;
	else if (by_lines(pipe))
		buf_append(&pipe->lines, pipe->chunk, (size_t)got);
	else
		send_input(pipe, session, pipe->chunk, (size_t)got);
}

/* The session that the input goes to: the newest whose peer has not sent FIN, else the newest. NULL
 * where there is none that takes it. */
static struct session *receiver(const struct pipe *pipe)
{
	struct session *half_closed = NULL, *server = pipe->options.session;
	if (is_service(pipe))
		return is_talk(pipe) && takes_input(pipe, server) ? server : NULL;
	if (pipe->options.nc && pipe->options.keep_open && is_datagram(pipe))
		return NULL; /* nc does not connect that socket */
	for (size_t i = pipe->count; i-- > 0;) {
		struct session *session = session_of(pipe, &pipe->conversations[i]);
		if (!session || !session_takes_data(session))
			continue;
		if (!session_peer_closed(session))
			return session;
		half_closed = half_closed ? half_closed : session;
	}
	return half_closed;
}

static bool wants_input(const struct pipe *pipe)
{
	if (pipe->options.no_input || pipe->end_of_input || pipe->app->holds ||
	    has_all_packets(pipe) || pipe->lines.len >= LINE_MAX_BYTES)
		return false;
	const struct session *session = receiver(pipe);
	if (session && pipe->passage != COPIED)
		return !session_is_full(session);
	return session && session_unsent(session) < UNSENT_MAX;
}

/* ---- how conversations begin and end ---- */

static uint64_t movement(const struct session *session)
{
	const struct session_counts *counts = session_counts(session);
	return counts->sent_bytes + counts->received_bytes + counts->sends + counts->receives;
}

static void begin_conversation(struct pipe *pipe, struct session *session)
{
	unsigned most = pipe->options.max_conns;
	if (most && pipe->count >= most) {
		struct error error;
		error_print("%s is turned away: %u client%s at a time", session_name(session), most,
		            most == 1 ? "" : "s");
		session_close(session, &error);
		return;
	}
	pipe->conversations =
	        xgrow(pipe->conversations, &pipe->cap, pipe->count, sizeof *pipe->conversations);
	pipe->conversations[pipe->count++] = (struct conversation){
		.number = session_number(session),
		.moved = movement(session),
		.moved_at = clock_now(),
	};
	if (pipe->passes_output)
		session_pass_to(session, pipe->output.fd);
	if (pipe->held)
		session_block_reading(session, true);
}

/* A datagram socket that waits for its first peer has nobody to talk to. */
static void begin_own(struct pipe *pipe)
{
	struct session *session = pipe->options.session;
	struct endpoint peer = session_peer(session);
	if (pipe->count || session_state(session) != SESSION_OPEN || session_is_securing(session) ||
	    !endpoint_is_set(&peer))
		return;
	if (!is_server(pipe) || session_counts(session)->receives > pipe->heard)
		begin_conversation(pipe, session);
}

/* Clients of a service are only followed where that can matter: there may be many. */
static void begin_accepted(struct pipe *pipe)
{
	const struct sessions *sessions = pipe->app->sessions;
	size_t first = sessions_count(sessions);
	while (first && session_number(sessions_at(sessions, first - 1)) > pipe->newest)
		first--;
	for (size_t i = first; i < sessions_count(sessions); i++) {
		struct session *session = sessions_at(sessions, i);
		pipe->newest = session_number(session);
		if (!is_service(pipe) || !pipe->options.keep_open || pipe->options.idle)
			begin_conversation(pipe, session);
	}
}

static int64_t quiet_at(const struct conversation *conversation)
{
	return conversation->fed_at ? conversation->fed_at + QUIET : 0;
}

/* Whether there is more to come for a peer that has sent FIN. A listener's client is not kept for
 * input that may come some time, unless that was asked for. */
static bool has_input_for(const struct pipe *pipe, const struct conversation *conversation,
                          const struct session *session)
{
	if (pipe->options.no_input || pipe->ended_at)
		return false;
	if (!is_server(pipe) || pipe->options.half_close)
		return true;
	return !pipe->options.nc && receiver(pipe) == session &&
	       (pipe->end_of_input || pipe->lines.len || clock_now() < quiet_at(conversation) ||
	        poller_is_ready(STDIN_FILENO));
}

static bool has_refused(const struct pipe *pipe, const struct session *session)
{
	return is_datagram(pipe) && !is_server(pipe) && session_counts(session)->refused;
}

/* Nothing more can come of it, or is asked for. */
static bool is_over(const struct pipe *pipe, const struct conversation *conversation,
                    const struct session *session)
{
	if (is_service(pipe) || session_unsent(session))
		return false;
	if (has_all_packets(pipe) || has_refused(pipe, session) ||
	    ((pipe->options.no_output || (pipe->reader_gone && pipe->options.nc)) &&
	     conversation->sent_at))
		return true;
	return session_peer_closed(session) && !pipe->held &&
	       !has_input_for(pipe, conversation, session);
}

/* While the output is stuck, nothing is idle that it moves; nor is a line that waits for its time. */
static int64_t idle_since(const struct pipe *pipe, const struct conversation *conversation)
{
	int64_t since = conversation->moved_at;
	if (pipe->held && pipe->output_at > since)
		since = pipe->output_at;
	if (pipe->options.interval && pipe->next_line_at > since && first_line(pipe))
		since = pipe->next_line_at;
	return since;
}

/* Of a TCP client nc heeds -q only when its peer has ended: an answer that takes longer is not lost. */
static int64_t limit_of(const struct pipe *pipe, const struct conversation *conversation)
{
	int64_t limit = INT64_MAX, quit_after = pipe->options.quit_after;
	if (pipe->options.idle)
		limit = idle_since(pipe, conversation) + pipe->options.idle;
	if (is_service(pipe) || !conversation->sent_at)
		return limit;
	int64_t end = INT64_MAX;
	bool hears_out = pipe->options.nc && !is_server(pipe) && !is_datagram(pipe);
	if (pipe->reader_gone)
		end = conversation->moved_at > conversation->sent_at
		              ? conversation->moved_at + READER_LINGER
		              : conversation->sent_at + READER_LINGER;
	else if (quit_after >= 0 && !hears_out)
		end = conversation->sent_at + quit_after;
	else if (is_datagram(pipe) && !is_server(pipe) && !pipe->options.nc &&
	         !pipe->options.idle && quit_after == PIPE_QUIT_WHEN_DONE)
		end = (conversation->moved_at > conversation->sent_at ? conversation->moved_at
		                                                      : conversation->sent_at) +
		      UDP_LINGER;
	return end < limit ? end : limit;
}

/* Bytes that lie in the kernel: close() would answer them by RST, which a peer may meet before it has
 * read what we sent. */
static bool has_unread(const struct pipe *pipe, struct session *session)
{
	if (pipe->held || is_datagram(pipe) || session_peer_closed(session))
		return false;
	sessions_sample(pipe->app->sessions, session);
	return sample_get(session_sample(session), SAMPLE_INQ) > 0;
}

static void note_end(struct pipe *pipe, enum session_end how)
{
	bool failed =
	        how == SESSION_ENDED_FAILED || (how == SESSION_ENDED_RESET && !pipe->options.nc);
	if (failed && !pipe->options.keep_open && !pipe->app->status)
		pipe->app->status = 1;
}

/* nc ends with its client, whatever is to be read. What is taken here nobody else would be given. */
static bool has_left_over(struct pipe *pipe, const struct session *session)
{
	return pipe->options.nc && !pipe->options.keep_open && session_is_accepted(session) &&
	       session_peer_closed(session) && !pipe->end_of_input && !pipe->options.no_input &&
	       poller_is_ready(STDIN_FILENO) && read(STDIN_FILENO, pipe->chunk, 1) > 0;
}

/* What has come, and was not read because the output is stuck, is lost; so is the input that a peer
 * does not take. A datagram server goes on: the next datagram begins another conversation. */
static void end_conversation(struct pipe *pipe, struct session *session)
{
	struct error error;
	if (pipe->held && !has_all_packets(pipe)) {
		sessions_sample(pipe->app->sessions, session);
		pipe->lost += sample_get(session_sample(session), SAMPLE_INQ);
	}
	if ((session_is_full(session) && (pipe->options.nc || !session_unsent(session))) ||
	    (pipe->lines.len && !pipe->options.keep_open)) {
		error_print("the input was not sent to its end in time");
		pipe->app->status = 1;
	} else if (has_left_over(pipe, session)) {
		error_print("the input was not sent to its end: the client has sent FIN");
		pipe->app->status = 1;
	}
	if (has_refused(pipe, session) && !pipe->options.nc)
		pipe->app->status = 1;
	if (is_datagram(pipe) && pipe->options.keep_open && !has_all_packets(pipe))
		pipe->heard = session_counts(session)->receives;
	else
		session_close(session, &error);
}

/* False when it is over. */
static bool settle_one(struct pipe *pipe, struct conversation *conversation, int64_t now)
{
	struct error error;
	struct session *session = session_of(pipe, conversation);
	if (!session)
		return false;
	uint64_t moved = movement(session);
	if (moved != conversation->moved || pipe->app->holds) {
		conversation->moved = moved;
		conversation->moved_at = now;
	}
	if (session_counts(session)->sent_bytes != conversation->sent) {
		conversation->sent = session_counts(session)->sent_bytes;
		conversation->fed_at = now;
	}
	int stuck = session_pass_error(session);
	if (stuck == EAGAIN && !pipe->held) {
		hold_reading(pipe, true);
	} else if (stuck && stuck != EAGAIN) {
		pipe->output.error = stuck;
		output_failed(pipe);
		return false;
	}
	bool shuts =
	        pipe->options.fin == PIPE_FIN_ALWAYS ||
	        (pipe->options.fin == PIPE_FIN_AFTER_INPUT && pipe->ended_at && !pipe->null_input);
	if (shuts && (pipe->ended_at || pipe->options.no_input) &&
	    (pipe->options.nc || !is_datagram(pipe)) && !is_service(pipe) && session_takes_data(session))
		session_shutdown(session, SHUT_WR, &error);
	if (session_state(session) == SESSION_CLOSED) {
		note_end(pipe, session_end(session));
		return false;
	}
	if (pipe->ended_at && !conversation->sent_at && !session_unsent(session))
		conversation->sent_at = now;
	if (pipe->app->holds)
		return true;
	if (is_over(pipe, conversation, session) || now >= limit_of(pipe, conversation)) {
		if (conversation->reprieves++ < REPRIEVES && has_unread(pipe, session))
			return true;
		end_conversation(pipe, session);
		return false;
	}
	return true;
}

/* The reader sees the end when nothing more can come, though there may be input to be sent yet. */
static void close_output(struct pipe *pipe)
{
	if (pipe->output_closed || pipe->count != 1 || pipe->held || pipe->options.nc ||
	    pipe->options.keep_open || pipe->options.shares_output || pipe->options.json ||
	    !session_peer_closed(session_of(pipe, pipe->conversations)))
		return;
	pipe->output_closed = true;
	if (!output_queue_end(&pipe->output))
		output_failed(pipe);
	else if (!output_queue_pending(&pipe->output))
		output_queue_close(&pipe->output);
}

/* All conversations are over and none can begin. */
static bool is_done(const struct pipe *pipe)
{
	const struct session *session = pipe->options.session;
	if (has_all_packets(pipe))
		return !pipe->count;
	return !pipe->count && session_state(session) == SESSION_CLOSED &&
	       !session_clients(session);
}

static int64_t output_limit(const struct pipe *pipe)
{
	if (!pipe->options.idle || !is_done(pipe) || !output_queue_pending(&pipe->output))
		return INT64_MAX;
	return pipe->output_at + pipe->options.idle;
}

static void settle(struct pipe *pipe)
{
	int64_t now = clock_now();
	pipe_report_turn(&pipe->report);
	if (pipe->gathers && output_queue_pending(&pipe->output) && !pipe->held) {
		flush_output(pipe);
		if (output_queue_pending(&pipe->output))
			hold_reading(pipe, true);
	}
	if (is_talk(pipe) && !pipe->options.no_output && !pipe->options.json)
		write_talk(pipe);
	if (session_has_clients(pipe->options.session))
		begin_accepted(pipe);
	else
		begin_own(pipe);
	struct session *session = receiver(pipe);
	if (session)
		send_lines(pipe, session);
	if (pipe->end_of_input && !pipe->lines.len && !pipe->ended_at)
		pipe->ended_at = now;
	size_t kept = 0;
	for (size_t i = 0; i < pipe->count; i++)
		if (settle_one(pipe, &pipe->conversations[i], now))
			pipe->conversations[kept++] = pipe->conversations[i];
	pipe->count = kept;
	close_output(pipe);
	if (!is_done(pipe) || pipe->app->quit)
		return;
	size_t pending = output_queue_pending(&pipe->output);
	if (pending && now < output_limit(pipe))
		return;
	pipe->lost += pending;
	pipe_report_turn(&pipe->report);
	if (pipe->lost)
		error_print("%llu byte%s received and not written: standard output did not take "
		            "%s in time",
		            (unsigned long long)pipe->lost, pipe->lost == 1 ? " was" : "s were",
		            pipe->lost == 1 ? "it" : "them");
	note_end(pipe, session_end(pipe->options.session));
	quit(pipe, pipe->lost || sessions_lost(pipe->app->sessions) > pipe->lost_before ? 1 : 0);
}

/* ---- the frontend ---- */

static void prepare(struct ui *ui, struct poller *poller)
{
	struct pipe *pipe = pipe_of(ui);
	if (wants_input(pipe))
		poller_want_read(poller, STDIN_FILENO);
	bool pending = output_queue_pending(&pipe->output);
	if ((pipe->held && !(has_all_packets(pipe) && !pending)) || (is_talk(pipe) && pending))
		poller_want_write(poller, pipe->output.fd);
	if (pipe->options.json ||
	    (pipe->output.own && !pipe->reader_gone && !pipe->options.keep_open && pipe->count &&
	     pipe->conversations[0].sent_at)) /* else the next write meets it */
		poller_want_news(poller, pipe->output.fd);
	for (size_t i = 0; i < pipe->count; i++) {
		const struct conversation *conversation = &pipe->conversations[i];
		const struct session *session = session_of(pipe, conversation);
		poller_wake_at(poller, limit_of(pipe, conversation));
		if (session && session_peer_closed(session) && clock_now() < quiet_at(conversation))
			poller_wake_at(poller, quiet_at(conversation));
	}
	poller_wake_at(poller, output_limit(pipe));
	if (pipe->options.interval && first_line(pipe) && receiver(pipe))
		poller_wake_at(poller, pipe->next_line_at);
}

/* Where the watched ones were not left. */
static void take_signals(struct pipe *pipe)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
		if (!poller_take_signal(ending[i]))
			continue;
		pipe->ui.signal = ending[i];
		quit(pipe, 1);
	}
	if (poller_take_signal(SIGTSTP))
		raise(SIGSTOP);
}

static void serve(struct ui *ui, struct poller *poller)
{
	struct pipe *pipe = pipe_of(ui);
	take_signals(pipe);
	struct session *session = wants_input(pipe) ? receiver(pipe) : NULL;
	if (session && poller_readable(poller, STDIN_FILENO))
		read_input(pipe, session);
	if (poller_hung_up(poller, pipe->output.fd)) {
		pipe->reader_gone = true;
		if (pipe->options.json) {
			pipe->output.error = EPIPE;
			output_failed(pipe);
		}
	}
	if (poller_writable(poller, pipe->output.fd))
		flush_output(pipe);
}

static void draw(struct ui *ui, struct app *app)
{
	(void)app;
	settle(pipe_of(ui));
}

static void free_pipe(struct ui *ui)
{
	struct pipe *pipe = pipe_of(ui);
	pipe_report_end(&pipe->report);
	sessions_tap(pipe->app->sessions, NULL, NULL);
	if (!ui->signal && !output_queue_end(&pipe->output) && !pipe->app->status)
		output_failed(pipe);
	output_queue_done(&pipe->output);
	if (pipe->dump >= 0)
		close(pipe->dump);
	buf_free(&pipe->translated);
	buf_free(&pipe->lines);
	free(pipe->conversations);
	free(pipe);
}

/* What the shell gives a command in the background, and main in place of a closed one. */
static bool is_null(int fd)
{
	struct stat status, null;
	return fstat(fd, &status) == 0 && stat("/dev/null", &null) == 0 &&
	       S_ISCHR(status.st_mode) && status.st_rdev == null.st_rdev;
}

static void choose_passage(struct pipe *pipe)
{
	struct stat status;
	bool known = fstat(STDOUT_FILENO, &status) == 0;
	pipe->gathers =
	        has_messages(pipe) && known && (S_ISFIFO(status.st_mode) || S_ISREG(status.st_mode));
	if (has_messages(pipe) || is_service(pipe) || pipe->dump >= 0 || pipe->options.telnet ||
	    logs_count(pipe->app->logs))
		return;
	pipe->passes_output =
	        pipe->output.own && !pipe->options.no_output && !pipe->options.packets;
	if (pipe->eol != EOL_LF || by_lines(pipe) || fstat(STDIN_FILENO, &status) < 0)
		return;
	if (S_ISFIFO(status.st_mode))
		pipe->passage = FROM_PIPE;
	else if (S_ISREG(status.st_mode))
		pipe->passage = FROM_FILE;
}

/* What came with the answer of a proxy. */
static void take_received(struct pipe *pipe, const struct buf *received)
{
	struct session *session = pipe->options.session;
	if (session_security(session) == SESSION_PLAIN)
		on_data(pipe, session, buf_data(received), received->len);
	else
		tls_stream_take(session, buf_data(received), received->len);
}

struct ui *pipe_new(const struct ui_hooks *hooks, const struct pipe_options *options,
                    struct error *error)
{
	int output = -1;
	if (options->output) {
		int how = options->append_output ? O_APPEND : O_TRUNC;
		output = open(options->output, O_WRONLY | O_CREAT | O_CLOEXEC | how, 0600);
		if (output < 0) {
			error_errno(error, errno, "%.150s", options->output);
			return NULL;
		}
	}
	struct pipe *pipe = xcalloc(1, sizeof *pipe);
	pipe->ui =
	        (struct ui){ .prepare = prepare, .serve = serve, .draw = draw, .free = free_pipe };
	pipe->app = hooks->app;
	pipe->app->tabless = true;
	pipe->eol = session_eol(options->session);
	pipe->options = *options;
	pipe->dump = output;
	pipe->lost_before = sessions_lost(pipe->app->sessions);
	pipe->newest = session_number(options->session);
	pipe->null_input = is_null(STDIN_FILENO);
	struct pipe_report_options reported = { .session = options->session,
		                                .verbose = options->verbose,
		                                .nc = options->nc,
		                                .keep_open = options->keep_open,
		                                .introduced = options->introduced };
	pipe_report_init(&pipe->report, pipe->app, &reported);
	follower_init(&pipe->talk, pipe->app->transcript);
	buf_init(&pipe->translated, SIZE_MAX);
	buf_init(&pipe->lines, SIZE_MAX);
	output_queue_init(&pipe->output, STDOUT_FILENO);
	widen_pipe(STDIN_FILENO);
	choose_passage(pipe);
	transcript_set_ceiling(pipe->app->transcript, TRANSCRIPT_BYTES);
	if (!is_service(pipe)) /* which answers by itself: nothing goes through here */
		sessions_tap(pipe->app->sessions, on_data, pipe);
	if (options->received && options->received->len)
		take_received(pipe, options->received);
	if ((transport_is_unix(session_transport(options->session)) && !options->nc) ||
	    logs_count(pipe->app->logs) || pipe->app->settings.auto_log[0])
		poller_watch_signals(); /* a path must be removed, or a log written, before the end */
	else
		poller_leave_signals(); /* a filter is stopped and ended as any other */
	settle(pipe);           /* listening, or failing, may have happened already */
	return &pipe->ui;
}
