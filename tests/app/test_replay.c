// SPDX-License-Identifier: GPL-3.0-or-later
/* A log at its own pace, by a clock that the test sets; and logs that nobody has written. */
#include "app/replay.h"

#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/fixture.h"
#include "net/recorded.h"

static struct app app;
static struct error error;

#define HEADER                                                                                     \
	"{\"sockpit\":\"log\",\"version\":1,\"type\":\"header\",\"program\":\"sockpit "            \
	"1\",\"started\":\"2020-02-02T02:02:02Z\"}\n"
#define AT(second, rest)     "\"time\":\"2020-02-02T02:02:" second "Z\"," rest "}\n"
#define CALL(second, rest)   "{\"type\":\"call\"," AT(second, "\"session\":1," rest)
#define NOTE(second, rest)   "{\"type\":\"note\"," AT(second, rest)
#define PEER                 "\"peer\":{\"family\":\"ipv4\",\"ip\":\"127.0.0.1\",\"port\":7}"
#define SECONDS              *CLOCK_S

static const char conversation[] = HEADER
        "{\"type\":\"session\",\"session\":1,\"name\":\"c\",\"kind\":\"stream\",\"transport\":\"tcp\","
        PEER "}\n"
        CALL("02", "\"call\":\"socket\",\"fd\":5,\"family\":2,\"socket_type\":1")
        CALL("03", "\"call\":\"connect\",\"fd\":5," PEER)
        CALL("04", "\"call\":\"send\",\"fd\":5,\"asked\":2,\"text\":\"hi\"")
        "{\"type\":\"session\",\"session\":2,\"name\":\"d\",\"kind\":\"stream\",\"transport\":\"tcp\"}\n"
        "{\"type\":\"state\",\"time\":\"2020-02-02T02:02:44Z\",\"session\":2,\"text\":\"resolving\"}\n"
        CALL("44", "\"call\":\"recv\",\"fd\":5,\"asked\":100,\"text\":\"hello\"")
        CALL("45", "\"call\":\"close\",\"fd\":5");

static void begin(const char *text, int speed)
{
	app_init(&app);
	ok(replay_start(&app, tap_file(text, strlen(text)), speed, 0, &error), "a log is opened");
}

static void end(void)
{
	replay_stop(&app);
	app_free(&app);
}

/* The number of its entries that are in the transcript at this instant. */
static int entries_at(int64_t now)
{
	uint64_t before;
	do {
		before = transcript_count(app.transcript);
		replay_serve(&app, now);
	} while (transcript_count(app.transcript) != before);
	return (int)before;
}

static const char *describes(int64_t now)
{
	static struct buf text = { .max = SIZE_MAX };
	buf_clear(&text);
	replay_describe(&app, now, &text);
	return buf_text(&text);
}

/* When the program would wake up; INT64_MAX = never. */
static int64_t wakes(void)
{
	struct poller poller;
	poller_init(&poller);
	poller_reset(&poller);
	replay_prepare(&app, &poller);
	int64_t at = poller.wake;
	poller_done(&poller);
	return at;
}

static enum session_state state_of(uint32_t number)
{
	return session_state(sessions_numbered(app.sessions, number));
}

static void goes_as_it_went(void)
{
	begin(conversation, REPLAY_SPEED_OWN);
	app.settings.replay_idle = 0;
	is_int(entries_at(0), 1, "the first entry is there at once");
	is_int(state_of(1), SESSION_FRESH, "and its session");
	ok(app_shown(&app) == 1, "which is current");
	is_int(wakes(), 1 SECONDS, "the next one is waited for");
	is_int(entries_at(1 SECONDS - 1), 1, "and comes not before its time");
	is_int(entries_at(1 SECONDS), 2, "but then");
	is_int(state_of(1), SESSION_OPEN, "connect() has opened it");
	is_text(describes(1500 * CLOCK_MS), "replay 1.5 s of 43.0 s, x1", "where it is");
	is_int(entries_at(2 SECONDS), 3, "a send()");
	is_int(session_counts(sessions_numbered(app.sessions, 1))->sent_bytes, 2, "is counted");
	ok(!sessions_numbered(app.sessions, 2), "no session before its first entry");
	is_int(entries_at(41 SECONDS), 3, "pauses last as long as they did");
	is_int(entries_at(42 SECONDS), 5, "what happened at once comes at once");
	ok(sessions_numbered(app.sessions, 2), "with another session");
	is_int(entries_at(43 SECONDS), 6, "and the last one");
	is_int(state_of(1), SESSION_CLOSED, "close() has closed it");
	is_text(describes(99 SECONDS), "replay 43.0 s of 43.0 s, ended", "it has ended");
	ok(wakes() == INT64_MAX && !replay_pulse(&app), "and wakes up nobody");
	const struct entry *last = transcript_at(app.transcript, transcript_newest(app.transcript));
	is_int(clock_wall(last->time), INT64_C(1580608965000000000), "its time is that of the log");
	is_int(session_now(sessions_numbered(app.sessions, 1)), last->time, "and so is its present");
	end();
}

