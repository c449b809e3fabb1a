// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/escape.h"

#include <locale.h>
#include <stdint.h>

#include "support/tap.h"

struct vector {
	const char *text, *bytes;
	size_t len;
};

#define BYTES(literal) literal, sizeof(literal) - 1

typedef bool decoder(const char *text, struct buf *out, struct error *error);

static void decode_all(decoder *decode, const struct vector *vectors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct buf out = { .max = SIZE_MAX };
		struct error error = { .text = "" };
		ok(decode(vectors[i].text, &out, &error), "%s is understood", vectors[i].text);
		is_bytes(buf_data(&out), out.len, vectors[i].bytes, vectors[i].len,
		         vectors[i].text);
		buf_free(&out);
	}
}

static void decodes(void)
{
	static const struct vector vectors[] = {
		{ "", BYTES("") },
		{ "plain", BYTES("plain") },
		{ "한글 as it is", BYTES("한글 as it is") },
		{ "\\a\\b\\e\\f\\n\\r\\t\\v", BYTES("\a\b\033\f\n\r\t\v") },
		{ "\\\\ \\\" \\' \\?", BYTES("\\ \" ' ?") },
		{ "GET / HTTP/1.0\\r\\n\\r\\n", BYTES("GET / HTTP/1.0\r\n\r\n") },
		{ "\\0", BYTES("\0") },
		{ "\\08\\18", BYTES("\0"
		                    "8\1"
		                    "8") },
		{ "\\1\\12\\1234\\377", BYTES("\1\12\123"
		                              "4\377") },
		{ "\\x00\\xfF\\xAb0", BYTES("\x00\xff\xab"
		                            "0") },
		{ "\\u{41}\\u{000041}", BYTES("AA") },
		{ "\\u{0}", BYTES("\0") },
		{ "\\u{7f}\\u{80}\\u{7FF}\\u{800}", BYTES("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80") },
		{ "\\u{d7ff}\\u{e000}\\u{ffff}", BYTES("\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf") },
		{ "\\u{10000}\\u{10FFFF}", BYTES("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf") },
		{ "\\u{d55c}", BYTES("한") },
	};
	decode_all(escape_decode, vectors, sizeof vectors / sizeof *vectors);
}

static void decodes_hex(void)
{
	static const struct vector vectors[] = {
		{ "48 65 6c", BYTES("Hel") },
		{ "48656c", BYTES("Hel") },
		{ "0x48,0x65", BYTES("He") },
		{ "0X4865 6C", BYTES("Hel") },
		{ "  00\tfF , 0a ", BYTES("\x00\xff\x0a") },
		{ "0x00", BYTES("\0") },
	};
	decode_all(escape_decode_hex, vectors, sizeof vectors / sizeof *vectors);
}

static void refuse(decoder *decode, const char *text, const char *want)
{
	struct buf out = { .max = SIZE_MAX };
	struct error error = { .code = 1 };
	buf_append_text(&out, "kept");
	ok(!decode(text, &out, &error), "%s is refused", text);
	if (!ok(strstr(error.text, want), "for this reason"))
		tap_diagnose("got ", error.text, strlen(error.text));
	is_text(buf_text(&out), "kept", "and nothing is appended");
	is_int(error.code, 0, "no system call failed");
	buf_free(&out);
}

