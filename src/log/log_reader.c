// SPDX-License-Identifier: GPL-3.0-or-later
#include "log/log_reader.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/escape.h"
#include "base/json.h"
#include "log/log_json.h"
#include "record/frame_entry.h"
#include "record/sample.h"

enum {
	PIECE = 64 << 10, /* read at a time */
	PAYLOAD_MOST = TRANSCRIPT_BLOCK - ENTRY_HEADER,
};

/* clang-format off */
/* The members that are known, in the order in which they are written. */
#define MEMBERS(row)                                                                               \
	/* of a line */                                                                            \
	row(sockpit) row(version) row(type) row(program) row(started) row(time) row(session)       \
	/* of a session */                                                                         \
	row(name) row(kind) row(transport) row(server) row(stepped) row(paused) row(listener)      \
	row(relay) row(other_side)                                                                 \
	/* of an entry, and of them */                                                             \
	row(call) row(fd) row(family) row(socket_type) row(level) row(option) row(status) row(how) \
	row(backlog) row(accepted) row(asked) row(flags) row(when) row(arg) row(arg2) row(host)    \
	row(peer) row(local) row(service) row(eol) row(errno) row(duration)                        \
	row(failure) row(fault) row(echo) row(said) row(replayed) row(truncated) row(continues) row(batch) row(no_end) row(tls) row(watching) \
	row(waited) \
	row(secret) row(answer) row(message) row(offset) row(record) row(secured) row(handshake) row(handshake_header) row(ttl) row(tos) row(nth) row(of) row(entries) row(bytes) \
	row(since) row(len) row(text) row(base64) row(sample) row(errqueue) row(frame)             \
	/* of an error queue */                                                                    \
	row(origin) row(code) row(info) row(delay) row(target)                                     \
	/* of a frame and its segment */                                                           \
	row(event) row(pieces) row(loopback) row(segment) row(seq) row(ack) row(window)            \
	row(number) row(copy) row(duplicate) row(scaled) row(seq_based) row(ack_based) row(gap)    \
	row(fills_window)                                                                          \
	/* of an address */                                                                        \
	row(ip) row(port) row(scope) row(interface)
/* clang-format on */
#define MEMBER_NUMBER(name) M_##name,
#define MEMBER_NAME(name)   #name,
enum member { MEMBERS(MEMBER_NUMBER) MEMBER_COUNT };
static const char *const member_names[] = { MEMBERS(MEMBER_NAME) };

/* An object, its members by their numbers; JSON_NULL for what is absent. */
struct object {
	struct json_value values[MEMBER_COUNT];
};

struct log_reader {
	int fd; /* -1: it is a text in memory, */
	const char *text; /* of `size` bytes, */
	size_t text_read; /* of which these have been read */
	char *path;
	struct buf bytes; /* read, not taken yet */
	size_t taken;     /* of them belongs to the line that was read last */
	size_t searched;  /* that many of those after it have no line end */
	bool skipping;    /* the rest of a line that is too long */
	bool end_of_file, headed, over;
	unsigned long line;
	uint64_t size;
	struct error *error;                    /* of the call that is under way */
	const char *begin;                      /* of its line */
	bool unknown;                           /* the line is of a type that is not known */
	struct object object, inner, innermost; /* scratch */
	struct buf stars;                       /* of secrets */
	char packed[FRAME_NOTE_SIZE + FRAME_KEPT_MOST + FRAME_WORDS];
};

/* ---- what is wrong ---- */

__attribute__((format(printf, 2, 3))) static bool wrong(struct log_reader *reader,
                                                        const char *format, ...)
{
	char text[160];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	error_set(reader->error, "%.80s:%lu: %s", reader->path, reader->line, text);
	return false;
}

static bool wrong_member(struct log_reader *reader, enum member member, const char *right)
{
	return wrong(reader, "\"%s\": %s was expected", member_names[member], right);
}

static bool wrong_json(struct log_reader *reader, const struct json *json)
{
	error_set(reader->error, "%.80s:%lu:%zu: %s", reader->path, reader->line,
	          (size_t)(json->at - reader->begin) + 1, json->why);
	return false;
}

/* ---- members ---- */

/* The last of several members with one name counts. A log that we wrote has them in the order of the
 * list, so that each is found at once. */
static void read_members(const struct json_value *value, struct object *object)
{
	struct json json;
	struct json_value key, member;
	unsigned at = 0;
	*object = (struct object){ 0 };
	json_begin_inside(&json, value);
	while (json_member(&json, &key, &member))
		for (unsigned tried = 0; tried < MEMBER_COUNT; tried++) {
			at = at + 1 < MEMBER_COUNT ? at + 1 : 0;
			if (!json_is(&key, member_names[at]))
				continue;
			object->values[at] = member;
			break;
		}
}

