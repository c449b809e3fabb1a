// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/values.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/call_total.h"
#include "app/session_snapshot.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"
#include "view/calltext.h"

/* ---- the table ---- */

/* Values of a session, of a call, of many calls; from VALUE_SAMPLE on, fields of the kernel's sample. */
enum value_id {
	VALUE_STATE,
	VALUE_OPEN,
	VALUE_KIND,
	VALUE_TRANSPORT,
	VALUE_NAME,
	VALUE_NUMBER,
	VALUE_HOST,
	VALUE_LOCAL,
	VALUE_PEER,
	VALUE_PORT,
	VALUE_PEER_PORT,
	VALUE_PEER_PID,
	VALUE_PEER_UID,
	VALUE_PEER_GID,
	VALUE_PEER_USER,
	VALUE_PEER_PROCESS,
	VALUE_PAUSED,
	VALUE_FIN,
	VALUE_SENT,
	VALUE_RECV,
	VALUE_SENDS,
	VALUE_RECVS,
	VALUE_UNSENT,
	VALUE_ICMP_ERRORS,
	VALUE_CLIENTS,
	VALUE_PEERS,
	VALUE_SERVICE,
	VALUE_FINGERPRINT,
	VALUE_TLS,
	VALUE_CIPHER,
	VALUE_GROUP,
	VALUE_ALPN,
	VALUE_SNI,
	VALUE_RESUMED,
	VALUE_VERIFIED,
	VALUE_TIMER,
	VALUE_TIMER_LEFT,
	VALUE_IN_FLIGHT,
	VALUE_HELD_BACK,
	VALUE_NOT_ACKED,
	VALUE_HELD_UP_BY,
	VALUE_MESSAGE,
	VALUE_ERROR, /* of a line of a script, as VALUE_TOOK is without "last." */
	VALUE_OF_CALL, /* begins those of one call */
	VALUE_CALL = VALUE_OF_CALL,
	VALUE_RESULT,
	VALUE_ERRNO,
	VALUE_TOOK,
	VALUE_FD,
	VALUE_ADDRESS,
	VALUE_OF_CALLS, /* begins those of many */
	VALUE_CALLS = VALUE_OF_CALLS,
	VALUE_FAILED,
	VALUE_AGAIN,
	VALUE_CALL_BYTES,
	VALUE_TOTAL_TIME,
	VALUE_LONGEST,
	VALUE_SAMPLE,
};

#define YES_NO "yes|no"

#define SAMPLED(name, kind, field, help)                                                           \
	{                                                                                          \
		(name), (help), (kind), NULL, VALUE_SAMPLE + (field)                               \
	}

