// SPDX-License-Identifier: GPL-3.0-or-later
/* app: the state of the program: the transcript, the sessions, the current one, the settings. Made
 * in main and passed first. Commands and frontends read and change it; it knows neither. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/binding.h"
#include "app/named_target.h"
#include "app/settings.h"
#include "base/error.h"
#include "base/poller.h"
#include "log/key_log.h"
#include "log/log.h"
#include "net/sessions.h"
#include "record/follower.h"
#include "record/transcript.h"
#include "view/filter.h"
#include "view/find.h"

struct app_tab;
struct queues;
struct replay;
struct searched;
struct page;
struct lesson_face;

/* The page above the transcript; see app/page.h. */
struct open_page {
	const struct page *page; /* NULL for none */
	uint32_t session;        /* the one it is about; 0 = whichever is current */
	char *line;              /* the command that opened it, and closes it again: "/help keys" */
	char *text;              /* of an answer, else NULL */
	int top, fixed;  /* the first row shown after those that do not scroll, and their number */
	void *state;     /* one piece of memory that the page keeps for itself, NULL at first */
	uint64_t serial; /* counts opened pages */
};

/* The lesson that is being taken; see app/lesson_face.h. */
struct app_lesson {
	const struct lesson_face *face; /* NULL: no lesson */
	void *run;                      /* whose face it is: its own */
	char *waiting;                  /* for the input line; NULL = none */
	const char *prompt;             /* of a question; NULL = that of the session */
	const char *foot;               /* what to do now: "Enter runs the line" */
	bool project;                   /* before a class: the space bar is Enter */
	int fixed;                      /* the first rows, which do not scroll, */
	int top;                        /* and the first row of what is new */
	uint64_t serial;                /* counts changes of the rows, */
	uint64_t part;                  /* and new parts: the frontend goes to their top */
	uint32_t left_after, left_to;   /* the numbers of the sessions that the last one has left */
	bool left_sandbox;              /* and it has made the sandbox, */
	bool left_replay;               /* or begun a replay in its place */
	uint32_t seal;                  /* of the newest note in its recording */
};

/* How a session is shown. */
struct view_mode {
	const struct view_ops *ops;
	bool all;
	bool numbers; /* of segments; only of a ladder */
};

/* The text of /find, and its last hit. */
struct search {
	char text[FIND_MAX + 1];
	size_t len; /* 0 = nothing yet */
	struct location location;
	uint32_t session; /* in whose pane the hit is */
	bool found;
	uint64_t serial; /* grows with each hit: the frontend goes there */
	bool marked;     /* hits are highlighted */
};

/* A value of app.secret_for: /secret was refused, and the next line is dropped. */
#define SECRET_REFUSED UINT32_MAX

/* What came of a line of a script: for the values "error" and "took". */
struct outcome {
	char *error;  /* of the last /try or /fails; NULL where it succeeded */
	int64_t took; /* ns, the last command that may wait; -1 = none yet */
};

