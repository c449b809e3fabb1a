// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/regexp.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/escape.h"

/* ---- nodes ---- */

/* A pattern is a program. A part of it begins at its first node and ends by running past its last
 * one, and its nodes refer to each other by distance, so that it can be moved and repeated. */
enum node_kind {
	NODE_BYTES,      /* one byte of the set */
	NODE_FORK,       /* goes on at `one` and at `other` */
	NODE_LINE_BEGIN, /* the last three take no byte */
	NODE_LINE_END,
	NODE_FOUND,
};

struct node {
	enum node_kind kind;
	int one, other;  /* distances; a jump has the same twice */
	uint32_t set[8]; /* bit n: byte n */
};

static bool set_has(const struct node *node, unsigned char byte)
{
	return node->set[byte / 32] >> byte % 32 & 1;
}

static void set_add(struct node *node, unsigned char byte)
{
	node->set[byte / 32] |= UINT32_C(1) << byte % 32;
}

enum {
	STATES = 512,       /* remembered at once */
	MEMBERS = 1 << 16,  /* nodes of all of them */
	SLOTS = 2 * STATES, /* of the hash table */
	DEPTH_MOST = 100,   /* parentheses within parentheses */
	STATE_NONE = 0,     /* not known yet */
	STATE_FOUND = 1,
};

/* The nodes at which a byte is awaited, in order. */
struct state {
	size_t first; /* of its members */
	uint16_t count;
	bool line_begin;
};

typedef uint16_t transitions[256]; /* by the next byte: STATE_NONE, STATE_FOUND, or 2 + a state */

struct regexp {
	bool anchored, lost; /* only at the beginning; it is not there */

	/* a text: how many of its bytes have just been seen, and how many remain seen if they are
	 * followed by another byte than the next */
	char *text;
	size_t len, seen, *fallback;

	struct node *nodes;
	size_t count;

	/* States are found while bytes are taken, and forgotten all together when there are too
	 * many. */
	struct state *states;
	transitions *next; /* of each state */
	uint16_t *members;
	uint16_t slots[SLOTS]; /* 0 or 1 + a state */
	size_t state_count, member_count;
	size_t now; /* a state */

	/* for one step: the nodes reached */
	uint16_t *reached, *pending;
	bool *marked;
	size_t reached_count;
};

/* ---- from pattern to nodes ---- */

struct parse {
	const char *pattern, *at, *end;
	bool any_case;
	int depth;
	struct node *nodes;
	size_t count;
	struct error *error;
};

static bool fail(const struct parse *parse, const char *at, const char *why)
{
	error_usage(parse->error, "regular expression, byte %zu: %s",
	            (size_t)(at - parse->pattern) + 1, why);
	return false;
}

/* A new node before the one at `at`. */
static struct node *insert(struct parse *parse, size_t at, struct node node)
{
	if (parse->count == REGEXP_NODES) {
		fail(parse, parse->at, "too large: the repeats multiply");
		return NULL;
	}
	struct node *place = &parse->nodes[at];
	memmove(place + 1, place, (parse->count++ - at) * sizeof *place);
	*place = node;
	return place;
}

static bool append(struct parse *parse, struct node node)
{
	return insert(parse, parse->count, node);
}

static bool peek(const struct parse *parse, char c)
{
	return parse->at < parse->end && *parse->at == c;
}

static bool in_class(const char *name, size_t len, int c, bool *known)
{
#define CLASS(word)                                                                                \
	{                                                                                          \
#word, is##word                                                                    \
	}
	static const struct {
		const char *name;
		int (*is)(int);
	} classes[] = {
		CLASS(alnum), CLASS(alpha), CLASS(blank), CLASS(cntrl), CLASS(digit), CLASS(graph),
		CLASS(lower), CLASS(print), CLASS(punct), CLASS(space), CLASS(upper), CLASS(xdigit),
	};
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
		if (strlen(classes[i].name) != len || memcmp(classes[i].name, name, len) != 0)
			continue;
		*known = true;
		return c < 0x80 && classes[i].is(c); /* whatever the locale says of the others */
	}
	*known = false;
	return false;
}

