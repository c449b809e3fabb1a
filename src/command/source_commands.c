// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"
#include "command/queue.h"
#include "command/script.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/hosts.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "net/tls/tls.h"
#include "net/wire.h"

/* ---- /source ---- */

static enum command_result do_source(const struct invocation *invocation, struct error *error)
{
	const char *path = invocation->args->value[0];
	bool begun = queue_script(invocation->app, path, NULL, 0, false, error);
	if (!begun && !error->text[0])
		error_usage(error, "source: %.150s has mistakes, and was not run", path);
	error->usage = !begun;
	return begun;
}

/* ---- /let ---- */

static bool check_let(const struct args *args, struct error *error)
{
	const char *name = args->value[0];
	bool secret = strncmp(name, SCRIPT_SECRET, strlen(SCRIPT_SECRET)) == 0;
	if (secret)
		error_usage(error,
		            "let: a file keeps no secret: --let %.40s=... or the environment "
		            "gives it",
		            name);
	return (!secret && script_check_name(name, error)) || args_blame(args, 0, error);
}

static enum command_result do_let(const struct invocation *invocation, struct error *error)
{
	const char *const *value = invocation->args->value;
	(void)error;
	queue_let(invocation->app, value[0], value[1] ? value[1] : "");
	return COMMAND_DONE;
}

/* ---- /loop, /end ---- */

/* The number of values after "in", 0 with one line. */
static uint64_t count_values(const struct args *args, struct error *error)
{
	const char *rest = args->value[LOOP_VALUES] ? args->value[LOOP_VALUES] : "";
	uint64_t count = 0;
	for (char *word; (word = word_take(&rest)); count++)
		free(word);
	if (*rest)
		error_usage(error, "loop: a quote does not end: %.40s", rest);
	else if (!count)
		error_usage(error, "loop: no values after in: /loop name in a b c");
	return *rest ? 0 : count;
}

static bool parse_rounds(const char *text, uint64_t *rounds)
{
	size_t digits = strspn(text, "0123456789");
	*rounds = digits && digits <= 9 ? strtoull(text, NULL, 10) : 0;
	return digits && digits <= 9 && !text[digits];
}

static bool check_loop(const struct args *args, struct error *error)
{
	uint64_t rounds;
	if (args->value[LOOP_IN])
		return (script_check_name(args->value[LOOP_WHAT], error) ||
		        args_blame(args, LOOP_WHAT, error)) &&
		       (count_values(args, error) || args_blame(args, LOOP_IN, error));
	if (parse_rounds(args->value[LOOP_WHAT], &rounds) && !args->value[LOOP_VALUES])
		return true;
	error_usage(error, "loop: \"%.40s\" is not a number from 0 to 999999999; values are looped over like "
	                   "this: /loop name in a b c", args->value[LOOP_WHAT]);
	return args_blame(args, LOOP_WHAT, error);
}

static enum command_result do_loop(const struct invocation *invocation, struct error *error)
{
	const struct args *args = invocation->args;
	uint64_t rounds;
	if (args->value[LOOP_IN])
		return queue_loop(invocation->app, count_values(args, error),
		                  args->value[LOOP_WHAT], args->value[LOOP_VALUES], error);
	parse_rounds(args->value[LOOP_WHAT], &rounds);
	return queue_loop(invocation->app, rounds, NULL, NULL, error);
}

static enum command_result do_end(const struct invocation *invocation, struct error *error)
{
	return queue_end(invocation->app, error);
}

/* ---- /skip ---- */

/* That of this machine: in the sandbox it is always seen. */
static bool has_wire(struct app *app, struct error *error)
{
	enum wire_mode mode = (enum wire_mode)app->settings.wire;
	struct error ignored;
	const struct wire *wire = sessions_wire(app->sessions);
	if (wire && wire_follows(wire))
		return true;
	bool good = sessions_set_wire(app->sessions, WIRE_ON, error);
	if (mode != WIRE_ON)
		sessions_set_wire(app->sessions, mode, &ignored);
	return good;
}

static bool has_ipv6(struct app *app, struct error *error)
{
	struct ifaddrs *list = NULL;
	bool found = false;
	(void)app;
	if (getifaddrs(&list) == 0)
		for (const struct ifaddrs *at = list; at && !found; at = at->ifa_next)
			found = at->ifa_addr && at->ifa_addr->sa_family == AF_INET6 &&
			        IN6_IS_ADDR_LOOPBACK(
			                &((const struct sockaddr_in6 *)(const void *)at->ifa_addr)
			                         ->sin6_addr);
	freeifaddrs(list);
	if (!found)
		error_set(error, "this machine has no address ::1");
	return found;
}

/* The library may be there and have no algorithms, by its configuration. */
static bool has_tls(struct app *app, struct error *error)
{
	const struct tls_settings settings = { .server = true };
	(void)app;
	if (!tls_is_available(error))
		return false;
	struct tls_context *context = tls_context_new(&settings, error);
	tls_context_release(context);
	return context;
}

