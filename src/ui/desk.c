// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/desk.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "ui/bars.h"
#include "ui/byte_escape.h"
#include "ui/candidates.h"

enum {
	READ_SIZE = 64 << 10,
	HELD_MOST = 64 << 20,
	PASTE_ON_LINE = 64 << 10, /* a larger paste does not go through readline */
	NOTE_INDENT = 24,         /* columns that a note's time and mark may take */
};

#define SECRET_HINT "typed unseen: Enter sends it, Escape or Ctrl-C drops it"

static void say(struct desk *desk, const char *text)
{
	desk->face.say(desk->face.context, text);
}

static void tell_change(struct desk *desk)
{
	desk->face.changed(desk->face.context);
}

/* ---- sessions ---- */

static void show(struct desk *desk, struct session *session)
{
	app_select(desk->app, session);
	tell_change(desk);
}

void desk_select(struct desk *desk, uint32_t number)
{
	struct session *session = sessions_numbered(desk->app->sessions, number);
	if (session) {
		show(desk, session);
		return;
	}
	char text[DESK_WORDS];
	snprintf(text, sizeof text, "no session %u", (unsigned)number);
	say(desk, text);
	desk->face.bell(desk->face.context);
}

static void select_step(struct desk *desk, bool forward)
{
	const struct sessions *sessions = desk->app->sessions;
	size_t count = sessions_count(sessions), at = 0;
	while (at < count && sessions_at(sessions, at) != desk->app->current)
		at++;
	if (count > 0)
		show(desk, sessions_at(sessions, (at + (forward ? 1 : count - 1)) % count));
}

static bool something_is_open(const struct app *app)
{
	for (size_t i = 0; i < sessions_count(app->sessions); i++)
		if (session_state(sessions_at(app->sessions, i)) != SESSION_CLOSED)
			return true;
	return false;
}

/* ---- what readline calls back with ---- */

static void toggle_literal(struct desk *desk)
{
	desk->app->literal = !desk->app->literal;
	tell_change(desk);
}

static void find_next(struct desk *desk, bool newer)
{
	struct error error;
	if (!app_find(desk->app, NULL, newer, &error))
		say(desk, error.text);
	tell_change(desk);
}

/* readline drops the line itself. Where there is none it is the call that waits, or what makes the
 * hits of a search stand out. */
static void on_interrupt(struct desk *desk)
{
	if (input_line("").len > 0)
		return;
	bool cancelled = desk->app->current && session_cancel(desk->app->current);
	if (cancelled || app_unmark(desk->app))
		tell_change(desk);
	else
		say(desk, "Ctrl-D or /quit leaves");
}

/* One thing at a time, the topmost first. In vi's command mode ESC is pressed out of habit, and may
 * only take a page away. */
static void on_escape(struct desk *desk)
{
	struct app *app = desk->app;
	if (app->page != PAGE_NONE)
		app_turn_page(app, app->page);
	else if (*input_mode())
		return;
	else if (!desk->face.follow || !desk->face.follow(desk->face.context))
		app_unmark(app);
	tell_change(desk);
}

static void turn_page(struct desk *desk, enum page page)
{
	app_turn_page(desk->app, page);
	tell_change(desk);
}

static void on_action(void *context, enum input_action action)
{
	struct desk *desk = context;
	switch (action) {
	case INPUT_NEXT_SESSION:
		select_step(desk, true);
		break;
	case INPUT_PREVIOUS_SESSION:
		select_step(desk, false);
		break;
	case INPUT_FIND_OLDER:
	case INPUT_FIND_NEWER:
		find_next(desk, action == INPUT_FIND_NEWER);
		break;
	case INPUT_NEXT_VIEW:
		app_next_view(desk->app, app_shown(desk->app));
		tell_change(desk);
		break;
	case INPUT_FOLD:
		app_turn_fold(desk->app);
		tell_change(desk);
		break;
	case INPUT_INFO:
		turn_page(desk, PAGE_INFO);
		break;
	case INPUT_STATES:
		turn_page(desk, PAGE_STATES);
		break;
	case INPUT_STREAM:
		turn_page(desk, PAGE_STREAM);
		break;
	case INPUT_LITERAL:
		toggle_literal(desk);
		break;
	case INPUT_SUSPEND:
		desk->face.suspend(desk->face.context);
		break;
	case INPUT_ESCAPE:
		on_escape(desk);
		break;
	case INPUT_INTERRUPT:
		on_interrupt(desk);
		break;
	default:
		if (action >= INPUT_SESSION_1 && action <= INPUT_SESSION_9)
			desk_select(desk, (uint32_t)(action - INPUT_SESSION_1 + 1));
		else
			desk->face.look(desk->face.context, action);
	}
}

