// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"
#include "command/manual.h"
#include "command/queue.h"

#include <errno.h>

#include "app/fixture.h"
#include "net/service.h"

/* "" where it went well, else what the pane says. */
static const char *run(struct app *app, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
static const char *run(struct app *app, const char *format, ...)
{
	char line[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	uint64_t said = transcript_count(app->transcript);
	if (queue_type(app, line, strlen(line)))
		return "";
	if (transcript_count(app->transcript) == said ||
	    app_fixture_flags(app, app_shown(app)) != (ENTRY_ERROR | ENTRY_ANSWER))
		return "(wrong, and nothing was said)";
	return app_fixture_note(app, app_shown(app));
}

/* What the pane says after a command that went well. */
static const char *ask(struct app *app, const char *line)
{
	return *run(app, "%s", line) ? "(it failed)" : app_fixture_note(app, app_shown(app));
}

static struct session *named(const struct app *app, const char *name)
{
	return sessions_named(app->sessions, name);
}

static unsigned port_of(const struct app *app, const char *name)
{
	return session_local(named(app, name)).port;
}

static bool is_open(const struct app *app, const char *name)
{
	return session_state(named(app, name)) == SESSION_OPEN;
}

static bool is_listening(const struct app *app, const char *name)
{
	return session_state(named(app, name)) == SESSION_LISTENING;
}

static const struct session_counts *counts(const struct app *app, const char *name)
{
	return session_counts(named(app, name));
}

static bool has_received(const struct app *app, const char *name, const char *text)
{
	struct buf *got = app_fixture_received(app, session_number(named(app, name)), false);
	return got->len == strlen(text) && memcmp(buf_data(got), text, got->len) == 0;
}

/* An echo server "server", a client "c" of it, open. */
static void start_pair(struct app *app)
{
	app_fixture_start(app);
	is_text(run(app, "/listen 127.0.0.1 0 echo as server"), "", "/listen");
	wait_for(app, is_listening(app, "server"), "a server");
	is_text(run(app, "/open 127.0.0.1 %u as c", port_of(app, "server")), "", "/open");
	wait_for(app, is_open(app, "c") && session_clients(named(app, "server")) == 1, "a client");
}

/* A UDP server "u" without a service and two clients "a" and "b" that have written to it. */
static void start_peers(struct app *app)
{
	app_fixture_start(app);
	is_text(run(app, "/listen udp 0 as u"), "", "/listen udp");
	wait_for(app, is_open(app, "u"), "a UDP server");
	is_text(run(app, "/open udp 127.0.0.1:%u as a", port_of(app, "u")), "", "/open udp");
	wait_for(app, is_open(app, "a"), "a UDP client");
	is_text(run(app, "I am a"), "", "a line to the server");
	wait_for(app, session_peer_count(named(app, "u")) == 1, "makes a peer");
	is_text(run(app, "/open udp://127.0.0.1:%u as b", port_of(app, "u")), "", "/open udp://");
	wait_for(app, is_open(app, "b"), "another one");
	is_text(run(app, "I am b"), "", "a line");
	wait_for(app, session_peer_count(named(app, "u")) == 2, "makes another peer");
	is_text(run(app, "/session u"), "", "back to the server");
}

static void test_table(void)
{
	struct error error = { 0 };
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++) {
		struct element elements[GRAMMAR_MAX];
		ok(grammar_elements(command->usage, elements) <= GRAMMAR_MAX, "/%s: usage",
		   command->name);
		ok(command->run && *command->help && *command->group, "/%s: complete",
		   command->name);
		ok(command_find(command->name, strlen(command->name), &error) == command,
		   "/%s: its own name finds it", command->name);
		ok(command->help[strlen(command->help) - 1] != '\n', "/%s: help ends with text",
		   command->name);
	}
}

static void test_search(void)
{
	struct app app;
	struct error error = { 0 };
	app_fixture_start(&app);
	is_text(command_find("se", 2, &error) ? "" : error.text,
	        "ambiguous: /se is /session, /send, /secret, /sessions, /service, /set",
	        "ambiguous");
	is_text(command_find("session", 7, &error)->name, "session",
	        "an exact name beats a longer one");
	is_text(command_find("sh", 2, &error)->name, "shutdown", "a unique prefix");
	is_text(command_find("openx", 4, &error)->name, "open", "only the first bytes count");
	is_text(run(&app, "/nonsense 1 2"), "no such command: \"nonsense\": /help lists them",
	        "no such command");
	is_text(run(&app, "/"), "no command after the /: /help lists them", "a lone slash");
	is_text(run(&app, "/ open"), "no command after the /: /help lists them",
	        "a blank after it");
	is_text(run(&app, "/\x1b[2J"), "no such command: \"\"...: /help lists them",
	        "control characters are not repeated");
	is_text(run(&app, "/OPEN x"), "no such command: \"OPEN\": did you mean /open?",
	        "capitals are others");
	ok(*run(&app, "/%0900d", 1), "a very long one");
	ok(strlen(app_fixture_note(&app, 0)) < 100, "is cut in the message");
	app_fixture_end(&app);
}

/* The letters are commands of their own, whatever else begins so. */
static void test_letters(void)
{
	static const struct {
		char letter;
		const char *name;
	} letters[] = {
		{ 'o', "open" }, { 'l', "listen" }, { 'c', "close" }, { 'r', "reconnect" },
		{ 'h', "help" }, { 'v', "view" },   { 'i', "info" },  { 'f', "find" },
		{ 'w', "why" },  { 'q', "quit" },
	};
	struct error error = { 0 };
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		is_text(command_find(&letters[i].letter, 1, &error)->name, letters[i].name,
		        letters[i].name);
	const struct command *a, *b;
	for (size_t i = 0; (a = command_at(i)); i++)
		for (size_t j = i + 1; (b = command_at(j)); j++)
			ok(!a->letter || a->letter != b->letter, "/%s and /%s differ", a->name,
			   b->name);
	ok(!command_find("s", 1, &error), "another letter is ambiguous still");
	struct app app;
	start_pair(&app);
	ok(strstr(ask(&app, "/h"), "\n/o open, /l listen, /c close, "), "/help shows them");
	ok(strstr(ask(&app, "/h o"), "\n/o is short for it."), "and /help of one");
	is_text(run(&app, "/c"), "", "/c");
	is_int(session_state(named(&app, "c")), SESSION_CLOSED, "closes");
	is_text(run(&app, "/r"), "", "/r opens again");
	is_text(run(&app, "/f zzqq"), "not found in this pane", "/f");
	app_fixture_end(&app);
}

/* A port alone is one of this machine. */
static void test_lone_ports(void)
{
	struct app app;
	start_pair(&app);
	is_text(run(&app, "/o %u as d", port_of(&app, "server")), "", "/open PORT");
	wait_for(&app, is_open(&app, "d"), "reaches this machine");
	is_text(run(&app, "/open :%u as e", port_of(&app, "server")), "", "/open :PORT");
	wait_for(&app, is_open(&app, "e"), "too");
	is_text(run(&app, "/open tcp://:%u as f", port_of(&app, "server")), "", "and as a URL");
	wait_for(&app, is_open(&app, "f"), "it does");
	is_text(run(&app, "/socket tcp as g"), "", "a socket");
	is_text(run(&app, "/connect %u", port_of(&app, "server")), "", "/connect PORT");
	wait_for(&app, is_open(&app, "g"), "is the same");
	is_text(run(&app, "/listen 0 ec as i"), "", "a service cut short after a port");
	is_text(session_service(named(&app, "i"))->name, "echo", "is that service");
	app_fixture_end(&app);
}

static void test_help_of_all(void)
{
	static const struct {
		const char *line, *has;
	} cases[] = {
		{ "/help set eol", "/set eol lf|crlf|cr|nul|none\nthe line end" },
		{ "/help eol", "/set eol lf|" },
		{ "/help /set eo", "/set eol lf|" },
		{ "/help echo", "echo, a service: sends back" },
		{ "/help \"*\"", "*, a mark: read from the kernel" },
		{ "/help ?", "?, a mark: deduced" },
		{ "/help service hello", "hello, a service: " },
		{ "/help hex", "/hex [@session] <bytes...>" },
		{ "/help trace", "/view trace\na line for each call" },
		{ "/help option nodelay", "TCP_NODELAY\n" },
		{ "/help nodelay", "TCP_NODELAY\n" },
		{ "/help ECONNRESET", "ECONNRESET (" },
		{ "/help why epipe", "EPIPE (" },
		{ "/help view", "  ladder  the calls of both ends" },
		{ "/help view chat", "/view chat\nwhat was said" },
		{ "/help /o", "/open [tcp|udp|unix|unixgram|unixpacket|tls] <address>" },
		{ "/help scroll", "/set scrollback <size>" },
		{ "/help keys", "F5" },
		{ "/help commands", "/open " },
		{ "/help services", "  echo  " },
		{ "/help services", "iterative after it: one client at a time" },
		{ "/help settings", "  eol " },
		{ "/help views", "  ladder  " },
		{ "/help marks", "read from the kernel" },
		{ "/help options", "  TCP_NODELAY " },
		{ "/help errors", "  ECONNRESET " },
		{ "/help", "/help keys, commands, services" },
		{ "/help", "\n  F5 " },
	};
	struct app app;
	app_fixture_start(&app);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ok(strstr(ask(&app, cases[i].line), cases[i].has), "%s", cases[i].line);
	for (const struct setting *setting = setting_table; setting->name; setting++) {
		char line[80], phrase[160];
		snprintf(line, sizeof line, "/help set %s", setting->name);
		snprintf(phrase, sizeof phrase, "%.*s", (int)strcspn(setting->help, "\n"),
		         setting->help);
		ok(strstr(ask(&app, line), phrase), "%s", line);
	}
	ok(strstr(ask(&app, "/help info"), "what sending waits for; round trip "),
	   "a sentence is one line, however the table breaks it");
	for (const struct service *const *service = service_table; *service; service++) {
		char line[80];
		snprintf(line, sizeof line, "/help %s", (*service)->name);
		ok(strstr(ask(&app, line), (*service)->help), "%s", line);
	}
	app_fixture_end(&app);
}

static void test_without_session(void)
{
	static const char *const lines[] = {
		"hello",
		"",
		"//x",
		"/close",
		"/send x",
		"/hex 00",
		"/peers",
		"/to 1 x",
		"/reconnect",
		"/abort",
		"/shutdown write",
		"/service echo",
		"/name x",
		"/sessions",
		"/stats",
		"/@c hello",
		"/session 1",
		"/close @1",
		"/all x",
	};
	struct app app;
	app_fixture_start(&app);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		is_text(run(&app, "%s", lines[i]), "no session: /open HOST PORT makes one",
		        lines[i]);
	app_fixture_end(&app);
}

static void test_usage_mistakes(void)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{ "/open",
		  "open: needs an address: /open [tcp|udp|unix|unixgram|unixpacket|tls] <address> [<port>] "
		  "..." },
		{ "/open tcp",
		  "open: needs an address: /open [tcp|udp|unix|unixgram|unixpacket|tls] <address> [<port>] "
		  "..." },
		{ "/open a 1 2",
		  "open: \"2\" is one word too many: /open [tcp|udp|unix|unixgram|unixpacket|tls] <address> "
		  "[<port>] ..." },
		{ "/open a 1 as",
		  "open: \"as\" needs a name: /open [tcp|udp|unix|unixgram|unixpacket|tls] <address> [<port>] "
		  "..." },
		{ "/listen", "listen: needs a port: /listen [tcp|udp|unix|unixgram|unixpacket|tls] [<local-address>] <port> "
		             "[<service>] [iterative] [tls] ..." },
		{ "/listen udp", "listen: needs a port: /listen [tcp|udp|unix|unixgram|unixpacket|tls] [<local-address>] <port> "
		                 "[<service>] [iterative] [tls] ..." },
		{ "/listen a 1 2", "no service \"2\": none, echo, discard, chargen, daytime, time, chat, hello, sum, upper, mute, hangup and reply" },
		{ "/listen 0 max 0", "max-clients: \"0\" is not a number from 1 to 1000000, or off" },
		{ "/listen 0 max", "listen: \"max\" needs a number: /listen "
		                   "[tcp|udp|unix|unixgram|unixpacket|tls] [<local-address>] <port> "
		                   "[<service>] [iterative] [tls] ..." },
		{ "/listen udp 0 max 3", "max is for listeners: datagrams have no clients" },
		{ "/allow @1 10.0.0.1/8",
		  "\"10.0.0.1/8\" has bits set after its prefix: the network is 10.0.0.0/8" },
		{ "/deny @1 ::1 nowhere",
		  "\"nowhere\" is not a network: 10.0.0.0/8, 192.168.1.7, 2001:db8::/32; no name is looked up" },
		{ "/deny @1 \"::1", "a quote does not end: \"::1" },
		{ "/service", "service: needs a service: /service <service> [<words...>]" },
		{ "/service echo 7", "echo takes no words but iterative: 7" },
		{ "/service finger", "no service \"finger\": none, echo, discard, chargen, daytime, time, chat, hello, sum, upper, mute, hangup and reply" },
		{ "/service echo iterative 7", "echo takes no words but iterative: iterative 7" },
		{ "/service reply", "reply needs words: /service reply <pattern> [<answer>] [after <time>] [close]" },
		{ "/service reply iterative",
		  "reply needs words: /service reply <pattern> [<answer>] [after <time>] [close]" },
		{ "/listen 0 reply",
		  "reply needs words: /service reply <pattern> [<answer>] [after <time>] [close]" },
		{ "/listen 0 ehco iterative", "no service \"ehco\": did you mean echo?" },
		{ "/service reply hi", "reply: hi needs an answer: \"TEXT\", a file, or close" },
		{ "/service reply hi after 1s", "reply: hi needs an answer: \"TEXT\", a file, or close" },
		{ "/service reply hi \"ho\" after", "reply: after needs a time, like 500ms or 2s" },
		{ "/service reply hi \"ho", "reply: \"ho has no \" at its end" },
		{ "/service reply /hi \"ho\"", "reply: /hi \"ho\" has no / at its end" },
		{ "/service reply /h*/ \"ho\"", "reply: /h*/ also matches no bytes at all" },
		{ "/service reply hi /nosuch/file", "reply: /nosuch/file: no such file or directory" },
		{ "/service reply hi \"\\z\"", "reply: escape \\z at column 1: unknown; there are \\a \\b \\e \\f \\n \\r \\t \\v \\0 "
		  "\\xHH \\u{...} and \\\\ for a backslash" },
		{ "/listen 0 'reply hi'", "reply: hi needs an answer: \"TEXT\", a file, or close" },
		{ "/close 1", "/close takes no argument: /close @1 is for session 1" },
		{ "/close now please", "/close takes no argument: \"now\" is one word too many" },
		{ "/close @nobody", "no session \"nobody\": /sessions lists them" },
		{ "/close c", "/close takes no argument: /close @c is for session 2" },
		{ "/opne 1", "no such command: \"opne\": did you mean /open?" },
		{ "/recieve", "no such command: \"recieve\": /help lists them" },
		{ "/lsiten 1", "no such command: \"lsiten\": did you mean /listen?" },
		{ "/session clent", "no session \"clent\": /sessions lists them" },
		{ "/close @srver", "no session \"srver\": did you mean server?" },
		{ "/shutdown wrte",
		  "shutdown: \"wrte\" is not write, read or both: did you mean write?" },
		{ "/set elo crlf", "no setting \"elo\": did you mean eol?" },
		{ "/set nosuch", "no setting \"nosuch\": /set lists them" },
		{ "/target r a:1 nosuch=1",
		  "no setting \"nosuch\": a target may have eol, view and timeout" },
		{ "/target r a:1 vew=hex", "no setting \"vew\": did you mean view?" },
		{ "/target r a:1 fold=3",
		  "fold belongs to the program: a target may have eol, view and timeout" },
		{ "/assert",
		  "assert: needs a value-name: /assert <value-name> "
		  "is|=|==|!=|<|<=|>|>=|has|matches [not] <pattern> [within <duration>]" },
		{ "/fill", "fill: needs a size: /fill <size>" },
		{ "/hex", "hex: needs bytes: /hex <bytes...>" },
		{ "/skip", "skip: needs \"unless\": /skip unless sandbox|wire|ipv6|tls|descriptors|root" },
		{ "/set eol clrf",
		  "eol: \"clrf\" is not lf, crlf, cr, nul or none: did you mean crlf?" },
		{ "/service ehco", "no service \"ehco\": did you mean echo?" },
		{ "/listen 0 ehco", "no service \"ehco\": did you mean echo?" },
		{ "/listen 127.0.0.1 0 ehco",
		  "no service \"ehco\": did you mean echo?" },
		{ "/listen 0 finger", "no service \"finger\": none, echo, discard, chargen, daytime, time, chat, hello, sum, upper, mute, hangup and reply; "
		                       "an address comes before its port" },
		{ "/listen 0 localhost", "no service \"localhost\": none, echo, discard, chargen, daytime, time, chat, hello, sum, upper, mute, hangup and reply; "
		                         "an address comes before its port" },
		{ "/listen 7001 127.0.0.1", "the port comes last: 127.0.0.1 7001" },
		{ "/open 7001 127.0.0.1", "the port comes last: 127.0.0.1 7001" },
		{ "/open 0", "0 is not a port: 1 to 65535" },
		{ "/view hxe",
		  "view: \"hxe\" is not chat, hex, trace, ladder, wire or all: did you mean hex?" },
		{ "/option nodely",
		  "no such socket option here: \"nodely\": did you mean TCP_NODELAY?" },
		{ "/help opne", "no help for \"opne\": did you mean open?" },
		{ "/help ehco", "no help for \"ehco\": did you mean echo?" },
		{ "/help set eool", "no help for \"eool\" in /set: /help set" },
		{ "/abort 1", "/abort takes no argument: /abort @1 is for session 1" },
		{ "/abort @7", "no session \"7\": /sessions lists them" },
		{ "/abort @", "/abort takes no argument: \"@\" is one word too many" },
		{ "/abort @@c", "/abort takes no argument: \"@c\" is one word too many" },
		{ "/shutdown", "shutdown: needs write, read or both: /shutdown write|read|both" },
		{ "/shutdown wr",
		  "shutdown: \"wr\" is not write, read or both: /shutdown write|read|both" },
		{ "/shutdown write read",
		  "shutdown: \"read\" is one word too many: /shutdown write|read|both" },
		{ "/reconnect 1", "/reconnect takes no argument: /reconnect @1 is for session 1" },
		{ "/forget 1",
		  "/forget takes no session as its argument: /forget @1 is for session 1" },
		{ "/reconnect", "session 2 is still open: /close it first" },
		{ "/reconnect @nobody", "no session \"nobody\": /sessions lists them" },
		{ "/session", "session: needs a session: /session next|previous|<session>" },
		{ "/session 1 2",
		  "session: \"2\" is one word too many: /session [next|previous] [<session>]" },
		{ "/session 99", "no session \"99\": /sessions lists them" },
		{ "/name", "name: needs a name: /name <name>" },
		{ "/name a b", "name: \"b\" is one word too many: /name <name>" },
		{ "/expect a b", "expect: \"b\" is one word too many, but quotes keep blanks: /expect "
		                 "[not|next] <pattern> [within <duration>] [from <session>]" },
		{ "/name server", "session 1 has that name: server" },
		{ "/quit now", "/quit takes no argument: \"now\" is one word too many" },
		{ "/quit \"now", "/quit takes no argument: \"\"now\" is one word too many" },
		{ "/q q", "/quit takes no argument: \"q\" is one word too many" },
		{ "/send", "send: needs text: a stream cannot send nothing, only datagrams and packets can" },
		{ "/send @nobody x", "no session \"nobody\": /sessions lists them; "
		                     "for text that begins with @ write @@nobody" },
		{ "/hex", "hex: needs bytes: /hex <bytes...>" },
		{ "/to", "to: needs a peer: /to <peer> [<text...>]" },
		{ "/to 1 x",
		  "to: only a UDP session has numbered peers; /session picks a TCP conversation" },
		{ "/to @nobody 1", "no session \"nobody\": /sessions lists them" },
		{ "/all", "all: needs text: /all <text...>" },
		{ "/all ", "all: needs text: /all <text...>" },
		{ "/join", "join: needs a group: /join <group> [<interface>] [from <source>]" },
		{ "/join 240.0.0.1", "\"240.0.0.1\" is not a group: 224.0.0.0 to 239.255.255.255, or "
		                     "an IPv6 address from ff00:: on" },
		{ "/join 239.1.2.3 from lo", "\"lo\" is not the address of a sender" },
		{ "/leave 239.1.2.3 lo lo", "leave: \"lo\" is one word too many: /leave <group> "
		                            "[<interface>] [from <source>]" },
		{ "/peers @nobody", "no session \"nobody\": /sessions lists them" },
		{ "/set eol unix", "eol: \"unix\" is not lf, crlf, cr, nul or none" },
		{ "/set eol lf lf",
		  "set: \"lf\" is one word too many: /set [<setting>] [<value>]" },
		{ "/set t", "ambiguous: \"t\" is time, timeout" },
		{ "/set 'eol",
		  "set: \"'eol\" begins a quote that does not end: /set [<setting>] [<value>]" },
		{ "/help nothing", "no help for \"nothing\": /help lists the commands" },
		{ "/help open socket", "no help for \"socket\" in /open: /help open" },
		{ "/help s", "ambiguous: /s is /shutdown, /session, /send, /secret, "
		             "/states, /stream, "
		             "/sessions, /stats, /socket, /source, /skip, /sleep, /say, /service, "
		             "/sandbox, /save, /set" },
		{ "/@nobody hello", "no session \"nobody\": /sessions lists them" },
		{ "/@c", "needs text: /@session <text...>" },
		{ "/@c ", "needs text: /@session <text...>" },
	};
	struct app app;
	start_pair(&app);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_text(run(&app, "%s", cases[i].line), cases[i].says, cases[i].line);
	size_t count = sessions_count(app.sessions);
	static const char *const lines[] = {
		"/open 127.0.0.1 70000",
		"/open 127.0.0.1",
		"/open 127.0.0.1 0",
		"/open udp tcp://127.0.0.1:7",
		"/open 1.2.3.4.5 7",
		"/listen 70000",
		"/listen 127.0.0.1:7 8",
		"/listen tcp udp://:9",
		"/send \\q",
		"/send a\\x4",
		"/hex 4",
		"/hex xyz",
		"/name 12",
		"/name @x",
		"/open 127.0.0.1 7 as server",
		"/shutdown write @c",
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		const char *says = run(&app, "%s", lines[i]);
		ok(*says && !strchr(says, '\n'), "%s: one line", lines[i]);
		printf("#   %s\n", says);
	}
	is_int(sessions_count(app.sessions), count, "no mistake makes a session");
	is_int(counts(&app, "c")->sent_bytes, 0, "or sends a byte");
	app_fixture_end(&app);
}

