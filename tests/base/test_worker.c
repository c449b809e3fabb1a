// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "support/tap.h"

enum { AT_ONCE = 2, THREADS = 4 };

/* A job is stuck while its gate is shut. Gates are static: threads of jobs that were left may pass
 * them late. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t opened;
	bool is_open;
};
#define SHUT                                                                                       \
	{                                                                                          \
		PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false                         \
	}

struct task {
	struct gate *gate;
	int number, result;
	bool blocks_signals;
};

static struct poller poller;
static atomic_int run_count, order[64];

static void gate_open(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->is_open = true;
	pthread_cond_broadcast(&gate->opened);
	pthread_mutex_unlock(&gate->lock);
}

static void run(void *context)
{
	struct task *task = context;
	sigset_t mask;
	order[atomic_fetch_add(&run_count, 1)] = task->number;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	task->blocks_signals = sigismember(&mask, SIGWINCH) && sigismember(&mask, SIGTERM);
	task->result = 2 * task->number;
	if (!task->gate)
		return;
	pthread_mutex_lock(&task->gate->lock);
	while (!task->gate->is_open)
		pthread_cond_wait(&task->gate->opened, &task->gate->lock);
	pthread_mutex_unlock(&task->gate->lock);
}

struct started {
	struct worker_job *job;
	struct task *task;
};

static struct started start(struct worker_pool *pool, int number, struct gate *gate, bool in_turn)
{
	struct started started = { .task = xcalloc(1, sizeof *started.task) };
	*started.task = (struct task){ .gate = gate, .number = number };
	started.job = worker_start(pool, in_turn, run, started.task);
	return started;
}

static bool turn(struct worker_pool *pool, int64_t deadline)
{
	poller_reset(&poller);
	worker_pool_prepare(pool, &poller);
	poller_wake_at(&poller, deadline);
	poller_wait(&poller);
	worker_pool_serve(pool, &poller);
	return clock_now() < deadline;
}

/* Nothing but the pool wakes it before the deadline. */
static bool comes_to(struct worker_pool *pool, const struct worker_job *job,
                     enum worker_state state)
{
	int64_t deadline = clock_now() + 20 * CLOCK_S;
	while (worker_state(job) != state && turn(pool, deadline))
		continue;
	return worker_state(job) == state;
}

static unsigned count(const struct started *started, unsigned many, enum worker_state state)
{
	unsigned found = 0;
	for (unsigned i = 0; i < many; i++)
		found += worker_state(started[i].job) == state;
	return found;
}

static int place_in_order(int number)
{
	int at = 0;
	while (at < atomic_load(&run_count) && order[at] != number)
		at++;
	return at;
}

static void runs_elsewhere(void)
{
	struct worker_pool *pool = worker_pool_new(AT_ONCE, THREADS);
	static struct gate gate = SHUT;
	struct started one = start(pool, 21, &gate, true);
	is_int(worker_state(one.job), WORKER_RUNNING, "a job runs at once");
	ok(!turn(pool, clock_now() + 20 * CLOCK_MS) && worker_state(one.job) == WORKER_RUNNING,
	   "and wakes nobody while it does");
	gate_open(&gate);
	ok(comes_to(pool, one.job, WORKER_DONE), "its end wakes the poller");
	is_int(one.task->result, 42, "and its result is the owner's");
	ok(one.task->blocks_signals, "its thread leaves signals to the main one");
	is_int(worker_error(one.job), 0, "without an error");
	worker_leave(one.job);
	worker_pool_free(pool);
}

