// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/choice.h"
#include "base/clock.h"
#include "net/session.h"
#include "net/sessions.h"

#define EOL_VALUES    "lf|crlf|cr|nul|none"
#define TIME_VALUES   "off|clock|relative|delta"
#define COLOR_VALUES  "auto|always|never"
#define PASTE_VALUES  "send|ask"
#define SWITCH_VALUES "off|on"

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* Rows of a folded message: one of it, and one that says what is hidden. */
enum { FOLD_LEAST = 2, FOLD_MOST = 999, FOLD_ROWS = 8 };

/* Three blocks are the least that a transcript can work with. */
#define SCROLLBACK_LEAST (3 * MIB)
#define SCROLLBACK_MOST  (sizeof(size_t) > 4 ? 4 * GIB : GIB)

void settings_init(struct settings *settings)
{
	*settings = (struct settings){
		.eol = EOL_LF,
		.time = VIEW_TIME_CLOCK,
		.scrollback = 64 * MIB,
		.color = COLOR_AUTO,
		.paste = PASTE_SEND,
		.escape_time = 50 * CLOCK_MS,
		.fold = FOLD_ROWS,
		.view = view_listed(0),
		.kernel = true,
		.keep_clients = SESSIONS_KEPT,
	};
}

/* The place of `value` in "a|b|c", which is its enum value; -1 with one line where it is none of
 * them. */
static int choose(const char *name, const char *values, const char *value, struct error *error)
{
	struct choice_words words = { values, strlen(values) };
	struct choice choice = { choice_word, &words, NULL };
	const char *word;
	for (size_t i = 0; (word = choice_word(&words, i)); i++)
		if (strcmp(word, value) == 0)
			return (int)i;
	struct buf right = { .max = SIZE_MAX };
	choice_list(&choice, "or", &right);
	error_set(error, "%s: \"%.40s\" is not %s", name, value, buf_text(&right));
	choice_suggest(&choice, value, strlen(value), "", error);
	buf_free(&right);
	return -1;
}

static void print_choice(const char *values, unsigned index, struct buf *out)
{
	for (; index > 0; index--)
		values += strcspn(values, "|") + 1;
	buf_append(out, values, strcspn(values, "|"));
}

static bool set_eol(struct settings *settings, const char *value, struct error *error)
{
	int choice = choose("eol", EOL_VALUES, value, error);
	if (choice >= 0)
		settings->eol = (enum eol)choice;
	return choice >= 0;
}

static void get_eol(const struct settings *settings, struct buf *out)
{
	print_choice(EOL_VALUES, settings->eol, out);
}

static void give_eol(const struct settings *settings, struct session *session)
{
	session_set_eol(session, settings->eol);
}

static void take_eol(struct settings *settings, const struct session *session)
{
	settings->eol = session_eol(session);
}

static bool set_time(struct settings *settings, const char *value, struct error *error)
{
	int choice = choose("time", TIME_VALUES, value, error);
	if (choice >= 0)
		settings->time = (enum view_time)choice;
	return choice >= 0;
}

static void get_time(const struct settings *settings, struct buf *out)
{
	print_choice(TIME_VALUES, settings->time, out);
}

static bool set_switch(const char *name, bool *on, const char *value, struct error *error)
{
	int choice = choose(name, SWITCH_VALUES, value, error);
	if (choice >= 0)
		*on = choice == 1;
	return choice >= 0;
}

static bool set_marks(struct settings *settings, const char *value, struct error *error)
{
	return set_switch("marks", &settings->marks, value, error);
}

static void get_marks(const struct settings *settings, struct buf *out)
{
	print_choice(SWITCH_VALUES, settings->marks, out);
}

static bool set_mouse(struct settings *settings, const char *value, struct error *error)
{
	return set_switch("mouse", &settings->mouse, value, error);
}

static void get_mouse(const struct settings *settings, struct buf *out)
{
	print_choice(SWITCH_VALUES, settings->mouse, out);
}

