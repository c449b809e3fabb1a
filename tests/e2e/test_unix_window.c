// SPDX-License-Identifier: GPL-3.0-or-later
/* UNIX sessions in the window: what tabs, status line, pages and views say of them, wide and
 * narrow. */
#include "e2e/stage.h"

#include "support/tap.h"

static void type(struct vt *vt, const char *line)
{
	vt_send(vt, line);
	vt_send(vt, "\r");
}

static void page(struct vt *vt, const char *line, const char *says)
{
	type(vt, line);
	ok(vt_wait_text(vt, says), "%s: %s", line, says);
	vt_send(vt, "\033");
	vt_wait_gone(vt, "Escape");
}

static void check(int rows, int columns)
{
	char listen[256], open[256];
	struct vt *vt = stage_run(rows, columns, "xterm-256color", STAGE_WORDS(NULL));
	snprintf(listen, sizeof listen, "/listen unix:%s echo", stage_path("x.sock"));
	snprintf(open, sizeof open, "/open unix:%s", stage_path("x.sock"));
	type(vt, listen);
	ok(vt_wait_text(vt, "1 echo:x.sock") && vt_wait_text(vt, "unix listening"),
	   "%dx%d: a server has its tab and its state", columns, rows);
	type(vt, open);
	ok(vt_wait_text(vt, "2 x.sock") && vt_wait_text(vt, "unix connected"), "and a client");
	type(vt, "hello");
	ok(stage_wait_row(vt, "←", "hello"), "a line comes back");
	page(vt, "/info", columns < 80 ? "INFO x.sock" : "not available");
	page(vt, "/states", "Not available: a UNIX");
	page(vt, "/stream", "Not available");
	type(vt, "/view ladder");
	ok(vt_wait_text(vt, "send(\"hello") != 0, "the ladder has the calls");
	ok(!strstr(vt_screen(vt), "──▶") && !strstr(vt_screen(vt), "SYN") &&
	           !strstr(vt_screen(vt), "ACK"),
	   "and no arrow");
	type(vt, "/view chat");
	type(vt, "/shutdown write");
	ok(vt_wait_text(vt, "closed our side:"), "no FIN is named");
	ok(vt_wait_text(vt, "unix CLOSED"), "it closes");
	type(vt, "/open unix:/none/there");
	ok(vt_wait_text(vt, "No such file"), "a path that is not there");
	page(vt, "/why", "ENOENT");
	snprintf(listen, sizeof listen, "/listen unixpacket:@test.%d echo", (int)getpid());
	snprintf(open, sizeof open, "/open unixpacket:@test.%d", (int)getpid());
	type(vt, listen);
	ok(vt_wait_text(vt, "unixpacket listening"), "packets are called so");
	type(vt, open);
	ok(vt_wait_text(vt, "unixpacket connected") && vt_wait_text(vt, "listen() there"),
	   "a client says who listens");
	type(vt, "/send");
	ok(stage_wait_row(vt, "←", "empty message"), "an empty message comes back");
	page(vt, "/info", columns < 80 ? "INFO" : "peer process");
	type(vt, "/shutdown write");
	ok(vt_wait_text(vt, "unixpacket CLOSED"), "and the end is told from it");
	snprintf(listen, sizeof listen, "/listen unixgram:@test.%d.too echo", (int)getpid());
	type(vt, listen);
	ok(vt_wait_text(vt, "unixgram"), "datagrams by an abstract name");
	ok(!strstr(vt_screen(vt), "udp"), "are not UDP");
	ok(stage_quit(vt), "it quits");
	ok(access(stage_path("x.sock"), F_OK) < 0, "and leaves no file");
}

int main(void)
{
	tap_watchdog(60);
	stage_open();
	check(24, 80);
	check(12, 40);
	return tap_done();
}