static bool add_class(struct node *node, const char *name, size_t len, bool inverse)
{
	bool known = false;
	for (int c = 0; c < 256; c++)
		if (in_class(name, len, c, &known) != inverse)
			set_add(node, (unsigned char)c);
	return known;
}

/* What follows a backslash: adds to the set; `*byte` is the byte if it stands for one, else -1. */
static bool parse_escape(struct parse *parse, struct node *node, int *byte)
{
	static const char letters[] = "aefnrtv", values[] = "\a\033\f\n\r\t\v";
	const char *start = parse->at - 1;
	if (parse->at == parse->end)
		return fail(parse, start, "nothing follows the \\");
	char c = *parse->at++;
	const char *letter = strchr(letters, c);
	*byte = -1;
	if (c == 'd' || c == 'D') {
		add_class(node, "digit", 5, c == 'D');
	} else if (c == 's' || c == 'S') {
		add_class(node, "space", 5, c == 'S');
	} else if (c == 'w' || c == 'W') {
		for (int i = 0; i < 256; i++)
			if ((i == '_' || (i < 0x80 && isalnum(i))) != (c == 'W'))
				set_add(node, (unsigned char)i);
	} else if (c == 'x') {
		char digits[3] = "";
		for (int i = 0; i < 2 && parse->at < parse->end; i++)
			digits[i] = *parse->at++;
		if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1]))
			return fail(parse, start, "\\x needs two hexadecimal digits");
		*byte = (int)strtol(digits, NULL, 16);
	} else if (c == '0') {
		*byte = 0;
		for (int i = 0;
		     i < 2 && parse->at < parse->end && *parse->at >= '0' && *parse->at <= '7'; i++)
			*byte = *byte * 8 + (*parse->at++ - '0');
	} else if (c >= '1' && c <= '9') {
		return fail(parse, start, "there are no back-references");
	} else if (c == 'b') {
		return fail(parse, start, "\\b means two things: \\x08 is the byte");
	} else if (c && letter) {
		*byte = (unsigned char)values[letter - letters];
	} else if (isalnum((unsigned char)c) || c == '\0') {
		return fail(parse, start, "no such escape");
	} else {
		*byte = (unsigned char)c;
	}
	if (*byte >= 0)
		set_add(node, (unsigned char)*byte);
	return true;
}

/* One byte within brackets, or a class. */
static bool parse_member(struct parse *parse, struct node *node, int *byte)
{
	const char *start = parse->at;
	if (start[0] == '[' && parse->end - start > 1 && strchr(".=", start[1]) && start[1])
		return fail(parse, start, "there are no collating elements");
	if (start[0] == '[' && parse->end - start > 1 && start[1] == ':') {
		const char *name = start + 2, *close = name;
		while (close < parse->end && isalpha((unsigned char)*close))
			close++;
		if (parse->end - close < 2 || close[0] != ':' || close[1] != ']' ||
		    !add_class(node, name, (size_t)(close - name), false))
			return fail(parse, start, "no such class: [:alpha:], [:digit:] …");
		parse->at = close + 2;
		*byte = -1;
		return true;
	}
	parse->at++;
	if (*start == '\\')
		return parse_escape(parse, node, byte);
	*byte = (unsigned char)*start;
	set_add(node, (unsigned char)*byte);
	return true;
}

