// SPDX-License-Identifier: GPL-3.0-or-later
/* The command line in both modes: what becomes of it, and that each slip gets one line. */
#include "options.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "support/tap.h"

enum { ARGS = 20, TEXT = 600 };

struct line_case {
	const char *args; /* blanks apart, the program's name first; "''" is empty */
	const char *want; /* see describe(); after "!" a part of the error; "!" = only the usage */
};

static const struct line_case own[] = {
	{ "sockpit host 80", "host:80" },
	{ "sockpit -u host 80", "host:80 udp" },
	{ "sockpit -46 host 80", "host:80 -6" },
	{ "sockpit", "-" },
	{ "sockpit -l 7001", ":7001 listen" },
	{ "sockpit -l 0", ":0 listen" },
	{ "sockpit -lkp 7001", ":7001 listen keep" },
	{ "sockpit -l -s ::1 7001", "[::1]:7001 listen" },
	{ "sockpit -p 9 -s ::1 ::1 7", "[::1]:7 local=::1,9" },
	{ "sockpit host 20-22", "host:1 ports=20,21,22" },
	{ "sockpit host 80 443 20-21", "host:1 ports=80,443,20,21" },
	{ "sockpit -u host 80,81", "host:1 udp ports=80,81" },
	{ "sockpit -z host 80", "host:80 probe" },
	{ "sockpit -zvv host 1-2", "host:1 probe v2 ports=1,2" },
	{ "sockpit --pipe host 80", "host:80 piped" },
	{ "sockpit -d host 80", "host:80 no-input" },
	{ "sockpit -t host 80", "host:80 telnet" },
	{ "sockpit -i 1 -W 3 host 80", "host:80 interval=1000 packets=3" },
	{ "sockpit --delay 100ms host 80", "host:80 interval=100" },
	{ "sockpit -i 3000ms host 80", "host:80 idle=3000" },
	{ "sockpit -i 3s host 80", "host:80 idle=3000" },
	{ "sockpit -w 2 host 80", "host:80 timeout=2000 idle=2000" },
	{ "sockpit -w 0 host 80", "host:80 quit=0" },
	{ "sockpit -q 1m host 80", "host:80 quit=60000" },
	{ "sockpit -q -1 host 80", "host:80 quit=never fin=never" },
	{ "sockpit -N host 80", "host:80 fin=always" },
	{ "sockpit -C host 80", "host:80 eol=crlf" },
	{ "sockpit -b -n host 80", "host:80 broadcast numeric" },
	{ "sockpit -D -I 5000 -O 6000 host 80", "host:80 debug=1 rcvbuf=5000 sndbuf=6000" },
	{ "sockpit -M 5 -m 7 host 80", "host:80 ttl=5 hops=5 minttl=7 minhops=7" },
	{ "sockpit -M 5 -M 6 host 80", "host:80 ttl=6 hops=6" },
	{ "sockpit -T lowdelay host 80", "host:80 tos=16 class=16" },
	{ "sockpit -T ef host 80", "host:80 tos=184 class=184" },
	{ "sockpit --tos=cs1 host 80", "host:80 tos=32 class=32" },
	{ "sockpit -T af11 host 80", "host:80 tos=40 class=40" },
	{ "sockpit -T af43 host 80", "host:80 tos=152 class=152" },
	{ "sockpit -T cs7 host 80", "host:80 tos=224 class=224" },
	{ "sockpit -T 0x1f host 80", "host:80 tos=31 class=31" },
	{ "sockpit -T 31 host 80", "host:80 tos=31 class=31" },

	{ "sockpit -x p host 80", "host:80 ports=80 proxy=p:1080" },
	{ "sockpit -x p:7 host:80", "host:80 ports=80 proxy=p:7" },
	{ "sockpit -x [::1]:7 -X 4 host 80", "host:80 ports=80 proxy=[::1]:7,4" },
	{ "sockpit -X connect -x p -P me host 80", "host:80 ports=80 proxy=p:3128,connect,me" },

	/* as ncat spells them */
	{ "sockpit --listen --udp --keep-open 7001", ":7001 udp listen keep" },
	{ "sockpit --listen --max-conns 3 7001", ":7001 listen conns=3" },
	{ "sockpit -l --max-clients 3 --max-idle 5m 7001", ":7001 listen max-clients=3 max-idle=5m" },
	{ "sockpit -l --allow 10.0.0.0/8,::1 --deny 10.1.0.0/16 7001",
	  ":7001 listen accepts clients of 10.0.0.0/8 and ::1, not of 10.1.0.0/16" },
	{ "sockpit --send-only --crlf --nodns host 80", "host:80 numeric eol=crlf no-output" },
	{ "sockpit --recv-only --no-shutdown host 80", "host:80 no-input fin=never" },
	{ "sockpit --output f --idle-timeout 10s host 80", "host:80 idle=10000 output=f" },
	{ "sockpit --wait 500ms --verbose host 80", "host:80 v1 timeout=500" },
	{ "sockpit --source ::1 --source-port 9 host 80", "host:80 local=::1,9" },
	{ "sockpit --datagram line -u host 80", "host:80 udp lines" },
	{ "sockpit --lesson 4 --project -l 80", "!--lesson takes a lesson, and a step: leave out -l" },
	{ "sockpit --lesson 4 -f x", "!--lesson takes a lesson, and a step: leave out -f" },
	{ "sockpit --lesson-check --json 4", "!--lesson-check runs lessons and nothing else: leave out --json" },
	{ "sockpit --lesson-check --plain 4", "!--lesson-check runs lessons and nothing else: leave out --plain" },
	{ "sockpit --lesson-check --tap 4", "!--lesson-check runs lessons and nothing else: leave out --tap" },
	{ "sockpit --lesson-check 4 --listen", "!--lesson-check runs lessons and nothing else: leave out -l" },
	{ "sockpit --lesson-check -v --set color=off -4 4", "- -4 v1 color=off" },
	{ "sockpit --grade --service echo x", "!--grade reads recordings and nothing else: leave out --service" },
	{ "sockpit --lesson 4 --service echo", "!--lesson takes a lesson, and a step: leave out --service" },
	{ "sockpit --completion bash x", "!--completion prints a script and nothing else: leave out x" },
	{ "sockpit --completion bash -u", "!--completion prints a script and nothing else: leave out -u" },
	{ "sockpit --grade --tap x", "!--grade reads recordings and nothing else: leave out --tap" },
	{ "sockpit --lesson 4 2 7", "!--lesson takes a lesson, and a step: leave out 7" },
	{ "sockpit --record x.jsonl", "!--record is for a lesson: --lesson NAME --record FILE" },
	{ "sockpit --lesson --record x.jsonl", "!--record: of which lesson? --lesson NAME --record FILE" },
	{ "sockpit --project", "!--project is for a lesson: --lesson NAME --project" },
	{ "sockpit --lesson --lesson-check", "!--lesson-check runs lessons and nothing else: leave out --lesson" },
	{ "sockpit --datagram=block --half-close -l 80", ":80 listen half" },

	{ "sockpit -g", "!no option -g" },
	{ "sockpit -x", "!-x needs a value" },
	{ "sockpit -X 6 -x p h 1", "!-X 6: 5 (SOCKS5), 4 (SOCKS4) or connect (HTTP)" },
	{ "sockpit -X 5 h 1", "!-X says how a proxy is asked, and -x PROXY which" },
	{ "sockpit -P me h 1", "!-P says how a proxy is asked" },
	{ "sockpit -x p -P me host 80", "!-P is the user of an HTTP proxy: -X connect" },
	{ "sockpit -x p -u h 1", "!-x connects by TCP, without -l, -s or -u" },
	{ "sockpit -x p:0 h 1", "!-x: " },
	{ "sockpit -x p h no-such", "!no-such is not a port" },
	{ "sockpit -w", "!-w needs a value" },
	{ "sockpit -w soon h 1", "!-w: not a time: soon" },
	{ "sockpit -w -1 h 1", "!-w: not a time: -1" },
	{ "sockpit -q never h 1", "!-q: not a time: never" },
	{ "sockpit -i x h 1", "!-i: not a time: x" },
	{ "sockpit --wait x h 1", "!--wait: not a time: x" },
	{ "sockpit --idle-timeout x h 1", "!--idle-timeout: not a time: x" },
	{ "sockpit -W 0 h 1", "!-W 0: too small (a number from 1 to 2147483647)" },
	{ "sockpit -W 1x h 1", "!-W 1x: invalid (a number from 1 to" },
	{ "sockpit -M 256 h 1", "!-M 256: too large (a number from 0 to 255)" },
	{ "sockpit -m -1 h 1", "!-m -1: too small (a number from 0 to 255)" },
	{ "sockpit -I 99999999999999999999 h 1", "!-I 99999999999999999999: too large" },
	{ "sockpit -T 256 h 1", "!-T 256: not a type of service" },
	{ "sockpit -T 0x h 1", "!-T 0x: not a type of service" },
	{ "sockpit -T cs8 h 1", "!-T cs8: not a type of service" },
	{ "sockpit -T af14 h 1", "!-T af14: not a type of service" },
	{ "sockpit --max-clients 3 h 1", "!--max-clients is for servers: use it with -l" },
	{ "sockpit --max-idle 3 h 1", "!--max-idle is for servers" },
	{ "sockpit --allow ::1 h 1", "!--allow or --deny is for servers" },
	{ "sockpit -lu --max-clients 3 1", "!--max-clients is for listeners: UDP has no clients" },
	{ "sockpit -lu --deny ::1 1", "!--allow or --deny is for listeners: UDP has no clients" },
	{ "sockpit -lU --deny ::1 /tmp/x", "!--allow and --deny are for TCP: a UNIX client is in no network" },
	{ "sockpit -l --allow 10.0.0.1/8 1", "!--allow: \"10.0.0.1/8\" has bits set after its prefix" },
	{ "sockpit -l --deny ::1, 1", "!--deny: \"\" is not a network" },
	{ "sockpit --max-conns 0 -l 1", "!--max-conns 0: too small" },
	{ "sockpit --max-conns 2 h 1", "!--max-conns is for servers: use it with -l" },
	{ "sockpit --datagram word h 1", "!--datagram word: line or block" },
	{ "sockpit --keep-open h 1", "!-k is for servers" },
	{ "sockpit -lz 1", "!-z asks whether others listen" },
	{ "sockpit --send-only -d h 1", "!nothing is sent and nothing received" },
	{ "sockpit h 1 x", "!x is not a port: 1 to 65535 or a service name" },
	{ "sockpit h 1-x", "!x is not a port" },
	{ "sockpit h 1,70000", "!70000 is not a port" },
	{ "sockpit 80 443 81", "!80 is not an address: the port comes last" },
	{ "sockpit -l a 1 2", "!too many words: 2" },
	{ "sockpit --lisen 1", "!no option --lisen: did you mean --listen?" },
	{ "sockpit --udp=1 1", "!--udp takes no value" },
	{ "sockpit -z 127.0.0.1 1-", "!1- is not a port: 1 to 65535 or a service name" },
	{ "sockpit -e sh h 1", "!-e is refused: no peer may start a program here" },
	{ "sockpit -c sh h 1", "!-c is refused: no peer" },
	{ "sockpit -F h 1", "!-F is refused" },
	{ "sockpit -S h 1", "!-S is refused" },
	{ "sockpit -Z h 1", "!-Z is refused" },
	{ "sockpit --log-format text h 1", "!--log-format is the format of a log: -o FILE" },
	{ "sockpit --speed 2 h 1", "!--speed is that of a replay: --replay FILE" },
	{ "sockpit -f x -z", "!-f runs a script, which opens and listens itself" },
	{ "sockpit -o f --log-format no h 1", "!no log format \"no\"" },
	{ "sockpit --append-output h 1", "!--append-output continues a file: -o FILE or --output FILE" },
};