static bool send_data(struct desk *desk, const char *text, size_t len, bool typed)
{
	struct error error;
	struct app *app = desk->app;
	struct session *session = app_need_session(app, &error);
	app_to_newest(app);
	bool sent = session && (typed ? app_send_typed(app, session, text, len, &error)
	                              : app_send_line(session, text, len, &error));
	if (!sent)
		app_error(app, "%s", error.text);
	return sent;
}

static bool on_hides(void *context, const char *line)
{
	struct desk *desk = context;
	return desk->hooks.hides && desk->hooks.hides(desk->app, line);
}

static void note_command(struct desk *desk, const char *line)
{
	if (on_hides(desk, line))
		app_note(desk->app, "> %.*s %s", (int)strcspn(line, " \t\n"), line,
		         text_has_unicode() ? "…" : "...");
	else
		app_note(desk->app, "> %s", line);
}

/* The line that /secret without text has asked for. */
static void send_secret(struct desk *desk, const char *text, size_t len)
{
	struct error error;
	struct app *app = desk->app;
	unsigned number = app->secret_for;
	struct session *session = sessions_numbered(app->sessions, number);
	app->secret_for = 0;
	if (!session)
		app_error(app, "session %u has gone: the secret was not sent", number);
	else if (!app_send_secret(app, session, text, len, &error))
		app_error(app, "the secret was not sent: %s", error.text);
	tell_change(desk);
}

/* A page stands where the answer to a command would be seen: its first line is said at once. */
static void say_answer(struct desk *desk, uint64_t since)
{
	const struct transcript *transcript = desk->app->transcript;
	if (desk->app->page == PAGE_NONE)
		return;
	for (uint64_t at = transcript_newest(transcript); at != TRANSCRIPT_NONE && at >= since;
	     at = transcript_previous(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry->call != CALL_NOTE)
			continue;
		char *text = xstrndup(entry_payload(entry), entry->len);
		text[strcspn(text, "\n")] = '\0';
		say(desk, text);
		free(text);
		return;
	}
}

/* As typed. A command is noted in the transcript before its answer, so that it reads as a protocol;
 * what is sent is there anyway. */
static void run_line(struct desk *desk, const char *line, size_t len)
{
	const char *slash = app_find_slash(desk->app, line);
	bool is_command = slash && slash[1] != '/';
	if (desk->app->secret_for) {
		send_secret(desk, line, len);
		return;
	}
	if (is_command)
		note_command(desk, slash);
	uint64_t since = transcript_end(desk->app->transcript);
	if (!memchr(line, '\0', len))
		desk->hooks.line(desk->app, line);
	else if (is_command)
		app_error(desk->app, "a command has no NUL byte: /send and \\0 sends one");
	else
		send_data(desk, line, len, true);
	say_answer(desk, since);
	if (desk->app->secret_for)
		say(desk, SECRET_HINT);
	tell_change(desk);
}

/* What was pasted as several lines stays data, also when literal mode was switched, or its first
 * line taken away. */
static void on_line(void *context, const char *line, size_t len)
{
	struct desk *desk = context;
	bool data = desk->pasted_lines && memchr(line, '\n', len);
	desk->pasted_lines = false;
	if (data)
		send_data(desk, line, len, false);
	else
		run_line(desk, line, len);
	tell_change(desk);
}

