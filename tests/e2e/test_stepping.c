// SPDX-License-Identifier: GPL-3.0-or-later
/* Calls made one by one in the window: one that waits has a row of its own, the keyboard goes on,
 * and Ctrl-C ends it. */
#include "e2e/stage.h"

#include <stdio.h>

#include <sys/socket.h>

#include "support/peer.h"
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

/* "/open 127.0.0.1 port words" */
static void open_to(struct vt *vt, const char *before, int fd, const char *after)
{
	char line[96];
	snprintf(line, sizeof line, "%s127.0.0.1:%u%s", before, peer_port(fd), after);
	type(vt, line);
}

static void cancels_connecting(struct vt *vt, int hole)
{
	open_to(vt, "/open ", hole, " as hole");
	ok(vt_wait_row(vt, -2, "Ctrl-C cancels"),
	   "a session that is being opened says what ends that");
	type(vt, "/why");
	ok(vt_wait_text(vt, "(hole) is still being opened, after"), "so does /why");
	vt_send(vt, "half typed");
	vt_wait_row(vt, -1, "half typed");
	vt_send(vt, "\003");
	ok(vt_wait_gone(vt, "half typed"), "Ctrl-C drops the line first");
	ok(vt_find(vt, "Ctrl-C cancels", NULL, NULL), "and connecting goes on");
	vt_send(vt, "\003");
	ok(vt_wait_text(vt, "closed before it was connected: cancelled after"),
	   "then it is cancelled");
	ok(vt_wait_gone(vt, "Ctrl-C cancels"), "and nothing is to be cancelled");
	vt_send(vt, "\003");
	ok(vt_wait_text(vt, "Ctrl-D or /quit leaves"), "as the next Ctrl-C says");
}

/* What began last ends first; what another session waits for goes on. */
static void cancels_the_newest(struct vt *vt, int hole, int silent)
{
	open_to(vt, "/open ", silent, " as quiet");
	ok(vt_wait_text(vt, "connected in"), "a session");
	type(vt, "/repeat forever 1h tick");
	vt_wait_text(vt, "tick⏎");
	open_to(vt, "/open ", hole, " as slow");
	vt_wait_row(vt, -2, "Ctrl-C cancels");
	type(vt, "/session quiet");
	vt_wait_gone(vt, "Ctrl-C cancels");
	vt_send(vt, "\003");
	ok(vt_wait_text(vt, "tick: interrupted"), "a command that waits ends");
	vt_send(vt, "\003");
	ok(vt_wait_text(vt, "Ctrl-D or /quit leaves"),
	   "nothing else waits in the session in front");
	type(vt, "/repeat forever 1h tock");
	vt_wait_text(vt, "tock⏎");
	type(vt, "/session slow");
	ok(vt_wait_row(vt, -2, "Ctrl-C cancels"), "that in the other one goes on");
	type(vt, "/close");
	ok(vt_wait_text(vt, "closed before it was connected"), "until /close");
	type(vt, "/reconnect");
	vt_wait_row(vt, -2, "Ctrl-C cancels");
	vt_send(vt, "\003");
	ok(vt_wait_text(vt, "closed before it was connected: cancelled after"),
	   "of both what began last");
	ok(!vt_find(vt, "tock: interrupted", NULL, NULL), "and not the other one");
	vt_send(vt, "\003");
	ok(vt_wait_text(vt, "tock: interrupted"), "which is next");
}

static void cancels_a_script(struct vt *vt, int hole)
{
	char text[64];
	snprintf(text, sizeof text, "/open 127.0.0.1:%u as late\n/say not to be said\n",
	         peer_port(hole));
	stage_put_file("opens.sp", text);
	snprintf(text, sizeof text, "/source %s", stage_path("opens.sp"));
	type(vt, text);
	vt_wait_row(vt, -2, "Ctrl-C cancels");
	vt_send(vt, "\003");
	ok(vt_wait_text(vt, "opens.sp:1: "), "a script ends at the line that waits");
	ok(vt_find(vt, "interrupted", NULL, NULL) &&
	           vt_find(vt, "closed before it was connected: cancelled after", NULL, NULL) &&
	           !vt_find(vt, "not to be said", NULL, NULL),
	   "and what that waits for");
}

static void cancels_a_handshake(struct vt *vt, int silent)
{
	open_to(vt, "/open tls://", silent, " as secret verify off");
	if (!vt_wait_row(vt, -2, "handshake")) {
		tap_skip("built without OpenSSL");
		return;
	}
	ok(vt_find(vt, "Ctrl-C cancels", NULL, NULL), "so does a handshake");
	type(vt, "typed");
	vt_wait_row(vt, -2, "unsent 6");
	vt_send(vt, "\003");
	ok(vt_wait_text(vt, "closed: TLS handshake cancelled after"), "which Ctrl-C cancels");
	ok(vt_find(vt, "6 bytes were not sent", NULL, NULL), "and what waited for it is lost");
	open_to(vt, "/open ", silent, " as upgraded");
	vt_wait_row(vt, -2, "ESTABLISHED");
	type(vt, "/tls verify off");
	vt_wait_row(vt, -2, "handshake");
	vt_send(vt, "\003");
	ok(vt_wait_text(vt, "closed: TLS handshake cancelled after"), "after /tls, too");
}

static void cancels_openings(void)
{
	int fill[PEER_FILL], hole = peer_blackhole(AF_INET, fill), silent = peer_listen(AF_INET, 8);
	struct vt *vt = stage_run(24, 80, "xterm-256color", STAGE_WORDS(NULL));
	vt_wait_row(vt, -1, ">");
	cancels_connecting(vt, hole);
	cancels_the_newest(vt, hole, silent);
	cancels_a_script(vt, hole);
	cancels_a_handshake(vt, silent);
	ok(stage_quit(vt), "/quit");
	peer_close_all(fill, PEER_FILL);
	peer_close_all((int[]){ hole, silent }, 2);
}

int main(void)
{
	tap_watchdog(120);
	stage_open();
	struct vt *vt = start();
	cancels(vt);
	receives(vt);
	type(vt, "/recv");
	ok(vt_wait_text(vt, "recv(1024) …"), "waiting");
	ok(stage_quit(vt), "/quit leaves all the same");
	tells_in_plain_mode();
	cancels_openings();
	return tap_done();
}
