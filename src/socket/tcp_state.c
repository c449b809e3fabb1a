// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/tcp_state.h"

const char *tcp_state_title(enum tcp_state state)
{
	static const char *const names[] = {
		[STATE_GONE] = "CLOSED",
		[STATE_ESTABLISHED] = "ESTABLISHED",
		[STATE_SYN_SENT] = "SYN_SENT",
		[STATE_SYN_RECV] = "SYN_RECV",
		[STATE_FIN_WAIT1] = "FIN_WAIT1",
		[STATE_FIN_WAIT2] = "FIN_WAIT2",
		[STATE_TIME_WAIT] = "TIME_WAIT",
		[STATE_CLOSED] = "CLOSED",
		[STATE_CLOSE_WAIT] = "CLOSE_WAIT",
		[STATE_LAST_ACK] = "LAST_ACK",
		[STATE_LISTEN] = "LISTEN",
		[STATE_CLOSING] = "CLOSING",
		[STATE_FIN_WAIT] = "FIN_WAIT",
		[STATE_DATAGRAMS] = "UDP",
		[STATE_WAITING_TO_RESOLVE] = "waiting to resolve",
		[STATE_RESOLVING] = "resolving",
	};
	return names[state];
}

const char *tcp_state_name(uint64_t state)
{
	return state < STATE_COUNT ? tcp_state_title((enum tcp_state)state) : "?";
}
