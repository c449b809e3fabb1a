// SPDX-License-Identifier: GPL-3.0-or-later
/* The text of a script: its lines, its names, what is wrong in it. */
#include "command/script.h"

#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "support/tap.h"

static struct buf said = { .max = SIZE_MAX };

static struct script script_of(const char *path, const char *text)
{
	struct script script;
	struct error ignored;
	script_init(&script, path);
	while (*text) {
		size_t len = strcspn(text, "\n");
		script_add(&script, text, len, &ignored);
		text += len + (text[len] == '\n');
	}
	return script;
}

/* ---- lines ---- */

/* "data hello", "command /open 1 &", "nothing", "2: why": the only line of a file. */
static const char *line_of(const char *bytes)
{
	static char text[400];
	struct script script = script_of("x", bytes);
	const struct script_line *line = script.lines;
	if (script.mistake_count)
		snprintf(text, sizeof text, "%zu: %s", script.mistakes[0].error.column,
		         script.mistakes[0].error.text);
	else if (script.count == 0)
		snprintf(text, sizeof text, "nothing");
	else
		snprintf(text, sizeof text, "%s %s%s", line->data ? "data" : "command",
		         script_text(&script, line), line->background ? " (goes on)" : "");
	if (script.count)
		is_int(line->len, strlen(script_text(&script, line)), bytes);
	script_free(&script);
	return text;
}

