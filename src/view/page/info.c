// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/info.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/count.h"
#include "view/page/fields.h"

#define NOT_AVAILABLE "not available"

enum { INFO_TEXT = 96 };

enum {
	EXACT_MOST = 999999,   /* larger numbers have three digits */
	SHARED_LEAST = 100000, /* microseconds of sending, of which shares are shown */
};

static void add_heading(struct fields *fields, const struct snapshot *snapshot)
{
	char local[HOST_TEXT] = "", peer[HOST_TEXT] = "";
	bool peered = snapshot->kind != SNAPSHOT_LISTENER && endpoint_is_set(&snapshot->peer);
	const char *arrow = text_has_unicode() ? " ⇄ " : " <-> ";
	if (endpoint_is_set(&snapshot->local))
		host_format(snapshot->host, &snapshot->local, local);
	if (peered)
		host_format(snapshot->host, &snapshot->peer, peer);
	fields_sentence(fields, STYLE_STATE, 7, "INFO %s %s%s%s", snapshot->name, local,
	                peered ? arrow : "", peer);
	fields_gap(fields);
}

static void add_state(struct fields *fields, const struct snapshot *snapshot)
{
	char state[SNAPSHOT_STATE], timer[SNAPSHOT_TIMER];
	fields_text(fields, STYLE_STATE, "state", "%s", snapshot_format_state(snapshot, state));
	snapshot_format_timer(snapshot, timer);
	if (*timer)
		fields_text(fields, STYLE_STATE, "timer", "%s *", timer);
	else if (sample_has(&snapshot->sample, SAMPLE_TIMER))
		fields_text(fields, STYLE_TEXT, "timer", "off *");
	else if (snapshot->open && snapshot->sample.present && snapshot->kind == SNAPSHOT_STREAM &&
	         !transport_is_unix(snapshot->transport) &&
	         snapshot_state(snapshot) != STATE_CLOSED)
		fields_text(fields, STYLE_FAINT, "timer", NOT_AVAILABLE);
	if (snapshot->other_side)
		fields_text(fields, STYLE_TEXT, "relayed", "%s session %u",
		            snapshot->relay ? "for" : "to", snapshot->other_side);
	else if (snapshot->relay)
		fields_text(fields, STYLE_TEXT, "relayed", "for a peer of session %u", snapshot->relay);
}

static const char *format_bytes(uint64_t bytes, char out[COUNT_TEXT])
{
	if (bytes > EXACT_MOST)
		return count_format_unit(bytes, "B", out);
	snprintf(out, COUNT_TEXT, "%" PRIu64 " B", bytes);
	return out;
}

/* Of a whole that has the unit. */
static const char *format_part(uint64_t bytes, char out[COUNT_TEXT])
{
	if (bytes > EXACT_MOST)
		return count_format(bytes, out);
	snprintf(out, COUNT_TEXT, "%" PRIu64, bytes);
	return out;
}

static const char *format_us(uint64_t us, char *out)
{
	return clock_format_duration(clock_from_us(us), out);
}

static void add_bytes(struct fields *fields, const char *label, const struct sample *sample,
                      enum sample_field field)
{
	char bytes[COUNT_TEXT];
	if (sample_has(sample, field))
		fields_text(fields, STYLE_TEXT, label, "%s *",
		            format_bytes(sample_get(sample, field), bytes));
	else
		fields_text(fields, STYLE_FAINT, label, NOT_AVAILABLE);
}

static void add_memory(struct fields *fields, const char *label, const struct sample *sample,
                       enum sample_field used, enum sample_field most, const char *of)
{
	char bytes[COUNT_TEXT], all[COUNT_TEXT];
	uint64_t part = sample_get(sample, used), whole = sample_get(sample, most);
	if (sample_has(sample, used) && sample_has(sample, most))
		fields_gauge(fields, part >= whole ? STYLE_ERROR : STYLE_TEXT, label, part, whole,
		             "%s/%s *%s", format_part(part, bytes), format_bytes(whole, all), of);
	else
		fields_text(fields, STYLE_FAINT, label, NOT_AVAILABLE "%s", of);
}

