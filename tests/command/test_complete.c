// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/complete.h"

#include "command/command.h"
#include "command/queue.h"

#include "app/fixture.h"

/* What TAB offers at the end of this line for the word after the last blank, with
 * blanks between. */
static const char *offered(struct app *app, const char *line, size_t start, size_t end)
{
	static struct buf text = { .max = SIZE_MAX };
	bool files = true;
	buf_clear(&text);
	char **words = complete_word(app, line, start, end, &files);
	for (size_t i = 0; words && words[i]; i++) {
		buf_printf(&text, "%s%s", i ? " " : "", words[i]);
		free(words[i]);
	}
	free(words);
	if (files)
		buf_append_text(&text, "(files)");
	return buf_text(&text);
}

static const char *complete(struct app *app, const char *line)
{
	const char *blank = strrchr(line, ' ');
	return offered(app, line, blank ? (size_t)(blank - line) + 1 : 0, strlen(line));
}

static void run(struct app *app, const char *line)
{
	ok(queue_type(app, line, strlen(line)), "%s", line);
}

static void test_commands(struct app *app)
{
	char all[1000] = "";
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++) {
		strncat(all, *all ? " /" : "/", sizeof all - strlen(all) - 1);
		strncat(all, command->name, sizeof all - strlen(all) - 1);
	}
	is_text(complete(app, "/"), all, "all commands");
	is_text(complete(app, "/ses"), "/session /sessions", "those that begin so");
	is_text(complete(app, "/open"), "/open", "a whole one");
	is_text(complete(app, "/x"), "", "none");
	is_text(complete(app, "/rec"), "/reconnect /recv", "of several groups");
	is_text(offered(app, "/sesxyz", 0, 4), "/session /sessions", "the cursor within a word");
	is_text(complete(app, "/help se"),
	        "session send secret sessions service set services settings segment", "/help");
	is_text(complete(app, "/help /ope"), "/open", "with a slash");
	is_text(complete(app, "/lesson ex"), "export", "words of /lesson");
	is_text(complete(app, "/lesson nag"), "nagle-and-delayed-ack", "and the lessons");
	is_text(complete(app, "/lesson export nag"), "nagle-and-delayed-ack", "of which one is written");
	is_text(complete(app, "/lesson export 4 "), "answers notes(files)", "to a file, with what");
	is_text(complete(app, "/lesson export 4 x.html n"), "notes", "or without");
	is_text(complete(app, "/lesson 4 "), "--record", "one that is taken is recorded");
	is_text(complete(app, "/lesson 4 2 --record "), "(files)", "in a file");
	is_text(complete(app, "/lesson next "), "", "and nothing else takes a name");
	is_text(complete(app, "/hel cl"), "close clear clipboard", "after a prefix of a command");
	is_text(complete(app, "/s "), "", "not after an ambiguous one");
	is_text(complete(app, "/open a b c d e f g h i j k l m n "), "as", "after too many words");
}

static void test_leading_blanks(struct app *app)
{
	is_text(complete(app, "  /hel"), "/help", "blanks before a command");
	is_text(offered(app, "\t/hel", 1, 5), "/help", "or a tab");
	is_text(complete(app, "  /help cl"), "close clear clipboard", "and before what comes after it");
	is_text(offered(app, "  /hel", 1, 6), "", "but not as a part of its name");
}

static void test_data(struct app *app)
{
	is_text(complete(app, ""), "", "no word at all");
	is_text(complete(app, "ope"), "", "data is not completed");
	is_text(complete(app, "//op"), "", "nor a line that begins with a slash");
	is_text(complete(app, "hello /op"), "", "nor a slash within");
	is_text(complete(app, " //op"), "", "nor one with a blank in front");
	is_text(complete(app, " "), "", "nor a blank");
	app->literal = true;
	is_text(complete(app, "/op"), "", "nor anything in literal mode");
	app->literal = false;
	is_text(complete(app, "/send ec"), "", "nor text to send");
	is_text(complete(app, "/@echo ec"), "", "nor a line for a session");
}