const struct value_name value_table[] = {
	{ "state", "of TCP, as the kernel says: ESTABLISHED, LISTEN, TIME_WAIT …", VALUE_WORD, NULL,
	  VALUE_STATE },
	{ "open", "whether there is a descriptor", VALUE_WORD, YES_NO, VALUE_OPEN },
	{ "kind", "stream, datagrams or listener", VALUE_WORD, "stream|datagrams|listener",
	  VALUE_KIND },
	{ "transport", "tcp, udp, unix, unixgram or unixpacket", VALUE_WORD, TRANSPORT_NAMES, VALUE_TRANSPORT },
	{ "name", "its name", VALUE_TEXT, NULL, VALUE_NAME },
	{ "number", "its number", VALUE_COUNT, NULL, VALUE_NUMBER },
	{ "host", "where its socket is: here, or a host of the sandbox", VALUE_WORD,
	  "here|left|right", VALUE_HOST },
	{ "local", "our address", VALUE_TEXT, NULL, VALUE_LOCAL },
	{ "peer", "the peer's address", VALUE_TEXT, NULL, VALUE_PEER },
	{ "port", "our port", VALUE_COUNT, NULL, VALUE_PORT },
	{ "peer_port", "the peer's port", VALUE_COUNT, NULL, VALUE_PEER_PORT },
	{ "peer_pid", "process that made the other end of a UNIX connection", VALUE_COUNT, NULL,
	  VALUE_PEER_PID },
	{ "peer_uid", "its user, as a number", VALUE_COUNT, NULL, VALUE_PEER_UID },
	{ "peer_gid", "its group, as a number", VALUE_COUNT, NULL, VALUE_PEER_GID },
	{ "peer_user", "the name of that user", VALUE_TEXT, NULL, VALUE_PEER_USER },
	{ "peer_process", "the name of that process", VALUE_TEXT, NULL, VALUE_PEER_PROCESS },
	{ "paused", "whether a person makes the calls", VALUE_WORD, YES_NO, VALUE_PAUSED },
	{ "fin", "whether the peer's FIN, or close_notify of TLS, has been read", VALUE_WORD, YES_NO, VALUE_FIN },
	{ "sent", "bytes that our calls sent", VALUE_BYTES, NULL, VALUE_SENT },
	{ "recv", "bytes that our calls received", VALUE_BYTES, NULL, VALUE_RECV },
	{ "sends", "calls that sent, so datagrams of UDP", VALUE_COUNT, NULL, VALUE_SENDS },
	{ "recvs", "calls that received", VALUE_COUNT, NULL, VALUE_RECVS },
	{ "unsent", "bytes in our own queue, not given to send()", VALUE_BYTES, NULL,
	  VALUE_UNSENT },
	{ "icmp_errors", "ICMP errors met", VALUE_COUNT, NULL, VALUE_ICMP_ERRORS },
	{ "clients", "open clients of a listener", VALUE_COUNT, NULL, VALUE_CLIENTS },
	{ "peers", "peers of a UDP session", VALUE_COUNT, NULL, VALUE_PEERS },
	{ "service", "of a server", VALUE_TEXT, NULL, VALUE_SERVICE },
	{ "fingerprint", "of our certificate, of a server with TLS: sha256:…", VALUE_TEXT, NULL,
	  VALUE_FINGERPRINT },
	{ "tls", "the version of TLS, once its handshake is over: TLS 1.3", VALUE_TEXT, NULL, VALUE_TLS },
	{ "cipher", "of TLS", VALUE_TEXT, NULL, VALUE_CIPHER },
	{ "group", "of the key exchange of TLS", VALUE_TEXT, NULL, VALUE_GROUP },
	{ "alpn", "the protocol that TLS has agreed on: h2", VALUE_TEXT, NULL, VALUE_ALPN },
	{ "sni", "the server name that the client sent", VALUE_TEXT, NULL, VALUE_SNI },
	{ "resumed", "whether TLS was resumed from an earlier session", VALUE_WORD, YES_NO,
	  VALUE_RESUMED },
	{ "verified", "whether the peer's certificate was verified, or is the pinned one", VALUE_WORD, YES_NO, VALUE_VERIFIED },
	{ "timer", "the timer that runs", VALUE_WORD, "off|retransmit|keepalive|time_wait|persist",
	  VALUE_TIMER },
	{ "timer_left", "how long it still has", VALUE_TIME, NULL, VALUE_TIMER_LEFT },
	{ "in_flight", "bytes sent and not acknowledged", VALUE_BYTES, NULL, VALUE_IN_FLIGHT },
	{ "held_back", "bytes that have not left yet", VALUE_BYTES, NULL, VALUE_HELD_BACK },
	{ "not_acked", "both together", VALUE_BYTES, NULL, VALUE_NOT_ACKED },
	{ "held_up_by", "what more sending waits for, as /info says", VALUE_TEXT, NULL,
	  VALUE_HELD_UP_BY },
	{ "message", "the newest line about it, such as: connection reset by peer", VALUE_TEXT, NULL, VALUE_MESSAGE },
	{ "error", "what the last /try or /fails of the script said; empty where it succeeded",
	  VALUE_TEXT, NULL, VALUE_ERROR },
	SAMPLED("queue", VALUE_COUNT, SAMPLE_QUEUE, "connections that wait for accept()"),
	SAMPLED("backlog", VALUE_COUNT, SAMPLE_BACKLOG, "as listen() was given it"),
	SAMPLED("inq", VALUE_BYTES, SAMPLE_INQ, "bytes to read; of datagrams, of the first"),
	SAMPLED("outq", VALUE_BYTES, SAMPLE_OUTQ, "bytes not acknowledged, or not sent yet"),
	SAMPLED("rmem", VALUE_BYTES, SAMPLE_RMEM, "memory that what is unread takes"),
	SAMPLED("rcvbuf", VALUE_BYTES, SAMPLE_RCVBUF, "its limit"),
	SAMPLED("wmem", VALUE_BYTES, SAMPLE_WMEM, "memory that what is being sent takes"),
	SAMPLED("sndbuf", VALUE_BYTES, SAMPLE_SNDBUF, "its limit"),
	SAMPLED("drops", VALUE_COUNT, SAMPLE_DROPS, "datagrams for which there was no room"),
	SAMPLED("snd_wnd", VALUE_BYTES, SAMPLE_SND_WND, "the peer's window"),
	SAMPLED("rcv_wnd", VALUE_BYTES, SAMPLE_RCV_WND, "our window"),
	SAMPLED("mss", VALUE_BYTES, SAMPLE_SND_MSS, "of what we send"),
	SAMPLED("rcv_mss", VALUE_BYTES, SAMPLE_RCV_MSS, "of what comes"),
	SAMPLED("pmtu", VALUE_BYTES, SAMPLE_PMTU, "the path MTU"),
	SAMPLED("rtt", VALUE_TIME, SAMPLE_RTT, "round trip, smoothed"),
	SAMPLED("rttvar", VALUE_TIME, SAMPLE_RTTVAR, "how much it varies"),
	SAMPLED("min_rtt", VALUE_TIME, SAMPLE_MIN_RTT, "the shortest"),
	SAMPLED("rto", VALUE_TIME, SAMPLE_RTO, "retransmission timeout"),
	SAMPLED("ato", VALUE_TIME, SAMPLE_ATO, "delay of our ACKs"),
	SAMPLED("cwnd", VALUE_COUNT, SAMPLE_CWND, "congestion window, segments"),
	SAMPLED("ssthresh", VALUE_COUNT, SAMPLE_SSTHRESH, "slow start threshold, segments"),
	SAMPLED("unacked", VALUE_COUNT, SAMPLE_UNACKED, "segments in flight"),
	SAMPLED("sacked", VALUE_COUNT, SAMPLE_SACKED, "of them, acknowledged out of order"),
	SAMPLED("lost", VALUE_COUNT, SAMPLE_LOST, "of them, taken for lost"),
	SAMPLED("retrans", VALUE_COUNT, SAMPLE_RETRANS, "of them, sent again"),
	SAMPLED("total_retrans", VALUE_COUNT, SAMPLE_TOTAL_RETRANS, "segments ever sent again"),
	SAMPLED("retransmits", VALUE_COUNT, SAMPLE_RETRANSMITS,
	        "retransmissions of the oldest segment, unanswered"),
	SAMPLED("probes", VALUE_COUNT, SAMPLE_PROBES, "probes, unanswered"),
	SAMPLED("backoff", VALUE_COUNT, SAMPLE_BACKOFF, "how often the timer has doubled"),
	SAMPLED("reordering", VALUE_COUNT, SAMPLE_REORDERING, "segments that may be out of order"),
	SAMPLED("reord_seen", VALUE_COUNT, SAMPLE_REORD_SEEN, "how often they were"),
	SAMPLED("rcv_ooopack", VALUE_COUNT, SAMPLE_RCV_OOOPACK, "segments that came out of order"),
	SAMPLED("dsack_dups", VALUE_COUNT, SAMPLE_DSACK_DUPS, "segments that the peer had twice"),
	SAMPLED("total_rto", VALUE_COUNT, SAMPLE_TOTAL_RTO, "timeouts ever"),
	SAMPLED("segs_out", VALUE_COUNT, SAMPLE_SEGS_OUT, "segments sent"),
	SAMPLED("segs_in", VALUE_COUNT, SAMPLE_SEGS_IN, "segments received"),
	SAMPLED("data_segs_out", VALUE_COUNT, SAMPLE_DATA_SEGS_OUT, "of them, with data"),
	SAMPLED("data_segs_in", VALUE_COUNT, SAMPLE_DATA_SEGS_IN, "of them, with data"),
	SAMPLED("bytes_sent", VALUE_BYTES, SAMPLE_BYTES_SENT, "by TCP, those sent again too"),
	SAMPLED("bytes_retrans", VALUE_BYTES, SAMPLE_BYTES_RETRANS, "by TCP, sent again"),
	SAMPLED("bytes_acked", VALUE_BYTES, SAMPLE_BYTES_ACKED, "by the peer's TCP"),
	SAMPLED("bytes_received", VALUE_BYTES, SAMPLE_BYTES_RECEIVED, "by TCP"),
	SAMPLED("rcv_space", VALUE_BYTES, SAMPLE_RCV_SPACE, "what buffer tuning goes by"),
	SAMPLED("delivery_rate", VALUE_RATE, SAMPLE_DELIVERY_RATE, "what the path delivers"),
	SAMPLED("pacing_rate", VALUE_RATE, SAMPLE_PACING_RATE, "what TCP limits itself to"),
	SAMPLED("busy_time", VALUE_TIME, SAMPLE_BUSY_TIME, "time in which there was data to send"),
	SAMPLED("rwnd_limited", VALUE_TIME, SAMPLE_RWND_LIMITED, "of it, with the window full"),
	SAMPLED("sndbuf_limited", VALUE_TIME, SAMPLE_SNDBUF_LIMITED, "of it, with the buffer full"),
	{ "call", "last.call: its name", VALUE_WORD, NULL, VALUE_CALL },
	{ "result",
	  "last.result: what it returned, -1 for an error; of a datagram that was cut, its whole "
	  "length (MSG_TRUNC)",
	  VALUE_COUNT, NULL, VALUE_RESULT },
	{ "errno", "last.errno: ECONNREFUSED …, 0 where it succeeded", VALUE_WORD, NULL,
	  VALUE_ERRNO },
	{ "took", "last.took: how long it took; took: the last command of the script that may wait",
	  VALUE_TIME, NULL, VALUE_TOOK },
	{ "fd", "last.fd: its descriptor", VALUE_COUNT, NULL, VALUE_FD },
	{ "address", "last.address: the address that it had or gave", VALUE_TEXT, NULL,
	  VALUE_ADDRESS },
	{ "calls", "calls made; recv.calls: of that name", VALUE_COUNT, NULL, VALUE_CALLS },
	{ "failed", "of them, failed", VALUE_COUNT, NULL, VALUE_FAILED },
	{ "again", "of them, not ready: EAGAIN, EINPROGRESS", VALUE_COUNT, NULL, VALUE_AGAIN },
	{ "bytes", "that they sent or received", VALUE_BYTES, NULL, VALUE_CALL_BYTES },
	{ "total_time", "that they took, those that waited not counted", VALUE_TIME, NULL,
	  VALUE_TOTAL_TIME },
	{ "longest", "of them", VALUE_TIME, NULL, VALUE_LONGEST },
	{ 0 },
};