static const struct line_case nc[] = {
	{ "nc host 80", "host:80 nc=nc" },
	{ "/usr/bin/netcat host 80", "host:80 nc=netcat" },
	{ "sockpit --nc host 80", "host:80 nc=nc" },
	{ "sockpit host --nc 80", "host:80 nc=nc" },
	{ "sockpit -v -- host 80", "host:80 v1" },
	{ "sockpit ncat 80", "ncat:80" },
	{ "nc -z host 20-22 80", "host:20 nc=nc probe ports=20,21,22,80" },
	{ "nc -l 7001", "0.0.0.0:7001 nc=nc listen reuse" },
	{ "nc -l -p 7001", "0.0.0.0:7001 nc=nc listen reuse" },
	{ "nc -6l 7001", "[::]:7001 nc=nc listen -6 reuse" },
	{ "nc -l ::1 7001", "[::1]:7001 nc=nc listen reuse" },
	{ "nc -l -s ::1 -p 7001", "[::1]:7001 nc=nc listen reuse" },
	{ "nc -lk 0", "0.0.0.0:0 nc=nc listen keep reuse" },
	{ "nc -b host 80", "host:80 nc=nc bcast=1" },
	{ "nc -N host 80", "host:80 nc=nc fin=always" },
	{ "nc -q 2 host 80", "host:80 nc=nc quit=2000 fin=always" },
	{ "nc -q -2 host 80", "host:80 nc=nc" },
	{ "nc -w 3 -i 2 host 80", "host:80 nc=nc timeout=3000 idle=3000 interval=2000" },

	{ "nc -x p:7 -X connect host 80", "host:80 nc=nc proxy=p:7,connect" },
	{ "nc -x p -u host 80", "!no proxy support for UDP mode" },
	{ "nc -x p -l 80", "!no proxy support for listen" },
	{ "nc -x p -s ::1 host 80", "!no proxy support for local source address" },
	{ "nc -X 6 host 80", "!unsupported proxy protocol" },

	{ "nc", "!" },
	{ "nc host", "!missing port number" },
	{ "nc -p 1 host", "!" },
	{ "nc -l", "!missing port number" },
	{ "nc -l -p 1 2", "!" },
	{ "nc -l a 1 2", "!" },
	{ "nc -k host 80", "!must use -l with -k" },
	{ "nc -lz 80", "!cannot use -z and -l" },
	{ "nc -w x h 1", "!timeout invalid: x" },
	{ "nc -w 1s h 1", "!timeout invalid: 1s" },
	{ "nc -w -1 h 1", "!timeout too small: -1" },
	{ "nc -q x h 1", "!quit timer invalid: x" },
	{ "nc -i 3s h 1", "!interval invalid: 3s" },
	{ "nc -i -1 h 1", "!interval too small: -1" },
	{ "nc -W 0 h 1", "!receive limit too small: 0" },
	{ "nc -I 0 h 1", "!TCP receive window too small: 0" },
	{ "nc -O 9999999999 h 1", "!TCP send window too large: 9999999999" },
	{ "nc -M 300 h 1", "!ttl is too large" },
	{ "nc -m x h 1", "!minttl is invalid" },
	{ "nc -T zz h 1", "!illegal tos value zz" },
	{ "nc h 70000", "!port number too large: 70000" },
	{ "nc h 0", "!port number too small: 0" },
	{ "nc h foo", "!port number invalid: foo" },
	{ "nc -e sh h 1", "!invalid option -- 'e'" },
	{ "nc --help", "!invalid option -- '-'" },
	{ "nc -w", "!option requires an argument -- 'w'" },
	{ "nc -V 1 h 1", "!no alternate routing table support available" },
	{ "nc -F h 1", "!-F is refused" },
};

