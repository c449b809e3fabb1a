// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"
#include "command/queue.h"

#include <locale.h>

#include "app/fixture.h"

/* What the pane says: a note or a mistake. */
static const char *say(struct app *app, const char *line)
{
	queue_type(app, line, strlen(line));
	return app_fixture_note(app, app_shown(app));
}

static bool says(struct app *app, const char *line, const char *want)
{
	const char *said = say(app, line);
	if (strstr(said, want))
		return true;
	tap_diagnose("said", said, strlen(said));
	return false;
}

/* The newest note as a pane of that width shows it. */
static const char *pane(const struct app *app, int columns)
{
	static struct buf text = { .max = SIZE_MAX };
	struct rows rows = { 0 };
	struct view view = app_view(app, columns);
	struct location location;
	buf_clear(&text);
	view.time = VIEW_TIME_OFF;
	bool there = view_last(&view, &location);
	while (there && transcript_at(app->transcript, location.entry)->call == CALL_NOTE &&
	       location.offset > 0)
		there = view_before(&view, &location);
	while (there) {
		rows_clear(&rows);
		view_layout(&view, location, &rows);
		for (size_t i = 0; i < rows.count; i++) {
			row_print(&rows.row[i], &text);
			buf_append_text(&text, "\n");
		}
		there = view_after(&view, &location);
	}
	rows_free(&rows);
	return buf_text(&text);
}

static int count_calls(const struct app *app, enum call call, unsigned flags)
{
	int count = 0;
	uint64_t at = transcript_last(app->transcript, app_shown(app));
	for (; at != TRANSCRIPT_NONE; at = transcript_before(app->transcript, at)) {
		const struct entry *entry = transcript_at(app->transcript, at);
		count += entry->call == call && (entry->flags & ENTRY_WATCHING) == flags;
	}
	return count;
}

static int count_shown(const struct app *app, const struct view_ops *ops)
{
	int count = 0;
	struct view view = app_view(app, 80);
	view.ops = ops;
	for (uint64_t at = TRANSCRIPT_NONE; (at = view_entry_after(&view, at)) != TRANSCRIPT_NONE;)
		count++;
	return count;
}

/* The line of the listing that begins like this. */
static const char *line_of(const char *listing, const char *name)
{
	static char line[200];
	size_t len = strlen(name);
	while (listing && !(strncmp(listing, name, len) == 0 && listing[len] == ' '))
		listing = strchr(listing, '\n') ? strchr(listing, '\n') + 1 : NULL;
	snprintf(line, sizeof line, "%.*s", listing ? (int)strcspn(listing, "\n") : 0,
	         listing ? listing : "");
	return line;
}

static void test_listing(struct app *app)
{
	int seen = count_calls(app, CALL_GETSOCKOPT, 0);
	int watched = count_calls(app, CALL_GETSOCKOPT, ENTRY_WATCHING);
	int shown = count_shown(app, &trace_view);
	const char *listing = say(app, "/option");
	is_text(line_of(listing, "SO_KEEPALIVE"),
	        "SO_KEEPALIVE                off  probe a peer that is silent", "a switch");
	is_text(line_of(listing, "SO_LINGER"),
	        "SO_LINGER                   off  close() waits for all ACKs", "off");
	is_text(line_of(listing, "SO_ERROR"),
	        "SO_ERROR               not read  the pending error",
	        "what reading would take away is left there");
	ok(!*line_of(listing, "SO_BROADCAST"), "what is of UDP is left out");
	ok(!*line_of(listing, "IPV6_V6ONLY"), "and what is of IPv6");
	ok(*line_of(listing, "TCP_NODELAY") && *line_of(listing, "IP_TTL"), "the others are there");
	ok(strstr(listing, "/option NAME VALUE sets it."), "and how to go on");
	is_int(count_calls(app, CALL_GETSOCKOPT, 0), seen, "the trace is not flooded");
	is_int(count_shown(app, &trace_view), shown, "and stays readable: not a row more");
	ok(count_calls(app, CALL_GETSOCKOPT, ENTRY_WATCHING) > watched + 30,
	   "but each call is written down");
	for (const char *line = listing; line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strcspn(line, "\n") > 64)
			ok(false, "too long at 80 columns: %.*s", (int)strcspn(line, "\n"), line);
}

static void test_widths(struct app *app)
{
	static const char wide[] =
	        "·  TCP_NODELAY                 off  send small pieces at once\n"
	        "   If off, Nagle's algorithm holds a small one back while an earlier one is not "
	        "acknowledged: some 40 ms if the peer delays its ACK.\n";
	static const char middle[] =
	        "·  TCP_NODELAY                 off  send small pieces at once\n"
	        "   If off, Nagle's algorithm holds a small one back while an earlier one is not\n"
	        "     acknowledged: some 40 ms if the peer delays its ACK.\n";
	static const char narrow[] = "·  TCP_NODELAY                 off\n"
	                             "     send small pieces at once\n"
	                             "   If off, Nagle's algorithm holds a\n"
	                             "     small one back while an earlier one\n"
	                             "     is not acknowledged: some 40 ms if\n"
	                             "     the peer delays its ACK.\n";
	say(app, "/option nodelay");
	is_text(pane(app, 200), wide, "at 200 columns");
	is_text(pane(app, 80), middle, "at 80 columns");
	is_text(pane(app, 40), narrow, "at 40 columns");
}

