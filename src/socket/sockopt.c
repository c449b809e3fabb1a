// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/sockopt.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/choice.h"
#include "base/clock.h"
#include "base/count.h"
#include "socket/credentials.h"

enum {
	NAME_SHOWN = 40, /* characters of a wrong name in a message */
	BYTES_SHOWN = 12,
	NAME_MAX_VALUE = 15, /* longest name that the kernel takes: an interface, an algorithm */
	PORT_MAX = 65535,
	LINGER_MAX = 32767, /* seconds: elsewhere the field has 16 bits */
};

/* ---- by name and number ---- */

unsigned sockopt_sort(enum transport transport, int family)
{
	if (transport_is_unix(transport))
		return SOCKOPT_UNIX;
	unsigned of = transport == TRANSPORT_UDP ? SOCKOPT_UDP : SOCKOPT_TCP;
	return of | (family == AF_INET ? SOCKOPT_IPV4 : family == AF_INET6 ? SOCKOPT_IPV6 : 0);
}

bool sockopt_is_of(const struct sockopt *option, unsigned of)
{
	const unsigned transports = SOCKOPT_TCP | SOCKOPT_UDP | SOCKOPT_UNIX;
	const unsigned families = SOCKOPT_IPV4 | SOCKOPT_IPV6;
	return (!(of & transports) || option->of & of & transports) &&
	       (!(of & families) || option->of & of & families);
}

/* Each option twice: whole, and after the underscore. */
static const char *name_of_option(const void *table, size_t index)
{
	const struct sockopt *option = (const struct sockopt *)table + index / 2;
	return !option->name ? NULL : index % 2 == 0 ? option->name : strchr(option->name, '_') + 1;
}

static void fail_unknown(const char *name, struct error *error)
{
	static const struct choice names = { .name = name_of_option, .context = sockopt_table };
	size_t nearest, len = 0;
	while (len < NAME_SHOWN && name[len] > ' ' && name[len] < 127)
		len++;
	error_usage(error, "no such socket option here: \"%.*s\"%s", (int)len, name,
	            name[len] ? "..." : "");
	if (choice_nearest(&names, name, strlen(name), &nearest, 1) > 0)
		error_append(error, ": did you mean %s?", sockopt_table[nearest / 2].name);
	else
		error_append(error, ": /option lists them");
}

struct wanted {
	const struct sockopt *table;
	unsigned of;
};

static const char *name_of_wanted(const void *wanted, size_t index)
{
	return ((const struct wanted *)wanted)->table[index].name;
}

/* Case does not matter, and the part before the underscore may be omitted. */
static enum choice_fit fit(const void *context, size_t index, const char *name, size_t len)
{
	const struct wanted *wanted = context;
	const char *whole = wanted->table[index].name, *rest = strchr(whole, '_') + 1;
	if (!sockopt_is_of(&wanted->table[index], wanted->of) || !len)
		return CHOICE_DIFFERENT;
	bool begins = strncasecmp(whole, name, len) == 0;
	if (begins && !whole[len])
		return CHOICE_WHOLE;
	if (strncasecmp(rest, name, len) == 0)
		return rest[len] ? CHOICE_BEGINNING : CHOICE_SHORT;
	return begins ? CHOICE_BEGINNING : CHOICE_DIFFERENT;
}

const struct sockopt *sockopt_find(const char *name, unsigned of, struct error *error)
{
	struct wanted wanted = { sockopt_table, of };
	struct choice names = { .name = name_of_wanted, .context = &wanted, .fit = fit };
	size_t matches, len = strlen(name);
	size_t index = choice_find(&names, name, len, &matches);
	if (index != CHOICE_NONE)
		return &sockopt_table[index];
	if (matches == 0 && of)
		return sockopt_find(name, 0, error);
	if (matches > 1)
		choice_fail_ambiguous(&names, name, len, error);
	else
		fail_unknown(name, error);
	return NULL;
}