/* The newest line that a person typed as a command. */
static const struct entry *typed(const struct app *app)
{
	uint64_t at = transcript_newest(app->transcript);
	while (at != TRANSCRIPT_NONE && transcript_at(app->transcript, at)->call != CALL_COMMAND)
		at = transcript_previous(app->transcript, at);
	return at == TRANSCRIPT_NONE ? NULL : transcript_at(app->transcript, at);
}

static bool was_typed(const struct app *app, const char *line)
{
	const struct entry *entry = typed(app);
	return entry && entry->len == strlen(line) &&
	       memcmp(entry_payload(entry), line, entry->len) == 0;
}

static void test_typed(void)
{
	struct app app;
	struct rows rows = { 0 };
	char shown[64] = { 0 };
	app_fixture_start(&app);
	run(&app, "no session");
	ok(!typed(&app), "a line that is data is no command");
	run(&app, " /set eol  crlf");
	ok(was_typed(&app, "/set eol  crlf"), "a command is an entry, as it was typed");
	ok(!typed(&app)->arg, "in which /find may find its words");
	run(&app, "/f eol");
	ok(was_typed(&app, "/f eol") && typed(&app)->arg, "but not those of its own");
	run(&app, "/nonsense here");
	ok(was_typed(&app, "/nonsense here"), "also a wrong one");
	run(&app, "/secret $HOME");
	ok(was_typed(&app, "/secret ..."), "of a secret only the name");
	ok(!queue_type(&app, "/send a\0b", 9), "a NUL byte is in no command");
	ok(strstr(app_fixture_note(&app, 0), "NUL") != NULL, "which it says");
	app_note(&app, "later");
	is_int(app_fixture_flags(&app, 0), 0, "what is said later answers nothing");
	run(&app, "/set marks on");
	struct view view = app_view(&app, 40);
	struct location location;
	view_last(&view, &location);
	view.time = VIEW_TIME_OFF;
	view_layout(&view, location, &rows);
	for (size_t i = 0; i < rows.row[0].count && i + 1 < sizeof shown; i++)
		shown[i] = (char)rows.row[0].glyphs[i].chars[0];
	is_text(shown, "-  > /set marks on", "the chat marks it");
	rows_free(&rows);
	app_fixture_end(&app);
}

