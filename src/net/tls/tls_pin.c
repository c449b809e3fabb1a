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

bool tls_check_settings(const struct tls_settings *settings, struct error *error)
{
	if (!settings->cert != !settings->key)
		error_usage(error, "a certificate and its key belong together: cert FILE key FILE");
	else if (settings->pin && settings->unverified)
		error_usage(error, "pin and verify off exclude each other: use one");
	else if (settings->pin && settings->ca)
		error_usage(error, "a pinned certificate needs no authority: leave out pin or ca");
	else
		return !settings->pin || tls_check_pin(settings->pin, error);
	return false;
}
