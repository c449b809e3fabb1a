// SPDX-License-Identifier: GPL-3.0-or-later
/* What a person types for the hosts of the sandbox: names, on and from, TAB; and that the same addresses
 * on three hosts are told apart. */
#include "command/command.h"

#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "app/hosts.h"
#include "app/leave.h"
#include "app/page.h"
#include "command/complete.h"
#include "command/queue.h"
#include "net/sandbox.h"

#include "app/fixture.h"
#include "support/peer.h"

static struct buf text = { .max = SIZE_MAX };

static const char *complete(struct app *app, const char *line)
{
	bool files;
	const char *blank = strrchr(line, ' ');
	buf_clear(&text);
	char **words = complete_word(app, line, blank ? (size_t)(blank - line) + 1 : 0,
	                             strlen(line), &files);
	for (size_t i = 0; words && words[i]; i++) {
		buf_printf(&text, "%s%s", i ? " " : "", words[i]);
		free(words[i]);
	}
	free(words);
	return buf_text(&text);
}

static bool type(struct app *app, const char *line)
{
	return queue_type(app, line, strlen(line));
}

static struct session *named(struct app *app, const char *name)
{
	return sessions_named(app->sessions, name);
}

static bool is_open(struct app *app, const char *name)
{
	const struct session *session = named(app, name);
	return session && (session_state(session) == SESSION_OPEN ||
	                   session_state(session) == SESSION_LISTENING);
}

static void test_off(struct app *app)
{
	is_text(complete(app, "/open h 80 "), "as", "TAB offers no host while there is none");
	is_text(complete(app, "/open r"), "", "nor its name");
	is_text(complete(app, "/set right."), "", "nor its sysctls");
	type(app, "/open 127.0.0.1:1 from left");
	is_text(app_fixture_note(app, app_shown(app)),
	        "left is a host of the sandbox, which is off: /sandbox on or --sandbox makes it",
	        "and one line says how to make it");
}

/* "/skip unless sandbox" makes one to know it; "/sandbox on" takes it. */
static void test_spare(struct app *app, pid_t made)
{
	ok(sandbox_process(sessions_sandbox(app->sessions), HOST_LEFT) == made,
	   "what was made to see whether there can be one is it");
	ok(hosts_can_start(app, &(struct error){ 0 }) && !app->spare_sandbox,
	   "and is not made again while it is on");
}

static void test_tab(struct app *app)
{
	is_text(complete(app, "/open h 80 "), "from on as",
	        "while it is on TAB offers from and on");
	is_text(complete(app, "/open h 80 from "), "left right", "then the hosts");
	is_text(complete(app, "/open h 80 on r"), "right", "one");
	is_text(complete(app, "/open h 80 on right "), "as", "once");
	is_text(complete(app, "/open le"), "left", "their names, to open");
	is_text(complete(app, "/listen ri"), "right", "and to listen");
	is_text(complete(app, "/socket tcp on "), "left right", "/socket");
	is_text(complete(app, "/set left.tcp_k"),
	        "left.tcp_keepalive_time left.tcp_keepalive_intvl left.tcp_keepalive_probes",
	        "the sysctls of a host");
	is_text(complete(app, "/set both.core"), "both.core.somaxconn", "and of both");
	ok(strstr(complete(app, "/set left.tcp_congestion_control "), "reno"),
	   "the algorithms that this kernel has");
	type(app, "/listen 127.0.0.1 7001 on left as hidden");
	type(app, "/listen right 80 as shown");
	wait_for(app, is_open(app, "shown"), "two servers");
	is_text(complete(app, "/open 1"), "192.0.2.2:80",
	        "an address that needs its host is not offered without it");
}

/* Two ends with the same four numbers on each of three hosts. */
static void test_other_end(struct app *app)
{
	static const char *const on[] = { "", " on left", " on right" };
	char line[100], client[8], server[8];
	unsigned port = 0, from = 0;
	for (int i = 0; i < 3; i++) {
		snprintf(server, sizeof server, "s%d", i);
		snprintf(client, sizeof client, "c%d", i);
		snprintf(line, sizeof line, "/listen 127.0.0.1 %u%s as %s", port, on[i], server);
		type(app, line);
		wait_for(app, is_open(app, server), line);
		port = session_local(named(app, server)).port;
		snprintf(line, sizeof line, "/socket tcp%s as %s", on[i], client);
		type(app, line);
		snprintf(line, sizeof line, "/bind 127.0.0.1:%u", from);
		type(app, line);
		from = session_local(named(app, client)).port;
		snprintf(line, sizeof line, "/connect 127.0.0.1:%u", port);
		type(app, line);
		wait_for(app, is_open(app, client) && session_clients(named(app, server)) == 1,
		         "connected");
	}
	for (int i = 0; i < 3; i++) {
		snprintf(server, sizeof server, "s%d", i);
		snprintf(client, sizeof client, "c%d", i);
		const struct session *other = app_other_end(app, named(app, client));
		ok(other && session_listener(other) == session_number(named(app, server)),
		   "the other end of %s is the client of %s", client, server);
	}
	type(app, "/open right:80 as across");
	wait_for(app, is_open(app, "across") && session_clients(named(app, "shown")) == 1,
	         "a connection over the cable");
	const struct session *other = app_other_end(app, named(app, "across"));
	ok(other && session_host(other) == HOST_RIGHT &&
	           session_listener(other) == session_number(named(app, "shown")),
	   "has its other end on right");
	is_int(strncmp(session_name(other), "left:", 5), 0,
	       "which is named after where it comes from");
}

