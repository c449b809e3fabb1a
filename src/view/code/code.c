// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/code/code.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "record/tls_entry.h"
#include "view/code/statement.h"

enum { TITLE = 96, REMARK = 256 };

/* Seconds. */
enum { LIMIT_LEAST = 5, LIMIT_MOST = 60, PAUSE_LEAST = 1 };

/* Where TLS is on top of it. */
enum secured { SECURED_NOT, SECURED_NOW, SECURED_PEER_ENDED };

/* A descriptor that the program has at this point, and its variable. */
struct variable {
	int fd;
	bool client; /* accepted: its calls are another session's */
	bool datagrams;
	bool has_path; /* UNIX */
	bool waits;    /* a server's, which has no client yet */
	enum secured secured;
	bool sealed; /* it has moved records before that */
	char name[STATEMENT_NAME];
};

/* A peer whose address recvfrom() has given. */
struct known {
	struct endpoint addr;
	char name[STATEMENT_NAME];
};

/* What handshakes are made from that were asked for the same. */
struct context {
	const struct entry *handshake; /* the first */
	char name[STATEMENT_NAME];
};

/* Which entry the program begins with: the session's socket(), or where it was accepted that of its
 * listener. */
struct origin {
	uint32_t session;
	uint32_t listener; /* the session that accepted this one, 0 = none */
	int listening;     /* the descriptor with which it accepted */
	uint64_t accepted; /* the entry of that accept() */
	uint64_t first;    /* the session's oldest entry */
	uint64_t start;    /* the entry with which the program begins */
	int64_t begun;     /* time of the session's first call */
};

/* What is to be written. */
struct plan {
	const struct transcript *transcript;
	const struct language *language;
	struct origin origin;
	unsigned calls; /* at most */
};

struct writer {
	const struct transcript *transcript;
	struct origin origin;
	const struct language *language;
	FILE *file;    /* NULL: only what the calls need is found out */
	unsigned left; /* calls that may still be written */
	struct variable *variable;
	size_t variables, variables_cap;
	struct known *known;
	size_t knowns, knowns_cap;
	struct context *context;
	size_t contexts, contexts_cap;
	unsigned sockets, clients; /* made so far, for names */
	struct statement
	        waiting; /* a recv() that the next one may be joined to; .calls = 0: none */
	unsigned needs;  /* enum program_need */
	int64_t last;    /* time of the call before, ns; 0 = none yet */
	int64_t longest; /* the longest wait for the peer, ns */
	int64_t gap;     /* the longest between two that were joined, ns */
};

/* ---- where it begins ---- */

/* The last accept() before the session's first entry that gave this descriptor. */
static void find_listener(struct origin *origin, const struct transcript *transcript, int fd)
{
	for (uint64_t at = transcript_previous(transcript, origin->first); at != TRANSCRIPT_NONE;
	     at = transcript_previous(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry->call != CALL_ACCEPT || entry->error || entry->arg != fd)
			continue;
		origin->listener = entry->session;
		origin->listening = entry->fd;
		origin->accepted = at;
		return;
	}
}

/* The session's oldest call that has a descriptor. */
static const struct entry *find_begin(const struct transcript *transcript, uint64_t first)
{
	for (uint64_t at = first; at != TRANSCRIPT_NONE; at = transcript_after(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry_is_call(entry) && entry->fd >= 0)
			return entry;
	}
	return NULL;
}

static bool fail_evicted(struct error *error)
{
	error_set(error, "the session's first calls are no longer in the transcript: "
	                 "/set scrollback makes it larger");
	return false;
}

/* False with one line where there is no call, or where the first ones have been evicted. */
static bool find_origin(struct origin *origin, const struct transcript *transcript,
                        uint32_t session, struct error *error)
{
	*origin = (struct origin){ .session = session };
	origin->first = transcript_begin(transcript, session);
	if (transcript_has_lost(transcript, session))
		return fail_evicted(error);
	const struct entry *begin = find_begin(transcript, origin->first);
	if (!begin) {
		error_set(error, "no calls to write: the session has made none yet");
		return false;
	}
	origin->begun = begin->time;
	origin->start = origin->first;
	if (begin->call == CALL_SOCKET)
		return true;
	find_listener(origin, transcript, begin->fd);
	if (!origin->listener)
		return fail_evicted(error);
	origin->start = transcript_begin(transcript, origin->listener);
	return origin->start == TRANSCRIPT_NONE ? fail_evicted(error) : true;
}