static void add_part(struct fields *fields, const char *label, bool known, uint64_t bytes,
                     uint64_t whole)
{
	char text[COUNT_TEXT];
	if (known)
		fields_gauge(fields, STYLE_TEXT, label, bytes, whole, "%s *",
		             format_bytes(bytes, text));
	else
		fields_text(fields, STYLE_FAINT, label, NOT_AVAILABLE);
}

/* ---- what sending waits for ---- */

static void add_share(struct fields *fields, const char *label, uint64_t part, uint64_t whole,
                      char mark)
{
	int percent = (int)(100.0 * (double)(part < whole ? part : whole) / (double)whole + 0.5);
	fields_gauge(fields, STYLE_TEXT, label, part, whole, "%d %% %c", percent, mark);
}

/* The kernel counts in ticks of its clock, some milliseconds each: shares of a few ticks would be
 * invented. The rest of the busy time was limited by neither window nor buffer. */
static void add_busy(struct fields *fields, const struct sample *sample)
{
	uint64_t busy = sample_get(sample, SAMPLE_BUSY_TIME);
	uint64_t window = sample_get(sample, SAMPLE_RWND_LIMITED);
	uint64_t buffer = sample_get(sample, SAMPLE_SNDBUF_LIMITED);
	char text[CLOCK_TEXT];
	if (!busy || !sample_has(sample, SAMPLE_RWND_LIMITED) ||
	    !sample_has(sample, SAMPLE_SNDBUF_LIMITED))
		return;
	fields_text(fields, STYLE_TEXT, "sending took", "%s * (counted in ticks)",
	            format_us(busy, text));
	if (busy < SHARED_LEAST)
		return;
	add_share(fields, "window full", window, busy, '*');
	add_share(fields, "buffer full", buffer, busy, '*');
	uint64_t held = window < busy ? window : busy;
	held += buffer < busy - held ? buffer : busy - held;
	/* for ACKs, or until small data may leave */
	add_share(fields, "neither", busy - held, busy, '*');
}

static void add_limit(struct fields *fields, const struct snapshot *snapshot)
{
	enum snapshot_limit limit = snapshot_limit(snapshot);
	bool holds = limit == LIMIT_PEER_WINDOW || limit == LIMIT_SEND_BUFFER;
	bool waits = limit == LIMIT_HANDSHAKE || limit == LIMIT_TLS;
	const char *mark = " ?", *label = "held up by";
	if (limit == LIMIT_TLS || limit == LIMIT_FAULT)
		mark = ""; /* what the program does itself it knows */
	else if (limit == LIMIT_NO_DATA || waits)
		mark = " *";
	if (limit == LIMIT_NO_DATA)
		label = "idle";
	else if (waits)
		label = "waiting for";
	if (limit == LIMIT_UNKNOWN)
		fields_text(fields, STYLE_FAINT, "held up by", NOT_AVAILABLE);
	else
		fields_text(fields, holds ? STYLE_ERROR : STYLE_TEXT, label, "%s%s",
		            snapshot_limit_name(limit), mark);
	add_busy(fields, &snapshot->sample);
}

/* ---- counts ---- */

static void add_moved(struct fields *fields, const struct snapshot *snapshot, const char *label,
                      uint64_t bytes, uint64_t calls)
{
	char text[COUNT_TEXT];
	const char *unit = transport_unit(snapshot->transport);
	fields_text(fields, STYLE_TEXT, label, "%s in %" PRIu64 " %s%s", format_bytes(bytes, text),
	            calls, unit, count_plural(calls));
}

static void add_traffic(struct fields *fields, const struct snapshot *snapshot)
{
	add_moved(fields, snapshot, "sent", snapshot->sent, snapshot->sends);
	add_moved(fields, snapshot, "received", snapshot->received, snapshot->receives);
}

