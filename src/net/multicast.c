// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/multicast.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "net/session_internal.h"
#include "socket/errno_meaning.h"
#include "socket/sockopt.h"

/* ---- words ---- */

/* What is after % is the interface, of IPv4, too. */
static bool parse_address(const char *text, struct endpoint *addr, const char **scope)
{
	char host[INET6_ADDRSTRLEN];
	struct in_addr v4;
	struct in6_addr v6;
	size_t len = strcspn(text, "%");
	*scope = text[len] ? text + len + 1 : NULL;
	if (len >= sizeof host)
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, &v4) == 1)
		*addr = endpoint_of_ip(AF_INET, &v4, 0);
	else if (inet_pton(AF_INET6, host, &v6) == 1)
		*addr = endpoint_of_ip(AF_INET6, &v6, 0);
	else
		return false;
	return true;
}

bool multicast_parse(const char *group, const char *interface, const char *source,
                     struct membership *membership, size_t *wrong, struct error *error)
{
	const char *scope, *nothing;
	*membership = (struct membership){ .source.family = AF_UNSPEC };
	*wrong = 0;
	if (!parse_address(group, &membership->group, &scope) ||
	    !endpoint_is_multicast(&membership->group)) {
		error_usage(error,
		            "\"%.40s\" is not a group: 224.0.0.0 to 239.255.255.255, or an IPv6 "
		            "address from ff00:: on",
		            group);
		return false;
	}
	if (scope && interface) {
		*wrong = 1;
		error_usage(error, "the interface is given twice: %.20s and %.20s", scope,
		            interface);
		return false;
	}
	interface = scope ? scope : interface ? interface : "";
	if (strlen(interface) >= sizeof membership->interface || (scope && !*scope)) {
		*wrong = scope ? 0 : 1;
		error_usage(error, "\"%.40s\" is not an interface: ip link lists them", interface);
		return false;
	}
	memcpy(membership->interface, interface, strlen(interface) + 1);
	membership->group = endpoint_on_wire(&membership->group);
	if (!source)
		return true;
	*wrong = 2;
	if (!parse_address(source, &membership->source, &nothing) || nothing ||
	    endpoint_is_multicast(&membership->source) || endpoint_is_any(&membership->source)) {
		error_usage(error, "\"%.40s\" is not the address of a sender", source);
		return false;
	}
	if (!endpoint_same_family(&membership->group, &membership->source)) {
		error_usage(error, "a group of %s has senders of %s",
		            endpoint_family_name(membership->group.family),
		            endpoint_family_name(membership->group.family));
		return false;
	}
	return true;
}

void multicast_print(const struct membership *membership, struct buf *out)
{
	char text[ENDPOINT_TEXT];
	buf_append_text(out, endpoint_format_host(&membership->group, text));
	if (*membership->interface)
		buf_printf(out, " on %s", membership->interface);
	if (endpoint_is_set(&membership->source))
		buf_printf(out, " from %s", endpoint_format_host(&membership->source, text));
}

/* ---- calls ---- */

/* 0 where there is none of this name or number. */
static uint32_t find_interface(int fd, const char *interface)
{
	char name[ENDPOINT_INTERFACE];
	size_t digits = strspn(interface, "0123456789");
	if (!digits || digits > 9 || interface[digits])
		return control_interface(fd, interface);
	int number = (int)strtol(interface, NULL, 10);
	control_interface_name(fd, number, name);
	return *name ? (uint32_t)number : 0;
}

/* The options that tutorials use, except where only one sender is heard: of its two options only this
 * one takes the number of an interface. 0 or an errno value. */
static int request(const struct session *session, unsigned slot,
                   const struct membership *membership, bool joins)
{
	const struct caller *caller = &session->caller;
	int fd = session->fd[slot], result;
	bool ipv6 = endpoint_is_ipv6(&membership->group);
	uint32_t index = *membership->interface ? find_interface(fd, membership->interface) : 0;
	if (endpoint_is_set(&membership->source)) {
#ifdef MCAST_JOIN_SOURCE_GROUP
		struct group_source_req source;
		memset(&source, 0, sizeof source);
		source.gsr_interface = index;
		endpoint_to_sockaddr(&membership->group, &source.gsr_group);
		endpoint_to_sockaddr(&membership->source, &source.gsr_source);
		result = call_set_bytes(caller, fd, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP,
		                        joins ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP,
		                        &source, sizeof source);
#else
		errno = ENOPROTOOPT;
		result = -1;
#endif
	} else if (ipv6) {
		struct ipv6_mreq v6 = { .ipv6mr_interface = index };
		memcpy(&v6.ipv6mr_multiaddr, membership->group.ip, sizeof v6.ipv6mr_multiaddr);
		result = call_set_bytes(caller, fd, IPPROTO_IPV6,
		                        joins ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &v6, sizeof v6);
	} else {
		struct ip_mreqn v4 = { .imr_ifindex = (int)index };
		memcpy(&v4.imr_multiaddr, membership->group.ip, sizeof v4.imr_multiaddr);
		result = call_set_bytes(caller, fd, IPPROTO_IP,
		                        joins ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &v4,
		                        sizeof v4);
	}
	return result < 0 ? errno : 0;
}

