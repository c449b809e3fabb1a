// SPDX-License-Identifier: GPL-3.0-or-later
/* named_target: addresses that have a name, with settings for the sessions opened by it: "redis",
 * 127.0.0.1:6379, eol=crlf. Opens nothing: app_open_named() does. */
#pragma once

#include "app/settings.h"
#include "net/target.h"

enum { NAMED_TARGET_NAME = 32 }; /* bytes of a name, with its NUL */

struct named_target {
	char *name;
	struct target target;
	char *settings; /* "eol=crlf view=hex", as given; "" for none */
};

struct named_targets {
	struct named_target *list; /* in the order in which they were named */
	size_t count, cap;
};

/* Whether a word can be a name: a letter, then letters, digits, '-' and '_'. */
bool named_target_is_name(const char *word);

/* By its whole name, since the beginning of a name could be a host; NULL for none. */
const struct named_target *named_target_find(const struct named_targets *targets, const char *name);

/* Names an address, or gives the name another one. `words` are "name=value": the settings of
 * a session, its view, and the time limit of connecting. False with one line. */
bool named_target_set(struct named_targets *targets, const char *name, const struct target *target,
                      const char *words, struct error *error);

/* Its address with its transport, "udp://127.0.0.1:53". The caller frees it. */
char *named_target_url(const struct named_target *named);

/* What named_target_set() says of these two. */
bool named_target_check(const char *name, const char *words, struct error *error);

bool named_target_remove(struct named_targets *targets, const char *name, struct error *error);
void named_targets_free(struct named_targets *targets);

/* Whether a target may have this setting: others belong to the whole program. */
bool named_target_may_have(const struct setting *setting);

/* Changes settings as such words say; *viewed: one of them is the view. False with one line. */
bool named_target_apply(const char *words, struct settings *settings, bool *viewed,
                        struct error *error);
