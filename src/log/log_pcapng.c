// SPDX-License-Identifier: GPL-3.0-or-later
/* pcapng: the frames that were seen on the wire, for wireshark and tshark, as
 * draft-ietf-opsawg-pcapng has them. Each place where frames were seen is an interface: the end of the
 * cable at left, that at right, each loopback, this machine. So a frame that crosses the cable is there
 * twice, as it left and as it arrived, each with its time and direction; a log of one session has
 * only what its own host saw. What the cable did to a frame (lost, corrupted …) is on the interface
 * "cable": its headers up to the ports, too few for wireshark to take them for a segment that was sent
 * again, and a comment with the rule.
 *
 * While a key log is on, the secrets of TLS connections are in blocks of their own, each before the frames
 * that it opens: wireshark reads a file from its beginning. So frames wait for a short time while a
 * handshake is under way.
 *
 * Comments say what the ladder calls a segment. What was not recorded is in the statistics of an
 * interface and in the drop count of its next frame. A log that is continued has a section more. */
#include "log/log_format.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config.h"

#include "base/clock.h"
#include "log/key_log.h"
#include "net/sessions.h"
#include "net/wire.h"
#include "view/frametext.h"

enum place {
	PLACE_HERE, /* as enum host */
	PLACE_LEFT,
	PLACE_RIGHT,
	PLACE_LOOPBACK, /* of this host, and so on */
	PLACE_CABLE = PLACE_LOOPBACK + HOST_COUNT,
	PLACES,
};

static const struct {
	const char *name, *description;
} places[PLACES] = {
	[PLACE_HERE] = { "here", "sockets of sockpit on this machine, any interface" },
	[PLACE_LEFT] = { "left", "left's end of the cable" },
	[PLACE_RIGHT] = { "right", "right's end of the cable" },
	[PLACE_LOOPBACK +
	        HOST_HERE] = { "here lo", "sockets of sockpit, loopback of this machine" },
	[PLACE_LOOPBACK + HOST_LEFT] = { "left lo", "loopback of left" },
	[PLACE_LOOPBACK + HOST_RIGHT] = { "right lo", "loopback of right" },
	[PLACE_CABLE] = { "cable", "headers of frames to which the cable did something" },
};

struct interface {
	unsigned number; /* plus 1; 0 = it has no description yet */
	int64_t first, last;
	uint64_t seen, missed; /* frames */
	uint64_t reported;     /* of those missed: by a drop count */
};

/* Most time that frames wait for the secrets of a handshake: its end comes in the same turn, or the next. */
#define KEYS_WAIT CLOCK_S

struct pcapng {
	struct interface interfaces[PLACES];
	unsigned count;
	bool named;       /* the names of left and right are written */
	uint64_t evicted; /* entries, before the log began; the first frame has a comment */
	struct {
		int64_t time;
		uint32_t len;
		uint8_t host;
	} leaves; /* the newest frame of a loopback that leaves its socket, and will arrive there */
	uint64_t key;    /* serial of the line of the key log that was looked at last */
	struct buf held; /* blocks that wait for secrets, */
	int64_t held_since;
	uint64_t looked; /* transcript_end() when a handshake was looked for */
	bool handshakes; /* and there was one */
};

/* ---- blocks ---- */

enum {
	SECTION_HEADER = 0x0a0d0d0a,
	INTERFACE_DESCRIPTION = 1,
	NAME_RESOLUTION = 4,
	INTERFACE_STATISTICS = 5,
	ENHANCED_PACKET = 6,
	DECRYPTION_SECRETS = 10,

	OPTION_END = 0,
	OPTION_COMMENT = 1,
	SHB_HARDWARE = 2,
	SHB_OS = 3,
	SHB_USERAPPL = 4,
	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_TSRESOL = 9,
	EPB_FLAGS = 2,
	EPB_DROPCOUNT = 4,
	ISB_STARTTIME = 2,
	ISB_ENDTIME = 3,
	ISB_IFRECV = 4,
	ISB_IFDROP = 5,
	NRB_IPV4 = 1,
	NRB_IPV6 = 2,

	SECRETS_TLS_KEY_LOG = 0x544c534b,

	LINKTYPE_ETHERNET = 1,
};

static void put32(struct buf *out, uint32_t value)
{
	buf_append(out, &value, sizeof value);
}

static void put_padded(struct buf *out, const void *bytes, size_t len)
{
	static const char zeros[4];
	buf_append(out, bytes, len);
	buf_append(out, zeros, -len & 3);
}

