// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "net/resolve.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/poller.h"

/* What a look-up that finds nothing has come to. */
#ifdef EAI_NODATA
enum { NOTHING_FOUND = EAI_NODATA };
#else
enum { NOTHING_FOUND = EAI_NONAME };
#endif

/* Shared by its owner and the thread that asks; whoever leaves last frees it. The thread alone
 * writes the answer until `done`, the owner alone reads it from then on. The thread closes its end
 * of the pipe when it is done: end of file wakes the poller, and needs no buffer and no signal. */
struct lookup {
	struct lookup_query query;
	struct lookup_answer answer;
	struct error error; /* filled where the answer is known at once */
	int status; /* of getaddrinfo(), worded by lookup_take(): words are not made in two threads
	               at once */
	int code;   /* errno behind EAI_SYSTEM */
	int owner_fd, thread_fd;
	atomic_bool done;
	atomic_int holders;

	/* the owner's */
	struct resolver *resolver; /* NULL = none */
	bool waiting, asking;
	struct lookup *next; /* of those that wait */
};

/* Of an abandoned look-up the end of the pipe is kept: end of file says that its thread has
 * ended. */
struct resolver {
	unsigned at_once, threads;
	unsigned asking; /* look-ups that have a thread and an owner */
	struct lookup *first, *last;
	int abandoned[RESOLVE_MOST];
	unsigned abandoned_count;
	bool stopped;
};

static bool is_number(const char *text)
{
	return text[0] && text[strspn(text, "0123456789")] == '\0';
}

/* ---- asking ---- */

static void add_addr(struct lookup_answer *answer, const struct endpoint *addr)
{
	if (!endpoint_is_set(addr) || answer->count == RESOLVE_MAX)
		return;
	for (size_t i = 0; i < answer->count; i++)
		if (endpoint_equal(&answer->addr[i], addr))
			return;
	answer->addr[answer->count++] = *addr;
}

static struct addrinfo make_hints(const struct lookup_query *query)
{
	struct addrinfo hints = {
		.ai_family = query->family,
		.ai_socktype = transport_type(query->target.transport),
		.ai_flags =
		        (query->passive ? AI_PASSIVE : 0) | (query->numeric ? AI_NUMERICHOST : 0),
	};
	if (is_number(query->target.service))
		hints.ai_flags |= AI_NUMERICSERV;
#ifdef AI_IDN
	for (const char *p = query->target.host; *p; p++)
		if ((unsigned char)*p >= 0x80)
			hints.ai_flags |= AI_IDN;
#endif
	return hints;
}

/* The order of getaddrinfo() is that of RFC 6724 and is kept. */
static int ask(const struct lookup_query *query, struct lookup_answer *answer)
{
	struct addrinfo hints = make_hints(query), *list = NULL;
	const char *host = query->target.host;
	int status = getaddrinfo(host[0] ? host : NULL, query->target.service, &hints, &list);
	if (status && strcasecmp(host, "localhost") == 0) {
		/* RFC 6761, 6.3: that name is never asked for; a bare system has no file that says
		 * so. */
		hints.ai_flags &= ~AI_PASSIVE;
		status = getaddrinfo(NULL, query->target.service, &hints, &list);
	}
	if (status)
		return status;
	for (const struct addrinfo *info = list; info; info = info->ai_next) {
		struct endpoint addr = endpoint_from_sockaddr(info->ai_addr, info->ai_addrlen);
		add_addr(answer, &addr);
	}
	freeaddrinfo(list);
	return 0;
}

static void add_own(struct lookup *lookup, struct endpoint addr)
{
	if (lookup->query.family == AF_UNSPEC || lookup->query.family == addr.family)
		add_addr(&lookup->answer, &addr);
}

/* No host at all is this machine. To wait on, that is every address of it, IPv6 first, since it may
 * take IPv4 along; getaddrinfo() has them the other way round. To open, it is loopback, IPv4 first:
 * most servers wait there only, and UDP tries one address. */
static void answer_own(struct lookup *lookup, uint16_t port)
{
	lookup->answer.count = 0;
	if (lookup->query.passive) {
		add_own(lookup, endpoint_any(AF_INET6, port));
		add_own(lookup, endpoint_any(AF_INET, port));
	} else {
		add_own(lookup, endpoint_loopback(AF_INET, port));
		add_own(lookup, endpoint_loopback(AF_INET6, port));
	}
}

static void look_up(struct lookup *lookup)
{
	lookup->status = ask(&lookup->query, &lookup->answer);
	lookup->code = errno;
	if (lookup->answer.count && !lookup->query.target.host[0])
		answer_own(lookup, lookup->answer.addr[0].port);
}

static bool is_numeric_host(const char *host, int family)
{
	struct addrinfo hints = { .ai_family = family, .ai_flags = AI_NUMERICHOST }, *list = NULL;
	bool yes = getaddrinfo(host, NULL, &hints, &list) == 0;
	if (yes)
		freeaddrinfo(list);
	return yes;
}

/* ---- answers ---- */

