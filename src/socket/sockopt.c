// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/sockopt.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/choice.h"

enum {
	NAME_SHOWN = 40, /* characters of a wrong name in a message */
	BYTES_SHOWN = 12,
	PORT_MAX = 65535,
};

/* ---- by name and number ---- */

unsigned sockopt_sort(enum transport transport, int family)
{
	unsigned of = transport == TRANSPORT_UDP ? SOCKOPT_UDP : SOCKOPT_TCP;
	return of | (family == AF_INET ? SOCKOPT_IPV4 : family == AF_INET6 ? SOCKOPT_IPV6 : 0);
}

bool sockopt_is_of(const struct sockopt *option, unsigned of)
{
	const unsigned transports = SOCKOPT_TCP | SOCKOPT_UDP;
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
	error_set(error, "no such socket option here: \"%.*s\"%s", (int)len, name,
	          name[len] ? "..." : "");
	size_t used = strlen(error->text);
	if (choice_nearest(&names, name, strlen(name), &nearest, 1) > 0)
		snprintf(error->text + used, sizeof error->text - used, ": did you mean %s?",
		         sockopt_table[nearest / 2].name);
}

struct wanted {
	const struct sockopt *table;
	unsigned of;
};

static const char *name_of_wanted(const void *wanted, size_t index)
{
	return ((const struct wanted *)wanted)->table[index].name;
}

/* Capitals do not matter, and what is before the underscore may be left out. */
static enum choice_fit fit(const void *context, size_t index, const char *name, size_t len)
{
	const struct wanted *wanted = context;
	const char *whole = wanted->table[index].name, *behind = strchr(whole, '_') + 1;
	if (!sockopt_is_of(&wanted->table[index], wanted->of) || !len)
		return CHOICE_DIFFERENT;
	bool begins = strncasecmp(whole, name, len) == 0;
	if (begins && !whole[len])
		return CHOICE_WHOLE;
	if (strncasecmp(behind, name, len) == 0)
		return behind[len] ? CHOICE_BEGINNING : CHOICE_SHORT;
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

/* False where no number has so many bytes. Other systems have options of one byte. */
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

void sockopt_format(const struct sockopt *option, const void *value, size_t len, struct buf *out)
{
	int64_t number;
	struct linger linger;
	struct timeval time;
	char addr[INET_ADDRSTRLEN];
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
	else if (form <= SOCKOPT_NUMBER && read_number(value, len, &number))
		format_number(option, number, out);
	else
		format_bytes(value, len, out);
}
