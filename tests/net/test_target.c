// SPDX-License-Identifier: GPL-3.0-or-later
/* What people write for "where": every form, every slip, and that each slip gets one clean line. */
#include "net/target.h"

#include <errno.h>
#include <string.h>

#include "support/tap.h"

struct row {
	const char *text, *port;
	bool listening;
	const char *want; /* as target_format() gives it, or NULL: an error */
	const char *why;  /* a part of the error */
};

static const struct row forms[] = {
	{ "127.0.0.1", "7001", false, "127.0.0.1:7001", NULL },
	{ "127.0.0.1:7001", NULL, false, "127.0.0.1:7001", NULL },
	{ "127.1", "7001", false, "127.1:7001", NULL },
	{ "localhost:7001", NULL, false, "localhost:7001", NULL },
	{ "localhost", "echo", false, "localhost:echo", NULL },
	{ "localhost:echo", NULL, false, "localhost:echo", NULL },
	{ "h:x400-snd", NULL, false, "h:x400-snd", NULL },
	{ "h:whois++", NULL, false, "h:whois++", NULL },
	{ "h:3com-tsmux", NULL, false, "h:3com-tsmux", NULL },
	{ "a_b.example.", "1", false, "a_b.example.:1", NULL },
	{ "::1", "7001", false, "[::1]:7001", NULL },
	{ "[::1]:7001", NULL, false, "[::1]:7001", NULL },
	{ "[::1]", "7001", false, "[::1]:7001", NULL },
	{ "::", "1", false, "[::]:1", NULL },
	{ "::ffff:127.0.0.1", "1", false, "[::ffff:127.0.0.1]:1", NULL },
	{ "fe80::1%eth0", "80", false, "[fe80::1%eth0]:80", NULL },
	{ "[fe80::1%2]:80", NULL, false, "[fe80::1%2]:80", NULL },
	{ "tcp://host:80", NULL, false, "host:80", NULL },
	{ "tcp://host:80/", NULL, false, "host:80", NULL },
	{ "tcp://host", "80", false, "host:80", NULL },
	{ "tcp://host/", "80", false, "host:80", NULL },
	{ "TCP://[::1]:80/", NULL, false, "[::1]:80", NULL },
	{ "\xed\x95\x9c\xea\xb8\x80.kr:80", NULL, false, "\xed\x95\x9c\xea\xb8\x80.kr:80", NULL },

	{ "host:1", NULL, false, "host:1", NULL },
	{ "host:65535", NULL, false, "host:65535", NULL },
	{ "host:0080", NULL, false, "host:80", NULL },
	{ "host:00000000000000000000000000000000000000000000000000000000000000000000000000080",
	  NULL, false, "host:80", NULL },
	{ "host:0", NULL, false, NULL, "0 is not a port: 1 to 65535" },
	{ "host:65536", NULL, false, NULL, "65536 is not a port: 1 to 65535" },
	{ "host", "70000", false, NULL, "70000 is not a port: 1 to 65535" },
	{ "host", "4294967376", false, NULL, "4294967376 is not a port" },
	{ "host", "18446744073709551696", false, NULL, "18446744073709551696 is not a port" },
	{ "host", "-5", false, NULL, "-5 is not a port: 1 to 65535 or a service name" },
	{ "host", "+80", false, NULL, "+80 is not a port" },
	{ "host", "8.0", false, NULL, "8.0 is not a port" },
	{ "host", "80,81", false, NULL, "80,81 is not a port" },
	{ "host", "80/tcp", false, NULL, "80/tcp is not a port" },
	{ "host", "", false, NULL, "the port is empty" },
	{ "host:", NULL, false, NULL, "the port is empty" },
	{ "host:", "80", false, NULL, "the port is empty" },
	{ "[::1]:", NULL, false, NULL, "the port is empty" },
	{ "host:80", "90", false, NULL, "two ports: 80 and 90" },
	{ "[::1]:80", "90", false, NULL, "two ports: 80 and 90" },
	{ "host", NULL, false, NULL, "no port: write host:port" },
	{ "7001", NULL, false, ":7001", NULL },
	{ "0080", NULL, false, ":80", NULL },
	{ "0", NULL, false, NULL, "0 is not a port: 1 to 65535" },
	{ "70000", NULL, false, NULL, "70000 is not a port: 1 to 65535" },
	{ "7001 ", NULL, false, NULL, "at column 5" },
	{ "1.5", NULL, false, NULL, "no port: write 1.5:port" },
	{ "-80", NULL, false, NULL, "no port: write -80:port" },
	{ "http", NULL, false, NULL, "no port: write http:port" },
	{ "./x", NULL, false, NULL, "no host has a slash: write host:port, and unix:./x for a path" },
	{ ":http", NULL, false, ":http", NULL },
	{ "tcp://7001", NULL, false, ":7001", NULL },
	{ "7001", "localhost", false, NULL, "the port comes last: localhost 7001" },
	{ "7001", "127.0.0.1", false, NULL, "the port comes last: 127.0.0.1 7001" },
	{ "80", "::1", false, NULL, "the port comes last: ::1 80" },
	{ "7001", "7002", false, NULL, "7001 is not an address: the port comes last" },
	{ "::1", NULL, false, NULL, "no port: write [::1]:port" },
	{ "[::1]", NULL, false, NULL, "no port: write [::1]:port" },
	{ "a:b:c", NULL, false, NULL, "too many colons: a:b:c" },
	{ "", NULL, false, NULL, "no host and no port" },
	{ "", "80", false, NULL, "no host" },
	{ ":80", NULL, false, ":80", NULL },
	{ ":", NULL, false, NULL, "the port is empty" },
	{ ":0", NULL, false, NULL, "0 is not a port: 1 to 65535" },
	{ "tcp://", NULL, false, NULL, "no host and no port" },
	{ "tcp://:80", NULL, false, ":80", NULL },

	{ "a:b:c", "80", false, NULL, "a:b:c is not an IPv6 address" },
	{ "[host]:80", NULL, false, NULL, "host is not an IPv6 address" },
	{ "[127.0.0.1]:80", NULL, false, NULL, "127.0.0.1 is not an IPv6 address" },
	{ "[]:80", NULL, false, NULL, "is not an IPv6 address" },
	{ "[::1", "80", false, NULL, "[address]:port" },
	{ "[::1]80", NULL, false, NULL, "[address]:port" },
	{ "[", NULL, false, NULL, "[address]:port" },
	{ "[::1%]:80", NULL, false, NULL, "::1% is not an IPv6 address" },
	{ "[::1%a/b]:80", NULL, false, NULL, "is not an IPv6 address" },
	{ "1:2:3:4:5:6:7:8:9", "80", false, NULL, "is not an IPv6 address" },
	{ "::00000000000000000000000000000000000000000000000000000001", "80", false, NULL,
	  "is not an IPv6 address" },
	{ "256.1.1.1:80", NULL, false, NULL, "256.1.1.1 is not a valid address" },
	{ "1.2.3.4.5", "80", false, NULL, "1.2.3.4.5 is not a valid address" },
	{ "..", "80", false, NULL, "is not a valid address" },
	{ "user@host:80", NULL, false, NULL, "user@host is not a host name" },
	{ "host%eth0:80", NULL, false, NULL, "host%eth0 is not a host name" },
	{ "/tmp/socket", "80", false, NULL, "/tmp/socket is not a host name" },
	{ "-x", "80", false, NULL, "-x is not a host name" },
	{ ".host", "80", false, NULL, ".host is not a host name" },

	{ "http://host:80", NULL, false, NULL, "http:// is not a transport: tcp://, tls://, udp://, unix://, unixgram://, unixpacket://" },
	{ "://host:80", NULL, false, NULL, ":// is not a transport" },
	{ "tcpx://host:80", NULL, false, NULL, "tcpx:// is not a transport" },
	{ "tcp://host:80/index", NULL, false, NULL, "a path means nothing here: /index" },
	{ "tcp://host:80//", NULL, false, NULL, "a path means nothing here: //" },
	{ "tcp://host:80?x", NULL, false, NULL, "80?x is not a port" },

	{ "host name:80", NULL, false, NULL,
	  "the address has a blank or a control character in it, at column 5" },
	{ " host:80", NULL, false, NULL, "at column 1" },
	{ "host:80\n", NULL, false, NULL, "at column 8" },
	{ "host", "8\t0", false, NULL,
	  "the port has a blank or a control character in it, at column 2" },
	{ "\033[31m:80", NULL, false, NULL, "control character" },
	{ "host\177:80", NULL, false, NULL, "control character" },

	{ "7001", NULL, true, ":7001", NULL },
	{ "0", NULL, true, ":0", NULL },
	{ ":7001", NULL, true, ":7001", NULL },
	{ "", "7001", true, ":7001", NULL },
	{ "echo", NULL, true, ":echo", NULL },
	{ "[::]:7001", NULL, true, "[::]:7001", NULL },
	{ "0.0.0.0:7001", NULL, true, "0.0.0.0:7001", NULL },
	{ "0.0.0.0", "0", true, "0.0.0.0:0", NULL },
	{ "::", "7001", true, "[::]:7001", NULL },
	{ "tcp://:7001/", NULL, true, ":7001", NULL },
	{ "tcp://7001/", NULL, true, ":7001", NULL },
	{ "70000", NULL, true, NULL, "70000 is not a port: 0 to 65535" },
	{ "-1", NULL, true, NULL, "-1 is not a port: 0 to 65535" },
	{ ":", NULL, true, NULL, "the port is empty" },
	{ "", NULL, true, NULL, "no port" },
	{ "tcp://", NULL, true, NULL, "no port" },
	{ "127.0.0.1", NULL, true, NULL, "no port: write 127.0.0.1:port" },
	{ "::1", NULL, true, NULL, "no port: write [::1]:port" },
	{ "[::1]", NULL, true, NULL, "no port: write [::1]:port" },
	/* An address in one number is an address, inet_aton(3). */
	{ "7001", "7002", true, NULL, "7001 is not an address: the port comes last" },
	{ "7001", "127.0.0.1", true, NULL, "the port comes last: 127.0.0.1 7001" },
	{ "0", "7", true, NULL, "0 is not an address: the port comes last" },
	{ "127.1", "7", true, "127.1:7", NULL },
	{ "*", "7001", true, "*:7001", NULL },
	{ "*:7001", NULL, true, "*:7001", NULL },
	{ "*", "7001", false, NULL, "* is not a host name or address" },
};