static void test_words(struct app *app)
{
	is_text(complete(app, "/shutdown "), "write read both", "literals");
	is_text(complete(app, "/shutdown w"), "write", "that begin so");
	is_text(complete(app, "/shutdown write "), "", "only one of them");
	is_text(complete(app, "/listen "), "tcp udp unix unixgram unixpacket tls", "literals of an element");
	is_text(complete(app, "/listen udp 0 e"), "echo",
	        "of a later one, an address being left out");
	is_text(complete(app, "/listen udp 0 echo a"), "as", "as");
	is_text(complete(app, "/listen 0 echo it"), "iterative", "and how it serves");
	is_text(complete(app, "/listen 0 echo iterative t"), "tls", "and what is below that");
	is_text(complete(app, "/listen 0 tls e"), "echo", "a service may come after it,");
	is_text(complete(app, "/listen 127.0.0.1 0 tls e"), "echo", "also after an address,");
	is_text(complete(app, "/listen 0 tls iterative e"), "echo", "or after both,");
	is_text(complete(app, "/listen 0 tls echo e"), "", "and only one,");
	is_text(complete(app, "/listen 0 tls t"), "time", "as tls itself,");
	is_text(complete(app, "/listen 0 tls as echo e"), "echo", "a name is none,");
	is_text(complete(app, "/listen 0 tls ce"), "cert", "whose words are offered after it,");
	is_text(complete(app, "/open tls h 443 c"), "ca cert", "and after the other one,");
	is_text(complete(app, "/open tls://h:443 v"), "verify", "in any spelling,");
	is_text(complete(app, "/open h 443 v"), "", "but not without it");
	is_text(complete(app, "/wait "), "open closed quiet readable", "what is waited for");
	is_text(complete(app, "/wait open "), "within for", "and how long");
	is_text(complete(app, "/expect \"a b\" w"), "within", "the same after a text");
	is_text(complete(app, "/expect not /a b/ w"), "within", "and a regular expression");
	is_text(complete(app, "/assert st"), "state", "a value of the current session");
	is_text(complete(app, "/assert last.e"), "last.errno", "of the last call");
	is_text(complete(app, "/assert errn"), "", "of a call only");
	is_text(complete(app, "/assert recv.cal"), "recv.call recv.calls", "of one or many");
	is_text(complete(app, "/assert @none.rtt"), "@none.rtt @none.rttvar", "of another session");
	is_text(complete(app, "/assert state is EST"), "ESTABLISHED", "what it may be");
	is_text(complete(app, "/assert state is not est"), "established", "in small letters");
	is_text(complete(app, "/assert state "), "is = == != < <= > >= has matches within",
	        "how it is compared");
	is_text(complete(app, "/so"), "/socket /source", "scripts");
	is_text(complete(app, "/listen 0 as e"), "", "a new name is not completed");
	is_text(complete(app, "/service "), "none echo discard chargen daytime time chat hello sum upper mute hangup reply", "services");
	is_text(complete(app, "/set m"), "marks max-clients max-idle mouse", "settings");
	is_text(complete(app, "/view "), "chat hex trace ladder wire all", "views");
	is_text(complete(app, "/view t"), "trace", "that begin so");
	is_text(complete(app, "/view chat "), "all", "of all");
	is_text(complete(app, "/view all "), "chat hex trace ladder wire", "or first of all");
	is_text(complete(app, "/log append a"), "all as(files)", "choices in any order");
	is_text(complete(app, "/log all append a"), "as(files)", "each once");
	is_text(complete(app, "/file lines "), "expand every", "what is done with a file");
	is_text(complete(app, "/file lines every 1s "), "expand", "and what else");
	is_text(complete(app, "/set eol "), "lf crlf cr nul none", "their values");
	is_text(complete(app, "/set eol c"), "crlf cr", "that begin so");
	is_text(complete(app, "/set mou "), "off on", "of a setting by its prefix");
	is_text(complete(app, "/set timeout "), "", "not where any will do");
	is_text(complete(app, "/set nothing "), "", "nor of no setting");
	is_text(complete(app, "/fault del"), "delay", "a fault");
	is_text(complete(app, "/fault in loss "), "off", "a value, or no longer");
	is_text(complete(app, "/fault cut 5 r"), "rst rate refuse", "how it ends, or the next one, of a listener");
	is_text(complete(app, "/cable d"), "delay duplicate", "what the cable does");
	is_text(complete(app, "/cable delay "), "off", "or no longer");
	is_text(complete(app, "/cable delay 5ms rate 1M qu"), "queue", "and what else");
	is_text(complete(app, "/cable loss S"), "SYN SYN-ACK", "a kind of frame");
	is_text(complete(app, "/cable loss s"), "syn syn-ack", "as it is being typed");
	is_text(complete(app, "/cable from "), "left right", "a direction");
	is_text(complete(app, "/cable loss data 60 o"), "of off", "of a session");
	is_text(complete(app, "/cable loss data of @e"), "@echo", "which one");
	is_text(offered(app, "/set eol", 4, 5), "", "a start after the end of nothing");
	is_text(offered(app, "/set", 3, 99), "", "an end after the line");
	is_text(offered(app, "/set", 3, 2), "", "an end before the start");
	is_text(offered(app, "/set eol", 2, 8), "", "a start within the command");
}

