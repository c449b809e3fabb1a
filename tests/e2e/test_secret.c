// SPDX-License-Identifier: GPL-3.0-or-later
/* A secret typed in the window: never on the screen, never in a file. */
#include "e2e/stage.h"

#include <sys/socket.h>

#include "support/peer.h"
#include "support/tap.h"

static int listener, peer;

/* A peer that never sends anything back. */
static struct vt *start(int rows, int columns)
{
	char port[8];
	listener = peer_listen(AF_INET, 4);
	snprintf(port, sizeof port, "%u", peer_port(listener));
	struct vt *vt = stage_run(rows, columns, "xterm-256color", STAGE_WORDS("127.0.0.1", port));
	peer = peer_accept(listener, PEER_MS);
	ok(peer >= 0 && vt_wait_row(vt, -1, "1>"), "a session at %dx%d", rows, columns);
	return vt;
}

static bool arrives(const char *text)
{
	char got[256];
	peer_recv_until(peer, got, sizeof got, "\n", PEER_MS);
	if (strcmp(got, text) == 0)
		return true;
	tap_diagnose("got", got, strlen(got));
	return false;
}

/* Whatever the program has written to the terminal since it was started. */
static bool was_written(struct vt *vt, const char *text)
{
	size_t len;
	const char *output = vt_output(vt, &len);
	return memmem(output, len, text, strlen(text));
}

static void types_unseen(int rows, int columns)
{
	struct vt *vt = start(rows, columns);
	vt_send(vt, "/secret\r");
	ok(vt_wait_row(vt, -1, "1 secret>"), "the prompt says that the next line is one");
	ok(vt_wait_text(vt, "typed unseen: Enter sends") && vt_wait_text(vt, "Ctrl-C drops it"),
	   "and what to do with it");
	int row, column;
	vt_cursor(vt, &row, &column);
	vt_send(vt, "wrong\025s3cre\303\251X\177t");
	vt_wait_idle(vt);
	is_text(vt_row(vt, -1), "1 secret>", "nothing of it is shown");
	ok(vt_wait_cursor(vt, row, column), "nor how long it is");
	vt_send(vt, "\r");
	ok(arrives("s3cre\303\251t\n"), "Enter sends it");
	ok(stage_wait_row(vt, "→", "********* (secret)"), "the chat has stars");
	ok(vt_wait_text(vt, "9 bytes"), "as many as it has bytes");
	ok(vt_wait_row(vt, -1, "1>"), "the next line is an ordinary one");
	vt_send(vt, "\033[A");
	ok(vt_wait_row(vt, -1, "1> /secret"), "Up brings the command back, and no secret");
	vt_send(vt, "\003\031");
	vt_wait_idle(vt);
	is_text(vt_row(vt, -1), "1>", "nor does Ctrl-Y");
	vt_send(vt, "/secret\r");
	ok(vt_wait_row(vt, -1, "1 secret>"), "another one");
	vt_send(vt, "s3cret again\003");
	ok(vt_wait_row(vt, -2, "dropped: nothing was sent"), "Ctrl-C drops it");
	vt_send(vt, "/secret\r");
	ok(vt_wait_row(vt, -1, "1 secret>"), "another one");
	vt_send(vt, "s3cret more\033");
	ok(vt_wait_row(vt, -2, "dropped: nothing was sent"), "Escape drops it");
	vt_send(vt, "/secret\r");
	ok(vt_wait_row(vt, -1, "1 secret>"), "another one");
	vt_resize(vt, rows - 1, columns + 3);
	vt_paste(vt, "s3cret paste\n");
	vt_wait_idle(vt);
	is_text(vt_row(vt, -1), "1 secret>", "a paste is not shown either");
	vt_send(vt, "\r");
	ok(arrives("s3cret paste\n"), "and is sent");
	vt_send(vt, "/view hex\r/view trace\r/view ladder\r");
	ok(vt_wait_row(vt, -2, "ladder"), "in every view");
	vt_wait_idle(vt);
	ok(!was_written(vt, "s3c") && !was_written(vt, "wrong"), "no byte of it ever went there");
	ok(stage_quit(vt), "ends well");
	peer_close_all((int[]){ peer, listener }, 2);
}

static void on_the_line(void)
{
	struct vt *vt = start(24, 80);
	vt_send(vt, "/secret s3cret inline\r");
	ok(arrives("s3cret inline\n"), "with its text on the line it is sent");
	ok(vt_wait_text(vt, "> /secret …"), "the note of the command does not have it");
	ok(stage_wait_row(vt, "→", "(secret)"), "nor has the chat");
	vt_wait_idle(vt);
	ok(!strstr(vt_screen(vt), "s3cret"), "nor anything on the screen");
	vt_send(vt, "/secrte s3cret typo\r");
	ok(vt_wait_text(vt, "no such command: \"secrte\""), "a slip of the fingers");
	vt_send(vt, "\033[A");
	vt_wait_idle(vt);
	ok(!strstr(vt_screen(vt), "s3cret"), "is not kept either");
	vt_send(vt, "\003\022s3");
	vt_wait_idle(vt);
	ok(!strstr(vt_screen(vt), "s3cret"), "and Ctrl-R does not find it");
	vt_send(vt, "\a\003");
	ok(stage_quit(vt), "ends well");
	ok(stage_file_has("sockpit/history", "/secret"), "the history has the command");
	ok(!stage_file_has("sockpit/history", "s3cret"), "and none of the secrets");
	peer_close_all((int[]){ peer, listener }, 2);
}

/* Who has typed /secret may go on with the secret before reading that it was refused. */
static void refused(void)
{
	struct vt *vt = start(24, 80);
	vt_send(vt, "/listen 0 as L\r");
	ok(vt_wait_row(vt, -1, "2>"), "a listener");
	vt_send(vt, "/secret\r");
	ok(vt_wait_text(vt, "is a listener") && stage_wait_last_row(vt, "refused: Enter>"),
	   "which takes no secret");
	vt_send(vt, "s3cret early");
	vt_wait_idle(vt);
	is_text(vt_row(vt, -1), "refused: Enter>", "what is typed next is not shown");
	vt_send(vt, "\r");
	ok(vt_wait_row(vt, -2, "dropped: nothing was sent") && vt_wait_row(vt, -1, "2>"),
	   "nor sent");
	vt_send(vt, "/session 1\r/secret @nobody\rs3cret typed ahead\r/send end\\n\r");
	ok(arrives("end\n"), "of a session that is not there nothing goes to the current one");
	vt_send(vt, "\033[A\033[A");
	ok(vt_wait_row(vt, -1, "1> /session 1"), "and nothing into the history");
	vt_send(vt, "\025/secret @nobody s3cret\r");
	ok(vt_wait_text(vt, "no such session") && vt_wait_row(vt, -1, "1>"),
	   "with its text on the line there is nothing more to type");
	vt_wait_idle(vt);
	ok(!strstr(vt_screen(vt), "s3c"), "nothing of it is on the screen");
	ok(stage_quit(vt), "ends well");
	ok(!stage_file_has("sockpit/history", "s3cret"), "nor in the history");
	peer_close_all((int[]){ peer, listener }, 2);
}

int main(void)
{
	tap_watchdog(100);
	stage_open();
	types_unseen(24, 80);
	types_unseen(12, 40);
	on_the_line();
	refused();
	tap_done();
}
