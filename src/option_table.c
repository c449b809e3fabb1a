// SPDX-License-Identifier: GPL-3.0-or-later
#include "option_table.h"

#include <stdint.h>
#include <string.h>

#include "net/service.h"

enum { HELP_COLUMN = 26, HELP_WIDTH = 80 };

/* clang-format off: a row for each */
const struct option_row option_table[] = {
	{ .section = "where to:" },
	{ .letter = '4', .help = "IPv4 only" },
	{ .letter = '6', .help = "IPv6 only" },
	{ .letter = 'u', .name = "udp", .help = "UDP" },
	{ .letter = 'U', .name = "unixsock", .help = "UNIX socket: a path, or @name for an abstract one; with -u datagrams", .offer = OFFER_FILES },
	{ .letter = LONG_TLS, .name = "tls", .help = "TLS on top of TCP: as tls://host:port" },
	{ .letter = LONG_TLS_VERIFY, .name = "tls-verify", .value = "on|off", .help = "whether a certificate that cannot be verified ends the attempt: on", .offer = OFFER_WORDS, .words = "on|off" },
	{ .letter = LONG_TLS_PIN, .name = "tls-pin", .value = "sha256:DIGITS", .help = "the certificate must have this fingerprint, whoever has signed it" },
	{ .letter = LONG_SSL, .name = "ssl", .help = "as --tls; this one and the next as in ncat" },
	{ .letter = LONG_SSL_VERIFY, .name = "ssl-verify", .help = "verify the certificate, which is the default; with -l, ask clients for theirs" },
	{ .letter = LONG_SSL_TRUSTFILE, .name = "ssl-trustfile", .value = "FILE", .help = "authorities of the peer's certificate, in PEM; with -l, clients must have one", .offer = OFFER_FILES },
	{ .letter = LONG_SSL_CERT, .name = "ssl-cert", .value = "FILE", .help = "our certificate, in PEM", .offer = OFFER_FILES },
	{ .letter = LONG_SSL_KEY, .name = "ssl-key", .value = "FILE", .help = "and its key", .offer = OFFER_FILES },
	{ .letter = LONG_SSL_SERVERNAME, .name = "ssl-servername", .value = "NAME", .help = "whom the certificate must name, if not the host" },
	{ .letter = LONG_SSL_ALPN, .name = "ssl-alpn", .value = "LIST", .help = "protocols, with commas between them: h2,http/1.1" },
	{ .letter = 'l', .name = "listen", .help = "listen: on loopback without an address; port 0 takes a free one and prints it" },
	{ .letter = 'p', .name = "source-port", .value = "PORT", .help = "local port" },
	{ .letter = 's', .name = "source", .value = "ADDRESS", .help = "local address; with -u -U, the path of the client" },
	{ .letter = 'n', .name = "nodns", .help = "look up no names" },
	{ .letter = 'b', .help = "allow sending to broadcast addresses" },
	{ .letter = 'w', .value = "TIME", .help = "limit for connecting, and for idling in pipe mode: 500ms, 3, 2m" },
	{ .letter = LONG_WAIT, .name = "wait", .value = "TIME", .help = "limit for connecting" },
	{ .letter = LONG_IDLE_TIMEOUT, .name = "idle-timeout", .value = "TIME", .help = "limit for idling in pipe mode" },
	{ .letter = 'z', .help = "only probe ports: 80 20-25 443,8080; status 0 if one is open" },
	{ .letter = 'r', .help = "take the ports in random order" },
	{ .letter = 'x', .value = "PROXY[:PORT]", .help = "through this proxy, in pipe mode and with -z" },
	{ .letter = 'X', .value = "PROTOCOL", .help = "the proxy's: 5 (SOCKS5), 4 (SOCKS4) or connect (HTTP)", .offer = OFFER_WORDS, .words = "5|4|connect" },
	{ .letter = 'P', .value = "USER", .help = "user name at the proxy, with -X connect" },

	{ .section = "the window:" },
	{ .letter = LONG_DEMO, .name = "demo", .help = "a TCP echo server on loopback and a session to it" },
	{ .letter = LONG_SANDBOX, .name = "sandbox", .help = "two hosts of our own, left and right, and a cable" },
	{ .letter = LONG_VIEW, .name = "view", .value = "NAME", .help = "how sessions are shown: chat, hex, trace, ladder, wire", .offer = OFFER_VALUES },
	{ .letter = LONG_EOL, .name = "eol", .value = "NAME", .help = "line end of what is typed: lf, crlf, cr, nul, none", .offer = OFFER_VALUES },
	{ .letter = 'C', .name = "crlf", .help = "line end CRLF" },
	{ .letter = LONG_SET, .name = "set", .value = "NAME=VALUE", .help = "as /set does", .offer = OFFER_SETTINGS, .repeats = true },
	{ .letter = LONG_PLAIN, .name = "plain", .help = "no full screen: for screen readers and dumb terminals" },

	{ .section = "servers:" },
	{ .letter = LONG_SERVICE, .name = "service", .value = "NAME", .help = "what a server does, with its words in the same argument: " SERVICE_NAMES, .offer = OFFER_SERVICES },
	{ .letter = LONG_RELAY, .name = "relay", .value = "LISTEN", .help = "pass on what comes to this port, address:port or unix:path, and the answers back" },
	{ .letter = LONG_MAX_CLIENTS, .name = "max-clients", .value = "N", .help = "accept at most N clients at a time; others wait" },
	{ .letter = LONG_MAX_IDLE, .name = "max-idle", .value = "TIME", .help = "close clients that have been idle for that long" },
	{ .letter = LONG_ALLOW, .name = "allow", .value = "NETWORK", .help = "where clients may come from: 10.0.0.0/8,::1", .repeats = true },
	{ .letter = LONG_DENY, .name = "deny", .value = "NETWORK", .help = "where clients may not come from", .repeats = true },

	{ .section = "scripts:" },
	{ .letter = 'f', .value = "FILE", .help = "run a script without a screen; - is standard input; the words that follow are $1 to $9", .offer = OFFER_FILES, .repeats = true },
	{ .letter = LONG_LET, .name = "let", .value = "NAME=VALUE", .help = "the value of $NAME in scripts", .repeats = true },
	{ .letter = LONG_CHECK, .name = "check", .help = "report mistakes in scripts, and run nothing", .offer = OFFER_FILES },
	{ .letter = LONG_TAP, .name = "tap", .help = "print what scripts found as TAP", .offer = OFFER_FILES },
	{ .letter = LONG_JUNIT, .name = "junit", .value = "FILE", .help = "write what scripts found as JUnit XML", .offer = OFFER_FILES },

	{ .section = "lessons:" },
	{ .letter = LONG_LESSON, .name = "lesson", .help = "list the lessons, or take the one of this name or number", .offer = OFFER_LESSONS },
	{ .letter = LONG_PROJECT, .name = "project", .help = "for a class: the space bar goes on, the view is the ladder" },
	{ .letter = LONG_RECORD, .name = "record", .value = "FILE", .help = "keep the calls and answers of the lesson: homework for --grade", .offer = OFFER_FILES },
	{ .letter = LONG_LESSON_CHECK, .name = "lesson-check", .help = "run all lessons, or these names or files, without a person, and print TAP", .offer = OFFER_LESSONS },
	{ .letter = LONG_GRADE, .name = "grade", .help = "a table of recorded lessons; -v prints answers, too, --json a line of JSON for each", .offer = OFFER_FILES },

	{ .section = "what is kept:" },
	{ .letter = 'o', .value = "FILE", .help = "log all sessions; the name's ending is the format: .log .jsonl .pcapng .raw-in .raw-out", .offer = OFFER_FILES, .repeats = true },
	{ .letter = LONG_LOG_FORMAT, .name = "log-format", .value = "NAME", .help = "the format: text, json, pcapng, text2pcap, raw-in, raw-out", .offer = OFFER_LOG_FORMATS },
	{ .letter = LONG_APPEND_OUTPUT, .name = "append-output", .help = "continue the file of -o or --output if it exists" },
	{ .letter = LONG_JSON, .name = "json", .help = "with -f and in pipe mode, a log in JSON lines on standard output, and nothing else" },
	{ .letter = LONG_REPLAY, .name = "replay", .value = "FILE", .help = "show a log of JSON lines as it went, and send nothing; without a terminal, print it as --view shows it", .offer = OFFER_FILES },
	{ .letter = LONG_SPEED, .name = "speed", .value = "N", .help = "speed of the replay: 1, 0.5, 4 or max", .offer = OFFER_WORDS, .words = "0.5|1|2|4|max" },

	{ .section = "socket options:" },
	{ .letter = 'D', .help = "set SO_DEBUG" },
	{ .letter = 'T', .name = "tos", .value = "TOS", .help = "type of service: lowdelay, ef, af11, cs1, or a number", .offer = OFFER_WORDS, .words = "lowdelay|throughput|reliability|lowcost|critical|inetcontrol|netcontrol|ef|af11|af12|af13|af21|af22|af23|af31|af32|af33|af41|af42|af43|cs0|cs1|cs2|cs3|cs4|cs5|cs6|cs7" },
	{ .letter = 'M', .value = "TTL", .help = "time to live of what is sent" },
	{ .letter = 'm', .value = "TTL", .help = "least time to live of what is received" },
	{ .letter = 'I', .value = "SIZE", .help = "receive buffer" },
	{ .letter = 'O', .value = "SIZE", .help = "send buffer" },

	{ .section = "pipe mode:" },
	{ .letter = LONG_PIPE, .name = "pipe", .help = "pipe mode on a terminal, too" },
	{ .letter = 'k', .name = "keep-open", .help = "go on with the next client" },
	{ .letter = LONG_MAX_CONNS, .name = "max-conns", .value = "N", .help = "close clients beyond N at a time" },
	{ .letter = 'N', .help = "half-close at the end of input: the default, except for /dev/null" },
	{ .letter = LONG_NO_SHUTDOWN, .name = "no-shutdown", .help = "never half-close" },
	{ .letter = LONG_HALF_CLOSE, .name = "half-close", .help = "after the client's half-close, wait for late input" },
	{ .letter = 'q', .value = "TIME", .help = "quit that long after the end of input; -1: never, and never half-close" },
	{ .letter = 'd', .help = "read no input" },
	{ .letter = LONG_RECV_ONLY, .name = "recv-only", .help = "read no input" },
	{ .letter = LONG_SEND_ONLY, .name = "send-only", .help = "drop what comes, and quit at the end of input" },
	{ .letter = 'i', .value = "SECONDS", .help = "pause after each line and between ports; with a unit it is --idle-timeout, as in ncat" },
	{ .letter = LONG_DELAY, .name = "delay", .value = "TIME", .help = "pause after each line and between ports" },
	{ .letter = 't', .name = "telnet", .help = "refuse the options that a TELNET server asks for" },
	{ .letter = 'W', .value = "N", .help = "quit after N packets have come" },
	{ .letter = LONG_DATAGRAM, .name = "datagram", .value = "WHAT", .help = "what one datagram or message is: line or block of input", .offer = OFFER_WORDS, .words = "line|block" },
	{ .letter = LONG_OUTPUT, .name = "output", .value = "FILE", .help = "write what is sent and received to a file", .offer = OFFER_FILES },
	{ .letter = LONG_NC, .name = "nc", .help = "do as OpenBSD's nc does; also when called nc or netcat" },

	{ .section = "sockpit itself:" },
	{ .letter = 'v', .name = "verbose", .help = "in pipe mode, with -z and -f: report on standard error what happens; -vv reports more", .repeats = true },
	{ .letter = 'h', .name = "help", .help = "this help" },
	{ .letter = 'V', .name = "version", .help = "the version" },
	{ .letter = LONG_COMPLETION, .name = "completion", .value = "SHELL", .help = "print a completion script: bash, zsh or fish", .offer = OFFER_SHELLS },
	/* for the makefile */
	{ .letter = LONG_MDOC, .name = "mdoc", .value = "PART", .offer = OFFER_PARTS },
	/* refused, with what to do instead */
	{ .letter = 'e', .value = "COMMAND" },
	{ .letter = 'c', .value = "COMMAND" },
	{ .letter = 'F' },
	{ .letter = 'S' },
	{ .letter = 'Z' },
	{ 0 },
};
/* clang-format on */

