// SPDX-License-Identifier: GPL-3.0-or-later
/* Calls made one by one in the window: one that waits has a row of its own, the keyboard goes on,
 * and Ctrl-C ends it. */
#include "e2e/stage.h"

#include <stdio.h>

#include "support/tap.h"

static void type(struct vt *vt, const char *line)
{
	vt_send(vt, line);
	vt_send(vt, "\r");
}

/* Sockets "l", listening, and "c", connected to it and looked at. */
static struct vt *start(void)
{
	char line[64];
	struct vt *vt = stage_run(24, 80, "xterm-256color", STAGE_WORDS(NULL));
	vt_wait_row(vt, -1, ">");
	type(vt, "/socket tcp as l");
	type(vt, "/bind 0");
	ok(vt_wait_text(vt, "bound to 127.0.0.1:"), "a socket is bound");
	unsigned port = stage_port(vt, "bound to 127.0.0.1:");
	type(vt, "/backlog");
	ok(vt_wait_text(vt, "listening on"), "and listens");
	type(vt, "/socket tcp as c");
	snprintf(line, sizeof line, "/connect 127.0.0.1:%u", port);
	type(vt, line);
	ok(vt_wait_text(vt, "connected in"), "another one connects to it");
	return vt;
}

static void cancels(struct vt *vt)
{
	type(vt, "/recv");
	ok(vt_wait_text(vt, "recv(1024) …"), "a call that waits has a row");
	vt_send(vt, "half typed");
	ok(vt_wait_row(vt, -1, "half typed"), "typing goes on");
	vt_send(vt, "\003");
	ok(vt_wait_gone(vt, "half typed"), "Ctrl-C drops the line first");
	ok(vt_wait_text(vt, "recv(1024) …"), "and the call waits on");
	vt_send(vt, "\003");
	ok(vt_wait_text(vt, "recv(1024) cancelled after"), "then it is cancelled");
	ok(vt_wait_gone(vt, "recv(1024) …"), "and its row goes");
	vt_send(vt, "\003");
	ok(vt_wait_text(vt, "Ctrl-D or /quit leaves"), "with nothing to cancel it is as ever");
}

static void receives(struct vt *vt)
{
	type(vt, "/recv 5");
	ok(vt_wait_text(vt, "recv(5) …"), "waiting again");
	type(vt, "/recv 5");
	ok(vt_wait_text(vt, "recv(5) waits in session 2"), "one call at a time");
	type(vt, "/accept @l as s");
	ok(vt_wait_row(vt, -1, "3>"), "what waited for accept() is the current session");
	type(vt, "/session c");
	type(vt, "/send @s hello world");
	ok(stage_wait_row(vt, "←  hello", "5 bytes"), "five bytes come");
	ok(vt_wait_gone(vt, "recv(5) …"), "and nothing waits");
	type(vt, "/recv");
	ok(stage_wait_row(vt, "←   world", "6 bytes"), "the rest is taken at once");
}

/* Without rows for it, it is reported. */
static void tells_in_plain_mode(void)
{
	struct vt *vt = stage_run(24, 80, "xterm-256color", STAGE_WORDS("--plain"));
	vt_wait_text(vt, ">");
	type(vt, "/socket udp");
	type(vt, "/bind 0");
	type(vt, "/recv");
	ok(vt_wait_text(vt, "recvfrom(1024) waits: Ctrl-C cancels it"), "plain: a call that waits");
	vt_send(vt, "\003");
	ok(vt_wait_text(vt, "recvfrom(1024) cancelled after"), "plain: Ctrl-C cancels it");
	ok(stage_quit(vt), "plain: /quit");
}

int main(void)
{
	tap_watchdog(60);
	stage_open();
	struct vt *vt = start();
	cancels(vt);
	receives(vt);
	type(vt, "/recv");
	ok(vt_wait_text(vt, "recv(1024) …"), "waiting");
	ok(stage_quit(vt), "/quit leaves all the same");
	tells_in_plain_mode();
	return tap_done();
}