const struct sockopt *sockopt_numbered(int level, int number)
{
	for (const struct sockopt *option = sockopt_table; option->name; option++)
		if (option->level == level && option->number == number)
			return option;
	for (const struct sockopt *option = sockopt_groups; option->name; option++)
		if (option->level == level && option->number == number)
			return option;
	return NULL;
}

const char *sockopt_level_name(int level)
{
	switch (level) {
	case SOL_SOCKET:
		return "SOL_SOCKET";
	case IPPROTO_IP:
		return "IPPROTO_IP";
	case IPPROTO_IPV6:
		return "IPPROTO_IPV6";
	case IPPROTO_TCP:
		return "IPPROTO_TCP";
	case IPPROTO_UDP:
		return "IPPROTO_UDP";
	default:
		return NULL;
	}
}

size_t sockopt_size(const struct sockopt *option)
{
	switch (option->form) {
	case SOCKOPT_SWITCH:
	case SOCKOPT_NUMBER:
		return option->wide ? sizeof(int64_t) : sizeof(int);
	case SOCKOPT_LINGER:
		return sizeof(struct linger);
	case SOCKOPT_TIME:
		return sizeof(struct timeval);
	case SOCKOPT_ADDR:
		return sizeof(struct in_addr);
	case SOCKOPT_TEXT:
	case SOCKOPT_GROUP:
	case SOCKOPT_CREDENTIALS:
	case SOCKOPT_BYTES:
		break;
	}
	return SOCKOPT_MAX;
}

/* ---- to text ---- */

static void format_bytes(const unsigned char *bytes, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len && i < BYTES_SHOWN; i++)
		buf_printf(out, "%02x", bytes[i]);
	if (len > BYTES_SHOWN)
		buf_printf(out, "... (%zu bytes)", len);
	if (len == 0)
		buf_append_text(out, "nothing");
}

/* False where no number has this length. Other systems have options of one byte. */
static bool read_number(const void *value, size_t len, int64_t *number)
{
	int narrow;
	if (len == 1)
		*number = *(const unsigned char *)value;
	else if (len == sizeof narrow) {
		memcpy(&narrow, value, sizeof narrow);
		*number = narrow;
	} else if (len == sizeof *number)
		memcpy(number, value, sizeof *number);
	else
		return false;
	return true;
}

static void format_range(uint32_t range, struct buf *out)
{
	if (range == 0)
		buf_append_text(out, "off");
	else
		buf_printf(out, "%" PRIu32 "-%" PRIu32, range & PORT_MAX, range >> 16);
}

static void format_number(const struct sockopt *option, int64_t number, struct buf *out)
{
	const struct sockopt_word *word = option->words;
	while (word && word->word && word->value != number)
		word++;
	if (option->form == SOCKOPT_SWITCH)
		buf_append_text(out, number ? "on" : "off");
	else if (option->range)
		format_range((uint32_t)number, out);
	else if (word && word->word)
		buf_append_text(out, word->word);
	else if (option->taken)
		buf_append_text(out, number ? error_name((int)number) : "no error");
	else
		buf_printf(out, "%" PRId64, number);
}

static void format_time(const struct timeval *time, struct buf *out)
{
	char fraction[8];
	if (time->tv_sec == 0 && time->tv_usec == 0) {
		buf_append_text(out, "off");
		return;
	}
	snprintf(fraction, sizeof fraction, ".%06u", (unsigned)time->tv_usec % 1000000);
	size_t len = strlen(fraction);
	while (fraction[len - 1] == '0')
		len--;
	len -= fraction[len - 1] == '.';
	buf_printf(out, "%lld%.*s s", (long long)time->tv_sec, (int)len, fraction);
}

static void format_text(const char *text, size_t len, struct buf *out)
{
	len = strnlen(text, len);
	for (size_t i = 0; i < len; i++)
		buf_append(out, text[i] > ' ' && text[i] < 127 ? &text[i] : "?", 1);
	if (len == 0)
		buf_append_text(out, "none");
}

