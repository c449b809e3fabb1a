// SPDX-License-Identifier: GPL-3.0-or-later
/* headless: no terminal and no screen: a script runs, answers go to standard output, what is wrong
 * goes to standard error; with -v also what happens to the sessions. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "ui/headless.h"

struct headless {
	struct ui ui;
	struct ui_hooks hooks;
	struct app *app;
	int verbose;
	enum headless_output output;
	bool in_line; /* more of an answer's line follows */
	struct follower printed;
};

static struct headless *headless_of(struct ui *ui)
{
	return (struct headless *)ui; /* the first member */
}

/* `mark` begins each line but one that has begun already. */
static void print_lines(FILE *stream, const char *mark, bool begun, const char *text, size_t len)
{
	const char *feed;
	fputs(begun ? "" : mark, stream);
	while ((feed = memchr(text, '\n', len))) {
		text_print(stream, text, (size_t)(feed - text));
		fprintf(stream, "\n%s", mark);
		len -= (size_t)(feed + 1 - text);
		text = feed + 1;
	}
	text_print(stream, text, len);
}

/* In the order of who says it best: the line of the script, the session, a note about it. */
enum { NOT_SAID, NOTED, STATED, ANSWERED };

static int rank(const struct entry *entry)
{
	if (entry->call == CALL_NOTE)
		return entry->flags & ENTRY_ANSWER ? ANSWERED : NOTED;
	return entry->call == CALL_STATE ? STATED : NOT_SAID;
}

/* Whether an entry of this turn says the same failure better. */
static bool is_repeated(struct follower turn, const struct entry *entry)
{
	const struct entry *other;
	if (!(entry->flags & ENTRY_ERROR))
		return false;
	while ((other = follower_next(&turn))) {
		const char *text = entry_payload(other), *feed = memchr(text, '\n', other->len);
		size_t len = feed ? (size_t)(feed - text) : other->len; /* rows of a ladder follow */
		if (other->flags & ENTRY_ERROR && rank(other) > rank(entry) && len >= entry->len &&
		    memcmp(text + len - entry->len, entry_payload(entry), entry->len) == 0)
			return true;
	}
	return false;
}

static bool is_filtered(const struct headless *headless)
{
	const struct app *app = headless->app;
	const struct view view = { .transcript = app->transcript,
		                   .ops = &trace_view,
		                   .all = true,
		                   .filter = app->filter };
	return app->filter && !filter_has(&view, (struct location){ headless->printed.position, 0 });
}

static void print_entry(struct headless *headless, struct follower turn,
                        const struct entry *entry)
{
	bool answer = rank(entry) == ANSWERED;
	if (entry->call == CALL_NOTE ? entry->flags & ENTRY_REPLAYED
	                             : app_is_recorded(headless->app, entry->session))
		return;
	bool comment = answer && headless->output == HEADLESS_COMMENTS;
	FILE *stream = comment || (answer && !(entry->flags & ENTRY_ERROR)) ? stdout : stderr;
	if (stream == stdout && headless->output == HEADLESS_JSON)
		return;
	if (!answer && (!headless->verbose || rank(entry) == NOT_SAID || is_repeated(turn, entry) ||
	                is_filtered(headless)))
		return;
	if (!answer)
		fprintf(stream, "%u: ", (unsigned)entry->session);
	print_lines(stream, comment ? "# " : "", headless->in_line, entry_payload(entry), entry->len);
	headless->in_line = entry->flags & ENTRY_CONTINUES;
	if (!headless->in_line)
		fputc('\n', stream);
}

static void prepare(struct ui *ui, struct poller *poller)
{
	if (headless_of(ui)->output == HEADLESS_JSON)
		poller_want_news(poller, STDOUT_FILENO);
}

/* What it was in the middle of is an error of that line. */
static void serve(struct ui *ui, struct poller *poller)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct headless *headless = headless_of(ui);
	for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
		if (!poller_take_signal(ending[i]))
			continue;
		if (!headless->hooks.interrupt(headless->app))
			error_print("interrupted");
		ui->signal = ending[i];
		headless->app->quit = true;
	}
	if (headless->output == HEADLESS_JSON && poller_hung_up(poller, STDOUT_FILENO)) {
		ui->signal = SIGPIPE;
		headless->app->quit = true;
	}
	if (poller_take_signal(SIGTSTP))
		raise(SIGSTOP);
}

static void draw(struct ui *ui, struct app *app)
{
	struct headless *headless = headless_of(ui);
	const struct follower turn = headless->printed;
	const struct entry *entry;
	while ((entry = follower_next(&headless->printed)))
		print_entry(headless, turn, entry);
	if (fflush(stdout) == 0)
		return;
	error_print("standard output: %s", error_why(errno));
	app->status = EXIT_FAILURE;
	app->quit = true;
}

static void free_headless(struct ui *ui)
{
	free(ui);
}

struct ui *headless_new(const struct ui_hooks *hooks, int verbose, enum headless_output output)
{
	struct headless *headless = xcalloc(1, sizeof *headless);
	headless->ui = (struct ui){
		.prepare = prepare, .serve = serve, .draw = draw, .free = free_headless
	};
	headless->hooks = *hooks;
	headless->app = hooks->app;
	headless->verbose = verbose;
	headless->output = output;
	follower_init(&headless->printed, hooks->app->transcript);
	struct winsize size;
	if (output == HEADLESS_ANSWERS && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
		hooks->app->note_columns = size.ws_col;
	return &headless->ui;
}