static void print_count(const struct sample *sample, enum sample_field all, enum sample_field data,
                        char out[INFO_TEXT])
{
	if (!sample_has(sample, all))
		snprintf(out, INFO_TEXT, NOT_AVAILABLE);
	else if (!sample_has(sample, data))
		snprintf(out, INFO_TEXT, "%" PRIu64 " *", sample_get(sample, all));
	else
		snprintf(out, INFO_TEXT, "%" PRIu64 " * (%" PRIu64 " data)",
		         sample_get(sample, all), sample_get(sample, data));
}

static void print_options(const struct sample *sample, char out[INFO_TEXT])
{
	static const struct {
		unsigned bit;
		const char *name;
	} options[] = {
		{ OPTION_TIMESTAMPS, "TS " }, { OPTION_SACK, "SACK " },
		{ OPTION_WSCALE, "WS " },     { OPTION_ECN, "ECN " },
		{ OPTION_ECN_SEEN, "CE " },   { OPTION_SYN_DATA, "data-in-SYN " },
	};
	uint64_t bits = sample_get(sample, SAMPLE_OPTIONS);
	size_t len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (bits & options[i].bit)
			len += (size_t)snprintf(out + len, INFO_TEXT - len, "%s", options[i].name);
	if (!sample_has(sample, SAMPLE_OPTIONS))
		snprintf(out, INFO_TEXT, NOT_AVAILABLE);
	else
		snprintf(out + len, INFO_TEXT - len, len ? "*" : "none *");
}

enum { SOCKET_NAME = 2 + ENDPOINT_TEXT };

/* ---- datagrams ---- */

/* Which of several sockets a value is of: "  [::1]:9000". */
static const char *name_socket(const struct snapshot *snapshot, size_t index, char out[SOCKET_NAME])
{
	char addr[ENDPOINT_TEXT];
	out[0] = '\0';
	if (snapshot->socket_count)
		snprintf(out, SOCKET_NAME, "  %s",
		         endpoint_format(&snapshot->sockets[index].local, addr));
	return out;
}

static void add_drops(struct fields *fields, const struct snapshot *snapshot)
{
	uint64_t drops = snapshot_sum(snapshot, SAMPLE_DROPS);
	if (!sample_has(snapshot_socket(snapshot, 0), SAMPLE_DROPS))
		fields_text(fields, STYLE_FAINT, "dropped", NOT_AVAILABLE);
	else
		fields_text(fields, drops ? STYLE_ERROR : STYLE_TEXT, "dropped",
		            "%" PRIu64 " datagram%s *", drops, count_plural(drops));
}

/* FIONREAD says 0 both for an empty datagram and for none: the memory in use distinguishes them. */
static void add_first(struct fields *fields, const struct snapshot *snapshot, size_t index)
{
	char name[SOCKET_NAME];
	const struct sample *sample = snapshot_socket(snapshot, index);
	uint64_t size = sample_get(sample, SAMPLE_INQ);
	bool waits = size || sample_get(sample, SAMPLE_RMEM);
	name_socket(snapshot, index, name);
	if (!sample_has(sample, SAMPLE_INQ))
		fields_text(fields, STYLE_FAINT, "next datagram", NOT_AVAILABLE "%s", name);
	else if (!waits)
		fields_text(fields, STYLE_TEXT, "next datagram", "none *%s", name);
	else
		fields_text(fields, STYLE_TEXT, "next datagram",
		            size ? "%" PRIu64 " B *%s" : "%" PRIu64 " B *: empty ?%s", size, name);
}

static void add_faults(struct fields *fields, const struct snapshot *snapshot)
{
	if (*snapshot->faults)
		fields_text(fields, STYLE_NOTE, "/fault", "%s", snapshot->faults);
}