static void add_host(const struct sockaddr_storage *addr, struct buf *out)
{
	char text[INET6_ADDRSTRLEN] = "?";
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	memcpy(&v4, addr, sizeof v4);
	memcpy(&v6, addr, sizeof v6);
	if (addr->ss_family == AF_INET)
		inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
	else if (addr->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
	buf_append_text(out, text);
}

/* "239.1.2.3%1 from 192.0.2.1", as /join takes it. The interface is a number: its name is that of the
 * machine where the call was made. False where no such value has this length. */
static bool format_group(const void *value, size_t len, struct buf *out)
{
	struct sockaddr_storage group = { 0 }, source = { 0 };
	uint32_t index;
	struct ip_mreqn v4;
	struct ipv6_mreq v6;
	if (len == sizeof v4) {
		memcpy(&v4, value, sizeof v4);
		struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = v4.imr_multiaddr };
		memcpy(&group, &addr, sizeof addr);
		index = (uint32_t)v4.imr_ifindex;
	} else if (len == sizeof v6) {
		memcpy(&v6, value, sizeof v6);
		struct sockaddr_in6 addr = { .sin6_family = AF_INET6,
			                     .sin6_addr = v6.ipv6mr_multiaddr };
		memcpy(&group, &addr, sizeof addr);
		index = v6.ipv6mr_interface;
#ifdef MCAST_JOIN_SOURCE_GROUP
	} else if (len == sizeof(struct group_source_req)) {
		struct group_source_req request;
		memcpy(&request, value, sizeof request);
		group = request.gsr_group;
		source = request.gsr_source;
		index = request.gsr_interface;
#endif
	} else {
		return false;
	}
	add_host(&group, out);
	if (index)
		buf_printf(out, "%%%" PRIu32, index);
	if (source.ss_family)
		buf_append_text(out, " from ");
	if (source.ss_family)
		add_host(&source, out);
	return true;
}

void sockopt_format(const struct sockopt *option, const void *value, size_t len, struct buf *out)
{
	int64_t number;
	struct linger linger;
	struct timeval time;
	char addr[INET_ADDRSTRLEN];
	struct credentials credentials;
	enum sockopt_form form = option->form;
	if (form == SOCKOPT_TEXT)
		format_text(value, len, out);
	else if (form == SOCKOPT_LINGER && len == sizeof linger) {
		memcpy(&linger, value, sizeof linger);
		buf_printf(out, linger.l_onoff ? "%d s" : "off", linger.l_linger);
	} else if (form == SOCKOPT_TIME && len == sizeof time) {
		memcpy(&time, value, sizeof time);
		format_time(&time, out);
	} else if (form == SOCKOPT_ADDR && len == sizeof(struct in_addr))
		buf_append_text(out, inet_ntop(AF_INET, value, addr, sizeof addr));
	else if (form == SOCKOPT_GROUP && format_group(value, len, out))
		;
	else if (form == SOCKOPT_CREDENTIALS && credentials_decode(value, len, &credentials))
		credentials_print(&credentials, out);
	else if (form <= SOCKOPT_NUMBER && read_number(value, len, &number))
		format_number(option, number, out);
	else
		format_bytes(value, len, out);
}

/* "1 byte", but "1 ms". */
static int unit_length(const char *unit, const char *value)
{
	size_t len = strlen(unit);
	bool plural = len > 2 && unit[len - 1] == 's' && !strchr(unit, '/');
	return (int)(len - (plural && strcmp(value, "1") == 0));
}

void sockopt_print(const struct sockopt *option, const void *value, size_t len, struct buf *out)
{
	struct buf text = { .max = SIZE_MAX };
	if (option->form == SOCKOPT_BYTES) {
		buf_printf(out, "%zu byte%s", len, count_plural(len));
		return;
	}
	sockopt_format(option, value, len, &text);
	const char *shown = buf_text(&text);
	buf_append_text(out, shown);
	if (text.len && isdigit((unsigned char)shown[text.len - 1]) && *option->unit)
		buf_printf(out, " %.*s", unit_length(option->unit, shown), option->unit);
	buf_free(&text);
}

