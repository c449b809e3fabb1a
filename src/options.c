// SPDX-License-Identifier: GPL-3.0-or-later
#include "options.h"

#include <getopt.h>
#include <string.h>
#include <sys/socket.h>

#include "base/choice.h"
#include "base/clock.h"
#include "net/service.h"

enum { LONG_SERVICE = 256, LONG_EOL, LONG_SET, LONG_VIEW, LONG_PLAIN, LONG_DEMO, LONG_MDOC };

static const char short_options[] = ":46blkf:np:q:s:uvw:CNhVe:c:";

static const struct option long_options[] = {
	{ "service", required_argument, NULL, LONG_SERVICE },
	{ "eol", required_argument, NULL, LONG_EOL },
	{ "set", required_argument, NULL, LONG_SET },
	{ "view", required_argument, NULL, LONG_VIEW },
	{ "plain", no_argument, NULL, LONG_PLAIN },
	{ "demo", no_argument, NULL, LONG_DEMO },
	{ "commands-as-mdoc", no_argument, NULL, LONG_MDOC },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static const char help_text[] =
        "usage: sockpit [options] [host port | host:port | :port | tcp://host:port | "
        "udp://host:port]\n"
        "       sockpit -l [options] [address] port\n"
        "       sockpit --demo | -f file [word...]\n"
        "\n"
        "On a terminal this opens a window in which you type and see; type /help there. With "
        "standard input or\n"
        "output elsewhere it is a pipe: input to the socket, socket to output, byte for byte.\n"
        "\n"
        "  -4, -6           IPv4 only, IPv6 only\n"
        "  -u               UDP\n"
        "  -l               listen; port 0 prints the port it got; loopback unless an address is "
        "given\n"
        "  -k               pipe mode: go on with the next client\n"
        "  -f FILE          run the lines of a script and no screen; - is standard input; $1 is "
        "the "
        "first word\n"
        "  -p PORT          local port\n"
        "  -s ADDRESS       local address\n"
        "  -n               no name look-ups\n"
        "  -b               allow broadcast\n"
        "  -C               line end CRLF\n"
        "  -w TIME          limit for connecting and, in pipe mode, for idling (500ms, 3, 2m)\n"
        "  -N               pipe mode: half-close at the end of input (the default)\n"
        "  -q TIME          pipe mode: quit that long after the end of input\n"
        "  -v               pipe mode, -f: say on standard error what happens\n"
        "  --service NAME   what a server does: " SERVICE_NAMES "\n"
        "  --eol NAME       line end of what is typed: lf, crlf, cr, nul, none\n"
        "  --view NAME      how sessions are shown: chat, hex, trace, ladder\n"
        "  --set NAME=VALUE as /set does\n"
        "  --plain          no full screen: for screen readers and dumb terminals\n"
        "  --demo           a TCP echo server on loopback and a session to it\n"
        "  -h, -V           this help, the version\n"
        "\n"
        "exit status: 0 ended well, 1 network error, reset or failed script line, 2 usage\n";

void options_print_help(FILE *out)
{
	fputs(help_text, out);
}

static bool add_setting(struct options *options, const char *name, const char *value,
                        struct error *error)
{
	if (options->setting_count == OPTIONS_SETTINGS) {
		error_set(error, "more than %d settings", OPTIONS_SETTINGS);
		return false;
	}
	options->settings[options->setting_count].name = name;
	options->settings[options->setting_count++].value = value;
	return true;
}

static bool add_assignment(struct options *options, char *text, struct error *error)
{
	char *equals = strchr(text, '=');
	if (!equals || equals == text) {
		error_set(error, "--set %s: write it as NAME=VALUE", text);
		return false;
	}
	*equals = '\0';
	return add_setting(options, text, equals + 1, error);
}

static bool choose_service(struct options *options, const char *name, struct error *error)
{
	options->service = service_choose(name, error);
	return options->service != NULL;
}

static bool read_time(const char *text, char letter, int64_t *time, struct error *error)
{
	struct error why;
	if (clock_parse_duration(text, time, &why))
		return true;
	error_set(error, "-%c: %s", letter, why.text);
	return false;
}

static const char *name_of_option(const void *options, size_t index)
{
	return ((const struct option *)options)[index].name;
}

static void refuse_long(const char *option, struct error *error)
{
	static const struct choice names = { .name = name_of_option,
		                             .context = long_options,
		                             .prefix = "--" };
	const char *name = option + strspn(option, "-");
	size_t len = strcspn(name, "=");
	error_set(error, "no option --%.*s", (int)len, name);
	choice_suggest(&names, name, len, "sockpit -h lists the options", error);
}

static bool refuse(char **argv, int letter, struct error *error)
{
	if (letter == 'e' || letter == 'c')
		error_set(error,
		          "-%c is refused: no peer may start a program here; --service answers "
		          "peers, and a pipe "
		          "does the rest: mkfifo f; sockpit -l 7001 <f | program >f",
		          letter);
	else if (letter == ':')
		error_set(error, "%s needs a value (sockpit -h lists the options)",
		          argv[optind - 1]);
	else if (optopt && optopt < 256)
		error_set(error, "no option -%c (sockpit -h lists the options)", optopt);
	else
		refuse_long(argv[optind - 1], error);
	return false;
}

/* clang-format off */
static bool take_switch(struct options *options, enum transport *transport, int letter, struct error *error)
{
	switch (letter) {
	case '4': options->family = AF_INET; return true;
	case '6': options->family = AF_INET6; return true;
	case 'b': options->broadcast = true; return true;
	case 'k': options->many = true; return true;
	case 'l': options->listen = true; return true;
	case 'n': options->numeric = true; return true;
	case 'u': *transport = TRANSPORT_UDP; return true;
	case 'v': options->verbose++; return true;
	case 'C': return add_setting(options, "eol", "crlf", error);
	case 'N': return true;
	case 'h': options->wish = OPTIONS_HELP; return true;
	case 'V': options->wish = OPTIONS_VERSION; return true;
	case LONG_PLAIN: options->plain = true; return true;
	case LONG_DEMO: options->demo = true; return true;
	case LONG_MDOC: options->wish = OPTIONS_MDOC; return true;
	default: return false;
	}
}

static bool take_value(struct options *options, int letter, char **argv, struct error *error)
{
	switch (letter) {
	case 'f': options->script = optarg; return true;
	case 'p': options->local_port = optarg; return true;
	case 's': options->local_host = optarg; return true;
	case 'q': return read_time(optarg, 'q', &options->quit_after, error);
	case 'w': return read_time(optarg, 'w', &options->limit, error);
	case LONG_SERVICE: return choose_service(options, optarg, error);
	case LONG_EOL: return add_setting(options, "eol", optarg, error);
	case LONG_SET: return add_assignment(options, optarg, error);
	case LONG_VIEW: return add_setting(options, "view", optarg, error);
	default: return refuse(argv, letter, error);
	}
}

/* clang-format on */

/* -l PORT, -l ADDR PORT, -l -p PORT, -l -s ADDR PORT: all mean what they say. */
static bool listening_target(struct options *options, char **words, int count,
                             enum transport transport, struct error *error)
{
	const char *port = options->local_port, *host = options->local_host;
	options->local_port = options->local_host = NULL;
	if (count == 2) {
		if (host || port) {
			error_set(error, "the address to listen on is given twice");
			return false;
		}
		bool port_first = words[0][strspn(words[0], "0123456789")] == '\0';
		if (port_first && service_find(words[1])) { /* else it is a port, services(5) */
			error_set(error, "a service is chosen by --service %s", words[1]);
			return false;
		}
		return target_parse(&options->target, words[0], words[1], transport, true, error);
	}
	if (count == 1 && !port && !host)
		return target_parse(&options->target, words[0], NULL, transport, true, error);
	if (count == 1 && port && host) {
		error_set(error, "the address to listen on is given twice");
		return false;
	}
	if (count == 1)
		*(port ? &host : &port) = words[0];
	if (!port) {
		error_set(error, "-l needs a port: sockpit -l 7001 (0 takes a free one)");
		return false;
	}
	if (!host)
		return target_parse(&options->target, port, NULL, transport, true, error);
	return target_parse(&options->target, host, port, transport, true, error);
}

/* Of a client; a server's is the target's. */
static bool check_local_port(const struct options *options, enum transport transport,
                             struct error *error)
{
	struct target ignored;
	struct error why;
	if (!options->local_port ||
	    target_parse(&ignored, "*", options->local_port, transport, true, &why))
		return true;
	error_set(error, "-p: %s", why.text);
	return false;
}

static bool take_script(struct options *options, char **words, int count, struct error *error)
{
	if (options->demo || options->listen || options->many || options->service ||
	    options->local_host || options->local_port) {
		error_set(error,
		          "-f runs a script, which opens and listens itself: /open, /listen");
		return false;
	}
	if (count > OPTIONS_WORDS) {
		error_set(error, "-f: more than %d words for the script", OPTIONS_WORDS);
		return false;
	}
	options->words = words;
	options->word_count = (size_t)count;
	return true;
}

static bool take_words(struct options *options, char **words, int count, enum transport transport,
                       struct error *error)
{
	if (options->script)
		return take_script(options, words, count, error);
	if (options->demo && (count || options->listen)) {
		error_set(error, "--demo goes without an address");
		return false;
	}
	if (count > 2) {
		error_set(error, "too many words: %s (an address is at most: host port)", words[2]);
		return false;
	}
	options->has_target = options->listen || count > 0;
	if (options->listen)
		return listening_target(options, words, count, transport, error);
	if (options->many || options->service) {
		error_set(error, "%s is for servers: use it with -l",
		          options->many ? "-k" : "--service");
		return false;
	}
	if (!check_local_port(options, transport, error))
		return false;
	return count == 0 || target_parse(&options->target, words[0], count == 2 ? words[1] : NULL,
	                                  transport, false, error);
}

bool options_parse(struct options *options, int argc, char **argv, struct error *error)
{
	enum transport transport = TRANSPORT_TCP;
	*options = (struct options){ .family = AF_UNSPEC, .quit_after = -1 };
	opterr = 0;
	int letter;
	while ((letter = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		error_set(error, "%s", "");
		if (take_switch(options, &transport, letter, error))
			continue;
		if (error->text[0] || !take_value(options, letter, argv, error))
			return false;
	}
	if (options->wish != OPTIONS_RUN)
		return true;
	return take_words(options, argv + optind, argc - optind, transport, error);
}
