// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/keys.h"

#include <string.h>
#include <wchar.h>

#include "base/alloc.h"
#include "base/clock.h"

enum {
	ESC = 27,
	BEL = 7,
	BRACKET = 6,             /* bytes of a paste bracket */
	SGR_PREFIX = 3,          /* of "ESC [ <" */
	X10_LENGTH = 6,          /* of "ESC [ M" and three bytes */
	MOUSE_MOST = 100000,     /* numbers of a mouse report end here */
	PENDING_MOST = 64 << 20, /* a unit this long is taken as it is */
};

static const char PASTE_BEGIN[] = "\033[200~";
static const char PASTE_END[] = "\033[201~";

/* The unit at the front; len 0: incomplete. */
struct cut {
	size_t len;
	enum key_kind kind;
};

static const struct cut INCOMPLETE = { 0, KEY_SEQUENCE };

static struct cut sequence(size_t len)
{
	return (struct cut){ len, KEY_SEQUENCE };
}

void keys_init(struct keys *keys)
{
	*keys = (struct keys){ .escape_time = KEYS_ESCAPE_MS * CLOCK_MS };
	buf_init(&keys->pending, SIZE_MAX);
}

void keys_free(struct keys *keys)
{
	buf_free(&keys->pending);
}

/* A whole "[A", "[1;5C", "[[A", "[200~" or "OP" at the front. */
static bool starts_with_tail(const char *s, size_t n)
{
	if (n < 2 || (s[0] != '[' && s[0] != 'O'))
		return false;
	size_t at = 1;
	while (at < n && s[at] >= 0x20 && s[at] <= 0x3f)
		at++;
	if (at == 1 && s[0] == '[' && s[1] == '[')
		at++;
	return at < n && s[at] >= 0x40 && s[at] <= 0x7e;
}

void keys_feed(struct keys *keys, const void *bytes, size_t len, int64_t now)
{
	bool cut = keys->escaped && now - keys->escaped < KEYS_TAIL_MS * CLOCK_MS &&
	           keys->pending.len == keys->consumed && starts_with_tail(bytes, len);
	if (cut)
		buf_append(&keys->pending, "\033", 1);
	keys->escaped = 0;
	buf_append(&keys->pending, bytes, len);
	keys->fed = now;
}

/* A character of the locale. An incomplete one waits without a limit. */
static struct cut cut_character(const char *s, size_t n)
{
	mbstate_t state = { 0 };
	size_t len = mbrlen(s, n, &state);
	if (len == (size_t)-2)
		return INCOMPLETE;
	if (len == (size_t)-1)
		return (struct cut){ 1, KEY_INVALID };
	return (struct cut){ len ? len : 1, KEY_TEXT };
}

/* The search goes on where the last one ended, less the length of an incomplete end bracket. */
static struct cut cut_paste(struct keys *keys, const char *s, size_t n, bool late)
{
	size_t from = keys->scanned > BRACKET ? keys->scanned : BRACKET;
	const char *end = memmem(s + from, n - from, PASTE_END, BRACKET);
	if (end)
		return (struct cut){ (size_t)(end - s) + BRACKET, KEY_PASTE };
	keys->scanned = n - from >= BRACKET ? n - BRACKET + 1 : from;
	return (struct cut){ late ? n : 0, KEY_PASTE };
}

/* After ESC [ or ESC O, parameters from `first` on, and a final byte that names the key. A byte
 * that is neither ends the unit before itself. */
static struct cut cut_control(struct keys *keys, const char *s, size_t n, size_t first, bool late)
{
	size_t at = keys->scanned > first ? keys->scanned : first;
	while (at < n && s[at] >= 0x20 && s[at] <= 0x3f)
		at++;
	keys->scanned = at;
	if (at == n)
		return sequence(late ? n : 0);
	return sequence(s[at] >= 0x40 && s[at] <= 0x7e ? at + 1 : at);
}

