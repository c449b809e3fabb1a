// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/endpoint.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/escape.h"

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

static size_t ip_size(const struct endpoint *addr)
{
	return addr->family == AF_INET ? 4 : addr->family == AF_INET6 ? 16 : 0;
}

/* ---- making ---- */

struct endpoint endpoint_of_ip(int family, const void *ip, uint16_t port)
{
	struct endpoint addr = { .family = (uint8_t)family, .port = port };
	memcpy(addr.ip, ip, ip_size(&addr));
	return addr;
}

struct endpoint endpoint_any(int family, uint16_t port)
{
	return (struct endpoint){ .family = (uint8_t)family, .port = port };
}

struct endpoint endpoint_loopback(int family, uint16_t port)
{
	static const uint8_t v4[4] = { 127, 0, 0, 1 }, v6[16] = { [15] = 1 };
	return endpoint_of_ip(family, family == AF_INET ? v4 : v6, port);
}

struct endpoint endpoint_on_wire(const struct endpoint *addr)
{
	if (addr->family != AF_INET6 || memcmp(addr->ip, mapped_prefix, sizeof mapped_prefix) != 0)
		return *addr;
	return endpoint_of_ip(AF_INET, addr->ip + sizeof mapped_prefix, addr->port);
}

struct endpoint endpoint_for_family(const struct endpoint *addr, int family)
{
	struct endpoint wire = endpoint_on_wire(addr);
	struct endpoint mapped = { .family = AF_INET6, .port = addr->port };
	memcpy(mapped.ip, mapped_prefix, sizeof mapped_prefix);
	memcpy(mapped.ip + sizeof mapped_prefix, wire.ip, 4);
	return family == AF_INET                              ? wire
	       : family == AF_INET6 && wire.family == AF_INET ? mapped
	                                                      : *addr;
}

bool endpoint_parse_path(const char *text, struct endpoint *addr, struct error *error)
{
	struct buf bytes = { .max = SIZE_MAX };
	bool abstract = text[0] == '@', good = escape_decode(text + abstract, &bytes, error);
	size_t len = bytes.len + abstract;
	*addr = (struct endpoint){ .family = AF_UNIX, .path_len = (uint8_t)len };
	if (good && (!bytes.len || (!abstract && memchr(buf_data(&bytes), '\0', bytes.len)))) {
		error_set(error, "not a path: \"%.100s\": unix:///path, or unix:@name", text);
		good = false;
	} else if (good && len > (size_t)ENDPOINT_PATH - !abstract) {
		error_set(error, "a UNIX path has at most %d bytes, this one has %zu",
		          ENDPOINT_PATH - 1, bytes.len);
		good = false;
	}
	if (good)
		memcpy(addr->path + abstract, buf_data(&bytes), bytes.len);
	buf_free(&bytes);
	return good;
}

/* ---- comparing ---- */

bool endpoint_is_set(const struct endpoint *addr)
{
	return addr->family != AF_UNSPEC;
}

bool endpoint_is_ipv6(const struct endpoint *addr)
{
	return addr->family == AF_INET6;
}

bool endpoint_same_family(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family;
}

bool endpoint_host_equal(const struct endpoint *a, const struct endpoint *b)
{
	if (a->family != b->family)
		return false;
	if (a->family == AF_UNIX)
		return a->path_len == b->path_len && memcmp(a->path, b->path, a->path_len) == 0;
	return memcmp(a->ip, b->ip, ip_size(a)) == 0 &&
	       (a->family != AF_INET6 || a->scope == b->scope);
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && endpoint_host_equal(a, b);
}

/* FNV-1a of the packed form. */
uint32_t endpoint_hash(const struct endpoint *addr)
{
	uint8_t bytes[ENDPOINT_PACKED];
	uint32_t hash = 2166136261u;
	size_t len = endpoint_pack(addr, bytes);
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash;
}

bool endpoint_is_loopback(const struct endpoint *addr)
{
	struct endpoint plain = endpoint_on_wire(addr);
	if (plain.family == AF_INET)
		return plain.ip[0] == 127;
	struct endpoint here = endpoint_loopback(AF_INET6, 0);
	return plain.family == AF_UNIX ||
	       (plain.family == AF_INET6 && memcmp(plain.ip, here.ip, sizeof here.ip) == 0);
}

bool endpoint_is_any(const struct endpoint *addr)
{
	static const uint8_t zero[16];
	struct endpoint plain = endpoint_on_wire(addr);
	return ip_size(&plain) && memcmp(plain.ip, zero, ip_size(&plain)) == 0;
}

bool endpoint_is_multicast(const struct endpoint *addr)
{
	struct endpoint plain = endpoint_on_wire(addr);
	return plain.family == AF_INET ? plain.ip[0] >> 4 == 0xe
	                               : plain.family == AF_INET6 && plain.ip[0] == 0xff;
}

bool endpoint_is_unix(const struct endpoint *addr)
{
	return addr->family == AF_UNIX;
}