static void draw_datagrams(struct fields *fields, const struct snapshot *snapshot)
{
	const struct sample *sample = &snapshot->sample;
	char name[SOCKET_NAME];
	for (size_t i = 0; i < snapshot_socket_count(snapshot); i++)
		add_memory(fields, "recv buffer", snapshot_socket(snapshot, i), SAMPLE_RMEM,
		           SAMPLE_RCVBUF, name_socket(snapshot, i, name));
	add_drops(fields, snapshot);
	for (size_t i = 0; i < snapshot_socket_count(snapshot); i++)
		add_first(fields, snapshot, i);
	add_memory(fields, "send buffer", sample, SAMPLE_WMEM, SAMPLE_SNDBUF, "");
	add_faults(fields, snapshot);
	add_traffic(fields, snapshot);
	fields_text(fields, STYLE_TEXT, "peers", "%zu", snapshot->others);
	fields_text(fields, snapshot->refused ? STYLE_ERROR : STYLE_TEXT, "ICMP errors", "%" PRIu64,
	            snapshot->refused);
	fields_gap(fields);
	if (snapshot_sum(snapshot, SAMPLE_DROPS))
		fields_sentence(
		        fields, STYLE_NOTE, 1,
		        "This machine dropped datagrams for which the receive buffer had no "
		        "room: no call failed, and the sender does not learn of it.");
	fields_sentence(fields, STYLE_FAINT, 1,
	                "UDP has no state, no timer, no window: nothing says whether anybody "
	                "listens. Buffers are memory, overhead included.");
}

/* ---- listeners ---- */

static void add_queue(struct fields *fields, const struct snapshot *snapshot, size_t index)
{
	char name[SOCKET_NAME];
	const struct sample *sample = snapshot_socket(snapshot, index);
	uint64_t queue = sample_get(sample, SAMPLE_QUEUE);
	uint64_t most = sample_queue_most(sample);
	bool full = snapshot_queue_of_is_full(sample);
	const char *effect = transport_is_unix(snapshot->transport)
	                             ? " full - connect() waits"
	                             : " full - new SYNs are dropped";
	name_socket(snapshot, index, name);
	if (!sample_has(sample, SAMPLE_QUEUE) || !sample_has(sample, SAMPLE_BACKLOG))
		fields_text(fields, STYLE_FAINT, "queue", NOT_AVAILABLE "%s", name);
	else
		fields_gauge(fields, full ? STYLE_ERROR : STYLE_TEXT, "queue", queue, most,
		             "%" PRIu64 "/%" PRIu64 " *%s%s", queue, most, full ? effect : "",
		             name);
}

/* How many there are, and what it accepts. */
static void add_clients(struct fields *fields, const struct snapshot *snapshot)
{
	char text[CLOCK_TEXT];
	const struct network_rules *rules = snapshot->rules;
	if (snapshot->clients_most)
		fields_text(fields, STYLE_TEXT, "clients", "%zu open, at most %zu", snapshot->others,
		            snapshot->clients_most);
	else
		fields_text(fields, STYLE_TEXT, "clients", "%zu open", snapshot->others);
	if (snapshot->idle_most)
		fields_text(fields, STYLE_TEXT, "idle ones", "closed after %s",
		            clock_format_duration(snapshot->idle_most, text));
	if (rules && (rules->strict || rules->count)) {
		struct buf accepted = { .max = SIZE_MAX };
		network_rules_print(rules, &accepted);
		fields_text(fields, STYLE_TEXT, "accepts", "%s", buf_text(&accepted));
		buf_free(&accepted);
	}
}

static void add_service(struct fields *fields, const struct snapshot *snapshot)
{
	if (snapshot->service)
		fields_text(fields, STYLE_TEXT, "service", "%s%s%s", snapshot->service,
		            *snapshot->service_words ? " " : "", snapshot->service_words);
}

static void add_handshake(struct fields *fields, const struct snapshot *snapshot)
{
	char elapsed[SNAPSHOT_LEFT], limit[CLOCK_TEXT], limited[CLOCK_TEXT + 16] = "";
	if (snapshot->tls_limit)
		snprintf(limited, sizeof limited, " (limit %s)",
		         clock_format_duration(snapshot->tls_limit, limit));
	fields_text(fields, STYLE_NOTE, "TLS", "handshake for %s%s: %" PRIu64 " byte%s received",
	            snapshot_format_left(snapshot->tls_elapsed, elapsed), limited,
	            snapshot->tls_received, count_plural(snapshot->tls_received));
}

