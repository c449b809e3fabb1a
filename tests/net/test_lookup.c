// SPDX-License-Identifier: GPL-3.0-or-later
/* Look-ups: what is answered at once, what a thread answers. No name server is asked: scripted.h
 * answers for ".test". */
#include "net/lookup.h"

#include <netdb.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/scripted.h"
#include "support/tap.h"

static struct worker_pool *pool;
static struct poller poller;

static struct lookup_query make_query(const char *host, const char *service, int family)
{
	struct lookup_query query = { .family = family };
	snprintf(query.target.host, sizeof query.target.host, "%s", host);
	snprintf(query.target.service, sizeof query.target.service, "%s", service);
	return query;
}

/* Whether the look-up is ready before the deadline, which alone wakes the poller besides. */
static bool becomes_ready(const struct lookup *lookup, int64_t limit)
{
	int64_t deadline = clock_now() + limit;
	while (!lookup_is_ready(lookup) && clock_now() < deadline) {
		poller_reset(&poller);
		worker_pool_prepare(pool, &poller);
		lookup_prepare(lookup, &poller);
		poller_wake_at(&poller, deadline);
		poller_wait(&poller);
		worker_pool_serve(pool, &poller);
	}
	return lookup_is_ready(lookup);
}

/* "127.0.0.1:80 [::1]:80", or "! " and the error. */
static const char *describe(const struct lookup_answer *answer, const struct error *error,
                            char out[2000])
{
	char text[ENDPOINT_TEXT];
	size_t len = 0;
	out[0] = '\0';
	if (answer->count == 0)
		snprintf(out, 2000, "! %s", error->text);
	for (size_t i = 0; i < answer->count; i++)
		len += (size_t)snprintf(out + len, 2000 - len, "%s%s", i ? " " : "",
		                        endpoint_format(&answer->addr[i], text));
	return out;
}

/* Runs a look-up to its end. */
static const char *resolve(const struct lookup_query *query, bool *at_once, char out[2000])
{
	struct lookup_answer answer = { .count = 0 };
	struct error error = { .text = "" };
	int64_t before = clock_now();
	struct lookup *lookup = lookup_start(pool, query);
	*at_once = lookup_is_ready(lookup);
	if (!becomes_ready(lookup, 20 * CLOCK_S))
		snprintf(out, 2000, "no answer");
	else if (!lookup_take(lookup, &answer, &error))
		snprintf(out, 2000, "not done");
	else if (answer.asked == *at_once && answer.count)
		snprintf(out, 2000, "asked of the wrong one");
	else if (answer.begun < before || answer.ended < answer.begun || answer.ended > clock_now())
		snprintf(out, 2000, "wrong times");
	else
		describe(&answer, &error, out);
	lookup_free(lookup);
	return out;
}

struct row {
	const char *host, *service;
	int family;
	bool passive, numeric;
	const char *want;
};

static const struct row at_once[] = {
	{ "127.0.0.1", "80", AF_UNSPEC, false, false, "127.0.0.1:80" },
	{ "127.0.0.1", "0", AF_UNSPEC, false, true, "127.0.0.1:0" },
	{ "127.1", "65535", AF_INET, false, false, "127.0.0.1:65535" },
	{ "::1", "80", AF_UNSPEC, false, true, "[::1]:80" },
	{ "::1", "80", AF_INET6, true, false, "[::1]:80" },
	{ "fe80::1%1", "80", AF_UNSPEC, false, false, NULL }, /* by the name of interface 1 */
	{ "0.0.0.0", "80", AF_UNSPEC, true, false, "0.0.0.0:80" },
	{ "", "80", AF_UNSPEC, true, false, "[::]:80 0.0.0.0:80" },
	{ "", "0", AF_INET, true, true, "0.0.0.0:0" },
	{ "", "80", AF_INET6, true, false, "[::]:80" },
	{ "", "80", AF_UNSPEC, false, true, "127.0.0.1:80 [::1]:80" },
	{ "", "80", AF_INET, false, false, "127.0.0.1:80" },
	{ "", "80", AF_INET6, false, false, "[::1]:80" },
	{ "127.0.0.1", "80", AF_INET6, false, false, "! not an IPv6 address: 127.0.0.1" },
	{ "::1", "80", AF_INET, false, false, "! not an IPv4 address: ::1" },
	{ "fe80::1%nosuch", "80", AF_UNSPEC, false, false,
	  "! no such address on this machine: fe80::1%nosuch" },
	{ "localhost", "80", AF_UNSPEC, false, true, "! not a numeric address: localhost" },
	{ "order.test", "80", AF_UNSPEC, false, true, "! not a numeric address: order.test" },
	{ "127.0.0.1", "70000", AF_UNSPEC, false, false, "! 70000 is not a port: 0 to 65535" },
	{ "127.0.0.1", "99999999999999999999999", AF_UNSPEC, false, false,
	  "! 99999999999999999999999 is not a port: 0 to 65535" },
	{ "order.test", "70000", AF_UNSPEC, false, false, "! 70000 is not a port: 0 to 65535" },
	{ "/run/echo:1", "", AF_UNSPEC, false, true, "/run/echo:1" },
	{ "@echo", "", AF_UNSPEC, true, false, "@echo" },
	{ "@", "", AF_UNSPEC, false, false, "! not a path: \"@\": unix:///path, or unix:@name" },
};

