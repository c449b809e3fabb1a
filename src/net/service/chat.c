// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/service.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "record/entry.h"

enum {
	NAME_MOST = 20,
	LINE_MOST = 1000, /* a longer one becomes several */
	GUESTS_MOST = 1000, /* on a datagram socket */
};

#define SILENCE (600 * CLOCK_S) /* after it the peer of a datagram socket has left: it has no FIN */
#define HELP    "/name NAME, /who, /quit"
#define OPERATOR "operator"

extern const struct service service_chat;

struct guest {
	char name[NAME_MOST + 1];
	bool here;
	uint64_t dropped; /* lines that were not sent, as the client reads too slowly */
	struct endpoint addr; /* of a datagram socket, else AF_UNSPEC */
	int64_t last;         /* when it has written; */
	bool refused;         /* or nobody receives there any more */
};

/* What is kept of a session. */
struct chat {
	/* a client */
	struct guest guest;
	char line[LINE_MOST]; /* that has not ended */
	size_t len;

	/* a datagram socket */
	struct guest *guests;
	size_t count, cap;
	unsigned numbers; /* how many names were given */
};

/* ---- who is here ---- */

struct walk {
	struct session *room;   /* any client, or the server */
	struct session *client; /* whose guest it is */
	size_t index;
};

/* NULL after the last. The pointer holds until somebody comes or leaves. */
static struct guest *next_guest(struct walk *walk)
{
	if (session_has_peers(walk->room)) {
		struct chat *chat = session_service_state(walk->room);
		walk->client = walk->room;
		return walk->index < chat->count ? &chat->guests[walk->index++] : NULL;
	}
	while ((walk->client = session_next_client(walk->room, walk->client))) {
		if (session_service(walk->client) != &service_chat) /* a person has given it another */
			continue;
		struct chat *chat = session_service_state(walk->client);
		if (chat->guest.here)
			return &chat->guest;
	}
	return NULL;
}

static bool is_taken(struct session *room, const struct guest *but, const char *name)
{
	struct walk walk = { .room = room };
	const struct guest *guest;
	while ((guest = next_guest(&walk)))
		if (guest != but && strcasecmp(guest->name, name) == 0)
			return true;
	return strcasecmp(name, OPERATOR) == 0 || strncasecmp(name, "guest", 5) == 0;
}

/* ---- speaking ---- */

static void tell(struct session *session, struct guest *guest, const char *text, size_t len)
{
	if (endpoint_is_set(&guest->addr)) {
		struct endpoint to = guest->addr;
		if (!guest->refused)
			service_answer(session, &to, text, len);
	} else if (!service_send(session, text, len) && session_takes_data(session)) {
		if (!guest->dropped++)
			session_note(session, ENTRY_ERROR,
			             "reads too slowly: lines of the chat are dropped");
	}
}

__attribute__((format(printf, 3, 4))) static void
tell_one(struct session *session, struct guest *guest, const char *format, ...)
{
	va_list args;
	char *text = NULL;
	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	if (len >= 0)
		tell(session, guest, text, (size_t)len);
	free(text);
}

/* A line to all but one, with its line end. The operator reads it at the server. */
static void tell_all(struct session *room, const struct guest *but, const char *text, size_t len)
{
	struct walk walk = { .room = room };
	struct guest *guest;
	struct session *server = service_server(room);
	if (server)
		session_note(server, 0, "%.*s", (int)len - 1, text);
	while ((guest = next_guest(&walk)))
		if (guest != but)
			tell(walk.client, guest, text, len);
}

static void announce(struct session *room, const struct guest *who, const char *what)
{
	char text[NAME_MOST + 64];
	int len = snprintf(text, sizeof text, "* %s %s\n", who->name, what);
	tell_all(room, who, text, (size_t)len);
}

/* ---- coming and leaving ---- */

static void join(struct session *session, struct guest *guest, unsigned number)
{
	size_t others = 0;
	struct walk walk = { .room = session };
	const struct guest *other;
	while ((other = next_guest(&walk)))
		others += other != guest;
	snprintf(guest->name, sizeof guest->name, "guest%u", number);
	guest->here = true;
	tell_one(session, guest, "* you are %s; %zu other%s here; " HELP "\n", guest->name, others,
	         others == 1 ? " is" : "s are");
	announce(session, guest, "has joined");
}

static void leave(struct session *session, struct guest *guest, const char *how)
{
	if (!guest->here)
		return;
	guest->here = false;
	announce(session, guest, how);
	struct chat *chat = session_service_state(session);
	if (endpoint_is_set(&guest->addr))
		*guest = chat->guests[--chat->count];
}

/* ---- lines ---- */