const char *value_name_at(const void *context, size_t index)
{
	(void)context;
	return value_table[index].name;
}

/* ---- words ---- */

/* Without the first, which has the name of STATE_CLOSED. */
static const char *name_of_state(const void *context, size_t index)
{
	size_t state = STATE_GONE + 1 + index;
	(void)context;
	return state > STATE_RESOLVING ? NULL : tcp_state_title((enum tcp_state)state);
}

static const char *name_of_call(const void *context, size_t index)
{
	size_t call = CALL_GETADDRINFO + index;
	(void)context;
	return call >= CALL_COUNT ? NULL : entry_call_name((enum call)call);
}

/* "0", and the symbols of errno(3), which have gaps between their numbers. */
static const char *name_of_errno(const void *context, size_t index)
{
	enum { MOST = 256 };
	(void)context;
	if (index == 0)
		return "0";
	for (int code = 1; code < MOST; code++)
		if (error_name(code)[0] == 'E' && --index == 0)
			return error_name(code);
	return NULL;
}

const struct choice *value_words(const struct value_name *of)
{
	static const struct choice states = { .name = name_of_state };
	static const struct choice calls = { .name = name_of_call };
	static const struct choice errors = { .name = name_of_errno };
	static struct choice_words words;
	static const struct choice listed = { .name = choice_word, .context = &words };
	if (of->kind != VALUE_WORD)
		return NULL;
	if (of->words) {
		words = (struct choice_words){ of->words, strlen(of->words) };
		return &listed;
	}
	return of->id == VALUE_STATE ? &states : of->id == VALUE_CALL ? &calls : &errors;
}