/* A listener on left that is paused keeps nothing from a stranger here who has the same address. */
static void test_leaving(struct app *app)
{
	struct error error;
	char line[100], bytes[100000] = { 0 };
	int fd = peer_listen(AF_INET, 8);
	snprintf(line, sizeof line, "/listen 127.0.0.1 %u on left as far", peer_port(fd));
	type(app, line);
	wait_for(app, is_open(app, "far"), "a listener on left");
	type(app, "/pause @far");
	ok(session_is_paused(named(app, "far")), "is paused");
	snprintf(line, sizeof line, "/open 127.0.0.1 %u as near", peer_port(fd));
	type(app, line);
	wait_for(app, is_open(app, "near"), "a stranger here accepts");
	for (int i = 0; i < 200; i++)
		session_send(named(app, "near"), bytes, sizeof bytes, &error);
	app_fixture_turn(app, INT64_MAX);
	ok(session_unsent(named(app, "near")) > 0, "but does not read,");
	ok(leave_begin(app, "/quit", &error) && app->leave_by == INT64_MAX, "and is waited for");
	app->leave_by = 0;
	session_abort(named(app, "near"), &error);
	session_close(named(app, "far"), &error);
	close(fd);
	wait_for(app, !is_open(app, "near") && !is_open(app, "far"), "both are closed");
}

static void test_port(struct app *app)
{
	struct rows rows = { 0 };
	app->shows_pages = true;
	type(app, "/port 80 on right");
	is_text(app->open_page.line, "/port 80 on right", "a page says which host it is about");
	page_render(app, 100, 20, &rows);
	buf_clear(&text);
	for (size_t i = 0; i < rows.count; i++) {
		row_print(&rows.row[i], &text);
		buf_append_text(&text, "\n");
	}
	ok(strstr(buf_text(&text), " 2001:db8::2 ") || strstr(buf_text(&text), "[2001:db8::2]:80"),
	   "who listens at both addresses");
	ok(strstr(buf_text(&text), "TCP: bind() to 192.0.2.2, 2001:db8::2 or * fails"),
	   "is named once, though a client has the port, too");
	rows_free(&rows);
	page_close(app);
	app->shows_pages = false;
}

static void test_mistakes(struct app *app)
{
	type(app, "/listen 80 on middle");
	is_text(app_fixture_note(app, app_shown(app)),
	        "listen: \"middle\" is not a host: left or right", "a host that is none");
	type(app, "/socket unix on left");
	is_text(app_fixture_note(app, app_shown(app)),
	        "a UNIX path is on this machine, not on left", "no UNIX socket is there");
}

static void test_refused(struct app *app)
{
	type(app, "/sandbox off");
	const char *why = app_fixture_note(app, app_shown(app));
	ok(strstr(why, "the sandbox stays on: sessions live there, close them first: 1 hidden on left, "
	               "2 shown on right, ") == why,
	   "a sandbox in use stays on");
	const char *last = strrchr(why, ',');
	ok(strlen(why) < 180 && last && strcmp(last, ", …") == 0 &&
	           (strncmp(last - 8, " on left", 8) == 0 || strncmp(last - 9, " on right", 9) == 0),
	   "a long list is cut between two names");
}

/* Without CAP_NET_RAW nothing is recorded of what is outside. */
static void test_wire(struct app *app)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };
	ok(syscall(SYS_capset, &header, none) == 0, "every capability is given up");
	type(app, "/set wire off");
	type(app, "/set wire on");
	is_text(app_fixture_note(app, app_shown(app)),
	        "wire: outside of the sandbox it needs root or CAP_NET_RAW; /set wire auto records "
	        "the sandbox without",
	        "what is outside is not recorded without the right to");
	is_int(app->settings.wire, WIRE_OFF, "and what was off stays off");
	type(app, "/set wire auto");
	is_int(app->settings.wire, WIRE_AUTO, "while the hosts are free to be seen");
}

static void test_over(struct app *app)
{
	struct poller poller;
	poller_init(&poller);
	kill(sandbox_process(sessions_sandbox(app->sessions), HOST_RIGHT), SIGKILL);
	while (!sandbox_is_over(sessions_sandbox(app->sessions))) {
		poller_reset(&poller);
		hosts_prepare(app, &poller);
		poller_wait(&poller);
		hosts_serve(app, &poller);
	}
	poller_done(&poller);
	type(app, "/sandbox on");
	is_text(app_fixture_note(app, app_shown(app)),
	        "the sandbox has ended: /sandbox off first, then on", "what has ended is not on");
}

static void test_demo(void)
{
	struct app app;
	struct error error;
	app_fixture_start(&app);
	type(&app, "/sandbox on");
	ok(app_demo(&app, &error), "the demo");
	wait_for(&app, is_open(&app, "demo"), "is connected");
	is_int(session_host(named(&app, "echo")), HOST_RIGHT, "its server is on right");
	is_int(session_host(named(&app, "demo")), HOST_LEFT, "its session on left");
	app_fixture_end(&app);
}

int main(void)
{
	struct app app;
	struct error error;
	tap_watchdog(30);
	app_fixture_start(&app);
	test_off(&app);
	pid_t made = hosts_can_start(&app, &error) ? sandbox_process(app.spare_sandbox, HOST_LEFT)
	                                           : 0;
	test_off(&app);
	if (!type(&app, "/sandbox on") || !sessions_sandbox(app.sessions)) {
		tap_skip(app_fixture_note(&app, 0));
	} else {
		test_spare(&app, made);
		test_tab(&app);
		test_other_end(&app);
		test_leaving(&app);
		test_port(&app);
		test_mistakes(&app);
		test_refused(&app);
		test_demo();
		test_wire(&app);
		test_over(&app);
	}
	app_fixture_end(&app);
	buf_free(&text);
	return tap_done();
}