static void test_sending(void)
{
	struct app app;
	start_pair(&app);
	is_text(run(&app, "plain  line "), "", "a plain line");
	is_text(run(&app, "//slash"), "", "one that begins with a slash");
	is_text(run(&app, " \t//slash"), "", "or with blanks and a slash");
	is_text(run(&app, " a / "), "", "one with a blank in front");
	is_text(run(&app, " \t/name c"), "", "which does not make a command data");
	is_text(run(&app, "/send  it's \\x41\\r\\n"), "", "/send");
	is_text(run(&app, "/hex 48 69 0a"), "", "/hex");
	is_text(run(&app, "한글"), "", "another script");
	static const char want[] = "plain  line \n/slash\n \t/slash\n a / \n it's A\r\nHi\n한글\n";
	wait_for(&app, has_received(&app, "c", want), "all of it comes back as it was typed");
	is_int(counts(&app, "c")->sent_bytes, strlen(want), "and no other byte was sent");
	app_fixture_end(&app);
}

static void test_addressing(void)
{
	struct app app;
	start_pair(&app);
	is_text(run(&app, "/session server"), "", "/session by name");
	ok(app.current == named(&app, "server"), "looks at it");
	is_text(run(&app, "/@c  hello"), "", "a line to another session");
	is_text(run(&app, "/@2 /close"), "", "also one that looks like a command");
	is_text(run(&app, "/send @c x"), "", "a command for it");
	is_text(run(&app, "/send   @2 \\x40y"), "", "by number");
	wait_for(&app, has_received(&app, "c", " hello\n/close\nx@y"), "all went there");
	ok(app.current == named(&app, "server"), "and the window stayed");
	ok(*run(&app, "hello"), "a listener is sent no line");
	is_text(run(&app, "/se 2"),
	        "ambiguous: /se is /session, /send, /secret, /sessions, /service, /set",
	        "not a prefix");
	is_text(run(&app, "/session @c"), "", "/session with an @");
	ok(app.current == named(&app, "c"), "is the same");
	struct session *last = sessions_at(app.sessions, sessions_count(app.sessions) - 1);
	is_text(run(&app, "/session 1"), "", "the first");
	is_text(run(&app, "/session previous"), "", "before it");
	ok(app.current == last, "is the last");
	is_text(run(&app, "/session next"), "", "and after that");
	ok(app.current == named(&app, "server"), "the first again");
	is_text(run(&app, "/session c"), "", "/session c");
	is_text(run(&app, "/name client"), "", "/name");
	is_text(session_name(app.current), "client", "renames");
	is_text(run(&app, "/name @server s"), "", "/name @session");
	ok(named(&app, "s") == sessions_numbered(app.sessions, 1), "renames the other");
	app_fixture_end(&app);
}

