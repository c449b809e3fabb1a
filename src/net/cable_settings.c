// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/cable_settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/choice.h"
#include "base/measure.h"
#include "base/word_reader.h"

enum { BOTH = 1 << HOST_LEFT | 1 << HOST_RIGHT, QUEUE = 100 };

/* The words that begin a setting; each has its function, parse_delay() … */
#define WORDS(row)                                                                                 \
	row(delay) row(rate) row(queue) row(loss) row(duplicate) row(reorder) row(corrupt)         \
	        row(mtu) row(unplug) row(plug) row(seed) row(off) row(from)
#define LISTED(word) #word "|"
#define KINDS        "SYN|SYN-ACK|ACK|data|FIN|RST|UDP|ICMP|ARP" /* enum cable_kind */
static const char words_text[] = WORDS(LISTED), kinds_text[] = KINDS;
static const struct choice_words words_list = { words_text, sizeof words_text - 1 };
static const struct choice_words kinds_list = { kinds_text, sizeof kinds_text - 1 };
static const char *const action_names[CABLE_ACTIONS] = { "loss", "duplicate", "reorder",
	                                                 "corrupt" };
void cable_settings_init(struct cable_settings *settings)
{
	memset(settings, 0, sizeof *settings);
	settings->seed = 1;
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		settings->direction[host].queue = QUEUE;
}

void cable_settings_drop_rule(struct cable_settings *settings, uint32_t index)
{
	settings->rule_count--;
	memmove(&settings->rule[index], &settings->rule[index + 1],
	        (settings->rule_count - index) * sizeof settings->rule[0]);
}

/* ---- words to settings ---- */

struct parser {
	struct word_reader reader;
	uint8_t from; /* the directions that are meant */
	struct cable_settings settings;
	const struct cable_names *names;
	struct error *error;
};

/* The value after a word; false with "delay: what is right". */
static bool next_value(struct parser *parser, const char *name, const char *right)
{
	if (word_reader_next(&parser->reader))
		return true;
	error_usage(parser->error, "%s: %s", name, right);
	return false;
}

static bool wrong(struct parser *parser, const char *name, const char *right)
{
	error_usage(parser->error, "%s %.40s: %s", name, parser->reader.word, right);
	return false;
}

static bool parse_time(struct parser *parser, const char *right, int64_t *time)
{
	return measure_parse_time(parser->reader.word, time) || wrong(parser, "delay", right);
}

static bool parse_delay(struct parser *parser)
{
	static const char right[] = "a time with its unit, at most 60s: 50ms, or 50ms 10ms for "
	                            "50 ± 10 ms; or off";
	int64_t delay = 0, jitter = 0;
	if (!next_value(parser, "delay", right))
		return false;
	if (strcmp(parser->reader.word, "off") != 0) {
		if (!parse_time(parser, right, &delay))
			return false;
		if (word_reader_is_at_number(&parser->reader) &&
		    (!word_reader_next(&parser->reader) || !parse_time(parser, right, &jitter)))
			return false;
		if (jitter > delay)
			return wrong(parser, "delay", "the variation is at most the delay");
	}
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		if (parser->from & 1 << host) {
			parser->settings.direction[host].delay = delay;
			parser->settings.direction[host].jitter = jitter;
		}
	return true;
}

static bool parse_rate(struct parser *parser)
{
	static const char right[] = MEASURE_RATE;
	uint64_t rate = 0;
	if (!next_value(parser, "rate", right))
		return false;
	if (strcmp(parser->reader.word, "off") != 0 &&
	    !measure_parse_rate(parser->reader.word, &rate))
		return wrong(parser, "rate", right);
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		if (parser->from & 1 << host)
			parser->settings.direction[host].rate = rate;
	return true;
}

static bool parse_queue(struct parser *parser)
{
	static const char right[] = "frames that may wait for the rate, 1 to 10000";
	uint32_t count;
	const char *rest;
	if (!next_value(parser, "queue", right))
		return false;
	if (!measure_read_count(parser->reader.word, 1, 10000, &count, &rest) || *rest)
		return wrong(parser, "queue", right);
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		if (parser->from & 1 << host)
			parser->settings.direction[host].queue = count;
	return true;
}

