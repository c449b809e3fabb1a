// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "log/log_json.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "log/log_format.h"
#include "net/recorded.h"
#include "net/service.h"
#include "net/sessions.h"
#include "net/wire.h"
#include "record/frame_entry.h"
#include "record/sample.h"
#include "socket/constant.h"
#include "socket/errno_meaning.h"
#include "socket/sockopt.h"

/* ---- words ---- */

static const char *const fields[SAMPLE_COUNT] = {
	[SAMPLE_STATE] = "state",
	[SAMPLE_CA_STATE] = "ca_state",
	[SAMPLE_RETRANSMITS] = "retransmits",
	[SAMPLE_PROBES] = "probes",
	[SAMPLE_BACKOFF] = "backoff",
	[SAMPLE_OPTIONS] = "options",
	[SAMPLE_RTO] = "rto",
	[SAMPLE_ATO] = "ato",
	[SAMPLE_SND_MSS] = "snd_mss",
	[SAMPLE_RCV_MSS] = "rcv_mss",
	[SAMPLE_UNACKED] = "unacked",
	[SAMPLE_SACKED] = "sacked",
	[SAMPLE_LOST] = "lost",
	[SAMPLE_RETRANS] = "retrans",
	[SAMPLE_PMTU] = "pmtu",
	[SAMPLE_RTT] = "rtt",
	[SAMPLE_RTTVAR] = "rttvar",
	[SAMPLE_SSTHRESH] = "ssthresh",
	[SAMPLE_CWND] = "cwnd",
	[SAMPLE_REORDERING] = "reordering",
	[SAMPLE_RCV_SPACE] = "rcv_space",
	[SAMPLE_TOTAL_RETRANS] = "total_retrans",
	[SAMPLE_PACING_RATE] = "pacing_rate",
	[SAMPLE_BYTES_ACKED] = "bytes_acked",
	[SAMPLE_BYTES_RECEIVED] = "bytes_received",
	[SAMPLE_SEGS_OUT] = "segs_out",
	[SAMPLE_SEGS_IN] = "segs_in",
	[SAMPLE_NOTSENT] = "notsent",
	[SAMPLE_MIN_RTT] = "min_rtt",
	[SAMPLE_DATA_SEGS_IN] = "data_segs_in",
	[SAMPLE_DATA_SEGS_OUT] = "data_segs_out",
	[SAMPLE_DELIVERY_RATE] = "delivery_rate",
	[SAMPLE_APP_LIMITED] = "app_limited",
	[SAMPLE_BUSY_TIME] = "busy_time",
	[SAMPLE_RWND_LIMITED] = "rwnd_limited",
	[SAMPLE_SNDBUF_LIMITED] = "sndbuf_limited",
	[SAMPLE_BYTES_SENT] = "bytes_sent",
	[SAMPLE_BYTES_RETRANS] = "bytes_retrans",
	[SAMPLE_DSACK_DUPS] = "dsack_dups",
	[SAMPLE_REORD_SEEN] = "reord_seen",
	[SAMPLE_RCV_OOOPACK] = "rcv_ooopack",
	[SAMPLE_SND_WND] = "snd_wnd",
	[SAMPLE_RCV_WND] = "rcv_wnd",
	[SAMPLE_TOTAL_RTO] = "total_rto",
	[SAMPLE_INQ] = "inq",
	[SAMPLE_OUTQ] = "outq",
	[SAMPLE_RMEM] = "rmem",
	[SAMPLE_RCVBUF] = "rcvbuf",
	[SAMPLE_WMEM] = "wmem",
	[SAMPLE_SNDBUF] = "sndbuf",
	[SAMPLE_DROPS] = "drops",
	[SAMPLE_TIMER] = "timer",
	[SAMPLE_TIMER_LEFT] = "timer_left",
	[SAMPLE_QUEUE] = "queue",
	[SAMPLE_BACKLOG] = "backlog",
	[SAMPLE_OLD_STATE] = "old_state",
	[SAMPLE_NEW_OUT] = "new_out",
	[SAMPLE_NEW_IN] = "new_in",
	[SAMPLE_NEW_DATA_OUT] = "new_data_out",
	[SAMPLE_NEW_DATA_IN] = "new_data_in",
	[SAMPLE_NEW_RETRANS] = "new_retrans",
	[SAMPLE_CALLS] = "calls",
	[SAMPLE_BUFFERED] = "buffered",
};