/* ---- variables ---- */

static struct variable *find_variable(const struct writer *writer, int fd)
{
	for (size_t i = writer->variables; i-- > 0;)
		if (writer->variable[i].fd == fd)
			return &writer->variable[i];
	return NULL;
}

static void drop_variable(struct writer *writer, int fd)
{
	struct variable *variable = find_variable(writer, fd);
	if (variable)
		*variable = writer->variable[--writer->variables];
}

static const char *add_variable(struct writer *writer, int fd, bool client, bool datagrams)
{
	drop_variable(writer, fd);
	writer->variable = xgrow(writer->variable, &writer->variables_cap, writer->variables,
	                         sizeof *writer->variable);
	struct variable *variable = &writer->variable[writer->variables++];
	*variable = (struct variable){ .fd = fd, .client = client, .datagrams = datagrams };
	if (client)
		snprintf(variable->name, sizeof variable->name, "c%u", ++writer->clients);
	else if (++writer->sockets == 1)
		snprintf(variable->name, sizeof variable->name, "s");
	else
		snprintf(variable->name, sizeof variable->name, "s%u", writer->sockets);
	return variable->name;
}

static const struct known *find_known(const struct writer *writer, const struct endpoint *addr)
{
	for (size_t i = 0; i < writer->knowns; i++)
		if (endpoint_equal(&writer->known[i].addr, addr))
			return &writer->known[i];
	return NULL;
}

static const struct known *meet(struct writer *writer, const struct endpoint *addr)
{
	const struct known *old = find_known(writer, addr);
	if (old)
		return old;
	writer->known =
	        xgrow(writer->known, &writer->knowns_cap, writer->knowns, sizeof *writer->known);
	struct known *known = &writer->known[writer->knowns++];
	known->addr = *addr;
	snprintf(known->name, sizeof known->name, "peer%zu", writer->knowns);
	return known;
}

static bool is_same_context(const struct entry *a, const struct entry *b)
{
	size_t len_a, len_b;
	size_t asked_a = (size_t)(tls_entry_agreed(a, &len_a) - entry_payload(a));
	size_t asked_b = (size_t)(tls_entry_agreed(b, &len_b) - entry_payload(b));
	return a->call == b->call && asked_a == asked_b &&
	       memcmp(entry_payload(a), entry_payload(b), asked_a) == 0;
}

/* *is_new: no handshake before it was asked for the same. */
static const char *claim_context(struct writer *writer, const struct entry *handshake, bool *is_new)
{
	*is_new = false;
	for (size_t i = 0; i < writer->contexts; i++)
		if (is_same_context(writer->context[i].handshake, handshake))
			return writer->context[i].name;
	*is_new = true;
	writer->context = xgrow(writer->context, &writer->contexts_cap, writer->contexts,
	                        sizeof *writer->context);
	struct context *context = &writer->context[writer->contexts++];
	context->handshake = handshake;
	if (writer->contexts == 1)
		snprintf(context->name, sizeof context->name, "context");
	else
		snprintf(context->name, sizeof context->name, "context%zu", writer->contexts);
	return context->name;
}

/* ---- which calls ---- */

/* The listener's part in an accepted session is its socket and the one accept(). */
static bool belongs(const struct writer *writer, const struct entry *entry, uint64_t at)
{
	const struct origin *origin = &writer->origin;
	if (entry->session == origin->session)
		return true;
	if (origin->listener && entry->session == origin->listener)
		return entry->fd == origin->listening && at <= origin->accepted &&
		       (entry->call != CALL_ACCEPT || at == origin->accepted);
	const struct variable *variable = find_variable(writer, entry->fd);
	return variable && variable->client && !origin->listener;
}

/* The next entry that may be part of the program. For an accepted session these are the listener's
 * entries up to the accept(), then its own; for a listener, those of all sessions from its first
 * client on; else its own. */
