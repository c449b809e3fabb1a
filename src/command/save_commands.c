// SPDX-License-Identifier: GPL-3.0-or-later
/* /save: a session as a script that repeats it. One walk through the transcript: what the sessions did
 * becomes commands and lines, what came becomes /expect, in the order in which it happened. Bytes that
 * came are expected line by line, each right after the one before, and before the next thing that was
 * done, however recv() has cut them; so are the peer's FIN and reset.
 *
 * A script has all ends that are ours: a client of our own listener comes with it, and the other way
 * round. Of a listener without a service, or with clients from elsewhere, each client is taken by
 * /accept, so that it has a name; what a service answers by itself is left out. Times, samples and
 * what the program did to watch are nothing that can be repeated. */
#include "command/command.h"

#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/savefile.h"
#include "base/text.h"
#include "command/script.h"
#include "net/fault.h"
#include "net/option.h"
#include "net/relay.h"
#include "record/tls_entry.h"
#include "socket/sockopt.h"

enum {
	LINE_MOST = 1000,   /* bytes of a line of data, and of one /expect */
	SEND_MOST = 250000, /* of one /send: any datagram, and escaped less than a line may have */
};

#define PATIENCE (2 * CLOCK_S)

/* A session of the script. */
struct part {
	const struct session *session;
	char name[SESSION_NAME];
	bool silent; /* a client that a service answers, with its other end in the script; or one that
	               * has failed to open */
	bool accepts; /* a listener: its clients are taken by /accept */
	bool stepped; /* its calls are commands */
	bool secured; /* /tls is written */
	bool notified; /* the peer's end has come as close_notify: FIN follows */
	bool begun, bound, open, connected, reset, aborts;
	bool ended_in, ended_out; /* after both it closes by itself, unless it is paused */
	int fd;
	struct buf in;          /* bytes that came, and are not expected yet, */
	int64_t came;           /* and when */
	struct endpoint writer; /* of datagrams: who wrote last */
};

struct save {
	struct app *app;
	FILE *file;
	struct part *parts;
	size_t count;
	const struct part *current;
	enum eol eol; /* as the script has it */
	unsigned secrets;
	size_t least; /* bytes that what came takes, if it takes no escapes */
	int64_t done;                  /* when something was done last: what comes answers that */
	int64_t now;                   /* of the entry at hand */
	const struct part *unfinished; /* has sent a part of a secret; NULL = none */
};

/* ---- text ---- */

/* Text that a script reads back as it is: a dollar is two. */
static void put_text(FILE *file, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '$')
			fputc('$', file);
		fputc(text[i], file);
	}
}

static void put_escaped_byte(FILE *file, char byte)
{
	static const char special[] = "\n\r\t\\", letters[] = "nrt\\";
	const char *found = byte ? strchr(special, byte) : NULL;
	if (found)
		fprintf(file, "\\%c", letters[found - special]);
	else
		fprintf(file, "\\x%02x", (unsigned char)byte);
}

/* Characters that are safe to show stay. `avoid`: others that get an escape. */
static void put_escaped(FILE *file, const char *bytes, size_t len, const char *avoid)
{
	for (size_t at = 0; at < len;) {
		struct glyph glyph;
		size_t taken = text_glyph(bytes + at, len - at, -1, &glyph);
		bool plain = !glyph.mark && bytes[at] != '\\' && !strchr(avoid, bytes[at]);
		for (size_t i = 0; i < taken && !plain; i++)
			put_escaped_byte(file, bytes[at + i]);
		if (plain)
			put_text(file, bytes + at, taken);
		at += taken;
	}
}

static bool is_plain(const char *bytes, size_t len)
{
	struct glyph glyph;
	for (size_t at = 0; at < len;) {
		at += text_glyph(bytes + at, len - at, -1, &glyph);
		if (glyph.mark)
			return false;
	}
	return true;
}

/* "/send", "/send @name" where another session is current. */
static void put_command(struct save *save, const struct part *part, const char *name)
{
	fprintf(save->file, "/%s", name);
	if (part != save->current)
		fprintf(save->file, " @%s", part->name);
}

/* A whole command; `words` may be empty. */
static void put_simple(struct save *save, const struct part *part, const char *name,
                       const char *words)
{
	put_command(save, part, name);
	fprintf(save->file, "%s%s\n", *words ? " " : "", words);
}

/* ---- what came ---- */

/* A peer that took its time may take as much again. */
static void put_within(struct save *save, const struct part *part, const char *by_default)
{
	int64_t took = part->came - save->done;
	if (took > PATIENCE)
		fprintf(save->file, " within %ds", (int)(2 * took / CLOCK_S));
	else
		fputs(by_default, save->file);
	fputc('\n', save->file);
}

static void put_expect(struct save *save, const struct part *part, const char *bytes, size_t len)
{
	save->least += strlen("/expect next \"\"\n") + len;
	put_command(save, part, "expect");
	fputs(" next \"", save->file);
	put_escaped(save->file, bytes, len, "\"");
	fputc('"', save->file);
	put_within(save, part, "");
}

/* Any bytes, as many as came with a secret among them. */
static void put_expect_any(struct save *save, const struct part *part, size_t len)
{
	enum { MOST = 1000 }; /* of a regular expression */
	for (size_t taken; len; len -= taken) {
		taken = len < MOST ? len : MOST;
		put_command(save, part, "expect");
		fprintf(save->file, " next /[\\s\\S]{%zu}/", taken);
		put_within(save, part, "");
	}
}