static bool has(const struct object *object, enum member member)
{
	return object->values[member].type != JSON_NULL;
}

/* An absent member leaves *number as it is. */
static bool get_signed(struct log_reader *reader, const struct object *object, enum member member,
                       int64_t least, int64_t most, int64_t *number)
{
	int64_t read;
	if (!has(object, member))
		return true;
	if (!json_signed(&object->values[member], least, most, &read))
		return wrong(reader, "\"%s\": a whole number from %lld to %lld was expected",
		             member_names[member], (long long)least, (long long)most);
	*number = read;
	return true;
}

static bool get_unsigned(struct log_reader *reader, const struct object *object, enum member member,
                         uint64_t most, uint64_t *number)
{
	uint64_t read;
	if (!has(object, member))
		return true;
	if (!json_unsigned(&object->values[member], most, &read))
		return wrong(reader, "\"%s\": a whole number from 0 to %llu was expected",
		             member_names[member], (unsigned long long)most);
	*number = read;
	return true;
}

static bool get_bool(struct log_reader *reader, const struct object *object, enum member member,
                     bool *is)
{
	enum json_type type = object->values[member].type;
	if (type > JSON_TRUE)
		return wrong_member(reader, member, "true or false");
	*is = type == JSON_TRUE;
	return true;
}

static bool get_word(struct log_reader *reader, const struct object *object, enum member member,
                     enum log_words words, unsigned *number)
{
	const struct json_value *value = &object->values[member];
	if (!has(object, member) || log_word_find(words, value, number))
		return true;
	if (value->type != JSON_STRING)
		return wrong_member(reader, member, "a word");
	struct buf text;
	buf_init(&text, SIZE_MAX);
	escape_encode(value->text, value->len < 20 ? value->len : 20, &text);
	wrong(reader, "\"%s\": \"%s\" is not one of its words", member_names[member],
	      buf_text(&text));
	buf_free(&text);
	return false;
}

/* A short text, as a C string. */
static bool get_text(struct log_reader *reader, const struct object *object, enum member member,
                     char *out, size_t size)
{
	const struct json_value *value = &object->values[member];
	*out = '\0';
	if (!has(object, member))
		return true;
	if (value->type != JSON_STRING || value->len >= size)
		return wrong(reader, "\"%s\": a text of at most %zu bytes was expected",
		             member_names[member], size - 1);
	for (size_t i = 0; i < value->len; i++)
		if ((unsigned char)value->text[i] < ' ' || value->text[i] == 0x7f)
			return wrong_member(reader, member, "a text without control characters");
	memcpy(out, value->text, value->len);
	out[value->len] = '\0';
	return true;
}

/* "text" or "base64". */
static bool get_bytes(struct log_reader *reader, struct object *object, size_t most,
                      const char **bytes, size_t *len)
{
	enum member member = has(object, M_base64) ? M_base64 : M_text;
	struct json_value *value = &object->values[member];
	*bytes = "";
	*len = 0;
	if (!has(object, member))
		return true;
	if (value->type != JSON_STRING || (member == M_base64 && !json_base64(value)))
		return wrong_member(reader, member,
		                    member == M_text ? "a text" : "bytes in base64");
	if (value->len > most)
		return wrong(reader, "\"%s\": at most %zu bytes were expected",
		             member_names[member], most);
	*bytes = value->text;
	*len = value->len;
	return true;
}

static bool get_object(struct log_reader *reader, const struct object *object, enum member member,
                       struct object *inner)
{
	if (object->values[member].type != JSON_OBJECT)
		return wrong_member(reader, member, "an object");
	read_members(&object->values[member], inner);
	return true;
}

/* ---- times ---- */

static bool take_number(const char **at, unsigned digits, unsigned least, unsigned most,
                        unsigned *number)
{
	*number = 0;
	for (; digits > 0; digits--, ++*at) {
		if (**at < '0' || **at > '9')
			return false;
		*number = *number * 10 + (unsigned)(**at - '0');
	}
	return *number >= least && *number <= most;
}

