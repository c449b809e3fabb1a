// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/session_list.h"

#include <arpa/inet.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "support/tap.h"

static struct session_list list;
static struct rows rows;
static struct buf text = { .max = SIZE_MAX };

static struct endpoint ip(const char *host, uint16_t port)
{
	int family = strchr(host, ':') ? AF_INET6 : AF_INET;
	struct endpoint addr = { .family = (uint8_t)family, .port = port };
	inet_pton(family, host, addr.ip);
	return addr;
}

static struct session_line *add(uint32_t number, const char *name, const char *state,
                                uint64_t sent, uint64_t received)
{
	struct session_line *line = session_list_add(&list);
	line->number = number;
	line->name = name;
	line->state = state;
	line->sent = sent;
	line->received = received;
	line->open = strcmp(state, "CLOSED") != 0;
	return line;
}

/* A server, two clients, one that has ended, a UNIX session. */
static void fill(void)
{
	session_list_free(&list);
	struct session_line *line = add(1, "echo:7001", "LISTEN", 0, 0);
	line->local = ip("0.0.0.0", 7001);
	line->everywhere = true;
	line = add(2, ":50522", "ESTABLISHED", 15, 15);
	line->local = ip("127.0.0.1", 7001);
	line->peer = ip("127.0.0.1", 50522);
	line->current = true;
	line = add(13, "192.168.1.7:49", "TIME_WAIT", 1234567, 99949);
	snprintf(line->more, sizeof line->more, " 38 s");
	line->local = ip("192.168.1.2", 7001);
	line->peer = ip("192.168.1.7", 49);
	line = add(14, "web", "CLOSED", 0, 20000);
	line->host = HOST_LEFT;
	line->local = ip("192.0.2.1", 40000);
	line->peer = ip("192.0.2.2", 80);
	line = add(15, "a-name-of-thirty-one-characters", "CONNECTED ", 7, 0);
	line->local.family = AF_UNIX;
	line->local.path_len = 6;
	memcpy(line->local.path, "/tmp/x", 6);
}

static const char *draw(const char *title, const char *filter, size_t first, size_t end,
                        int columns)
{
	rows_clear(&rows);
	buf_clear(&text);
	session_list_draw(&list, title, filter, first, end, columns, &rows);
	for (size_t i = 0; i < rows.count; i++)
		if (rows.row[i].columns > columns)
			ok(false, "row %zu is too wide for %d columns", i, columns);
	rows_print(&rows, &text);
	return buf_text(&text);
}

static const char *arranged(const char *order, const char *filter, const char *title, int columns)
{
	fill();
	session_list_arrange(&list, order, filter);
	return draw(title, filter, 0, list.count, columns);
}

static void at_every_size(void)
{
	is_text(arranged(NULL, "", "/sessions", 80),
	        "/sessions  4 open, 1 closed  ↑1.2M ↓120k\n"
	        " 1  echo:7001         LISTEN          ↑0 ↓0          *:7001\n"
	        " 2* :50522            ESTABLISHED     ↑15 ↓15        :7001 ⇄ 127.0.0.1:50522\n"
	        "13  192.168.1.7:49    TIME_WAIT 38 s  ↑1.2M ↓99.9k   :7001 ⇄ 192.168.1.7:49\n"
	        "14  web               CLOSED          ↑0 ↓20.0k      left :40000 ⇄ right 192.0.2\n"
	        "15  a-name-of-thirty  CONNECTED       ↑7 ↓0          /tmp/x",
	        "80 columns");
	is_text(arranged(NULL, "", "/sessions", 40),
	        "/sessions  4 open, 1 closed  ↑1.2M ↓120k\n"
	        " 1  echo:7001             LISTEN\n"
	        " 2* :50522                ESTABLISHED\n"
	        "13  192.168.1.7:49        TIME_WAIT 38 s\n"
	        "14  web                   CLOSED\n"
	        "15  a-name-of-thirty-one  CONNECTED",
	        "40 columns");
	is_text(arranged(NULL, "", "/sessions", 20),
	        "4 open, 1 closed\n"
	        " 1  echo:7001\n"
	        " 2* :50522\n"
	        "13  192.168.1.7:49\n"
	        "14  web\n"
	        "15  a-name-of-thirty",
	        "20 columns");
	is_text(arranged(NULL, "", "", 200),
	        "4 open, 1 closed  ↑1.2M ↓120k\n"
	        " 1  echo:7001                        LISTEN          ↑0 ↓0          *:7001\n"
	        " 2* :50522                           ESTABLISHED     ↑15 ↓15        :7001 ⇄ "
	        "127.0.0.1:50522\n"
	        "13  192.168.1.7:49                   TIME_WAIT 38 s  ↑1.2M ↓99.9k   :7001 ⇄ "
	        "192.168.1.7:49\n"
	        "14  web                              CLOSED          ↑0 ↓20.0k      left :40000 ⇄ "
	        "right 192.0.2.2:80\n"
	        "15  a-name-of-thirty-one-characters  CONNECTED       ↑7 ↓0          /tmp/x",
	        "200 columns, printed");
}

