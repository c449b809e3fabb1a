// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/lookup.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "socket/host.h"

/* The status of a look-up that finds nothing. */
#ifdef EAI_NODATA
enum { NOTHING_FOUND = EAI_NODATA };
#else
enum { NOTHING_FOUND = EAI_NONAME };
#endif

/* The status of an address of the wrong family. */
#ifdef EAI_ADDRFAMILY
enum { OTHER_FAMILY = EAI_ADDRFAMILY };
#else
enum { OTHER_FAMILY = EAI_NONAME };
#endif

/* The thread's, while it asks. The words of a failure are not made there: strerror(3) may share
 * them between threads. */
struct question {
	struct lookup_query query;
	struct lookup_answer answer;
	int code; /* errno behind EAI_SYSTEM */
};

struct lookup {
	struct question *question;
	struct worker_job *job; /* NULL where the answer was known at once */
	struct error error;     /* of what is refused */
};

static bool is_number(const char *text)
{
	return text[0] && text[strspn(text, "0123456789")] == '\0';
}

/* ---- asking ---- */

static void add_addr(struct lookup_answer *answer, const struct endpoint *addr)
{
	if (!endpoint_is_set(addr) || answer->count == LOOKUP_MAX)
		return;
	for (size_t i = 0; i < answer->count; i++)
		if (endpoint_equal(&answer->addr[i], addr))
			return;
	answer->addr[answer->count++] = *addr;
}

static bool is_numeric(const char *host, int family)
{
	struct addrinfo hints = { .ai_family = family, .ai_flags = AI_NUMERICHOST }, *list = NULL;
	bool yes = getaddrinfo(host, NULL, &hints, &list) == 0;
	if (yes)
		freeaddrinfo(list);
	return yes;
}

bool lookup_is_numeric(const char *host)
{
	return is_numeric(host, AF_UNSPEC);
}

static bool is_localhost(const char *host)
{
	return strcasecmp(host, "localhost") == 0;
}

static bool is_host(const struct lookup_query *query, enum host *host)
{
	return query->hosts != LOOKUP_NO_HOSTS && host_named(query->target.host, host);
}

/* See enum lookup_hosts. */
static void add_host(const struct lookup_query *query, enum host host, unsigned port,
                     struct lookup_answer *answer)
{
	struct endpoint ipv4 = host_address(host, AF_INET, (uint16_t)port);
	struct endpoint ipv6 = host_address(host, AF_INET6, (uint16_t)port);
	if (query->family != AF_INET6)
		add_addr(answer, &ipv4);
	if (query->family == AF_INET6 || (query->family == AF_UNSPEC && query->passive))
		add_addr(answer, &ipv6);
}

/* Keeps the order of getaddrinfo(), which is that of RFC 6724. For a host of the sandbox only a named port
 * is looked up. */
static int ask(const struct lookup_query *query, struct lookup_answer *answer)
{
	enum host own;
	bool of_sandbox = is_host(query, &own);
	const char *host = of_sandbox ? "" : query->target.host;
	const char *service = query->target.service;
	struct addrinfo *list = NULL, hints = {
		.ai_family = query->family,
		.ai_socktype = transport_type(query->target.transport),
		.ai_flags = (query->passive ? AI_PASSIVE : 0) |
		            (query->numeric ? AI_NUMERICHOST : 0) |
		            (is_number(service) ? AI_NUMERICSERV : 0),
	};
#ifdef AI_IDN
	for (const char *p = host; *p; p++)
		if ((unsigned char)*p >= 0x80)
			hints.ai_flags |= AI_IDN;
#endif
	if (of_sandbox && is_number(service)) {
		add_host(query, own, (unsigned)strtoul(service, NULL, 10), answer);
		return 0;
	}
	int status = getaddrinfo(host[0] ? host : NULL, service, &hints, &list);
	if (status && is_localhost(host)) {
		/* RFC 6761, 6.3: no server is asked for that name; a bare system has no file that
		 * says so. */
		hints.ai_flags &= ~AI_PASSIVE;
		status = getaddrinfo(NULL, service, &hints, &list);
	}
	if (status)
		return status;
	for (const struct addrinfo *info = list; info; info = info->ai_next) {
		struct endpoint addr = endpoint_from_sockaddr(info->ai_addr, info->ai_addrlen);
		if (of_sandbox)
			add_host(query, own, addr.port, answer);
		else
			add_addr(answer, &addr);
	}
	freeaddrinfo(list);
	return 0;
}

/* No host at all is this machine. To listen, that is every address of it, IPv6 first, since it may
 * take IPv4 along; to open, it is loopback, IPv4 first: most servers listen there only, and UDP
 * tries one address. Systems differ in the order that they give. */
static void order_own(struct lookup_answer *answer, bool ipv6_first)
{
	struct endpoint first = answer->addr[0];
	if (answer->count != 2 || endpoint_is_ipv6(&first) == ipv6_first)
		return;
	answer->addr[0] = answer->addr[1];
	answer->addr[1] = first;
}

static void look_up(void *context)
{
	struct question *question = context;
	struct lookup_answer *answer = &question->answer;
	answer->begun = clock_now();
	answer->status = ask(&question->query, answer);
	question->code = errno;
	if (!question->query.target.host[0])
		order_own(answer, question->query.passive);
	answer->ended = clock_now();
}