static const char *const types[] = {
	[CALL_NOTE] = "note",           [CALL_COMMAND] = "command",   [CALL_STATE] = "state",
	[CALL_SAMPLE] = "sample",       [CALL_FRAME] = "frame",       [CALL_FRAME + 1] = "call",
	[LOG_TYPE_SESSION] = "session", [LOG_TYPE_MISSED] = "missed",
	[LOG_TYPE_WIRE] = "wire",       [LOG_TYPE_HEADER] = "header",
};
static const char *const whens[] = { "before", "after", "later", "closed" };
static const char *const timers[] = { "off", "retransmit", "keepalive", "timewait", "persist" };
static const char *const ca_states[] = { "open", "disorder", "cwr", "recovery", "loss" };
static const char *const origins[] = { "local", "icmp", "icmp6", "acked", "left" };
static const char *const kinds[] = { "stream", "datagrams", "listener" };
static const char *const states[] = { "resolving", "fresh",     "connecting",
	                              "open",      "listening", "closed" };
static const char *const ends[] = { "", "well", "reset", "failed" };

#define PICK(table, number) ((number) < sizeof(table) / sizeof *(table) ? (table)[number] : NULL)

const char *log_word(enum log_words words, unsigned number)
{
	switch (words) {
	case LOG_TYPES:
		if (number > CALL_FRAME && number < CALL_COUNT)
			number = CALL_FRAME + 1;
		return PICK(types, number);
	case LOG_CALLS:
		if (number == CALL_ERRQUEUE)
			return "errqueue"; /* another recvmsg() */
		return number < CALL_COUNT ? entry_call_name((enum call)number) : NULL;
	case LOG_WHENS:
		return PICK(whens, number);
	case LOG_FIELDS:
		return PICK(fields, number);
	case LOG_TIMERS:
		return PICK(timers, number);
	case LOG_CA_STATES:
		return PICK(ca_states, number);
	case LOG_TCP_STATES:
		if (number == STATE_GONE)
			return "GONE"; /* else as STATE_CLOSED */
		return number < STATE_COUNT ? tcp_state_name(number) : NULL;
	case LOG_ORIGINS:
		return PICK(origins, number);
	case LOG_EVENTS:
		return number < FRAME_EVENTS ? frame_event_name(number) : NULL;
	case LOG_SEGMENTS:
		return number < SEGMENT_NAMES ? segment_name_text((enum segment_name)number) : NULL;
	case LOG_HOSTS:
		return number < HOST_COUNT ? host_name((enum host)number) : NULL;
	case LOG_TRANSPORTS:
		return number < TRANSPORT_COUNT ? transport_name((enum transport)number) : NULL;
	case LOG_KINDS:
		return PICK(kinds, number);
	case LOG_STATES:
		return PICK(states, number);
	case LOG_ENDS:
		return PICK(ends, number);
	case LOG_EOLS:
		return number <= EOL_NONE ? eol_label((enum eol)number) : NULL;
	}
	return NULL;
}

bool log_word_find(enum log_words words, const struct json_value *word, unsigned *number)
{
	for (*number = 0; *number < UINT8_MAX; ++*number) {
		const char *known = log_word(words, *number);
		if (known && json_is(word, known))
			return true;
	}
	return false;
}