static void is_in_memory(void)
{
	app_init(&app);
	ok(!replay_start_text(&app, "nothing", "", 0, REPLAY_SPEED_OWN, 0, &error) &&
	           strstr(error.text, "nothing: an empty"),
	   "an empty text is no log: %s", error.text);
	ok(replay_start_text(&app, "talk", conversation, sizeof conversation - 1, REPLAY_SPEED_OWN, 0, &error),
	   "a log in memory is replayed");
	app.settings.replay_idle = 0;
	is_int(entries_at(2 SECONDS), 3, "as one in a file is");
	is_text(describes(2 SECONDS), "replay 2.0 s of 43.0 s, x1", "and its end is known");
	ok(replay_go(&app, 1 SECONDS, 3 SECONDS, &error), "it goes back");
	is_int(entries_at(3 SECONDS), 5, "to what was read again");
	ok(replay_go(&app, INT64_MAX, 4 SECONDS, &error), "and to the end");
	is_int(entries_at(4 SECONDS), 9, "of all");
	is_text(describes(4 SECONDS), "replay 43.0 s of 43.0 s, ended", "where it has ended");
	end();
}

static void grows(void)
{
#define SHORT HEADER NOTE("02", "\"text\":\"a\"") NOTE("04", "\"text\":\"b\"")
	static const char grown[] = SHORT NOTE("14", "\"text\":\"c\"") NOTE("24", "\"text\":\"d\"");
	begin(SHORT, REPLAY_SPEED_OWN);
	app.settings.replay_idle = 0;
	tap_file(grown, sizeof grown - 1);
	is_int(entries_at(1 SECONDS), 1, "a log that is still being written");
	is_text(describes(1 SECONDS), "replay 1.0 s of 2.0 s, x1", "ends where it did when it was opened,");
	is_int(entries_at(13 SECONDS), 3, "and has more by then");
	is_text(describes(13 SECONDS), "replay 13.0 s of 22.0 s, x1", "which ends later");
	end();
}

static void obeys(void)
{
	begin(conversation, REPLAY_SPEED_OWN);
	app.settings.replay_idle = 0;
	entries_at(0);
	replay_pause(&app, true, 500 * CLOCK_MS);
	is_int(entries_at(100 SECONDS), 1, "nothing comes while it is paused");
	is_text(describes(100 SECONDS), "replay 0.5 s of 43.0 s, x1, paused", "and no time passes");
	ok(wakes() == INT64_MAX, "and it wakes up nobody");
	replay_step(&app, 1, 100 SECONDS);
	is_int(entries_at(100 SECONDS), 2, "a step is the next entry");
	replay_pause(&app, false, 200 SECONDS);
	is_int(entries_at(200 SECONDS), 2, "it goes on from there");
	is_int(entries_at(201 SECONDS), 3, "at its pace");
	replay_set_speed(&app, 4 * REPLAY_SPEED_OWN, 201 SECONDS);
	is_int(wakes(), 211 SECONDS, "four times as fast");
	is_int(entries_at(211 SECONDS), 5, "and so it comes");
	ok(replay_go(&app, INT64_MAX, 211 SECONDS, &error), "to the end");
	is_int(entries_at(211 SECONDS), 6, "all at once");
	ok(replay_is_over(&app), "it is over");
	replay_pause(&app, true, 211 SECONDS);
	ok(replay_go(&app, 1500 * CLOCK_MS, 211 SECONDS, &error), "and back");
	is_int(entries_at(211 SECONDS), 8, "the first entries come again");
	is_int(sessions_count(app.sessions), 1, "the old sessions are gone");
	ok(app_shown(&app) == 3, "the session that was shown is, under another number");
	is_text(describes(300 SECONDS), "replay 1.5 s of 43.0 s, x4, paused", "paused, as it was");
	replay_stop(&app);
	ok(wakes() == INT64_MAX && entries_at(400 SECONDS) == 8, "when it is stopped nothing comes");
	is_int(app_forget_ended(&app), 1, "and its sessions count as ended");
	end();
}