static bool parse_brackets(struct parse *parse, struct node *node)
{
	const char *open = parse->at++;
	bool inverse = peek(parse, '^');
	parse->at += inverse;
	for (bool first = true; first || !peek(parse, ']'); first = false) {
		int from, to;
		const char *start = parse->at;
		if (parse->at == parse->end)
			return fail(parse, open, "[ has no ]");
		if (!parse_member(parse, node, &from))
			return false;
		if (!peek(parse, '-') || parse->end - parse->at < 2 || parse->at[1] == ']')
			continue;
		parse->at++;
		if (!parse_member(parse, node, &to))
			return false;
		if (from < 0 || to < 0)
			return fail(parse, start, "a class is no end of a range");
		if (from > to)
			return fail(parse, start, "the range runs backwards");
		for (int c = from; c <= to; c++)
			set_add(node, (unsigned char)c);
	}
	parse->at++;
	if (parse->any_case) /* before it is inverted */
		for (int c = 'a'; c <= 'z'; c++) {
			int capital = c - 'a' + 'A';
			if (set_has(node, (unsigned char)c) ||
			    set_has(node, (unsigned char)capital)) {
				set_add(node, (unsigned char)c);
				set_add(node, (unsigned char)capital);
			}
		}
	for (int i = 0; inverse && i < 8; i++)
		node->set[i] = ~node->set[i];
	if (inverse)
		node->set['\n' / 32] &= ~(UINT32_C(1) << '\n' % 32);
	return true;
}

/* A number within {…}; -1 where there is none. */
static int parse_number(struct parse *parse)
{
	int number = -1;
	for (; parse->at < parse->end && isdigit((unsigned char)*parse->at); parse->at++) {
		number = (number < 0 ? 0 : number) * 10 + (*parse->at - '0');
		if (number > REGEXP_NODES)
			number = REGEXP_NODES + 1; /* is too many, anyway */
	}
	return number;
}

/* '{' is itself where no number follows, so that JSON can be written as it is. */
static bool is_bounded_repeat(const struct parse *parse)
{
	return peek(parse, '{') && parse->end - parse->at > 1 &&
	       (isdigit((unsigned char)parse->at[1]) || parse->at[1] == ',');
}

/* The part from `begin` on, as often as that; `most` < 0 is without end. */
static bool repeat(struct parse *parse, size_t begin, int least, int most)
{
	int len = (int)(parse->count - begin);
	struct node *part = xmalloc(((size_t)len + 1) * sizeof *part);
	memcpy(part, &parse->nodes[begin], (size_t)len * sizeof *part);
	parse->count = begin;
	bool fits = true;
	struct node fork = { .kind = NODE_FORK, .one = 1 };
	for (int i = 0; fits && i < (most < 0 ? least : most); i++) {
		fork.other = (most - i) * (len + 1); /* past all that are left */
		fits = i < least || append(parse, fork);
		for (int n = 0; fits && n < len; n++)
			fits = append(parse, part[n]);
	}
	if (fits && most < 0 && least > 0) { /* the last of them once more */
		fork.other = -len;
		fits = append(parse, fork);
	} else if (fits && most < 0) {
		fork.other = len + 2;
		fits = append(parse, fork);
		for (int n = 0; fits && n < len; n++)
			fits = append(parse, part[n]);
		fork.one = fork.other = -len - 1;
		fits = fits && append(parse, fork);
	}
	free(part);
	return fits;
}

static bool parse_repeat(struct parse *parse, size_t begin)
{
	const char *start = parse->at;
	char c = *parse->at++;
	if (c != '{')
		return repeat(parse, begin, c == '+', c == '?' ? 1 : -1);
	int least = parse_number(parse), most = least;
	if (peek(parse, ',')) {
		parse->at++;
		most = parse_number(parse);
		if (least < 0 && most < 0)
			return fail(parse, start, "a repeat is {2}, {2,} or {2,5}; \\{ is a brace");
	}
	if (!peek(parse, '}'))
		return fail(parse, start, "a repeat is {2}, {2,} or {2,5}; \\{ is a brace");
	parse->at++;
	least = least < 0 ? 0 : least;
	if (most >= 0 && least > most)
		return fail(parse, start, "the repeat runs backwards");
	return repeat(parse, begin, least, most);
}

