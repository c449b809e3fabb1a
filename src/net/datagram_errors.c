// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/datagram_errors.h"

#include <errno.h>
#include <stdio.h>

#include "socket/constant.h"
#include "socket/errno_meaning.h"
#include "net/session_internal.h"

enum { ERRORS_A_TURN = 64 }; /* most that are heard at a time */

/* ---- words ---- */

/* ICMP reports that come back as the result of a later call, udp(7). */
static bool is_icmp(int code)
{
	return code == ECONNREFUSED || code == EHOSTUNREACH || code == ENETUNREACH ||
	       code == EPROTO || code == ENOPROTOOPT;
}

/* Where the system tells no more than the errno value: of a connected peer. */
static void tell_refusal(struct session *session, int code)
{
	char addr[ENDPOINT_TEXT];
	endpoint_format(&session->peer, addr);
	session->counts.refused++;
	const struct errno_case *special =
	        errno_meaning_case("recv", code, session_errno_context(session, NULL));
	if (special && special->word)
		session_report(session, ENTRY_ERROR, "%s %s: %s", addr, special->word,
		               special->phrase);
	else
		session_report(session, ENTRY_ERROR, "%s: %s (%s)", addr, error_why(code),
		               error_name(code));
}

static void tell_icmp(struct session *session, const struct errqueue *error,
                      const struct endpoint *offender)
{
	char target[ENDPOINT_TEXT], from[ENDPOINT_TEXT], icmp[CONSTANT_TEXT], mtu[32] = "";
	bool v6 = error->origin == ERRQUEUE_ICMP6;
	bool known = endpoint_is_set(&error->target);
	endpoint_format(known ? &error->target : &session->peer, target);
	endpoint_format_host(offender, from);
	if (error->error == EMSGSIZE && error->info)
		snprintf(mtu, sizeof mtu, ", MTU %u", (unsigned)error->info);
	session->counts.refused++;
	const struct errno_case *special = errno_meaning_case("recv", error->error, ERRNO_UDP);
	const char *word = special && special->word ? special->word : "";
	session_report(session, ENTRY_ERROR, "%s%s%s: %s%s%s%s *", target, *word ? " " : "", word,
	               constant_icmp(v6, error->type, error->code, icmp),
	               !endpoint_is_set(offender) ? "" : " from ",
	               !endpoint_is_set(offender) ? "" : from, mtu);
}

static void say_too_large(struct error *error, size_t len, const struct endpoint *to, unsigned mtu)
{
	char addr[ENDPOINT_TEXT], fit[48] = "", most_text[40] = "";
	unsigned headers = endpoint_udp_headers(to), most = endpoint_udp_max(to);
	bool too_long = len > most;
	if (too_long)
		snprintf(most_text, sizeof most_text, "%s takes at most %u",
		         endpoint_family_name(endpoint_on_wire(to).family), most);
	if (mtu > headers && mtu - headers < most)
		snprintf(fit, sizeof fit, "%sMTU %u *, so %u fit", too_long ? "; " : "", mtu,
		         mtu - headers);
	error_errno(error, EMSGSIZE, "%zu bytes in one datagram to %s (%s%s%s)", len,
	            endpoint_format(to, addr), most_text,
	            *fit || too_long ? fit : "more than the path takes",
	            too_long ? "" : " with fragmentation off, see /option mtu_discover");
}

void udp_say_why(struct error *error, int code, size_t len, const struct endpoint *to, unsigned mtu)
{
	char addr[ENDPOINT_TEXT];
	endpoint_format(to, addr);
	const struct errno_case *special = errno_meaning_case("send", code, ERRNO_UDP);
	if (code == EMSGSIZE)
		say_too_large(error, len, to, mtu);
	else if (special)
		error_errno(error, code, "send to %s (%s)", addr, special->phrase);
	else
		error_errno(error, code, "send to %s", addr);
}

/* ---- meeting them ---- */

bool udp_must_wait(int code)
{
	return code == EAGAIN || code == EWOULDBLOCK;
}

/* What the error queue has told. */
struct annotation {
	unsigned icmp; /* how many came from the network: answers to earlier datagrams */
	unsigned mtu;  /* a datagram was too large for this machine's own way out; 0 = was not */
};

/* Also takes the error away that the next call would meet. */
static struct annotation hear_errors(struct session *session, unsigned slot)
{
	struct annotation told = { 0 };
	struct errqueue error;
	struct endpoint offender;
	for (int i = 0; session->probe.errors && i < ERRORS_A_TURN; i++) {
		if (!call_error_queue(&session->caller, session->fd[slot], &error, &offender))
			break;
		if (error.origin == ERRQUEUE_ICMP || error.origin == ERRQUEUE_ICMP6) {
			tell_icmp(session, &error, &offender);
			told.icmp++;
		} else if (error.origin == ERRQUEUE_LOCAL && error.error == EMSGSIZE) {
			told.mtu = error.info;
		}
	}
	return told;
}

/* Where a person makes the calls, each is made once and the error that waits is the next call's;
 * but one that nobody meets would make select() say for ever that the socket is ready. */
bool udp_meet_send_error(struct session *session, unsigned slot, int code, unsigned *mtu)
{
	if (session->paused && !udp_must_wait(code)) {
		session->counts.refused += code == ECONNREFUSED;
		return false;
	}
	struct annotation told = hear_errors(session, slot);
	*mtu = told.mtu;
	if (session->paused || udp_must_wait(code))
		return false;
	if (told.icmp || !session->connected || session->probe.errors || !is_icmp(code))
		return told.icmp > 0;
	tell_refusal(session, code);
	return true;
}

/* recvfrom() has failed. A socket that was said to be ready and gives nothing has something on its
 * error queue. */
void udp_meet_error(struct session *session, unsigned slot, int code, bool was_ready)
{
	if (udp_must_wait(code) && !was_ready)
		return;
	if (hear_errors(session, slot).icmp || udp_must_wait(code))
		return;
	if (is_icmp(code) && session->connected)
		tell_refusal(session, code);
	else
		session_report(session, ENTRY_ERROR, "%s() = -1 %s: %s",
		               session->asks_local ? "recvmsg" : "recvfrom", error_name(code),
		               error_why(code));
}
