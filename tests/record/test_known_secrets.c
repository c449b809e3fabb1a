// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/known_secrets.h"

#include <stdio.h>
#include <string.h>

#include "support/tap.h"

static struct known_secrets *known;

static bool meets(uint64_t stream, const char *text)
{
	return known_secrets_meet(known, stream, text, strlen(text), false);
}

static void test_whole(void)
{
	known = known_secrets_new();
	ok(!meets(1, "hunter2"), "nothing is known at first");
	known_secrets_add(known, "hunter2", 7);
	ok(meets(1, "hunter2") && meets(1, "x hunter2\r\n") && meets(0, "hunter2"), "a secret");
	ok(!meets(1, "hunter1 unter2") && !meets(1, ""), "and nothing else");
	known_secrets_add(known, "abc\nlonger\r\nlast", 16);
	ok(!meets(1, "abc"), "what is too short is not looked for");
	ok(meets(1, "longer") && meets(1, "last."), "each line of several is");
	known_secrets_free(known);
}

/* In all the ways in which it can be cut, each bit of a number a cut or none. */
static void test_split(void)
{
	static const char secret[] = "aabaabcz";
	enum { LEN = sizeof secret - 1 };
	size_t shown_most = 0, not_met = 0;
	for (unsigned cuts = 0; cuts < 1U << LEN; cuts++) {
		size_t begin = 0, shown = 0;
		bool met = false;
		known = known_secrets_new();
		known_secrets_add(known, secret, LEN);
		meets(7, cuts >> (LEN - 1) ? "before" : "before aab"); /* which it begins with */
		for (size_t i = 1; i <= LEN; i++) {
			if (i < LEN && !(cuts >> (i - 1) & 1))
				continue;
			met = known_secrets_meet(known, 7, secret + begin, i - begin, false);
			shown += met ? 0 : i - begin;
			begin = i;
		}
		not_met += !met;
		shown_most = shown > shown_most ? shown : shown_most;
		known_secrets_free(known);
	}
	is_int(not_met, 0, "cut anywhere, its end is always met");
	is_int(shown_most, 3, "and no more than three bytes are shown");
}

static void test_streams(void)
{
	known = known_secrets_new();
	known_secrets_add(known, "hunter2", 7);
	ok(meets(1, "say hunt"), "a beginning at the end");
	ok(!meets(2, "er2"), "does not go on in another stream");
	ok(meets(1, "er2 and more"), "but in its own");
	ok(!meets(1, "er2"), "once");
	ok(!meets(1, "hun") && !meets(1, "x") && !meets(1, "ter2"), "nor after something else");
	ok(known_secrets_meet(known, 1, "hunt", 4, true) && !meets(1, "er2"),
	   "peeked bytes come again");
	ok(meets(0, "hunt") && !meets(0, "er2"), "nothing goes on among datagrams");
	for (uint64_t stream = 1; stream <= 100; stream++)
		meets(stream, "hunt");
	ok(meets(100, "er2") && !meets(1, "er2"), "of many the newest are followed");
	known_secrets_free(known);
}

static void test_bounds(void)
{
	char text[1000];
	known = known_secrets_new();
	memset(text, 'x', sizeof text);
	known_secrets_add(known, text, sizeof text);
	ok(known_secrets_meet(known, 1, text, 512, false), "of a long one the first 512 bytes");
	ok(meets(2, "xxxx") && !meets(3, "xxx"), "a beginning");
	for (int i = 0; i < 64; i++) {
		snprintf(text, sizeof text, "secret number %02d", i);
		known_secrets_add(known, text, strlen(text));
		known_secrets_add(known, text, strlen(text));
	}
	ok(!meets(2, "xxxx"), "the oldest of many is forgotten");
	ok(meets(4, "secret number 00") && meets(4, "secret number 63"), "64 are not");
	known_secrets_free(known);
	known_secrets_free(NULL);
}

int main(void)
{
	test_whole();
	test_split();
	test_streams();
	test_bounds();
	tap_done();
}