static bool parse_choices(struct parse *parse);

static bool parse_group(struct parse *parse)
{
	const char *open = parse->at++;
	if (++parse->depth > DEPTH_MOST)
		return fail(parse, open, "too many parentheses within each other");
	if (!parse_choices(parse))
		return false;
	parse->depth--;
	if (!peek(parse, ')'))
		return fail(parse, open, "( has no )");
	parse->at++;
	return true;
}

static bool parse_atom(struct parse *parse)
{
	const char *start = parse->at;
	struct node node = { .kind = NODE_BYTES };
	int byte;
	switch (*start) {
	case '(':
		return parse_group(parse);
	case '[':
		return parse_brackets(parse, &node) && append(parse, node);
	case '*':
	case '+':
	case '?':
		return fail(parse, start, "nothing to repeat; a \\ before it makes it a character");
	case '.':
		parse->at++;
		memset(node.set, 0xff, sizeof node.set);
		node.set['\n' / 32] &= ~(UINT32_C(1) << '\n' % 32);
		return append(parse, node);
	case '\\':
		parse->at++;
		if (!parse_escape(parse, &node, &byte))
			return false;
		break;
	default:
		byte = (unsigned char)*parse->at++;
		set_add(&node, (unsigned char)byte);
	}
	if (parse->any_case && byte >= 0 && byte < 0x80 && isalpha(byte)) {
		set_add(&node, (unsigned char)tolower(byte));
		set_add(&node, (unsigned char)toupper(byte));
	}
	return append(parse, node);
}

/* $ takes the CR before the line feed. */
static bool parse_anchor(struct parse *parse)
{
	struct node end = { .kind = NODE_LINE_END }, begin = { .kind = NODE_LINE_BEGIN };
	struct node cr = { .kind = NODE_BYTES }, skip = { .kind = NODE_FORK, .one = 1, .other = 2 };
	set_add(&cr, '\r');
	if (*parse->at++ == '^')
		return append(parse, begin);
	return append(parse, skip) && append(parse, cr) && append(parse, end);
}

static bool parse_sequence(struct parse *parse)
{
	while (parse->at < parse->end && *parse->at != '|' && *parse->at != ')') {
		size_t begin = parse->count;
		bool anchor = *parse->at == '^' || *parse->at == '$';
		if (!(anchor ? parse_anchor(parse) : parse_atom(parse)))
			return false;
		while (peek(parse, '*') || peek(parse, '+') || peek(parse, '?') ||
		       is_bounded_repeat(parse)) {
			if (anchor)
				return fail(parse, parse->at, "an anchor cannot be repeated");
			if (!parse_repeat(parse, begin))
				return false;
		}
	}
	return true;
}

static bool parse_choices(struct parse *parse)
{
	size_t begin = parse->count;
	if (!parse_sequence(parse))
		return false;
	if (!peek(parse, '|'))
		return true;
	parse->at++;
	int first = (int)(parse->count - begin);
	if (!insert(parse, begin, (struct node){ .kind = NODE_FORK, .one = 1, .other = first + 2 }))
		return false;
	size_t jump = parse->count;
	if (!append(parse, (struct node){ .kind = NODE_FORK }) || !parse_choices(parse))
		return false;
	parse->nodes[jump].one = parse->nodes[jump].other = (int)(parse->count - jump);
	return true;
}