static bool set_color(struct settings *settings, const char *value, struct error *error)
{
	int choice = choose("color", COLOR_VALUES, value, error);
	if (choice >= 0)
		settings->color = (enum color)choice;
	return choice >= 0;
}

static void get_color(const struct settings *settings, struct buf *out)
{
	print_choice(COLOR_VALUES, settings->color, out);
}

static bool set_paste(struct settings *settings, const char *value, struct error *error)
{
	int choice = choose("paste", PASTE_VALUES, value, error);
	if (choice >= 0)
		settings->paste = (enum paste)choice;
	return choice >= 0;
}

static void get_paste(const struct settings *settings, struct buf *out)
{
	print_choice(PASTE_VALUES, settings->paste, out);
}

static bool set_view(struct settings *settings, const char *value, struct error *error)
{
	int choice = choose("view", VIEW_NAMES, value, error);
	if (choice >= 0)
		settings->view = view_listed((size_t)choice);
	return choice >= 0;
}

static void get_view(const struct settings *settings, struct buf *out)
{
	buf_append_text(out, settings->view->name);
}

static bool set_kernel(struct settings *settings, const char *value, struct error *error)
{
	return set_switch("kernel", &settings->kernel, value, error);
}

static void get_kernel(const struct settings *settings, struct buf *out)
{
	print_choice(SWITCH_VALUES, settings->kernel, out);
}

static bool set_fold(struct settings *settings, const char *value, struct error *error)
{
	int rows = 0;
	const char *digit = value;
	for (; *digit >= '0' && *digit <= '9' && rows <= FOLD_MOST; digit++)
		rows = 10 * rows + (*digit - '0');
	bool off = strcmp(value, "off") == 0;
	if (!off && (*digit || rows < FOLD_LEAST || rows > FOLD_MOST)) {
		error_set(error, "fold: \"%.40s\" is not a number of rows from %d to %d, or off",
		          value, FOLD_LEAST, FOLD_MOST);
		return false;
	}
	settings->fold = off ? 0 : rows;
	return true;
}

static void get_fold(const struct settings *settings, struct buf *out)
{
	if (settings->fold)
		buf_printf(out, "%d", settings->fold);
	else
		buf_append_text(out, "off");
}

static bool set_timeout(struct settings *settings, const char *value, struct error *error)
{
	int64_t timeout = 0;
	struct error why = { 0 };
	if (strcmp(value, "off") != 0 && !clock_parse_duration(value, &timeout, &why)) {
		error_set(error, "timeout: %s", why.text);
		return false;
	}
	settings->timeout = timeout;
	return true;
}

/* In the largest unit that loses nothing, down to millionths of a millisecond. */
static void print_duration(int64_t ns, struct buf *out)
{
	if (ns % CLOCK_S == 0) {
		buf_printf(out, "%llds", (long long)(ns / CLOCK_S));
	} else if (ns % CLOCK_MS == 0) {
		buf_printf(out, "%lldms", (long long)(ns / CLOCK_MS));
	} else {
		buf_printf(out, "%lld.%06lldms", (long long)(ns / CLOCK_MS),
		           (long long)(ns % CLOCK_MS));
	}
}

static void get_timeout(const struct settings *settings, struct buf *out)
{
	if (settings->timeout == 0)
		buf_append_text(out, "off");
	else
		print_duration(settings->timeout, out);
}

/* At most as long as the rest of a sequence may take to come. */
static bool set_escape_time(struct settings *settings, const char *value, struct error *error)
{
	int64_t time = 0;
	struct error why = { 0 };
	if (!clock_parse_duration(value, &time, &why)) {
		error_set(error, "escape-time: %s", why.text);
		return false;
	}
	if (time > CLOCK_S) {
		error_set(error, "escape-time: at most 1s, not \"%.40s\": write 50ms", value);
		return false;
	}
	settings->escape_time = time;
	return true;
}