static void add_tls(struct fields *fields, const struct snapshot *snapshot)
{
	const char *line = snapshot->tls_facts;
	if (!snapshot->tls)
		return;
	if (snapshot->tls_unverified)
		fields_text(fields, STYLE_ERROR, "verify", "off: any certificate is taken");
	while (line && *line) {
		char label[24];
		const char *tab = line + strcspn(line, "\t"), *end = line + strcspn(line, "\n");
		snprintf(label, sizeof label, "%.*s", (int)(tab - line), line);
		if (tab < end)
			fields_text(fields, STYLE_TEXT, label, "%.*s", (int)(end - tab - 1), tab + 1);
		line = end + (*end == '\n');
	}
	if (snapshot->tls_keys)
		fields_text(fields, STYLE_NOTE, "key log", "has the keys of this connection");
	if (snapshot->tls_handshake)
		add_handshake(fields, snapshot);
}

/* Of TCP and of UNIX sockets. */
static void draw_listener(struct fields *fields, const struct snapshot *snapshot)
{
	add_state(fields, snapshot);
	for (size_t i = 0; i < snapshot_socket_count(snapshot); i++)
		add_queue(fields, snapshot, i);
	if (sample_has(&snapshot->sample, SAMPLE_BACKLOG))
		fields_text(fields, STYLE_TEXT, "backlog", "%" PRIu64 " *, and one more",
		            sample_get(&snapshot->sample, SAMPLE_BACKLOG));
	add_clients(fields, snapshot);
	add_tls(fields, snapshot);
	add_faults(fields, snapshot);
	add_service(fields, snapshot);
	fields_gap(fields);
	fields_sentence(fields, STYLE_FAINT, 1,
	                "The kernel connects by itself: clients in the queue are already connected "
	                "and may send; they are not told that they wait. accept() takes the oldest "
	                "one.");
	if (snapshot->paused && snapshot_sum(snapshot, SAMPLE_QUEUE))
		fields_sentence(fields, STYLE_NOTE, 1,
		                "The session is paused: /accept takes one, /resume all.");
}

/* ---- the stream ---- */

static void add_sending(struct fields *fields, const struct snapshot *snapshot)
{
	const struct sample *sample = &snapshot->sample;
	uint64_t bytes, window = sample_get(sample, SAMPLE_SND_WND);
	add_memory(fields, "send buffer", sample, SAMPLE_WMEM, SAMPLE_SNDBUF, "");
	bool closed = sample_has(sample, SAMPLE_SND_WND) && !window;
	if (closed)
		fields_text(fields, STYLE_ERROR, "peer's window", "0 B *: closed");
	else
		add_bytes(fields, "peer's window", sample, SAMPLE_SND_WND);
	bool known = snapshot_in_flight(snapshot, &bytes);
	add_part(fields, "in flight", known, bytes, window);
	known = snapshot_held_back(snapshot, &bytes);
	add_part(fields, "held back", known, bytes, sample_get(sample, SAMPLE_SNDBUF));
	if (snapshot->unsent)
		fields_text(fields, STYLE_NOTE, "queued here", "%zu B, not given to send()",
		            snapshot->unsent);
}

static void add_receiving(struct fields *fields, const struct snapshot *snapshot)
{
	const struct sample *sample = &snapshot->sample;
	add_memory(fields, "recv buffer", sample, SAMPLE_RMEM, SAMPLE_RCVBUF, "");
	add_bytes(fields, "to read", sample, SAMPLE_INQ);
	add_bytes(fields, "our window", sample, SAMPLE_RCV_WND);
}

static void add_other_end(struct fields *fields, const struct snapshot *other)
{
	char state[SNAPSHOT_STATE], tag[SNAPSHOT_TAG];
	if (!other)
		return;
	fields_text(fields, STYLE_STATE, "other end", "%s %s", snapshot_format_tag(other, tag),
	            snapshot_format_state(other, state));
	if (!other->open)
		return;
	add_memory(fields, "peer's buffer", &other->sample, SAMPLE_RMEM, SAMPLE_RCVBUF, "");
	add_bytes(fields, "to read there", &other->sample, SAMPLE_INQ);
}

