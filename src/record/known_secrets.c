// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/known_secrets.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/alloc.h"

enum {
	SECRETS = 64,
	STREAMS = 64, /* that have ended within a secret; beyond them the oldest is forgotten */
	MOST = 512,   /* bytes of a secret, */
	LEAST = 4,    /* a shorter one is not looked for */
};

struct secret {
	size_t len;
	char bytes[MOST];
};

/* What has come on the stream ends with the first `len` bytes of a secret. */
struct begun {
	uint64_t stream;
	const struct secret *secret;
	size_t len; /* 0 = nothing is begun */
};

struct known_secrets {
	size_t count, next; /* the one that is replaced next */
	struct secret secrets[SECRETS];
	size_t next_begun;
	struct begun begun[STREAMS];
};

/* ---- life ---- */

struct known_secrets *known_secrets_new(void)
{
	struct known_secrets *known = mmap(NULL, sizeof *known, PROT_READ | PROT_WRITE,
	                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (known == MAP_FAILED)
		abort();
#ifdef MADV_DONTDUMP
	madvise(known, sizeof *known, MADV_DONTDUMP);
#endif
	return known;
}

void known_secrets_free(struct known_secrets *known)
{
	if (!known)
		return;
	wipe(known, sizeof *known);
	munmap(known, sizeof *known);
}

static void add(struct known_secrets *known, const char *bytes, size_t len)
{
	struct secret *secret = &known->secrets[known->next];
	len = len < MOST ? len : MOST;
	if (len < LEAST)
		return;
	for (size_t i = 0; i < known->count; i++)
		if (known->secrets[i].len == len && memcmp(known->secrets[i].bytes, bytes, len) == 0)
			return;
	for (size_t i = 0; i < STREAMS; i++)
		if (known->begun[i].secret == secret)
			known->begun[i].len = 0;
	wipe(secret, sizeof *secret);
	memcpy(secret->bytes, bytes, len);
	secret->len = len;
	known->next = (known->next + 1) % SECRETS;
	known->count += known->count < SECRETS;
}

void known_secrets_add(struct known_secrets *known, const char *text, size_t len)
{
	const char *end = text + len;
	while (text < end) {
		const char *feed = memchr(text, '\n', (size_t)(end - text));
		size_t line = (size_t)((feed ? feed : end) - text);
		add(known, text, line && text[line - 1] == '\r' ? line - 1 : line);
		text += line + 1;
	}
}

/* ---- looking ---- */

static struct begun *find_begun(struct known_secrets *known, uint64_t stream)
{
	for (size_t i = 0; stream && i < STREAMS; i++)
		if (known->begun[i].stream == stream && known->begun[i].len)
			return &known->begun[i];
	return NULL;
}

static void keep_begun(struct known_secrets *known, const struct begun *now)
{
	struct begun *place = find_begun(known, now->stream);
	for (size_t i = 0; !place && i < STREAMS; i++)
		if (!known->begun[i].len)
			place = &known->begun[i];
	if (!place) {
		place = &known->begun[known->next_begun];
		known->next_begun = (known->next_begun + 1) % STREAMS;
	}
	*place = *now;
}

static void note_longer(struct begun *now, const struct secret *secret, size_t len)
{
	if (len > now->len) {
		now->secret = secret;
		now->len = len;
	}
}

/* Whether the secret that has begun before them ends in these bytes. */
static bool ends(const struct secret *secret, const struct begun *before, const char *bytes,
                 size_t len, struct begun *now)
{
	size_t most = before->len < secret->len ? before->len : secret->len - 1;
	for (size_t had = most; had > 0; had--) {
		size_t left = secret->len - had, compared = left < len ? left : len;
		if (memcmp(before->secret->bytes + before->len - had, secret->bytes, had) != 0 ||
		    memcmp(secret->bytes + had, bytes, compared) != 0)
			continue;
		if (compared == left)
			return true;
		note_longer(now, secret, had + compared);
	}
	return false;
}

static void note_end(const struct secret *secret, const char *bytes, size_t len, struct begun *now)
{
	size_t begins = len < secret->len ? len : secret->len - 1;
	while (begins && memcmp(bytes + len - begins, secret->bytes, begins) != 0)
		begins--;
	note_longer(now, secret, begins);
}

bool known_secrets_meet(struct known_secrets *known, uint64_t stream, const void *bytes, size_t len,
                        bool again)
{
	bool met = false;
	struct begun *before = find_begun(known, stream);
	struct begun now = { .stream = stream };
	if (!len)
		return false;
	for (size_t i = 0; i < known->count; i++) {
		const struct secret *secret = &known->secrets[i];
		met = met || memmem(bytes, len, secret->bytes, secret->len) ||
		      (before && ends(secret, before, bytes, len, &now));
		note_end(secret, bytes, len, &now);
	}
	if (stream && !again && now.len)
		keep_begun(known, &now);
	else if (before && !again)
		before->len = 0;
	return met || now.len >= LEAST;
}
