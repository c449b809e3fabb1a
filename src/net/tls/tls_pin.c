// SPDX-License-Identifier: GPL-3.0-or-later
/* What is the same with OpenSSL and without it. */
#include "net/tls/tls.h"

#include <string.h>
#include <strings.h>

bool tls_check_pin(const char *pin, struct error *error)
{
	static const char head[] = "sha256:";
	size_t len = strlen(head);
	if (strncasecmp(pin, head, len) == 0 && strlen(pin) == len + 64 &&
	    strspn(pin + len, "0123456789abcdefABCDEF") == 64)
		return true;
	error_usage(error, "a pin is sha256: and 64 hexadecimal digits");
	return false;
}
