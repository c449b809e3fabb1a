// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/grammar.h"

#include <string.h>

#include "base/alloc.h"
#include "support/tap.h"

static const char open_usage[] = "[tcp|udp] <address> [<port>] [as <name>]";
static const char listen_usage[] = "[tcp|udp] [<local-address>] <port> [none|echo] [as <name>]";

static const char view_usage[] = "[chat|hex] [all]";
static const char recv_usage[] = "[<bytes>] [peek|urgent|waitall]";
static const char option_usage[] = "[<option>] [<value...>]";

/* The values, '|' between them, "-" for one left out, then those with a tag: " as NAME"; or the
 * error. */
static const char *match(const char *command, const char *usage, const char *line)
{
	static char text[1024];
	struct element elements[GRAMMAR_MAX];
	struct args args;
	struct error error = { 0 };
	size_t count = grammar_elements(usage, elements);
	if (!grammar_match(command, usage, line, &args, &error)) {
		snprintf(text, sizeof text, "%s", error.text);
		return text;
	}
	*text = '\0';
	for (size_t i = 0; i < count; i++) {
		if (elements[i].tagged)
			continue;
		strncat(text, i ? "|" : "", sizeof text - strlen(text) - 1);
		strncat(text, args.value[i] ? args.value[i] : "-", sizeof text - strlen(text) - 1);
	}
	for (size_t i = 0; i < count; i++)
		if (elements[i].tagged && args.value[i]) {
			char one[100];
			snprintf(one, sizeof one, " %.*s %s", (int)elements[i].literals_len,
			         elements[i].literals, args.value[i]);
			strncat(text, one, sizeof text - strlen(text) - 1);
		}
	args_free(&args);
	return text;
}

/* What could begin where the line ends: names, or literals in brackets. */
static const char *expected(const char *usage, const char *line)
{
	static char text[1024];
	struct element elements[GRAMMAR_MAX];
	const struct element *found[GRAMMAR_MAX];
	size_t count = grammar_elements(usage, elements);
	count = grammar_expected(elements, count, line, strlen(line), found);
	*text = '\0';
	for (size_t i = 0; i < count; i++) {
		char one[100];
		if (found[i]->literals)
			snprintf(one, sizeof one, "%s(%.*s)", i ? " " : "",
			         (int)found[i]->literals_len, found[i]->literals);
		else
			snprintf(one, sizeof one, "%s%s", i ? " " : "", found[i]->name);
		strncat(text, one, sizeof text - strlen(text) - 1);
	}
	return text;
}

