// SPDX-License-Identifier: GPL-3.0-or-later
/* Rules are read once, with their files, and shared by all clients. A client has a matcher for each
 * pattern, which goes on from one read to the next. One answer is given after the other: what came after
 * its pattern waits, and meanwhile nothing more is read. */
#include "net/service.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/descriptor.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/regexp.h"
#include "record/entry.h"

enum {
	RULES_MOST = 16,
	FILE_MOST = 16 << 20,
	PIECE = 64 << 10,  /* of an answer, handed over at a time */
	DUE_MOST = 1024, /* datagrams whose answers wait for their time */
};

struct rule {
	char *pattern; /* as it was typed */
	struct buf answer;
	int64_t delay;
	bool closes;
};

struct rules {
	struct rule rule[RULES_MOST];
	size_t count;
	struct regexp *whole[RULES_MOST]; /* for datagrams: each is a text of its own */
};

struct due {
	const struct rule *rule;
	struct endpoint to;
	int64_t at;
};

/* What is kept of a session. */
struct reply {
	struct regexp *matcher[RULES_MOST]; /* NULL before the first byte */
	struct buf input;          /* came after the pattern that is being answered */
	const struct rule *answer; /* NULL = none */
	int64_t due;               /* 0 = now */
	size_t given;              /* bytes of it */
	bool started; /* the matchers have been given bytes */
	bool fin;     /* nothing more comes, */
	bool closed;  /* or is looked at */

	struct due *later; /* datagrams, in the order in which they came */
	size_t later_count, later_cap;
};

/* ---- words ---- */

/* One word, as it was typed: "…", '…', or /…/ where a pattern may be. False where it does not end. */
static bool take_word(const char **at, bool pattern, char **word, struct error *error)
{
	const char *begin = *at + strspn(*at, " \t\n"), *p = begin;
	char quote = pattern && *p == '/' ? *p++ : '\0';
	for (; *p && (quote || !isspace((unsigned char)*p)); p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (quote)
			quote = *p == quote ? '\0' : quote;
		else if (*p == '"' || *p == '\'')
			quote = *p;
	}
	if (quote) {
		error_usage(error, "%.40s has no %c at its end", begin, quote);
		return false;
	}
	*word = p > begin ? xstrndup(begin, (size_t)(p - begin)) : NULL;
	*at = p + strspn(p, " \t\n");
	return true;
}

static bool is_next(const char *at, const char *word)
{
	size_t len = strlen(word);
	return strncmp(at, word, len) == 0 && (!at[len] || isspace((unsigned char)at[len]));
}

static bool read_file(const char *path, struct buf *out, struct error *error)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t got = fd < 0 || fstat(fd, &status) < 0 ? -1 : 1;
	if (got > 0 && S_ISFIFO(status.st_mode)) { /* it would have to be waited for */
		error_set(error, "%.100s is a FIFO: an answer is read from a file, and once", path);
		close(fd);
		return false;
	}
	buf_init(out, FILE_MOST + 1); /* a byte more than there may be says that it has too many */
	while (got > 0) {
		size_t room = out->max - out->len < PIECE ? out->max - out->len : PIECE;
		got = room ? read(fd, buf_reserve(out, room), room) : -2;
		if (got > 0)
			buf_commit(out, (size_t)got);
	}
	if (got == -1)
		descriptor_explain(error, errno, path);
	else if (got == -2)
		error_set(error, "%.100s has more than %d MiB", path, FILE_MOST >> 20);
	if (fd >= 0)
		close(fd);
	return got == 0;
}

/* A word in quotes is a text, any other names a file, as does what follows "file". */
static bool read_answer(struct rule *rule, const char *word, bool is_file, struct error *error)
{
	struct buf path = { .max = SIZE_MAX };
	if (!is_file && (*word == '"' || *word == '\''))
		return escape_decode_word(word, &rule->answer, error);
	bool good = escape_decode_word(word, &path, error) &&
	            read_file(buf_text(&path), &rule->answer, error);
	buf_free(&path);
	return good;
}

static bool take_answer(struct rule *rule, const char **at, struct error *error)
{
	char *word = NULL;
	bool is_file = is_next(*at, "file");
	if (is_file)
		*at += strlen("file");
	if (!take_word(at, false, &word, error))
		return false;
	if (!word)
		error_usage(error, "%.60s needs an answer: \"TEXT\", a file, or close", rule->pattern);
	bool good = word && read_answer(rule, word, is_file, error);
	free(word);
	return good;
}