/* Returns what end_block() needs. */
static size_t begin_block(struct buf *out, uint32_t type)
{
	size_t start = out->len;
	put32(out, type);
	put32(out, 0);
	return start;
}

static void end_block(struct buf *out, size_t start)
{
	uint32_t len = (uint32_t)(out->len - start + sizeof len);
	put32(out, len);
	memcpy(out->memory + out->head + start + sizeof len, &len, sizeof len);
}

/* Options and the records of a name resolution block look alike. */
static void put_option(struct buf *out, uint16_t code, const void *value, size_t len)
{
	const uint16_t header[] = { code, (uint16_t)len };
	buf_append(out, header, sizeof header);
	put_padded(out, value, len);
}

static void put_text(struct buf *out, uint16_t code, const char *text)
{
	if (*text)
		put_option(out, code, text, strlen(text));
}

static void put_count(struct buf *out, uint16_t code, uint64_t count)
{
	put_option(out, code, &count, sizeof count);
}

/* High word first, whatever the order of bytes. */
static void put_time(struct buf *out, int64_t instant)
{
	uint64_t time = (uint64_t)clock_wall(instant);
	put32(out, (uint32_t)(time >> 32));
	put32(out, (uint32_t)time);
}

static void put_time_option(struct buf *out, uint16_t code, int64_t instant)
{
	uint64_t time = (uint64_t)clock_wall(instant);
	const uint32_t words[] = { (uint32_t)(time >> 32), (uint32_t)time };
	put_option(out, code, words, sizeof words);
}

/* ---- secrets of TLS ---- */

/* Those that have come since; a log of one session has those of this one. `open`: only those of sessions
 * that are open. */
static void put_keys(const struct log_state *state, bool open, struct buf *out)
{
	struct pcapng *pcapng = state->own;
	const struct key_line *line;
	size_t start = 0, before = 0;
	while (state->keys && (line = key_log_after(state->keys, pcapng->key))) {
		const struct session *session = sessions_numbered(state->sessions, line->session);
		pcapng->key = line->serial;
		if ((state->session && state->session != line->session) ||
		    (open && (!session || session_state(session) != SESSION_OPEN)))
			continue;
		if (!before) {
			start = begin_block(out, DECRYPTION_SECRETS);
			put32(out, SECRETS_TLS_KEY_LOG);
			put32(out, 0);
			before = out->len;
		}
		buf_append(out, buf_data(&line->text), line->text.len);
	}
	if (!before)
		return;
	uint32_t len = (uint32_t)(out->len - before);
	memcpy(out->memory + out->head + before - sizeof len, &len, sizeof len);
	static const char zeros[4];
	buf_append(out, zeros, -len & 3);
	end_block(out, start);
}

/* What is written without the past is of no use without its handshakes, unless these are in the log that
 * it continues. */
static void begin_keys(const struct log_state *state, struct buf *out)
{
	struct pcapng *pcapng = state->own;
	const struct key_line *line;
	if (state->continues && !state->past)
		put_keys(state, true, out);
	while (!state->past && state->keys && (line = key_log_after(state->keys, pcapng->key)))
		pcapng->key = line->serial;
}

static bool has_handshake(const struct log_state *state)
{
	for (size_t i = 0; i < sessions_count(state->sessions); i++) {
		const struct session *session = sessions_at(state->sessions, i);
		if ((!state->session || state->session == session_number(session)) &&
		    session_is_securing(session))
			return true;
	}
	return false;
}

/* Whether what is put now may be opened by secrets that are not known yet: what came on the wire has been
 * seen there before it is read. */
static bool waits_for_keys(const struct log_state *state, const struct entry *entry)
{
	struct pcapng *pcapng = state->own;
	uint64_t end = transcript_end(state->transcript);
	if (!key_log_is_on(state->keys))
		return false;
	if (pcapng->looked != end)
		pcapng->handshakes = has_handshake(state);
	pcapng->looked = end;
	if (!pcapng->held.len)
		pcapng->held_since = entry->time;
	return pcapng->handshakes && entry->time - pcapng->held_since < KEYS_WAIT;
}

/* Secrets come first, then what has waited for them. */
static void release(const struct log_state *state, struct buf *out)
{
	struct pcapng *pcapng = state->own;
	put_keys(state, false, out);
	buf_append(out, buf_data(&pcapng->held), pcapng->held.len);
	buf_clear(&pcapng->held);
}