static void test_choices(void)
{
	static const char usage[] = "[all] [append|now|off] [<file>] [as <form>]";
	static const char behind[] = "<port> [<service>] [iterative] [tls]";
	is_text(match("listen", behind, "80 echo tls iterative"), "80|echo|iterative|tls",
	        "a word, then choices");
	is_text(match("listen", behind, "80 tls echo iterative"), "80|echo|iterative|tls",
	        "the word among them");
	is_text(match("listen", behind, "80 tls echo"), "80|echo|-|tls", "choices, then the word");
	is_text(match("listen", behind, "80 tls iterative echo"), "80|echo|iterative|tls",
	        "several");
	is_text(match("listen", behind, "80 tls tls echo"),
	        "listen: \"echo\" is one word too many: /listen <port> [<service>] [iterative] "
	        "[tls]",
	        "each of them once");
	is_text(match("listen", behind, "80 tls"), "80|-|-|tls", "none");
	is_text(match("listen", behind, "80 reply \"GET\" \"hi\""),
	        "listen: \"GET\" is not iterative or tls; quote a service together with its words: "
	        "/listen <port> [<service>] [iterative] [tls]",
	        "words of the service, and no quotes around quotes");
	static const char far_behind[] = "[<address>] <port> [<service>] [iterative] [tls] [as <name>]";
	is_text(match("listen", far_behind, "80 tls echo"), "-|80|echo|-|tls",
	        "with a word in front that is left out");
	is_text(match("listen", far_behind, "80 tls iterative echo as x"), "-|80|echo|iterative|tls as x", "after several");
	is_text(match("listen", far_behind, "80 tls echo iterative"), "-|80|echo|iterative|tls", "among them");
	is_text(match("listen", far_behind, "h 80 tls echo"), "h|80|echo|-|tls", "and one that is not");
	is_text(match("listen", far_behind, "h 80 echo"), "h|80|echo|-|-", "which is left to other lines");
	is_text(expected(far_behind, "80 tls "), "service (iterative) (as)", "and TAB has it");
	is_text(expected(far_behind, "h 80 tls "), "service (iterative) (as)", "with both");
	is_text(match("log", usage, "all append x"), "all|append|x", "choices in their order");
	is_text(match("log", usage, "append all x"), "all|append|x", "and in another one");
	is_text(match("log", usage, "append as raw all x"), "all|append|x as raw",
	        "a tag between them");
	is_text(match("log", usage, "append now x"),
	        "log: \"x\" is one word too many: /log [all] [append|now|off] [<file>] [as <form>]",
	        "only one of each");
	is_text(match("log", usage, "append \"all\""), "-|append|all", "a quoted word is none");
	is_text(expected(usage, "append "), "(all) file (as)",
	        "after the second comes the first, too");
	is_text(expected(usage, "append all "), "file (as)", "once");
	is_text(expected(usage, "all "), "(append|now|off) file (as)",
	        "after the first the second");
	is_text(expected(usage, "append x "), "(as)", "after the file neither");
	is_text(match("view", view_usage, "all hex"), "hex|all", "two at the end");
	is_text(match("x", "[<address>] <port> [<service>] [one] [two] [as <form>]", "7 two one"),
	        "-|7|-|one|two", "two at the end, before a tag, are no port and no service");
	is_text(match("x", "[<address>] <port> [<service>] [one] [two] [as <form>]",
	              "7 echo two as a one"),
	        "7|echo|-|one|two as a", "nor is one after a tag");
	is_text(match("x", "[<address>] <port> [<service>] [one] [two] [as <form>]", "a 7 two two"),
	        "a|7|two|-|two", "a word is taken for each of them once");
	is_text(expected(view_usage, "all "), "(chat|hex)", "the first of them");
	is_text(expected(view_usage, "all hex "), "", "none is left");
}

static void test_patterns(void)
{
	static const char usage[] = "[not] <pattern> [within <duration>]";
	is_text(match("expect", usage, "abc"), "-|abc", "a word");
	is_text(match("expect", usage, "not \"a b\" within 2s"), "not|\"a b\" within 2s",
	        "a text keeps its quotes");
	is_text(match("expect", usage, "within 2s /a b\\/ \"c/i"), "-|/a b\\/ \"c/i within 2s",
	        "a regular expression its slashes, and may hold blanks and quotes");
	is_text(match("expect", usage, "\"say \\\"hi\\\" now\""), "-|\"say \\\"hi\\\" now\"",
	        "a backslash before a quote");
	is_text(match("expect", usage, "\"not\""), "-|\"not\"", "a quoted word is no literal");
	is_text(match("expect", usage, "/a b"),
	        "expect: \"/a b\" has no / at its end: /expect [not] <pattern> [within <duration>]",
	        "no end");
	is_text(match("expect", usage, "not"),
	        "expect: needs a text or a /regular expression/: /expect [not] <pattern> [within "
	        "<duration>]",
	        "none");
	is_text(match("log", "<file> [all]", "/tmp/a all"), "/tmp/a|all", "a file is none");
}

static void test_elements(void)
{
	struct element e[GRAMMAR_MAX];
	is_int(grammar_elements("", e), 0, "no usage, no elements");
	is_int(grammar_elements(open_usage, e), 4, "four elements");
	ok(e[0].literals_len == 7 && !e[0].required && !*e[0].name, "optional literals");
	ok(e[1].required && strcmp(e[1].name, "address") == 0 && !e[1].literals,
	   "a required placeholder");
	ok(!e[2].required && strcmp(e[2].name, "port") == 0, "an optional placeholder");
	ok(e[3].tagged && !e[3].required && strcmp(e[3].name, "name") == 0, "a tagged one");
	is_bytes(e[3].literals, e[3].literals_len, "as", 2, "and its tag");
	is_int(grammar_elements("write|read|both", e), 1, "bare literals");
	ok(e[0].required && e[0].literals_len == 15, "are required");
	is_int(grammar_elements("<peer> [<text...>]", e), 2, "a rest");
	ok(e[1].rest && !e[1].required && strcmp(e[1].name, "text") == 0, "without its dots");
}