static uint64_t next_entry(const struct writer *writer, uint64_t at)
{
	const struct origin *origin = &writer->origin;
	if (origin->listener && at == origin->accepted)
		return origin->first;
	if (writer->clients && !origin->listener)
		return transcript_next(writer->transcript, at);
	return transcript_after(writer->transcript, at);
}

/* Calls that only a program needs that never blocks, or that observes itself. To a datagram socket
 * connect() with no address is a person's own. */
static bool is_left_out(const struct writer *writer, const struct entry *entry)
{
	const struct variable *variable = find_variable(writer, entry->fd);
	bool undoes = entry->call == CALL_CONNECT && !entry->endpoint_len &&
	              !(variable && variable->datagrams);
	return !entry_is_call(entry) || entry->flags & ENTRY_WATCHING || undoes ||
	       entry->call == CALL_GETSOCKNAME || entry->call == CALL_GETSOCKOPT ||
	       entry->call == CALL_ERRQUEUE || entry->error == EAGAIN;
}

/* ---- statements ---- */

static void note_wait(struct writer *writer, int64_t wait)
{
	if (wait > writer->longest)
		writer->longest = wait;
}

/* Notes how long a call has waited for the peer since the call before it. */
static void measure(struct writer *writer, const struct statement *statement)
{
	const struct entry *entry = statement->entry;
	int64_t done = entry->time;
	if (entry->flags & ENTRY_WAITED)
		done += (int64_t)entry->duration * CLOCK_US;
	if (entry_is_connect_return(entry) || statement_is_handshake(statement))
		note_wait(writer, (int64_t)entry->duration * CLOCK_US);
	bool waits = entry_is_incoming(entry) || entry->call == CALL_ACCEPT;
	if (waits && writer->last && !statement->patient)
		note_wait(writer, done - writer->last);
	writer->last = done;
}

/* A listener, and a datagram socket with an address that has not sent, wait for the first peer. */
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

/* A socket whose connect() was still under way when that of another had succeeded, and was closed
 * then. A program that waits in connect() would wait there for minutes. */
static bool has_lost_race(const struct writer *writer, const struct entry *made, uint64_t at)
{
	bool others = false;
	if (made->arg != SOCK_STREAM)
		return false;
	for (at = transcript_after(writer->transcript, at); at != TRANSCRIPT_NONE;
	     at = transcript_after(writer->transcript, at)) {
		const struct entry *later = transcript_at(writer->transcript, at);
		bool own = !is_other_socket(later, made);
		if (own && later->call == CALL_CLOSE)
			return others;
		if (own && entry_is_call(later) && later->fd == made->fd &&
		    (later->call == CALL_LISTEN ||
		     (later->call == CALL_CONNECT && !entry_is_connect_begun(later))))
			return false;
		if (!own && entry_is_connect_return(later) && !later->error)
			others = true;
		if (later->call == CALL_SEND || later->call == CALL_RECV)
			return others;
	}
	return false;
}

/* What became of a connect() that was under way: its return is an entry of its own. The program may
 * have given it up, or it waits still. */
enum fate { RETURNED, GIVEN_UP, WAITING };

static enum fate find_fate(const struct writer *writer, const struct entry *begun, uint64_t at)
{
	for (at = transcript_after(writer->transcript, at); at != TRANSCRIPT_NONE;
	     at = transcript_after(writer->transcript, at)) {
		const struct entry *later = transcript_at(writer->transcript, at);
		if (is_other_socket(later, begun))
			continue;
		if (later->call == CALL_CLOSE)
			return GIVEN_UP;
		if (entry_is_connect_return(later))
			return RETURNED;
	}
	return WAITING;
}

static unsigned needs_of_handshake(const struct statement *statement)
{
	bool chooses = statement->entry->call == CALL_TLS_ACCEPT &&
	               statement_asked(statement, TLS_ASKED_ALPN);
	return NEED_TLS | (statement->error ? NEED_TLS_ATTEMPT | NEED_ATTEMPT : 0) |
	       (statement_asked(statement, TLS_ASKED_PIN) ? NEED_TLS_PIN : 0) |
	       (statement->entry->call == CALL_TLS_ACCEPT ||
	                        statement_asked(statement, TLS_ASKED_CERT) ||
	                        statement_asked(statement, TLS_ASKED_CA)
	                ? NEED_TLS_FILES
	                : 0) |
	       (chooses ? NEED_TLS_PROTOCOL : 0);
}