/* What others' terminals get: no controls, those of C1 in UTF-8 either. */
static void append_clean(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i], next = i + 1 < len ? (unsigned char)text[i + 1] : 0;
		bool control = (c < ' ' && c != '\t') || c == 127;
		bool is_c1 = c == 0xc2 && next >= 0x80 && next < 0xa0;
		buf_append(out, control || is_c1 ? "?" : text + i, 1);
		i += is_c1;
	}
}

static void say(struct session *room, const char *name, const struct guest *but, const char *text,
                size_t len)
{
	struct buf line = { .max = SIZE_MAX };
	buf_printf(&line, "%s: ", name);
	append_clean(&line, text, len);
	buf_append_text(&line, "\n");
	tell_all(room, but, buf_data(&line), line.len);
	buf_free(&line);
}

/* What cannot be seen would make two names look the same. */
static bool is_name(const char *name, size_t len)
{
	struct glyph glyph;
	bool good = len > 0 && len <= NAME_MOST;
	for (size_t i = 0; good && i < len;) {
		bool plain = (unsigned char)name[i] < 0x80;
		i += text_glyph(name + i, len - i, -1, &glyph);
		good = !glyph.mark || (!plain && !text_has_unicode());
	}
	return good && !memchr(name, ' ', len) && !memchr(name, '*', len) && !memchr(name, ':', len);
}

static void rename_guest(struct session *session, struct guest *guest, const char *name, size_t len)
{
	char what[NAME_MOST + 32], wanted[NAME_MOST + 1];
	if (!is_name(name, len)) {
		tell_one(session, guest,
		         "* a name has 1 to %d bytes, all visible, and neither blanks, * nor :\n",
		         NAME_MOST);
		return;
	}
	snprintf(wanted, sizeof wanted, "%.*s", (int)len, name);
	if (is_taken(session, guest, wanted)) {
		tell_one(session, guest, "* %s is taken\n", wanted);
		return;
	}
	snprintf(what, sizeof what, "is now %s", wanted);
	announce(session, guest, what);
	memcpy(guest->name, wanted, sizeof wanted);
	tell_one(session, guest, "* you are now %s\n", wanted);
}

static void list_guests(struct session *session, struct guest *guest)
{
	struct walk walk = { .room = session };
	struct buf line = { .max = SIZE_MAX };
	const struct guest *other;
	buf_append_text(&line, "* here:");
	while ((other = next_guest(&walk)))
		buf_printf(&line, " %s", other->name);
	buf_append_text(&line, "\n");
	tell(session, guest, buf_data(&line), line.len);
	buf_free(&line);
}

static bool is_command(const char *line, size_t len, const char *name, size_t *taken)
{
	*taken = strlen(name);
	return len >= *taken && memcmp(line, name, *taken) == 0 &&
	       (len == *taken || line[*taken] == ' ');
}

/* Without its line end. */
static void take_line(struct session *session, struct guest *guest, const char *line, size_t len)
{
	size_t taken;
	len -= len && line[len - 1] == '\r';
	if (len == 0)
		return;
	if (line[0] != '/' || (len > 1 && line[1] == '/')) {
		bool slash = line[0] == '/';
		say(session, guest->name, guest, line + slash, len - slash);
	} else if (is_command(line, len, "/name", &taken)) {
		while (taken < len && line[taken] == ' ')
			taken++;
		rename_guest(session, guest, line + taken, len - taken);
	} else if (is_command(line, len, "/who", &taken)) {
		list_guests(session, guest);
	} else if (is_command(line, len, "/quit", &taken)) {
		if (!endpoint_is_set(&guest->addr))
			service_send_fin(session);
		leave(session, guest, "has left");
	} else {
		tell_one(session, guest, "* no such command; there are " HELP "; // begins a line with /\n");
	}
}

/* ---- clients ---- */

static void opened(struct session *session)
{
	struct chat *chat = session_service_state(session);
	join(session, &chat->guest, session_number(session));
}

/* The bytes of a character stay together. */
static void take_long_line(struct session *session, struct chat *chat)
{
	size_t len = text_whole(chat->line, chat->len);
	take_line(session, &chat->guest, chat->line, len);
	chat->len -= len;
	memmove(chat->line, chat->line + len, chat->len);
}

static void take_bytes(struct session *session, struct chat *chat, const char *data, size_t len)
{
	for (size_t i = 0; i < len && chat->guest.here; i++) {
		if (data[i] == '\n') {
			take_line(session, &chat->guest, chat->line, chat->len);
			chat->len = 0;
			continue;
		}
		chat->line[chat->len++] = data[i];
		if (chat->len == LINE_MOST)
			take_long_line(session, chat);
	}
}

/* ---- datagrams ---- */

static void forget_gone(struct session *session)
{
	int64_t now = clock_now();
	struct chat *chat = session_service_state(session);
	for (size_t i = chat->count; i-- > 0;) {
		struct guest *guest = &chat->guests[i];
		if (guest->refused)
			leave(session, guest, "has left: its port is closed");
		else if (now - guest->last > SILENCE)
			leave(session, guest, "has left: silent for long");
	}
}