/* ---- from text ---- */

static bool is_one_of(const char *text, const char *a, const char *b)
{
	return strcasecmp(text, a) == 0 || strcmp(text, b) == 0;
}

static bool parse_switch(const char *text, int *number)
{
	*number = is_one_of(text, "on", "1");
	return *number || is_one_of(text, "off", "0");
}

/* Decimal, or hexadecimal after 0x; `unit` may follow, after a blank or not. */
static bool parse_int(const char *text, const char *unit, long long least, long long most,
                      int *number)
{
	char *end;
	bool begins = *text == '-' || isdigit((unsigned char)*text);
	int base = strncasecmp(text, "0x", 2) == 0 ? 16 : 10;
	errno = 0;
	long long value = strtoll(text, &end, base);
	if (!begins || end == text || errno || value < least || value > most)
		return false;
	*number = (int)value;
	return *end == '\0' || (*unit && strcmp(end + (*end == ' '), unit) == 0);
}

static bool parse_word(const struct sockopt_word *word, const char *text, int *number)
{
	for (; word && word->word; word++)
		if (strcasecmp(word->word, text) == 0) {
			*number = word->value;
			return true;
		}
	return false;
}

static bool parse_port(const char *text, char **end, uint32_t *port)
{
	unsigned long value = strtoul(text, end, 10);
	*port = (uint32_t)value;
	return *text >= '1' && *text <= '9' && value <= PORT_MAX;
}

static bool parse_range(const char *text, int *number)
{
	char *end;
	uint32_t low, high, range = 0;
	if (strcasecmp(text, "off") != 0) {
		if (!parse_port(text, &end, &low) || *end != '-' ||
		    !parse_port(end + 1, &end, &high) || *end || low > high)
			return false;
		range = low | high << 16;
	}
	memcpy(number, &range, sizeof range);
	return true;
}

static bool parse_number(const struct sockopt *option, const char *text, int *number)
{
	if (option->form == SOCKOPT_SWITCH)
		return parse_switch(text, number);
	if (option->range)
		return parse_range(text, number);
	return parse_word(option->words, text, number) ||
	       parse_int(text, option->unit, INT_MIN, INT_MAX, number);
}

static bool parse_linger(const char *text, struct linger *linger)
{
	*linger = (struct linger){ .l_onoff = strcasecmp(text, "off") != 0 };
	return !linger->l_onoff || parse_int(text, "s", 0, LINGER_MAX, &linger->l_linger);
}

/* "1.5 s" as well as "1.5s"; less than a microsecond would be "off". */
static bool parse_time(const char *text, struct timeval *time)
{
	char joined[32];
	int64_t duration = 0;
	struct error ignored;
	const char *blank = strchr(text, ' ');
	int front = blank ? (int)(blank - text) : 0;
	*time = (struct timeval){ 0 };
	if (is_one_of(text, "off", "0"))
		return true;
	if (blank == text || front >= (int)sizeof joined ||
	    snprintf(joined, sizeof joined, "%.*s%s", front, text,
	             text + front + (blank != NULL)) >= (int)sizeof joined ||
	    !clock_parse_duration(joined, &duration, &ignored) || duration < CLOCK_US)
		return false;
	time->tv_sec = (time_t)(duration / CLOCK_S);
	time->tv_usec = (suseconds_t)(duration % CLOCK_S / CLOCK_US);
	return true;
}

static bool parse_text(const char *text, char *value, size_t *len)
{
	*len = strlen(text);
	for (size_t i = 0; i < *len; i++)
		if (text[i] <= ' ' || text[i] >= 127)
			return false;
	if (*len == 0 || *len > NAME_MAX_VALUE)
		return false;
	if (strcasecmp(text, "none") == 0)
		*len = 0;
	memcpy(value, text, *len);
	value[*len] = '\0';
	return true;
}