struct regexp *regexp_new(const char *pattern, size_t len, bool any_case, struct error *error)
{
	struct parse parse = { .pattern = pattern,
		               .at = pattern,
		               .end = pattern + len,
		               .any_case = any_case,
		               .error = error };
	if (len == 0 || len > REGEXP_MOST) {
		error_usage(error, "a regular expression has 1 to %d bytes, not %zu", REGEXP_MOST,
		            len);
		return NULL;
	}
	parse.nodes = xmalloc((REGEXP_NODES + 1) * sizeof *parse.nodes);
	bool done = parse_choices(&parse);
	if (done && parse.at < parse.end)
		done = fail(&parse, parse.at, ") has no (; \\) is the character");
	if (!done) {
		free(parse.nodes);
		return NULL;
	}
	parse.nodes[parse.count++] = (struct node){ .kind = NODE_FOUND };
	struct regexp *regexp = xcalloc(1, sizeof *regexp);
	regexp->count = parse.count;
	regexp->nodes = xrealloc(parse.nodes, parse.count * sizeof *parse.nodes);
	regexp->states = xmalloc(STATES * sizeof *regexp->states);
	regexp->next = xmalloc(STATES * sizeof *regexp->next);
	regexp->members = xmalloc((MEMBERS + REGEXP_NODES) * sizeof *regexp->members);
	regexp->reached = xmalloc(parse.count * sizeof *regexp->reached);
	regexp->pending = xmalloc((2 * parse.count + 1) * sizeof *regexp->pending);
	regexp->marked = xcalloc(parse.count, sizeof *regexp->marked);
	regexp_begin(regexp);
	return regexp;
}

/* ---- a text ---- */

struct regexp *regexp_new_text(const char *text, size_t len)
{
	struct regexp *regexp = xcalloc(1, sizeof *regexp);
	regexp->text = xmalloc(len);
	memcpy(regexp->text, text, len);
	regexp->len = len;
	regexp->fallback = xcalloc(len + 1, sizeof *regexp->fallback);
	for (size_t at = 1, same = 0; at < len; at++) { /* Knuth, Morris, Pratt */
		while (same > 0 && text[at] != text[same])
			same = regexp->fallback[same];
		same += text[at] == text[same];
		regexp->fallback[at + 1] = same;
	}
	return regexp;
}

static bool feed_text_here(struct regexp *regexp, const char *bytes, size_t len, size_t *taken)
{
	size_t left = regexp->len - regexp->seen;
	*taken = len < left ? len : left;
	regexp->lost = regexp->lost || memcmp(bytes, regexp->text + regexp->seen, *taken) != 0;
	if (regexp->lost) {
		*taken = len;
		return false;
	}
	regexp->seen += *taken;
	return regexp->seen == regexp->len;
}

static bool feed_text(struct regexp *regexp, const char *bytes, size_t len, size_t *taken)
{
	if (regexp->anchored)
		return feed_text_here(regexp, bytes, len, taken);
	size_t seen = regexp->seen;
	for (size_t at = 0; at < len; at++) {
		if (seen == 0) {
			const char *first = memchr(bytes + at, regexp->text[0], len - at);
			if (!first)
				break;
			at = (size_t)(first - bytes);
		}
		while (seen > 0 && bytes[at] != regexp->text[seen])
			seen = regexp->fallback[seen];
		seen += bytes[at] == regexp->text[seen];
		if (seen == regexp->len) {
			*taken = at + 1;
			return true;
		}
	}
	regexp->seen = seen;
	*taken = len;
	return false;
}

size_t regexp_nearest(struct regexp *regexp, const char *bytes, size_t len, size_t *at)
{
	size_t most = 0, taken;
	regexp_begin(regexp);
	for (size_t i = 0; regexp->text && i < len; i++) {
		if (regexp_feed(regexp, bytes + i, 1, &taken))
			regexp->seen = regexp->fallback[regexp->len];
		if (regexp->seen > most) {
			most = regexp->seen;
			*at = i + 1 - most;
		}
	}
	regexp_begin(regexp);
	return most;
}

/* ---- as it is typed ---- */

static struct regexp *parse_slashes(const char *typed, struct error *error)
{
	const char *close = typed + 1;
	while (*close && *close != '/')
		close += close[0] == '\\' && close[1] ? 2 : 1;
	bool any_case = *close && strcmp(close + 1, "i") == 0;
	if (!*close || (close[1] && !any_case)) {
		error_usage(error, *close ? "after the last / of a regular expression comes i or "
		                            "nothing; a text that begins with / needs quotes"
		                          : "the regular expression has no / at its end");
		return NULL;
	}
	return regexp_new(typed + 1, (size_t)(close - typed) - 1, any_case, error);
}