static void say_why(const struct lookup *lookup, struct error *error)
{
	const char *host = lookup->query.target.host;
	const char *service = lookup->query.target.service;
	const char *transport = transport_name(lookup->query.target.transport);
	const char *family = endpoint_family_name(lookup->query.family);
	const char *blank = *family ? " " : "";
	switch (lookup->status) {
	case EAI_NONAME:
		error_set(error, "no such host: %.200s", host);
		return;
	case 0:
#ifdef EAI_NODATA
	case EAI_NODATA:
#endif
#ifdef EAI_ADDRFAMILY
	case EAI_ADDRFAMILY:
#endif
		error_set(error, "no %s%saddress: %.200s", family, blank, host);
		return;
	case EAI_SERVICE:
		error_set(error, "no such %s service: %s", transport, service);
		return;
	case EAI_AGAIN:
		error_set(error, "no name server answered for %.200s", host);
		return;
	case EAI_FAIL:
		error_set(error, "name server failed: %.200s", host);
		return;
	case EAI_SYSTEM:
		error_errno(error, lookup->code, "cannot look up %.150s", host);
		return;
	default:
		error_set(error, "cannot look up %.150s: %s", host, gai_strerror(lookup->status));
	}
}

/* What is an error without asking anybody. */
static bool is_refused(struct lookup *lookup)
{
	const struct lookup_query *query = &lookup->query;
	const char *host = query->target.host;
	bool numeric = is_numeric_host(host, AF_UNSPEC);
	lookup->status = EAI_NONAME;
	if (host[0] && query->numeric && !numeric) {
		error_set(&lookup->error, "not a numeric address: %.200s", host);
	} else if (!numeric && strchr(host, ':')) {
		error_set(&lookup->error, "no such address on this machine: %.200s", host);
	} else if (host[0] && numeric && !is_numeric_host(host, query->family)) {
		lookup->status = NOTHING_FOUND;
		error_set(&lookup->error, "not an %s address: %.200s",
		          endpoint_family_name(query->family), host);
	} else if (is_number(query->target.service) &&
	           strtoul(query->target.service, NULL, 10) > UINT16_MAX) {
		lookup->status = EAI_SERVICE;
		error_set(&lookup->error, "%s is not a port: 0 to 65535", query->target.service);
	} else {
		lookup->status = 0;
	}
	return lookup->status != 0;
}

/* True where the answer is known without a thread. Service names are in a file: they wait
 * for one. */
static bool answer_at_once(struct lookup *lookup)
{
	const char *host = lookup->query.target.host;
	if (is_refused(lookup))
		return true;
	if (!is_number(lookup->query.target.service))
		return false;
	if (host[0] && !is_numeric_host(host, AF_UNSPEC))
		return false;
	look_up(lookup);
	return true;
}

/* ---- the thread ---- */

static void release(struct lookup *lookup)
{
	if (atomic_fetch_sub(&lookup->holders, 1) == 1)
		free(lookup);
}

static void *run(void *context)
{
	struct lookup *lookup = context;
	poller_block_signals();
	look_up(lookup);
	lookup->answer.ended = clock_now();
	int fd = lookup->thread_fd;
	atomic_store(&lookup->done, true);
	release(lookup);
	close(fd);
	return NULL;
}

#ifdef HAVE_PIPE2
static int make_pipe(int fds[2])
{
	return pipe2(fds, O_CLOEXEC);
}
#else
static int make_pipe(int fds[2])
{
	if (pipe(fds))
		return -1;
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	return 0;
}
#endif

static bool open_pipe(struct lookup *lookup)
{
	int fds[2];
	if (make_pipe(fds))
		return false;
	lookup->owner_fd = fds[0];
	lookup->thread_fd = fds[1];
	if (poller_fits(fds[0]))
		return true;
	close(fds[0]);
	close(fds[1]);
	lookup->owner_fd = -1;
	errno = EMFILE;
	return false;
}

static int start_thread(struct lookup *lookup)
{
	pthread_t thread;
	pthread_attr_t attr;
	int code = pthread_attr_init(&attr);
	if (code)
		return code;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	atomic_store(&lookup->holders, 2);
	code = pthread_create(&thread, &attr, run, lookup);
	pthread_attr_destroy(&attr);
	return code;
}

static bool hand_over(struct lookup *lookup)
{
	const char *host = lookup->query.target.host;
	if (!open_pipe(lookup)) {
		lookup->status = EAI_SYSTEM;
		error_errno(&lookup->error, errno, "cannot look up %.150s", host);
		return false;
	}
	int code = start_thread(lookup);
	if (code == 0)
		return true;
	atomic_store(&lookup->holders, 1);
	close(lookup->owner_fd);
	close(lookup->thread_fd);
	lookup->owner_fd = -1;
	lookup->status = EAI_SYSTEM;
	error_errno(&lookup->error, code, "cannot look up %.150s", host);
	return false;
}

/* ---- the owner ---- */