bool log_field_words(unsigned field, enum log_words *words)
{
	*words = field == SAMPLE_TIMER      ? LOG_TIMERS
	         : field == SAMPLE_CA_STATE ? LOG_CA_STATES
	                                    : LOG_TCP_STATES;
	return field == SAMPLE_TIMER || field == SAMPLE_CA_STATE || field == SAMPLE_STATE ||
	       field == SAMPLE_OLD_STATE;
}

struct log_arguments log_arguments(unsigned call)
{
	static const struct log_arguments data = { "asked", "flags" },
	                                  option = { "option", "level" };
	switch (call) {
	case CALL_GETADDRINFO:
		return (struct log_arguments){ "status", "arg2" };
	case CALL_SOCKET:
		return (struct log_arguments){ "socket_type", "family" };
	case CALL_LISTEN:
		return (struct log_arguments){ "backlog", "arg2" };
	case CALL_ACCEPT:
		return (struct log_arguments){ "accepted", "arg2" };
	case CALL_SHUTDOWN:
		return (struct log_arguments){ "how", "arg2" };
	case CALL_SETSOCKOPT:
	case CALL_GETSOCKOPT:
		return option;
	case CALL_SEND:
	case CALL_SENDTO:
	case CALL_SENDMSG:
	case CALL_RECV:
	case CALL_RECVFROM:
	case CALL_RECVMSG:
	case CALL_TLS_READ:
	case CALL_TLS_WRITE:
		return data;
	default:
		return (struct log_arguments){ "arg", "arg2" };
	}
}

const char *log_flag(unsigned call, unsigned bit)
{
	bool is_words = call == CALL_NOTE || call == CALL_COMMAND || call == CALL_STATE;
	switch (1U << bit) {
	case ENTRY_ERROR:
		return call > CALL_FRAME ? "tls" : "failure";
	case ENTRY_ECHO:
		return is_words ? "said" : "echo";
	case ENTRY_TRUNCATED:
		return call == CALL_STATE ? "fault" : call == CALL_NOTE ? "replayed" : "truncated";
	case ENTRY_CONTINUES:
		return is_words                                          ? "continues"
		       : call == CALL_RECVFROM || call == CALL_RECVMSG ? "batch"
		                                                       : "no_end";
	case ENTRY_WATCHING:
		return "watching";
	case ENTRY_WAITED:
		return "waited";
	case ENTRY_SECRET:
		return "secret";
	default:
		return is_words ? "answer" : "message";
	}
}

/* ---- members ---- */

/* A session as it was written last. */
struct seen {
	uint32_t number, digest;
};

struct json_log {
	struct clock_stamp stamp;
	int64_t wire_since[HOST_COUNT]; /* as it was written last */
	struct seen *seen;              /* in the order of their numbers */
	size_t seen_count, seen_cap;
};

/* Most of a line is short: where there is room, and there usually is, nothing is called. */
static inline void put(struct buf *out, const char *text, size_t len)
{
	if (out->cap - out->head - out->len <= len)
		buf_reserve(out, len);
	memcpy(out->memory + out->head + out->len, text, len);
	out->len += len;
}

#define PUT(out, text) put(out, text, sizeof(text) - 1)

static void put_digits(struct buf *out, uint64_t number)
{
	char text[20];
	size_t at = sizeof text;
	do
		text[--at] = (char)('0' + number % 10);
	while (number /= 10);
	put(out, text + at, sizeof text - at);
}

static inline void put_name(struct buf *out, const char *name)
{
	if (out->memory[out->head + out->len - 1] != '{')
		PUT(out, ",");
	PUT(out, "\"");
	put(out, name, strlen(name));
	PUT(out, "\":");
}

static void put_unsigned(struct buf *out, const char *name, uint64_t number)
{
	put_name(out, name);
	put_digits(out, number);
}