bool endpoint_is_unnamed(const struct endpoint *addr)
{
	return addr->family == AF_UNIX && !addr->path_len;
}

bool endpoint_reaches(const struct endpoint *to, const struct endpoint *local)
{
	struct endpoint one = endpoint_on_wire(to), other = endpoint_on_wire(local);
	if (!endpoint_is_set(&one) || endpoint_is_unnamed(&one))
		return false;
	bool here = endpoint_is_any(&one) && endpoint_is_loopback(&other) && one.port == other.port;
	return here || endpoint_equal(&one, &other);
}

unsigned endpoint_udp_headers(const struct endpoint *addr)
{
	struct endpoint plain = endpoint_on_wire(addr);
	return plain.family == AF_INET ? 20 + 8 : plain.family == AF_INET6 ? 40 + 8 : 0;
}

/* The length of IPv4 counts its own header, that of IPv6 does not. */
unsigned endpoint_udp_max(const struct endpoint *addr)
{
	struct endpoint plain = endpoint_on_wire(addr);
	return plain.family == AF_INET    ? UINT16_MAX - 20 - 8
	       : plain.family == AF_INET6 ? UINT16_MAX - 8
	                                  : 0;
}

/* ---- as text ---- */

const char *endpoint_family_name(int family)
{
	return family == AF_INET    ? "IPv4"
	       : family == AF_INET6 ? "IPv6"
	       : family == AF_UNIX  ? "UNIX"
	                            : "";
}

uint32_t endpoint_interface(const struct endpoint *addr)
{
	return addr->scope & ~ENDPOINT_ELSEWHERE;
}

static void format_ipv6(const struct endpoint *addr, char out[ENDPOINT_TEXT])
{
	char name[IF_NAMESIZE];
	if (!inet_ntop(AF_INET6, addr->ip, out, ENDPOINT_TEXT))
		out[0] = '\0';
	size_t len = strlen(out);
	bool has_name = !(addr->scope & ENDPOINT_ELSEWHERE);
	if (addr->scope && has_name && if_indextoname(addr->scope, name))
		snprintf(out + len, ENDPOINT_TEXT - len, "%%%s", name);
	else if (addr->scope)
		snprintf(out + len, ENDPOINT_TEXT - len, "%%%u",
		         (unsigned)endpoint_interface(addr));
}

/* Bytes above ASCII stay as they are: whoever shows them marks what is not text. */
static void format_path(const struct endpoint *addr, char out[ENDPOINT_TEXT])
{
	bool abstract = addr->path_len && addr->path[0] == '\0';
	size_t used = 0;
	if (!addr->path_len)
		used = (size_t)snprintf(out, ENDPOINT_TEXT, "(unnamed)");
	else if (abstract)
		out[used++] = '@';
	for (size_t i = abstract; i < addr->path_len; i++) {
		unsigned char byte = (unsigned char)addr->path[i];
		bool plain = byte >= ' ' && byte != 127 && byte != '\\' && !(byte == '@' && i == 0);
		if (plain)
			out[used++] = (char)byte;
		else if (byte == '\\')
			used += (size_t)snprintf(out + used, ENDPOINT_TEXT - used, "\\\\");
		else
			used += (size_t)snprintf(out + used, ENDPOINT_TEXT - used, "\\x%02x", byte);
	}
	out[used] = '\0';
}

/* Without snprintf(), which costs more than all else where many connections come. Returns the end. */
static char *put_number(char *to, unsigned number)
{
	char digits[10];
	size_t count = 0;
	do
		digits[count++] = (char)('0' + number % 10);
	while (number /= 10);
	while (count)
		*to++ = digits[--count];
	*to = '\0';
	return to;
}

const char *endpoint_format_host(const struct endpoint *addr, char out[ENDPOINT_TEXT])
{
	if (addr->family == AF_INET) {
		char *to = out;
		for (int i = 0; i < 4; i++) {
			to = put_number(to, addr->ip[i]);
			if (i < 3)
				*to++ = '.';
		}
	} else if (addr->family == AF_INET6) {
		format_ipv6(addr, out);
	} else if (addr->family == AF_UNIX) {
		format_path(addr, out);
	} else {
		snprintf(out, ENDPOINT_TEXT, "(no address)");
	}
	return out;
}

const char *endpoint_format(const struct endpoint *addr, char out[ENDPOINT_TEXT])
{
	if (!ip_size(addr))
		return endpoint_format_host(addr, out);
	char host[ENDPOINT_TEXT];
	if (endpoint_is_ipv6(addr)) {
		snprintf(out, ENDPOINT_TEXT, "[%.70s]:%u", endpoint_format_host(addr, host), addr->port);
		return out;
	}
	endpoint_format_host(addr, out);
	char *end = strchr(out, '\0');
	*end = ':';
	put_number(end + 1, addr->port);
	return out;
}

/* ---- for calls ---- */

