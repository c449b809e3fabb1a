// SPDX-License-Identifier: GPL-3.0-or-later
#include <dirent.h>
#include <unistd.h>

#include "net/fixture.h"
#include "net/scripted.h"
#include "net/session_internal.h"
#include "net/step.h"

/* Many names at once whose name server does not answer: "slow.test" is stuck while the gate is
 * shut. */

enum { MANY = 31 };

static int count_directory(const char *path)
{
	DIR *directory = opendir(path);
	int count = 0;
	while (directory && readdir(directory))
		count++;
	if (directory)
		closedir(directory);
	return directory ? count : -1;
}

static int threads(void)
{
	return count_directory("/proc/self/task") - 2;
}

/* Without the timer that the loop makes when it first waits for less than a millisecond. */
static int descriptors(void)
{
	char target[64];
	int count = 0;
	DIR *directory = opendir("/proc/self/fd");
	for (struct dirent *file; directory && (file = readdir(directory));) {
		ssize_t len = readlinkat(dirfd(directory), file->d_name, target, sizeof target - 1);
		target[len > 0 ? len : 0] = '\0';
		count += len > 0 && strncmp(target, "anon_inode:", 11) != 0;
	}
	if (directory)
		closedir(directory);
	return count;
}

static unsigned count_state(const struct fixture *f, enum tcp_state state)
{
	unsigned count = 0;
	for (size_t i = 0; i < sessions_count(f->sessions); i++)
		count += session_tcp_state(sessions_at(f->sessions, i)) == state;
	return count;
}

static unsigned count_living(const struct fixture *f)
{
	unsigned count = 0;
	for (size_t i = 0; i < sessions_count(f->sessions); i++)
		count += session_state(sessions_at(f->sessions, i)) != SESSION_CLOSED;
	return count;
}

static void open_many(struct fixture *f, unsigned count, const struct session_options *options)
{
	for (unsigned i = 0; i < count; i++)
		open_to(f, TRANSPORT_TCP, "slow.test", 1, options);
}

static void until_alone(void)
{
	int64_t deadline = clock_now() + 20 * CLOCK_S;
	while (threads() > 1 && clock_now() < deadline)
		continue;
}

static void waits_for_a_place(struct fixture *f)
{
	int had = descriptors();
	struct session_options options = { .numeric = false };
	scripted_set_gate(false);
	open_many(f, MANY, &options);
	fixture_turns(f, 2);
	is_int(count_state(f, STATE_RESOLVING), LOOKUP_AT_ONCE, "a few look-ups ask");
	is_int(count_state(f, STATE_WAITING_TO_RESOLVE), MANY - LOOKUP_AT_ONCE, "the others wait");
	is_int(threads(), 1 + LOOKUP_AT_ONCE, "so there are few threads");
	is_int(descriptors() - had, 2, "and one pipe");
	struct session *last = sessions_at(f->sessions, MANY - 1);
	is_text(last_state(f, last),
	        "waiting for a name look-up: others are under way, at most 4 at a time",
	        "who waits says so");
	struct session *first = sessions_at(f->sessions, 0), *fifth = sessions_at(f->sessions, 4);
	session_close(first, &f->error);
	fixture_turns(f, 2);
	is_int(session_tcp_state(fifth), STATE_RESOLVING, "closing one that asks frees its place");
	session_close(sessions_at(f->sessions, 5), &f->error);
	fixture_turns(f, 2);
	is_int(count_state(f, STATE_RESOLVING), LOOKUP_AT_ONCE, "one that waits has none");
	struct session *numeric = open_to(f, TRANSPORT_UDP, "127.0.0.1", 9, NULL);
	is_int(session_state(numeric), SESSION_OPEN, "an address waits for nobody");
	struct session *local = open_to(f, TRANSPORT_UDP, "localhost", 9, NULL);
	until(f, session_state(local) == SESSION_OPEN);
	is_int(session_state(local), SESSION_OPEN, "nor does localhost");
	session_close(local, &f->error);
	scripted_set_gate(true);
	until(f, count_living(f) == 1);
	is_int(count_entries(f, session_number(last), CALL_GETADDRINFO, NULL), 1,
	       "in the end each is answered");
	is_int(count_entries(f, session_number(first), CALL_GETADDRINFO, NULL), 0,
	       "but what nobody waits for");
	until_alone();
	fixture_turns(f, 2);
	is_int(threads(), 1, "all threads have ended");
	is_int(descriptors() - had, 3, "and have left nothing but the pipe and the UDP socket");
}

/* Threads that are stuck cannot be ended; but there are not more and more of them. */
static void keeps_a_ceiling(struct fixture *f)
{
	int had = descriptors();
	scripted_set_gate(false);
	for (int i = 0; i < 3 * LOOKUP_THREADS; i++) {
		struct session *session = open_to(f, TRANSPORT_TCP, "slow.test", 1, NULL);
		session_close(session, &f->error);
		fixture_turns(f, 1);
	}
	is_int(threads(), 1 + LOOKUP_THREADS, "closed ones count as long as they are stuck");
	is_int(descriptors() - had, 2, "with one pipe");
	struct session *session = open_to(f, TRANSPORT_TCP, "slow.test", 1, NULL);
	is_int(session_tcp_state(session), STATE_WAITING_TO_RESOLVE, "the next one waits");
	scripted_set_gate(true);
	until(f, session_state(session) == SESSION_CLOSED);
	is_int(count_entries(f, session_number(session), CALL_GETADDRINFO, NULL), 1,
	       "until one of them has ended");
	until_alone();
}

static void keeps_its_limit(struct fixture *f)
{
	struct session_options options = { .timeout = 30 * CLOCK_MS };
	scripted_set_gate(false);
	open_many(f, LOOKUP_AT_ONCE, NULL);
	struct session *session = open_to(f, TRANSPORT_TCP, "slow.test", 1, &options);
	until(f, session_state(session) == SESSION_CLOSED);
	is_text(last_failure(f, session),
	        "timed out: the look-up of slow.test has waited for others for 30.0 ms",
	        "a limit holds while it waits");
	struct session *stepped = sessions_make_socket(f->sessions, TRANSPORT_TCP, NULL, &f->error);
	ok(step_connect(stepped, "slow.test", "1", &f->error), "a connect() by hand waits, too");
	ok(session_waiting(stepped, NULL), "and is a call that waits");
	ok(step_cancel(stepped) && !session_waiting(stepped, NULL), "and can be cancelled");
	int64_t begun = clock_now();
	sessions_free(f->sessions);
	ok(clock_now() - begun < 10 * CLOCK_S, "nothing that is stuck holds up the end");
	f->sessions = NULL;
	scripted_set_gate(true);
	until_alone();
}

static void run(void (*test)(struct fixture *f))
{
	struct fixture f;
	fixture_start(&f);
	test(&f);
	fixture_stop(&f);
}

int main(void)
{
	tap_watchdog(30);
	run(waits_for_a_place);
	run(keeps_a_ceiling);
	run(keeps_its_limit);
	return tap_done();
}
