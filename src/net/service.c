// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/service.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "net/session_internal.h"

#define DECLARE(name) extern const struct service service_##name;
#define POINTER(name) &service_##name,
SERVICES(DECLARE)

static void stay_open(struct session *session)
{
	(void)session;
}

static const struct service none = {
	.name = "none",
	.help = "a person answers",
	.ended = stay_open,
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
	if (strcmp(name, "relay") == 0) { /* its words depend on where it listens */
		error_usage(error, "relay is no service to choose: /relay makes one, or --relay");
		return NULL;
	}
	size_t index = choice_choose(&service_names, "service", name, NULL, error);
	return index == CHOICE_NONE ? NULL : service_table[index];
}

/* ---- its words ---- */

#define BLANKS " \t\n"

static void trim(char *text)
{
	size_t len = strlen(text);
	while (len && strchr(BLANKS, text[len - 1]))
		text[--len] = '\0';
}

static bool cut_last(char *text, const char *word)
{
	trim(text);
	size_t len = strlen(text), word_len = strlen(word);
	char *at = len < word_len ? text : text + len - word_len;
	if (strcmp(at, word) != 0 || (at > text && !strchr(BLANKS, at[-1])))
		return false;
	*at = '\0';
	trim(text);
	return true;
}

static struct serving *configure(const struct service *service, const char *typed,
                                 const char *words, bool iterative, struct error *error)
{
	struct error why;
	void *configuration = NULL;
	if (!*words && service->needs_words) {
		error_usage(error, "%s needs words: /service %s %s", service->name, service->name,
		            service->usage);
		return NULL;
	}
	if (*words && !service->configure) {
		error_usage(error, "%s takes no words but iterative: %.100s", service->name, words);
		return NULL;
	}
	if (*words)
		configuration = service->configure(words, &why);
	if (!*words || configuration)
		return serving_new(service, configuration, typed, iterative);
	error_usage(error, "%s: %.200s", service->name, why.text);
	return NULL;
}

const struct service *service_parse(const char *text, struct serving **serving, struct error *error)
{
	text += strspn(text, BLANKS);
	char *name = xstrndup(text, strcspn(text, BLANKS));
	const char *words = text + strlen(name);
	const struct service *service = service_choose(name, error);
	free(name);
	*serving = NULL;
	if (!service)
		return NULL;
	words += strspn(words, BLANKS);
	if (!*words && !service->needs_words)
		return service;
	char *own = xstrdup(words);
	bool iterative = cut_last(own, "iterative");
	*serving = configure(service, words, own, iterative, error);
	free(own);
	return *serving ? service : NULL;
}

/* ---- for services ---- */

void service_answer(struct session *session, const struct endpoint *to, const char *data, size_t len)
{
	struct error error;
	if (!to)
		session_send(session, data, len, &error);
	else if (!session_send_to(session, to, data, len, &error))
		session_note(session, ENTRY_ERROR, "not answered: %s", error.text);
}

bool service_send(struct session *client, const char *data, size_t len)
{
	struct error error;
	uint8_t flags = client->caller.flags;
	if (!session_takes_data(client) || session_unsent(client) + len > SERVICE_QUEUE)
		return false;
	session_begin_service(client);
	bool sent = session_send(client, data, len, &error);
	client->caller.flags = flags;
	return sent;
}

void service_send_fin(struct session *session)
{
	struct error error;
	session_shutdown(session, SHUT_WR, &error);
}

struct session *service_server(struct session *session)
{
	uint32_t listener = session->listener;
	return listener ? session->table->find(session->table, listener) : session;
}

void service_drop(struct session *session, const struct endpoint *from, const char *data, size_t len)
{
	(void)session;
	(void)from;
	(void)data;
	(void)len;
}