static void on_end(void *context)
{
	struct desk *desk = context;
	struct app *app = desk->app;
	struct error error;
	if (!app_unsent(app) && something_is_open(app) && !app_confirmed(app, "close all"))
		say(desk, "sessions are open: Ctrl-D again quits");
	else if (!app_leave(app, "Ctrl-D", &error))
		say(desk, error.text);
}

static char **on_complete(void *context, const char *line, size_t start, size_t end, bool *files)
{
	struct desk *desk = context;
	return desk->hooks.complete(desk->app, line, start, end, files);
}

static void on_matches(void *context, char **matches, size_t count)
{
	struct desk *desk = context;
	struct buf text;
	buf_init(&text, SIZE_MAX);
	candidates_format(matches, count, desk->face.columns(desk->face.context) - NOTE_INDENT,
	                  &text);
	app_note(desk->app, "%s", buf_text(&text));
	buf_free(&text);
	desk->face.look(desk->face.context, INPUT_BOTTOM);
}

static void on_bell(void *context)
{
	struct desk *desk = context;
	desk->face.bell(desk->face.context);
}

/* ---- pastes ---- */

static void describe_held(struct desk *desk)
{
	enum { NARROW = 72 };
	char what[HELD_TEXT], text[DESK_WORDS];
	bool narrow = desk->face.columns(desk->face.context) < NARROW;
	held_describe(desk->held.lines, desk->held.text.len, what);
	if (narrow)
		snprintf(text, sizeof text, "Enter sends, %sCtrl-C drops",
		         desk->held.commands ? "F2 runs, " : "");
	else
		snprintf(text, sizeof text, "pasted %s: Enter sends it, %sCtrl-C drops it", what,
		         desk->held.commands ? "F2 runs it, " : "");
	say(desk, text);
}

static void hold(struct desk *desk, const struct key *key)
{
	if (held_add(&desk->held, key->bytes, key->len))
		describe_held(desk);
	else
		app_error(desk->app, "pasting more than %d MiB: dropped", HELD_MOST >> 20);
}

/* The line end that it is sent with takes the place of its own last one. */
static bool send_held(struct desk *desk)
{
	const char *text = buf_data(&desk->held.text);
	size_t len = desk->held.text.len;
	return send_data(desk, text, len - (len > 0 && text[len - 1] == '\n'), false);
}

static void run_held(struct desk *desk)
{
	const char *text = buf_data(&desk->held.text), *end = text + desk->held.text.len;
	while (text < end && !desk->app->quit) {
		const char *feed = memchr(text, '\n', (size_t)(end - text));
		size_t len = (size_t)((feed ? feed : end) - text);
		char *line = xcalloc(len + 1, 1);
		memcpy(line, text, len);
		run_line(desk, line, len);
		free(line);
		text += len + 1;
	}
}

static bool is_byte(const struct key *key, char first, char second)
{
	return key->kind == KEY_TEXT && key->len == 1 &&
	       (key->bytes[0] == first || key->bytes[0] == second);
}

static bool is_f2(const struct key *key)
{
	static const char *const sent[] = { "\033OQ", "\033[12~", "\033[[B" };
	for (size_t i = 0; i < sizeof sent / sizeof *sent; i++)
		if (key->kind == KEY_SEQUENCE && key->len == strlen(sent[i]) &&
		    memcmp(key->bytes, sent[i], key->len) == 0)
			return true;
	return false;
}

/* Whether the key was for the block that is held. One that could not be sent is still held. */
static bool settle_held(struct desk *desk, const struct key *key)
{
	bool enter = is_byte(key, '\r', '\n'), run = desk->held.commands && is_f2(key);
	if (desk->held.text.len == 0 || input_is_searching() ||
	    (!enter && !run && !is_byte(key, 3, 3)))
		return false;
	if (enter && !send_held(desk))
		return true;
	if (run)
		run_held(desk);
	held_clear(&desk->held);
	say(desk, "");
	tell_change(desk);
	return true;
}

