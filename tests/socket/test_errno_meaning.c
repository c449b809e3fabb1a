// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/errno_meaning.h"

#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <stddef.h>

#include "support/tap.h"

static struct error error;

static const char *find(const char *text)
{
	const struct errno_meaning *why = errno_meaning_find(text, &error);
	return why ? why->symbol : error.text;
}

static bool is_sentences(const char *text, size_t most)
{
	size_t len = strlen(text);
	return len > 8 && len < most && strchr(".?", text[len - 1]) && !strchr(text, '\n');
}

/* What the manual pages of the calls list, and what ICMP messages become. */
static const int documented[] = {
	EACCES,       EADDRINUSE,   EADDRNOTAVAIL, EAFNOSUPPORT,    EAGAIN,       EALREADY,
	EBADF,        ECONNABORTED, ECONNREFUSED,  ECONNRESET,      EDESTADDRREQ, EDOM,
	EFAULT,       EHOSTDOWN,    EHOSTUNREACH,  EINPROGRESS,     EINTR,        EINVAL,
	EIO,          EISCONN,      ELOOP,         EMFILE,          EMSGSIZE,     ENAMETOOLONG,
	ENETDOWN,     ENETRESET,    ENETUNREACH,   ENFILE,          ENOBUFS,      ENODEV,
	ENOENT,       ENOMEM,       ENOPROTOOPT,   ENOSPC,          ENOTCONN,     ENOTDIR,
	ENOTSOCK,     EOPNOTSUPP,   EPERM,         EPIPE,           EPROTO,       EPROTONOSUPPORT,
	EPROTOTYPE,   EROFS,        ESHUTDOWN,     ESOCKTNOSUPPORT, ESRCH,        ETIMEDOUT,
	ETOOMANYREFS, EPFNOSUPPORT, EBUSY,         ERANGE,
#ifdef ENONET
	ENONET,
#endif
};

static void test_table(void)
{
	size_t wrong = 0, missing = 0, out_of_order = 0, unnamed = 0;
	for (const struct errno_meaning *why = errno_meaning_table; why->symbol; why++) {
		bool right = *why->calls && is_sentences(why->what, 400) &&
		             (!*why->who || is_sentences(why->who, 120)) &&
		             is_sentences(why->next, 250) &&
		             strcmp(find(why->symbol), why->symbol) == 0;
		if (!right)
			printf("#   %s\n", why->symbol);
		wrong += !right;
		out_of_order += why[1].symbol && strcmp(why->symbol, why[1].symbol) >= 0;
		unnamed += strncmp(why->symbol, "EAI_", 4) != 0 &&
		           strcmp(error_name(why->code), why->symbol) != 0;
	}
	for (size_t i = 0; i < sizeof documented / sizeof *documented; i++)
		missing += !errno_meaning_numbered(documented[i]);
	is_int(wrong, 0, "each has its sentences, and is found by its name");
	is_int(out_of_order, 0, "in the order of their symbols");
	is_int(unnamed, 0, "error_name() knows them");
	is_int(missing, 0, "what the manual pages of the calls list is there");
	ok(!errno_meaning_numbered(0), "success needs no reason");
	ok(!errno_meaning_numbered(-1) && !errno_meaning_numbered(4711),
	   "nor do numbers of nothing");
	is_text(errno_meaning_numbered(ECONNRESET)->symbol, "ECONNRESET", "by number");
}

static void test_find(void)
{
	char number[16];
	snprintf(number, sizeof number, "%d", ECONNRESET);
	is_text(find("ECONNRESET"), "ECONNRESET", "by name");
	is_text(find("econnreset"), "ECONNRESET", "in lower case");
	is_text(find("connreset"), "ECONNRESET", "without its E");
	is_text(find(number), "ECONNRESET", "by number");
	is_text(find("ECONNRES"), "ECONNRESET", "by a beginning");
	is_text(find("addrin"), "EADDRINUSE", "by a beginning without its E");
	is_text(find("EWOULDBLOCK"), "EAGAIN", "by its other name");
	is_text(find("eai_again"), "EAI_AGAIN", "of getaddrinfo()");
	is_text(find("econn"), "ambiguous: \"ECONN\" is ECONNABORTED, ECONNREFUSED, ECONNRESET",
	        "ambiguous");
	is_text(find("ECONNRSET"), "no socket call returns ECONNRSET: did you mean ECONNRESET?",
	        "a letter is missing");
	is_text(find("EPIEP"), "no socket call returns EPIEP: did you mean EPIPE?",
	        "two are exchanged");
	is_text(find("0"), "no socket call returns an errno of 0", "0");
	is_text(find("99999999999999999999999"),
	        "no socket call returns an errno of 99999999999999999999", "a large number");
	static const char *const garbage[] = {
		"", " ", "E PIPE", "\033[2J", "EPIPE\n", "-1", "E.", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	};
	for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
		is_text(find(garbage[i]), "not the name of an errno value, as ECONNRESET is one",
		        garbage[i]);
	ok(strlen(find("e")) == ERROR_TEXT - 1, "a list of many is cut, not overrun");
}

