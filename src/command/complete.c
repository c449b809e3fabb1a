// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/complete.h"


#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/session_address.h"
#include "app/values.h"
#include "base/alloc.h"
#include "base/choice.h"
#include "command/command.h"
#include "command/lessons.h"
#include "command/grammar.h"
#include "net/cable_settings.h"
#include "net/fault.h"
#include "net/multicast.h"
#include "net/sandbox.h"
#include "net/service.h"
#include "socket/errno_meaning.h"
#include "socket/sockopt.h"
#include "socket/sysctl.h"

/* ---- what is offered ---- */

/* The words that TAB could complete to. */
struct offer {
	struct app *app;
	const char *prefix; /* the word as it is typed */
	size_t prefix_len;
	struct session *session; /* whose peers are meant; may be NULL */
	const char *args;        /* what follows the command's name and "@session" */
	size_t point;            /* where in args the word begins */
	char **words;            /* ended by NULL once there is one */
	size_t count, cap;
	bool files;
	bool options;  /* a value is of a socket option, not of a setting */
	bool one_kind; /* an address or a port is of one transport, which is known: */
	enum transport kind;
	const struct session *acting; /* the session on which the command acts; NULL = none */
	bool named;    /* an address may be the name of one of our sessions */
	bool local;    /* an address or a port is one to listen on */
	bool ports;    /* offer the ports of places used before, not their addresses, */
	char *address; /* and only with this address; NULL = any */
};

static bool is_offered(const struct offer *offer, const char *word)
{
	for (size_t i = 0; i < offer->count; i++)
		if (strcmp(offer->words[i], word) == 0)
			return true;
	return false;
}

/* Takes over the word. */
static void offer_word(struct offer *offer, char *word)
{
	if (strncmp(word, offer->prefix, offer->prefix_len) != 0 || is_offered(offer, word)) {
		free(word);
		return;
	}
	offer->words = xgrow(offer->words, &offer->cap, offer->count + 1, sizeof *offer->words);
	offer->words[offer->count++] = word;
	offer->words[offer->count] = NULL;
}

static void offer_commands(struct offer *offer, const char *before)
{
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++)
		offer_word(offer, xasprintf("%s%s", before, command->name));
}

static void offer_sessions(struct offer *offer, const char *before)
{
	for (size_t i = 0; i < sessions_count(offer->app->sessions); i++)
		offer_word(offer, xasprintf("%s%s", before,
		                            session_name(sessions_at(offer->app->sessions, i))));
}

static void offer_list(struct offer *offer, const char *list, size_t len)
{
	struct choice_words words = { list, len };
	const char *word;
	for (size_t i = 0; (word = choice_word(&words, i)); i++)
		offer_word(offer, xstrdup(word));
}

/* ---- one function for each kind of word ---- */

/* "/help /se" means "/help se". */
static void offer_command_names(struct offer *offer)
{
	offer_commands(offer, *offer->prefix == '/' ? "/" : "");
}

static void offer_session_names(struct offer *offer)
{
	offer_sessions(offer, *offer->prefix == '@' ? "@" : "");
}

static bool word_is(const struct word *word, const char *text)
{
	size_t len = strlen(text);
	return (size_t)(word->end - word->at) == len && memcmp(word->at, text, len) == 0;
}

/* Only one, which may come among other words: "/listen 0 echo tls ". */
static void offer_services(struct offer *offer)
{
	struct words words;
	words_cut(&words, offer->args, offer->point);
	for (size_t i = 0; i < words.count; i++) {
		const struct word *word = &words.word[i];
		char *name = xstrndup(word->at, (size_t)(word->end - word->at));
		bool given = service_find(name) && (i == 0 || !word_is(word - 1, "as"));
		free(name);
		if (given)
			return;
	}
	for (const struct service *const *service = service_table; *service; service++)
		offer_word(offer, xstrdup((*service)->name));
}