static const struct row in_thread[] = {
	{ "order.test", "80", AF_UNSPEC, false, false, "127.0.0.2:80 [::1]:80 127.0.0.1:80" },
	{ "order.test", "80", AF_INET, false, false, "127.0.0.2:80 127.0.0.1:80" },
	{ "order.test", "80", AF_INET6, false, false, "[::1]:80" },
	{ "twice.test", "80", AF_UNSPEC, false, false, "127.0.0.1:80 [::1]:80 127.0.0.2:80" },
	{ "empty.test", "80", AF_UNSPEC, false, false, "! no address: empty.test" },
	{ "none.test", "80", AF_UNSPEC, false, false, "! no such host: none.test" },
	{ "nodata.test", "80", AF_UNSPEC, false, false, "! no address: nodata.test" },
	{ "family.test", "80", AF_INET6, false, false, "! no IPv6 address: family.test" },
	{ "again.test", "80", AF_UNSPEC, false, false, "! no name server answered for again.test" },
	{ "fail.test", "80", AF_UNSPEC, false, false, "! name server failed: fail.test" },
	{ "system.test", "80", AF_UNSPEC, false, false,
	  "! cannot look up system.test: too many open files" },
	{ "localhost", "80", AF_INET, false, false, "127.0.0.1:80" },
};

static void try_rows(const struct row *rows, size_t count, bool expect_at_once)
{
	char out[2000], scoped[ENDPOINT_TEXT];
	struct endpoint link = {
		.family = AF_INET6, .port = 80, .ip = { 0xfe, 0x80, [15] = 1 }, .scope = 1
	};
	for (size_t i = 0; i < count; i++) {
		struct lookup_query query =
		        make_query(rows[i].host, rows[i].service, rows[i].family);
		query.passive = rows[i].passive;
		query.numeric = rows[i].numeric;
		bool was_at_once;
		resolve(&query, &was_at_once, out);
		const char *want = rows[i].want ? rows[i].want : endpoint_format(&link, scoped);
		is_text(out, want, rows[i].host[0] ? rows[i].host : "no host");
		ok(was_at_once == expect_at_once, "... %s",
		   expect_at_once ? "at once" : "from a thread");
	}
}

static void check_ceiling(void)
{
	struct lookup_query query = make_query("many.test", "80", AF_UNSPEC);
	struct lookup_answer answer = { .count = 0 };
	struct error error = { .text = "" };
	struct lookup *lookup = lookup_start(pool, &query);
	ok(becomes_ready(lookup, 20 * CLOCK_S) && lookup_take(lookup, &answer, &error),
	   "very many addresses");
	is_int(answer.count, LOOKUP_MAX, "... are kept up to the ceiling");
	is_int(answer.addr[LOOKUP_MAX - 1].ip[3], LOOKUP_MAX - 1, "... the first ones");
	lookup_free(lookup);
}

static void check_memory_words(void)
{
	struct lookup_query query = make_query("memory.test", "80", AF_UNSPEC);
	bool was_at_once;
	char out[2000];
	ok(strstr(resolve(&query, &was_at_once, out), "! cannot look up memory.test: "), "%s", out);
}

static void check_services(void)
{
	char out[2000];
	bool was_at_once;
	if (!getservbyname("echo", "tcp") || !getservbyname("tftp", "udp") ||
	    getservbyname("tftp", "tcp")) {
		tap_skip("/etc/services is missing or an unusual one");
		return;
	}
	struct lookup_query query = make_query("127.0.0.1", "echo", AF_UNSPEC);
	is_text(resolve(&query, &was_at_once, out), "127.0.0.1:7", "a service name is a port");
	query = make_query("", "echo", AF_UNSPEC);
	query.passive = true;
	is_text(resolve(&query, &was_at_once, out), "[::]:7 0.0.0.0:7",
	        "... of every address too, IPv6 first");
	query = make_query("127.0.0.1", "tftp", AF_UNSPEC);
	query.numeric = true;
	is_text(resolve(&query, &was_at_once, out), "! no such tcp service: tftp",
	        "... of its transport only");
	query.target.transport = TRANSPORT_UDP;
	is_text(resolve(&query, &was_at_once, out), "127.0.0.1:69", "... and of this one");
	query = make_query("127.0.0.1", "no-such-service", AF_UNSPEC);
	is_text(resolve(&query, &was_at_once, out), "! no such tcp service: no-such-service",
	        "an unknown one is reported");
}