static void test_lines(void)
{
	static const struct {
		const char *bytes, *want;
	} rows[] = {
		{ "", "nothing" },
		{ " \t ", "nothing" },
		{ "# a comment", "nothing" },
		{ "  # one after blanks", "nothing" },
		{ "hello # world", "data hello # world" },
		{ "  hello ", "data   hello " },
		{ "hello\r", "data hello" },
		{ "\\", "data " },
		{ "\\#1", "data #1" },
		{ "\\\\x", "data \\x" },
		{ "\\@x", "data @x" },
		{ "\\/open", "data /open" },
		{ " \t\\ x", "data  x" },
		{ "//open", "data /open" },
		{ "  //open", "data   /open" },
		{ "@x", "1: data that begins with @ is written \\@, and /@NAME sends to a session" },
		{ " @x", "2: data that begins with @ is written \\@, and /@NAME sends to a session" },
		{ "/open 1", "command /open 1" },
		{ "  /o 1", "command /o 1" },
		{ "/quit!", "command /quit!" },
		{ "/@c hello", "command /@c hello" },
		{ "/wait open &", "command /wait open (goes on)" },
		{ "/wait open & ", "command /wait open (goes on)" },
		{ "/wait open&", "command /wait open&" },
		{ "/send a &", "command /send a &" },
		{ "/sen a", "2: /sen is cut short, and may soon be ambiguous: in a file it is /send" },
		{ "  /opne", "4: no such command: \"opne\": did you mean /open?" },
		{ "/", "2: no command after the /: /help lists them" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		is_text(line_of(rows[i].bytes), rows[i].want, rows[i].bytes);
	struct script script;
	struct error error;
	script_init(&script, "x");
	ok(!script_add(&script, "ab\0c", 4, &error) && error.column == 3, "a NUL byte has a place");
	ok(script_add(&script, "c", 1, &error) && script.lines[0].number == 2, "and is a line");
	script_clear(&script);
	ok(script_add(&script, "d", 1, &error) && script.count == 1 && script.lines[0].number == 3,
	   "forgotten lines are counted");
	script_free(&script);
	script_init(&script, "x");
	for (size_t i = 0; i < SCRIPT_MISTAKES + 10; i++)
		script_add(&script, "@", 1, &error);
	is_int(script.mistake_count, SCRIPT_MISTAKES, "mistakes have a ceiling");
	is_text(script.mistakes[SCRIPT_MISTAKES - 1].error.text,
	        "1000 lines are wrong up to here: the rest is not read", "which is said");
	script_free(&script);
}

/* ---- names ---- */

static enum script_value value(void *context, const char *name, const char *of, bool secret,
                               struct buf *out, struct error *error)
{
	(void)context;
	if (of && strcmp(of, "none") != 0)
		return buf_printf(out, "<%s %s>", of, name) ? SCRIPT_VALUE : SCRIPT_NO_VALUE;
	if (strcmp(name, "later") == 0)
		return SCRIPT_LATER;
	if (strcmp(name, "empty") == 0)
		return SCRIPT_VALUE;
	if (secret || (!of && strlen(name) < 6))
		return buf_printf(out, "<%s>", name) ? SCRIPT_VALUE : SCRIPT_NO_VALUE;
	error_set(error, "no %s", name);
	return SCRIPT_NO_VALUE;
}

static bool has_session(void *context, const char *name)
{
	(void)context;
	return strcmp(name, "there") == 0;
}

static const struct script_names names = { .value = value, .has_session = has_session };

static const char *expanded(const char *bytes)
{
	static struct buf out = { .max = SIZE_MAX };
	struct script script = script_of("x", bytes);
	struct error error = { 0 };
	bool later = false;
	buf_clear(&out);
	if (!script_expand(&script, script.lines, &names, &out, &later, &error)) {
		buf_clear(&out);
		buf_printf(&out, "%zu: %s", error.column, error.text);
		ok(error.usage, "%s", "a mistake of usage");
	}
	buf_append_text(&out, later ? " (later)" : "");
	script_free(&script);
	return buf_text(&out);
}

static void test_names(void)
{
	static const struct {
		const char *bytes, *want;
	} rows[] = {
		{ "a$b", "a<b>" },
		{ "$a$b_1c", "<a><b_1c>" },
		{ "${a}b", "<a>b" },
		{ "$1 ${2}3", "<1> <2>3" },
		{ "$$a $$ $$$$", "$a $ $$" },
		{ "$$$a", "$<a>" },
		{ "a$ $. $", "a$ $. $" },
		{ "$(x) $%", "$(x) $%" },
		{ "$c.port", "<c port>" },
		{ "$c.porter", "<c>.porter" },
		{ "$c.portx.port", "<c>.portx.port" },
		{ "$c.port.port", "<c port>.port" },
		{ "$c.recv.calls.", "<c recv.calls>." },
		{ "$c.recv.port", "<c recv>.port" },
		{ "${127.0.0.1:7.last.errno}", "<127.0.0.1:7 last.errno>" },
		{ "$c.example", "<c>.example" },
		{ "${my-srv.port}", "<my-srv port>" },
		{ "${127.0.0.1:7.port}", "<127.0.0.1:7 port>" },
		{ "${@1.port}", "<@1 port>" },
		{ "[$empty]", "[]" },
		{ "$later", " (later)" },
		{ "\\ $toolong", "3: no toolong" },
		{ "x $none.port", "3: no port" },
		{ "${a", "1: ${ without }; $$ is a dollar" },
		{ "a $10", "3: the words are $1 to $9; ${1} goes before a digit" },
		{ "$\xc3\xa9", "<\xc3\xa9>" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		is_text(expanded(rows[i].bytes), rows[i].want, rows[i].bytes);
	char name[SCRIPT_NAME + 10] = "$";
	memset(name + 1, 'n', SCRIPT_NAME);
	is_text(expanded(name), "1: a name has at most 63 bytes", "a long name");
}

/* Where a column of what comes out was in the file. */
static void test_columns(void)
{
	struct script script = script_of("x", "  /send ab$abc+${d}e$$f$empty|");
	const struct script_line *line = script.lines;
	static const struct {
		const char *at; /* in "/send ab<abc>+<d>e$f|" */
		size_t column;
	} rows[] = { { "/", 3 },  { "b", 10 }, { "<abc", 11 }, { "bc", 11 },
		     { "+", 15 }, { "<d", 16 }, { "e$", 20 },  { "$f", 21 },
		     { "f|", 23 }, { "|", 30 } };
	const char *out = "/send ab<abc>+<d>e$f|";
	is_text(expanded("  /send ab$abc+${d}e$$f$empty|"), out, "a line with names");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t at = (size_t)(strstr(out, rows[i].at) - out) + 1;
		is_int(script_column(&script, line, &names, at), rows[i].column, rows[i].at);
	}
	is_int(script_column(&script, line, &names, 0), 0, "no column");
	script_free(&script);
}

static void test_variables(void)
{
	struct error error;
	struct script_variables variables = { 0 };
	ok(script_check_name("a_1", &error), "a name");
	static const char *const wrong[] = { "", "1a", "a-b", "a b", "loop", "a.b", "$a" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ok(!script_check_name(wrong[i], &error) && error.usage, "none: %s", wrong[i]);
	script_let(&variables, "a", "1");
	script_let(&variables, "b", NULL);
	script_let(&variables, "a", script_variable(&variables, "a")->value);
	is_text(script_variable(&variables, "a")->value, "1", "a value of its own");
	script_let(&variables, "a", "2");
	is_text(script_variable(&variables, "a")->value, "2", "another one");
	ok(script_variable(&variables, "b") && !script_variable(&variables, "b")->value, "none yet");
	ok(!script_variable(&variables, "c"), "no such name");
	script_forget(&variables);
}

/* ---- what is wrong ---- */

static void report(void *context, const char *path, size_t line, const struct error *error)
{
	(void)context;
	buf_printf(&said, "%s:%zu:%zu: %s\n", path, line, error->column, error->text);
}

static const struct {
	const char *path, *text;
} files[] = {
	{ "inner", "/listen 0 as deep\n/let inner 1\n/nonsense\n" },
	{ "self", "/source self\n" },
	{ "ping", "/source pong\n" },
	{ "pong", "/source ping\n" },
	{ "open", "/loop 2\n" },
};

static bool load(void *context, const char *path, struct script *script, struct error *error)
{
	(void)context;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (strcmp(path, files[i].path) == 0) {
			*script = script_of(path, files[i].text);
			return true;
		}
	error_set(error, "no file %.100s", path);
	return false;
}

static const char *mistakes(const char *text)
{
	struct script script = script_of("x", text);
	struct script_checker checker = { .names = names, .report = report, .load = load };
	buf_clear(&said);
	size_t count = script_check(&checker, &script), lines = 0;
	for (const char *at = buf_text(&said); (at = strchr(at, '\n')); at++)
		lines++;
	is_int(count, lines, "each mistake is one line");
	script_free(&script);
	return buf_text(&said);
}

#define FOUR(x) x x x x
#define LOOPS_16 FOUR(FOUR("/loop 1\n"))
#define ENDS_16 FOUR(FOUR("/end\n"))

static void test_mistakes(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "/listen 127.0.0.1 0 echo as srv\n/open 127.0.0.1 $srv.port as c\nhi\n"
		  "/expect @c hi\n/close @srv\n/@c x\n/session c\n/name d\n/close @d\n/close @there\n"
		  "/close @3\n",
		  "" },
		{ "hello\n", "x:1:1: no session to send \"hello\" to: commands begin with /\n" },
		{ "/try /wait open\n/close\n/open h 1\n/close\n",
		  "x:1:6: no session: /open HOST PORT makes one\n" },
		{ "one\ntwo\n", "x:1:1: no session to send \"one\" to: commands begin with /\n" },
		{ "\\hello\n", "x:1:2: no session to send \"hello\" to: commands begin with /\n" },
		{ "/close @srv\n", "x:1:8: no session \"srv\" is made before this line: \"as NAME\" "
		                   "names one\n" },
		{ "/listen 0 as srv\n/close @svr\n", "x:2:8: no session \"svr\" is made before this "
		                                     "line: did you mean srv?\n" },
		{ "/listen 0 as srv\n/close @s\n", "" },
		{ "/listen 0 as srv\n/open 127.0.0.1 $s.port\n/session srx\n",
		  "x:3:10: no session \"srx\" is made before this line: did you mean srv?\n" },
		{ "/listen 0 as S\n/open S\n/open @S as b\n/open tcp S\n/socket tcp\n/connect S\n/connect "
		  "@b there\n/to @b S hi\n/target redis 1\n/open redis\n",
		  "" },
		{ "/listen 0 as server\n/open sevrer\n",
		  "x:2:7: no session or target \"sevrer\" is made before this line, and as a host it needs a "
		  "port: did you mean server?\n" },
		{ "/listen 0 as server\n/open @sevrer\n",
		  "x:2:7: no session \"sevrer\" is made before this line: did you mean server?\n" },
		{ "/socket tcp\n/connect nobody\n",
		  "x:2:10: no session \"nobody\" is made before this line, and as a host it needs a port\n" },
		{ "/socket unix\n/connect nobody\n/open unix nobody\n", "" },
		{ "/@c hi\n", "x:1:2: no session \"c\" is made before this line: \"as NAME\" names one\n" },
		{ "/listen 7001 echo\n/close @echo:7001\n/close @echo\n/close @tcp\n", "" },
		{ "/listen 0 as S\n/open S as c\n/name @:$c.port spy\n/close @spy\n", "" },
		{ "/close @:7001\n", "x:1:8: no session \":7001\" is made before this line: \"as NAME\" names one\n" },
		{ "/listen unix /tmp/a/path\n/close @path\n/close @b\n",
		  "x:3:8: no session \"b\" is made before this line: \"as NAME\" names one\n" },
		{ "/open 127.0.0.1 99999\n", "x:1:17: 99999 is not a port: 1 to 65535\n" },
		{ "/let p 99999\n/open 127.0.0.1 $p\n", "x:2:17: 99999 is not a port: 1 to 65535\n" },
		{ "/let p $later\n/open 127.0.0.1 $p as c\nhi\n/close @c\n", "" },
		{ "/listen 0 as longer\n/sleep $longer.port\n/sleep $longer.timer_left\n/wait $longer.state\n/say $longer.prot\n",
		  "x:5:6: longer is a session, of which $longer.port is a value\n" },
		{ "/listen 0 as s\n/service $s.sent\n", "x:2:10: no service \"1\": none, echo, discard, chargen, daytime, time, chat, hello, sum, upper, mute, hangup and reply\n" },
		{ "/try /open 127.0.0.1 1 as c\n/try /close @c\n/repeat 2 0 /@c x\n/repeat 2 0 x\n", "" },
		{ "/let a-b 1\n", "x:1:6: \"a-b\" is not a name: letters, digits and _, no digit first\n" },
		{ "/send $toolong\n", "x:1:7: no toolong\n" },
		{ "/let toolong 5\n/sleep ${toolong}ms\n/sleep ${toolong}x\n",
		  "x:3:8: not a time: 5x (like 500ms, 3, 1.5s, 2m, 1h)\n" },
		{ "/loop 2\n/loop 3\n/let i $loop\n/end\n/end\n/end\n",
		  "x:6:1: /end without a /loop before it\n" },
		{ "/loop 2\n\n  /loop 3\n/end\n/sleep never\n",
		  "x:1:1: /loop without an /end after it\n"
		  "x:5:8: not a time: never (like 500ms, 3, 1.5s, 2m, 1h)\n" },
		{ "/loop x\n/end\n/say $loopy\n",
		  "x:1:7: loop: \"x\" is not a number from 0 to 999999999; values are looped over like "
		  "this: /loop name in a b c\n" },
		{ "/loop 2 3\n/end\n/loop 1x in a\n/end\n/loop x in\n/end\n/loop x in a 'b\n/end\n",
		  "x:1:7: loop: \"2\" is not a number from 0 to 999999999; values are looped over like "
		  "this: /loop name in a b c\n"
		  "x:3:7: \"1x\" is not a name: letters, digits and _, no digit first\n"
		  "x:5:9: loop: no values after in: /loop name in a b c\n"
		  "x:7:9: loop: a quote does not end: 'b\n" },
		{ "/loop x in 1 'two three'\n/say $x $loop\n/sleep ${x}s\n/listen 0 as s$x\n/end\n/close @s2\n", "" },
		{ "/fails /opne\n/fails /sleep x\n/fails /close @y with \"z\"\n/fails /say 1 with /(/\n"
		  "/fails hello\n/fails /try /set\n/assert last.error is x\n/source x &\n",
		  "x:1:8: no such command: \"opne\": did you mean /open?\n"
		  "x:2:15: not a time: x (like 500ms, 3, 1.5s, 2m, 1h)\n"
		  "x:3:15: no session \"y\" is made before this line: \"as NAME\" names one\n"
		  "x:4:20: regular expression, byte 1: ( has no )\n"
		  "x:5:8: \"hello\" is no command: /open HOST PORT is one\n"
		  "x:6:8: /try is not tried: it runs other lines\n"
		  "x:7:9: error is not a value of one call\n"
		  "x:8:11: source: & is for a command that waits: /source <file>\n" },
		{ "/set bell loud\n/set left.x 1\n/set left 3\n/set left\n/set both.tcp_s 1\n",
		  "x:1:11: bell: \"loud\" is not never, close or message\n"
		  "x:3:6: which sysctl of left? left.tcp_fastopen, for example\n"
		  "x:5:6: ambiguous: \"tcp_s\" is tcp_syn_retries, tcp_syn_linear_timeouts, "
		  "tcp_synack_retries, tcp_syncookies, tcp_sack, tcp_slow_start_after_idle\n" },
		{ "/log all x\n/log all x as raw-in\n/log x as nothing\n/log off x\n/log\nhi\n",
		  "x:1:10: x: the ending is of no format: .log .txt .jsonl .pcapng .raw-in .raw-out; or "
		  "name the format: as text, or --log-format text\n"
		  "x:2:10: x: the format raw-in is for one session\n"
		  "x:3:11: no log format \"nothing\": text, json, pcapng, text2pcap, raw-in and raw-out\n"
		  "x:6:1: no session to send \"hi\" to: commands begin with /\n" },
		{ LOOPS_16 "/loop 1\n/loop 1\n/end\n/end\n" ENDS_16,
		  "x:17:1: loop: at most 16, one within the other\n" },
		{ "/loop 1\n/try /end\n/try /loop 2\n/end\n",
		  "x:2:6: /end is not tried: it runs other lines\nx:3:6: /loop is not tried: it runs other lines\n" },
		{ "/let SECRET_a b\n", "x:1:6: let: a file keeps no secret: --let SECRET_a=... or the "
		                       "environment gives it\n" },
		{ "/listen 0 as s\n/assert @t.recv = 1\n/assert t.recv.errno is 0\n/assert s.recv = 1\n",
		  "x:2:9: no session \"t\" is made before this line: \"as NAME\" names one\n"
		  "x:3:9: no session \"t\" is made before this line: \"as NAME\" names one\n" },
		{ "\xef\xbb\xbf# a mark of UTF-8\n/sleep x\n",
		  "x:2:8: not a time: x (like 500ms, 3, 1.5s, 2m, 1h)\n" },
		{ "/opne 1 as c\nhi\n/close @c\n", "x:1:2: no such command: \"opne\": did you mean /open?\n" },
		{ "/open h 99999 as c\nhi\n/close @c\n", "x:1:9: 99999 is not a port: 1 to 65535\n" },
		{ "/source inner\n/close @deep\n/send $inner\nhi\n",
		  "inner:3:2: no such command: \"nonsense\": /help lists them\n" },
		{ "/source none\n", "x:1:9: no file none\n" },
		{ "/source self\n", "self:1:9: self runs itself, without end\n" },
		{ "/source ping\n", "pong:1:9: ping runs itself, without end\n" },
		{ "/source open\n/end\n",
		  "open:1:1: /loop without an /end after it\nx:2:1: /end without a /loop before it\n" },
		{ "/loop 3\n/listen 0 as s$loop\n/let n $loop\n/sleep ${n}x\n/end\n/close @s3\n",
		  "" },
		{ "/let a s\n/loop 3\n/let a ${a}x\n/listen 0 as $a\n/end\n/close @sxxx\n", "" },
		{ "/socket tcp\n/recv 10x\n/recv 99999999999999999999\n/recv 2000000\n/backlog -1\n/urgent ab\n"
		  "/urgent 0x123\n/bind 70000\n",
		  "x:2:7: recv: \"10x\" is not a number from 0 to 1000000\n"
		  "x:3:7: recv: \"99999999999999999999\" is not a number from 0 to 1000000\n"
		  "x:4:7: recv: \"2000000\" is not a number from 0 to 1000000\n"
		  "x:5:10: backlog: \"-1\" is not a number from 0 to 2147483647\n"
		  "x:6:9: urgent: one byte goes at a time: a character of ASCII, or 0x00 to 0xff\n"
		  "x:7:9: urgent: one byte goes at a time: a character of ASCII, or 0x00 to 0xff\n"
		  "x:8:7: 70000 is not a port: 0 to 65535\n" },
		{ "/source $later\n/send $whatever\n/close @who\n", "" },
		{ "@\n/sleep x\n@\n",
		  "x:1:1: data that begins with @ is written \\@, and /@NAME sends to a session\n"
		  "x:2:8: not a time: x (like 500ms, 3, 1.5s, 2m, 1h)\n"
		  "x:3:1: data that begins with @ is written \\@, and /@NAME sends to a session\n" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		is_text(mistakes(rows[i].text), rows[i].want, rows[i].text);
}

/* Each command that can tell says where its mistake is. */
static void test_arguments(void)
{
	static const struct {
		const char *line;
		size_t column;
	} rows[] = {
		{ "/open 127.0.0.1:0", 7 },    { "/listen 7001 ecco", 14 },
		{ "/listen udp * 99999", 15 }, { "/bind 99999", 7 },
		{ "/connect h 0x", 0 },        { "/connect h 70000", 12 },
		{ "/backlog -1", 10 },         { "/recv 0x10", 7 },
		{ "/recv peek", 0 },           { "/urgent ab", 9 },
		{ "/send \\q", 7 },            { "/send @@a\\q", 7 },
		{ "/hex 4", 6 },               { "/fill 5x", 7 },
		{ "/set eol crfl", 10 },       { "/set elo", 6 },
		{ "/set left.tcp_sack 0", 0 }, { "/option nodelay maybe", 17 },
		{ "/option nodealy", 9 },      { "/option mtu_discover do", 0 },
		{ "/service ecco", 10 },       { "/port x", 7 },
		{ "/cable dealy 5", 8 },       { "/cable loss data 1 of @x", 0 },
		{ "/skip unless rain", 14 },   { "/shutdown wirte", 11 },
		{ "/loop", 6 },                { "/let", 5 },
		{ "/wait open for 1s", 16 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct command_words words;
		struct error error = { 0 };
		bool good = command_take_apart(rows[i].line, &words, &error);
		if (good) {
			good = !words.command->check || words.command->check(&words.args, &error);
			command_words_free(&words);
		}
		is_int(good ? 0 : error.column, rows[i].column, rows[i].line);
		ok(good || (error.usage && error.text[0]), "%s", error.text);
	}
}

int main(void)
{
	tap_watchdog(30);
	test_lines();
	test_names();
	test_columns();
	test_variables();
	test_mistakes();
	test_arguments();
	buf_free(&said);
	return tap_done();
}
