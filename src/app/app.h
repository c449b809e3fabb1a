// SPDX-License-Identifier: GPL-3.0-or-later
/* app: the whole program without its face: the transcript, the sessions, the current one, the
 * settings. Made in main and passed first. Commands and the user interface change it and read it;
 * it knows neither. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/binding.h"
#include "app/settings.h"
#include "base/error.h"
#include "base/poller.h"
#include "net/sessions.h"
#include "record/follower.h"
#include "record/transcript.h"
#include "view/find.h"

struct app_tab;
struct queues;
struct searched;
struct page;

/* What stands above the transcript until it is closed; see app/page.h. */
struct open_page {
	const struct page *page; /* NULL for none */
	uint32_t session;        /* that it is about; 0 = the current one, whichever that is */
	char *line;      /* the command that asked for it, which closes it again: "/help keys" */
	char *text;      /* of an answer, else NULL */
	void *state;     /* one piece of memory that the page keeps for itself, NULL at first */
	uint64_t serial; /* counts the pages that were opened */
};

/* How a session is shown. */
struct view_mode {
	const struct view_ops *ops;
	bool all;
};

/* What /find looks for, and where it was found last. */
struct search {
	char text[FIND_MAX + 1];
	size_t len; /* 0 = nothing yet */
	struct location location;
	uint32_t session; /* in whose pane */
	bool found;
	uint64_t serial; /* grows with each hit: the frontend goes there */
	bool marked;     /* what is looked for stands out */
};

/* In app.secret_for: what was meant to be a secret goes nowhere. */
enum { SECRET_REFUSED = UINT32_MAX };

struct app {
	struct transcript *transcript;
	struct sessions *sessions;
	struct session *current; /* NULL when there is none */
	uint32_t previous;       /* number of the session that was current before */
	bool keeps_failed;       /* pipe mode: a session that failed to open stays */
	bool typing;             /* the input line is not empty: the current session stays */
	uint32_t gone;           /* which it was when it went in the middle of a line; 0 = none */
	uint64_t failed_told;    /* position of the note about sessions_aside(), */
	uint32_t failed_in;      /* and in which session's pane it is */
	struct settings settings;
	/* of the command line: -4 -6 -n -b -s -p …, but not the time limit, which is a setting */
	struct session_options defaults;
	bool unfolded;         /* long messages are shown whole, whatever the setting says */
	bool literal;          /* ^]: every line is data */
	uint32_t secret_for;   /* the session that the next line goes to, typed unseen; 0 = none */
	struct queues *queues; /* command/queue's own */
	struct searched *searched; /* script_commands.c's own */
	size_t searched_count;
	bool answering;    /* a command runs: what is said is its answer */
	uint64_t answered; /* the first answer that has not been taken; TRANSCRIPT_NONE = none */
	bool secret_told;  /* that only what we send is masked */
	bool quit;
	int status;    /* exit status: 0 well, 1 network error or data lost, 2 usage */
	bool attended; /* a person gives the commands and can be asked */
	char *asked;   /* the question that waits for its answer, and since when */
	int64_t asked_at;
	int64_t leave_by;     /* quits when all is sent, or at this instant; 0 = does not quit */
	uint64_t lost_before; /* sessions_lost() when it began to wait for that */
	uint64_t lost;        /* bytes that were not sent by then */
	struct open_page open_page;
	bool shows_pages; /* the frontend does; elsewhere a page is printed as a note */
	struct search search;
	uint64_t acted; /* counts app_to_newest(): the frontend returns the pane there */
	/* The lines that were typed, newest first, NULL after the oldest; NULL where nobody
	 * types. */
	const char *(*past)(size_t index);
	/* Appends the keys that a row is on now; NULL where nobody types. */
	void (*print_keys)(const struct binding *row, struct buf *out);
	struct follower news;
	struct app_tab *tabs; /* app.c's own */
	size_t tab_count, tab_cap;
};

void app_init(struct app *app);
void app_free(struct app *app);

void app_prepare(struct app *app, struct poller *poller);
void app_serve(struct app *app, struct poller *poller);
void app_reap(struct app *app);

/* Making sessions, with the defaults and the time limit of the settings filled in; the new one
 * becomes current. `options` may be NULL for the defaults. */