static void get_escape_time(const struct settings *settings, struct buf *out)
{
	print_duration(settings->escape_time, out);
}

/* The factor of a size's unit; 0 where it is none. */
static uint64_t size_unit(const char *unit)
{
	static const struct {
		const char *name;
		uint64_t factor;
	} units[] = {
		{ "", 1 },    { "K", KIB }, { "k", KIB }, { "M", MIB },
		{ "m", MIB }, { "G", GIB }, { "g", GIB },
	};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(unit, units[i].name) == 0)
			return units[i].factor;
	return 0;
}

/* False for what is no size or too large a one; no number of digits overflows. */
static bool parse_size(const char *value, uint64_t *size)
{
	uint64_t number = 0;
	const char *p = value;
	for (; *p >= '0' && *p <= '9'; p++) {
		number = number * 10 + (uint64_t)(*p - '0');
		if (number > SCROLLBACK_MOST)
			return false;
	}
	uint64_t factor = size_unit(p);
	*size = number * factor;
	return p > value && factor > 0;
}

static bool set_scrollback(struct settings *settings, const char *value, struct error *error)
{
	uint64_t size;
	if (!parse_size(value, &size) || size < SCROLLBACK_LEAST || size > SCROLLBACK_MOST) {
		error_set(error, "scrollback: \"%.40s\" is not a size from %lluM to %lluG", value,
		          (unsigned long long)(SCROLLBACK_LEAST / MIB),
		          (unsigned long long)(SCROLLBACK_MOST / GIB));
		return false;
	}
	settings->scrollback = (size_t)size;
	return true;
}

static void get_scrollback(const struct settings *settings, struct buf *out)
{
	static const struct {
		uint64_t factor;
		const char *name;
	} units[] = {
		{ GIB, "G" },
		{ MIB, "M" },
		{ KIB, "K" },
		{ 1, "" },
	};
	size_t unit = 0;
	while (settings->scrollback % units[unit].factor != 0)
		unit++;
	buf_printf(out, "%llu%s", (unsigned long long)(settings->scrollback / units[unit].factor),
	           units[unit].name);
}

static bool set_reconnect(struct settings *settings, const char *value, struct error *error)
{
	return set_switch("reconnect", &settings->reconnect, value, error);
}

static void get_reconnect(const struct settings *settings, struct buf *out)
{
	print_choice(SWITCH_VALUES, settings->reconnect, out);
}

static bool set_keep_clients(struct settings *settings, const char *value, struct error *error)
{
	size_t digits = strspn(value, "0123456789");
	unsigned long long number = strtoull(value, NULL, 10);
	if (digits == 0 || value[digits] || number > SESSIONS_KEPT_MOST) {
		error_set(error, "keep-clients: \"%.40s\" is not a number from 0 to %d", value,
		          SESSIONS_KEPT_MOST);
		return false;
	}
	settings->keep_clients = (size_t)number;
	return true;
}

static void get_keep_clients(const struct settings *settings, struct buf *out)
{
	buf_printf(out, "%zu", settings->keep_clients);
}

