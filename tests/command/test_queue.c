// SPDX-License-Identifier: GPL-3.0-or-later
/* Files of lines, and commands that wait. */
#include "command/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "command/fixture.h"

static struct app app;
static char path[200];

/* The program's loop also serves the queues. */
#define until(condition, name)                                                                     \
	do {                                                                                       \
		int64_t until_deadline = clock_now() + FIXTURE_MS * CLOCK_MS;                      \
		while (!(condition) && clock_now() < until_deadline)                               \
			queue_fixture_turn(&app, until_deadline);                          \
		ok(condition, "%s", name);                                                         \
	} while (0)

static void end(void)
{
	queue_fixture_end(&app);
}

static void write_bytes(const char *text, size_t len)
{
	const char *directory = getenv("TMPDIR");
	snprintf(path, sizeof path, "%s/sockpit-queue-XXXXXX", directory ? directory : "/tmp");
	int fd = mkstemp(path);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len || close(fd) < 0)
		ok(false, "cannot write %s", path);
}

static bool type(const char *line)
{
	return queue_type(&app, line, strlen(line));
}

static struct session *named(const char *name)
{
	return sessions_named(app.sessions, name);
}

/* The newest answer of any session. */
static const char *answer(void)
{
	static struct buf text = { .max = SIZE_MAX };
	buf_clear(&text);
	uint64_t at = transcript_newest(app.transcript);
	for (; at != TRANSCRIPT_NONE; at = transcript_previous(app.transcript, at)) {
		const struct entry *entry = transcript_at(app.transcript, at);
		if (entry->call == CALL_NOTE && entry->flags & ENTRY_ANSWER) {
			buf_append(&text, entry_payload(entry), entry->len);
			break;
		}
	}
	return buf_text(&text);
}

/* "…:2: what is wrong" of the file without its path: the newest answer that begins with it, before the
 * rows of the ladder. */
static const char *mistake(void)
{
	static struct buf text = { .max = SIZE_MAX };
	buf_clear(&text);
	size_t len = strlen(path);
	uint64_t at = transcript_newest(app.transcript);
	for (; at != TRANSCRIPT_NONE; at = transcript_previous(app.transcript, at)) {
		const struct entry *entry = transcript_at(app.transcript, at);
		if (entry->call == CALL_NOTE && entry->flags & ENTRY_ANSWER && entry->len > len &&
		    memcmp(entry_payload(entry), path, len) == 0) {
			const char *why = entry_payload(entry) + len;
			const char *feed = memchr(why, '\n', entry->len - len);
			buf_append(&text, why, feed ? (size_t)(feed - why) : entry->len - len);
			break;
		}
	}
	return buf_text(&text);
}

/* Runs a script to its end; its exit status. */
static int script(const char *text, char **words, size_t count)
{
	struct error error;
	app_fixture_start(&app);
	write_bytes(text, strlen(text));
	if (!queue_script(&app, path, words, count, true, &error)) {
		ok(!*error.text, "its mistakes are listed");
		unlink(path);
		return 2;
	}
	until(app.quit, "the script ends");
	unlink(path);
	return app.status;
}

/* ---- the start-up file ---- */

static void test_start_targets(void)
{
	static const char text[] = "/set marks on\n/target a 127.0.0.1:1\nhello\n /target b [::1]:2\n";
	struct error error = { 0 };
	app_fixture_start(&app);
	write_bytes(text, sizeof text - 1);
	ok(queue_start(&app, path, START_TARGETS, &error) && app.targets.count == 2,
	   "the targets of a start-up file");
	ok(!app.settings.marks && transcript_count(app.transcript) == 0, "and nothing else of it");
	named_targets_free(&app.targets);
	ok(queue_start(&app, path, START_REST, &error) && app.targets.count == 0, "all but these");
	ok(app.settings.marks, "is the rest");
	unlink(path);
	end();
}