/* ---- life ---- */

/* True for a query that fails before anybody is asked. */
static bool is_refused(struct lookup *lookup)
{
	const struct lookup_query *query = &lookup->question->query;
	const char *host = query->target.host;
	bool numeric = lookup_is_numeric(host);
	enum host own;
	bool of_sandbox = is_host(query, &own);
	int status = 0;
	if (of_sandbox && query->hosts == LOOKUP_HOSTS_OFF) {
		status = EAI_NONAME;
		error_set(&lookup->error, HOSTS_ARE_OFF, host_name(own));
	} else if (of_sandbox) {
		return false;
	} else if (host[0] && query->numeric && !numeric) {
		status = EAI_NONAME;
		error_set(&lookup->error, "not a numeric address: %.200s", host);
	} else if (!numeric && strchr(host, ':')) {
		status = EAI_NONAME;
		error_set(&lookup->error, "no such address on this machine: %.200s", host);
	} else if (host[0] && numeric && !is_numeric(host, query->family)) {
		status = OTHER_FAMILY;
		error_set(&lookup->error, "not an %s address: %.200s",
		          endpoint_family_name(query->family), host);
	} else if (is_number(query->target.service) &&
	           strtoul(query->target.service, NULL, 10) > UINT16_MAX) {
		status = EAI_SERVICE;
		error_set(&lookup->error, "%s is not a port: 0 to 65535", query->target.service);
	}
	lookup->question->answer.status = status;
	return status != 0;
}

/* Names of services are in a file, and so is localhost, mostly: both are for a thread, but wait for
 * no name server. */
struct lookup *lookup_start(struct worker_pool *pool, const struct lookup_query *query)
{
	struct lookup *lookup = xcalloc(1, sizeof *lookup);
	struct question *question = xcalloc(1, sizeof *question);
	const char *host = query->target.host;
	enum host own;
	bool has_name = host[0] && !lookup_is_numeric(host) && !is_host(query, &own);
	lookup->question = question;
	question->query = *query;
	question->answer.begun = question->answer.ended = clock_now();
	if (!query->target.service[0]) {
		question->answer.count =
		        endpoint_parse_path(host, question->answer.addr, &lookup->error);
		return lookup;
	}
	if (is_refused(lookup))
		return lookup;
	if (has_name || !is_number(query->target.service))
		lookup->job =
		        worker_start(pool, has_name && !is_localhost(host), look_up, question);
	else
		look_up(question);
	return lookup;
}

void lookup_free(struct lookup *lookup)
{
	if (!lookup)
		return;
	if (lookup->job)
		worker_leave(lookup->job);
	else
		free(lookup->question);
	free(lookup);
}

bool lookup_is_waiting(const struct lookup *lookup)
{
	return lookup->job && worker_state(lookup->job) == WORKER_WAITING;
}

bool lookup_is_ready(const struct lookup *lookup)
{
	return !lookup->job || worker_state(lookup->job) >= WORKER_DONE;
}

/* While it is not ready the pool wakes the poller. */
void lookup_prepare(const struct lookup *lookup, struct poller *poller)
{
	if (lookup_is_ready(lookup))
		poller_wake_at(poller, 0);
}

/* ---- the answer ---- */

static void say_why(const struct question *question, struct error *error)
{
	const struct target *target = &question->query.target;
	const char *host = target->host;
	const char *family = endpoint_family_name(question->query.family);
	switch (question->answer.status) {
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
		error_set(error, "no %s%saddress: %.200s", family, *family ? " " : "", host);
		return;
	case EAI_SERVICE:
		error_set(error, "no such %s service: %s", transport_name(target->transport),
		          target->service);
		return;
	case EAI_AGAIN:
		error_set(error, "no name server answered for %.200s", host);
		return;
	case EAI_FAIL:
		error_set(error, "name server failed: %.200s", host);
		return;
	case EAI_SYSTEM:
		error_errno(error, question->code, "cannot look up %.150s", host);
		return;
	default:
		error_set(error, "cannot look up %.150s: %s", host,
		          gai_strerror(question->answer.status));
	}
}

bool lookup_take(const struct lookup *lookup, struct lookup_answer *answer, struct error *error)
{
	if (!lookup_is_ready(lookup))
		return false;
	struct question *question = lookup->question;
	if (lookup->job && worker_state(lookup->job) == WORKER_FAILED) {
		question->answer.status = EAI_SYSTEM;
		question->code = worker_error(lookup->job);
	}
	*answer = question->answer;
	answer->asked = lookup->job && worker_state(lookup->job) == WORKER_DONE;
	*error = lookup->error;
	if (answer->count)
		return true;
	if (!error->text[0])
		say_why(question, error);
	if (!answer->status)
		answer->status = NOTHING_FOUND;
	return true;
}

bool lookup_at_once(const struct lookup_query *query, struct endpoint *addr, struct error *error)
{
	const char *service = query->target.service;
	struct lookup_answer answer;
	if (service[0] && !is_number(service)) {
		error_set(error, "not a number: %.80s", service);
		return false;
	}
	struct lookup *lookup = lookup_start(NULL, query);
	bool done = lookup_take(lookup, &answer, error) && answer.count;
	lookup_free(lookup);
	if (done)
		*addr = answer.addr[0];
	return done;
}