/* "/lesson NAME STEP --record FILE", "/lesson export NAME FILE answers notes" */
static void offer_lessons(struct offer *offer)
{
	static const char handout[] = "answers|notes", take[] = "--record";
	static const char alone[][8] = { "next", "back", "again", "hint", "answer", "notes", "stop" };
	struct words words;
	words_cut(&words, offer->args, offer->point);
	const struct word *first = words.word;
	bool export = words.count && word_is(first, "export"), names = words.count == export;
	for (size_t i = 0; words.count && i < sizeof alone / sizeof *alone; i++)
		if (word_is(first, alone[i]))
			return;
	for (size_t i = 0; names && lesson_names.name(NULL, i); i++)
		offer_word(offer, xstrdup(lesson_names.name(NULL, i)));
	if (names)
		return;
	while (offer->count) { /* the words that come first */
		free(offer->words[--offer->count]);
		offer->words[offer->count] = NULL;
	}
	const struct word *last = &words.word[words.count - 1];
	offer->files = export ? words.count == 2
	                      : word_is(last, "record") || word_is(last, "--record");
	if (export)
		offer_list(offer, handout, sizeof handout - 1);
	else if (!offer->files)
		offer_list(offer, take, sizeof take - 1);
}

/* After its name. */
static void offer_service_words(struct offer *offer)
{
	static const char of_reply[] = "after|close|file", of_all[] = "iterative";
	struct words words;
	words_cut(&words, offer->args, offer->point);
	const struct word *name = words.count ? &words.word[0] : NULL;
	bool replies = name && strncmp(name->at, "reply ", strlen("reply ")) == 0;
	if (replies)
		offer_list(offer, of_reply, strlen(of_reply));
	offer->files = replies;
	offer_list(offer, of_all, strlen(of_all));
}

static void offer_settings(struct offer *offer)
{
	for (const struct setting *setting = setting_table; setting->name; setting++)
		offer_word(offer, xstrdup(setting->name));
}

/* There are many, so they are offered only after the first letter. */
static void offer_sysctls(struct offer *offer)
{
	static const char *const hosts[] = { "left", "right", "both" };
	for (size_t i = 0; offer->prefix_len && i < sizeof hosts / sizeof *hosts; i++)
		for (const struct sysctl *sysctl = sysctl_table; sysctl->name; sysctl++)
			offer_word(offer, xasprintf("%s.%s", hosts[i], sysctl->name));
}

static void offer_setting_values(struct offer *offer, const char *name)
{
	struct error ignored;
	char algorithms[SANDBOX_SYSCTL_VALUE];
	struct sandbox *sandbox = sessions_sandbox(offer->app->sessions);
	if (strstr(name, ".tcp_congestion_control") && sandbox &&
	    sandbox_get_sysctl(sandbox, HOST_LEFT, "tcp_available_congestion_control", algorithms,
	                       &ignored)) {
		for (char *p = algorithms; *p; p++)
			if (*p == ' ')
				*p = '|';
		offer_list(offer, algorithms, strlen(algorithms));
		return;
	}
	const struct setting *setting = setting_find(name, &ignored);
	if (setting && (setting->type == SETTING_DIRECTORY || setting->type == SETTING_FILE))
		offer->files = true;
	else if (setting && setting->values[0] != '<')
		offer_list(offer, setting->values, strlen(setting->values));
}

/* A name in capitals, in the case that is typed. */
static void offer_symbol(struct offer *offer, const char *symbol)
{
	char *word = xstrdup(symbol);
	if (islower((unsigned char)*offer->prefix))
		for (char *p = word; *p; p++)
			*p = (char)tolower((unsigned char)*p);
	offer_word(offer, word);
}

static unsigned option_set(const struct offer *offer)
{
	return offer->session ? sockopt_sort(session_transport(offer->session),
	                                     session_family(offer->session))
	                      : 0;
}

