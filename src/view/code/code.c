// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/code/code.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "view/code/coder.h"
#include "view/code/origin.h"

enum { TITLE = 96, REMARK = 256 };

/* Seconds. */
enum { LIMIT_LEAST = 5, LIMIT_MOST = 60, PAUSE_LEAST = 1 };

/* A descriptor that the program has at this point, and its variable. */
struct variable {
	int fd;
	bool client; /* accepted: its calls are another session's */
	bool datagrams;
	bool waits; /* a server's, that nobody has come to yet */
	char name[CODER_NAME];
};

/* Somebody whose address recvfrom() has given. */
struct known {
	struct endpoint addr;
	char name[CODER_NAME];
};

/* What is to be written. */
struct plan {
	const struct transcript *transcript;
	const struct language *language;
	struct origin origin;
	unsigned calls; /* at most */
};

struct coder {
	const struct transcript *transcript;
	struct origin origin;
	const struct language *language;
	FILE *file;    /* NULL: only what the calls need is found out */
	unsigned left; /* calls that may still be written */
	struct variable *variable;
	size_t variables, variables_cap;
	struct known *known;
	size_t knowns, knowns_cap;
	unsigned sockets, clients; /* made so far, for names */
	struct statement
	        waiting; /* a recv() that the next one may be joined to; .calls = 0: none */
	unsigned needs;  /* enum coder_need */
	int64_t last;    /* time of the call before, ns; 0 = none yet */
	int64_t longest; /* that any has waited for the peer, ns; */
	int64_t gap;     /* and between two that were joined */
};

/* ---- variables ---- */

static struct variable *find_variable(const struct coder *coder, int fd)
{
	for (size_t i = coder->variables; i-- > 0;)
		if (coder->variable[i].fd == fd)
			return &coder->variable[i];
	return NULL;
}

static void drop_variable(struct coder *coder, int fd)
{
	struct variable *variable = find_variable(coder, fd);
	if (variable)
		*variable = coder->variable[--coder->variables];
}

static const char *add_variable(struct coder *coder, int fd, bool client, bool datagrams)
{
	drop_variable(coder, fd);
	if (coder->variables == coder->variables_cap) {
		coder->variables_cap = coder->variables_cap ? 2 * coder->variables_cap : 8;
		coder->variable =
		        xrealloc(coder->variable, coder->variables_cap * sizeof *coder->variable);
	}
	struct variable *variable = &coder->variable[coder->variables++];
	*variable = (struct variable){ .fd = fd, .client = client, .datagrams = datagrams };
	if (client)
		snprintf(variable->name, sizeof variable->name, "c%u", ++coder->clients);
	else if (++coder->sockets == 1)
		snprintf(variable->name, sizeof variable->name, "s");
	else
		snprintf(variable->name, sizeof variable->name, "s%u", coder->sockets);
	return variable->name;
}

static const struct known *find_known(const struct coder *coder, const struct endpoint *addr)
{
	for (size_t i = 0; i < coder->knowns; i++)
		if (endpoint_equal(&coder->known[i].addr, addr))
			return &coder->known[i];
	return NULL;
}

static const struct known *meet(struct coder *coder, const struct endpoint *addr)
{
	const struct known *old = find_known(coder, addr);
	if (old)
		return old;
	if (!coder->known || coder->knowns == coder->knowns_cap) {
		coder->knowns_cap = coder->knowns_cap ? 2 * coder->knowns_cap : 8;
		coder->known = xrealloc(coder->known, coder->knowns_cap * sizeof *coder->known);
	}
	struct known *known = &coder->known[coder->knowns++];
	known->addr = *addr;
	snprintf(known->name, sizeof known->name, "peer%zu", coder->knowns);
	return known;
}

/* ---- whose calls ---- */

/* The listener's part in an accepted session is its socket and the one accept(). */
static bool belongs(const struct coder *coder, const struct entry *entry, uint64_t at)
{
	const struct origin *origin = &coder->origin;
	if (entry->session == origin->session)
		return true;
	if (origin->listener && entry->session == origin->listener)
		return entry->fd == origin->listening && at <= origin->accepted &&
		       (entry->call != CALL_ACCEPT || at == origin->accepted);
	const struct variable *variable = find_variable(coder, entry->fd);
	return variable && variable->client && !origin->listener;
}

/* The entries in which there may be a part of the program: of a session alone, of its listener up
 * to the accept() and then of it, or from the first client on of all. */
