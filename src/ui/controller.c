// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/controller.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/leave.h"
#include "app/lesson_face.h"
#include "app/page.h"
#include "app/search.h"
#include "app/send.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "net/step.h"
#include "ui/byte_escape.h"
#include "ui/candidates.h"
#include "ui/input_history.h"

enum {
	READ_SIZE = 64 << 10,
	PENDING_PASTE_MOST = 64 << 20,
	PASTE_ON_LINE = 64 << 10, /* a larger paste does not go through readline */
	NOTE_INDENT = 24,         /* columns that a note's time and mark may take */
	WORDS = PENDING_PASTE_TEXT + 96,
};

static void say(struct controller *controller, const char *text)
{
	controller->frontend.say(controller->frontend.context, text);
}

static void notify_change(struct controller *controller)
{
	controller->frontend.changed(controller->frontend.context);
}

/* ---- sessions ---- */

static bool something_is_open(const struct app *app)
{
	for (size_t i = 0; i < sessions_count(app->sessions); i++)
		if (session_state(sessions_at(app->sessions, i)) != SESSION_CLOSED &&
		    !session_recording(sessions_at(app->sessions, i)))
			return true;
	return false;
}

/* ---- hooks of input ---- */

/* For a refused one the prompt says so, since the hint may be the reason. */
static void explain_secret(struct controller *controller)
{
	if (controller->app->secret_for && controller->app->secret_for != SECRET_REFUSED)
		say(controller, "typed unseen: Enter sends it, Escape or Ctrl-C drops it");
}

/* Also in literal mode. An error is a hint and no note: nothing was typed. */
static void on_command(void *context, const char *line)
{
	struct controller *controller = context;
	struct error error;
	if (!controller->hooks.key(controller->app, line, &error)) {
		say(controller, error.text);
		controller->frontend.bell(controller->frontend.context);
	}
	explain_secret(controller);
	notify_change(controller);
}

void controller_select(struct controller *controller, uint32_t number)
{
	char line[32];
	snprintf(line, sizeof line, "/session %u", (unsigned)number);
	on_command(controller, line);
}

/* readline drops the line. On an empty line, the waiting call is cancelled, or else the hits of a
 * search are no longer highlighted. */
static void on_interrupt(struct controller *controller)
{
	if (input_line("").len > 0)
		return;
	bool cancelled = controller->hooks.interrupt(controller->app);
	if (cancelled || search_unmark(controller->app))
		notify_change(controller);
	else
		say(controller, "Ctrl-D or /quit leaves");
}

/* One thing at a time, the topmost first. In vi mode ESC is pressed out of habit, and only closes a
 * page. */
static void on_escape(struct controller *controller)
{
	struct app *app = controller->app;
	if (page_is_open(app))
		page_close(app);
	else if (*input_mode())
		return;
	else if (!controller->frontend.to_newest ||
	         !controller->frontend.to_newest(controller->frontend.context))
		search_unmark(app);
	notify_change(controller);
}

static void on_action(void *context, enum binding_action action)
{
	struct controller *controller = context;
	switch (action) {
	case BINDING_SUSPEND:
		controller->frontend.suspend(controller->frontend.context);
		break;
	case BINDING_ESCAPE:
		on_escape(controller);
		break;
	case BINDING_INTERRUPT:
		on_interrupt(controller);
		break;
	default:
		controller->frontend.act(controller->frontend.context, action);
	}
}

static bool on_hides(void *context, const char *line)
{
	struct controller *controller = context;
	return controller->hooks.hides(controller->app, line);
}

static bool send_data(struct controller *controller, const char *text, size_t len)
{
	struct error error;
	struct app *app = controller->app;
	struct session *session = app_need_session(app, &error);
	app_to_newest(app);
	app->answering = true;
	bool sent = session && send_line(session, text, len, &error);
	if (!sent)
		app_error(app, "%s", error.text);
	app->answering = false;
	return sent;
}

