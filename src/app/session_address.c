// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session_address.h"

#include <string.h>

#include "base/choice.h"

#define DIGITS "0123456789"

bool session_address_is_name(const char *word)
{
	if (*word == '@')
		return word[1] != '\0';
	return *word && !strpbrk(word, ":/[") && word[strspn(word, DIGITS ".*")] != '\0';
}

static const char *name_of_session(const void *context, size_t index)
{
	const struct app *app = context;
	if (index >= sessions_count(app->sessions))
		return NULL;
	return session_name(sessions_at(app->sessions, index));
}

const struct session *session_address_find(struct app *app, const char *word, struct error *error)
{
	struct choice names = { .name = name_of_session, .context = app };
	if (*word == '@')
		return app_find_session(app, word, error);
	const struct session *session = sessions_named(app->sessions, word);
	if (!session)
		choice_suggest(&names, word, strlen(word), "", error);
	return session;
}

/* A conversation has an address, too, which only its peer reaches. */
static bool is_client(const struct session *session)
{
	return !session_is_server(session) && !session_has_clients(session) &&
	       !session_has_peers(session) && session_state(session) != SESSION_FRESH;
}

static bool has_address(const struct endpoint *addr)
{
	if (endpoint_is_unix(addr))
		return !endpoint_is_unnamed(addr);
	return endpoint_is_set(addr) && addr->port != 0;
}

static struct endpoint choose_address(const struct session *session, int family)
{
	struct endpoint chosen = session_local(session);
	for (size_t i = 0; i < session_socket_count(session) && chosen.family != family; i++) {
		struct endpoint addr;
		session_socket_sample(session, i, &addr);
		if (addr.family == family)
			chosen = addr;
	}
	return chosen;
}

bool session_address_get(const struct session *session, int family, enum host *from,
                         struct endpoint *addr, struct error *error)
{
	unsigned number = (unsigned)session_number(session);
	const char *name = session_name(session);
	enum host host = session_host(session);
	if (session_refuse_recorded(session, error))
		return false;
	if (is_client(session)) {
		error_set(error,
		          "session %u (%s) is a client: only a listener or a datagram socket is "
		          "reached by its name",
		          number, name);
		return false;
	}
	*addr = choose_address(session, family);
	if (!has_address(addr)) {
		error_set(error, "session %u (%s) has no local address yet", number, name);
		return false;
	}
	int on_wire = endpoint_on_wire(addr).family;
	if (endpoint_is_any(addr))
		*addr = host == HOST_HERE ? endpoint_loopback(on_wire, addr->port)
		                          : host_address(host, on_wire, addr->port);
	bool loopback = endpoint_is_loopback(addr);
	if (*from == HOST_HERE && loopback)
		*from = host;
	if (*from == HOST_HERE || *from == host || (host != HOST_HERE && !loopback))
		return true;
	char text[ENDPOINT_TEXT];
	error_set(error, "session %u (%s) is at %s of %s: %s does not reach it", number, name,
	          endpoint_format(addr, text), host == HOST_HERE ? "this machine" : host_name(host),
	          host_name(*from));
	return false;
}

bool session_address_for(const struct session *session, const struct session *socket,
                         struct endpoint *addr, struct error *error)
{
	enum host own = session_host(socket), from = own;
	if (session_refuse_recorded(socket, error) ||
	    !session_address_get(session, session_family(socket), &from, addr, error))
		return false;
	if (session_transport(session) != session_transport(socket)) {
		error_set(error, "session %u (%s) is %s, and session %u is %s",
		          (unsigned)session_number(session), session_name(session),
		          transport_title(session_transport(session)),
		          (unsigned)session_number(socket),
		          transport_title(session_transport(socket)));
		return false;
	}
	if (own != HOST_HERE || session_host(session) == HOST_HERE)
		return true;
	error_set(error, "session %u (%s) is on %s: session %u, on this machine, does not reach it",
	          (unsigned)session_number(session), session_name(session),
	          host_name(session_host(session)), (unsigned)session_number(socket));
	return false;
}