/* The clients of a class in a narrow window. */
static void narrow(void)
{
	session_list_free(&list);
	add(1, "echo:7001", "LISTEN", 0, 0);
	add(901, ":39688", "ESTABLISHED", 959, 12345);
	session_list_arrange(&list, NULL, "");
	is_text(draw("", "", 0, 2, 40),
	        "2 open, 0 closed  ↑959 ↓12.3k\n"
	        "  1  …o:7001  LISTEN       ↑0 ↓0\n"
	        "901  :39688   ESTABLISHED  ↑959 ↓12.3k",
	        "40 columns have the bytes, too");
	add(902, "127.0.0.2:36805", "ESTABLISHED", 1, 1);
	add(903, "127.0.0.3:36943", "ESTABLISHED", 1, 1);
	add(904, "a-long-name", "ESTABLISHED", 1, 1);
	session_list_arrange(&list, NULL, "");
	is_text(draw("", "", 0, 5, 40),
	        "5 open, 0 closed  ↑962 ↓12.3k\n"
	        "  1  …o:7001  LISTEN       ↑0 ↓0\n"
	        "901  :39688   ESTABLISHED  ↑959 ↓12.3k\n"
	        "902  …:36805  ESTABLISHED  ↑1 ↓1\n"
	        "903  …:36943  ESTABLISHED  ↑1 ↓1\n"
	        "904  a-long-  ESTABLISHED  ↑1 ↓1",
	        "and tell clients apart, whose addresses begin alike");
}

static void of_no_width(void)
{
	fill();
	session_list_arrange(&list, NULL, "");
	for (int columns = 1; columns < 120; columns++)
		draw("/sessions", "", 0, list.count, columns);
	is_int(rows.count, 6, "at every width a row is a session");
}

/* The numbers of the lines, in their order. */
static const char *order(const char *name, const char *filter)
{
	static char numbers[64];
	int used = 0;
	fill();
	session_list_arrange(&list, name, filter);
	numbers[0] = '\0';
	for (size_t i = 0; i < list.count; i++)
		used += snprintf(numbers + used, sizeof numbers - (size_t)used, " %u",
		                 list.line[i].number);
	return numbers;
}

static void sorted(void)
{
	is_text(order(NULL, ""), " 1 2 13 14 15", "as they came");
	is_text(order("number", ""), " 1 2 13 14 15", "by number");
	is_text(order("name", ""), " 13 2 15 1 14", "by name");
	is_text(order("state", ""), " 14 15 2 1 13", "by state");
	is_text(order("in", ""), " 13 14 2 1 15", "the most received first");
	is_text(order("out", ""), " 13 2 15 1 14", "the most sent first");
	is_text(order("bytes", ""), " 13 14 2 15 1", "the most of both first");
}

static void filtered(void)
{
	is_text(order(NULL, "192."), " 13 14", "by address");
	is_text(order(NULL, "ECHO"), " 1", "by name, in either case");
	is_text(order(NULL, "wait"), " 13", "by state");
	is_text(order("out", "0."), " 2 14", "and sorted");
	is_text(order(NULL, "right"), " 14", "by host");
	is_text(order(NULL, "%s%n"), "", "by nothing");
	is_text(arranged(NULL, "192.", "/sessions 192.", 80),
	        "/sessions 192.  2 of 5: 1 open, 1 closed  ↑1.2M ↓120k\n"
	        "13  192.168.1.7:49  TIME_WAIT 38 s  ↑1.2M ↓99.9k   :7001 ⇄ 192.168.1.7:49\n"
	        "14  web             CLOSED          ↑0 ↓20.0k      left :40000 ⇄ right 192.0.2.2",
	        "the totals are those of what is listed");
	is_text(arranged(NULL, "nobody", "/sessions nobody", 80),
	        "/sessions nobody  0 of 5: 0 open, 0 closed  ↑0 ↓0\n"
	        "no session has \"nobody\"",
	        "none");
}

static void only_what_is_seen(void)
{
	fill();
	session_list_arrange(&list, NULL, "");
	is_text(draw("", "", 1, 2, 80),
	        "4 open, 1 closed  ↑1.2M ↓120k\n\n"
	        " 2* :50522            ESTABLISHED  ↑15 ↓15        :7001 ⇄ 127.0.0.1:50522\n\n\n",
	        "the others are empty rows");
}

/* A frame has 16 ms. */
static void of_many(void)
{
	enum { MANY = 900, TIMES = 50 };
	static char name[MANY][16];
	struct timespec before, after;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	for (int times = 0; times < TIMES; times++) {
		session_list_free(&list);
		for (uint32_t i = 0; i < MANY; i++) {
			snprintf(name[i], sizeof name[i], ":%u", 40000 + i);
			struct session_line *line = add(i + 1, name[i], "ESTABLISHED", i, i * i % 977);
			line->local = ip("127.0.0.1", 7001);
			line->peer = ip("127.0.0.1", (uint16_t)(40000 + i));
		}
		session_list_arrange(&list, "bytes", "127.0.0");
		draw("/sessions", "127.0.0", 400, 450, 200);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	double ms = ((double)(after.tv_sec - before.tv_sec) * 1e3 +
	             (double)(after.tv_nsec - before.tv_nsec) / 1e6) /
	            TIMES;
	is_int(rows.count, MANY + 1, "many sessions");
	ok(ms < 16, "are listed within a frame: %.2f ms", ms);
}

static void in_ascii(void)
{
	setlocale(LC_ALL, "C");
	is_text(arranged(NULL, ":50522", "/sessions", 80),
	        "/sessions  1 of 5: 1 open, 0 closed  out 15 in 15\n"
	        "2* :50522  ESTABLISHED  out 15 in 15        :7001 <-> 127.0.0.1:50522",
	        "without UTF-8");
}

int main(void)
{
	if (!setlocale(LC_ALL, "C.UTF-8")) {
		tap_skip("no C.UTF-8 here");
		return tap_done();
	}
	at_every_size();
	narrow();
	of_no_width();
	sorted();
	filtered();
	only_what_is_seen();
	of_many();
	in_ascii();
	session_list_free(&list);
	rows_free(&rows);
	buf_free(&text);
	return tap_done();
}