/* The line after /secret without text; NULL: dropped. */
static void end_secret(struct controller *controller, const char *text, size_t len)
{
	struct error error;
	struct app *app = controller->app;
	uint32_t number = app->secret_for;
	struct session *session = sessions_numbered(app->sessions, number);
	app->secret_for = 0;
	app->answering = true;
	if (!text || number == SECRET_REFUSED)
		say(controller, "dropped: nothing was sent");
	else if (!session)
		app_error(app, "session %u has gone: the secret was not sent", (unsigned)number);
	else if (!send_secret(app, session, text, len, &error))
		app_error(app, "the secret was not sent: %s", error.text);
	app->answering = false;
	notify_change(controller);
	secret_line_wipe(&controller->secret);
}

static bool run_line(struct controller *controller, const char *line, size_t len)
{
	if (controller->app->secret_for) {
		end_secret(controller, line, len);
		return true;
	}
	bool done = controller->hooks.line(controller->app, line, len);
	explain_secret(controller);
	notify_change(controller);
	return done;
}

/* ---- the line of a lesson ---- */

/* It is on the line as it was put there. */
static bool is_untouched(const struct controller *controller)
{
	struct line line = input_line("");
	return controller->offered && strlen(controller->offered) == line.len &&
	       line.point == line.len && strcmp(line.text, controller->offered) == 0;
}

static void forget_offered(struct controller *controller)
{
	free(controller->offered);
	controller->offered = NULL;
}

/* Puts the line that waits on the empty line, once: whoever clears it types another one, and gets it back
 * with Enter. */
static void offer_line(struct controller *controller)
{
	const struct app *app = controller->app;
	const char *waiting = app->lesson.waiting;
	if (controller->offered && !(waiting && strcmp(waiting, controller->offered) == 0)) {
		input_take_back(controller->offered);
		forget_offered(controller);
	}
	if (waiting && !app->prints_lesson && !controller->offered && !app->secret_for && !app->literal &&
	    !controller->pending_paste.text.len && input_put(waiting))
		controller->offered = xstrdup(waiting);
}

/* A command that is typed after the line that waits is one of its own; before a class the space bar is
 * Enter. Enter first shows the rest of the text. Whether the key was for that. */
static bool take_lesson_key(struct controller *controller, const struct key *key)
{
	const struct app *app = controller->app;
	const struct frontend_ops *frontend = &controller->frontend;
	bool untouched = is_untouched(controller), bare = untouched || input_line("").len == 0;
	if (!app->lesson.face || app->literal || !input_is_settled() || key->kind != KEY_TEXT ||
	    key->len != 1)
		return false;
	if (key->bytes[0] == '/' && untouched)
		input_take_back(controller->offered);
	bool space = key->bytes[0] == ' ' && app->lesson.project && bare;
	bool enter = space || (bare && (key->bytes[0] == '\r' || key->bytes[0] == '\n'));
	if (enter && frontend->more && frontend->more(frontend->context)) {
		notify_change(controller);
		return true;
	}
	if (space)
		input_key(&(struct key){ .kind = KEY_TEXT, .bytes = "\r", .len = 1 });
	return space;
}

/* Several pasted lines stay data, also if literal mode is switched, or the first line deleted. Data
 * that cannot be sent stays on the line, unless keys typed ahead would go on with it. */
static bool on_line(void *context, const char *line, size_t len)
{
	struct controller *controller = context;
	const char *slash = app_find_slash(controller->app, line);
	bool command = slash && slash[1] != '/';
	forget_offered(controller);
	if (len == 0 && controller->app->lesson.face && !controller->app->literal &&
	    !controller->app->secret_for) {
		controller->app->lesson.face->enter(controller->app);
		notify_change(controller);
		return true;
	}
	bool data = controller->pasted_lines && memchr(line, '\n', len);
	bool done = data ? send_data(controller, line, len) : run_line(controller, line, len);
	bool more = controller->keys.pending.len > controller->keys.consumed;
	bool kept = !done && !more && (data || !command);
	controller->pasted_lines = kept && data;
	notify_change(controller);
	return !kept;
}

static void on_end(void *context)
{
	struct controller *controller = context;
	struct app *app = controller->app;
	struct error error;
	if (!leave_unsent(app) && something_is_open(app) && !app_confirmed(app, "close all"))
		say(controller, "sessions are open: Ctrl-D again quits");
	else if (!leave_begin(app, "Ctrl-D", &error))
		say(controller, error.text);
}