static struct guest *find_guest(struct chat *chat, const struct endpoint *addr)
{
	for (size_t i = 0; i < chat->count; i++)
		if (endpoint_equal(&chat->guests[i].addr, addr))
			return &chat->guests[i];
	return NULL;
}

static void refused(struct session *session, const struct endpoint *peer)
{
	struct guest *guest = find_guest(session_service_state(session), peer);
	if (!guest)
		return;
	guest->refused = true;
	session_wake_service(session, clock_now());
}

/* NULL where the room is full. */
static struct guest *meet(struct session *session, struct chat *chat, const struct endpoint *from,
                          int64_t now)
{
	struct guest *known = find_guest(chat, from);
	if (known || chat->count == GUESTS_MOST)
		return known;
	chat->guests = xgrow(chat->guests, &chat->cap, chat->count, sizeof *chat->guests);
	struct guest *guest = &chat->guests[chat->count++];
	*guest = (struct guest){ .addr = *from, .last = now };
	join(session, guest, ++chat->numbers);
	return guest;
}

static void take_datagram(struct session *session, struct chat *chat, const struct endpoint *from,
                          const char *data, size_t len)
{
	static const char full[] = "* the room is full\n";
	struct endpoint addr = *from;
	int64_t now = clock_now();
	forget_gone(session);
	struct guest *guest = meet(session, chat, &addr, now);
	if (!guest) {
		service_answer(session, &addr, full, sizeof full - 1);
		return;
	}
	guest->last = now;
	size_t guests = chat->count;
	while (len && chat->count == guests) { /* else it has left */
		size_t most = len < LINE_MOST ? len : text_whole(data, LINE_MOST);
		const char *end = memchr(data, '\n', most);
		size_t line = end ? (size_t)(end - data) : most;
		take_line(session, guest, data, line);
		line += end != NULL;
		data += line;
		len -= line;
	}
}

/* The bytes stay valid only until the first line of them is sent. */
static void heard(struct session *session, const struct endpoint *from, const char *data, size_t len)
{
	struct chat *chat = session_service_state(session);
	char *copy = xmalloc(len + 1);
	memcpy(copy, data, len);
	if (from)
		take_datagram(session, chat, from, copy, len);
	else
		take_bytes(session, chat, copy, len);
	free(copy);
}

static void ready(struct session *session)
{
	struct chat *chat = session_service_state(session);
	struct guest *guest = &chat->guest;
	uint64_t dropped = guest->dropped;
	guest->dropped = 0;
	if (dropped)
		tell_one(session, guest, "* %llu line%s dropped: you read too slowly\n",
		         (unsigned long long)dropped, dropped == 1 ? " was" : "s were");
}

/* Who has sent FIN says nothing more. It may be that the whole socket is closed: that would be known
 * only when something is sent there. */
static void ended(struct session *session)
{
	struct chat *chat = session_service_state(session);
	if (chat->len)
		take_line(session, &chat->guest, chat->line, chat->len);
	chat->len = 0;
	leave(session, &chat->guest, "has left");
	service_send_fin(session);
}

static void over(struct session *session)
{
	struct chat *chat = session_service_state(session);
	leave(session, &chat->guest,
	      session_end(session) == SESSION_ENDED_RESET ? "has left: reset" : "has left");
}

static bool typed(struct session *server, const char *data, size_t len, struct error *error)
{
	struct walk walk = { .room = server };
	if (!next_guest(&walk)) {
		error_set(error, "nobody is in the chat");
		return false;
	}
	while (len) {
		const char *end = memchr(data, '\n', len);
		size_t line = end ? (size_t)(end - data) : len;
		say(server, OPERATOR, NULL, data, line - (line && data[line - 1] == '\r'));
		line += end != NULL;
		data += line;
		len -= line;
	}
	return true;
}

static void freed(void *state)
{
	struct chat *chat = state;
	free(chat->guests);
}

const struct service service_chat = {
	.name = "chat",
	.help = "passes each client's lines on to all others\n"
	        "It announces who joins and leaves. A client may type " HELP "; in sockpit, where / "
	        "begins a command of its own, //name NAME.\n"
	        "What is typed at the server, or in pipe mode comes on standard input, goes to all; the "
	        "lines of all are shown there, or are on standard output. To a client that does not read, "
	        "lines are dropped, and it is told how many. On datagrams the first one joins, and who "
	        "has closed the port, or is silent for 10 minutes, has left.",
	.state_size = sizeof(struct chat),
	.opened = opened,
	.data = heard,
	.ready = ready,
	.refused = refused,
	.woken = forget_gone,
	.ended = ended,
	.over = over,
	.typed = typed,
	.freed = freed,
};