/* As keys do it: a command in any mode, that answers only where it failed. */
static void test_key_lines(void)
{
	struct app app;
	struct error error = { .text = "" };
	start_pair(&app);
	run(&app, "/session c");
	uint64_t entries = transcript_count(app.transcript);
	ok(queue_press(&app, "/literal", &error) && app.literal, "a key for literal mode");
	ok(queue_press(&app, "/fold", &error) && app.unfolded, "commands go on in it");
	ok(queue_press(&app, "/literal off", &error) && !app.literal, "also the way back");
	ok(!queue_press(&app, "/session 9", &error) && strstr(error.text, "no session"),
	   "what is wrong is handed back");
	is_int(transcript_count(app.transcript), entries, "and nothing was noted");
	is_text(run(&app, "/fold"), "", "/fold typed");
	ok(transcript_count(app.transcript) > entries, "a person is answered");
	run(&app, "/set fold off");
	is_text(run(&app, "/fold"), "/set fold is off: all messages are shown whole",
	        "without folding there is nothing to show whole");
	app_fixture_end(&app);
}

/* Whatever the text begins with. */
static void test_text_with_at(void)
{
	struct app app;
	start_pair(&app);
	is_text(run(&app, "/service @server none"), "", "nobody answers");
	is_text(run(&app, "/session server"), "", "at the server");
	is_text(run(&app, "/all @ hi"), "", "a lone @ picks no session");
	is_text(run(&app, "/all @@bob hi"), "", "two of them are one");
	is_text(run(&app, "/all @@@x"), "", "three are two");
	is_text(run(&app, "/all @server @@both"), "", "only the first argument is looked at");
	is_text(run(&app, "/all //x \"it's"), "", "slashes and quotes are text");
	is_text(run(&app, "/session 3"), "", "at the server's end");
	is_text(run(&app, "/send @@home\\n"), "", "/send, too");
	is_text(run(&app, "/send  @@ \\n"), "", "after a blank that is sent");
	is_text(run(&app, "/send @\\n"),
	        "no session \"\\n\": /sessions lists them; for text that "
	        "begins with @ write @@\\n",
	        "an escape is no blank");
	is_text(run(&app, "/send @"), "", "a lone one");
	is_text(run(&app, "/send @\t\\n"), "", "before a tab");
	is_text(run(&app, "@plain"), "", "and so is a plain line");
	static const char want[] = "@ hi\n@bob hi\n@@x\n@@both\n//x \"it's\n@home\n @ \n"
	                           "@@\t\n@plain\n";
	wait_for(&app, has_received(&app, "c", want), "all of it was sent so");
	app_fixture_end(&app);
}