/* Nothing but blanks is before the cursor: what is pasted there begins the line. */
static bool is_at_begin(void)
{
	struct line line = input_line("");
	size_t at = 0;
	while (at < line.point && (line.text[at] == ' ' || line.text[at] == '\t'))
		at++;
	return at == line.point;
}

/* Where it goes on the line, and would begin it, lines that look like commands are held: on the line
 * they would be one, if only by a slip. Whether the paste was held. */
static bool take_paste(struct desk *desk, const struct key *key)
{
	if (key->kind != KEY_PASTE || input_is_searching())
		return false;
	bool begins = is_at_begin();
	if (key->len > PASTE_ON_LINE || desk->held.text.len > 0 ||
	    (begins && held_are_commands(key->bytes, key->len))) {
		hold(desk, key);
		return true;
	}
	desk->pasted_lines |= begins && held_are_lines(key->bytes, key->len);
	return false;
}

static bool must_ask(struct desk *desk, const struct key *key)
{
	bool asked = desk->asked;
	desk->asked = false;
	if (desk->app->settings.paste != PASTE_ASK || asked || !is_byte(key, '\r', '\n'))
		return false;
	struct line line = input_line("");
	struct buf bytes;
	buf_init(&bytes, SIZE_MAX);
	byte_escape_release(line.text, line.len, &bytes);
	size_t len = bytes.len, lines = held_count_lines(buf_data(&bytes), len);
	buf_free(&bytes);
	if (lines < 2)
		return false;
	char what[HELD_TEXT], text[DESK_WORDS];
	held_describe(lines, len, what);
	snprintf(text, sizeof text, "%s: Enter again sends, Ctrl-C drops", what);
	say(desk, text);
	desk->asked = true;
	return true;
}

/* ---- secrets ---- */

static void end_secret(struct desk *desk, bool send)
{
	if (send)
		send_secret(desk, desk->secret.text ? desk->secret.text : "", desk->secret.len);
	secret_line_wipe(&desk->secret);
	desk->app->secret_for = 0;
	say(desk, send ? "" : "dropped: nothing was sent");
	tell_change(desk);
}

/* Whether the key was for a line that is typed unseen. */
static bool take_secret(struct desk *desk, const struct key *key)
{
	if (!desk->app->secret_for)
		return false;
	switch (secret_line_take(&desk->secret, key)) {
	case SECRET_LINE_TAKEN:
		break;
	case SECRET_LINE_REFUSED:
		if (is_byte(key, 'Z' - '@', 'Z' - '@'))
			desk->face.suspend(desk->face.context);
		else if (is_byte(key, 'L' - '@', 'L' - '@'))
			desk->face.look(desk->face.context, INPUT_REDRAW);
		else
			desk->face.bell(desk->face.context);
		break;
	case SECRET_LINE_ENTERED:
		end_secret(desk, true);
		break;
	case SECRET_LINE_DROPPED:
		end_secret(desk, false);
		break;
	}
	keys_wipe(&desk->keys);
	return true;
}

struct line desk_line(const struct desk *desk)
{
	static char prompt[BARS_PROMPT + sizeof "secret "]; /* the line points to it */
	if (!desk->app->secret_for)
		return input_line(bars_prompt(desk->app, prompt));
	snprintf(prompt, sizeof prompt, "%u secret> ", (unsigned)desk->app->secret_for);
	return (struct line){ .prompt = prompt, .text = "" };
}

/* ---- keys ---- */

static void take_key(struct desk *desk, const struct key *key)
{
	if (key->kind == KEY_MOUSE) {
		if (desk->face.mouse)
			desk->face.mouse(desk->face.context, key);
		return;
	}
	if (take_secret(desk, key))
		return;
	if (input_line("").len == 0)
		desk->pasted_lines = false;
	if (take_paste(desk, key) || settle_held(desk, key) || must_ask(desk, key))
		return;
	if (desk->held.text.len == 0)
		say(desk, "");
	input_key(key);
}