/* For lessons that are about many clients. */
static bool has_descriptors(struct app *app, struct error *error)
{
	enum { NEEDED = 128 };
	int most = descriptor_most();
	(void)app;
	if (most < NEEDED)
		error_set(error, "%d descriptors are too few: ulimit -n %d", most, NEEDED);
	return most >= NEEDED;
}

static bool is_root(struct app *app, struct error *error)
{
	(void)app;
	if (geteuid() != 0)
		error_set(error, "not root");
	return geteuid() == 0;
}

bool command_has(struct app *app, const char *need, struct error *error)
{
	static const struct {
		const char *name;
		bool (*is_there)(struct app *app, struct error *error);
	} needs[] = {
		{ "sandbox", hosts_can_start },
		{ "wire", has_wire },
		{ "ipv6", has_ipv6 },
		{ "tls", has_tls },
		{ "descriptors", has_descriptors },
		{ "root", is_root },
	};
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
		if (strcmp(need, needs[i].name) == 0)
			return needs[i].is_there(app, error);
	return true;
}

static enum command_result do_skip(const struct invocation *invocation, struct error *error)
{
	struct error why = { 0 };
	return command_has(invocation->app, invocation->args->value[1], &why) ||
	       queue_skip(invocation->app, why.text, error);
}

/* ---- /sleep ---- */

static bool check_sleep(const struct args *args, struct error *error)
{
	int64_t duration;
	return clock_parse_duration(args->value[0], &duration, error) || args_blame(args, 0, error);
}

static enum command_result is_over(struct app *app, struct wait *wait, bool over,
                                   struct error *error)
{
	(void)app, (void)wait, (void)error;
	return over ? COMMAND_DONE : COMMAND_WAITING;
}

static enum command_result do_sleep(const struct invocation *invocation, struct error *error)
{
	struct wait *wait = invocation->wait;
	if (!clock_parse_duration(invocation->args->value[0], &wait->limit, error))
		return COMMAND_FAILED;
	wait->check = is_over;
	wait->deadline = clock_now() + wait->limit;
	return COMMAND_WAITING;
}

/* ---- /say ---- */

static enum command_result do_say(const struct invocation *invocation, struct error *error)
{
	const char *text = invocation->args->value[0];
	(void)error;
	app_say(invocation->app, text ? text : "");
	return COMMAND_DONE;
}

const struct command source_commands[] = {
	{
	        .name = "source",
	        .group = "scripts",
	        .usage = "<file>",
	        .help = "run the lines of a file, as a script\n"
	                "Lines are as typed; sockpit-script(5) says what else they may have. All "
	                "of "
	                "them are checked before the first one runs, and the first that fails ends "
	                "the script.\n"
	                "A command that waits holds the script up: /open, /listen, /connect, "
	                "/accept, /recv, /wait, /expect and /sleep. With & at the end of the line "
	                "the script goes on meanwhile, and ends after it.\n"
	                "The session that is current in a script is its own.\n"
	                "In a file, the path begins where that file is.",
	        .run = do_source,
	},
	{
	        .name = "let",
	        .group = "scripts",
	        .usage = "<name> [<value...>]",
	        .help = "give a name a value, for the lines of a file after it\n"
	                "$NAME or ${NAME} in such a line is replaced by the value. A typed line is "
	                "not changed, but for /expand.\n"
	                "Typed, or in the start-up file, it is for /expand, for the templates of /file, "
	                "and for every script.",
	        .check = check_let,
	        .run = do_let,
	},
	{
	        .name = "loop",
	        .group = "scripts",
	        .usage = "<number> [in] [<values...>]",
	        .help = "run the lines up to /end that number of times, or for each of some values\n"
	                "/loop 20. /loop family in 127.0.0.1 ::1, where $family is one after the "
	                "other; quotes keep blanks. $loop is the number of the round, from 1. Loops "
	                "may be within loops.",
	        .check = check_loop,
	        .run = do_loop,
	},
	{
	        .name = "end",
	        .group = "scripts",
	        .usage = "",
	        .help = "end the lines of a /loop",
	        .run = do_end,
	},
	{
	        .name = "skip",
	        .group = "scripts",
	        .usage = "unless " SCRIPT_NEEDS,
	        .help = "skip the rest of the file where something is not there\n"
	                "sandbox: /sandbox can be on. wire: what this machine sends and receives "
	                "can be seen. ipv6: there is the address ::1. tls: sessions can have TLS. "
	                "descriptors: the program may have 128 descriptors open (ulimit -n). root: the program runs as root.\n"
	                "The reason is reported, and it is no failure.",
	        .run = do_skip,
	},
	{
	        .name = "sleep",
	        .group = "scripts",
	        .usage = "<duration>",
	        .help = "wait that long\n"
	                "To wait for something is faster and always right: /wait, /expect.",
	        .waits = true,
	        .check = check_sleep,
	        .run = do_sleep,
	},
	{
	        .name = "say",
	        .group = "scripts",
	        .usage = "[<text...>]",
	        .help = "show a text; without a screen it is printed on standard output\n"
	                "It is in /report and in the files of --junit, too.",
	        .run = do_say,
	},
	{ 0 },
};