static void test_words(void)
{
	is_text(match("open", open_usage, "localhost 80"), "-|localhost|80", "a literal left out");
	is_text(match("open", open_usage, "udp localhost"), "udp|localhost|-",
	        "a placeholder left out");
	is_text(match("open", open_usage, " \t tcp \t h  1  "), "tcp|h|1", "blanks of any number");
	is_text(match("open", open_usage, "\"tcp\" 80"), "-|tcp|80", "a quoted word is no literal");
	is_text(match("open", open_usage, "tcpx"), "-|tcpx|-", "nor is a longer one");
	is_text(match("open", open_usage, "'a b'\"c d\"e"), "-|a bc de|-",
	        "quotes keep blanks and join");
	is_text(match("open", open_usage, "\"it's\""), "-|it's|-", "a quote within the other one");
	is_text(match("open", open_usage, "''"), "-||-", "an empty word");
	is_text(match("quit", "", "  "), "", "nothing at all");
}

static void test_as(void)
{
	is_text(match("open", open_usage, "h 80 as me"), "-|h|80 as me", "as at the end");
	is_text(match("open", open_usage, "as me h"), "-|h|- as me", "at the front");
	is_text(match("open", open_usage, "h as \"x y\" 80"), "-|h|80 as x y",
	        "in the middle, quoted name");
	is_text(match("open", open_usage, "\"as\" 80"), "-|as|80", "a quoted as is a word");
	is_text(match("open", open_usage, "h as"),
	        "open: \"as\" needs a name: /open [tcp|udp] <address> [<port>] [as <name>]",
	        "as without a name");
	is_text(match("open", open_usage, "h as me as you"),
	        "open: \"you\" is one word too many: /open [tcp|udp] <address> [<port>] [as "
	        "<name>]",
	        "as twice");
	is_text(match("session", "<session>", "as"), "as",
	        "an ordinary word where the usage has no as");
}

static const char from_usage[] = "<address> [<port>] [from|on <host>] [as <name>]";

static void test_tags(void)
{
	is_text(match("open", from_usage, "h 80 from left as me"), "h|80 from|on left as me",
	        "two tags");
	is_text(match("open", from_usage, "as me h on right"), "h|- from|on right as me",
	        "in any order, and the other word of a tag");
	is_text(match("open", from_usage, "h as from"), "h|- as from",
	        "the word after a tag is no tag");
	is_text(match("open", from_usage, "h from"),
	        "open: \"from\" needs a host: /open <address> [<port>] [from|on <host>] [as "
	        "<name>]",
	        "which word of the tag");
	is_text(match("open", from_usage, "h 80 from left on right"),
	        "open: \"on\" is one word too many: /open <address> [<port>] [from|on <host>] [as "
	        "<name>]",
	        "either word, and once");
	is_text(expected(from_usage, " h "), "port (from|on) (as)", "both tags");
	is_text(expected(from_usage, " h on "), "host", "the word of the tag");
	is_text(expected(from_usage, " h on left "), "port (as)", "then the other one");
	is_text(expected(from_usage, " h as from "), "port (from|on)", "a name is no tag");
}

static void test_optional_before_required(void)
{
	is_text(match("listen", listen_usage, "7001"), "-|-|7001|-", "one word is the port");
	is_text(match("listen", listen_usage, "::1 7001"), "-|::1|7001|-",
	        "two are address and port");
	is_text(match("listen", listen_usage, "udp 0 as x"), "udp|-|0|- as x", "after a literal");
	is_text(match("listen", listen_usage, "7001 echo"), "-|-|7001|echo", "before a literal");
	is_text(match("listen", listen_usage, "udp ::1 7001 echo"), "udp|::1|7001|echo",
	        "all of them");
	is_text(match("listen", listen_usage, "echo"), "-|-|echo|-",
	        "a lone word is the required one");
	is_text(match("listen", listen_usage, "a b c"),
	        "listen: \"c\" is not none or echo: /listen [tcp|udp] [<local-address>] <port> "
	        "[none|echo] "
	        "[as <name>]",
	        "a word that is no literal is too much");
}

/* "line + word" of a tag at its end. */
static const char *ending(const char *line)
{
	static char text[100];
	struct args args;
	struct error error;
	if (!grammar_match("fails", "<line...> [with <pattern>]", line, &args, &error))
		return "";
	snprintf(text, sizeof text, "%s + %s at %zu", args.value[0],
	         args.value[1] ? args.value[1] : "none", args.column[1]);
	args_free(&args);
	return text;
}