static bool is_clean(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			return false;
	return text[0];
}

static void try_row(const struct row *row)
{
	struct target target;
	struct error error = { .text = "" };
	char out[TARGET_HOST + TARGET_SERVICE + 4];
	bool good =
	        target_parse(&target, row->text, row->port, TRANSPORT_TCP, row->listening, &error);
	const char *port = row->port ? row->port : "";
	if (row->want) {
		ok(good && strcmp(target_format(&target, out), row->want) == 0,
		   "%s '%s' '%s' is %s", row->listening ? "listen" : "open", row->text, port,
		   row->want);
		ok(target.transport == TRANSPORT_TCP, "... over tcp");
	} else {
		ok(!good && strstr(error.text, row->why), "%s '%s' '%s' is refused: %s",
		   row->listening ? "listen" : "open", row->text, port, error.text);
		ok(is_clean(error.text), "... in one clean line");
	}
}

static void check_transport(void)
{
	struct target target;
	struct error error;
	ok(target_parse(&target, "udp://host:80", NULL, TRANSPORT_TCP, false, &error) &&
	           target.transport == TRANSPORT_UDP,
	   "udp:// says more than the default");
	ok(target_parse(&target, "Tcp://host:80", NULL, TRANSPORT_UDP, false, &error) &&
	           target.transport == TRANSPORT_TCP,
	   "so does tcp://, in any case");
	ok(target_parse(&target, "host:80", NULL, TRANSPORT_UDP, false, &error) &&
	           target.transport == TRANSPORT_UDP,
	   "the default transport holds");
	ok(target_parse(&target, "udp://7001", NULL, TRANSPORT_TCP, true, &error) &&
	           target.transport == TRANSPORT_UDP,
	   "a server's URL may be a port only");
}