static bool take_sign(const char **at, char sign)
{
	if (**at != sign)
		return false;
	++*at;
	return true;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar. */
static int64_t days_until(unsigned year, unsigned month, unsigned day)
{
	static const unsigned before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	unsigned past = year - (month < 3); /* leap days up to that year */
	return (int64_t)(year - 1970) * 365 + past / 4 - past / 100 + past / 400 - 477 +
	       before[month - 1] + day - 1;
}

/* RFC 3339, as an instant. */
static bool get_time(struct log_reader *reader, const struct object *object, enum member member,
                     int64_t *instant)
{
	char text[48];
	unsigned year, month, day, hour, minute, second, zone_hour = 0, zone_minute = 0;
	const struct json_value *value = &object->values[member];
	size_t len = value->type == JSON_STRING && value->len < sizeof text ? value->len : 0;
	memcpy(text, value->text ? value->text : "", len);
	text[len] = '\0';
	const char *at = text;
	int64_t fraction = 0;
	bool good = take_number(&at, 4, 1970, 2199, &year) && take_sign(&at, '-') &&
	            take_number(&at, 2, 1, 12, &month) && take_sign(&at, '-') &&
	            take_number(&at, 2, 1, 31, &day) && take_sign(&at, 'T') &&
	            take_number(&at, 2, 0, 23, &hour) && take_sign(&at, ':') &&
	            take_number(&at, 2, 0, 59, &minute) && take_sign(&at, ':') &&
	            take_number(&at, 2, 0, 60, &second);
	if (good && take_sign(&at, '.')) {
		good = *at >= '0' && *at <= '9';
		for (int64_t unit = CLOCK_S / 10; *at >= '0' && *at <= '9'; at++, unit /= 10)
			fraction += unit * (*at - '0');
	}
	bool west = good && *at == '-';
	good = good && (take_sign(&at, 'Z') ||
	                ((take_sign(&at, '+') || take_sign(&at, '-')) &&
	                 take_number(&at, 2, 0, 23, &zone_hour) && take_sign(&at, ':') &&
	                 take_number(&at, 2, 0, 59, &zone_minute)));
	if (!good || *at || at != text + len)
		return wrong_member(reader, member, "a time, 2026-11-28T18:01:02.123456789+00:00,");
	int64_t minutes = days_until(year, month, day) * 24 * 60,
	        zone = zone_hour * 60L + zone_minute;
	minutes += hour * 60L + minute - (west ? -zone : zone);
	int64_t seconds = minutes * 60 + second;
	*instant = seconds * CLOCK_S + fraction - clock_wall(0);
	return true;
}

/* ---- addresses ---- */

static bool get_endpoint(struct log_reader *reader, const struct object *object, enum member member,
                         struct endpoint *addr)
{
	struct object *inner = &reader->inner;
	*addr = (struct endpoint){ .family = AF_UNSPEC };
	if (!has(object, member))
		return true;
	if (!get_object(reader, object, member, inner))
		return false;
	const char *path;
	size_t len;
	char ip[INET6_ADDRSTRLEN];
	uint64_t port = 0, scope = 0;
	if (json_is(&inner->values[M_family], "unix")) {
		if (!get_bytes(reader, inner, ENDPOINT_PATH, &path, &len))
			return false;
		addr->family = AF_UNIX;
		addr->path_len = (uint8_t)len;
		memcpy(addr->path, path, len);
		return true;
	}
	bool ipv6 = json_is(&inner->values[M_family], "ipv6");
	if (!ipv6 && !json_is(&inner->values[M_family], "ipv4"))
		return wrong_member(reader, member, "\"family\" ipv4, ipv6 or unix");
	if (!get_text(reader, inner, M_ip, ip, sizeof ip) ||
	    !get_unsigned(reader, inner, M_port, UINT16_MAX, &port) ||
	    !get_unsigned(reader, inner, M_scope, INT32_MAX, &scope) ||
	    !get_text(reader, inner, M_interface, addr->interface, sizeof addr->interface))
		return false;
	int family = ipv6 ? AF_INET6 : AF_INET;
	if (inet_pton(family, ip, addr->ip) != 1)
		return wrong_member(reader, member, "an \"ip\" of its family");
	addr->family = (uint8_t)family;
	addr->port = (uint16_t)port;
	addr->scope = scope && ipv6 ? (uint32_t)scope | ENDPOINT_ELSEWHERE : 0;
	return true;
}

/* ---- lines ---- */

static bool read_header(struct log_reader *reader, const struct object *object,
                        struct log_record *record)
{
	uint64_t version = 0;
	record->kind = LOG_HEADER;
	reader->over = true; /* unless it is right */
	if (!get_unsigned(reader, object, M_version, UINT32_MAX, &version))
		return false;
	if (!version)
		return wrong_member(reader, M_version, "the number of a version");
	if (version > LOG_JSON_VERSION)
		return wrong(reader,
		             "version %llu of the log is newer than this program, which reads "
		             "version %d",
		             (unsigned long long)version, LOG_JSON_VERSION);
	if (!get_text(reader, object, M_program, record->header.program,
	              sizeof record->header.program) ||
	    !get_time(reader, object, M_started, &record->header.started))
		return false;
	reader->over = false;
	reader->headed = true;
	return true;
}

static bool get_number(struct log_reader *reader, const struct object *object, enum member member,
                       uint32_t *number)
{
	uint64_t read = 0;
	bool good = get_unsigned(reader, object, member, UINT32_MAX, &read);
	*number = (uint32_t)read;
	return good;
}

static bool read_session(struct log_reader *reader, const struct object *object,
                         struct log_record *record)
{
	uint32_t *number = &record->session.number;
	struct recorded_identity *identity = &record->session.identity;
	unsigned kind = 0, transport = 0, host = 0, eol = 0;
	*identity = (struct recorded_identity){ .kind = RECORDED_STREAM };
	record->kind = LOG_SESSION;
	if (!get_number(reader, object, M_session, number) ||
	    !get_number(reader, object, M_listener, &identity->listener) ||
	    !get_number(reader, object, M_relay, &identity->relay) ||
	    !get_number(reader, object, M_other_side, &identity->other_side) ||
	    !get_text(reader, object, M_name, identity->name, sizeof identity->name) ||
	    !get_word(reader, object, M_kind, LOG_KINDS, &kind) ||
	    !get_word(reader, object, M_transport, LOG_TRANSPORTS, &transport) ||
	    !get_word(reader, object, M_host, LOG_HOSTS, &host) ||
	    !get_word(reader, object, M_eol, LOG_EOLS, &eol) ||
	    !get_bool(reader, object, M_server, &identity->server) ||
	    !get_bool(reader, object, M_stepped, &identity->stepped) ||
	    !get_bool(reader, object, M_paused, &identity->paused) ||
	    !get_endpoint(reader, object, M_local, &identity->local) ||
	    !get_endpoint(reader, object, M_peer, &identity->peer) ||
	    !get_text(reader, object, M_service, identity->service, sizeof identity->service))
		return false;
	if (!*number || session_is_wire(*number))
		return wrong_member(reader, M_session, "the number of a session");
	if (!identity->name[0])
		return wrong_member(reader, M_name, "the name of a session");
	identity->kind = (enum recorded_kind)kind;
	identity->transport = (enum transport)transport;
	identity->host = (enum host)host;
	identity->eol = (enum eol)eol;
	return true;
}

static bool read_missed(struct log_reader *reader, const struct object *object,
                        struct log_record *record)
{
	record->kind = LOG_MISSED;
	record->missed = (struct transcript_amount){ 0 };
	return get_unsigned(reader, object, M_entries, UINT64_MAX, &record->missed.entries) &&
	       get_unsigned(reader, object, M_bytes, UINT64_MAX, &record->missed.bytes);
}

static bool read_wire(struct log_reader *reader, const struct object *object,
                      struct log_record *record)
{
	unsigned host = HOST_HERE;
	record->kind = LOG_WIRE;
	record->wire.since = 0;
	if (!get_word(reader, object, M_host, LOG_HOSTS, &host) ||
	    (has(object, M_since) && !get_time(reader, object, M_since, &record->wire.since)))
		return false;
	record->wire.host = (enum host)host;
	return true;
}

/* Its fields have names that are no members of other objects. */
static bool get_sample(struct log_reader *reader, const struct object *object, size_t *len)
{
	struct sample sample = { .present = 0 };
	struct json json;
	struct json_value key, value;
	if (object->values[M_sample].type != JSON_OBJECT)
		return wrong_member(reader, M_sample, "an object");
	json_begin_inside(&json, &object->values[M_sample]);
	unsigned field = 0;
	while (json_member(&json, &key, &value)) {
		unsigned tried = 0, word;
		uint64_t number;
		enum log_words words;
		for (; tried < SAMPLE_COUNT && !json_is(&key, log_word(LOG_FIELDS, field)); tried++)
			field = field + 1 < SAMPLE_COUNT ? field + 1 : 0;
		if (tried == SAMPLE_COUNT)
			continue;
		if (log_field_words(field, &words) && log_word_find(words, &value, &word))
			number = word;
		else if (!json_unsigned(&value, UINT64_MAX, &number))
			return wrong(reader, "\"%s\" of the sample: a number was expected",
			             log_word(LOG_FIELDS, field));
		sample_set(&sample, (enum sample_field)field, number);
	}
	*len = sample_pack(&sample, reader->packed);
	return true;
}

static bool get_errqueue(struct log_reader *reader, const struct object *object, size_t *len)
{
	struct errqueue error;
	struct object *inner = &reader->innermost;
	unsigned origin = 0;
	uint64_t type = 0, code = 0, number = 0, info = 0, delay = 0;
	if (!get_object(reader, object, M_errqueue, inner) ||
	    !get_word(reader, inner, M_origin, LOG_ORIGINS, &origin) ||
	    !get_unsigned(reader, inner, M_type, UINT8_MAX, &type) ||
	    !get_unsigned(reader, inner, M_code, UINT8_MAX, &code) ||
	    !get_unsigned(reader, inner, M_errno, UINT8_MAX, &number) ||
	    !get_unsigned(reader, inner, M_info, UINT32_MAX, &info) ||
	    !get_unsigned(reader, inner, M_delay, UINT64_MAX, &delay) ||
	    !get_endpoint(reader, inner, M_target, &error.target))
		return false;
	error.origin = (uint8_t)origin;
	error.type = (uint8_t)type;
	error.code = (uint8_t)code;
	error.error = (uint8_t)number;
	error.info = (uint32_t)info;
	error.delay = delay;
	*len = entry_pack_errqueue(&error, (uint8_t *)reader->packed);
	return true;
}

static bool get_segment(struct log_reader *reader, const struct object *object,
                        struct segment *segment)
{
	struct object *inner = &reader->innermost;
	unsigned name = 0;
	uint64_t len = 0, window = 0, number = 0, copy = 0, duplicate = 0;
	if (!has(object, M_segment))
		return true;
	if (!get_object(reader, object, M_segment, inner) ||
	    !get_word(reader, inner, M_name, LOG_SEGMENTS, &name) ||
	    !get_signed(reader, inner, M_seq, INT64_MIN, INT64_MAX, &segment->seq) ||
	    !get_signed(reader, inner, M_ack, INT64_MIN, INT64_MAX, &segment->ack) ||
	    !get_unsigned(reader, inner, M_len, UINT32_MAX, &len) ||
	    !get_unsigned(reader, inner, M_window, UINT32_MAX, &window) ||
	    !get_unsigned(reader, inner, M_number, UINT32_MAX, &number) ||
	    !get_unsigned(reader, inner, M_copy, UINT16_MAX, &copy) ||
	    !get_unsigned(reader, inner, M_duplicate, UINT16_MAX, &duplicate) ||
	    !get_bool(reader, inner, M_scaled, &segment->scaled) ||
	    !get_bool(reader, inner, M_seq_based, &segment->seq_based) ||
	    !get_bool(reader, inner, M_ack_based, &segment->ack_based) ||
	    !get_bool(reader, inner, M_gap, &segment->gap) ||
	    !get_bool(reader, inner, M_fills_window, &segment->fills_window))
		return false;
	segment->name = (enum segment_name)name;
	segment->len = (uint32_t)len;
	segment->window = (uint32_t)window;
	segment->number = (uint32_t)number;
	segment->copy = (uint16_t)copy;
	segment->duplicate = (uint16_t)duplicate;
	return true;
}

static bool get_frame(struct log_reader *reader, const struct object *object, struct entry *header,
                      size_t *len)
{
	struct frame_note note = { .event = 0 };
	struct object *inner = &reader->inner;
	unsigned event = 0, host = 0;
	uint64_t frame_len = 0, pieces = 0;
	if (!get_object(reader, object, M_frame, inner) ||
	    !get_word(reader, inner, M_event, LOG_EVENTS, &event) ||
	    !get_word(reader, inner, M_host, LOG_HOSTS, &host) ||
	    !get_unsigned(reader, inner, M_len, INT32_MAX, &frame_len) ||
	    !get_unsigned(reader, inner, M_pieces, UINT16_MAX, &pieces) ||
	    !get_bool(reader, inner, M_loopback, &note.loopback) ||
	    !get_bool(reader, inner, M_secret, &note.secret) ||
	    !get_segment(reader, inner, &note.segment) ||
	    !get_bytes(reader, inner, FRAME_WORDS, &note.words, &note.words_len))
		return false;
	struct json_value *bytes = &inner->values[M_bytes];
	if (has(inner, M_bytes) && (!json_base64(bytes) || bytes->len > FRAME_KEPT_MOST))
		return wrong(reader,
		             "\"bytes\" of the frame: at most %d bytes in base64 were expected",
		             FRAME_KEPT_MOST);
	note.event = (uint8_t)event;
	note.host = (uint8_t)host;
	note.len = (uint32_t)frame_len;
	note.pieces = (uint16_t)pieces;
	note.bytes = (const uint8_t *)bytes->text;
	note.kept = bytes->len;
	*len = frame_entry_pack(&note, header, reader->packed);
	return true;
}

/* A payload that other modules take apart must be well formed, whatever the file has. */
static bool read_payload(struct log_reader *reader, struct object *object,
                         struct log_record *record)
{
	struct entry *header = &record->entry.header;
	size_t len = 0;
	uint64_t stars = 0;
	unsigned host = HOST_HERE;
	bool good;
	record->entry.payload = reader->packed;
	if (header->call == CALL_SAMPLE) {
		good = get_sample(reader, object, &len);
	} else if (header->call == CALL_ERRQUEUE) {
		good = get_errqueue(reader, object, &len);
	} else if (header->call == CALL_FRAME) {
		good = get_frame(reader, object, header, &len);
	} else if (header->call == CALL_SOCKET) {
		good = get_word(reader, object, M_host, LOG_HOSTS, &host);
		reader->packed[0] = (char)host;
		len = host != HOST_HERE;
	} else if (entry_is_secret(header)) {
		good = get_unsigned(reader, object, M_len, PAYLOAD_MOST, &stars);
		len = stars;
		record->entry.payload = memset(buf_reserve(&reader->stars, len), '*', len);
	} else {
		good = get_bytes(reader, object, PAYLOAD_MOST, &record->entry.payload, &len);
	}
	header->len = (uint32_t)len;
	return good;
}

static enum member member_named(const char *name)
{
	unsigned member = 0;
	while (strcmp(member_names[member], name) != 0)
		member++;
	return (enum member)member;
}

/* A bit of a flag has two names, for words and for calls. */
static bool read_flags(struct log_reader *reader, const struct object *object, struct entry *header)
{
	for (unsigned bit = 0; bit < 8; bit++) {
		bool is = false;
		if (!get_bool(reader, object, member_named(log_flag(header->call, bit)), &is))
			return false;
		header->flags |= (uint8_t)(is << bit);
	}
	if (entry_is_shared(header)) /* in no log, but anybody may have written this one */
		header->flags &= (uint8_t)~ENTRY_SHARED;
	return true;
}

/* Only a sealed entry keeps them. */
static bool read_records(struct log_reader *reader, struct object *object,
                         struct tls_boundary *boundary)
{
	uint64_t first = 0, message = 0;
	struct json_value *header = &object->values[M_handshake_header];
	*boundary = (struct tls_boundary){ .known = has(object, M_record) };
	bool good = get_unsigned(reader, object, M_record, UINT16_MAX, &first) &&
	            get_unsigned(reader, object, M_handshake, UINT32_MAX, &message) &&
	            get_bool(reader, object, M_secured, &boundary->secured);
	boundary->first = (uint16_t)first;
	boundary->message_left = (uint32_t)message;
	if (!good || !has(object, M_handshake_header))
		return good;
	if (!json_base64(header) || header->len > sizeof boundary->message_header)
		return wrong_member(reader, M_handshake_header, "at most 3 bytes in base64");
	boundary->message_header_len = (uint8_t)header->len;
	memcpy(boundary->message_header, header->text, header->len);
	return true;
}

static bool read_entry(struct log_reader *reader, struct object *object, unsigned call,
                       struct log_record *record)
{
	struct entry *header = &record->entry.header;
	int64_t arg = 0, arg2 = 0, fd = -1;
	uint64_t number = 0, duration = 0, offset = 0, ttl = 0, tos = 0, nth = 0, of = 0;
	unsigned when;
	record->kind = LOG_ENTRY;
	*header = (struct entry){ .call = (uint8_t)call };
	struct log_arguments names = log_arguments(call);
	if (call == CALL_SAMPLE && has(object, M_when)) {
		if (!get_word(reader, object, M_when, LOG_WHENS, &when))
			return false;
		arg = when;
	}
	if (!get_time(reader, object, M_time, &header->time) ||
	    !get_number(reader, object, M_session, &header->session) ||
	    !get_signed(reader, object, M_fd, INT16_MIN, INT16_MAX, &fd) ||
	    !get_signed(reader, object, member_named(names.arg), INT32_MIN, INT32_MAX, &arg) ||
	    !get_signed(reader, object, member_named(names.arg2), INT16_MIN, INT16_MAX, &arg2) ||
	    !get_endpoint(reader, object, M_peer, &record->entry.addr) ||
	    !get_endpoint(reader, object, M_local, &record->entry.local) ||
	    !get_unsigned(reader, object, M_errno, UINT8_MAX, &number) ||
	    !get_unsigned(reader, object, M_duration, UINT32_MAX, &duration) ||
	    !get_unsigned(reader, object, M_offset, UINT16_MAX, &offset) ||
	    !get_unsigned(reader, object, M_ttl, UINT8_MAX, &ttl) ||
	    !get_unsigned(reader, object, M_tos, UINT8_MAX, &tos) ||
	    !get_unsigned(reader, object, M_nth, UINT8_MAX, &nth) ||
	    !get_unsigned(reader, object, M_of, UINT8_MAX, &of) ||
	    !read_flags(reader, object, header))
		return false;
	if (session_is_wire(header->session) != (call == CALL_FRAME) ||
	    header->session == UINT32_MAX)
		return wrong_member(reader, M_session,
		                    call == CALL_FRAME ? "the number of a wire end"
		                                       : "the number of a session");
	header->arg = (int32_t)arg;
	header->arg2 = (int16_t)arg2;
	header->fd = (int16_t)fd;
	header->error = (uint8_t)number;
	header->duration = (uint32_t)duration;
	if (entry_is_batched(header)) {
		header->nth = (uint8_t)nth;
		header->of = (uint8_t)of;
	} else if (call == CALL_RECVMSG) {
		header->ttl = (uint8_t)ttl;
		header->tos = (uint8_t)tos;
	} else {
		header->stream_offset = (uint16_t)offset;
	}
	return read_records(reader, object, &record->entry.records) &&
	       read_payload(reader, object, record);
}

/* True where it is a record, or reader->unknown. */
static bool read_line(struct log_reader *reader, char *text, size_t len, struct log_record *record)
{
	struct json json;
	struct json_value value;
	struct object *object = &reader->object;
	unsigned type, call;
	reader->begin = text;
	reader->unknown = false;
	record->line = reader->line;
	json_begin(&json, text, len);
	bool good = json_read(&json, &value);
	if (good && value.type == JSON_OBJECT)
		read_members(&value, object);
	bool is_header =
	        good && value.type == JSON_OBJECT && json_is(&object->values[M_sockpit], "log");
	if (!reader->headed && !is_header) {
		reader->over = true;
		return wrong(reader, "no log of JSON lines: {\"sockpit\":\"log\", … was expected");
	}
	if (!good)
		return wrong_json(reader, &json);
	if (value.type != JSON_OBJECT)
		return wrong(reader, "an object was expected");
	if (is_header)
		return read_header(reader, object, record);
	if (object->values[M_type].type != JSON_STRING)
		return wrong_member(reader, M_type, "the type of the line");
	if (!log_word_find(LOG_TYPES, &object->values[M_type], &type)) {
		reader->unknown = true;
		return true;
	}
	if (type == LOG_TYPE_SESSION)
		return read_session(reader, object, record);
	if (type == LOG_TYPE_MISSED)
		return read_missed(reader, object, record);
	if (type == LOG_TYPE_WIRE)
		return read_wire(reader, object, record);
	call = type;
	if (type == CALL_FRAME + 1) {
		const struct json_value *name = &object->values[M_call];
		reader->unknown = !log_word_find(LOG_CALLS, name, &call);
		if (name->type != JSON_STRING || (!reader->unknown && call <= CALL_FRAME))
			return wrong_member(reader, M_call, "the name of a call");
		if (reader->unknown)
			return true;
	}
	return read_entry(reader, object, call, record);
}

/* ---- the file ---- */

static struct log_reader *new_reader(const char *path, uint64_t size)
{
	struct log_reader *reader = xcalloc(1, sizeof *reader);
	reader->fd = -1;
	reader->path = xstrdup(path);
	reader->size = size;
	buf_init(&reader->bytes, SIZE_MAX);
	buf_init(&reader->stars, SIZE_MAX);
	return reader;
}

struct log_reader *log_reader_open(const char *path, struct error *error)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &status) < 0) {
		descriptor_explain(error, errno, path);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	if (!S_ISREG(status.st_mode)) {
		error_set(error, "%.150s: not a regular file", path);
		close(fd);
		return NULL;
	}
	struct log_reader *reader = new_reader(path, (uint64_t)status.st_size);
	reader->fd = descriptor_move_up(fd);
	return reader;
}

