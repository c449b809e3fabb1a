// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define NAME(symbol) [symbol] = #symbol

/* Those of POSIX, and what else a call on Linux can return, errno(3). Where two symbols share a
 * value, it is the one that the manual pages of the socket calls use. */
static const char *const names[] = {
	NAME(EPERM),         NAME(ENOENT),       NAME(EINTR),           NAME(EIO),
	NAME(ENXIO),         NAME(E2BIG),        NAME(EBADF),           NAME(EAGAIN),
	NAME(ENOMEM),        NAME(EACCES),       NAME(EFAULT),          NAME(EBUSY),
	NAME(EEXIST),        NAME(ENODEV),       NAME(ENOTDIR),         NAME(EISDIR),
	NAME(EINVAL),        NAME(ENFILE),       NAME(EMFILE),          NAME(ENOTTY),
	NAME(EFBIG),         NAME(ENOSPC),       NAME(ESPIPE),          NAME(EROFS),
	NAME(EPIPE),         NAME(EDOM),         NAME(ERANGE),          NAME(ENAMETOOLONG),
	NAME(ENOSYS),        NAME(ELOOP),        NAME(EPROTO),          NAME(EOVERFLOW),
	NAME(EILSEQ),        NAME(ENOTSOCK),     NAME(EDESTADDRREQ),    NAME(EMSGSIZE),
	NAME(EPROTOTYPE),    NAME(ENOPROTOOPT),  NAME(EPROTONOSUPPORT), NAME(ESOCKTNOSUPPORT),
	NAME(EOPNOTSUPP),    NAME(EPFNOSUPPORT), NAME(EAFNOSUPPORT),    NAME(EADDRINUSE),
	NAME(EADDRNOTAVAIL), NAME(ENETDOWN),     NAME(ENETUNREACH),     NAME(ENETRESET),
	NAME(ECONNABORTED),  NAME(ECONNRESET),   NAME(ENOBUFS),         NAME(EISCONN),
	NAME(ENOTCONN),      NAME(ESHUTDOWN),    NAME(ETOOMANYREFS),    NAME(ETIMEDOUT),
	NAME(ECONNREFUSED),  NAME(EHOSTDOWN),    NAME(EHOSTUNREACH),    NAME(EALREADY),
	NAME(EINPROGRESS),   NAME(ESTALE),       NAME(EDQUOT),          NAME(ECANCELED),
	NAME(ESRCH),         NAME(EBADMSG),      NAME(ECHILD),          NAME(EDEADLK),
	NAME(EMLINK),        NAME(ENOEXEC),      NAME(ENOLCK),          NAME(ENOTEMPTY),
	NAME(ETXTBSY),       NAME(EXDEV),
#ifdef __linux__
	NAME(ECOMM),         NAME(EKEYEXPIRED),  NAME(EKEYREJECTED),    NAME(EKEYREVOKED),
	NAME(ENOKEY),        NAME(ENONET),       NAME(ENOPKG),          NAME(ENOTUNIQ),
	NAME(EREMOTEIO),     NAME(EUSERS),
#endif
};

const char *error_name(int code)
{
	static char unknown[24];
	if (code >= 0 && (size_t)code < sizeof names / sizeof *names && names[code])
		return names[code];
	snprintf(unknown, sizeof unknown, "errno %d", code);
	return unknown;
}

/* "No route to host" ends a sentence here; "RPC …" keeps its capitals. */
const char *error_why(int code)
{
	static char why[128];
	snprintf(why, sizeof why, "%s", strerror(code));
	if (why[0] && !isupper((unsigned char)why[1]))
		why[0] = (char)tolower((unsigned char)why[0]);
	return why;
}

__attribute__((format(printf, 4, 0))) static void set(struct error *error, int code, bool usage,
                                                      const char *format, va_list args)
{
	error->code = code;
	error->usage = usage;
	error->column = 0;
	vsnprintf(error->text, sizeof error->text, format, args);
}

void error_set(struct error *error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	set(error, 0, false, format, args);
	va_end(args);
}

void error_usage(struct error *error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	set(error, 0, true, format, args);
	va_end(args);
}

void error_errno(struct error *error, int code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	set(error, code, false, format, args);
	va_end(args);
	error_append(error, ": %s", error_why(code));
}

void error_append(struct error *error, const char *format, ...)
{
	va_list args;
	size_t len = strlen(error->text);
	va_start(args, format);
	vsnprintf(error->text + len, sizeof error->text - len, format, args);
	va_end(args);
}

static const char *program = "sockpit"; /* set by main before anything is printed */

void error_set_program(const char *name)
{
	program = name;
}

void error_print(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		return;
	fprintf(stderr, "%s: ", program);
	text_print(stderr, text, (size_t)len);
	fputc('\n', stderr);
	free(text);
}
