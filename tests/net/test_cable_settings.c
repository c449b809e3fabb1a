// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/cable_settings.h"

#include <netinet/in.h>

#include "base/clock.h"
#include "support/tap.h"

/* A session "client" of left that is connected to right, and "server", which listens there. */
static bool find(void *context, const char *name, struct endpoint *local, struct endpoint *peer,
                 enum host *host, struct error *error)
{
	(void)context;
	*host = strcmp(name, "client") == 0 ? HOST_LEFT : HOST_RIGHT;
	if (*host == HOST_RIGHT && strcmp(name, "server") != 0) {
		error_usage(error, "no session \"%s\"", name);
		return false;
	}
	*local = host_address(*host, AF_INET, *host == HOST_LEFT ? 40000 : 80);
	*peer = (struct endpoint){ .family = AF_UNSPEC };
	if (*host == HOST_LEFT)
		*peer = host_address(HOST_RIGHT, AF_INET, 80);
	return true;
}

static const struct cable_names names = { .find = find };

static bool understood;

/* One line after another; what is printed then, with " / " between its lines; or the message. */
static const char *after(const char *const lines[])
{
	static char text[2048];
	struct cable_settings settings;
	struct error error = { 0 };
	struct buf out = { .max = SIZE_MAX };
	cable_settings_init(&settings);
	for (understood = true; *lines; lines++)
		if (!cable_parse(&settings, *lines, &names, &error)) {
			understood = false;
			snprintf(text, sizeof text, "%s%s", error.usage ? "" : "! ", error.text);
			return text;
		}
	cable_print(&settings, &out);
	size_t at = 0;
	for (const char *c = buf_text(&out); *c && at + 4 < sizeof text; c++) {
		if (*c != '\n')
			text[at++] = *c;
		else if (c[1])
			at += (size_t)sprintf(text + at, " / ");
	}
	text[at] = '\0';
	buf_free(&out);
	return text;
}