static unsigned needs_of_tls(const struct statement *statement)
{
	unsigned most = statement_is_handshake(statement) ? needs_of_handshake(statement) : NEED_TLS;
	if (statement_is_receive(statement))
		return most | NEED_TLS_RECEIVE | NEED_BUFFER;
	if (statement_is_end(statement))
		return most | NEED_TLS_RECEIVE_END | NEED_BUFFER;
	return most | (statement->entry->call == CALL_TLS_SHUTDOWN ? NEED_TLS_END : 0);
}

static unsigned needs_of(const struct statement *statement)
{
	const struct entry *entry = statement->entry;
	if (entry_is_of_tls(entry) || (statement->tls && statement_is_end(statement)))
		return needs_of_tls(statement);
	unsigned needs = entry_is_incoming(entry) ? NEED_BUFFER : 0;
	bool named = entry->call == CALL_BIND || entry->call == CALL_CONNECT ||
	             (entry_is_outgoing(entry) && entry_is_addressed(entry));
	if (entry->call == CALL_SENDMSG)
		needs |= NEED_SEND_FROM;
	if (entry->call == CALL_RECVMSG)
		needs |= NEED_RECEIVE_MESSAGE;
	struct endpoint addr = entry_addr(entry);
	if (named && entry->endpoint_len && !statement->peer[0])
		needs |= endpoint_is_unix(&addr) ? NEED_PATH : NEED_ENDPOINT;
	if (entry->call == CALL_SOCKET || entry->call == CALL_ACCEPT || statement->patient)
		needs |= NEED_LIMIT;
	if (statement_is_receive(statement))
		return needs | NEED_RECEIVE | NEED_SHOW;
	if (statement_is_end(statement))
		return needs | NEED_RECEIVE_END | NEED_SHOW;
	if (statement_is_send_all(statement))
		return needs | NEED_SEND_ALL | NEED_CHECK;
	if (statement->error)
		return needs | NEED_ATTEMPT | (entry_is_outgoing(entry) ? NEED_BUFFER : 0);
	if (entry_is_incoming(entry) && !(entry->arg2 & MSG_PEEK))
		return needs | NEED_SHOW;
	return needs | NEED_CHECK |
	       (entry->call == CALL_LISTEN && !statement->has_path ? NEED_TELL : 0);
}

static void emit(struct writer *writer, const struct statement *statement)
{
	writer->needs |= needs_of(statement);
	if (writer->file)
		writer->language->call(writer->file, statement);
}

static void flush(struct writer *writer)
{
	if (writer->waiting.calls)
		emit(writer, &writer->waiting);
	writer->waiting.calls = 0;
}

static void write_statement(struct writer *writer, const struct statement *statement)
{
	struct statement *waiting = &writer->waiting;
	bool receive = statement_is_receive(statement);
	int64_t before = writer->last;
	measure(writer, statement);
	if (receive && waiting->calls && strcmp(waiting->socket, statement->socket) == 0) {
		if (writer->last - before > writer->gap)
			writer->gap = writer->last - before;
		waiting->bytes += statement->bytes;
		waiting->calls++;
		return;
	}
	flush(writer);
	if (receive)
		*waiting = *statement;
	else
		emit(writer, statement);
}

static void copy_name(char out[STATEMENT_NAME], const char *name)
{
	snprintf(out, STATEMENT_NAME, "%s", name);
}