/* The current session is a listener of TCP over IPv4. */
static void test_options(struct app *app)
{
	is_text(complete(app, "/option TCP_NO"), "TCP_NODELAY TCP_NOTSENT_LOWAT", "options");
	is_text(complete(app, "/option nod"), "nodelay", "by what is after the underscore");
	is_text(complete(app, "/option NOD"), "NODELAY", "as it is being typed");
	is_text(complete(app, "/option so_rcv"), "so_rcvbuf so_rcvlowat so_rcvtimeo",
	        "a whole name in lower case");
	is_text(complete(app, "/option v6"), "", "not what is of another family");
	is_text(complete(app, "/option @u ip_multicast_t"), "ip_multicast_ttl",
	        "of the session that is meant");
	is_text(complete(app, "/option @u nod"), "", "and not of another transport");
	is_text(complete(app, "/option nodelay "), "on off", "what a switch can be");
	is_text(complete(app, "/option linger "), "off", "what a time can be");
	is_text(complete(app, "/option mtu_discover pro"), "probe", "words");
	is_text(complete(app, "/option rcvbuf "), "", "no number");
	is_text(complete(app, "/option so_type "), "", "nothing to set");
	is_text(complete(app, "/option nosuch "), "", "of no option");
	is_text(complete(app, "/option nodelay on "), "", "one value is enough");
	ok(strlen(complete(app, "/option ")) > 400, "all of them");
	is_text(complete(app, "/why ECONN"), "ECONNABORTED ECONNREFUSED ECONNRESET", "errors");
	is_text(complete(app, "/why epi"), "epipe", "in lower case");
	is_text(complete(app, "/why eai_n"), "eai_nodata eai_noname", "of look-ups");
}

static void test_looking(struct app *app)
{
	is_text(complete(app, "/view "), "chat hex trace ladder wire all", "views");
	is_text(complete(app, "/view hex "), "all", "of every session");
	is_text(complete(app, "/view hex all "), "", "and no more");
	is_text(complete(app, "/recv "), "peek urgent waitall", "how to receive");
	is_text(complete(app, "/recv 10 p"), "peek", "after a number");
	is_text(complete(app, "/code "), "python c", "languages");
	is_text(complete(app, "/code c "), "(files)", "and a file");
	is_text(complete(app, "/ladder x"), "(files)", "a file");
	is_text(complete(app, "/ladder s"), "seq(files)", "or the numbers");
	is_text(complete(app, "/bind 0 "), "", "a port is nobody's to guess");
}

