// SPDX-License-Identifier: GPL-3.0-or-later
/* A log in the window: /replay. */
#include "command/command.h"

#include <stdlib.h>
#include <string.h>

#include "app/replay.h"
#include "base/clock.h"

/* Where the status line is, a key need not say what it shows. */
static enum command_result answer(const struct invocation *invocation, int64_t now)
{
	struct buf text = { .max = SIZE_MAX };
	replay_describe(invocation->app, now, &text);
	if (!invocation->by_key)
		app_note(invocation->app, "%s", buf_text(&text));
	buf_free(&text);
	return COMMAND_DONE;
}

static bool needs_more(const struct app *app, struct error *error)
{
	if (!app->replay)
		error_usage(error, "no replay: /replay FILE begins one");
	else if (replay_is_over(app))
		error_set(error, "replay: all is shown: /replay to 0 begins again");
	else
		return true;
	return false;
}

static bool begin(const struct invocation *invocation, int64_t now, struct error *error)
{
	struct app *app = invocation->app;
	const char *path = invocation->args->value[1], *speed = invocation->args->value[2];
	int chosen = REPLAY_SPEED_OWN;
	if (speed && !replay_parse_speed(speed, &chosen, error))
		return false;
	return replay_start(app, path, chosen, now, error);
}

static bool step(const struct invocation *invocation, int64_t now, struct error *error)
{
	enum { MOST = 100000 };
	const char *text = invocation->args->value[1];
	char *end = NULL;
	unsigned long count = text ? strtoul(text, &end, 10) : 1;
	if (text && (*end || !count || count > MOST || *text == '-')) {
		error_usage(error, "replay: \"%.40s\" is not a number of steps, from 1 to %d", text,
		            MOST);
		return false;
	}
	if (!needs_more(invocation->app, error))
		return false;
	replay_step(invocation->app, (unsigned)count, now);
	return true;
}

static bool change_speed(const struct invocation *invocation, int64_t now, struct error *error)
{
	const char *text = invocation->args->value[1];
	int speed;
	if (!text) {
		error_usage(error, "replay: speed takes a number, or max: /replay speed 4");
		return false;
	}
	if (!replay_parse_speed(text, &speed, error) || !needs_more(invocation->app, error))
		return false;
	replay_set_speed(invocation->app, speed, now);
	return true;
}

static bool go(const struct invocation *invocation, int64_t now, struct error *error)
{
	const char *text = invocation->args->value[1];
	struct error why;
	int64_t at;
	if (!text || !clock_parse_duration(text, &at, &why)) {
		error_usage(error, "replay: to takes a time since the beginning: /replay to 12.5s");
		return false;
	}
	if (!invocation->app->replay)
		return needs_more(invocation->app, error);
	return replay_go(invocation->app, at, now, error);
}

static bool stop(const struct invocation *invocation, struct error *error)
{
	if (!invocation->app->replay)
		return needs_more(invocation->app, error);
	replay_stop(invocation->app);
	if (!invocation->by_key)
		app_note(invocation->app, "replay stopped; /forget ended removes its sessions");
	return true;
}

static enum command_result do_replay(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *word = invocation->args->value[0], *path = invocation->args->value[1];
	int64_t now = clock_now();
	if (!word && path)
		return begin(invocation, now, error) ? answer(invocation, now) : COMMAND_FAILED;
	if (word && strcmp(word, "stop") == 0)
		return stop(invocation, error);
	bool done;
	if (!word && !app->replay) {
		done = needs_more(app, error);
	} else if (!word) { /* it says where it is */
		done = true;
	} else if (strcmp(word, "step") == 0) {
		done = step(invocation, now, error);
	} else if (strcmp(word, "speed") == 0) {
		done = change_speed(invocation, now, error);
	} else if (strcmp(word, "to") == 0) {
		done = go(invocation, now, error);
	} else {
		done = needs_more(app, error);
		if (done && strcmp(word, "end") == 0)
			done = replay_go(app, INT64_MAX, now, error);
		else if (done)
			replay_pause(app, word[0] == 'p' && replay_is_running(app), now);
	}
	return done ? answer(invocation, now) : COMMAND_FAILED;
}

const struct command replay_commands[] = {
	{
	        .name = "replay",
	        .group = "keeping",
	        .usage = "[pause|resume|step|speed|to|end|stop] [<file>] [<speed>]",
	        .help = "show a log as it went\n"
	                "The log is one of JSON lines, as /log writes it to a name that ends in "
	                ".jsonl. Its sessions appear beside those that are open, as recordings: all "
	                "views and pages show them, nothing is sent, and times are those of the log.\n"
	                "/replay FILE 4 is four times as fast, max as fast as it can be read. A pause "
	                "longer than /set replay-idle is shortened to it.\n"
	                "pause: once more goes on, as resume does. step, or step 10: the next call, "
	                "state or frame. speed 0.5: slower. to 12.5s: go there, also back. end: all "
	                "that is left, at once. stop: show no more of it. /replay alone says where it "
	                "is.\n"
	                "A file that is called like one of these words is ./stop.",
	        .run = do_replay,
	},
	{ 0 },
};
