// SPDX-License-Identifier: GPL-3.0-or-later
/* Bytes from a peer are data. Whatever it sends, the terminal gets nothing but what a window
 * needs, asked nothing, and the window stays as it is; what came is seen as marks. */
#include "e2e/stage.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/socket.h>

#include "support/audit.h"
#include "support/tap.h"

struct payload {
	const char *name, *bytes;
	size_t len;
	const char *shown; /* somewhere on the screen afterwards, at 80 columns; NULL for no matter
	                      what */
};

#define PAYLOAD(name, bytes, shown)                                                                \
	{                                                                                          \
		name, bytes, sizeof bytes - 1, shown                                               \
	}

static const struct payload payloads[] = {
	PAYLOAD("title and its report", "\033]2;;id;\007\033[21t\033]2;x\007\033[8m",
	        "^[]2;;id;^G^[[21t"),
	PAYLOAD("icon, directory, notification",
	        "\033]0;t\007\033]7;file://h/\007\033]9;x\007\033]777;notify;a;b\007", "^[]0;t^G"),
	PAYLOAD("settings echoed back", "\033P$q\"p\033\\\033P$qm;ls\r\033\\", "^[P$q\"p^[\\"),
	PAYLOAD("font query", "\033]50;i$(id)\007\033]50;?\007", "^[]50;i$(id)^G"),
	PAYLOAD("clipboard", "\033]52;c;ZWNobwo=\007\033]52;c;?\007", "^[]52;c;ZWNobwo=^G"),
	PAYLOAD("status queries",
	        "\033[5n\033[6n\033[c\033[>c\033[=c\033[?6n\033[x\033Z\005\033[18t\033[?1$p",
	        "^[[5n^[[6n^[[c"),
	PAYLOAD("colour and screen queries", "\033]10;?\007\033]4;1;?\007\033[1;1;1;1;1;1*y",
	        "^[]10;?^G"),
	PAYLOAD("hyperlink", "\033]8;;http://e\033[c\033\\x\033]8;;\033\\", "^[]8;;http://e"),
	PAYLOAD("graphics",
	        "\033Pq#1!99999999@\033\\\033_Ga=T;AAAA\033\\\033PpL(F'x')\033\\\033P+q544e\033\\",
	        "^[Pq#1!99999999@"),
	PAYLOAD("a reply with a newline", "\033GQ\033]705;\\\007", "^[GQ"),
	PAYLOAD("reset", "\033c\033[!p", "^[c^[[!p"),
	PAYLOAD("modes",
	        "\033[?1049l\033[?1000h\033[?1006h\033[?2004l\033[?25l\033[4h\033[20h\033[?3h\033[?"
	        "5h",
	        "^[[?1049l"),
	PAYLOAD("clear, scroll region, charset", "\033[2J\033[1;3r\033(0\016\033#8\033[8m\033[H",
	        "^[[2J^[[1;3r^[(0^N"),
	PAYLOAD("C1 as UTF-8", "\302\2336n\302\2350;x\302\234\302\220$qm\302\234\302\205", NULL),
	PAYLOAD("C1 as bytes", "\2336n\2350;x\234\220$qm\234", NULL),
	PAYLOAD("unfinished OSC", "\033]0;AAAA", "^[]0;AAAA"),
	PAYLOAD("unfinished DCS", "\033P", "^[P"),
	PAYLOAD("unfinished CSI", "\033[", "^[["),
	PAYLOAD("a lone ESC", "\033", "^["),
	PAYLOAD("huge parameters", "\033[2000000000b\033[99999999L\033[;;;;;;;;;;;;;;;;m",
	        "^[[2000000000b"),
	PAYLOAD("overstrike", "a\bb evil\r good\177\013\014\r\r", "a^Hb"),
	PAYLOAD("NUL", "a\0b", "a^@b"),
	PAYLOAD("shift out", "\016lqqk\017", "^Nlqqk^O"),
	PAYLOAD("bidi controls",
	        "\342\200\256abc\342\200\254\342\201\246x\342\201\251\342\200\217\330\234",
	        "U+202E"),
	PAYLOAD("no width", "a\342\200\213b\342\201\240c\357\273\277d\302\255e", NULL),
	PAYLOAD("tags", "\363\240\201\201\363\240\201\277x", NULL),
	PAYLOAD("joined emoji", "👨‍👩‍👧 🇰🇷 ❤️ 1️⃣ 👍🏽", NULL),
	PAYLOAD("jamo", "\341\204\200\341\205\241\341\206\250 \341\205\240", NULL),
	PAYLOAD("malformed UTF-8",
	        "\300\200 \340\200\200 \355\240\200 \364\220\200\200 \370 \377 \200", "\\xc0"),
	PAYLOAD("half a character", "\355\225", NULL),
	PAYLOAD("line separators", "a\342\200\250b\342\200\251c\302\205d", NULL),
	PAYLOAD("no characters", "\357\277\276\357\277\277\356\200\200", NULL),
	PAYLOAD("prompt and paste marks", "\001\002\003\004\026\032\033[200~x\033[201~",
	        "^A^B^C^D^V^Z"),
	PAYLOAD("a command", "/quit", "/quit"),
};