/* Whole names, and after a first letter also the part after the underscore. */
static void offer_options(struct offer *offer)
{
	for (const struct sockopt *option = sockopt_table; option->name; option++) {
		if (!sockopt_is_of(option, option_set(offer)))
			continue;
		offer_symbol(offer, option->name);
		if (offer->prefix_len)
			offer_symbol(offer, strchr(option->name, '_') + 1);
	}
}

static void offer_interfaces(struct offer *offer)
{
	char name[ENDPOINT_INTERFACE];
	for (uint32_t i = 1; offer->session && i <= MULTICAST_INTERFACES; i++)
		if (*multicast_interface(offer->session, i, name))
			offer_word(offer, xstrdup(name));
}

static void offer_option_values(struct offer *offer, const char *name)
{
	static const char on_off[] = "on|off";
	struct error ignored;
	const struct sockopt *option = sockopt_find(name, option_set(offer), &ignored);
	if (!option || option->read_only)
		return;
	if (option->interface)
		offer_interfaces(offer);
	else if (option->form == SOCKOPT_SWITCH)
		offer_list(offer, on_off, sizeof on_off - 1);
	else if (option->form == SOCKOPT_LINGER || option->form == SOCKOPT_TIME || option->range)
		offer_word(offer, xstrdup("off"));
	for (const struct sockopt_word *word = option->words; word && word->word; word++)
		offer_word(offer, xstrdup(word->word));
}

/* If there is such a value: "errno" is one of a call only. */
static void offer_value_name(struct offer *offer, char *name)
{
	struct error ignored;
	if (value_find(name, &ignored))
		offer_word(offer, name);
	else
		free(name);
}

/* "@c.state" of each session, "last.errno", and all others of the current session. */
static void offer_session_values(struct offer *offer)
{
	size_t before = offer->prefix_len;
	while (before > 0 && offer->prefix[before - 1] != '.')
		before--;
	for (const struct value_name *value = value_table; value->name; value++) {
		offer_value_name(offer,
		                 xasprintf("%.*s%s", (int)before, offer->prefix, value->name));
		for (size_t i = 0; *offer->prefix == '@' && !before &&
		                   i < sessions_count(offer->app->sessions);
		     i++)
			offer_value_name(
			        offer, xasprintf("@%s.%s",
			                         session_name(sessions_at(offer->app->sessions, i)),
			                         value->name));
	}
	if (!before)
		offer_word(offer, xstrdup("last.errno"));
}

/* What the value in front may be. */
static void offer_value_words(struct offer *offer)
{
	struct words words;
	struct error ignored;
	words_cut(&words, offer->args, offer->point);
	if (words.count < 2)
		return;
	char *name = xstrndup(words.word[0].at, (size_t)(words.word[0].end - words.word[0].at));
	const struct value_name *value = value_find(name, &ignored);
	const struct choice *list = value ? value_words(value) : NULL;
	for (size_t i = 0; list && list->name(list->context, i); i++)
		offer_symbol(offer, list->name(list->context, i));
	free(name);
}

static void offer_errors(struct offer *offer)
{
	for (const struct errno_meaning *why = errno_meaning_table; why->symbol; why++)
		offer_symbol(offer, why->symbol);
}

static void offer_views(struct offer *offer)
{
	offer_list(offer, VIEW_NAMES, strlen(VIEW_NAMES));
}

/* Commands, and after a first letter everything else that has a name. */
static void offer_topics(struct offer *offer)
{
	offer_command_names(offer);
	if (!offer->prefix_len || *offer->prefix == '/')
		return;
	offer->session = NULL; /* options of every socket */
	offer_settings(offer);
	offer_services(offer);
	offer_views(offer);
	for (size_t i = 0; help_topic(i); i++)
		offer_word(offer, xstrdup(help_topic(i)));
	offer_options(offer);
	offer_errors(offer);
}