static bool is_short(const struct option_row *row)
{
	return row->letter && row->letter < LONG_SERVICE;
}

void option_table_syntax(struct option_syntax *syntax)
{
	size_t len = 0, count = 0;
	*syntax = (struct option_syntax){ 0 };
	syntax->letters[len++] = ':';
	for (const struct option_row *row = option_table; row->section || row->letter; row++) {
		if (is_short(row)) {
			syntax->letters[len++] = (char)row->letter;
			if (row->value)
				syntax->letters[len++] = ':';
		}
		if (row->name)
			syntax->names[count++] =
			        (struct option){ row->name,
				                 row->value ? required_argument : no_argument, NULL,
				                 row->letter };
	}
}

void option_table_spell(int letter, struct buf *out)
{
	const struct option_row *row = option_table;
	while (row->section || (row->letter && row->letter != letter))
		row++;
	if (row->letter && is_short(row))
		buf_printf(out, "-%c", letter);
	else if (row->name)
		buf_printf(out, "--%s", row->name);
}

/* "  -u, --udp" */
static void add_names(const struct option_row *row, struct buf *out)
{
	buf_append_text(out, "  ");
	if (is_short(row))
		buf_printf(out, "-%c%s", row->letter, row->name ? ", " : "");
	if (row->name)
		buf_printf(out, "--%s", row->name);
	if (row->value)
		buf_printf(out, " %s", row->value);
}

/* As many words as fit; returns what is left of them. */
static const char *add_words(const char *words, struct buf *out)
{
	size_t most = HELP_WIDTH - HELP_COLUMN, len = strlen(words);
	if (len > most) {
		len = most;
		while (len > 1 && words[len] != ' ' && words[len - 1] != '|')
			len--;
	}
	buf_append(out, words, len);
	words += len;
	return words + strspn(words, " ");
}

void option_table_print(FILE *out)
{
	struct buf line = { .max = SIZE_MAX };
	for (const struct option_row *row = option_table; row->section || row->letter; row++) {
		if (row->section)
			fprintf(out, "\n%s\n", row->section);
		if (!row->help)
			continue;
		buf_clear(&line);
		add_names(row, &line);
		if (line.len + 2 > HELP_COLUMN)
			buf_printf(&line, "\n%*s", HELP_COLUMN, "");
		else
			buf_printf(&line, "%*s", HELP_COLUMN - (int)line.len, "");
		const char *words = add_words(row->help, &line);
		while (*words) {
			buf_printf(&line, "\n%*s", HELP_COLUMN, "");
			words = add_words(words, &line);
		}
		fprintf(out, "%s\n", buf_text(&line));
	}
	buf_free(&line);
}
