// SPDX-License-Identifier: GPL-3.0-or-later
/* A log in the window: /replay. */
#include "command/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/replay.h"
#include "base/choice.h"
#include "base/clock.h"

enum action { DESCRIBE, BEGIN, PAUSE, RESUME, STEP, SPEED, TO, END, STOP };

/* What a line asks for. */
struct request {
	enum action action;
	int speed;      /* BEGIN, SPEED */
	unsigned steps; /* STEP */
	int64_t at;     /* TO */
};

/* ---- words ---- */

#define WORDS "pause|resume|step|speed|to|end|stop"

static const char *const words[] = {
	[PAUSE] = "pause", [RESUME] = "resume", [STEP] = "step", [SPEED] = "speed",
	[TO] = "to",       [END] = "end",       [STOP] = "stop",
};

/* Nobody has such a file: it may be one of these words. */
static void suggest(const char *path, struct error *error)
{
	struct choice_words list = { WORDS, strlen(WORDS) };
	const struct choice choice = { .name = choice_word, .context = &list };
	if (error->code == ENOENT)
		choice_suggest(&choice, path, strlen(path), "", error);
}

static bool parse_steps(const char *text, unsigned *steps, struct error *error)
{
	enum { MOST = 100000 };
	char *end;
	unsigned long count = strtoul(text, &end, 10);
	*steps = (unsigned)count;
	if (end > text && !*end && *text != '-' && count > 0 && count <= MOST)
		return true;
	error_usage(error, "replay: \"%.40s\" is not a number of steps, from 1 to %d", text, MOST);
	return false;
}

static bool parse_time(const char *text, int64_t *at, struct error *error)
{
	struct error why;
	if (text && clock_parse_duration(text, at, &why))
		return true;
	error_usage(error, "replay: to takes a time since the beginning: /replay to 12.5s");
	return false;
}

static bool parse_speed(const char *text, int *speed, struct error *error)
{
	if (text)
		return replay_parse_speed(text, speed, error);
	error_usage(error, "replay: speed takes a number, or max: /replay speed 4");
	return false;
}

static bool read_request(const struct args *args, struct request *request, struct error *error)
{
	const char *word = args->value[0], *value = args->value[1], *speed = args->value[2];
	*request = (struct request){ .action = value ? BEGIN : DESCRIBE,
		               .speed = REPLAY_SPEED_OWN,
		               .steps = 1 };
	for (enum action action = PAUSE; word && action <= STOP; action++)
		if (strcmp(words[action], word) == 0)
			request->action = action;
	bool takes = request->action == STEP || request->action == SPEED || request->action == TO;
	const char *extra = request->action == BEGIN ? NULL : value && !takes ? value : speed;
	if (extra) {
		error_usage(error, "replay: \"%.40s\" is one word too many", extra);
		return args_blame(args, extra == value ? 1 : 2, error);
	}
	switch (request->action) {
	case BEGIN:
		return !speed || parse_speed(speed, &request->speed, error) || args_blame(args, 2, error);
	case STEP:
		return !value || parse_steps(value, &request->steps, error) || args_blame(args, 1, error);
	case SPEED:
		return parse_speed(value, &request->speed, error) || args_blame(args, 1, error);
	case TO:
		return parse_time(value, &request->at, error) || args_blame(args, 1, error);
	default:
		return true;
	}
}

static bool check_replay(const struct args *args, struct error *error)
{
	struct request request;
	return read_request(args, &request, error);
}

/* ---- /replay ---- */

static bool is_possible(const struct app *app, enum action action, struct error *error)
{
	if (action == BEGIN)
		return true;
	bool ends = action == PAUSE || action == RESUME || action == STEP || action == SPEED;
	if (!app->replay)
		error_usage(error, "no replay: /replay FILE begins one");
	else if (replay_is_over(app) && ends)
		error_set(error, "replay: all is shown: /replay to 0 begins again");
	else
		return true;
	return false;
}

static bool act(struct app *app, const struct request *request, const char *path, struct error *error)
{
	int64_t now = clock_now();
	switch (request->action) {
	case BEGIN:
		if (replay_start(app, path, request->speed, now, error))
			return true;
		suggest(path, error);
		return false;
	case PAUSE:
	case RESUME:
		replay_pause(app, request->action == PAUSE && replay_is_running(app), now);
		break;
	case STEP:
		replay_step(app, request->steps, now);
		break;
	case SPEED:
		replay_set_speed(app, request->speed, now);
		break;
	case TO:
		return replay_go(app, request->at, now, error);
	case END:
		return replay_go(app, INT64_MAX, now, error);
	case STOP:
		replay_stop(app);
		break;
	case DESCRIBE:
		break;
	}
	return true;
}

static void describe(struct app *app)
{
	struct buf text = { .max = SIZE_MAX };
	replay_describe(app, clock_now(), &text);
	app_note(app, "%s",
	         text.len ? buf_text(&text) : "replay stopped: /forget ended removes its sessions");
	buf_free(&text);
}

static enum command_result check_jump(struct app *app, struct wait *wait, bool over,
                                      struct error *error)
{
	(void)over;
	(void)error;
	if (replay_is_behind(app, clock_now()))
		return COMMAND_WAITING;
	app->answering = true;
	if (!wait->since)
		describe(app);
	app->answering = false;
	wait->data = NULL;
	return COMMAND_DONE;
}

/* Whoever interrupts the jump wants to stay where it is. */
static void end_jump(struct wait *wait)
{
	if (wait->data && replay_is_behind(wait->data, clock_now()))
		replay_pause(wait->data, true, clock_now());
}

/* A key needs no answer: the status line shows it. */
static enum command_result do_replay(const struct invocation *invocation, struct error *error)
{
	struct request request;
	struct app *app = invocation->app;
	if (!read_request(invocation->args, &request, error) || !is_possible(app, request.action, error) ||
	    !act(app, &request, invocation->args->value[1], error))
		return COMMAND_FAILED;
	bool jumps = request.action == BEGIN || request.action == TO || request.action == END;
	if (jumps)
		replay_serve(app, clock_now()); /* most of them are over at once */
	if (!jumps || !replay_is_behind(app, clock_now())) {
		if (!invocation->by_key)
			describe(app);
		return COMMAND_DONE;
	}
	*invocation->wait = (struct wait){
		.check = check_jump,
		.free = end_jump,
		.answers = true,
		.since = invocation->by_key,
		.data = app,
	};
	return COMMAND_WAITING;
}

const struct command replay_commands[] = {
	{
	        .name = "replay",
	        .group = "keeping",
	        .usage = "[" WORDS "] [<file>] [<speed>]",
	        .help = "show a log as it went\n"
	                "The log is one of JSON lines, as /log writes it to a name that ends in "
	                ".jsonl. Its sessions appear beside those that are open, as recordings: all "
	                "views and pages show them, nothing is sent, and times are those of the log.\n"
	                "/replay FILE 4 is four times as fast, max as fast as it can be read. A pause "
	                "longer than /set replay-idle is shortened to it.\n"
	                "pause: the same again goes on, as resume does. step, or step 10: the next call, "
	                "state or frame. speed 0.5: slower. to 12.5s: go there, also back. end: all "
	                "that is left, at once. A script waits until that is shown, and after "
	                "/replay FILE max until all is. stop: show no more of it. /replay alone says where it "
	                "is.\n"
	                "A file that is called like one of these words is ./stop.",
	        .waits = true,
	        .check = check_replay,
	        .run = do_replay,
	},
	{ 0 },
};