/* Sends a line and waits for its echo. */
static void expect_echo(struct app *app, const char *line, const char *want)
{
	is_text(run(app, "%s", line), "", line);
	wait_for(app, has_received(app, "c", want), "with the right end");
}

static void test_line_ends(void)
{
	struct app app;
	start_pair(&app);
	is_text(run(&app, "/open 127.0.0.1 %u as d", port_of(&app, "server")), "", "another");
	wait_for(&app, is_open(&app, "d"), "client");
	is_text(run(&app, "/session c"), "", "of one of them");
	is_text(ask(&app, "/set eol crlf"),
	        "eol is crlf for session 2, and for new sessions; others keep theirs", "/set eol");
	is_text(run(&app, "/@d x"), "", "a line to the other one");
	wait_for(&app, has_received(&app, "d", "x\n"), "ends as before");
	expect_echo(&app, "x", "x\r\n");
	is_text(ask(&app, "/set @d eol nul"), "eol is nul for session 4", "one session alone");
	expect_echo(&app, "y", "x\r\ny\r\n");
	is_text(ask(&app, "/set eol"), "eol  crlf  lf|crlf|cr|nul|none", "as it is here");
	is_text(ask(&app, "/set @d eol"), "eol  nul (new sessions: crlf)  lf|crlf|cr|nul|none",
	        "and there");
	is_text(run(&app, "/open 127.0.0.1 %u as e", port_of(&app, "server")), "", "a new one");
	is_int(session_eol(named(&app, "e")), EOL_CRLF, "has that of new ones");
	is_text(run(&app, "/set @d time off"), "time belongs to no session: /set time off",
	        "not every setting is a session's");
	is_text(run(&app, "/set @d eol unix"), "eol: \"unix\" is not lf, crlf, cr, nul or none",
	        "a wrong value");
	is_int(session_eol(named(&app, "d")), EOL_NUL, "changes nothing");
	is_text(run(&app, "/reconnect @d"), "session 4 is still open: /close it first",
	        "still open");
	is_text(run(&app, "/abort @d"), "", "aborted");
	is_text(run(&app, "/reconnect @d"), "", "and opened again");
	is_int(session_eol(named(&app, "d")), EOL_NUL, "it is the same session");
	app_fixture_end(&app);
}