/* The SYN,ACK of the passive side is in no counter of its socket. */
static void add_segments(struct fields *fields, const struct snapshot *snapshot)
{
	const struct sample *sample = &snapshot->sample;
	char out[INFO_TEXT], in[INFO_TEXT];
	print_count(sample, SAMPLE_SEGS_OUT, SAMPLE_DATA_SEGS_OUT, out);
	print_count(sample, SAMPLE_SEGS_IN, SAMPLE_DATA_SEGS_IN, in);
	fields_text(fields, STYLE_TEXT, "segments out",
	            snapshot->accepted && sample_has(sample, SAMPLE_SEGS_OUT) ? "%s + SYN,ACK ?"
	                                                                      : "%s",
	            out);
	fields_text(fields, STYLE_TEXT, "segments in", "%s", in);
	uint64_t calls = sample_get(sample, SAMPLE_CALLS);
	if (calls && sample_has(sample, SAMPLE_NEW_OUT) && sample_has(sample, SAMPLE_NEW_IN))
		fields_text(fields, STYLE_TEXT, calls == 1 ? "last call" : "last calls",
		            "out %" PRIu64 ", in %" PRIu64 " o%s", sample->value[SAMPLE_NEW_OUT],
		            sample->value[SAMPLE_NEW_IN], calls == 1 ? "" : ", sampled");
}

static void add_retransmitted(struct fields *fields, const struct snapshot *snapshot)
{
	const struct sample *sample = &snapshot->sample;
	uint64_t again = sample_get(sample, SAMPLE_TOTAL_RETRANS);
	if (!sample_has(sample, SAMPLE_TOTAL_RETRANS))
		fields_text(fields, STYLE_FAINT, "retransmitted", NOT_AVAILABLE);
	else if (snapshot_retransmits_are_probes(snapshot))
		fields_text(fields, STYLE_TEXT, "retransmitted",
		            "%" PRIu64 " *: probe%s, not lost ?", again, count_plural(again));
	else
		fields_text(fields, again ? STYLE_ERROR : STYLE_TEXT, "retransmitted",
		            "%" PRIu64 " segment%s *", again, count_plural(again));
}

static void add_congestion(struct fields *fields, const struct sample *sample)
{
	static const char *const states[] = { "Open", "Disorder", "CWR", "Recovery", "Loss" };
	char rtt[CLOCK_TEXT], var[CLOCK_TEXT], threshold[32] = "not set yet";
	if (sample_has(sample, SAMPLE_RTT) && sample_has(sample, SAMPLE_RTTVAR))
		fields_text(fields, STYLE_TEXT, "round trip", "%s %s %s *",
		            format_us(sample_get(sample, SAMPLE_RTT), rtt),
		            text_has_unicode() ? "±" : "+-",
		            format_us(sample_get(sample, SAMPLE_RTTVAR), var));
	else
		fields_text(fields, STYLE_FAINT, "round trip", NOT_AVAILABLE);
	if (sample_has(sample, SAMPLE_SSTHRESH))
		snprintf(threshold, sizeof threshold, "%" PRIu64,
		         sample_get(sample, SAMPLE_SSTHRESH));
	if (sample_has(sample, SAMPLE_CWND))
		fields_text(fields, STYLE_TEXT, "cwnd", "%" PRIu64 " *, ssthresh %s *",
		            sample_get(sample, SAMPLE_CWND), threshold);
	else
		fields_text(fields, STYLE_FAINT, "cwnd", NOT_AVAILABLE);
	uint64_t state = sample_get(sample, SAMPLE_CA_STATE);
	if (state && state < sizeof states / sizeof *states)
		fields_text(fields, STYLE_ERROR, "congestion", "%s *", states[state]);
	if (sample_has(sample, SAMPLE_DELIVERY_RATE)) {
		char rate[COUNT_TEXT];
		fields_text(
		        fields, STYLE_TEXT, "delivery", "%s *%s",
		        count_format_unit(sample_get(sample, SAMPLE_DELIVERY_RATE), "B/s", rate),
		        sample_get(sample, SAMPLE_APP_LIMITED) ? ", limited by the application"
		                                               : "");
	}
}

