// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/settings.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/choice.h"
#include "base/measure.h"
#include "base/clock.h"
#include "base/home.h"
#include "net/session.h"
#include "net/sessions.h"
#include "net/wire.h"

#define SWITCH_VALUES "off|on"
#define FIELD(name)                                                                                \
	.offset = offsetof(struct settings, name), .size = sizeof(((struct settings *)0)->name)

#define MIB (INT64_C(1) << 20)
#define GIB (INT64_C(1) << 30)

/* ---- words ---- */

/* The index of `value` in "a|b|c", which is its enum value; -1 with one line if it is not there. */
static int choose(const struct setting *setting, const char *value, struct error *error)
{
	struct choice_words words = { setting->values, strlen(setting->values) };
	struct choice choice = { .name = choice_word, .context = &words };
	const char *word;
	for (size_t i = 0; (word = choice_word(&words, i)); i++)
		if (strcmp(word, value) == 0)
			return (int)i;
	struct buf right = { .max = SIZE_MAX };
	choice_list(&choice, "or", &right);
	error_usage(error, "%s: \"%.40s\" is not %s", setting->name, value, buf_text(&right));
	choice_suggest(&choice, value, strlen(value), "", error);
	buf_free(&right);
	return -1;
}

static void print_choice(const char *values, int index, struct buf *out)
{
	for (; index > 0; index--)
		values += strcspn(values, "|") + 1;
	buf_append(out, values, strcspn(values, "|"));
}

/* ---- numbers, sizes, durations ---- */

/* Digits only. False for anything else, or more than `most`. */
static bool parse_number(const char *value, int64_t most, int64_t *number)
{
	const char *p = value;
	for (*number = 0; *p >= '0' && *p <= '9'; p++) {
		*number = *number * 10 + (*p - '0');
		if (*number > most)
			return false;
	}
	return p > value && !*p;
}

/* In the largest unit that loses nothing, down to millionths of a millisecond. */
static void print_duration(int64_t ns, struct buf *out)
{
	if (ns % CLOCK_S == 0)
		buf_printf(out, "%llds", (long long)(ns / CLOCK_S));
	else if (ns % CLOCK_MS == 0)
		buf_printf(out, "%lldms", (long long)(ns / CLOCK_MS));
	else
		buf_printf(out, "%lld.%06lldms", (long long)(ns / CLOCK_MS),
		           (long long)(ns % CLOCK_MS));
}

static void print_number(const struct setting *setting, int64_t number, struct buf *out)
{
	if (setting->off && number == 0)
		buf_append_text(out, "off");
	else if (setting->type == SETTING_DURATION)
		print_duration(number, out);
	else if (setting->type == SETTING_SIZE)
		measure_print_size(number, out);
	else
		buf_printf(out, "%lld", (long long)number);
}

/* "fold: "x" is not a number of rows from 2 to 999, or off" */
static void explain_range(const struct setting *setting, const char *value, struct error *error)
{
	struct buf least = { .max = SIZE_MAX }, most = { .max = SIZE_MAX };
	print_number(setting, setting->off && setting->least == 0 ? 1 : setting->least, &least);
	print_number(setting, setting->most, &most);
	if (setting->type == SETTING_DURATION)
		error_usage(error, "%s: at most %s, not \"%.40s\": write %s", setting->name,
		            buf_text(&most), value, setting->initial);
	else
		error_usage(error, "%s: \"%.40s\" is not a %s from %s to %s%s", setting->name,
		            value, setting->noun, buf_text(&least), buf_text(&most),
		            setting->off ? ", or off" : "");
	buf_free(&least);
	buf_free(&most);
}

static bool measure(const struct setting *setting, const char *value, int64_t *number,
                    struct error *error)
{
	struct error why = { 0 };
	bool size = setting->type == SETTING_SIZE;
	*number = 0;
	if (setting->off && strcmp(value, "off") == 0)
		return true;
	if (setting->type == SETTING_DURATION) {
		if (!clock_parse_duration(value, number, &why)) {
			error_usage(error, "%s: %s", setting->name, why.text);
			return false;
		}
		if (*number <= setting->most)
			return true;
	} else if ((size ? measure_parse_size(value, number)
	                 : parse_number(value, setting->most, number)) &&
	           *number >= setting->least && *number <= setting->most) {
		return true;
	}
	explain_range(setting, value, error);
	return false;
}