static void name_ends(struct writer *writer, struct statement *statement)
{
	const struct entry *entry = statement->entry;
	struct endpoint addr = entry_addr(entry);
	struct variable *variable = find_variable(writer, entry->fd);
	if (variable)
		statement->patient = take_patience(variable, entry);
	if (entry->call == CALL_SOCKET && !entry->error)
		copy_name(statement->socket,
		          add_variable(writer, entry->fd, false, entry->arg == SOCK_DGRAM));
	else if (variable)
		copy_name(statement->socket, variable->name);
	struct endpoint family = endpoint_any(entry->arg2, 0);
	struct variable *made =
	        entry->call == CALL_SOCKET ? find_variable(writer, entry->fd) : NULL;
	if (made)
		made->has_path = endpoint_is_unix(&family);
	statement->has_path = variable && variable->has_path;
	statement->tls = variable && variable->secured != SECURED_NOT;
	if (entry->call == CALL_ACCEPT && !entry->error)
		copy_name(statement->client, add_variable(writer, entry->arg, true, false));
	const struct known *known = NULL;
	size_t knowns = writer->knowns;
	bool taken = entry_is_incoming(entry) && entry_is_addressed(entry);
	if (taken && !entry->error && endpoint_is_set(&addr))
		known = meet(writer, &addr);
	else if ((entry_is_outgoing(entry) && entry_is_addressed(entry)) ||
	         entry->call == CALL_CONNECT)
		known = find_known(writer, &addr);
	if (known)
		copy_name(statement->peer, known->name);
	statement->met = writer->knowns > knowns;
}

static void write_remark(struct writer *writer, const char *text)
{
	flush(writer);
	if (writer->file)
		writer->language->remark(writer->file, text);
}

static void write_lookup(struct writer *writer, const struct entry *entry)
{
	char text[REMARK];
	const char *asked = entry_payload(entry);
	const char *feed = memchr(asked, '\n', entry->len);
	size_t len = feed ? (size_t)(feed - asked) : entry->len;
	snprintf(text, sizeof text, "looked up: %.*s", (int)(len < 200 ? len : 200), asked);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~' || *p == '*' || *p == '\\')
			*p = '?';
	write_remark(writer, text);
}

/* ---- TLS ---- */

/* Whether the handshake that these records belong to is over somewhere. */
static bool has_handshake(const struct writer *writer, const struct entry *sealed, uint64_t at)
{
	for (at = transcript_after(writer->transcript, at); at != TRANSCRIPT_NONE;
	     at = transcript_after(writer->transcript, at)) {
		const struct entry *later = transcript_at(writer->transcript, at);
		if (later->session != sealed->session || later->fd != sealed->fd)
			continue;
		if (later->call == CALL_TLS_CONNECT || later->call == CALL_TLS_ACCEPT)
			return true;
		if (later->call == CALL_CLOSE || entry_is_clear(later))
			return false;
	}
	return false;
}

/* The records of one connection are of no use to another: a program makes its own by the library. So is
 * what the transcript has of a connection whose handshake it does not have. */
static bool leave_out_tls(struct writer *writer, const struct entry *entry, uint64_t at)
{
	struct variable *variable = find_variable(writer, entry->fd);
	bool secured = variable && variable->secured != SECURED_NOT;
	if (secured && entry_is_sealed(entry))
		return true;
	if (secured || (!entry_is_sealed(entry) && !entry_is_clear(entry) &&
	                entry->call != CALL_TLS_SHUTDOWN))
		return false;
	if (variable && !variable->sealed &&
	    (!entry_is_sealed(entry) || !has_handshake(writer, entry, at)))
		write_remark(writer, "TLS is left out: the handshake was not over, or is not in "
		                     "the transcript");
	if (variable)
		variable->sealed = true;
	return true;
}

/* What recv() and send() have said after the library: the program asks only that. */
static bool leave_out_socket(struct writer *writer, const struct entry *entry)
{
	char text[REMARK];
	const struct variable *variable = find_variable(writer, entry->fd);
	if (!variable || variable->secured == SECURED_NOT ||
	    (entry->call != CALL_SEND && entry->call != CALL_RECV))
		return false;
	if (entry->error) {
		snprintf(text, sizeof text, "then %s() = -1 %s", entry_call_name(entry->call),
		         error_name(entry->error));
		write_remark(writer, text);
		return true;
	}
	if (!entry_is_end_of_file(entry) || variable->secured == SECURED_PEER_ENDED)
		return true;
	write_remark(writer, "then the end came without close_notify, which this call reports");
	return false;
}

static void write_own_certificate(struct writer *writer)
{
	write_remark(writer, "the certificate was made for that run, and its key was never written: "
	                     "this one needs files, such as");
	write_remark(writer, "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost "
	                     "-addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1 "
	                     "-keyout key.pem -out cert.pem");
}