static int listener, peer;

static unsigned start_listening(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&address, len) < 0 || listen(listener, 5) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &len) < 0) {
		puts("Bail out! no port on loopback");
		exit(97);
	}
	return ntohs(address.sin_port);
}

static struct vt *start(int rows, int columns)
{
	char port[16];
	const int one = 1;
	snprintf(port, sizeof port, "%u", start_listening());
	struct vt *vt = stage_run(rows, columns, "xterm-256color", STAGE_WORDS("127.0.0.1", port));
	peer = accept(listener, NULL, NULL);
	setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	vt_wait_row(vt, -1, "1>");
	vt_wait_row(vt, -2, "tcp");
	vt_wait_idle(vt);
	return vt;
}

static void stop(struct vt *vt, const char *when)
{
	ok(stage_quit(vt), "%s: ends well", when);
	close(peer);
	close(listener);
}

static void peer_sends(const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(peer, bytes, len, MSG_NOSIGNAL);
		if (sent <= 0)
			return;
		bytes += sent;
		len -= (size_t)sent;
	}
}

/* What a window needs: places, clearing, shifting, looks, its own modes. No strings, no questions,
 * no C1. */
static struct audit *what_a_window_needs(void)
{
	static const char needed[] =
	        "\r\n\b\t\033[H\033[J\033[K\033[m\033[d\033[G\033[A\033[B\033[C\033[D\033[X\033["
	        "b\033[@\033[P"
	        "\033[L\033[M\033[S\033[T\033[r\033M\0337\0338\033(B\033>\033=\033[?25l\033[?"
	        "25h\033[?12l\033[?12;25h"
	        "\033[?1049h\033[22;0;0t\033[?1h\033[?1l\033[4l\033[?7h\033[?2004h\a"
	        "\033[?1007;1036s\033[?1007l\033[?1036h";
	struct audit *audit = audit_new();
	audit_feed(audit, needed, sizeof needed - 1);
	return audit;
}

static void window_stands(struct vt *vt, const char *name)
{
	struct audit *known = what_a_window_needs(), *seen = audit_new();
	size_t len;
	const char *output = vt_output(vt, &len);
	audit_feed(seen, output, len);
	is_int(audit_count_new(seen, known), 0, name);
	is_text(vt_replies(vt), "", "  the terminal was asked nothing");
	is_text(vt_title(vt), "", "  its title is its own");
	ok(vt_is_alternate(vt) && !vt_has_mouse(vt) && vt_has_mode(vt, 2004) &&
	           vt_cursor_is_visible(vt),
	   "  its modes stand");
	ok(vt_wait_row(vt, -1, "1>") && vt_wait_cursor(vt, -1, 3), "  prompt and cursor stand");
	ok(vt_wait_row(vt, -2, "tcp") && vt_wait_row(vt, -3, "127.0.0.1"),
	   "  tabs and status stand");
	audit_free(known);
	audit_free(seen);
}