/* The values of the setting or option in front. */
static void offer_values(struct offer *offer)
{
	struct words words;
	words_cut(&words, offer->args, offer->point);
	if (words.count != 1)
		return;
	char *name = xstrndup(words.word[0].at, (size_t)(words.word[0].end - words.word[0].at));
	if (offer->options)
		offer_option_values(offer, name);
	else
		offer_setting_values(offer, name);
	free(name);
}

static bool is_kind(const struct offer *offer, enum transport transport)
{
	return !offer->one_kind || transport == offer->kind;
}

/* Those of our sessions that have an address: not the one that acts. */
static void offer_own(struct offer *offer)
{
	const char *at = *offer->prefix == '@' ? "@" : "";
	for (size_t i = 0; offer->named && i < sessions_count(offer->app->sessions); i++) {
		const struct session *session = sessions_at(offer->app->sessions, i);
		struct endpoint addr;
		struct error ignored;
		enum host from = HOST_HERE;
		if (session != offer->acting && is_kind(offer, session_transport(session)) &&
		    (*at || session_address_is_name(session_name(session))) &&
		    session_address_get(session, AF_UNSPEC, &from, &addr, &ignored))
			offer_word(offer, xasprintf("%s%s", at, session_name(session)));
	}
}

static void offer_peers(struct offer *offer)
{
	const struct peer *peer = NULL;
	while (offer->session && (peer = session_next_peer(offer->session, peer)))
		offer_word(offer, xasprintf("%u", peer->number));
	if (offer->session && session_has_peers(offer->session))
		offer_own(offer);
}

/* Those that a session has joined. */
static void offer_groups(struct offer *offer)
{
	const struct membership *group = offer->session ? multicast_joined(offer->session) : NULL;
	char text[ENDPOINT_TEXT];
	for (; group; group = group->next)
		offer_word(offer, xstrdup(endpoint_format_host(&group->group, text)));
}

/* Those that a listener has a rule of, which are taken back by the other command. */
static void offer_networks(struct offer *offer)
{
	const struct session_limits *limits =
	        offer->session ? session_limits(offer->session) : NULL;
	char text[NETWORK_TEXT];
	offer_word(offer, xstrdup("all"));
	for (size_t i = 0; limits && i < limits->rules.count; i++)
		offer_word(offer, xstrdup(network_format(&limits->rules.rule[i].network, text)));
}

/* Unless it is a mistake. `address` is as it was typed, a host or all of "host:port"; `port` is NULL
 * if it was no word of its own. */
static void offer_place(struct offer *offer, const char *address, const char *port,
                        enum transport transport)
{
	struct target target;
	struct error ignored;
	if ((!address && !port) ||
	    !target_parse(&target, address ? address : port, address ? port : NULL, transport,
	                  offer->local, &ignored) ||
	    !is_kind(offer, target.transport) || !target.service[0] ||
	    strcmp(target.service, "0") == 0)
		return;
	const char *word = offer->ports ? port : address;
	bool fits = !offer->ports || !offer->address ||
	            strcmp(address ? address : "", offer->address) == 0;
	if (word && fits)
		offer_word(offer, xstrdup(word));
}

/* "/open tcp example.org 80 as web" */
static void offer_place_of_line(struct offer *offer, const char *line)
{
	struct error ignored;
	struct args args;
	struct element elements[GRAMMAR_MAX];
	size_t len = strcspn(line, BLANKS);
	if (line[0] != '/' || len < 2)
		return;
	const struct command *command = command_find(line + 1, len - 1, &ignored);
	if (!command)
		return;
	size_t count = grammar_elements(command->usage, elements), address = count, port = count;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(elements[i].name, offer->local ? "local-address" : "address") == 0)
			address = i;
		if (strcmp(elements[i].name, "port") == 0)
			port = i;
	}
	if (address == count || port == count)
		return;
	const char *rest = line + len + (line[len] != '\0');
	if (*rest == '@' && command->needs != NEEDS_NOTHING)
		rest += strcspn(rest, BLANKS);
	if (!grammar_match(command->name, command->usage, rest, &args, &ignored))
		return;
	enum transport transport = TRANSPORT_TCP;
	bool tls;
	if (elements[0].literals && args.value[0])
		target_find_scheme(args.value[0], strlen(args.value[0]), &transport, &tls);
	offer_place(offer, args.value[address], args.value[port], transport);
	args_free(&args);
}