static void begin(struct log_state *state, struct buf *out)
{
	static const struct {
		uint32_t order;
		uint16_t major, minor;
		int64_t len;
	} header = { 0x1a2b3c4d, 1, 0, -1 };
	struct utsname system = { .machine = "" };
	char os[sizeof system.sysname + sizeof system.release + 1] = "";
	if (uname(&system) == 0)
		snprintf(os, sizeof os, "%s %s", system.sysname, system.release);
	struct pcapng *pcapng = state->own;
	buf_init(&pcapng->held, SIZE_MAX);
	size_t start = begin_block(out, SECTION_HEADER);
	buf_append(out, &header, sizeof header);
	put_text(out, SHB_HARDWARE, system.machine);
	put_text(out, SHB_OS, os);
	put_text(out, SHB_USERAPPL, "sockpit " PACKAGE_VERSION);
	put_option(out, OPTION_END, NULL, 0);
	end_block(out, start);
	begin_keys(state, out);
}

static bool is_own(const char *start, size_t len)
{
	static const uint32_t type = SECTION_HEADER;
	return len >= sizeof type && memcmp(start, &type, sizeof type) == 0;
}

/* The length of a block is at both of its ends. */
static bool is_whole(int fd, off_t size)
{
	uint32_t len, head[2]; /* type, length */
	if (size < (off_t)sizeof len || pread(fd, &len, sizeof len, size - (off_t)sizeof len) != sizeof len)
		return false;
	return len <= size && pread(fd, head, sizeof head, size - (off_t)len) == sizeof head &&
	       head[1] == len &&
	       (head[0] == SECTION_HEADER || head[0] == INTERFACE_DESCRIPTION ||
	        head[0] == ENHANCED_PACKET || head[0] == NAME_RESOLUTION ||
	        head[0] == INTERFACE_STATISTICS || head[0] == DECRYPTION_SECRETS);
}

static void describe(struct pcapng *pcapng, enum place place, struct buf *out)
{
	static const uint8_t nanoseconds = 9;
	static const uint16_t link[] = { LINKTYPE_ETHERNET, 0 };
	size_t start = begin_block(out, INTERFACE_DESCRIPTION);
	buf_append(out, link, sizeof link);
	put32(out, 0); /* no limit */
	put_text(out, IF_NAME, places[place].name);
	put_text(out, IF_DESCRIPTION, places[place].description);
	put_option(out, IF_TSRESOL, &nanoseconds, sizeof nanoseconds);
	put_option(out, OPTION_END, NULL, 0);
	end_block(out, start);
	pcapng->interfaces[place].number = ++pcapng->count;
}

/* ---- names ---- */

static void put_name(struct buf *out, int family, const void *ip, const char *name)
{
	char record[16 + 256];
	size_t len = family == AF_INET6 ? 16 : 4;
	memcpy(record, ip, len);
	snprintf(record + len, sizeof record - len, "%s", name);
	put_option(out, family == AF_INET6 ? NRB_IPV6 : NRB_IPV4, record, len + strlen(name) + 1);
}

static void name_hosts(struct buf *out)
{
	static const int families[] = { AF_INET, AF_INET6 };
	size_t start = begin_block(out, NAME_RESOLUTION);
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		for (int i = 0; i < 2; i++) {
			struct endpoint addr = host_address(host, families[i], 0);
			put_name(out, families[i], addr.ip, host_name(host));
		}
	put_option(out, OPTION_END, NULL, 0);
	end_block(out, start);
}

/* "192.0.2.7:80", "[2001:db8::7]:80", "[fe80::1%eth0]:80"; 0 for neither. */
static int read_address(const char *text, size_t len, uint8_t ip[16])
{
	char host[INET6_ADDRSTRLEN];
	bool ipv6 = len && *text == '[';
	size_t end = ipv6 ? 1 : 0;
	while (end < len && !strchr(ipv6 ? "%]" : ":", text[end]))
		end++;
	snprintf(host, sizeof host, "%.*s", (int)(end - ipv6), text + ipv6);
	int family = ipv6 ? AF_INET6 : AF_INET;
	return inet_pton(family, host, ip) == 1 ? family : 0;
}

/* A look-up: "example.net 80\n192.0.2.7:80\n[2001:db8::7]:80". */
static void name_found(const struct entry *entry, struct buf *out)
{
	const char *text = entry_bytes(entry), *end = text + entry->len;
	const char *blank = memchr(text, ' ', entry->len), *at = memchr(text, '\n', entry->len);
	char name[256];
	uint8_t ip[16];
	if (entry->error || !blank || blank - text >= (ptrdiff_t)sizeof name)
		return;
	snprintf(name, sizeof name, "%.*s", (int)(blank - text), text);
	size_t start = begin_block(out, NAME_RESOLUTION), before = out->len;
	while (at) {
		const char *line = at + 1;
		at = memchr(line, '\n', (size_t)(end - line));
		int family = read_address(line, (size_t)((at ? at : end) - line), ip);
		if (family)
			put_name(out, family, ip, name);
	}
	if (out->len == before) { /* a UNIX path, say */
		out->len = start;
		return;
	}
	put_option(out, OPTION_END, NULL, 0);
	end_block(out, start);
}