static uint64_t next_entry(const struct coder *coder, uint64_t at)
{
	const struct origin *origin = &coder->origin;
	if (origin->listener && at == origin->accepted)
		return origin->first;
	if (coder->clients && !origin->listener)
		return transcript_next(coder->transcript, at);
	return transcript_after(coder->transcript, at);
}

/* What only a program that never waits has to do, or one that watches itself. */
static bool is_left_out(const struct entry *entry)
{
	bool dissolves = entry->call == CALL_CONNECT && !entry->endpoint_len;
	return !entry_is_call(entry) || entry->flags & ENTRY_WATCHING || dissolves ||
	       entry->call == CALL_GETSOCKNAME || entry->call == CALL_GETSOCKOPT ||
	       entry->call == CALL_ERRQUEUE || entry->error == EAGAIN;
}

/* ---- statements ---- */

static void note_wait(struct coder *coder, int64_t wait)
{
	if (wait > coder->longest)
		coder->longest = wait;
}

/* How long a call for something of the peer has waited, since the call before. */
static void measure(struct coder *coder, const struct statement *statement)
{
	const struct entry *entry = statement->entry;
	int64_t done = entry->time;
	if (entry->flags & ENTRY_WAITED)
		done += (int64_t)entry->duration * CLOCK_US;
	bool waits = entry_is_incoming(entry) || entry->call == CALL_ACCEPT;
	if (waits && coder->last && !statement->patient)
		note_wait(coder, done - coder->last);
	coder->last = done;
}

/* A listener, and a datagram socket with an address that has not sent, wait for whoever comes. */
static bool begins_to_wait(const struct entry *entry, const struct variable *variable)
{
	return !entry->error &&
	       (entry->call == CALL_LISTEN || (entry->call == CALL_BIND && variable->datagrams));
}

static bool ends_waiting(const struct entry *entry)
{
	return !entry->error && (entry->call == CALL_ACCEPT || entry->call == CALL_CONNECT ||
	                         entry_is_incoming(entry) || entry_is_outgoing(entry));
}

/* Whether this call is the one in which a server waits for its first client. */
static bool take_patience(struct variable *variable, const struct entry *entry)
{
	bool waited = variable->waits;
	if (begins_to_wait(entry, variable))
		variable->waits = true;
	else if (ends_waiting(entry))
		variable->waits = false;
	return waited && !variable->waits &&
	       (entry->call == CALL_ACCEPT || entry_is_incoming(entry));
}

/* Several addresses are tried side by side, each with a socket of its own. */
static bool is_other_socket(const struct entry *entry, const struct entry *own)
{
	return entry->session == own->session && entry->fd >= 0 && entry->fd != own->fd;
}

static bool is_answer(const struct entry *entry)
{
	return entry->call == CALL_GETSOCKOPT && entry->arg2 == SOL_SOCKET &&
	       entry->arg == SO_ERROR;
}

/* A socket whose connect() was still under way when that of another had succeeded, and was closed
 * then. A program that waits in connect() would wait there for minutes. */
static bool has_lost_race(const struct coder *coder, const struct entry *made, uint64_t at)
{
	int value = 0;
	bool others = false;
	if (made->arg != SOCK_STREAM)
		return false;
	for (at = transcript_after(coder->transcript, at); at != TRANSCRIPT_NONE;
	     at = transcript_after(coder->transcript, at)) {
		const struct entry *later = transcript_at(coder->transcript, at);
		bool own = !is_other_socket(later, made);
		if (own && later->call == CALL_CLOSE)
			return others;
		if (own && entry_is_call(later) && later->fd == made->fd &&
		    (is_answer(later) || later->call == CALL_LISTEN ||
		     (later->call == CALL_CONNECT && later->error != EINPROGRESS)))
			return false;
		if (!own && is_answer(later) && coder_option_value(later, &value) && value == 0)
			others = true;
		if (later->call == CALL_SEND || later->call == CALL_RECV)
			return others;
	}
	return false;
}