/* Whether its address alone would make a session on this machine instead. */
static bool needs_host(const struct session *session)
{
	struct endpoint local = session_local(session);
	return session_host(session) != HOST_HERE && host_of(&local) == HOST_HERE;
}

/* The places of the sessions, then of the lines typed, newest first. */
static void offer_places(struct offer *offer)
{
	const struct app *app = offer->app;
	const char *line;
	for (size_t i = sessions_count(app->sessions); i-- > 0;) {
		const struct session *session = sessions_at(app->sessions, i);
		const struct target *target = session_target(session);
		if (needs_host(session) || !is_kind(offer, session_transport(session)))
			continue;
		if (target && transport_is_unix(target->transport) && target->host[0] &&
		    !offer->ports && (session_is_server(session) || !offer->local))
			offer_word(offer, xasprintf("%s:%s", transport_name(target->transport),
			                            target->host));
		else if (target && target->service[0] && session_is_server(session) == offer->local)
			offer_place(offer, target->host[0] ? target->host : NULL, target->service,
			            target->transport);
	}
	for (size_t i = 0; app->past && (line = app->past(i)); i++)
		offer_place_of_line(offer, line);
}

/* Only with the address in front, if there is one. */
static void offer_ports(struct offer *offer)
{
	struct words words;
	words_cut(&words, offer->args, offer->point);
	const struct word *last = words.count ? &words.word[words.count - 1] : NULL;
	enum transport transport;
	bool tls;
	if (last && !target_find_scheme(last->at, (size_t)(last->end - last->at), &transport, &tls))
		offer->address = xstrndup(last->at, (size_t)(last->end - last->at));
	offer->ports = true;
	offer_places(offer);
	offer->ports = false;
	free(offer->address);
	offer->address = NULL;
}

static void offer_targets(struct offer *offer)
{
	for (size_t i = 0; i < offer->app->targets.count; i++)
		offer_word(offer, xstrdup(offer->app->targets.list[i].name));
}

static void offer_hosts(struct offer *offer)
{
	bool exist = sessions_sandbox(offer->app->sessions);
	for (enum host host = HOST_LEFT; exist && host < HOST_COUNT; host++)
		offer_word(offer, xstrdup(host_name(host)));
}

static void offer_local_addresses(struct offer *offer)
{
	offer->local = true;
	offer_places(offer);
	offer_hosts(offer);
}

/* Also our own servers. Looks up no names. */
static void offer_addresses(struct offer *offer)
{
	offer_own(offer);
	if (!offer->one_kind)
		offer_targets(offer);
	offer_places(offer);
	if (!offer->one_kind || !transport_is_unix(offer->kind))
		offer_hosts(offer);
	for (size_t i = 0; i < sessions_count(offer->app->sessions); i++) {
		const struct session *session = sessions_at(offer->app->sessions, i);
		struct endpoint local = session_local(session);
		char text[ENDPOINT_TEXT];
		bool fits = offer->one_kind ? session_is_server(session) &&
		                                      session_transport(session) == offer->kind
		                            : session_has_clients(session);
		if (fits && local.port != 0 && !endpoint_is_any(&local) &&
		    !needs_host(session))
			offer_word(offer, xstrdup(endpoint_format(&local, text)));
	}
}

static void offer_settings_and_sysctls(struct offer *offer)
{
	offer_settings(offer);
	if (sessions_sandbox(offer->app->sessions))
		offer_sysctls(offer);
}

static void offer_files(struct offer *offer)
{
	offer->files = true;
}

