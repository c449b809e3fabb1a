// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/sockopt.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/clock.h"

enum {
	NAME_MAX_VALUE = 15, /* longest name that the kernel takes: an interface, an algorithm */
	PORT_MAX = 65535,
	LINGER_MAX = 32767, /* seconds: elsewhere the field has 16 bits */
};

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

/* Decimal, or hexadecimal behind 0x; `unit` may stand behind it, and a blank between. */
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

/* "1.5 s" as well as "1.5s"; what is shorter than a microsecond would read "off". */
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
		error_set(error, "%s is on or off", name);
	else if (option->form == SOCKOPT_LINGER)
		error_set(error, "%s is off, or seconds from 0 to %d", name, LINGER_MAX);
	else if (option->form == SOCKOPT_TIME)
		error_set(error, "%s is off, or a time: 250ms, 1.5s, 2m", name);
	else if (option->form == SOCKOPT_ADDR)
		error_set(error, "%s is an IPv4 address: 127.0.0.1", name);
	else if (option->form == SOCKOPT_TEXT)
		error_set(error, "%s is a name of 1 to %d characters, or none", name,
		          NAME_MAX_VALUE);
	else if (option->range)
		error_set(error, "%s is off, or two ports: 45000-45003", name);
	else
		error_set(error, "%s is %sa number%s%s", name, words, *option->unit ? " of " : "",
		          option->unit);
}

bool sockopt_parse(const struct sockopt *option, const char *text, void *value, size_t *len,
                   struct error *error)
{
	if (option->read_only) {
		error_set(error, "%s can only be read", option->name);
		return false;
	}
	if (!parse(option, text, value, len)) {
		fail(option, error);
		return false;
	}
	return true;
}

/* ---- what the kernel made of it ---- */

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