static void test_sessions(struct app *app)
{
	is_text(complete(app, "/session "), "next previous echo u other", "sessions");
	is_text(complete(app, "/session e"), "echo", "that begin so");
	is_text(complete(app, "/session @"), "@echo @u @other", "with an @");
	is_text(complete(app, "/@"), "/@echo /@u /@other", "for a line");
	is_text(complete(app, "/@o"), "/@other", "that begin so");
	is_text(complete(app, "/close "), "", "not where they are not asked for");
	is_text(complete(app, "/forget "), "ended", "a word of its own");
	is_text(complete(app, "/set reconnect "), "off on", "values of a setting");
	is_text(complete(app, "/close @"), "@echo @u @other", "but where an @ was typed");
	is_text(complete(app, "/service @ec"), "@echo", "in front of other words");
	is_text(complete(app, "/service @echo d"), "discard daytime", "which follow");
	is_text(complete(app, "/service @echo echo "), "iterative", "and their words");
	is_text(complete(app, "/fault @u re"), "reorder", "faults of datagrams");
	is_text(complete(app, "/fault @echo re"), "refuse", "of a listener");
	is_text(complete(app, "/service @echo reply \"x\" \"y\" a"), "after(files)", "of rules, too");
	is_text(complete(app, "/service @nobody d"), "discard daytime", "also after a wrong one");
	is_text(complete(app, "/open @"), "@echo @u @other", "those with an address");
	is_text(complete(app, "/relay @"), "", "not for a command that takes none");
}

static void test_addresses_and_peers(struct app *app)
{
	char line[100], want[100], text[ENDPOINT_TEXT];
	struct endpoint addr = session_local(sessions_named(app->sessions, "echo"));
	snprintf(want, sizeof want, "tcp udp unix unixgram unixpacket tls echo u other %s", endpoint_format(&addr, text));
	is_text(complete(app, "/open "), want, "servers of our own");
	snprintf(want, sizeof want, "echo other %s as", endpoint_format(&addr, text));
	is_text(complete(app, "/open tcp "), want, "of one kind");
	addr = session_local(sessions_named(app->sessions, "u"));
	snprintf(want, sizeof want, "u %s as", endpoint_format(&addr, text));
	is_text(complete(app, "/open udp "), want, "of another");
	is_text(complete(app, "/open unix "), "as", "of one that is none of ours");
	snprintf(line, sizeof line, "/open udp 127.0.0.1:%u as client",
	         session_local(sessions_named(app->sessions, "u")).port);
	run(app, line);
	wait_for(app, session_state(app->current) == SESSION_OPEN, "a UDP client");
	run(app, "hello");
	wait_for(app, session_peer_count(sessions_named(app->sessions, "u")) == 1, "writes");
	is_text(complete(app, "/to @u "), "1 client", "peers of a session");
	run(app, "/session u");
	is_text(complete(app, "/to "), "1 client", "of the current one");
	is_text(complete(app, "/to 2"), "", "that begin so");
	is_text(complete(app, "/peers "), "number address in out last", "orders of peers");
	is_text(complete(app, "/join 239.1.2.3 l"), "lo", "interfaces");
	is_text(complete(app, "/join 239.1.2.3 lo "), "from", "a tag after them");
	is_text(complete(app, "/leave "), "", "no group has been joined");
	run(app, "/session echo");
	is_text(complete(app, "/to "), "", "a listener has none");
	run(app, "/close @client");
	run(app, "/forget @client");
}

static const char *const *typed_before;

static const char *past(size_t index)
{
	return typed_before[index];
}

