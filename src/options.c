// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "app/replay.h"
#include "base/alloc.h"
#include "base/choice.h"
#include "base/clock.h"
#include "command/manual.h"
#include "completion.h"
#include "net/relay.h"
#include "option_table.h"

/* ---- what there is ---- */

static const char nc_options[] = ":46bCDdFhI:i:klM:m:NnO:P:p:q:rSs:T:tUuV:vW:w:X:x:Zz";

static const char usage_text[] =
        "usage: sockpit [options] [host port... | host:port | :port | url | target]\n"
        "       sockpit -l [options] [address] port\n"
        "       sockpit --relay [address:]port [options] host port | host:port | url\n"
        "       sockpit --demo | --replay log | -f script [word...] | --check script...\n"
        "       sockpit --lesson [lesson [step] [--record file]]\n"
        "       sockpit --lesson-check [lesson...] | --grade recording...\n"
        "\n"
        "A url is tcp://host:port, udp://host:port, unix:///path or unix:@name.\n"
        "On a terminal this opens a window in which you type and see; F1 is help there.\n"
        "With standard input or output elsewhere it is a pipe: input to the socket, the\n"
        "socket to output, byte for byte.\n";

static const char status_text[] =
        "\nexit status: 0 ended well; 1 network error, reset or failed script line; 2 usage\n";

static const char nc_usage_text[] =
        "usage: nc [-46bCDdhklNnrtUuvz] [-I length] [-i interval] [-M ttl] [-m minttl]\n"
        "          [-O length] [-P proxy_username] [-p source_port] [-q seconds]\n"
        "          [-s sourceaddr] [-T keyword] [-W recvlimit] [-w timeout]\n"
        "          [-X proxy_protocol] [-x proxy_address[:port]] [destination] [port ...]\n";

void options_print_nc_usage(FILE *out)
{
	fputs(nc_usage_text, out);
}

void options_print_help(const struct options *options, FILE *out)
{
	if (options->nc)
		fprintf(out, "sockpit %s, as nc\n", PACKAGE_VERSION);
	fputs(options->nc ? nc_usage_text : usage_text, out);
	if (options->nc)
		return;
	option_table_print(out);
	fputs(status_text, out);
}

/* ---- options that are refused ---- */

/* What has no sense here, and what to do instead; NULL = `letter` is not one of them. */
static const char *why_refused(int letter)
{
	switch (letter) {
	case 'e':
	case 'c':
		return "is refused: no peer may start a program here; --service answers peers, and "
		       "a pipe "
		       "does the rest: mkfifo f; sockpit -l 7001 <f | program >f";
	case 'F':
		return "is refused: no descriptor is passed on; ssh takes sockpit as a "
		       "ProxyCommand without ProxyUseFdpass";
	case 'S':
		return "is refused: there are no TCP MD5 signatures here";
	case 'Z':
		return "is refused: DCCP has gone from the kernel; TCP is the default, -u is UDP";
	default:
		return NULL;
	}
}

static const char *name_of_option(const void *syntax, size_t index)
{
	return ((const struct option_syntax *)syntax)->names[index].name;
}

static void refuse_long(const char *option, struct error *error)
{
	struct option_syntax syntax;
	const struct choice names = { .name = name_of_option, .context = &syntax, .prefix = "--" };
	option_table_syntax(&syntax);
	const char *name = option + strspn(option, "-");
	size_t len = strcspn(name, "=");
	error_set(error, "no option --%.*s", (int)len, name);
	choice_suggest(&names, name, len, "sockpit -h lists the options", error);
}

/* "--udp=1" */
static bool has_needless_value(const char *word)
{
	struct option_syntax syntax;
	size_t len = strcspn(word, "=");
	option_table_syntax(&syntax);
	for (const struct option *option = syntax.names; option->name; option++)
		if (len > 2 && word[len] && !option->has_arg && strncmp(word, "--", 2) == 0 &&
		    strncmp(word + 2, option->name, len - 2) == 0)
			return true;
	return false;
}

static bool refuse(char **argv, int letter, struct error *error)
{
	if (letter == ':')
		error_set(error, "%s needs a value (sockpit -h lists the options)",
		          argv[optind - 1]);
	else if (letter != '?')
		error_set(error, "-%c %s", letter, why_refused(letter));
	else if (has_needless_value(argv[optind - 1]))
		error_set(error, "%.*s takes no value", (int)strcspn(argv[optind - 1], "="),
		          argv[optind - 1]);
	else if (optopt && optopt < 256)
		error_set(error, "no option -%c (sockpit -h lists the options)", optopt);
	else
		refuse_long(argv[optind - 1], error);
	return false;
}

/* ---- values ---- */

/* What strtonum(3) says of it, whose words nc prints; NULL = it is right. */
static const char *number_fault(const char *text, long long least, long long most, long long *value)
{
	char *end;
	errno = 0;
	*value = strtoll(text, &end, 10);
	if (end == text || *end)
		return "invalid";
	if (*value < least || (errno == ERANGE && *value == LLONG_MIN))
		return "too small";
	if (*value > most || errno == ERANGE)
		return "too large";
	return NULL;
}

static const struct {
	char letter;
	const char *name; /* nc's */
	long long least, most;
} numbers[] = {
	{ 'I', "TCP receive window", 1, 65536 << 14 },
	{ 'O', "TCP send window", 1, 65536 << 14 },
	{ 'M', "ttl", 0, 255 },
	{ 'm', "minttl", 0, 255 },
	{ 'W', "receive limit", 1, INT_MAX },
	{ 'i', "interval", 0, UINT_MAX },
	{ 'q', "quit timer", INT_MIN, INT_MAX },
	{ 'w', "timeout", 0, INT_MAX / 1000 },
};