struct log_reader *log_reader_open_text(const char *name, const char *text, size_t len)
{
	struct log_reader *reader = new_reader(name, len);
	reader->text = text;
	return reader;
}

void log_reader_close(struct log_reader *reader)
{
	if (!reader)
		return;
	if (reader->fd >= 0)
		close(reader->fd);
	buf_free(&reader->bytes);
	buf_free(&reader->stars);
	free(reader->path);
	free(reader);
}

/* False where it cannot be read. */
static bool read_piece(struct log_reader *reader)
{
	if (reader->text) {
		size_t left = (size_t)reader->size - reader->text_read;
		size_t len = left < PIECE ? left : PIECE;
		buf_append(&reader->bytes, reader->text + reader->text_read, len);
		reader->text_read += len;
		reader->end_of_file = len == 0;
		return true;
	}
	ssize_t got = read(reader->fd, buf_reserve(&reader->bytes, PIECE), PIECE);
	if (got < 0 && errno == EINTR)
		return true;
	if (got < 0)
		return false;
	buf_commit(&reader->bytes, (size_t)got);
	reader->end_of_file = got == 0;
	return true;
}

static void take(struct log_reader *reader, size_t len)
{
	buf_consume(&reader->bytes, len);
	reader->searched = 0;
}

/* Finds the next line, whose length is *len, without its line feed; 0 with LOG_END. Its bytes stay until
 * the next call. */
