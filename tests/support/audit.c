// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/audit.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KIND_MAX = 48, PENDING_MAX = 64 };

enum state {
	TEXT,
	CHARACTER,  /* in the middle of a UTF-8 character */
	ESCAPE,     /* after ESC and its intermediates */
	CONTROL,    /* after CSI */
	STRING,     /* inside OSC, DCS, APC, PM, SOS */
	STRING_ESC, /* ESC in there: the start of ST, or the end of it all */
};

struct audit {
	enum state state;
	int more; /* bytes missing of a character */
	uint32_t character;
	const char *string; /* "OSC" … */
	char pending[PENDING_MAX];
	size_t pending_len;
	char (*kinds)[KIND_MAX];
	unsigned long *counts;
	size_t count, size;
};

struct audit *audit_new(void)
{
	struct audit *audit = calloc(1, sizeof *audit);
	if (!audit)
		abort();
	return audit;
}

void audit_free(struct audit *audit)
{
	if (!audit)
		return;
	free(audit->kinds);
	free(audit->counts);
	free(audit);
}

static size_t find(const struct audit *audit, const char *kind)
{
	size_t i = 0;
	while (i < audit->count && strcmp(audit->kinds[i], kind) != 0)
		i++;
	return i;
}

static void grow(struct audit *audit)
{
	audit->size = audit->size ? 2 * audit->size : 32;
	audit->kinds = realloc(audit->kinds, audit->size * sizeof *audit->kinds);
	audit->counts = realloc(audit->counts, audit->size * sizeof *audit->counts);
	if (!audit->kinds || !audit->counts)
		abort();
}

static void note(struct audit *audit, const char *class, const char *rest)
{
	char kind[KIND_MAX];
	snprintf(kind, sizeof kind, "%s %s", class, rest);
	size_t i = find(audit, kind);
	if (i == audit->count) {
		if (audit->count == audit->size)
			grow(audit);
		memcpy(audit->kinds[i], kind, sizeof kind);
		audit->counts[i] = 0;
		audit->count++;
	}
	audit->counts[i]++;
}

static void note_byte(struct audit *audit, const char *class, unsigned byte)
{
	char hex[8];
	snprintf(hex, sizeof hex, "%02x", byte);
	note(audit, class, hex);
}

static void start(struct audit *audit, enum state state)
{
	audit->state = state;
	audit->pending_len = 0;
	audit->pending[0] = '\0';
}

static void start_string(struct audit *audit, const char *class)
{
	audit->string = class;
	start(audit, STRING);
}

static void keep(struct audit *audit, unsigned char byte)
{
	if (audit->pending_len == PENDING_MAX - 1)
		return;
	audit->pending[audit->pending_len++] = (char)byte;
	audit->pending[audit->pending_len] = '\0';
}

static void end_string(struct audit *audit)
{
	note(audit, audit->string, audit->pending);
	start(audit, TEXT);
}

/* "?1049h" stays whole; of "1;31m" only the m counts, of "?1$p" all but the number. */
static void end_control(struct audit *audit, unsigned char final)
{
	char kind[PENDING_MAX + 2];
	size_t len = 0;
	bool mode = final == 'h' || final == 'l';
	for (size_t i = 0; i < audit->pending_len; i++)
		if (mode || !strchr("0123456789;:", audit->pending[i]))
			kind[len++] = audit->pending[i];
	kind[len++] = (char) final;
	kind[len] = '\0';
	note(audit, "CSI", kind);
	start(audit, TEXT);
}

static const char *string_class(unsigned char byte)
{
	switch (byte) {
	case ']':
		return "OSC";
	case 'P':
		return "DCS";
	case '_':
		return "APC";
	case '^':
		return "PM";
	case 'X':
		return "SOS";
	default:
		return NULL;
	}
}

/* Terminals that know C1 act on the byte as on ESC and the character 64 below. */
static void take_c1(struct audit *audit, unsigned byte)
{
	unsigned char letter = (unsigned char)(byte - 0x40);
	note_byte(audit, "C1", byte);
	if (letter == '[')
		start(audit, CONTROL);
	else if (string_class(letter))
		start_string(audit, string_class(letter));
	else
		start(audit, TEXT);
}

