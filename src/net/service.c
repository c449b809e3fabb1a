// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/service.h"

#include <string.h>
#include <sys/socket.h>

#include "net/session.h"
#include "record/entry.h"

#define DECLARE(name) extern const struct service service_##name;
#define POINTER(name) &service_##name,
SERVICES(DECLARE)

static const char greeting[] = "Hello from sockpit!\n";

/* A stream that takes no more is shut or reset, which its transcript says already. */
static void answer(struct session *session, const struct endpoint *to, const char *data, size_t len)
{
	struct error error;
	if (!to)
		session_send(session, data, len, &error);
	else if (!session_send_to(session, to, data, len, &error))
		session_note(session, ENTRY_ERROR, "not answered: %s", error.text);
}

static void drop(struct session *session, const struct endpoint *from, const char *data, size_t len)
{
	(void)session;
	(void)from;
	(void)data;
	(void)len;
}

static void stay_open(struct session *session)
{
	(void)session;
}

/* FIN and not close(): a client that has already written would be answered by RST, which destroys
 * the greeting on its way. What it writes is read and dropped until it closes, too. */
static void greet(struct session *session)
{
	struct error error;
	answer(session, NULL, greeting, sizeof greeting - 1);
	session_shutdown(session, SHUT_WR, &error);
}

static void greet_back(struct session *session, const struct endpoint *from, const char *data,
                       size_t len)
{
	(void)data;
	(void)len;
	if (from)
		answer(session, from, greeting, sizeof greeting - 1);
}

static const struct service none = {
	.name = "none",
	.help = "a person answers",
	.ended = stay_open,
};

const struct service service_echo = {
	.name = "echo",
	.help = "sends back what it reads (RFC 862)",
	.data = answer,
};

const struct service service_discard = {
	.name = "discard",
	.help = "reads and drops (RFC 863)",
	.data = drop,
};

const struct service service_hello = {
	.name = "hello",
	.help = "greets and closes; on UDP it answers each datagram",
	.opened = greet,
	.data = greet_back,
};

const struct service *const service_table[] = { &none, SERVICES(POINTER) NULL };

/* ---- finding one ---- */

static const char *name_of_service(const void *table, size_t index)
{
	const struct service *const *services = table;
	return services[index] ? services[index]->name : NULL;
}

const struct choice service_names = { .name = name_of_service, .context = service_table };

const struct service *service_find(const char *name)
{
	const struct service *const *service = service_table;
	while (*service && strcmp((*service)->name, name) != 0)
		service++;
	return *service;
}

const struct service *service_choose(const char *name, struct error *error)
{
	size_t index = choice_choose(&service_names, "service", name, NULL, error);
	return index == CHOICE_NONE ? NULL : service_table[index];
}