/* On an IPv6 socket a group of IPv4 is joined only if the session has no socket of IPv4. */
static bool takes(const struct session *session, unsigned slot, const struct endpoint *group)
{
	for (unsigned i = 0; i < session->fd_count; i++)
		if (session->family[i] == group->family)
			return session->family[slot] == group->family;
	return true;
}

/* 0 or the first errno value. */
static int request_all(const struct session *session, const struct membership *membership,
                       bool joins)
{
	int first = 0;
	for (unsigned i = 0; i < session->fd_count; i++) {
		int code = takes(session, i, &membership->group)
		                   ? request(session, i, membership, joins)
		                   : 0;
		first = first ? first : code;
	}
	return first;
}

static bool refuse(const char *verb, const struct membership *membership, int code,
                   struct error *error)
{
	struct buf text = { .max = SIZE_MAX };
	multicast_print(membership, &text);
	error_set(error, "%s %s: %s (%s)", verb, buf_text(&text),
	          errno_meaning_phrase("setsockopt", code, ERRNO_GROUP), error_name(code));
	error->code = code;
	buf_free(&text);
	return false;
}

static bool refuse_interface(const struct session *session, const char *interface,
                             struct error *error)
{
	char name[ENDPOINT_INTERFACE];
	const char *before = ": there is ";
	error_set(error, "no interface \"%s\" here", interface);
	for (uint32_t i = 1; i <= MULTICAST_INTERFACES; i++)
		if (*multicast_interface(session, i, name)) {
			error_append(error, "%s%s", before, name);
			before = ", ";
		}
	return false;
}

static bool has_socket(const struct session *session, struct error *error)
{
	if (session->fd_count == 0 && !session_refuse_closed(session, error))
		error_set(error, "session %u has no socket yet", (unsigned)session->caller.session);
	return session->fd_count != 0;
}

/* An interface that is not here can be given to no call; one that was given by its number is known by
 * its name from now on. */
static bool may_call(struct session *session, struct membership *membership, struct error *error)
{
	if (session_refuse_recorded(session, error))
		return false;
	if (!session->ops->has_peers || transport_is_unix(session->transport)) {
		error_set(error,
		          "session %u is %s: only UDP reaches a group%s",
		          (unsigned)session->caller.session, transport_title(session->transport),
		          session->ops->has_peers ? "" : ", since a connection has one other end");
		return false;
	}
	if (!has_socket(session, error))
		return false;
	if (!*membership->interface)
		return true;
	uint32_t number = find_interface(session->fd[0], membership->interface);
	if (number == 0)
		return refuse_interface(session, membership->interface, error);
	control_interface_name(session->fd[0], (int)number, membership->interface);
	return true;
}

/* ---- the list ---- */

/* Who has joined for every sender and then joins for one hears that one alone: the kernel keeps one
 * membership of a group, and makes it narrower. */
static bool is_narrowed(const struct membership *joined, const struct membership *wanted)
{
	return endpoint_is_set(&wanted->source) && !endpoint_is_set(&joined->source) &&
	       endpoint_host_equal(&joined->group, &wanted->group) &&
	       strcmp(joined->interface, wanted->interface) == 0;
}

static bool fits(const struct membership *joined, const struct membership *wanted)
{
	return endpoint_host_equal(&joined->group, &wanted->group) &&
	       (!*wanted->interface || strcmp(joined->interface, wanted->interface) == 0) &&
	       (!endpoint_is_set(&wanted->source) ||
	        endpoint_host_equal(&joined->source, &wanted->source));
}

