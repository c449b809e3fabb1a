// SPDX-License-Identifier: GPL-3.0-or-later
/* tcp_state: the states of TCP, RFC 9293, and those of a session for which TCP has no word. One enum
 * for the kernel's samples, the sessions and the views. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The kernel's numbers, those of Linux; the other systems' are translated. */
enum tcp_state {
	STATE_GONE, /* no longer in the kernel: closed, too */
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

	/* Known from our own calls, not from the kernel. */
	STATE_FIN_WAIT = STATE_COUNT, /* one of the two */
	STATE_DATAGRAMS,
	STATE_CONNECTING, /* these of UNIX sockets, see tcp_state_of_unix() */
	STATE_CONNECTED,
	STATE_LISTENING,
	STATE_PEER_CLOSED,
	STATE_HALF_CLOSED,
	STATE_UNCONNECTED,
	STATE_MESSAGES,
	STATE_WAITING_TO_RESOLVE,
	STATE_RESOLVING,
};

static inline bool tcp_state_is_known(enum tcp_state state)
{
	return state < STATE_COUNT;
}

/* "ESTABLISHED", "FIN_WAIT2", "CLOSED"; "?" for a number that is no state of TCP, which a corrupt
 * sample may have. Static. */
const char *tcp_state_name(uint64_t state);

/* What a UNIX socket has in place of a state of TCP. */
enum tcp_state tcp_state_of_unix(enum tcp_state state);

/* The same, and "FIN_WAIT", "UDP", "resolving" for those known from our own calls. */
const char *tcp_state_title(enum tcp_state state);
