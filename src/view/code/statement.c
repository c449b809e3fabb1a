// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/code/statement.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "record/tls_entry.h"
#include "socket/sockopt.h"

enum {
	LINE = 72,
	LARGEST_BUFFER = 65536,
	SEGMENT = 1200, /* bytes that a network hardly ever cuts in two */
};

static void put_byte(FILE *file, unsigned char byte, const struct literal *literal)
{
	static const char controls[] = "\n\r\t", letters[] = "nrt";
	const char *control = byte ? strchr(controls, byte) : NULL;
	if (control)
		fprintf(file, "\\%c", letters[control - controls]);
	else if (byte && strchr(literal->quoted, byte))
		fprintf(file, "\\%c", byte);
	else if (byte >= ' ' && byte < 0x7f)
		putc(byte, file);
	else
		fprintf(file, literal->octal ? "\\%03o" : "\\x%02x", byte);
}

void literal_put_text(FILE *file, const char *bytes, size_t len, const struct literal *literal)
{
	for (size_t i = 0; i < len && !ferror(file); i++) {
		put_byte(file, (unsigned char)bytes[i], literal);
		if (i + 1 < len && (bytes[i] == '\n' || i % LINE == LINE - 1))
			fputs(literal->next, file);
	}
}

void literal_put_bytes(FILE *file, const struct entry *entry, const struct literal *literal)
{
	literal_put_text(file, entry_payload(entry), entry->len, literal);
}

bool literal_put_asked(FILE *file, const struct entry *entry, const char *name,
                       const struct literal *literal)
{
	struct buf value = { .max = SIZE_MAX };
	bool asked = tls_entry_asked(entry, name, &value);
	literal_put_text(file, buf_data(&value), value.len, literal);
	buf_free(&value);
	return asked;
}

void literal_put_path(FILE *file, const struct endpoint *addr, const struct literal *literal)
{
	for (size_t i = 0; i < addr->path_len; i++)
		put_byte(file, (unsigned char)addr->path[i], literal);
}

const char *statement_option(const struct entry *entry)
{
	static const char *const common[] = {
		"SO_REUSEADDR",
		"SO_REUSEPORT",
		"SO_KEEPALIVE",
		"SO_BROADCAST",
		"SO_LINGER",
		"SO_RCVBUF",
		"SO_SNDBUF",
		"SO_OOBINLINE",
		"SO_RCVLOWAT",
		"SO_RCVTIMEO",
		"SO_SNDTIMEO",
		"TCP_NODELAY",
		"TCP_CORK",
		"TCP_KEEPIDLE",
		"TCP_KEEPINTVL",
		"TCP_KEEPCNT",
		"TCP_MAXSEG",
		"TCP_QUICKACK",
		"TCP_SYNCNT",
		"TCP_DEFER_ACCEPT",
		"TCP_LINGER2",
		"TCP_WINDOW_CLAMP",
		"TCP_USER_TIMEOUT",
		"IP_TTL",
		"IP_TOS",
		"IPV6_V6ONLY",
		"IPV6_UNICAST_HOPS",
		"IP_ADD_MEMBERSHIP",
		"IP_DROP_MEMBERSHIP",
		"IP_MULTICAST_IF",
		"IP_MULTICAST_LOOP",
		"IP_MULTICAST_TTL",
		"IPV6_JOIN_GROUP",
		"IPV6_LEAVE_GROUP",
		"IPV6_MULTICAST_HOPS",
		"IPV6_MULTICAST_IF",
		"IPV6_MULTICAST_LOOP",
	};
	const struct sockopt *option = sockopt_numbered(entry->arg2, entry->arg);
	for (size_t i = 0; option && i < sizeof common / sizeof *common; i++)
		if (strcmp(common[i], option->name) == 0)
			return common[i];
	return NULL;
}

const char *statement_level(const struct entry *entry)
{
	return statement_option(entry) ? sockopt_level_name(entry->arg2) : NULL;
}

bool statement_option_value(const struct entry *entry, int *value)
{
	if (entry->len != sizeof *value)
		return false;
	memcpy(value, entry_payload(entry), sizeof *value);
	return true;
}

int statement_flags(const struct entry *entry)
{
	return entry->arg2 & ~(MSG_NOSIGNAL | MSG_DONTWAIT | MSG_TRUNC);
}

bool statement_is_handshake(const struct statement *statement)
{
	return statement->entry->call == CALL_TLS_CONNECT ||
	       statement->entry->call == CALL_TLS_ACCEPT;
}

bool statement_asked(const struct statement *statement, const char *name)
{
	struct buf value = { .max = SIZE_MAX };
	bool asked = tls_entry_asked(statement->entry, name, &value);
	buf_free(&value);
	return asked;
}

bool statement_is_unverified(const struct statement *statement)
{
	return statement_asked(statement, TLS_ASKED_VERIFY) ||
	       statement_asked(statement, TLS_ASKED_PIN);
}

bool statement_names_address(const struct statement *statement)
{
	struct in6_addr address;
	struct buf value = { .max = SIZE_MAX };
	bool is = tls_entry_asked(statement->entry, TLS_ASKED_NAME, &value) &&
	          (inet_pton(AF_INET, buf_text(&value), &address) == 1 ||
	           inet_pton(AF_INET6, buf_text(&value), &address) == 1);
	buf_free(&value);
	return is;
}

/* A person chooses a buffer, and gets one recv() into it. */
static bool is_own_recv(const struct statement *statement)
{
	const struct entry *entry = statement->entry;
	return entry->call == CALL_TLS_READ ||
	       (entry->call == CALL_RECV && !statement->error && !statement_flags(entry) &&
	        entry->arg >= LARGEST_BUFFER);
}

bool statement_is_receive(const struct statement *statement)
{
	return is_own_recv(statement) && statement->bytes;
}

uint64_t statement_most(const struct statement *statement)
{
	return statement->calls > 1 || statement->bytes > SEGMENT ? statement->bytes : 0;
}

bool statement_is_end(const struct statement *statement)
{
	const struct entry *entry = statement->entry;
	return (entry->call == CALL_RECV || entry->call == CALL_TLS_READ) && !statement->error &&
	       !statement->bytes && entry->arg && !statement_flags(entry);
}

bool statement_is_send_all(const struct statement *statement)
{
	const struct entry *entry = statement->entry;
	return entry->call == CALL_TLS_WRITE ||
	       (entry->call == CALL_SEND && !statement->error && !statement_flags(entry));
}

/* The program's own buffers are as large as a block of the transcript: of no use to anybody else.
 */
uint64_t statement_buffer(const struct statement *statement)
{
	const struct entry *entry = statement->entry;
	if (entry->flags & ENTRY_TRUNCATED)
		return entry->len;
	if (entry->arg < 0 || entry->arg > LARGEST_BUFFER)
		return LARGEST_BUFFER;
	return (uint64_t)entry->arg;
}

/* The scope is a number of its own in a program. */
static const char *host_text(struct endpoint addr, char out[STATEMENT_HOST])
{
	char text[ENDPOINT_TEXT];
	addr.scope = 0;
	snprintf(out, STATEMENT_HOST, "%s",
	         endpoint_is_set(&addr) ? endpoint_format_host(&addr, text) : "");
	return out;
}

const char *statement_host(const struct entry *entry, char out[STATEMENT_HOST])
{
	return host_text(entry_addr(entry), out);
}

const char *statement_local(const struct entry *entry, char out[STATEMENT_HOST])
{
	return host_text(entry_local(entry), out);
}
