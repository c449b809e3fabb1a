// SPDX-License-Identifier: GPL-3.0-or-later
/* alloc: memory or nothing. Running out of memory ends the program here and nowhere else, so no
 * caller checks for NULL. The returned memory belongs to the caller, who frees it with free(). */
#pragma once

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);

/* As xmalloc(), for much that will be filled at once: the system gives all of its pages together, where it
 * can, which costs less than one after the other. */
void *xmalloc_pages(size_t size);

/* The array, which has `count` elements of this size, with room for one more: *cap doubles when it
 * is full. NULL with *cap = 0 is an empty array. */
void *xgrow(void *array, size_t *cap, size_t count, size_t size);

char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);

/* Zeroes memory that has held a secret; unlike a memset() before free() it is not optimized
 * away. */
void wipe(void *memory, size_t len);

char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