static void offer_log_formats(struct offer *offer)
{
	const struct log_format *format;
	for (size_t i = 0; (format = log_format_at(i)); i++)
		offer_word(offer, xstrdup(format->name));
}

static void offer_words(struct offer *offer, const char *list)
{
	const char *word;
	struct choice_words words = { list, strlen(list) };
	for (size_t i = 0; (word = choice_word(&words, i)); i++)
		offer_symbol(offer, word);
}

static void offer_fault(struct offer *offer)
{
	char *before = xstrndup(offer->args, offer->point);
	unsigned kind = offer->session ? session_fault_kind(offer->session) : 0;
	if (!offer->session || kind)
		offer_words(offer, faults_expected(before, kind));
	free(before);
}

/* Kinds of frames are offered in the case that is typed. */
static void offer_cable(struct offer *offer)
{
	char *before = xstrndup(offer->args, offer->point);
	const char *expected = cable_expected(before);
	free(before);
	if (strcmp(expected, "@") == 0)
		offer_sessions(offer, "@");
	else
		offer_words(offer, expected);
}

static void offer_details(struct offer *offer);

static void offer_on_or_off(struct offer *offer)
{
	offer_list(offer, "on|off", strlen("on|off"));
}

static void offer_element(struct offer *offer, const struct element *element)
{
	static const struct {
		const char *name;
		void (*run)(struct offer *offer);
	} kinds[] = {
		{ "command", offer_command_names },
		{ "session", offer_session_names },
		{ "service", offer_services },
		{ "on-or-off", offer_on_or_off },
		{ "lesson", offer_lessons },
		{ "words", offer_service_words },
		{ "setting", offer_settings_and_sysctls },
		{ "value", offer_values },
		{ "peer", offer_peers },
		{ "network", offer_networks },
		{ "group", offer_groups },
		{ "interface", offer_interfaces },
		{ "address", offer_addresses },
		{ "target", offer_targets },
		{ "port", offer_ports },
		{ "local-address", offer_local_addresses },
		{ "host", offer_hosts },
		{ "file", offer_files },
		{ "log-format", offer_log_formats },
		{ "option", offer_options },
		{ "error", offer_errors },
		{ "topic", offer_topics },
		{ "detail", offer_details },
		{ "cable", offer_cable },
		{ "fault", offer_fault },
		{ "value-name", offer_session_values },
		{ "pattern", offer_value_words },
	};
	bool needs_sandbox = strcmp(element->name, "host") == 0;
	if (needs_sandbox && !sessions_sandbox(offer->app->sessions))
		return;
	if (element->literals) {
		offer_list(offer, element->literals, element->literals_len);
		return;
	}
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(element->name, kinds[i].name) == 0)
			kinds[i].run(offer);
}

/* The first argument of the command in front. */
static void offer_details(struct offer *offer)
{
	struct words words;
	struct error ignored;
	struct element elements[GRAMMAR_MAX];
	words_cut(&words, offer->args, offer->point);
	if (words.count != 1)
		return;
	const char *name = words.word[0].at + (*words.word[0].at == '/');
	const struct command *command =
	        command_find(name, (size_t)(words.word[0].end - name), &ignored);
	if (!command || grammar_elements(command->usage, elements) == 0 ||
	    strcmp(elements[0].name, "topic") == 0)
		return;
	offer->session = NULL;
	offer_element(offer, &elements[0]);
}

/* ---- where in the line ---- */

/* Of a command that is for all transports: "verify", "cert", … */
static bool is_of_tls(const struct element *element)
{
	static const char *const tags[] = { "verify", "ca", "cert", "key", "alpn", "servername", "pin" };
	for (size_t i = 0; element->tagged && element->literals && i < sizeof tags / sizeof *tags; i++)
		if (element->literals_len == strlen(tags[i]) &&
		    strncmp(element->literals, tags[i], element->literals_len) == 0)
			return true;
	return false;
}