/* It is no script any more when it is too large for one. */
static void flush_in(struct save *save, struct part *part)
{
	const char *bytes = buf_data(&part->in);
	size_t len = part->in.len;
	while (len && save->least <= SCRIPT_MOST) {
		const char *feed = memchr(bytes, '\n', len);
		size_t taken = feed ? (size_t)(feed + 1 - bytes) : len;
		taken = taken < LINE_MOST ? taken : text_whole(bytes, LINE_MOST);
		put_expect(save, part, bytes, taken);
		bytes += taken;
		len -= taken;
	}
	buf_clear(&part->in);
}

/* ---- what was sent ---- */

/* A line that is sent as it stands, with the line end of its session. */
static bool is_line(const struct save *save, const struct part *part, const char *text, size_t len)
{
	return len && len <= LINE_MOST && !strchr("#\\@/ \t", *text) && text[len - 1] != '&' &&
	       session_eol(part->session) == save->eol && is_plain(text, len);
}

static void put_line(struct save *save, const struct part *part, const char *text, size_t len)
{
	if (part != save->current)
		fprintf(save->file, "/@%s ", part->name);
	put_text(save->file, text, len);
	fputc('\n', save->file);
}

/* Blanks at either end, and " &" at the end, would mean something else. */
static void put_send(struct save *save, const struct part *part, const char *bytes, size_t len)
{
	bool ends = len && strchr(" &", bytes[len - 1]);
	if (!len) {
		put_simple(save, part, "send", "");
		return;
	}
	put_command(save, part, "send");
	fputc(' ', save->file);
	bool begins = strchr("@ ", *bytes);
	if (begins)
		put_escaped_byte(save->file, *bytes);
	if (len > begins)
		put_escaped(save->file, bytes + begins, len - begins - ends, "");
	if (ends && len > begins)
		put_escaped_byte(save->file, bytes[len - 1]);
	fputc('\n', save->file);
}

static void put_secret(struct save *save, const struct part *part)
{
	put_command(save, part, "secret");
	fprintf(save->file, " $SECRET_%u\n", ++save->secrets);
}

static void put_all_that_came(struct save *save)
{
	save->unfinished = NULL;
	for (size_t i = 0; i < save->count; i++)
		flush_in(save, &save->parts[i]);
}

/* Before what is done now. */
static void flush(struct save *save)
{
	put_all_that_came(save);
	save->done = save->now;
}

/* The length of the typed line that these bytes are, without its end; 0: they are none. */
static size_t typed_line(const struct save *save, const struct part *part, const char *bytes,
                         size_t len)
{
	size_t end_len;
	const char *end = eol_bytes(session_eol(part->session), &end_len);
	const char *ends = end_len ? memmem(bytes, len, end, end_len) : NULL;
	size_t line = ends ? (size_t)(ends - bytes) : 0;
	return line + end_len == len && is_line(save, part, bytes, line) ? line : 0;
}

/* One send(). */
static void put_bytes(struct save *save, const struct part *part, const char *bytes, size_t len)
{
	size_t line = typed_line(save, part, bytes, len);
	if (line) {
		put_line(save, part, bytes, line);
		return;
	}
	do {
		size_t taken = len < SEND_MOST ? len : text_whole(bytes, SEND_MOST);
		put_send(save, part, bytes, taken);
		bytes += taken;
		len -= taken;
	} while (len);
}

/* A secret may take more than one send(). */
static void put_sent(struct save *save, struct part *part, const struct entry *entry)
{
	bool goes_on = save->unfinished == part && entry_is_secret(entry);
	flush(save);
	if (!entry_is_secret(entry))
		put_bytes(save, part, entry_payload(entry), entry->len);
	else if (!goes_on)
		put_secret(save, part);
	if (entry_is_secret(entry) && entry->arg > (int32_t)entry->len)
		save->unfinished = part;
}

/* ---- our own ends ---- */

static struct part *find_part(const struct save *save, uint32_t number)
{
	for (size_t i = 0; i < save->count; i++)
		if (session_number(save->parts[i].session) == number)
			return &save->parts[i];
	return NULL;
}

static bool is_at(const struct session *session, const struct session *sender,
                  const struct endpoint *addr)
{
	struct endpoint local = session_local(session);
	return session_transport(session) == session_transport(sender) && endpoint_is_set(&local) &&
	       endpoint_reaches(addr, &local);
}

static const struct part *find_server(const struct save *save, const struct session *sender,
                                      const struct endpoint *addr)
{
	for (size_t i = 0; i < save->count; i++) {
		const struct session *session = save->parts[i].session;
		if (session_is_server(session) && is_at(session, sender, addr))
			return &save->parts[i];
	}
	return NULL;
}

/* ":7", " 7"; of our own server, whose port may be another one next time, a name. */
static void put_port(const struct save *save, const struct session *sender,
                     const struct endpoint *addr, char between)
{
	const struct part *server = find_server(save, sender, addr);
	if (endpoint_is_unix(addr))
		return;
	if (server)
		fprintf(save->file, "%c$%s.port", between, server->name);
	else
		fprintf(save->file, "%c%u", between, addr->port);
}

/* ---- datagrams ---- */

/* One that has written has a number; the address of any but our own may be another one next time. */
static void put_peer(const struct save *save, const struct part *part, const struct endpoint *addr)
{
	char host[ENDPOINT_TEXT];
	unsigned number = 0;
	for (const struct peer *peer = NULL; (peer = session_next_peer(part->session, peer));)
		if (peer->received && endpoint_equal(&peer->addr, addr))
			number = peer->number;
	if (number && !find_server(save, part->session, addr)) {
		fprintf(save->file, " %u", number);
		return;
	}
	endpoint_format_host(addr, host);
	fprintf(save->file, endpoint_is_ipv6(addr) ? " [%s]" : " %s", host);
	put_port(save, part->session, addr, ':');
}

