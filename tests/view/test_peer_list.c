// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/peer_list.h"

#include <arpa/inet.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "support/tap.h"

static struct rows rows;
static struct buf text = { .max = SIZE_MAX };

static struct endpoint ip(const char *host, uint16_t port)
{
	int family = strchr(host, ':') ? AF_INET6 : AF_INET;
	struct endpoint addr = { .family = (uint8_t)family, .port = port };
	inet_pton(family, host, addr.ip);
	return addr;
}

static struct peer_list peers(void)
{
	static const struct {
		const char *host;
		uint64_t received, bytes, sent;
	} all[] = { { "192.0.2.10", 3, 30, 2 }, { "192.0.2.9", 100, 140000, 0 }, { "2001:db8::1", 1, 5, 1 } };
	struct peer_list list = { 0 };
	for (unsigned i = 0; i < 3; i++) {
		struct peer_line *line = peer_list_add(&list);
		line->number = i + 1;
		line->chosen = i == 1;
		line->addr = ip(all[i].host, 7000);
		line->received = all[i].received;
		line->received_bytes = all[i].bytes;
		line->sent = all[i].sent;
		line->sent_bytes = 5 * all[i].sent;
	}
	return list;
}

static const char *drawn(struct peer_list list, const char *order, const char *filter, uint64_t drops,
                         int columns)
{
	rows_clear(&rows);
	peer_list_arrange(&list, order, filter);
	peer_list_draw(&list, "/peers", drops, "", 0, SIZE_MAX, columns, &rows);
	peer_list_free(&list);
	buf_consume(&text, text.len);
	rows_print(&rows, &text);
	return buf_text(&text);
}

static void columns(void)
{
	is_text(drawn(peers(), NULL, "", 0, 80),
	        "/peers  3 peers: in 104 (140035), out 3 (15)\n"
	        "#   peer                in (bytes)    out (bytes)  last\n"
	        "1   192.0.2.10:7000     3 (30)        2 (10)       never\n"
	        "2*  192.0.2.9:7000      100 (140000)  0 (0)        never\n"
	        "3   [2001:db8::1]:7000  1 (5)         1 (5)        never",
	        "peers in 80 columns");
	is_text(drawn(peers(), NULL, "", 7, 40),
	        "3 peers: in 104, out 3, dropped here 7 *\n"
	        "#   peer                in\n"
	        "1   192.0.2.10:7000     3 (30)\n"
	        "2*  192.0.2.9:7000      100 (140000)\n"
	        "3   [2001:db8::1]:7000  1 (5)",
	        "in 40: what is less important is left out");
	is_text(drawn(peers(), NULL, "", 0, 20),
	        "3 peers: in 104, out\n"
	        "  3\n"
	        "#   peer\n"
	        "1   192.0.2.10:7000\n"
	        "2*  192.0.2.9:7000\n"
	        "3   [2001:db8::1]:70",
	        "in 20");
}

static void choosing(void)
{
	is_text(drawn(peers(), "address", "192.0.2", 0, 60),
	        "/peers  2 of 3 peers: in 103 (140030), out 2 (10)\n"
	        "#   peer             in (bytes)    out (bytes)  last\n"
	        "2*  192.0.2.9:7000   100 (140000)  0 (0)        never\n"
	        "1   192.0.2.10:7000  3 (30)        2 (10)       never",
	        "those with a text, by address: .9 is before .10");
	ok(strstr(drawn(peers(), "in", "", 0, 80), "last\n2*") != NULL, "the most bytes in first");
	ok(strstr(drawn(peers(), "out", "", 0, 80), "last\n1 ") != NULL, "the most bytes out first");
}

static void clients(void)
{
	struct peer_list list = { .clients = true };
	struct peer_line *line = peer_list_add(&list);
	line->number = 12;
	line->name = "web";
	line->state = "ESTABLISHED";
	line->addr = ip("127.0.0.1", 5000);
	line->received_bytes = 7;
	is_text(drawn(list, NULL, "", 0, 80),
	        "/peers  1 client: in 7, out 0 bytes\n"
	        "session  name  state        peer            in  out\n"
	        "12       web   ESTABLISHED  127.0.0.1:5000  7   0",
	        "clients");
}

static void many(void)
{
	struct peer_list list = { 0 };
	for (unsigned i = 0; i < 1000; i++) {
		struct peer_line *line = peer_list_add(&list);
		line->number = i + 1;
		line->addr = ip("127.0.0.1", (uint16_t)(10000 + i));
	}
	rows_clear(&rows);
	peer_list_arrange(&list, NULL, "");
	size_t before = peer_list_draw(&list, "", 0, "joined 239.1.2.3 on lo", 500, 510, 80, &rows);
	is_int(before, 3, "totals, groups and headings come first");
	is_int(rows.count, 1003, "there is a row for each of many");
	is_int(rows.row[before + 499].count, 0, "which is empty where it is not seen");
	ok(rows.row[before + 500].count && rows.row[before + 509].count && !rows.row[before + 510].count,
	   "and full where it is");
	peer_list_free(&list);
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	columns();
	choosing();
	clients();
	many();
	rows_free(&rows);
	buf_free(&text);
	return tap_done();
}