static bool parse_mtu(struct parser *parser)
{
	static const char right[] = "bytes of an IP packet, 68 to 65535; or off";
	uint32_t mtu = 0;
	const char *rest;
	if (!next_value(parser, "mtu", right))
		return false;
	if (strcmp(parser->reader.word, "off") != 0 &&
	    (!measure_read_count(parser->reader.word, 68, 65535, &mtu, &rest) || *rest))
		return wrong(parser, "mtu", right);
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		if (parser->from & 1 << host)
			parser->settings.direction[host].mtu = mtu;
	return true;
}

static bool parse_seed(struct parser *parser)
{
	static const char right[] = "a number, 0 to 4294967295";
	const char *rest;
	uint32_t seed;
	if (!next_value(parser, "seed", right))
		return false;
	if (!measure_read_count(parser->reader.word, 0, UINT32_MAX, &seed, &rest) || *rest)
		return wrong(parser, "seed", right);
	parser->settings.seed = seed;
	parser->settings.seeded++;
	return true;
}

static bool parse_from(struct parser *parser)
{
	static const char right[] = "left or right";
	enum host host;
	if (!next_value(parser, "from", right))
		return false;
	if (!host_named(parser->reader.word, &host))
		return wrong(parser, "from", right);
	parser->from = (uint8_t)(1 << host);
	if (!word_reader_is_at_end(&parser->reader))
		return true;
	error_usage(parser->error,
	            "from %s: what leaves %s, then what happens to it: delay, loss …",
	            host_name(host), host_name(host));
	return false;
}

/* In the directions that are meant. */
static void drop_rules(struct parser *parser, enum cable_action action)
{
	struct cable_settings *settings = &parser->settings;
	for (uint32_t i = settings->rule_count; i-- > 0;) {
		struct cable_rule *rule = &settings->rule[i];
		if (rule->action == action)
			rule->from &= (uint8_t)~parser->from;
		if (!rule->from)
			cable_settings_drop_rule(settings, i);
	}
}

static void set_chance(struct parser *parser, enum cable_action action, uint32_t chance)
{
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		if (parser->from & 1 << host)
			parser->settings.direction[host].chance[action] = chance;
}

/* "60", "60-62" */
static bool parse_which(struct parser *parser, const char *name, struct cable_rule *rule)
{
	return (word_reader_next(&parser->reader) &&
	        measure_parse_range(parser->reader.word, &rule->first, &rule->last)) ||
	       wrong(parser, name, "which one of them from now on: 60, or 60-62");
}

static bool parse_session(struct parser *parser, struct cable_rule *rule)
{
	enum host host;
	const char *name = parser->reader.word + 1;
	word_reader_next(&parser->reader); /* "of" */
	if (!word_reader_next(&parser->reader) || parser->reader.word[0] != '@' || !*name) {
		error_usage(parser->error, "of: a session as @name or @number");
		return false;
	}
	if (!parser->names->find(parser->names->context, name, &rule->local, &rule->peer, &host,
	                         parser->error))
		return false;
	if (!(parser->from & 1 << host)) {
		error_usage(parser->error, "%.40s sends from %s, not from %s", parser->reader.word,
		            host_name(host), host_name(host_opposite(host)));
		return false;
	}
	rule->local = endpoint_on_wire(&rule->local);
	rule->peer = endpoint_on_wire(&rule->peer);
	rule->from = (uint8_t)(1 << host);
	snprintf(rule->session, sizeof rule->session, "%.*s", CABLE_SESSION - 1, name);
	return true;
}

static bool next_is_of(const struct parser *parser)
{
	struct word_reader ahead = parser->reader;
	return word_reader_next(&ahead) && strcmp(ahead.word, "of") == 0;
}

static size_t find_kind(const char *word)
{
	size_t kind = 0;
	while (kind < CABLE_KINDS && strcasecmp(word, choice_word(&kinds_list, kind)) != 0)
		kind++;
	return kind;
}