static enum log_reading find_line(struct log_reader *reader, size_t *len)
{
	for (;;) {
		const char *bytes = buf_data(&reader->bytes);
		size_t left = reader->bytes.len - reader->searched;
		const char *feed = left ? memchr(bytes + reader->searched, '\n', left) : NULL;
		reader->searched = reader->bytes.len;
		if (feed || (reader->end_of_file && reader->bytes.len)) {
			*len = feed ? (size_t)(feed - bytes) : reader->bytes.len;
			reader->taken = *len + (feed != NULL);
			if (!reader->skipping) {
				reader->line++;
				return LOG_READ;
			}
			take(reader, reader->taken);
			reader->taken = 0;
			reader->skipping = false;
			continue;
		}
		if (reader->end_of_file)
			return LOG_END;
		if (reader->bytes.len > LOG_READER_LINE) {
			bool is_first = !reader->skipping;
			take(reader, reader->bytes.len);
			reader->skipping = true;
			if (is_first) {
				reader->line++;
				reader->over = !reader->headed;
				wrong(reader, "longer than %d MiB", LOG_READER_LINE >> 20);
				return LOG_WRONG;
			}
		}
		if (!read_piece(reader)) {
			error_errno(reader->error, errno, "%.150s", reader->path);
			reader->over = true;
			return LOG_WRONG;
		}
	}
}