/* Hosts and ports of lines and sessions; nothing is looked up. */
static void test_places(void)
{
	static const char *const lines[] = { "/o example.org 443 as web",
		                             "/open tcp example.org 80",
		                             "hello example.com 1",
		                             "/open udp://dns.example:53",
		                             "/listen 192.0.2.1 7001 echo",
		                             "/l 7002",
		                             "/connect @3 example.net 99",
		                             "/open 8080",
		                             "/open a b c",
		                             "/open bad\001host 1",
		                             "/open 1.2.3.4.5 7",
		                             "/open example.org 443",
		                             "/close",
		                             "/",
		                             "",
		                             NULL };
	struct app app;
	app_fixture_start(&app);
	is_text(complete(&app, "/open "), "tcp udp unix unixgram unixpacket tls", "nobody has typed");
	typed_before = lines;
	app.past = past;
	is_text(complete(&app, "/open "),
	        "tcp udp unix unixgram unixpacket tls example.org udp://dns.example:53 example.net 8080",
	        "what was opened");
	is_text(complete(&app, "/o exa"), "example.org example.net", "that begins so");
	is_text(complete(&app, "/open tcp example.org "), "443 80 as", "and its ports");
	is_text(complete(&app, "/open example.org 4"), "443", "that begin so");
	is_text(complete(&app, "/open example.com "), "as", "of another none");
	is_text(complete(&app, "/listen "), "tcp udp unix unixgram unixpacket tls 192.0.2.1 7001 7002",
	        "what was listened on");
	is_text(complete(&app, "/listen 192.0.2.1 "), "7001 none echo discard chargen daytime time chat hello sum upper mute hangup reply iterative tls as max",
	        "the port of an address");
	is_text(complete(&app, "/sessions "), "number name state in out bytes", "orders");
	is_text(complete(&app, "/connect exam"), "example.org example.net", "for /connect, too");
	app.past = NULL;
	run(&app, "/listen 127.0.0.1 0 as rules");
	run(&app, "/allow @rules 10.0.0.0/8 ::1");
	is_text(complete(&app, "/deny @rules "), "all 10.0.0.0/8 ::1", "the networks of a listener");
	is_text(complete(&app, "/deny @rules 192.0.2.1 ::"), "::1", "after another one, too");
	run(&app, "/close @rules");
	run(&app, "/forget @rules");
	run(&app, "/open udp 127.0.0.1 9 as x");
	is_text(complete(&app, "/open "), "tcp udp unix unixgram unixpacket tls x 127.0.0.1",
	        "what a session of this run uses");
	is_text(complete(&app, "/open 127.0.0.1 "), "9 as", "with its port");
	is_text(complete(&app, "/listen "), "tcp udp unix unixgram unixpacket tls",
	        "which is not one to listen on");
	char name[40], line[60];
	snprintf(name, sizeof name, "unix:@test_complete.%d", (int)getpid());
	snprintf(line, sizeof line, "/listen %s", name);
	run(&app, line);
	is_text(complete(&app, "/open unix:"), name, "a UNIX name");
	is_text(complete(&app, "/listen unix:"), name, "which is one to listen on");
	snprintf(line, sizeof line, "/open %s", name);
	run(&app, line);
	is_text(complete(&app, "/option SO_RCVB"), "SO_RCVBUF", "its sockets have some options");
	is_text(complete(&app, "/option TCP_"), "", "but none of TCP");
	app_fixture_end(&app);
}

int main(void)
{
	struct app app;
	tap_watchdog(30);
	app_fixture_start(&app);
	is_text(complete(&app, "/close @"), "", "no session, none offered");
	is_text(complete(&app, "/to "), "", "nor a peer");
	run(&app, "/listen 0 echo as echo");
	run(&app, "/listen udp 0 as u");
	run(&app, "/listen * 0 as other");
	wait_for(&app, session_local(sessions_named(app.sessions, "other")).port != 0,
	         "three servers");
	test_commands(&app);
	test_leading_blanks(&app);
	test_data(&app);
	test_words(&app);
	test_options(&app);
	test_looking(&app);
	test_sessions(&app);
	test_addresses_and_peers(&app);
	test_places();
	app_fixture_end(&app);
	return tap_done();
}