/* "1%", "SYN", "data 60 of @client", "off" */
static bool parse_action(struct parser *parser, enum cable_action action)
{
	const char *name = action_names[action], *rest;
	const struct choice choice = { .name = choice_word, .context = &kinds_list };
	struct cable_settings *settings = &parser->settings;
	double number;
	uint32_t share;
	if (!next_value(parser, name, "a share like 1%, or one frame: SYN, ACK, data 60 …; or off"))
		return false;
	if (strcmp(parser->reader.word, "off") == 0) {
		set_chance(parser, action, 0);
		drop_rules(parser, action);
		return true;
	}
	if (measure_read_number(parser->reader.word, &number, &rest)) {
		if (!measure_parse_share(parser->reader.word, &share))
			return wrong(parser, name,
			             "a share is 0% to 100%; one frame is \"data 60\"");
		set_chance(parser, action, share);
		return true;
	}
	size_t kind = find_kind(parser->reader.word);
	if (kind == CABLE_KINDS) {
		error_usage(parser->error, "%s %.40s: no share and no kind of frame", name,
		            parser->reader.word);
		choice_suggest(&choice, parser->reader.word, strlen(parser->reader.word), NULL,
		               parser->error);
		return false;
	}
	struct cable_rule rule = { .action = (uint8_t)action,
		                   .kind = (uint8_t)kind,
		                   .from = parser->from,
		                   .first = 1,
		                   .last = 1 };
	if (word_reader_is_at_number(&parser->reader) && !parse_which(parser, name, &rule))
		return false;
	if (next_is_of(parser) && !parse_session(parser, &rule))
		return false;
	if (settings->rule_count == CABLE_RULES) {
		error_set(parser->error, "%d rules wait for their frame already: /cable %s off",
		          CABLE_RULES, action_names[settings->rule[0].action]);
		return false;
	}
	rule.number = ++settings->rules_given;
	settings->rule[settings->rule_count++] = rule;
	return true;
}

static bool parse_loss(struct parser *parser)
{
	return parse_action(parser, CABLE_LOSE);
}

static bool parse_duplicate(struct parser *parser)
{
	return parse_action(parser, CABLE_DUPLICATE);
}

static bool parse_reorder(struct parser *parser)
{
	return parse_action(parser, CABLE_REORDER);
}

static bool parse_corrupt(struct parser *parser)
{
	return parse_action(parser, CABLE_CORRUPT);
}

static bool parse_unplug(struct parser *parser)
{
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		parser->settings.direction[host].unplugged |= parser->from >> host & 1;
	return true;
}

static bool parse_plug(struct parser *parser)
{
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		if (parser->from & 1 << host)
			parser->settings.direction[host].unplugged = false;
	return true;
}

static bool parse_off(struct parser *parser)
{
	struct cable_settings perfect;
	cable_settings_init(&perfect);
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		if (parser->from & 1 << host)
			parser->settings.direction[host] = perfect.direction[host];
	for (enum cable_action action = 0; action < CABLE_ACTIONS; action++)
		drop_rules(parser, action);
	return true;
}

bool cable_parse(struct cable_settings *settings, const char *words,
                 const struct cable_names *names, struct error *error)
{
#define FUNCTION(word) parse_##word,
	static bool (*const parse[])(struct parser *) = { WORDS(FUNCTION) };
#undef FUNCTION
	const struct choice choice = { .name = choice_word, .context = &words_list };
	struct parser parser = {
		.reader = { .at = words },
		.from = BOTH,
		.settings = *settings,
		.names = names,
		.error = error,
	};
	while (word_reader_next(&parser.reader)) {
		size_t index =
		        choice_choose(&choice, "cable setting", parser.reader.word, NULL, error);
		if (index == CHOICE_NONE || !parse[index](&parser))
			return false;
	}
	*settings = parser.settings;
	return true;
}

const char *cable_expected(const char *words)
{
	static const char off_or_kind[] = "off|" KINDS;
	static const char of_or_word[] = "of|" WORDS(LISTED);
	const struct choice choice = { .name = choice_word, .context = &words_list };
	struct parser parser = { .reader = { .at = words } };
	const char *expected = words_text;
	while (word_reader_next(&parser.reader)) {
		size_t matches, kind = find_kind(parser.reader.word);
		size_t index = choice_find(&choice, parser.reader.word, strlen(parser.reader.word),
		                           &matches);
		const char *name = index == CHOICE_NONE ? "" : choice_word(&words_list, index);
		if (strcmp(parser.reader.word, "of") == 0)
			expected = "@";
		else if (strcmp(name, "from") == 0)
			expected = "left|right";
		else if (strcmp(name, "delay") == 0 || strcmp(name, "rate") == 0 ||
		         strcmp(name, "mtu") == 0)
			expected = "off";
		else if (strcmp(name, "queue") == 0 || strcmp(name, "seed") == 0)
			expected = "";
		else if (strstr("loss duplicate reorder corrupt", name) && *name)
			expected = off_or_kind;
		else if (kind < CABLE_KINDS)
			expected = of_or_word;
		else if (expected != of_or_word || parser.reader.word[0] == '@')
			expected = words_text; /* after a value */
	}
	return expected;
}