/* How a connect() that was under way has ended: what SO_ERROR said, 0 where nothing did. */
static int connect_error(struct coder *coder, const struct entry *entry, uint64_t at)
{
	if (entry->error != EINPROGRESS)
		return entry->error;
	int value = 0;
	for (at = transcript_after(coder->transcript, at); at != TRANSCRIPT_NONE;
	     at = transcript_after(coder->transcript, at)) {
		const struct entry *later = transcript_at(coder->transcript, at);
		if (is_other_socket(later, entry))
			continue;
		if (is_answer(later) && coder_option_value(later, &value)) {
			note_wait(coder, later->time - entry->time);
			return value;
		}
		if (later->call == CALL_CLOSE)
			return ETIMEDOUT;
		if (later->call == CALL_SEND || later->call == CALL_RECV)
			return 0;
	}
	return 0;
}

static unsigned needs_of(const struct statement *statement)
{
	const struct entry *entry = statement->entry;
	unsigned needs = entry_is_incoming(entry) ? NEED_BUFFER : 0;
	bool named = entry->call == CALL_BIND || entry->call == CALL_CONNECT ||
	             entry->call == CALL_SENDTO || entry->call == CALL_SENDMSG;
	if (entry->call == CALL_SENDMSG)
		needs |= NEED_SEND_FROM;
	if (entry->call == CALL_RECVMSG)
		needs |= NEED_RECEIVE_MESSAGE;
	if (named && entry->endpoint_len && !statement->peer[0])
		needs |= NEED_ENDPOINT;
	if (entry->call == CALL_SOCKET || entry->call == CALL_ACCEPT || statement->patient)
		needs |= NEED_LIMIT;
	if (coder_is_receive(statement))
		return needs | NEED_RECEIVE | NEED_SHOW;
	if (coder_is_end(statement))
		return needs | NEED_RECEIVE_END | NEED_SHOW;
	if (coder_is_send_all(statement))
		return needs | NEED_SEND_ALL | NEED_CHECK;
	if (statement->error)
		return needs | NEED_ATTEMPT | (entry_is_outgoing(entry) ? NEED_BUFFER : 0);
	if (entry_is_incoming(entry) && !(entry->arg2 & MSG_PEEK))
		return needs | NEED_SHOW;
	return needs | NEED_CHECK | (entry->call == CALL_LISTEN ? NEED_TELL : 0);
}

static void emit(struct coder *coder, const struct statement *statement)
{
	coder->needs |= needs_of(statement);
	if (coder->file)
		coder->language->call(coder->file, statement);
}

static void flush(struct coder *coder)
{
	if (coder->waiting.calls)
		emit(coder, &coder->waiting);
	coder->waiting.calls = 0;
}

static void write_statement(struct coder *coder, const struct statement *statement)
{
	struct statement *waiting = &coder->waiting;
	bool receive = coder_is_receive(statement);
	int64_t before = coder->last;
	measure(coder, statement);
	if (receive && waiting->calls && strcmp(waiting->socket, statement->socket) == 0) {
		if (coder->last - before > coder->gap)
			coder->gap = coder->last - before;
		waiting->bytes += statement->bytes;
		waiting->calls++;
		return;
	}
	flush(coder);
	if (receive)
		*waiting = *statement;
	else
		emit(coder, statement);
}

static void copy_name(char out[CODER_NAME], const char *name)
{
	snprintf(out, CODER_NAME, "%s", name);
}

static void name_ends(struct coder *coder, struct statement *statement)
{
	const struct entry *entry = statement->entry;
	struct endpoint addr = entry_addr(entry);
	struct variable *variable = find_variable(coder, entry->fd);
	if (variable)
		statement->patient = take_patience(variable, entry);
	if (entry->call == CALL_SOCKET && !entry->error)
		copy_name(statement->socket,
		          add_variable(coder, entry->fd, false, entry->arg == SOCK_DGRAM));
	else if (variable)
		copy_name(statement->socket, variable->name);
	if (entry->call == CALL_ACCEPT && !entry->error)
		copy_name(statement->client, add_variable(coder, entry->arg, true, false));
	const struct known *known = NULL;
	size_t knowns = coder->knowns;
	bool taken = entry->call == CALL_RECVFROM || entry->call == CALL_RECVMSG;
	if (taken && !entry->error && endpoint_is_set(&addr))
		known = meet(coder, &addr);
	else if (entry->call == CALL_SENDTO || entry->call == CALL_SENDMSG ||
	         entry->call == CALL_CONNECT)
		known = find_known(coder, &addr);
	if (known)
		copy_name(statement->peer, known->name);
	statement->met = coder->knowns > knowns;
}

static void write_remark(struct coder *coder, const char *text)
{
	flush(coder);
	if (coder->file)
		coder->language->remark(coder->file, text);
}