/* A server sends to a peer by its number, except to the one that wrote last. */
static void put_datagram(struct save *save, struct part *part, const struct entry *entry)
{
	const char *bytes = entry_payload(entry);
	bool secret = entry_is_secret(entry);
	size_t line = secret ? 0 : typed_line(save, part, bytes, entry->len);
	struct endpoint to = entry_addr(entry);
	bool chosen = session_is_server(part->session) && endpoint_is_set(&to) &&
	              !endpoint_equal(&to, &part->writer);
	flush(save);
	if (chosen) {
		put_command(save, part, "to");
		put_peer(save, part, &to);
		fputs(line ? " " : "\n", save->file);
	}
	if (chosen && line) {
		put_text(save->file, bytes, line);
		fputc('\n', save->file);
		return;
	}
	if (secret)
		put_secret(save, part);
	else
		put_bytes(save, part, bytes, entry->len);
	if (chosen)
		put_simple(save, part, "to", "0");
}

/* ---- how a session begins ---- */

static void put_eol(struct save *save, const struct part *part)
{
	static const char *const names[] = { [EOL_LF] = "lf",
		                             [EOL_CRLF] = "crlf",
		                             [EOL_CR] = "cr",
		                             [EOL_NUL] = "nul",
		                             [EOL_NONE] = "none" };
	enum eol eol = session_eol(part->session);
	if (eol == save->eol)
		return;
	fprintf(save->file, "/set eol %s\n", names[eol]);
	save->eol = eol;
}

static void put_name(struct save *save, struct part *part)
{
	fprintf(save->file, " as %s", part->name);
	save->current = part;
}

static void put_as(struct save *save, struct part *part)
{
	put_name(save, part);
	fputc('\n', save->file);
}

static void put_host(struct save *save, const struct part *part, const char *word)
{
	enum host host = session_host(part->session);
	if (host != HOST_HERE)
		fprintf(save->file, " %s %s", word, host_name(host));
}

/* ---- TLS ---- */

static bool is_handshake(const struct entry *entry)
{
	return entry->call == CALL_TLS_CONNECT || entry->call == CALL_TLS_ACCEPT;
}

