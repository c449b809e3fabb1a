// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/scripted.h"

#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "net/lookup.h"

struct script {
	const char *name;
	int status;
	const char *addrs[5];
};

static const struct script scripts[] = {
	{ "order.test", 0, { "127.0.0.2", "::1", "127.0.0.1" } },
	{ "race.test", 0, { "127.0.0.2", "127.0.0.3", "127.0.0.1", "::1" } },
	{ "twice.test", 0, { "127.0.0.1", "::1", "127.0.0.1", "::1", "127.0.0.2" } },
	{ "slow.test", 0, { "127.0.0.1" } },
	{ "empty.test", 0, { NULL } },
	{ "none.test", EAI_NONAME, { NULL } },
	{ "nodata.test", EAI_NODATA, { NULL } },
	{ "family.test", EAI_ADDRFAMILY, { NULL } },
	{ "again.test", EAI_AGAIN, { NULL } },
	{ "fail.test", EAI_FAIL, { NULL } },
	{ "system.test", EAI_SYSTEM, { NULL } },
	{ "memory.test", EAI_MEMORY, { NULL } },
	{ "localhost", EAI_AGAIN, { NULL } },
};

static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_opened = PTHREAD_COND_INITIALIZER;
static bool gate_is_open;
static atomic_int last_flags, last_blocks_signals;

static void pass_gate(void)
{
	pthread_mutex_lock(&gate_lock);
	while (!gate_is_open)
		pthread_cond_wait(&gate_opened, &gate_lock);
	pthread_mutex_unlock(&gate_lock);
}

void scripted_set_gate(bool open)
{
	pthread_mutex_lock(&gate_lock);
	gate_is_open = open;
	pthread_cond_broadcast(&gate_opened);
	pthread_mutex_unlock(&gate_lock);
}

static struct addrinfo *make_info(const struct addrinfo *like)
{
	struct addrinfo *info = xcalloc(1, sizeof *info + sizeof(struct sockaddr_storage));
	*info = *like;
	info->ai_canonname = NULL;
	info->ai_next = NULL;
	info->ai_addr = (struct sockaddr *)(void *)(info + 1);
	memcpy(info->ai_addr, like->ai_addr, like->ai_addrlen);
	return info;
}

/* Appends copies of a list, so that freeaddrinfo() meets one sort only. */
static void append_infos(struct addrinfo **end, const struct addrinfo *list)
{
	while (*end)
		end = &(*end)->ai_next;
	for (; list; list = list->ai_next, end = &(*end)->ai_next)
		*end = make_info(list);
}

static int ask_libc(const char *node, const char *service, const struct addrinfo *hints,
                    struct addrinfo **list)
{
	int (*get)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void (*release)(struct addrinfo *);
	struct addrinfo *real = NULL;
	*(void **)&get = dlsym(RTLD_NEXT, "getaddrinfo");
	*(void **)&release = dlsym(RTLD_NEXT, "freeaddrinfo");
	int status = get(node, service, hints, &real);
	if (status)
		return status;
	append_infos(list, real);
	release(real);
	return 0;
}

static int play(const struct script *script, const char *service, const struct addrinfo *hints,
                struct addrinfo **list)
{
	struct addrinfo numeric = *hints;
	numeric.ai_flags = AI_NUMERICHOST;
	for (size_t i = 0; i < 5 && script->addrs[i]; i++)
		ask_libc(script->addrs[i], service, &numeric, list);
	errno = EMFILE;
	return script->status;
}

static void play_many(const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
	char text[20];
	for (int i = 0; i < 2 * LOOKUP_MAX; i++) {
		snprintf(text, sizeof text, "127.0.1.%d", i);
		ask_libc(text, service, hints, list);
	}
}

static bool is_scripted(const char *node)
{
	size_t len = node ? strlen(node) : 0;
	return (len >= 5 && strcmp(node + len - 5, ".test") == 0) ||
	       (node && strcmp(node, "localhost") == 0);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **list)
{
	*list = NULL;
	if (!is_scripted(node))
		return ask_libc(node, service, hints, list);
	if (hints->ai_flags & AI_NUMERICHOST)
		return EAI_NONAME;
	sigset_t mask;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	atomic_store(&last_flags, hints->ai_flags);
	atomic_store(&last_blocks_signals,
	             sigismember(&mask, SIGWINCH) && sigismember(&mask, SIGTERM));
	if (strcmp(node, "slow.test") == 0)
		pass_gate();
	if (strcmp(node, "many.test") == 0)
		play_many(service, hints, list);
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
		if (strcmp(node, scripts[i].name) == 0)
			return play(&scripts[i], service, hints, list);
	return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
	while (list) {
		struct addrinfo *next = list->ai_next;
		free(list);
		list = next;
	}
}

int scripted_flags(void)
{
	return atomic_load(&last_flags);
}

bool scripted_blocks_signals(void)
{
	return atomic_load(&last_blocks_signals);
}
