// SPDX-License-Identifier: GPL-3.0-or-later
/* settings: what /set shows and changes, one table that also feeds TAB, /help and the manual. Plain
 * values, read whenever they are needed, so a change takes effect at once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/choice.h"
#include "base/eol.h"
#include "base/error.h"
#include "view/view.h"

/* auto: if the terminal has colours and NO_COLOR is unset */
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* ask: Enter on a text of several lines wants a second Enter */
enum paste { PASTE_SEND, PASTE_ASK };

enum { SETTING_PATH = 1024 }; /* size of the name of a file or directory */

/* what the bell rings for; each also for those before it */
enum bell { BELL_NEVER, BELL_CLOSE, BELL_MESSAGE };

struct session;
struct sessions;

struct settings {
	enum eol eol; /* of new sessions: each has its own */
	enum view_time time;
	bool marks;
	int clear; /* enum view_clear */
	bool own_calls;
	int64_t timeout;   /* of connecting, ns; 0 = the system's own */
	size_t scrollback; /* ceiling of the transcript, bytes */
	enum color color;
	bool mouse;
	bool clipboard; /* /copy may write to it */
	enum bell bell;
	int leave_behind; /* rows that the terminal keeps when the window has gone */
	enum paste paste;
	int64_t replay_idle; /* most time that a replay waits for the next entry, ns; 0 = as it was */
	int64_t escape_time; /* a lone ESC may be the start of a key's sequence for this long, ns */
	int fold;            /* rows shown of a longer message; 0 = all */
	int view;            /* index of view_listed(), for sessions without a /view of their own */
	int64_t expect_time; /* that /expect and /wait wait by default, ns */
	bool kernel;         /* is read around each call */
	bool packet_info;    /* how each datagram came is asked for */
	int wire;            /* enum wire_mode */
	bool reconnect;      /* sessions that the peer or the network has ended are opened again */
	char auto_log[SETTING_PATH]; /* where each session has its log; "" = it has none */
	char keylog[SETTING_PATH];   /* the file for the secrets of TLS; "" = they are not kept */
	size_t keep_clients; /* number of ended clients that keep their tab */
	size_t max_clients;  /* of a new listener at a time; 0 = any number */
	int64_t max_idle;    /* of its clients, ns; 0 = no limit */
};

enum setting_type {
	SETTING_SWITCH,
	SETTING_WORD,
	SETTING_NUMBER,
	SETTING_SIZE,
	SETTING_DURATION,
	SETTING_DIRECTORY, /* "" is off */
	SETTING_FILE,      /* the same */
};

struct setting {
	const char *name;
	enum setting_type type;
	size_t offset, size; /* in struct settings: a bool, an enum or int, a size_t or int64_t, a char[SETTING_PATH] */
	const char *values;  /* "lf|crlf|cr|nul|none", or a placeholder: "<duration>", "<size>" */
	const char *initial;
	const char *noun; /* "number of rows" */
	int64_t least, most;
	bool off;         /* "off" is 0 */
	const char *help; /* a line; after a line feed, more for /help and the manual */

	/* What it does now, in a line or two, for /set NAME; NULL for what its value says. */
	void (*report)(const struct sessions *sessions, struct buf *out);

	bool of_listeners; /* it belongs to a session, and other sessions have none */

	/* Of a setting that belongs to a session: setting_give() and setting_take(); else NULL. */
	void (*give)(const struct settings *settings, struct session *session);
	void (*take)(struct settings *settings, const struct session *session);
};

/* Ended by one with a NULL name, in the order in which they are listed. */
extern const struct setting setting_table[];

void settings_init(struct settings *settings);

/* By name or unique prefix; NULL with one line that names the candidates. */
const struct setting *setting_find(const char *name, struct error *error);

bool setting_set(const struct setting *setting, struct settings *settings, const char *value,
                 struct error *error);

/* The value in a form that can be set. */
void setting_print(const struct setting *setting, const struct settings *settings, struct buf *out);

/* A setting may belong to a session: struct settings has the value for new ones. These copy the
 * value to a session, and back. False, and nothing done, for a setting of the whole program, and for
 * a session that does not have it. */
bool setting_give(const struct setting *setting, const struct settings *settings,
                  struct session *session);
bool setting_take(const struct setting *setting, struct settings *settings,
                  const struct session *session);
bool setting_is_of_session(const struct setting *setting);