/* The session's first handshake; NULL where there is none. *at_once: nothing in clear was before it. */
static const struct entry *first_handshake(const struct save *save, const struct session *session,
                                           bool *at_once)
{
	const struct transcript *transcript = save->app->transcript;
	uint64_t at = transcript_begin(transcript, session_number(session));
	*at_once = true;
	for (; at != TRANSCRIPT_NONE; at = transcript_after(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		if (is_handshake(entry))
			return entry;
		*at_once = *at_once && !entry_is_payload(entry);
	}
	return NULL;
}

static bool was_asked(const struct entry *handshake, const char *name, const char *value)
{
	struct buf text = { .max = SIZE_MAX };
	bool asked = tls_entry_asked(handshake, name, &text) &&
	             (!value || strcmp(buf_text(&text), value) == 0);
	buf_free(&text);
	return asked;
}

/* The handshake of the first client of a listener with TLS; NULL where none came. */
static const struct entry *first_of_clients(const struct save *save, const struct session *listener)
{
	bool at_once;
	for (size_t i = 0; i < save->count; i++) {
		const struct session *client = save->parts[i].session;
		const struct entry *handshake =
		        session_listener(client) == session_number(listener)
		                ? first_handshake(save, client, &at_once)
		                : NULL;
		if (handshake && at_once)
			return handshake;
	}
	return NULL;
}

static bool listens_with_tls(const struct save *save, const struct session *listener)
{
	const struct target *target = session_target(listener);
	return (target && target->tls) || first_of_clients(save, listener);
}

/* Whether /open tls does it, and /tls need not: that has other words, and does not wait for an end that the
 * script takes by /accept only after it. */
static bool opens_with_tls(const struct save *save, const struct part *part)
{
	bool at_once;
	char host[ENDPOINT_TEXT];
	const struct session *session = part->session;
	const struct target *target = session_target(session);
	const struct entry *handshake = first_handshake(save, session, &at_once);
	struct endpoint addr = session_peer(session);
	const struct part *server = find_server(save, session, &addr);
	if (session_is_server(session))
		return listens_with_tls(save, session);
	if (!handshake)
		return target && target->tls;
	const char *name = target && *target->service ? target->host : endpoint_format_host(&addr, host);
	return at_once && !part->stepped && !(server && server->accepts) &&
	       was_asked(handshake, TLS_ASKED_NAME, *name ? name : "localhost") &&
	       !was_asked(handshake, TLS_ASKED_ALPN, NULL) &&
	       !was_asked(handshake, TLS_ASKED_CERT, NULL) &&
	       !was_asked(handshake, TLS_ASKED_CA, NULL) &&
	       !was_asked(handshake, TLS_ASKED_PIN, NULL);
}

/* `asked` as record/tls_entry.h has it. */
static void put_asked(struct save *save, const struct buf *asked, const char *word,
                      const char *name)
{
	struct buf value = { .max = SIZE_MAX };
	if (tls_asked_find(buf_data(asked), asked->len, name, &value) && value.len) {
		const char *quote = strpbrk(buf_text(&value), " \t'") ? "\"" : "";
		fprintf(save->file, " %s%s%s", word, *word ? " " : "", quote);
		put_text(save->file, buf_data(&value), value.len);
		fputs(quote, save->file);
	}
	buf_free(&value);
}

static void put_tls_words(struct save *save, const struct entry *handshake)
{
	struct buf asked = { .max = SIZE_MAX };
	buf_append(&asked, entry_payload(handshake), handshake->len);
	if (handshake->call == CALL_TLS_CONNECT)
		put_asked(save, &asked, "", TLS_ASKED_NAME);
	put_asked(save, &asked, "alpn", TLS_ASKED_ALPN);
	if (was_asked(handshake, TLS_ASKED_VERIFY, NULL))
		fputs(" verify off", save->file);
	else if (was_asked(handshake, TLS_ASKED_CLIENTS, NULL))
		fputs(" verify on", save->file);
	put_asked(save, &asked, "ca", TLS_ASKED_CA);
	put_asked(save, &asked, "pin", TLS_ASKED_PIN);
	put_asked(save, &asked, "cert", TLS_ASKED_CERT);
	put_asked(save, &asked, "key", TLS_ASKED_KEY);
	fputc('\n', save->file);
	buf_free(&asked);
}

/* In place. The server's end begins first: it does not wait for the other, which is in the script, too. */
static void put_tls(struct save *save, struct part *part, const struct entry *handshake)
{
	bool at_once;
	const struct part *listener = find_part(save, session_listener(part->session));
	const struct session *other = app_other_end(save->app, part->session);
	struct part *server = other ? find_part(save, session_number(other)) : NULL;
	if (part->secured || (listener && listens_with_tls(save, listener->session)) ||
	    (!session_is_accepted(part->session) && opens_with_tls(save, part)))
		return;
	flush(save);
	if (server && session_is_accepted(server->session) && server->begun) {
		const struct entry *own = first_handshake(save, server->session, &at_once);
		if (own)
			put_tls(save, server, own);
	}
	part->secured = true;
	fputs(handshake->arg > 0 ? "" : "/try ", save->file);
	put_command(save, part, "tls");
	put_tls_words(save, handshake);
}

static void put_transport(struct save *save, const struct part *part)
{
	enum transport transport = session_transport(part->session);
	if (opens_with_tls(save, part))
		fputs(" tls", save->file);
	else if (transport != TRANSPORT_TCP)
		fprintf(save->file, " %s", transport_name(transport));
}

/* The port that a server asked for, as far as its bind() tells: 0, where it got any. */
static unsigned asked_port(const struct save *save, const struct session *session)
{
	const struct transcript *transcript = save->app->transcript;
	uint64_t at = transcript_begin(transcript, session_number(session));
	for (; at != TRANSCRIPT_NONE; at = transcript_after(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry->call == CALL_BIND && !entry->error)
			return entry_addr(entry).port;
	}
	return session_local(session).port;
}

/* The address as it was typed; a recorded session has only its endpoints. A blank in a UNIX path is an
 * escape. */
static void put_target(struct save *save, const struct part *part)
{
	const struct session *session = part->session;
	const struct target *target = session_target(session);
	bool serves = session_is_server(session);
	if (target && !*target->host && !*target->service)
		target = NULL;
	struct endpoint addr = serves ? session_local(session) : session_peer(session);
	char host[ENDPOINT_TEXT];
	endpoint_format_host(&addr, host);
	put_transport(save, part);
	if (!target || *target->host)
		fputc(' ', save->file);
	for (const char *at = target ? target->host : host; *at; at++)
		if (*at == ' ')
			fputs("\\x20", save->file);
		else
			put_text(save->file, at, 1);
	if (target && (serves || !endpoint_is_set(&addr)))
		fprintf(save->file, "%s%s", *target->service ? " " : "", target->service);
	else if (serves && !endpoint_is_unix(&addr))
		fprintf(save->file, " %u", asked_port(save, session));
	else if (!serves)
		put_port(save, session, &addr, ' ');
}

/* "/relay :0 127.0.0.1 $server.port": where it listens is one word. */
static void put_relay(struct save *save, const struct part *part)
{
	const struct session *session = part->session;
	const struct target *to = session_service_configuration(session);
	char listen[TARGET_HOST + TARGET_SERVICE + 4];
	target_format(session_target(session), listen);
	fputs("/relay", save->file);
	put_transport(save, part);
	fputc(' ', save->file);
	put_text(save->file, listen, strlen(listen));
	struct endpoint addr = endpoint_loopback(AF_INET, (uint16_t)strtoul(to->service, NULL, 10));
	bool here = !to->host[0] || strcmp(to->host, "127.0.0.1") == 0;
	const char *scheme = to->tls ? "tls://" : "";
	if (transport_is_unix(to->transport))
		fprintf(save->file, " %s:%s", transport_name(to->transport), to->host);
	else if (here && addr.port)
		fprintf(save->file, " %s127.0.0.1", scheme);
	else
		fprintf(save->file, " %s%s %s", scheme, to->host, to->service);
	if (here && addr.port)
		put_port(save, session, &addr, ' ');
}

/* Of one that is recorded only its clients say what it was asked to be. */
static void put_serving_tls(struct save *save, const struct session *listener)
{
	struct buf asked = { .max = SIZE_MAX }, value = { .max = SIZE_MAX };
	const struct entry *handshake = first_of_clients(save, listener);
	if (!session_print_tls_asked(listener, &asked) && handshake)
		buf_append(&asked, entry_payload(handshake), handshake->len);
	put_asked(save, &asked, "cert", TLS_ASKED_CERT);
	put_asked(save, &asked, "key", TLS_ASKED_KEY);
	put_asked(save, &asked, "ca", TLS_ASKED_CA);
	put_asked(save, &asked, "alpn", TLS_ASKED_ALPN);
	if (tls_asked_find(buf_data(&asked), asked.len, TLS_ASKED_CLIENTS, &value))
		fputs(" verify on", save->file);
	buf_free(&value);
	buf_free(&asked);
}

/* What a session with TLS has after its name, and the end of the line. */
static void put_opening_tls(struct save *save, const struct part *part)
{
	const struct session *session = part->session;
	if (opens_with_tls(save, part) && session_is_server(session))
		put_serving_tls(save, session);
	else if (opens_with_tls(save, part) && session_security(session) == SESSION_TLS_UNVERIFIED)
		fputs(" verify off", save->file);
	fputc('\n', save->file);
}

static void begin_accepted(struct save *save, struct part *part)
{
	struct part *listener = find_part(save, session_listener(part->session));
	flush(save);
	part->open = true;
	if (!listener)
		return;
	put_command(save, listener, "accept");
	put_as(save, part);
	if (!part->stepped)
		put_simple(save, part, "resume", "");
}

/* /open has waited for it. */
static bool has_failed_handshake(const struct save *save, const struct part *part)
{
	bool at_once;
	const struct entry *handshake = first_handshake(save, part->session, &at_once);
	return handshake && handshake->arg <= 0 && !session_is_server(part->session) &&
	       opens_with_tls(save, part);
}

static void begin(struct save *save, struct part *part)
{
	const struct session *session = part->session;
	part->begun = true;
	if (session_is_accepted(session)) {
		begin_accepted(save, part);
		return;
	}
	flush(save);
	if (part->stepped)
		return;
	bool server = session_is_server(session);
	put_eol(save, part);
	part->silent = session_failed_to_open(session) || has_failed_handshake(save, part);
	bool relays = session_service(session) == &service_relay;
	fputs(part->silent ? "# this failed: " : "", save->file);
	if (relays) {
		put_relay(save, part);
	} else {
		fputs(server ? "/listen" : "/open", save->file);
		put_target(save, part);
	}
	if (server && session_is_served(session) && !relays && !session_service(session)->needs_words)
		fprintf(save->file, " %s", session_service(session)->name);
	put_host(save, part, server ? "on" : "from");
	if (!part->silent)
		put_name(save, part);
	put_opening_tls(save, part);
	if (server && *session_service_words(session) && !relays && !part->silent) {
		put_command(save, part, "service");
		fprintf(save->file, " %s %s\n", session_service(session)->name,
		        session_service_words(session));
	}
	const char *service = session_service(session)->name;
	if (server && session_recording(session) &&
	    (session_service(session)->needs_words || strcmp(service, service_relay.name) == 0))
		fprintf(save->file, "# its service was %s: a recording does not have the rest of it\n",
		        service);
	if (part->accepts)
		put_simple(save, part, "pause", "");
}

/* ---- step by step ---- */

static void put_address(struct save *save, const struct part *part, const struct entry *entry)
{
	char text[ENDPOINT_TEXT];
	struct endpoint addr = entry_addr(entry);
	fputc(' ', save->file);
	endpoint_format_host(&addr, text);
	put_text(save->file, text, strlen(text));
	if (entry->call == CALL_CONNECT)
		put_port(save, part->session, &addr, ' ');
	else if (!endpoint_is_unix(&addr))
		fprintf(save->file, " %u", addr.port);
	fputc('\n', save->file);
}

static void put_step(struct save *save, struct part *part, const struct entry *entry)
{
	char words[40];
	bool made = !entry->error && !(entry->flags & ENTRY_WATCHING);
	if (entry->call == CALL_SOCKET && !entry->error) {
		flush(save);
		put_eol(save, part);
		fprintf(save->file, "/socket %s%s",
		        transport_name(session_transport(part->session)),
		        entry->arg2 == AF_INET6 ? " 6" : "");
		put_host(save, part, "on");
		put_as(save, part);
		part->open = true;
		return;
	}
	bool bound = entry->call == CALL_BIND && made;
	bool connected = entry->call == CALL_CONNECT && !entry->error &&
	                 !(part->connected && entry_is_connect_return(entry));
	if (bound || connected) {
		part->connected = part->connected || connected;
		flush(save);
		put_command(save, part, bound ? "bind" : "connect");
		put_address(save, part, entry);
	} else if (entry->call == CALL_LISTEN && made) {
		flush(save);
		snprintf(words, sizeof words, "%d", entry->arg);
		put_simple(save, part, "backlog", words);
	} else if (entry_is_incoming(entry) && !entry_is_clear(entry) &&
	           !(entry->flags & ENTRY_WATCHING) && (!entry->error || entry_has_failed(entry))) {
		flush(save);
		fputs(entry->error ? "/try " : "", save->file);
		snprintf(words, sizeof words, "%d%s", entry->arg,
		         entry->arg2 & MSG_PEEK      ? " peek"
		         : entry->arg2 & MSG_OOB     ? " urgent"
		         : entry->arg2 & MSG_WAITALL ? " waitall"
		                                     : "");
		put_simple(save, part, "recv", words);
	}
}

/* ---- entries ---- */

static void put_option(struct save *save, struct part *part, const struct entry *entry)
{
	const struct sockopt *option = sockopt_numbered(entry->arg2, entry->arg);
	struct buf value = { .max = SIZE_MAX };
	if (!option || !option_was_set(part->session, entry->arg2, entry->arg))
		return;
	flush(save);
	sockopt_format(option, entry_bytes(entry), entry->len, &value);
	put_command(save, part, "option");
	fprintf(save->file, " %s ", option->name);
	put_text(save->file, buf_data(&value), value.len);
	fputc('\n', save->file);
	buf_free(&value);
}

/* A socket that is opened again joins its groups before it is bound: the script's does so, too. */
static bool is_of_group(const struct part *part, const struct entry *entry)
{
	const struct sockopt *option = sockopt_numbered(entry->arg2, entry->arg);
	return entry->call == CALL_SETSOCKOPT && !entry->error && option &&
	       option->form == SOCKOPT_GROUP && (part->bound || part->stepped);
}

static void put_group(struct save *save, struct part *part, const struct entry *entry)
{
	const struct sockopt *option = sockopt_numbered(entry->arg2, entry->arg);
	struct buf value = { .max = SIZE_MAX };
	flush(save);
	sockopt_format(option, entry_bytes(entry), entry->len, &value);
	put_simple(save, part, strncmp(option->help, "join", 4) == 0 ? "join" : "leave",
	           buf_text(&value));
	buf_free(&value);
}

static void end(struct save *save, struct part *part)
{
	flush(save);
	bool ended = part->ended_in && part->ended_out && !session_is_paused(part->session);
	bool served = session_is_served(part->session) && session_is_accepted(part->session);
	if (part->reset || ended || served)
		put_simple(save, part, "wait", "closed");
	else
		put_simple(save, part, part->aborts ? "abort" : "close", "");
	part->open = false;
}

static void put_shutdown(struct save *save, const struct part *part, const struct entry *entry)
{
	flush(save);
	put_simple(save, part, "shutdown",
	           entry->arg == SHUT_RD   ? "read"
	           : entry->arg == SHUT_WR ? "write"
	                                   : "both");
}

/* The peer's FIN or reset: "/assert @c.fin is yes". */
static void put_end(struct save *save, struct part *part, const struct entry *entry)
{
	put_all_that_came(save);
	part->came = entry->time;
	fputs("/assert ", save->file);
	if (part != save->current)
		fprintf(save->file, "@%s.", part->name);
	if (entry->error)
		fprintf(save->file, "%s.errno is %s", entry_call_name(entry->call),
		        error_name(entry->error));
	else
		fputs("fin is yes", save->file);
	put_within(save, part, " within 5s");
	save->done = save->now;
}

static void put_urgent(struct save *save, const struct part *part, const struct entry *entry)
{
	char word[8];
	flush(save);
	snprintf(word, sizeof word, "0x%02x", (unsigned char)entry_bytes(entry)[0]);
	put_simple(save, part, "urgent", word);
}

/* A connection after the end of an earlier one is /reconnect. */
static void note_connected(struct save *save, struct part *part, const struct entry *entry)
{
	if (part->fd >= 0 && !part->open && !part->stepped) {
		flush(save);
		put_simple(save, part, "reconnect", "");
	}
	part->open = true;
	part->reset = part->aborts = part->ended_in = part->ended_out = false;
	part->fd = entry->fd;
}

static void put_received(struct save *save, struct part *part, const struct entry *entry)
{
	part->came = entry->time;
	if (entry_is_secret(entry)) {
		flush_in(save, part);
		part->writer = entry_addr(entry);
		put_expect_any(save, part, entry->len);
		return;
	}
	if (!entry_is_datagram(entry)) {
		buf_append(&part->in, entry_payload(entry), entry->len);
		return;
	}
	part->writer = entry_addr(entry);
	if (entry->len)
		put_expect(save, part, entry_payload(entry), entry->len);
	else
		fputs("# an empty message came\n", save->file);
}

static void put_entry(struct save *save, struct part *part, const struct entry *entry)
{
	bool ours = entry_is_outgoing(entry) && !entry->error && !(entry->flags & ENTRY_ECHO) &&
	            !entry_is_sealed(entry);
	bool resets;
	bool was_reset = !session_has_peers(part->session) && entry_is_incoming(entry) &&
	                 entry_has_failed(entry);
	if (!part->begun)
		begin(save, part);
	if (part->silent)
		return;
	if (part->stepped)
		put_step(save, part, entry);
	bool connected = entry->call == CALL_CONNECT && !entry->error;
	bool notified = entry->call == CALL_TLS_READ && !entry->len;
	bool ends = notified || (entry_is_end_of_file(entry) && !part->notified);
	part->secured = part->secured && !connected;
	if (is_handshake(entry))
		put_tls(save, part, entry);
	else if (connected || (entry->call == CALL_LISTEN && !entry->error))
		note_connected(save, part, entry);
	else if (entry_is_payload(entry) && entry_is_incoming(entry) && !entry_is_aside(entry))
		put_received(save, part, entry);
	else if (ours && entry->len && entry->arg2 & MSG_OOB)
		put_urgent(save, part, entry);
	else if (ours && entry_is_datagram(entry))
		put_datagram(save, part, entry);
	else if (ours && entry->len)
		put_sent(save, part, entry);
	else if (was_reset || ends)
		put_end(save, part, entry);
	else if (entry->call == CALL_SHUTDOWN && !entry->error && !(entry->flags & ENTRY_ECHO))
		put_shutdown(save, part, entry);
	else if (is_of_group(part, entry))
		put_group(save, part, entry);
	else if (entry->call == CALL_SETSOCKOPT && !entry->error && part->open)
		put_option(save, part, entry);
	else if (entry->call == CALL_CLOSE && part->open && (part->fd < 0 || entry->fd == part->fd))
		end(save, part);
	if (entry->call == CALL_SOCKET || entry->call == CALL_BIND)
		part->bound = entry->call == CALL_BIND && !entry->error;
	bool shut = entry->call == CALL_SHUTDOWN && !entry->error;
	part->notified = (part->notified || notified) && !connected;
	part->ended_in = part->ended_in || ends || (shut && entry->arg != SHUT_WR);
	part->ended_out = part->ended_out || (shut && entry->arg != SHUT_RD);
	part->aborts = part->aborts || (entry_sets_linger(entry, &resets) && resets);
	part->reset = part->reset || was_reset;
	if (entry_is_payload(entry) && part->fd < 0)
		part->fd = entry->fd;
	if (part->fd >= 0 && entry_is_payload(entry))
		part->open = true;
}

/* What /fault has said that it was given: "fault: in loss 10% seed 7; on now: ...". What a person sends
 * is written as it has left, so its faults have acted on it already. */
static void put_fault(struct save *save, struct part *part, const struct entry *entry)
{
	static const char says[] = "fault: ";
	struct error ignored;
	size_t begins = strlen(says);
	const char *text = entry_payload(entry), *end = NULL;
	if (entry->len > begins && memcmp(text, says, begins) == 0)
		end = memmem(text + begins, entry->len - begins, "; ", 2);
	if (!end)
		return;
	char *words = xstrndup(text + begins, (size_t)(end - text) - begins);
	if (faults_check(words, &ignored)) {
		if (!part->begun)
			begin(save, part);
		flush(save);
		if (session_is_served(part->session))
			put_simple(save, part, "fault", words);
		else
			fprintf(save->file, "# /fault %s: what follows is as it left it\n", words);
	}
	free(words);
}

/* ---- which sessions ---- */

/* A UNIX client has no address by which its server would know it, but it knows its server's. */
static bool is_client_of(const struct session *server, const struct session *client)
{
	struct endpoint peer = session_peer(client);
	return session_has_clients(server) && !session_is_server(client) &&
	       !session_is_accepted(client) && endpoint_is_unix(&peer) &&
	       session_recording(client) == session_recording(server) &&
	       is_at(server, client, &peer);
}

static void mark(const struct app *app, const struct session *session, bool *marked)
{
	size_t count = sessions_count(app->sessions), index = 0;
	while (index < count && sessions_at(app->sessions, index) != session)
		index++;
	if (!session || index == count || marked[index])
		return;
	marked[index] = true;
	mark(app, app_other_end(app, session), marked);
	struct endpoint peer = session_peer(session); /* a client of a UNIX path has no address of its own */
	for (size_t i = 0; i < count; i++) {
		const struct session *other = sessions_at(app->sessions, i);
		if (session_is_server(other) && endpoint_is_set(&peer) && is_at(other, session, &peer))
			mark(app, other, marked);
		for (const struct peer *met = NULL; (met = session_next_peer(session, met));)
			if (is_at(other, session, &met->addr))
				mark(app, other, marked);
	}
	if (session_is_accepted(session))
		mark(app, sessions_numbered(app->sessions, session_listener(session)), marked);
	if (session_relay(session))
		mark(app, sessions_numbered(app->sessions, session_relay(session)), marked);
	for (size_t i = 0; i < count; i++) {
		const struct session *client = sessions_at(app->sessions, i);
		if (session_listener(client) == session_number(session) ||
		    session_relay(client) == session_number(session) ||
		    is_client_of(session, client))
			mark(app, client, marked);
	}
}

/* Its own, if it is a word that can stand anywhere in a script. */
static void choose_name(const struct save *save, struct part *part)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	const char *name = session_name(part->session);
	size_t good = isdigit((unsigned char)*name) ? 0 : strspn(name, word);
	for (const struct part *other = save->parts; other < part; other++)
		if (strcasecmp(other->name, name) == 0)
			good = 0;
	if (name[good])
		snprintf(part->name, sizeof part->name, "session_%u",
		         (unsigned)session_number(part->session));
	else
		snprintf(part->name, sizeof part->name, "%s", name);
}