static char **on_complete(void *context, const char *line, size_t start, size_t end, bool *files)
{
	struct controller *controller = context;
	return controller->hooks.complete(controller->app, line, start, end, files);
}

static void on_matches(void *context, char **matches, size_t count)
{
	struct controller *controller = context;
	struct buf text;
	buf_init(&text, SIZE_MAX);
	candidates_format(matches, count,
	                  controller->frontend.columns(controller->frontend.context) - NOTE_INDENT,
	                  &text);
	controller->app->answering = true;
	app_note(controller->app, "%s", buf_text(&text));
	controller->app->answering = false;
	notify_change(controller);
	buf_free(&text);
}

static void on_bell(void *context)
{
	struct controller *controller = context;
	controller->frontend.bell(controller->frontend.context);
}

/* ---- pastes ---- */

/* The key for the next view also runs a pending paste of commands. */
static const struct binding *paste_binding(void)
{
	return binding_of_line("/view");
}

static void describe_paste(struct controller *controller)
{
	enum { NARROW = 72 };
	char what[PENDING_PASTE_TEXT], text[WORDS], run[32] = "";
	struct buf key = { .max = SIZE_MAX };
	bool narrow = controller->frontend.columns(controller->frontend.context) < NARROW;
	pending_paste_describe(controller->pending_paste.lines, controller->pending_paste.text.len,
	                       what);
	input_print_keys(paste_binding(), &key);
	if (controller->pending_paste.commands && key.len)
		snprintf(run, sizeof run, "%.20s runs%s, ", buf_text(&key), narrow ? "" : " it");
	buf_free(&key);
	if (narrow)
		snprintf(text, sizeof text, "Enter sends, %sCtrl-C drops", run);
	else
		snprintf(text, sizeof text, "pasted %s: Enter sends it, %sCtrl-C drops it", what,
		         run);
	say(controller, text);
}

static void keep_paste(struct controller *controller, const struct key *key)
{
	if (pending_paste_add(&controller->pending_paste, key->bytes, key->len))
		describe_paste(controller);
	else
		say(controller, "pasted more than 64 MiB: dropped");
}

/* Its last line end is replaced by the session's. */
static bool send_paste(struct controller *controller)
{
	const char *text = buf_data(&controller->pending_paste.text);
	size_t len = controller->pending_paste.text.len;
	return send_data(controller, text, len - (len > 0 && text[len - 1] == '\n'));
}

static void run_paste(struct controller *controller)
{
	const char *text = buf_data(&controller->pending_paste.text),
	           *end = text + controller->pending_paste.text.len;
	while (text < end && !controller->app->quit) {
		const char *feed = memchr(text, '\n', (size_t)(end - text));
		size_t len = (size_t)((feed ? feed : end) - text);
		char *line = xcalloc(len + 1, 1);
		memcpy(line, text, len);
		run_line(controller, line, len);
		free(line);
		text += len + 1;
	}
}

static bool is_byte(const struct key *key, char first, char second)
{
	return key->kind == KEY_TEXT && key->len == 1 &&
	       (key->bytes[0] == first || key->bytes[0] == second);
}

/* Whether the key was for the pending paste. A paste that cannot be sent stays pending. */
static bool settle_paste(struct controller *controller, const struct key *key)
{
	bool enter = is_byte(key, '\r', '\n'),
	     run = controller->pending_paste.commands && input_binding(key) == paste_binding();
	if (controller->pending_paste.text.len == 0 || input_is_searching() ||
	    (!enter && !run && !is_byte(key, 3, 3)))
		return false;
	if (enter && !send_paste(controller))
		return true;
	say(controller, ""); /* not after run_paste(), whose answers may be hints */
	if (run)
		run_paste(controller);
	pending_paste_clear(&controller->pending_paste);
	notify_change(controller);
	return true;
}

/* Only blanks are before the cursor: a paste there begins the line. */
static bool is_at_begin(void)
{
	struct line line = input_line("");
	size_t at = 0;
	while (at < line.point && (line.text[at] == ' ' || line.text[at] == '\t'))
		at++;
	return at == line.point;
}

/* Whether the key is a paste that becomes pending: a large one, or one that would begin the line
 * and looks like commands: on the line it would be a command. */
