// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/alloc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *must(void *memory)
{
	static const char words[] = "sockpit: out of memory\n";
	if (memory)
		return memory;
	if (write(STDERR_FILENO, words, sizeof words - 1) < 0)
		abort();
	abort();
}

void *xmalloc(size_t size)
{
	return must(malloc(size ? size : 1));
}

void *xmalloc_pages(size_t size)
{
	char *memory = xmalloc(size);
#ifdef MADV_POPULATE_WRITE
	int saved = errno;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t first = ((uintptr_t)memory + page - 1) / page * page;
	uintptr_t end = ((uintptr_t)memory + size) / page * page;
	if (first < end) /* where it fails, they come one after the other */
		madvise(memory + (first - (uintptr_t)memory), end - first, MADV_POPULATE_WRITE);
	errno = saved;
#endif
	return memory;
}

void *xcalloc(size_t count, size_t size)
{
	return must(count && size ? calloc(count, size) : calloc(1, 1));
}

void *xrealloc(void *old, size_t size)
{
	return must(realloc(old, size ? size : 1));
}

void *xgrow(void *array, size_t *cap, size_t count, size_t size)
{
	if (count < *cap)
		return array;
	*cap = *cap ? 2 * *cap : 8;
	return xrealloc(array, *cap * size);
}

void wipe(void *memory, size_t len)
{
	void *(*const volatile set)(void *, int, size_t) = memset;
	set(memory, 0, len);
}

char *xstrdup(const char *text)
{
	return must(strdup(text));
}

char *xstrndup(const char *text, size_t len)
{
	return must(strndup(text, len));
}

char *xasprintf(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	return must(len < 0 ? NULL : text);
}