struct app {
	struct transcript *transcript;
	struct sessions *sessions;
	struct session *current; /* NULL when there is none */
	uint32_t previous;       /* number of the session that was current before it */
	bool keeps_failed;       /* pipe mode: a session that failed to open stays */
	bool typing;             /* the input line is not empty: the current session stays */
	uint32_t gone;           /* the one that disappeared in the middle of a line; 0 = none */
	uint64_t failed_noted;   /* position of the note about sessions_aside(), */
	uint32_t failed_in;      /* and the session in whose pane it is */
	struct logs *logs;
	struct key_log *key_log;
	bool log_failed;
	uint32_t
	        auto_logged; /* the newest session that has a log since auto-log was set; 0 = none */
	bool auto_log_failed; /* the last one could not be made */
	bool holds;           /* sessions wait for a log: see session_hold() */
	struct settings settings;
	/* of the command line: -4 -6 -n -b -s -p …, but not the time limit, which is a setting */
	struct session_options defaults;
	bool unfolded;             /* long messages are shown whole, whatever the setting says */
	bool literal;              /* ^]: every line is data */
	uint32_t secret_for;       /* the session that gets the next line, typed unseen; 0 = none */
	struct queues *queues;     /* command/queue's own */
	struct replay *replay;     /* app/replay's own; NULL = none */
	struct outcome *outcome;   /* of the script whose line runs; NULL = none */
	struct searched *searched; /* expect_commands.c's own */
	size_t searched_count, searched_cap;
	bool answering;    /* a command runs: notes are its answer */
	uint64_t answered; /* the first answer not taken yet; TRANSCRIPT_NONE = none */
	bool secret_noted; /* the note about what is masked has been made */
	bool quit;
	int status;       /* exit status: 0 well, 1 network error or data lost, 2 usage */
	bool on_terminal; /* the frontend has the terminal: nothing else writes there */
	bool tabless;     /* nobody sees what is new: it is not counted */
	bool attended;    /* a person gives the commands and can be asked */
	bool abandons;    /* what is unsent at the end of a script is given up */
	char *asked;      /* the question that waits for an answer, and since when */
	int64_t asked_at;
	int64_t leave_by; /* quits when everything is sent, or at this instant; 0 = does not quit */
	uint64_t lost_before; /* sessions_lost() when that wait began */
	uint64_t lost;        /* bytes that were not sent in time */
	uint32_t held_up_by;  /* a paused session that should have read them; 0 = none */
	struct open_page open_page;
	struct app_lesson lesson;
	bool shows_pages; /* the frontend shows pages; else a page is printed as a note */
	bool prints_lesson; /* it prints a lesson line by line, and has no rows for it */
	int note_columns; /* that a row of a note has, beside its time; 0 = any number */
	struct search search;
	struct filter *filter;   /* of /filter; NULL = none */
	char *filter_words;      /* how it reads: "not /err.r/" */
	uint64_t changed_filter; /* counts changes of it */
	uint64_t acted;          /* counts app_to_newest(): the frontend returns the pane there */
	/* The lines typed so far, newest first, NULL after the oldest; NULL where nobody types. */
	const char *(*past)(size_t index);
	/* Appends the keys that a row is bound to now; NULL where nobody types. */
	void (*print_keys)(const struct binding *row, struct buf *out);
	struct named_targets targets;
	struct sandbox *spare_sandbox; /* app/hosts's own */
	struct follower news;
	bool has_clipboard; /* the frontend has one */
	bool copies;        /* `copied` is due for it */
	struct buf copied;
	bool rings; /* the bell is due; and when it was last */
	int64_t rang_at;
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

/* The same by the name of a target, with its settings. The session is called so, unless it has a name or
 * another session is called so, and its lines have a history of their own. */
struct session *app_open_named(struct app *app, const struct named_target *named,
                               const struct session_options *options, struct error *error);

/* --demo: a TCP echo server, on loopback or on right if there is a sandbox, and a session to it that
 * becomes current. */
bool app_demo(struct app *app, struct error *error);

/* Makes a session the current one; its news count as seen. NULL for none. */
void app_select(struct app *app, struct session *session);

/* While a line of a script runs, the script's own session is the current one (`session`; 0 or a
 * number that is no more: no change). Afterwards the person's session is current again, or the one
 * that the line has selected, unless a line is being typed. */
struct app_focus {
	uint32_t session, previous, borrowed;
};
struct app_focus app_borrow(struct app *app, uint32_t session);
void app_give_back(struct app *app, struct app_focus focus);

/* Removes an ended session, with its tab, and hides its entries. After the current one, the nearest
 * other becomes current. */
bool app_forget(struct app *app, struct session *session, struct error *error);

/* The same for all ended sessions, and hides the entries of clients that lost their tab before.
 * Returns how many were removed. */
size_t app_forget_ended(struct app *app);

/* The session that failed to open after `position` and whose note is in the pane that is shown;
 * NULL for none. */
const struct session *app_failed_since(const struct app *app, uint64_t position);

/* By number or name, with or without a leading '@'; a unique prefix of a name is enough. NULL with
 * one line. */
struct session *app_find_session(struct app *app, const char *text, struct error *error);

/* app->current, or NULL with "no session: /open HOST PORT makes one", or that it has gone. */
struct session *app_need_session(struct app *app, struct error *error);
/* The same for a line that is to be sent. */
struct session *app_need_receiver(struct app *app, struct error *error);

/* Whether this number is that of a session of a recording. */
bool app_is_recorded(const struct app *app, uint32_t session);

/* Number of news of a session since it was last shown, for its tab. */
uint64_t app_unread(const struct app *app, const struct session *session);

/* Bytes of a message for the terminal's clipboard: terminals take about 100000 of base64. */
enum { APP_COPY_MOST = 74994 };

/* What is to be put there now; false for nothing. */
bool app_take_copied(struct app *app, const struct buf **bytes);

/* Whether the bell is to ring now: /set bell; at most once a second. */
bool app_take_bell(struct app *app);

/* The slash that makes a typed line a command; followed by another, the two are one slash of data.
 * Blanks may precede it. NULL: the whole line is data. */
const char *app_find_slash(const struct app *app, const char *line);

/* Notes of the program, in the current session's pane (session 0's when there is none). Several
 * lines are allowed. */
void app_note(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));
void app_say(struct app *app, const char *text); /* of /say: it is in reports, too */
void app_error(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The answers to commands since the last call: a person must see them, whatever is shown. False for
 * none; else the caller frees `text`. */
struct app_answer {
	uint64_t position; /* of the first one */
	struct buf text;   /* all of them, each a line or more, */
	size_t newest;     /* and where the last one begins */
};
bool app_take_answer(struct app *app, struct app_answer *answer);

/* A log could not be opened or written: reports it, and the exit status will say so. */
void app_log_failed(struct app *app, const struct error *error);

/* A person sends, or acts on a session: a pane that is scrolled back returns to its newest rows. */
void app_to_newest(struct app *app);

/* Appends the keys of a row of the binding table: as bound now where a person types, else the
 * default ones. */
void app_print_keys(const struct app *app, const struct binding *row, struct buf *out);

/* Number of the current session, whose transcript the pane shows; 0 for none. */
uint32_t app_shown(const struct app *app);

/* The view that the pane shows: the settings, the session's view mode, the text of /find. */
struct view app_view(const struct app *app, int columns);

/* What panes show from now on; owns the filter, and copies its words. NULL for everything. */
void app_set_filter(struct app *app, struct filter *filter, const char *words);

/* Sets in a view of one conversation who is at its ends, and what is known of them. */
void app_set_ends(const struct app *app, const struct session *session, struct view *view);

/* How a session is shown: as chosen for it, else as the setting says. A ladder never shows all
 * sessions. */
struct view_mode app_view_mode(const struct app *app, uint32_t session);
void app_set_view_mode(struct app *app, uint32_t session, struct view_mode mode);

/* The name of the history that lines typed for a session go to; NULL for the common one. */
const char *app_history(const struct app *app, uint32_t session);

/* The peer's address of `a` is the local one of `b`, on a host where the two can meet: the same
 * addresses and ports may be in use here, on left, on right and in each recording. */
bool app_reaches(const struct session *a, const struct session *b);

/* Our own session at the other end of this one's connection; NULL for none. */
struct session *app_other_end(const struct app *app, const struct session *session);

/* Some commands lose something: quitting with unsent data, overwriting a file. A person confirms by
 * giving the same command again within ASK_SECONDS. Where nobody can be asked (app->attended is
 * false: the start-up file, a script) quitting waits and overwriting fails. */
enum { ASK_SECONDS = 10 };

/* True when this very question was asked less than ASK_SECONDS ago; that uses it up. False: it
 * counts as asked from now on, and the caller says so. */
bool app_confirmed(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Changes a setting, given by name or unique prefix, at once; the time limit holds for new sessions
 * only. A setting that belongs to a session changes for the current session and for new ones;
 * app_set_session() changes it for one session. */
bool app_set(struct app *app, const char *name, const char *value, struct error *error);
bool app_set_session(struct app *app, struct session *session, const char *name, const char *value,
                     struct error *error);