static const struct {
	const char *name;
	int level, number;
} presets[] = {
	{ "debug", SOL_SOCKET, SO_DEBUG },
	{ "rcvbuf", SOL_SOCKET, SO_RCVBUF },
	{ "sndbuf", SOL_SOCKET, SO_SNDBUF },
	{ "ttl", IPPROTO_IP, IP_TTL },
	{ "hops", IPPROTO_IPV6, IPV6_UNICAST_HOPS },
	{ "minttl", IPPROTO_IP, IP_MINTTL },
	{ "minhops", IPPROTO_IPV6, IPV6_MINHOPCOUNT },
	{ "tos", IPPROTO_IP, IP_TOS },
	{ "class", IPPROTO_IPV6, IPV6_TCLASS },
	{ "bcast", SOL_SOCKET, SO_BROADCAST },
};

static void describe(const struct options *options, char *out)
{
	char target[TARGET_HOST + TARGET_SERVICE + 4];
	const struct pipe_options *pipe = &options->pipe;
	size_t len = 0;
#define SAY(...) len += (size_t)snprintf(out + len, TEXT - len, __VA_ARGS__)
#define MS(time) (long long)((time) / CLOCK_MS)
	SAY("%s", options->has_target ? target_format(&options->target, target) : "-");
	if (options->target.transport == TRANSPORT_UDP)
		SAY(" udp");
	if (options->nc)
		SAY(" nc=%s", options->program);
	if (options->listen)
		SAY(" listen");
	if (options->family != AF_UNSPEC)
		SAY(" -%c", options->family == AF_INET ? '4' : '6');
	if (options->probe)
		SAY(" probe");
	if (options->piped)
		SAY(" piped");
	if (options->verbose)
		SAY(" v%d", options->verbose);
	if (options->broadcast)
		SAY(" broadcast");
	if (options->numeric)
		SAY(" numeric");
	if (options->local_host || options->local_port)
		SAY(" local=%s,%s", options->local_host, options->local_port);
	for (size_t i = 0; i < options->setting_count; i++)
		SAY(" %s=%s", options->settings[i].name, options->settings[i].value);
	if (options->timeout)
		SAY(" timeout=%lld", MS(options->timeout));
	if (pipe->keep_open)
		SAY(" keep");
	if (pipe->max_conns)
		SAY(" conns=%u", pipe->max_conns);
	if (options->rules.count) {
		struct buf rules = { .max = SIZE_MAX };
		network_rules_print(&options->rules, &rules);
		SAY(" accepts %s", buf_text(&rules));
		buf_free(&rules);
	}
	if (pipe->no_input)
		SAY(" no-input");
	if (pipe->no_output)
		SAY(" no-output");
	if (pipe->idle)
		SAY(" idle=%lld", MS(pipe->idle));
	if (pipe->interval)
		SAY(" interval=%lld", MS(pipe->interval));
	if (pipe->packets)
		SAY(" packets=%d", (int)pipe->packets);
	if (pipe->output)
		SAY(" output=%s", pipe->output);
	if (pipe->datagram == PIPE_DATAGRAM_LINE)
		SAY(" lines");
	if (pipe->telnet)
		SAY(" telnet");
	if (pipe->half_close)
		SAY(" half");
	if (pipe->quit_after >= 0)
		SAY(" quit=%lld", MS(pipe->quit_after));
	else if (pipe->quit_after == PIPE_QUIT_NEVER && !options->nc)
		SAY(" quit=never");
	if (pipe->fin == PIPE_FIN_ALWAYS || (pipe->fin == PIPE_FIN_NEVER && !options->nc))
		SAY(" fin=%s", pipe->fin == PIPE_FIN_ALWAYS ? "always" : "never");
	for (size_t i = 0; i < options->ports.count; i++)
		if (!options->nc || options->ports.count > 1)
			SAY("%s%u", i ? "," : " ports=", options->ports.ports[i]);
	if (options->proxy_text)
		SAY(" proxy=%s", target_format(&options->proxy, target));
	if (options->proxy_chosen)
		SAY(",%s", options->proxy_protocol == PROXY_CONNECT  ? "connect"
		           : options->proxy_protocol == PROXY_SOCKS4 ? "4"
		                                                     : "5");
	if (options->proxy_user)
		SAY(",%s", options->proxy_user);
	for (size_t i = 0; i < options->preset_count; i++)
		for (size_t at = 0; at < sizeof presets / sizeof *presets; at++)
			if (options->presets[i].level == presets[at].level &&
			    options->presets[i].number == presets[at].number)
				SAY(" %s=%d", presets[at].name, options->presets[i].value);
	if (options->nc && options->preset_count && options->listen)
		SAY(" reuse");
}

static int split(char *text, char *argv[ARGS])
{
	int argc = 0;
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return argc;
}

static void check(const struct line_case *row)
{
	struct options options;
	struct error error;
	char words[TEXT], got[TEXT] = "", *argv[ARGS];
	snprintf(words, sizeof words, "%s", row->args);
	int argc = split(words, argv);
	if (options_parse(&options, argc, argv, &error))
		describe(&options, got);
	else if (row->want[1])
		snprintf(got, sizeof got, "!%.*s", (int)strlen(row->want + 1), error.text);
	else
		snprintf(got, sizeof got, "!%s%s", error.text, options.nc_usage ? "" : "no usage");
	is_text(got, row->want, row->args);
	options_done(&options);
}

int main(void)
{
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		check(&own[i]);
	for (size_t i = 0; i < sizeof nc / sizeof *nc; i++)
		check(&nc[i]);
	return tap_done();
}