/* ---- values in memory ---- */

/* Of a setting with words, the index of its word: the value of its enum. */
static int64_t load(const struct setting *setting, const struct settings *settings)
{
	const char *at = (const char *)settings + setting->offset;
	bool on;
	int32_t word;
	int64_t number;
	switch (setting->size) {
	case sizeof on:
		memcpy(&on, at, sizeof on);
		return on;
	case sizeof word:
		memcpy(&word, at, sizeof word);
		return word;
	default:
		memcpy(&number, at, sizeof number);
		return number;
	}
}

static void store(const struct setting *setting, struct settings *settings, int64_t number)
{
	char *at = (char *)settings + setting->offset;
	bool on = number;
	int32_t word = (int32_t)number;
	switch (setting->size) {
	case sizeof on:
		memcpy(at, &on, sizeof on);
		break;
	case sizeof word:
		memcpy(at, &word, sizeof word);
		break;
	default:
		memcpy(at, &number, sizeof number);
	}
}

static bool is_path(const struct setting *setting)
{
	return setting->type == SETTING_DIRECTORY || setting->type == SETTING_FILE;
}

/* A directory must be there: a mistake is found when it is made. */
static bool set_path(const struct setting *setting, struct settings *settings, const char *value,
                     struct error *error)
{
	struct stat status;
	char *path = home_expand(strcmp(value, "off") == 0 ? "" : value);
	bool good = false, directory = setting->type == SETTING_DIRECTORY && *path;
	if (directory && stat(path, &status) < 0)
		error_errno(error, errno, "%s: %.150s", setting->name, path);
	else if (directory && !S_ISDIR(status.st_mode))
		error_set(error, "%s: %.150s: not a directory", setting->name, path);
	else if (strlen(path) >= setting->size)
		error_set(error, "%s: %.150s: the name is too long", setting->name, path);
	else
		good = true;
	if (good)
		snprintf((char *)settings + setting->offset, setting->size, "%s", path);
	free(path);
	return good;
}

bool setting_set(const struct setting *setting, struct settings *settings, const char *value,
                 struct error *error)
{
	int64_t number;
	if (is_path(setting))
		return set_path(setting, settings, value, error);
	if (setting->type == SETTING_SWITCH || setting->type == SETTING_WORD)
		number = choose(setting, value, error);
	else if (!measure(setting, value, &number, error))
		number = -1;
	if (number >= 0)
		store(setting, settings, number);
	return number >= 0;
}

void setting_print(const struct setting *setting, const struct settings *settings, struct buf *out)
{
	if (is_path(setting)) {
		const char *path = (const char *)settings + setting->offset;
		buf_append_text(out, *path ? path : "off");
		return;
	}
	int64_t value = load(setting, settings);
	if (setting->type == SETTING_SWITCH || setting->type == SETTING_WORD)
		print_choice(setting->values, (int)value, out);
	else
		print_number(setting, value, out);
}

void settings_init(struct settings *settings)
{
	struct error ignored;
	*settings = (struct settings){ 0 };
	for (const struct setting *setting = setting_table; setting->name; setting++)
		setting_set(setting, settings, setting->initial, &ignored);
}

/* ---- the table ---- */

static void give_eol(const struct settings *settings, struct session *session)
{
	session_set_eol(session, settings->eol);
}

static void take_eol(struct settings *settings, const struct session *session)
{
	settings->eol = session_eol(session);
}

static void give_max_clients(const struct settings *settings, struct session *session)
{
	struct session_limits limits = *session_limits(session);
	limits.clients = (unsigned)settings->max_clients;
	session_set_limits(session, &limits);
}

static void take_max_clients(struct settings *settings, const struct session *session)
{
	settings->max_clients = session_limits(session)->clients;
}