static void waits_for_its_turn(void)
{
	struct worker_pool *pool = worker_pool_new(AT_ONCE, THREADS);
	static struct gate gate = SHUT;
	struct started jobs[6];
	atomic_store(&run_count, 0);
	for (int i = 0; i < 6; i++)
		jobs[i] = start(pool, i, i < AT_ONCE ? &gate : NULL, true);
	is_int(count(jobs, 6, WORKER_RUNNING), AT_ONCE, "a few jobs run");
	is_int(count(jobs, 6, WORKER_WAITING), 6 - AT_ONCE, "the others wait");
	struct started urgent = start(pool, 9, NULL, false);
	ok(comes_to(pool, urgent.job, WORKER_DONE), "one that is not in turn passes them");
	worker_leave(urgent.job);
	worker_leave(jobs[3].job);
	is_int(count(jobs, 3, WORKER_WAITING), 1, "leaving one that waits makes no room");
	worker_leave(jobs[0].job);
	ok(comes_to(pool, jobs[5].job, WORKER_DONE), "leaving one that runs does");
	is_int(worker_state(jobs[1].job), WORKER_RUNNING, "whatever is stuck");
	ok(worker_state(jobs[2].job) == WORKER_DONE && worker_state(jobs[4].job) == WORKER_DONE,
	   "the others have had their turn");
	ok(place_in_order(2) < place_in_order(4) && place_in_order(4) < place_in_order(5),
	   "in their order");
	gate_open(&gate);
	ok(comes_to(pool, jobs[1].job, WORKER_DONE), "and in the end all have run");
	is_int(place_in_order(3), atomic_load(&run_count), "but the one that was left");
	for (int i = 1; i < 6; i++)
		if (i != 3)
			worker_leave(jobs[i].job);
	worker_pool_free(pool);
}

/* Threads that are stuck cannot be ended; but there are not more and more of them. */
static void keeps_a_ceiling(void)
{
	struct worker_pool *pool = worker_pool_new(AT_ONCE, THREADS);
	static struct gate gate = SHUT;
	atomic_store(&run_count, 0);
	for (int i = 0; i < THREADS; i++) {
		struct started stuck = start(pool, i, &gate, true);
		is_int(worker_state(stuck.job), WORKER_RUNNING, "a job runs and is left");
		worker_leave(stuck.job);
	}
	struct started next = start(pool, 7, NULL, true), urgent = start(pool, 8, NULL, false);
	ok(worker_state(next.job) == WORKER_WAITING && worker_state(urgent.job) == WORKER_WAITING,
	   "then there is no thread for any other");
	ok(!turn(pool, clock_now() + 20 * CLOCK_MS), "and nothing turns round meanwhile");
	gate_open(&gate);
	ok(comes_to(pool, next.job, WORKER_DONE) && comes_to(pool, urgent.job, WORKER_DONE),
	   "until one of them ends");
	worker_leave(next.job);
	worker_leave(urgent.job);
	worker_pool_free(pool);
}

/* Left in every order, while threads run and after; AddressSanitizer checks the memory. */
static void may_be_left(void)
{
	struct worker_pool *pool = worker_pool_new(16, 16);
	static struct gate gate = SHUT;
	struct started jobs[16];
	for (int i = 0; i < 16; i++)
		jobs[i] = start(pool, i, &gate, true);
	for (int i = 0; i < 16; i += 2)
		worker_leave(jobs[i].job);
	gate_open(&gate);
	ok(comes_to(pool, jobs[1].job, WORKER_DONE), "a job ends among some that were left");
	for (int i = 1; i < 16; i += 2)
		worker_leave(jobs[i].job);
	int64_t begun = clock_now();
	worker_pool_free(pool);
	ok(clock_now() - begun < 10 * CLOCK_S, "a pool waits for nobody at its end");
}

static void allow(rlim_t most)
{
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = most;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void fails(void)
{
	struct worker_pool *pool = worker_pool_new(AT_ONCE, THREADS);
	struct rlimit old;
	getrlimit(RLIMIT_NOFILE, &old);
	allow(3);
	struct started one = start(pool, 1, NULL, true);
	is_int(worker_state(one.job), WORKER_FAILED, "without descriptors there is no pipe");
	is_int(worker_error(one.job), EMFILE, "and it says so");
	allow(old.rlim_cur);
	struct started other = start(pool, 2, NULL, true);
	ok(comes_to(pool, other.job, WORKER_DONE), "with some there is one");
	worker_leave(one.job);
	worker_leave(other.job);
	worker_pool_free(pool);
}

int main(void)
{
	tap_watchdog(30);
	poller_init(&poller);
	runs_elsewhere();
	waits_for_its_turn();
	keeps_a_ceiling();
	may_be_left();
	fails();
	poller_done(&poller);
	return tap_done();
}