static void test_ending(void)
{
	is_text(ending("/open h 1 with \"a b\" "), "/open h 1 + \"a b\" at 16", "a text in quotes");
	is_text(ending("/send x with /y z/i"), "/send x + /y z/i at 14", "a regular expression");
	is_text(ending("/send with 'b' with 'c d'"), "/send with 'b' + 'c d' at 21",
	        "the last one");
	is_text(ending("/send deal with it"), "/send deal with it + none at 0",
	        "a word is no pattern");
	is_text(ending("/send with \"no end"), "/send with \"no end + none at 0",
	        "nor is an open quote");
	is_text(ending("x with "), "x with  + none at 0", "nor nothing");
	is_text(ending(""), "", "the line must be there");
}

static void test_by_hand(void)
{
	is_text(match("view", view_usage, ""), "-|-", "nothing");
	is_text(match("view", view_usage, "hex"), "hex|-", "a kind");
	is_text(match("view", view_usage, "all"), "-|all", "all alone");
	is_text(match("view", view_usage, "hex all"), "hex|all", "both");
	is_text(match("view", view_usage, "hexx"),
	        "view: \"hexx\" is not chat, hex or all: did you mean hex?", "no kind");
	is_text(match("view", view_usage, "hex al"), "view: \"al\" is not all: did you mean all?",
	        "not all");
	is_text(match("recv", recv_usage, "10"), "10|-", "a number");
	is_text(match("recv", recv_usage, "peek"), "-|peek", "a word without a number");
	is_text(match("recv", recv_usage, "10 waitall"), "10|waitall", "after one");
	is_text(match("recv", recv_usage, "10 20"),
	        "recv: \"20\" is not peek, urgent or waitall: /recv [<bytes>] "
	        "[peek|urgent|waitall]",
	        "two numbers");
	is_text(match("option", option_usage, ""), "-|-", "no option");
	is_text(match("option", option_usage, "nodelay"), "nodelay|-", "an option");
	is_text(match("option", option_usage, "rcvtimeo 1.5 s"), "rcvtimeo|1.5 s",
	        "a value with a blank");
	is_text(expected(view_usage, ""), "(chat|hex) (all)", "what can be");
	is_text(expected(view_usage, "hex "), "(all)", "what can follow");
	is_text(expected(option_usage, "x "), "value", "a value");
}

static void test_rest(void)
{
	is_text(match("send", "<text...>", "  a  'b \\x41 "), "  a  'b \\x41 ",
	        "the rest as it was typed");
	is_text(match("to", "<peer> [<text...>]", "2  it's"), "2| it's", "after one blank");
	is_text(match("to", "<peer> [<text...>]", "2 "), "2|-", "an empty rest is none");
	is_text(match("to", "<peer> [<text...>]", "2"), "2|-", "or is not there");
	is_text(match("to", "<peer> [<text...>]", "\"2\" as x"), "2|as x",
	        "as within a rest is text");
	is_text(match("all", "<text...>", "a\nb"), "a\nb", "a rest of two lines");
	size_t len = 100000;
	char *line = xmalloc(len + 1);
	for (size_t i = 0; i < len; i++)
		line[i] = i % 2 ? 'x' : ' ';
	line[len] = '\0';
	struct args args;
	struct error error;
	ok(grammar_match("all", "<text...>", line, &args, &error), "50000 words");
	is_text(args.value[0], line, "are kept as they were");
	args_free(&args);
	ok(!grammar_match("open", open_usage, line, &args, &error),
	   "and too much where three words are taken");
	ok(!args.memory, "with nothing left to free");
	free(line);
}

static void test_mistakes(void)
{
	is_text(match("open", open_usage, ""),
	        "open: needs an address: /open [tcp|udp] <address> [<port>] [as <name>]",
	        "a word is missing");
	is_text(match("try", "<line...>", ""), "try: needs a line: /try <line...>",
	        "a line is one");
	is_text(match("file", "<file> [every <interval>]", "x every"),
	        "file: \"every\" needs an interval: /file <file> [every <interval>]", "a vowel");
	is_text(match("all", "<text...>", ""), "all: needs text: /all <text...>",
	        "the rest is missing");
	is_text(match("shutdown", "write|read|both", ""),
	        "shutdown: needs write, read or both: /shutdown write|read|both",
	        "a literal is missing");
	is_text(match("shutdown", "write|read|both", "writ"),
	        "shutdown: \"writ\" is not write, read or both: did you mean write?",
	        "a wrong literal");
	is_text(match("quit", "", "now"), "/quit takes no argument: \"now\" is one word too many",
	        "a word too much");
	is_text(match("open", open_usage, "\"a b"),
	        "open: \"\"a b\" begins a quote that does not end: /open [tcp|udp] <address> "
	        "[<port>] [as "
	        "<name>]",
	        "an open quote");
	is_text(match("quit", "", "'a\nb'"),
	        "/quit takes no argument: \"'a\"... is one word too many",
	        "a message stays on one line");
	is_text(match("quit", "", "1234567890123456789012345678901234567890123"),
	        "/quit takes no argument: \"1234567890123456789012345678901234567890\"... is one "
	        "word too many",
	        "a long word is cut");
}