static void collect(struct save *save, const struct session *session)
{
	struct app *app = save->app;
	size_t count = sessions_count(app->sessions);
	bool *marked = xcalloc(count, sizeof *marked);
	mark(app, session, marked);
	save->parts = xcalloc(count, sizeof *save->parts);
	for (size_t i = 0; i < count; i++) {
		const struct session *one = sessions_at(app->sessions, i);
		struct part *part = &save->parts[save->count];
		if (!marked[i] || session_relay(one)) /* which a relay opens by itself */
			continue;
		*part = (struct part){ .session = one,
			               .stepped = session_is_stepped(one),
			               .fd = -1,
			               .in = { .max = SIZE_MAX } };
		choose_name(save, part);
		save->count++;
	}
	free(marked);
	for (size_t i = 0; i < save->count; i++) {
		struct part *part = &save->parts[i];
		struct part *listener = find_part(save, session_listener(part->session));
		if (!listener)
			continue;
		const struct session *other = app_other_end(app, part->session);
		part->silent = session_is_served(part->session) && other &&
		               find_part(save, session_relay(other) ? session_relay(other)
		                                                    : session_number(other));
		part->stepped = listener->stepped;
		listener->accepts = listener->accepts || (!part->silent && !listener->stepped);
	}
	for (size_t i = 0; i < save->count; i++) {
		struct part *listener = find_part(save, session_listener(save->parts[i].session));
		if (listener && listener->accepts)
			save->parts[i].silent = false;
	}
}