/* ---- settings to words ---- */

const char *cable_format_chance(enum cable_action action, uint32_t chance,
                                char out[CABLE_RULE_TEXT])
{
	snprintf(out, CABLE_RULE_TEXT, "%s %g%%", action_names[action],
	         (double)chance * 100 / MEASURE_MILLION);
	return out;
}

const char *cable_format_rule(const struct cable_rule *rule, char out[CABLE_RULE_TEXT])
{
	int len = snprintf(out, CABLE_RULE_TEXT, "%s %s", action_names[rule->action],
	                   choice_word(&kinds_list, rule->kind));
	if (rule->last > 1)
		len += snprintf(out + len, CABLE_RULE_TEXT - (size_t)len, " %" PRIu32, rule->first);
	if (rule->last > rule->first)
		snprintf(out + len, CABLE_RULE_TEXT - (size_t)len, "-%" PRIu32, rule->last);
	return out;
}

/* Each word after a blank. */
static void print_direction(const struct cable_direction *direction, struct buf *out)
{
	char text[CABLE_RULE_TEXT];
	uint64_t rate = direction->rate;
	if (direction->unplugged)
		buf_append_text(out, " unplug");
	if (direction->delay) {
		buf_append_text(out, " delay ");
		measure_print_time(direction->delay, out);
	}
	if (direction->jitter) {
		buf_append_text(out, " ");
		measure_print_time(direction->jitter, out);
	}
	if (rate) {
		buf_append_text(out, " rate ");
		measure_print_rate(rate, out);
	}
	if (rate || direction->queue != QUEUE)
		buf_printf(out, " queue %" PRIu32, direction->queue);
	for (enum cable_action action = 0; action < CABLE_ACTIONS; action++)
		if (direction->chance[action])
			buf_printf(out, " %s",
			           cable_format_chance(action, direction->chance[action], text));
	if (direction->mtu)
		buf_printf(out, " mtu %" PRIu32, direction->mtu);
}

static void print_rules(const struct cable_settings *settings, uint8_t from, struct buf *out)
{
	char text[CABLE_RULE_TEXT];
	for (uint32_t i = 0; i < settings->rule_count; i++) {
		const struct cable_rule *rule = &settings->rule[i];
		if (rule->from == from)
			buf_printf(out, " %s%s%s", cable_format_rule(rule, text),
			           *rule->session ? " of @" : "", rule->session);
	}
}

static void print_line(const char *from, struct buf *words, struct buf *out)
{
	if (words->len)
		buf_printf(out, "%s%s%s\n", *from ? "from " : "", from,
		           buf_text(words) + (*from ? 0 : 1));
	buf_clear(words);
}

void cable_print(const struct cable_settings *settings, struct buf *out)
{
	struct buf left = { .max = SIZE_MAX }, right = { .max = SIZE_MAX };
	print_direction(&settings->direction[HOST_LEFT], &left);
	print_direction(&settings->direction[HOST_RIGHT], &right);
	if (strcmp(buf_text(&left), buf_text(&right)) == 0) {
		print_rules(settings, BOTH, &left);
		print_line("", &left, out);
		buf_clear(&right);
	} else {
		struct buf both = { .max = SIZE_MAX };
		print_rules(settings, BOTH, &both);
		print_line("", &both, out);
		buf_free(&both);
	}
	print_rules(settings, 1 << HOST_LEFT, &left);
	print_line("left", &left, out);
	print_rules(settings, 1 << HOST_RIGHT, &right);
	print_line("right", &right, out);
	buf_free(&left);
	buf_free(&right);
}
