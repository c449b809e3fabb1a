// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/app.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/choice.h"
#include "base/clock.h"
#include "base/count.h"
#include "net/recorded.h"
#include "net/sandbox.h"
#include "net/service.h"
#include "net/tls/tls.h"
#include "net/wire.h"

#define BELL_PAUSE CLOCK_S

/* ---- tabs ---- */

/* Sessions with news, or with a view or a history of their own, sorted by number. */
struct app_tab {
	uint32_t session;
	uint64_t unread;       /* what came since a person last looked at it */
	struct view_mode mode; /* ops NULL: as the setting says */
	char *history;         /* NULL: the common one */
};

/* The index of this session, or the one that it would have. */
static size_t find_tab(const struct app *app, uint32_t session, bool *is_listed)
{
	size_t low = 0, high = app->tab_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (app->tabs[middle].session < session)
			low = middle + 1;
		else
			high = middle;
	}
	*is_listed = low < app->tab_count && app->tabs[low].session == session;
	return low;
}

/* NULL for none. */
static struct app_tab *tab_of(const struct app *app, uint32_t session)
{
	bool is_listed;
	size_t at = find_tab(app, session, &is_listed);
	return is_listed ? &app->tabs[at] : NULL;
}

static struct app_tab *make_tab(struct app *app, uint32_t session)
{
	bool is_listed;
	size_t at = find_tab(app, session, &is_listed);
	if (!is_listed) {
		app->tabs = xgrow(app->tabs, &app->tab_cap, app->tab_count, sizeof *app->tabs);
		memmove(&app->tabs[at + 1], &app->tabs[at],
		        (app->tab_count++ - at) * sizeof *app->tabs);
		app->tabs[at] = (struct app_tab){ .session = session };
	}
	return &app->tabs[at];
}

static void drop_tab(struct app *app, uint32_t session)
{
	bool is_listed;
	size_t at = find_tab(app, session, &is_listed);
	if (!is_listed)
		return;
	free(app->tabs[at].history);
	memmove(&app->tabs[at], &app->tabs[at + 1], (--app->tab_count - at) * sizeof *app->tabs);
}

static bool is_news(const struct entry *entry)
{
	if (entry->call == CALL_NOTE || entry->call == CALL_STATE)
		return !(entry->flags & ENTRY_CONTINUES);
	return entry_is_incoming(entry) && !entry->error && !entry_is_aside(entry) &&
	       !entry_is_sealed(entry) && (entry->len > 0 || entry_is_addressed(entry));
}

/* The peer or the network has ended a stream, or its direction. */
static bool is_end(const struct entry *entry)
{
	return entry_is_end_of_file(entry) ||
	       (entry_is_incoming(entry) && !entry_is_addressed(entry) && entry_has_failed(entry));
}

/* Entries of the session that the pane shows, or of all, count as seen; others as news. Called once
 * a turn, and before and after the pane changes. */
static void count_news(struct app *app)
{
	const struct entry *entry;
	uint32_t shown = app_shown(app);
	bool all = app_view_mode(app, shown).all;
	struct app_tab *tab = tab_of(app, shown);
	if (tab)
		tab->unread = 0;
	for (size_t i = 0; all && app->tabs && i < app->tab_count; i++)
		app->tabs[i].unread = 0;
	bool rings = false;
	uint32_t last = 0; /* whose tab it is: news of one session often come together */
	while ((entry = follower_next(&app->news))) {
		rings = rings || (app->settings.bell >= BELL_CLOSE && is_end(entry));
		if (all || entry->session == shown || !is_news(entry))
			continue;
		if (entry->session != last)
			tab = sessions_numbered(app->sessions, entry->session)
			              ? make_tab(app, entry->session)
			              : NULL;
		last = entry->session;
		if (!tab)
			continue;
		tab->unread++;
		rings = rings || (app->settings.bell == BELL_MESSAGE && entry_is_incoming(entry));
	}
	int64_t now = rings ? clock_now() : 0;
	if (!rings || (app->rang_at && now - app->rang_at < BELL_PAUSE))
		return;
	app->rings = true;
	app->rang_at = now;
}