/* PATTERN ANSWER [after TIME] [close]; an answer may be left out where the connection is closed. */
static bool take_rule(struct rule *rule, struct regexp **whole, const char **at, struct error *error)
{
	char *word = NULL;
	buf_init(&rule->answer, FILE_MOST);
	if (!take_word(at, true, &rule->pattern, error))
		return false;
	*whole = regexp_parse(rule->pattern, error);
	if (!*whole)
		return false;
	if (regexp_begin(*whole)) {
		error_usage(error, "%.100s also matches no bytes at all", rule->pattern);
		return false;
	}
	bool answers = !is_next(*at, "close") && !is_next(*at, "after");
	if (answers && !take_answer(rule, at, error))
		return false;
	if (is_next(*at, "after")) {
		*at += strlen("after");
		bool good = take_word(at, false, &word, error) && word &&
		            clock_parse_duration(word, &rule->delay, error);
		if (!word)
			error_usage(error, "after needs a time, like 500ms or 2s");
		free(word);
		if (!good)
			return false;
	}
	rule->closes = is_next(*at, "close");
	if (rule->closes) {
		*at += strlen("close");
		*at += strspn(*at, " \t\n");
	}
	if (answers || rule->closes)
		return true;
	error_usage(error, "%.60s needs an answer: \"TEXT\", a file, or close", rule->pattern);
	return false;
}

static void rules_free(void *configuration)
{
	struct rules *rules = configuration;
	for (size_t i = 0; i < rules->count; i++) {
		free(rules->rule[i].pattern);
		buf_free(&rules->rule[i].answer);
		regexp_free(rules->whole[i]);
	}
	free(rules);
}

static void *configure(const char *words, struct error *error)
{
	struct rules *rules = xcalloc(1, sizeof *rules);
	bool good = true;
	while (good && *words) {
		if (rules->count == RULES_MOST) {
			error_usage(error, "more than %d rules", RULES_MOST);
			good = false;
			break;
		}
		size_t i = rules->count++;
		good = take_rule(&rules->rule[i], &rules->whole[i], &words, error);
	}
	if (good)
		return rules;
	rules_free(rules);
	return NULL;
}

/* ---- streams ---- */

static void make_matchers(struct reply *reply, const struct rules *rules)
{
	struct error ignored;
	for (size_t i = 0; i < rules->count; i++) {
		if (!reply->matcher[i])
			reply->matcher[i] = regexp_parse(rules->rule[i].pattern, &ignored);
		regexp_begin(reply->matcher[i]);
	}
}

/* The rule whose pattern is complete first, the first of several; takes the bytes up to its end, or
 * all. */
static const struct rule *match(struct reply *reply, const struct rules *rules)
{
	const struct rule *found = NULL;
	size_t len = reply->input.len;
	for (size_t i = 0; i < rules->count && len; i++) {
		size_t taken;
		if (regexp_feed(reply->matcher[i], buf_data(&reply->input), len, &taken) &&
		    (!found || taken < len)) {
			found = &rules->rule[i];
			len = taken;
		}
	}
	buf_consume(&reply->input, len);
	if (found)
		make_matchers(reply, rules);
	return found;
}

/* Hands over as much as may wait. True when it is all of it. */
static bool give(struct session *session, struct reply *reply)
{
	const struct buf *answer = &reply->answer->answer;
	while (reply->given < answer->len && session_takes_data(session)) {
		size_t left = answer->len - reply->given, len = left < PIECE ? left : PIECE;
		if (session_unsent(session) + len > SERVICE_QUEUE)
			return false;
		service_answer(session, NULL, buf_data(answer) + reply->given, len);
		reply->given += len;
	}
	return true;
}

/* Of a pattern that ends with $, where nothing more comes. */
static const struct rule *match_end(struct reply *reply, const struct rules *rules)
{
	const struct rule *found = NULL;
	for (size_t i = 0; reply->started && i < rules->count && !found; i++)
		if (regexp_end(reply->matcher[i]))
			found = &rules->rule[i];
	reply->started = false;
	return found;
}

static bool choose_answer(struct session *session, struct reply *reply)
{
	const struct rules *rules = session_service_configuration(session);
	const struct rule *found = match(reply, rules);
	if (!found && reply->fin)
		found = match_end(reply, rules);
	reply->answer = found;
	reply->given = 0;
	reply->due = found && found->delay ? clock_now() + found->delay : 0;
	session_wake_service(session, reply->due);
	return found;
}

