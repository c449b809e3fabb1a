// SPDX-License-Identifier: GPL-3.0-or-later
/* tcp_state: the states of TCP, RFC 9293, and what a session is in where TCP has no word for it:
 * one enum for the kernel's readings, the sessions and all that draws them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The kernel's numbers, those of Linux; the other systems' are translated. */
enum tcp_state {
	STATE_GONE, /* there is no row in the kernel any more: closed, too */
	STATE_ESTABLISHED,
	STATE_SYN_SENT,
	STATE_SYN_RECV,
	STATE_FIN_WAIT1,
	STATE_FIN_WAIT2,
	STATE_TIME_WAIT,
	STATE_CLOSED,
	STATE_CLOSE_WAIT,
	STATE_LAST_ACK,
	STATE_LISTEN,
	STATE_CLOSING,
	STATE_COUNT,

	/* What our own calls tell, and no kernel says. */
	STATE_FIN_WAIT = STATE_COUNT, /* one of the two */
	STATE_DATAGRAMS,
	STATE_WAITING_TO_RESOLVE,
	STATE_RESOLVING,
};

/* Whether it is one of TCP's. */
static inline bool tcp_state_is_known(enum tcp_state state)
{
	return state < STATE_COUNT;
}

/* "ESTABLISHED", "FIN_WAIT2", "CLOSED"; "?" for numbers that are no state of TCP, as a hostile
 * sample may have them. Static. */
const char *tcp_state_name(uint64_t state);

/* The same, and "FIN_WAIT", "UDP", "resolving" for what only our calls tell. */
const char *tcp_state_title(enum tcp_state state);