static bool read_number(const struct options *options, int letter, const char *text,
                        long long *value, struct error *error)
{
	size_t i = 0;
	while (numbers[i].letter != letter)
		i++;
	const char *fault = number_fault(text, numbers[i].least, numbers[i].most, value);
	if (!fault)
		return true;
	if (!options->nc)
		error_set(error, "-%c %s: %s (a number from %lld to %lld)", letter, text, fault,
		          numbers[i].least, numbers[i].most);
	else if (letter == 'M' || letter == 'm')
		error_set(error, "%s is %s", numbers[i].name, fault);
	else
		error_set(error, "%s %s: %s", numbers[i].name, fault, text);
	return false;
}

/* `name` is the option as it is typed. nc takes whole seconds. */
static bool read_time(const struct options *options, const char *name, const char *text,
                      int64_t *time, struct error *error)
{
	struct error why;
	long long seconds;
	if (options->nc) {
		bool good = read_number(options, name[1], text, &seconds, error);
		*time = good ? seconds * CLOCK_S : 0;
		return good;
	}
	if (clock_parse_duration(text, time, &why))
		return true;
	error_set(error, "%s: %s", name, why.text);
	return false;
}

/* DSCPs by their names in RFC 2597 and RFC 2474, and the older ones that nc knows. */
static bool find_tos(const char *text, long long *value)
{
	static const struct {
		const char *name;
		int value;
	} words[] = {
		{ "critical", 0xa0 },   { "ef", 0xb8 },          { "inetcontrol", 0xc0 },
		{ "lowcost", 0x02 },    { "lowdelay", 0x10 },    { "netcontrol", 0xe0 },
		{ "throughput", 0x08 }, { "reliability", 0x04 },
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(text, words[i].name) == 0) {
			*value = words[i].value;
			return true;
		}
	size_t len = strlen(text);
	bool is_cs = len == 3 && strncmp(text, "cs", 2) == 0 && text[2] >= '0' && text[2] <= '7';
	bool is_af = len == 4 && strncmp(text, "af", 2) == 0 && text[2] >= '1' && text[2] <= '4' &&
	             text[3] >= '1' && text[3] <= '3';
	*value = is_cs   ? (text[2] - '0') * 32
	         : is_af ? (text[2] - '0') * 32 + (text[3] - '0') * 8
	                 : 0;
	return is_cs || is_af;
}

static bool read_tos(const struct options *options, const char *text, long long *value,
                     struct error *error)
{
	char *end;
	if (find_tos(text, value))
		return true;
	if (strncmp(text, "0x", 2) == 0) {
		*value = strtol(text, &end, 16);
		if (end[0] == '\0' && *value >= 0 && *value <= 255)
			return true;
	} else if (!number_fault(text, 0, 255, value)) {
		return true;
	}
	if (options->nc)
		error_set(error, "illegal tos value %s", text);
	else
		error_set(error,
		          "-T %s: not a type of service (like lowdelay, ef, af11, cs1, or a number "
		          "from 0 to 255)",
		          text);
	return false;
}

static void preset(struct options *options, int level, int number, long long value)
{
	struct session_preset *at = options->presets;
	struct session_preset *end = at + options->preset_count;
	while (at < end && (at->level != level || at->number != number))
		at++;
	*at = (struct session_preset){ .level = level, .number = number, .value = (int)value };
	options->preset_count += at == end;
}

static bool preset_number(struct options *options, int letter, const char *text,
                          struct error *error)
{
	long long value;
	bool good = letter == 'T' ? read_tos(options, text, &value, error)
	                          : read_number(options, letter, text, &value, error);
	if (!good)
		return false;
	switch (letter) {
	case 'I':
		preset(options, SOL_SOCKET, SO_RCVBUF, value);
		break;
	case 'O':
		preset(options, SOL_SOCKET, SO_SNDBUF, value);
		break;
	case 'T':
		preset(options, IPPROTO_IP, IP_TOS, value);
#ifdef IPV6_TCLASS
		preset(options, IPPROTO_IPV6, IPV6_TCLASS, value);
#endif
		break;
	case 'M':
		preset(options, IPPROTO_IP, IP_TTL, value);
		preset(options, IPPROTO_IPV6, IPV6_UNICAST_HOPS, value);
		break;
	default:
#ifdef IP_MINTTL
		preset(options, IPPROTO_IP, IP_MINTTL, value);
#endif
#ifdef IPV6_MINHOPCOUNT
		preset(options, IPPROTO_IPV6, IPV6_MINHOPCOUNT, value);
#endif
		break;
	}
	return true;
}

