// SPDX-License-Identifier: GPL-3.0-or-later
/* JSON written and read: RFC 8259, strictly. */
#include "base/json.h"

#include <stdlib.h>

#include "support/tap.h"

static void writes(const char *bytes, size_t len, const char *want)
{
	struct buf out;
	buf_init(&out, SIZE_MAX);
	buf_append_text(&out, "x");
	bool good = json_put_text(&out, bytes, len);
	ok(good == (want != NULL) && (want ? !strcmp(buf_text(&out) + 1, want) : out.len == 1),
	   "%s", want ? want : "no UTF-8");
	buf_free(&out);
}

#define WRITES(bytes, want) writes(bytes, sizeof(bytes) - 1, want)

static void writes_texts(void)
{
	WRITES("", "\"\"");
	WRITES("a\"b\\c/", "\"a\\\"b\\\\c/\"");
	WRITES("\b\f\n\r\t\0\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f\"");
	WRITES("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
	WRITES("\xc2\x9b\xc2\xa0\xe2\x80\xae\xe2\x81\xa6", "\"\\u009b\xc2\xa0\\u202e\\u2066\"");
	WRITES("sixteen bytes ..and\n more, and more\x1b",
	       "\"sixteen bytes ..and\\n more, and more\\u001b\"");
	WRITES("\xff", NULL);
	WRITES("a text that is long enough \xc3", NULL); /* cut */
	WRITES("\xc0\x80", NULL);                        /* overlong */
	WRITES("\xe0\x9f\xbf", NULL);
	WRITES("\xf0\x8f\xbf\xbf", NULL);
	WRITES("\xed\xa0\x80", NULL);     /* a surrogate */
	WRITES("\xf4\x90\x80\x80", NULL); /* above 10FFFF */
	WRITES("\xc3(", NULL);
	WRITES("\xe3\x80(", NULL);
}

/* What a long text becomes is what its parts become, wherever they lie. With one bad byte it is none. */
static void writes_long_texts(void)
{
	static const char *const parts[] = { "plain, and so long that it is copied in steps", "a", "\n", "\"",
		                             "\xc2\x9b", "\xc2\xa9", "\xc3\xa4", "\xe2\x80\xae", "\xe2\x82\xac",
		                             "\xeb\x8f\x99\xed\x95\xb4", "\xf0\x9f\x98\x80", "\x7f" };
	enum { COUNT = sizeof parts / sizeof *parts };
	unsigned wrong = 0, taken = 0;
	for (unsigned round = 0; round < 400; round++) {
		struct buf text = { .max = SIZE_MAX }, want = { .max = SIZE_MAX }, out = { .max = SIZE_MAX };
		unsigned most = 1 + (unsigned)rand() % COUNT; /* also rounds of ASCII alone */
		buf_append_text(&want, "\"");
		for (unsigned left = (unsigned)rand() % 2000; left > 0; left--) {
			const char *part = parts[(unsigned)rand() % most];
			struct buf one = { .max = SIZE_MAX };
			buf_append_text(&text, part);
			json_put_text(&one, part, strlen(part));
			buf_append(&want, buf_data(&one) + 1, one.len - 2);
			buf_free(&one);
		}
		buf_append_text(&want, "\"");
		wrong += !json_put_text(&out, buf_data(&text), text.len) || out.len != want.len ||
		         memcmp(buf_data(&out), buf_data(&want), want.len) != 0;
		if (text.len) {
			buf_clear(&out);
			text.memory[text.head + (unsigned)rand() % text.len] = '\xff';
			taken += json_put_text(&out, buf_data(&text), text.len) || out.len > 0;
		}
		buf_free(&text);
		buf_free(&want);
		buf_free(&out);
	}
	is_int(wrong, 0, "a long text is written as its parts are");
	is_int(taken, 0, "and none that has a byte too many");
}

/* RFC 4648 section 10. */
static void writes_base64(void)
{
	static const char *const want[] = { "\"\"",        "\"Zg==\"",     "\"Zm8=\"",
		                            "\"Zm9v\"",    "\"Zm9vYg==\"", "\"Zm9vYmE=\"",
		                            "\"Zm9vYmFy\"" };
	for (size_t len = 0; len <= 6; len++) {
		struct buf out;
		struct json json;
		struct json_value value;
		buf_init(&out, SIZE_MAX);
		json_put_base64(&out, "foobar", len);
		is_bytes(buf_data(&out), out.len, want[len], strlen(want[len]), want[len]);
		json_begin(&json, out.memory + out.head, out.len);
		ok(json_read(&json, &value) && json_base64(&value) && value.len == len &&
		           !memcmp(value.text, "foobar", len),
		   "and back");
		buf_free(&out);
	}
}

/* Whether a text is JSON; what is read of it is in memory of exactly its size. */
static bool reads(const char *text, struct json_value *value, const char **why)
{
	static char *copy;
	free(copy);
	size_t len = strlen(text);
	copy = malloc(len + 1);
	if (!copy)
		exit(99);
	memcpy(copy, text, len);
	struct json json;
	json_begin(&json, copy, len);
	bool good = json_read(&json, value);
	*why = json.why;
	return good;
}

static void is_strict(void)
{
	static const char *const good[] = { "null",
		                            " true ",
		                            "false",
		                            "0",
		                            "-0",
		                            "10.5e+3",
		                            "1E-2",
		                            "\"\\/\"",
		                            "[]",
		                            "[ 1 , 2 ]",
		                            "{}",
		                            "{\"a\":[{\"b\":null}]}",
		                            "\"\\ud83d\\ude00\"" };
	static const char *const bad[] = {
		"",
		"nul",
		"truex",
		"01",
		"-",
		"1.",
		".5",
		"1e",
		"+1",
		"NaN",
		"'a'",
		"\"a",
		"\"\\x\"",
		"\"\\u12\"",
		"\"\t\"",
		"[1,]",
		"[1 2]",
		"[",
		"{\"a\"}",
		"{a:1}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{,}",
		"1 2",
		"]",
		"\"\\\"",
		"\"\\ud800\"",
		"\"\\ud800\\ud800\"",
		"\"\\udc00\"",
		"\"\xff\"",
		"// x",
	};
	struct json_value value;
	const char *why;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ok(reads(good[i], &value, &why) && !why, "%s is JSON", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(!reads(bad[i], &value, &why) && why, "%s is not", bad[i]);
}

static void decodes_texts(void)
{
	struct json_value value;
	const char *why;
	ok(reads("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u00e4\\u20AC\\ud83d\\ude00 and plain text "
	         "after it\"",
	         &value, &why) &&
	           value.type == JSON_STRING,
	   "a text is read");
	static const char want[] =
	        "\"\\/\b\f\n\r\t\0\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 and plain text after it";
	is_bytes(value.text, value.len, want, sizeof want - 1, "in its place");
}

static void has_limits(void)
{
	char nested[2 * (JSON_DEPTH + 1) + 1] = "";
	for (int depth = 0; depth <= JSON_DEPTH; depth++) {
		nested[depth] = '[';
		nested[2 * JSON_DEPTH + 1 - depth] = ']';
	}
	struct json_value value;
	const char *why;
	int64_t is;
	uint64_t un;
	ok(!reads(nested, &value, &why), "nested too deep");
	nested[2 * JSON_DEPTH + 1] = '\0';
	ok(reads(nested + 1, &value, &why), "and as deep as it may be");
	ok(reads("18446744073709551615", &value, &why) && json_unsigned(&value, UINT64_MAX, &un) &&
	           un == UINT64_MAX,
	   "the greatest number");
	ok(reads("18446744073709551616", &value, &why) && !json_unsigned(&value, UINT64_MAX, &un),
	   "and one more");
	ok(reads("-9223372036854775808", &value, &why) &&
	           json_signed(&value, INT64_MIN, INT64_MAX, &is) && is == INT64_MIN,
	   "the smallest");
	ok(reads("-9223372036854775809", &value, &why) &&
	           !json_signed(&value, INT64_MIN, INT64_MAX, &is),
	   "and one less");
	ok(reads("256", &value, &why) && !json_unsigned(&value, 255, &un) &&
	           !json_signed(&value, -1, 255, &is),
	   "limits of ours");
	ok(reads("-1", &value, &why) && !json_unsigned(&value, 255, &un), "no sign");
	ok(reads("1.0", &value, &why) && !json_unsigned(&value, 255, &un), "no fraction");
	ok(reads("\"1\"", &value, &why) && !json_unsigned(&value, 255, &un), "no text");
}

static void walks(void)
{
	struct json json;
	struct json_value value, key, member;
	const char *why;
	ok(reads(" { \"a\" : \"\\u0031\" , \"b\" : [ 1 , {} , \"x\" ], \"\\u0063\" : null } ",
	         &value, &why),
	   "an object");
	json_begin_inside(&json, &value);
	ok(json_member(&json, &key, &member) && json_is(&key, "a") && json_is(&member, "1"),
	   "a member");
	ok(json_member(&json, &key, &member) && json_is(&key, "b") && member.type == JSON_ARRAY,
	   "the next");
	ok(json_member(&json, &key, &member) && json_is(&key, "c") && member.type == JSON_NULL &&
	           !json_member(&json, &key, &member),
	   "and the last");
}

int main(void)
{
	tap_watchdog(20);
	writes_texts();
	writes_long_texts();
	writes_base64();
	is_strict();
	decodes_texts();
	has_limits();
	walks();
	return tap_done();
}