/* A socket that is bound to one address of this machine gets nothing else, whatever it has joined. */
static void warn_of_address(struct session *session, const struct membership *membership)
{
	char local[ENDPOINT_TEXT];
	for (unsigned i = 0; i < session->fd_count; i++) {
		const struct endpoint *bound = &session->local[i];
		if (!takes(session, i, &membership->group) || !endpoint_is_set(bound) ||
		    endpoint_is_any(bound) || endpoint_is_multicast(bound))
			continue;
		session_report(session, ENTRY_ERROR,
		               "this socket is bound to %s, so what is sent to the group does not "
		               "reach it: /listen udp %s PORT hears every group that it joins",
		               endpoint_format(bound, local),
		               endpoint_is_ipv6(&membership->group) ? "::" : "0.0.0.0");
		return;
	}
}

bool multicast_join(struct session *session, struct membership *membership, struct error *error)
{
	struct membership **at = &session->groups;
	struct buf text = { .max = SIZE_MAX };
	if (!may_call(session, membership, error))
		return false;
	int code = request_all(session, membership, true);
	if (code)
		return refuse("join", membership, code, error);
	multicast_print(membership, &text);
	while (*at) {
		struct membership *joined = *at;
		if (!is_narrowed(joined, membership)) {
			at = &joined->next;
			continue;
		}
		buf_append_text(&text, "; others are no longer heard");
		*at = joined->next;
		free(joined);
	}
	*at = xmalloc(sizeof **at);
	**at = *membership;
	(*at)->next = NULL;
	session_report(session, 0, "joined %s", buf_text(&text));
	buf_free(&text);
	warn_of_address(session, membership);
	return true;
}

bool multicast_leave(struct session *session, struct membership *membership, struct error *error)
{
	struct membership **at = &session->groups;
	struct buf text = { .max = SIZE_MAX };
	int code = 0;
	size_t count = 0;
	if (!may_call(session, membership, error))
		return false;
	while (*at) {
		struct membership *joined = *at;
		if (!fits(joined, membership)) {
			at = &joined->next;
			continue;
		}
		int result = request_all(session, joined, false);
		code = code ? code : result;
		buf_append_text(&text, count++ ? ", " : "left ");
		multicast_print(joined, &text);
		*at = joined->next;
		free(joined);
	}
	if (count) {
		session_report(session, 0, "%s", buf_text(&text));
	} else if (*membership->interface) {
		code = request_all(session, membership, false);
	} else {
		multicast_print(membership, &text);
		error_set(error, "session %u has not joined %s: /peers lists its groups",
		          (unsigned)session->caller.session, buf_text(&text));
	}
	buf_free(&text);
	if (code)
		refuse("leave", membership, code, error);
	return count && !code;
}

void multicast_restore(struct session *session, unsigned slot)
{
	for (const struct membership *group = session->groups; group; group = group->next) {
		struct error error;
		int code = session->family[slot] == group->group.family
		                   ? request(session, slot, group, true)
		                   : 0;
		if (code && !refuse("join", group, code, &error))
			session_report(session, ENTRY_ERROR, "%s", error.text);
	}
}

const struct membership *multicast_joined(const struct session *session)
{
	return session->fd_count ? session->groups : NULL;
}

const char *multicast_interface(const struct session *session, uint32_t number,
                                char out[ENDPOINT_INTERFACE])
{
	*out = '\0';
	if (session->fd_count)
		control_interface_name(session->fd[0], (int)number, out);
	return out;
}

bool multicast_choose(const struct session *session, bool ipv6, const char *interface, void *value,
                      size_t *len, struct error *error)
{
	uint8_t ip[4];
	char name[ENDPOINT_INTERFACE];
	if (!has_socket(session, error))
		return false;
	int fd = session->fd[0];
	uint32_t number = find_interface(fd, interface);
	if (!number)
		return refuse_interface(session, interface, error);
	control_interface_name(fd, (int)number, name);
	if (!ipv6 && !control_interface_ipv4(fd, name, ip)) {
		error_set(error, "interface %s has no IPv4 address, which IP_MULTICAST_IF takes it by",
		          name);
		return false;
	}
	*len = ipv6 ? sizeof number : sizeof ip;
	memcpy(value, ipv6 ? (const void *)&number : ip, *len);
	return true;
}

void multicast_forget(struct session *session)
{
	for (struct membership *group = session->groups, *next; group; group = next) {
		next = group->next;
		free(group);
	}
	session->groups = NULL;
}