static bool take_paste(struct controller *controller, const struct key *key)
{
	if (key->kind != KEY_PASTE || input_is_searching())
		return false;
	bool begins = is_at_begin();
	if (key->len > PASTE_ON_LINE || controller->pending_paste.text.len > 0 ||
	    (begins && pending_paste_has_commands(key->bytes, key->len))) {
		keep_paste(controller, key);
		return true;
	}
	controller->pasted_lines |= begins && pending_paste_has_lines(key->bytes, key->len);
	return false;
}

static bool must_ask(struct controller *controller, const struct key *key)
{
	bool asked = controller->asked;
	controller->asked = false;
	if (controller->app->settings.paste != PASTE_ASK || asked || !is_byte(key, '\r', '\n'))
		return false;
	struct line line = input_line("");
	struct buf bytes;
	buf_init(&bytes, SIZE_MAX);
	byte_escape_decode(line.text, line.len, &bytes);
	size_t len = bytes.len, lines = pending_paste_count_lines(buf_data(&bytes), len);
	buf_free(&bytes);
	if (lines < 2)
		return false;
	char what[PENDING_PASTE_TEXT], text[WORDS];
	pending_paste_describe(lines, len, what);
	snprintf(text, sizeof text, "%s: Enter again sends, Ctrl-C drops", what);
	say(controller, text);
	controller->asked = true;
	return true;
}

/* ---- secrets ---- */

/* Whether the key was for a line typed unseen. */
static bool take_secret(struct controller *controller, const struct key *key)
{
	const struct binding *row = input_binding(key);
	struct secret_line *line = &controller->secret;
	if (!controller->app->secret_for)
		return false;
	switch (secret_line_take(line, key)) {
	case SECRET_LINE_TAKEN:
		break;
	case SECRET_LINE_REFUSED:
		if (row && row->action == BINDING_SUSPEND)
			controller->frontend.suspend(controller->frontend.context);
		else if (row && row->action == BINDING_REDRAW)
			controller->frontend.act(controller->frontend.context, BINDING_REDRAW);
		else
			controller->frontend.bell(controller->frontend.context);
		break;
	case SECRET_LINE_ENTERED:
		say(controller, "");
		end_secret(controller, line->text ? line->text : "", line->len);
		break;
	case SECRET_LINE_DROPPED:
		end_secret(controller, NULL, 0);
		break;
	}
	keys_wipe(&controller->keys);
	return true;
}

struct line controller_line(const struct controller *controller)
{
	static char prompt[48]; /* the line points to it */
	const struct app *app = controller->app;
	char sign = app->literal ? '!' : '>';
	if (app->secret_for == SECRET_REFUSED)
		snprintf(prompt, sizeof prompt, "refused: Enter> ");
	else if (app->secret_for)
		snprintf(prompt, sizeof prompt, "%u secret> ", (unsigned)app->secret_for);
	else if (app->lesson.prompt && !app->literal)
		snprintf(prompt, sizeof prompt, "%s", app->lesson.prompt);
	else if (app->current)
		snprintf(prompt, sizeof prompt, "%u%c ", (unsigned)app_shown(app), sign);
	else
		snprintf(prompt, sizeof prompt, "%c ", sign);
	return app->secret_for ? (struct line){ .prompt = prompt, .text = "" } : input_line(prompt);
}

/* ---- keys ---- */

static void take_key(struct controller *controller, const struct key *key)
{
	if (key->kind == KEY_MOUSE) {
		if (controller->frontend.mouse)
			controller->frontend.mouse(controller->frontend.context, key);
		return;
	}
	if (take_secret(controller, key))
		return;
	if (input_line("").len == 0)
		controller->pasted_lines = false;
	if (take_paste(controller, key) || settle_paste(controller, key) ||
	    must_ask(controller, key))
		return;
	if (controller->pending_paste.text.len == 0)
		say(controller, "");
	if (take_lesson_key(controller, key))
		return;
	input_key(key);
}

static void take_keys(struct controller *controller, int64_t now)
{
	struct key key;
	while (!controller->app->quit && keys_next(&controller->keys, now, &key))
		take_key(controller, &key);
}