/* ---- names ---- */

/* "c", "recv" and "errno" of "@c.recv.errno". */
struct parts {
	char *session;    /* NULL for none */
	const char *call; /* "last", the name of a call, NULL for none */
	const struct value_name *of;
};

bool value_is_of_call(const struct value_name *of)
{
	return of->id >= VALUE_OF_CALL && of->id < VALUE_OF_CALLS;
}

static bool is_of_calls(const struct value_name *of)
{
	return of->id >= VALUE_OF_CALLS && of->id < VALUE_SAMPLE;
}

bool value_is_call(const char *name)
{
	if (strcmp(name, "last") == 0)
		return true;
	for (size_t i = 0; name_of_call(NULL, i); i++)
		if (strcmp(name, name_of_call(NULL, i)) == 0)
			return true;
	return false;
}

static bool is_of_script(const struct parts *parts)
{
	return parts->of->id == VALUE_ERROR ||
	       (parts->of->id == VALUE_TOOK && !parts->call && !parts->session);
}

bool value_is_of_script(const char *name)
{
	return strcmp(name, "error") == 0 || strcmp(name, "took") == 0;
}

/* Cuts `copy`, which the parts point into. */
static bool cut_name(char *copy, struct parts *parts, struct error *error)
{
	static const struct choice names = { .name = value_name_at };
	*parts = (struct parts){ 0 };
	char *dot = strrchr(copy, '.'), *name = dot ? dot + 1 : copy;
	size_t index = 0;
	while (value_table[index].name && strcmp(value_table[index].name, name) != 0)
		index++;
	if (!value_table[index].name) {
		error_usage(error, "no value \"%.40s\"", name);
		choice_suggest(&names, name, strlen(name), "/help values lists them", error);
		return false;
	}
	parts->of = &value_table[index];
	if (dot) {
		*dot = '\0';
		char *before = strrchr(copy, '.'), *call = before ? before + 1 : copy;
		if (value_is_call(call)) {
			parts->call = call;
			if (before)
				*before = '\0';
		}
		if (!parts->call || before)
			parts->session = copy;
	}
	bool one = value_is_of_call(parts->of), many = is_of_calls(parts->of);
	bool last = parts->call && strcmp(parts->call, "last") == 0;
	bool script = is_of_script(parts);
	if (script && parts->session)
		error_usage(error, "%s is of a script, not of a session", name);
	else if (one && !parts->call && !script)
		error_usage(error, "%s is of a call: last.%s, recv.%s", name, name, name);
	else if (parts->call && !one && !(many && !last))
		error_usage(error, "%s is not a value of %s", name, last ? "one call" : "a call");
	else
		return true;
	return false;
}