/* A report of the terminal (OSC, DCS): a string that ends with BEL or ESC \. */
static struct cut cut_string(struct keys *keys, const char *s, size_t n, bool late)
{
	size_t at = keys->scanned > 2 ? keys->scanned : 2;
	while (at < n && ((unsigned char)s[at] >= 0x20 && s[at] != 0x7f))
		at++;
	keys->scanned = at;
	if (at == n || (s[at] == ESC && at + 1 == n))
		return sequence(late ? n : 0);
	if (s[at] == BEL)
		return sequence(at + 1);
	return sequence(s[at] == ESC && s[at + 1] == '\\' ? at + 2 : at);
}

static bool starts_paste(const char *s, size_t n)
{
	return n >= BRACKET && memcmp(s, PASTE_BEGIN, BRACKET) == 0;
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

/* Alt-] and Alt-P begin like a report; the next byte tells the difference. */
static bool starts_string(const char *s)
{
	return s[1] == ']' ? is_one_of(s[2], "0123456789") : is_one_of(s[2], "0123456789!$+>|");
}

static struct cut cut_bracketed(struct keys *keys, const char *s, size_t n, bool late)
{
	if (starts_paste(s, n))
		return cut_paste(keys, s, n, late);
	if (n > 2 && s[1] == '[' && s[2] == '[') /* F1 to F5 of the Linux console */
		return sequence(n >= 4 ? 4 : late ? n : 0);
	if (n > 2 && s[1] == '[' && s[2] == 'M')
		return sequence(n >= X10_LENGTH ? X10_LENGTH : late ? n : 0);
	return cut_control(keys, s, n, 2, late);
}

/* ESC before the sequence of a key is Alt and that key, as rxvt sends it; but not before a paste or
 * a mouse report. */
static struct cut cut_double_escape(struct keys *keys, const char *s, size_t n, bool late)
{
	if (n == 2)
		return sequence(late ? 2 : 0);
	if (s[2] != '[' && s[2] != 'O')
		return sequence(2);
	if (n > 3 && s[2] == '[' && is_one_of(s[3], "M<["))
		return sequence(1);
	struct cut cut = cut_control(keys, s, n, 3, late);
	return starts_paste(s + 1, n - 1) ? sequence(1) : cut;
}

static struct cut cut_escape(struct keys *keys, const char *s, size_t n, bool late)
{
	if (n == 1)
		return sequence(late ? 1 : 0);
	if (s[1] == '[' || s[1] == 'O')
		return cut_bracketed(keys, s, n, late);
	if (s[1] == ESC)
		return cut_double_escape(keys, s, n, late);
	if (s[1] == ']' || s[1] == 'P') {
		if (n == 2)
			return sequence(late ? 2 : 0);
		if (starts_string(s))
			return cut_string(keys, s, n, late);
	}
	struct cut inner = cut_character(s + 1, n - 1);
	if (inner.kind == KEY_INVALID || (inner.len == 0 && late))
		return sequence(1);
	return sequence(inner.len ? inner.len + 1 : 0);
}

/* Nobody types the beginning of a paste bracket: a slow line has cut it. */
static bool may_become_paste(const char *s, size_t n)
{
	return n > 2 && memcmp(s, PASTE_BEGIN, n < BRACKET ? n : BRACKET) == 0;
}

/* Nor its parameters. rxvt ends some keys with a byte ("ESC [ 5 $") after which more could come. */
static bool is_in_parameters(const char *s, size_t n)
{
	return n > 2 && s[1] == '[' && s[n - 1] >= 0x30 && s[n - 1] <= 0x3f;
}

static int64_t timeout(const struct keys *keys, const char *s, size_t n)
{
	if (may_become_paste(s, n))
		return KEYS_PASTE_MS * CLOCK_MS;
	return is_in_parameters(s, n) ? KEYS_TAIL_MS * CLOCK_MS : keys->escape_time;
}

static struct cut cut_unit(struct keys *keys, const char *s, size_t n, int64_t now)
{
	if (s[0] != ESC)
		return cut_character(s, n);
	bool late = now - keys->fed >= timeout(keys, s, n) || n >= PENDING_MOST;
	return cut_escape(keys, s, n, late);
}

/* A decimal number, with a ceiling; false where there is none. */
static bool parse_number(const char **s, const char *end, int *number)
{
	const char *begin = *s;
	int value = 0;
	while (*s < end && **s >= '0' && **s <= '9') {
		value = value * 10 + (**s - '0');
		if (value > MOUSE_MOST)
			value = MOUSE_MOST;
		++*s;
	}
	*number = value;
	return *s > begin;
}

static int from_zero(int number)
{
	return number > 0 ? number - 1 : 0;
}

/* ESC [ < button ; column ; row M, or m when it was released. */
static bool parse_sgr_mouse(struct key *key)
{
	const char *s = key->bytes + SGR_PREFIX, *end = key->bytes + key->len - 1;
	int number[3];
	for (int i = 0; i < 3; i++) {
		if (i > 0 && (s >= end || *s++ != ';'))
			return false;
		if (!parse_number(&s, end, &number[i]))
			return false;
	}
	if (s != end || (*end != 'M' && *end != 'm'))
		return false;
	key->button = number[0];
	key->column = from_zero(number[1]);
	key->row = from_zero(number[2]);
	key->pressed = *end == 'M';
	return true;
}

/* ESC [ M and three bytes, each 32 too large; button 3: some button was released. */
static void parse_x10_mouse(struct key *key)
{
	const unsigned char *s = (const unsigned char *)key->bytes + 3;
	key->button = s[0] > 32 ? s[0] - 32 : 0;
	key->column = from_zero(s[1] - 32);
	key->row = from_zero(s[2] - 32);
	key->pressed = key->button >= 64 || (key->button & 3) != 3;
}

static void recognise_mouse(struct key *key)
{
	if (key->len > SGR_PREFIX && memcmp(key->bytes, "\033[<", SGR_PREFIX) == 0 &&
	    parse_sgr_mouse(key))
		key->kind = KEY_MOUSE;
	if (key->len == X10_LENGTH && memcmp(key->bytes, "\033[M", 3) == 0) {
		parse_x10_mouse(key);
		key->kind = KEY_MOUSE;
	}
}

static void strip_brackets(struct key *key)
{
	key->bytes += BRACKET;
	key->len -= BRACKET;
	if (key->len >= BRACKET && memcmp(key->bytes + key->len - BRACKET, PASTE_END, BRACKET) == 0)
		key->len -= BRACKET;
}

bool keys_next(struct keys *keys, int64_t now, struct key *key)
{
	buf_consume(&keys->pending, keys->consumed);
	keys->consumed = 0;
	if (!keys->pending.len)
		return false;
	const char *bytes = buf_data(&keys->pending);
	struct cut cut = cut_unit(keys, bytes, keys->pending.len, now);
	if (!cut.len)
		return false;
	bool alone = cut.len == 1 && *bytes == ESC && keys->pending.len == 1;
	keys->escaped = alone ? now : 0;
	keys->consumed = cut.len;
	keys->scanned = 0;
	*key = (struct key){ .kind = cut.kind, .bytes = bytes, .len = cut.len };
	if (key->kind == KEY_PASTE)
		strip_brackets(key);
	else if (key->kind == KEY_SEQUENCE)
		recognise_mouse(key);
	return true;
}

void keys_wipe(struct keys *keys)
{
	if (keys->consumed)
		wipe(keys->pending.memory + keys->pending.head, keys->consumed);
}

int64_t keys_deadline(const struct keys *keys)
{
	const char *bytes = buf_data(&keys->pending) + keys->consumed;
	size_t len = keys->pending.len - keys->consumed;
	if (!len || bytes[0] != ESC)
		return INT64_MAX;
	return keys->fed + timeout(keys, bytes, len);
}