static bool give(const void *data, size_t size, void *value, size_t *len)
{
	memcpy(value, data, size);
	*len = size;
	return true;
}

static bool parse(const struct sockopt *option, const char *text, void *value, size_t *len)
{
	int number;
	struct linger linger;
	struct timeval time;
	struct in_addr addr;
	switch (option->form) {
	case SOCKOPT_SWITCH:
	case SOCKOPT_NUMBER:
		return parse_number(option, text, &number) &&
		       give(&number, sizeof number, value, len);
	case SOCKOPT_LINGER:
		return parse_linger(text, &linger) && give(&linger, sizeof linger, value, len);
	case SOCKOPT_TIME:
		return parse_time(text, &time) && give(&time, sizeof time, value, len);
	case SOCKOPT_ADDR:
		return inet_pton(AF_INET, text, &addr) == 1 && give(&addr, sizeof addr, value, len);
	case SOCKOPT_TEXT:
		return parse_text(text, value, len);
	case SOCKOPT_GROUP:
	case SOCKOPT_CREDENTIALS:
	case SOCKOPT_BYTES:
		break;
	}
	return false;
}

/* ---- what is right ---- */

static void name_words(const struct sockopt *option, char *out, size_t room)
{
	size_t len = 0;
	for (const struct sockopt_word *word = option->words; word && word->word && len < room;
	     word++)
		len += (size_t)snprintf(out + len, room - len, "%s, ", word->word);
}

static void fail(const struct sockopt *option, struct error *error)
{
	char words[128] = "";
	const char *name = option->name;
	name_words(option, words, sizeof words);
	if (option->form == SOCKOPT_SWITCH)
		error_usage(error, "%s is on or off", name);
	else if (option->form == SOCKOPT_LINGER)
		error_usage(error, "%s is off, or seconds from 0 to %d", name, LINGER_MAX);
	else if (option->form == SOCKOPT_TIME)
		error_usage(error, "%s is off, or a time: 250ms, 1.5s, 2m", name);
	else if (option->interface)
		error_usage(error, "%s is the name of an interface, or its %s: lo, %s", name,
		            option->form == SOCKOPT_ADDR ? "IPv4 address" : "number",
		            option->form == SOCKOPT_ADDR ? "127.0.0.1" : "1");
	else if (option->form == SOCKOPT_TEXT)
		error_usage(error, "%s is a name of 1 to %d characters, or none", name,
		            NAME_MAX_VALUE);
	else if (option->range)
		error_usage(error, "%s is off, or two ports: 45000-45003", name);
	else
		error_usage(error, "%s is %sa number%s%s", name, words, *option->unit ? " of " : "",
		            option->unit);
}

bool sockopt_parse(const struct sockopt *option, const char *text, void *value, size_t *len,
                   struct error *error)
{
	if (option->read_only) {
		error_usage(error, "%s can only be read", option->name);
		return false;
	}
	if (!parse(option, text, value, len)) {
		fail(option, error);
		return false;
	}
	return true;
}

/* ---- what the kernel stored ---- */

const char *sockopt_reason(const struct sockopt *option, const void *asked, const void *got)
{
	int want, has;
	if (!option->doubled)
		return option->alters;
	memcpy(&want, asked, sizeof want);
	memcpy(&has, got, sizeof has);
	long long twice = 2LL * want;
	if (has == twice)
		return "it doubles what is asked, for its own bookkeeping";
	if (want >= 0 && has > twice)
		return "it doubles what is asked, and that is the least it gives";
	return option->number == SO_RCVBUF
	               ? "it doubles what is asked, and net.core.rmem_max is the most"
	               : "it doubles what is asked, and net.core.wmem_max is the most";
}
