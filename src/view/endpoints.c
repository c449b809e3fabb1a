// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/endpoints.h"

#include <errno.h>
#include <sys/socket.h>

#include "view/cursor.h"

enum { NEWEST = 256, FIRST = 64, LOOK_NEAR = 16 };

/* What one session's calls say of its two endpoints. */
struct found {
	struct endpoint local, bound, peer;
	struct endpoint tried; /* by the newest connect() of another socket than that of `local` */
	int named;             /* the descriptor that `local` is of, plus 1; 0 = not known */
	bool listening, datagrams, everywhere;
	uint32_t listener; /* that accepted it */
};

static void set_once(struct endpoint *addr, const struct entry *entry)
{
	if (!endpoint_is_set(addr))
		*addr = entry_addr(entry);
}

const struct entry *endpoints_find_accept(const struct transcript *transcript, uint64_t position)
{
	for (int i = 0; i < LOOK_NEAR; i++) {
		position = transcript_previous(transcript, position);
		const struct entry *entry = transcript_at(transcript, position);
		if (!entry)
			return NULL;
		if (entry->call == CALL_ACCEPT && !entry->error)
			return entry;
	}
	return NULL;
}

static bool is_begun(const struct entry *entry)
{
	return !entry->error || entry->error == EINPROGRESS;
}

static void learn_accept(const struct view *view, uint64_t position, struct found *found)
{
	const struct entry *accept = endpoints_find_accept(view->transcript, position);
	if (!accept)
		return;
	set_once(&found->peer, accept);
	found->listener = accept->session;
}

/* Of several sockets that connect() side by side the winner's is the last that is named. */
static void learn_name(const struct entry *entry, struct found *found)
{
	if (!endpoint_is_set(&found->local))
		found->named = entry->fd + 1;
	set_once(&found->local, entry);
}

/* A listener on every address has a socket for each family. */
static void learn_bound(const struct entry *entry, struct found *found)
{
	struct endpoint addr = entry_addr(entry);
	if (!endpoint_is_set(&found->bound))
		found->bound = addr;
	else if (endpoint_is_any(&addr) && endpoint_is_any(&found->bound) &&
	         (addr.port == found->bound.port || !addr.port) &&
	         !endpoint_same_family(&addr, &found->bound))
		found->everywhere = true;
}

static void learn(const struct view *view, uint64_t position, struct found *found)
{
	const struct entry *entry = transcript_at(view->transcript, position);
	if (entry->call == CALL_CONNECT && is_begun(entry))
		set_once(entry->fd + 1 == found->named ? &found->peer : &found->tried, entry);
	else if (entry->call == CALL_GETSOCKNAME && !entry->error)
		learn_name(entry, found);
	else if (entry->call == CALL_BIND && !entry->error)
		learn_bound(entry, found);
	else if (entry->call == CALL_LISTEN && !entry->error)
		found->listening = true;
	else if (entry_is_addressed(entry) ||
	         (entry->call == CALL_SOCKET && entry->arg == SOCK_DGRAM))
		found->datagrams = true;
	else if (entry_is_accepted(entry))
		learn_accept(view, position, found);
}

static void learn_newest(const struct view *view, uint32_t session, struct found *found)
{
	uint64_t position = transcript_last(view->transcript, session);
	for (int i = 0; i < NEWEST && position != TRANSCRIPT_NONE; i++) {
		learn(view, position, found);
		position = transcript_before(view->transcript, position);
	}
}

static bool is_no_sample(const struct view *view, uint64_t position, const struct entry *entry)
{
	(void)view, (void)position;
	return entry->call != CALL_SAMPLE;
}

static void learn_first(const struct view *view, uint32_t session, struct found *found)
{
	struct cursor cursor;
	static const struct view_ops calls = { .merges = true, .shows = is_no_sample };
	const struct view alone = {
		.ops = &calls,
		.transcript = view->transcript,
		.session = session,
		.columns = view->columns,
	};
	bool more = cursor_first(&cursor, &alone);
	for (int i = 0; i < FIRST && more; i++) {
		learn(view, cursor.position, found);
		more = cursor_after(&cursor);
	}
}

static struct found look_at(const struct view *view, uint32_t session)
{
	struct found found = { 0 };
	learn_newest(view, session, &found);
	if (!endpoint_is_set(&found.local) || !endpoint_is_set(&found.peer))
		learn_first(view, session, &found);
	if (found.named && !endpoint_is_set(&found.peer))
		learn_first(view, session, &found);
	if (!endpoint_is_set(&found.peer))
		found.peer = found.tried;
	if (!endpoint_is_set(&found.local))
		found.local = found.bound;
	return found;
}

/* An accepted session makes no call that has its own address: it is its listener's. */
static struct endpoint address_of_listener(const struct view *view, uint32_t listener)
{
	struct found found = { 0 };
	if (listener)
		found = look_at(view, listener);
	return found.local;
}

/* That of its first socket(), or of its listener's: a session stays on its host. */
static enum host find_host(const struct transcript *transcript, uint32_t session)
{
	uint64_t at = transcript_begin(transcript, session);
	for (int i = 0; i < LOOK_NEAR && at != TRANSCRIPT_NONE; i++) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry->call == CALL_SOCKET)
			return entry_host(entry);
		const struct entry *accept =
		        entry_is_accepted(entry) ? endpoints_find_accept(transcript, at) : NULL;
		if (accept)
			return find_host(transcript, accept->session);
		at = transcript_after(transcript, at);
	}
	return HOST_HERE;
}

static void fill(struct endpoint *addr, const struct endpoint *from)
{
	if (!endpoint_is_set(addr))
		*addr = *from;
}

void endpoints_find(const struct view *view, struct endpoints *endpoints)
{
	struct found left = look_at(view, view->session), right = { 0 };
	if (view->other)
		right = look_at(view, view->other);
	*endpoints = (struct endpoints){
		.addr = { left.local, left.peer },
		.host = find_host(view->transcript, view->session),
		.listening = left.listening,
		.everywhere = left.everywhere,
		.datagrams = left.datagrams,
	};
	fill(&endpoints->addr[0], &right.peer);
	fill(&endpoints->addr[1], &right.local);
	if (!endpoint_is_set(&endpoints->addr[0]))
		endpoints->addr[0] = address_of_listener(view, left.listener);
}