static void refuses(void)
{
	static const struct {
		const char *text, *want;
	} table[] = {
		{ "\\", "escape \\ at column 1: nothing follows" },
		{ "half\\n \\", "escape \\ at column 8: nothing follows" },
		{ "a\\q", "escape \\q at column 2: unknown" },
		{ "한글\\한", "escape \\한 at column 5: unknown" },
		{ "\\\033[m", "escape \\^[ at column 1" },
		{ "\\8", "escape \\8 at column 1: unknown" },
		{ "\\N", "unknown" },
		{ "\\x", "escape \\x at column 1: exactly two" },
		{ "\\x4", "exactly two" },
		{ "\\xg0", "exactly two" },
		{ "\\x0g", "exactly two" },
		{ "\\u", "escape \\u at column 1: one to six" },
		{ "\\u1234", "one to six" },
		{ "\\u{", "one to six" },
		{ "\\u{}", "one to six" },
		{ "\\u{12", "one to six" },
		{ "\\u{12g}", "one to six" },
		{ "\\u{0000041}", "one to six" },
		{ "\\u{d800}", "surrogates" },
		{ "\\u{DFFF}", "surrogates" },
		{ "\\u{110000}", "10FFFF" },
		{ "\\400", "escape \\4 at column 1: an octal byte is at most \\377" },
		{ "\\777", "377" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		refuse(escape_decode, table[i].text, table[i].want);
}

static void refuses_hex(void)
{
	static const struct {
		const char *text, *want;
	} table[] = {
		{ "", "no bytes" },
		{ " , ", "no bytes" },
		{ "4", "\"4\" at column 1: half a byte" },
		{ "48 6", "\"6\" at column 4: half a byte" },
		{ "486 5c", "\"6\" at column 3: half a byte" },
		{ "48 zz", "\"z\" at column 4: not a hexadecimal digit" },
		{ "4865h", "\"h\" at column 5: not" },
		{ "0x", "\"0\" at column 1" },
		{ "0x480x65", "\"0\" at column 5" },
		{ "48\n", "\"^J\" at column 3" },
		{ "한", "\"한\" at column 1" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		refuse(escape_decode_hex, table[i].text, table[i].want);
}

static void encodes(void)
{
	static const struct vector vectors[] = {
		{ "", BYTES("") },
		{ "plain ~\\\\n", BYTES("plain ~\\n") },
		{ "\\r\\n\\t", BYTES("\r\n\t") },
		{ "\\x001\\x1b\\x7f\\xed\\x95\\x9c\"", BYTES("\0"
		                                             "1\033\177한\"") },
	};
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		struct buf out = { .max = SIZE_MAX };
		ok(escape_encode(vectors[i].bytes, vectors[i].len, &out),
		   "bytes are written as text");
		is_text(buf_text(&out), vectors[i].text, vectors[i].text);
		buf_free(&out);
	}
}

static void goes_round(void)
{
	char all[256];
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	struct buf text = { .max = SIZE_MAX }, back = { .max = SIZE_MAX };
	struct error error;
	escape_encode(all, sizeof all, &text);
	ok(escape_decode(buf_text(&text), &back, &error), "what was written is understood");
	is_bytes(buf_data(&back), back.len, all, sizeof all, "every byte comes back");
	int bad = 0;
	for (size_t i = 0; i < text.len; i++)
		bad += buf_data(&text)[i] < ' ' || buf_data(&text)[i] > '~';
	is_int(bad, 0, "through printable ASCII");
	buf_free(&text);
	buf_free(&back);
}

/* Of a ceiling that the result passes, at every point. */
static void keeps_the_ceiling(void)
{
	struct error error;
	for (size_t max = 4; max <= 9; max++) {
		struct buf out = { .max = max };
		buf_append_text(&out, "kept");
		bool fits = max == 9;
		ok(escape_decode("ab\\n\\x00c", &out, &error) == fits,
		   "a ceiling of %zu bytes is kept", max);
		is_int(out.len, fits ? 9 : 4, "all or nothing is appended");
		buf_free(&out);
		out.max = max;
		buf_append_text(&out, "kept");
		ok(escape_decode_hex("01 02030405", &out, &error) == fits, "in hexadecimal too");
		is_int(out.len, fits ? 9 : 4, "all or nothing is appended");
		buf_free(&out);
		out.max = max;
		buf_append_text(&out, "kept");
		ok(escape_encode("a\n\\", 3, &out) == fits, "and on the way back");
		is_int(out.len, fits ? 9 : 4, "all or nothing is appended");
		buf_free(&out);
	}
	struct buf full = { .max = 1 };
	ok(escape_decode_hex("41 ", &full, &error), "a full buffer is no error");
	ok(!escape_decode_hex("41", &full, &error), "one byte more is");
	ok(strstr(error.text, "longer than the 0 bytes"), "and the error says so");
	buf_free(&full);
}

int main(void)
{
	tap_watchdog(30);
	if (!setlocale(LC_ALL, "C.UTF-8"))
		setlocale(LC_ALL, "en_US.UTF-8");
	decodes();
	decodes_hex();
	refuses();
	refuses_hex();
	encodes();
	goes_round();
	keeps_the_ceiling();
	return tap_done();
}
