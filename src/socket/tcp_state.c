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
		[STATE_CONNECTING] = "connecting",
		[STATE_CONNECTED] = "connected",
		[STATE_LISTENING] = "listening",
		[STATE_PEER_CLOSED] = "peer has closed",
		[STATE_HALF_CLOSED] = "closed here",
		[STATE_UNCONNECTED] = "not connected",
		[STATE_MESSAGES] = "datagrams",
		[STATE_WAITING_TO_RESOLVE] = "waiting to resolve",
		[STATE_RESOLVING] = "resolving",
	};
	return names[state];
}

const char *tcp_state_name(uint64_t state)
{
	return state < STATE_COUNT ? tcp_state_title((enum tcp_state)state) : "?";
}

enum tcp_state tcp_state_of_unix(enum tcp_state state)
{
	switch (state) {
	case STATE_SYN_SENT:
		return STATE_CONNECTING;
	case STATE_ESTABLISHED:
		return STATE_CONNECTED;
	case STATE_LISTEN:
		return STATE_LISTENING;
	case STATE_CLOSE_WAIT:
		return STATE_PEER_CLOSED;
	case STATE_FIN_WAIT:
		return STATE_HALF_CLOSED;
	case STATE_CLOSED:
		return STATE_UNCONNECTED;
	case STATE_DATAGRAMS:
		return STATE_MESSAGES;
	default:
		return state;
	}
}