/* ---- the file ---- */

static void put_head(struct save *save)
{
	struct clock_stamp cache = { 0 };
	char stamp[CLOCK_STAMP];
	bool sandbox = false;
	clock_format_stamp(&cache, clock_now(), 0, stamp);
	fprintf(save->file,
	        "# A session of sockpit %s, saved %s. It runs again with: sockpit -f FILE\n"
	        "# What came is expected as it came: loosen what may differ, such as dates.\n",
	        PACKAGE_VERSION, stamp);
	for (size_t i = 0; i < save->count; i++) {
		const struct session *session = save->parts[i].session;
		const char *made = session_is_stepped(session)    ? ", step by step"
		                   : session_is_accepted(session) ? ", a client of our own server"
		                   : session_is_server(session)   ? ", a server"
		                                                  : "";
		if (save->parts[i].silent)
			continue;
		fprintf(save->file, "# %s: session %u, %s%s\n", save->parts[i].name,
		        (unsigned)session_number(session),
		        transport_title(session_transport(session)), made);
		sandbox = sandbox || session_host(session) != HOST_HERE;
	}
	if (sandbox)
		fputs("/skip unless sandbox\n/sandbox on\n", save->file);
}

static bool is_whole(const struct save *save, struct error *error)
{
	for (size_t i = 0; i < save->count; i++) {
		uint32_t number = session_number(save->parts[i].session);
		if (!transcript_has_lost(save->app->transcript, number))
			continue;
		error_set(error, "the beginning of session %u is no longer in memory", number);
		return false;
	}
	return true;
}