static void add_path(struct fields *fields, const struct snapshot *snapshot)
{
	const struct sample *sample = &snapshot->sample;
	bool stamps = sample_get(sample, SAMPLE_OPTIONS) & OPTION_TIMESTAMPS;
	char text[INFO_TEXT];
	if (sample_has(sample, SAMPLE_RTO))
		fields_text(fields, STYLE_TEXT, "timeout (RTO)", "%s *",
		            format_us(sample_get(sample, SAMPLE_RTO), text));
	if (sample_has(sample, SAMPLE_SND_MSS))
		fields_text(fields, STYLE_TEXT, "mss",
		            stamps ? "%" PRIu64 " * + 12 for TS" : "%" PRIu64 " *",
		            sample_get(sample, SAMPLE_SND_MSS));
	else
		fields_text(fields, STYLE_FAINT, "mss", NOT_AVAILABLE);
	add_bytes(fields, "path MTU", sample, SAMPLE_PMTU);
	print_options(sample, text);
	fields_text(fields, STYLE_TEXT, "options", "%s", text);
}

static void draw_stream(struct fields *fields, const struct snapshot *snapshot,
                        const struct snapshot *other)
{
	add_state(fields, snapshot);
	add_sending(fields, snapshot);
	add_receiving(fields, snapshot);
	add_other_end(fields, other);
	add_limit(fields, snapshot);
	fields_gap(fields);
	add_retransmitted(fields, snapshot);
	add_segments(fields, snapshot);
	add_faults(fields, snapshot);
	add_traffic(fields, snapshot);
	if (!snapshot_is_loopback(snapshot))
		add_congestion(fields, &snapshot->sample);
	add_path(fields, snapshot);
	fields_gap(fields);
	add_tls(fields, snapshot);
	if (snapshot->tls)
		fields_gap(fields);
	if (snapshot_is_loopback(snapshot))
		fields_sentence(fields, STYLE_FAINT, 1,
		                "Round trip, cwnd and rates mean nothing on loopback.");
	fields_sentence(fields, STYLE_FAINT, 1,
	                "Buffers are memory, overhead included: not bytes of the stream.");
}

/* ---- UNIX ---- */

/* As of its connect() or listen(). */
static void add_credentials(struct fields *fields, const struct credentials *peer)
{
	if (!peer)
		return;
	if (peer->pid > 0)
		fields_text(fields, STYLE_TEXT, "peer process", "%d%s%s *", (int)peer->pid,
		            *peer->process ? " " : "", peer->process);
	else
		fields_text(fields, STYLE_FAINT, "peer process", NOT_AVAILABLE);
	if (peer->uid == UINT32_MAX)
		fields_text(fields, STYLE_FAINT, "peer user", NOT_AVAILABLE);
	else
		fields_text(fields, STYLE_TEXT, "peer user", "%u%s%s *", (unsigned)peer->uid,
		            *peer->user ? " " : "", peer->user);
	if (peer->gid == UINT32_MAX)
		fields_text(fields, STYLE_FAINT, "peer group", NOT_AVAILABLE);
	else
		fields_text(fields, STYLE_TEXT, "peer group", "%u *", (unsigned)peer->gid);
}

/* Linux charges what is not read yet to the sender: the memory for receiving stays empty. */
static void draw_unix(struct fields *fields, const struct snapshot *snapshot)
{
	const struct sample *sample = &snapshot->sample;
	bool datagrams = snapshot->kind == SNAPSHOT_DATAGRAMS;
	add_state(fields, snapshot);
	add_memory(fields, "send buffer", sample, SAMPLE_WMEM, SAMPLE_SNDBUF, "");
	add_bytes(fields, datagrams ? "next datagram" : "to read", sample, SAMPLE_INQ);
	if (snapshot->unsent)
		fields_text(fields, STYLE_NOTE, "queued here", "%zu B, not given to send()",
		            snapshot->unsent);
	add_faults(fields, snapshot);
	add_traffic(fields, snapshot);
	add_credentials(fields, snapshot->credentials);
	add_tls(fields, snapshot);
	if (datagrams)
		fields_text(fields, STYLE_TEXT, "peers", "%zu", snapshot->others);
	add_service(fields, snapshot);
	fields_gap(fields);
	fields_sentence(fields, STYLE_FAINT, 1,
	                "Segments, windows, timers and round trips are not available: a UNIX "
	                "socket has none. Its bytes go through this machine's memory.");
}