static void take_keys(struct desk *desk, int64_t now)
{
	struct key key;
	while (!desk->app->quit && keys_next(&desk->keys, now, &key))
		take_key(desk, &key);
}

/* The terminal is gone when reading ends or fails. */
static void read_keys(struct desk *desk, int64_t now)
{
	char bytes[READ_SIZE];
	ssize_t got = read(terminal_input(desk->terminal), bytes, sizeof bytes);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		desk->app->quit = true;
		return;
	}
	bool secret = desk->app->secret_for;
	keys_feed(&desk->keys, bytes, (size_t)got, now);
	take_keys(desk, now);
	if (secret)
		wipe(bytes, (size_t)got);
	fflush(stdout); /* what readline printed there: it comes back as a stray line */
}

static void serve_keys(struct desk *desk, const struct poller *poller)
{
	int64_t now = clock_now();
	desk->keys.escape_time = desk->app->settings.escape_time;
	if (poller_readable(poller, terminal_input(desk->terminal)))
		read_keys(desk, now);
	else if (now >= keys_deadline(&desk->keys))
		take_keys(desk, now);
	if (now >= input_deadline())
		input_timeout(now);
}

/* ---- signals, and what libraries say ---- */

static void take_ending_signals(struct desk *desk)
{
	static const int ending[] = { SIGTERM, SIGHUP, SIGQUIT };
	for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
		if (!poller_take_signal(ending[i]))
			continue;
		desk->ui->signal = ending[i];
		desk->app->quit = true;
	}
}

static void take_signals(struct desk *desk)
{
	take_ending_signals(desk);
	if (poller_take_signal(SIGINT))
		take_key(desk, &(struct key){ .kind = KEY_TEXT, .bytes = "\003", .len = 1 });
	if (poller_take_signal(SIGTSTP))
		desk->face.suspend(desk->face.context);
	bool resumed = poller_take_signal(SIGCONT);
	if (resumed)
		terminal_resume(desk->terminal);
	if (poller_take_signal(SIGWINCH) || resumed)
		desk->face.resize(desk->face.context, resumed);
}

static void take_strays(struct desk *desk)
{
	char line[512];
	bool bell = false;
	while (terminal_take_stray(desk->terminal, line, sizeof line, &bell))
		app_note(desk->app, "%s", line);
	if (bell)
		desk->face.bell(desk->face.context);
}

void desk_prepare(struct desk *desk, struct poller *poller)
{
	poller_want_read(poller, terminal_input(desk->terminal));
	terminal_prepare(desk->terminal, poller);
	poller_wake_at(poller, keys_deadline(&desk->keys));
	poller_wake_at(poller, input_deadline());
}

void desk_serve(struct desk *desk, struct poller *poller)
{
	take_signals(desk);
	if (desk->app->quit)
		return; /* no key may hold up who was told to end */
	terminal_serve(desk->terminal, poller);
	take_strays(desk);
	serve_keys(desk, poller);
	desk->app->typing = input_line("").len > 0;
}

/* readline starts when descriptors 1 and 2 are taken over, so that what it says about inputrc is a
 * note. */
void desk_init(struct desk *desk, struct ui *ui, const struct ui_hooks *hooks,
               const struct desk_face *face, struct terminal *terminal)
{
	*desk = (struct desk){ .ui = ui, .app = hooks->app, .hooks = *hooks, .face = *face };
	desk->terminal = terminal;
	keys_init(&desk->keys);
	held_init(&desk->held, HELD_MOST);
	struct input_hooks input = {
		.context = desk,
		.line = on_line,
		.hides = on_hides,
		.end = on_end,
		.action = on_action,
		.complete = on_complete,
		.matches = on_matches,
		.bell = on_bell,
	};
	input_start(&input, terminal_input(terminal));
	desk->app->past = input_past;
}

void desk_done(struct desk *desk)
{
	desk->app->past = NULL;
	input_stop();
	secret_line_wipe(&desk->secret);
	keys_free(&desk->keys);
	held_free(&desk->held);
}