/* ---- frames ---- */

static enum place place_of(const struct frame_note *note)
{
	bool strike = note->event > FRAME_PASSES && note->event < FRAME_MISSED;
	if (strike)
		return PLACE_CABLE;
	return note->loopback ? PLACE_LOOPBACK + note->host : note->host;
}

/* A datagram on a loopback is in the transcript as it leaves its socket and as it arrives at one, but was
 * seen once. */
static bool is_again(struct pcapng *pcapng, const struct entry *entry,
                     const struct frame_note *note)
{
	bool again = note->loopback && note->event == FRAME_ARRIVES &&
	             pcapng->leaves.time == entry->time && pcapng->leaves.len == note->len &&
	             pcapng->leaves.host == note->host;
	if (note->loopback && note->event == FRAME_LEAVES) {
		pcapng->leaves.time = entry->time;
		pcapng->leaves.len = note->len;
		pcapng->leaves.host = note->host;
	}
	return again;
}

static void put_comment(struct pcapng *pcapng, const struct frame_note *note,
                        const struct frame *frame, struct buf *out)
{
	struct buf text = { .max = SIZE_MAX };
	bool strike = note->event > FRAME_PASSES;
	if (frame->kind == FRAME_TCP || strike)
		frametext(note, frame, strike ? FRAMETEXT_EVENT : FRAMETEXT_NAME, &text);
	else if (note->pieces > 1)
		buf_printf(&text, "%u datagrams in one frame", note->pieces);
	if (note->secret && note->kept < note->len)
		buf_printf(&text, "%sno data is kept: a secret was sent here",
		           text.len ? "; " : "");
	if (pcapng->evicted)
		buf_printf(&text, "%sbefore this, %llu entries were no longer in memory",
		           text.len ? "; " : "", (unsigned long long)pcapng->evicted);
	pcapng->evicted = 0;
	put_text(out, OPTION_COMMENT, buf_text(&text));
	buf_free(&text);
}

/* Ethernet, IP and the ports: eight bytes, as an ICMP error quotes them. */
static size_t cut(const struct frame_note *note, const struct frame *frame)
{
	size_t ip = frame->kind == FRAME_TCP || frame->kind == FRAME_UDP
	                    ? (size_t)FRAME_ETHERNET + (frame->ipv6 ? 40 : 20)
	                    : frame->headers;
	size_t most = ip + 8;
	return note->kept < most ? note->kept : most;
}

static void put_frame(struct pcapng *pcapng, const struct entry *entry,
                      const struct frame_note *note, struct buf *out)
{
	enum { INBOUND = 1, OUTBOUND = 2 };
	struct frame frame;
	enum place place = place_of(note);
	struct interface *interface = &pcapng->interfaces[place];
	size_t kept = note->kept;
	frametext_read(note, &frame);
	if (place == PLACE_CABLE)
		kept = cut(note, &frame);
	size_t start = begin_block(out, ENHANCED_PACKET);
	put32(out, interface->number - 1);
	put_time(out, entry->time);
	put32(out, (uint32_t)kept);
	put32(out, note->len);
	put_padded(out, note->bytes, kept);
	put_comment(pcapng, note, &frame, out);
	bool directed = place != PLACE_CABLE && !note->loopback;
	uint32_t direction = 0;
	if (directed && note->event == FRAME_LEAVES)
		direction = OUTBOUND;
	else if (directed && note->event == FRAME_ARRIVES)
		direction = INBOUND;
	put_option(out, EPB_FLAGS, &direction, sizeof direction);
	if (interface->missed != interface->reported)
		put_count(out, EPB_DROPCOUNT, interface->missed - interface->reported);
	interface->reported = interface->missed;
	put_option(out, OPTION_END, NULL, 0);
	end_block(out, start);
}