/* /cable belongs to no session. */
static void put_cable(struct save *save, const struct entry *entry)
{
	struct error ignored;
	const char *text = entry_payload(entry), *end = text + entry->len;
	const char *blank = memchr(text, ' ', entry->len);
	const struct command *command = NULL;
	if (blank && *text == '/')
		command = command_find(text + 1, (size_t)(blank - text - 1), &ignored);
	bool sandbox = false;
	for (size_t i = 0; i < save->count; i++)
		sandbox = sandbox || (save->parts[i].begun &&
		                      session_host(save->parts[i].session) != HOST_HERE);
	/* one that was recorded may be anything: it must not become more lines */
	if (!sandbox || !command || strcmp(command->name, "cable") != 0 ||
	    !is_plain(blank, (size_t)(end - blank)))
		return;
	flush(save);
	fputs("/cable", save->file);
	put_text(save->file, blank, (size_t)(end - blank));
	fputc('\n', save->file);
}

static void write_script(struct save *save)
{
	const struct transcript *transcript = save->app->transcript;
	put_head(save);
	for (uint64_t at = transcript_first(transcript); at != TRANSCRIPT_NONE;
	     at = transcript_next(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		save->now = entry->time;
		struct part *part = find_part(save, entry->session);
		if (entry->call == CALL_COMMAND)
			put_cable(save, entry);
		else if (part && !part->silent &&
		         (entry_is_call(entry) || entry->call == CALL_STATE))
			put_entry(save, part, entry);
		else if (part && !part->silent && entry->call == CALL_NOTE)
			put_fault(save, part, entry);
	}
	flush(save);
	for (size_t i = 0; i < save->count; i++) /* close() follows at the end of this turn */
		if (save->parts[i].open && session_state(save->parts[i].session) == SESSION_CLOSED)
			end(save, &save->parts[i]);
}

static void free_save(struct save *save)
{
	for (size_t i = 0; i < save->count; i++)
		buf_free(&save->parts[i].in);
	free(save->parts);
}

static enum command_result do_save(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *path = invocation->args->value[0];
	struct savefile file;
	struct save save = { .app = app };
	collect(&save, invocation->session);
	bool done = is_whole(&save, error) && command_begin_file(invocation, path, &file, error);
	if (done) {
		save.file = file.file;
		write_script(&save);
		done = save.least <= SCRIPT_MOST && ftello(file.file) <= SCRIPT_MOST;
		if (done) {
			done = savefile_end(&file, error);
		} else {
			error_set(error, "%.60s: a script has at most 64 MiB: /log FILE.jsonl keeps more",
			          path);
			savefile_drop(&file);
		}
	}
	if (done)
		app_note(app, "session %u is a script now: %s", session_number(invocation->session),
		         path);
	if (done && save.secrets)
		app_note(app, "the %u secret%s in it must be given: SECRET_1=... sockpit -f %s",
		         save.secrets, save.secrets == 1 ? "" : "s", path);
	free_save(&save);
	return done;
}

const struct command save_commands[] = {
	{
	        .name = "save",
	        .group = "keeping",
	        .usage = "<file>",
	        .help = "write the session as a script that repeats it\n"
	                "What was sent becomes lines, what came becomes /expect: with the same "
	                "server \"sockpit -f FILE\" passes, with a changed one it fails at the "
	                "line that differs.\n"
	                "Of a listener it has the clients, which /accept takes; of a "
	                "conversation with another session here both ends.\n"
	                "A secret is not in it, but $SECRET_1, which the environment must give; where "
	                "it came back, as many bytes are expected.\n"
	                "A file that exists is overwritten by the same command again within 10 "
	                "s, or at once by /save!.",
	        .asks = true,
	        .needs = NEEDS_SESSION,
	        .run = do_save,
	},
	{ 0 },
};