/* ---- without a connection, a socket, or a word of the kernel ---- */

/* Before connect() or listen(), and after a refusal or a reset. */
static void draw_unconnected(struct fields *fields, const struct snapshot *snapshot,
                             const struct snapshot *other)
{
	const struct sample *sample = &snapshot->sample;
	add_state(fields, snapshot);
	add_memory(fields, "send buffer", sample, SAMPLE_WMEM, SAMPLE_SNDBUF, "");
	add_memory(fields, "recv buffer", sample, SAMPLE_RMEM, SAMPLE_RCVBUF, "");
	add_bytes(fields, "to read", sample, SAMPLE_INQ);
	add_other_end(fields, other);
	add_segments(fields, snapshot);
	add_traffic(fields, snapshot);
	fields_gap(fields);
	fields_sentence(fields, STYLE_NOTE, 1,
	                "There is no connection: nobody to send to, no window, no timer.");
}

static void draw_closed(struct fields *fields, const struct snapshot *snapshot,
                        const struct snapshot *other)
{
	const struct sample *sample = &snapshot->sample;
	add_state(fields, snapshot);
	uint64_t bytes;
	if (snapshot_unacknowledged(snapshot, &bytes) && bytes)
		add_part(fields, "not acked", true, bytes, 0);
	add_traffic(fields, snapshot);
	add_tls(fields, snapshot);
	add_other_end(fields, other);
	fields_gap(fields);
	bool left = sample_has(sample, SAMPLE_STATE) && snapshot_state(snapshot) != STATE_GONE &&
	            tcp_state_is_known(snapshot_state(snapshot));
	fields_sentence(fields, STYLE_NOTE, 1, "%s",
	                left ? "There is no descriptor any more: sock_diag says what the kernel "
	                       "still keeps of the connection."
	                     : "There is no socket any more. /reconnect opens a new one.");
}

static void draw_unread(struct fields *fields, const struct snapshot *snapshot)
{
	add_state(fields, snapshot);
	add_traffic(fields, snapshot);
	add_tls(fields, snapshot);
	fields_gap(fields);
	fields_sentence(
	        fields, STYLE_NOTE, 1,
	        "Everything else is not available: the kernel has not been read (/set kernel "
	        "on), or this system does not report it.");
}

static void draw(struct fields *fields, const struct snapshot *snapshot,
                 const struct snapshot *other)
{
	if (!snapshot->open)
		draw_closed(fields, snapshot, other);
	else if (!snapshot->sample.present)
		draw_unread(fields, snapshot);
	else if (snapshot->kind == SNAPSHOT_LISTENER)
		draw_listener(fields, snapshot);
	else if (transport_is_unix(snapshot->transport))
		draw_unix(fields, snapshot);
	else if (snapshot->kind == SNAPSHOT_DATAGRAMS)
		draw_datagrams(fields, snapshot);
	else if (snapshot_state(snapshot) == STATE_CLOSED)
		draw_unconnected(fields, snapshot, other);
	else
		draw_stream(fields, snapshot, other);
}

void info_draw(const struct snapshot *snapshot, const struct snapshot *other, int columns,
               struct rows *rows)
{
	struct fields fields;
	rows_clear(rows);
	fields_begin(&fields, rows, columns);
	add_heading(&fields, snapshot);
	draw(&fields, snapshot, other);
	fields_sentence(&fields, STYLE_FAINT, 1,
	                "* read from the kernel, o counted around the last calls, ? deduced.");
}

void info_write(const struct snapshot *snapshot, const struct snapshot *other, struct buf *out)
{
	struct fields fields;
	fields_begin_markup(&fields, out);
	draw(&fields, snapshot, other);
	fields_end(&fields);
}