static bool is_blank(const char *line, size_t len)
{
	while (len && (line[len - 1] == ' ' || line[len - 1] == '\t' || line[len - 1] == '\r'))
		len--;
	return !len;
}

enum log_reading log_reader_next(struct log_reader *reader, struct log_record *record,
                                 struct error *error)
{
	static const char mark[] = "\xef\xbb\xbf"; /* that some editors begin a file of UTF-8 with */
	reader->error = error;
	while (!reader->over) {
		size_t len;
		take(reader, reader->taken);
		reader->taken = 0;
		enum log_reading found = find_line(reader, &len);
		record->line = reader->line;
		if (found != LOG_READ)
			return found;
		char *line = reader->bytes.memory + reader->bytes.head;
		bool cut = reader->taken == len;
		if (reader->line == 1 && len >= sizeof mark - 1 &&
		    memcmp(line, mark, sizeof mark - 1) == 0) {
			line += sizeof mark - 1;
			len -= sizeof mark - 1;
		}
		if (is_blank(line, len))
			continue;
		if (read_line(reader, line, len, record)) {
			if (!reader->unknown)
				return LOG_READ;
			continue;
		}
		if (cut && reader->headed && !reader->over)
			wrong(reader, "the line is cut off: what wrote it did not end in order");
		return LOG_WRONG;
	}
	return LOG_END;
}