static void put_signed(struct buf *out, const char *name, int64_t number)
{
	put_name(out, name);
	if (number < 0)
		PUT(out, "-");
	put_digits(out, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

/* Left out where it is not UTF-8. */
static void put_word(struct buf *out, const char *name, const char *word, size_t len)
{
	size_t before = out->len;
	put_name(out, name);
	if (!json_put_text(out, word, len))
		out->len = before;
}

static inline void put_text(struct buf *out, const char *name, const char *text)
{
	put_word(out, name, text, strlen(text));
}

/* A word that needs no escapes. */
static inline void put_symbol(struct buf *out, const char *name, const char *word)
{
	put_name(out, name);
	PUT(out, "\"");
	put(out, word, strlen(word));
	PUT(out, "\"");
}

static inline void put_true(struct buf *out, const char *name, bool is)
{
	if (!is)
		return;
	put_name(out, name);
	PUT(out, "true");
}

/* As a word, or as a number where there is none. */
static void put_choice(struct buf *out, const char *name, enum log_words words, uint64_t number)
{
	const char *word = number <= UINT8_MAX ? log_word(words, (unsigned)number) : NULL;
	if (word)
		put_symbol(out, name, word);
	else
		put_unsigned(out, name, number);
}

/* Under "text" where it is one, else under "base64". */
static void put_bytes(struct buf *out, const char *bytes, size_t len)
{
	size_t before = out->len;
	put_name(out, "text");
	if (json_put_text(out, bytes, len))
		return;
	out->len = before;
	put_name(out, "base64");
	json_put_base64(out, bytes, len);
}

static void put_time(struct json_log *own, struct buf *out, const char *name, int64_t instant)
{
	char text[CLOCK_STAMP];
	put_name(out, name);
	PUT(out, "\"");
	put(out, text, clock_format_stamp(&own->stamp, instant, 9, text));
	PUT(out, "\"");
}

static void put_endpoint(struct buf *out, const char *name, const struct endpoint *addr)
{
	if (!endpoint_is_set(addr))
		return;
	put_name(out, name);
	PUT(out, "{");
	if (endpoint_is_unix(addr)) {
		/* as it is, an abstract name with the NUL in front */
		put_symbol(out, "family", "unix");
		put_bytes(out, addr->path, addr->path_len);
	} else {
		char text[INET6_ADDRSTRLEN] = "";
		inet_ntop(endpoint_is_ipv6(addr) ? AF_INET6 : AF_INET, addr->ip, text, sizeof text);
		put_symbol(out, "family", endpoint_is_ipv6(addr) ? "ipv6" : "ipv4");
		put_symbol(out, "ip", text);
		put_unsigned(out, "port", addr->port);
		if (addr->scope)
			put_unsigned(out, "scope", endpoint_interface(addr));
		if (addr->interface[0])
			put_word(out, "interface", addr->interface,
			         strnlen(addr->interface, sizeof addr->interface - 1));
	}
	PUT(out, "}");
}

/* ---- sessions ---- */

static uint32_t mix(uint32_t digest, const void *bytes, size_t len)
{
	for (const unsigned char *at = bytes; len > 0; len--) /* FNV-1a */
		digest = (digest ^ *at++) * 16777619U;
	return digest;
}

/* Changes when the line of the session would. */
static uint32_t digest_of(const struct session *session)
{
	const char *name = session_name(session);
	const struct endpoint local = session_local(session), peer = session_peer(session);
	const struct service *service = session_service(session);
	const char *words = session_service_words(session);
	const uint32_t parts[] = { session_state(session), session_end(session),
		                   session_eol(session),   session_is_paused(session),
		                   endpoint_hash(&local),  endpoint_hash(&peer),
		                   local.port,             session_other_side(session) };
	uint32_t digest = mix(2166136261U, name, strlen(name));
	digest = mix(mix(digest, &service, sizeof service), words, strlen(words));
	return mix(digest, parts, sizeof parts);
}

static void put_session(const struct session *session, struct buf *out)
{
	const struct endpoint local = session_local(session), peer = session_peer(session);
	const struct target *target = session_target(session);
	PUT(out, "{");
	put_symbol(out, "type", "session");
	put_unsigned(out, "session", session_number(session));
	put_text(out, "name", session_name(session));
	put_choice(out, "kind", LOG_KINDS,
	           session_has_clients(session) ? RECORDED_LISTENER
	           : session_has_peers(session) ? RECORDED_DATAGRAMS
	                                        : RECORDED_STREAM);
	put_choice(out, "transport", LOG_TRANSPORTS, session_transport(session));
	put_true(out, "server", session_is_server(session));
	put_true(out, "stepped", session_is_stepped(session));
	put_true(out, "paused", session_is_paused(session));
	if (session_listener(session))
		put_unsigned(out, "listener", session_listener(session));
	if (session_relay(session))
		put_unsigned(out, "relay", session_relay(session));
	if (session_other_side(session))
		put_unsigned(out, "other_side", session_other_side(session));
	if (session_host(session) != HOST_HERE)
		put_choice(out, "host", LOG_HOSTS, session_host(session));
	if (target && (*target->host || *target->service)) { /* a recorded session knows none */
		char text[TARGET_HOST + TARGET_SERVICE + 4];
		put_text(out, "target", target_format(target, text));
	}
	put_endpoint(out, "local", &local);
	put_endpoint(out, "peer", &peer);
	put_choice(out, "state", LOG_STATES, session_state(session));
	if (session_end(session) != SESSION_NOT_ENDED)
		put_choice(out, "end", LOG_ENDS, session_end(session));
	put_symbol(out, "service", session_service(session)->name);
	if (session_is_server(session) && *session_service_words(session))
		put_text(out, "words", session_service_words(session));
	put_choice(out, "eol", LOG_EOLS, session_eol(session));
	PUT(out, "}\n");
}

/* Sessions that have left the table change no more. */
static void forget_gone(struct json_log *own, const struct sessions *sessions)
{
	size_t kept = 0;
	for (size_t i = 0; i < own->seen_count; i++)
		if (sessions_numbered(sessions, own->seen[i].number))
			own->seen[kept++] = own->seen[i];
	own->seen_count = kept;
}

static struct seen *find_seen(struct json_log *own, const struct sessions *sessions,
                              uint32_t number)
{
	size_t low = 0, high = own->seen_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (own->seen[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < own->seen_count && own->seen[low].number == number)
		return &own->seen[low];
	if (own->seen_count > 2 * sessions_count(sessions) + 64) {
		forget_gone(own, sessions);
		return find_seen(own, sessions, number);
	}
	own->seen = xgrow(own->seen, &own->seen_cap, own->seen_count, sizeof *own->seen);
	memmove(own->seen + low + 1, own->seen + low, (own->seen_count - low) * sizeof *own->seen);
	own->seen_count++;
	own->seen[low] = (struct seen){ .number = number };
	return &own->seen[low];
}

/* The line of a session that is new or has changed. */
static void note_session(struct json_log *own, const struct sessions *sessions, uint32_t number,
                         struct buf *out)
{
	const struct session *session = sessions_numbered(sessions, number);
	if (!session) /* it has failed to open */
		session = sessions_aside_numbered(sessions, number);
	if (!session)
		return;
	struct seen *seen = find_seen(own, sessions, number);
	uint32_t digest = digest_of(session) | 1; /* 0 = never written */
	if (seen->digest == digest)
		return;
	seen->digest = digest;
	put_session(session, out);
}

/* A ladder may say that nothing came only where every frame is recorded. */
static void note_wire(struct json_log *own, const struct sessions *sessions, struct buf *out)
{
	for (enum host host = HOST_HERE; host < HOST_COUNT; host++) {
		int64_t since = wire_since(sessions_wire(sessions), host);
		if (own->wire_since[host] == since)
			continue;
		own->wire_since[host] = since;
		PUT(out, "{");
		put_choice(out, "type", LOG_TYPES, LOG_TYPE_WIRE);
		if (host != HOST_HERE)
			put_choice(out, "host", LOG_HOSTS, host);
		if (since)
			put_time(own, out, "since", since);
		PUT(out, "}\n");
	}
}

/* ---- entries ---- */

/* The number, and beside it its symbol where there is one. */
static void put_numbered(struct buf *out, const char *name, int64_t number, const char *symbol)
{
	put_signed(out, name, number);
	if (!symbol)
		return;
	PUT(out, ",\"");
	put(out, name, strlen(name));
	PUT(out, "_name\":\"");
	put(out, symbol, strlen(symbol));
	PUT(out, "\"");
}

/* Numbers that have a meaning for this call are always there, others only where they are not 0. */
static void put_arguments(const struct entry *entry, struct buf *out)
{
	char text[CONSTANT_TEXT];
	const struct sockopt *option;
	const struct errno_meaning *meaning;
	struct log_arguments names = log_arguments(entry->call);
	switch (entry->call) {
	case CALL_GETADDRINFO:
		meaning = entry->arg ? errno_meaning_of_lookup(entry->arg) : NULL;
		if (entry->arg)
			put_numbered(out, names.arg, entry->arg, meaning ? meaning->symbol : NULL);
		break;
	case CALL_SOCKET:
		put_numbered(out, names.arg2, entry->arg2, constant_family(entry->arg2, text));
		put_numbered(out, names.arg, entry->arg, constant_type(entry->arg, text));
		return;
	case CALL_SHUTDOWN:
		put_numbered(out, names.arg, entry->arg, constant_shutdown(entry->arg, text));
		break;
	case CALL_SETSOCKOPT:
	case CALL_GETSOCKOPT:
		option = sockopt_numbered(entry->arg2, entry->arg);
		put_numbered(out, names.arg2, entry->arg2, sockopt_level_name(entry->arg2));
		put_numbered(out, names.arg, entry->arg, option ? option->name : NULL);
		return;
	case CALL_SEND:
	case CALL_SENDTO:
	case CALL_SENDMSG:
	case CALL_RECV:
	case CALL_RECVFROM:
	case CALL_RECVMSG:
	case CALL_TLS_READ:
	case CALL_TLS_WRITE:
		put_signed(out, names.arg, entry->arg);
		if (entry->arg2)
			put_numbered(out, names.arg2, entry->arg2,
			             constant_flags(entry->arg2, text));
		return;
	case CALL_LISTEN:
	case CALL_ACCEPT:
		put_signed(out, names.arg, entry->arg);
		break;
	case CALL_SAMPLE:
		put_choice(out, "when", LOG_WHENS, (uint32_t)entry->arg);
		break;
	case CALL_FRAME: /* in its note */
		return;
	default:
		if (entry->arg)
			put_signed(out, names.arg, entry->arg);
	}
	if (entry->arg2)
		put_signed(out, names.arg2, entry->arg2);
}

static void put_sample(const struct sample *sample, struct buf *out)
{
	enum log_words words;
	put_name(out, "sample");
	PUT(out, "{");
	for (unsigned field = 0; field < SAMPLE_COUNT; field++)
		if (!sample_has(sample, field))
			continue;
		else if (log_field_words(field, &words))
			put_choice(out, fields[field], words, sample->value[field]);
		else
			put_unsigned(out, fields[field], sample->value[field]);
	PUT(out, "}");
}

static void put_errqueue(const struct errqueue *error, struct buf *out)
{
	put_name(out, "errqueue");
	PUT(out, "{");
	put_choice(out, "origin", LOG_ORIGINS, error->origin);
	put_unsigned(out, "type", error->type);
	put_unsigned(out, "code", error->code);
	put_numbered(out, "errno", error->error, error->error ? error_name(error->error) : NULL);
	put_unsigned(out, "info", error->info);
	put_unsigned(out, "delay", error->delay);
	put_endpoint(out, "target", &error->target);
	PUT(out, "}");
}

static void put_segment(const struct segment *segment, struct buf *out)
{
	put_name(out, "segment");
	PUT(out, "{");
	put_choice(out, "name", LOG_SEGMENTS, segment->name);
	put_signed(out, "seq", segment->seq);
	put_signed(out, "ack", segment->ack);
	put_unsigned(out, "len", segment->len);
	put_unsigned(out, "window", segment->window);
	put_unsigned(out, "number", segment->number);
	put_unsigned(out, "copy", segment->copy);
	put_unsigned(out, "duplicate", segment->duplicate);
	put_true(out, "scaled", segment->scaled);
	put_true(out, "seq_based", segment->seq_based);
	put_true(out, "ack_based", segment->ack_based);
	put_true(out, "gap", segment->gap);
	put_true(out, "fills_window", segment->fills_window);
	PUT(out, "}");
}

/* So it is for a frame that is not TCP, and for a strike. */
static bool is_nothing(const struct segment *segment)
{
	return !segment->name && !segment->seq && !segment->ack && !segment->len &&
	       !segment->window && !segment->number && !segment->copy && !segment->duplicate &&
	       !segment->scaled && !segment->seq_based && !segment->ack_based && !segment->gap &&
	       !segment->fills_window;
}

static void put_frame(const struct frame_note *note, struct buf *out)
{
	put_name(out, "frame");
	PUT(out, "{");
	put_choice(out, "event", LOG_EVENTS, note->event);
	if (note->host != HOST_HERE)
		put_choice(out, "host", LOG_HOSTS, note->host);
	put_unsigned(out, "len", note->len);
	put_unsigned(out, "pieces", note->pieces);
	put_true(out, "loopback", note->loopback);
	put_true(out, "secret", note->secret);
	if (!is_nothing(&note->segment))
		put_segment(&note->segment, out);
	if (note->kept) {
		put_name(out, "bytes");
		json_put_base64(out, note->bytes, note->kept);
	}
	if (note->words_len)
		put_bytes(out, note->words, note->words_len);
	PUT(out, "}");
}

static void put_payload(const struct entry *entry, struct buf *out)
{
	struct sample sample;
	struct errqueue error;
	struct frame_note note;
	const char *bytes = entry_bytes(entry);
	if (entry_is_secret(entry)) {
		put_unsigned(out, "len", entry->len);
	} else if (sample_unpack(entry, &sample)) {
		put_sample(&sample, out);
	} else if (entry_unpack_errqueue(entry, &error)) {
		put_errqueue(&error, out);
	} else if (frame_entry_unpack(entry, &note)) {
		put_frame(&note, out);
	} else if (entry_host(entry) != HOST_HERE) {
		put_choice(out, "host", LOG_HOSTS, entry_host(entry));
	} else if (entry->call == CALL_SETSOCKOPT || entry->call == CALL_GETSOCKOPT) {
		const struct sockopt *option = sockopt_numbered(entry->arg2, entry->arg);
		if (option && !entry->error) {
			struct buf value;
			buf_init(&value, SIZE_MAX);
			sockopt_format(option, bytes, entry->len, &value);
			put_word(out, "value", buf_data(&value), value.len);
			buf_free(&value);
		}
		put_name(out, "base64");
		json_put_base64(out, bytes, entry->len);
	} else if (entry->len) {
		put_bytes(out, bytes, entry->len);
	}
}

static void put_records(const struct entry *entry, struct buf *out)
{
	struct tls_boundary boundary = entry_boundary(entry);
	if (!boundary.known)
		return;
	put_unsigned(out, "record", boundary.first);
	put_true(out, "secured", boundary.secured);
	if (boundary.message_left)
		put_unsigned(out, "handshake", boundary.message_left);
	if (boundary.message_header_len) {
		put_name(out, "handshake_header");
		json_put_base64(out, boundary.message_header, boundary.message_header_len);
	}
}

static void put_entry(struct json_log *own, const struct entry *entry, struct buf *out)
{
	const struct endpoint addr = entry_addr(entry), local = entry_local(entry);
	bool is_call = entry_is_call(entry);
	PUT(out, "{");
	put_choice(out, "type", LOG_TYPES, entry->call);
	put_time(own, out, "time", entry->time);
	put_unsigned(out, "session", entry->session);
	if (is_call)
		put_choice(out, "call", LOG_CALLS, entry->call);
	if (entry->fd != -1)
		put_signed(out, "fd", entry->fd);
	put_arguments(entry, out);
	put_endpoint(out, "peer", &addr);
	put_endpoint(out, "local", &local);
	if (is_call)
		put_signed(out, "result", entry_result(entry));
	if (entry->error)
		put_numbered(out, "errno", entry->error, error_name(entry->error));
	if (entry->duration)
		put_unsigned(out, "duration", entry->duration);
	unsigned flags = entry->flags & ~(entry_is_shared(entry) ? (unsigned)ENTRY_SHARED : 0u);
	for (unsigned bit = 0; bit < 8; bit++)
		put_true(out, log_flag(entry->call, bit), flags >> bit & 1);
	if (entry->call == CALL_SEND || entry->call == CALL_RECV || entry_is_clear(entry)) {
		put_unsigned(out, "offset", entry->stream_offset);
	} else if (entry_is_batched(entry) && (entry->nth || entry->of)) {
		put_unsigned(out, "nth", entry->nth);
		put_unsigned(out, "of", entry->of);
	} else if (entry_has_header(entry)) {
		put_unsigned(out, "ttl", entry->ttl);
		put_unsigned(out, "tos", entry->tos);
	}
	put_records(entry, out);
	put_payload(entry, out);
	PUT(out, "}\n");
}

/* ---- the format ---- */

static bool is_own(const char *start, size_t len)
{
	static const char mark[] = "{\"sockpit\":\"log\"";
	return len >= strlen(mark) && memcmp(start, mark, strlen(mark)) == 0;
}

/* An incomplete last line of an earlier log stays one line. */
static void begin(struct log_state *state, struct buf *out)
{
	if (state->breaks)
		PUT(out, "\n");
	PUT(out, "{");
	put_text(out, "sockpit", "log");
	put_unsigned(out, "version", LOG_JSON_VERSION);
	put_choice(out, "type", LOG_TYPES, LOG_TYPE_HEADER);
	put_text(out, "program", "sockpit " PACKAGE_VERSION);
	put_time(state->own, out, "started", clock_now());
	PUT(out, "}\n");
}

static void write_entry(struct log_state *state, uint64_t position, const struct entry *entry,
                        struct buf *out)
{
	(void)position;
	if (state->sessions)
		note_wire(state->own, state->sessions, out);
	if (state->sessions && entry->session && !session_is_wire(entry->session))
		note_session(state->own, state->sessions, entry->session, out);
	put_entry(state->own, entry, out);
}

static void write_missed(struct log_state *state, struct transcript_amount amount, struct buf *out)
{
	(void)state;
	PUT(out, "{");
	put_choice(out, "type", LOG_TYPES, LOG_TYPE_MISSED);
	put_unsigned(out, "entries", amount.entries);
	put_unsigned(out, "bytes", amount.bytes);
	PUT(out, "}\n");
}

/* How each session has ended, or is now. */
static void end(struct log_state *state, struct buf *out)
{
	struct json_log *own = state->own;
	for (size_t i = 0; i < own->seen_count; i++)
		note_session(own, state->sessions, own->seen[i].number, out);
}

static void done(struct log_state *state)
{
	struct json_log *own = state->own;
	free(own->seen);
}

const struct log_format json_log_format = {
	.name = "json",
	.endings = ".jsonl",
	.help = "one entry a line with all that it has: sockpit-log(5)",
	.frames = true,
	.state_size = sizeof(struct json_log),
	.is_own = is_own,
	.begin = begin,
	.entry = write_entry,
	.missed = write_missed,
	.end = end,
	.done = done,
};