static void check_asking(void)
{
	struct lookup_query query = make_query("order.test", "80", AF_UNSPEC);
	bool was_at_once;
	char out[2000];
	resolve(&query, &was_at_once, out);
	ok(scripted_blocks_signals(), "the thread leaves signals to the main one");
	ok(!(scripted_flags() & AI_PASSIVE) && (scripted_flags() & AI_NUMERICSERV),
	   "a client's flags");
#ifdef AI_IDN
	ok(!(scripted_flags() & AI_IDN), "a plain name is left alone");
	query = make_query("\xed\x95\x9c.test", "80", AF_UNSPEC);
	resolve(&query, &was_at_once, out);
	ok(scripted_flags() & AI_IDN, "one in another script is encoded");
#endif
	query = make_query("order.test", "80", AF_UNSPEC);
	query.passive = true;
	resolve(&query, &was_at_once, out);
	ok(scripted_flags() & AI_PASSIVE, "a server's flags");
}

static void check_slow(void)
{
	struct lookup_query query = make_query("slow.test", "80", AF_UNSPEC);
	struct lookup_answer answer = { .count = 99 };
	struct error error;
	scripted_set_gate(false);
	int64_t before = clock_now();
	struct lookup *lookup = lookup_start(pool, &query);
	ok(clock_now() - before < 10 * CLOCK_S, "a slow look-up does not stop anybody");
	ok(!becomes_ready(lookup, 20 * CLOCK_MS) && !lookup_take(lookup, &answer, &error),
	   "it is not done");
	is_int(answer.count, 99, "... and says nothing");
	scripted_set_gate(true);
	ok(becomes_ready(lookup, 20 * CLOCK_S), "then it wakes the poller");
	ok(lookup_take(lookup, &answer, &error) && answer.count == 1, "... and is done");
	ok(lookup_take(lookup, &answer, &error) && answer.count == 1, "... also when asked again");
	lookup_free(lookup);
	lookup_free(NULL);
}

static void check_no_descriptors(void)
{
	struct lookup_query query = make_query("order.test", "80", AF_UNSPEC);
	struct rlimit old, none;
	bool was_at_once;
	char out[2000];
	getrlimit(RLIMIT_NOFILE, &old);
	none = old;
	none.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &none);
	is_text(resolve(&query, &was_at_once, out),
	        "! cannot look up order.test: too many open files", "no descriptor is left");
	setrlimit(RLIMIT_NOFILE, &old);
	is_text(resolve(&query, &was_at_once, out), "127.0.0.2:80 [::1]:80 127.0.0.1:80",
	        "then there are some again");
}

static void check_hosts(void)
{
	static const struct {
		const char *host;
		enum lookup_hosts hosts;
		int family;
		bool passive, numeric;
		const char *answer;
	} table[] = {
		{ "right", LOOKUP_HOSTS, AF_UNSPEC, false, false, "192.0.2.2:80" },
		{ "Left", LOOKUP_HOSTS, AF_UNSPEC, false, true, "192.0.2.1:80" },
		{ "right", LOOKUP_HOSTS, AF_UNSPEC, true, false, "192.0.2.2:80 [2001:db8::2]:80" },
		{ "left", LOOKUP_HOSTS, AF_INET, true, false, "192.0.2.1:80" },
		{ "left", LOOKUP_HOSTS, AF_INET6, false, false, "[2001:db8::1]:80" },
		{ "left", LOOKUP_HOSTS_OFF, AF_UNSPEC, false, false,
		  "! left is a host of the sandbox, which is off: /sandbox on or --sandbox makes it" },
	};
	char text[2000];
	bool at_first;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct lookup_query query = make_query(table[i].host, "80", table[i].family);
		query.hosts = table[i].hosts;
		query.passive = table[i].passive;
		query.numeric = table[i].numeric;
		is_text(resolve(&query, &at_first, text), table[i].answer, table[i].answer);
		ok(at_first, "at once");
	}
	struct lookup_query named = make_query("right", "echo", AF_UNSPEC);
	named.hosts = LOOKUP_HOSTS;
	is_text(resolve(&named, &at_first, text), "192.0.2.2:7", "a service by its name");
	struct lookup_query asked = make_query("left.test", "80", AF_UNSPEC);
	asked.hosts = LOOKUP_HOSTS;
	ok(strcmp(resolve(&asked, &at_first, text), "192.0.2.1:80") != 0,
	   "a longer name is another: %s", text);
}

int main(void)
{
	tap_watchdog(30);
	poller_init(&poller);
	pool = worker_pool_new(LOOKUP_AT_ONCE, LOOKUP_THREADS);
	check_no_descriptors();
	try_rows(at_once, sizeof at_once / sizeof *at_once, true);
	try_rows(in_thread, sizeof in_thread / sizeof *in_thread, false);
	check_ceiling();
	check_memory_words();
	check_services();
	check_asking();
	check_slow();
	check_hosts();
	worker_pool_free(pool);
	poller_done(&poller);
	return tap_done();
}