static void test_line_ends_of_clients(void)
{
	struct app app;
	start_pair(&app);
	struct session *client = sessions_numbered(app.sessions, 3);
	is_text(ask(&app, "/set @server eol cr"), "eol is cr for session 1 and its clients",
	        "a listener");
	is_int(session_eol(client), EOL_CR, "and its client");
	is_int(session_eol(named(&app, "c")), EOL_LF, "not the other end");
	is_text(run(&app, "/open 127.0.0.1 %u as d", port_of(&app, "server")), "", "a client");
	wait_for(&app, session_clients(named(&app, "server")) == 2, "that comes later");
	is_int(session_eol(sessions_numbered(app.sessions, 5)), EOL_CR, "has it too");
	is_int(app.settings.eol, EOL_LF, "and the default stays");
	app_fixture_end(&app);
	app_fixture_start(&app);
	is_text(run(&app, "/set eol cr"), "", "without a session");
	is_text(run(&app, "/socket tcp as s"), "", "/socket");
	is_int(session_eol(named(&app, "s")), EOL_CR, "makes a new one");
	app_fixture_end(&app);
}

static void test_literal(void)
{
	struct app app;
	start_pair(&app);
	app.literal = true;
	is_text(run(&app, "/quit"), "", "in literal mode");
	is_text(run(&app, "//x"), "", "every line");
	is_text(run(&app, " /quit"), "", "with a blank, too,");
	ok(!app.quit, "is data");
	wait_for(&app, has_received(&app, "c", "/quit\n//x\n /quit\n"), "as typed");
	app.literal = false;
	is_text(run(&app, " /quit"), "", "/quit");
	ok(app.quit, "quits");
	app_fixture_end(&app);
}

static void test_ending(void)
{
	struct app app;
	start_pair(&app);
	is_text(run(&app, "/shutdown write"), "", "/shutdown write");
	ok(session_is_shut(named(&app, "c")), "shuts");
	wait_for(&app,
	         session_state(named(&app, "c")) == SESSION_CLOSED ||
	                 session_peer_closed(named(&app, "c")),
	         "and the echo server answers with FIN");
	ok(*run(&app, "more"), "nothing can be sent then");
	if (session_state(named(&app, "c")) != SESSION_CLOSED)
		is_text(run(&app, "/close"), "", "/close");
	is_int(session_state(named(&app, "c")), SESSION_CLOSED, "closed");
	ok(app.current == named(&app, "c"), "its tab stays");
	is_text(run(&app, "/reconnect"), "", "/reconnect");
	wait_for(&app, is_open(&app, "c"), "opens it again");
	is_text(run(&app, "again"), "", "a line");
	wait_for(&app, counts(&app, "c")->received_bytes >= 6, "comes back");
	is_text(run(&app, "/abort"), "", "/abort");
	is_int(session_end(named(&app, "c")), SESSION_ENDED_RESET, "resets");
	ok(*run(&app, "/abort"), "a closed one cannot be aborted");
	ok(*run(&app, "/shutdown both"), "nor shut down");
	is_text(run(&app, "/close"), "session 2 is already closed: /forget removes it",
	        "/close once more");
	ok(named(&app, "c"), "deletes nothing");
	is_text(run(&app, "hello"), "session 2 is closed: /reconnect opens it again",
	        "what is typed goes nowhere");
	is_text(run(&app, "/forget @server"), "session 1 is still open: /close it first",
	        "/forget of an open one");
	ok(*run(&app, "/forget 1") && named(&app, "c"), "a number without an @ forgets nothing");
	is_text(run(&app, "/forget"), "", "/forget");
	ok(!named(&app, "c"), "forgets it");
	ok(app.current, "and another is current");
	is_text(run(&app, "/close @server"), "", "/close @server");
	is_int(session_state(named(&app, "server")), SESSION_CLOSED, "stops listening");
	is_text(run(&app, "/reconn @server"), "", "/reconnect @server");
	wait_for(&app, is_listening(&app, "server"), "listens again");
	app_fixture_end(&app);
}

static void test_peers(void)
{
	struct app app;
	start_peers(&app);
	is_text(run(&app, "/to 1 for a"), "", "/to a peer");
	is_text(run(&app, "/to 0 for b"), "", "/to the last one");
	is_text(run(&app, "/to 1"), "", "/to chooses");
	is_text(app_fixture_note(&app, app_shown(&app)), "lines go to peer 1 from now on",
	        "and says to whom");
	is_text(run(&app, "chosen"), "", "who gets plain lines");
	is_text(run(&app, "/all both"), "", "/all");
	is_text(app_fixture_note(&app, app_shown(&app)), "sent to 2", "says to how many");
	wait_for(&app, has_received(&app, "a", "for a\nchosen\nboth\n"),
	         "the first peer has its lines");
	wait_for(&app, has_received(&app, "b", "for b\nboth\n"), "and the second");
	const char *list = ask(&app, "/peers");
	ok(strstr(list, "1*  127.0.0.1:") && strstr(list, "\n2   127.0.0.1:"),
	   "/peers marks the chosen one");
	ok(strstr(list, "1 (7)") && strstr(list, "3 (18)"), "and counts");
	is_text(run(&app, "/to 0"), "", "/to 0 chooses the last writer again");
	is_text(app_fixture_note(&app, app_shown(&app)), "lines go to the last writer from now on",
	        "and says so");
	is_text(run(&app, "last"), "", "a plain line");
	wait_for(&app, has_received(&app, "b", "for b\nboth\nlast\n"), "goes there");
	is_text(run(&app, "/to 3 x"), "to: there is no peer 3: /peers lists them", "no such peer");
	is_text(run(&app, "/to one x"),
	        "to: \"one\" is no number of a peer, no address:port and no session: /peers lists them",
	        "no number");
	is_text(run(&app, "/to 99999999999 x"),
	        "to: \"99999999999\" is no number of a peer, no address:port and no session: /peers lists "
	        "them",
	        "too large a one");
	is_text(run(&app, "/to 127.0.0.1:70000 x"), "to: 70000 is not a port: 1 to 65535",
	        "nor a port");
	is_text(run(&app, "/to localhost:9 x"), "to: not a numeric address: localhost",
	        "no name is looked up");
	ok(*run(&app, "/to 3"), "no such peer to choose");
	is_text(run(&app, "/send"), "", "/send nothing");
	wait_for(&app, counts(&app, "b")->receives == 4, "is an empty datagram");
	is_int(counts(&app, "b")->received_bytes, 16, "of no byte");
	is_text(run(&app, "/session a"), "", "from a client");
	is_text(run(&app, "/all hi"), "",
	        "/all goes to everyone: two clients' servers, two peers of the server");
	is_text(app_fixture_note(&app, app_shown(&app)), "sent to 4", "says to how many");
	app_fixture_end(&app);
}