static void test_setting(struct app *app)
{
	is_text(say(app, "/option nodelay on"), "TCP_NODELAY is on", "a switch is set");
	ok(says(app, "/option TCP_NODELAY", "TCP_NODELAY                  on  send"), "and read");
	is_text(say(app, "/option keepidle 10"), "TCP_KEEPIDLE is 10 seconds", "a number");
	is_text(say(app, "/option rcvtimeo 2 s "), "SO_RCVTIMEO is 2 s", "a value with a blank");
	is_text(say(app, "/option linger 0"), "SO_LINGER is 0 s", "lingering");
	is_text(say(app, "/option linger off"), "SO_LINGER is off", "and not");
	is_text(say(app, "/option nodelay maybe"), "TCP_NODELAY is on or off", "garbage");
	is_text(say(app, "/option type 5"), "SO_TYPE can only be read", "what cannot be set");
	is_text(say(app, "/option nosuch"), "no such socket option here: \"nosuch\": /option lists them", "none");
	ok(says(app, "/option snd", "ambiguous: \"snd\" is SO_SNDBUF, SO_SNDLOWAT"), "ambiguous");
	ok(count_calls(app, CALL_SETSOCKOPT, 0) >= 4, "the calls stand in the transcript");
}

/* The sentences of what the kernel makes of a value, by what it really makes of it. */
static void test_kernel(struct app *app)
{
#ifdef __linux__
	is_text(say(app, "/option rcvbuf 20000"),
	        "SO_RCVBUF: asked 20000, the kernel made it 40000 (it doubles what is asked, for "
	        "its own bookkeeping)",
	        "doubled");
	is_text(say(app, "/option sndbuf 1"),
	        "SO_SNDBUF: asked 1, the kernel made it 4608 (it doubles what is asked, and that "
	        "is the least it gives)",
	        "the least");
	ok(says(app, "/option rcvbuf 2147483647", "and net.core.rmem_max is the most)"),
	   "the most");
	is_text(say(app, "/option rcvlowat 0"),
	        "SO_RCVLOWAT: asked 0, the kernel made it 1 (the least is 1)", "at least 1");
	is_text(say(app, "/option defer_accept 5"),
	        "TCP_DEFER_ACCEPT: asked 5, the kernel made it 7 (it counts in repeated SYN-ACKs, "
	        "after 1, 3, 7, 15, 31 s)",
	        "rounded");
	is_text(say(app, "/option tos 187"),
	        "IP_TOS: asked 187, the kernel made it 184 (the two lowest bits are ECN, which "
	        "TCP sets itself)",
	        "two bits");
	is_text(say(app, "/option ttl -1"),
	        "IP_TTL: asked -1, the kernel made it 64 (-1 is the system's default)", "-1");
	is_text(say(app, "/option maxseg 20"),
	        "setsockopt(TCP_MAXSEG) = -1 EINVAL: not with this value, or not in this state",
	        "refused");
	is_text(say(app, "/option congestion nosuch"),
	        "setsockopt(TCP_CONGESTION) = -1 ENOENT: there is none of that name", "no such");
	is_text(say(app, "/option mtu_discover do"), "IP_MTU_DISCOVER is do", "a word");
	is_text(say(app, "/option max_pacing_rate 50000"), "SO_MAX_PACING_RATE is 50000 bytes/s",
	        "a slow link");
	is_text(say(app, "/option max_pacing_rate unlimited"), "SO_MAX_PACING_RATE is unlimited",
	        "and as fast as it can");
#else
	(void)app;
	tap_skip("what Linux makes of it");
#endif
}

static void test_sessions(struct app *app)
{
	say(app, "/listen 0 as both");
	wait_for(app, session_state(app->current) == SESSION_LISTENING, "a listener");
	is_text(say(app, "/option keepalive on"), "SO_KEEPALIVE is on", "on each of its sockets");
	say(app, "/listen udp 127.0.0.1 0 as udp");
	wait_for(app, session_state(app->current) == SESSION_OPEN, "a UDP server");
	const char *listing = say(app, "/option");
	ok(*line_of(listing, "SO_BROADCAST") && *line_of(listing, "IP_MULTICAST_TTL"),
	   "what is of UDP");
	ok(!*line_of(listing, "TCP_NODELAY"), "not what is of TCP");
#ifdef __linux__
	is_text(line_of(listing, "IP_MTU"),
	        "IP_MTU            not available  largest packet on this path",
	        "what the kernel does not say");
#endif
	ok(says(app, "/option nodelay on", "setsockopt(TCP_NODELAY) = -1 "),
	   "refused by the kernel");
	ok(says(app, "/option @both keepalive", "SO_KEEPALIVE                 on"),
	   "another session");
	say(app, "/close");
	is_text(say(app, "/option"), "session 5 has no socket", "a closed one");
	is_text(say(app, "/option keepalive"), "session 5 is closed: /reconnect opens it again",
	        "has no options");
	is_text(say(app, "/option keepalive on"), "session 5 is closed: /reconnect opens it again",
	        "nor can they be set");
}

int main(void)
{
	struct app app;
	tap_watchdog(30);
	setlocale(LC_CTYPE, "");
	app_fixture_start(&app);
	is_text(say(&app, "/option"), "no session: /open HOST PORT makes one", "no session");
	say(&app, "/listen 127.0.0.1 0 as server");
	wait_for(&app, session_state(app.current) == SESSION_LISTENING, "a server");
	char line[64];
	snprintf(line, sizeof line, "/open 127.0.0.1 %u as client",
	         session_local(app.current).port);
	say(&app, line);
	wait_for(&app, session_state(app.current) == SESSION_OPEN, "a client");
	test_listing(&app);
	test_widths(&app);
	test_setting(&app);
	test_kernel(&app);
	test_sessions(&app);
	app_fixture_end(&app);
	return tap_done();
}