/* If reading ends or fails, the terminal is gone. */
static void read_keys(struct controller *controller, int64_t now)
{
	char bytes[READ_SIZE];
	ssize_t got = read(terminal_input(controller->terminal), bytes, sizeof bytes);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		controller->app->quit = true;
		return;
	}
	bool secret = controller->app->secret_for;
	keys_feed(&controller->keys, bytes, (size_t)got, now);
	take_keys(controller, now);
	if (secret)
		wipe(bytes, (size_t)got);
	fflush(stdout); /* readline's output comes back as a captured line */
}

static void serve_keys(struct controller *controller, const struct poller *poller)
{
	int64_t now = clock_now();
	controller->keys.escape_time = controller->app->settings.escape_time;
	if (poller_readable(poller, terminal_input(controller->terminal)))
		read_keys(controller, now);
	else if (now >= keys_deadline(&controller->keys))
		take_keys(controller, now);
	if (now >= input_deadline())
		input_timeout(now);
}

/* ---- signals, and output of libraries ---- */

static void take_ending_signals(struct controller *controller)
{
	static const int ending[] = { SIGTERM, SIGHUP, SIGQUIT };
	for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
		if (!poller_take_signal(ending[i]))
			continue;
		controller->ui->signal = ending[i];
		controller->app->quit = true;
	}
}

static void take_signals(struct controller *controller)
{
	take_ending_signals(controller);
	if (poller_take_signal(SIGINT))
		take_key(controller, &(struct key){ .kind = KEY_TEXT, .bytes = "\003", .len = 1 });
	if (poller_take_signal(SIGTSTP))
		controller->frontend.suspend(controller->frontend.context);
	bool resumed = poller_take_signal(SIGCONT);
	if (resumed)
		terminal_resume(controller->terminal);
	if (poller_take_signal(SIGWINCH) || resumed)
		controller->frontend.resize(controller->frontend.context, resumed);
}

static void take_captured(struct controller *controller)
{
	char line[512];
	bool bell = false;
	while (terminal_take_captured(controller->terminal, line, sizeof line, &bell))
		app_note(controller->app, "%s", line);
	if (bell)
		controller->frontend.bell(controller->frontend.context);
}

void controller_prepare(struct controller *controller, struct poller *poller)
{
	offer_line(controller);
	poller_want_read(poller, terminal_input(controller->terminal));
	terminal_prepare(controller->terminal, poller);
	poller_wake_at(poller, keys_deadline(&controller->keys));
	poller_wake_at(poller, input_deadline());
}

void controller_serve(struct controller *controller, struct poller *poller)
{
	take_signals(controller);
	if (controller->app->quit)
		return; /* keys do not delay the end */
	terminal_serve(controller->terminal, poller);
	take_captured(controller);
	serve_keys(controller, poller);
	controller->app->typing = input_line("").len > 0 && !is_untouched(controller);
	input_choose_history(app_history(controller->app, app_shown(controller->app)));
}

/* Descriptors 1 and 2 are captured before readline starts, so that its errors of inputrc are
 * notes. */
void controller_init(struct controller *controller, struct ui *ui, const struct ui_hooks *hooks,
                     const struct frontend_ops *frontend, struct terminal *terminal)
{
	*controller = (struct controller){
		.ui = ui, .app = hooks->app, .hooks = *hooks, .frontend = *frontend
	};
	controller->terminal = terminal;
	keys_init(&controller->keys);
	pending_paste_init(&controller->pending_paste, PENDING_PASTE_MOST);
	struct input_hooks input = {
		.context = controller,
		.line = on_line,
		.hides = on_hides,
		.end = on_end,
		.command = on_command,
		.action = on_action,
		.complete = on_complete,
		.matches = on_matches,
		.bell = on_bell,
	};
	input_start(&input, terminal_input(terminal));
	sessions_hurry_for(controller->app->sessions, terminal_input(terminal));
	controller->app->past = input_history_past;
	controller->app->print_keys = input_print_keys;
}

void controller_done(struct controller *controller)
{
	sessions_hurry_for(controller->app->sessions, -1);
	controller->app->past = NULL;
	controller->app->print_keys = NULL;
	input_stop();
	secret_line_wipe(&controller->secret);
	forget_offered(controller);
	keys_free(&controller->keys);
	pending_paste_free(&controller->pending_paste);
}