/* Goes on until something must be waited for: the time of an answer, room for it, more bytes. */
static void go_on(struct session *session)
{
	struct reply *reply = session_service_state(session);
	while (!reply->closed && (reply->answer || choose_answer(session, reply)) &&
	       (!reply->due || clock_now() >= reply->due) && give(session, reply)) {
		reply->closed = reply->answer->closes || !session_takes_data(session);
		reply->answer = NULL;
	}
	if (reply->closed || (reply->fin && !reply->answer)) {
		reply->closed = true;
		buf_free(&reply->input);
		service_send_fin(session);
	}
	session_service_full(session, reply->answer != NULL);
}

static void ended(struct session *session)
{
	struct reply *reply = session_service_state(session);
	reply->fin = true;
	go_on(session);
}

/* ---- datagrams ---- */

static void answer_datagram(struct session *session, const struct rule *rule,
                            const struct endpoint *to)
{
	if (rule->answer.len || !rule->closes)
		service_answer(session, to, buf_data(&rule->answer), rule->answer.len);
}

static void answer_later(struct session *session, const struct rule *rule,
                         const struct endpoint *to)
{
	struct reply *reply = session_service_state(session);
	if (reply->later_count == DUE_MOST) {
		session_note(session, ENTRY_ERROR, "not answered: %d answers wait for their time",
		             DUE_MOST);
		return;
	}
	reply->later = xgrow(reply->later, &reply->later_cap, reply->later_count,
	                     sizeof *reply->later);
	reply->later[reply->later_count++] =
	        (struct due){ .rule = rule, .to = *to, .at = clock_now() + rule->delay };
}

/* Those that are due, in the order of their datagrams; then waits for the next. */
static void answer_due(struct session *session)
{
	struct reply *reply = session_service_state(session);
	size_t kept = 0;
	int64_t now = clock_now(), next = 0;
	for (size_t i = 0; i < reply->later_count; i++) {
		struct due *due = &reply->later[i];
		if (due->at <= now) {
			answer_datagram(session, due->rule, &due->to);
			continue;
		}
		next = next && next < due->at ? next : due->at;
		reply->later[kept++] = *due;
	}
	reply->later_count = kept;
	session_wake_service(session, next);
}

static void take_datagram(struct session *session, const struct endpoint *from, const char *data,
                          size_t len)
{
	struct rules *rules = session_service_configuration(session);
	for (size_t i = 0; i < rules->count; i++) {
		if (!regexp_finds(rules->whole[i], data, len))
			continue;
		if (rules->rule[i].delay)
			answer_later(session, &rules->rule[i], from);
		else
			answer_datagram(session, &rules->rule[i], from);
		answer_due(session);
		return;
	}
}

/* ---- the service ---- */

static void heard(struct session *session, const struct endpoint *from, const char *data, size_t len)
{
	struct reply *reply = session_service_state(session);
	if (from) {
		take_datagram(session, from, data, len);
		return;
	}
	if (reply->closed)
		return;
	if (!reply->started)
		make_matchers(reply, session_service_configuration(session));
	reply->started = true;
	reply->input.max = SIZE_MAX; /* what one read has brought, as nothing is read meanwhile */
	buf_append(&reply->input, data, len);
	go_on(session);
}

static void woken(struct session *session)
{
	if (session_has_peers(session))
		answer_due(session);
	else
		go_on(session);
}

static void freed(void *state)
{
	struct reply *reply = state;
	for (size_t i = 0; i < RULES_MOST; i++)
		regexp_free(reply->matcher[i]);
	buf_free(&reply->input);
	free(reply->later);
}

const struct service service_reply = {
	.name = "reply",
	.help = "answers what matches a pattern, by rules\n"
	        "/service reply \"GET /\" \"HTTP/1.0 200 OK\\r\\n\\r\\nhi\\n\" close\n"
	        "/service reply /^quit/ \"bye\\n\" after 1s close \"GET /\" page.http close\n"
	        "A rule is a pattern, its answer, and what happens then; up to 16 rules may "
	        "follow each other. A pattern is a \"text\" or a /regular expression/. An "
	        "answer is a \"text\" in quotes, with C escapes, or the name of a file with the "
	        "whole answer; a name in quotes comes after the word file. A file is read once, "
	        "when the service is chosen. after delays the answer. close sends FIN after it, "
	        "or instead of one.\n"
	        "The pattern that is complete first counts; of several, the first in the list. "
	        "What comes after it waits until its answer is out, and nothing more is read "
	        "meanwhile. On datagrams each one is a text of its own, and close answers "
	        "nothing.",
	.usage = "<pattern> [<answer>] [after <time>] [close]",
	.needs_words = true,
	.state_size = sizeof(struct reply),
	.configure = configure,
	.configuration_freed = rules_free,
	.data = heard,
	.ready = go_on,
	.woken = woken,
	.ended = ended,
	.freed = freed,
};