/* What TLS makes of a call. */
static void note_tls(struct writer *writer, struct statement *statement)
{
	const struct entry *entry = statement->entry;
	struct variable *variable = find_variable(writer, entry->fd);
	if (statement_is_handshake(statement)) {
		copy_name(statement->context,
		          claim_context(writer, entry, &statement->new_context));
		statement->error = entry->arg > 0 ? 0 : EPROTO;
		if (entry->arg > 0)
			variable->secured = SECURED_NOW;
		if (entry->call == CALL_TLS_ACCEPT && statement->new_context &&
		    !statement_asked(statement, TLS_ASKED_CERT))
			write_own_certificate(writer);
	} else if (entry->call == CALL_TLS_READ && !entry->len) {
		variable->secured = SECURED_PEER_ENDED;
	}
}

static void write_entry(struct writer *writer, const struct entry *entry, uint64_t at)
{
	if (entry->call == CALL_GETADDRINFO) {
		write_lookup(writer, entry);
		return;
	}
	if (is_left_out(writer, entry) || leave_out_tls(writer, entry, at) ||
	    leave_out_socket(writer, entry) ||
	    (entry->call == CALL_SOCKET && entry->error) ||
	    (entry->call == CALL_SOCKET && has_lost_race(writer, entry, at)))
		return;
	struct statement statement = { .entry = entry, .error = entry->error, .calls = 1 };
	if (entry_is_connect_begun(entry)) {
		enum fate fate = find_fate(writer, entry, at);
		if (fate == RETURNED)
			return;
		statement.error = fate == GIVEN_UP ? ETIMEDOUT : 0;
	}
	name_ends(writer, &statement);
	if (!statement.socket[0])
		return;
	note_tls(writer, &statement);
	if (entry_host(entry) != HOST_HERE) {
		char text[REMARK];
		snprintf(text, sizeof text, "%s is on %s, a host of the sandbox", statement.socket,
		         host_name(entry_host(entry)));
		write_remark(writer, text);
	}
	if (entry_is_incoming(entry))
		statement.bytes = entry->len;
	if (entry_is_secret(entry) && entry_is_outgoing(entry) && entry->len)
		write_remark(writer, "a secret: stars in place of its bytes");
	write_statement(writer, &statement);
	if (entry->call == CALL_CLOSE)
		drop_variable(writer, entry->fd);
}

/* Whether those were all. */
static bool write_calls(struct writer *writer)
{
	for (uint64_t at = writer->origin.start; at != TRANSCRIPT_NONE;
	     at = next_entry(writer, at)) {
		const struct entry *entry = transcript_at(writer->transcript, at);
		bool broken = writer->file && ferror(writer->file);
		if (!belongs(writer, entry, at))
			continue;
		if (!writer->left || broken) {
			flush(writer);
			return false;
		}
		writer->left--;
		write_entry(writer, entry, at);
	}
	flush(writer);
	return true;
}

/* Twice the measured time, in whole seconds. */
static int seconds(int64_t then, int least, int most)
{
	int64_t twice = 2 * then / CLOCK_S + 1;
	return twice < least ? least : twice > most ? most : (int)twice;
}

/* Goes through the calls, and writes them unless `file` is NULL. True if those were all. */
static bool write_pass(const struct plan *plan, FILE *file, struct program *program)
{
	struct writer writer = {
		.transcript = plan->transcript,
		.origin = plan->origin,
		.language = plan->language,
		.left = plan->calls,
		.file = file,
	};
	bool whole = write_calls(&writer);
	program->needs = writer.needs;
	program->limit = seconds(writer.longest, LIMIT_LEAST, LIMIT_MOST);
	program->pause = seconds(writer.gap, PAUSE_LEAST, program->limit);
	free(writer.variable);
	free(writer.known);
	free(writer.context);
	return whole;
}

/* The beginning of a program depends on its calls. So there are two passes, and a program of any
 * length takes no memory. */
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
	static const struct language *const languages[] = {
		[CODE_PYTHON] = &code_python,
		[CODE_C] = &code_c,
	};
	struct plan plan = {
		.transcript = transcript,
		.language = languages[language],
		.calls = calls,
	};
	*whole = false;
	if (!find_origin(&plan.origin, transcript, session, error))
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