static void write_lookup(struct coder *coder, const struct entry *entry)
{
	char text[REMARK];
	const char *asked = entry_payload(entry);
	const char *feed = memchr(asked, '\n', entry->len);
	size_t len = feed ? (size_t)(feed - asked) : entry->len;
	snprintf(text, sizeof text, "looked up: %.*s", (int)(len < 200 ? len : 200), asked);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~' || *p == '*' || *p == '\\')
			*p = '?';
	write_remark(coder, text);
}

static void write_entry(struct coder *coder, const struct entry *entry, uint64_t at)
{
	if (entry->call == CALL_GETADDRINFO) {
		write_lookup(coder, entry);
		return;
	}
	if (is_left_out(entry) || (entry->call == CALL_SOCKET && entry->error) ||
	    (entry->call == CALL_SOCKET && has_lost_race(coder, entry, at)))
		return;
	struct statement statement = { .entry = entry, .error = entry->error, .calls = 1 };
	name_ends(coder, &statement);
	if (!statement.socket[0])
		return;
	if (entry->call == CALL_CONNECT)
		statement.error = connect_error(coder, entry, at);
	if (entry_is_incoming(entry))
		statement.bytes = entry->len;
	if (entry_is_secret(entry) && entry->len)
		write_remark(coder, "a secret: stars stand in the place of its bytes");
	write_statement(coder, &statement);
	if (entry->call == CALL_CLOSE)
		drop_variable(coder, entry->fd);
}

/* Whether those were all. */
static bool write_calls(struct coder *coder)
{
	for (uint64_t at = coder->origin.start; at != TRANSCRIPT_NONE; at = next_entry(coder, at)) {
		const struct entry *entry = transcript_at(coder->transcript, at);
		bool broken = coder->file && ferror(coder->file);
		if (!belongs(coder, entry, at))
			continue;
		if (!coder->left || broken) {
			flush(coder);
			return false;
		}
		coder->left--;
		write_entry(coder, entry, at);
	}
	flush(coder);
	return true;
}

/* Twice as long as then, in whole seconds. */
static int seconds(int64_t then, int least, int most)
{
	int64_t twice = 2 * then / CLOCK_S + 1;
	return twice < least ? least : twice > most ? most : (int)twice;
}

/* Goes through the calls; a NULL file: only for what stands before them. Whether those were all. */
static bool write_pass(const struct plan *plan, FILE *file, struct program *program)
{
	struct coder coder = {
		.transcript = plan->transcript,
		.origin = plan->origin,
		.language = plan->language,
		.left = plan->calls,
		.file = file,
	};
	bool whole = write_calls(&coder);
	program->needs = coder.needs;
	program->limit = seconds(coder.longest, LIMIT_LEAST, LIMIT_MOST);
	program->pause = seconds(coder.gap, PAUSE_LEAST, program->limit);
	free(coder.variable);
	free(coder.known);
	return whole;
}

/* What stands before the calls depends on them: so they are gone through twice, and a program of
 * any length takes no memory. */
static bool write_program(const struct plan *plan, FILE *file)
{
	char title[TITLE], when[CLOCK_TEXT];
	struct program program = { .title = title };
	clock_format_time(plan->origin.begun, true, when);
	snprintf(title, sizeof title, "Session %u as a program: the calls made from %s on.",
	         (unsigned)plan->origin.session, when);
	write_pass(plan, NULL, &program);
	plan->language->begin(file, &program);
	bool whole = write_pass(plan, file, &program);
	if (whole)
		plan->language->end(file);
	return whole;
}

bool code_write_begin(const struct transcript *transcript, uint32_t session,
                      enum code_language language, unsigned calls, FILE *file, bool *whole,
                      struct error *error)
{
	struct plan plan = {
		.transcript = transcript,
		.language = language == CODE_PYTHON ? &code_python : &code_c,
		.calls = calls,
	};
	*whole = false;
	if (!origin_find(&plan.origin, transcript, session, error))
		return false;
	*whole = write_program(&plan, file);
	if (fflush(file) == 0 && !ferror(file))
		return true;
	*whole = false;
	error_errno(error, errno, "write");
	return false;
}

bool code_write(const struct transcript *transcript, uint32_t session, enum code_language language,
                FILE *file, struct error *error)
{
	bool whole;
	return code_write_begin(transcript, session, language, UINT_MAX, file, &whole, error);
}