static void test_start(void)
{
	static const char text[] =
	        "# settings\n\n  \t\n/set eol crlf\n/set marks maybe\r\nhello $1\n/set marks "
	        "on\r\n/set time off";
	struct error error = { 0 };
	app_fixture_start(&app);
	write_bytes(text, sizeof text - 1);
	ok(queue_start(&app, path, START_ALL, &error), "a file of lines");
	is_int(app.settings.eol, EOL_CRLF, "the first one");
	ok(app.settings.marks, "one after mistakes");
	is_int(app.settings.time, VIEW_TIME_OFF, "the last one, without a line end");
	is_text(mistake(), ":6:1: no session to send \"hello $1\" to: commands begin with /",
	        "a mistake is reported with file and line");
	is_int(transcript_count(app.transcript), 2, "and these two are");
	unlink(path);
	write_bytes("/quit\n/set marks off\n", 21);
	ok(queue_start(&app, path, START_ALL, &error) && app.quit && app.settings.marks,
	   "nothing runs after /quit");
	app.quit = false;
	unlink(path);
	write_bytes("/set marks \0off\n", 16);
	ok(queue_start(&app, path, START_ALL, &error) && app.settings.marks, "a NUL byte");
	is_text(mistake(), ":1:12: a NUL byte in the line: this is not a file of commands",
	        "is a mistake");
	unlink(path);
	end();
}

static void test_bad_files(void)
{
	struct error error = { 0 };
	app_fixture_start(&app);
	ok(queue_start(&app, "/proc/self/none", START_ALL, &error), "a missing start-up file is fine");
	ok(!queue_script(&app, "/proc/self/none", NULL, 0, false, &error), "a missing script not");
	is_text(error.text, "/proc/self/none: no such file or directory", "and why is said");
	ok(queue_start(&app, "/dev/null/x", START_ALL, &error), "below a file there is none, too");
	ok(!queue_start(&app, "/", START_ALL, &error), "a directory is no file");
	is_int(error.code, EISDIR, "and why is said");
	ok(!queue_start(&app, "/dev/zero", START_ALL, &error), "nor is a device without end");
	is_text(error.text, "/dev/zero: not a regular file", "which is refused");
	is_int(transcript_count(app.transcript), 0, "the pane says nothing of it");
	ok(queue_start(&app, "/dev/null", START_ALL, &error), "an empty file");
	is_int(transcript_count(app.transcript), 0, "is one");
	static char endless[(1 << 20) + 1];
	memset(endless, 'x', sizeof endless);
	write_bytes(endless, sizeof endless);
	ok(queue_start(&app, path, START_ALL, &error), "a line without end");
	is_text(mistake(), ":1: a line of more than 1048576 bytes", "is refused at a ceiling");
	unlink(path);
	end();
}

/* A start-up file's calls wait in their session, what it says to wait for holds it up. */
static void test_start_waits(void)
{
	struct error error;
	static const char text[] = "/socket tcp as s\n/bind 0\n/backlog\n/accept as a\n"
	                           "/set marks on\n/wait closed within 1h &\n"
	                           "/wait closed within 5s\n/set eol crlf\n";
	app_fixture_start(&app);
	write_bytes(text, sizeof text - 1);
	ok(queue_start(&app, path, START_ALL, &error) && app.settings.marks, "/accept holds nothing up");
	ok(session_waiting(named("s"), NULL), "and waits");
	is_int(app.settings.eol, EOL_LF, "/wait holds the file up");
	type("/set kernel off");
	ok(!app.settings.kernel, "but not the keyboard");
	type("/close @s");
	until(app.settings.eol == EOL_CRLF, "and lets it go on");
	unlink(path);
	end();
}

/* ---- scripts ---- */