struct regexp *regexp_parse(const char *typed, struct error *error)
{
	struct regexp *regexp = NULL;
	struct buf bytes = { .max = SIZE_MAX };
	if (typed[0] == '/')
		return parse_slashes(typed, error);
	if (escape_decode_word(typed, &bytes, error)) {
		if (bytes.len > 0)
			regexp = regexp_new_text(buf_data(&bytes), bytes.len);
		else
			error_usage(error, "the text is empty");
	}
	buf_free(&bytes);
	return regexp;
}

/* ---- the machine ---- */

/* What is known of the place between two bytes. */
struct place {
	bool line_begin, line_end;
};

/* Marks the node, and those that are reached from it without a byte. True where it is found. */
static bool reach(struct regexp *regexp, size_t start, struct place place)
{
	size_t pending = 0;
	bool found = false;
	regexp->pending[pending++] = (uint16_t)start;
	while (pending > 0) {
		uint16_t at = regexp->pending[--pending];
		const struct node *node = &regexp->nodes[at];
		if (regexp->marked[at])
			continue;
		regexp->marked[at] = true;
		regexp->reached[regexp->reached_count++] = at;
		found = found || node->kind == NODE_FOUND;
		if (node->kind == NODE_FORK) {
			regexp->pending[pending++] = (uint16_t)(at + node->other);
			regexp->pending[pending++] = (uint16_t)(at + node->one);
		} else if ((node->kind == NODE_LINE_BEGIN && place.line_begin) ||
		           (node->kind == NODE_LINE_END && place.line_end)) {
			regexp->pending[pending++] = (uint16_t)(at + 1);
		}
	}
	return found;
}

static void forget_reached(struct regexp *regexp)
{
	for (size_t i = 0; i < regexp->reached_count; i++)
		regexp->marked[regexp->reached[i]] = false;
	regexp->reached_count = 0;
}

/* The state of the nodes reached that await a byte, or the end of a line. */
static size_t find_state(struct regexp *regexp, bool line_begin)
{
	uint16_t *members = &regexp->members[regexp->member_count];
	uint16_t count = 0;
	uint32_t hash = line_begin;
	for (size_t i = 0; i < regexp->count; i++) {
		enum node_kind kind = regexp->nodes[i].kind;
		if (!regexp->marked[i] || (kind != NODE_BYTES && kind != NODE_LINE_END))
			continue;
		members[count++] = (uint16_t)i;
		hash = (hash ^ (uint32_t)i) * UINT32_C(16777619);
	}
	size_t slot = (hash ^ hash >> 15) % SLOTS;
	for (; regexp->slots[slot]; slot = (slot + 1) % SLOTS) {
		const struct state *state = &regexp->states[regexp->slots[slot] - 1];
		if (state->count == count && state->line_begin == line_begin &&
		    memcmp(&regexp->members[state->first], members, count * sizeof *members) == 0)
			return regexp->slots[slot] - 1U;
	}
	if (regexp->state_count == STATES || regexp->member_count + count > MEMBERS) {
		memset(regexp->slots, 0, sizeof regexp->slots);
		memmove(regexp->members, members, count * sizeof *members);
		regexp->state_count = regexp->member_count = 0;
		slot = (hash ^ hash >> 15) % SLOTS;
	}
	memset(regexp->next[regexp->state_count], STATE_NONE, sizeof *regexp->next);
	struct state *state = &regexp->states[regexp->state_count++];
	*state = (struct state){ .first = regexp->member_count,
		                 .count = count,
		                 .line_begin = line_begin };
	regexp->member_count += count;
	regexp->slots[slot] = (uint16_t)regexp->state_count;
	return regexp->state_count - 1;
}