static void shortens_pauses(void)
{
	begin(conversation, REPLAY_SPEED_OWN);
	is_int(entries_at(2 SECONDS), 3, "what is late comes at once");
	is_text(describes(2 SECONDS), "replay 37.0 s of 43.0 s, x1, skipped 35.0 s", "a long pause is skipped");
	is_int(entries_at(6999 * CLOCK_MS), 3, "but for five seconds");
	is_int(entries_at(7 SECONDS), 5, "and then it goes on");
	is_text(describes(7 SECONDS), "replay 42.0 s of 43.0 s, x1", "as it went");
	end();
}

/* What the calls of a log say of its sessions. */
static void follows(void)
{
	static const char log[] = HEADER
	        "{\"type\":\"session\",\"session\":1,\"name\":\"s\",\"kind\":\"listener\",\"transport\":\"tcp\"}\n"
	        CALL("02", "\"call\":\"listen\",\"fd\":3,\"backlog\":5")
	        "{\"type\":\"session\",\"session\":2,\"name\":\"a\",\"kind\":\"stream\",\"transport\":\"tcp\","
	        "\"listener\":1}\n"
	        "{\"type\":\"call\"," AT("03", "\"session\":2,\"call\":\"recv\",\"fd\":4,\"asked\":9,\"text\":\"x\"")
	        "{\"type\":\"session\",\"session\":3,\"name\":\"c\",\"kind\":\"stream\",\"transport\":\"tcp\"}\n"
	        "{\"type\":\"call\"," AT("04", "\"session\":3,\"call\":\"socket\",\"fd\":5,\"family\":2,\"socket_type\":1")
	        "{\"type\":\"call\"," AT("04", "\"session\":3,\"call\":\"connect\",\"fd\":5," PEER)
	        "{\"type\":\"call\"," AT("04", "\"session\":3,\"call\":\"send\",\"fd\":5,\"asked\":2,\"text\":\"hi\"")
	        "{\"type\":\"call\"," AT("03", "\"session\":3,\"call\":\"shutdown\",\"fd\":5,\"how\":1")
	        "{\"type\":\"call\"," AT("05", "\"session\":3,\"call\":\"close\",\"fd\":5")
	        "{\"type\":\"call\"," AT("05", "\"session\":2,\"call\":\"close\",\"fd\":4")
	        "{\"type\":\"call\"," AT("06", "\"session\":3,\"call\":\"socket\",\"fd\":5,\"family\":2,\"socket_type\":1")
	        "{\"type\":\"call\"," AT("06", "\"session\":3,\"call\":\"connect\",\"fd\":5," PEER)
	        "{\"type\":\"call\"," AT("06", "\"session\":3,\"call\":\"send\",\"fd\":5,\"asked\":1,\"text\":\"x\"");
	begin(log, REPLAY_SPEED_OWN);
	app.settings.replay_idle = 0;
	entries_at(1 SECONDS);
	const struct session *server = sessions_numbered(app.sessions, 1);
	is_int(session_clients(server), 1, "a listener has a client");
	is_int(entries_at(2 SECONDS - 1), 2, "no entry comes before the one in front of it");
	is_int(entries_at(2 SECONDS), 6, "whatever its own time");
	const struct session *client = sessions_numbered(app.sessions, 3);
	is_int(session_tcp_state(client), STATE_FIN_WAIT, "shutdown() has sent a FIN");
	entries_at(3 SECONDS);
	is_int(session_clients(server), 0, "a client that is closed is none any more");
	entries_at(4 SECONDS);
	is_int(session_tcp_state(client), STATE_ESTABLISHED, "a session that is opened again is as new");
	is_int(session_life_sent(client), 1, "and counts from there what it has sent");
	is_int(session_counts(client)->sent_bytes, 3, "beside all of it");
	end();
}

/* Sessions are made with the next entry, also where many come at once. */
static void has_many_sessions(void)
{
	enum { MANY = 200 };
	struct buf log = { .max = SIZE_MAX };
	buf_append_text(&log, HEADER);
	for (int i = 1; i <= MANY; i++)
		buf_printf(&log, "{\"type\":\"session\",\"session\":%d,\"name\":\"s%d\"}\n", i, i);
	buf_append_text(&log, NOTE("02", "\"session\":200,\"text\":\"hello\""));
	begin(buf_text(&log), REPLAY_SPEED_OWN);
	is_int(entries_at(0), 1, "an entry after many sessions");
	is_int(sessions_count(app.sessions), MANY, "which are all there");
	end();
	buf_free(&log);
}

