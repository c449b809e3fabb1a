// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json.h"

#include <string.h>

#include "base/vector.h"

#include "base/utf8.h"

/* ---- writing ---- */

static const char digits[] = "0123456789abcdef";

static char *put_escape(char *to, unsigned code)
{
	const char escape[] = { '\\',
		                'u',
		                digits[code >> 12],
		                digits[code >> 8 & 15],
		                digits[code >> 4 & 15],
		                digits[code & 15] };
	memcpy(to, escape, sizeof escape);
	return to + sizeof escape;
}

/* Controls, and what changes the direction of the text around it. */
static bool acts(unsigned code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x200e || code == 0x200f ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/* The first bytes of all longer characters that act. */
enum { ACTS_TWO = 0xc2, ACTS_THREE = 0xe2 };

/* A character that is not among the plain ones: of UTF-8. Returns the bytes that it has taken. */
static inline size_t put_odd(char **to, const unsigned char *s)
{
	static const char shorts[128] = { ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
		                          ['\t'] = 't', ['"'] = '"',  ['\\'] = '\\' };
	if (*s < 0x80 && shorts[*s]) {
		*(*to)++ = '\\';
		*(*to)++ = shorts[*s];
		return 1;
	}
	size_t taken = *s < 0x80 ? 1 : *s == ACTS_TWO ? 2 : 3;
	unsigned code = taken == 1   ? *s
	                : taken == 2 ? (*s & 0x1fU) << 6 | (s[1] & 0x3f)
	                             : (*s & 0xfU) << 12 | (s[1] & 0x3fU) << 6 | (s[2] & 0x3f);
	if (acts(code)) {
		*to = put_escape(*to, code);
		return taken;
	}
	for (size_t i = 0; i < taken; i++)
		*(*to)++ = (char)s[i];
	return taken;
}

/* The end of the UTF-8 from `s` on: the first end of a character at `stop` or after it; less if something
 * else comes before. */
static const unsigned char *pass_text(const unsigned char *s, const unsigned char *stop,
                                      const unsigned char *end)
{
	while (s < stop) {
		while (stop - s >= VECTOR &&
		       vector_first((byte_vector)(vector_load(s) > 0x7f)) == VECTOR)
			s += VECTOR;
		for (const unsigned char *some = stop - s < VECTOR ? stop : s + VECTOR; s < some;) {
			size_t taken = utf8_character((const char *)s, (size_t)(end - s));
			if (!taken)
				return s;
			s += taken;
		}
	}
	return s;
}

/* Bytes that stand for themselves in a string; `wide`: also those of longer characters, but for the first
 * bytes of characters that act. */
static inline size_t count_plain(byte_vector bytes, bool wide)
{
	byte_vector odd = (byte_vector)((bytes < 0x20) | (bytes == '"') | (bytes == '\\'));
	if (wide)
		odd |= (byte_vector)((bytes == 0x7f) | (bytes == ACTS_TWO) | (bytes == ACTS_THREE));
	else
		odd |= (byte_vector)(bytes > 0x7e);
	return vector_first(odd);
}

static inline bool is_plain(unsigned char c, bool wide)
{
	return c >= 0x20 && c != '"' && c != '\\' &&
	       (wide ? c != 0x7f && c != ACTS_TWO && c != ACTS_THREE : c < 0x7f);
}

/* The inside of a string, for which there is room. Stops before what is no ASCII, unless that is wide, which
 * is UTF-8 then. */
static inline __attribute__((always_inline)) char *
put_inside(char *to, const unsigned char **from, const unsigned char *end, bool wide)
{
	const unsigned char *s = *from;
	while (s < end && (wide || *s < 0x80)) {
		if (end - s >= VECTOR) {
			byte_vector front = vector_load(s);
			vector_store(to, front);
			size_t plain = count_plain(front, wide);
			if (plain == VECTOR) {
				s += VECTOR; /* not `plain`: the next bytes need not wait for it */
				to += VECTOR;
				continue;
			}
			s += plain;
			to += plain;
		}
		while (s < end && is_plain(*s, wide))
			*to++ = (char)*s++;
		while (s < end && (wide || *s < 0x80) && !is_plain(*s, wide))
			s += put_odd(&to, s);
	}
	*from = s;
	return to;
}

enum { STRETCH = 4096, LONGEST = 6 }; /* bytes at a time, and what one of them becomes at most */

bool json_put_text(struct buf *out, const char *bytes, size_t len)
{
	const unsigned char *s = (const unsigned char *)bytes, *end = s + len;
	size_t before = out->len;
	buf_append(out, "\"", 1);
	while (s < end) {
		char *begin = buf_reserve(out, (size_t)LONGEST * (STRETCH + 3) + VECTOR);
		const unsigned char *stop = end - s > STRETCH ? s + STRETCH : end;
		char *to = put_inside(begin, &s, stop, false);
		const unsigned char *checked = pass_text(s, stop, end);
		if (checked < stop) {
			out->len = before;
			return false;
		}
		to = put_inside(to, &s, checked, true);
		buf_commit(out, (size_t)(to - begin));
	}
	return buf_append(out, "\"", 1);
}

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void json_put_base64(struct buf *out, const void *bytes, size_t len)
{
	const unsigned char *s = bytes;
	char *to = buf_reserve(out, (len + 2) / 3 * 4 + 2);
	*to++ = '"';
	for (; len >= 3; s += 3, len -= 3, to += 4) {
		unsigned three = (unsigned)s[0] << 16 | (unsigned)s[1] << 8 | s[2];
		to[0] = letters[three >> 18];
		to[1] = letters[three >> 12 & 63];
		to[2] = letters[three >> 6 & 63];
		to[3] = letters[three & 63];
	}
	if (len) {
		unsigned three = (unsigned)s[0] << 16 | (len > 1 ? (unsigned)s[1] << 8 : 0);
		*to++ = letters[three >> 18];
		*to++ = letters[three >> 12 & 63];
		*to++ = len > 1 ? letters[three >> 6 & 63] : '=';
		*to++ = '=';
	}
	*to++ = '"';
	buf_commit(out, (size_t)(to - (buf_data(out) + out->len)));
}

/* ---- reading ---- */

void json_begin(struct json *json, char *text, size_t len)
{
	*json = (struct json){ .at = text, .end = text + len };
}

void json_begin_inside(struct json *json, const struct json_value *value)
{
	*json = (struct json){ .at = value->text + 1,
		               .end = value->text + value->len,
		               .first = true };
}

static bool fail(struct json *json, const char *why)
{
	json->why = why;
	return false;
}

static void skip_blanks(struct json *json)
{
	while (json->at < json->end &&
	       (*json->at == ' ' || *json->at == '\t' || *json->at == '\n' || *json->at == '\r'))
		json->at++;
}

static bool take(struct json *json, char c)
{
	if (json->at >= json->end || *json->at != c)
		return false;
	json->at++;
	return true;
}

static int hex(char c)
{
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* The four digits of a \u; -1 where there are none. */
static int take_code(struct json *json)
{
	int code = 0;
	for (int i = 0; i < 4; i++, json->at++) {
		int digit = json->at < json->end ? hex(*json->at) : -1;
		if (digit < 0)
			return -1;
		code = code << 4 | digit;
	}
	return code;
}

/* After the backslash. `to` is never ahead of what is read, as an escape is longer than its bytes. */
static bool take_escape(struct json *json, char **to)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *name = json->at < json->end && *json->at ? strchr(names, *json->at) : NULL;
	char *begin = json->at - 1;
	if (name) {
		json->at++;
		*(*to)++ = bytes[name - names];
		return true;
	}
	if (!take(json, 'u'))
		return fail(json, "no escape of JSON");
	int code = take_code(json);
	if (code < 0)
		return fail(json, "\\u needs four hexadecimal digits");
	if (code >= 0xd800 && code < 0xdc00 && take(json, '\\') && take(json, 'u')) {
		int low = take_code(json);
		code = low >= 0xdc00 && low < 0xe000
		               ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
		               : code;
	}
	if (code >= 0xd800 && code < 0xe000) {
		json->at = begin;
		return fail(json, "a lone surrogate");
	}
	*to += utf8_encode((uint32_t)code, *to);
	return true;
}

/* After its quote. With `decodes` the bytes take the place of what is written. */
static bool take_string(struct json *json, struct json_value *value, bool decodes)
{
	char *begin = json->at, *to = begin;
	char scratch[VECTOR];
	*value = (struct json_value){ .type = JSON_STRING, .text = begin };
	for (;;) {
		byte_vector front = { 0 }; /* its zeros end it */
		if (json->end - json->at >= VECTOR)
			front = vector_load(json->at);
		if (vector_first((byte_vector)((front < 0x20) | (front > 0x7e) | (front == '"') |
		                               (front == '\\'))) == VECTOR) {
			vector_store(decodes ? to : scratch, front);
			json->at += VECTOR;
			to += VECTOR;
			continue;
		}
		if (json->at >= json->end)
			return fail(json, "the string has no end");
		unsigned char c = (unsigned char)*json->at;
		char *put = decodes ? to : scratch;
		if (c == '"') {
			value->len = (size_t)(to - begin);
			json->at++;
			return true;
		}
		if (c == '\\') {
			json->at++;
			char *put_end = put;
			if (!take_escape(json, &put_end))
				return false;
			to += put_end - put;
			continue;
		}
		if (c < 0x20)
			return fail(json, "a control character within a string");
		size_t taken = utf8_character(json->at, (size_t)(json->end - json->at));
		if (!taken)
			return fail(json, "no UTF-8");
		memmove(put, json->at, taken);
		json->at += taken;
		to += taken;
	}
}

static size_t take_digits(struct json *json)
{
	char *begin = json->at;
	while (json->at < json->end && *json->at >= '0' && *json->at <= '9')
		json->at++;
	return (size_t)(json->at - begin);
}

static bool take_number(struct json *json, struct json_value *value)
{
	*value = (struct json_value){ .type = JSON_NUMBER, .text = json->at };
	take(json, '-');
	char *whole = json->at;
	size_t count = take_digits(json);
	if (!count || (count > 1 && *whole == '0'))
		return fail(json, count ? "a number with a zero in front" : "a value is missing");
	if (take(json, '.') && !take_digits(json))
		return fail(json, "a number without digits");
	if (take(json, 'e') || take(json, 'E')) {
		if (!take(json, '+'))
			take(json, '-');
		if (!take_digits(json))
			return fail(json, "a number without digits");
	}
	value->len = (size_t)(json->at - value->text);
	return true;
}

static bool take_word(struct json *json, struct json_value *value)
{
	static const char *const words[] = {
		[JSON_NULL] = "null", [JSON_FALSE] = "false", [JSON_TRUE] = "true"
	};
	for (enum json_type type = JSON_NULL; type <= JSON_TRUE; type++) {
		size_t len = strlen(words[type]);
		if ((size_t)(json->end - json->at) >= len &&
		    memcmp(json->at, words[type], len) == 0) {
			*value = (struct json_value){ type, json->at, len };
			json->at += len;
			return true;
		}
	}
	return fail(json, "a value is missing");
}

static bool take_value(struct json *json, struct json_value *value, unsigned depth, bool decodes);

/* After its bracket. */
static bool take_nested(struct json *json, struct json_value *value, unsigned depth, bool is_object)
{
	char *begin = json->at - 1;
	char close = is_object ? '}' : ']';
	struct json_value ignored;
	if (depth >= JSON_DEPTH) {
		json->at = begin;
		return fail(json, "nested too deep");
	}
	skip_blanks(json);
	bool is_empty = take(json, close);
	while (!is_empty) {
		skip_blanks(json);
		if (is_object) {
			if (!take(json, '"'))
				return fail(json, "a name in quotes is missing");
			if (!take_string(json, &ignored, false))
				return false;
			skip_blanks(json);
			if (!take(json, ':'))
				return fail(json, "a colon is missing");
		}
		if (!take_value(json, &ignored, depth + 1, false))
			return false;
		skip_blanks(json);
		if (take(json, close))
			break;
		if (!take(json, ','))
			return fail(json, is_object ? "a comma or } is missing"
			                            : "a comma or ] is missing");
	}
	*value = (struct json_value){ is_object ? JSON_OBJECT : JSON_ARRAY, begin,
		                      (size_t)(json->at - begin) };
	return true;
}

static bool take_value(struct json *json, struct json_value *value, unsigned depth, bool decodes)
{
	skip_blanks(json);
	if (json->at >= json->end)
		return fail(json, "a value is missing");
	if (take(json, '"'))
		return take_string(json, value, decodes);
	if (take(json, '{'))
		return take_nested(json, value, depth, true);
	if (take(json, '['))
		return take_nested(json, value, depth, false);
	if (*json->at == '-' || (*json->at >= '0' && *json->at <= '9'))
		return take_number(json, value);
	return take_word(json, value);
}

bool json_read(struct json *json, struct json_value *value)
{
	if (!take_value(json, value, 0, true))
		return false;
	skip_blanks(json);
	return json->at == json->end || fail(json, "something follows the value");
}

/* The inside has been checked: only the cursor has to be moved. */
static bool next(struct json *json)
{
	skip_blanks(json);
	if (json->why || take(json, '}'))
		return false;
	if (!json->first)
		take(json, ',');
	json->first = false;
	skip_blanks(json);
	return json->at < json->end;
}

bool json_member(struct json *json, struct json_value *key, struct json_value *value)
{
	if (!next(json) || !take(json, '"') || !take_string(json, key, true))
		return false;
	skip_blanks(json);
	return take(json, ':') && take_value(json, value, 0, true);
}

bool json_is(const struct json_value *value, const char *text)
{
	return value->type == JSON_STRING && strlen(text) == value->len &&
	       memcmp(value->text, text, value->len) == 0;
}

bool json_unsigned(const struct json_value *value, uint64_t most, uint64_t *number)
{
	*number = 0;
	if (value->type != JSON_NUMBER)
		return false;
	for (size_t i = 0; i < value->len; i++) {
		unsigned digit = (unsigned char)value->text[i] - '0';
		if (digit > 9 || *number > (most - digit) / 10 || digit > most)
			return false;
		*number = *number * 10 + digit;
	}
	return true;
}

bool json_signed(const struct json_value *value, int64_t least, int64_t most, int64_t *number)
{
	uint64_t magnitude;
	struct json_value part = *value;
	bool negative = value->type == JSON_NUMBER && value->text[0] == '-';
	if (negative) {
		part.text++;
		part.len--;
	}
	if (!json_unsigned(&part, negative ? UINT64_C(1) << 63 : INT64_MAX, &magnitude))
		return false;
	*number = negative ? (int64_t)-magnitude : (int64_t)magnitude;
	return *number >= least && *number <= most;
}

static int sixty_fourth(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool json_base64(struct json_value *value)
{
	if (value->type != JSON_STRING || value->len % 4)
		return false;
	char *to = value->text;
	for (size_t i = 0; i < value->len; i += 4) {
		const char *four = value->text + i;
		bool is_last = i + 4 == value->len;
		int missing = !is_last                           ? 0
		              : four[2] == '=' && four[3] == '=' ? 2
		              : four[3] == '='                   ? 1
		                                                 : 0;
		unsigned three = 0;
		for (int k = 0; k < 4; k++) {
			int digit = k >= 4 - missing ? 0 : sixty_fourth(four[k]);
			if (digit < 0)
				return false;
			three = three << 6 | (unsigned)digit;
		}
		if (three & (missing == 2 ? 0xffff : missing == 1 ? 0xff : 0))
			return false; /* bits that stand for nothing */
		const char bytes[] = { (char)(three >> 16), (char)(three >> 8), (char)three };
		memcpy(to, bytes, 3);
		to += 3 - missing;
	}
	value->len = (size_t)(to - value->text);
	return true;
}