static void give_max_idle(const struct settings *settings, struct session *session)
{
	struct session_limits limits = *session_limits(session);
	limits.idle = settings->max_idle;
	session_set_limits(session, &limits);
}

static void take_max_idle(struct settings *settings, const struct session *session)
{
	settings->max_idle = session_limits(session)->idle;
}

static void report_wire(const struct sessions *sessions, struct buf *out)
{
	wire_describe(sessions_wire(sessions), out);
}

static void report_keylog(const struct sessions *sessions, struct buf *out)
{
	size_t open = 0;
	for (size_t i = 0; i < sessions_count(sessions); i++) {
		const struct session *session = sessions_at(sessions, i);
		open += session_state(session) == SESSION_OPEN &&
		        session_security(session) != SESSION_PLAIN && !session_gives_keys(session);
	}
	if (!sessions_give_keys(sessions)) {
		buf_append_text(out, "no key of TLS is written");
		return;
	}
	buf_append_text(
	        out, "the keys of new TLS connections are written, also to logs as pcapng: whoever "
	             "has them can read what was sent");
	if (open)
		buf_printf(out, "; %zu %s open already, without %s keys", open,
		           open == 1 ? "is" : "are", open == 1 ? "its" : "their");
}

const struct setting setting_table[] = {
	{
	        .name = "eol",
	        .type = SETTING_WORD,
	        FIELD(eol),
	        .values = "lf|crlf|cr|nul|none",
	        .initial = "lf",
	        .help = "the line end that a typed line is sent with\n"
	                "Each session has its own. /set eol changes that of the current session "
	                "and of new ones.\n"
	                "/set @NAME eol changes that of one session.\n"
	                "A listener's clients follow it.",
	        .give = give_eol,
	        .take = take_eol,
	},
	{
	        .name = "time",
	        .type = SETTING_WORD,
	        FIELD(time),
	        .values = "off|clock|relative|delta",
	        .initial = "clock",
	        .help = "what is shown before each message: relative is since the first, delta "
	                "since the one "
	                "before",
	},
	{
	        .name = "marks",
	        .type = SETTING_SWITCH,
	        FIELD(marks),
	        .values = SWITCH_VALUES,
	        .initial = "off",
	        .help = "brackets around what each call moved: [hello], [] for an empty datagram",
	},
	{
	        .name = "fold",
	        .type = SETTING_NUMBER,
	        FIELD(fold),
	        .values = "<rows>",
	        .initial = "8",
	        .noun = "number of rows",
	        .least = 2, /* one of the message, and one about the hidden rows */
	        .most = 999,
	        .off = true,
	        .help = "rows that the chat shows of a longer message, or off; /fold shows all of "
	                "it",
	},
	{
	        .name = "view",
	        .type = SETTING_WORD,
	        FIELD(view),
	        .values = VIEW_NAMES,
	        .initial = "chat",
	        .help = "the view of sessions for which /view has chosen none",
	},
	{
	        .name = "expect-time",
	        .type = SETTING_DURATION,
	        FIELD(expect_time),
	        .values = "<duration>",
	        .initial = "5s",
	        .most = 86400 * CLOCK_S,
	        .help = "how long /expect and /wait wait without within",
	},
	{
	        .name = "clear",
	        .type = SETTING_WORD,
	        FIELD(clear),
	        .values = "on|off|both",
	        .initial = "on",
	        .help = "what is shown of a conversation in TLS: its clear text, or with off what an "
	                "eavesdropper sees, the records with type and length; both: side by side where "
	                "there are 100 columns",
	},
	{
	        .name = "own-calls",
	        .type = SETTING_SWITCH,
	        FIELD(own_calls),
	        .values = SWITCH_VALUES,
	        .initial = "off",
	        .help = "show in trace and ladder what the program calls for itself, and the steps "
	                "of a connect() that does not block",
	},
	{
	        .name = "kernel",
	        .type = SETTING_SWITCH,
	        FIELD(kernel),
	        .values = SWITCH_VALUES,
	        .initial = "on",
	        .help = "read what the kernel says around each call: for trace, ladder, status "
	                "line and /info",
	},
	{
	        .name = "packet-info",
	        .type = SETTING_SWITCH,
	        FIELD(packet_info),
	        .values = SWITCH_VALUES,
	        .initial = "off",
	        .help = "show how each UDP datagram came: the address that it was sent to, TTL (hop "
	                "limit), TOS (traffic class), interface",
	},
	{
	        .name = "wire",
	        .type = SETTING_WORD,
	        FIELD(wire),
	        .values = "auto|on|off",
	        .initial = "auto",
	        .help = "record what is seen on the wire: for the ladder and the view wire\n"
	                "auto: every frame of the hosts of the sandbox. on: also the segments and "
	                "datagrams of our own sessions outside of it, and of nobody else; that needs "
	                "root or CAP_NET_RAW.",
	        .report = report_wire,
	},
	{
	        .name = "timeout",
	        .type = SETTING_DURATION,
	        FIELD(timeout),
	        .values = "<duration>",
	        .initial = "off",
	        .most = INT64_MAX,
	        .off = true,
	        .help = "the limit for connecting: 5, 250ms, 2m; off is the system's own\n"
	                "It includes the TLS handshake, also of the clients of listeners made from "
	                "then on. With off a handshake has no limit.",
	},
	{
	        .name = "reconnect",
	        .type = SETTING_SWITCH,
	        FIELD(reconnect),
	        .values = SWITCH_VALUES,
	        .initial = "off",
	        .help = "open TCP sessions again that were refused, reset, timed out or closed by "
	                "their peer, "
	                "after 1 s, 2 s, 4 s up to 1 min",
	},
	{
	        .name = "keep-clients",
	        .type = SETTING_NUMBER,
	        FIELD(keep_clients),
	        .values = "<number>",
	        .initial = "20",
	        .noun = "number",
	        .most = SESSIONS_KEPT_MOST,
	        .help = "how many ended clients of listeners keep their tab; the oldest lose "
	                "theirs first",
	},
	{
	        .name = "max-clients",
	        .type = SETTING_NUMBER,
	        FIELD(max_clients),
	        .values = "<number>",
	        .initial = "off",
	        .noun = "number",
	        .least = 1,
	        .most = 1000000,
	        .off = true,
	        .help = "how many clients a listener accepts at a time, or off\n"
	                "The kernel connects the next ones nevertheless: they wait in the accept "
	                "queue, which /info shows, until a client ends. Each listener has its own; "
	                "/set @NAME max-clients changes that of one listener, and ends no client. "
	                "/accept on a paused listener takes one more.",
	        .of_listeners = true,
	        .give = give_max_clients,
	        .take = take_max_clients,
	},
	{
	        .name = "max-idle",
	        .type = SETTING_DURATION,
	        FIELD(max_idle),
	        .values = "<duration>",
	        .initial = "off",
	        .most = 366 * (86400 * CLOCK_S),
	        .off = true,
	        .help = "how long a client of a listener may be idle before it is closed, or off: "
	                "90, 5m\n"
	                "A client is idle while no byte comes from it and none is sent to it. Each "
	                "listener has its own limit; a new one holds for the clients that are here "
	                "already, and their time begins again.",
	        .of_listeners = true,
	        .give = give_max_idle,
	        .take = take_max_idle,
	},
	{
	        .name = "scrollback",
	        .type = SETTING_SIZE,
	        FIELD(scrollback),
	        .values = "<size>",
	        .initial = "64Mi",
	        .noun = "size",
	        .least = 3 * MIB, /* three blocks: a transcript needs them */
	        .most = sizeof(size_t) > 4 ? 4 * GIB : GIB,
	        .help = "most memory for what happened: 64Mi is 64 MiB, 3Mi to 4Gi; the oldest goes first",
	},
	{
	        .name = "auto-log",
	        .type = SETTING_DIRECTORY,
	        FIELD(auto_log),
	        .values = "<directory>",
	        .initial = "off",
	        .help = "write a log of each session to a file of its own in this directory, or off\n"
	                "Its name has the time, and the number and the name of the session. It begins with "
	                "the session, and ends when the session is no longer listed.",
	},
	{
	        .name = "keylog",
	        .type = SETTING_FILE,
	        FIELD(keylog),
	        .values = "<file>",
	        .initial = "off",
	        .help = "append the keys of TLS connections to a file, for wireshark, or off\n"
	                "Whoever has them can read what was sent. They are those of connections "
	                "that begin from then on, as client and as server; a log as pcapng has "
	                "them, too. The variable SSLKEYLOGFILE sets it as well.",
	        .report = report_keylog,
	},
	{
	        .name = "color",
	        .type = SETTING_WORD,
	        FIELD(color),
	        .values = "auto|always|never",
	        .initial = "auto",
	        .help = "auto: colours if the terminal has them and NO_COLOR is not set",
	},
	{
	        .name = "mouse",
	        .type = SETTING_SWITCH,
	        FIELD(mouse),
	        .values = SWITCH_VALUES,
	        .initial = "off",
	        .help = "the wheel scrolls, a click chooses a tab; selecting text then needs the "
	                "Shift key",
	},
	{
	        .name = "clipboard",
	        .type = SETTING_SWITCH,
	        FIELD(clipboard),
	        .values = SWITCH_VALUES,
	        .initial = "off",
	        .help = "let /copy write to the terminal's clipboard (OSC 52)",
	},
	{
	        .name = "bell",
	        .type = SETTING_WORD,
	        FIELD(bell),
	        .values = "never|close|message",
	        .initial = "never",
	        .help = "ring when a peer or the network ends a session, or also when a message "
	                "comes in one that is not shown; at most once a second",
	},
	{
	        .name = "leave-behind",
	        .type = SETTING_NUMBER,
	        FIELD(leave_behind),
	        .values = "<rows>",
	        .initial = "10",
	        .noun = "number of rows",
	        .most = 999,
	        .off = true,
	        .help = "how many of the last rows stay on the terminal when the window has gone",
	},
	{
	        .name = "paste",
	        .type = SETTING_WORD,
	        FIELD(paste),
	        .values = "send|ask",
	        .initial = "send",
	        .help = "what Enter does with several pasted lines: send them, or ask for a second "
	                "Enter",
	},
	{
	        .name = "replay-idle",
	        .type = SETTING_DURATION,
	        FIELD(replay_idle),
	        .values = "<duration>",
	        .initial = "5s",
	        .most = 3600 * CLOCK_S,
	        .off = true,
	        .help = "most time that a replay lets pass where nothing happened; off: all of it",
	},
	{
	        .name = "escape-time",
	        .type = SETTING_DURATION,
	        FIELD(escape_time),
	        .values = "<duration>",
	        .initial = "50ms",
	        .most = CLOCK_S, /* the rest of a sequence may take that long */
	        .help = "how long the rest of a key's sequence may take after ESC; then it is "
	                "Escape alone: 50ms",
	},
	{ 0 },
};

static const char *name_of_setting(const void *table, size_t index)
{
	const struct setting *settings = table;
	return settings[index].name;
}

static const struct choice setting_names = { .name = name_of_setting, .context = setting_table };

const struct setting *setting_find(const char *name, struct error *error)
{
	size_t index = choice_choose(&setting_names, "setting", name, "/set lists them", error);
	return index == CHOICE_NONE ? NULL : &setting_table[index];
}

/* ---- those that belong to a session ---- */

bool setting_is_of_session(const struct setting *setting)
{
	return setting->give != NULL;
}

bool setting_give(const struct setting *setting, const struct settings *settings,
                  struct session *session)
{
	bool has = setting->give && (!setting->of_listeners || session_limits(session));
	if (has)
		setting->give(settings, session);
	return has;
}

bool setting_take(const struct setting *setting, struct settings *settings,
                  const struct session *session)
{
	bool has = setting->take && (!setting->of_listeners || session_limits(session));
	if (has)
		setting->take(settings, session);
	return has;
}