static void test_conversation(void)
{
	char *words[] = { (char[]){ "world" } };
	is_int(script("/listen 127.0.0.1 0 echo as srv\n"
	              "/open 127.0.0.1 $srv.port as c\n"
	              "hello $1 $$1 $$srv.porter $. ${1}0 ${srv.port}$\n"
	              "/expect \"hello world $$1 $$srv.porter $. world0 $srv.port$\\n\"\n"
	              "/send ab\n/expect a\n/expect b\n"
	              "/close\n/wait @c closed within 5s\n",
	              words, 1),
	       0, "a conversation");
	is_text(answer(), "", "of which nothing need be said");
	end();
	is_int(script("/listen 127.0.0.1 0 echo as srv\n"
	              "/open 127.0.0.1 $srv.port as c\n"
	              "Hello\n/expect \"He\"\n/expect \"bye\" within 100ms\n/set marks on\n",
	              NULL, 0),
	       1, "an expectation that fails");
	is_text(mistake(), ":5: expected \"bye\" within 100 ms, got \"llo\\n\" (4 bytes)",
	        "with what came instead");
	ok(!app.settings.marks, "and nothing after it runs");
	end();
	is_int(script("/listen 0 hello as srv\n/open 127.0.0.1 $srv.port\n/expect x\n", NULL, 0), 1,
	       "what cannot come any more");
	is_text(mistake(),
	        ":3: expected \"x\" before the peer's FIN, got \"Hello from sockpit!\\n\" (20 "
	        "bytes)",
	        "is not waited for");
	end();
	is_int(script("/listen udp 127.0.0.1 0 echo as u\n/open udp 127.0.0.1 $u.port as c\n"
	              "/send ab\n/send cd\n/expect ab\n/send ab\n/send cd\n/expect bc within "
	              "50ms\n",
	              NULL, 0),
	       1, "no datagram goes on in the next");
	end();
}

/* A note is beside its time, and where the pane has no room for all of it, its beginning is seen. */
static void test_narrow(void)
{
	struct error error;
	int widest = 0, rows = 0;
	app_fixture_start(&app);
	app.note_columns = 22;
	static const char text[] = "/listen 127.0.0.1 0 echo as srv\n/open 127.0.0.1 $srv.port as c\n"
	                           "Hello\n/expect bye within 100ms\n";
	write_bytes(text, sizeof text - 1);
	ok(queue_script(&app, path, NULL, 0, false, &error), "a script in a narrow window");
	until(strstr(answer(), "bye"), "fails");
	ok(strncmp(answer(), path, strlen(path)) == 0, "first it says why");
	for (const char *at = strchr(answer(), '\n'); at; rows++) {
		const char *feed = strchr(++at, '\n');
		int columns = text_columns(at, feed ? (size_t)(feed - at) : strlen(at));
		widest = columns > widest ? columns : widest;
		at = feed;
	}
	ok(rows > 5 && widest <= 22, "the rows of the ladder fit: %d of %d columns", rows, widest);
	unlink(path);
	end();
}