/* Whether the end of a line, here, is what was still wanted. The nodes after it stay reached. */
static bool reach_line_end(struct regexp *regexp, const struct state *state)
{
	bool found = false;
	struct place place = { .line_begin = state->line_begin, .line_end = true };
	for (size_t i = 0; i < state->count; i++)
		if (regexp->nodes[regexp->members[state->first + i]].kind == NODE_LINE_END)
			found |= reach(regexp, regexp->members[state->first + i], place);
	return found;
}

/* What this byte leads to from here: remembered in the state. */
static uint16_t step(struct regexp *regexp, unsigned char byte)
{
	struct state *state = &regexp->states[regexp->now];
	struct place after = { .line_begin = byte == '\n' };
	bool found = byte == '\n' && reach_line_end(regexp, state);
	size_t extra = regexp->reached_count;
	uint16_t beyond[REGEXP_NODES + 1];
	memcpy(beyond, regexp->reached, extra * sizeof *beyond);
	forget_reached(regexp);
	for (size_t i = 0; !found && i < state->count + extra; i++) {
		size_t at = i < state->count ? regexp->members[state->first + i]
		                             : beyond[i - state->count];
		const struct node *node = &regexp->nodes[at];
		if (node->kind == NODE_BYTES && set_has(node, byte))
			found = reach(regexp, at + 1, after);
	}
	found = found || (!regexp->anchored && reach(regexp, 0, after));
	size_t before = regexp->now, states = regexp->state_count;
	uint16_t next = STATE_FOUND;
	if (!found)
		next = (uint16_t)(2 + find_state(regexp, after.line_begin));
	forget_reached(regexp);
	if (regexp->state_count >= states) /* else this one is forgotten, too */
		regexp->next[before][byte] = next;
	return next;
}

void regexp_anchor(struct regexp *regexp)
{
	regexp->anchored = true;
}

bool regexp_is_lost(const struct regexp *regexp)
{
	return regexp->text ? regexp->lost : regexp->states[regexp->now].count == 0;
}

bool regexp_begin(struct regexp *regexp)
{
	if (regexp->text) {
		regexp->lost = false;
		regexp->seen = 0;
		return false;
	}
	bool found = reach(regexp, 0, (struct place){ .line_begin = true });
	regexp->now = find_state(regexp, true);
	forget_reached(regexp);
	return found;
}

bool regexp_feed(struct regexp *regexp, const char *bytes, size_t len, size_t *taken)
{
	if (regexp->text)
		return feed_text(regexp, bytes, len, taken);
	const unsigned char *at = (const unsigned char *)bytes, *end = at + len;
	size_t now = regexp->now;
	while (at < end) {
		uint16_t next = regexp->next[now][*at];
		if (next == STATE_NONE) {
			regexp->now = now;
			next = step(regexp, *at);
		}
		at++;
		if (next == STATE_FOUND) {
			*taken = (size_t)(at - (const unsigned char *)bytes);
			return true;
		}
		now = next - 2U;
	}
	regexp->now = now;
	*taken = len;
	return false;
}

bool regexp_end(struct regexp *regexp)
{
	if (regexp->text)
		return false;
	bool found = reach_line_end(regexp, &regexp->states[regexp->now]);
	forget_reached(regexp);
	return found;
}

bool regexp_finds(struct regexp *regexp, const char *bytes, size_t len)
{
	size_t taken;
	return regexp_begin(regexp) || regexp_feed(regexp, bytes, len, &taken) ||
	       regexp_end(regexp);
}

void regexp_free(struct regexp *regexp)
{
	if (!regexp)
		return;
	free(regexp->text);
	free(regexp->fallback);
	free(regexp->nodes);
	free(regexp->states);
	free(regexp->next);
	free(regexp->members);
	free(regexp->reached);
	free(regexp->pending);
	free(regexp->marked);
	free(regexp);
}