struct session *app_open(struct app *app, const struct target *target,
                         const struct session_options *options, struct error *error);
struct session *app_listen(struct app *app, const struct target *target,
                           const struct session_options *options, struct error *error);

/* --demo: a TCP echo server on loopback, and a session to it that becomes current. */
bool app_demo(struct app *app, struct error *error);

/* The session that is looked at; it has no news any more. NULL for none. */
void app_select(struct app *app, struct session *session);

/* What the person sees, while a script's line runs with a session of its own as the current one
 * (`session`; 0, or one that has gone: the same). What the line selects is shown from then on, but
 * not while a line is being typed. */
struct app_focus {
	uint32_t session, previous, lent;
};
struct app_focus app_borrow(struct app *app, uint32_t session);
void app_give_back(struct app *app, struct app_focus focus);

/* Removes an ended session, with its tab, and hides what it did; where it was the current one, the
 * nearest other becomes that. */
bool app_forget(struct app *app, struct session *session, struct error *error);

/* The same for all that have ended, and hides what clients did that lost their tab before. Returns
 * how many. */
size_t app_forget_ended(struct app *app);

/* The session that failed to open, where the pane shows the note about it and it has failed since
 * `position`; NULL. */
const struct session *app_failed_since(const struct app *app, uint64_t position);

/* By number or name, with or without a leading '@'; a unique prefix of a name is enough. NULL with
 * one line. */
struct session *app_find_session(struct app *app, const char *text, struct error *error);

/* app->current, or NULL with "no session: /open HOST PORT makes one". */
struct session *app_need_session(struct app *app, struct error *error);

/* News of a session since it was last shown: for the tab. */
uint64_t app_unread(const struct app *app, const struct session *session);

/* The slash that makes a typed line a command, or, when another follows, that stands for a slash in
 * the data. Blanks may precede it. NULL: all of the line is data. */
const char *app_find_slash(const struct app *app, const char *line);

/* The program speaks, in the current session's pane (or session 0's when there is none). Several
 * lines are allowed. */
void app_note(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));
void app_error(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What has answered commands since the last call: a person must see it, whatever is shown. False
 * for nothing; else `text` is to be freed. */
struct app_answer {
	uint64_t position; /* of the first note */
	struct buf text;   /* of all of them, each a line or more, */
	size_t newest;     /* and where in it the last one begins */
};
bool app_take_answer(struct app *app, struct app_answer *answer);

/* A person sends, or acts on a session: a pane that is scrolled back shows its newest rows
 * again. */
void app_to_newest(struct app *app);

/* Appends the keys that a row of the binding table is on: those of now where a person types, else
 * the usual ones. */
void app_print_keys(const struct app *app, const struct binding *row, struct buf *out);

/* Which session's transcript the pane shows: the current one's number, or 0. */
uint32_t app_shown(const struct app *app);

/* The view of what is shown, for panes: settings, the session's view mode, what is looked for. */
struct view app_view(const struct app *app, int columns);

/* How a session is shown: as it was chosen for it, else as the setting says. A ladder is never one
 * of all. */
struct view_mode app_view_mode(const struct app *app, uint32_t session);
void app_set_view_mode(struct app *app, uint32_t session, struct view_mode mode);

/* The session of ours at the other end of this one's connection; NULL where there is none. */
struct session *app_other_end(const struct app *app, const struct session *session);

/* What is not done without a second word: leaving with data that has not been sent, overwriting a
 * file. A person answers by giving the same command again within ASK_SECONDS. Where nobody can be
 * asked (app->attended is false: the start-up file, a script) leaving waits, overwriting fails. */
enum { ASK_SECONDS = 10 };

/* True where this very deed was asked about in that time, which uses the question up. False: it is
 * asked about from now on, and the caller says so. */
bool app_confirmed(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A setting by name or unique prefix; it holds at once, the time limit from the next session on.
 * One that belongs to a session is set for the current session and for new ones;
 * app_set_session() sets it for one session. */
bool app_set(struct app *app, const char *name, const char *value, struct error *error);
bool app_set_session(struct app *app, struct session *session, const char *name, const char *value,
                     struct error *error);