/* From that many bytes before the end; a line that begins before them is left out. */
static bool find_end(struct log_reader *reader, uint64_t back, int64_t *instant)
{
	bool found = false;
	struct error ignored;
	struct log_record record = { .kind = LOG_HEADER };
	uint64_t from = reader->size > back ? reader->size - back : 0;
	if (!reader->text && lseek(reader->fd, (off_t)from, SEEK_SET) < 0)
		return false;
	reader->text_read = (size_t)from;
	buf_clear(&reader->bytes);
	reader->taken = reader->searched = 0;
	reader->end_of_file = reader->over = false;
	reader->skipping = from > 0;
	reader->headed = true;
	for (;;) {
		enum log_reading reading = log_reader_next(reader, &record, &ignored);
		if (reading == LOG_END)
			return found;
		if (reading == LOG_WRONG || record.kind != LOG_ENTRY)
			continue;
		const struct entry *entry = &record.entry.header;
		int64_t over = entry->time;
		if (entry->duration != UINT32_MAX)
			over += entry->duration * CLOCK_US;
		*instant = !found || over > *instant ? over : *instant;
		found = true;
	}
}

/* NULL: there is none. Closes it. */
static bool find_any_end(struct log_reader *reader, int64_t *instant)
{
	bool found = reader && (find_end(reader, PIECE, instant) ||
	                        find_end(reader, LOG_READER_LINE, instant));
	log_reader_close(reader);
	return found;
}

bool log_reader_find_end(const char *path, int64_t *instant)
{
	struct error ignored;
	return find_any_end(log_reader_open(path, &ignored), instant);
}

bool log_reader_find_end_of_text(const char *text, size_t len, int64_t *instant)
{
	return find_any_end(log_reader_open_text("", text, len), instant);
}

uint64_t log_record_append(const struct log_record *record, struct transcript *transcript)
{
	uint8_t packed[ENTRY_ADDRESSES];
	const struct endpoint *addr = &record->entry.addr, *local = &record->entry.local;
	size_t size = endpoint_is_set(local) ? ENTRY_ADDRESSES : endpoint_pack(addr, packed);
	size_t room, len = record->entry.header.len;
	size += entry_records_kept(&record->entry.header);
	char *place = transcript_reserve(transcript, size, len, &room);
	len = len < room ? len : room;
	memcpy(place, record->entry.payload, len);
	transcript_set_boundary(transcript, &record->entry.records);
	return transcript_commit(transcript, &record->entry.header, addr, local, len);
}