bool value_session(const char *name, char session[SESSION_NAME])
{
	struct parts parts;
	struct error ignored;
	char *copy = xstrdup(name);
	const char *of = cut_name(copy, &parts, &ignored) ? parts.session : NULL;
	if (of)
		snprintf(session, SESSION_NAME, "%s", of + (*of == '@'));
	free(copy);
	return of;
}

const struct value_name *value_find(const char *name, struct error *error)
{
	struct parts parts;
	char *copy = xstrdup(name);
	bool found = cut_name(copy, &parts, error);
	free(copy);
	return found ? parts.of : NULL;
}

/* ---- values ---- */

static void set_number(struct value *value, uint64_t number)
{
	value->known = true;
	value->number = number > INT64_MAX ? INT64_MAX : (int64_t)number;
}

__attribute__((format(printf, 2, 3))) static void set_text(struct value *value, const char *format,
                                                           ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(value->text, sizeof value->text, format, args);
	va_end(args);
	value->known = true;
}

static void set_yes(struct value *value, bool yes)
{
	set_text(value, "%s", yes ? "yes" : "no");
}

static void set_endpoint(struct value *value, const struct endpoint *addr)
{
	char text[ENDPOINT_TEXT];
	if (endpoint_is_set(addr))
		set_text(value, "%s", endpoint_format(addr, text));
}

static void set_port(struct value *value, const struct endpoint *addr)
{
	if (addr->port)
		set_number(value, addr->port);
}

static void set_sampled(struct value *value, bool known, uint64_t number)
{
	if (known) {
		set_number(value, number);
		value->mark = '*';
	}
}

/* `compute`: from fields of the sample. */
static void set_computed(struct value *value, const struct snapshot *snapshot,
                         bool (*compute)(const struct snapshot *snapshot, uint64_t *bytes))
{
	uint64_t bytes = 0;
	bool known = !snapshot_is_outdated(snapshot) && compute(snapshot, &bytes);
	set_sampled(value, known, bytes);
}

/* A server may have several sockets: what waits in each is added up. */
static void get_sampled(const struct snapshot *snapshot, enum sample_field field,
                        struct value *value)
{
	const struct sample *sample = snapshot_socket(snapshot, 0);
	bool adds = field == SAMPLE_QUEUE || field == SAMPLE_DROPS || field == SAMPLE_RMEM;
	uint64_t number = adds ? snapshot_sum(snapshot, field) : sample_get(sample, field);
	if (value->of->kind == VALUE_TIME)
		number = (uint64_t)clock_from_us(number);
	set_sampled(value, sample_has(sample, field) && !snapshot_is_outdated(snapshot), number);
}