/* Another run of the program counts its sessions from 1 again. */
static void goes_on(void)
{
	static const char again[] = HEADER
	        "{\"type\":\"session\",\"session\":1,\"name\":\"c\",\"kind\":\"stream\",\"transport\":"
	        "\"tcp\"}\n" CALL("02", "\"call\":\"socket\",\"fd\":5,\"family\":2,\"socket_type\":1")
	        HEADER
	        "{\"type\":\"session\",\"session\":1,\"name\":\"c\",\"kind\":\"stream\",\"transport\":"
	        "\"tcp\"}\n" CALL("03", "\"call\":\"socket\",\"fd\":5,\"family\":2,\"socket_type\":1")
	        CALL("04", "\"call\":\"close\",\"fd\":5");
	begin(again, REPLAY_SPEED_OWN);
	entries_at(9 SECONDS);
	is_int(sessions_count(app.sessions), 2, "a log that goes on has sessions of its own there");
	is_int(session_state(sessions_numbered(app.sessions, 1)), SESSION_FRESH, "what was before is as it was");
	is_int(session_state(sessions_numbered(app.sessions, 2)), SESSION_CLOSED, "and nothing is done to it");
	end();
}

/* Lines in their order, whatever their times. */
static void shows_lines(void)
{
	static const char lines[] = HEADER NOTE("08", "\"text\":\"one\"") NOTE("02", "\"text\":\"two\"")
	        "nothing\n" NOTE("03", "\"text\":\"three\"");
	begin(lines, REPLAY_SPEED_OWN);
	ok(!replay_to_line(&app, 2, 0), "a line is shown");
	is_int(transcript_count(app.transcript), 1, "and none after it");
	replay_to_line(&app, 4, 0);
	is_int(transcript_count(app.transcript), 2, "and a line that is wrong is none");
	replay_to_line(&app, 5, 0);
	is_int(transcript_count(app.transcript), 3, "the last one is the end");
	ok(replay_is_over(&app), "of it");
	end();
}

/* What was set, and did not fail. */
static void knows_options(void)
{
#define NODELAY(second, rest)                                                                      \
	CALL(second, "\"call\":\"setsockopt\",\"fd\":5,\"level\":6,\"option\":1," rest)
	static const char log[] = HEADER
	        "{\"type\":\"session\",\"session\":1,\"kind\":\"stream\",\"transport\":\"tcp\"}\n"
	        CALL("02", "\"call\":\"socket\",\"fd\":5,\"family\":2,\"socket_type\":1")
	        NODELAY("03", "\"result\":-1,\"errno\":22,\"base64\":\"AQAAAA==\"")
	        NODELAY("04", "\"result\":0,\"base64\":\"AQAAAA==\"")
	        NODELAY("05", "\"result\":0,\"base64\":\"AAAAAA==\"");
	begin(log, REPLAY_SPEED_OWN);
	is_int(entries_at(0), 1, "a socket in a log");
	is_int(entries_at(1 SECONDS), 2, "and setsockopt()");
	ok(!session_is_nodelay(sessions_numbered(app.sessions, 1)), "that has failed");
	is_int(entries_at(2 SECONDS), 3, "and one that has not");
	ok(session_is_nodelay(sessions_numbered(app.sessions, 1)), "sets TCP_NODELAY");
	is_int(entries_at(3 SECONDS), 4, "and another one");
	ok(!session_is_nodelay(sessions_numbered(app.sessions, 1)), "sets it off");
	end();
}

/* What a relay has opened is not opened again, whatever a log says: it would be counted each time that it ends,
 * and leave the table too early. */
static void keeps_sides(void)
{
#define SIDE(second)                                                                               \
	"{\"type\":\"call\"," AT(second, "\"session\":2,\"call\":\"socket\",\"fd\":5,\"family\":2,\"socket_type\":1") \
	        "{\"type\":\"call\"," AT(second, "\"session\":2,\"call\":\"close\",\"fd\":5")
	static const char log[] = HEADER
	        "{\"type\":\"session\",\"session\":1,\"name\":\"r\",\"kind\":\"listener\",\"transport\":\"tcp\"}\n"
	        "{\"type\":\"session\",\"session\":2,\"name\":\"c\",\"kind\":\"stream\",\"transport\":\"tcp\",\"relay\":1}\n"
	        SIDE("02") SIDE("02") SIDE("02") SIDE("02");
	begin(log, REPLAY_SPEED_OWN);
	sessions_keep_clients(app.sessions, 2);
	is_int(entries_at(0), 8, "a socket of a relay in a log, that comes again and again");
	is_int(state_of(2), SESSION_CLOSED, "has ended");
	is_int(session_relay(sessions_numbered(app.sessions, 2)), 1, "for that relay");
	app_reap(&app);
	ok(sessions_numbered(app.sessions, 2), "once, and stays");
	end();
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	goes_as_it_went();
	is_in_memory();
	grows();
	obeys();
	shortens_pauses();
	follows();
	has_many_sessions();
	goes_on();
	knows_options();
	keeps_sides();
	shows_lines();
	return tap_done();
}
