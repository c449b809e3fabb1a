// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/errno_meaning.h"

#include <errno.h>
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
		unnamed += why->code && strcmp(error_name(why->code), why->symbol) != 0;
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
	is_text(find("ECONN"), "ambiguous: ECONNABORTED, ECONNREFUSED, ECONNRESET", "ambiguous");
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

int main(void)
{
	tap_watchdog(30);
	test_table();
	test_find();
	return tap_done();
}