const struct setting setting_table[] = {
	{
	        .name = "eol",
	        .values = EOL_VALUES,
	        .help = "the line end that a typed line is sent with\n"
	                "Each session has its own. /set eol changes that of the current session "
	                "and of new ones.\n"
	                "/set @NAME eol changes that of one session.\n"
	                "A listener's clients follow it.",
	        .set = set_eol,
	        .get = get_eol,
	        .give = give_eol,
	        .take = take_eol,
	},
	{
	        .name = "time",
	        .values = TIME_VALUES,
	        .help = "what is shown before each message: relative is since the first, delta "
	                "since the one "
	                "before",
	        .set = set_time,
	        .get = get_time,
	},
	{
	        .name = "marks",
	        .values = SWITCH_VALUES,
	        .help = "brackets around what each call moved: [hello], [] for an empty datagram",
	        .set = set_marks,
	        .get = get_marks,
	},
	{
	        .name = "fold",
	        .values = "<rows>",
	        .help = "rows that the chat shows of a longer message, or off; /fold shows all of "
	                "it",
	        .set = set_fold,
	        .get = get_fold,
	},
	{
	        .name = "view",
	        .values = VIEW_NAMES,
	        .help = "how sessions are shown for which /view has not said otherwise",
	        .set = set_view,
	        .get = get_view,
	},
	{
	        .name = "kernel",
	        .values = SWITCH_VALUES,
	        .help = "read what the kernel says around each call: for trace, ladder, status "
	                "line and /info",
	        .set = set_kernel,
	        .get = get_kernel,
	},
	{
	        .name = "timeout",
	        .values = "<duration>",
	        .help = "the limit for connecting: 5, 250ms, 2m; off is the system's own",
	        .set = set_timeout,
	        .get = get_timeout,
	},
	{
	        .name = "reconnect",
	        .values = SWITCH_VALUES,
	        .help = "open TCP sessions again that were refused, reset, timed out or closed by "
	                "their peer, "
	                "after 1 s, 2 s, 4 s up to 1 min",
	        .set = set_reconnect,
	        .get = get_reconnect,
	},
	{
	        .name = "keep-clients",
	        .values = "<number>",
	        .help = "how many ended clients of listeners keep their tab; the oldest lose "
	                "theirs first",
	        .set = set_keep_clients,
	        .get = get_keep_clients,
	},
	{
	        .name = "scrollback",
	        .values = "<size>",
	        .help = "most memory for what happened: 3M, 64M, 4G; the oldest goes first",
	        .set = set_scrollback,
	        .get = get_scrollback,
	},
	{
	        .name = "color",
	        .values = COLOR_VALUES,
	        .help = "auto: where the terminal has them and NO_COLOR is not set",
	        .set = set_color,
	        .get = get_color,
	},
	{
	        .name = "mouse",
	        .values = SWITCH_VALUES,
	        .help = "the wheel scrolls, a click chooses a tab; selecting text then needs the "
	                "Shift key",
	        .set = set_mouse,
	        .get = get_mouse,
	},
	{
	        .name = "paste",
	        .values = PASTE_VALUES,
	        .help = "what Enter does with several pasted lines: send them, or ask for a second "
	                "Enter",
	        .set = set_paste,
	        .get = get_paste,
	},
	{
	        .name = "escape-time",
	        .values = "<duration>",
	        .help = "how long the rest of a key's sequence may take after ESC; then it is "
	                "Escape alone: 50ms",
	        .set = set_escape_time,
	        .get = get_escape_time,
	},
	{ 0 },
};

static const char *name_of_setting(const void *table, size_t index)
{
	const struct setting *settings = table;
	return settings[index].name;
}

const struct choice setting_names = { name_of_setting, setting_table, NULL };

const struct setting *setting_find(const char *name, struct error *error)
{
	size_t matches, len = strlen(name);
	size_t index = choice_find(&setting_names, name, len, &matches);
	if (index != CHOICE_NONE)
		return &setting_table[index];
	if (matches > 0) {
		choice_fail_ambiguous(&setting_names, name, len, error);
		return NULL;
	}
	error_set(error, "no such setting: \"%.40s\"", name);
	choice_suggest(&setting_names, name, len, NULL, error);
	return NULL;
}

/* ---- those that belong to a session ---- */

bool setting_is_of_session(const struct setting *setting)
{
	return setting->give != NULL;
}

bool setting_give(const struct setting *setting, const struct settings *settings,
                  struct session *session)
{
	if (setting->give)
		setting->give(settings, session);
	return setting->give != NULL;
}

bool setting_take(const struct setting *setting, struct settings *settings,
                  const struct session *session)
{
	if (setting->take)
		setting->take(settings, session);
	return setting->take != NULL;
}