bool app_take_copied(struct app *app, const struct buf **bytes)
{
	bool copies = app->copies;
	*bytes = &app->copied;
	app->copies = false;
	return copies;
}

bool app_take_bell(struct app *app)
{
	bool rings = app->rings;
	app->rings = false;
	return rings;
}

uint64_t app_unread(const struct app *app, const struct session *session)
{
	const struct app_tab *tab = tab_of(app, session_number(session));
	return tab ? tab->unread : 0;
}

struct view_mode app_view_mode(const struct app *app, uint32_t session)
{
	const struct app_tab *tab = tab_of(app, session);
	if (tab && tab->mode.ops)
		return tab->mode;
	return (struct view_mode){ .ops = view_listed((size_t)app->settings.view) };
}

void app_set_view_mode(struct app *app, uint32_t session, struct view_mode mode)
{
	mode.all = mode.all && mode.ops->merges;
	count_news(app);
	make_tab(app, session)->mode = mode;
	count_news(app);
}

const char *app_history(const struct app *app, uint32_t session)
{
	const struct app_tab *tab = tab_of(app, session);
	return tab ? tab->history : NULL;
}

/* ---- the current session ---- */

void app_select(struct app *app, struct session *session)
{
	count_news(app);
	if (app->current && app->current != session)
		app->previous = session_number(app->current);
	app->current = session;
	count_news(app);
	sessions_pin(app->sessions, session);
}

static struct session *nearest_other(const struct app *app, const struct session *session)
{
	size_t count = sessions_count(app->sessions);
	struct session *before = NULL;
	for (size_t i = 0; i < count; i++) {
		struct session *other = sessions_at(app->sessions, i);
		if (other != session)
			before = other;
		else if (i + 1 < count)
			return sessions_at(app->sessions, i + 1);
	}
	return before;
}

/* A paused listener accepts only when a person does. */
static bool is_accepted_by_hand(const struct app *app, const struct session *client)
{
	const struct session *listener =
	        sessions_numbered(app->sessions, session_listener(client));
	return listener && session_is_paused(listener);
}

/* Only a client that a person has accepted replaces the session that is shown. */
static void session_born(void *context, struct session *session)
{
	struct app *app = context;
	bool by_hand = is_accepted_by_hand(app, session);
	if ((!app->typing && (!app->current || by_hand)) || (app->answering && by_hand))
		app_select(app, session);
}

/* When no line is being typed, another session may become current. */
static void settle_current(struct app *app)
{
	if (app->typing)
		return;
	app->gone = 0;
	if (!app->current && sessions_count(app->sessions) > 0)
		app_select(app, sessions_at(app->sessions, 0));
}

struct app_focus app_borrow(struct app *app, uint32_t session)
{
	struct app_focus focus = { .session = app_shown(app), .previous = app->previous };
	struct session *own = sessions_numbered(app->sessions, session);
	if (own)
		app->current = own;
	focus.borrowed = app_shown(app);
	return focus;
}

void app_give_back(struct app *app, struct app_focus focus)
{
	struct session *chosen = app->current;
	struct session *shown = sessions_numbered(app->sessions, focus.session);
	bool moved = app_shown(app) != focus.borrowed || !shown;
	app->current = shown;
	app->previous = focus.previous;
	if (moved && !app->typing)
		app_select(app, chosen);
	else
		sessions_pin(app->sessions, shown);
	if (!app->current && focus.session)
		app->gone = focus.session;
}

static void session_gone(void *context, struct session *session)
{
	struct app *app = context;
	if (session == app->current) {
		/* A line goes only to the session that its prompt has shown. */
		struct session *next = app->typing ? NULL : nearest_other(app, session);
		app->gone = app->typing ? session_number(session) : 0;
		app->current = NULL;
		app_select(app, next);
	}
	drop_tab(app, session_number(session));
}

bool app_forget(struct app *app, struct session *session, struct error *error)
{
	struct session *other = nearest_other(app, session);
	uint32_t number = session_number(session);
	bool current = session == app->current;
	if (!sessions_forget(app->sessions, session, error))
		return false;
	if (current) {
		app->current = NULL;
		app_select(app, other);
	}
	drop_tab(app, number);
	return true;
}

/* Its states, and the errors in its pane after it failed, a line each. Older errors have been seen,
 * and those of the start are in this pane already. */