static void put_statistics(const struct interface *interface, const char *comment, int64_t time,
                           struct buf *out)
{
	size_t start = begin_block(out, INTERFACE_STATISTICS);
	put32(out, interface->number - 1);
	put_time(out, time);
	put_text(out, OPTION_COMMENT, comment);
	put_time_option(out, ISB_STARTTIME, interface->first);
	put_time_option(out, ISB_ENDTIME, interface->last);
	put_count(out, ISB_IFRECV, interface->seen + interface->missed);
	put_count(out, ISB_IFDROP, interface->missed);
	put_option(out, OPTION_END, NULL, 0);
	end_block(out, start);
}

static void note_missed(struct interface *interface, const struct entry *entry,
                        const struct frame_note *note, struct buf *out)
{
	char words[FRAME_WORDS + 1];
	snprintf(words, sizeof words, "%.*s", (int)note->words_len, note->words);
	interface->missed += note->len;
	put_statistics(interface, words, entry->time, out);
}

/* A log of one session has what its own host saw, not also the peer's end of the cable. */
static bool is_of_log(const struct log_state *state, const struct frame_note *note)
{
	const struct session *session =
	        state->session ? sessions_numbered(state->sessions, state->session) : NULL;
	return !session || session_host(session) == (enum host)note->host;
}

static void put_entry(struct log_state *state, uint64_t position, const struct entry *entry,
                      struct buf *out)
{
	struct pcapng *pcapng = state->own;
	struct frame_note note;
	(void)position;
	if (waits_for_keys(state, entry))
		out = &pcapng->held;
	else
		release(state, out);
	if (entry->call == CALL_GETADDRINFO)
		name_found(entry, out);
	if (!frame_entry_unpack(entry, &note) || !is_of_log(state, &note) ||
	    is_again(pcapng, entry, &note))
		return;
	/* each end of a conversation repeats what its host says */
	if (note.event == FRAME_MISSED && entry->session != WIRE_FIRST + note.host)
		return;
	enum place place = place_of(&note);
	struct interface *interface = &pcapng->interfaces[place];
	if (!interface->number) {
		describe(pcapng, place, out);
		interface->first = entry->time;
	}
	if (note.host != HOST_HERE && !pcapng->named) {
		name_hosts(out);
		pcapng->named = true;
	}
	interface->last = entry->time;
	if (note.event == FRAME_MISSED) {
		note_missed(interface, entry, &note, out);
		return;
	}
	interface->seen++;
	put_frame(pcapng, entry, &note, out);
}

static void missed(struct log_state *state, struct transcript_amount amount, struct buf *out)
{
	struct pcapng *pcapng = state->own;
	(void)out;
	pcapng->evicted = amount.entries;
}

static void end(struct log_state *state, struct buf *out)
{
	const struct pcapng *pcapng = state->own;
	release(state, out);
	for (size_t i = 0; i < PLACES; i++)
		if (pcapng->interfaces[i].number)
			put_statistics(&pcapng->interfaces[i], "", clock_now(), out);
}

static void done(struct log_state *state)
{
	struct pcapng *pcapng = state->own;
	buf_free(&pcapng->held);
}

static bool has_frames(const struct log_state *state)
{
	struct frame_note note;
	const struct transcript *transcript = state->transcript;
	uint64_t at = transcript_first(transcript);
	while (at != TRANSCRIPT_NONE && !frame_entry_unpack(transcript_at(transcript, at), &note))
		at = transcript_next(transcript, at);
	return at != TRANSCRIPT_NONE;
}

/* Whether frames can come: better no log than an empty one. */
static bool may_begin(const struct log_state *state, bool past, struct error *error)
{
	const struct wire *wire = sessions_wire(state->sessions);
	const struct session *session =
	        state->session ? sessions_numbered(state->sessions, state->session) : NULL;
	if (session && transport_is_unix(session_transport(session)))
		error_set(error,
		          "a UNIX socket has no wire: text2pcap writes the data of its calls");
	else if ((past && has_frames(state)) ||
	         (session && session_host(session) == HOST_HERE ? wire_follows(wire)
	                                                        : wire_is_watching(wire)))
		return true;
	else
		error_set(error,
		          "the wire is not recorded here: /set wire on does it (as root), or "
		          "/sandbox on; text2pcap writes the data of the calls");
	return false;
}

const struct log_format pcapng_log_format = {
	.name = "pcapng",
	.endings = ".pcapng",
	.help = "the frames on the wire, for wireshark",
	.frames = true,
	.whole_frames = true,
	.keys = true,
	.state_size = sizeof(struct pcapng),
	.is_own = is_own,
	.is_whole = is_whole,
	.may_begin = may_begin,
	.begin = begin,
	.entry = put_entry,
	.missed = missed,
	.end = end,
	.done = done,
};