socklen_t endpoint_to_sockaddr(const struct endpoint *addr, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof *out);
	if (addr->family == AF_INET) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(addr->port) };
		memcpy(&in.sin_addr, addr->ip, 4);
		memcpy(out, &in, sizeof in);
		return sizeof in;
	}
	if (addr->family == AF_INET6) {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
			                    .sin6_port = htons(addr->port),
			                    .sin6_scope_id = endpoint_interface(addr) };
		memcpy(&in6.sin6_addr, addr->ip, 16);
		memcpy(out, &in6, sizeof in6);
		return sizeof in6;
	}
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	bool abstract = addr->path_len && addr->path[0] == '\0';
	size_t room = sizeof un.sun_path - !abstract;
	if (addr->family != AF_UNIX || addr->path_len > room)
		return 0;
	memcpy(un.sun_path, addr->path, addr->path_len);
	memcpy(out, &un, sizeof un);
	size_t end = addr->path_len && !abstract; /* a path has its NUL */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + addr->path_len + end);
}

struct endpoint endpoint_from_sockaddr(const struct sockaddr *sa, socklen_t len)
{
	struct endpoint addr = { .family = AF_UNSPEC };
	if (len >= (socklen_t)sizeof(struct sockaddr_in) && sa->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, sa, sizeof in);
		addr.family = AF_INET;
		addr.port = ntohs(in.sin_port);
		memcpy(addr.ip, &in.sin_addr, 4);
	} else if (len >= (socklen_t)sizeof(struct sockaddr_in6) && sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, sa, sizeof in6);
		addr.family = AF_INET6;
		addr.port = ntohs(in6.sin6_port);
		addr.scope = in6.sin6_scope_id;
		memcpy(addr.ip, &in6.sin6_addr, 16);
	} else if (len >= (socklen_t)sizeof sa->sa_family && sa->sa_family == AF_UNIX) {
		size_t begin = offsetof(struct sockaddr_un, sun_path);
		size_t size = len > begin ? len - begin : 0;
		const char *path = (const char *)sa + begin;
		if (size > ENDPOINT_PATH)
			size = ENDPOINT_PATH;
		if (size && path[0])
			size = strnlen(path, size);
		addr.family = AF_UNIX;
		addr.path_len = (uint8_t)size;
		memcpy(addr.path, path, size);
	}
	return addr;
}

/* ---- packed ---- */

enum packed { PACKED_IPV4 = 1, PACKED_IPV6, PACKED_SCOPED, PACKED_UNIX };

size_t endpoint_pack(const struct endpoint *addr, uint8_t *out)
{
	size_t used = 0, size = ip_size(addr);
	if (addr->family == AF_UNIX) {
		out[0] = PACKED_UNIX;
		out[1] = addr->path_len;
		memcpy(out + 2, addr->path, addr->path_len);
		return 2 + (size_t)addr->path_len;
	}
	if (!size)
		return 0;
	out[used++] = size == 4 ? PACKED_IPV4 : addr->scope ? PACKED_SCOPED : PACKED_IPV6;
	out[used++] = (uint8_t)(addr->port >> 8);
	out[used++] = (uint8_t)addr->port;
	memcpy(out + used, addr->ip, size);
	used += size;
	if (out[0] != PACKED_SCOPED)
		return used;
	uint32_t scope = addr->scope;
	for (; scope > 127; scope >>= 7)
		out[used++] = (uint8_t)(scope | 128);
	out[used++] = (uint8_t)scope;
	return used;
}

static size_t unpack_path(struct endpoint *addr, const uint8_t *bytes, size_t len)
{
	if (len < 2 || bytes[1] > ENDPOINT_PATH || len < 2 + (size_t)bytes[1])
		return 0;
	addr->family = AF_UNIX;
	addr->path_len = bytes[1];
	memcpy(addr->path, bytes + 2, addr->path_len);
	return 2 + (size_t)addr->path_len;
}

static size_t unpack_ip(struct endpoint *addr, const uint8_t *bytes, size_t len)
{
	size_t size = bytes[0] == PACKED_IPV4 ? 4 : 16, used = 3 + size;
	if (len < used)
		return 0;
	addr->port = (uint16_t)(bytes[1] << 8 | bytes[2]);
	memcpy(addr->ip, bytes + 3, size);
	for (unsigned shift = 0; bytes[0] == PACKED_SCOPED; shift += 7) {
		if (used == len || shift > 28)
			return 0;
		addr->scope |= (uint32_t)(bytes[used] & 127) << shift;
		if (bytes[used++] < 128)
			break;
	}
	addr->family = size == 4 ? AF_INET : AF_INET6;
	return used;
}

size_t endpoint_unpack(struct endpoint *addr, const uint8_t *bytes, size_t len)
{
	*addr = (struct endpoint){ .family = AF_UNSPEC };
	if (len && bytes[0] == PACKED_UNIX)
		return unpack_path(addr, bytes, len);
	return len && bytes[0] >= PACKED_IPV4 && bytes[0] <= PACKED_SCOPED
	               ? unpack_ip(addr, bytes, len)
	               : 0;
}