static void check_words(void)
{
	static const struct {
		const char *lines[3], *want;
	} cases[] = {
		{ { "" }, "" },
		{ { "delay 50ms" }, "delay 50ms" },
		{ { "delay 0.5ms" }, "delay 0.5ms" },
		{ { "delay 1.5s" }, "delay 1.5s" },
		{ { "delay 50ms 10ms" }, "delay 50ms 10ms" },
		{ { "delay 50ms 10ms", "delay 20ms" }, "delay 20ms" },
		{ { "delay 50ms", "delay off" }, "" },
		{ { "delay 50ms", "delay 0" }, "" },
		{ { "rate 1M" }, "rate 1M queue 100" },
		{ { "rate 1M queue 20" }, "rate 1M queue 20" },
		{ { "rate 1.5mbit" }, "rate 1.5M queue 100" },
		{ { "rate 9600" }, "rate 9.6k queue 100" },
		{ { "rate 64k" }, "rate 64k queue 100" },
		{ { "rate 10G" }, "rate 10G queue 100" },
		{ { "rate 1M queue 20", "rate off" }, "queue 20" },
		{ { "loss 1%" }, "loss 1%" },
		{ { "loss 0.05%" }, "loss 0.05%" },
		{ { "loss 100%" }, "loss 100%" },
		{ { "loss 5%", "loss 0%" }, "" },
		{ { "loss SYN" }, "loss SYN" },
		{ { "loss syn-ack" }, "loss SYN-ACK" },
		{ { "loss SYN 2" }, "loss SYN 2" },
		{ { "loss SYN 1-3" }, "loss SYN 1-3" },
		{ { "loss SYN loss SYN" }, "loss SYN loss SYN" },
		{ { "loss SYN 2 loss SYN loss SYN" }, "loss SYN 2 loss SYN loss SYN" },
		{ { "loss SYN 1-3 loss SYN loss data loss SYN-ACK" },
		  "loss SYN 1-3 loss SYN loss data loss SYN-ACK" },
		{ { "loss SYN", "loss SYN" }, "loss SYN loss SYN" },
		{ { "loss data 60", "loss DATA 70-72" }, "loss data 60 loss data 70-72" },
		{ { "loss data 60 of @client" }, "from left loss data 60 of @client" },
		{ { "loss SYN-ACK of @server" }, "from right loss SYN-ACK of @server" },
		{ { "from left loss ACK from right loss FIN" },
		  "from left loss ACK / from right loss FIN" },
		{ { "loss 1% loss data 5", "loss off" }, "" },
		{ { "loss 1% loss data 5", "from left loss off" },
		  "from right loss 1% loss data 5" },
		{ { "loss data 5 duplicate data 6", "loss off" }, "duplicate data 6" },
		{ { "duplicate 1% reorder 2% corrupt 3%" }, "duplicate 1% reorder 2% corrupt 3%" },
		{ { "mtu 1400" }, "mtu 1400" },
		{ { "mtu 1400", "mtu off" }, "" },
		{ { "unplug" }, "unplug" },
		{ { "unplug", "plug" }, "" },
		{ { "from left unplug" }, "from left unplug" },
		{ { "unplug", "from right plug" }, "from left unplug" },
		{ { "seed 7" }, "" },
		{ { "from left delay 50ms" }, "from left delay 50ms" },
		{ { "from Left delay 50ms from right delay 10ms" },
		  "from left delay 50ms / from right delay 10ms" },
		{ { "from left delay 50ms", "delay 10ms" }, "delay 10ms" },
		{ { "from left delay 50ms loss SYN", "loss RST" },
		  "loss RST / from left delay 50ms loss SYN" },
		{ { "delay 50ms rate 1M loss 1% loss SYN mtu 1400 unplug", "off" }, "" },
		{ { "delay 50ms loss SYN", "from right off" }, "from left delay 50ms loss SYN" },
		{ { "del 50ms co 1%" }, "delay 50ms corrupt 1%" },

		{ { "delay" },
		  "delay: a time with its unit, at most 60s: 50ms, or 50ms 10ms for 50 ± 10 ms; or "
		  "off" },
		{ { "delay -1" },
		  "delay -1: a time with its unit, at most 60s: 50ms, or 50ms 10ms for 50 ± 10 ms; "
		  "or off" },
		{ { "delay 50" },
		  "delay 50: a time with its unit, at most 60s: 50ms, or 50ms 10ms for 50 ± 10 ms; "
		  "or off" },
		{ { "delay 61s" },
		  "delay 61s: a time with its unit, at most 60s: 50ms, or 50ms 10ms for 50 ± 10 "
		  "ms; "
		  "or off" },
		{ { "delay 5ms 10ms" }, "delay 10ms: the variation is at most the delay" },
		{ { "rate" }, "rate: bits per second, 1k to 100G: 64k, 1M, 1.5M; or off" },
		{ { "rate 0" }, "rate 0: bits per second, 1k to 100G: 64k, 1M, 1.5M; or off" },
		{ { "rate 1T" }, "rate 1T: bits per second, 1k to 100G: 64k, 1M, 1.5M; or off" },
		{ { "rate 99999999999G" }, "rate 99999999999G: bits per second, 1k to 100G: 64k, 1M, 1.5M; or off" },
		{ { "rate 1.2.3M" },
		  "rate 1.2.3M: bits per second, 1k to 100G: 64k, 1M, 1.5M; or off" },
		{ { "rate nan" }, "rate nan: bits per second, 1k to 100G: 64k, 1M, 1.5M; or off" },
		{ { "queue 0" }, "queue 0: frames that may wait for the rate, 1 to 10000" },
		{ { "queue 20x" }, "queue 20x: frames that may wait for the rate, 1 to 10000" },
		{ { "queue 99999999999999999999" },
		  "queue 99999999999999999999: frames that may wait for the rate, 1 to 10000" },
		{ { "loss" }, "loss: a share like 1%, or one frame: SYN, ACK, data 60 …; or off" },
		{ { "loss 101%" }, "loss 101%: a share is 0% to 100%; one frame is \"data 60\"" },
		{ { "loss 1" }, "loss 1: a share is 0% to 100%; one frame is \"data 60\"" },
		{ { "loss -1%" },
		  "loss -1%: no share and no kind of frame: SYN, SYN-ACK, ACK, data, FIN, RST, "
		  "UDP, "
		  "ICMP and ARP" },
		{ { "corrupt SIN" },
		  "corrupt SIN: no share and no kind of frame: did you mean "
		  "SYN or FIN?" },
		{ { "loss data 0" }, "loss 0: which one of them from now on: 60, or 60-62" },
		{ { "loss data 62-60" },
		  "loss 62-60: which one of them from now on: 60, or 60-62" },
		{ { "loss data 6x" }, "loss 6x: which one of them from now on: 60, or 60-62" },
		{ { "loss data 60 of" }, "of: a session as @name or @number" },
		{ { "loss data 60 of client" }, "of: a session as @name or @number" },
		{ { "loss data 60 of @nobody" }, "no session \"nobody\"" },
		{ { "from right loss data 60 of @client" },
		  "@client sends from left, not from right" },
		{ { "mtu 10" }, "mtu 10: bytes of an IP packet, 68 to 65535; or off" },
		{ { "mtu 99999" }, "mtu 99999: bytes of an IP packet, 68 to 65535; or off" },
		{ { "seed" }, "seed: a number, 0 to 4294967295" },
		{ { "seed 4294967296" }, "seed 4294967296: a number, 0 to 4294967295" },
		{ { "seed x" }, "seed x: a number, 0 to 4294967295" },
		{ { "from" }, "from: left or right" },
		{ { "from here delay 1s" }, "from here: left or right" },
		{ { "from left" },
		  "from left: what leaves left, then what happens to it: delay, "
		  "loss …" },
		{ { "dely 5ms" }, "no cable setting \"dely\": did you mean delay?" },
		{ { "d 5ms" }, "ambiguous: \"d\" is delay, duplicate" },
		{ { "delay 5ms 7" },
		  "delay 7: a time with its unit, at most 60s: 50ms, or 50ms 10ms for 50 ± 10 ms; "
		  "or off" },
		{ { "loss data 1-2 loss data 1-2 loss data 1-2 loss data 1-2 loss data 1-2 loss "
		    "data 1-2 "
		    "loss data 1-2 loss data 1-2 loss data 1-2 loss data 1-2 loss data 1-2 loss "
		    "data 1-2 "
		    "loss data 1-2 loss data 1-2 loss data 1-2 loss data 1-2 corrupt ACK" },
		  "! 16 rules wait for their frame already: /cable loss off" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *name = cases[i].lines[1] ? cases[i].lines[1] : cases[i].lines[0];
		char got[2048];
		snprintf(got, sizeof got, "%s", after(cases[i].lines));
		is_text(got, cases[i].want, name);
		/* What is printed gives the same settings. */
		char again[2048], *line = again;
		const char *lines[4] = { 0 };
		size_t count = 0;
		if (understood && *got) {
			snprintf(again, sizeof again, "%s", got);
			for (char *end; (end = strstr(line, " / ")); line = end + 3) {
				*end = '\0';
				lines[count++] = line;
			}
			lines[count] = line;
			is_text(after(lines), cases[i].want, "is read as it is printed");
		}
	}
}

static void check_that_nothing_is_changed_by_a_mistake(void)
{
	struct cable_settings settings, before;
	struct error error;
	cable_settings_init(&settings);
	before = settings;
	ok(!cable_parse(&settings, "delay 5ms loss SYN mtu 10", &names, &error), "a mistake");
	ok(memcmp(&settings, &before, sizeof before) == 0, "changes nothing, also before it");
	ok(cable_parse(&settings, "seed 1", &names, &error) && settings.seeded != before.seeded,
	   "the same seed again restarts the generators");
}

static void check_completion(void)
{
	static const struct {
		const char *words, *want;
	} cases[] = {
		{ "", "delay|rate|queue|loss|duplicate|reorder|corrupt|mtu|unplug|plug|seed|off|"
		      "from|" },
		{ "delay", "off" },
		{ "rate", "off" },
		{ "seed", "" },
		{ "from", "left|right" },
		{ "loss", "off|SYN|SYN-ACK|ACK|data|FIN|RST|UDP|ICMP|ARP" },
		{ "lo data 60 of", "@" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_text(cable_expected(cases[i].words), cases[i].want, cases[i].words);
	ok(strncmp(cable_expected("loss data 60"), "of|delay|", 9) == 0, "after a number");
	ok(strncmp(cable_expected("loss data 60 of @c"), "delay|", 6) == 0, "after a session");
	ok(strncmp(cable_expected("delay 50ms"), "delay|", 6) == 0, "after a time");
	ok(strncmp(cable_expected("from left"), "delay|", 6) == 0, "after a direction");
	ok(strncmp(cable_expected("loss off"), "delay|", 6) == 0, "after off");
}

int main(void)
{
	tap_watchdog(30);
	check_words();
	check_that_nothing_is_changed_by_a_mistake();
	check_completion();
	return tap_done();
}