/* `len` letters, and what may stand after them. */
static bool parse_long(size_t len, const char *rest, const char *port, struct target *target,
                       struct error *error)
{
	static char text[100000];
	memset(text, 'a', len);
	memcpy(text + len, rest, strlen(rest) + 1);
	return target_parse(target, text, port, TRANSPORT_TCP, false, error);
}

static void check_lengths(void)
{
	struct target target;
	struct error error;
	char out[TARGET_HOST + TARGET_SERVICE + 4], name[TARGET_SERVICE + 1];
	ok(parse_long(255, ":65535", NULL, &target, &error), "a host of 255 bytes is taken");
	is_int(strlen(target_format(&target, out)), 261, "... and formatted whole");
	ok(!parse_long(256, ":65535", NULL, &target, &error) && strstr(error.text, "too long"),
	   "one of 256 is not");
	ok(!parse_long(90000, ":1", NULL, &target, &error) && is_clean(error.text),
	   "nor one of 90000");
	ok(!parse_long(90000, "", "1", &target, &error) && is_clean(error.text),
	   "nor with a port of its own");
	memset(name, 's', sizeof name);
	name[TARGET_SERVICE - 1] = '\0';
	ok(target_parse(&target, "h", name, TRANSPORT_TCP, false, &error),
	   "a service name of 63 bytes is taken");
	name[TARGET_SERVICE - 1] = 's';
	name[TARGET_SERVICE] = '\0';
	ok(!target_parse(&target, "h", name, TRANSPORT_TCP, false, &error), "one of 64 is not");
}