static void send_marker(struct vt *vt, int number)
{
	char marker[32];
	int len = snprintf(marker, sizeof marker, "\nmark %d.\n", number);
	peer_sends(marker, (size_t)len);
	marker[len - 1] = '\0';
	vt_wait_text(vt, marker + 1);
	vt_wait_idle(vt);
}

static void meets_all(int rows, int columns, bool in_pieces)
{
	struct vt *vt = start(rows, columns);
	for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
		const struct payload *payload = &payloads[i];
		size_t step = in_pieces ? 1 : payload->len;
		vt_mark(vt);
		for (size_t at = 0; at < payload->len; at += step)
			peer_sends(payload->bytes + at, step);
		send_marker(vt, (int)i);
		window_stands(vt, payload->name);
		if (payload->shown && columns >= 80 && !in_pieces)
			ok(vt_find(vt, payload->shown, NULL, NULL) || (vt_print(vt), false),
			   "  it is seen");
	}
	stop(vt, "after all that");
}

/* Whatever shows them; a page at the end has all of them in it. */
static void meets_views(void)
{
	static const char *const looks[] = { "/view hex",     "/view trace", "/view ladder",
		                             "/view hex all", "/code c",     "/code python",
		                             "/stream",       "/info" };
	struct vt *vt = start(24, 80);
	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
		vt_mark(vt);
		vt_send(vt, looks[i]);
		vt_send(vt, "\r");
		for (size_t j = 0; j < sizeof payloads / sizeof *payloads; j++)
			peer_sends(payloads[j].bytes, payloads[j].len);
		vt_send(vt, "/send \\e]0;t\\a\\x9b6n\\xe2\\x80\\xae\\xff\r");
		vt_wait_idle(vt);
		window_stands(vt, looks[i]);
	}
	stop(vt, "after all views");
}

static void meets_length(void)
{
	struct vt *vt = start(24, 80);
	static char digits[1000000];
	memset(digits, '9', sizeof digits);
	vt_mark(vt);
	peer_sends("\033[", 2);
	peer_sends(digits, sizeof digits);
	peer_sends("m\033]0;", 5);
	peer_sends(digits, sizeof digits);
	send_marker(vt, 1);
	window_stands(vt, "parameters and titles of a million digits");
	memset(digits, '\033', sizeof digits);
	vt_mark(vt);
	peer_sends(digits, sizeof digits);
	send_marker(vt, 2);
	window_stands(vt, "a million ESC");
	for (size_t i = 0; i + 1 < sizeof digits; i += 2)
		memcpy(digits + i, "\xcc\x81", 2);
	vt_mark(vt);
	peer_sends("e", 1);
	peer_sends(digits, sizeof digits);
	send_marker(vt, 3);
	window_stands(vt, "half a million combining marks on one letter");
	stop(vt, "after long ones");
}

/* A filler of Hangul shows nothing where it stands: in what comes, what is typed, names, words. */
static void shows_fillers(void)
{
	struct vt *vt = start(24, 80);
	peer_sends("ad\u1160min\n", strlen("ad\u1160min\n"));
	ok(stage_wait_row(vt, "←", "adU+1160min"), "a filler in what comes");
	vt_send(vt, "ad\u3164min");
	ok(vt_wait_row(vt, -1, "adU+3164min"), "on the line that is typed");
	vt_send(vt, "\r");
	ok(stage_wait_row(vt, "→", "adU+3164min"), "in what is sent");
	vt_send(vt, "/name ad\uffa0min\r");
	ok(vt_wait_row(vt, -3, "adU+FFA0min"), "on a tab");
	vt_send(vt, "/\u115f\r");
	ok(vt_wait_text(vt, "no such command: \"U+115F\""), "in a message");
	vt_send(vt, "/view trace\r");
	ok(stage_wait_row(vt, "recv(", "ad\\xe1\\x85\\xa0min"), "in a trace, as its bytes");
	stop(vt, "after fillers");
}

int main(void)
{
	tap_watchdog(60);
	stage_open();
	meets_all(24, 80, false);
	meets_all(24, 80, true);
	meets_all(10, 20, false);
	meets_views();
	meets_length();
	shows_fillers();
	return tap_done();
}