static const char *phrase(const char *call, int code, unsigned context)
{
	return errno_meaning_phrase(call, code, context);
}

static void test_cases(void)
{
	is_text(phrase("connect", ECONNREFUSED, ERRNO_TCP), "RST to our SYN: nobody listens there",
	        "what a value means from this call");
	is_text(phrase("sendto", ECONNREFUSED, ERRNO_UDP),
	        "ICMP port unreachable to an earlier datagram", "on this kind of socket");
	is_text(phrase("recvmsg", ECONNREFUSED, ERRNO_UDP | ERRNO_LOOPBACK),
	        "ICMP port unreachable: nobody receives there", "whatever else is so");
	is_text(phrase("send", EPIPE, ERRNO_TCP | ERRNO_OPEN | ERRNO_FIN_SENT),
	        "this side is closed, FIN has been sent", "the first that fits holds");
	is_text(phrase("send", EPIPE, ERRNO_TCP | ERRNO_FRESH),
	        "this socket has never been connected", "before a connection");
	is_text(phrase("shutdown", ENOTCONN, ERRNO_TCP | ERRNO_OPEN), "connection reset by peer (RST)",
	        "a connection that there was");
	is_text(phrase("bind", EADDRINUSE, ERRNO_TCP | ERRNO_LISTENER),
	        "another socket has this port", "a listener overlooks TIME_WAIT");
	is_text(phrase("accept", ECONNREFUSED, ERRNO_TCP), error_why(ECONNREFUSED),
	        "from another call strerror() says it");
	is_text(phrase("send", 4711, 0), error_why(4711), "and of no errno value");
	ok(!errno_meaning_case("sen", EPIPE, ERRNO_FRESH) &&
	           !errno_meaning_case("", EPIPE, ERRNO_FRESH),
	   "half a name is no call");
	const struct errno_case *refused =
	        errno_meaning_case("connect", ECONNREFUSED, ERRNO_TCP | ERRNO_LOOPBACK);
	is_text(refused ? refused->word : "", "Connection refused", "what has become of an attempt");
	struct buf text = { .max = SIZE_MAX };
	errno_meaning_explain(errno_meaning_numbered(ECONNREFUSED), refused, &text);
	ok(strstr(buf_text(&text), "\nNext: is the server running? ss -ltn "),
	   "a case has its own advice");
	buf_clear(&text);
	errno_meaning_print(errno_meaning_numbered(ECONNREFUSED), &text);
	ok(strncmp(buf_text(&text), "ECONNREFUSED (", 14) == 0 &&
	           strstr(buf_text(&text), "\nNext: is the server running? Does it") &&
	           strstr(buf_text(&text),
	                  "\nconnect (TCP): RST to our SYN: nobody listens there."),
	   "a value is printed with its cases");
	buf_clear(&text);
	errno_meaning_print(errno_meaning_of_lookup(EAI_NONAME), &text);
	ok(strncmp(buf_text(&text), "EAI_NONAME\nFrom getaddrinfo.\n", 29) == 0,
	   "a look-up has no number");
	buf_free(&text);
	ok(!errno_meaning_of_lookup(0) && !errno_meaning_of_lookup(4711), "nor has success");
}

/* A case that fits nowhere, or nowhere before another, says nothing to anybody. */
static void test_every_case(void)
{
	size_t count = 0, hidden = 0, wrong = 0;
	for (const struct errno_meaning *row = errno_meaning_table; row->symbol; row++)
		for (const struct errno_case *c = row->cases; c && c->calls; c++) {
			char call[32];
			size_t len = strlen(c->phrase);
			snprintf(call, sizeof call, "%.*s", (int)strcspn(c->calls, ","), c->calls);
			count++;
			hidden += errno_meaning_case(call, row->code, c->context) != c;
			wrong += !len || c->phrase[len - 1] == '.';
			wrong += c->next && !is_sentences(c->next, 250);
		}
	ok(count > 40, "there are %zu cases", count);
	is_int(hidden, 0, "each is met");
	is_int(wrong, 0, "a phrase ends no sentence, an advice does");
}

int main(void)
{
	tap_watchdog(30);
	test_table();
	test_find();
	test_cases();
	test_every_case();
	return tap_done();
}
