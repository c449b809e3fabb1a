// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"

#include <errno.h>

#include "support/tap.h"

int main(void)
{
	tap_watchdog(30);
	struct error error;
	is_text(error_name(ECONNRESET), "ECONNRESET", "a known errno has its symbol");
	is_text(error_name(EAGAIN), "EAGAIN", "EAGAIN and not EWOULDBLOCK");
	is_text(error_name(0), "errno 0", "zero has none");
	is_text(error_name(99999), "errno 99999", "nor has a number out of range");
	is_text(error_name(-1), "errno -1", "nor a negative one");
	is_text(error_why(ECONNREFUSED), "connection refused", "the reason begins in lower case");

	error_set(&error, "no such %s", "thing");
	is_text(error.text, "no such thing", "words are kept");
	ok(error.code == 0 && !error.usage, "without a code");
	error_usage(&error, "%d is too much", 5);
	ok(error.usage, "what was written is wrong");

	error_errno(&error, ECONNREFUSED, "connect %s:%d", "10.0.0.1", 80);
	is_text(error.text, "connect 10.0.0.1:80: connection refused", "what: why");
	is_int(error.code, ECONNREFUSED, "with the code");

	char longer[1000];
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	error_errno(&error, EPIPE, "%s", longer);
	is_int(strlen(error.text), ERROR_TEXT - 1, "a long text is cut, not overrun");
	return tap_done();
}