/* Of UNIX a place is a path, or a name after '@', with escapes, and never has a port. */
static void check_unix(void)
{
	static const struct {
		const char *text;
		enum transport asked, transport;
		const char *want, *why;
	} rows[] = {
		{ "unix:///run/x", TRANSPORT_TCP, TRANSPORT_UNIX, "/run/x", NULL },
		{ "UNIX:///run/x:1", TRANSPORT_TCP, TRANSPORT_UNIX, "/run/x:1", NULL },
		{ "unix:/run/x", TRANSPORT_UDP, TRANSPORT_UNIX, "/run/x", NULL },
		{ "unix:x", TRANSPORT_TCP, TRANSPORT_UNIX, "x", NULL },
		{ "unix:@name", TRANSPORT_TCP, TRANSPORT_UNIX, "@name", NULL },
		{ "unix://@a\\0b", TRANSPORT_TCP, TRANSPORT_UNIX, "@a\\x00b", NULL },
		{ "unix:\\x40name", TRANSPORT_TCP, TRANSPORT_UNIX, "\\x40name", NULL },
		{ "unix:/a\\x20b", TRANSPORT_TCP, TRANSPORT_UNIX, "/a b", NULL },
		{ "unixgram:///dev/log", TRANSPORT_TCP, TRANSPORT_UNIXGRAM, "/dev/log", NULL },
		{ "unixpacket:@name", TRANSPORT_TCP, TRANSPORT_UNIXPACKET, "@name", NULL },
		{ "/dev/log", TRANSPORT_UNIXGRAM, TRANSPORT_UNIXGRAM, "/dev/log", NULL },
		{ "/tmp/7001", TRANSPORT_UNIX, TRANSPORT_UNIX, "/tmp/7001", NULL },
		{ "unix:///run/unix:x", TRANSPORT_UNIX, TRANSPORT_UNIX, "/run/unix:x", NULL },
		{ "unix://", TRANSPORT_TCP, TRANSPORT_UNIX, NULL, "not a path" },
		{ "unix:@", TRANSPORT_TCP, TRANSPORT_UNIX, NULL, "not a path" },
		{ "unix:/a\\0b", TRANSPORT_TCP, TRANSPORT_UNIX, NULL, "not a path" },
		{ "unix:/a\\q", TRANSPORT_TCP, TRANSPORT_UNIX, NULL, "" },
		{ "unixstream://x", TRANSPORT_TCP, TRANSPORT_TCP, NULL, "is not a transport" },
	};
	struct target target;
	char out[TARGET_HOST + TARGET_SERVICE + 4];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct error error = { .text = "" };
		bool good = target_parse(&target, rows[i].text, NULL, rows[i].asked, i % 2, &error);
		if (rows[i].want)
			ok(good && strcmp(target_format(&target, out), rows[i].want) == 0 &&
			           target.transport == rows[i].transport,
			   "%s is %s: %s", rows[i].text, rows[i].want, good ? out : error.text);
		else
			ok(!good && strstr(error.text, rows[i].why) && is_clean(error.text) &&
			           error.usage,
			   "%s is refused: %s", rows[i].text, error.text);
	}
	struct error error;
	ok(!target_parse(&target, "unix:///x", "80", TRANSPORT_TCP, false, &error) &&
	           strstr(error.text, "has no port"),
	   "a path has no port: %s", error.text);
}

/* As the shell gives it. */
static void check_raw_paths(void)
{
	struct target target;
	struct error error;
	struct endpoint addr;
	char path[ENDPOINT_PATH + 2];
	ok(target_set_path(&target, "a\\x40 b\n@", TRANSPORT_UNIX, &error) &&
	           endpoint_parse_path(target.host, &addr, &error) && addr.path_len == 9 &&
	           memcmp(addr.path, "a\\x40 b\n@", 9) == 0,
	   "every byte is itself: %s", target.host);
	ok(target_set_path(&target, "@", TRANSPORT_UNIX, &error) == false ||
	           strcmp(target.host, "@") == 0,
	   "an empty abstract name does no harm");
	memset(path, 'p', sizeof path);
	path[107] = '\0';
	ok(target_set_path(&target, path, TRANSPORT_UNIX, &error), "107 bytes fit");
	path[107] = 'p';
	path[108] = '\0';
	ok(!target_set_path(&target, path, TRANSPORT_UNIX, &error) && error.code == ENAMETOOLONG &&
	           strstr(error.text, "File name too long"),
	   "108 do not: %s", error.text);
	path[0] = '@';
	ok(target_set_path(&target, path, TRANSPORT_UNIX, &error) && target.host[0] == '@',
	   "but 107 after an @ do");
	ok(!target_set_path(&target, "", TRANSPORT_UNIX, &error) && error.code, "none is none");
}

static void check_paths(void)
{
	char out[TARGET_HOST + TARGET_SERVICE + 4];
	struct target target = { .host = "/run/echo:1" };
	is_text(target_format(&target, out), "/run/echo:1", "a path has no port");
}

int main(void)
{
	tap_watchdog(30);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		try_row(&forms[i]);
	check_transport();
	check_lengths();
	check_paths();
	check_unix();
	check_raw_paths();
	return tap_done();
}