static bool begins_with_tls(const struct word *word)
{
	size_t len = (size_t)(word->end - word->at);
	return len >= 3 && strncmp(word->at, "tls", 3) == 0 && (len == 3 || word->at[3] == ':');
}

/* "/open tls …", "/open tls://…", "/listen 8443 tls …" */
static bool asks_for_tls(const struct offer *offer)
{
	struct words words;
	words_cut(&words, offer->args, offer->point);
	for (size_t i = 0; i < words.count; i++)
		if (begins_with_tls(&words.word[i]))
			return true;
	return false;
}

static void offer_arguments(struct offer *offer, const struct command *command)
{
	struct element elements[GRAMMAR_MAX];
	const struct element *expected[GRAMMAR_MAX];
	size_t count = grammar_elements(command->usage, elements);
	for (size_t i = 0; i < count; i++)
		offer->local = offer->local || strcmp(elements[i].name, "local-address") == 0;
	offer->named = command->takes_name;
	offer->acting = command->needs == NEEDS_SESSION ? offer->session : NULL;
	if (offer->acting) {
		offer->kind = session_transport(offer->acting);
		offer->one_kind = true;
	} else if (count && elements[0].literals) { /* "/open udp " */
		bool tls;
		struct words words;
		words_cut(&words, offer->args, offer->point);
		offer->one_kind =
		        words.count &&
		        target_find_scheme(words.word[0].at,
		                           (size_t)(words.word[0].end - words.word[0].at),
		                           &offer->kind, &tls);
	}
	offer->options = count && strcmp(elements[0].name, "option") == 0;
	bool without_tls = count && elements[0].literals && !asks_for_tls(offer);
	count = grammar_expected(elements, count, offer->args, offer->point, expected);
	for (size_t i = 0; i < count; i++)
		if (!without_tls || !is_of_tls(expected[i]))
			offer_element(offer, expected[i]);
}

/* Steps over a complete "@session"; true if that is the word being typed. */
static bool is_at_session(struct offer *offer)
{
	size_t blanks = strspn(offer->args, BLANKS);
	const char *word = offer->args + blanks;
	if (word[0] != '@' || word[1] == '@')
		return false;
	size_t len = strcspn(word, BLANKS);
	if (blanks + len >= offer->point)
		return true;
	struct error ignored;
	char *name = xstrndup(word, len);
	offer->session = app_find_session(offer->app, name, &ignored);
	free(name);
	offer->args += blanks + len;
	offer->point -= blanks + len;
	return false;
}

static void offer_after_command(struct offer *offer, const char *line, size_t start)
{
	struct error ignored;
	size_t name_len = strcspn(line + 1, BLANKS);
	bool forced = name_len > 1 && line[name_len] == '!';
	const struct command *command = command_find(line + 1, name_len - forced, &ignored);
	if (!command || start < name_len + 2)
		return;
	offer->args = line + 1 + name_len;
	offer->point = start - 1 - name_len;
	if (command->needs != NEEDS_NOTHING && is_at_session(offer))
		offer_sessions(offer, "@");
	else
		offer_arguments(offer, command);
}

char **complete_word(struct app *app, const char *line, size_t start, size_t end, bool *files)
{
	*files = false;
	const char *slash = app_find_slash(app, line);
	size_t blanks = slash ? (size_t)(slash - line) : 0;
	if (!slash || slash[1] == '/' || start < blanks || start > end || end > strlen(line))
		return NULL;
	line += blanks;
	start -= blanks;
	end -= blanks;
	struct offer offer = {
		.app = app,
		.session = app->current,
		.prefix = line + start,
		.prefix_len = end - start,
	};
	if (start == 0 && line[1] == '@')
		offer_sessions(&offer, "/@");
	else if (start == 0)
		offer_commands(&offer, "/");
	else
		offer_after_command(&offer, line, start);
	*files = offer.files;
	return offer.words;
}