static void test_nobody_wrote(void)
{
	struct app app;
	app_fixture_start(&app);
	run(&app, "/listen udp 0 as u");
	wait_for(&app, is_open(&app, "u"), "a UDP server");
	is_text(run(&app, "/to 0 x"), "to: nobody has written yet", "no last writer");
	is_text(ask(&app, "/peers"), "no peer yet", "/peers");
	is_text(run(&app, "/all x"), "all: nobody is there to send to", "/all");
	ok(*run(&app, "x"), "a plain line has no addressee");
	is_text(run(&app, "/listen udp 0 as v"), "", "another server");
	wait_for(&app, is_open(&app, "v"), "opens");
	is_text(run(&app, "/to @u 127.0.0.1:%u first", port_of(&app, "v")), "",
	        "/to an address that has not written");
	wait_for(&app, has_received(&app, "v", "first\n"), "gets there");
	is_text(run(&app, "/to @u 127.0.0.1:%u", port_of(&app, "v")), "", "chooses it");
	is_text(run(&app, "/send @u plain"), "", "for what is sent");
	wait_for(&app, has_received(&app, "v", "first\nplain"), "from now on");
	is_int(session_peer_count(named(&app, "u")), 1, "and is one peer");
	run(&app, "/session u");
	ok(strstr(ask(&app, "/peers"), "  never"), "that has never written");
	app_fixture_end(&app);
}

static void test_clients(void)
{
	struct app app;
	start_pair(&app);
	run(&app, "/listen 0 as other");
	wait_for(&app, is_listening(&app, "other"), "another server");
	is_text(ask(&app, "/peers"), "no clients", "has no clients");
	is_text(run(&app, "/all x"), "all: nobody is there to send to", "nobody to send to");
	run(&app, "/open localhost:%u as d", port_of(&app, "other"));
	wait_for(&app, is_open(&app, "d") && session_clients(named(&app, "other")) == 1,
	         "its client");
	is_text(run(&app, "/all @other first"), "", "/all to the clients of another server");
	wait_for(&app, has_received(&app, "d", "first\n"), "which get it");
	is_text(run(&app, "/session other"), "", "on the server");
	is_text(run(&app, "/all to mine"), "", "/all");
	is_text(app_fixture_note(&app, app_shown(&app)), "sent to 1",
	        "goes to its own clients only");
	wait_for(&app, has_received(&app, "d", "first\nto mine\n"), "which get it");
	const char *list = ask(&app, "/peers");
	ok(strncmp(list, "1 client: in ", 13) == 0 && strstr(list, "\nsession  name") &&
	           strstr(list, "\n6 "),
	   "/peers lists the clients");
	ok(!strstr(list, "\n3 "), "not those of others");
	is_text(run(&app, "/peers @c"), "", "/peers of a conversation");
	ok(strncmp(app_fixture_note(&app, app_shown(&app)), "one peer: 127.0.0.1:", 20) == 0,
	   "names the other end");
	is_text(run(&app, "/service @other hello"), "", "/service");
	is_text(session_service(named(&app, "other"))->name, "hello", "sets the service");
	ok(*run(&app, "/service @c echo"), "a client has none");
	app_fixture_end(&app);
}

/* Two servers on one port of two addresses: each answers for its own clients only. */
static void test_clients_of_one_port(void)
{
	struct app app;
	app_fixture_start(&app);
	run(&app, "/listen 127.0.0.1 0 as one");
	wait_for(&app, is_listening(&app, "one"), "a server");
	unsigned port = port_of(&app, "one");
	is_text(run(&app, "/listen 127.0.0.2 %u as two", port), "", "another address");
	wait_for(&app, is_listening(&app, "two"), "with the same port");
	run(&app, "/open 127.0.0.1:%u as c", port);
	wait_for(&app, is_open(&app, "c") && session_clients(named(&app, "one")) == 1,
	         "a client of the first");
	is_text(run(&app, "/all @two x"), "all: nobody is there to send to", "the second has none");
	is_text(run(&app, "/session two"), "", "on the second");
	is_text(ask(&app, "/peers"), "no clients", "and lists none");
	is_text(run(&app, "/all @one hi"), "", "the first has it");
	wait_for(&app, has_received(&app, "c", "hi\n"), "and reaches it");
	app_fixture_end(&app);
}

static void test_lists(void)
{
	struct app app;
	start_pair(&app);
	const char *list = ask(&app, "/sessions");
	ok(strstr(list, "\n1  server ") && strstr(list, "\n2* c ") &&
	           strstr(list, "\n3  :"),
	   "/sessions lists all, and marks the current one");
	ok(strstr(list, "LISTEN ") && strstr(list, "ESTABLISHED "), "with their states");
	list = ask(&app, "/set");
	ok(strncmp(list, "eol ", 4) == 0 && strstr(list, "\nscrollback    64Mi  ") &&
	           strstr(list, "\npaste "),
	   "/set lists all");
	is_text(run(&app, "/set eol crlf"), "", "/set changes");
	ok(strncmp(ask(&app, "/set eol"), "eol  crlf  lf|crlf|cr|nul|none", 30) == 0,
	   "/set shows one");
	is_text(run(&app, "/set timeout 250ms"), "", "/set timeout");
	is_int(app.settings.timeout, 250 * CLOCK_MS, "takes a duration");
	list = ask(&app, "/help");
	ok(strstr(list, "\n/open ") && strstr(list, "open a TCP conversation"),
	   "/help has a line for a command");
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++) {
		char line[40], want[40];
		snprintf(line, sizeof line, "/help /%s", command->name);
		snprintf(want, sizeof want, "/%s", command->name);
		ok(strstr(ask(&app, "/help"), want), "/help has /%s", command->name);
		ok(strncmp(ask(&app, line), want, strlen(want)) == 0, "%s", line);
	}
	ok(strstr(ask(&app, "/help service"), "\n  echo  "), "/help service lists the services");
	ok(strncmp(ask(&app, "/help close"), "/close [@session]\nclose the ", 28) == 0,
	   "/help shows usage and text");
	ok(strstr(ask(&app, "/help set"), "\n  mouse "), "/help set lists the settings");
	app_fixture_end(&app);
}