static bool take_count(const char *name, const char *text, uint64_t *count, struct error *error)
{
	long long value;
	const char *fault = number_fault(text, 1, INT_MAX, &value);
	*count = fault ? 0 : (uint64_t)value;
	if (fault)
		error_set(error, "%s %s: %s (a number from 1 to %d)", name, text, fault, INT_MAX);
	return !fault;
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

static bool add_script(struct options *options, const char *path, struct error *error)
{
	if (options->script_count == OPTIONS_SCRIPTS) {
		error_set(error, "more than %d scripts", OPTIONS_SCRIPTS);
		return false;
	}
	options->scripts[options->script_count++] = path;
	return true;
}

/* Whether it is a name is known to who reads scripts. */
static bool add_name(struct options *options, char *text, struct error *error)
{
	char *equals = strchr(text, '=');
	if (!equals || equals == text || options->name_count == OPTIONS_NAMES) {
		if (options->name_count == OPTIONS_NAMES)
			error_set(error, "more than %d names for scripts", OPTIONS_NAMES);
		else
			error_set(error, "--let %s: write it as NAME=VALUE", text);
		return false;
	}
	*equals = '\0';
	options->names[options->name_count].name = text;
	options->names[options->name_count++].value = equals + 1;
	return true;
}

/* Its words are in the same argument. */
static bool choose_service(struct options *options, const char *text, struct error *error)
{
	serving_release(options->serving);
	options->service = service_parse(text, &options->serving, error);
	return options->service != NULL;
}

static bool choose_log_format(struct options *options, const char *name, struct error *error)
{
	options->log_format = log_format_choose(name, error);
	return options->log_format != NULL;
}

static bool add_log(struct options *options, const char *path, struct error *error)
{
	if (options->log_count == OPTIONS_LOGS) {
		error_set(error, "-o: more than %d logs", OPTIONS_LOGS);
		return false;
	}
	options->logs[options->log_count++] = path;
	return true;
}

static bool choose_shell(struct options *options, const char *name, struct error *error)
{
	options->wish = OPTIONS_COMPLETION;
	options->shell = completion_choose(name, error);
	return options->shell != NULL;
}

static bool choose_part(struct options *options, const char *name, struct error *error)
{
	options->wish = OPTIONS_MDOC;
	options->part = manual_choose(name, error);
	return options->part != NULL;
}

static bool choose_datagram(struct options *options, const char *name, struct error *error)
{
	bool line = strcmp(name, "line") == 0;
	if (!line && strcmp(name, "block") != 0) {
		error_set(error, "--datagram %s: line or block", name);
		return false;
	}
	options->pipe.datagram = line ? PIPE_DATAGRAM_LINE : PIPE_DATAGRAM_BLOCK;
	return true;
}

static bool choose_verify(struct options *options, const char *word, struct error *error)
{
	options->tls_chosen = "--tls-verify";
	options->tls_settings.unverified = strcmp(word, "off") == 0;
	if (options->tls_settings.unverified || strcmp(word, "on") == 0)
		return true;
	error_set(error, "--tls-verify %s: on or off", word);
	return false;
}

/* -w 0 has nc end as soon as nothing is ready; here at the end of input, so that none is lost. */
static bool limit(struct options *options, const char *text, struct error *error)
{
	if (!read_time(options, "-w", text, &options->timeout, error))
		return false;
	options->pipe.idle = options->timeout;
	if (!options->timeout && options->pipe.quit_after < 0)
		options->pipe.quit_after = 0;
	return true;
}

/* A pause in whole seconds to nc, a limit of idling, mostly with a unit, to ncat: the unit says whose it is. */
static bool interval(struct options *options, const char *text, struct error *error)
{
	bool has_unit = isdigit((unsigned char)*text) && isalpha((unsigned char)text[strlen(text) - 1]);
	return read_time(options, "-i", text,
	                 has_unit && !options->nc ? &options->pipe.idle : &options->pipe.interval,
	                 error);
}

static bool quit_after(struct options *options, const char *text, struct error *error)
{
	long long seconds;
	bool never = number_fault(text, INT_MIN, -1, &seconds) == NULL;
	if (never) {
		options->pipe.quit_after = PIPE_QUIT_NEVER;
		options->pipe.fin = options->nc ? options->pipe.fin : PIPE_FIN_NEVER;
		return true;
	}
	if (options->nc)
		options->pipe.fin = PIPE_FIN_ALWAYS;
	return read_time(options, "-q", text, &options->pipe.quit_after, error);
}

static bool take_packets(struct options *options, const char *text, struct error *error)
{
	long long value;
	bool good = read_number(options, 'W', text, &value, error);
	options->pipe.packets = good ? (uint64_t)value : 0;
	return good;
}

static bool take_max_conns(struct options *options, const char *text, struct error *error)
{
	uint64_t count;
	bool good = take_count("--max-conns", text, &count, error);
	options->pipe.max_conns = (unsigned)count;
	return good;
}

static bool add_networks(struct options *options, const char *name, const char *text, bool allows,
                         struct error *error)
{
	struct error why;
	bool good = network_rules_read(&options->rules, text, allows, &why);
	if (!good)
		error_set(error, "%s: %s", name, why.text);
	return good;
}

static bool choose_protocol(struct options *options, const char *name, struct error *error)
{
	static const char *const names[] = {
		[PROXY_SOCKS5] = "5", [PROXY_SOCKS4] = "4", [PROXY_CONNECT] = "connect"
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcasecmp(name, names[i]) == 0) {
			options->proxy_protocol = (enum proxy_protocol)i;
			options->proxy_chosen = true;
			return true;
		}
	if (options->nc)
		error_set(error, "unsupported proxy protocol");
	else
		error_set(error, "-X %s: 5 (SOCKS5), 4 (SOCKS4) or connect (HTTP)", name);
	return false;
}

/* "proxy", "proxy:port", "[address]:port" */
static bool choose_proxy(struct options *options, struct error *error)
{
	struct error why;
	const char *text = options->proxy_text;
	const char *port = options->proxy_protocol == PROXY_CONNECT ? "3128" : "1080";
	if (target_parse(&options->proxy, text, NULL, TRANSPORT_TCP, false, &why) ||
	    target_parse(&options->proxy, text, port, TRANSPORT_TCP, false, &why))
		return true;
	error_set(error, "-x: %s", why.text);
	return false;
}

/* ---- one option ---- */

/* clang-format off */
/* What both modes have. */
static bool take_switch(struct options *options, int letter, struct error *error)
{
	struct pipe_options *pipe = &options->pipe;
	switch (letter) {
	case '4': options->family = AF_INET; return true;
	case '6': options->family = AF_INET6; return true;
	case 'b': options->broadcast = true; return true;
	case 'C': return add_setting(options, "eol", "crlf", error);
	case 'D': preset(options, SOL_SOCKET, SO_DEBUG, 1); return true;
	case 'd': pipe->no_input = true; return true;
	case 'h': options->wish = OPTIONS_HELP; return true;
	case 'k': pipe->keep_open = true; return true;
	case 'l': options->listen = true; return true;
	case 'N': pipe->fin = PIPE_FIN_ALWAYS; return true;
	case 'n': options->numeric = true; return true;
	case 'r': options->random_order = true; return true;
	case 't': pipe->telnet = true; return true;
	case 'U': options->unixsock = true; return true;
	case 'u': options->target.transport = TRANSPORT_UDP; return true;
	case 'v': options->verbose++; return true;
	case 'z': options->probe = true; return true;
	default: return false;
	}
}

static bool take_long_switch(struct options *options, int letter)
{
	struct pipe_options *pipe = &options->pipe;
	switch (letter) {
	case 'V': options->wish = OPTIONS_VERSION; return true;
	case LONG_NC: return true; /* taken before */
	case LONG_PLAIN: options->plain = true; return true;
	case LONG_DEMO: options->demo = true; return true;
	case LONG_SANDBOX: options->sandbox = true; return true;
	case LONG_JSON: pipe->json = true; return true;
	case LONG_PIPE: options->piped = true; return true;
	case LONG_APPEND_OUTPUT: pipe->append_output = true; return true;
	case LONG_SEND_ONLY: pipe->no_output = true; return true;
	case LONG_RECV_ONLY: pipe->no_input = true; return true;
	case LONG_NO_SHUTDOWN: pipe->fin = PIPE_FIN_NEVER; return true;
	case LONG_HALF_CLOSE: pipe->half_close = true; return true;
	case LONG_CHECK: options->check = true; return true;
	case LONG_TAP: options->tap = true; return true;
	case LONG_LESSON_CHECK: options->lesson_check = true; return true;
	case LONG_GRADE: options->grade = true; return true;
	case LONG_LESSON: options->lesson = true; return true;
	case LONG_PROJECT: options->project = true; return true;
	default: return false;
	}
}

/* What both modes have. */
static bool take_value(struct options *options, int letter, bool *known, struct error *error)
{
	*known = true;
	switch (letter) {
	case 'I': case 'M': case 'm': case 'O': case 'T': return preset_number(options, letter, optarg, error);
	case 'i': return interval(options, optarg, error);
	case 'P': options->proxy_user = optarg; return true;
	case 'p': options->local_port = optarg; return true;
	case 'q': return quit_after(options, optarg, error);
	case 's': options->local_host = optarg; return true;
	case 'W': return take_packets(options, optarg, error);
	case 'w': return limit(options, optarg, error);
	case 'X': return choose_protocol(options, optarg, error);
	case 'x': options->proxy_text = optarg; return true;
	default: *known = false; return false;
	}
}

static bool take_long_value(struct options *options, int letter, char **argv, struct error *error)
{
	switch (letter) {
	case 'o': return add_log(options, optarg, error);
	case LONG_LOG_FORMAT: return choose_log_format(options, optarg, error);
	case 'f': return add_script(options, optarg, error);
	case LONG_LET: return add_name(options, optarg, error);
	case LONG_JUNIT: options->junit = optarg; return true;
	case LONG_RECORD: options->record = optarg; return true;
	case LONG_SERVICE: return choose_service(options, optarg, error);
	case LONG_RELAY: options->relay = optarg; return true;
	case LONG_EOL: return add_setting(options, "eol", optarg, error);
	case LONG_ALLOW: return add_networks(options, "--allow", optarg, true, error);
	case LONG_DENY: return add_networks(options, "--deny", optarg, false, error);
	case LONG_MAX_CLIENTS: options->max_clients = true; return add_setting(options, "max-clients", optarg, error);
	case LONG_MAX_IDLE: options->max_idle = true; return add_setting(options, "max-idle", optarg, error);
	case LONG_SET: return add_assignment(options, optarg, error);
	case LONG_REPLAY: options->replay = optarg; return true;
	case LONG_COMPLETION: return choose_shell(options, optarg, error);
	case LONG_MDOC: return choose_part(options, optarg, error);
	case LONG_SPEED: return replay_parse_speed(optarg, &options->replay_speed, error);
	case LONG_VIEW: return add_setting(options, "view", optarg, error);
	case LONG_OUTPUT: options->pipe.output = optarg; return true;
	case LONG_DELAY: return read_time(options, "--delay", optarg, &options->pipe.interval, error);
	case LONG_WAIT: return read_time(options, "--wait", optarg, &options->timeout, error);
	case LONG_IDLE_TIMEOUT: return read_time(options, "--idle-timeout", optarg, &options->pipe.idle, error);
	case LONG_MAX_CONNS: return take_max_conns(options, optarg, error);
	case LONG_TLS:
	case LONG_SSL: options->tls = true; return true;
	case LONG_SSL_VERIFY: options->tls_chosen = "--ssl-verify"; options->tls_settings.unverified = false; options->tls_settings.verifies_clients = true; return true;
	case LONG_TLS_PIN: options->tls_chosen = "--tls-pin"; options->tls_settings.pin = optarg; return tls_check_pin(optarg, error);
	case LONG_SSL_TRUSTFILE: options->tls_chosen = "--ssl-trustfile"; options->tls_settings.ca = optarg; return true;
	case LONG_SSL_CERT: options->tls_chosen = "--ssl-cert"; options->tls_settings.cert = optarg; return true;
	case LONG_SSL_KEY: options->tls_chosen = "--ssl-key"; options->tls_settings.key = optarg; return true;
	case LONG_SSL_SERVERNAME: options->tls_chosen = "--ssl-servername"; options->tls_settings.server_name = optarg; return true;
	case LONG_SSL_ALPN: options->tls_chosen = "--ssl-alpn"; options->tls_settings.alpn = optarg; return true;
	case LONG_TLS_VERIFY: return choose_verify(options, optarg, error);
	case LONG_DATAGRAM: return choose_datagram(options, optarg, error);
	default: return refuse(argv, letter, error);
	}
}

/* clang-format on */

/* ---- options that few others go with ---- */

static const struct mode {
	const char *what;
	int letter;
	int most;     /* words; -1: any number */
	int with[24]; /* what goes with it, ended by 0 */
} modes[] = {
	{ "--completion prints a script and nothing else", LONG_COMPLETION, 0, { 0 } },
	{ "--grade reads recordings and nothing else", LONG_GRADE, -1, { 'v', LONG_JSON } },
	{ "--lesson-check runs lessons and nothing else",
	  LONG_LESSON_CHECK,
	  -1,
	  { '4', '6', 'b', 'C', 'n', 'v', 'w', LONG_EOL, LONG_LET, LONG_SANDBOX, LONG_SET, LONG_VIEW, LONG_WAIT } },
	{ "--lesson takes a lesson, and a step",
	  LONG_LESSON,
	  2,
	  { '4', '6', 'b', 'C', 'n', 'o', 'v', 'w', LONG_APPEND_OUTPUT, LONG_EOL, LONG_JSON, LONG_LOG_FORMAT,
	    LONG_PLAIN, LONG_PROJECT, LONG_RECORD, LONG_SANDBOX, LONG_SET, LONG_VIEW, LONG_WAIT } },
};

static void note_option(struct options *options, int letter)
{
	for (size_t i = 0; i < options->given_count; i++)
		if (options->given[i] == letter)
			return;
	if (options->given_count < OPTIONS_GIVEN)
		options->given[options->given_count++] = (short)letter;
}

static bool is_given(const struct options *options, int letter)
{
	for (size_t i = 0; i < options->given_count; i++)
		if (options->given[i] == letter)
			return true;
	return false;
}

/* What would be ignored is refused. */
static bool check_mode(const struct options *options, char **words, int count, struct error *error)
{
	const struct mode *mode = modes, *end = modes + sizeof modes / sizeof *modes;
	struct buf other = { .max = SIZE_MAX };
	while (mode < end && !is_given(options, mode->letter))
		mode++;
	if (mode == end)
		return true;
	for (size_t i = 0; i < options->given_count && !other.len; i++) {
		const int *with = mode->with;
		while (*with && *with != options->given[i])
			with++;
		if (!*with && options->given[i] != mode->letter)
			option_table_spell(options->given[i], &other);
	}
	if (!other.len && mode->most >= 0 && count > mode->most)
		buf_append_text(&other, words[mode->most]);
	bool good = !other.len;
	if (!good)
		error_set(error, "%s: leave out %s", mode->what, buf_text(&other));
	buf_free(&other);
	return good;
}

/* ---- words, in our own mode ---- */

/* -l PORT, -l ADDR PORT, -l -p PORT, -l -s ADDR PORT: all mean what they say. */
static bool listening_target(struct options *options, char **words, int count, struct error *error)
{
	enum transport transport = options->target.transport;
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
static bool check_local_port(const struct options *options, struct error *error)
{
	struct target ignored;
	struct error why;
	if (!options->local_port ||
	    target_parse(&ignored, "*", options->local_port, options->target.transport, true, &why))
		return true;
	error_set(error, "-p: %s", why.text);
	return false;
}

static bool take_script(struct options *options, char **words, int count, struct error *error)
{
	if (options->demo || options->listen || options->probe || options->pipe.keep_open ||
	    options->service || options->local_host || options->local_port) {
		error_set(error,
		          "-f runs a script, which opens and listens itself: /open, /listen");
		return false;
	}
	bool files = options->script_count == 0; /* --check FILE... */
	for (int i = 0; files && i < count; i++)
		if (!add_script(options, words[i], error))
			return false;
	if (options->script_count == 0) {
		error_set(error, "%s needs a script: a file, or -f FILE and its words",
		          options->check ? "--check" : options->tap ? "--tap" : options->junit ? "--junit" : "--let");
		return false;
	}
	if (files)
		return true;
	if (count > OPTIONS_WORDS) {
		error_set(error, "-f: more than %d words for the script", OPTIONS_WORDS);
		return false;
	}
	options->words = words;
	options->word_count = (size_t)count;
	return true;
}

/* --lesson NAME STEP, --lesson-check NAME..., --grade FILE... */
static bool take_lessons(struct options *options, char **words, int count, struct error *error)
{
	options->words = words;
	options->word_count = (size_t)count;
	if (options->grade && count == 0)
		error_set(error, "--grade needs recordings of lessons: sockpit --grade FILE...");
	else if (options->record && count == 0)
		error_set(error, "--record: of which lesson? --lesson NAME --record FILE");
	else
		return !options->project || add_setting(options, "view", "ladder", error);
	return false;
}

/* A number with a dash or a comma: no service is called that. */
static bool is_several(const char *word)
{
	return strchr(word, ',') || word[strspn(word, "0123456789")] == '-';
}

static enum transport unix_transport(const struct options *options)
{
	return options->target.transport == TRANSPORT_UDP ? TRANSPORT_UNIXGRAM : TRANSPORT_UNIX;
}

/* -s is the path of a socket of datagrams: others answer to it. */
static bool take_local_path(struct options *options, struct error *error)
{
	const char *path = options->local_host;
	enum transport transport = options->target.transport;
	options->local_host = path ? options->local.host : NULL;
	return !path || target_set_path(&options->local, path, transport, error);
}

/* -U PATH, -l -U PATH, -U -u -s PATH PATH */
static bool unix_target(struct options *options, char **words, int count, struct error *error)
{
	const char *path = count ? words[0] : options->listen ? options->local_host : NULL;
	bool datagrams = options->target.transport == TRANSPORT_UDP;
	if (count > 1 || options->local_port)
		error_set(error, "a UNIX path has no port: %s",
		          count > 1 ? words[1] : "leave out -p");
	else if (options->family != AF_UNSPEC)
		error_set(error, "a UNIX path is no IP address: leave out -4 and -6");
	else if (options->listen && !path)
		error_set(error, "-U needs a path: sockpit -l -U /tmp/x, or @name");
	else if (options->local_host && count && (options->listen || !datagrams))
		error_set(error, "-s names the socket of a client with datagrams: -u");
	else if (path && !target_set_path(&options->target, path, unix_transport(options), error))
		return false;
	else
		return !options->listen && count ? take_local_path(options, error) : true;
	return false;
}

/* "host 20-25 80,443" */
static bool take_ports(struct options *options, char **words, int count, struct error *error)
{
	if (!target_parse(&options->target, words[0], "1", options->target.transport, false, error))
		return false;
	for (int i = 1; i < count; i++)
		if (!port_list_add(&options->ports, words[i], options->target.transport, error))
			return false;
	return true;
}

static bool check_combination(const struct options *options, struct error *error)
{
	const struct pipe_options *pipe = &options->pipe;
	bool ruled = options->rules.count || options->rules.strict;
	bool limited = ruled || options->max_clients || options->max_idle;
	if (!options->listen && (pipe->keep_open || options->service || pipe->max_conns || limited))
		error_set(error, "%s is for servers: use it with -l",
		          pipe->keep_open        ? "-k"
		          : options->service     ? "--service"
		          : pipe->max_conns      ? "--max-conns"
		          : options->max_clients ? "--max-clients"
		          : options->max_idle    ? "--max-idle"
		                                 : "--allow or --deny");
	else if (limited && options->target.transport == TRANSPORT_UDP)
		error_set(error, "%s is for listeners: UDP has no clients",
		          options->max_clients ? "--max-clients"
		          : options->max_idle  ? "--max-idle"
		                               : "--allow or --deny");
	else if (ruled && (options->unixsock || transport_is_unix(options->target.transport)))
		error_set(error, "--allow and --deny are for TCP: a UNIX client is in no network");
	else if ((options->proxy_chosen || options->proxy_user) && !options->proxy_text)
		error_set(error, "%s says how a proxy is asked, and -x PROXY which",
		          options->proxy_chosen ? "-X" : "-P");
	else if (options->proxy_user && options->proxy_protocol != PROXY_CONNECT)
		error_set(error, "-P is the user of an HTTP proxy: -X connect");
	else if (options->proxy_text && (options->listen || options->local_host ||
	                                 options->target.transport == TRANSPORT_UDP))
		error_set(error, "-x connects by TCP, without -l, -s or -u");
	else if (options->listen && options->probe)
		error_set(error, "-z asks whether others listen: leave out -l or -z");
	else if (options->replay && (options->demo || options->probe || options->piped))
		error_set(error, "--replay shows a log: leave out %s",
		          options->demo    ? "--demo"
		          : options->probe ? "-z"
		                           : "--pipe");
	else if (pipe->no_input && pipe->no_output)
		error_set(error, "nothing is sent and nothing received: leave out --send-only, or "
		                 "--recv-only and -d");
	else
		return true;
	return false;
}

static bool check_logs(const struct options *options, struct error *error)
{
	if (options->log_format && !options->log_count)
		error_set(error, "--log-format is the format of a log: -o FILE");
	else if (options->pipe.append_output && !options->log_count && !options->pipe.output)
		error_set(error, "--append-output continues a file: -o FILE or --output FILE");
	else if (options->replay_speed != REPLAY_SPEED_OWN && !options->replay)
		error_set(error, "--speed is that of a replay: --replay FILE");
	else if (options->pipe.json && options->tap)
		error_set(error, "--json and --tap both write to standard output: use one");
	else
		return true;
	return false;
}

/* A server whose service is to pass on to the address that the words are. */
static bool give_target(struct options *options, const char *words, struct error *error)
{
	options->serving = relay_serving(words, &options->target, error);
	options->service = &service_relay;
	return options->serving != NULL;
}

/* --relay LISTEN TARGET */
static bool take_relay(struct options *options, char **words, int count, struct error *error)
{
	char text[TARGET_HOST + TARGET_SERVICE];
	enum transport transport = options->target.transport;
	if (count == 0 || count > 2)
		error_set(error, "--relay passes on to one address: sockpit --relay 7001 HOST PORT");
	else if (options->service || options->local_host || options->local_port)
		error_set(error, "--relay says where it listens and what it does: leave out %s",
		          options->service ? "--service" : options->local_host ? "-s" : "-p");
	else if (options->unixsock ? !target_set_path(&options->target, options->relay,
	                                              unix_transport(options), error)
	                           : !target_parse(&options->target, options->relay, NULL, transport,
	                                           true, error))
		return false;
	else if (count == 1 && named_target_is_name(words[0])) {
		options->named = words[0];
		return true;
	} else {
		snprintf(text, sizeof text, "%s%s%s", words[0], count == 2 ? " " : "",
		         count == 2 ? words[1] : "");
		return give_target(options, text, error);
	}
	return false;
}

static bool take_words(struct options *options, char **words, int count, struct error *error)
{
	if (!check_logs(options, error))
		return false;
	enum transport transport = options->target.transport;
	if (options->relay)
		options->listen = options->pipe.keep_open = true;
	if (options->project && !options->lesson) {
		error_set(error, "--project is for a lesson: --lesson NAME --project");
		return false;
	}
	if (options->record && !options->lesson) {
		error_set(error, "--record is for a lesson: --lesson NAME --record FILE");
		return false;
	}
	if (options->lesson || options->lesson_check || options->grade)
		return take_lessons(options, words, count, error);
	if (options->script_count || options->check || options->tap || options->junit ||
	    options->name_count)
		return take_script(options, words, count, error);
	if (options->demo && (count || options->listen)) {
		error_set(error, "--demo goes without an address");
		return false;
	}
	if (!check_combination(options, error) ||
	    (options->proxy_text && !choose_proxy(options, error)))
		return false;
	options->has_target = options->listen || count > 0;
	if (options->relay)
		return take_relay(options, words, count, error);
	if (options->unixsock)
		return unix_target(options, words, count, error);
	if (options->listen && count > 2) {
		error_set(error, "too many words: %s (an address is at most: address port)",
		          words[2]);
		return false;
	}
	if (options->listen)
		return listening_target(options, words, count, error);
	if (!check_local_port(options, error))
		return false;
	if (count == 0)
		return true;
	if (count > 2 || (count == 2 && is_several(words[1])))
		return take_ports(options, words, count, error);
	if (count == 1 && named_target_is_name(words[0])) {
		options->named = words[0];
		return true;
	}
	if (!target_parse(&options->target, words[0], count == 2 ? words[1] : NULL, transport,
	                  false, error))
		return false;
	if (transport_is_unix(options->target.transport))
		return take_local_path(options, error);
	/* a proxy is asked for a number */
	return !options->proxy_text ||
	       port_list_add(&options->ports, options->target.service, transport, error);
}

/* --tls, or an address with tls://. Of a target that has a name it is not known yet. */
static bool check_tls(struct options *options, struct error *error)
{
	struct target *target = &options->target;
	const struct tls_settings *tls = &options->tls_settings;
	bool wanted = options->tls || target->tls;
	if (options->tls_chosen && !wanted && !options->named)
		error_set(error, "%s is for TLS: --tls, or tls://host:port", options->tls_chosen);
	else if (!wanted)
		return true;
	else if (options->listen && (tls->unverified || tls->pin || tls->server_name))
		error_set(error, "%s is for sessions that are opened: leave out -l",
		          tls->unverified ? "--tls-verify" : tls->pin ? "--tls-pin" : "--ssl-servername");
	else if (tls->unverified && tls->pin)
		error_set(error, "--tls-pin and --tls-verify off exclude each other: use one");
	else if (tls->ca && tls->pin)
		error_set(error, "a pinned certificate needs no authority: leave out --tls-pin or --ssl-trustfile");
	else if (!tls->cert != !tls->key)
		error_set(error, "a certificate and its key belong together: --ssl-cert FILE --ssl-key FILE");
	else if (options->tls && !options->has_target)
		error_set(error, "--tls needs an address: sockpit --tls host port");
	else if (target->transport != TRANSPORT_TCP || options->unixsock)
		error_set(error, "TLS is on top of TCP: leave out %s",
		          options->unixsock                      ? "-U"
		          : transport_is_unix(target->transport) ? "unix://"
		                                                 : "-u, or udp://");
	else if (options->probe || options->ports.count > 1)
		error_set(error, "-z and lists of ports are for TCP alone: leave out TLS");
	else if (options->proxy_text && options->proxy.tls)
		error_set(error, "a proxy that speaks TLS itself leads to no other TLS: leave out one of them");
	else if (tls_is_available(error)) {
		target->tls = true;
		return true;
	}
	port_list_free(&options->ports);
	return false;
}

/* ---- words, as nc takes them ---- */

static bool nc_mistake(struct error *error, const char *text)
{
	error_set(error, "%s", text);
	return false;
}

/* nc takes port 70000 for 4464 where it listens; no script can mean that. */
static bool nc_port(struct options *options, const char *word, bool listening, struct error *error)
{
	long long value;
	const char *fault = number_fault(word, listening ? 0 : 1, UINT16_MAX, &value);
	if (fault && strcmp(fault, "invalid") != 0)
		error_set(error, "port number %s: %s", fault, word);
	else if (listening)
		return target_parse(&options->target, "*", word, options->target.transport, true,
		                    error);
	else if (port_list_add(&options->ports, word, options->target.transport, error))
		return true;
	else if (!strchr(word, '-'))
		error_set(error, "port number invalid: %s", word);
	return false;
}

static bool nc_path(struct options *options, char **words, int count, struct error *error)
{
	bool listen = options->listen;
	bool datagrams = options->target.transport == TRANSPORT_UDP;
	const char *path = count ? words[0] : options->local_host;
	const char *own = count ? options->local_host : NULL;
	error_set(error, "%s", "");
	options->nc_usage =
	        count ? (listen && (options->local_host || options->local_port || count > 2)) ||
	                        (count == 1 && (options->local_port || (own && !datagrams)))
	              : !listen;
	if (options->nc_usage)
		return false;
	if (count > 1 || options->local_port)
		return nc_mistake(error, "cannot use port with -U");
	if (!path)
		return nc_mistake(error, "missing socket pathname");
	if (listen && options->probe)
		return nc_mistake(error, "cannot use -z and -l");
	if (!listen && options->pipe.keep_open)
		return nc_mistake(error, "must use -l with -k");
	if (options->proxy_text)
		return nc_mistake(error, "no proxy support for unix sockets");
	options->has_target = true;
	if (target_set_path(&options->target, path, unix_transport(options), error) &&
	    (listen || take_local_path(options, error)))
		return true;
	if (listen)
		error_set(error, "%s", strerror(error->code));
	else
		error_set(error, "%s: %s", path, strerror(error->code));
	return false;
}

/* Where the words make no sense only the usage says so. */
static bool nc_words(struct options *options, char **words, int count, struct error *error)
{
	bool listen = options->listen;
	bool has_local = options->local_host || options->local_port;
	if (options->unixsock)
		return nc_path(options, words, count, error);
	const char *host = count >= 2 ? words[0] : listen && !count ? options->local_host : NULL;
	const char *port = count >= 2 ? words[1] : listen ? options->local_port : NULL;
	if (count == 1 && listen)
		port = words[0];
	error_set(error, "%s", "");
	options->nc_usage = (count == 0 && !listen) || (count == 1 && has_local) ||
	                    (listen && (count > 2 || (count == 2 && has_local)));
	if (options->nc_usage)
		return false;
	if (!port)
		return nc_mistake(error, "missing port number");
	if (listen && options->probe)
		return nc_mistake(error, "cannot use -z and -l");
	if (!listen && options->pipe.keep_open)
		return nc_mistake(error, "must use -l with -k");
	if (options->proxy_text && options->target.transport == TRANSPORT_UDP)
		return nc_mistake(error, "no proxy support for UDP mode");
	if (options->proxy_text && listen)
		return nc_mistake(error, "no proxy support for listen");
	if (options->proxy_text && options->local_host)
		return nc_mistake(error, "no proxy support for local source address");
	if (options->proxy_text && !choose_proxy(options, error))
		return false;
	if (host && strlen(host) >= TARGET_HOST)
		return nc_mistake(error, "the host is too long");
	if (listen)
		options->local_host = options->local_port = NULL;
	for (int i = 1; i < count || i == 1; i++)
		if (!nc_port(options, i == 1 ? port : words[i], listen, error))
			return false;
	if (!listen)
		snprintf(options->target.service, sizeof options->target.service, "%u",
		         options->ports.ports[0]);
	const char *any = options->family == AF_INET6 ? "::" : "0.0.0.0";
	snprintf(options->target.host, sizeof options->target.host, "%s", host ? host : any);
	options->has_target = true;
	return true;
}

static bool nc_refuse(struct options *options, char **argv, int letter, struct error *error)
{
	if (letter == 'V')
		return nc_mistake(error, "no alternate routing table support available");
	if (letter == '?' || letter == ':') {
		options->nc_usage = true;
		error_set(error,
		          letter == '?' ? "invalid option -- '%c'"
		                        : "option requires an argument -- '%c'",
		          optopt ? optopt : '-');
		return false;
	}
	return refuse(argv, letter, error);
}

/* Options that we have and nc has not are not taken. */
static bool parse_nc(struct options *options, int argc, char **argv, struct error *error)
{
	int letter;
	bool known;
	options->pipe.nc = true;
	options->pipe.fin = PIPE_FIN_NEVER;
	options->pipe.quit_after = PIPE_QUIT_NEVER;
	while ((letter = getopt(argc, argv, nc_options)) != -1) {
		if (take_switch(options, letter, error))
			continue;
		if (take_value(options, letter, &known, error))
			continue;
		return known ? false : nc_refuse(options, argv, letter, error);
	}
	if (options->broadcast)
		preset(options, SOL_SOCKET, SO_BROADCAST, 1);
	options->broadcast = false; /* nc connects all the same */
	if (options->listen && !options->unixsock) {
		preset(options, SOL_SOCKET, SO_REUSEADDR, 1);
#ifdef SO_REUSEPORT
		preset(options, SOL_SOCKET, SO_REUSEPORT, 1);
#endif
	}
	return options->wish != OPTIONS_RUN ||
	       nc_words(options, argv + optind, argc - optind, error);
}

/* ---- both ---- */

/* NULL for any other name than those of nc. */
static const char *name_of_nc(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	return strcmp(name, "nc") == 0 || strcmp(name, "netcat") == 0 ? name : NULL;
}

/* Takes every "--nc" out that is no word after "--". */
static bool take_nc(int *argc, char **argv)
{
	int kept = 1;
	bool found = false, words = false;
	for (int i = 1; i < *argc; i++) {
		words = words || strcmp(argv[i], "--") == 0;
		if (!words && strcmp(argv[i], "--nc") == 0)
			found = true;
		else
			argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	*argc = kept;
	return found;
}

static bool parse_own(struct options *options, int argc, char **argv, struct error *error)
{
	int letter;
	bool known;
	struct option_syntax syntax;
	option_table_syntax(&syntax);
	while ((letter = getopt_long(argc, argv, syntax.letters, syntax.names, NULL)) != -1) {
		error_set(error, "%s", "");
		note_option(options, letter);
		if (take_switch(options, letter, error) || take_long_switch(options, letter))
			continue;
		if (error->text[0])
			return false;
		if (!take_value(options, letter, &known, error) &&
		    (known || !take_long_value(options, letter, argv, error)))
			return false;
	}
	char **words = argv + optind;
	int count = argc - optind;
	bool runs = options->wish == OPTIONS_RUN;
	if ((runs || options->wish == OPTIONS_COMPLETION) &&
	    !check_mode(options, words, count, error))
		return false;
	return !runs || (take_words(options, words, count, error) && check_tls(options, error));
}

bool options_parse(struct options *options, int argc, char **argv, struct error *error)
{
	*options = (struct options){ .family = AF_UNSPEC, .replay_speed = REPLAY_SPEED_OWN };
	options->pipe.quit_after = PIPE_QUIT_WHEN_DONE;
	opterr = 0;
	optind = 0; /* glibc: begins again, for tests */
	const char *called = argc > 0 ? name_of_nc(argv[0]) : NULL;
	options->nc = (argc > 0 && take_nc(&argc, argv)) || called;
	options->program = called ? called : options->nc ? "nc" : "sockpit";
	bool good = options->nc ? parse_nc(options, argc, argv, error)
	                        : parse_own(options, argc, argv, error);
	if (good && options->random_order)
		port_list_shuffle(&options->ports);
	options->pipe.verbose = options->verbose + (options->relay && options->verbose);
	return good;
}

bool options_resolve(struct options *options, const struct named_targets *targets,
                     struct error *error)
{
	if (!options->named)
		return true;
	const struct named_target *named = named_target_find(targets, options->named);
	if (options->relay) {
		char *words = named ? named_target_url(named) : xstrdup(options->named);
		bool good = give_target(options, words, error);
		free(words);
		return good;
	}
	enum transport asked = options->target.transport;
	if (!named) {
		error_usage(error, "a host needs a port: sockpit %s 80; and no target is called %s",
		            options->named, options->named);
		return false;
	}
	options->target = named->target;
	if (asked == TRANSPORT_UDP && options->target.transport != asked) {
		error_usage(error, "-u: the target %s is not UDP", options->named);
		return false;
	}
	return !options->proxy_text ||
	       port_list_add(&options->ports, options->target.service, options->target.transport,
	                     error);
}

void options_done(struct options *options)
{
	port_list_free(&options->ports);
	serving_release(options->serving);
}