static void test_failures(void)
{
	static const struct {
		const char *text, *mistake;
		int status;
	} rows[] = {
		{ "/set marks on\n/wiat\n", ":2:2: no such command: \"wiat\": did you mean /wait?",
		  2 },
		{ "hello\n", ":1:1: no session to send \"hello\" to: commands begin with /", 2 },
		{ "/say $1\n", ":1:6: no word for $1: it is given after the file", 2 },
		{ "/open 127.0.0.1 $a.port\n", ":1:17: no session \"a\" is made before this line: \"as NAME\" names one",
		  2 },
		{ "/socket tcp as s\n/open 127.0.0.1 $s.port\n",
		  ":2:17: $s.port: the session has no port yet", 2 },
		{ "/socket tcp\n/expect x within soon\n", NULL, 2 },
		{ "/socket tcp\n/expect \"\\q\"\n", NULL, 2 },
		{ "/socket tcp\n/wait open within 20ms\n",
		  ":2: session 1 is not open within 20.0 ms: CLOS", 1 },
		{ "/socket tcp\n/close\n/wait open\n", ":3: session 1 is closed", 1 },
		{ "/listen 127.0.0.1 0 as s\n/open 127.0.0.1 $s.port as c\n/wait @3 open\n/shutdown @c write\n"
		  "/assert @3.fin is yes within 5s\n/wait @3 closed within 0\n",
		  ":6: session 3 is not closed at once: CLOSE_WAIT: the peer has closed its side "
		  "(fin is yes), ours is open",
		  1 },
		{ "/socket tcp\n/expect x within 0\n", ":2: expected \"x\" at once, got nothing",
		  1 },
		{ "/set scrollback 1M\n", ":1:17: scrollback: \"1M\" is not a size from ", 2 },
		{ "/socket tcp\n/backlog -1\n", ":2:10: backlog: \"-1\" is not a number from 0 to ",
		  2 },
		{ "/socket tcp\n/bind 99999\n", ":2:7: 99999 is not a port", 2 },
		{ "/socket tcp\n/option nodelay maybe\n", NULL, 2 },
		{ "/socket tcp\n/service ecco\n", NULL, 2 },
		{ "/socket tcp\n/close\n/close\n", NULL, 1 },
		{ "/source /tmp/nowhere\n", ":1:9: /tmp/nowhere: no such file or directory", 2 },
		{ "/listen 0\n/expect x\n",
		  ":2: session 1 is a listener: its clients are sessions of their own", 1 },
		{ "/socket tcp\n/connect 127.0.0.1 1\n",
		  ":2: connect(127.0.0.1:1) = -1 ECONNREFUSED: RST to our SYN: nobody listens "
		  "there",
		  1 },
		{ "/open 127.0.0.1 1\n/set marks on\n", NULL, 1 },
		{ "/socket tcp\n/expect x within 30ms &\n/set marks on\n",
		  ":2: expected \"x\" within 30.0 ms, got nothing", 1 },
		{ "/socket tcp as s\n/open 127.0.0.1 1 &\n/wait @s open within 5s\n",
		  ":2: 127.0.0.1:1: Connection refused", 1 },
		{ "/fails /open 127.0.0.1 1 with \"refused\"\n/assert error has \"RST\"\n", NULL, 0 },
		{ "/set reconnect on\n/fails /open 127.0.0.1 1 with /t.med out/ &\n/set reconnect off\n",
		  ":2: expected a failure with /t.med out/, got \"127.0.0.1:1: Connection refused", 1 },
		{ "/fails /socket tcp\n", ":1: expected a failure, but it succeeded", 1 },
		{ "/fails /opne x\n", ":1:8: no such command: \"opne\"", 2 },
		{ "/try /socket tcp\n/assert error is \"\"\n/fails /send x\n/assert error is \"\"\n",
		  ":4: expected error is \"\", got send(1) = -1 EPIPE", 1 },
		{ "/socket tcp\n/assert took < 1\n", ":2: expected took < 1: it is not available", 1 },
		{ "/sleep .02\n/socket tcp\n/assert took >= 20ms\n/assert took < 20ms\n",
		  ":4: expected took < 20ms, got ", 1 },
		{ "/socket tcp\n/repeat forever 1ms /set marks on &\n", NULL, 0 },
		{ "/socket tcp\n/repeat forever 1ms /set marks on &\n/expect x within 50ms &\n",
		  ":3: expected \"x\" within 50.0 ms, got nothing", 1 },
		{ "/loop x in tcp udp\n/socket $x as $x\n/end\n/assert @udp.transport is udp\n/assert "
		  "@tcp.transport is $x\n", ":5: expected @tcp.transport is udp, got tcp", 1 },
		{ "/loop x in 'a b' c\n/loop y in 1 2\n/let all $all$x$y\n/end\n/end\n", ":3:10: no name", 2 },
		{ "/let all\n/loop x in 'a b' c\n/loop y in 1 2\n/let all $all$x$y\n/end\n/end\n/socket tcp\n"
		  "/fails /recv with 'ENOTCONN'\n/assert name is \"$all\"\n",
		  ":9: expected name is \"a b1a b2c1c2\", got tcp", 1 },
		{ "/listen 127.0.0.1 0\n/wait readable\n",
		  ":2: session 1 accepts by itself, so no client waits: ", 1 },
		{ "/open 127.0.0.1 1 &\n", ":1: 127.0.0.1:1: Connection refused", 1 },
		{ "/set reconnect on\n/open 127.0.0.1 1 as s &\n/wait @s open within 300ms\n",
		  ":3: session 1 is not open within 300 ms: CLOSED", 1 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		is_int(script(rows[i].text, NULL, 0), rows[i].status, rows[i].text);
		if (rows[i].mistake)
			ok(strncmp(mistake(), rows[i].mistake, strlen(rows[i].mistake)) == 0, "%s",
			   mistake());
		end();
	}
}

static void receive(uint32_t session, const char *text)
{
	struct entry entry = { .call = CALL_RECV, .session = session, .fd = 3 };
	transcript_append(app.transcript, &entry, NULL, text, strlen(text));
}

/* What goes before it is searched is said, and nothing is found across the gap. */
static void test_missed(void)
{
	static char filler[1 << 20];
	app_fixture_start(&app);
	ok(type("/set scrollback 3Mi") && type("/socket tcp as s"), "a small transcript");
	receive(1, "ab");
	ok(type("/expect abcd within 1h"), "an expectation");
	queue_fixture_turn(&app, 0);
	for (int i = 0; i < 6; i++) {
		struct entry note = { .call = CALL_NOTE, .fd = -1 };
		transcript_append(app.transcript, &note, NULL, filler, sizeof filler - 100);
	}
	receive(1, "cd");
	queue_fixture_turn(&app, 0);
	ok(type("/close @s"), "ends");
	until(strstr(answer(), "expected"), "and fails");
	ok(strstr(answer(),
	          "expected \"abcd\" before session 1 closed, got \"abcd\" (4 bytes); ") &&
	           strstr(answer(), " bytes left the transcript unsearched"),
	   "%s", answer());
	end();
}

/* A call by hand holds a script up, unless it is to go on. */
static void test_calls(void)
{
	is_int(script("/socket tcp as s\n/bind 0\n/backlog\n/accept as a &\n"
	              "/open 127.0.0.1 $s.port as c\n/wait @a open\nhi\n/recv @a\n"
	              "/pause @c\n/recv @c 5 waitall &\n/send @a 123\n"
	              "/send @a 45\n/expect @c 12345\n",
	              NULL, 0),
	       0, "both ends");
	end();
	is_int(script("/socket tcp as s\n/bind 0\n/backlog\n/open 127.0.0.1 $s.port as c\n"
	              "/accept @s as a\n/send from a\\n\n/expect @c \"from a\"\n",
	              NULL, 0),
	       0, "the client that a script accepts is its own session");
	end();
}

static void test_source(void)
{
	char first[sizeof path];
	struct error error;
	app_fixture_start(&app);
	write_bytes("/set marks on\n/wait open within 5s\n", 34);
	memcpy(first, path, sizeof first);
	char text[300];
	snprintf(text, sizeof text, "/socket tcp as s\n/source %s\n/set eol crlf\n", first);
	write_bytes(text, strlen(text));
	ok(queue_script(&app, path, NULL, 0, false, &error), "a script with another");
	until(app.settings.marks, "which runs");
	is_int(app.settings.eol, EOL_LF, "and holds the first up");
	type("/listen 127.0.0.1 0 as l");
	char line[80];
	snprintf(line, sizeof line, "/connect @s 127.0.0.1 %u", session_local(named("l")).port);
	ok(type(line), "until what it waits for has come about");
	until(app.settings.eol == EOL_CRLF, "then it goes on");
	ok(!app.quit, "and its end ends nothing else");
	unlink(path);
	snprintf(text, sizeof text, "/source %s\n", path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ok(fd >= 0 && write(fd, text, strlen(text)) > 0 && close(fd) == 0, "one that runs itself");
	ok(!type(text), "is not begun");
	ok(strstr(mistake(), ":1:9: ") && strstr(mistake(), " runs itself, without end"), "%s", mistake());
	unlink(first);
	unlink(path);
	end();
}

/* Ctrl-C ends the newest wait first. */
static void test_interrupt(void)
{
	struct error error;
	app_fixture_start(&app);
	ok(!queue_interrupt(&app), "nothing waits");
	write_bytes("/socket tcp as s\n/wait open\n/set marks on\n", 41);
	ok(queue_script(&app, path, NULL, 0, false, &error), "a script");
	until(named("s") != NULL, "that waits");
	queue_fixture_turn(&app, 0);
	ok(type("/socket udp as u") && type("/bind 127.0.0.1 0") && type("/recv"), "and a call");
	ok(session_waiting(named("u"), NULL) != NULL, "that waits, too");
	ok(!type("/recv"), "of which there is one at a time");
	ok(strstr(answer(), "recvfrom(1024) waits") != NULL, "in one line");
	ok(queue_interrupt(&app) && !session_waiting(named("u"), NULL), "the newer is ended first");
	ok(type("/expect x"), "a person may wait as well");
	ok(queue_interrupt(&app), "that is ended next");
	is_text(answer(), "/expect x: interrupted", "and says so");
	ok(queue_interrupt(&app), "then the script");
	is_text(mistake(), ":2: interrupted", "with its line");
	queue_fixture_turn(&app, 0);
	ok(!app.settings.marks && !queue_interrupt(&app), "of which nothing more runs");
	unlink(path);
	end();
}

static void test_interrupt_elsewhere(void)
{
	app_fixture_start(&app);
	ok(type("/socket udp as a") && type("/bind 127.0.0.1 0") && type("/recv 7"), "a call");
	ok(type("/socket udp as b") && type("/bind 127.0.0.1 0") && type("/recv 8"), "a newer one");
	ok(type("/session a"), "in another session than one looks at");
	ok(queue_interrupt(&app) && !session_waiting(named("b"), NULL) &&
	           session_waiting(named("a"), NULL),
	   "is ended first");
	ok(strstr(answer(), "recvfrom(8) in session ") && strstr(answer(), " is cancelled"),
	   "which is said where one looks");
	ok(queue_interrupt(&app) && !session_waiting(named("a"), NULL), "then the older one");
	ok(!queue_interrupt(&app), "and nothing waits");
	end();
}

static void test_keyboard(void)
{
	app_fixture_start(&app);
	type("/listen 127.0.0.1 0 echo as srv");
	char line[80];
	snprintf(line, sizeof line, "/open 127.0.0.1 %u as c", session_local(named("srv")).port);
	ok(type(line) && type("hello"), "a line while it is being opened");
	ok(type("/expect llo within 5s"), "an expectation");
	until(strncmp(answer(), "/expect llo within 5s: done after ", 34) == 0,
	      "is reported when it has come about");
	ok(type("/expect \\n within 5s &"), "\" &\" after a line that waits means nothing here");
	until(strstr(answer(), "/expect \\n within 5s &: done after "), "it waits");
	struct error error;
	ok(queue_press(&app, "/set marks on", &error) && app.settings.marks,
	   "a key runs a command");
	uint64_t at = transcript_newest(app.transcript);
	while (at != TRANSCRIPT_NONE && transcript_at(app.transcript, at)->call != CALL_COMMAND)
		at = transcript_previous(app.transcript, at);
	ok(at != TRANSCRIPT_NONE &&
	           strncmp(entry_payload(transcript_at(app.transcript, at)), "/expect", 7) == 0,
	   "that nobody has typed");
	end();
}

/* ---- which session a line goes to ---- */

static void test_current(void)
{
	struct error error;
	app_fixture_start(&app);
	type("/socket tcp as a");
	app.typing = true;
	write_bytes("/socket udp as b\n/bind 127.0.0.1 0\n/wait open within 5s &\n", 58);
	ok(queue_script(&app, path, NULL, 0, false, &error), "a script opens another session");
	until(named("b") && session_local(named("b")).port, "that is current for the script");
	is_int(app_shown(&app), session_number(named("a")), "but not in the middle of a line");
	unlink(path);
	app.typing = false;
	write_bytes("/socket udp as d\n", 17);
	ok(queue_script(&app, path, NULL, 0, false, &error), "another");
	until(named("d") != NULL, "runs");
	is_int(app_shown(&app), session_number(named("d")), "while no line is typed it is shown");
	unlink(path);
	app.typing = true;
	write_bytes("/close @d\n/forget @d\n", 21);
	ok(queue_script(&app, path, NULL, 0, false, &error), "a third");
	until(!named("d"), "forgets the session that a line is typed for");
	is_int(app_shown(&app), 0, "no other takes its place");
	ok(!type("hello"), "the line is refused");
	is_text(answer(), "session 3 has gone: the line was not sent", "with the reason");
	app.typing = false;
	queue_fixture_turn(&app, 0);
	ok(app.current != NULL, "without a line another one is shown");
	unlink(path);
	end();
}

int main(void)
{
	tap_watchdog(60);
	test_start_targets();
	test_start();
	test_bad_files();
	test_start_waits();
	test_conversation();
	test_narrow();
	test_failures();
	test_missed();
	test_calls();
	test_source();
	test_interrupt();
	test_interrupt_elsewhere();
	test_keyboard();
	test_current();
	return tap_done();
}
