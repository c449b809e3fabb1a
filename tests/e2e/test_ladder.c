// SPDX-License-Identifier: GPL-3.0-or-later
/* The ladder of a real conversation between a session and its accepted other end, in the window; and
 * answers to commands in views that do not show them. */
#include "e2e/stage.h"

#include "support/tap.h"

static struct vt *converse(int rows, int columns)
{
	struct vt *vt = stage_run(rows, columns, "xterm-256color", STAGE_WORDS("--demo"));
	vt_wait_text(vt, "connected");
	vt_wait_row(vt, -1, ">");
	vt_send(vt, "hello\r");
	ok(stage_wait_row(vt, "←", "hello"), "an echo");
	vt_wait_idle(vt);
	return vt;
}

static void draws_both_ends(void)
{
	struct vt *vt = converse(40, 80);
	vt_send(vt, "/ladder\r");
	ok(stage_wait_row(vt, "LADDER 2 ⇄ 3", "loopback"), "/ladder shows both ends");
	ok(vt_wait_row(vt, 0, "* read from the kernel  o counted  ? deduced"), "with the marks");
	ok(stage_wait_row(vt, "2  127.0.0.1:", "3  127.0.0.1:"), "and the addresses");
	ok(stage_wait_row(vt, "connect()", "SYN o"), "the SYN is counted");
	/* or read, if the handshake takes its time */
	vt_wait_text(vt, "SYN_SENT");
	ok(strstr(vt_screen(vt), "SYN_SENT *") || stage_wait_row(vt, "SYN,ACK o", "SYN_SENT ?"),
	   "SYN_SENT is deduced");
	ok(stage_wait_row(vt, "ESTABLISHED *", "ACK o"), "ESTABLISHED is read");
	ok(stage_wait_row(vt, "send(\"hello\\n\") = 6", "data 0..5 o"), "the message goes");
	ok(stage_wait_row(vt, "│←── data 0..5 o", "│ send(\"hello\\n\") = 6"), "and comes back");
	vt_send(vt, "/shutdown write\r");
	ok(stage_wait_row(vt, "shutdown(SHUT_WR) = 0", "FIN o"),
	   "the ladder grows while it is shown");
	ok(stage_wait_row(vt, "CLOSE_WAIT *", "│"), "the other end has seen the FIN");
	ok(stage_wait_row(vt, "│←── FIN o", "│ shutdown(SHUT_WR) = 0"), "and sends its own");
	ok(stage_wait_row(vt, "TIME_WAIT", " s left *"), "TIME_WAIT is followed after close()");
	ok(stage_quit(vt), "it ends well");
}

static void is_a_view(void)
{
	struct vt *vt = converse(40, 80);
	vt_send(vt, "/view ladder\r");
	ok(stage_wait_row(vt, "send(\"hello\\n\") = 6", "data 0..5 o"), "/view ladder is the same");
	vt_send(vt, "/opne\r");
	ok(stage_wait_row(vt, "no such command", "/open?"),
	   "an answer to a command is seen below it");
	vt_resize(vt, 24, 40);
	ok(stage_wait_row(vt, "send() = 6", "─ data o →"), "in half the width");
	vt_send(vt, "/view chat\r");
	ok(stage_wait_row(vt, "→", "hello⏎"), "and back to the chat");
	vt_send(vt, "/session echo\r");
	vt_wait_row(vt, -1, "1>");
	vt_send(vt, "/ladder\r");
	ok(stage_wait_row(vt, "LADDER 1", "listener"), "a listener has its calls alone");
	ok(stage_quit(vt), "it ends well");
}

static void answers_in_plain_mode(void)
{
	int status;
	struct vt *vt = stage_run(24, 80, "dumb", STAGE_WORDS("--plain", "--demo"));
	vt_wait_text(vt, "connected");
	vt_send(vt, "/view trace\r");
	ok(vt_wait_output(vt, ", trace"), "plain: the trace");
	vt_send(vt, "/opne\r");
	ok(vt_wait_output(vt, "no such command"), "plain: an answer is printed beside it");
	vt_send(vt, "/quit\r");
	ok(vt_wait_exit(vt, &status) && status == 0, "ends well");
	vt_free(vt);
}

int main(void)
{
	tap_watchdog(60);
	stage_open();
	draws_both_ends();
	is_a_view();
	answers_in_plain_mode();
	return tap_done();
}