/* The line of /info that has this name, to its end; "" = there is none. */
static const char *find_fact(const struct session *session, const char *name)
{
	size_t len = strlen(name);
	const char *at = session_tls_facts(session);
	while (*at && !(strncmp(at, name, len) == 0 && at[len] == '\t')) {
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return at + (*at ? len + 1 : 0);
}

static void get_fact(const struct session *session, enum value_id id, struct value *value)
{
	static const char *const names[] = {
		[VALUE_TLS] = "TLS",         [VALUE_CIPHER] = "cipher",
		[VALUE_GROUP] = "group",     [VALUE_ALPN] = "ALPN",
		[VALUE_SNI] = "SNI",         [VALUE_RESUMED] = "resumed",
		[VALUE_VERIFIED] = "verified",
	};
	const char *fact = find_fact(session, names[id]);
	int len = (int)strcspn(fact, "\n");
	bool none = strncmp(fact, "none: ", 6) == 0 || strncmp(fact, "none was ", 9) == 0;
	bool unknown = strncmp(fact, "not known: ", 11) == 0; /* of a recording */
	if (!len || unknown || (id == VALUE_SNI && none))
		return;
	if (id == VALUE_RESUMED)
		set_yes(value, strncmp(fact, "yes", 3) == 0);
	else if (id == VALUE_VERIFIED)
		set_yes(value, strncmp(fact, "no ", 3) != 0);
	else
		set_text(value, "%.*s", len, fact);
}

/* As session_tls_facts() has it: of a listener alone, of its clients with a word before it. */
static void get_fingerprint(const struct session *session, struct value *value)
{
	static const char ours[] = "ours, ", kind[] = "sha256:";
	const char *at = find_fact(session, "certificate");
	at += strncmp(at, ours, strlen(ours)) == 0 ? strlen(ours) : 0;
	if (strncmp(at, kind, strlen(kind)) == 0)
		set_text(value, "%.*s", (int)strcspn(at, "\n"), at);
}

static void get_timer(const struct snapshot *snapshot, struct value *value)
{
	static const char *const names[] = {
		[TIMER_OFF] = "off",
		[TIMER_RETRANSMIT] = "retransmit",
		[TIMER_KEEPALIVE] = "keepalive",
		[TIMER_TIMEWAIT] = "time_wait",
		[TIMER_PERSIST] = "persist",
	};
	int64_t left;
	enum sample_timer timer = snapshot_timer(snapshot, &left);
	if (!sample_has(&snapshot->sample, SAMPLE_TIMER) || snapshot_is_outdated(snapshot))
		return;
	value->mark = '*';
	if (value->of->id == VALUE_TIMER)
		set_text(value, "%s", names[timer]);
	else if (timer != TIMER_OFF)
		set_number(value, (uint64_t)left);
}

static void get_credentials(const struct credentials *peer, struct value *value)
{
	unsigned id = value->of->id;
	if (!peer)
		return;
	uint32_t number = id == VALUE_PEER_UID ? peer->uid : peer->gid;
	if (id == VALUE_PEER_PID)
		set_sampled(value, peer->pid > 0, (uint64_t)peer->pid);
	else if (id == VALUE_PEER_UID || id == VALUE_PEER_GID)
		set_sampled(value, number != UINT32_MAX, number);
	else if (*(id == VALUE_PEER_USER ? peer->user : peer->process))
		set_text(value, "%s", id == VALUE_PEER_USER ? peer->user : peer->process);
}

static void get_session(const struct session *session, struct value *value)
{
	static const char *const kinds[] = { [SNAPSHOT_STREAM] = "stream",
		                             [SNAPSHOT_DATAGRAMS] = "datagrams",
		                             [SNAPSHOT_LISTENER] = "listener" };
	struct snapshot snapshot;
	session_snapshot(session, &snapshot);
	bool listens = snapshot.kind == SNAPSHOT_LISTENER;
	unsigned id = value->of->id;
	if (id >= VALUE_SAMPLE) {
		get_sampled(&snapshot, (enum sample_field)(id - VALUE_SAMPLE), value);
		return;
	}
	switch ((enum value_id)id) {
	case VALUE_STATE:
		set_text(value, "%s", tcp_state_title(snapshot_state(&snapshot)));
		value->mark = snapshot_state_mark(&snapshot);
		break;
	case VALUE_OPEN:
		set_yes(value, snapshot.open);
		break;
	case VALUE_KIND:
		set_text(value, "%s", kinds[snapshot.kind]);
		break;
	case VALUE_TRANSPORT:
		set_text(value, "%s", transport_name(snapshot.transport));
		break;
	case VALUE_NAME:
		set_text(value, "%s", snapshot.name);
		break;
	case VALUE_NUMBER:
		set_number(value, snapshot.session);
		break;
	case VALUE_HOST:
		set_text(value, "%s",
		         snapshot.host == HOST_HERE ? "here" : host_name(snapshot.host));
		break;
	case VALUE_LOCAL:
		set_endpoint(value, &snapshot.local);
		break;
	case VALUE_PEER:
		set_endpoint(value, &snapshot.peer);
		break;
	case VALUE_PORT:
		set_port(value, &snapshot.local);
		break;
	case VALUE_PEER_PORT:
		set_port(value, &snapshot.peer);
		break;
	case VALUE_PEER_PID:
	case VALUE_PEER_UID:
	case VALUE_PEER_GID:
	case VALUE_PEER_USER:
	case VALUE_PEER_PROCESS:
		get_credentials(snapshot.credentials, value);
		break;
	case VALUE_PAUSED:
		set_yes(value, snapshot.paused);
		break;
	case VALUE_FIN:
		set_yes(value, snapshot.at_end);
		break;
	case VALUE_SENT:
		set_number(value, snapshot.sent);
		break;
	case VALUE_RECV:
		set_number(value, snapshot.received);
		break;
	case VALUE_SENDS:
		set_number(value, snapshot.sends);
		break;
	case VALUE_RECVS:
		set_number(value, snapshot.receives);
		break;
	case VALUE_UNSENT:
		if (!snapshot.recorded)
			set_number(value, snapshot.unsent);
		break;
	case VALUE_ICMP_ERRORS:
		set_number(value, snapshot.refused);
		break;
	case VALUE_CLIENTS:
		if (listens)
			set_number(value, snapshot.others);
		break;
	case VALUE_PEERS:
		if (snapshot.kind == SNAPSHOT_DATAGRAMS)
			set_number(value, snapshot.others);
		break;
	case VALUE_SERVICE:
		if (snapshot.service)
			set_text(value, "%s", snapshot.service);
		break;
	case VALUE_FINGERPRINT:
		get_fingerprint(session, value);
		break;
	case VALUE_TLS:
	case VALUE_CIPHER:
	case VALUE_GROUP:
	case VALUE_ALPN:
	case VALUE_SNI:
	case VALUE_RESUMED:
	case VALUE_VERIFIED:
		get_fact(session, (enum value_id)id, value);
		break;
	case VALUE_TIMER:
	case VALUE_TIMER_LEFT:
		get_timer(&snapshot, value);
		break;
	case VALUE_IN_FLIGHT:
		set_computed(value, &snapshot, snapshot_in_flight);
		break;
	case VALUE_HELD_BACK:
		set_computed(value, &snapshot, snapshot_held_back);
		break;
	case VALUE_NOT_ACKED:
		set_computed(value, &snapshot, snapshot_unacknowledged);
		break;
	case VALUE_HELD_UP_BY:
		if (snapshot_limit(&snapshot) != LIMIT_UNKNOWN) {
			set_text(value, "%s", snapshot_limit_name(snapshot_limit(&snapshot)));
			value->mark = '?';
		}
		break;
	default:
		break;
	}
}

/* The newest call that is shown as one, of that name or of any. A close() after a call that failed
 * only tidies up. */
static const struct entry *find_call_of(const struct transcript *transcript, uint32_t session,
                                        const char *name, bool or_close)
{
	const struct entry *closed = NULL;
	bool any = strcmp(name, "last") == 0;
	uint64_t at = transcript_last(transcript, session);
	for (; at != TRANSCRIPT_NONE; at = transcript_before(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		if (!entry_is_call(entry) || !entry_is_shown(entry, false) ||
		    (any ? entry_is_of_tls(entry)
		         : strcmp(entry_call_name(entry->call), name) != 0))
			continue;
		if (any && !closed && entry->call == CALL_CLOSE)
			closed = entry;
		else
			return or_close && closed && !entry_has_failed(entry) ? closed : entry;
	}
	return closed;
}

/* A name that begins with no session also finds the calls of one that has failed to open: it is no longer
 * in the table, and an older session is current again. The newer of their calls counts, except close(),
 * which may come late. */
static const struct entry *find_call(const struct app *app, const struct parts *parts,
                                     const struct session *session)
{
	const struct session *aside = sessions_aside(app->sessions);
	uint32_t number = session_number(session);
	const struct entry *call = find_call_of(app->transcript, number, parts->call, false);
	if (aside && !parts->session) {
		const struct entry *failed =
		        find_call_of(app->transcript, session_number(aside), parts->call, true);
		if (failed && (!call || failed->time > call->time))
			return failed;
	}
	return find_call_of(app->transcript, number, parts->call, true);
}

static void get_call(const struct entry *entry, struct value *value)
{
	struct endpoint addr = entry_addr(entry);
	switch ((enum value_id)value->of->id) {
	case VALUE_CALL:
		set_text(value, "%s", entry_call_name(entry->call));
		break;
	case VALUE_RESULT:
		value->known = true;
		value->number = calltext_returned(entry);
		break;
	case VALUE_ERRNO:
		set_text(value, "%s", entry->error ? error_name(entry->error) : "0");
		break;
	case VALUE_TOOK:
		set_number(value, (uint64_t)(entry->duration * CLOCK_US));
		break;
	case VALUE_FD:
		if (entry->fd >= 0)
			set_number(value, (uint64_t)entry->fd);
		break;
	case VALUE_ADDRESS:
		set_endpoint(value, &addr);
		break;
	default:
		break;
	}
}

/* Not known once older calls have gone. */
static void get_calls(const struct transcript *transcript, uint32_t session, const char *name,
                      struct value *value)
{
	struct call_total total = { 0 };
	uint64_t at = transcript_last(transcript, session);
	for (; at != TRANSCRIPT_NONE; at = transcript_before(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry_is_call(entry) &&
		    (name ? strcmp(entry_call_name(entry->call), name) == 0 : !entry_is_of_tls(entry)))
			call_total_count(&total, entry);
	}
	if (transcript_has_lost(transcript, session))
		return;
	set_number(value, value->of->id == VALUE_CALLS        ? total.calls
	                  : value->of->id == VALUE_FAILED     ? total.failed
	                  : value->of->id == VALUE_AGAIN      ? total.would_block
	                  : value->of->id == VALUE_CALL_BYTES ? total.bytes
	                  : value->of->id == VALUE_LONGEST    ? (uint64_t)total.longest
	                                                      : (uint64_t)total.time);
}

/* The session that is named: in the table, or one of the last that failed to open. */
static const struct session *find_session(struct app *app, const char *name, struct error *error)
{
	const struct session *session = app_find_session(app, name, error);
	return session ? session : sessions_aside_named(app->sessions, name + (*name == '@'));
}

/* The newest line about it. */
static void get_message(const struct transcript *transcript, uint32_t session, struct value *value)
{
	uint64_t at = transcript_last(transcript, session);
	while (at != TRANSCRIPT_NONE && transcript_at(transcript, at)->call != CALL_STATE)
		at = transcript_before(transcript, at);
	const struct entry *entry = at == TRANSCRIPT_NONE ? NULL : transcript_at(transcript, at);
	if (entry)
		set_text(value, "%.*s", (int)entry->len, entry_payload(entry));
}

static void get_of_script(const struct outcome *outcome, struct value *value)
{
	if (outcome && value->of->id == VALUE_ERROR)
		set_text(value, "%s", outcome->error ? outcome->error : "");
	else if (outcome && outcome->took >= 0)
		set_number(value, (uint64_t)outcome->took);
}

static void get(struct app *app, const struct parts *parts, const struct session *session,
                struct value *value)
{
	if (is_of_script(parts)) {
		get_of_script(app->outcome, value);
	} else if (parts->of->id == VALUE_MESSAGE) {
		get_message(app->transcript, session_number(session), value);
	} else if (!value_is_of_call(parts->of) && !is_of_calls(parts->of)) {
		struct session *here = sessions_numbered(app->sessions, session_number(session));
		if (here)
			sessions_sample(app->sessions, here);
		get_session(session, value);
	} else if (is_of_calls(parts->of)) {
		get_calls(app->transcript, session_number(session), parts->call, value);
	} else if (parts->call) {
		const struct entry *entry = find_call(app, parts, session);
		if (entry)
			get_call(entry, value);
	}
}

bool value_get(struct app *app, const char *name, const struct session *session,
               struct value *value, struct error *error)
{
	struct parts parts;
	char *copy = xstrdup(name);
	bool found = cut_name(copy, &parts, error);
	if (found && parts.session)
		session = find_session(app, parts.session, error);
	else if (found && !session)
		session = value_is_of_call(parts.of) ? sessions_aside(app->sessions) : NULL;
	bool needed = found && !is_of_script(&parts);
	if (needed && !session && !parts.session)
		app_need_session(app, error);
	found = found && (session || !needed);
	if (found) {
		*value = (struct value){ .of = parts.of };
		get(app, &parts, session, value);
	}
	free(copy);
	return found;
}

/* ---- as text ---- */

void value_print(const struct value *value, struct buf *out)
{
	char text[CLOCK_TEXT];
	if (!value->known) {
		buf_append_text(out, "not available");
		return;
	}
	switch (value->of->kind) {
	case VALUE_COUNT:
		buf_printf(out, "%" PRId64, value->number);
		break;
	case VALUE_BYTES:
		buf_printf(out, "%" PRId64 " byte%s", value->number,
		           count_plural((uint64_t)value->number));
		break;
	case VALUE_TIME:
		buf_append_text(out, clock_format_duration(value->number, text));
		break;
	case VALUE_RATE:
		buf_printf(out, "%" PRId64 " B/s", value->number);
		break;
	case VALUE_WORD:
	case VALUE_TEXT:
		buf_append_text(out, value->text[0] ? value->text : "nothing");
	}
	if (value->mark)
		buf_printf(out, " %c", value->mark);
}

bool value_write(const struct value *value, struct buf *out)
{
	if (!value->known)
		return false;
	if (value->of->kind == VALUE_WORD || value->of->kind == VALUE_TEXT)
		buf_append_text(out, value->text);
	else if (value->of->kind == VALUE_TIME)
		buf_printf(out, "%" PRId64 ".%06" PRId64 "ms", value->number / CLOCK_MS,
		           value->number % CLOCK_MS);
	else
		buf_printf(out, "%" PRId64, value->number);
	return true;
}