static void take_escape(struct audit *audit, unsigned char byte)
{
	bool first = audit->pending_len == 0;
	if (first && byte == '[') {
		start(audit, CONTROL);
	} else if (first && string_class(byte)) {
		start_string(audit, string_class(byte));
	} else {
		keep(audit, byte);
		if (byte >= 0x30) {
			note(audit, "ESC", audit->pending);
			start(audit, TEXT);
		}
	}
}

static void take_text(struct audit *audit, unsigned char byte)
{
	if (byte < 0x20 || byte == 0x7f) {
		note_byte(audit, "C0", byte);
	} else if (byte >= 0x80 && byte < 0xa0) {
		take_c1(audit, byte);
	} else if (byte >= 0xc2 && byte < 0xf5) {
		audit->more = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
		audit->character = byte & (0x3fu >> audit->more);
		audit->state = CHARACTER;
	}
}

static void take(struct audit *audit, unsigned char byte);

static void take_character(struct audit *audit, unsigned char byte)
{
	if ((byte & 0xc0) != 0x80) {
		start(audit, TEXT);
		take(audit, byte);
		return;
	}
	audit->character = audit->character << 6 | (byte & 0x3f);
	if (--audit->more > 0)
		return;
	start(audit, TEXT);
	if (audit->character >= 0x80 && audit->character < 0xa0)
		take_c1(audit, (unsigned)audit->character);
}

/* A string ends with ST, BEL or the C1 of ST (raw or as UTF-8), and CAN and SUB cut it off. */
static void take_string(struct audit *audit, unsigned char byte)
{
	bool utf8_c1 = audit->pending_len > 0 &&
	               (unsigned char)audit->pending[audit->pending_len - 1] == 0xc2;
	if (byte == '\033')
		audit->state = STRING_ESC;
	else if (byte == '\a' || byte == 0x18 || byte == 0x1a || (byte == 0x9c && utf8_c1))
		end_string(audit);
	else
		keep(audit, byte);
}

static void take_control(struct audit *audit, unsigned char byte)
{
	if (byte >= 0x40 && byte <= 0x7e)
		end_control(audit, byte);
	else if (byte < 0x20)
		note_byte(audit, "C0", byte);
	else
		keep(audit, byte);
}

static void take(struct audit *audit, unsigned char byte)
{
	if (audit->state == STRING_ESC) {
		end_string(audit);
		if (byte != '\\') {
			start(audit, ESCAPE);
			take(audit, byte);
		}
		return;
	}
	if (byte == '\033' && audit->state != STRING) {
		start(audit, ESCAPE);
		return;
	}
	switch (audit->state) {
	case TEXT:
		take_text(audit, byte);
		break;
	case CHARACTER:
		take_character(audit, byte);
		break;
	case ESCAPE:
		take_escape(audit, byte);
		break;
	case CONTROL:
		take_control(audit, byte);
		break;
	case STRING:
	case STRING_ESC:
		take_string(audit, byte);
		break;
	}
}

void audit_feed(struct audit *audit, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		take(audit, (unsigned char)bytes[i]);
}

bool audit_has(const struct audit *audit, const char *kind)
{
	return find(audit, kind) < audit->count;
}

bool audit_has_any(const struct audit *audit, const char *prefix)
{
	for (size_t i = 0; i < audit->count; i++)
		if (strncmp(audit->kinds[i], prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

static void print(const char *word, const char *kind, unsigned long count)
{
	printf("# audit: %s \"", word);
	for (const char *c = kind; *c; c++)
		putchar(*c >= ' ' && *c <= '~' ? *c : '?');
	printf("\" x %lu\n", count);
}

size_t audit_count_new(const struct audit *audit, const struct audit *known)
{
	size_t new = 0;
	for (size_t i = 0; i < audit->count; i++) {
		if (audit_has(known, audit->kinds[i]))
			continue;
		print("new", audit->kinds[i], audit->counts[i]);
		new ++;
	}
	if (audit->state != TEXT) {
		print("unfinished", audit->pending, 1);
		new ++;
	}
	return new;
}

void audit_print(const struct audit *audit)
{
	for (size_t i = 0; i < audit->count; i++)
		print("has", audit->kinds[i], audit->counts[i]);
}