static void begin(struct lookup *lookup)
{
	lookup->answer.begun = clock_now();
	lookup->asking = hand_over(lookup);
	if (lookup->asking && lookup->resolver)
		lookup->resolver->asking++;
	if (lookup->asking)
		return;
	lookup->answer.ended = clock_now();
	atomic_store(&lookup->done, true);
}

static bool has_room(const struct resolver *resolver)
{
	return resolver->asking < resolver->at_once &&
	       resolver->asking + resolver->abandoned_count < resolver->threads;
}

static void enqueue(struct resolver *resolver, struct lookup *lookup)
{
	lookup->waiting = true;
	if (resolver->last)
		resolver->last->next = lookup;
	else
		resolver->first = lookup;
	resolver->last = lookup;
}

static void dequeue(struct resolver *resolver, struct lookup *lookup)
{
	struct lookup *before = NULL;
	for (struct lookup *other = resolver->first; other != lookup; other = other->next)
		before = other;
	*(before ? &before->next : &resolver->first) = lookup->next;
	if (resolver->last == lookup)
		resolver->last = before;
	lookup->waiting = false;
	lookup->next = NULL;
}

static void begin_waiting(struct resolver *resolver)
{
	while (!resolver->stopped && resolver->first && has_room(resolver)) {
		struct lookup *lookup = resolver->first;
		dequeue(resolver, lookup);
		begin(lookup);
	}
}

struct lookup *lookup_start(struct resolver *resolver, const struct lookup_query *query)
{
	struct lookup *lookup = xcalloc(1, sizeof *lookup);
	lookup->query = *query;
	lookup->resolver = resolver;
	lookup->owner_fd = lookup->thread_fd = -1;
	lookup->answer.begun = clock_now();
	atomic_init(&lookup->done, false);
	atomic_init(&lookup->holders, 1);
	if (answer_at_once(lookup)) {
		lookup->answer.ended = clock_now();
		atomic_store(&lookup->done, true);
	} else if (resolver && (resolver->first || !has_room(resolver))) {
		enqueue(resolver, lookup);
	} else {
		begin(lookup);
	}
	return lookup;
}

void lookup_free(struct lookup *lookup)
{
	if (!lookup)
		return;
	struct resolver *resolver = lookup->resolver;
	bool abandoned = resolver && lookup->asking && !atomic_load(&lookup->done);
	if (resolver && lookup->waiting)
		dequeue(resolver, lookup);
	if (resolver && lookup->asking)
		resolver->asking--;
	if (abandoned)
		resolver->abandoned[resolver->abandoned_count++] = lookup->owner_fd;
	else if (lookup->owner_fd >= 0)
		close(lookup->owner_fd);
	release(lookup);
	if (resolver)
		begin_waiting(resolver);
}

bool lookup_is_waiting(const struct lookup *lookup)
{
	return lookup->waiting;
}

int lookup_fd(const struct lookup *lookup)
{
	return lookup->owner_fd;
}

bool lookup_take(struct lookup *lookup, struct lookup_answer *answer, struct error *error)
{
	if (!atomic_load(&lookup->done))
		return false;
	*answer = lookup->answer;
	*error = lookup->error;
	if (answer->count == 0 && !error->text[0])
		say_why(lookup, error);
	if (answer->count == 0)
		answer->status = lookup->status ? lookup->status : NOTHING_FOUND;
	return true;
}

void lookup_prepare(const struct lookup *lookup, struct poller *poller)
{
	if (lookup->owner_fd >= 0)
		poller_want_read(poller, lookup->owner_fd);
	else if (!lookup->waiting)
		poller_wake_at(poller, 0);
}

/* One that had to wait may have failed to begin. */
bool lookup_is_ready(const struct lookup *lookup, const struct poller *poller)
{
	return lookup->owner_fd >= 0 ? poller_readable(poller, lookup->owner_fd) : !lookup->waiting;
}

/* ---- the resolver ---- */

struct resolver *resolver_new(unsigned at_once, unsigned threads)
{
	assert(at_once > 0 && threads <= RESOLVE_MOST);
	struct resolver *resolver = xcalloc(1, sizeof *resolver);
	resolver->at_once = at_once;
	resolver->threads = threads;
	return resolver;
}

void resolver_stop(struct resolver *resolver)
{
	resolver->stopped = true;
}

void resolver_free(struct resolver *resolver)
{
	for (unsigned i = 0; i < resolver->abandoned_count; i++)
		close(resolver->abandoned[i]);
	free(resolver);
}

void resolver_prepare(const struct resolver *resolver, struct poller *poller)
{
	for (unsigned i = 0; i < resolver->abandoned_count; i++)
		poller_want_read(poller, resolver->abandoned[i]);
}

void resolver_serve(struct resolver *resolver, const struct poller *poller)
{
	for (unsigned i = resolver->abandoned_count; i-- > 0;)
		if (poller_readable(poller, resolver->abandoned[i])) {
			close(resolver->abandoned[i]);
			resolver->abandoned[i] = resolver->abandoned[--resolver->abandoned_count];
		}
	begin_waiting(resolver);
}