static void test_expected(void)
{
	is_text(expected(open_usage, " "), "(tcp|udp) address",
	        "at the front: the literal or what follows it");
	is_text(expected(open_usage, " tcp "), "address (as)", "after the literal");
	is_text(expected(open_usage, " h "), "port (as)", "after the address");
	is_text(expected(open_usage, " h 80 "), "(as)", "as is left");
	is_text(expected(open_usage, " h as "), "name", "after the tag its word");
	is_text(expected(open_usage, " h as me "), "port", "as only once");
	is_text(expected(open_usage, " h 80 9 "), "(as)", "after too many words nothing but as");
	is_text(expected(listen_usage, ""), "(tcp|udp) local-address port",
	        "up to the first required one");
	is_text(expected(listen_usage, " 7001 "), "port (none|echo) (as)",
	        "an address, or the port already");
	is_text(expected(listen_usage, " ::1 7001 "), "(none|echo) (as)", "after both");
	is_text(expected("write|read|both", " "), "(write|read|both)", "required literals");
	is_text(expected("write|read|both", " x "), "", "nothing after a wrong one");
	is_text(expected("<peer> [<text...>]", " 2 "), "text", "a rest");
	is_text(expected("<peer> [<text...>]", " 2 a b c d e f g h i j k l m n "), "text",
	        "stays one");
	is_text(expected("", " "), "", "nothing");
	is_text(expected("<file>", " \""), "file", "after an opening quote");
	is_text(expected("[<setting>] [<value>]", " eol "), "value", "the second of two");
}

static size_t mistake_column(const char *usage, const char *line)
{
	struct args args;
	struct error error = { 0 };
	bool matched = grammar_match("x", usage, line, &args, &error);
	if (matched)
		args_free(&args);
	return matched ? 0 : error.column;
}

/* In bytes of the line, from 1. */
static void test_places(void)
{
	struct args args;
	struct error error = { 0 };
	is_int(mistake_column("write|read|both", " wirte"), 2, "a word that is none of these");
	is_int(mistake_column("write|read|both", "12"), 1, "nor nearly one");
	is_int(mistake_column("<a> [b|c]", "x bb"), 3, "one at the end");
	is_int(mistake_column("", "  x"), 3, "a word too many");
	is_int(mistake_column("<a>", "x y"), 3, "one more than a usage takes");
	is_int(mistake_column("<a>", "  "), 3, "a word that is missing: the end");
	is_int(mistake_column("<a>", " 'x"), 2, "a quote that does not end");
	is_int(mistake_column(open_usage, "h as"), 3, "a tag without its word");
	if (!grammar_match("open", open_usage, "h as me 80", &args, &error))
		ok(false, "%s", error.text);
	is_int(args.column[0], 0, "what is left out is nowhere");
	is_int(args.column[1], 1, "the first word");
	is_int(args.column[2], 9, "one after a tagged one");
	is_int(args.column[3], 6, "the word after its tag");
	ok(!args_blame(&args, 2, &error) && error.usage && error.column == 9, "one is to blame");
	args_free(&args);
	if (!grammar_match("option", option_usage, " a  b c", &args, &error))
		ok(false, "%s", error.text);
	is_int(args.column[1], 4, "the rest of the line begins after one blank");
	args_free(&args);
}

int main(void)
{
	tap_watchdog(30);
	test_places();
	test_elements();
	test_choices();
	test_patterns();
	test_words();
	test_as();
	test_tags();
	test_optional_before_required();
	test_by_hand();
	test_ending();
	test_rest();
	test_mistakes();
	test_expected();
	return tap_done();
}