static void report_failed(struct app *app, const struct session *session)
{
	const struct transcript *transcript = app->transcript;
	uint32_t number = session_number(session);
	struct buf text = { .max = SIZE_MAX };
	uint64_t at = transcript_begin(transcript, number);
	if (at == TRANSCRIPT_NONE)
		at = transcript_last(transcript, number);
	bool failed = false;
	for (; at != TRANSCRIPT_NONE; at = transcript_after(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		bool state = entry->call == CALL_STATE, error = entry->flags & ENTRY_ERROR;
		if (!state && !(failed && error && entry->call == CALL_NOTE))
			continue;
		failed = failed || (state && error);
		buf_append_text(&text, text.len ? "\n" : "");
		buf_append(&text, entry_payload(entry), entry->len);
	}
	app->failed_in = app_shown(app);
	app->failed_noted = transcript_end(transcript);
	app_error(app, "%s", buf_text(&text));
	buf_free(&text);
}

/* A session that failed to open gets no tab: it is set aside, its messages are repeated in the pane
 * that is shown, and if it was current, the session before it is current again. While a line is
 * being typed for it, it stays. */
static void settle_failed(struct app *app)
{
	struct session *session;
	if (app->keeps_failed)
		return;
	while ((session = sessions_failed(app->sessions, app->typing ? app->current : NULL))) {
		uint32_t number = session_number(session);
		struct session *before = sessions_numbered(app->sessions, app->previous);
		if (!before || before == session)
			before = nearest_other(app, session);
		if (session == app->current)
			app_select(app, before);
		sessions_set_aside(app->sessions, session);
		drop_tab(app, number);
		report_failed(app, session);
	}
}

const struct session *app_failed_since(const struct app *app, uint64_t position)
{
	const struct session *failed = sessions_aside(app->sessions);
	bool shown = failed && app->failed_in == app_shown(app);
	return shown && (position == TRANSCRIPT_NONE || app->failed_noted > position) ? failed
	                                                                              : NULL;
}

bool app_is_recorded(const struct app *app, uint32_t number)
{
	const struct session *session = sessions_numbered(app->sessions, number);
	return session && session_recording(session);
}

size_t app_forget_ended(struct app *app)
{
	size_t forgotten = 0, i = 0;
	struct error error;
	while (i < sessions_count(app->sessions)) {
		struct session *session = sessions_at(app->sessions, i);
		const struct recording *recording = session_recording(session);
		bool ended = recording ? recording->over
		                       : session_state(session) == SESSION_CLOSED &&
		                                 !session_opens_again(session, NULL);
		if (ended && app_forget(app, session, &error))
			forgotten++;
		else
			i++;
	}
	sessions_hide_others(app->sessions);
	return forgotten;
}

struct session *app_need_session(struct app *app, struct error *error)
{
	if (!app->current && app->gone)
		error_set(error, "session %u has gone", app->gone);
	else if (!app->current)
		error_usage(error, "no session: /open HOST PORT makes one");
	return app->current;
}

struct session *app_need_receiver(struct app *app, struct error *error)
{
	struct session *session = app_need_session(app, error);
	if (!session && app->gone)
		error_append(error, ": the line was not sent");
	return session;
}

void app_to_newest(struct app *app)
{
	app->acted++;
}

void app_print_keys(const struct app *app, const struct binding *row, struct buf *out)
{
	if (app->print_keys)
		app->print_keys(row, out);
	else
		binding_print_keys(row->keys, out);
}

uint32_t app_shown(const struct app *app)
{
	return app->current ? session_number(app->current) : 0;
}

/* ---- finding a session ---- */

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

static const char *name_of_session(const void *sessions, size_t index)
{
	return index < sessions_count(sessions) ? session_name(sessions_at(sessions, index)) : NULL;
}

struct session *app_find_session(struct app *app, const char *text, struct error *error)
{
	const char *name = text + (*text == '@');
	size_t matches = 0, len = strlen(name), index = CHOICE_NONE;
	struct choice names = { .name = name_of_session, .context = app->sessions };
	unsigned long long number = is_number(name) ? strtoull(name, NULL, 10) : ULLONG_MAX;
	struct session *found = NULL;
	if (number <= UINT32_MAX)
		found = sessions_numbered(app->sessions, (uint32_t)number);
	if (!found)
		found = sessions_named(app->sessions, name);
	if (found)
		return found;
	if (!is_number(name)) /* else "1" would find "127.0.0.1:80" */
		index = choice_find(&names, name, len, &matches);
	if (index != CHOICE_NONE)
		return sessions_at(app->sessions, index);
	if (matches > 0) {
		choice_fail_ambiguous(&names, name, len, error);
	} else if (sessions_count(app->sessions) == 0) {
		app_need_session(app, error);
	} else {
		error_usage(error, "no session \"%.40s\"", name);
		choice_suggest(&names, name, is_number(name) ? 0 : len, "/sessions lists them",
		               error);
	}
	return NULL;
}

/* ---- what the pane shows ---- */

/* Two sessions meet on one host, or across the cable, which carries nothing of a loopback. */
static bool is_within_reach(const struct session *a, const struct session *b)
{
	enum host one = session_host(a), other = session_host(b);
	struct endpoint peer = session_peer(a);
	return one == other || (one != HOST_HERE && other != HOST_HERE &&
	                        !endpoint_is_loopback(&peer) && !endpoint_is_any(&peer));
}

bool app_reaches(const struct session *a, const struct session *b)
{
	struct endpoint peer = session_peer(a), local = session_local(b);
	return session_recording(a) == session_recording(b) &&
	       session_transport(a) == session_transport(b) && is_within_reach(a, b) &&
	       endpoint_reaches(&peer, &local);
}

static bool mirrors(const struct session *a, const struct session *b)
{
	struct endpoint peer = session_peer(b), local = session_local(a);
	return app_reaches(a, b) && endpoint_reaches(&peer, &local);
}

struct session *app_other_end(const struct app *app, const struct session *session)
{
	if (!session || session_has_clients(session))
		return NULL;
	for (size_t i = sessions_count(app->sessions); i-- > 0;) {
		struct session *other = sessions_at(app->sessions, i);
		if (other != session && mirrors(session, other))
			return other;
	}
	return NULL;
}

/* The address of the newest connect(), and when it began: these identify one that goes on or has
 * failed. */
static bool find_connect(const struct app *app, const struct session *session,
                         struct endpoint *remote, int64_t *begun)
{
	enum { NEAR = 64 };
	uint64_t at = transcript_last(app->transcript, session_number(session));
	for (int i = 0; i < NEAR && at != TRANSCRIPT_NONE; i++) {
		const struct entry *entry = transcript_at(app->transcript, at);
		if (entry->call == CALL_CONNECT && entry->endpoint_len &&
		    !(entry->flags & ENTRY_WATCHING)) {
			*remote = entry_addr(entry);
			*begun = entry->time;
			return true;
		}
		at = transcript_before(app->transcript, at);
	}
	return false;
}

static const struct wire *wire_of(const struct app *app, const struct session *session)
{
	const struct recording *recording = session_recording(session);
	return recording ? recording->wire : sessions_wire(app->sessions);
}

/* The wire ends of a conversation: ours, and the peer's if its host is ours, too; 0 for none. A session
 * that has ended keeps those that it had. */
static void find_ends(const struct app *app, const struct session *session, uint32_t ends[2])
{
	ends[0] = ends[1] = 0;
	if (!session || transport_is_unix(session_transport(session)) ||
	    session_has_clients(session))
		return;
	int64_t begun;
	const struct wire *wire = wire_of(app, session);
	enum transport transport = session_transport(session);
	enum host host = session_host(session), there = host;
	struct endpoint local = session_local(session), peer = session_peer(session);
	uint64_t until = session_state(session) == SESSION_CLOSED
	                         ? transcript_last(app->transcript, session_number(session))
	                         : TRANSCRIPT_NONE;
	bool connects = transport == TRANSPORT_TCP && (!local.port || !endpoint_is_set(&peer));
	if (connects && (!find_connect(app, session, &peer, &begun) ||
	                 (!local.port && !wire_find_local(wire, host, &peer, begun, &local))))
		return;
	ends[0] = wire_end(wire, host, transport, &local, &peer, until);
	if (host_of(&peer) == host_opposite(host))
		there = host_opposite(host);
	if (transport == TRANSPORT_TCP || there != host || app_other_end(app, session))
		ends[1] = wire_end(wire, there, transport, &peer, &local, until);
}

void app_set_ends(const struct app *app, const struct session *session, struct view *view)
{
	bool many = session_peer_count(session) > 1; /* one of them is not the other end */
	const struct session *other = many ? NULL : app_other_end(app, session);
	const struct wire *wire = wire_of(app, session);
	enum host host = session_host(session);
	struct endpoint local = session_local(session);
	view->session = session_number(session);
	view->other = other ? session_number(other) : 0;
	view->calls_only = transport_is_unix(session_transport(session));
	view->local = endpoint_on_wire(&local);
	view->nodelay = session_is_nodelay(session);
	view->corked = session_is_corked(session);
	view->had_tls = session_has_had_tls(session) || (other && session_has_had_tls(other));
	find_ends(app, session, view->wire);
	enum session_state state = session_state(session);
	bool tries = state == SESSION_CONNECTING || state == SESSION_CLOSED;
	view->recorded = wire_since(wire, host);
	bool cable = host != HOST_HERE && !endpoint_is_loopback(&local) &&
	             (view->wire[0] || (view->recorded && tries));
	view->nobody[0] = cable ? wire_nobody(wire, host) : 0;
	view->nobody[1] = cable && view->wire[1] ? wire_nobody(wire, host_opposite(host)) : 0;
}

void app_set_filter(struct app *app, struct filter *filter, const char *words)
{
	filter_free(app->filter);
	free(app->filter_words);
	app->filter = filter;
	app->filter_words = filter ? xstrdup(words) : NULL;
	app->changed_filter++;
}

struct view app_view(const struct app *app, int columns)
{
	struct view_mode mode = app_view_mode(app, app_shown(app));
	struct view view = {
		.ops = mode.ops,
		.transcript = app->transcript,
		.session = app_shown(app),
		.all = mode.all,
		.numbers = mode.numbers,
		.columns = columns,
		.time = app->settings.time,
		.marks = app->settings.marks,
		.clear = (enum view_clear)app->settings.clear,
		.own_calls = app->settings.own_calls,
		.fold = app->unfolded ? 0 : app->settings.fold,
		.find = app->search.marked ? app->search.text : NULL,
		.find_len = app->search.marked ? app->search.len : 0,
		.filter = app->filter,
	};
	if (!mode.ops->merges) {
		if (app->current)
			app_set_ends(app, app->current, &view);
	} else if (mode.ops->frames && !mode.all) {
		uint32_t ends[2];
		find_ends(app, app->current, ends);
		view.session = ends[0] ? ends[0] : VIEW_NO_SESSION;
		view.owner = app->current && session_has_had_tls(app->current) ? app_shown(app) : 0;
		view.port = app->current ? session_local(app->current).port : 0;
	}
	return view;
}

/* ---- making sessions ---- */

static struct session_options fill_in(const struct app *app, const struct session_options *options)
{
	struct session_options filled = options ? *options : app->defaults;
	if (filled.timeout == 0)
		filled.timeout = app->settings.timeout;
	filled.eol = app->settings.eol;
	return filled;
}

struct session *app_open(struct app *app, const struct target *target,
                         const struct session_options *options, struct error *error)
{
	struct session_options filled = fill_in(app, options);
	struct session *session = sessions_open(app->sessions, target, &filled, error);
	if (session)
		app_select(app, session);
	return session;
}

struct session *app_open_named(struct app *app, const struct named_target *named,
                               const struct session_options *options, struct error *error)
{
	struct settings settings = app->settings;
	struct session_options filled = options ? *options : app->defaults;
	bool viewed;
	if (!named_target_apply(named->settings, &settings, &viewed, error))
		return NULL;
	if (!filled.name && !sessions_named(app->sessions, named->name))
		filled.name = named->name;
	if (filled.timeout == 0)
		filled.timeout = settings.timeout;
	struct session *session = app_open(app, &named->target, &filled, error);
	if (!session)
		return NULL;
	uint32_t number = session_number(session);
	struct app_tab *tab = make_tab(app, number);
	free(tab->history);
	tab->history = xstrdup(named->name);
	session_set_eol(session, settings.eol);
	if (viewed)
		app_set_view_mode(
		        app, number,
		        (struct view_mode){ .ops = view_listed((size_t)settings.view) });
	return session;
}

struct session *app_listen(struct app *app, const struct target *target,
                           const struct session_options *options, struct error *error)
{
	struct session_options filled = fill_in(app, options);
	struct session_limits limits = { 0 };
	if (filled.limits)
		limits = *filled.limits;
	if (!limits.clients)
		limits.clients = (unsigned)app->settings.max_clients;
	if (!limits.idle)
		limits.idle = app->settings.max_idle;
	filled.limits = &limits;
	struct session *session = sessions_listen(app->sessions, target, &filled, error);
	if (session)
		app_select(app, session);
	return session;
}

bool app_demo(struct app *app, struct error *error)
{
	struct target target = { .transport = TRANSPORT_TCP, .service = "0" };
	snprintf(target.host, sizeof target.host, "%s",
	         sessions_sandbox(app->sessions) ? "192.0.2.2" : "127.0.0.1");
	struct session_options options = { .name = "echo", .service = service_find("echo") };
	struct session *server = app_listen(app, &target, &options, error);
	if (!server)
		return false;
	if (session_state(server) != SESSION_LISTENING) {
		error_set(error, "demo: cannot listen on %s", target.host);
		return false;
	}
	snprintf(target.service, sizeof target.service, "%u", session_local(server).port);
	options = (struct session_options){ .name = "demo" };
	return app_open(app, &target, &options, error) != NULL;
}

/* ---- typed lines and notes ---- */

const char *app_find_slash(const struct app *app, const char *line)
{
	const char *first = line + strspn(line, " \t");
	return *first == '/' && !app->literal ? first : NULL;
}

static void add_note(struct app *app, unsigned flags, const char *text, size_t len)
{
	struct entry header = {
		.time = clock_now(),
		.session = app_shown(app),
		.fd = -1,
		.call = CALL_NOTE,
		.flags = (uint8_t)(flags | (app->answering ? ENTRY_ANSWER : 0)),
	};
	uint64_t position = transcript_append(app->transcript, &header, NULL, text, len);
	if (app->answering && app->answered == TRANSCRIPT_NONE)
		app->answered = position;
}

__attribute__((format(printf, 3, 0))) static void say(struct app *app, unsigned flags,
                                                      const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	size_t size = len < 0 ? 1 : (size_t)len + 1;
	char *text = xcalloc(size, 1);
	vsnprintf(text, size, format, again);
	va_end(again);
	add_note(app, flags, text, size - 1);
	free(text);
}

void app_say(struct app *app, const char *text)
{
	add_note(app, ENTRY_SAID, text, strlen(text));
}

void app_note(struct app *app, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say(app, 0, format, args);
	va_end(args);
}

void app_error(struct app *app, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say(app, ENTRY_ERROR, format, args);
	va_end(args);
}

bool app_take_answer(struct app *app, struct app_answer *answer)
{
	const struct transcript *transcript = app->transcript;
	uint64_t at = app->answered;
	*answer = (struct app_answer){ .position = at, .text = { .max = SIZE_MAX } };
	app->answered = TRANSCRIPT_NONE;
	if (at != TRANSCRIPT_NONE && !transcript_at(transcript, at))
		at = transcript_next(transcript, at);
	bool whole = true;
	for (; at != TRANSCRIPT_NONE; at = transcript_next(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry->call != CALL_NOTE || !(entry->flags & ENTRY_ANSWER) ||
		    entry->flags & ENTRY_REPLAYED)
			continue;
		if (whole && answer->text.len) {
			buf_append_text(&answer->text, "\n");
			answer->newest = answer->text.len;
		}
		buf_append(&answer->text, entry_payload(entry), entry->len);
		whole = !(entry->flags & ENTRY_CONTINUES);
	}
	return answer->position != TRANSCRIPT_NONE;
}

/* ---- questions ---- */

bool app_confirmed(struct app *app, const char *format, ...)
{
	char *deed = NULL;
	va_list args;
	va_start(args, format);
	int len = vasprintf(&deed, format, args);
	va_end(args);
	if (len < 0)
		return false;
	int64_t now = clock_now();
	bool again = app->asked && strcmp(app->asked, deed) == 0 &&
	             now - app->asked_at <= ASK_SECONDS * CLOCK_S;
	free(app->asked);
	app->asked = NULL;
	if (again) {
		free(deed);
	} else {
		app->asked = deed;
		app->asked_at = now;
	}
	return again;
}

/* ---- settings ---- */

/* A listener's clients follow it, also those that are here already. */
static void give_setting(struct app *app, const struct setting *setting,
                         const struct settings *settings, struct session *session)
{
	if (!setting_give(setting, settings, session))
		return;
	for (size_t i = 0; i < sessions_count(app->sessions); i++) {
		struct session *other = sessions_at(app->sessions, i);
		if (session_listener(other) == session_number(session))
			setting_give(setting, settings, other);
	}
}

static void take_key(void *context, const struct session *session, const char *line)
{
	key_log_add(context, session_number(session), line);
}

/* As the setting says; false with one line. */
static bool set_key_log(struct app *app, struct error *error)
{
	const char *path = app->settings.keylog;
	struct error why;
	if (!*path) {
		key_log_close(app->key_log);
	} else if (!tls_is_available(error)) {
		return false;
	} else if (!key_log_open(app->key_log, path, app->on_terminal, &why)) {
		error_set(error, "keylog: %s", why.text);
		return false;
	}
	sessions_watch_keys(app->sessions, *path ? take_key : NULL, app->key_log);
	return true;
}

/* Where nothing speaks TLS, the file is not even made. */
static void obey_environment(struct app *app)
{
	struct error ignored;
	const char *path = getenv("SSLKEYLOGFILE");
	if (!path || !*path || !tls_is_available(&ignored))
		return;
	snprintf(app->settings.keylog, sizeof app->settings.keylog, "%s", path);
	key_log_open_later(app->key_log);
	sessions_watch_keys(app->sessions, take_key, app->key_log);
}

static void serve_key_log(struct app *app)
{
	struct error error;
	if (key_log_is_due(app->key_log) &&
	    !key_log_open(app->key_log, app->settings.keylog, app->on_terminal, &error)) {
		/* nobody has asked for it here and now: the exit status does not change */
		if (app->on_terminal)
			app_error(app, "SSLKEYLOGFILE: %s", error.text);
		else
			error_print("SSLKEYLOGFILE: %s", error.text);
		key_log_close(app->key_log);
	} else if (!key_log_write(app->key_log, &error)) {
		app_log_failed(app, &error);
	}
	if (!key_log_is_on(app->key_log) && app->settings.keylog[0]) {
		app->settings.keylog[0] = '\0';
		sessions_watch_keys(app->sessions, NULL, NULL);
	}
}

bool app_set(struct app *app, const char *name, const char *value, struct error *error)
{
	int wire = app->settings.wire;
	char keylog[SETTING_PATH];
	memcpy(keylog, app->settings.keylog, sizeof keylog);
	const struct setting *setting = setting_find(name, error);
	if (!setting || !setting_set(setting, &app->settings, value, error))
		return false;
	if (strcmp(setting->name, "keylog") == 0 && !set_key_log(app, error)) {
		memcpy(app->settings.keylog, keylog, sizeof keylog);
		return false;
	}
	if (transcript_ceiling(app->transcript) != app->settings.scrollback)
		transcript_set_ceiling(app->transcript, app->settings.scrollback);
	if (!sessions_set_wire(app->sessions, (enum wire_mode)app->settings.wire, error)) {
		app->settings.wire = wire;
		return false;
	}
	sessions_read_kernel(app->sessions, app->settings.kernel);
	sessions_show_packets(app->sessions, app->settings.packet_info);
	sessions_keep_clients(app->sessions, app->settings.keep_clients);
	if (app->current)
		give_setting(app, setting, &app->settings, app->current);
	return true;
}

bool app_set_session(struct app *app, struct session *session, const char *name, const char *value,
                     struct error *error)
{
	const struct setting *setting = setting_find(name, error);
	struct settings wanted = app->settings;
	if (!setting)
		return false;
	if (!setting_is_of_session(setting)) {
		error_usage(error, "%s belongs to no session: /set %s %.40s", setting->name,
		            setting->name, value);
		return false;
	}
	if (!setting_set(setting, &wanted, value, error))
		return false;
	if (setting->of_listeners && !session_limits(session)) {
		error_set(error, "%s is for listeners, and session %u is none", setting->name,
		          (unsigned)session_number(session));
		return false;
	}
	give_setting(app, setting, &wanted, session);
	return true;
}

/* ---- logs ---- */

void app_log_failed(struct app *app, const struct error *error)
{
	app->log_failed = true;
	if (app->on_terminal)
		app_error(app, "%s", error->text);
	else
		error_print("%s", error->text);
}

static void log_over(void *context, const char *path, uint64_t written, const struct error *error)
{
	struct app *app = context;
	char size[COUNT_TEXT];
	bool answering = app->answering;
	app->answering = app->attended; /* the person has closed it */
	if (!error)
		app_note(app, "log %s is closed: %s", path, count_format_bytes(written, size));
	app->answering = answering;
	if (error)
		app_log_failed(app, error);
}

static void find_wire_ends(void *context, uint32_t number, uint32_t ends[2])
{
	const struct app *app = context;
	const struct session *session = sessions_numbered(app->sessions, number);
	if (session)
		find_ends(app, session, ends);
}

static void keep_frames(void *context, bool whole)
{
	const struct app *app = context;
	sessions_keep_frames(app->sessions, whole);
}

/* Sessions wait for the disk, keys do not. */
static void hold_sessions(struct app *app)
{
	logs_feed(app->logs);
	bool behind = logs_are_behind(app->logs);
	for (size_t i = 0; (behind || app->holds) && i < sessions_count(app->sessions); i++) {
		struct session *session = sessions_at(app->sessions, i);
		session_hold(session, behind && logs_hold(app->logs, session_number(session)));
	}
	app->holds = behind;
}

/* ---- life ---- */

void app_init(struct app *app)
{
	*app = (struct app){ 0 };
	settings_init(&app->settings);
	app->transcript = transcript_new(app->settings.scrollback, TRANSCRIPT_BLOCK);
	follower_init(&app->news, app->transcript);
	app->answered = TRANSCRIPT_NONE;
	app->sessions = sessions_new(app->transcript);
	sessions_watch(app->sessions, session_born, session_gone, app);
	app->key_log = key_log_new(KEY_LOG_LINES);
	const struct logs_hooks hooks = { app, log_over, find_wire_ends, keep_frames,
		                          app->key_log };
	app->logs = logs_new(app->transcript, app->sessions, &hooks);
	obey_environment(app);
}

void app_free(struct app *app)
{
	sessions_watch(app->sessions, NULL, NULL, NULL);
	logs_free(app->logs);
	struct sandbox *sandbox = sessions_sandbox(app->sessions);
	sessions_free(app->sessions);
	sandbox_free(sandbox); /* when no socket there is left */
	sandbox_free(app->spare_sandbox);
	key_log_free(app->key_log);
	transcript_free(app->transcript);
	while (app->tab_count > 0)
		drop_tab(app, app->tabs[0].session);
	free(app->tabs);
	named_targets_free(&app->targets);
	free(app->searched);
	filter_free(app->filter);
	free(app->filter_words);
	buf_free(&app->copied);
	free(app->asked);
	free(app->open_page.line);
	free(app->open_page.text);
	free(app->open_page.state);
	free(app->lesson.waiting);
	*app = (struct app){ 0 };
}

void app_prepare(struct app *app, struct poller *poller)
{
	hold_sessions(app);
	sessions_set_reconnect(app->sessions, app->settings.reconnect && !app->keeps_failed);
	sessions_prepare(app->sessions, poller);
}

void app_serve(struct app *app, struct poller *poller)
{
	sessions_serve(app->sessions, poller);
	logs_serve(app->logs, poller);
	serve_key_log(app);
	settle_failed(app);
	settle_current(app);
	if (!app->tabless)
		count_news(app);
}

void app_reap(struct app *app)
{
	sessions_reap(app->sessions);
}