static void test_views(void)
{
	struct app app;
	start_pair(&app);
	uint32_t c = session_number(named(&app, "c")),
	         server = session_number(named(&app, "server"));
	is_text(run(&app, "/view trace"), "", "/view trace");
	ok(app_view_mode(&app, c).ops == &trace_view, "shows the calls");
	is_text(run(&app, "/view all"), "", "/view all");
	ok(app_view_mode(&app, c).ops == &trace_view && app_view_mode(&app, c).all,
	   "keeps the kind");
	is_text(run(&app, "/view hex"), "", "/view hex");
	ok(app_view_mode(&app, c).ops == &hex_view && !app_view_mode(&app, c).all,
	   "is of one session");
	is_text(run(&app, "/view chat all"), "", "/view chat all");
	ok(app_view_mode(&app, c).ops == &chat_view && app_view_mode(&app, c).all, "and back");
	is_text(run(&app, "/view"), "", "/view");
	ok(app_view_mode(&app, c).ops == &hex_view, "turns to the next");
	is_text(run(&app, "/view @server trace"), "", "/view @server");
	ok(app_view_mode(&app, server).ops == &trace_view, "sets the other's");
	ok(app_view_mode(&app, c).ops == &hex_view, "and not this one's");
	is_text(run(&app, "/view ladder"), "", "/view ladder");
	static const char refusal[] = "a ladder has two ends: /view trace all shows every session";
	is_text(run(&app, "/view ladder all"), refusal, "/view ladder all");
	is_text(run(&app, "/view all"), refusal, "also when there is one already");
	ok(app_view_mode(&app, c).ops == &ladder_view, "and it stays");
	is_text(run(&app, "/view wire"), "", "/view wire");
	is_text(run(&app, "/view"), "", "/view");
	ok(app_view_mode(&app, c).ops == &chat_view, "after the last comes the first");
	is_text(run(&app, "/view trace all"), "", "/view trace all");
	is_text(run(&app, "/view"), "", "/view");
	ok(app_view_mode(&app, c).ops == &wire_view && app_view_mode(&app, c).all,
	   "of all sessions there is no ladder");
	is_text(run(&app, "/view page"),
	        "view: \"page\" is not chat, hex, trace, ladder, wire or all: /view "
	        "[chat|hex|trace|ladder|wire] [all]",
	        "no such view");
	app_fixture_end(&app);
}

static void test_listen_forms(void)
{
	static const struct {
		const char *line, *name;
		bool has_clients; /* a listener, else datagrams */
	} cases[] = {
		{ "/listen 0 as one", "one", true },
		{ "/listen 127.0.0.1 0 as two", "two", true },
		{ "/listen as three udp 0", "three", false },
		{ "/listen udp://:0 as four", "four", false },
		{ "/listen *:0 as five", "five", true },
		{ "/listen * 0 as six", "six", true },
		{ "/listen udp 127.0.0.1:0 echo as seven", "seven", false },
		{ "/listen 0 upper iterative as eight max 2", "eight", true },
		{ "/listen 127.0.0.1 0 iterative as nine", "nine", true },
	};
	struct app app;
	app_fixture_start(&app);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		is_text(run(&app, "%s", cases[i].line), "", cases[i].line);
		const struct session *session = named(&app, cases[i].name);
		if (!ok(session, "is there"))
			continue;
		wait_for(&app, session_local(session).port != 0, "has a port");
		ok(session_has_clients(session) == cases[i].has_clients &&
		           session_has_peers(session) != cases[i].has_clients,
		   "is of that kind");
	}
	is_text(session_service(named(&app, "seven"))->name, "echo", "with a service");
	is_text(session_service(named(&app, "eight"))->name, "upper", "one client at a time");
	ok(session_is_iterative(named(&app, "eight")) && session_is_iterative(named(&app, "nine")) &&
	           !session_is_iterative(named(&app, "one")),
	   "with iterative alone");
	struct endpoint local = session_local(named(&app, "one"));
	ok(endpoint_is_loopback(&local), "loopback where no address is given");
	local = session_local(named(&app, "five"));
	ok(endpoint_is_any(&local), "every address with *");
	app_fixture_end(&app);
}

/* ---- the manual ---- */

static void test_man(void)
{
	char *text = NULL;
	size_t size = 0;
	struct error error;
	FILE *out = open_memstream(&text, &size);
	manual_print(manual_choose("commands", &error), out);
	manual_print(manual_choose("settings", &error), out);
	fclose(out);
	ok(strncmp(text, ".Ss Sessions\n", 13) == 0, "begins with the first group of commands");
	ok(!manual_choose("nothing", &error), "no such part");
	ok(strncmp(error.text, "--mdoc: nothing is none of commands, ", 37) == 0,
	   "the message names all");
	ok(strstr(text,
	          ".It Ic /open Oo Cm tcp | udp | unix | unixgram | unixpacket | tls Oc Ar address Oo Ar "
	          "port Oc Oo Cm from | on Ar host Oc Oo Cm as Ar name Oc Oo Cm verify Ar on-or-off Oc Oo Cm ca Ar file Oc "),
	   "usage as macros");
	ok(strstr(text, ".It Ic /to Oo Ar @session Oc Ar peer Oo Ar text ... Oc\n"),
	   "a session may stand first");
	ok(strstr(text, "\\exHH"), "a backslash is one");
	ok(strstr(text, ".It Ic eol Cm lf | crlf | cr | nul | none\n"), "with their values");
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++) {
		char want[60];
		snprintf(want, sizeof want, "\n.It Ic /%s", command->name);
		ok(strstr(text, want), "has /%s", command->name);
	}
	free(text);
}

int main(void)
{
	tap_watchdog(30);
	test_table();
	test_search();
	test_letters();
	test_lone_ports();
	test_help_of_all();
	test_without_session();
	test_usage_mistakes();
	test_typed();
	test_sending();
	test_addressing();
	test_key_lines();
	test_text_with_at();
	test_line_ends();
	test_line_ends_of_clients();
	test_literal();
	test_ending();
	test_peers();
	test_nobody_wrote();
	test_clients();
	test_clients_of_one_port();
	test_lists();
	test_views();
	test_listen_forms();
	test_man();
	return tap_done();
}
